//! A terminal at work: the gate's thread, the eyes and the sync thread, and what they tell.
//!
//! ```text
//! eyes ─text─▶ gate ─notice─▶ relay ─notice─▶ screen, or JSON lines
//!              ▲ ▲              └─journal grew─▶ sync ◀──▶ server
//!              │ └───────────────── jobs ─────────┘
//!              └─found─ search
//! ```

mod cameras;
mod eyes;
mod uplink;

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use sync_protocol::id::{GateId, Seq};

pub use self::cameras::Cameras;
pub use self::eyes::{Eyes, Seeing};
pub use self::uplink::Uplink;

use crate::cache::Store;
use crate::causes::chain;
use crate::clock::Clock;
use crate::door::{Answer, Link, Notice};
use crate::gate::Gate;
use crate::gate::desk::{self, Desk};
use crate::print::shop::{self, Outlets};
use crate::search::Searcher;
use crate::session::Session;

/// How long closing waits for the server to take the last entries.
const PARTING: Duration = Duration::from_secs(1);
/// How often it looks.
const PARTING_LOOK: Duration = Duration::from_millis(20);

/// What works together at a door.
pub struct Terminal {
    desk: Desk,
    gate: JoinHandle<Gate>,
    eyes: Option<Eyes>,
    cameras: Cameras,
    uplink: Option<Uplink>,
    search: Option<(Searcher, JoinHandle<()>)>,
}

/// Whether the terminal looks for its server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Network {
    /// It does, all the time.
    Used,
    /// It does not: nothing leaves this machine.
    Unused,
}

impl Terminal {
    /// Opens the gate and starts the threads. Everything they tell comes out of the receiver, until
    /// [`Terminal::close`].
    ///
    /// # Errors
    ///
    /// If the system gives no thread.
    pub fn open(
        store: Store,
        clock: Arc<dyn Clock>,
        gate: GateId,
        session: Session,
        seeing: Option<Seeing>,
        network: Network,
        outlets: Outlets,
    ) -> io::Result<(Self, Receiver<Notice>)> {
        let (to_relay, from_gate) = mpsc::channel();
        let (notices, told) = mpsc::channel();
        let mut gate = Gate::new(store, Arc::clone(&clock), gate);
        gate.begin_session(session);
        let to_screen = notices.clone();
        // Whoever asked for a ticket may have gone.
        gate.set_shop(shop::open(outlets, move |done| {
            drop(to_screen.send(Notice::Answer(Box::new(Answer::PutOut(done)))));
        })?);
        let (desk, gate) = desk::open(gate, to_relay)?;
        let uplink = match network {
            Network::Used => Some(Uplink::start(desk.clone(), clock)?),
            Network::Unused => None,
        };
        let cameras = Cameras::new(seeing.as_ref().and_then(|seeing| seeing.switch.clone()), notices.clone());
        let eyes = seeing.map(|seeing| Eyes::open(seeing, desk.clone(), notices.clone())).transpose()?;
        let nudge = uplink.as_ref().map(Uplink::nudge);
        thread::Builder::new().name("relay".into()).spawn(move || {
            let mut told = Seq(0);
            for notice in from_gate {
                if may_be_written(&notice)
                    && let Some(nudge) = &nudge
                {
                    nudge.answered();
                }
                if let (Some(nudge), Some(entry)) = (&nudge, journaled(&notice))
                    && entry > told
                {
                    nudge.journaled(entry);
                    told = entry;
                }
                if notices.send(notice).is_err() {
                    break;
                }
            }
        })?;
        Ok((Self { desk, gate, eyes, cameras, uplink, search: None }, told))
    }

    /// Starts the search. Without it, whatever is looked for cannot be found.
    ///
    /// # Errors
    ///
    /// If the system gives no thread.
    pub fn open_search(&mut self) -> io::Result<()> {
        let reader = match self.desk.call(|gate| gate.store().list_reader()) {
            Ok(Ok(reader)) => reader,
            Ok(Err(error)) => {
                tracing::error!(error = chain(&error), "the list cannot be opened for the search");
                return Ok(());
            }
            Err(desk::Closed) => return Ok(()),
        };
        let desk = self.desk.clone();
        let (searcher, thread) =
            Searcher::start(reader, move |told| desk.call(move |gate| gate.take_found(told)).is_ok())?;
        let given = searcher.clone();
        // A gate that has closed meanwhile asks for nobody.
        let _ = self.desk.call(move |gate| gate.set_searcher(given));
        self.search = Some((searcher, thread));
        Ok(())
    }

    /// Returns what speaks to the gate.
    pub const fn desk(&self) -> &Desk {
        &self.desk
    }

    /// Returns what chooses the camera.
    pub const fn cameras(&self) -> &Cameras {
        &self.cameras
    }

    /// Whether there is nothing more to see: the pictures have been shown, and what they held was
    /// given to the gate.
    pub fn has_seen_all(&self) -> bool {
        self.eyes.as_ref().is_none_or(Eyes::have_seen_all)
    }

    /// Ends the threads once what was presented is decided. The journal stays as it is on the disk;
    /// what was not sent is sent the next time.
    pub fn close(self) {
        drop(self.eyes);
        // A gate whose session is over already has closed by itself.
        let end = self.desk.call(|gate| {
            gate.end_session();
            gate.store().journal_end().seq
        });
        if let Some(uplink) = self.uplink {
            if let Ok(end) = end {
                uplink.nudge().journaled(end);
                wait_for_acknowledgement(&self.desk, end);
            }
            uplink.stop();
        }
        self.desk.close();
        if self.gate.join().is_err() {
            tracing::error!("the gate's thread panicked");
        }
        if let Some((searcher, thread)) = self.search {
            searcher.close();
            // It holds the list's keys.
            if thread.join().is_err() {
                tracing::error!("the search's thread panicked");
            }
        }
    }
}

/// Whether what is told may have been written down: a search never is.
fn may_be_written(notice: &Notice) -> bool {
    match notice {
        Notice::Answer(answer) => !matches!(**answer, Answer::Found(_) | Answer::Party(_) | Answer::Known(_)),
        _ => false,
    }
}

/// Returns how far the journal has grown, if `notice` says so. Whatever is written without a
/// decision, an undoing say, is seen in the status that follows it.
fn journaled(notice: &Notice) -> Option<Seq> {
    match notice {
        Notice::Decided(decided) => decided.entry,
        Notice::Status(status) => Some(status.journal),
        _ => None,
    }
}

/// Lets the end of the journal reach a server that answers, so that it knows how the terminal was
/// left. Without one nobody waits.
fn wait_for_acknowledgement(desk: &Desk, end: Seq) {
    let deadline = Instant::now() + PARTING;
    let is_waiting = move |gate: &mut Gate| {
        let is_online = gate.link() == Link::Online && gate.store().suspension().is_none();
        is_online && gate.store().acknowledged() < end
    };
    while Instant::now() < deadline && desk.call(is_waiting) == Ok(true) {
        thread::sleep(PARTING_LOOK);
    }
}
