//! Codewords to blocks, and each block put right.

use std::cmp::Ordering;

use super::{
    Unreadable,
    layout::Codeword,
    reed_solomon::{Block, Correction},
    version::{Division, Level, Version},
};

/// What a block has to leave of its redundancy, in bits: one that holds anything else passes with a
/// chance of at most 1 in 2 to this power.
///
/// The standard's own limits for errors alone, which it sets lower than the mathematics for versions 1
/// to 3, leave 31 bits or more at every version and level.
pub(super) const EVIDENCE_BITS_MIN: f32 = 30.0;

/// Erasures are taken two more at a time: one more alone allows no more errors.
const ERASURES_STEP: usize = 2;

/// A codeword with a smaller chance of being wrong is not taken for erased.
const DOUBT_MIN: f32 = 0.02;

/// A code's content, put right.
#[derive(Clone, Debug)]
pub(super) struct Corrected {
    /// The data codewords, in their order.
    pub(super) bytes: Vec<u8>,
    pub(super) errors: u16,
    pub(super) erasures: u16,
}

/// Takes the blocks apart and puts each right.
pub(super) fn correct(codewords: &[Codeword], version: Version, level: Level) -> Result<Corrected, Unreadable> {
    let division = version.division(level);
    let of = division.short + division.long;
    let mut corrected = Corrected { bytes: Vec::new(), errors: 0, erasures: 0 };
    for block in 0..of {
        let words = members(codewords, division, block);
        let (bytes, took) = put_right(&words, division.check).ok_or(Unreadable::Data { block, of })?;
        corrected.bytes.extend(bytes.iter().take(words.len() - division.check));
        corrected.errors += took.errors as u16;
        corrected.erasures += took.erasures as u16;
    }
    Ok(corrected)
}

/// Returns the codewords of one block: the blocks take turns, first for data, then for check codewords;
/// the long ones, which come last, alone for the last data codeword.
fn members(codewords: &[Codeword], division: Division, block: usize) -> Vec<Codeword> {
    let Division { short, long, short_data, check } = division;
    let of = short + long;
    let data = (0..short_data).map(|turn| turn * of + block);
    let extra = block.checked_sub(short).map(|index| short_data * of + index);
    let check = (0..check).map(|turn| short_data * of + long + turn * of + block);
    let unknown = Codeword { value: 0, doubt: 1.0 };
    data.chain(extra).chain(check).map(|index| codewords.get(index).copied().unwrap_or(unknown)).collect()
}

/// Corrects errors alone, and where that fails, with more and more of the most doubtful codewords erased.
fn put_right(words: &[Codeword], check: usize) -> Option<(Vec<u8>, Correction)> {
    let block = Block::new(words.iter().map(|word| word.value), check);
    let mut doubtful: Vec<(usize, f32)> =
        words.iter().map(|word| word.doubt).enumerate().filter(|(_, doubt)| *doubt >= DOUBT_MIN).collect();
    doubtful.sort_by(|(_, one), (_, other)| other.partial_cmp(one).unwrap_or(Ordering::Equal));
    let doubtful: Vec<usize> = doubtful.into_iter().map(|(index, _)| index).collect();

    let rounds = (0..check).step_by(ERASURES_STEP).filter(|&erasures| erasures <= doubtful.len());
    // With fewer doubtful codewords than a whole step would take, the last of them counts too.
    let last = (doubtful.len() < check && !doubtful.len().is_multiple_of(ERASURES_STEP)).then_some(doubtful.len());
    rounds.chain(last).take_while(|&erasures| evidence(words.len(), check, 0, erasures) >= EVIDENCE_BITS_MIN).find_map(
        |erasures| {
            let (bytes, took) = block.correct(doubtful.get(..erasures)?)?;
            (evidence(words.len(), check, took.errors, erasures) >= EVIDENCE_BITS_MIN).then_some((bytes, took))
        },
    )
}

/// Returns how much speaks for a corrected block, in bits: its check codewords less what the erasures
/// took, and less the choice of the errors' places and values.
fn evidence(words: usize, check: usize, errors: usize, erasures: usize) -> f32 {
    let redundancy = 8.0 * check.saturating_sub(erasures) as f32;
    let chosen: f32 =
        (0..errors).map(|n| 8.0 + (words.saturating_sub(erasures + n).max(1) as f32 / (n + 1) as f32).log2()).sum();
    redundancy - chosen
}

#[cfg(test)]
mod tests {
    use super::{super::reed_solomon::check_codewords, *};

    #[test]
    fn errors_within_the_standards_limits_leave_evidence_enough() {
        for number in 1..=40 {
            for level in [Level::L, Level::M, Level::Q, Level::H] {
                let division = Version::new(number).unwrap().division(level);
                let words = division.short_data + usize::from(division.long > 0) + division.check;
                // Codewords that the standard keeps for telling that there are too many errors.
                let kept = match (number, level) {
                    (1, Level::L) => 3,
                    (1, Level::M) | (2, Level::L) => 2,
                    (1, _) | (3, Level::L) => 1,
                    _ => 0,
                };
                let errors = (division.check - kept) / 2;

                assert!(evidence(words, division.check, errors, 0) >= EVIDENCE_BITS_MIN, "{number} {level:?}");
            }
        }
    }

    #[test]
    fn a_block_of_version_1_is_not_stretched_to_the_last_codeword() {
        let words = |wrong: usize| {
            let data = [0x41, 0x22, 0x33, 0xec, 0x11, 0xec, 0x11, 0xec, 0x11, 0xec, 0x11, 0xec, 0x11, 0xec, 0x11, 0xec];
            let block = data.into_iter().chain(check_codewords(&data, 10));
            let damaged = block.enumerate().map(|(index, value)| if index < wrong { !value } else { value });
            damaged.map(|value| Codeword { value, doubt: 0.0 }).collect::<Vec<_>>()
        };

        assert!(put_right(&words(4), 10).is_some());
        assert!(put_right(&words(5), 10).is_none());
    }

    #[test]
    fn erasures_go_twice_as_far_as_errors_and_leave_four_codewords() {
        let data: Vec<u8> = (0..18).collect();
        let words = |wrong: usize, doubt: f32| {
            let block = data.iter().copied().chain(check_codewords(&data, 22)).enumerate();
            block
                .map(
                    |(index, value)| {
                        if index < wrong { Codeword { value: !value, doubt } } else { Codeword { value, doubt: 0.0 } }
                    },
                )
                .collect::<Vec<_>>()
        };

        assert!(put_right(&words(11, 0.0), 22).is_some());
        assert!(put_right(&words(12, 0.0), 22).is_none());
        assert!(put_right(&words(17, 0.9), 22).is_some());
        assert!(put_right(&words(18, 0.9), 22).is_some());
        assert!(put_right(&words(19, 0.9), 22).is_none());
    }
}
