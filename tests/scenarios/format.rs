//! The file's form, as it is written by people: `README.md` beside this describes it.

use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use sync_protocol::policy::{Limits, Manual, ReEntry, Unlisted};
use sync_protocol::ticket::KeyState;

/// A file of scenarios.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    /// What they are about.
    pub(crate) about: String,
    pub(crate) scenarios: Vec<Scenario>,
}

/// What is given, who shows what when, and what must come of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) given: Given,
    pub(crate) scans: Vec<Scan>,
    /// Who came in more often than they may, once every door's journal has arrived.
    #[serde(default)]
    pub(crate) conflicts: Vec<Conflict>,
}

/// An event, its attendees and its doors.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Given {
    pub(crate) time_zone: String,
    pub(crate) starts: String,
    pub(crate) ends: String,
    pub(crate) zones: Vec<Zone>,
    pub(crate) gates: Vec<Gate>,
    pub(crate) ticket_types: Vec<TicketType>,
    pub(crate) limits: Limits,
    pub(crate) switches: Switches,
    pub(crate) attendees: Vec<Attendee>,
    pub(crate) doors: Vec<String>,
}

impl Default for Given {
    fn default() -> Self {
        Self {
            time_zone: "Europe/Berlin".to_owned(),
            starts: "2027-06-12T09:00".to_owned(),
            ends: "2027-06-13T18:00".to_owned(),
            zones: vec![Zone { name: "Hall".to_owned(), capacity: None }],
            gates: vec![Gate { name: "Main".to_owned(), zone: None }],
            ticket_types: vec![TicketType { name: "Guest".to_owned(), ..TicketType::default() }],
            limits: Limits::default(),
            switches: Switches::default(),
            attendees: Vec::new(),
            doors: vec!["left".to_owned()],
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Zone {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) capacity: Option<u32>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Gate {
    pub(crate) name: String,
    /// The first zone without.
    #[serde(default)]
    pub(crate) zone: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TicketType {
    pub(crate) name: String,
    pub(crate) windows: Vec<Span>,
    /// Any number if `null`.
    pub(crate) uses: Option<u32>,
    pub(crate) periods: Vec<Span>,
    /// Days of the event's time zone as periods, such as `2027-03-28`.
    pub(crate) days: Vec<String>,
    pub(crate) re_entry: ReEntry,
    pub(crate) zones: Vec<String>,
    pub(crate) gates: Vec<String>,
    pub(crate) strict_clock: bool,
    pub(crate) home_gate: Option<String>,
}

impl Default for TicketType {
    fn default() -> Self {
        Self {
            name: String::new(),
            windows: Vec::new(),
            uses: Some(1),
            periods: Vec::new(),
            days: Vec::new(),
            re_entry: ReEntry::Forbidden,
            zones: Vec::new(),
            gates: Vec::new(),
            strict_clock: false,
            home_gate: None,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Span {
    pub(crate) from: String,
    pub(crate) until: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Switches {
    pub(crate) admit_unpaid: bool,
    pub(crate) unlisted: Unlisted,
    pub(crate) manual: Manual,
    pub(crate) home_gates: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Attendee {
    pub(crate) name: String,
    /// The first ticket type without.
    #[serde(default, rename = "type")]
    pub(crate) ticket_type: Option<String>,
    #[serde(default)]
    pub(crate) status: Status,
    #[serde(default)]
    pub(crate) attention: bool,
    #[serde(default)]
    pub(crate) id_check: bool,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    #[default]
    Valid,
    Unpaid,
    Blocked,
    Cancelled,
}

/// Somebody shows something.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scan {
    pub(crate) at: String,
    /// What happens right before, at the same instant.
    #[serde(default)]
    pub(crate) before: Vec<Change>,
    pub(crate) show: Show,
    /// The first gate without.
    #[serde(default)]
    pub(crate) gate: Option<String>,
    /// The first door without.
    #[serde(default)]
    pub(crate) door: Option<String>,
    #[serde(default)]
    pub(crate) direction: Direction,
    /// What staff do about the verdict.
    #[serde(default)]
    pub(crate) then: Option<Then>,
    pub(crate) expected: Expected,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Direction {
    #[default]
    Entry,
    Exit,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Then {
    /// A supervisor lets in against what was found.
    Override,
}

/// Something that happens between two scans.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub(crate) enum Change {
    Register(Attendee),
    Block(String),
    Unblock(String),
    /// Marks an unpaid ticket as paid.
    Pay(String),
    Cancel(String),
    /// Gives an attendee a new credential; those before count no more.
    Reissue(String),
    /// Says what the event's ticket key may still do.
    Key(KeyState),
    /// Takes back what the scan of this number did, counted from 0, at the door that did it.
    Undo(usize),
    /// A door loses its network.
    Cut(String),
    /// A door has its network again.
    Reconnect(String),
    /// A door's program ends and starts again.
    Restart(String),
    /// A door's machine boots again.
    Reboot(String),
    /// A door may decide no more.
    Revoke(String),
}

/// What is shown: an attendee's name for their newest credential, or what [`Shown`] has.
#[derive(Clone, Debug)]
pub(crate) enum Show {
    Newest(String),
    Other(Shown),
}

/// What else may be shown.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub(crate) enum Shown {
    /// One of an attendee's credentials, counted from 1.
    Credential { of: String, number: usize },
    /// An attendee's ticket number, typed.
    Number(String),
    /// A text before the camera.
    Text(String),
    /// A text that is typed.
    Typed(String),
    /// An attendee's newest credential, changed.
    Altered { of: String, how: Alteration },
    /// A credential of another event of the same organisation.
    OtherEvent(String),
    /// A credential that only who has the event's ticket key can sign.
    Minted(Minted),
}

/// How a credential is changed before it is shown.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Alteration {
    /// Another signature.
    Signature,
    /// Another ticket's number.
    Ticket,
    /// A later issue.
    Issue,
    /// Another ticket type.
    Type,
    /// Marked as a test.
    Test,
    /// Another key's number.
    Key,
    /// Said to be signed by a terminal that nobody knows.
    Delegated,
    /// Another format.
    Format,
    /// A reserved bit is set.
    Reserved,
    /// A character is missing.
    Cut,
    /// A character too many.
    Grown,
    /// In small letters.
    LowerCase,
    /// A space before it.
    Space,
    /// A line's end and a tab around it, as hand scanners send them: this changes nothing.
    Wrapped,
}

/// A credential that is signed with the event's own key.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Minted {
    /// Whose ticket; one that was never in the list without.
    pub(crate) of: Option<String>,
    /// The first without; the attendee's if there is one.
    #[serde(rename = "type")]
    pub(crate) ticket_type: Option<String>,
    /// Of a type that the event does not have.
    pub(crate) unknown_type: bool,
    pub(crate) issue: IssueOf,
    pub(crate) test: bool,
    /// Signed by this door as if it had sold the ticket, which no door of a scenario may.
    pub(crate) sold_by: Option<String>,
}

/// When a minted credential is said to be issued.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum IssueOf {
    /// Before what the door has heard last, so that its list would hold it.
    #[default]
    Past,
    /// After that.
    Future,
}

/// What must be said.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expected {
    pub(crate) verdict: Answer,
    /// The code that is shown.
    #[serde(default)]
    pub(crate) reason: Option<String>,
    /// Every code, in order, where that is to be compared.
    #[serde(default)]
    pub(crate) reasons: Option<Vec<String>>,
    /// Every flag, where that is to be compared.
    #[serde(default)]
    pub(crate) flags: Option<Vec<String>>,
    /// Whether the supervisor's word let them in, where one decides.
    #[serde(default)]
    pub(crate) overridden: Option<bool>,
    /// What a terminal says instead, where it cannot say the same by design.
    #[serde(default)]
    pub(crate) terminal: Option<AtTerminal>,
}

/// What a terminal says, and why that is another thing than what the server says.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AtTerminal {
    pub(crate) because: Vec<crate::differences::Because>,
    pub(crate) verdict: Answer,
    #[serde(default)]
    pub(crate) reason: Option<String>,
    #[serde(default)]
    pub(crate) reasons: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) flags: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) overridden: Option<bool>,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    Admit,
    /// A question to staff.
    Check,
    Deny,
}

/// Somebody who came in more often than they may.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd)]
#[serde(deny_unknown_fields)]
pub(crate) struct Conflict {
    pub(crate) attendee: String,
    /// How many admissions too many.
    pub(crate) excess: usize,
}

impl<'de> Deserialize<'de> for Show {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct NameOrOther;

        impl<'de> Visitor<'de> for NameOrOther {
            type Value = Show;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an attendee's name, or an object that says what else is shown")
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<Show, E> {
                Ok(Show::Newest(name.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Show, A::Error> {
                Shown::deserialize(de::value::MapAccessDeserializer::new(map)).map(Show::Other)
            }
        }

        from.deserialize_any(NameOrOther)
    }
}
