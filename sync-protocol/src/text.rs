//! The text rule of section 0: UTF-8 in normal form C, without control characters, of bounded length.

use alloc::string::String;
use unicode_normalization::{UnicodeNormalization as _, is_nfc};

use crate::bytes::DecodeError;

/// Names and notes that travel in the feed are at most this long.
pub const LABEL_BYTES_MAX: usize = 128;
/// An e-mail address that travels to the doors is at most this long.
pub const EMAIL_BYTES_MAX: usize = 128;
/// What holds tickets together (an order's reference) is at most this long.
pub const GROUP_BYTES_MAX: usize = 64;

/// Whether `text` is in normal form C and free of control characters.
pub fn is_plain(text: &str) -> bool {
    !text.chars().any(char::is_control) && is_nfc(text)
}

/// Reads a text as it must arrive.
///
/// # Errors
///
/// [`DecodeError::Invalid`] if the bytes are not UTF-8, not in normal form C, or hold a control
/// character.
pub fn decode<'a>(bytes: &'a [u8], field: &'static str) -> Result<&'a str, DecodeError> {
    match core::str::from_utf8(bytes) {
        Ok(text) if is_plain(text) => Ok(text),
        _ => Err(DecodeError::Invalid(field)),
    }
}

/// Returns `text` as it may be sent: normal form C, control characters replaced by spaces, cut to
/// `bytes_max` bytes at a character's border, without space at the ends.
pub fn tidy(text: &str, bytes_max: usize) -> String {
    let mut tidy = String::new();
    let is_margin = |c: char| c.is_control() || c.is_whitespace();
    for character in text.trim_matches(is_margin).nfc().map(|c| if c.is_control() { ' ' } else { c }) {
        if tidy.len() + character.len_utf8() > bytes_max {
            break;
        }
        tidy.push(character);
    }
    // Cutting can part a base character from a mark that composes with it, never the reverse, so
    // the rest is still in normal form.
    tidy.truncate(tidy.trim_end().len());
    tidy
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_composed_cut_at_a_border_and_free_of_control_characters() {
        assert_eq!(tidy("  Zoe\u{308}\n ", 16), "Zo\u{eb}");
        assert_eq!(tidy("\u{e9}\u{e9}", 3), "\u{e9}");
        assert_eq!(tidy("\u{7}Zoe\u{7}", 16), "Zoe");
        assert!(decode("Zoe\u{308}".as_bytes(), "name").is_err());
        assert!(decode(b"a\x07", "name").is_err());
        assert_eq!(decode("Zo\u{eb}".as_bytes(), "name"), Ok("Zo\u{eb}"));
    }
}
