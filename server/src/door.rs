//! The server as a door: tickets that are shown to programs of organisers, decided by the rules that every terminal
//! has, and recorded in a journal of the server's own.

pub mod body;
mod facts;
mod journal;
pub mod manual;
mod queue;
pub mod report;
pub mod routes;
mod sitting;
pub mod statistics;
mod store;
pub mod walk_in;
mod words;

use std::sync::Arc;

use sync_protocol::feed::entry::TicketRow;
use sync_protocol::id::{ClassId, EventId, GateId, TicketId};
use sync_protocol::journal::Movement;
use sync_protocol::journal::ledger::effective;
use sync_protocol::policy::Policy;
use sync_protocol::time::UnixMillis;
use sync_protocol::verdict::{Direction, Verdict};

pub use self::journal::{SEALED, renew_keys};
pub use self::queue::Desk;
use self::queue::Request;
use self::sitting::Sitting;
use crate::admissions::CheckIn;
use crate::app::App;
use crate::db::{StoreError, Trouble};
use crate::events;
use crate::sync::feed;

/// How many of a ticket's earlier movements are told.
const EARLIER_MAX: usize = 20;

/// What is shown at the door.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Shown {
    /// The text of a QR code.
    Credential(String),
    /// What somebody typed: a ticket's number, or a QR code's text.
    Typed(String),
    /// A ticket that a person chose from the list.
    Ticket(TicketId),
}

/// What the rules are asked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Ask {
    /// What is shown.
    pub shown: Shown,
    /// The gate's name, whatever its case.
    pub gate: String,
    /// In or out.
    pub direction: Direction,
    /// Who is at the door; at most 128 bytes of plain text.
    pub operator: Option<String>,
}

/// What was decided.
#[derive(Clone, Debug)]
pub struct Decided {
    /// When.
    pub at: UnixMillis,
    /// The answer.
    pub verdict: Verdict,
    /// In or out.
    pub direction: Direction,
    /// Where.
    pub gate: GateId,
    /// The ticket, if one could be read.
    pub ticket: Option<TicketId>,
    /// What the list says about it.
    pub row: Option<TicketRow>,
    /// The ticket type that was decided by.
    pub class: Option<ClassId>,
    /// The ticket's movements that counted before, oldest first; the last ones of many.
    pub earlier: Vec<Movement>,
    /// The event's rules.
    pub policy: Arc<Policy>,
    /// What was recorded: nothing where there was nothing to record, or nothing was to be.
    pub recorded: Option<CheckIn>,
}

/// Why nothing was decided.
#[derive(Debug, thiserror::Error)]
pub enum DoorError {
    /// The event has no gate of this name.
    #[error("the event has no such gate")]
    UnknownGate,
    /// The event is over, or does not take place.
    #[error("the event is over")]
    Over,
    /// More is asked than can be answered.
    #[error("too many tickets are waiting")]
    Full,
    /// The database failed for several that were asked about together; the log says how.
    #[error("could not record what was decided")]
    Failed(Trouble),
    /// The database failed.
    #[error("could not record what was decided")]
    Store(#[from] StoreError),
}

/// Decides about a ticket, and records it before this returns.
///
/// What is asked at once is decided one after the other, in one transaction: of two who show one ticket, one comes
/// in, also at different servers on one database.
///
/// # Errors
///
/// [`DoorError`]; then nothing is recorded, unless the database was lost, in which case nobody knows.
pub async fn verify(app: &App, event: EventId, ask: Ask) -> Result<Decided, DoorError> {
    queue::ask(app, event, ask).await
}

/// Decides about tickets one after the other, in one transaction, and records it before this returns.
///
/// # Errors
///
/// [`StoreError`]; then nothing is recorded.
pub async fn verify_all(
    app: &App,
    event: EventId,
    asks: Vec<Ask>,
) -> Result<Vec<Result<Decided, DoorError>>, StoreError> {
    let asks: Vec<Request> = asks.into_iter().map(|ask| (ask, None)).collect();
    decide_all(app, event, &asks).await
}

/// Says what would be decided about a ticket at this moment, and records nothing.
///
/// # Errors
///
/// [`DoorError`].
pub async fn explain(app: &App, event: EventId, ask: &Ask) -> Result<Decided, DoorError> {
    let mut tx = app.database().begin_read().await?;
    let keyring = facts::keyring(&mut tx, event, [&ask.shown]).await?;
    let presentation = facts::read(&ask.shown, &keyring);
    let cursor = feed::state(&mut tx, event).await?.point.seq;
    let facts = facts::Facts::read(&mut tx, app, event, cursor, [&presentation]).await?;
    let (decided, _) = facts.decide(&presentation, facts.gate_named(&ask.gate)?, ask.direction);
    Ok(decided)
}

/// Decides about everything that was asked at once, in order, in one transaction.
async fn decide_all(
    app: &App,
    event: EventId,
    asks: &[Request],
) -> Result<Vec<Result<Decided, DoorError>>, StoreError> {
    let (mut sitting, presentations) = Sitting::open(app, event, asks.iter().map(|(ask, _)| &ask.shown)).await?;
    let mut answers = Vec::with_capacity(asks.len());
    for ((ask, _), presentation) in asks.iter().zip(&presentations) {
        let answer = match sitting.facts.gate_named(&ask.gate) {
            Ok(gate) => {
                let (decided, entry) = sitting.facts.decide(presentation, gate, ask.direction);
                let written = entry.map(|mut entry| {
                    entry.operator.clone_from(&ask.operator);
                    sitting.write(entry)
                });
                Ok((decided, written.transpose()?))
            }
            Err(error) => Err(error),
        };
        answers.push(answer);
    }
    let (check_ins, mut tx) = sitting.store(app).await?;
    for request in asks.iter().filter_map(|(_, request)| request.as_ref()) {
        tx.note_done(request).await?;
    }
    tx.commit().await?;
    app.metrics().checked_in(&check_ins);
    let with_record = |(mut decided, at): (Decided, Option<usize>)| {
        decided.recorded = at.and_then(|at| check_ins.get(at).cloned());
        decided
    };
    Ok(answers.into_iter().map(|answer| answer.map(with_record)).collect())
}

/// Refuses an event that is over.
fn check_open(state: events::State) -> Result<(), DoorError> {
    match state {
        events::State::Closed | events::State::Cancelled => Err(DoorError::Over),
        _ => Ok(()),
    }
}

/// Returns the last of the movements that count.
fn earlier(movements: &[Movement]) -> Vec<Movement> {
    let counting = effective(movements);
    let skip = counting.len().saturating_sub(EARLIER_MAX);
    counting.into_iter().skip(skip).cloned().collect()
}
