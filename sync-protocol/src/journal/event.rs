//! What the `reason` of SESSION and INCIDENT entries says (section 5).

use serde::{Deserialize, Serialize};

macro_rules! reasons {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $number:literal, $slug:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
        #[serde(rename_all = "snake_case")]
        #[repr(u16)]
        pub enum $name {
            $($(#[$variant_doc])* $variant = $number,)*
        }

        impl $name {
            /// Every one, in order.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Returns the number that an entry carries.
            pub const fn reason(self) -> u16 {
                self as u16
            }

            /// Reads an entry's number; nothing for 0 and for what later versions may add.
            pub const fn from_reason(reason: u16) -> Option<Self> {
                match reason {
                    $($number => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// Returns the name in interfaces.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $slug,)* }
            }
        }
    };
}

reasons! {
    /// What happened to a terminal's session. The entry's operator is who it happened to.
    SessionEvent {
        /// The keys are in memory: the passphrase was given.
        Unlocked = 1, "unlocked";
        /// The keys left memory.
        Locked = 2, "locked";
        /// The screen asks for the PIN; scanning may go on.
        ScreenLocked = 3, "screen_locked";
        /// The PIN was given.
        ScreenUnlocked = 4, "screen_unlocked";
        /// Somebody else is at the terminal.
        OperatorChanged = 5, "operator_changed";
    }
}

reasons! {
    /// What people should look at. The entry's note says more.
    IncidentKind {
        /// The terminal was checked; the note is a [`super::Drill`].
        Drill = 1, "drill";
        /// A supervisor vouched for the terminal's clock.
        ClockTrusted = 2, "clock_trusted";
        /// Too many wrong PINs.
        WrongPins = 3, "wrong_pins";
        /// The terminal is about to erase itself by order.
        Wiped = 4, "wiped";
    }
}

impl SessionEvent {
    /// Whether the keys are in the terminal's memory after it.
    pub const fn leaves_open(self) -> bool {
        !matches!(self, Self::Locked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_reads_back_and_nought_is_none() {
        for event in SessionEvent::ALL {
            assert_eq!(SessionEvent::from_reason(event.reason()), Some(*event));
        }
        for kind in IncidentKind::ALL {
            assert_eq!(IncidentKind::from_reason(kind.reason()), Some(*kind));
        }
        assert_eq!((SessionEvent::from_reason(0), IncidentKind::from_reason(0)), (None, None));
        assert_eq!((SessionEvent::from_reason(6), IncidentKind::from_reason(99)), (None, None));
    }
}
