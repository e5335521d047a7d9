//! Base45, QR sizes, certificates.

use fast_qr::ECL;
use serde_json::json;
use sync_protocol::certificate::{CertificateError, SignedCertificate};
use sync_protocol::key::PublicKey;
use sync_protocol::ticket::base45::{Base45Error, decode, encode};

use crate::{array, bytes, file, list, make, text};

#[test]
fn base45_texts_stand_for_their_bytes_or_are_refused() {
    for case in list(&file("base45.json"), "cases") {
        let code = decode(text(&case["text"])).map_err(|error| match error {
            Base45Error::Length => "LENGTH",
            Base45Error::Symbol => "SYMBOL",
            Base45Error::Range => "RANGE",
        });
        match case.get("bytes") {
            Some(hex) => {
                assert_eq!(code, Ok(bytes(hex)), "{case}");
                assert_eq!(encode(&bytes(hex)), text(&case["text"]), "{case}");
            }
            None => assert_eq!(code, Err(text(&case["error"])), "{case}"),
        }
    }
}

#[test]
fn texts_have_the_picture_size_that_the_gate_is_planned_for() {
    for case in list(&file("qr.json"), "cases") {
        for (member, level) in [("m", ECL::M), ("q", ECL::Q)] {
            assert_eq!(make::qr::size(text(&case["text"]), level), case[member], "{case}");
        }
    }
    for ticket in make::credential::genuine_texts() {
        assert_eq!(make::qr::size(&ticket, ECL::M), json!({"version": 5, "size": 37}));
        assert_eq!(make::qr::size(&ticket, ECL::Q), json!({"version": 7, "size": 45}));
    }
}

#[test]
fn certificates_open_or_are_refused() {
    let file = file("certificate.json");
    let server = PublicKey::import(&array(&file["server_key"])).unwrap();
    for case in list(&file, "cases") {
        let signed = SignedCertificate { bytes: bytes(&case["bytes"]), signature: array(&case["signature"]) };
        let found = match signed.open(&server) {
            Ok(c) => {
                assert_eq!(c.encode(), signed.bytes, "{case}");
                json!({
                    "event": c.event.to_string(), "device": c.device.to_string(), "number": c.number.0,
                    "sign_key": hex::encode(c.sign_key.to_bytes()), "tls_key": hex::encode(c.tls_key),
                    "capabilities": c.capabilities.0, "not_before": c.validity.from().0, "not_after": c.validity.until().0,
                    "gates": c.gates.iter().map(|gate| gate.0).collect::<Vec<_>>(),
                    "walk_in_classes": c.walk_in_classes.iter().map(|class| class.0).collect::<Vec<_>>(),
                })
            }
            Err(CertificateError::Signature(_)) => json!("BAD_SIGNATURE"),
            Err(CertificateError::Layout(_)) => json!("MALFORMED"),
        };
        assert_eq!(Some(&found), case.get("says").or(case.get("error")), "{}", case["name"]);
    }
}
