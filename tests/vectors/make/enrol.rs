//! `enrol.json`: codes, handshakes with the digits that people compare, and invitations.

use serde_json::{Value, json};
use sync_protocol::enrol::{EnrolCode, Handshake, Invitation};
use sync_protocol::hash::sha256;

use super::feed::server;
use super::{id, key, public_hex, seed};

fn codes() -> Vec<Value> {
    let read = |name: &str, text: &str, code: &str| json!({"name": name, "text": text, "code": code, "hash": hex::encode(sha256(&[code.as_bytes()]))});
    let scanned = "6CT06M4KB9PQCG9TEHV7JBTT00";
    vec![
        read("typed", "ABCDE12345", "ABCDE12345"),
        read("typed in groups and lower case", " abcde-12345\n", "ABCDE12345"),
        read("typed with confusable letters", "OoIiLl0011", "0011110011"),
        read("scanned", scanned, scanned),
        json!({"name": "too short", "text": "ABCDE1234", "refused": true}),
        json!({"name": "one more than typed", "text": "ABCDE123456", "refused": true}),
        json!({"name": "one less than scanned", "text": &scanned[1..], "refused": true}),
        json!({"name": "longer than scanned", "text": format!("{scanned}0"), "refused": true}),
        json!({"name": "a letter that no code has", "text": "ABCDE1234U", "refused": true}),
        json!({"name": "nothing", "text": "", "refused": true}),
    ]
}

fn random_codes() -> Vec<Value> {
    let mut all = vec![
        json!({"random": "00000000000000", "code": "0000000000"}),
        json!({"random": "ffffffffffffff", "code": "ZZZZZZZZZZ"}),
        json!({"random": "00443214c74254", "code": "0123456789"}),
        json!({"random": "00000000000000000000000000000000", "code": "00000000000000000000000000"}),
        json!({"random": "ffffffffffffffffffffffffffffffff", "code": "ZZZZZZZZZZZZZZZZZZZZZZZZZW"}),
    ];
    for at in 0..4 {
        let random = id(&format!("code {at}"));
        all.push(json!({"random": hex::encode(random), "code": EnrolCode::scanned(random).as_str()}));
        let random: [u8; 7] = *random.first_chunk().unwrap();
        all.push(json!({"random": hex::encode(random), "code": EnrolCode::typed(random).as_str()}));
    }
    all
}

fn handshakes() -> Vec<Value> {
    let mut all = Vec::new();
    let mut add = |name: &str, signed: &Handshake, shown: &Handshake, valid: bool| {
        all.push(json!({
            "name": name, "code": hex::encode(shown.code), "server_key": hex::encode(shown.server_key),
            "sign_key": hex::encode(shown.sign_key), "tls_key": hex::encode(shown.tls_key),
            "signature": hex::encode(signed.sign(&key("device 4 sign"))), "digits": shown.digits(), "valid": valid,
        }));
    };
    let good = Handshake {
        code: sha256(&[b"ABCDE12345"]),
        server_key: server().verifying_key().to_bytes(),
        sign_key: key("device 4 sign").verifying_key().to_bytes(),
        tls_key: seed("device 4 tls"),
    };
    add("a handshake", &good, &good, true);
    for at in 0..6 {
        let other = Handshake { tls_key: seed(&format!("tls {at}")), ..good };
        add(&format!("handshake {at}"), &other, &other, true);
    }
    let stranger = key("a stranger").verifying_key().to_bytes();
    add("another code", &good, &Handshake { code: [1; 32], ..good }, false);
    add("another server", &good, &Handshake { server_key: stranger, ..good }, false);
    add("another key", &good, &Handshake { sign_key: stranger, ..good }, false);
    add("another key for TLS", &good, &Handshake { tls_key: [2; 32], ..good }, false);
    add("a key of small order", &good, &Handshake { sign_key: [0; 32], ..good }, false);
    all
}

fn invitations() -> Vec<Value> {
    let key_hash = sha256(&[&server().verifying_key().to_bytes()]);
    let whole = |server: &str, fingerprint: Option<[u8; 32]>| {
        let code = EnrolCode::scanned(id("an invitation"));
        let invitation = Invitation {
            server: server.into(),
            server_key_hash: key_hash,
            tls_fingerprint: fingerprint,
            code: code.clone(),
        };
        json!({"text": invitation.to_text(), "says": {
            "server": server, "server_key_hash": hex::encode(key_hash),
            "tls_fingerprint": fingerprint.map(hex::encode), "code": code.as_str(),
        }})
    };
    let mut all = vec![
        whole("https://10.0.0.5:8443", None),
        whole("https://10.0.0.5:8443", Some(seed("fingerprint"))),
        whole("http://127.0.0.1:8080", None),
        whole("https://tickets.example.org/a?b=c&s=d", None),
    ];
    let text = all[1]["text"].as_str().unwrap().to_string();
    let code = EnrolCode::scanned(id("an invitation"));
    for (name, text) in [
        ("an address", "https://example.org/".to_string()),
        ("another scheme", text.replace("usher://", "wsher://")),
        ("version 2", text.replace("v=1", "v=2")),
        ("a fingerprint that is too long", text.replace("&t=", "&t=A")),
        ("no server", text.split("&s=").next().unwrap().to_string()),
        ("a file for a server", text.replace("https://", "file://")),
        ("a space in the address", text.replace("8443", "8443/ ") + "x"),
        ("no code", text.replacen("&c=", "&d=", 1)),
        ("a code that is too short", text.replacen("&k=", "&k", 1).replacen("&k", "0&k=", 1)),
        ("a code in lower case", text.replace(code.as_str(), &code.as_str().to_lowercase())),
        ("a code with a separator", text.replace(code.as_str(), &code.grouped())),
    ] {
        all.push(json!({"name": name, "text": text, "refused": true}));
    }
    all
}

pub(crate) fn file() -> Value {
    json!({
        "server_key": public_hex(&server()), "codes": codes(), "random_codes": random_codes(),
        "handshakes": handshakes(), "invitations": invitations(),
    })
}
