//! The store as bytes: makes `tests/vectors/store.json` from fixed seeds, and holds the store to it.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, params};
use serde_json::{Map, Value, json};
use sync_protocol::feed::chain::ChainPoint;
use sync_protocol::feed::{Entity, Kind, SignedHead};
use sync_protocol::hash::{Hash, sha256};
use sync_protocol::id::{EventId, FeedId, FeedSeq, Seq, TicketId};
use sync_protocol::journal::Link;
use sync_protocol::key::public_key;
use sync_protocol::time::{Hlc, UnixMillis, Uptime};

use super::key::{self, Header, Key, Wrapped};
use super::rows::{self, Tally};
use super::seal::{RowKey, Sealer, Table, journal_key};
use super::state::{Feed, State, suspension_number};
use super::{Part, StoreError, load_list};
use crate::clock::{BootId, Reading, TimeAnchor};
use crate::door::Suspension;

mod check;

const PASSPHRASE: &str = "orbit velvet cactus nine";
const SUBKEYS: [&str; 5] = ["row", "index", "digest", "state", "dsign"];
/// Seals whatever there is one of.
const ONLY: RowKey = [0; 16];

/// Returns 32 bytes that belong to `word`.
fn seed(word: &str) -> Hash {
    sha256(&[b"usher test vectors 1: store: ", word.as_bytes()])
}

/// Returns the first bytes that belong to `word`.
fn short<const N: usize>(word: &str) -> [u8; N] {
    *seed(word).first_chunk().unwrap()
}

fn event() -> EventId {
    EventId(short("event"))
}

fn data_key() -> Key {
    Key::new(seed("data key"))
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors/store.json")
}

/// Returns `case` with more members.
fn with(mut case: Value, more: Value) -> Value {
    if let (Value::Object(case), Value::Object(more)) = (&mut case, more) {
        case.extend(more);
    }
    case
}

fn wrapped_keys() -> Vec<Value> {
    let header = |memory_kib, passes, key_version| Header {
        event: event(),
        memory_kib,
        passes,
        salt: short("salt"),
        key_version,
    };
    let wrap = |header: &Header| key::wrap(header, PASSPHRASE, &data_key(), &short("wrapping nonce")).unwrap();
    let case = |name: &str, passphrase: &str, wrapped: &Wrapped| json!({ "name": name, "passphrase": passphrase, "header": hex::encode(&wrapped.header), "wrapped": hex::encode(&wrapped.key) });
    let good = |name: &str, passphrase: &str, header: &Header| {
        let says = json!({
            "event": hex::encode(header.event.0), "memory_kib": header.memory_kib, "passes": header.passes,
            "salt": hex::encode(header.salt), "key_version": header.key_version,
            "wrapping_key": hex::encode(*key::wrapping_key(&header.encode(), passphrase).unwrap()),
            "data_key": hex::encode(*data_key()),
        });
        with(case(name, passphrase, &wrap(header)), json!({ "says": says }))
    };
    let usual = header(32, 2, 1);
    let mut cases = vec![
        good("a wrapped key", PASSPHRASE, &usual),
        good("spaces around and between the words", "  orbit velvet\tcactus   nine\n", &usual),
        good("the least memory and one pass", PASSPHRASE, &header(8, 1, 1)),
        good("memory that is no multiple of four blocks, three passes", PASSPHRASE, &header(19, 3, 2)),
    ];
    let mut refuse = |name: &str, passphrase: &str, error: &str, change: &dyn Fn(&mut Wrapped)| {
        let mut wrapped = wrap(&usual);
        change(&mut wrapped);
        cases.push(with(case(name, passphrase, &wrapped), json!({ "error": error })));
    };
    refuse("another passphrase", "orbit velvet cactus ten", "PASSPHRASE", &|_| {});
    refuse("capitals", "Orbit velvet cactus nine", "PASSPHRASE", &|_| {});
    refuse("no passphrase", "", "PASSPHRASE", &|_| {});
    for (name, at, error) in [
        ("header: version", 0, "HEADER"),
        ("header: event", 1, "PASSPHRASE"),
        ("header: function", 17, "HEADER"),
        ("header: memory", 21, "PASSPHRASE"),
        ("header: memory above a gibibyte", 18, "HEADER"),
        ("header: passes", 25, "PASSPHRASE"),
        ("header: passes above 64", 22, "HEADER"),
        ("header: lanes", 26, "HEADER"),
        ("header: salt", 27, "PASSPHRASE"),
        ("header: key version", 46, "PASSPHRASE"),
    ] {
        refuse(name, PASSPHRASE, error, &|wrapped| wrapped.header[at] ^= 1);
    }
    refuse("header: too little memory", PASSPHRASE, "HEADER", &|wrapped| wrapped.header[21] = 7);
    refuse("header: no pass", PASSPHRASE, "HEADER", &|wrapped| wrapped.header[25] = 0);
    refuse("header cut", PASSPHRASE, "HEADER", &|wrapped| wrapped.header.truncate(46));
    refuse("header grown", PASSPHRASE, "HEADER", &|wrapped| wrapped.header.push(0));
    refuse("wrapped key: nonce", PASSPHRASE, "PASSPHRASE", &|wrapped| wrapped.key[0] ^= 1);
    refuse("wrapped key: key", PASSPHRASE, "PASSPHRASE", &|wrapped| wrapped.key[24] ^= 0x80);
    refuse("wrapped key: tag", PASSPHRASE, "PASSPHRASE", &|wrapped| wrapped.key[71] ^= 1);
    refuse("wrapped key cut in the tag", PASSPHRASE, "PASSPHRASE", &|wrapped| wrapped.key.truncate(71));
    refuse("wrapped key cut in the nonce", PASSPHRASE, "HEADER", &|wrapped| wrapped.key.truncate(23));
    cases
}

fn sealed_rows(sealer: &Sealer) -> Vec<Value> {
    let case = |name: &str, event: EventId, table: u8, key: &RowKey, seq: u64, sealed: &[u8]| json!({ "name": name, "event": hex::encode(event.0), "table": table, "key": hex::encode(key), "seq": seq, "sealed": hex::encode(sealed) });
    let ticket = (Table::Feed(Kind::Ticket), sealer.ticket_key(TicketId(35)), 5);
    let journal = Table::Journal;
    let plain = [&Entity::ticket(TicketId(35)).0[..], &ticket_body(9, "Ada Lovelace")].concat();
    let good = |name: &str, (table, key, seq): (Table, RowKey, u64), plain: &[u8]| {
        let sealed = sealer.seal_with(&short(name), table, &key, seq, plain);
        let more = json!({ "nonce": hex::encode(short::<24>(name)), "plain": hex::encode(plain) });
        with(case(name, event(), table.number(), &key, seq, &sealed), more)
    };
    let chunk = sealer.chunk_key(&seed("chunk"));
    let mut cases = vec![
        good("a ticket", ticket, &plain),
        good("the rules", (Table::Feed(Kind::Policy), Entity::ZERO.0, 1), &[0; 17]),
        good("a journal entry", (journal, journal_key(Seq(7)), 7), &[0x55; 200]),
        good("what the server certified", (Table::Enrolment, ONLY, 0), b"{}"),
        good("the device's keys", (Table::DeviceKeys, ONLY, 0), &[seed("sign"), seed("tls")].concat()),
        good("a chunk of a snapshot", (Table::Chunk, chunk, 0), &[0xaa; 100]),
        good("personal data", (Table::Personal, journal_key(Seq(7)), 7), b"Zo\xc3\xab"),
        good("nothing, with the highest number", (journal, journal_key(Seq(u64::MAX)), u64::MAX), b""),
        good("exactly one block of the cipher", (journal, journal_key(Seq(8)), 8), &[1; 64]),
    ];
    let sealed = sealer.seal_with(&short("a ticket"), ticket.0, &ticket.1, ticket.2, &plain);
    let other = sealer.ticket_key(TicketId(36));
    let mut refuse = |name: &str, event, table: Table, key: &RowKey, seq, sealed: &[u8]| {
        cases.push(with(case(name, event, table.number(), key, seq, sealed), json!({ "error": "SEAL" })));
    };
    let (table, key, seq) = ticket;
    refuse("under another ticket's key", event(), table, &other, seq, &sealed);
    refuse("under a later number", event(), table, &key, seq + 1, &sealed);
    refuse("under an earlier number", event(), table, &key, seq - 1, &sealed);
    refuse("in another table of the list", event(), Table::Feed(Kind::Move), &key, seq, &sealed);
    refuse("in the journal", event(), journal, &key, seq, &sealed);
    refuse("in a table with another key", event(), Table::DeviceKeys, &key, seq, &sealed);
    refuse("in another event's store", EventId(short("other event")), table, &key, seq, &sealed);
    for (name, at) in [("nonce", 0), ("nonce's end", 23), ("text", 24), ("tag", sealed.len() - 1)] {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        refuse(&format!("changed in the {name}"), event(), table, &key, seq, &changed);
    }
    refuse("cut in the tag", event(), table, &key, seq, &sealed[..sealed.len() - 1]);
    refuse("cut in the nonce", event(), table, &key, seq, &sealed[..20]);
    cases
}

/// A place in the list on disk, and what lies there.
#[derive(Clone)]
struct ListRow {
    generation: u32,
    kind: Kind,
    key: RowKey,
    seq: u64,
    entity: Entity,
    body: Vec<u8>,
    sealed: Vec<u8>,
}

fn ticket_body(issue: u8, name: &str) -> Vec<u8> {
    let mut body = vec![0, 0, 0, issue, 0, 0, 1, 0, name.len() as u8];
    body.extend_from_slice(name.as_bytes());
    body.push(0);
    body
}

fn list_row(sealer: &Sealer, ticket: u64, seq: u64, issue: u8, name: &str) -> ListRow {
    let entity = Entity::ticket(TicketId(ticket));
    let (kind, key, body) = (Kind::Ticket, sealer.ticket_key(TicketId(ticket)), ticket_body(issue, name));
    let plain = [&entity.0[..], &body].concat();
    let sealed = sealer.seal_with(&short(&format!("row {ticket} {seq}")), Table::Feed(kind), &key, seq, &plain);
    ListRow { generation: 1, kind, key, seq, entity, body, sealed }
}

/// Returns the state that belongs to a list.
fn state_of(sealer: &Sealer, revision: u64, rows: &[ListRow]) -> State {
    let mut tally = Tally::default();
    for row in rows {
        tally.add(&sealer.share(Table::Feed(row.kind), &row.key, row.seq));
    }
    State {
        revision,
        k_body: seed("K_body"),
        feed: None,
        generation: 1,
        rows: tally.rows,
        digest: tally.digest,
        journal: Link { seq: Seq(revision), hash: seed("journal") },
        hlc: Hlc(116_674_265_088_000_000 + revision),
        acknowledged: Seq(0),
        anchor: None,
        openings: 1,
        suspension: None,
    }
}

fn full_state(sealer: &Sealer) -> State {
    let here = Reading { wall: UnixMillis(1_780_308_000_123), up: Uptime(5_432), boot: BootId(short("boot")) };
    let head = SignedHead { bytes: vec![0x5a; 96], signature: [0xa5; 64] };
    let point = ChainPoint { seq: FeedSeq(77), value: seed("chain") };
    let feed = Feed { id: FeedId(short("feed")), point, head: Some(head), checked_at: UnixMillis(1_780_308_000_000) };
    State {
        feed: Some(feed),
        generation: 3,
        acknowledged: Seq(2),
        anchor: Some(TimeAnchor { server: UnixMillis(1_780_308_000_100), here, uncertainty_ms: 17 }),
        suspension: Some(Suspension::Store),
        ..state_of(sealer, 9, &[list_row(sealer, 35, 5, 9, "Ada Lovelace")])
    }
}

fn state_says(state: &State) -> Value {
    let feed = state.feed.as_ref().map(|feed| {
        json!({
            "id": hex::encode(feed.id.0), "seq": feed.point.seq.0, "chain": hex::encode(feed.point.value),
            "head": feed.head.as_ref().map(|head| hex::encode(head.to_bytes())), "checked_at": feed.checked_at.0,
        })
    });
    let anchor = state.anchor.as_ref().map(|anchor| {
        json!({
            "server": anchor.server.0, "wall": anchor.here.wall.0, "up": anchor.here.up.0,
            "boot": hex::encode(anchor.here.boot.0), "uncertainty_ms": anchor.uncertainty_ms,
        })
    });
    json!({
        "k_body": hex::encode(state.k_body), "feed": feed, "generation": state.generation, "rows": state.rows,
        "digest": hex::encode(state.digest), "journal_seq": state.journal.seq.0,
        "journal_hash": hex::encode(state.journal.hash), "hlc": state.hlc.0, "acknowledged": state.acknowledged.0,
        "openings": state.openings, "suspension": state.suspension.map_or(0, suspension_number), "anchor": anchor,
    })
}

fn seal_state(sealer: &Sealer, word: &str, revision: u64, plain: &[u8]) -> Vec<u8> {
    sealer.seal_with(&short(&format!("state {word} {revision}")), Table::State, &ONLY, revision, plain)
}

fn states(sealer: &Sealer) -> Vec<Value> {
    let (full, empty) = (full_state(sealer), state_of(sealer, 1, &[]));
    let case = |name: &str, revision: u64, sealed: &[u8]| json!({ "name": name, "revision": revision, "sealed": hex::encode(sealed) });
    let good = |name: &str, state: &State| {
        let sealed = seal_state(sealer, name, state.revision, &state.encode());
        with(case(name, state.revision, &sealed), json!({ "says": state_says(state) }))
    };
    let mut cases = vec![good("everything there is", &full), good("a new store", &empty)];
    let mut refuse = |name: &str, revision: u64, sealed: &[u8]| {
        cases.push(with(case(name, revision, sealed), json!({ "error": "STATE" })));
    };
    let sealed = seal_state(sealer, "older", 9, &full.encode());
    refuse("an older state under a newer revision", 10, &sealed);
    refuse("a newer state under an older revision", 8, &sealed);
    let as_row = sealer.seal_with(&short("as row"), Table::Enrolment, &ONLY, 9, &full.encode());
    refuse("sealed with the rows' key", 9, &as_row);
    let mut changed = sealed.clone();
    changed[100] ^= 4;
    refuse("changed", 9, &changed);
    let mut spoil = |name: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let mut plain = full.encode();
        change(&mut plain);
        refuse(name, 9, &seal_state(sealer, name, 9, &plain));
    };
    spoil("another version", &|plain| plain[0] = 2);
    spoil("a feed that neither is nor is not", &|plain| plain[33] = 2);
    spoil("a byte too many", &|plain| plain.push(0));
    spoil("a byte too few", &|plain| plain.truncate(plain.len() - 1));
    cases
}

fn lists(sealer: &Sealer) -> Vec<Value> {
    let ada = list_row(sealer, 35, 2, 9, "Ada");
    let grace = list_row(sealer, 36, 3, 10, "Grace");
    let changed = list_row(sealer, 35, 5, 9, "Ada Lovelace");
    let third = list_row(sealer, 37, 4, 11, "Edsger");
    let (older, newer) = (vec![ada.clone(), grace.clone()], vec![changed.clone(), grace.clone()]);
    let row = |row: &ListRow| json!({ "generation": row.generation, "kind": row.kind as u8, "key": hex::encode(row.key), "seq": row.seq, "sealed": hex::encode(&row.sealed) });
    let case = |name: &str, (revision, of): (u64, u64), stated: &[ListRow], rows: &[ListRow]| {
        let state = seal_state(sealer, "of a list", of, &state_of(sealer, of, stated).encode());
        let rows: Vec<_> = rows.iter().map(row).collect();
        json!({ "name": name, "revision": revision, "state": hex::encode(state), "rows": rows })
    };
    let good = |name: &str, revision: u64, stated: &[ListRow], rows: &[ListRow]| {
        let mut kept: Vec<_> = stated.iter().collect();
        kept.sort_by_key(|row| (row.kind as u8, row.key));
        let bodies: Vec<_> = kept
            .iter()
            .map(|row| json!({ "entity": hex::encode(row.entity.0), "seq": row.seq, "body": hex::encode(&row.body) }))
            .collect();
        with(case(name, (revision, revision), stated, rows), json!({ "bodies": bodies }))
    };
    let loading = ListRow { generation: 2, ..third.clone() };
    let mut cases = vec![
        good("no rows", 1, &[], &[]),
        good("two tickets", 3, &older, &older),
        good("one of them changed", 4, &newer, &newer),
        good("rows of a snapshot that is being loaded do not count", 5, &newer, &[&newer[..], &[loading]].concat()),
        // What only the journal's copy tells.
        good("state and list, both older", 3, &older, &older),
    ];
    let mut refuse = |name: &str, error: &str, place: (u64, u64), stated: &[ListRow], rows: &[ListRow]| {
        cases.push(with(case(name, place, stated, rows), json!({ "error": error })));
    };
    let moved = |from: &ListRow, to: &ListRow| ListRow { sealed: from.sealed.clone(), ..to.clone() };
    let swapped = [moved(&grace, &changed), moved(&changed, &grace)];
    refuse("two rows swapped", "LIST", (4, 4), &newer, &swapped);
    let renumbered = [ListRow { seq: 3, ..changed.clone() }, ListRow { seq: 5, ..grace.clone() }];
    refuse("two rows' numbers swapped", "LIST", (4, 4), &newer, &renumbered);
    refuse("an older row with its number", "LIST", (4, 4), &newer, &older);
    refuse("an older row under the newer number", "LIST", (4, 4), &newer, &[moved(&ada, &changed), grace.clone()]);
    refuse("a row missing", "LIST", (4, 4), &newer, &newer[..1]);
    refuse("all rows missing", "LIST", (4, 4), &newer, &[]);
    refuse("a row too many", "LIST", (4, 4), &newer, &[&newer[..], &[third]].concat());
    let elsewhere = ListRow { kind: Kind::Notice, ..grace.clone() };
    refuse("a row in another table", "LIST", (4, 4), &newer, &[changed, elsewhere]);
    refuse("an older state with its revision", "LIST", (3, 3), &older, &newer);
    refuse("an older state under the newer revision", "STATE", (4, 3), &older, &newer);
    refuse("an older state and list under the newer revision", "STATE", (4, 3), &older, &older);
    let miscounted = State { rows: 3, ..state_of(sealer, 4, &newer) };
    let state = seal_state(sealer, "miscounted", 4, &miscounted.encode());
    let more = json!({ "state": hex::encode(state), "error": "LIST" });
    cases.push(with(case("a state that counts a row too many", (4, 4), &newer, &newer), more));
    cases
}

/// Returns the whole file.
fn file() -> Value {
    let sealer = Sealer::new(event(), &data_key());
    let subkeys: Map<_, _> = SUBKEYS
        .iter()
        .map(|info| ((*info).to_owned(), hex::encode(*key::subkey(&data_key(), info.as_bytes())).into()))
        .collect();
    let ticket_keys: Vec<_> = [0, 35, 20_015_998_343_868, u64::MAX]
        .map(|ticket| json!({ "ticket": ticket, "key": hex::encode(sealer.ticket_key(TicketId(ticket))) }))
        .into();
    let chunk = json!({ "hash": hex::encode(seed("chunk")), "key": hex::encode(sealer.chunk_key(&seed("chunk"))) });
    let places =
        [(Table::Feed(Kind::Policy), ONLY, 1), (Table::Feed(Kind::Ticket), sealer.ticket_key(TicketId(35)), 5)];
    let shares = places.map(|(table, key, seq)| {
        json!({ "table": table.number(), "key": hex::encode(key), "seq": seq, "share": hex::encode(sealer.share(table, &key, seq)) })
    });
    json!({
        "event": hex::encode(event().0), "data_key": hex::encode(*data_key()), "subkeys": subkeys,
        "wrapped_keys": wrapped_keys(), "ticket_keys": ticket_keys, "chunk_keys": [chunk], "shares": shares,
        "rows": sealed_rows(&sealer), "states": states(&sealer), "lists": lists(&sealer),
    })
}

/// Returns the file's text: sorted names, one element of a list per line.
fn text(value: &Value) -> String {
    let Value::Object(members) = sorted(value) else { panic!("the file is an object") };
    let members: Vec<_> = members
        .iter()
        .map(|(name, member)| match member {
            Value::Array(elements) => {
                let lines: Vec<_> = elements.iter().map(|element| format!("    {element}")).collect();
                format!("  {}: [\n{}\n  ]", json!(name), lines.join(",\n"))
            }
            other => format!("  {}: {other}", json!(name)),
        })
        .collect();
    format!("{{\n{}\n}}\n", members.join(",\n"))
}

/// Sorts every object's names, whatever order the JSON library keeps.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut pairs: Vec<_> = members.iter().collect();
            pairs.sort_by_key(|(name, _)| name.as_str());
            Value::Object(pairs.into_iter().map(|(name, value)| (name.clone(), sorted(value))).collect::<Map<_, _>>())
        }
        Value::Array(elements) => Value::Array(elements.iter().map(sorted).collect()),
        other => other.clone(),
    }
}
