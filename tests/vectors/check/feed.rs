//! Feeds and snapshots.

use std::io::Read as _;

use serde_json::{Value, json};
use sync_protocol::feed::chain::ChainPoint;
use sync_protocol::feed::head::HeadError;
use sync_protocol::feed::pull::{Position, Progress, Pull, PullError};
use sync_protocol::feed::record::Record;
use sync_protocol::feed::snapshot::{CHUNK_UNPACKED_BYTES_MAX, SignedManifest, SnapshotError};
use sync_protocol::feed::{Body, Entity, Kind, NewEntry};
use sync_protocol::id::FeedSeq;
use sync_protocol::key::PublicKey;
use sync_protocol::sync::message::decode_feed_answer;

use crate::{array, bytes, file, list, make, number, text};

#[test]
fn bodies_say_what_they_say_or_are_refused() {
    for name in ["feed.json", "door.json"] {
        check_bodies(&file(name));
    }
}

fn check_bodies(file: &Value) {
    for case in list(file, "bodies") {
        let entity = Entity(array(&case["entity"]));
        let body = Kind::from_u8(number(&case["kind"]) as u8)
            .and_then(|kind| Body::decode(kind, entity, &bytes(&case["body"])).ok());
        assert_eq!(body.is_none(), case["refused"] == json!(true), "{}", case["name"]);
        let Some(body) = body else { continue };
        assert_eq!(make::feed::says(&body), case["says"], "{}", case["name"]);
        let NewEntry { body: written, .. } = body.encode(entity);
        assert_eq!(written, bytes(&case["body"]), "{}", case["name"]);
    }
}

fn pull(file: &Value, case: &Value) -> Result<Value, &'static str> {
    let server = PublicKey::import(&array(&file["server_key"])).unwrap();
    let point = ChainPoint { seq: FeedSeq(number(&case["from"]["seq"])), value: array(&case["from"]["chain"]) };
    let (event, feed) = (text(&file["event"]).parse().unwrap(), text(&file["feed"]).parse().unwrap());
    let mut pull = Pull::new(Position { event, feed, point }, array(&file["k_body"]));
    for answer in list(case, "answers") {
        let (records, head) = decode_feed_answer(&bytes(answer)).map_err(|_| "MALFORMED")?;
        let head = head.open(&server).map_err(|error| match error {
            HeadError::Signature(_) => "BAD_SIGNATURE",
            HeadError::Layout(_) => "MALFORMED",
        })?;
        let progress = pull.take(records, &head).map_err(|error| match error {
            PullError::Broken { .. } => "FEED_BROKEN",
            PullError::OtherFeed { .. } => "OTHER_FEED",
            PullError::ServerFork => "SERVER_FORK",
            PullError::Layout(_) => "MALFORMED",
        })?;
        match progress {
            Progress::More(more) => pull = more,
            Progress::Done(pulled) => {
                let point = pulled.position.point;
                return Ok(json!({
                    "seq": point.seq.0, "chain": hex::encode(point.value), "kept": pulled.records.len(),
                }));
            }
        }
    }
    Ok(json!({"more_after": pull.after().0}))
}

#[test]
fn feeds_are_taken_whole_or_not_at_all() {
    let file = file("feed.json");
    let (event, feed) = (text(&file["event"]).parse().unwrap(), text(&file["feed"]).parse().unwrap());
    assert_eq!(ChainPoint::start(event, feed).value, array::<32>(&file["start"]));
    for case in list(&file, "feeds") {
        let found = pull(&file, case).unwrap_or_else(|code| json!({"error": code}));
        assert_eq!(found, case["expect"], "{}", case["name"]);
    }
}

/// Unpacks a chunk within its limit, as a terminal must.
fn unpack(packed: &[u8]) -> Option<Vec<u8>> {
    let mut unpacked = Vec::new();
    let decoder = zstd::Decoder::new(packed).ok()?;
    decoder.take(CHUNK_UNPACKED_BYTES_MAX as u64 + 1).read_to_end(&mut unpacked).ok()?;
    (unpacked.len() <= CHUNK_UNPACKED_BYTES_MAX).then_some(unpacked)
}

fn restore(file: &Value, case: &Value) -> Result<Value, &'static str> {
    let named = |error| match error {
        SnapshotError::Signature(_) => "BAD_SIGNATURE",
        SnapshotError::Layout(_) => "MALFORMED",
        SnapshotError::WrongChunk => "WRONG_CHUNK",
        SnapshotError::WrongRows => "WRONG_ROWS",
    };
    let server = PublicKey::import(&array(&file["server_key"])).unwrap();
    let signed = SignedManifest::from_bytes(&bytes(&case["manifest"])).map_err(|_| "MALFORMED")?;
    let manifest = signed.open(&server).map_err(named)?;
    let chunks = case["chunks"].as_array().unwrap();
    assert_eq!(chunks.len(), manifest.chunks.len());
    let mut records: Vec<Record> = Vec::new();
    for (name, packed) in manifest.chunks.iter().zip(chunks) {
        let packed = bytes(packed);
        name.check(&packed).map_err(named)?;
        let unpacked = unpack(&packed).ok_or("MALFORMED")?;
        records.extend(name.records(&unpacked).map_err(named)?);
    }
    let mut written = Vec::new();
    records.iter().for_each(|record| record.encode_into(&mut written));
    written.truncate(30);
    Ok(json!({
        "seq": manifest.seq.0, "chain": hex::encode(manifest.chain), "rows": records.len(), "chunks": chunks.len(),
        "first_bytes": hex::encode(written),
    }))
}

#[test]
fn snapshots_are_restored_or_refused_with_what_is_wrong() {
    let file = file("snapshot.json");
    for case in list(&file, "cases") {
        let found = restore(&file, case).unwrap_or_else(|code| json!({"error": code}));
        assert_eq!(found, case["expect"], "{}", case["name"]);
    }
}
