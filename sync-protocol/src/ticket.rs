//! The ticket credential: the signed claims that a QR code carries (section 2).
//!
//! [`credential`] reads and writes its bytes, [`base45`] its text, and [`keyring`] decides whether
//! its signature counts. What a ticket grants is not here: that is `verdict`.

pub mod base45;
pub mod credential;
pub mod keyring;

pub use credential::{Claims, Credential, CredentialError};
pub use keyring::{KeyState, Keyring, ReadFailure, Verified};
