//! Letters as JSON.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Mail, State};
use crate::http::time::rfc3339;

/// A letter as it stands in the list. What it says is shown to nobody but its recipient.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MailBody {
    /// Its id.
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6e")]
    id: String,
    /// The organisation on whose behalf it is sent; null for what an account's holder is told.
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6e")]
    organisation: Option<String>,
    /// What it is: `verify`, `reset`, `invite`, `ticket`, `registration`, `given_away`,
    /// `event_changed`, `event_cancelled` or `notice`.
    #[schema(example = "ticket")]
    kind: String,
    /// Whom it goes to.
    #[schema(example = "ada@example.org")]
    recipient: String,
    /// What became of it.
    state: State,
    /// How often it was tried.
    #[schema(example = 1)]
    tries: u32,
    /// When it is tried next; null if it is not.
    #[schema(example = "2026-08-01T10:00:00.000Z", format = "date-time")]
    next_try_at: Option<String>,
    /// Why the last try failed; empty if it did not.
    #[schema(example = "")]
    last_error: String,
    /// When it was posted.
    #[schema(example = "2026-08-01T10:00:00.000Z", format = "date-time")]
    created_at: String,
    /// When it was sent or given up; null if it waits.
    #[schema(example = "2026-08-01T10:00:01.000Z", format = "date-time")]
    done_at: Option<String>,
}

impl From<&Mail> for MailBody {
    fn from(mail: &Mail) -> Self {
        let waits = mail.state == State::Waiting;
        Self {
            id: mail.id.to_string(),
            organisation: mail.organisation.map(|id| id.to_string()),
            kind: mail.kind.clone(),
            recipient: mail.recipient.clone(),
            state: mail.state,
            tries: mail.tries,
            next_try_at: if waits { Some(rfc3339(mail.next_try_at)) } else { None },
            last_error: mail.last_error.clone(),
            created_at: rfc3339(mail.created_at),
            done_at: mail.done_at.map(rfc3339),
        }
    }
}

/// How many letters there are.
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
pub struct MailCounts {
    /// To be sent, or tried again.
    #[schema(example = 2)]
    waiting: u64,
    /// Sent in the last 30 days.
    #[schema(example = 1204)]
    sent: u64,
    /// Refused for good, or too often.
    #[schema(example = 1)]
    given_up: u64,
}

impl MailCounts {
    pub(super) fn of(counts: &[(State, u64)]) -> Self {
        let of = |state| counts.iter().find(|(held, _)| *held == state).map_or(0, |(_, count)| *count);
        Self { waiting: of(State::Waiting), sent: of(State::Sent), given_up: of(State::GivenUp) }
    }
}

/// Which letters.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct MailsQuery {
    /// Only letters of this state.
    #[param(inline)]
    pub state: Option<State>,
    /// Items on the page at most, 1 to 500; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before; absent for the first page.
    pub cursor: Option<String>,
}
