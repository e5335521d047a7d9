//! Passwords: which will do, and Argon2id, few at a time.

mod common;

use std::fmt;
use std::sync::{Arc, OnceLock};

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

/// The shortest password that may be set, in normal form KC.
pub const PASSWORD_CHARS_MIN: usize = 10;
/// The longest password that may be set, in normal form KC.
pub const PASSWORD_CHARS_MAX: usize = 1_000;
/// The longest that is looked at, as it was typed: four bytes for each character.
const PASSWORD_BYTES_MAX: usize = 4 * PASSWORD_CHARS_MAX;
/// Hashes computed at once; each takes 19 MiB and a core.
const AT_ONCE_MAX: usize = 2;

/// A password, wiped from memory when dropped, never printed.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

impl Password {
    /// Takes a password as it was typed.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Returns the password as it was typed, to be shown to whoever chose it.
    pub fn text(&self) -> String {
        self.0.to_string()
    }

    /// Returns the password as every keyboard types it: in normal form KC. Nothing if it is too long to be one.
    fn normal(&self) -> Option<Zeroizing<String>> {
        (self.0.len() <= PASSWORD_BYTES_MAX).then(|| Zeroizing::new(self.0.nfkc().collect()))
    }
}

/// A password that will do for its holder.
#[derive(Clone, Debug)]
pub struct NewPassword(Password);

impl NewPassword {
    /// Checks a password that somebody of this e-mail address and name wants to have. What it is made of is theirs
    /// to choose: it must only be long, and nothing that others try first.
    ///
    /// # Errors
    ///
    /// [`PasswordError`].
    pub fn new(password: &Password, email: &str, name: &str) -> Result<Self, PasswordError> {
        let normal = password.normal().ok_or(PasswordError::TooLong)?;
        match normal.chars().count() {
            ..PASSWORD_CHARS_MIN => return Err(PasswordError::TooShort),
            PASSWORD_CHARS_MIN..=PASSWORD_CHARS_MAX => {}
            _ => return Err(PasswordError::TooLong),
        }
        if common::is_common(&normal) {
            return Err(PasswordError::Common);
        }
        let word = letters(&normal.to_lowercase());
        let local = email.split('@').next().unwrap_or_default();
        let own = [email, local, name].map(|own| letters(&own.to_lowercase()));
        if !word.is_empty() && own.contains(&word) {
            return Err(PasswordError::Own);
        }
        Ok(Self(Password(normal)))
    }
}

/// Returns the letters of a text alone.
fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphabetic()).collect()
}

/// Why a password cannot be set.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PasswordError {
    /// Too short.
    #[error("a password has at least {PASSWORD_CHARS_MIN} characters")]
    TooShort,
    /// Too long.
    #[error("a password has at most {PASSWORD_CHARS_MAX} characters")]
    TooLong,
    /// Among those that are tried first.
    #[error("this password is one of those that everybody tries first")]
    Common,
    /// The holder's own name or address.
    #[error("a password is something else than one's own name or address")]
    Own,
}

/// Hashes and verifies passwords, a few at a time and never on the threads that serve requests.
#[derive(Clone, Debug)]
pub struct Passwords {
    permits: Arc<Semaphore>,
    /// The hash of no password at all, so that an unknown address takes as long as a known one.
    nobody: Arc<OnceLock<String>>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { permits: Arc::new(Semaphore::new(AT_ONCE_MAX)), nobody: Arc::default() }
    }
}

impl Passwords {
    /// Hashes a new password.
    pub async fn hash(&self, NewPassword(password): NewPassword) -> String {
        self.run(move || hash(password.0.as_bytes())).await
    }

    /// Hashes a PIN, which is short and typed at a door: the cost is modest (19 MiB, two passes).
    pub async fn hash_pin(&self, pin: Password) -> String {
        self.run(move || hash(pin.0.as_bytes())).await
    }

    /// Whether `password` is the one of `held`. Without a hash the answer is no, as slowly.
    pub async fn verify(&self, password: Password, held: Option<String>) -> bool {
        let nobody = Arc::clone(&self.nobody);
        self.run(move || {
            let hash = held.as_deref().unwrap_or_else(|| nobody.get_or_init(|| hash(&[0; 32])));
            let normal = password.normal();
            let typed = normal.as_ref().map_or(&[][..], |text| text.as_bytes());
            let is_right =
                PasswordHash::new(hash).is_ok_and(|hash| Argon2::default().verify_password(typed, &hash).is_ok());
            is_right && held.is_some()
        })
        .await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        let permit = Arc::clone(&self.permits).acquire_owned().await.expect("the semaphore is never closed");
        let worked = tokio::task::spawn_blocking(move || {
            let value = work();
            // Held until the work ends, not until the caller goes away.
            drop(permit);
            value
        });
        worked.await.expect("hashing does not panic")
    }
}

fn hash(password: &[u8]) -> String {
    Argon2::default()
        .hash_password(password)
        .expect("the default parameters and a password of a few kilobytes are always accepted")
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(password: &str) -> Result<(), PasswordError> {
        let password = Password::new(password.to_owned());
        NewPassword::new(&password, "ada.lovelace@example.org", "Countess Lovelace").map(|_| ())
    }

    #[tokio::test]
    async fn a_password_verifies_only_against_its_own_hash() {
        let passwords = Passwords::default();
        let right = Password::new("ﬁne horse bat\u{e9}".to_owned());
        let hash = passwords.hash(NewPassword::new(&right, "", "").unwrap()).await;

        assert!(hash.starts_with("$argon2id$"));
        assert!(passwords.verify(right.clone(), Some(hash.clone())).await);
        let other_keyboard = Password::new("fine horse bate\u{301}".to_owned());
        assert!(passwords.verify(other_keyboard, Some(hash.clone())).await);
        assert!(!passwords.verify(Password::new("wrong horse".to_owned()), Some(hash.clone())).await);
        assert!(!passwords.verify(Password::new("x".repeat(100_000)), Some(hash)).await);
        assert!(!passwords.verify(right.clone(), Some("not a hash".to_owned())).await);
        assert!(!passwords.verify(right, None).await);
    }

    #[test]
    fn a_password_is_long_and_nothing_that_others_try_first() {
        assert_eq!(check("nine char"), Err(PasswordError::TooShort));
        assert_eq!(check("ten chars!"), Ok(()));
        let mixed: String = (0..1_000_u32).filter_map(|n| char::from_u32(0x4e00 + n)).collect();
        assert_eq!(check(&mixed), Ok(()));
        assert_eq!(check(&format!("{mixed}x")), Err(PasswordError::TooLong));
        // A ligature counts as the letters it stands for.
        assert_eq!(check("\u{fdfa}"), Ok(()));
        assert_eq!(check("Qwertyuiop"), Err(PasswordError::Common));
        assert_eq!(check("ada.lovelace@example.org"), Err(PasswordError::Own));
        assert_eq!(check("Ada Lovelace 1815"), Err(PasswordError::Own));
        assert_eq!(check("countess-lovelace"), Err(PasswordError::Own));
        assert_eq!(check("lovelace loves engines"), Ok(()));
    }
}
