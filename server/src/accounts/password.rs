//! Passwords: Argon2id, few at a time.

use std::fmt;
use std::sync::{Arc, OnceLock};

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

/// The shortest password that may be set.
pub const PASSWORD_CHARS_MIN: usize = 10;
/// The longest password that is looked at.
pub const PASSWORD_BYTES_MAX: usize = 1024;
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
}

/// Why a password cannot be set.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PasswordError {
    /// Too short.
    #[error("a password has at least {PASSWORD_CHARS_MIN} characters")]
    TooShort,
    /// Too long.
    #[error("a password has at most {PASSWORD_BYTES_MAX} bytes")]
    TooLong,
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
    ///
    /// # Errors
    ///
    /// [`PasswordError`] if it will not do.
    pub async fn hash(&self, password: Password) -> Result<String, PasswordError> {
        if password.0.chars().count() < PASSWORD_CHARS_MIN {
            return Err(PasswordError::TooShort);
        }
        if password.0.len() > PASSWORD_BYTES_MAX {
            return Err(PasswordError::TooLong);
        }
        Ok(self.run(move || hash(password.0.as_bytes())).await)
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
            let is_right = password.0.len() <= PASSWORD_BYTES_MAX
                && PasswordHash::new(hash)
                    .is_ok_and(|hash| Argon2::default().verify_password(password.0.as_bytes(), &hash).is_ok());
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
        .expect("the default parameters and a password below 1 KiB are always accepted")
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_verifies_only_against_its_own_hash() {
        let passwords = Passwords::default();
        let right = Password::new("correct horse".to_owned());
        let hash = passwords.hash(right.clone()).await.unwrap();

        assert!(hash.starts_with("$argon2id$"));
        assert!(passwords.verify(right.clone(), Some(hash.clone())).await);
        assert!(!passwords.verify(Password::new("wrong horse".to_owned()), Some(hash)).await);
        assert!(!passwords.verify(right.clone(), Some("not a hash".to_owned())).await);
        assert!(!passwords.verify(right, None).await);
        assert_eq!(passwords.hash(Password::new("short".to_owned())).await, Err(PasswordError::TooShort));
    }
}
