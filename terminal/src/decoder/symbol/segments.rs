//! The corrected bytes to content: segments in modes of their own (ISO/IEC 18004:2015, 7.4).

use super::{
    charset::{self, Charset},
    version::Version,
};

/// What the segments hold together.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Content {
    pub(super) bytes: Vec<u8>,
    /// None if it is empty or in an encoding that is neither named nor evident.
    pub(super) text: Option<String>,
}

/// What stands for a data separator where the first segment is FNC1: the ASCII group separator.
const SEPARATOR: u8 = 0x1d;

const ALPHANUMERIC: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/// Returns the content of `data`, unless it breaks the rules of its modes or ends within a segment.
///
/// A code that is one of several in a row ("structured append") gives its own part.
pub(super) fn content(data: &[u8], version: Version) -> Option<Content> {
    let mut bits = Bits { data, at: 0 };
    let mut runs = Runs::default();
    let mut has_separators = false;
    while let Some(mode) = bits.take(4) {
        match mode {
            0 => break,
            1 => {
                let count = bits.take(count_bits(version, [10, 12, 14]))?;
                runs.ascii(numeric(&mut bits, count)?);
            }
            2 => {
                let count = bits.take(count_bits(version, [9, 11, 13]))?;
                let text = alphanumeric(&mut bits, count)?;
                runs.ascii(if has_separators { separated(text) } else { text });
            }
            3 => _ = bits.take(16)?,
            4 => {
                let count = bits.take(count_bits(version, [8, 16, 16]))?;
                let bytes: Option<Vec<u8>> = (0..count).map(|_| bits.take(8).map(|byte| byte as u8)).collect();
                runs.named(bytes?);
            }
            5 => has_separators = true,
            7 => runs.charset = Charset::named(designator(&mut bits)?),
            8 => {
                let count = bits.take(count_bits(version, [8, 10, 12]))?;
                let bytes: Option<Vec<[u8; 2]>> = (0..count).map(|_| bits.take(13).and_then(kanji)).collect();
                runs.add(Charset::ShiftJis, bytes?.concat());
            }
            9 => {
                has_separators = true;
                let _application = bits.take(8)?;
            }
            13 => {
                let _subset = bits.take(4)?;
                let count = bits.take(count_bits(version, [8, 10, 12]))?;
                let bytes: Option<Vec<[u8; 2]>> = (0..count).map(|_| bits.take(13).and_then(hanzi)).collect();
                runs.add(Charset::Gb18030, bytes?.concat());
            }
            _ => return None,
        }
    }
    Some(Content { bytes: runs.bytes(), text: charset::text(&runs.runs) })
}

/// Returns the bits of a count, by the version's class.
fn count_bits(version: Version, [small, middle, large]: [u32; 3]) -> u32 {
    match version.number() {
        0..=9 => small,
        10..=26 => middle,
        _ => large,
    }
}

fn numeric(bits: &mut Bits<'_>, count: u32) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    let mut left = count;
    while left > 0 {
        let digits = left.min(3);
        let value = bits.take(digits * 3 + 1)?;
        if value >= 10_u32.pow(digits) {
            return None;
        }
        text.extend((0..digits).rev().map(|power| b'0' + (value / 10_u32.pow(power) % 10) as u8));
        left -= digits;
    }
    Some(text)
}

fn alphanumeric(bits: &mut Bits<'_>, count: u32) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    let symbol = |value: u32| ALPHANUMERIC.get(value as usize).copied();
    for _ in 0..count / 2 {
        let pair = bits.take(11)?;
        text.extend([symbol(pair / 45)?, symbol(pair % 45)?]);
    }
    if count % 2 == 1 {
        text.push(symbol(bits.take(6)?)?);
    }
    Some(text)
}

/// Returns `text` with separators where percent signs stand, and percent signs for two of them.
fn separated(text: Vec<u8>) -> Vec<u8> {
    let mut separated = Vec::with_capacity(text.len());
    let mut bytes = text.into_iter().peekable();
    while let Some(byte) = bytes.next() {
        separated.push(match byte {
            b'%' if bytes.next_if_eq(&b'%').is_some() => b'%',
            b'%' => SEPARATOR,
            _ => byte,
        });
    }
    separated
}

/// Returns the Shift JIS bytes of 13 bits.
fn kanji(value: u32) -> Option<[u8; 2]> {
    let word = ((value / 0xc0) << 8) | (value % 0xc0);
    let base = if word < 0x1f00 { 0x8140 } else { 0xc140 };
    u16::try_from(word + base).ok().map(u16::to_be_bytes)
}

/// Returns the GB 2312 bytes of 13 bits (GB/T 18284).
fn hanzi(value: u32) -> Option<[u8; 2]> {
    let word = ((value / 0x60) << 8) | (value % 0x60);
    let base = if word < 0xa00 { 0xa1a1 } else { 0xa6a1 };
    u16::try_from(word + base).ok().map(u16::to_be_bytes)
}

/// Returns the number of an encoding: of one, two or three bytes, by its first bits.
fn designator(bits: &mut Bits<'_>) -> Option<u32> {
    let first = bits.take(8)?;
    match first {
        0..0x80 => Some(first),
        0x80..0xc0 => Some((first & 0x3f) << 8 | bits.take(8)?),
        0xc0..0xe0 => Some((first & 0x1f) << 16 | bits.take(16)?),
        _ => None,
    }
}

/// Bytes, with the encoding that holds for them.
#[derive(Clone, Debug, Default)]
struct Runs {
    /// What an ECI segment last named.
    charset: Charset,
    runs: Vec<(Charset, Vec<u8>)>,
}

impl Runs {
    fn ascii(&mut self, bytes: Vec<u8>) {
        self.add(Charset::Ascii, bytes);
    }

    fn named(&mut self, bytes: Vec<u8>) {
        self.add(self.charset, bytes);
    }

    fn add(&mut self, charset: Charset, bytes: Vec<u8>) {
        match self.runs.last_mut() {
            // A character may be spread over neighbouring segments.
            Some((last, run)) if *last == charset => run.extend(bytes),
            _ => self.runs.push((charset, bytes)),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        self.runs.iter().flat_map(|(_, run)| run.iter().copied()).collect()
    }
}

/// Bits, the highest of a byte first.
struct Bits<'a> {
    data: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    /// Returns the next `count` bits, at most 24, if there are so many.
    fn take(&mut self, count: u32) -> Option<u32> {
        let until = self.at + count as usize;
        if until > self.data.len() * 8 {
            return None;
        }
        let value = (self.at..until).fold(0, |value, bit| {
            let byte = self.data.get(bit / 8).copied().unwrap_or(0);
            value << 1 | u32::from(byte >> (7 - bit % 8) & 1)
        });
        self.at = until;
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Level, draft::Draft, read},
        *,
    };

    fn text_of(draft: Draft) -> Option<String> {
        read(&draft.draw(Version::new(5).unwrap(), Level::M, 3)).ok()?.text
    }

    #[test]
    fn the_standards_example_of_kanji_reads() {
        // 点 and 茗 (ISO/IEC 18004:2015, 7.4.6).
        let draft = Draft::new().bits(8, 4).bits(2, 8).bits(0b0_1101_1001_1111, 13).bits(0b1_1010_1010_1010, 13);

        assert_eq!(text_of(draft), Some("点茗".to_owned()));
    }

    #[test]
    fn bytes_are_read_in_the_encoding_that_the_code_names() {
        let greek = Draft::new().bits(7, 4).bits(9, 8).bytes(&[0xe1, 0xe2, 0xe3]);
        let cyrillic_by_two_bytes = Draft::new().bits(7, 4).bits(0x8000 | 7, 16).bytes(&[0xbc, 0xd8, 0xe0]);
        let unknown = Draft::new().bits(7, 4).bits(0xc0_ffff, 24).bytes(b"abc");

        assert_eq!(text_of(greek), Some("αβγ".to_owned()));
        assert_eq!(text_of(cyrillic_by_two_bytes), Some("Мир".to_owned()));
        assert_eq!(text_of(unknown), Some("abc".to_owned()));
    }

    #[test]
    fn segments_of_several_modes_are_one_text() {
        let draft = Draft::new().bits(1, 4).bits(4, 10).bits(123, 10).bits(4, 4).bytes("ë日".as_bytes());

        assert_eq!(text_of(draft), Some("1234ë日".to_owned()));
    }

    #[test]
    fn a_part_of_several_codes_gives_its_own_text() {
        let draft = Draft::new().bits(3, 4).bits(0x12, 8).bits(0xaa, 8).bytes(b"part two");

        assert_eq!(text_of(draft), Some("part two".to_owned()));
    }

    #[test]
    fn separators_are_told_from_percent_signs_after_fnc1() {
        // "A%%%B" in alphanumeric mode.
        let pairs = |draft: Draft| draft.bits(10 * 45 + 38, 11).bits(38 * 45 + 38, 11).bits(11, 6);
        let plain = pairs(Draft::new().bits(2, 4).bits(5, 9));
        let marked = pairs(Draft::new().bits(5, 4).bits(2, 4).bits(5, 9));

        assert_eq!(text_of(plain), Some("A%%%B".to_owned()));
        assert_eq!(text_of(marked), Some("A%\u{1d}B".to_owned()));
    }

    #[test]
    fn segments_that_end_too_soon_or_break_their_rules_are_refused() {
        let version = Version::new(1).unwrap();

        assert_eq!(content(&[0x4f, 0xf0, 0x00], version), None, "255 bytes announced");
        assert_eq!(content(&[0x10, 0x0f, 0xff], version), None, "three digits above 999");
        assert_eq!(content(&[0x20, 0x17, 0xff, 0xff], version), None, "a pair above 44 and 44");
        assert_eq!(content(&[0x60], version), None, "a mode that does not exist");
        assert_eq!(content(&[], version).map(|content| content.text), Some(None));
    }
}
