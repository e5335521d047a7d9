//! The problems of the device endpoints that both sides name (section 11).

use serde::{Deserialize, Serialize};

macro_rules! problems {
    ($($(#[$doc:meta])* $variant:ident = $status:literal, $name:literal, $title:literal;)*) => {
        /// Why a device's request was not done.
        #[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
        pub enum ProblemCode {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
        }

        impl ProblemCode {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Returns the code's name in the specification.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Returns the HTTP status it travels with.
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)* }
            }

            /// Returns what it means, for people.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }
        }
    };
}

problems! {
    /// The request cannot be read.
    Malformed = 400, "MALFORMED", "The request cannot be read";
    /// The request's signature is not right.
    BadRequestSignature = 401, "BAD_REQUEST_SIGNATURE", "The request is not signed as it should be";
    /// The request's signature is right and its time is not.
    Clock = 401, "CLOCK", "The request was signed at another time";
    /// The device was revoked.
    DeviceRevoked = 403, "DEVICE_REVOKED", "This device was revoked";
    /// Two journals under the device's name exist.
    DeviceForked = 403, "DEVICE_FORKED", "This device's journal exists in two versions";
    /// No such event for this device.
    UnknownEvent = 404, "UNKNOWN_EVENT", "No such event for this device";
    /// No such thing, or none for this device.
    NotFound = 404, "NOT_FOUND", "No such thing for this device";
    /// The batch does not follow on what is held. Carries `last_seq`.
    Gap = 409, "GAP", "Entries are missing before this batch";
    /// The batch contradicts what is held.
    Fork = 409, "FORK", "The batch contradicts what is held";
    /// A movement stands against the claim. Carries the movement.
    ClaimHeld = 409, "CLAIM_HELD", "Another device has admitted this ticket";
    /// The feed no longer answers from so far back. Carries the snapshot's address.
    BelowFloor = 410, "BELOW_FLOOR", "The feed no longer goes back so far";
    /// The request is too large.
    TooLarge = 413, "TOO_LARGE", "The request is too large";
    /// The batch does not hold together or is not signed.
    BadChain = 422, "BAD_CHAIN", "The batch is not a signed run of this device's journal";
    /// The device speaks an older protocol than the server still does.
    Upgrade = 426, "UPGRADE", "This terminal's program is too old for the server";
    /// An enrolment code that is unknown, used, too old or tried too often.
    CodeRefused = 403, "CODE_REFUSED", "This enrolment code is not valid (any more)";
    /// Too much at once.
    Retry = 429, "RETRY", "Too many requests";
}

impl ProblemCode {
    /// Reads a code's name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.name() == name)
    }
}
