//! The codes of section 4: their numbers, their names, and who may decide against them.

use core::fmt;

use super::manual_by;
use crate::journal::Flags;
use crate::policy::Policy;
use crate::ticket::ReadFailure;

/// Who may let in against a finding. Ordered: the strictest is the greatest.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OverrideBy {
    /// Staff at the door: the verdict is a question.
    Door,
    /// A supervisor.
    Supervisor,
    /// Nobody.
    Nobody,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $value:literal, $name:literal, $by:ident;)*) => {
        /// Why somebody is not let in. The number orders what is shown; codes of one rank differ in
        /// their last digit.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        #[repr(u16)]
        pub enum Code {
            $($(#[$doc])* $variant = $value,)*
        }

        impl Code {
            /// Every code, in order.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Returns the code's name in the specification.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Reads the number in a journal entry's `reason`.
            pub const fn from_u16(value: u16) -> Option<Self> {
                match value { $($value => Some(Self::$variant),)* _ => None }
            }

            const fn ordinarily_overridden_by(self) -> OverrideBy {
                match self { $(Self::$variant => OverrideBy::$by,)* }
            }
        }
    };
}

// A journal entry's `reason` is ten times the number of section 4, plus a digit that tells codes of
// one number apart; stage A's numbers A1 to A4 are 1 to 4.
codes! {
    /// The terminal may not decide.
    TerminalNotReady = 10, "TERMINAL_NOT_READY", Nobody;
    /// Not a ticket at all.
    NotATicket = 20, "NOT_A_TICKET", Nobody;
    /// A ticket of a format this program does not know.
    UnsupportedFormat = 21, "UNSUPPORTED_FORMAT", Nobody;
    /// No known key has this number.
    UnknownKey = 30, "UNKNOWN_KEY", Nobody;
    /// A ticket of another event that this device knows.
    OtherEvent = 31, "OTHER_EVENT", Nobody;
    /// Its key is refused.
    KeyRejected = 32, "KEY_REJECTED", Nobody;
    /// Its terminal may not have sold it.
    DelegationInvalid = 33, "DELEGATION_INVALID", Nobody;
    /// Nobody vouches for it.
    BadSignature = 40, "BAD_SIGNATURE", Nobody;
    /// Cancelled.
    Cancelled = 100, "CANCELLED", Supervisor;
    /// A newer credential was issued.
    Superseded = 110, "SUPERSEDED", Supervisor;
    /// Blocked.
    Blocked = 120, "BLOCKED", Supervisor;
    /// Properly signed, and yet not in a list that would hold it.
    NotInList = 130, "NOT_IN_LIST", Nobody;
    /// Newer than the list's, and yet not newer than the list.
    IssueMismatch = 140, "ISSUE_MISMATCH", Nobody;
    /// Presented again at the same device at once.
    JustScanned = 200, "JUST_SCANNED", Nobody;
    /// Inside already.
    AlreadyIn = 210, "ALREADY_IN", Supervisor;
    /// Used already.
    AlreadyUsed = 220, "ALREADY_USED", Supervisor;
    /// Every use of this period is spent.
    UsesExhausted = 230, "USES_EXHAUSTED", Supervisor;
    /// Not paid.
    Unpaid = 300, "UNPAID", Door;
    /// A ticket type that the rules do not know.
    ClassUnknown = 400, "CLASS_UNKNOWN", Supervisor;
    /// Not at this gate.
    WrongGate = 410, "WRONG_GATE", Supervisor;
    /// Not into this zone.
    WrongZone = 411, "WRONG_ZONE", Supervisor;
    /// After its last window.
    TooLate = 500, "TOO_LATE", Supervisor;
    /// Before its next window.
    TooEarly = 501, "TOO_EARLY", Supervisor;
    /// The clock may be too wrong for a strict type.
    ClockUnsure = 520, "CLOCK_UNSURE", Door;
    /// Not in the list, and the rules or the device's cap say no.
    Unlisted = 600, "UNLISTED", Supervisor;
    /// The list is too old to admit anybody.
    CacheTooOld = 610, "CACHE_TOO_OLD", Supervisor;
    /// Without a link, only at the ticket's home gate.
    HomeGateOnly = 620, "HOME_GATE_ONLY", Supervisor;
    /// No place left inside.
    ZoneFull = 630, "ZONE_FULL", Supervisor;
    /// Named without a code, and the rules want a supervisor, or a code.
    ManualNotAllowed = 640, "MANUAL_NOT_ALLOWED", Supervisor;
}

impl Code {
    /// Returns who may let in against this finding under `policy`.
    pub const fn overridden_by(self, policy: &Policy) -> OverrideBy {
        match self {
            Self::ManualNotAllowed => manual_by(policy),
            other => other.ordinarily_overridden_by(),
        }
    }

    /// Whether the code is one of stage A: it tells nothing about any ticket.
    pub const fn is_stage_a(self) -> bool {
        (self as u16) < 100
    }

    /// Returns the flag that stands for this finding where it does not deny (at the exit).
    pub(super) const fn as_flag(self) -> Flags {
        match self {
            Self::Unlisted | Self::NotInList => Flags::UNLISTED,
            Self::CacheTooOld => Flags::STALE,
            Self::ClockUnsure => Flags::CLOCK_UNSURE,
            _ => Flags::ATTENTION,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl serde::Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.name())
    }
}

impl From<ReadFailure> for Code {
    fn from(failure: ReadFailure) -> Self {
        match failure {
            ReadFailure::NotATicket => Self::NotATicket,
            ReadFailure::UnsupportedFormat => Self::UnsupportedFormat,
            ReadFailure::UnknownKey => Self::UnknownKey,
            ReadFailure::OtherEvent(_) => Self::OtherEvent,
            ReadFailure::KeyRejected => Self::KeyRejected,
            ReadFailure::DelegationInvalid => Self::DelegationInvalid,
            ReadFailure::BadSignature => Self::BadSignature,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_back_and_rise() {
        for pair in Code::ALL.windows(2) {
            assert!((pair[0] as u16) < pair[1] as u16);
        }
        for code in Code::ALL {
            assert_eq!(Code::from_u16(*code as u16), Some(*code));
        }
    }
}
