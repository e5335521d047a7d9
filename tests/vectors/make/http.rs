//! `http.json`: signed requests to each endpoint, and requests that are not signed as they must be.

use serde_json::{Value, json};
use sync_protocol::http_signature::{Headers, Parts, sign, signature_base};
use sync_protocol::id::DeviceId;

use super::feed::event;
use super::scene::NOON;
use super::{id, key, public_hex};

const CREATED: u64 = NOON / 1_000;
const NONCE: &str = "q8Zt-0_7nonce";
const AUTHORITY: &str = "tickets.example.org:8443";

fn device() -> DeviceId {
    DeviceId(id("device 4"))
}

fn signed(parts: &Parts<'_>) -> Headers {
    sign(parts, device(), CREATED, NONCE, &key("device 4 sign"))
}

fn case(name: &str, parts: &Parts<'_>, headers: &Headers, now: u64, expect: &str) -> Value {
    json!({
        "name": name, "method": parts.method, "authority": parts.authority, "path": parts.path, "query": parts.query,
        "body": parts.body.map(hex::encode), "content_digest": headers.content_digest,
        "signature_input": headers.signature_input, "signature": headers.signature, "now": now, "expect": expect,
    })
}

pub(crate) fn file() -> Value {
    let (e, d) = (event(), device());
    let journal = format!("/sync/v1/events/{e}/journals/{d}");
    let chunk = format!("/sync/v1/events/{e}/chunks/{}", hex::encode(super::seed("a chunk")));
    let of_event = |rest: &str| format!("/sync/v1/events/{e}/{rest}");
    let (head, snapshot, feed, claims) = (of_event("head"), of_event("snapshot"), of_event("feed"), of_event("claims"));
    let enrolment = format!("/sync/v1/enrol/{d}");
    let claim = br#"{"ticket_id":"16JD","zone":0,"device_no":4,"jseq":9}"#;
    let batch: Vec<u8> = (0..=255).collect();
    let get = |path| Parts { method: "GET", authority: AUTHORITY, path, query: "", body: None };
    let post = |path, body| Parts { method: "POST", authority: AUTHORITY, path, query: "", body: Some(body) };

    let mut cases = Vec::new();
    for (name, parts) in [
        ("whether the enrolment is confirmed", get(&enrolment)),
        ("the head", get(&head)),
        ("the snapshot", get(&snapshot)),
        ("a chunk", get(&chunk)),
        ("the feed", Parts { query: "after=41&max=1000&wait=25", ..get(&feed) }),
        ("a batch", post(&journal, &batch[..])),
        ("a batch as evidence", Parts { query: "evidence=1", ..post(&journal, &batch[..]) }),
        ("what the server holds", get(&journal)),
        ("a claim", post(&claims, &claim[..])),
        ("a body of no bytes", post(&journal, &[][..])),
        ("an authority in capitals", Parts { authority: "Tickets.Example.ORG:8443", ..get(&head) }),
    ] {
        let mut case = case(name, &parts, &signed(&parts), NOON, "OK");
        case["base"] = json!(signature_base(&parts, d, CREATED, NONCE));
        cases.push(case);
    }
    let parts = Parts { query: "evidence=1", ..post(&journal, &batch[..]) };
    let good = signed(&parts);
    let mut add = |name: &str, parts: &Parts<'_>, headers: &Headers, now: u64, expect: &str| {
        cases.push(case(name, parts, headers, now, expect));
    };
    for (name, now, expect) in [
        ("two minutes old", NOON + 120_999, "OK"),
        ("older", NOON + 121_000, "CLOCK"),
        ("two minutes ahead", NOON - 120_000, "OK"),
        ("further ahead", NOON - 120_001, "CLOCK"),
        ("in 1970", 0, "CLOCK"),
    ] {
        add(name, &parts, &good, now, expect);
    }
    for (name, other, expect) in [
        ("another method", Parts { method: "PUT", ..parts }, "SIGNATURE"),
        ("another authority", Parts { authority: "tickets.example.com:8443", ..parts }, "SIGNATURE"),
        ("without its port", Parts { authority: "tickets.example.org", ..parts }, "SIGNATURE"),
        ("another path", Parts { path: &claims, ..parts }, "SIGNATURE"),
        ("another query", Parts { query: "evidence=0", ..parts }, "SIGNATURE"),
        ("no query", Parts { query: "", ..parts }, "SIGNATURE"),
        ("another body", Parts { body: Some(b"other"), ..parts }, "DIGEST"),
        ("no body", Parts { body: None, ..parts }, "FORM"),
    ] {
        add(name, &other, &good, NOON, expect);
    }
    let input = &good.signature_input;
    for (name, signature_input) in [
        ("components reordered", input.replace("\"@method\" \"@authority\"", "\"@authority\" \"@method\"")),
        ("a component more", input.replace("\"content-digest\")", "\"content-digest\" \"date\")")),
        ("a component less", input.replace("\"@query\" ", "")),
        ("a component twice", input.replace("\"@method\" ", "\"@method\" \"@method\" ")),
        ("the body left out", input.replace(" \"content-digest\"", "")),
        ("parameters reordered", input.replace(";alg=\"ed25519\";tag=\"usher1\"", ";tag=\"usher1\";alg=\"ed25519\"")),
        ("a parameter more", format!("{input};expires=1")),
        ("a parameter less", input.replace(";tag=\"usher1\"", "")),
        ("another algorithm", input.replace("ed25519", "hmac-sha256")),
        ("another tag", input.replace("usher1", "usher2")),
        ("another label", input.replace("usher=", "sig1=")),
        ("two signatures", format!("{input}, {input}")),
        ("a space more", input.replace("\"@method\" ", "\"@method\"  ")),
        ("a leading zero", input.replace("created=", "created=0")),
        ("a time that is no number", input.replace("created=", "created=x")),
        ("a nonce with other characters", input.replace(NONCE, "a b")),
        ("no nonce", input.replace(NONCE, "")),
        ("a nonce that is too long", input.replace(NONCE, &"n".repeat(65))),
        ("a device in capitals", input.replace(&d.to_string(), &d.to_string().to_uppercase())),
        ("nothing", String::new()),
    ] {
        add(name, &parts, &Headers { signature_input, ..good.clone() }, NOON, "FORM");
    }
    for (name, signature) in [
        ("a signature without its colons", good.signature.replace(':', "")),
        ("a signature under another label", good.signature.replace("usher=", "sig1=")),
        ("a signature that is too short", "usher=:AAAA:".to_string()),
        ("a signature that is no base64", good.signature.replace("usher=:", "usher=:*")),
    ] {
        add(name, &parts, &Headers { signature, ..good.clone() }, NOON, "FORM");
    }
    let no_digest = Headers { content_digest: None, ..good.clone() };
    add("no digest", &parts, &no_digest, NOON, "FORM");
    let other_digest =
        Headers { content_digest: Some(sync_protocol::http_signature::digest(b"other")), ..good.clone() };
    add("the digest of another body", &parts, &other_digest, NOON, "SIGNATURE");
    let by_stranger = sign(&parts, d, CREATED, NONCE, &key("a stranger"));
    add("by a stranger", &parts, &by_stranger, NOON, "SIGNATURE");
    let later = sign(&parts, d, CREATED + 1, NONCE, &key("device 4 sign"));
    let mixed = Headers { signature: later.signature, ..good.clone() };
    add("a signature of another second", &parts, &mixed, NOON, "SIGNATURE");
    add("old and by a stranger", &parts, &by_stranger, NOON + 999_000, "SIGNATURE");
    json!({"device": d.to_string(), "key": public_hex(&key("device 4 sign")), "cases": cases})
}
