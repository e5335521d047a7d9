//! Crockford's base 32 with its check symbol: the typed form of a ticket number and of an
//! enrolment code (<https://www.crockford.com/base32.html>).

use alloc::string::String;
use alloc::vec::Vec;

const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// The five symbols that only a check symbol may be, for remainders 32 to 36.
const CHECK_ONLY: &[u8; 5] = b"*~$=U";
/// 64 bits take at most 13 digits.
const DIGITS_MAX: usize = 13;

/// A typed code that cannot be one.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CodeError {
    /// Nothing, or only separators, was typed.
    #[error("the code is empty")]
    Empty,
    /// A character that no code has.
    #[error("{0:?} is not part of any code")]
    Symbol(char),
    /// More digits than 64 bits have, or a value over 64 bits.
    #[error("the code is too long")]
    TooLong,
    /// The check symbol does not match: a digit was mistyped or two were swapped.
    #[error("the code has a typing mistake")]
    Check,
}

/// Returns `value` without leading zeros, then its check symbol.
pub fn encode_checked(value: u64) -> String {
    let mut code = encode(value);
    code.push(char::from(check_symbol(value)));
    code
}

/// Reads what [`encode_checked`] wrote, forgiving what people confuse.
///
/// # Errors
///
/// [`CodeError`] says what is wrong.
pub fn decode_checked(text: &str) -> Result<u64, CodeError> {
    let symbols = symbols(text);
    let Some((&check, digits)) = symbols.split_last() else { return Err(CodeError::Empty) };
    let value = value_of(digits)?;
    let expected = char::from(check_symbol(value));
    let check = check.to_ascii_uppercase();
    if check == expected || digit(check).is_some_and(|d| char::from(symbol_of(d)) == expected) {
        Ok(value)
    } else if digit(check).is_none() && !CHECK_ONLY.contains(&(check as u8)) {
        Err(CodeError::Symbol(check))
    } else {
        Err(CodeError::Check)
    }
}

/// Returns `bytes` read as 5-bit digits from the front; the last digit is padded with zero bits.
pub fn encode_bytes(bytes: &[u8]) -> String {
    let mut code = String::new();
    let (mut held, mut bits) = (0_u32, 0_u32);
    for byte in bytes {
        held = (held << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            code.push(char::from(symbol_of(((held >> bits) & 31) as u8)));
        }
        held &= (1 << bits) - 1;
    }
    if bits > 0 {
        code.push(char::from(symbol_of(((held << (5 - bits)) & 31) as u8)));
    }
    code
}

/// Returns the canonical form of a typed code: upper case, no separators, confusable letters as
/// the digits they stand for.
///
/// # Errors
///
/// [`CodeError::Symbol`] for a character that no code has, [`CodeError::Empty`].
pub fn normalise(text: &str) -> Result<String, CodeError> {
    let symbols = symbols(text);
    if symbols.is_empty() {
        return Err(CodeError::Empty);
    }
    symbols
        .into_iter()
        .map(|symbol| digit(symbol).map(|d| char::from(symbol_of(d))).ok_or(CodeError::Symbol(symbol)))
        .collect()
}

fn encode(mut value: u64) -> String {
    let mut reversed = Vec::new();
    loop {
        reversed.push(symbol_of((value & 31) as u8));
        value >>= 5;
        if value == 0 {
            break;
        }
    }
    reversed.into_iter().rev().map(char::from).collect()
}

fn value_of(digits: &[char]) -> Result<u64, CodeError> {
    if digits.is_empty() {
        return Err(CodeError::Empty);
    }
    if digits.len() > DIGITS_MAX {
        return Err(CodeError::TooLong);
    }
    digits.iter().try_fold(0_u64, |value, &symbol| {
        let digit = digit(symbol).ok_or(CodeError::Symbol(symbol))?;
        value.checked_mul(32).and_then(|v| v.checked_add(u64::from(digit))).ok_or(CodeError::TooLong)
    })
}

fn symbols(text: &str) -> Vec<char> {
    text.chars().filter(|c| !matches!(c, '-' | ' ' | '\t' | '\r' | '\n')).collect()
}

fn digit(symbol: char) -> Option<u8> {
    let symbol = match symbol.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    DIGITS.iter().position(|&d| char::from(d) == symbol).map(|at| at as u8)
}

fn symbol_of(digit: u8) -> u8 {
    DIGITS.get(usize::from(digit)).copied().unwrap_or(b'0')
}

fn check_symbol(value: u64) -> u8 {
    let remainder = (value % 37) as u8;
    CHECK_ONLY.get(usize::from(remainder.wrapping_sub(32))).copied().unwrap_or_else(|| symbol_of(remainder))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_published_example_is_reproduced() {
        // 1234 is 16J; 1234 mod 37 = 13, whose symbol is D.
        assert_eq!(encode_checked(1234), "16JD");
    }

    #[test]
    fn confusable_letters_are_forgiven_and_mistakes_are_caught() {
        let code = encode_checked(0x1_0000_0001);
        assert_eq!(decode_checked(&code.to_lowercase().replace('0', "o").replace('1', "l")), Ok(0x1_0000_0001));
        assert_eq!(decode_checked("16JE"), Err(CodeError::Check));
        assert_eq!(decode_checked("16!D"), Err(CodeError::Symbol('!')));
        assert_eq!(decode_checked("ZZZZZZZZZZZZZZ0"), Err(CodeError::TooLong));
        assert_eq!(decode_checked(" - "), Err(CodeError::Empty));
    }

    proptest! {
        #[test]
        fn every_number_reads_back(value: u64) {
            prop_assert_eq!(decode_checked(&encode_checked(value)), Ok(value));
        }

        #[test]
        fn any_one_changed_digit_is_caught(value: u64, at in 0_usize..14, to in 0_u8..32) {
            let mut code: Vec<char> = encode_checked(value).chars().collect();
            let at = at % (code.len() - 1);
            let symbol = char::from(symbol_of(to));
            prop_assume!(code[at] != symbol);
            code[at] = symbol;
            let typed: String = code.into_iter().collect();
            prop_assert_ne!(decode_checked(&typed), Ok(value));
            prop_assert!(decode_checked(&typed).is_err());
        }
    }
}
