//! Cancelling all tickets of an event, or issuing those of a key anew, some at a time.

use sync_protocol::id::{FeedSeq, RegistrationId};
use sync_protocol::verdict::TicketStatus;

use super::{Change, Changed, Ticket, entry, issue_number, store, tell_changed};
use crate::accounts::Organiser;
use crate::app::App;
use crate::db::{StoreError, Tx};
use crate::events::keys::reissue::Reissue;
use crate::events::{self, Event};
use crate::registrations::{self, Labels, Registration};
use crate::sync::feed;

/// Cancels the tickets of up to `limit` registrations after `after`, tells the doors as the last statements of the
/// transaction, and returns whose they were: nobody once all are cancelled.
///
/// # Errors
///
/// [`StoreError`].
pub async fn cancel_some(
    tx: &mut Tx,
    app: &App,
    organiser: Organiser,
    event: &Event,
    reason: &str,
    after: RegistrationId,
    limit: u32,
) -> Result<Vec<Registration>, StoreError> {
    let head = feed::lock(tx, app.sealer(), event.id).await?;
    let living = registrations::living(tx, event.id, after, limit).await?;
    let at = app.clock().now();
    let mut entries = Vec::with_capacity(living.len());
    let mut numbered = Vec::with_capacity(living.len());
    let mut cancelled = Vec::with_capacity(living.len());
    for (number, (registration, ticket)) in (head.next().0..).zip(&living) {
        let mut after = *ticket;
        after.row.status = TicketStatus::Cancelled;
        entries.push(entry(ticket.id, after.row, &Labels::from(&registration.attendee)));
        cancelled.push(after);
        numbered.push((ticket.id, FeedSeq(number)));
    }
    store::cancel(tx, event.id, &cancelled, at).await?;
    let ids: Vec<RegistrationId> = living.iter().map(|(registration, _)| registration.id).collect();
    registrations::note_many_cancelled(tx, &ids, reason, at).await?;
    let changed = Changed { change: Change::Cancel, reason: reason.to_owned(), account: Some(organiser.account), at };
    store::insert_changes(tx, event.id, &numbered, &changed).await?;
    if !entries.is_empty() {
        feed::append_after(tx, head, &entries).await?;
    }
    tell_changed(tx, event.id, Change::Cancel, &cancelled, at).await?;
    Ok(living.into_iter().map(|(registration, _)| registration).collect())
}

/// Issues up to `limit` tickets of a key anew under the one that signs new tickets, tells the doors as the last
/// statements of the transaction, and returns them with whose they are: nobody once the key has none left, or none will
/// be of another.
///
/// # Errors
///
/// [`StoreError`].
pub async fn reissue_some(
    tx: &mut Tx,
    app: &App,
    reissue: &Reissue,
    limit: u32,
) -> Result<Vec<(Registration, Ticket)>, StoreError> {
    let Reissue { event, kid, account, ref reason } = *reissue;
    let head = feed::lock(tx, app.sealer(), event).await?;
    let active = events::active_kid(tx, event).await?;
    if active == kid {
        return Ok(Vec::new());
    }
    let held = registrations::of_key(tx, event, kid, limit).await?;
    let at = app.clock().now();
    let mut entries = Vec::with_capacity(held.len());
    let mut numbered = Vec::with_capacity(held.len());
    let mut issued = Vec::with_capacity(held.len());
    for (number, (registration, before)) in (head.next().0..).zip(held) {
        let mut after = before;
        (after.kid, after.row.issue, after.changed_at) = (active, issue_number(number)?, at);
        store::update(tx, event, &before, &after).await?;
        entries.push(entry(after.id, after.row, &Labels::from(&registration.attendee)));
        numbered.push((after.id, FeedSeq(number)));
        issued.push((registration, after));
    }
    if !entries.is_empty() {
        let changed = Changed { change: Change::Reissue, reason: reason.clone(), account: Some(account), at };
        store::insert_changes(tx, event, &numbered, &changed).await?;
        feed::append_after(tx, head, &entries).await?;
        let tickets: Vec<Ticket> = issued.iter().map(|(_, ticket)| *ticket).collect();
        tell_changed(tx, event, Change::Reissue, &tickets, at).await?;
    }
    Ok(issued)
}
