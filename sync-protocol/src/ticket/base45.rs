//! Base45 (RFC 9285), strictly: one text per byte string.

use alloc::string::String;
use alloc::vec::Vec;

const ALPHABET: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/// A text that is not Base45.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Base45Error {
    /// The length leaves one character over.
    #[error("a Base45 text cannot have this length")]
    Length,
    /// A character outside the alphabet.
    #[error("a character is not in the Base45 alphabet")]
    Symbol,
    /// Three characters of 65 536 or more, or a last pair of 256 or more.
    #[error("a group of characters stands for no bytes")]
    Range,
}

/// Returns the Base45 text of `bytes`.
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(2) * 3);
    let mut push = |value: usize| text.push(char::from(ALPHABET.get(value % 45).copied().unwrap_or(b'0')));
    let (pairs, last) = bytes.as_chunks::<2>();
    for pair in pairs {
        let value = usize::from(u16::from_be_bytes(*pair));
        push(value);
        push(value / 45);
        push(value / 2025);
    }
    if let [byte] = last {
        push(usize::from(*byte));
        push(usize::from(*byte) / 45);
    }
    text
}

/// Returns the bytes that `text` stands for.
///
/// # Errors
///
/// [`Base45Error`] if it is not what [`encode`] writes for any bytes.
pub fn decode(text: &str) -> Result<Vec<u8>, Base45Error> {
    let mut bytes = Vec::with_capacity(text.len() / 3 * 2 + 1);
    let (triples, last) = text.as_bytes().as_chunks::<3>();
    for [a, b, c] in triples {
        let value = digit(*a)? + 45 * digit(*b)? + 2025 * digit(*c)?;
        bytes.extend_from_slice(&u16::try_from(value).map_err(|_| Base45Error::Range)?.to_be_bytes());
    }
    match last {
        [] => Ok(bytes),
        [a, b] => {
            let value = digit(*a)? + 45 * digit(*b)?;
            bytes.push(u8::try_from(value).map_err(|_| Base45Error::Range)?);
            Ok(bytes)
        }
        _ => Err(Base45Error::Length),
    }
}

fn digit(symbol: u8) -> Result<u32, Base45Error> {
    let digit = match symbol {
        b'0'..=b'9' => symbol - b'0',
        b'A'..=b'Z' => symbol - b'A' + 10,
        b' ' => 36,
        b'$' => 37,
        b'%' => 38,
        b'*' => 39,
        b'+' => 40,
        b'-' => 41,
        b'.' => 42,
        b'/' => 43,
        b':' => 44,
        _ => return Err(Base45Error::Symbol),
    };
    Ok(u32::from(digit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_examples_of_the_standard_are_reproduced() {
        // RFC 9285, section 4.3 and 4.4.
        for (bytes, text) in
            [("AB", "BB8"), ("Hello!!", "%69 VD92EX0"), ("base-45", "UJCLQE7W581"), ("ietf!", "QED8WEX0")]
        {
            assert_eq!(encode(bytes.as_bytes()), text);
            assert_eq!(decode(text).unwrap(), bytes.as_bytes());
        }
    }

    #[test]
    fn groups_that_stand_for_no_bytes_are_refused() {
        assert_eq!(decode("GGW"), Err(Base45Error::Range));
        assert_eq!(decode("FGW"), Ok(alloc::vec![255, 255]));
        assert_eq!(decode("U5"), Ok(alloc::vec![255]));
        assert_eq!(decode("V5"), Err(Base45Error::Range));
        assert_eq!(decode("A"), Err(Base45Error::Length));
        assert_eq!(decode("bb8"), Err(Base45Error::Symbol));
    }

    proptest! {
        #[test]
        fn every_byte_string_reads_back(bytes: Vec<u8>) {
            prop_assert_eq!(decode(&encode(&bytes)), Ok(bytes));
        }

        #[test]
        fn a_text_that_is_read_is_the_text_that_is_written(text in "[0-9A-Z $%*+./:-]{0,40}") {
            if let Ok(bytes) = decode(&text) {
                prop_assert_eq!(encode(&bytes), text);
            }
        }
    }
}
