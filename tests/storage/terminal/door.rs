//! A gate over a real store, and an event in memory behind it.

use harness::feed_world::FeedWorld;
use sync_protocol::id::{GateId, Issue, Seq};
use sync_protocol::journal::Entry;
use sync_protocol::verdict::{Code, Direction, Verdict};
use tempfile::TempDir;
use usher_terminal::door::Decided;
use usher_terminal::gate::{Gate, Source};

/// A gate with everything around it.
pub(crate) struct Door {
    pub(crate) world: FeedWorld,
    pub(crate) gate: Gate,
    pub(crate) data: TempDir,
}

impl Door {
    /// A gate whose list holds tickets 1 to 9, each in its first issue.
    pub(crate) fn new() -> (Self, Vec<Issue>) {
        let mut world = FeedWorld::new();
        let issues = std::iter::once(Issue(0))
            .chain((1..=9).map(|serial| world.push_ticket(serial, &format!("Guest {serial}"))))
            .collect();
        (Self::of(world), issues)
    }

    pub(crate) fn of(world: FeedWorld) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut store = world.create_store(data.path());
        world.load_snapshot(&mut store).unwrap();
        let gate = Gate::new(store, world.clock.clone(), GateId(0));
        Self { world, gate, data }
    }

    pub(crate) fn enter(&mut self, text: &str) -> Decided {
        self.gate.present(text, Source::Scanned, Direction::Entry).unwrap()
    }

    pub(crate) fn sync(&mut self) {
        self.world.sync(self.gate.store()).unwrap();
    }

    pub(crate) fn entry(&mut self, seq: Option<Seq>) -> Entry {
        let seq = seq.expect("it is in the journal");
        self.gate.store().entries_after(Seq(seq.0 - 1), 1).unwrap().entries[0].entry().clone()
    }

    pub(crate) fn restart(self) -> Self {
        let Self { world, gate, data } = self;
        drop(gate);
        let store = world.open_store(data.path()).unwrap();
        assert_eq!(store.finding(), None);
        let gate = Gate::new(store, world.clock.clone(), GateId(0));
        Self { world, gate, data }
    }
}

/// Returns the finding that is shown, if somebody is not let in.
pub(crate) fn code(decided: &Decided) -> Option<Code> {
    match decided.verdict {
        Verdict::Deny { primary, .. } => Some(primary),
        Verdict::Admit { .. } => None,
    }
}
