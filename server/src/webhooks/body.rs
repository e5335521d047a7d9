//! Webhooks and their calls as JSON.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::address::{Reach, URL_CHARS_MAX};
use super::{Delivery, Kind, Progress, State, Webhook};
use crate::http::problem::FieldError;
use crate::http::time::rfc3339;

/// A webhook to make.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "url": "https://example.org/usher", "kinds": ["registration.created", "check_in"] }))]
pub struct NewWebhook {
    /// What is called: a public address over TLS.
    #[schema(format = "uri", min_length = 1, max_length = 2000)]
    pub url: String,
    /// What it is called for.
    #[schema(min_items = 1, max_items = 8)]
    pub kinds: Vec<Kind>,
}

/// What changes of a webhook; what is absent stays as it is.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "state": "paused" }))]
pub struct WebhookChange {
    /// What is called.
    #[schema(format = "uri", min_length = 1, max_length = 2000)]
    pub url: Option<String>,
    /// What it is called for.
    #[schema(min_items = 1, max_items = 8)]
    pub kinds: Option<Vec<Kind>>,
    /// `active` or `paused`.
    #[schema(example = "paused")]
    pub state: Option<State>,
}

/// Says all that is wrong with what people write of a webhook.
pub(super) fn check(reach: Reach, url: Option<&str>, kinds: Option<&[Kind]>, state: Option<State>) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if let Some(url) = url {
        if url.chars().count() > URL_CHARS_MAX {
            let msg = format!("must have at most {URL_CHARS_MAX} characters");
            errors.push(FieldError::new("body.url", "too_long", msg));
        } else if let Err(error) = reach.check(url) {
            errors.push(FieldError::new("body.url", "address", error.to_string()));
        }
    }
    if let Some(kinds) = kinds {
        let is_twice = kinds.iter().enumerate().any(|(at, kind)| kinds.iter().take(at).any(|held| held == kind));
        if kinds.is_empty() {
            errors.push(FieldError::new("body.kinds", "missing", "must name at least one"));
        } else if is_twice {
            errors.push(FieldError::new("body.kinds", "twice", "must name each once"));
        }
    }
    if state == Some(State::Stopped) {
        errors.push(FieldError::new("body.state", "value", "must be active or paused"));
    }
    errors
}

/// A webhook.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WebhookBody {
    /// Its id.
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6e")]
    id: String,
    /// What is called.
    #[schema(example = "https://example.org/usher")]
    url: String,
    /// What it is called for.
    kinds: Vec<Kind>,
    /// Whether it is called; `stopped` if every call has failed for five days.
    state: State,
    /// Since when every call has failed; null if the last one did not.
    #[schema(example = json!(null))]
    failing_since: Option<String>,
    /// When it was made.
    #[schema(example = "2026-08-01T10:00:00.000Z", format = "date-time")]
    created_at: String,
}

impl From<&Webhook> for WebhookBody {
    fn from(webhook: &Webhook) -> Self {
        Self {
            id: webhook.id.to_string(),
            url: webhook.url.clone(),
            kinds: webhook.kinds.clone(),
            state: webhook.state,
            failing_since: webhook.failing_since.map(rfc3339),
            created_at: rfc3339(webhook.created_at),
        }
    }
}

/// A webhook with what its calls are signed with, which is shown this once.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WebhookWithSecret {
    /// The webhook.
    #[serde(flatten)]
    pub(super) webhook: WebhookBody,
    /// The key of the HMAC: the text itself, not what it encodes.
    #[schema(example = "usws_5f1c…")]
    pub(super) secret: String,
}

/// A call, made or to be made.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DeliveryBody {
    /// Its id, which the receiver sees as well.
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6e")]
    id: String,
    /// What it tells of.
    #[schema(example = "check_in")]
    kind: String,
    /// What is sent.
    #[schema(value_type = Object)]
    request: Value,
    /// What became of it.
    state: Progress,
    /// How often it was tried.
    #[schema(example = 1)]
    tries: u32,
    /// When it is tried next; null if it is not.
    #[schema(example = json!(null))]
    next_try_at: Option<String>,
    /// The last answer's status; null if there was none.
    #[schema(example = 204)]
    status: Option<u16>,
    /// The last answer's first KiB.
    #[schema(example = "")]
    answer: String,
    /// Why there was no answer; empty if there was one.
    #[schema(example = "")]
    error: String,
    /// How long the last try took, in milliseconds.
    #[schema(example = 85)]
    took_ms: u64,
    /// When it happened.
    #[schema(example = "2026-08-01T10:00:00.000Z", format = "date-time")]
    created_at: String,
    /// When it was delivered or given up; null if it waits.
    #[schema(example = "2026-08-01T10:00:00.200Z", format = "date-time")]
    done_at: Option<String>,
}

impl From<&Delivery> for DeliveryBody {
    fn from(delivery: &Delivery) -> Self {
        let waits = delivery.state == Progress::Waiting;
        Self {
            id: delivery.id.to_string(),
            kind: delivery.kind.clone(),
            request: serde_json::from_str(&delivery.body).unwrap_or_default(),
            state: delivery.state,
            tries: delivery.tries,
            next_try_at: if waits { Some(rfc3339(delivery.next_try_at)) } else { None },
            status: delivery.outcome.status,
            answer: delivery.outcome.answer.clone(),
            error: delivery.outcome.error.clone(),
            took_ms: delivery.outcome.took_ms,
            created_at: rfc3339(delivery.created_at),
            done_at: delivery.done_at.map(rfc3339),
        }
    }
}

/// Which calls.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct DeliveriesQuery {
    /// Only calls of this state.
    #[param(inline)]
    pub state: Option<Progress>,
    /// Items on the page at most, 1 to 500; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before; absent for the first page.
    pub cursor: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let told = check(Reach::Public, Some("http://x.org"), Some(&[]), Some(State::Stopped));
        assert_eq!(told.len(), 3);

        let twice = [Kind::CheckIn, Kind::CheckIn];
        assert_eq!(check(Reach::Public, Some("https://x.org"), Some(&twice), Some(State::Paused)).len(), 1);
        assert_eq!(check(Reach::Public, None, None, None), []);
    }
}
