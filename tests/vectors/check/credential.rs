//! Tickets, their keys, and codes that people type.

use serde_json::{Value, json};
use sync_protocol::certificate::Capabilities;
use sync_protocol::crockford::CodeError;
use sync_protocol::id::{ClassId, DeviceNo, Kid, Seq, TicketId};
use sync_protocol::key::PublicKey;
use sync_protocol::ticket::base45;
use sync_protocol::ticket::credential::Signer;
use sync_protocol::ticket::keyring::Delegation;
use sync_protocol::ticket::{KeyState, Keyring};
use sync_protocol::verdict::Code;

use crate::{array, file, list, number, text};

fn keyring(file: &Value) -> Keyring {
    let given = &file["keyring"];
    let mut keyring = Keyring::new(text(&given["event"]).parse().unwrap());
    for key in list(given, "keys") {
        let state = match text(&key["state"]) {
            "active" => KeyState::Active,
            "verify_only" => KeyState::VerifyOnly,
            "listed_only" => KeyState::ListedOnly,
            "rejected" => KeyState::Rejected,
            other => panic!("state {other}"),
        };
        let public = PublicKey::import(&array(&key["key"])).unwrap();
        keyring.add_key(text(&key["event"]).parse().unwrap(), Kid(number(&key["kid"]) as u16), public, state);
    }
    for one in list(given, "delegations") {
        keyring.set_delegation(Delegation {
            device: DeviceNo(number(&one["device"]) as u16),
            key: PublicKey::import(&array(&one["key"])).unwrap(),
            capabilities: Capabilities(number(&one["capabilities"]) as u32),
            classes: list(one, "classes").iter().map(|class| ClassId(number(class) as u16)).collect(),
            revoked_after: one["revoked_after"].as_u64().map(Seq),
        });
    }
    keyring
}

pub(super) fn read(keyring: &Keyring, text: &str) -> Value {
    match keyring.read(text) {
        Ok(verified) => {
            let claims = verified.claims();
            let (signer, number) = match claims.signer {
                Signer::Server(kid) => ("server", kid.0),
                Signer::Device(device) => ("device", device.0),
            };
            json!({
                "signer": signer, "number": number, "ticket": claims.ticket.0, "issue": claims.issue.0,
                "class": claims.class.0, "test": claims.is_test, "needs_listed_row": verified.needs_listed_row(),
            })
        }
        Err(failure) => json!(Code::from(failure).name()),
    }
}

#[test]
fn tickets_are_read_or_refused_with_their_code() {
    let file = file("credential.json");
    let keyring = keyring(&file);
    for case in list(&file, "cases") {
        let found = read(&keyring, text(&case["text"]));
        assert_eq!(Some(&found), case.get("claims").or(case.get("code")), "{}", case["name"]);
    }
}

#[test]
fn every_flipped_bit_is_refused_with_its_code() {
    let file = file("credential.json");
    let keyring = keyring(&file);
    let good = base45::decode(text(&file["flips"]["text"])).unwrap();
    let codes = list(&file["flips"], "codes");
    assert_eq!(codes.len(), 81 * 8);
    for (bit, code) in codes.iter().enumerate() {
        let mut bytes = good.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(read(&keyring, &base45::encode(&bytes)), *code, "bit {bit}");
    }
}

#[test]
fn public_keys_are_imported_or_refused() {
    for case in list(&file("credential.json"), "public_keys") {
        assert_eq!(json!(PublicKey::import(&array(&case["key"])).is_ok()), case["accepted"], "{case}");
    }
}

#[test]
fn typed_codes_are_read_or_refused_with_what_is_wrong() {
    for case in list(&file("credential.json"), "typed_codes") {
        let found = TicketId::from_typed_code(text(&case["text"])).map_err(|error| match error {
            CodeError::Empty => "EMPTY",
            CodeError::Symbol(_) => "SYMBOL",
            CodeError::TooLong => "TOO_LONG",
            CodeError::Check => "CHECK",
        });
        match case.get("ticket") {
            Some(ticket) => {
                assert_eq!(found, Ok(TicketId(number(ticket))), "{case}");
                assert_eq!(TicketId(number(ticket)).typed_code(), text(&case["canonical"]), "{case}");
            }
            None => assert_eq!(found, Err(text(&case["error"])), "{case}"),
        }
    }
}
