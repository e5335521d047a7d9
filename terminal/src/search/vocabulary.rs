//! Every different word of the list once, with what it takes to compare a typed word with all of
//! them: about a hundred thousand words are looked through in a millisecond.

use std::hash::BuildHasher as _;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::arena::{Arena, Place};
use super::typo::Typed;

/// A word's number.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct WordId(pub(super) u32);

/// How a word was met by what was typed, the best first.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[repr(u8)]
pub(super) enum Likeness {
    /// It is what was typed.
    Whole = 1,
    /// It begins with what was typed.
    Beginning,
    /// With one slip, it is.
    WholeOneSlip,
    /// With one slip, it begins so.
    BeginningOneSlip,
    /// With two slips, it is.
    WholeTwoSlips,
    /// With two slips, it begins so.
    BeginningTwoSlips,
}

impl Likeness {
    /// Every likeness, the best first.
    pub(super) const ALL: [Self; 6] = [
        Self::Whole,
        Self::Beginning,
        Self::WholeOneSlip,
        Self::BeginningOneSlip,
        Self::WholeTwoSlips,
        Self::BeginningTwoSlips,
    ];

    /// Returns how many slips there are.
    pub(super) const fn slips(self) -> u32 {
        (self as u32 - 1) / 2
    }

    /// Whether the word goes on after what was typed.
    pub(super) const fn is_beginning(self) -> bool {
        (self as u8).is_multiple_of(2)
    }

    /// Compares a word with what was typed, forgiving at most `slips_max`.
    pub(super) fn of(needle: &str, typed: Option<&Typed>, word: &[u8], slips_max: u32) -> Option<Self> {
        if word.starts_with(needle.as_bytes()) {
            return Some(if word.len() == needle.len() { Self::Whole } else { Self::Beginning });
        }
        let slips = typed.filter(|_| slips_max > 0)?.slips(text(word), slips_max);
        match (slips.whole, slips.beginning) {
            (1, _) => Some(Self::WholeOneSlip),
            (_, 1) => Some(Self::BeginningOneSlip),
            (2, _) if slips_max > 1 => Some(Self::WholeTwoSlips),
            (_, 2) if slips_max > 1 => Some(Self::BeginningTwoSlips),
            _ => None,
        }
    }
}

/// Every different word, numbered.
#[derive(Default)]
pub(super) struct Vocabulary {
    texts: Arena,
    letters: Vec<Letters>,
    places: Vec<Place>,
    numbers: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

/// Which letters a word has, some of them under one bit.
#[derive(Clone, Copy)]
struct Letters(u64);

impl Letters {
    fn of(word: &str) -> Self {
        Self(word.chars().fold(0, |bits, letter| {
            let bit = match letter {
                'a'..='z' => letter as u32 - 'a' as u32,
                '0'..='9' => 26 + letter as u32 - '0' as u32,
                other => 36 + other as u32 % 28,
            };
            bits | 1 << bit
        }))
    }

    /// Returns how many different letters `other` lacks: each of them is a slip at least.
    const fn lacking_in(self, other: Self) -> u32 {
        (self.0 & !other.0).count_ones()
    }
}

impl Vocabulary {
    /// Returns a word's number, a new one if the word is new.
    pub(super) fn intern(&mut self, word: &str) -> WordId {
        let hash = self.hasher.hash_one(word);
        let (texts, places) = (&mut self.texts, &mut self.places);
        let is_it = |number: &u32| places.get(*number as usize).is_some_and(|it| texts.get(*it) == word.as_bytes());
        if let Some(number) = self.numbers.find(hash, is_it) {
            return WordId(*number);
        }
        let number = places.len() as u32;
        self.letters.push(Letters::of(word));
        places.push(texts.push(&[word.as_bytes()]));
        let hasher = &self.hasher;
        self.numbers.insert_unique(hash, number, |number| {
            places.get(*number as usize).map_or(0, |it| hasher.hash_one(text(texts.get(*it))))
        });
        WordId(number)
    }

    /// Returns a word.
    pub(super) fn word(&self, id: WordId) -> &str {
        self.places.get(id.0 as usize).map_or("", |place| text(self.texts.get(*place)))
    }

    /// Returns how many words there are.
    pub(super) const fn len(&self) -> usize {
        self.places.len()
    }

    /// Tells `each` the words that are met by a folded text, forgiving at most `slips_max`.
    pub(super) fn look_up(&self, needle: &str, slips_max: u32, mut each: impl FnMut(WordId, Likeness)) {
        let typed = Typed::new(needle);
        let letters = Letters::of(needle);
        for ((number, there), place) in (0..).zip(&self.letters).zip(&self.places) {
            if letters.lacking_in(*there) <= slips_max
                && let Some(likeness) = Likeness::of(needle, typed.as_ref(), self.texts.get(*place), slips_max)
            {
                each(WordId(number), likeness);
            }
        }
    }

    /// Tells `each` the words that a folded text may be put together of: those that are a part of
    /// it, and those that go on after its end.
    pub(super) fn look_up_parts(&self, whole: &str, mut each: impl FnMut(WordId)) {
        let letters = Letters::of(whole);
        // Every end of a text has its last letter.
        let last =
            Letters::of(whole.get(whole.floor_char_boundary(whole.len().saturating_sub(1))..).unwrap_or_default());
        let ends: Vec<&str> = whole.char_indices().skip(1).filter_map(|(at, _)| whole.get(at..)).collect();
        for ((number, there), place) in (0..).zip(&self.letters).zip(&self.places) {
            let (may_be_inside, may_go_on) = (there.lacking_in(letters) == 0, last.lacking_in(*there) == 0);
            if may_be_inside || may_go_on {
                let word = self.texts.get(*place);
                let goes_on = || may_go_on && ends.iter().any(|end| word.starts_with(end.as_bytes()));
                if (may_be_inside && whole.contains(text(word))) || goes_on() {
                    each(WordId(number));
                }
            }
        }
    }

    /// Wipes everything.
    pub(super) fn clear(&mut self) {
        self.texts.clear();
        self.letters = Vec::new();
        self.places = Vec::new();
        self.numbers = HashTable::new();
    }

    /// Returns how much memory this takes, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.texts.bytes()
            + self.letters.capacity() * size_of::<Letters>()
            + self.places.capacity() * size_of::<Place>()
            + self.numbers.allocation_size()
    }
}

fn text(word: &[u8]) -> &str {
    // Words are put there as text.
    std::str::from_utf8(word).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn met(words: &[&str], needle: &str, slips_max: u32) -> Vec<(String, Likeness)> {
        let mut vocabulary = Vocabulary::default();
        words.iter().for_each(|word| {
            vocabulary.intern(word);
        });
        let mut met = Vec::new();
        vocabulary.look_up(needle, slips_max, |id, likeness| met.push((vocabulary.word(id).to_owned(), likeness)));
        met
    }

    #[test]
    fn a_word_is_met_whole_by_its_beginning_or_with_slips() {
        let words = ["lovelace", "lovelacey", "love", "hopper"];
        let whole = |needle, slips| met(&words, needle, slips).first().cloned();
        assert_eq!(whole("lovelace", 0), Some(("lovelace".into(), Likeness::Whole)));
        assert_eq!(whole("lovel", 0), Some(("lovelace".into(), Likeness::Beginning)));
        assert_eq!(whole("lvoelace", 1), Some(("lovelace".into(), Likeness::WholeOneSlip)));
        assert_eq!(whole("lvoel", 1), Some(("lovelace".into(), Likeness::BeginningOneSlip)));
        assert_eq!(whole("lvoelaec", 2), Some(("lovelace".into(), Likeness::WholeTwoSlips)));
        assert_eq!(whole("lvoelaec", 1), None);
        assert_eq!(met(&words, "x", 0), []);
    }

    #[test]
    fn a_text_is_put_together_of_its_parts_and_of_what_goes_on_after_it() {
        let mut vocabulary = Vocabulary::default();
        for word in ["van", "der", "berg", "bergmann", "ada", "anderson", "v"] {
            vocabulary.intern(word);
        }
        let mut parts = Vec::new();
        vocabulary.look_up_parts("vanderber", |id| parts.push(vocabulary.word(id)));
        assert_eq!(parts, ["van", "der", "berg", "bergmann", "v"]);
    }

    #[test]
    fn a_word_has_one_number() {
        let mut vocabulary = Vocabulary::default();
        let ada = vocabulary.intern("ada");
        assert_ne!(vocabulary.intern("grace"), ada);
        assert_eq!(vocabulary.intern("ada"), ada);
        assert_eq!(vocabulary.len(), 2);
        vocabulary.clear();
        assert_eq!((vocabulary.len(), vocabulary.word(ada)), (0, ""));
    }

    proptest! {
        #[test]
        fn looking_at_letters_first_passes_nothing_over(
            words in proptest::collection::vec("[a-dàж0]{0,10}", 0..20),
            needle in "[a-dàж0]{1,10}",
            slips_max in 0_u32..3,
        ) {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let met = met(&words, &needle, slips_max);
            let typed = Typed::new(&needle);
            for word in words {
                let expected = Likeness::of(&needle, typed.as_ref(), word.as_bytes(), slips_max);
                let found = met.iter().find(|(met, _)| met == word).map(|(_, likeness)| *likeness);
                prop_assert_eq!(found, expected, "{}", word);
            }
        }
    }
}
