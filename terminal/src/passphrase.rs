//! The passphrase that opens a terminal's store (section 9).
//!
//! A lost laptop is safe only if nobody guesses it, so weak ones are refused when they are made,
//! with a sentence that says what to do. When a store is opened nothing is checked but the store.

use diceware_wordlists::EFF_LONG_WORDLIST;
use rand::seq::IndexedRandom as _;
use zeroize::Zeroizing;

/// How many words a generated passphrase has, and how many different ones a chosen one needs.
pub const WORDS_MIN: usize = 4;
/// How long a passphrase must be that is not made of words, in characters.
pub const CHARS_MIN: usize = 12;
/// How many different characters such a passphrase needs.
pub const DIFFERENT_CHARS_MIN: usize = 6;

/// A passphrase that is too easy to guess.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TooWeak {
    /// Neither four listed words nor twelve characters.
    #[error("use at least {WORDS_MIN} different words of the word list, or at least {CHARS_MIN} characters")]
    Short,
    /// Twelve characters, and nearly all of them the same.
    #[error("use at least {DIFFERENT_CHARS_MIN} different characters")]
    Uniform,
}

/// Returns a passphrase of four different random words of the long EFF list: 51 bits.
pub fn generate() -> Zeroizing<String> {
    let mut rng = rand::rng();
    let mut words: Vec<&str> = Vec::with_capacity(WORDS_MIN);
    while words.len() < WORDS_MIN {
        // A word that was drawn already is drawn again: four different ones are what is asked for.
        words.extend(EFF_LONG_WORDLIST.choose(&mut rng).filter(|word| !words.contains(word)));
    }
    Zeroizing::new(words.join(" "))
}

/// Returns the form of a passphrase that keys are made of: without space at the ends, one space
/// between words.
pub fn normalise(passphrase: &str) -> Zeroizing<String> {
    let mut normal = Zeroizing::new(String::with_capacity(passphrase.len()));
    for word in passphrase.split_whitespace() {
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
    let mut different: Vec<char> = normal.chars().collect();
    different.sort_unstable();
    different.dedup();
    if different.len() < DIFFERENT_CHARS_MIN { Err(TooWeak::Uniform) } else { Ok(()) }
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
    fn weak_passphrases_are_refused_with_what_to_do() {
        assert_eq!(check("abacus abdomen abide"), Ok(()), "long enough without the fourth word");
        assert_eq!(check("short"), Err(TooWeak::Short));
        assert_eq!(check("  a   b  "), Err(TooWeak::Short));
        assert_eq!(check("aaaaaaaaaaaaaaaa"), Err(TooWeak::Uniform));
        assert_eq!(check("q7!kf0Zx-pLw"), Ok(()));
    }

    #[test]
    fn space_around_and_between_words_does_not_matter() {
        assert_eq!(*normalise("  abacus \t abdomen\n"), "abacus abdomen");
    }
}
