//! Seeds for the parsers of `sync-protocol`.

use std::path::Path;

use serde_json::{Value, json};
use sync_protocol::id::{DeviceNo, EventId, GateId, Seq};
use sync_protocol::journal::Courier;
use sync_protocol::problem::ProblemCode;
use sync_protocol::time::UnixMillis;
use usher_fuzz_targets::keys;

use super::Seeds;

pub(crate) fn seeds() -> Seeds {
    let mut seeds = Vec::new();
    tickets(&mut seeds);
    journals(&mut seeds);
    feeds(&mut seeds);
    snapshots(&mut seeds);
    papers(&mut seeds);
    enrolments(&mut seeds);
    requests(&mut seeds);
    messages(&mut seeds);
    seeds
}

fn tickets(seeds: &mut Seeds) {
    for name in ["credential", "door"] {
        for case in list(&vectors(name), if name == "door" { "credentials" } else { "cases" }) {
            seeds.push(("credential", after(b't', text(&case["text"]).as_bytes())));
            if let Ok(bytes) = sync_protocol::ticket::base45::decode(text(&case["text"])) {
                seeds.push(("credential", after(b'b', &bytes)));
            }
        }
    }
    for case in list(&vectors("credential"), "typed_codes") {
        seeds.push(("credential", after(b'n', text(&case["text"]).as_bytes())));
    }
}

fn journals(seeds: &mut Seeds) {
    let journal = vectors("journal");
    for case in list(&journal, "entries") {
        seeds.push(("entry", hex(&case["bytes"])));
    }
    for case in list(&vectors("door"), "sales") {
        seeds.push(("entry", hex(&case["bytes"])));
    }
    for file in [&journal, &vectors("door")] {
        for case in list(file, "batches") {
            seeds.push(("batch", hex(&case["batch"])));
        }
    }
    let batches = list(&journal, "batches").iter().take(2).map(|case| (keys::device_id(), hex(&case["batch"])));
    seeds.push(("batch", Courier { event: keys::event(), batches: batches.collect() }.encode()));
    for case in list(&journal, "acks") {
        let bytes = hex(&case["bytes"]);
        seeds.push(("papers", after(b'a', bytes.get(..bytes.len().saturating_sub(64)).unwrap_or_default())));
    }
}

fn feeds(seeds: &mut Seeds) {
    for name in ["feed", "door"] {
        for case in list(&vectors(name), "bodies") {
            let body = hex(&case["body"]);
            let kind = number(&case["kind"]) as u8;
            if kind == 1 {
                seeds.push(("policy", body.clone()));
            }
            seeds.push(("feed_body", [&[kind], hex(&case["entity"]).as_slice(), &body].concat()));
        }
    }
    for case in list(&vectors("feed"), "feeds") {
        for answer in case["answers"].as_array().unwrap() {
            let bytes = hex(answer);
            if let Some((_, head)) = bytes.split_at_checked(bytes.len().saturating_sub(160)) {
                seeds.push(("papers", after(b'h', head.get(..96).unwrap_or_default())));
            }
            seeds.push(("feed", bytes));
        }
    }
    for case in list(&vectors("door"), "policies") {
        seeds.push(("policy", text(&case["text"]).as_bytes().to_vec()));
    }
    for policy in list(&vectors("verdict"), "policies").iter().step_by(5) {
        seeds.push(("policy", policy.to_string().into_bytes()));
    }
}

fn snapshots(seeds: &mut Seeds) {
    for case in list(&vectors("snapshot"), "cases") {
        let manifest = hex(&case["manifest"]);
        seeds.push(("snapshot", after(b'm', manifest.get(..manifest.len().saturating_sub(64)).unwrap_or_default())));
        for chunk in case["chunks"].as_array().unwrap() {
            if let Ok(records) = zstd::bulk::decompress(&hex(chunk), 1 << 16) {
                seeds.push(("snapshot", after(b'c', &records)));
            }
        }
    }
}

fn papers(seeds: &mut Seeds) {
    for case in list(&vectors("certificate"), "cases") {
        seeds.push(("papers", after(b'c', &hex(&case["bytes"]))));
    }
    let door = vectors("door");
    for case in list(&door, "wipe_orders") {
        seeds.push(("papers", after(b'w', text(&case["signature"]).as_bytes())));
    }
    for case in list(&vectors("health"), "cases") {
        seeds.push(("notes", after(b'h', &hex(&case["bytes"]))));
    }
    for case in list(&door, "guests") {
        seeds.push(("notes", after(b'g', &hex(&case["data"]))));
    }
    for case in list(&door, "drills") {
        seeds.push(("notes", after(b'd', text(&case["note"]).as_bytes())));
    }
}

fn enrolments(seeds: &mut Seeds) {
    let file = vectors("enrol");
    for case in list(&file, "invitations") {
        seeds.push(("enrolment", after(b'i', text(&case["text"]).as_bytes())));
    }
    for case in list(&file, "codes") {
        seeds.push(("enrolment", after(b'c', text(&case["text"]).as_bytes())));
    }
    for case in list(&file, "handshakes") {
        let parts = ["code", "server_key", "sign_key", "tls_key"].map(|part| hex(&case[part])).concat();
        seeds.push(("enrolment", after(b'h', &parts)));
    }
}

fn requests(seeds: &mut Seeds) {
    for case in list(&vectors("http"), "cases") {
        let parts = ["method", "authority", "path", "query", "signature_input", "signature", "content_digest"];
        let lines = parts.map(|part| case[part].as_str().unwrap_or("-"));
        let mut seed = lines.join("\n").into_bytes();
        if case["body"].is_string() {
            seed.push(b'\n');
            seed.extend(hex(&case["body"]));
        }
        seeds.push(("http_signature", seed));
    }
}

fn messages(seeds: &mut Seeds) {
    let (device, event, hash) = (keys::device_id(), keys::event(), "ab".repeat(32));
    let wipe = list(&vectors("door"), "wipe_orders")[0]["signature"].clone();
    let held_by = json!({ "device_no": 4, "jseq": 9, "gate": GateId(1), "at": UnixMillis(1) });
    let mut messages = vec![
        json!({ "server_key": hash }),
        json!({ "received": 1_780_308_000_000_u64, "sent": 1_780_308_000_001_u64 }),
        json!({ "code": "ABCDE12345", "name": "North", "sign_key": hash, "tls_key": hash, "signature": wipe }),
        json!({ "device_id": device, "digits": "590931", "confirmed": true }),
        json!({
            "event_id": event, "event_name": "Open Day", "device_id": device, "device_no": DeviceNo(4), "gate": 1,
            "feed_id": keys::feed(), "k_body": hash, "certificate": "01", "certificate_signature": wipe,
        }),
        json!({ "last_seq": Seq(9), "last_hash": hash, "acknowledgement": "00", "quarantined": [[1, 4], [7, 7]] }),
        json!({ "quarantine": 3, "last_seq": 9 }),
        json!({ "ticket_id": 77, "zone": 1, "device_no": 4, "jseq": 9 }),
        json!({ "until": 1_780_308_000_000_u64 }),
        json!({ "at": 5, "doors": [{
            "device_no": 4, "name": "North", "gates": [1, 2], "status": "active", "last_seen_at": 3, "last_entry_at": 2,
            "last_seq": 9, "admitted": 5, "exits": 1,
        }] }),
        json!({ "leases": [{ "class": 6, "places": 5, "count": 12, "expires": 99 }] }),
        json!({ "code": "CLAIM_HELD", "detail": "…", "held_by": held_by }),
        json!({ "code": "DEVICE_REVOKED", "wipe": wipe }),
        json!({ "code": "GAP", "last_seq": 3, "quarantine": 4, "unknown": [null, 1.5e300, -1] }),
        json!([EventId([0; 16])]),
    ];
    messages.extend(ProblemCode::ALL.iter().map(|code| json!({ "code": code.name(), "detail": code.title() })));
    seeds.extend(messages.iter().map(|message| ("wire", message.to_string().into_bytes())));
}

fn vectors(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../vectors/{name}.json"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn list<'a>(file: &'a Value, name: &str) -> &'a [Value] {
    file[name].as_array().unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

fn hex(value: &Value) -> Vec<u8> {
    hex::decode(text(value)).unwrap()
}

fn after(kind: u8, bytes: &[u8]) -> Vec<u8> {
    [&[kind], bytes].concat()
}
