//! `certificate.json`: device certificates under S's signature.

use serde_json::{Value, json};
use sync_protocol::certificate::{Capabilities, Certificate};
use sync_protocol::hash::Dst;
use sync_protocol::id::{ClassId, DeviceId, DeviceNo, GateId};
use sync_protocol::key::{public_key, sign};
use sync_protocol::time::UnixMillis;

use super::feed::{event, server};
use super::scene::{HOUR, NOON, window};
use super::{Change, id, key, public_hex, seed, with};

/// Returns the certificate of device 4.
pub(crate) fn ordinary() -> Certificate {
    Certificate {
        event: event(),
        device: DeviceId(id("device 4")),
        number: DeviceNo(4),
        sign_key: public_key(&key("device 4 sign")),
        tls_key: seed("device 4 tls"),
        capabilities: Capabilities::SCAN.and(Capabilities::WALK_IN),
        validity: window(NOON - HOUR, NOON + 48 * HOUR),
        gates: vec![GateId(0), GateId(2)],
        walk_in_classes: vec![ClassId(6), ClassId(7)],
    }
}

fn says(certificate: &Certificate) -> Value {
    json!({"says": {
        "event": certificate.event.to_string(), "device": certificate.device.to_string(),
        "number": certificate.number.0, "sign_key": hex::encode(certificate.sign_key.to_bytes()),
        "tls_key": hex::encode(certificate.tls_key), "capabilities": certificate.capabilities.0,
        "not_before": certificate.validity.from().0, "not_after": certificate.validity.until().0,
        "gates": certificate.gates.iter().map(|gate| gate.0).collect::<Vec<_>>(),
        "walk_in_classes": certificate.walk_in_classes.iter().map(|class| class.0).collect::<Vec<_>>(),
    }})
}

pub(crate) fn file() -> Value {
    let case = |name: &str, bytes: &[u8], signature: &[u8], expect: Value| {
        with(json!({"name": name, "bytes": hex::encode(bytes), "signature": hex::encode(signature)}), expect)
    };
    let error = |code: &str| json!({"error": code});
    let mut cases = Vec::new();
    let bare = Certificate { gates: vec![], walk_in_classes: vec![], ..ordinary() };
    let full = Certificate {
        capabilities: Capabilities(31),
        gates: (0..255).map(GateId).collect(),
        walk_in_classes: (0..255).map(ClassId).collect(),
        ..ordinary()
    };
    let server_itself = Certificate { number: DeviceNo(0), validity: window(0, u64::MAX), ..bare.clone() };
    for (name, certificate) in [
        ("a terminal that scans and sells", ordinary()),
        ("a terminal for any gate", bare),
        ("255 gates and types", full),
        ("the server's own journal", server_itself),
        ("a moment", Certificate { validity: window(UnixMillis(5).0, 6), ..ordinary() }),
    ] {
        let signed = certificate.sign(&server());
        cases.push(case(name, &signed.bytes, &signed.signature, says(&certificate)));
    }
    let good = ordinary().sign(&server());
    let by_stranger = ordinary().sign(&key("a stranger"));
    cases.push(case("by a stranger", &by_stranger.bytes, &by_stranger.signature, error("BAD_SIGNATURE")));
    let as_head = sign(&server(), Dst::HEAD, &[&good.bytes]);
    cases.push(case("signed as a head", &good.bytes, &as_head, error("BAD_SIGNATURE")));
    for at in [0, 1, 17, 33, 35, 67, 99, 103, 111, 119] {
        let mut bytes = good.bytes.clone();
        bytes[at] ^= 1;
        cases.push(case(&format!("byte {at} changed"), &bytes, &good.signature, error("BAD_SIGNATURE")));
    }
    // Signed by the server itself, and still no certificate.
    let changes: [(&str, Change); 11] = [
        ("version 0", |b| b[0] = 0),
        ("version 2", |b| b[0] = 2),
        ("a capability that is not there", |b| b[102] |= 32),
        ("a capability far up", |b| b[99] = 0x80),
        ("an end at its beginning", |b| b.copy_within(103..111, 111)),
        ("a key of small order", |b| b[35..67].fill(0)),
        ("a key that is not reduced", |b| {
            b[35..67].fill(0xff);
            (b[35], b[66]) = (0xf0, 0x7f);
        }),
        ("a byte more", |b| b.push(0)),
        ("a byte less", |b| b.truncate(b.len() - 1)),
        ("more gates than there are", |b| b[119] = 200),
        ("nothing", Vec::clear),
    ];
    for (name, change) in changes {
        let mut bytes = good.bytes.clone();
        change(&mut bytes);
        let signature = sign(&server(), Dst::CERTIFICATE, &[&bytes]);
        cases.push(case(name, &bytes, &signature, error("MALFORMED")));
    }
    json!({"server_key": public_hex(&server()), "cases": cases})
}
