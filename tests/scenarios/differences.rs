//! What the ways can't share by design, in one table. Nothing else may differ.

use serde::Deserialize;
use sync_protocol::verdict::Code;

use crate::format::{AtTerminal, Expected};
use crate::story::Way;

/// Why a terminal says something else than the server.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Because {
    /// The server is one door, however many entrances it stands at; terminals are several.
    OneDoor,
    /// A terminal's time is never surer than a millisecond, and less so the longer it heard nothing.
    Clock,
    /// A terminal holds the keys of its own event alone.
    Keys,
    /// Home gates count only where a terminal has no link.
    Link,
    /// A terminal's list is as old as what it heard last.
    List,
    /// A terminal alone does not know what the other doors do.
    Alone,
    /// A list that is too old admits nobody; the server's never ages.
    Age,
    /// A terminal may be told to stop.
    Stopped,
}

/// One row of the table.
struct Difference {
    because: Because,
    /// The codes that one side may say and the other not.
    codes: &'static [Code],
}

const TABLE: &[Difference] = &[
    Difference {
        because: Because::OneDoor,
        codes: &[Code::JustScanned, Code::AlreadyIn, Code::AlreadyUsed, Code::UsesExhausted],
    },
    Difference { because: Because::Clock, codes: &[Code::TooEarly, Code::TooLate, Code::ClockUnsure] },
    Difference { because: Because::Keys, codes: &[Code::OtherEvent, Code::UnknownKey] },
    Difference { because: Because::Link, codes: &[Code::HomeGateOnly] },
    Difference {
        because: Because::List,
        codes: &[
            Code::Cancelled,
            Code::Superseded,
            Code::Blocked,
            Code::NotInList,
            Code::KeyRejected,
            Code::Unpaid,
            Code::Unlisted,
        ],
    },
    Difference {
        because: Because::Alone,
        codes: &[Code::JustScanned, Code::AlreadyIn, Code::AlreadyUsed, Code::UsesExhausted, Code::ZoneFull],
    },
    Difference { because: Because::Age, codes: &[Code::CacheTooOld] },
    Difference { because: Because::Stopped, codes: &[Code::TerminalNotReady] },
];

impl Because {
    /// Whether what a terminal says may differ from what the server says by this code.
    pub(crate) fn explains(self, code: &str) -> bool {
        let mut rows = TABLE.iter().filter(|row| row.because == self);
        rows.any(|row| row.codes.iter().any(|known| known.name() == code))
    }
}

impl Expected {
    /// Returns what must be said on this way. `is_online` is whether the door has its network.
    pub(crate) fn on(&self, way: Way, is_online: bool) -> Expected {
        let is_at_terminal = !matches!(way, Way::PureAsServer | Way::Server);
        let differs = |terminal: &&AtTerminal| {
            // Only the last play has terminals with a link.
            is_at_terminal && !(terminal.because == [Because::Link] && way == Way::Upload && is_online)
        };
        let Some(at) = self.terminal.as_ref().filter(differs) else {
            return Expected { terminal: None, ..self.clone() };
        };
        let AtTerminal { verdict, reason, reasons, flags, overridden, .. } = at.clone();
        Expected { verdict, reason, reasons, flags, overridden, terminal: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_has_one_row() {
        for row in TABLE {
            assert_eq!(TABLE.iter().filter(|other| other.because == row.because).count(), 1, "{:?}", row.because);
        }
        assert!(Because::Keys.explains("OTHER_EVENT"));
        assert!(!Because::Keys.explains("ALREADY_IN"));
    }
}
