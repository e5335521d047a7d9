//! `snapshot.json`: signed lists of chunks with the chunks, whole or broken.
//!
//! The frames are put together here from stored blocks, so that no version of a compressor changes
//! their bytes; to a decompressor they are frames like any other.

use serde_json::{Value, json};
use sync_protocol::feed::snapshot::{ChunkName, Manifest};
use sync_protocol::feed::{Form, Record};
use sync_protocol::hash::sha256;
use sync_protocol::id::FeedSeq;

use super::feed::{bodies, event, feed_id, k_body, records, server, start, ticket};
use super::{key, public_hex};

const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
const BLOCK: usize = 128 * 1024;

/// Returns a zstd frame (RFC 8878) of stored blocks.
fn stored(data: &[u8]) -> Vec<u8> {
    let mut frame = opening(data.len());
    let blocks: Vec<&[u8]> = if data.is_empty() { vec![data] } else { data.chunks(BLOCK).collect() };
    for (at, block) in blocks.iter().enumerate() {
        frame.extend(block_header(at + 1 == blocks.len(), 0, block.len()));
        frame.extend(*block);
    }
    frame
}

/// Returns a frame of zero bytes that is far shorter than what it unpacks to.
fn bomb(length: usize) -> Vec<u8> {
    let mut frame = opening(length);
    for at in (0..length).step_by(BLOCK) {
        let size = BLOCK.min(length - at);
        frame.extend(block_header(at + size == length, 1, size));
        frame.push(0);
    }
    frame
}

/// The frame's magic number and a header that says "one segment of so many bytes".
fn opening(length: usize) -> Vec<u8> {
    [&MAGIC[..], &[0xa0], &(length as u32).to_le_bytes()].concat()
}

fn block_header(is_last: bool, kind: u32, size: usize) -> [u8; 3] {
    let [a, b, c, _] = ((size as u32) << 3 | kind << 1 | u32::from(is_last)).to_le_bytes();
    [a, b, c]
}

fn bytes(records: &[Record]) -> Vec<u8> {
    let mut bytes = Vec::new();
    records.iter().for_each(|record| record.encode_into(&mut bytes));
    bytes
}

fn name(packed: &[u8], rows: usize) -> ChunkName {
    ChunkName { packed_bytes: packed.len() as u32, rows: rows as u32, hash: sha256(&[packed]) }
}

pub(crate) fn file() -> Value {
    let all = [bodies(), (100..140).map(|n| ticket(n, n as u32, &format!("Guest {n}"), "")).collect()].concat();
    let records = records(&all);
    let end = records.iter().fold(start(), |point, record| point.after(&record.header(&k_body())));
    let mut newest = records.clone();
    newest.sort_by_key(|record| (record.kind, record.entity));
    let runs: Vec<&[Record]> = newest.chunks(newest.len().div_ceil(3)).collect();
    let chunks: Vec<Vec<u8>> = runs.iter().map(|run| stored(&bytes(run))).collect();
    let names: Vec<ChunkName> = runs.iter().zip(&chunks).map(|(run, chunk)| name(chunk, run.len())).collect();
    let manifest = Manifest {
        event: event(),
        feed: feed_id(),
        seq: end.seq,
        chain: end.value,
        rows: newest.len() as u64,
        chunks: names.clone(),
    };
    let case = |name: &str, manifest: Vec<u8>, chunks: &[Vec<u8>], expect: Value| {
        json!({
            "name": name, "manifest": hex::encode(manifest), "chunks": chunks.iter().map(hex::encode).collect::<Vec<_>>(),
            "expect": expect,
        })
    };
    let signed = |manifest: &Manifest| manifest.sign(&server()).to_bytes();
    let error = |code: &str| json!({"error": code});
    let good = json!({
        "seq": end.seq.0, "chain": hex::encode(end.value), "rows": newest.len(), "chunks": 3,
        "first_bytes": hex::encode(&bytes(&newest)[..30]),
    });
    let with_one = |unpacked: Vec<u8>, rows: usize| {
        let packed = stored(&unpacked);
        let manifest = Manifest { rows: rows as u64, chunks: vec![name(&packed, rows)], ..manifest.clone() };
        (signed(&manifest), vec![packed])
    };

    let mut cases = vec![case("three chunks", signed(&manifest), &chunks, good)];
    let empty = Manifest { seq: FeedSeq(0), chain: start().value, rows: 0, chunks: vec![], ..manifest.clone() };
    cases.push(case(
        "nothing yet",
        signed(&empty),
        &[],
        json!({
            "seq": 0, "chain": hex::encode(start().value), "rows": 0, "chunks": 0, "first_bytes": "",
        }),
    ));
    let mut swapped = chunks.clone();
    swapped.swap(0, 1);
    cases.push(case("chunks swapped", signed(&manifest), &swapped, error("WRONG_CHUNK")));
    let mut changed = chunks.clone();
    *changed[1].last_mut().unwrap() ^= 1;
    cases.push(case("a bit of a chunk changed", signed(&manifest), &changed, error("WRONG_CHUNK")));
    let mut longer = chunks.clone();
    longer[2].push(0);
    cases.push(case("a chunk with a byte more", signed(&manifest), &longer, error("WRONG_CHUNK")));
    let mut long_name = manifest.clone();
    long_name.chunks[0].packed_bytes += 1;
    cases.push(case("another length with the same hash", signed(&long_name), &chunks, error("WRONG_CHUNK")));
    let mut miscounted = manifest.clone();
    (miscounted.chunks[0].rows, miscounted.chunks[1].rows) = (names[0].rows + 1, names[1].rows - 1);
    cases.push(case("a row that is in another chunk", signed(&miscounted), &chunks, error("WRONG_ROWS")));
    let sum = Manifest { rows: manifest.rows + 1, ..manifest.clone() };
    cases.push(case("rows that do not add up", signed(&sum), &chunks, error("WRONG_ROWS")));
    let by_stranger = manifest.sign(&key("a stranger")).to_bytes();
    cases.push(case("by a stranger", by_stranger, &chunks, error("BAD_SIGNATURE")));
    for (what, at) in [("event", 0), ("feed", 16), ("number", 39), ("chain", 40), ("first hash", 92)] {
        let mut bytes = signed(&manifest);
        bytes[at] ^= 1;
        cases.push(case(&format!("another {what}"), bytes, &chunks, error("BAD_SIGNATURE")));
    }
    let mut cut = signed(&manifest);
    cut.truncate(63);
    cases.push(case("shorter than a signature", cut, &chunks, error("MALFORMED")));
    let mut large = manifest.clone();
    large.chunks[0].packed_bytes = 1024 * 1024 + 1;
    cases.push(case("a chunk over 1 MiB", signed(&large), &chunks, error("MALFORMED")));
    let (reversed_manifest, reversed) = with_one(bytes(&[newest[1].clone(), newest[0].clone()]), 2);
    cases.push(case("rows out of order", reversed_manifest, &reversed, error("WRONG_ROWS")));
    let (twice_manifest, twice) = with_one(bytes(&[newest[0].clone(), newest[0].clone()]), 2);
    cases.push(case("a row twice", twice_manifest, &twice, error("WRONG_ROWS")));
    let tag = Record { form: Form::Tag([1; 32]), ..newest[0].clone() };
    let (tag_manifest, tag) = with_one(bytes(&[tag]), 1);
    cases.push(case("a row as its tag", tag_manifest, &tag, error("WRONG_ROWS")));
    let whole = bytes(&newest[..2]);
    let (cut_manifest, cut) = with_one(whole[..whole.len() - 1].to_vec(), 2);
    cases.push(case("a chunk cut short", cut_manifest, &cut, error("MALFORMED")));
    let (more_manifest, more) = with_one([whole.as_slice(), &[0]].concat(), 2);
    cases.push(case("a chunk with a byte left over", more_manifest, &more, error("MALFORMED")));
    let packed = bomb(8 * 1024 * 1024 + 1);
    let bombed = Manifest { rows: 1, chunks: vec![name(&packed, 1)], ..manifest.clone() };
    cases.push(case("a chunk that unpacks to more than 8 MiB", signed(&bombed), &[packed], error("MALFORMED")));
    let packed = b"this is no frame".to_vec();
    let unframed = Manifest { rows: 1, chunks: vec![name(&packed, 1)], ..manifest.clone() };
    cases.push(case("a chunk that is no frame", signed(&unframed), &[packed], error("MALFORMED")));
    json!({"server_key": public_hex(&server()), "cases": cases})
}
