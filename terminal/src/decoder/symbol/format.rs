//! Format and version information: short words, written twice, far apart from each other in bits.

use super::{
    Module, Modules,
    version::{Level, Version},
};

/// How the content of a code is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Format {
    pub(super) level: Level,
    /// From 0 to 7.
    pub(super) mask: u8,
}

/// Any two words of format information differ in so many bits at least: so many errors, twice, and
/// erasures, once, stay below it.
const FORMAT_DISTANCE: u16 = 7;

/// What format information is mixed with, so that no format is a row of light modules.
const FORMAT_MIX: u16 = 0b101_0100_0001_0010;

/// The formats that are tried at most.
const FORMATS_MAX: usize = 3;

/// A module with this much doubt or more counts as unknown.
const UNKNOWN: u8 = 160;

/// A copy of version information with fewer errors than this is believed: words differ in eight bits.
const VERSION_ERRORS: u16 = 4;

/// Returns the formats that the two copies can stand for, the likeliest first.
pub(super) fn candidates(modules: &Modules) -> Vec<Format> {
    let copies = format_copies(modules.side).map(|copy| copy.map(|(x, y)| modules.at(x, y)));
    let mut likely: Vec<(u32, u16)> = (0..32)
        .filter_map(|data| {
            let word = u32::from(format_word(data));
            let [first, second] = [Match::of(word, &copies[0]), Match::of(word, &copies[1])];
            let fits = first.costs() < FORMAT_DISTANCE
                || second.costs() < FORMAT_DISTANCE
                || first.costs() + second.costs() < 2 * FORMAT_DISTANCE;
            fits.then_some((first.weight + second.weight, data))
        })
        .collect();
    likely.sort_unstable();
    likely.truncate(FORMATS_MAX);
    likely.into_iter().map(|(_, data)| Format { level: Level::from_bits(data >> 3), mask: (data & 7) as u8 }).collect()
}

/// Returns the version that the code itself names, if it does so clearly.
pub(super) fn version(modules: &Modules) -> Option<Version> {
    let far = modules.side.checked_sub(11)?;
    let copy: [(usize, usize); 18] = std::array::from_fn(|bit| (far + bit % 3, bit / 3));
    let copies = [copy.map(|(x, y)| modules.at(x, y)), copy.map(|(x, y)| modules.at(y, x))];
    (7..=40)
        .filter_map(|number| {
            let word = version_word(number);
            let errors = copies.iter().map(|copy| Match::of(word, copy).costs().div_ceil(2)).min()?;
            (errors < VERSION_ERRORS).then_some((errors, number))
        })
        .min()
        .and_then(|(_, number)| Version::new(number))
}

/// How well modules agree with a word.
struct Match {
    errors: u16,
    unknown: u16,
    /// The certainty that speaks against it, in 255ths of a module.
    weight: u32,
}

impl Match {
    /// Compares `word` with modules of which the first holds the lowest bit.
    fn of(word: u32, modules: &[Module]) -> Self {
        let mut found = Self { errors: 0, unknown: 0, weight: 0 };
        for (bit, module) in modules.iter().enumerate() {
            let differs = (word >> bit & 1 == 1) != module.dark;
            if module.doubt >= UNKNOWN {
                found.unknown += 1;
            } else if differs {
                found.errors += 1;
            }
            if differs {
                found.weight += u32::from(u8::MAX - module.doubt);
            }
        }
        found
    }

    /// Returns how much of the words' distance it uses up.
    const fn costs(&self) -> u16 {
        2 * self.errors + self.unknown
    }
}

/// Returns the columns and rows of both copies, the lowest bit first.
fn format_copies(side: usize) -> [[(usize, usize); 15]; 2] {
    let around = std::array::from_fn(|bit| match bit {
        0..=5 => (8, bit),
        6 => (8, 7),
        7 => (8, 8),
        8 => (7, 8),
        _ => (14 - bit, 8),
    });
    let apart = std::array::from_fn(|bit| if bit < 8 { (side - 1 - bit, 8) } else { (8, side + bit - 15) });
    [around, apart]
}

/// Returns five bits of data with their ten check bits (the generator is x¹⁰+x⁸+x⁵+x⁴+x²+x+1), mixed.
pub(super) fn format_word(data: u16) -> u16 {
    let check = remainder(u32::from(data), 10, 0b101_0011_0111) as u16;
    (data << 10 | check) ^ FORMAT_MIX
}

/// Returns a version with its twelve check bits (the generator is x¹²+x¹¹+x¹⁰+x⁹+x⁸+x⁵+x²+1).
pub(super) fn version_word(number: u8) -> u32 {
    let data = u32::from(number);
    data << 12 | remainder(data, 12, 0b1_1111_0010_0101)
}

/// Returns `data`, shifted up by `degree`, modulo `generator`.
fn remainder(data: u32, degree: u32, generator: u32) -> u32 {
    (0..degree).fold(data, |rest, _| {
        let rest = rest << 1;
        if rest >> degree & 1 == 1 { rest ^ generator } else { rest }
    })
}

/// Says where format information lies, for drawing codes in tests.
#[cfg(test)]
pub(super) fn places(side: usize) -> [[(usize, usize); 15]; 2] {
    format_copies(side)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_the_standards_examples() {
        // Level M, mask 5 (ISO/IEC 18004:2015, 7.9.1), and version 7 (annex D).
        assert_eq!(format_word(0b00101), 0b100_0000_1100_1110);
        assert_eq!(version_word(7), 0b00_0111_1100_1001_0100);
    }

    #[test]
    fn three_errors_are_put_right_and_unknown_modules_count_half() {
        let blank = Modules { side: 21, dark: vec![false; 441], doubt: vec![255; 441] };
        let written = |errors: &[usize], unknown: &[usize]| {
            let mut modules = blank.clone();
            for (bit, (x, y)) in format_copies(21)[0].into_iter().enumerate() {
                let dark = format_word(0b01_110) >> bit & 1 == 1;
                modules.dark[y * 21 + x] = dark != (errors.contains(&bit) || unknown.contains(&bit));
                modules.doubt[y * 21 + x] = if unknown.contains(&bit) { 255 } else { 0 };
            }
            candidates(&modules).first().copied()
        };
        let right = Some(Format { level: Level::L, mask: 6 });

        assert_eq!(written(&[], &[]), right);
        assert_eq!(written(&[0, 7, 14], &[]), right);
        assert_eq!(written(&[], &[1, 2, 5, 8, 9, 12]), right);
        assert_eq!(written(&[3, 4], &[10, 11]), right);
    }

    #[test]
    fn what_is_wholly_unknown_is_no_format_and_no_version() {
        let blank = Modules { side: 49, dark: vec![], doubt: vec![] };

        assert_eq!(candidates(&blank), []);
        assert_eq!(version(&blank), None);
    }
}
