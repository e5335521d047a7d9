//! `door.json`: what sells at the door, checks itself and is lost there.

mod rules;
mod sale;

use serde_json::{Value, json};
use sync_protocol::certificate::{Capabilities, Certificate};
use sync_protocol::feed::entry::DeviceStatus;
use sync_protocol::feed::{Body, Entity, NewEntry};
use sync_protocol::hash::Dst;
use sync_protocol::id::{ClassId, DeviceId, DeviceNo, EventId, Seq};
use sync_protocol::key::{public_key, sign};
use sync_protocol::time::UnixMillis;
use sync_protocol::wipe::WipeOrder;

use super::feed::{event, says, server, ticket};
use super::scene::NOON;
use super::{Change, certificate, id, key, public_hex, with};

/// Returns device `number`, which sells types 6 and 7 like device 4.
fn device(number: u16) -> Certificate {
    Certificate {
        device: DeviceId(id(&format!("device {number}"))),
        number: DeviceNo(number),
        sign_key: public_key(&key(&format!("device {number} sign"))),
        ..certificate::ordinary()
    }
}

/// Returns device 8, which has types to sell and not the capability.
fn scanner() -> Certificate {
    Certificate { capabilities: Capabilities::SCAN, ..device(8) }
}

fn device_entry(certificate: &Certificate, status: DeviceStatus, last_seq: u64, by: &str) -> NewEntry {
    let body = Body::Device {
        device: certificate.device,
        status,
        last_seq: Seq(last_seq),
        certificate: certificate.sign(&key(by)),
    };
    body.encode(Entity::ZERO)
}

/// Returns the DEVICE entries that a terminal holds.
fn devices() -> Vec<Value> {
    let entries = [
        device_entry(&device(4), DeviceStatus::Active, 0, "server"),
        device_entry(&device(5), DeviceStatus::Revoked, 7, "server"),
        device_entry(&device(6), DeviceStatus::Wiped, 7, "server"),
        device_entry(&device(7), DeviceStatus::Forked, 7, "server"),
        device_entry(&scanner(), DeviceStatus::Active, 0, "server"),
        device_entry(&device(9), DeviceStatus::Active, 0, "a stranger"),
    ];
    entries.iter().map(|e| json!({"entity": hex::encode(e.entity.0), "body": hex::encode(&e.body)})).collect()
}

fn body_case(name: &str, entry: &NewEntry, expect: Value) -> Value {
    let (entity, body) = (hex::encode(entry.entity.0), hex::encode(&entry.body));
    with(json!({"name": name, "kind": entry.kind as u8, "entity": entity, "body": body}), expect)
}

/// Returns a case of the body as it is, and one for each way to spoil it.
fn spoilt(name: &str, body: &Body, changes: &[(&str, Change)], cases: &mut Vec<Value>) {
    let entry = body.encode(Entity::ZERO);
    cases.push(body_case(name, &entry, json!({"says": says(body)})));
    for (how, change) in changes {
        let mut entry = entry.clone();
        change(&mut entry.body);
        cases.push(body_case(&format!("{name}, {how}"), &entry, json!({"refused": true})));
    }
}

fn guest_of(name: &str, email: &str, group: &str) -> Body {
    let Body::Ticket { ticket, mut ticket_row } = ticket(35, 9, name, "wheelchair") else { panic!("not a ticket") };
    (ticket_row.email, ticket_row.group) = (email.into(), group.into());
    Body::Ticket { ticket, ticket_row }
}

fn bodies() -> Vec<Value> {
    let mut cases = Vec::new();
    // issue 4, class 2, status 1, flags 1, then 1 + 3 of the name and 1 + 10 of the note: the tail is at 23.
    let bare = guest_of("Ada", "", "").encode(Entity::ZERO);
    assert_eq!(bare.body.len(), 23);
    let both = guest_of("Ada", "ada@example.org", "order-7");
    let changes: [(&str, Change); 15] = [
        ("cut within the e-mail address's length", |b| b.truncate(24)),
        ("cut within the e-mail address", |b| b.truncate(30)),
        ("cut after the e-mail address", |b| b.truncate(39)),
        ("cut after the group's length", |b| b.truncate(40)),
        ("a byte less", |b| b.truncate(46)),
        ("a byte more", |b| b.push(0)),
        ("a control character in the e-mail address", |b| b[24] = 7),
        ("an e-mail address that is not UTF-8", |b| b[24] = 0xff),
        ("an e-mail address that is not in normal form C", |b| b[24..27].copy_from_slice("A\u{308}".as_bytes())),
        ("an e-mail address that is longer than the body", |b| b[23] = 100),
        ("a control character in the group", |b| b[40] = 0x7f),
        ("a group that is not UTF-8", |b| b[40] = 0xc0),
        ("a group that is not in normal form C", |b| b[40..43].copy_from_slice("e\u{301}".as_bytes())),
        ("a group that is longer than the body", |b| b[39] = 8),
        ("a group that is shorter than the rest", |b| b[39] = 6),
    ];
    spoilt("Ticket with e-mail address and group", &both, &changes, &mut cases);
    spoilt("Ticket with an e-mail address alone", &guest_of("Ada", "ada@example.org", ""), &[], &mut cases);
    spoilt("Ticket with a group alone", &guest_of("Ada", "", "order-7"), &[], &mut cases);
    spoilt("Ticket with neither name nor note", &guest_of("", "zo\u{eb}@example.org", "\u{5c71}"), &[], &mut cases);
    let changes: [(&str, Change); 6] = [
        ("a tail of nothing", |b| b.extend([0, 0])),
        ("half a tail of nothing", |b| b.push(0)),
        ("an e-mail address of 129 bytes", |b| {
            b.push(129);
            b.extend([b'a'; 129]);
            b.push(0);
        }),
        ("a group of 65 bytes", |b| {
            b.extend([0, 65]);
            b.extend([b'a'; 65]);
        }),
        ("an e-mail address without the group's length", |b| b.extend(b"\x03a@b")),
        ("a third text", |b| b.extend(b"\x03a@b\x01c\x01d")),
    ];
    spoilt("Ticket without a tail", &guest_of("Ada", "", ""), &changes, &mut cases);
    let longest = guest_of(&"n".repeat(128), &"e".repeat(128), &"g".repeat(64));
    spoilt("Ticket with the longest tail", &longest, &[], &mut cases);

    let wiped = Body::Device {
        device: DeviceId(id("device 6")),
        status: DeviceStatus::Wiped,
        last_seq: Seq(7),
        certificate: device(6).sign(&server()),
    };
    let changes: [(&str, Change); 5] = [
        ("status 0", |b| b[0] = 0),
        ("status 5", |b| b[0] = 5),
        ("a byte less", |b| b.truncate(b.len() - 1)),
        ("a byte more", |b| b.push(0)),
        ("a certificate that is longer than the body", |b| b[9] = 0xff),
    ];
    spoilt("Device, wiped", &wiped, &changes, &mut cases);

    let lease = |count, expires| Body::Lease { device: DeviceNo(4), class: ClassId(6), count, expires };
    let changes: [(&str, Change); 4] = [
        ("nothing", Vec::clear),
        ("the count alone", |b| b.truncate(4)),
        ("a byte less", |b| b.truncate(11)),
        ("a byte more", |b| b.push(0)),
    ];
    spoilt("Lease", &lease(30, UnixMillis(NOON)), &changes, &mut cases);
    spoilt("Lease of nothing", &lease(0, UnixMillis(0)), &[], &mut cases);
    spoilt("Lease of all there is, for ever", &lease(u32::MAX, UnixMillis(u64::MAX)), &[], &mut cases);
    for at in [4, 7, 8, 15] {
        let mut entry = lease(30, UnixMillis(NOON)).encode(Entity::ZERO);
        entry.entity.0[at] = 1;
        cases.push(body_case(&format!("Lease, byte {at} of the entity"), &entry, json!({"refused": true})));
    }
    cases
}

fn wipe_orders() -> Vec<Value> {
    let order = WipeOrder { event: event(), device: device(6).device };
    let good = order.sign_hex(&server());
    let case = |name: &str, order: &WipeOrder, signature: &str, valid: bool| {
        json!({
            "name": name, "event": order.event.to_string(), "device": order.device.to_string(),
            "signature": signature, "valid": valid,
        })
    };
    let elsewhere = WipeOrder { event: EventId(id("another event")), ..order };
    let other = WipeOrder { device: device(4).device, ..order };
    let bound = [order.event.as_bytes().as_slice(), order.device.as_bytes()];
    let turned: Vec<&[u8]> = bound.iter().rev().copied().collect();
    let signed = |dst, parts: &[&[u8]]| hex::encode(sign(&server(), dst, parts));
    vec![
        case("an order", &order, &good, true),
        case("an order to another device", &other, &other.sign_hex(&server()), true),
        case("of another event", &elsewhere, &good, false),
        case("to another device", &other, &good, false),
        case("by a stranger", &order, &order.sign_hex(&key("a stranger")), false),
        case("by the device itself", &order, &order.sign_hex(&key("device 6 sign")), false),
        case("signed as an acknowledgement", &order, &signed(Dst::ACK, &bound), false),
        case("signed the other way round", &order, &signed(Dst::WIPE, &turned), false),
        case("signed for the device alone", &order, &signed(Dst::WIPE, &bound[1..]), false),
        case("126 digits", &order, &good[2..], false),
        case("127 digits", &order, &good[1..], false),
        case("130 digits", &order, &format!("{good}00"), false),
        case("no digits", &order, &"z".repeat(128), false),
        case("nothing", &order, "", false),
    ]
}

pub(crate) fn file() -> Value {
    let seller = device(4);
    json!({
        "event": event().to_string(), "device": seller.device.to_string(), "key": public_hex(&key("device 4 sign")),
        "server_key": public_hex(&server()), "devices": devices(), "bodies": bodies(), "policies": rules::policies(),
        "drills": rules::drills(), "guests": rules::guests(), "certificates": sale::certificates(),
        "tickets": sale::tickets(), "sales": sale::sales(), "credentials": sale::credentials(),
        "rights": sale::rights(), "batches": sale::batches(), "intakes": sale::intakes(),
        "wipe_orders": wipe_orders(),
    })
}
