//! The feed: what entries say, pages of them under a head, and snapshots.

use std::collections::BTreeMap;

use sync_protocol::certificate::Certificate;
use sync_protocol::feed::chain::ChainPoint;
use sync_protocol::feed::pull::{Position, Progress, Pull, chain_of, read_page};
use sync_protocol::feed::snapshot::{CHUNK_PACKED_BYTES_MAX, CHUNKS_MAX, ChunkName, SignedManifest};
use sync_protocol::feed::{Body, Entity, Form, Head, Kind, Record, SignedHead};
use sync_protocol::hash::{Dst, sha256};
use sync_protocol::id::FeedSeq;
use sync_protocol::key;
use sync_protocol::policy::Policy;
use sync_protocol::sync::message::{decode_feed_answer, encode_feed_answer};
use sync_protocol::time::UnixMillis;

use crate::keys;

/// A body behind its kind (one byte) and entity (sixteen).
pub fn body(input: &[u8]) {
    let Some(([kind, entity @ ..], bytes)) = input.split_first_chunk::<17>() else { return };
    let Some(kind) = Kind::from_u8(*kind) else { return };
    let entity = Entity(*entity);
    let Ok(body) = Body::decode(kind, entity, bytes) else { return };
    let written = body.encode(entity);
    assert_eq!((written.kind, written.entity), (kind, entity), "an entry has one name");
    match &body {
        // JSON has many forms of one thing.
        Body::Policy(_) => assert_eq!(Body::decode(kind, entity, &written.body).as_ref(), Ok(&body)),
        Body::Ticket { .. } => assert_eq!(Body::decode(kind, entity, &written.body), Ok(trimmed(&body))),
        _ => assert_eq!(written.body, bytes, "a body has one form"),
    }
    if let Body::Device { certificate, .. } = &body
        && let Ok(read) = Certificate::decode(&certificate.bytes)
    {
        assert_eq!(read.encode(), certificate.bytes, "a certificate has one form");
    }
}

/// Returns what a ticket's entry says as it is written: texts may arrive with space at their ends, and are sent without.
fn trimmed(body: &Body) -> Body {
    let mut body = body.clone();
    if let Body::Ticket { ticket_row, .. } = &mut body {
        for text in [&mut ticket_row.name, &mut ticket_row.note, &mut ticket_row.email, &mut ticket_row.group] {
            *text = text.trim().to_owned();
        }
    }
    body
}

/// The event's rules.
pub fn policy(input: &[u8]) {
    let Ok(policy) = Policy::decode(input) else { return };
    assert_eq!(Policy::decode(&policy.encode()).as_ref(), Ok(&policy), "rules are read as they were written");
    assert_eq!(policy.check(), Ok(()));
    for class in &policy.classes {
        assert!(class.zones.iter().all(|zone| policy.zone(*zone).is_some()));
        assert!(class.gates.iter().all(|gate| policy.gate(*gate).is_some()));
    }
}

/// An answer to a question for the feed, read and then pulled: with the numbers it has, and with the right ones.
pub fn answer(input: &[u8]) {
    let Ok((mut records, head)) = decode_feed_answer(input) else { return };
    assert_eq!(encode_feed_answer(&records, &head), input, "an answer has one form");
    assert_eq!(
        head.open(keys::server_public()).map(|read| read.sign(keys::server())).ok(),
        is_signed(&head).then_some(head)
    );
    pull(&records);
    for (record, number) in records.iter_mut().zip(1..) {
        record.seq = FeedSeq(number);
    }
    pull(&records);
}

fn is_signed(head: &SignedHead) -> bool {
    head.signature == key::sign(keys::server(), Dst::HEAD, &[&head.bytes])
}

/// Pulls records up to a head that the server signs over them, in one page and in two, and holds what comes of it
/// against the rules.
fn pull(records: &[Record]) {
    let start = ChainPoint::start(keys::event(), keys::feed());
    let headers: Vec<_> = records.iter().map(|record| record.header(&keys::k_body())).collect();
    let (seq, chain) = chain_of(start, &headers);
    let time = UnixMillis(0);
    let (event, feed) = (keys::event(), keys::feed());
    let head = Head { event, feed, seq, chain, floor: FeedSeq(1), time, valid_until: time };
    let position = Position { event, feed, point: start };

    let is_numbered = records.iter().zip(1..).all(|(record, number)| record.seq == FeedSeq(number));
    let newest: BTreeMap<_, _> = records.iter().map(|record| ((record.kind, record.entity), record)).collect();
    let has_body = |record: &Record| matches!(record.form, Form::Body(_));
    let is_complete = newest.values().all(|record| has_body(record))
        && records.iter().all(|record| record.kind != Kind::Move || has_body(record));

    let at_once = Pull::new(position, keys::k_body()).take(records.to_vec(), &head);
    let (first, second) = records.split_at(records.len() / 2);
    let in_two = match Pull::new(position, keys::k_body()).take(first.to_vec(), &head) {
        Ok(Progress::More(pull)) => pull.take(second.to_vec(), &head),
        // An empty feed is at its head at once.
        other => other,
    };
    for outcome in [at_once, in_two] {
        match outcome {
            Ok(Progress::Done(pulled)) => {
                assert!(is_numbered && is_complete, "what has gaps is not taken");
                assert_eq!(pulled.position.point, ChainPoint { seq, value: chain });
                assert!(pulled.records.iter().eq(records.iter().filter(|record| has_body(record))));
            }
            Ok(Progress::More(_)) => panic!("a pull that reached its head wants more"),
            Err(_) => assert!(!is_numbered || !is_complete, "what is whole is taken"),
        }
    }
}

/// A snapshot's list (first byte `m`, then the list without its signature) or a chunk's records (`c`).
pub fn snapshot(input: &[u8]) {
    match input.split_first() {
        Some((b'm', list)) => manifest(list),
        Some((b'c', records)) => chunk(records),
        _ => {}
    }
}

fn manifest(bytes: &[u8]) {
    if let Ok(unsigned) = SignedManifest::from_bytes(bytes) {
        assert_eq!(unsigned.to_bytes(), bytes);
        let is_signed = unsigned.signature == key::sign(keys::server(), Dst::SNAPSHOT, &[&unsigned.bytes]);
        assert!(is_signed || unsigned.open(keys::server_public()).is_err(), "only what was signed counts");
    }
    let signature = key::sign(keys::server(), Dst::SNAPSHOT, &[bytes]);
    let signed = SignedManifest { bytes: bytes.to_vec(), signature };
    let Ok(manifest) = signed.open(keys::server_public()) else { return };
    assert_eq!(manifest.sign(keys::server()), signed, "a list has one form");
    assert!(manifest.chunks.len() <= CHUNKS_MAX);
    assert!(manifest.chunks.iter().all(|chunk| chunk.packed_bytes as usize <= CHUNK_PACKED_BYTES_MAX));
    assert_eq!(manifest.chunks.iter().map(|chunk| u64::from(chunk.rows)).sum::<u64>(), manifest.rows);
}

fn chunk(bytes: &[u8]) {
    let rows = read_page(bytes).map_or(0, |records| records.len());
    let packed_bytes = bytes.len() as u32;
    let name = ChunkName { packed_bytes, rows: rows as u32, hash: sha256(&[bytes]) };
    assert_eq!(name.check(bytes), Ok(()));
    let Ok(records) = name.records(bytes) else { return };
    let mut written = Vec::new();
    records.iter().for_each(|record| record.encode_into(&mut written));
    assert_eq!(written, bytes, "a chunk has one form");
    assert!(records.is_sorted_by(|a, b| (a.kind, a.entity) < (b.kind, b.entity)));
    assert!(records.iter().all(|record| matches!(record.form, Form::Body(_))));
    let fewer = ChunkName { rows: name.rows.wrapping_sub(1), ..name };
    assert!(fewer.records(bytes).is_err(), "a chunk holds as many records as its list says");
}
