//! A store that somebody changed, or that went back in time, is found out when it is opened.

use std::path::{Path, PathBuf};

use harness::feed_world::{EVENT, FeedWorld, ticket};
use rusqlite::{Connection, params};
use sync_protocol::id::Seq;
use sync_protocol::journal::EntryKind;
use usher_terminal::cache::{Finding, Part, Store, StoreError};
use usher_terminal::door::Suspension;

fn folder(data: &Path) -> PathBuf {
    data.join(EVENT.to_string())
}

fn edit(data: &Path, change: impl FnOnce(&Connection)) {
    let connection = Connection::open(folder(data).join("store.db")).unwrap();
    change(&connection);
}

fn append(world: &FeedWorld, store: &mut Store, count: u64) {
    for serial in 1..=count {
        let moment = store.moment(world.clock.as_ref());
        let mut draft = Store::draft(EntryKind::Admit);
        draft.ticket = ticket(serial);
        store.append(draft, &moment).unwrap();
    }
}

fn change_a_row(data: &Path) {
    edit(data, |db| {
        let sql = "SELECT key, sealed FROM feed_row WHERE kind = 4 LIMIT 1";
        let (key, mut sealed): (Vec<u8>, Vec<u8>) =
            db.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        sealed[30] ^= 1;
        db.execute("UPDATE feed_row SET sealed = ?1 WHERE key = ?2", params![sealed, key]).unwrap();
    });
}

/// A store with ten tickets and three entries, closed.
fn closed(data: &Path) -> FeedWorld {
    let mut world = FeedWorld::new();
    world.push_tickets(1..=10, "Guest");
    let mut store = world.create_store(data);
    world.load_snapshot(&mut store).unwrap();
    append(&world, &mut store, 3);
    world
}

fn damaged_list(data: &Path, world: &FeedWorld) {
    let mut store = world.open_store(data).unwrap();
    assert_eq!(store.finding(), Some(Finding::ListDamaged));
    assert_eq!(store.suspension(), Some(Suspension::Store));
    assert_eq!(store.entries_after(Seq(0), 10).unwrap().entries.len(), 3, "the journal can still be uploaded");
    drop(store);
    store = world.open_store(data).unwrap();
    assert_eq!(store.suspension(), Some(Suspension::Store), "it does not go away by itself");
    world.load_snapshot(&mut store).unwrap();
    assert_eq!(store.suspension(), None, "a new snapshot mends it");
    drop(store);
    assert_eq!(world.open_store(data).unwrap().finding(), None);
}

#[test]
fn a_changed_row_is_found() {
    let data = tempfile::tempdir().unwrap();
    let world = closed(data.path());
    change_a_row(data.path());
    damaged_list(data.path(), &world);
}

#[test]
fn a_damaged_list_counts_again_once_the_servers_older_one_has_come_as_far() {
    let data = tempfile::tempdir().unwrap();
    let mut world = closed(data.path());
    let (manifest, chunks) = world.snapshot(5_000);
    world.push_ticket(11, "Guest");
    world.sync(&mut world.open_store(data.path()).unwrap()).unwrap();
    change_a_row(data.path());

    let mut store = world.open_store(data.path()).unwrap();
    for (name, packed) in &chunks {
        store.stage_chunk(name, packed).unwrap();
    }
    let moment = store.moment(world.clock.as_ref());
    store.apply_snapshot(&manifest, &world.head(), &moment, &mut |_, _| {}).unwrap();
    assert_eq!(store.suspension(), Some(Suspension::Store), "it lacks what the damaged list knew");
    world.sync(&mut store).unwrap();
    assert_eq!((store.suspension(), store.counts().tickets), (None, 11));
}

#[test]
fn swapped_rows_are_found() {
    let data = tempfile::tempdir().unwrap();
    let world = closed(data.path());
    edit(data.path(), |db| {
        let mut statement = db.prepare("SELECT key, seq, sealed FROM feed_row WHERE kind = 4 LIMIT 2").unwrap();
        let rows: Vec<(Vec<u8>, i64, Vec<u8>)> = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        for (to, from) in [(0, 1), (1, 0)] {
            let sql = "UPDATE feed_row SET seq = ?1, sealed = ?2 WHERE key = ?3";
            db.execute(sql, params![rows[from].1, rows[from].2, rows[to].0]).unwrap();
        }
    });
    damaged_list(data.path(), &world);
}

#[test]
fn a_dropped_row_is_found() {
    let data = tempfile::tempdir().unwrap();
    let world = closed(data.path());
    edit(data.path(), |db| {
        let sql = "DELETE FROM feed_row WHERE key = (SELECT key FROM feed_row WHERE kind = 4 LIMIT 1)";
        assert_eq!(db.execute(sql, []).unwrap(), 1);
    });
    damaged_list(data.path(), &world);
}

#[test]
fn a_row_put_back_to_what_it_was_before_is_found() {
    let data = tempfile::tempdir().unwrap();
    let mut world = closed(data.path());
    let all = |db: &Connection| -> Vec<(Vec<u8>, i64, Vec<u8>)> {
        let mut statement = db.prepare("SELECT key, seq, sealed FROM feed_row WHERE kind = 4").unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    };
    let mut before = Vec::new();
    edit(data.path(), |db| before = all(db));
    let mut store = world.open_store(data.path()).unwrap();
    world.push_ticket(5, "Guest, blocked");
    world.sync(&mut store).unwrap();
    drop(store);
    edit(data.path(), |db| {
        for (key, seq, sealed) in &before {
            let sql = "UPDATE feed_row SET seq = ?1, sealed = ?2 WHERE key = ?3";
            db.execute(sql, params![seq, sealed, key]).unwrap();
        }
    });
    damaged_list(data.path(), &world);
}

#[test]
fn a_journal_entry_lost_from_the_database_comes_back_from_the_copy() {
    let data = tempfile::tempdir().unwrap();
    let world = closed(data.path());
    edit(data.path(), |db| {
        db.execute("DELETE FROM journal WHERE seq = 2", []).unwrap();
        db.execute("UPDATE journal SET sealed = (SELECT sealed FROM journal WHERE seq = 1) WHERE seq = 3", []).unwrap();
    });
    let store = world.open_store(data.path()).unwrap();
    assert_eq!(store.finding(), None);
    assert_eq!(store.verify_journal().unwrap().seq, Seq(3));
}

#[test]
fn a_journal_entry_lost_from_both_is_damage_that_stops_everything() {
    let data = tempfile::tempdir().unwrap();
    let world = closed(data.path());
    edit(data.path(), |db| assert_eq!(db.execute("DELETE FROM journal WHERE seq = 2", []).unwrap(), 1));
    std::fs::write(folder(data.path()).join("journal.copy"), b"").unwrap();
    let result = world.open_store(data.path());
    assert!(matches!(result, Err(StoreError::Damaged(Part::Journal))));
}

#[test]
fn a_copy_that_is_lost_or_torn_is_completed_from_the_database() {
    let data = tempfile::tempdir().unwrap();
    let world = closed(data.path());
    let copy = folder(data.path()).join("journal.copy");
    let whole = std::fs::metadata(&copy).unwrap().len();
    for content in [&b""[..], &b"not a journal"[..], &std::fs::read(&copy).unwrap()[..600]] {
        std::fs::write(&copy, content).unwrap();
        assert_eq!(world.open_store(data.path()).unwrap().finding(), None);
        assert_eq!(std::fs::metadata(&copy).unwrap().len(), whole);
    }
}

#[test]
fn a_store_put_back_to_an_earlier_day_is_found_and_what_it_forgot_can_be_uploaded() {
    let data = tempfile::tempdir().unwrap();
    let world = closed(data.path());
    let database = folder(data.path()).join("store.db");
    edit(data.path(), |db| db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap());
    let yesterday = std::fs::read(&database).unwrap();
    let mut store = world.open_store(data.path()).unwrap();
    append(&world, &mut store, 4);
    drop(store);
    let _ = std::fs::remove_file(folder(data.path()).join("store.db-wal"));
    let _ = std::fs::remove_file(folder(data.path()).join("store.db-shm"));
    std::fs::write(&database, yesterday).unwrap();

    let store = world.open_store(data.path()).unwrap();
    assert_eq!(store.finding(), Some(Finding::RolledBack { store: Seq(3), copy: Seq(7) }));
    assert_eq!(store.suspension(), Some(Suspension::RolledBack));
    assert_eq!(store.entries_after(Seq(0), 100).unwrap().entries.len(), 7);
    drop(store);
    let store = world.open_store(data.path()).unwrap();
    assert_eq!(store.suspension(), Some(Suspension::RolledBack), "for good: it must be enrolled again");
}

#[test]
fn an_older_state_record_is_found() {
    let data = tempfile::tempdir().unwrap();
    let world = closed(data.path());
    let mut old: (i64, Vec<u8>) = (0, Vec::new());
    edit(data.path(), |db| {
        let sql = "SELECT revision, sealed FROM state";
        old = db.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    });
    let mut store = world.open_store(data.path()).unwrap();
    append(&world, &mut store, 1);
    drop(store);
    edit(data.path(), |db| {
        db.execute("UPDATE state SET revision = ?1, sealed = ?2", params![old.0, old.1]).unwrap();
    });
    let store = world.open_store(data.path()).unwrap();
    assert_eq!(store.finding(), Some(Finding::RolledBack { store: Seq(3), copy: Seq(4) }));
}

#[test]
fn a_changed_state_enrolment_or_header_opens_nothing() {
    for (table, part) in [("state", Part::State), ("enrolment", Part::Enrolment)] {
        let data = tempfile::tempdir().unwrap();
        let world = closed(data.path());
        edit(data.path(), |db| {
            let sql = format!("SELECT sealed FROM {table} WHERE id = 1");
            let mut sealed: Vec<u8> = db.query_row(&sql, [], |row| row.get(0)).unwrap();
            sealed[40] ^= 1;
            db.execute(&format!("UPDATE {table} SET sealed = ?1 WHERE id = 1"), [sealed]).unwrap();
        });
        assert!(matches!(world.open_store(data.path()), Err(StoreError::Damaged(found)) if found == part));
    }
    let data = tempfile::tempdir().unwrap();
    let world = closed(data.path());
    edit(data.path(), |db| {
        let mut header: Vec<u8> = db.query_row("SELECT header FROM header", [], |row| row.get(0)).unwrap();
        header[25] ^= 1;
        db.execute("UPDATE header SET header = ?1", [header]).unwrap();
    });
    assert!(world.open_store(data.path()).is_err());
}
