//! Asks for claims, on a thread of its own: the gate waits for the answer, and what drives the rest of the conversation
//! may be waiting for the gate.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use sync_protocol::problem::ProblemCode;
use sync_protocol::sync::message::ClaimRequest;
use sync_protocol::time::UnixMillis;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tracing::{debug, warn};

use super::exchange::{ExchangeError, Session};
use super::transport::RequestError;
use crate::gate::claims::{Claims, Word};

/// How long nobody is asked after an answer did not come: one guest waits for a server that stalls, not everybody.
const REST: Duration = Duration::from_secs(5);

/// A question, and where its answer goes.
struct Ask {
    claim: ClaimRequest,
    now: UnixMillis,
    patience: Duration,
    answer: SyncSender<Word>,
}

/// Asks one server. Dropping it ends its thread.
pub(super) struct Claimant {
    asks: UnboundedSender<Ask>,
    rests_until: Option<Instant>,
}

impl Claimant {
    /// Starts the thread. `session` has a connection of its own, since connections live on the thread that made them.
    pub(super) fn start(session: Session) -> std::io::Result<Self> {
        let (asks, mut asked) = unbounded_channel::<Ask>();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        thread::Builder::new().name("claims".into()).spawn(move || {
            runtime.block_on(async {
                while let Some(ask) = asked.recv().await {
                    let word = tokio::time::timeout(ask.patience, session.claim(&ask.claim, ask.now)).await;
                    // Whoever asked may have gone on without.
                    let _ = ask.answer.send(word.map_or(Word::None, word_of));
                }
            });
        })?;
        Ok(Self { asks, rests_until: None })
    }
}

impl Claims for Claimant {
    fn ask(&mut self, claim: &ClaimRequest, now: UnixMillis, patience: Duration) -> Word {
        if self.rests_until.is_some_and(|until| Instant::now() < until) {
            return Word::None;
        }
        let (answer, answered) = sync_channel(1);
        let ask = Ask { claim: *claim, now, patience, answer };
        let word = self.asks.send(ask).ok().and_then(|()| answered.recv_timeout(patience).ok()).unwrap_or(Word::None);
        self.rests_until = (word == Word::None).then(|| Instant::now() + REST);
        if word == Word::None {
            warn!("the server grants no claim in time; going on without for {} s", REST.as_secs());
        }
        word
    }
}

fn word_of(answer: Result<(), ExchangeError>) -> Word {
    match answer {
        Ok(()) => Word::Granted,
        Err(ExchangeError::Request(RequestError::Problem { code: Some(ProblemCode::ClaimHeld), problem, .. })) => {
            problem.held_by.map_or(Word::None, Word::Held)
        }
        Err(error) => {
            debug!(%error, "no claim");
            Word::None
        }
    }
}
