//! Enrolment and signed requests.

use serde_json::{Value, json};
use sync_protocol::enrol::{EnrolCode, Handshake, Invitation};
use sync_protocol::http_signature::{Parts, Presented, SignatureError, signature_base};
use sync_protocol::key::PublicKey;
use sync_protocol::time::UnixMillis;

use crate::{array, bytes, file, list, number, text};

#[test]
fn enrolment_codes_are_read_or_refused() {
    let file = file("enrol.json");
    for case in list(&file, "codes") {
        let code = EnrolCode::parse(text(&case["text"]));
        assert_eq!(code.is_err(), case["refused"] == json!(true), "{case}");
        let Ok(code) = code else { continue };
        assert_eq!(code.as_str(), text(&case["code"]), "{case}");
        assert_eq!(code.hash(), array::<32>(&case["hash"]), "{case}");
    }
    for case in list(&file, "random_codes") {
        let random = bytes(&case["random"]);
        let code = match random.len() {
            7 => EnrolCode::typed(array(&case["random"])),
            _ => EnrolCode::scanned(array(&case["random"])),
        };
        assert_eq!(code.as_str(), text(&case["code"]), "{case}");
        assert_eq!(EnrolCode::parse(code.as_str()), Ok(code), "{case}");
    }
}

#[test]
fn handshakes_bind_every_part_and_show_their_digits() {
    for case in list(&file("enrol.json"), "handshakes") {
        let handshake = Handshake {
            code: array(&case["code"]),
            server_key: array(&case["server_key"]),
            sign_key: array(&case["sign_key"]),
            tls_key: array(&case["tls_key"]),
        };
        assert_eq!(json!(handshake.verify(&array(&case["signature"])).is_ok()), case["valid"], "{}", case["name"]);
        assert_eq!(handshake.digits(), text(&case["digits"]), "{}", case["name"]);
    }
}

#[test]
fn invitations_are_read_or_refused() {
    for case in list(&file("enrol.json"), "invitations") {
        let invitation = Invitation::parse(text(&case["text"]));
        assert_eq!(invitation.is_err(), case["refused"] == json!(true), "{case}");
        let Ok(invitation) = invitation else { continue };
        let says = json!({
            "server": invitation.server, "server_key_hash": hex::encode(invitation.server_key_hash),
            "tls_fingerprint": invitation.tls_fingerprint.map(hex::encode), "code": invitation.code.as_str(),
        });
        assert_eq!(says, case["says"], "{case}");
        assert_eq!(invitation.to_text(), text(&case["text"]), "{case}");
    }
}

fn verify(case: &Value, parts: &Parts<'_>, key: &PublicKey) -> &'static str {
    let verified = Presented::parse(text(&case["signature_input"])).and_then(|presented| {
        let now = UnixMillis(number(&case["now"]));
        presented.verify(parts, case["content_digest"].as_str(), text(&case["signature"]), key, now)
    });
    match verified {
        Ok(()) => "OK",
        Err(SignatureError::Form) => "FORM",
        Err(SignatureError::Clock) => "CLOCK",
        Err(SignatureError::Digest) => "DIGEST",
        Err(SignatureError::Signature) => "SIGNATURE",
    }
}

#[test]
fn requests_are_accepted_or_refused_with_what_is_wrong() {
    let file = file("http.json");
    let key = PublicKey::import(&array(&file["key"])).unwrap();
    for case in list(&file, "cases") {
        let body = case["body"].as_str().map(|hex| hex::decode(hex).unwrap());
        let parts = Parts {
            method: text(&case["method"]),
            authority: text(&case["authority"]),
            path: text(&case["path"]),
            query: text(&case["query"]),
            body: body.as_deref(),
        };
        assert_eq!(verify(case, &parts, &key), text(&case["expect"]), "{}", case["name"]);
        if let Some(base) = case.get("base") {
            let presented = Presented::parse(text(&case["signature_input"])).unwrap();
            let nonce = text(&case["signature_input"]).split("nonce=\"").nth(1).and_then(|rest| rest.split('"').next());
            let found = signature_base(&parts, presented.device, presented.created_s, nonce.unwrap());
            assert_eq!(found, text(base), "{}", case["name"]);
        }
    }
}
