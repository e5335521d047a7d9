//! What is known of a person, as JSON.

use serde::{Deserialize, Serialize};
use sync_protocol::time::UnixMillis;
use utoipa::{IntoParams, ToSchema};

use super::Named;
use super::export::{Known, KnownRegistration};
use crate::accounts::parse_email;
use crate::accounts::routes::{ApiTokenBody, Me, OwnSessionBody};
use crate::admissions::routes::body::{CheckInBody, Surroundings};
use crate::audit::body::RecordBody;
use crate::http::problem::FieldError;
use crate::http::time::rfc3339;
use crate::mails::body::MailBody;
use crate::proposals::body::ProposalBody;
use crate::registrations::body::RegistrationBody;
use crate::registrations::person::Part;

/// Everything that is known of the caller.
#[derive(Serialize, ToSchema)]
pub(super) struct OwnDataBody {
    /// The account.
    pub(super) account: Me,
    /// Where they are logged in.
    pub(super) sessions: Vec<OwnSessionBody>,
    /// What their programs log in with.
    pub(super) api_tokens: Vec<ApiTokenBody>,
    /// What is kept of them at events.
    #[serde(flatten)]
    pub(super) known: PersonDataBody,
}

/// What is known of one person, at whatever events.
#[derive(Serialize, ToSchema)]
pub(super) struct PersonDataBody {
    /// When this was put together.
    #[schema(example = "2026-11-23T10:00:00.000Z", format = "date-time")]
    made_at: String,
    /// The registrations that they have to do with, in the order they were made.
    registrations: Vec<PersonRegistrationBody>,
    /// Letters to them, newest first. What a letter says is forgotten once it is sent.
    letters: Vec<MailBody>,
    /// Events that they asked for, newest first.
    proposals: Vec<ProposalBody>,
    /// What they did, and what was done to what is theirs, newest first.
    records: Vec<RecordBody>,
}

/// A registration that somebody has to do with.
#[derive(Serialize, ToSchema)]
pub(super) struct PersonRegistrationBody {
    /// The organisation's id.
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6e")]
    organisation: String,
    /// The event's id.
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6f")]
    event: String,
    /// The event's name.
    #[schema(example = "RustConf")]
    event_name: String,
    /// What they have to do with it.
    part: PartBody,
    /// The registration, with its ticket.
    registration: RegistrationBody,
    /// What the doors recorded of the ticket.
    check_ins: Vec<CheckInBody>,
}

/// What somebody has to do with a registration.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PersonPart)]
enum PartBody {
    /// They are its attendee.
    Attendee,
    /// They registered somebody else.
    Contact,
}

impl PersonDataBody {
    pub(super) fn new(known: &Known, now: UnixMillis) -> Self {
        Self {
            made_at: rfc3339(now),
            registrations: known.registrations.iter().map(PersonRegistrationBody::from).collect(),
            letters: known.letters.iter().map(MailBody::from).collect(),
            proposals: known.proposals.iter().map(ProposalBody::from).collect(),
            records: known.records.iter().cloned().map(RecordBody::from).collect(),
        }
    }
}

impl From<&KnownRegistration> for PersonRegistrationBody {
    fn from(known: &KnownRegistration) -> Self {
        let KnownRegistration { organisation, event, held, check_ins, devices } = known;
        let around = Surroundings { devices: devices.iter().cloned().collect(), ..Surroundings::default() };
        Self {
            organisation: organisation.to_string(),
            event: event.id.to_string(),
            event_name: event.policy.event.clone(),
            part: match held.part {
                Part::Attendee => PartBody::Attendee,
                Part::Contact => PartBody::Contact,
            },
            registration: RegistrationBody::of(&held.registration, held.ticket.as_ref(), event),
            check_ins: check_ins.iter().map(|check_in| CheckInBody::of(check_in, event, &around)).collect(),
        }
    }
}

/// Whose data: by e-mail address or by registration.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct PersonQuery {
    /// Their e-mail address.
    #[param(min_length = 3, max_length = 254)]
    email: Option<String>,
    /// One of their registrations, instead of an address. If it has one, all of that address is theirs.
    #[param(pattern = "^[0-9a-f]{32}$")]
    registration: Option<String>,
}

impl PersonQuery {
    pub(super) fn named(&self) -> Result<Named, Vec<FieldError>> {
        named("query", self.email.as_deref(), self.registration.as_deref())
    }
}

/// Whom to erase: by e-mail address or by registration.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "email": "ada@example.org", "cancel": true }))]
pub(super) struct ErasePersonBody {
    /// Their e-mail address.
    #[serde(default)]
    #[schema(min_length = 3, max_length = 254)]
    email: Option<String>,
    /// One of their registrations, instead of an address. If it has one, all of that address is theirs.
    #[serde(default)]
    #[schema(pattern = "^[0-9a-f]{32}$")]
    registration: Option<String>,
    /// Whether their places at events to come are cancelled first.
    #[serde(default)]
    pub(super) cancel: bool,
}

impl ErasePersonBody {
    pub(super) fn named(&self) -> Result<Named, Vec<FieldError>> {
        named("body", self.email.as_deref(), self.registration.as_deref())
    }
}

fn named(place: &str, email: Option<&str>, registration: Option<&str>) -> Result<Named, Vec<FieldError>> {
    let wrong = |field: &str, kind: &str, msg: &str| vec![FieldError::new(&format!("{place}.{field}"), kind, msg)];
    match (email, registration) {
        (Some(email), None) => {
            parse_email(email).map(Named::Email).ok_or_else(|| wrong("email", "email", "is not an e-mail address"))
        }
        (None, Some(id)) => id
            .parse()
            .map(Named::Registration)
            .map_err(|_| wrong("registration", "value", "is not a registration's id")),
        (None, None) => Err(wrong("email", "missing", "say who: by e-mail address or by registration")),
        (Some(_), Some(_)) => Err(wrong("registration", "value", "say either an e-mail address or a registration")),
    }
}

/// The account's password, once more.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EraseMeBody {
    /// The account's password.
    #[schema(example = "seven lampions over the canal")]
    pub(super) password: String,
    /// Whether one's places at events to come are cancelled first.
    #[serde(default)]
    pub(super) cancel: bool,
}

/// What was erased.
#[derive(Serialize, ToSchema)]
pub(super) struct ErasedBody {
    /// Registrations that nobody's name is on any more.
    #[schema(example = 2)]
    pub(super) registrations: usize,
    /// Those of them that were cancelled.
    #[schema(example = 1)]
    pub(super) cancelled: usize,
}
