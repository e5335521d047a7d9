//! A code's bytes as text.
//!
//! Codes rarely say how their bytes are to be understood. Tickets are plain ASCII; the rest is for
//! `usher decode`, where no text is better than a wrong one.

/// The first byte of half-width katakana in JIS X 0201, and the character it stands for.
const KATAKANA: (u8, u32) = (0xa1, 0xff61);

/// This many bytes of katakana in a row are no accident of another encoding.
const KATAKANA_RUN: usize = 3;

/// Returns the text of `bytes`: UTF-8, else half-width katakana among ASCII, else ISO 8859-1, the
/// standard's default, else Shift JIS. None if it is empty or in another encoding.
pub(super) fn of(bytes: Vec<u8>) -> Option<String> {
    match String::from_utf8(bytes) {
        Ok(text) => (!text.is_empty()).then_some(text),
        Err(other) => {
            let bytes = other.into_bytes();
            katakana(&bytes).or_else(|| latin(&bytes)).or_else(|| shift_jis(&bytes))
        }
    }
}

fn katakana(bytes: &[u8]) -> Option<String> {
    let is_katakana = |byte: u8| (0xa1..=0xdf).contains(&byte);
    let longest = bytes.split(|&byte| !is_katakana(byte)).map(<[u8]>::len).max().unwrap_or(0);
    if longest < KATAKANA_RUN || !bytes.iter().all(|&byte| byte.is_ascii() || is_katakana(byte)) {
        return None;
    }
    let (first, stands_for) = KATAKANA;
    bytes
        .iter()
        .map(
            |&byte| {
                if byte < first { Some(char::from(byte)) } else { char::from_u32(stands_for + u32::from(byte - first)) }
            },
        )
        .collect()
}

/// Returns the ISO 8859-1 text, unless it had control characters between 0x80 and 0x9f: nobody writes those.
fn latin(bytes: &[u8]) -> Option<String> {
    let is_latin = bytes.iter().all(|byte| !(0x80..=0x9f).contains(byte));
    is_latin.then(|| bytes.iter().copied().map(char::from).collect())
}

/// Returns the Shift JIS text, unless a character of it is outside JIS X 0208, or a control character:
/// bytes of other encodings rarely avoid both.
fn shift_jis(bytes: &[u8]) -> Option<String> {
    let is_rare = |c: char| c.is_control() && !c.is_ascii_whitespace() || ('\u{e000}'..='\u{f8ff}').contains(&c);
    let text = encoding_rs::SHIFT_JIS.decode_without_bom_handling_and_without_replacement(bytes)?;
    (!text.contains(is_rare)).then(|| text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf8_comes_first() {
        assert_eq!(of("Zoë".as_bytes().to_vec()).as_deref(), Some("Zoë"));
    }

    #[test]
    fn single_bytes_above_ascii_are_latin() {
        assert_eq!(of(vec![b'Z', b'o', 0xeb]).as_deref(), Some("Zoë"));
    }

    #[test]
    fn rows_of_katakana_are_katakana() {
        assert_eq!(of(vec![0xc3, 0xde, 0xbb, 0xde, b'Q', b'R']).as_deref(), Some("ﾃﾞｻﾞQR"));
    }

    #[test]
    fn double_bytes_that_are_not_latin_are_shift_jis() {
        assert_eq!(of(vec![0x93, 0xfa, 0x96, 0x7b]).as_deref(), Some("日本"));
    }

    #[test]
    fn what_is_in_another_encoding_or_empty_is_no_text() {
        assert_eq!(of(vec![0x80, 0xff, 0x85]), None);
        assert_eq!(of(vec![]), None);
    }
}
