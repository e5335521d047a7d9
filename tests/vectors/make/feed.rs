//! `feed.json`: entries' bodies, and feeds as they arrive, whole or broken.

use ed25519_dalek::SigningKey;
use serde_json::{Value, json};
use sync_protocol::certificate::SignedCertificate;
use sync_protocol::feed::chain::ChainPoint;
use sync_protocol::feed::entry::{DeviceStatus, KeyPurpose, TicketRow};
use sync_protocol::feed::{Body, Entity, Form, Head, Kind, NewEntry, Record};
use sync_protocol::id::{ClassId, DeviceId, DeviceNo, EventId, FeedId, FeedSeq, Issue, Kid, Seq, TicketId};
use sync_protocol::sync::message::encode_feed_answer;
use sync_protocol::ticket::KeyState;
use sync_protocol::time::UnixMillis;
use sync_protocol::verdict::{Row, TicketStatus};

use super::scene::{NOON, admit, exit, policy, undo};
use super::{Change, id, key, public_hex, seed, with};

pub(crate) fn event() -> EventId {
    EventId(id("event"))
}

pub(crate) fn feed_id() -> FeedId {
    FeedId(id("feed"))
}

pub(crate) fn k_body() -> [u8; 32] {
    seed("K_body")
}

pub(crate) fn server() -> SigningKey {
    key("server")
}

/// Returns a ticket's entry.
pub(crate) fn ticket(number: u64, issue: u32, name: &str, note: &str) -> Body {
    let status = [TicketStatus::Valid, TicketStatus::Unpaid, TicketStatus::Blocked, TicketStatus::Cancelled];
    let row = Row {
        issue: Issue(issue),
        class: ClassId((number % 3) as u16),
        status: status[number as usize % 4],
        attention: number.is_multiple_of(5),
        id_check: number.is_multiple_of(7),
    };
    Body::Ticket {
        ticket: TicketId(number),
        ticket_row: TicketRow { row, name: name.into(), note: note.into(), email: String::new(), group: String::new() },
    }
}

/// Returns one body of every kind.
pub(crate) fn bodies() -> Vec<Body> {
    let certificate = super::certificate::ordinary().sign(&server());
    vec![
        Body::Policy(policy()),
        Body::Key { kid: Kid(1), purpose: KeyPurpose::Ticket, state: KeyState::Active, key: seed("a key's bytes") },
        Body::Key { kid: Kid(2), purpose: KeyPurpose::Server, state: KeyState::Rejected, key: [0; 32] },
        Body::Device { device: DeviceId(id("device 4")), status: DeviceStatus::Active, last_seq: Seq(0), certificate },
        Body::Device {
            device: DeviceId(id("device 5")),
            status: DeviceStatus::Revoked,
            last_seq: Seq(77),
            certificate: SignedCertificate { bytes: vec![1, 2, 3], signature: [4; 64] },
        },
        ticket(35, 9, "Ada Lovelace", ""),
        ticket(36, 10, "Zo\u{eb} \u{5c71}\u{7530}", "wheelchair, second entrance"),
        Body::Move(admit(NOON, 4, 1)),
        Body::Move(exit(NOON + 1, 4, 2)),
        Body::Move(undo(NOON + 2, 4, 3, (4, 1))),
        Body::Notice(br#"{"kind":"conflict"}"#.to_vec()),
        Body::Lease { device: DeviceNo(4), class: ClassId(6), count: 30, expires: UnixMillis(NOON) },
        Body::Close,
    ]
}

pub(crate) fn says(body: &Body) -> Value {
    match body {
        Body::Policy(policy) => json!({"policy": serde_json::to_value(policy).unwrap()}),
        Body::Key { kid, purpose, state, key } => {
            json!({"kid": kid.0, "purpose": *purpose as u8, "state": *state as u8, "key": hex::encode(key)})
        }
        Body::Device { device, status, last_seq, certificate } => json!({
            "device": device.to_string(), "status": *status as u8, "last_seq": last_seq.0,
            "certificate": hex::encode(&certificate.bytes), "signature": hex::encode(certificate.signature),
        }),
        Body::Ticket { ticket, ticket_row: TicketRow { row, name, note, email, group } } => {
            let bare = json!({
                "ticket": ticket.0, "issue": row.issue.0, "class": row.class.0, "status": row.status as u8,
                "attention": row.attention, "id_check": row.id_check, "name": name, "note": note,
            });
            let has_tail = !email.is_empty() || !group.is_empty();
            if has_tail { with(bare, json!({"email": email, "group": group})) } else { bare }
        }
        Body::Move(movement) => {
            with(super::scene::movement_json(movement), json!({"entry_hash": hex::encode(movement.entry_hash)}))
        }
        Body::Notice(json) => json!({"notice": hex::encode(json)}),
        Body::Lease { device, class, count, expires } => {
            json!({"device": device.0, "class": class.0, "count": count, "expires": expires.0})
        }
        Body::Close => json!({}),
    }
}

fn body_cases() -> Vec<Value> {
    let of = |name: String, kind: u8, entity: &[u8], body: &[u8], expect: Value| {
        with(json!({"name": name, "kind": kind, "entity": hex::encode(entity), "body": hex::encode(body)}), expect)
    };
    let mut cases = Vec::new();
    for (at, body) in bodies().iter().enumerate() {
        let NewEntry { kind, entity, body: bytes } = body.encode(Entity(id("notice")));
        cases.push(of(format!("{kind:?} {at}"), kind as u8, &entity.0, &bytes, json!({"says": says(body)})));
        let refused = || json!({"refused": true});
        if !matches!(kind, Kind::Notice) {
            let longer = [bytes.as_slice(), &[0]].concat();
            cases.push(of(format!("{kind:?} {at}, a byte more"), kind as u8, &entity.0, &longer, refused()));
        }
        if let (Some(shorter), false) = (bytes.split_last(), matches!(kind, Kind::Notice)) {
            cases.push(of(format!("{kind:?} {at}, a byte less"), kind as u8, &entity.0, shorter.1, refused()));
        }
        // The byte that each kind's entity must leave zero.
        let stray = match kind {
            Kind::Policy | Kind::Close | Kind::Key | Kind::Ticket => Some(0),
            Kind::Move | Kind::Lease => Some(4),
            Kind::Device | Kind::Notice => None,
        };
        if let Some(stray) = stray {
            let mut entity = entity.0;
            entity[stray] = 1;
            cases.push(of(
                format!("{kind:?} {at}, a stray byte in the entity"),
                kind as u8,
                &entity,
                &bytes,
                refused(),
            ));
        }
    }
    let NewEntry { entity, body, .. } = ticket(35, 9, "Ada", "note").encode(Entity::ZERO);
    let changes: [(&str, Change); 8] = [
        ("status 0", |b| b[6] = 0),
        ("status 5", |b| b[6] = 5),
        ("a reserved flag", |b| b[7] = 4),
        ("a name that is too long", |b| {
            b.truncate(8);
            b.push(129);
            b.extend([b'a'; 129]);
            b.push(0);
        }),
        ("a name that is not UTF-8", |b| b[9] = 0xff),
        ("a control character in the name", |b| b[9] = 7),
        ("a name that is not in normal form C", |b| b[9..12].copy_from_slice("A\u{308}".as_bytes())),
        ("a name that is longer than the body", |b| b[8] = 100),
    ];
    for (name, change) in changes {
        let mut body = body.clone();
        change(&mut body);
        cases.push(of(format!("Ticket, {name}"), 4, &entity.0, &body, json!({"refused": true})));
    }
    let longest = ticket(35, 9, &"n".repeat(128), &"m".repeat(128));
    let new = longest.encode(Entity::ZERO);
    cases.push(of("Ticket, the longest texts".into(), 4, &new.entity.0, &new.body, json!({"says": says(&longest)})));
    let new = Body::Move(admit(NOON, 4, 1)).encode(Entity::ZERO);
    let changes: [(&str, Change); 5] = [
        ("type 0", |b| b[0] = 0),
        ("type 3", |b| b[0] = 3),
        ("a walk-in, which has no movement yet", |b| b[0] = 4),
        ("a reserved flag", |b| b[1] = 2),
        ("a target that an admission has not", |b| b[27] = 1),
    ];
    for (name, change) in changes {
        let mut body = new.body.clone();
        change(&mut body);
        cases.push(of(format!("Move, {name}"), 5, &new.entity.0, &body, json!({"refused": true})));
    }
    let new = Body::Key { kid: Kid(1), purpose: KeyPurpose::Ticket, state: KeyState::Active, key: [1; 32] }
        .encode(Entity::ZERO);
    for (name, at, value) in [("purpose 0", 0, 0), ("purpose 3", 0, 3), ("state 0", 1, 0), ("state 5", 1, 5)] {
        let mut body = new.body.clone();
        body[at] = value;
        cases.push(of(format!("Key, {name}"), 2, &new.entity.0, &body, json!({"refused": true})));
    }
    for (name, text) in [
        ("not JSON", "{".to_string()),
        (
            "an unknown word",
            serde_json::to_string(&policy()).unwrap().replacen("\"event\"", "\"colour\":1,\"event\"", 1),
        ),
        ("a gate into nowhere", serde_json::to_string(&policy()).unwrap().replacen("\"zone\":1", "\"zone\":8", 1)),
        ("a gate twice", serde_json::to_string(&policy()).unwrap().replacen("{\"id\":2,", "{\"id\":1,", 1)),
        (
            "an end before its beginning",
            serde_json::to_string(&policy()).unwrap().replacen("\"ends\":1", "\"ends\":", 1),
        ),
    ] {
        cases.push(of(format!("Policy, {name}"), 1, &[0; 16], text.as_bytes(), json!({"refused": true})));
    }
    cases.push(of("kind 0".into(), 0, &[0; 16], &[], json!({"refused": true})));
    cases.push(of("kind 9".into(), 9, &[0; 16], &[], json!({"refused": true})));
    cases
}

/// Returns records of `bodies`, numbered from 1.
pub(crate) fn records(bodies: &[Body]) -> Vec<Record> {
    let number = |(at, body): (usize, &Body)| {
        let NewEntry { kind, entity, body } = body.encode(Entity(id("notice")));
        Record { seq: FeedSeq(at as u64 + 1), kind, entity, form: Form::Body(body) }
    };
    bodies.iter().enumerate().map(number).collect()
}

pub(crate) fn start() -> ChainPoint {
    ChainPoint::start(event(), feed_id())
}

fn chain(from: ChainPoint, records: &[Record]) -> ChainPoint {
    records.iter().fold(from, |point, record| point.after(&record.header(&k_body())))
}

pub(crate) fn head_at(point: ChainPoint) -> Head {
    Head {
        event: event(),
        feed: feed_id(),
        seq: point.seq,
        chain: point.value,
        floor: FeedSeq(0),
        time: UnixMillis(NOON),
        valid_until: UnixMillis(NOON + 600_000),
    }
}

fn elided(record: &Record) -> Record {
    Record { form: Form::Tag(record.header(&k_body()).tag), ..record.clone() }
}

/// Returns the records with every one that a later one replaces as its tag, except movements.
fn all_elided(records: &[Record]) -> Vec<Record> {
    let is_replaced = |at: usize, r: &Record| {
        r.kind != Kind::Move && records[at + 1..].iter().any(|later| (later.kind, later.entity) == (r.kind, r.entity))
    };
    records.iter().enumerate().map(|(at, r)| if is_replaced(at, r) { elided(r) } else { r.clone() }).collect()
}

fn feed_cases() -> Vec<Value> {
    let answer = |records: &[Record], head: &Head| hex::encode(encode_feed_answer(records, &head.sign(&server())));
    let case = |name: &str, from: ChainPoint, answers: Vec<String>, expect: Value| {
        json!({
            "name": name, "from": {"seq": from.seq.0, "chain": hex::encode(from.value)}, "answers": answers,
            "expect": expect,
        })
    };
    let reached =
        |point: ChainPoint, kept: usize| json!({"seq": point.seq.0, "chain": hex::encode(point.value), "kept": kept});
    let error = |code: &str| json!({"error": code});

    let one = records(&[ticket(1, 1, "Ada", "")]);
    let two = records(&[ticket(1, 1, "Ada", ""), ticket(2, 2, "Grace", "")]);
    // Tickets 1, 2, 1 again, a movement, 3, 1 again.
    let mixed = records(&[
        ticket(1, 1, "Ada", ""),
        ticket(2, 2, "Grace", ""),
        ticket(1, 3, "Ada", "changed"),
        Body::Move(admit(NOON, 4, 1)),
        ticket(3, 5, "Edsger", ""),
        ticket(1, 6, "Ada", "changed again"),
    ]);
    let kinds = records(&bodies());
    let long: Vec<Body> = (1..=1_000_u64).map(|n| ticket(n % 400 + 1, n as u32, &format!("Guest {n}"), "")).collect();
    let long = records(&long);
    let end = |records: &[Record]| chain(start(), records);
    let head = |records: &[Record]| head_at(end(records));
    let whole = |records: &[Record]| vec![answer(records, &head(records))];

    let mut cases = vec![
        case("nothing new", start(), vec![answer(&[], &head_at(start()))], reached(start(), 0)),
        case("one entry", start(), whole(&one), reached(end(&one), 1)),
        case("two entries", start(), whole(&two), reached(end(&two), 2)),
        case("one of every kind", start(), whole(&kinds), reached(end(&kinds), kinds.len())),
        case("replaced entries with their bodies", start(), whole(&mixed), reached(end(&mixed), 6)),
        case(
            "replaced entries as tags",
            start(),
            vec![answer(&all_elided(&mixed), &head(&mixed))],
            reached(end(&mixed), 4),
        ),
        case(
            "two answers",
            start(),
            vec![answer(&mixed[..2], &head(&mixed)), answer(&mixed[2..], &head(&mixed))],
            reached(end(&mixed), 6),
        ),
        case(
            "a head that moves on between two answers",
            start(),
            vec![answer(&mixed[..2], &head(&mixed[..4])), answer(&mixed[2..], &head(&mixed))],
            reached(end(&mixed), 6),
        ),
        case("from the middle", end(&mixed[..3]), vec![answer(&mixed[3..], &head(&mixed))], reached(end(&mixed), 3)),
        case(
            "an answer that ends before its head",
            start(),
            vec![answer(&mixed[..2], &head(&mixed))],
            json!({"more_after": 2}),
        ),
        case(
            "1 000 entries in three answers, 600 of them as tags",
            start(),
            [0..400, 400..800, 800..1_000].map(|run| answer(&all_elided(&long)[run], &head(&long))).to_vec(),
            reached(end(&long), 400),
        ),
    ];
    let broken = |name: &str, records: &[Record]| {
        case(name, start(), vec![answer(records, &head(&mixed))], error("FEED_BROKEN"))
    };
    let changed = |at: usize, change: fn(&mut Record)| {
        let mut records = mixed.clone();
        change(&mut records[at]);
        records
    };
    let mut swapped = mixed.clone();
    swapped.swap(1, 2);
    let mut renumbered = swapped.clone();
    (renumbered[1].seq, renumbered[2].seq) = (FeedSeq(2), FeedSeq(3));
    let mut repeated = mixed.clone();
    repeated.insert(2, mixed[1].clone());
    let mut longer = mixed.clone();
    longer.push(Record { seq: FeedSeq(7), ..mixed[4].clone() });
    cases.extend([
        broken("a gap", &[&mixed[..2], &mixed[3..]].concat()),
        broken("the first is missing", &mixed[1..]),
        broken("two swapped", &swapped),
        broken("two swapped and numbered anew", &renumbered),
        broken("one repeated", &repeated),
        broken("one after the head", &longer),
        broken("another body", &changed(1, |r| r.form = Form::Body(vec![1]))),
        broken("another entity", &changed(1, |r| r.entity.0[15] = 9)),
        broken("another kind", &changed(1, |r| r.kind = Kind::Notice)),
        broken("another tag", &{
            let mut records = all_elided(&mixed);
            records[0].form = Form::Tag([7; 32]);
            records
        }),
        broken("the newest body is missing", &changed(5, |r| *r = elided(r))),
        broken("a body that nothing replaces is missing", &changed(1, |r| *r = elided(r))),
        broken("a movement as its tag", &changed(3, |r| *r = elided(r))),
    ]);
    let other_chain = Head { chain: [9; 32], ..head(&mixed) };
    let other_feed = Head { feed: FeedId(id("another feed")), ..head(&mixed) };
    let other_event = Head { event: EventId(id("another event")), ..head(&mixed) };
    let by_stranger = encode_feed_answer(&mixed, &head(&mixed).sign(&key("a stranger")));
    let good = encode_feed_answer(&mixed, &head(&mixed).sign(&server()));
    let form_2 = {
        let mut bytes = good.clone();
        bytes[25] = 2;
        bytes
    };
    let kind_9 = {
        let mut bytes = good.clone();
        bytes[8] = 9;
        bytes
    };
    cases.extend([
        case("a head with another chain", start(), vec![answer(&mixed, &other_chain)], error("FEED_BROKEN")),
        case("a head of another feed", start(), vec![answer(&mixed, &other_feed)], error("OTHER_FEED")),
        case("a head of another event", start(), vec![answer(&mixed, &other_event)], error("SERVER_FORK")),
        case("a lower head", end(&mixed), vec![answer(&[], &head(&mixed[..4]))], error("SERVER_FORK")),
        case("the same number and another chain", end(&mixed), vec![answer(&[], &other_chain)], error("SERVER_FORK")),
        case("a head by a stranger", start(), vec![hex::encode(by_stranger)], error("BAD_SIGNATURE")),
        case("a byte missing at the front", start(), vec![hex::encode(&good[1..])], error("MALFORMED")),
        case("shorter than a head", start(), vec![hex::encode(&good[good.len() - 159..])], error("MALFORMED")),
        case("form 2", start(), vec![hex::encode(form_2)], error("MALFORMED")),
        case("kind 9", start(), vec![hex::encode(kind_9)], error("MALFORMED")),
    ]);
    cases
}

pub(crate) fn file() -> Value {
    json!({
        "server_key": public_hex(&server()), "event": event().to_string(), "feed": feed_id().to_string(),
        "k_body": hex::encode(k_body()), "start": hex::encode(start().value),
        "bodies": body_cases(), "feeds": feed_cases(),
    })
}
