//! How many slips of the finger lie between what was typed and a word: letters left out, put in,
//! taken for another, or two neighbours swapped.
//!
//! Optimal string alignment over bit vectors (H. Hyyrö, "A Bit-Vector Algorithm for Computing
//! Levenshtein and Damerau Edit Distances", 2003): a word costs one step per letter.

/// How far a word is from what was typed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Slips {
    /// From the whole word.
    pub(super) whole: u32,
    /// From the nearest beginning of the word: more may be about to be typed.
    pub(super) beginning: u32,
}

/// What was typed, ready to be compared with many words.
pub(super) struct Typed {
    /// Where each ASCII letter stands, as bits.
    ascii: [u64; 128],
    others: Vec<(char, u64)>,
    letters: u32,
}

impl Typed {
    /// Returns nothing for an empty text or one of more letters than 64.
    pub(super) fn new(text: &str) -> Option<Self> {
        let mut typed = Self { ascii: [0; 128], others: Vec::new(), letters: 0 };
        for letter in text.chars() {
            let bit = 1_u64.checked_shl(typed.letters)?;
            typed.letters += 1;
            match typed.ascii.get_mut(letter as usize) {
                Some(bits) => *bits |= bit,
                None => match typed.others.iter_mut().find(|(other, _)| *other == letter) {
                    Some((_, bits)) => *bits |= bit,
                    None => typed.others.push((letter, bit)),
                },
            }
        }
        (typed.letters > 0).then_some(typed)
    }

    fn places(&self, letter: char) -> u64 {
        let other = || self.others.iter().find(|(other, _)| *other == letter).map_or(0, |(_, bits)| *bits);
        self.ascii.get(letter as usize).copied().unwrap_or_else(other)
    }

    /// Compares with `word`. Figures above `most` are only known to be above it.
    pub(super) fn slips(&self, word: &str, most: u32) -> Slips {
        let last = 1_u64 << (self.letters - 1);
        let (mut rises, mut falls, mut diagonal, mut places_before) = (!0_u64, 0_u64, 0_u64, 0_u64);
        let mut slips = Slips { whole: self.letters, beginning: self.letters };
        let mut letters = 0;
        for letter in word.chars() {
            letters += 1;
            if letters > self.letters + most {
                slips.whole = most + 1;
                return slips;
            }
            let places = self.places(letter);
            let swapped = ((!diagonal & places) << 1) & places_before;
            diagonal = swapped | ((places & rises).wrapping_add(rises) ^ rises) | places | falls;
            let more = falls | !(diagonal | rises);
            let fewer = diagonal & rises;
            slips.whole = slips.whole + u32::from(more & last != 0) - u32::from(fewer & last != 0);
            slips.beginning = slips.beginning.min(slips.whole);
            let more = (more << 1) | 1;
            rises = (fewer << 1) | !(diagonal | more);
            falls = more & diagonal;
            places_before = places;
        }
        slips
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition, by its table.
    fn slips_by_table(typed: &[char], word: &[char]) -> Slips {
        let mut table = vec![vec![0; word.len() + 1]; typed.len() + 1];
        for row in 0..=typed.len() {
            for column in 0..=word.len() {
                table[row][column] = if row == 0 || column == 0 {
                    row + column
                } else {
                    let is_same = typed[row - 1] == word[column - 1];
                    let change = table[row - 1][column - 1] + usize::from(!is_same);
                    let mut least = change.min(table[row - 1][column] + 1).min(table[row][column - 1] + 1);
                    let is_swapped = row > 1
                        && column > 1
                        && typed[row - 1] == word[column - 2]
                        && typed[row - 2] == word[column - 1];
                    if is_swapped {
                        least = least.min(table[row - 2][column - 2] + 1);
                    }
                    least
                };
            }
        }
        let last = &table[typed.len()];
        Slips { whole: last[word.len()] as u32, beginning: *last.iter().min().unwrap() as u32 }
    }

    #[test]
    fn a_swap_counts_once_and_a_beginning_costs_nothing() {
        let slips = |typed, word| Typed::new(typed).unwrap().slips(word, 20);
        assert_eq!(slips("lvoelace", "lovelace"), Slips { whole: 1, beginning: 1 });
        assert_eq!(slips("love", "lovelace"), Slips { whole: 4, beginning: 0 });
        assert_eq!(slips("lovlace", "lovelace"), Slips { whole: 1, beginning: 1 });
        assert_eq!(slips("山田", "山口"), Slips { whole: 1, beginning: 1 });
    }

    #[test]
    fn more_letters_than_bits_are_not_compared() {
        assert!(Typed::new("").is_none());
        assert!(Typed::new(&"a".repeat(64)).is_some());
        assert!(Typed::new(&"a".repeat(65)).is_none());
    }

    proptest! {
        #[test]
        fn the_bits_say_what_the_table_says(typed in "[abcé]{1,12}", word in "[abcé]{0,14}", most in 0_u32..4) {
            let expected = slips_by_table(&typed.chars().collect::<Vec<_>>(), &word.chars().collect::<Vec<_>>());
            let slips = Typed::new(&typed).unwrap().slips(&word, most);
            for (got, expected) in [(slips.whole, expected.whole), (slips.beginning, expected.beginning)] {
                prop_assert!(got == expected || (got > most && expected > most), "{} {}", got, expected);
            }
        }

        #[test]
        fn long_words_are_compared_too(word in "[ab]{60,64}", at in 0_usize..60) {
            let mut typed = word.clone();
            typed.remove(at);
            prop_assert!(Typed::new(&typed).unwrap().slips(&word, 1).whole <= 1);
        }
    }
}
