//! Appends entries to a terminal's journal and names each once it is durable, until it is killed.
//! The tests of the store start it and end it.

use std::io::Write as _;
use std::path::Path;

use harness::feed_world::{FeedWorld, ticket};
use sync_protocol::journal::EntryKind;
use usher_terminal::cache::Store;

fn main() -> anyhow::Result<()> {
    let data = std::env::args_os().nth(1).ok_or_else(|| anyhow::anyhow!("which folder?"))?;
    let world = FeedWorld::new();
    let mut store = world.open_store(Path::new(&data))?;
    anyhow::ensure!(store.finding().is_none(), "the store was found {:?}", store.finding());
    let mut out = std::io::stdout().lock();
    loop {
        let moment = store.moment(world.clock.as_ref());
        let mut draft = Store::draft(EntryKind::Admit);
        draft.ticket = ticket(store.journal_end().seq.0 + 1);
        let signed = store.append(draft, &moment)?;
        writeln!(out, "{} {}", signed.entry().seq, hex::encode(signed.hash()))?;
        out.flush()?;
        store.tend()?;
    }
}
