//! A scenario that was checked: every name leads somewhere, and every time is an instant.

use serde::Serialize;
use sync_protocol::id::{ClassId, GateId};
use sync_protocol::policy::Policy;
use sync_protocol::time::UnixMillis;

use crate::format::{Attendee, Change, Conflict, Direction, Expected, Show, Then};

/// A way to play a scenario.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Way {
    /// The pure function, asked as the server asks it.
    PureAsServer,
    /// The pure function, asked as terminals ask it.
    PureAsTerminal,
    /// Real terminals without a network.
    Terminal,
    /// A real server, over HTTP.
    Server,
    /// Real terminals at a real server, which send what they wrote.
    Upload,
}

impl Way {
    /// Returns what people call it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::PureAsServer => "pure, as the server",
            Self::PureAsTerminal => "pure, as a terminal",
            Self::Terminal => "terminal",
            Self::Server => "server",
            Self::Upload => "upload",
        }
    }
}

/// One scenario.
#[derive(Debug)]
pub(crate) struct Story {
    pub(crate) name: String,
    /// The event's rules, in which zones, gates and ticket types are numbered as they stand in the file.
    pub(crate) policy: Policy,
    pub(crate) attendees: Vec<Attendee>,
    pub(crate) doors: Vec<String>,
    pub(crate) steps: Vec<Step>,
    pub(crate) conflicts: Vec<Conflict>,
}

/// Somebody shows something.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) at: UnixMillis,
    pub(crate) before: Vec<Change>,
    pub(crate) show: Show,
    pub(crate) gate: GateId,
    pub(crate) door: usize,
    pub(crate) direction: Direction,
    pub(crate) then: Option<Then>,
    pub(crate) expected: Expected,
}

impl Story {
    /// Returns when the first thing happens.
    pub(crate) fn begins(&self) -> UnixMillis {
        self.steps.first().map_or(self.policy.starts, |step| step.at)
    }

    /// Returns the number of a ticket type; that of the first without a name.
    pub(crate) fn class(&self, name: Option<&str>) -> ClassId {
        let mut classes = self.policy.classes.iter();
        let found = match name {
            Some(name) => classes.find(|class| class.name == name),
            None => classes.next(),
        };
        found.map_or(ClassId(u16::MAX), |class| class.id)
    }

    /// Returns the name of a gate.
    pub(crate) fn gate_name(&self, id: GateId) -> &str {
        self.policy.gate(id).map_or("", |gate| gate.name.as_str())
    }

    /// Returns the place of a door among the doors.
    pub(crate) fn door(&self, name: &str) -> Option<usize> {
        self.doors.iter().position(|door| door == name)
    }
}
