//! Records as JSON.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::Record;
use crate::http::time::rfc3339;

/// A change that was recorded.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0193f1c2a0b07c3e9d5e1f2a3b4c5d6f", "at": "2026-08-01T10:00:00.000Z", "action": "member.change",
    "subject": "0193f1c2a0b07c3e9d5e1f2a3b4c5d6e", "event": null, "account": "0193f1c2a0b07c3e9d5e1f2a3b4c5d6a",
    "address": "192.0.2.17", "before": { "role": "staff" }, "after": { "role": "manager" }
}))]
pub(crate) struct RecordBody {
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6f")]
    pub(super) id: String,
    /// When.
    #[schema(example = "2026-08-01T10:00:00.000Z", format = "date-time")]
    pub(super) at: String,
    /// What was done.
    #[schema(example = "member.change")]
    pub(super) action: String,
    /// The id of what was changed.
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6e")]
    pub(super) subject: String,
    /// The event that it belongs to.
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6e")]
    pub(super) event: Option<String>,
    /// Who made it; absent where nobody was logged in.
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6a")]
    pub(super) account: Option<String>,
    /// Where they called from; empty for the server's own work.
    #[schema(example = "192.0.2.17")]
    pub(super) address: String,
    /// What it was, without secrets; null if it was not.
    #[schema(value_type = Value)]
    pub(super) before: Value,
    /// What it is, without secrets; null if it is no more.
    #[schema(value_type = Value)]
    pub(super) after: Value,
}

impl From<Record> for RecordBody {
    fn from(record: Record) -> Self {
        Self {
            id: hex::encode(record.id),
            at: rfc3339(record.at),
            action: record.action,
            subject: record.subject,
            event: record.event.map(|id| id.to_string()),
            account: record.account.map(|id| id.to_string()),
            address: record.address,
            before: record.before,
            after: record.after,
        }
    }
}
