//! New tickets for all whose ticket a key has signed, some at a time, so that doors and organisers never wait for it.
//!
//! What is left to do is what the tickets say: those that still are of the key. So whichever server comes next goes on
//! where one was killed.

use sync_protocol::id::{EventId, Kid};
use sync_protocol::verdict::TicketStatus;

use super::{KeyError, store};
use crate::accounts::{AccountId, Organiser};
use crate::app::App;
use crate::db::StoreError;
use crate::events::{self, Event};
use crate::registrations::letters::{self, News};
use crate::sync::feed;
use crate::tickets;
use crate::work::Turn;

/// Tickets of one transaction: it holds the event's feed, for which doors wait.
const AT_ONCE: u32 = 100;
/// Keys looked after in one turn.
const KEYS_AT_ONCE: u32 = 16;

/// That all tickets of a key are to be issued anew.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// Why, for those who look at a ticket later; may be empty.
    pub reason: String,
}

/// A key whose tickets are being issued anew.
#[derive(Clone, Debug)]
pub struct Reissue {
    /// Whose key.
    pub event: EventId,
    /// Its number.
    pub kid: Kid,
    /// Who asked for it.
    pub account: AccountId,
    /// Why; may be empty.
    pub reason: String,
}

/// Asks for new tickets for all whose ticket is of a key. The server makes and sends them by itself.
///
/// # Errors
///
/// [`KeyError`].
pub async fn begin(app: &App, organiser: Organiser, event: &Event, kid: Kid, wish: &Wish) -> Result<(), KeyError> {
    let mut tx = app.database().begin_write().await?;
    feed::lock(&mut tx, app.sealer(), event.id).await?;
    events::takes_changes(&mut tx, event.id).await??;
    let held = store::list(&mut tx, event.id).await?;
    let known = held.iter().find(|known| known.key.kid == kid).ok_or(KeyError::Unknown)?;
    if super::active_kid(&mut tx, event.id).await? == kid {
        return Err(KeyError::Active);
    }
    let now = app.clock().now();
    store::begin_reissue(&mut tx, event.id, kid, organiser.account, &wish.reason, now).await?;
    super::note(&mut tx, organiser, "event.key.reissue", &known.key, &wish.reason, now).await?;
    tx.commit().await?;
    Ok(())
}

/// Issues some of the tickets anew that are to be.
///
/// # Errors
///
/// [`StoreError`].
pub async fn turn(app: &App) -> Result<Turn, StoreError> {
    let mut tx = app.database().begin_read().await?;
    let due = store::reissues(&mut tx, KEYS_AT_ONCE).await?;
    drop(tx);
    for reissue in &due {
        some(app, reissue).await?;
    }
    Ok(if due.is_empty() { Turn::Done } else { Turn::More })
}

async fn some(app: &App, reissue: &Reissue) -> Result<(), StoreError> {
    let mut tx = app.database().begin_write().await?;
    // Held from here on: another server that does the same waits, and finds other tickets.
    feed::lock(&mut tx, app.sealer(), reissue.event).await?;
    let is_over = events::takes_changes(&mut tx, reissue.event).await?.is_err();
    let issued = if is_over { Vec::new() } else { tickets::many::reissue_some(&mut tx, app, reissue, AT_ONCE).await? };
    if issued.is_empty() {
        store::end_reissue(&mut tx, reissue.event, reissue.kid).await?;
    } else {
        let event = events::get(&mut tx, reissue.event).await?;
        let organisation =
            events::organisation_of(&mut tx, reissue.event).await?.ok_or(StoreError::Corrupt("organisation_id"))?;
        let valid = issued.iter().filter(|(_, ticket)| ticket.row.status == TicketStatus::Valid);
        let told = valid.map(|(registration, ticket)| (registration, Some(ticket)));
        letters::post_all(&mut tx, app, organisation, &event, told, News::Made).await?;
    }
    tx.commit().await
}
