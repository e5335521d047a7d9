//! Encodings by the numbers that codes give them (AIM ECI assignments), and bytes to text.

use encoding_rs::{
    BIG5, EUC_KR, Encoding, GB18030, ISO_8859_2, ISO_8859_3, ISO_8859_4, ISO_8859_5, ISO_8859_6, ISO_8859_7,
    ISO_8859_8, ISO_8859_10, ISO_8859_13, ISO_8859_14, ISO_8859_15, ISO_8859_16, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE,
    WINDOWS_874, WINDOWS_1250, WINDOWS_1251, WINDOWS_1252, WINDOWS_1254, WINDOWS_1256,
};

use crate::decoder::text;

/// How bytes are to be understood.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Charset {
    /// The code does not say.
    #[default]
    Unnamed,
    Ascii,
    ShiftJis,
    Gb18030,
    Named(&'static Encoding),
}

impl Charset {
    /// Returns the encoding with an ECI number; [`Self::Unnamed`] for numbers that name none that is known.
    pub(super) fn named(eci: u32) -> Self {
        Self::Named(match eci {
            // The web's encodings of these names hold the standard's characters and a few more.
            1 | 3 | 23 => WINDOWS_1252,
            4 => ISO_8859_2,
            5 => ISO_8859_3,
            6 => ISO_8859_4,
            7 => ISO_8859_5,
            8 => ISO_8859_6,
            9 => ISO_8859_7,
            10 => ISO_8859_8,
            11 => WINDOWS_1254,
            12 => ISO_8859_10,
            13 => WINDOWS_874,
            15 => ISO_8859_13,
            16 => ISO_8859_14,
            17 => ISO_8859_15,
            18 => ISO_8859_16,
            20 => SHIFT_JIS,
            21 => WINDOWS_1250,
            22 => WINDOWS_1251,
            24 => WINDOWS_1256,
            25 => UTF_16BE,
            26 => UTF_8,
            27 | 170 => return Self::Ascii,
            28 => BIG5,
            29 | 31 | 32 => GB18030,
            30 => EUC_KR,
            33 => UTF_16LE,
            _ => return Self::Unnamed,
        })
    }

    fn encoding(self) -> Option<&'static Encoding> {
        match self {
            Self::Unnamed => None,
            Self::Ascii => Some(UTF_8),
            Self::ShiftJis => Some(SHIFT_JIS),
            Self::Gb18030 => Some(GB18030),
            Self::Named(encoding) => Some(encoding),
        }
    }
}

/// Returns the text of all runs, unless one of them is in another encoding than it says, or it is empty.
pub(super) fn text(runs: &[(Charset, Vec<u8>)]) -> Option<String> {
    // What is not said is guessed from all such bytes together.
    if runs.iter().all(|(charset, _)| matches!(charset, Charset::Unnamed | Charset::Ascii)) {
        return text::of(runs.iter().flat_map(|(_, bytes)| bytes.iter().copied()).collect());
    }
    let texts: Option<Vec<String>> = runs
        .iter()
        .filter(|(_, bytes)| !bytes.is_empty())
        .map(|(charset, bytes)| match charset.encoding() {
            Some(encoding) => encoding.decode_without_bom_handling_and_without_replacement(bytes).map(Into::into),
            None => text::of(bytes.clone()),
        })
        .collect();
    texts.map(|texts| texts.concat()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_whose_encoding_is_named_wrongly_is_no_text() {
        assert_eq!(text(&[(Charset::named(26), vec![0xff, 0xfe])]), None);
        assert_eq!(text(&[(Charset::named(20), vec![0x93, 0xfa, 0x96, 0x7b])]), Some("日本".to_owned()));
    }

    #[test]
    fn a_character_may_be_spread_over_segments() {
        let runs = [(Charset::Unnamed, vec![0xe6, 0x97]), (Charset::Unnamed, vec![0xa5]), (Charset::Ascii, vec![b'1'])];

        assert_eq!(text(&runs), Some("日1".to_owned()));
    }

    #[test]
    fn nothing_is_no_text() {
        assert_eq!(text(&[]), None);
        assert_eq!(text(&[(Charset::ShiftJis, vec![])]), None);
    }
}
