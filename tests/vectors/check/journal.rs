//! Entries, journals, batches, the server's intake, acknowledgements.

use serde_json::{Value, json};
use sync_protocol::feed::entry::DeviceStatus;
use sync_protocol::id::{DeviceId, Seq};
use sync_protocol::journal::chain::{ChainError, verify};
use sync_protocol::journal::{Batch, BatchError, Entry, Link, SignedEntry};
use sync_protocol::key::PublicKey;
use sync_protocol::sync::SignedAck;
use sync_protocol::sync::ack::AckError;
use sync_protocol::sync::intake::{Held, Intake, intake};

use crate::{array, bytes, file, list, make, number, text};

fn device(file: &Value) -> DeviceId {
    text(&file["device"]).parse().unwrap()
}

fn key(file: &Value) -> PublicKey {
    PublicKey::import(&array(&file["key"])).unwrap()
}

#[test]
fn entries_say_what_they_say_or_are_refused() {
    for case in list(&file("journal.json"), "entries") {
        let entry = Entry::decode(&bytes(&case["bytes"]));
        assert_eq!(entry.is_err(), case["refused"] == json!(true), "{}", case["name"]);
        let Ok(entry) = entry else { continue };
        assert_eq!(make::journal::says(&entry)["says"], case["says"], "{}", case["name"]);
        assert_eq!(entry.encode().unwrap(), bytes(&case["bytes"]), "{}", case["name"]);
    }
}

#[test]
fn journals_hold_together_or_break_where_they_break() {
    let file = file("journal.json");
    let start = Link::empty(text(&file["event"]).parse().unwrap(), device(&file));
    assert_eq!(start.hash, array::<32>(&file["start"]));
    for case in list(&file, "journals") {
        let entries: Vec<SignedEntry> = case["entries"]
            .as_array()
            .unwrap()
            .iter()
            .map(|e| SignedEntry::from_parts(bytes(&e["bytes"]), array(&e["signature"])).unwrap())
            .collect();
        let found = match verify(start, device(&file), &key(&file), &entries) {
            Ok(end) => json!({"seq": end.seq.0, "hash": hex::encode(end.hash)}),
            Err(ChainError::Device(at)) => json!({"error": "DEVICE", "at": at.0}),
            Err(ChainError::Number { got, .. }) => json!({"error": "NUMBER", "at": got.0}),
            Err(ChainError::Link(at)) => json!({"error": "LINK", "at": at.0}),
            Err(ChainError::Signature(at)) => json!({"error": "SIGNATURE", "at": at.0}),
        };
        assert_eq!(found, case["expect"], "{}", case["name"]);
    }
}

#[test]
fn batches_are_rebuilt_or_refused_with_their_code() {
    for name in ["journal.json", "door.json"] {
        check_batches(&file(name));
    }
}

fn check_batches(file: &Value) {
    for case in list(file, "batches") {
        let found = match Batch::decode(&bytes(&case["batch"]), device(file), &key(file)) {
            Ok(batch) => json!({
                "first": batch.first_seq().0,
                "hashes": batch.entries.iter().map(|e| hex::encode(e.hash)).collect::<Vec<_>>(),
                "personal": batch.personal_data.iter().map(|p| json!([p.seq.0, hex::encode(&p.data)])).collect::<Vec<_>>(),
            }),
            Err(BatchError::Layout(_)) => json!({"error": "MALFORMED"}),
            Err(BatchError::Chain) => json!({"error": "BAD_CHAIN"}),
        };
        assert_eq!(found, case["expect"], "{}", case["name"]);
    }
}

#[test]
fn the_server_does_with_each_batch_what_is_written() {
    for name in ["journal.json", "door.json"] {
        check_intakes(&file(name));
    }
}

fn check_intakes(file: &Value) {
    for case in list(file, "intakes") {
        let batch = Batch::decode(&bytes(&case["batch"]), device(file), &key(file)).unwrap();
        let end = Link { seq: Seq(number(&case["held"]["seq"])), hash: array(&case["held"]["hash"]) };
        let held = Held { status: DeviceStatus::from_u8(number(&case["status"]) as u8).unwrap(), end };
        let known = case["known"].as_array().unwrap();
        let hash_of = |seq: Seq| known.get(seq.0 as usize - 1).map(array::<32>);
        let found = match intake(&batch, &held, case["evidence"] == json!(true), hash_of) {
            Intake::Store { skip, end } => {
                json!({"store": {"skip": skip, "seq": end.seq.0, "hash": hex::encode(end.hash)}})
            }
            Intake::Quarantine => json!({"quarantine": true}),
            Intake::Gap { last } => json!({"gap": last.0}),
            Intake::Fork { at } => json!({"fork": at.0}),
        };
        assert_eq!(found, case["expect"], "{}", case["name"]);
    }
}

#[test]
fn acknowledgements_open_or_are_refused() {
    let file = file("journal.json");
    let server = PublicKey::import(&array(&file["server_key"])).unwrap();
    for case in list(&file, "acks") {
        let found = match SignedAck::open(&bytes(&case["bytes"]), &server) {
            Ok(ack) => json!({
                "event": ack.event.to_string(), "device": ack.device.to_string(), "seq": ack.seq.0,
                "hash": hex::encode(ack.hash), "feed_seq": ack.feed_seq.0, "time": ack.time.0,
            }),
            Err(AckError::Signature(_)) => json!("BAD_SIGNATURE"),
            Err(AckError::Layout(_)) => json!("MALFORMED"),
        };
        assert_eq!(Some(&found), case.get("says").or(case.get("error")), "{}", case["name"]);
    }
}
