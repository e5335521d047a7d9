//! A real terminal's gate over its real store, told the time by hand.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use sync_protocol::feed::SignedHead;
use sync_protocol::feed::pull::Pulled;
use sync_protocol::id::{EventId, FeedSeq, GateId, Seq, TicketId};
use sync_protocol::journal::SignedEntry;
use sync_protocol::time::UnixMillis;
use sync_protocol::verdict::{Direction, Verdict};
use usher_terminal::cache::{READ_MAX, Store};
use usher_terminal::clock::{Clock as _, SetClock, TimeSample};
use usher_terminal::door::{Answer, Decided, Decision, Grounds, Link, Notice, Request};
use usher_terminal::gate::{Gate, Source};

use crate::format::{self, Then};
use crate::play::Said;
use crate::story::Step;

/// What staff say when they take something back or decide against a verdict.
pub(crate) const REASON: &str = "the scenario says so";

/// Somebody who was let in or out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Done {
    /// The entry that says so.
    pub(crate) entry: Seq,
    pub(crate) ticket: TicketId,
    pub(crate) gate: GateId,
    pub(crate) direction: format::Direction,
    pub(crate) at: UnixMillis,
}

/// A gate, and the clock that its machine has.
pub(crate) struct Door {
    gate: Option<Gate>,
    pub(crate) clock: Arc<SetClock>,
}

impl Door {
    /// Returns a door whose machine has this clock.
    pub(crate) const fn new(gate: Gate, clock: Arc<SetClock>) -> Self {
        Self { gate: Some(gate), clock }
    }

    fn gate(&mut self) -> anyhow::Result<&mut Gate> {
        self.gate.as_mut().context("the door does not come back")
    }

    /// Returns the store.
    pub(crate) fn store(&mut self) -> anyhow::Result<&mut Store> {
        Ok(self.gate()?.store())
    }

    /// Says whether there is a link to the server.
    pub(crate) fn set_link(&mut self, link: Link) -> anyhow::Result<()> {
        self.gate()?.set_link(link);
        Ok(())
    }

    /// Ends the program and starts it again over what its disk holds.
    pub(crate) fn restart(&mut self, data: &Path, event: EventId, passphrase: &str) -> anyhow::Result<()> {
        drop(self.gate.take());
        let store = Store::open(data, event, passphrase, &mut |_, _| {})?;
        anyhow::ensure!(store.finding().is_none(), "the store opens with a finding: {:?}", store.finding());
        self.gate = Some(Gate::new(store, self.clock.clone(), GateId(0)));
        Ok(())
    }

    /// Hears the server's time, by an exchange that takes none.
    pub(crate) fn hear_time(&mut self, now: UnixMillis) -> anyhow::Result<()> {
        let clock = self.clock.clone();
        let here = clock.read();
        let sample = TimeSample { asked: here, received: now, answered: now, heard: here };
        self.store()?.record_time(&sample, clock.as_ref())?;
        Ok(())
    }

    /// Whether the list is older than the feed's number `seq`.
    pub(crate) fn is_behind(&mut self, seq: FeedSeq) -> bool {
        self.store().ok().and_then(|store| store.position()).is_none_or(|position| position.point.seq < seq)
    }

    /// Takes in what the feed brought.
    pub(crate) fn apply(&mut self, pulled: Pulled, head: &SignedHead) -> anyhow::Result<()> {
        let clock = self.clock.clone();
        let store = self.store()?;
        let moment = store.moment(clock.as_ref());
        Ok(store.apply(pulled, head, &moment)?)
    }

    /// Takes in that the list is the newest.
    pub(crate) fn note(&mut self, head: &SignedHead) -> anyhow::Result<()> {
        let clock = self.clock.clone();
        let store = self.store()?;
        let moment = store.moment(clock.as_ref());
        store.note_head(head, &moment)?;
        Ok(())
    }

    /// Returns the journal after `seq`.
    pub(crate) fn entries_after(&mut self, seq: Seq) -> anyhow::Result<Vec<SignedEntry>> {
        Ok(self.store()?.entries_after(seq, READ_MAX)?.entries)
    }

    /// Shows a text, and decides against the verdict where the step says so. Returns who came in or went out.
    pub(crate) fn show(&mut self, text: &str, is_typed: bool, step: &Step) -> anyhow::Result<(Said, Option<Done>)> {
        let source = if is_typed { Source::Typed } else { Source::Scanned };
        let direction = match step.direction {
            format::Direction::Entry => Direction::Entry,
            format::Direction::Exit => Direction::Exit,
        };
        let gate = self.gate()?;
        gate.set_gate(step.gate);
        let decided = match gate.present(text, source, direction) {
            Ok(decided) => decided,
            Err(fault) => bail!("the terminal has a fault: {fault:?}"),
        };
        let mut said = Said::of(&decided.verdict);
        let done = |decided: &Decided| {
            let is_admitted = matches!(decided.verdict, Verdict::Admit { .. });
            let (entry, ticket) = decided.entry.zip(decided.ticket).filter(|_| is_admitted)?;
            Some(Done { entry, ticket, gate: step.gate, direction: step.direction, at: decided.at })
        };
        if step.then == Some(Then::Override) {
            let overridden = if decided.verdict.is_admit() { None } else { self.decide_against(&decided)? };
            said.overridden = Some(overridden.is_some());
            return Ok((said, overridden.as_ref().and_then(done).or_else(|| done(&decided))));
        }
        Ok((said, done(&decided)))
    }

    fn decide_against(&mut self, denied: &Decided) -> anyhow::Result<Option<Decided>> {
        let Some(entry) = denied.entry else { return Ok(None) };
        let decision = Decision { entry, grounds: Grounds::Reason(REASON.to_owned()), supervisor: None };
        match self.gate()?.answer(Request::Decide(decision)) {
            Notice::Decided(decided) if decided.verdict.is_admit() => Ok(Some(*decided)),
            Notice::Decided(_) => Ok(None),
            Notice::Answer(answer) if matches!(*answer, Answer::NotDecided(_)) => Ok(None),
            other => bail!("the terminal answers a decision with {other:?}"),
        }
    }

    /// Takes back what was done here.
    pub(crate) fn undo(&mut self, done: Done) -> anyhow::Result<()> {
        let undo = Request::Undo { entry: done.entry, reason: REASON.to_owned() };
        match self.gate()?.answer(undo) {
            Notice::Answer(answer) if matches!(*answer, Answer::Undone(_)) => Ok(()),
            other => bail!("the terminal does not take it back: {other:?}"),
        }
    }
}
