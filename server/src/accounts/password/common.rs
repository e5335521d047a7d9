//! Passwords that everybody tries first.
//!
//! The list is made of those that come with zxcvbn (MIT) and Django (BSD): whatever has at least ten characters,
//! and the words of at least six letters, which people make longer with a year or a few signs. In normal form KC,
//! lower case, sorted by bytes, one a line, packed with Zstandard.

use std::io::Read as _;
use std::sync::OnceLock;

const PACKED: &[u8] = include_bytes!("common.txt.zst");
/// What the list unpacks to at most.
const BYTES_MAX: u64 = 1 << 20;
/// Signs and digits around a common word that do not make it less common: a year and two signs.
const DECORATION_CHARS_MAX: usize = 6;

/// Whether a password, or the word that it was made of, is on the list.
pub(super) fn is_common(password: &str) -> bool {
    let lower = password.to_lowercase();
    let word = super::letters(&lower);
    let decoration = lower.chars().count() - word.chars().count();
    is_listed(&lower) || (decoration <= DECORATION_CHARS_MAX && is_listed(&word)) || is_repetition(&lower)
}

/// Whether the same one to five characters come again and again.
fn is_repetition(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    (1..=5).any(|period| chars.iter().zip(chars.iter().skip(period)).all(|(one, later)| one == later))
}

fn is_listed(text: &str) -> bool {
    static LIST: OnceLock<String> = OnceLock::new();
    static LINES: OnceLock<Vec<&'static str>> = OnceLock::new();
    let lines = LINES.get_or_init(|| LIST.get_or_init(unpack).lines().collect());
    lines.binary_search(&text).is_ok()
}

fn unpack() -> String {
    let mut text = String::new();
    let unpacked = zstd::Decoder::new(PACKED).and_then(|list| list.take(BYTES_MAX).read_to_string(&mut text));
    unpacked.expect("the list is part of the program, and a test unpacks it");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_whole_and_sorted() {
        let text = unpack();
        let lines: Vec<&str> = text.lines().collect();

        assert!(lines.len() > 20_000);
        assert!(lines.is_sorted());
    }

    #[test]
    fn common_passwords_are_known_also_with_a_year_behind_them() {
        for common in ["1234567890", "qwertyuiop", "Sunshine2024!", "PASSWORD!!!!", "aaaaaaaaaaaa", "xyzxyzxyzxyz"] {
            assert!(is_common(common), "{common}");
        }
        for rare in ["a long enough passphrase", "correct horse battery", "sunshine 7302 5518 94", "qx7-lampion-tee"] {
            assert!(!is_common(rare), "{rare}");
        }
    }
}
