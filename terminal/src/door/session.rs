//! What screens ask about the session, and what comes back.

use crate::session::Digits;

/// A question or an order about the session.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SessionRequest {
    /// Who was at this terminal before.
    Recent,
    /// This person is at the terminal from now on; an empty name is nobody in particular.
    Operator(String),
    /// This PIN unlocks the screen from now on.
    Pin(Digits),
    /// Lock the screen.
    Lock,
    /// Unlock it.
    Unlock(Digits),
}

/// What came of a [`SessionRequest`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SessionAnswer {
    /// Who was at this terminal before, the last first.
    Recent(Vec<String>),
    /// Who is at the terminal now.
    Operator(Option<String>),
    /// The PIN is set.
    PinSet,
    /// The screen is locked.
    Locked,
    /// The screen is open.
    Unlocked,
    /// That was another PIN.
    WrongPin {
        /// How many tries are left; at least 1.
        left: u8,
    },
    /// That was one wrong PIN too many: the keys leave memory, and only the passphrase helps.
    Sealed,
}
