//! What sells at the door, checks itself and is lost there.

use serde_json::{Value, json};
use sync_protocol::certificate::{Certificate, SignedCertificate};
use sync_protocol::feed::entry::DeviceStatus;
use sync_protocol::feed::{Body, Entity, Kind};
use sync_protocol::id::{ClassId, DeviceNo, Seq};
use sync_protocol::journal::drill::Drill;
use sync_protocol::journal::walk_in::{Guest, Lease, Right, Sale, SaleError, ticket};
use sync_protocol::journal::{Entry, PersonalData};
use sync_protocol::key::PublicKey;
use sync_protocol::policy::Policy;
use sync_protocol::ticket::Keyring;
use sync_protocol::ticket::keyring::Delegation;
use sync_protocol::time::UnixMillis;
use sync_protocol::wipe::WipeOrder;
use usher_terminal::walk_in::Book;
use usher_terminal::walk_in::right::left;

use super::credential::read;
use crate::{array, bytes, file, list, number, text};

/// Holds what was found, or a refusal, against a case.
fn agree(case: &Value, found: Option<Value>) {
    assert_eq!(found.is_none(), case["refused"] == json!(true), "{}", case["name"]);
    if let Some(found) = found {
        assert_eq!(found, case["says"], "{}", case["name"]);
    }
}

fn server_key(file: &Value) -> PublicKey {
    PublicKey::import(&array(&file["server_key"])).unwrap()
}

#[test]
fn policies_say_what_is_sold_or_are_refused() {
    for case in list(&file("door.json"), "policies") {
        let policy = Policy::decode(text(&case["text"]).as_bytes()).ok();
        if let Some(policy) = &policy {
            assert_eq!(Policy::decode(&policy.encode()).as_ref(), Ok(policy), "{}", case["name"]);
        }
        let says = policy.map(|policy| {
            json!({
                "walk_in": policy.switches.walk_in, "walk_in_overflow_cap": policy.limits.walk_in_overflow_cap,
                "prices": policy.classes.iter().map(|class| json!([class.id.0, class.price])).collect::<Vec<_>>(),
                "supervisors": policy.supervisors,
            })
        });
        agree(case, says);
    }
}

fn guest_says(guest: &Guest) -> Value {
    json!({"name": guest.name, "email": guest.email})
}

#[test]
fn guests_are_read_or_refused() {
    for case in list(&file("door.json"), "guests") {
        let guest = Guest::decode(&bytes(&case["data"])).ok();
        if let Some(guest) = &guest {
            assert_eq!(Guest::decode(&guest.encode().unwrap()).as_ref(), Ok(guest), "{}", case["name"]);
        }
        agree(case, guest.as_ref().map(guest_says));
    }
}

#[test]
fn notes_of_drills_are_read_or_refused() {
    for case in list(&file("door.json"), "drills") {
        let drill = Drill::decode(text(&case["note"])).ok();
        if let Some(drill) = &drill {
            assert_eq!(Drill::decode(&drill.encode().unwrap()).as_ref(), Ok(drill), "{}", case["name"]);
        }
        let says = drill.map(|drill| {
            drill.checks.iter().map(|checked| json!([checked.check, checked.light, checked.remark])).collect()
        });
        agree(case, says);
    }
}

#[test]
fn tickets_are_numbered_by_the_entries_that_sell_them() {
    for case in list(&file("door.json"), "tickets") {
        let found = ticket(DeviceNo(number(&case["device"]) as u16), Seq(number(&case["seq"])));
        assert_eq!(found.is_none(), case["refused"] == json!(true), "{case}");
        let Some((ticket, issue)) = found else { continue };
        assert_eq!((ticket.0, u64::from(issue.0)), (number(&case["ticket"]), number(&case["issue"])), "{case}");
        assert_eq!(ticket.typed_code(), text(&case["typed_code"]), "{case}");
    }
}

fn certificate(file: &Value, case: &Value) -> Certificate {
    let signed = &list(file, "certificates")[number(&case["certificate"]) as usize];
    let signed = SignedCertificate { bytes: bytes(&signed["bytes"]), signature: array(&signed["signature"]) };
    signed.open(&server_key(file)).unwrap()
}

/// Returns the keyring of a terminal that holds the file's DEVICE entries.
fn keyring(file: &Value) -> Keyring {
    let mut keyring = Keyring::new(text(&file["event"]).parse().unwrap());
    for entry in list(file, "devices") {
        let body = Body::decode(Kind::Device, Entity(array(&entry["entity"])), &bytes(&entry["body"])).unwrap();
        let Body::Device { status, last_seq, certificate, .. } = body else { panic!("{body:?}") };
        let Ok(certificate) = certificate.open(&server_key(file)) else { continue };
        keyring.set_delegation(Delegation {
            device: certificate.number,
            key: certificate.sign_key,
            capabilities: certificate.capabilities,
            classes: certificate.walk_in_classes,
            revoked_after: (status != DeviceStatus::Active).then_some(last_seq),
        });
    }
    keyring
}

fn sale(file: &Value, case: &Value) -> Result<Value, &'static str> {
    let entry = Entry::decode(&bytes(&case["bytes"])).unwrap();
    assert_eq!(entry.encode().unwrap(), bytes(&case["bytes"]), "{}", case["name"]);
    let sale = Sale::of(&entry, &certificate(file, case)).map_err(|error| match error {
        SaleError::OtherKind => "KIND",
        SaleError::NotAllowed => "SELLER",
        SaleError::Ticket => "TICKET",
        SaleError::Amount => "AMOUNT",
        SaleError::Right => "RIGHT",
        SaleError::Guest => "GUEST",
    })?;
    let personal = PersonalData { seq: entry.seq, salt: array(&case["salt"]), data: bytes(&case["data"]) };
    assert_eq!(entry.personal_data, Some(personal.commitment()), "{}", case["name"]);
    let right = match sale.right {
        Right::Lease => "lease",
        Right::Supervisor => "supervisor",
        Right::Overflow => "overflow",
    };
    Ok(json!({
        "ticket": sale.ticket.0, "issue": sale.issue.0, "class": sale.class.0, "minor": sale.minor,
        "currency": std::str::from_utf8(&sale.currency).unwrap(), "payment": sale.payment.name(), "right": right,
        "guest": guest_says(&Guest::decode(&personal.data).unwrap()),
    }))
}

#[test]
fn entries_sell_what_they_sell_or_are_no_sales() {
    let file = file("door.json");
    let keyring = keyring(&file);
    for case in list(&file, "sales") {
        match sale(&file, case) {
            Ok(says) => {
                assert_eq!(says, case["says"], "{}", case["name"]);
                let seller = certificate(&file, case).number.0;
                let claims = json!({
                    "signer": "device", "number": seller, "ticket": says["ticket"], "issue": says["issue"],
                    "class": says["class"], "test": false, "needs_listed_row": false,
                });
                assert_eq!(read(&keyring, text(&case["text"])), claims, "{}", case["name"]);
            }
            Err(error) => assert_eq!(error, case["error"], "{}", case["name"]),
        }
    }
}

#[test]
fn tickets_sold_at_the_door_are_read_by_whoever_holds_the_devices_certificate() {
    let file = file("door.json");
    let keyring = keyring(&file);
    for case in list(&file, "credentials") {
        let found = read(&keyring, text(&case["text"]));
        assert_eq!(Some(&found), case.get("claims").or(case.get("code")), "{}", case["name"]);
    }
}

#[test]
fn rights_are_the_leases_count_less_what_was_sold_under_it() {
    for case in list(&file("door.json"), "rights") {
        let class = ClassId(number(&case["class"]) as u16);
        let mut lease = None;
        for entry in case["leases"].as_array().unwrap() {
            let body = Body::decode(Kind::Lease, Entity(array(&entry["entity"])), &bytes(&entry["body"])).unwrap();
            let Body::Lease { device, class: of, count, expires } = body else { panic!("{body:?}") };
            if (u64::from(device.0), of) == (number(&case["device"]), class) {
                lease = Some(Lease { count, expires });
            }
        }
        let mut book = Book::default();
        for entry in case["entries"].as_array().unwrap() {
            book.note(&Entry::decode(&bytes(entry)).unwrap(), None);
        }
        let found = left(lease, &book, class, UnixMillis(number(&case["now"])));
        assert_eq!(u64::from(found), number(&case["left"]), "{}", case["name"]);
    }
}

#[test]
fn wipe_orders_count_for_one_device_of_one_event_and_from_one_server() {
    let file = file("door.json");
    for case in list(&file, "wipe_orders") {
        let order =
            WipeOrder { event: text(&case["event"]).parse().unwrap(), device: text(&case["device"]).parse().unwrap() };
        let found = order.verify_hex(&server_key(&file), text(&case["signature"])).is_ok();
        assert_eq!(json!(found), case["valid"], "{}", case["name"]);
    }
}
