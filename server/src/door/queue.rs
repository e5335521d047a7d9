//! Many tickets at once: those of one event that are shown while others are being recorded wait for each other, and
//! are recorded together.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sync_protocol::id::EventId;

use super::journal::Author;
use super::{Ask, Decided, DoorError, decide_all};
use crate::app::App;
use crate::db::{Trouble, again_if_busy, carried_out};
use crate::in_turn::{InTurn, Unanswered};
use crate::metrics::Busy;
use crate::once;

/// Tickets that are recorded together.
const TOGETHER_MAX: usize = 200;
/// Events whose journals are kept open.
const AUTHORS_MAX: usize = 1_000;

/// What this process keeps for its own door: who waits, and who writes.
#[derive(Debug)]
pub struct Desk {
    line: InTurn<EventId, Request, Result<Decided, DoorError>>,
    authors: Mutex<HashMap<EventId, Arc<Author>>>,
}

/// A question, and the request that asks it, if that must be done once.
pub(super) type Request = (Ask, Option<once::Key>);

impl Default for Desk {
    fn default() -> Self {
        Self { line: InTurn::new(TOGETHER_MAX), authors: Mutex::default() }
    }
}

impl Desk {
    pub(super) fn author(&self, event: EventId) -> Option<Arc<Author>> {
        self.authors().get(&event).cloned()
    }

    pub(super) fn keep_author(&self, event: EventId, author: Arc<Author>) {
        let mut authors = self.authors();
        if authors.len() >= AUTHORS_MAX {
            authors.clear();
        }
        authors.insert(event, author);
    }

    /// A panic elsewhere leaves nothing half done here: every change is one call.
    fn authors(&self) -> MutexGuard<'_, HashMap<EventId, Arc<Author>>> {
        self.authors.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl From<Unanswered> for DoorError {
    fn from(reason: Unanswered) -> Self {
        match reason {
            Unanswered::Full => Self::Full,
            Unanswered::Failed => Self::Failed(Trouble::Other),
        }
    }
}

/// Waits for the answer to a question.
pub(super) async fn ask(app: &App, event: EventId, ask: Ask) -> Result<Decided, DoorError> {
    let serving = app.clone();
    let serve = move |asks| {
        let app = serving.clone();
        async move { answer(&app, event, asks).await }
    };
    app.desk().line.ask(event, (ask, carried_out()), serve).await?
}

async fn answer(app: &App, event: EventId, asks: Vec<Request>) -> Vec<Result<Decided, DoorError>> {
    let decided = again_if_busy(|| decide_all(app, event, &asks), || app.metrics().busy(Busy::Retried)).await;
    decided.unwrap_or_else(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, %event, "check-ins were not recorded");
        let trouble = error.trouble();
        asks.iter().map(|_| Err(DoorError::Failed(trouble))).collect()
    })
}
