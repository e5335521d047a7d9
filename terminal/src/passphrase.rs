//! The passphrase that opens a terminal's store (section 9).
//!
//! A lost laptop is safe only if nobody guesses it, so weak ones are refused when they are made,
//! with a sentence that says what to do. When a store is opened nothing is checked but the store.

use diceware_wordlists::EFF_LONG_WORDLIST;
use rand::seq::IndexedRandom as _;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;
use zxcvbn::feedback::Warning;

/// How many words a generated passphrase has, and how many different ones a chosen one needs.
pub const WORDS_MIN: usize = 4;
/// How long a passphrase must be that is not made of words, in characters.
pub const CHARS_MIN: usize = 12;
/// The longest passphrase that anybody is asked for, in characters.
pub const CHARS_MAX: usize = 200;
/// How many guesses such a passphrase must withstand, as a power of ten: each takes about half a
/// second, so that this is more than a thousand years of one computer.
const GUESSES_LOG10_MIN: f64 = 11.0;
/// No more of a passphrase than this is weighed, in characters: weighing takes longer than linear time.
const WEIGHED_CHARS_MAX: usize = 64;

/// A passphrase that is too easy to guess.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TooWeak {
    /// Neither four listed words nor twelve characters.
    #[error("use at least {WORDS_MIN} different words of the word list, or at least {CHARS_MIN} characters")]
    Short,
    /// On the lists that are tried first, or much like one of those.
    #[error("it is much like one that many people use; use several words that have nothing to do with each other")]
    Common,
    /// The same again and again.
    #[error("it repeats itself; use several words that have nothing to do with each other")]
    Repeats,
    /// Characters in the order of the alphabet, of numbers or of the keyboard.
    #[error("it follows the alphabet, numbers or the keyboard; use several words instead")]
    Sequence,
    /// A date.
    #[error("dates are tried early; use several words that have nothing to do with each other")]
    Date,
    /// Too few surprises in it.
    #[error("it is too easy to guess; add a word or two")]
    Guessable,
}

/// Returns a passphrase of four different random words of the long EFF list: 51 bits. They have no
/// letters but a to z, which lie somewhere on every keyboard.
pub fn generate() -> Zeroizing<String> {
    let mut rng = rand::rng();
    let mut words: Vec<&str> = Vec::with_capacity(WORDS_MIN);
    while words.len() < WORDS_MIN {
        // A word that was drawn already is drawn again: four different ones are what is asked for.
        let word = EFF_LONG_WORDLIST.choose(&mut rng).filter(|word| word.bytes().all(|b| b.is_ascii_lowercase()));
        words.extend(word.filter(|word| !words.contains(word)));
    }
    Zeroizing::new(words.join(" "))
}

/// Returns the form of a passphrase that keys are made of: the same however a keyboard composes its
/// characters (NFKC), without space at the ends, one space between words.
pub fn normalise(passphrase: &str) -> Zeroizing<String> {
    let composed: Zeroizing<String> = Zeroizing::new(passphrase.nfkc().collect());
    let mut normal = Zeroizing::new(String::with_capacity(composed.len()));
    for word in composed.split_whitespace() {
        if !normal.is_empty() {
            normal.push(' ');
        }
        normal.push_str(word);
    }
    normal
}

/// Checks that a passphrase somebody chose is hard enough to guess.
///
/// # Errors
///
/// [`TooWeak`] with what to do.
pub fn check(passphrase: &str) -> Result<(), TooWeak> {
    let normal = normalise(passphrase);
    let mut words: Vec<&str> = normal.split([' ', '-']).filter(|word| EFF_LONG_WORDLIST.contains(word)).collect();
    words.sort_unstable();
    words.dedup();
    if words.len() >= WORDS_MIN {
        return Ok(());
    }
    if normal.chars().count() < CHARS_MIN {
        return Err(TooWeak::Short);
    }
    let weighed: Zeroizing<String> = Zeroizing::new(normal.chars().take(WEIGHED_CHARS_MAX).collect());
    let estimate = zxcvbn::zxcvbn(&weighed, &[]);
    if estimate.guesses_log10() >= GUESSES_LOG10_MIN {
        return Ok(());
    }
    Err(estimate.feedback().and_then(|feedback| feedback.warning()).map_or(TooWeak::Guessable, reason))
}

const fn reason(warning: Warning) -> TooWeak {
    match warning {
        Warning::RepeatsLikeAaaAreEasyToGuess | Warning::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess => {
            TooWeak::Repeats
        }
        Warning::StraightRowsOfKeysAreEasyToGuess
        | Warning::ShortKeyboardPatternsAreEasyToGuess
        | Warning::SequencesLikeAbcAreEasyToGuess => TooWeak::Sequence,
        Warning::RecentYearsAreEasyToGuess | Warning::DatesAreOftenEasyToGuess => TooWeak::Date,
        Warning::ThisIsATop10Password
        | Warning::ThisIsATop100Password
        | Warning::ThisIsACommonPassword
        | Warning::ThisIsSimilarToACommonlyUsedPassword
        | Warning::AWordByItselfIsEasyToGuess
        | Warning::NamesAndSurnamesByThemselvesAreEasyToGuess
        | Warning::CommonNamesAndSurnamesAreEasyToGuess => TooWeak::Common,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_passphrase_is_good_and_no_two_are_equal() {
        let (one, other) = (generate(), generate());
        assert_eq!(one.split(' ').count(), WORDS_MIN);
        assert_ne!(*one, *other);
        assert_eq!(check(&one), Ok(()));
    }

    #[test]
    fn a_generated_passphrase_is_typed_on_any_keyboard() {
        for _ in 0..200 {
            assert!(generate().bytes().all(|b| b == b' ' || b.is_ascii_lowercase()));
        }
    }

    #[test]
    fn weak_passphrases_are_refused_with_what_is_weak() {
        assert_eq!(check("abacus abdomen abide"), Ok(()), "long enough without the fourth word");
        assert_eq!(check("short"), Err(TooWeak::Short));
        assert_eq!(check("  a   b  "), Err(TooWeak::Short));
        assert_eq!(check("aaaaaaaaaaaaaaaa"), Err(TooWeak::Repeats));
        // It is both, and either may be told.
        assert!(matches!(check("1234567890123456"), Err(TooWeak::Common | TooWeak::Sequence)));
        assert_eq!(check("efghijklmnopqrst"), Err(TooWeak::Sequence));
        assert_eq!(check("password1234"), Err(TooWeak::Common));
        assert_eq!(check("qwertyuiopas"), Err(TooWeak::Common));
        assert_eq!(check("q7!kf0Zx-pLw"), Ok(()));
    }

    #[test]
    fn a_very_long_passphrase_is_weighed_quickly() {
        assert!(check(&"ab cd-19".repeat(1_000)).is_err());
    }

    #[test]
    fn keyboards_that_compose_differently_open_the_same_store() {
        assert_eq!(*normalise("Gru\u{308}\u{df}e ﬁne"), *normalise("Gr\u{fc}\u{df}e fine"));
    }

    #[test]
    fn space_around_and_between_words_does_not_matter() {
        assert_eq!(*normalise("  abacus \t abdomen\n"), "abacus abdomen");
    }
}
