//! A terminal killed at any moment: nothing that was said to be written is ever missing.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use harness::feed_world::FeedWorld;
use sync_protocol::id::Seq;

/// How often the process is killed.
const KILLS: u64 = 20;

#[test]
fn nothing_that_was_named_durable_is_missing_after_a_kill() {
    let data = tempfile::tempdir().unwrap();
    let world = FeedWorld::new();
    drop(world.create_store(data.path()));
    let mut named: BTreeMap<u64, String> = BTreeMap::new();
    for round in 0..KILLS {
        let mut child =
            Command::new(env!("CARGO_BIN_EXE_journal-writer")).arg(data.path()).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // Another moment in each round: after some lines, and somewhere within the next write.
        for _ in 0..=(round * 7) % 11 {
            note(&mut named, &lines.next().expect("it writes").unwrap());
        }
        child.kill().unwrap();
        child.wait().unwrap();
        // What was in the pipe when it died had been named too.
        for line in lines {
            note(&mut named, &line.unwrap());
        }
        let store = world.open_store(data.path()).unwrap();
        assert_eq!(store.finding(), None);
        let end = store.verify_journal().unwrap();
        let last = named.last_key_value().map_or(0, |(seq, _)| *seq);
        assert!(end.seq.0 >= last && end.seq.0 <= last + 1, "{} after {last}", end.seq);
        let mut after = Seq(0);
        while let Some(last) = store.entries_after(after, 1_000).unwrap().entries.last() {
            for signed in store.entries_after(after, 1_000).unwrap().entries {
                let seq = signed.entry().seq.0;
                let hash = hex::encode(signed.hash());
                assert_eq!(*named.entry(seq).or_insert_with(|| hash.clone()), hash, "entry {seq}");
            }
            after = last.entry().seq;
        }
    }
    assert!(named.len() as u64 >= KILLS);
}

/// A torn last line was never read as a whole, so it names nothing.
fn note(named: &mut BTreeMap<u64, String>, line: &str) {
    if let Some((seq, hash)) = line.split_once(' ')
        && hash.len() == 64
    {
        named.insert(seq.parse().unwrap(), hash.to_owned());
    }
}
