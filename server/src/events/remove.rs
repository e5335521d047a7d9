//! Deleting an event that nobody knows of yet.

use sync_protocol::id::EventId;

use super::{keys, store, tasks};
use crate::access::Role;
use crate::accounts::Organiser;
use crate::app::App;
use crate::audit;
use crate::db::StoreError;
use crate::devices;
use crate::http::problem::Problem;
use crate::http::version::IfMatch;
use crate::registrations;
use crate::sync::feed;
use crate::sync::snapshot;

/// Why an event was not deleted.
#[derive(Debug, thiserror::Error)]
pub enum RemoveError {
    /// There is no such event.
    #[error("there is no such event")]
    Unknown,
    /// Somebody else has changed it meanwhile.
    #[error("the request cannot be met")]
    Refused(Problem),
    /// Promoters delete drafts of their own alone.
    #[error("the event is not its promoter's to delete")]
    NotYours,
    /// Somebody was registered, or a device asked to become one of its terminals.
    #[error("others know of the event")]
    InUse,
    /// The database failed.
    #[error("could not delete the event")]
    Store(#[from] StoreError),
}

/// Deletes an event for which nobody was ever registered and at which no device asked to be enrolled. What was
/// recorded of changes stays.
///
/// # Errors
///
/// [`RemoveError`].
pub async fn remove(app: &App, organiser: Organiser, id: EventId, seen: IfMatch) -> Result<(), RemoveError> {
    let mut tx = app.database().begin_write().await?;
    // Whoever registers somebody waits for this lock, and finds no event then.
    feed::lock(&mut tx, app.sealer(), id).await?;
    let event = store::find(&mut tx, organiser.organisation, id).await?.ok_or(RemoveError::Unknown)?;
    if organiser.role < Role::Manager && !(event.is_made_by(organiser) && event.state.is_with_its_promoter()) {
        return Err(RemoveError::NotYours);
    }
    seen.check(event.version).map_err(RemoveError::Refused)?;
    if registrations::has_any(&mut tx, id).await? || !devices::forget_codes(&mut tx, id).await? {
        return Err(RemoveError::InUse);
    }
    snapshot::forget(&mut tx, id).await?;
    feed::forget(&mut tx, id).await?;
    tasks::forget(&mut tx, id).await?;
    keys::forget(&mut tx, id).await?;
    store::delete(&mut tx, id).await?;
    let subject = id.to_string();
    let before = serde_json::json!({ "name": event.policy.event, "state": event.state.name() });
    let change = audit::Change {
        action: "event.delete",
        event: Some(id),
        subject: &subject,
        before,
        after: serde_json::Value::Null,
    };
    audit::note(&mut tx, organiser, &change, app.clock().now()).await?;
    tx.commit().await?;
    Ok(())
}
