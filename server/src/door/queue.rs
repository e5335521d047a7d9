//! Many tickets at once: those of one event that are shown while others are being recorded wait for each other, and
//! are recorded together.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sync_protocol::id::EventId;
use tokio::sync::oneshot;

use super::journal::Author;
use super::{Ask, Decided, DoorError, decide_all};
use crate::app::App;
use crate::db::{StoreError, Trouble, carried_out};
use crate::once;

/// Tickets that are recorded together.
const TOGETHER_MAX: usize = 200;
/// Tickets of one event that wait.
const WAITING_MAX: usize = 5_000;
/// How often what was in another transaction's way is tried.
const TRIES_MAX: usize = 3;
/// Events whose journals are kept open.
const AUTHORS_MAX: usize = 1_000;

/// What this process keeps for its own door: who waits, and who writes.
#[derive(Debug, Default)]
pub struct Desk {
    /// An event is here as long as somebody answers those who wait.
    waiting: Mutex<HashMap<EventId, Vec<Waiting>>>,
    authors: Mutex<HashMap<EventId, Arc<Author>>>,
}

/// A question, and the request that asks it, if that must be done once.
pub(super) type Request = (Ask, Option<once::Key>);

/// Somebody who waits for an answer.
#[derive(Debug)]
struct Waiting {
    ask: Ask,
    /// The request that asks, if it must be done once.
    request: Option<once::Key>,
    answer: oneshot::Sender<Result<Decided, DoorError>>,
}

impl Desk {
    pub(super) fn author(&self, event: EventId) -> Option<Arc<Author>> {
        lock(&self.authors).get(&event).cloned()
    }

    pub(super) fn keep_author(&self, event: EventId, author: Arc<Author>) {
        let mut authors = lock(&self.authors);
        if authors.len() >= AUTHORS_MAX {
            authors.clear();
        }
        authors.insert(event, author);
    }

    /// Takes up to [`TOGETHER_MAX`] of those who wait; nobody once none does, and then nobody answers any more.
    fn next(&self, event: EventId) -> Vec<Waiting> {
        let mut waiting = lock(&self.waiting);
        let Entry::Occupied(mut of_event) = waiting.entry(event) else { return Vec::new() };
        if of_event.get().is_empty() {
            of_event.remove();
            return Vec::new();
        }
        let count = of_event.get().len().min(TOGETHER_MAX);
        of_event.get_mut().drain(..count).collect()
    }
}

/// A panic elsewhere leaves nothing half done here: every change is one call.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits for the answer to a question.
pub(super) async fn ask(app: &App, event: EventId, ask: Ask) -> Result<Decided, DoorError> {
    let (answer, answered) = oneshot::channel();
    let is_first = {
        let mut waiting = lock(&app.desk().waiting);
        let is_first = !waiting.contains_key(&event);
        let of_event = waiting.entry(event).or_default();
        if of_event.len() >= WAITING_MAX {
            return Err(DoorError::Full);
        }
        of_event.push(Waiting { ask, request: carried_out(), answer });
        is_first
    };
    if is_first {
        tokio::spawn(Answering { app: app.clone(), event, is_done: false }.run());
    }
    answered.await.unwrap_or(Err(DoorError::Failed(Trouble::Other)))
}

/// Answers all who wait at an event, until nobody does.
struct Answering {
    app: App,
    event: EventId,
    is_done: bool,
}

impl Answering {
    async fn run(mut self) {
        loop {
            let waiting = self.app.desk().next(self.event);
            if waiting.is_empty() {
                self.is_done = true;
                return;
            }
            self.answer(waiting).await;
        }
    }

    async fn answer(&self, waiting: Vec<Waiting>) {
        let (asks, answers): (Vec<_>, Vec<_>) =
            waiting.into_iter().map(|waiting| ((waiting.ask, waiting.request), waiting.answer)).unzip();
        let decided = self.decide(&asks).await;
        let decided = decided.unwrap_or_else(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, event = %self.event, "check-ins were not recorded");
            let trouble = error.trouble();
            asks.iter().map(|_| Err(DoorError::Failed(trouble))).collect()
        });
        for (answer, decided) in answers.into_iter().zip(decided) {
            // Who asked may have gone; what was decided is recorded all the same.
            let _ = answer.send(decided);
        }
    }

    async fn decide(&self, asks: &[Request]) -> Result<Vec<Result<Decided, DoorError>>, StoreError> {
        for _ in 1..TRIES_MAX {
            match decide_all(&self.app, self.event, asks).await {
                Err(StoreError::Busy(_)) => {}
                decided => return decided,
            }
        }
        decide_all(&self.app, self.event, asks).await
    }
}

/// After a panic those who wait are told that they failed, and the next to come begins anew.
impl Drop for Answering {
    fn drop(&mut self) {
        if !self.is_done {
            lock(&self.app.desk().waiting).remove(&self.event);
        }
    }
}
