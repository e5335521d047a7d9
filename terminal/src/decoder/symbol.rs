//! A grid of modules to what it says: ISO/IEC 18004 from the sampled square on, and nothing of pictures.
//!
//! Format and version information, mask, blocks, error correction, segments. Each module comes with a
//! doubt, and what is doubted most counts as erased where correcting errors alone fails: an erasure
//! costs half of what an error costs, so a glare or a thumb may cover twice as much. Model 1, Micro QR
//! and rMQR are not read.
//!
//! # What a wrong text would take
//!
//! Each block has to leave [`blocks::EVIDENCE_BITS_MIN`] bits of its redundancy unspent: a block that
//! holds something else passes with a chance of at most 2⁻³⁰ in one attempt, and there are at most 16
//! attempts on a block. Of what passes, the segments have to make sense too.

mod blocks;
mod charset;
mod field;
mod format;
mod layout;
mod reed_solomon;
mod segments;
mod version;

#[cfg(test)]
mod draft;

pub(super) use self::version::{Level, Version};

/// A sampled code: a square of modules, row by row, in the code's own orientation (the corner without
/// a finder pattern is at the bottom right) or transposed.
///
/// Modules that the vectors lack are light and wholly unknown.
#[derive(Clone, Debug)]
pub(super) struct Modules {
    /// Modules along a side, without the quiet zone.
    pub(super) side: usize,
    /// Whether a module is dark, in a code that is dark on light.
    pub(super) dark: Vec<bool>,
    /// How little is known of a module: from 0, certain, to 255, nothing.
    ///
    /// A grid without doubts is refused several times faster, since there is nothing to erase.
    pub(super) doubt: Vec<u8>,
}

/// What a code says, vouched for by its error correction.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Symbol {
    /// Its content, as it was encoded: kanji as Shift JIS.
    pub(super) bytes: Vec<u8>,
    /// Its content as text; none if it is empty or in an encoding that it does not name.
    pub(super) text: Option<String>,
    pub(super) version: Version,
    pub(super) level: Level,
    /// The mask's number, from 0 to 7.
    pub(super) mask: u8,
    /// Codewords that were wrong without being doubted.
    pub(super) corrected: u16,
    /// Codewords that were given up as unknown and filled in.
    pub(super) erased: u16,
    /// Whether the grid was transposed, as in a mirror.
    pub(super) mirrored: bool,
}

/// Why a grid could not be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum Unreadable {
    /// No version has this many modules along a side.
    #[error("no code has {side} modules along a side")]
    Side {
        /// The side that was given.
        side: usize,
    },
    /// The code itself says that it has another size: it was sampled with the wrong number of modules.
    #[error("the code says that it has {side} modules along a side")]
    OtherSide {
        /// The side that the code names, in modules.
        side: usize,
    },
    /// Level and mask are damaged beyond repair, in both copies.
    #[error("the format information is unreadable")]
    Format,
    /// A block is damaged beyond what its error correction may repair.
    #[error("block {block} of {of} is beyond repair")]
    Data {
        /// The first such block, from 0.
        block: usize,
        /// The number of blocks.
        of: usize,
    },
    /// The error correction is satisfied and the segments make no sense.
    #[error("the content makes no sense")]
    Content,
}

/// Reads a sampled code, as it is or transposed.
///
/// Bounded: at most 3 formats as it is and 3 transposed, and in each at most 16 attempts on a block, of
/// some 10 000 multiplications each; the first block that fails ends it. Noise is refused in 15 to 200 µs
/// (November 2026, one 2.5 GHz core, optimised).
///
/// # Errors
///
/// [`Unreadable`] tells of the untransposed attempt.
pub(super) fn read(modules: &Modules) -> Result<Symbol, Unreadable> {
    let side = modules.side;
    let version = Version::from_side(side).ok_or(Unreadable::Side { side })?;
    let failure = match read_oriented(modules, version) {
        Ok(symbol) => return Ok(symbol),
        Err(failure) => failure,
    };
    if let Ok(symbol) = read_oriented(&modules.transposed(), version) {
        return Ok(Symbol { mirrored: true, ..symbol });
    }
    match format::version(modules) {
        Some(other) if other != version => Err(Unreadable::OtherSide { side: other.side() }),
        _ => Err(failure),
    }
}

fn read_oriented(modules: &Modules, version: Version) -> Result<Symbol, Unreadable> {
    let mut failure = Unreadable::Format;
    for format in format::candidates(modules) {
        let codewords = layout::codewords(modules, version, format.mask);
        match blocks::correct(&codewords, version, format.level) {
            Ok(corrected) => {
                let content = segments::content(&corrected.bytes, version).ok_or(Unreadable::Content)?;
                return Ok(Symbol {
                    bytes: content.bytes,
                    text: content.text,
                    version,
                    level: format.level,
                    mask: format.mask,
                    corrected: corrected.errors,
                    erased: corrected.erasures,
                    mirrored: false,
                });
            }
            // The likeliest format's failure says most.
            Err(beyond) if failure == Unreadable::Format => failure = beyond,
            Err(_) => {}
        }
    }
    Err(failure)
}

/// One module.
#[derive(Clone, Copy, Debug)]
struct Module {
    dark: bool,
    doubt: u8,
}

impl Modules {
    fn at(&self, x: usize, y: usize) -> Module {
        self.nth(y * self.side + x)
    }

    fn nth(&self, index: usize) -> Module {
        match (self.dark.get(index), self.doubt.get(index)) {
            (Some(&dark), Some(&doubt)) => Module { dark, doubt },
            _ => Module { dark: false, doubt: u8::MAX },
        }
    }

    fn transposed(&self) -> Self {
        let places = || (0..self.side).flat_map(|y| (0..self.side).map(move |x| (y, x)));
        Self {
            side: self.side,
            dark: places().map(|(x, y)| self.at(x, y).dark).collect(),
            doubt: places().map(|(x, y)| self.at(x, y).doubt).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use fast_qr::{ECL, Mask, Mode, QRBuilder};
    use proptest::prelude::*;

    use super::*;

    const LEVELS: [(ECL, Level); 4] = [(ECL::L, Level::L), (ECL::M, Level::M), (ECL::Q, Level::Q), (ECL::H, Level::H)];

    #[test]
    fn every_version_and_level_reads_as_it_was_written() {
        for number in 1..=40 {
            for (ecl, level) in LEVELS {
                let version = Version::new(number).unwrap();
                // As many characters as the version holds, and no smaller one does.
                let count_bits = [9, 11, 13][usize::from(number > 9) + usize::from(number > 26)];
                let length = (version.data_codewords(level) * 8 - 4 - count_bits) * 2 / 11;
                let text = "0A-Z:9".chars().cycle().take(length).collect::<String>();
                let modules = of_fast_qr(&text, ecl, MASKS[usize::from(number) % 8]);

                let symbol = read(&modules).unwrap();

                assert_eq!(symbol.text.as_deref(), Some(&*text), "version {number}, {level:?}");
                assert_eq!((symbol.version, symbol.level, symbol.mask), (version, level, number % 8));
                assert_eq!((symbol.corrected, symbol.erased, symbol.mirrored), (0, 0, false));
            }
        }
    }

    #[test]
    fn every_mode_reads_as_it_was_written() {
        for text in ["0123456789012345", "00", "1234567", "HTTPS://USHER.EXAMPLE/$%*+-.", "Zoë", "日本"] {
            assert_eq!(read(&drawn(text)).unwrap().text.as_deref(), Some(text));
        }
    }

    #[test]
    fn a_mirrored_code_reads_and_says_so() {
        let symbol = read(&drawn("in the mirror").transposed()).unwrap();

        assert_eq!(symbol.text.as_deref(), Some("in the mirror"));
        assert!(symbol.mirrored);
    }

    #[test]
    fn a_covered_quarter_reads_only_when_it_is_known_to_be_covered() {
        let text: String = "6BF5DCJA9WE ECE $DPQEZPCI7EJ1AZED L8WF5".chars().cycle().take(135).collect();
        let mut modules = of_fast_qr(&text, ECL::Q, Mask::Checkerboard);
        let cover = |modules: &mut Modules, doubt: u8| {
            for y in 18..46 {
                for x in 19..41 {
                    modules.dark[y * modules.side + x] = true;
                    modules.doubt[y * modules.side + x] = doubt;
                }
            }
        };

        cover(&mut modules, 0);
        assert!(matches!(read(&modules), Err(Unreadable::Data { .. })));

        cover(&mut modules, 255);
        let symbol = read(&modules).unwrap();
        assert_eq!(symbol.text, Some(text));
        assert!(symbol.erased > 0);
    }

    #[test]
    fn one_copy_of_the_format_is_enough() {
        let mut modules = drawn("covered corner");
        for y in 0..9 {
            for x in 0..9 {
                modules.dark[y * modules.side + x] = false;
                modules.doubt[y * modules.side + x] = 255;
            }
        }

        assert_eq!(read(&modules).unwrap().text.as_deref(), Some("covered corner"));
    }

    #[test]
    fn a_grid_sampled_with_the_wrong_number_of_modules_names_the_right_one() {
        let right = of_fast_qr(&"FIFTY".repeat(40), ECL::M, Mask::Checkerboard);
        let side = right.side - 4;
        // The top right corner, and with it a copy of the version, was sampled rightly.
        let dark = (0..side * side).map(|at| right.dark[at / side * right.side + at % side + 4]).collect();
        let modules = Modules { side, dark, doubt: vec![0; side * side] };

        assert_eq!(read(&modules), Err(Unreadable::OtherSide { side: right.side }));
    }

    #[test]
    fn sides_that_no_version_has_are_refused() {
        for side in [0, 1, 17, 20, 22, 181, 100_000] {
            let modules = Modules { side, dark: vec![], doubt: vec![] };

            assert_eq!(read(&modules), Err(Unreadable::Side { side }));
        }
    }

    #[test]
    fn a_grid_of_which_nothing_is_known_is_not_read() {
        for side in (21..=177).step_by(4) {
            assert!(read(&Modules { side, dark: vec![], doubt: vec![] }).is_err());
            assert!(read(&Modules { side, dark: vec![false; side * side], doubt: vec![0; side * side] }).is_err());
            assert!(read(&Modules { side, dark: vec![true; side * side], doubt: vec![255; side * side] }).is_err());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn noise_never_reads(
            number in 1_u8..=40,
            seed in prop::collection::vec(any::<u8>(), 64),
            doubts in prop::sample::select(vec![0_u8, 1, 16, 255]),
        ) {
            let side = Version::new(number).unwrap().side();
            let mut state = seed.iter().fold(0x9e37_79b9_u64, |state, &byte| state.wrapping_mul(31) ^ u64::from(byte));
            let mut next = || { state ^= state << 13; state ^= state >> 7; state ^= state << 17; state };
            let dark = (0..side * side).map(|_| next() & 1 == 1).collect();
            let doubt = (0..side * side).map(|_| (next() >> 8) as u8 & doubts).collect();

            let read = read(&Modules { side, dark, doubt });

            prop_assert!(read.is_err());
        }

        #[test]
        fn any_grid_is_read_or_refused(
            side in 0_usize..200,
            dark in prop::collection::vec(any::<bool>(), 0..2_000),
            doubt in prop::collection::vec(any::<u8>(), 0..2_000),
        ) {
            let read = read(&Modules { side, dark, doubt });

            prop_assert!(read.is_err());
        }

        #[test]
        fn flipped_modules_give_the_same_text_or_none(
            text in "[0-9A-Z $%*+./:-]{1,120}",
            level in 0_usize..4,
            flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..400),
        ) {
            let (ecl, _) = LEVELS[level];
            let code = QRBuilder::new(text.as_str()).ecl(ecl).build().unwrap();
            let mut modules = of_code(&code);
            for (index, doubt) in flips {
                let index = index.index(modules.dark.len());
                modules.dark[index] ^= true;
                modules.doubt[index] = doubt;
            }

            if let Ok(symbol) = read(&modules) {
                prop_assert_eq!(symbol.text, Some(text));
            }
        }
    }

    const MASKS: [Mask; 8] = [
        Mask::Checkerboard,
        Mask::HorizontalLines,
        Mask::VerticalLines,
        Mask::DiagonalLines,
        Mask::LargeCheckerboard,
        Mask::Fields,
        Mask::Diamonds,
        Mask::Meadow,
    ];

    fn drawn(text: &str) -> Modules {
        of_code(&QRBuilder::new(text).ecl(ECL::Q).build().unwrap())
    }

    fn of_fast_qr(text: &str, ecl: ECL, mask: Mask) -> Modules {
        of_code(&QRBuilder::new(text).mode(Mode::Alphanumeric).ecl(ecl).mask(mask).build().unwrap())
    }

    fn of_code(code: &fast_qr::QRCode) -> Modules {
        let dark: Vec<bool> = (0..code.size).flat_map(|y| code[y].iter().take(code.size)).map(|m| m.value()).collect();
        Modules { side: code.size, doubt: vec![0; dark.len()], dark }
    }
}
