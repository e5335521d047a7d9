//! The sync thread.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use sync_protocol::id::Seq;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::clock::Clock;
use crate::gate::desk::Desk;
use crate::sync::driver::{Driver, Nudge, Until};

/// The thread that keeps list and journal in step with the server.
pub struct Uplink {
    nudges: UnboundedSender<Nudge>,
    thread: JoinHandle<()>,
}

/// Tells the sync thread what happened here.
#[derive(Clone, Debug)]
pub struct Nudges(UnboundedSender<Nudge>);

impl Nudges {
    /// Says that the journal has grown.
    pub fn journaled(&self, seq: Seq) {
        // A thread that ended has said why in the log; check-ins go on without it.
        let _ = self.0.send(Nudge::Journaled(seq));
    }

    /// Says that a screen's question was answered, which may have been written down.
    pub fn answered(&self) {
        let _ = self.0.send(Nudge::Answered);
    }
}

impl Uplink {
    /// Starts the thread.
    pub(super) fn start(desk: Desk, clock: Arc<dyn Clock>) -> io::Result<Self> {
        let (nudges, nudged) = unbounded_channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let thread = thread::Builder::new().name("sync".into()).spawn(move || {
            let result = Driver::new(desk, clock, Until::Stopped)
                .and_then(|driver| runtime.block_on(driver.run(nudged)).map(|_| ()));
            if let Err(error) = result {
                tracing::error!(%error, "sync has ended; check-ins go on and stay on this machine");
            }
            // Exchanges in flight are given up: both sides can repeat them.
            runtime.shutdown_background();
        })?;
        Ok(Self { nudges, thread })
    }

    /// Returns what tells the thread that the journal has grown.
    pub fn nudge(&self) -> Nudges {
        Nudges(self.nudges.clone())
    }

    /// Ends the thread.
    pub(super) fn stop(self) {
        let _ = self.nudges.send(Nudge::Stop);
        if self.thread.join().is_err() {
            tracing::error!("the sync thread panicked");
        }
    }
}
