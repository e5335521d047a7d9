//! Proposals as JSON.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Outcome, Proposal, State};
use crate::events::body::EventBody;
use crate::http::time::rfc3339;

/// An event that somebody asks for.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "title": "Night of the short film",
    "description": "Twelve films by students.",
    "location": "The small hall",
    "time_zone": "Europe/Berlin",
    "starts": "2027-03-06T19:00:00+01:00",
    "ends": "2027-03-06T23:30:00+01:00",
    "guests": 180,
    "contact": { "name": "Grace Hopper", "email": "grace@example.org", "phone": "+49 30 123456" }
}))]
pub struct NewProposal {
    /// What the event is called: 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200)]
    pub title: String,
    /// What happens there: at most 2 000 characters.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub description: String,
    /// Where: at most 500 characters.
    #[serde(default)]
    #[schema(max_length = 500)]
    pub location: String,
    /// The IANA name of the event's time zone.
    #[schema(max_length = 64)]
    pub time_zone: String,
    /// When it begins, RFC 3339 with an offset.
    #[schema(format = DateTime)]
    pub starts: String,
    /// When it ends.
    #[schema(format = DateTime)]
    pub ends: String,
    /// How many are expected, 1 to 1 000 000.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub guests: Option<u32>,
    /// Whom to answer.
    pub contact: ContactBody,
}

/// Whom to answer.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactBody {
    /// Their name: 1 to 200 characters.
    #[schema(example = "Grace Hopper", min_length = 1, max_length = 200)]
    pub name: String,
    /// Their e-mail address.
    #[schema(example = "grace@example.org", format = Email, max_length = 254)]
    pub email: String,
    /// Their phone number; at most 40 characters.
    #[serde(default)]
    #[schema(example = "+49 30 123456", max_length = 40)]
    pub phone: String,
}

impl std::fmt::Debug for ContactBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ContactBody(..)")
    }
}

/// What whoever sent a proposal is told.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReceivedBody {
    /// The proposal's id, for questions about it.
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6e")]
    pub id: String,
}

/// A proposal as managers see it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProposalBody {
    /// Its id.
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6e")]
    id: String,
    /// What became of it.
    state: State,
    /// What the event is called.
    #[schema(example = "Night of the short film")]
    title: String,
    /// What happens there; may be empty.
    #[schema(example = "Twelve films, and whoever made them")]
    description: String,
    /// Where; may be empty.
    #[schema(example = "The small hall")]
    location: String,
    /// The IANA name of the event's time zone.
    #[schema(example = "Europe/Berlin")]
    time_zone: String,
    /// When it begins.
    #[schema(example = "2027-03-06T18:00:00.000Z", format = "date-time")]
    starts: String,
    /// When it ends.
    #[schema(example = "2027-03-06T22:30:00.000Z", format = "date-time")]
    ends: String,
    /// How many are expected.
    #[schema(example = 180)]
    guests: Option<u32>,
    /// Whom to answer.
    contact: ContactBody,
    /// The event that was made of it; it may be deleted since.
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6e")]
    event: Option<String>,
    /// Why it was rejected.
    #[schema(example = "The hall is taken on that day")]
    reason: Option<String>,
    /// The account of who decided.
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6e")]
    decided_by: Option<String>,
    /// When it was decided.
    #[schema(example = "2026-08-02T10:00:00.000Z", format = "date-time")]
    decided_at: Option<String>,
    /// When it was sent.
    #[schema(example = "2026-08-01T10:00:00.000Z", format = "date-time")]
    created_at: String,
}

impl From<&Proposal> for ProposalBody {
    fn from(proposal: &Proposal) -> Self {
        let (wish, contact) = (&proposal.wish, &proposal.contact);
        let (event, reason, decided) = match &proposal.outcome {
            Outcome::Open => (None, None, None),
            Outcome::Approved { event, by, at } => (Some(event.to_string()), None, Some((by, at))),
            Outcome::Rejected { reason, by, at } => (None, Some(reason.clone()), Some((by, at))),
        };
        Self {
            id: hex::encode(proposal.id.0),
            state: proposal.outcome.state(),
            title: wish.title.clone(),
            description: wish.description.clone(),
            location: wish.location.clone(),
            time_zone: wish.time_zone.clone(),
            starts: rfc3339(wish.starts),
            ends: rfc3339(wish.ends),
            guests: wish.guests,
            contact: ContactBody {
                name: contact.name.clone(),
                email: contact.email.clone(),
                phone: contact.phone.clone(),
            },
            event,
            reason,
            decided_by: decided.map(|(by, _)| by.to_string()),
            decided_at: decided.map(|(_, at)| rfc3339(*at)),
            created_at: rfc3339(proposal.created_at),
        }
    }
}

/// A proposal that was approved, and what was made of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ApprovedBody {
    /// The proposal.
    pub proposal: ProposalBody,
    /// The draft.
    pub event: EventBody,
}
