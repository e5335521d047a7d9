//! Tokens: random, shown once, kept as a hash.

use std::fmt;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::clock::random_bytes;

/// What the token of a program begins with, so that people and scanners of leaked secrets recognise one.
const API_PREFIX: &str = "ust_";

/// 32 random bytes, shown as 64 hexadecimal digits. Wiped from memory when dropped, never printed.
#[derive(Clone)]
pub struct Token(Zeroizing<[u8; 32]>);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

impl Token {
    /// Makes one that nobody has seen yet.
    pub fn make() -> Self {
        Self(Zeroizing::new(random_bytes()))
    }

    /// Returns the token of these bytes.
    pub(super) fn of(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Returns its bytes.
    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads a token, or nothing if the text cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = Zeroizing::new([0; 32]);
        hex::decode_to_slice(text, &mut *bytes).ok()?;
        Some(Self(bytes))
    }

    /// Returns the token's text, to be shown once.
    pub fn reveal(&self) -> String {
        hex::encode(*self.0)
    }

    /// Returns the text of a program's token, to be shown once.
    pub fn reveal_for_programs(&self) -> String {
        format!("{API_PREFIX}{}", self.reveal())
    }

    /// Returns what is kept of it.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(*self.0).into()
    }

    /// Whether it is the token that `hash` was kept of.
    pub fn is_of(&self, hash: &[u8; 32]) -> bool {
        self.hash().ct_eq(hash).into()
    }
}

/// What a caller shows.
#[derive(Clone, Debug)]
pub enum Shown {
    /// The access token of somebody's session.
    Session(Token),
    /// The API token of a program.
    Program(Token),
}

impl Shown {
    /// Reads a bearer token, or nothing if the text cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix(API_PREFIX) {
            Some(token) => Token::parse(token).map(Self::Program),
            None => Token::parse(text).map(Self::Session),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_back_from_its_text_as_what_it_is() {
        let token = Token::make();

        assert!(matches!(Shown::parse(&token.reveal()), Some(Shown::Session(read)) if read.is_of(&token.hash())));
        let shown = token.reveal_for_programs();
        assert!(shown.starts_with("ust_"));
        assert!(matches!(Shown::parse(&shown), Some(Shown::Program(read)) if read.is_of(&token.hash())));
        assert!(!Token::make().is_of(&token.hash()));
        assert!(Shown::parse("zz").is_none() && Shown::parse("ust_").is_none());
    }
}
