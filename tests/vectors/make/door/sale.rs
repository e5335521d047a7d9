//! A journal that sells: what its entries sell, to whom, under which right, and the tickets they make.

use serde_json::{Value, json};
use sync_protocol::certificate::{Capabilities, Certificate};
use sync_protocol::feed::entry::DeviceStatus;
use sync_protocol::feed::{Body, Entity, NewEntry};
use sync_protocol::hash::Dst;
use sync_protocol::id::{ClassId, DeviceId, DeviceNo, EventId, FeedSeq, Issue, Seq, TicketId};
use sync_protocol::journal::batch::encode;
use sync_protocol::journal::entry::Amount;
use sync_protocol::journal::{Entry, EntryKind, Flags, Link, PersonalData, SignedEntry};
use sync_protocol::key::sign;
use sync_protocol::ticket::base45;
use sync_protocol::ticket::credential::{Claims, Signer};
use sync_protocol::time::{Hlc, UnixMillis};

use super::super::credential::{read, sold};
use super::super::feed::{event, server};
use super::super::scene::NOON;
use super::super::{id, key, with};
use super::device;

/// The four sales of [`journal`], each with who bought it.
const GUESTS: [(u64, &str); 4] = [
    (3, r#"{"name":"Ada Lovelace","email":"ada@example.org"}"#),
    (4, "{\"name\":\"Zo\u{eb} \u{5c71}\u{7530}\"}"),
    (5, r#"{"name":"Grace"}"#),
    (6, r#"{"name":"Edsger"}"#),
];

fn personal(seq: u64) -> Option<PersonalData> {
    let (_, guest) = GUESTS.iter().find(|(of, _)| *of == seq)?;
    Some(PersonalData { seq: Seq(seq), salt: id(&format!("salt {seq}")), data: guest.as_bytes().to_vec() })
}

/// Returns an entry of device 4 with nothing but its place and its time.
fn bare(kind: EntryKind, end: &Link) -> Entry {
    let mut entry = Entry::new(kind, device(4).device, end.seq.next(), end.hash);
    entry.hlc = Hlc::at(UnixMillis(NOON + 1_000 * entry.seq.0));
    entry.wall = UnixMillis(NOON + 1_000 * entry.seq.0);
    (entry.uptime_s, entry.uncertainty_ms, entry.cursor) = (3_600, 40, FeedSeq(1_000));
    entry
}

/// Returns what device 4 writes under each number from 1 on.
fn entry(end: &Link) -> Entry {
    let seq = end.seq.0 + 1;
    let selling = |class: u16, minor, currency: &[u8; 3], method, reason| {
        let mut entry = bare(EntryKind::WalkIn, end);
        (entry.ticket, entry.issue) = (TicketId((4 << 48) | seq), Issue(seq as u32));
        entry.class = ClassId(class);
        entry.amount = Some(Amount { minor, currency: *currency, method });
        entry.personal_data = personal(seq).map(|data| data.commitment());
        (entry.flags, entry.reason) = (Flags::WALK_IN, reason);
        entry
    };
    match seq {
        1 => Entry { operator: Some("Grace".into()), reason: 1, ..bare(EntryKind::Session, end) },
        2 => bare(EntryKind::Sync, end),
        3 => selling(6, 4_900, b"EUR", 1, 0),
        4 => selling(7, 0, &[b'X'; 3], 3, 0),
        5 => Entry {
            flags: Flags::WALK_IN.and(Flags::OVERRIDE),
            operator: Some("Grace".into()),
            note: Some("Supervisor Ruth: no place was left".into()),
            ..selling(6, u32::MAX, b"JPY", 2, 1)
        },
        6 => selling(6, 0, b"EUR", 3, 2),
        7 => Entry { ticket: TicketId((4 << 48) | 3), undo_target: Some(Seq(3)), ..bare(EntryKind::Undo, end) },
        // The same once more, and one that names another ticket: neither returns a right.
        8 => Entry { ticket: TicketId((4 << 48) | 3), undo_target: Some(Seq(3)), ..bare(EntryKind::Undo, end) },
        9 => Entry { ticket: TicketId((4 << 48) | 3), undo_target: Some(Seq(4)), ..bare(EntryKind::Undo, end) },
        _ => Entry {
            reason: 1,
            note: Some(r#"{"checks":[{"check":"printer","light":"amber","remark":"no paper"}]}"#.into()),
            ..bare(EntryKind::Incident, end)
        },
    }
}

fn journal() -> Vec<SignedEntry> {
    let mut end = Link::empty(event(), device(4).device);
    let write = |_| {
        let signed = SignedEntry::sign(entry(&end), &key("device 4 sign")).unwrap();
        end = signed.link();
        signed
    };
    (0..10).map(write).collect()
}

/// Returns the certificates that sales are read under: device 4's, and others it might have had.
fn sellers() -> [Certificate; 4] {
    [
        device(4),
        Certificate { capabilities: Capabilities::SCAN.and(Capabilities::SUPERVISOR), ..device(4) },
        Certificate { walk_in_classes: vec![], ..device(4) },
        Certificate { number: DeviceNo(5), ..device(4) },
    ]
}

pub(super) fn certificates() -> Vec<Value> {
    let signed = |certificate: &Certificate| {
        let signed = certificate.sign(&server());
        json!({"bytes": hex::encode(&signed.bytes), "signature": hex::encode(signed.signature)})
    };
    sellers().iter().map(signed).collect()
}

pub(super) fn tickets() -> Vec<Value> {
    let good = |device: u16, seq: u64, ticket: u64, code: &str| json!({"device": device, "seq": seq, "ticket": ticket, "issue": seq, "typed_code": code});
    let refused = |seq: u64| json!({"device": 4, "seq": seq, "refused": true});
    vec![
        // 2^50 + 3; as 2^36 is 1 modulo 37, the check symbol is that of 2^14 + 3 = 442 × 37 + 33.
        good(4, 3, 0x0004_0000_0000_0003, "10000000003~"),
        good(1, 1, 0x0001_0000_0000_0001, "8000000001V"),
        good(65_535, 4_294_967_295, 0xffff_0000_ffff_ffff, "FZZR003ZZZZZZX"),
        refused(1 << 32),
        refused(1 << 48),
        refused(u64::MAX),
    ]
}

fn case(name: &str, entry: &Entry, certificate: usize, expect: Value) -> Value {
    let bytes = hex::encode(entry.encode().unwrap());
    with(json!({"name": name, "bytes": bytes, "certificate": certificate}), expect)
}

pub(super) fn sales() -> Vec<Value> {
    let journal = journal();
    let names = ["in cash", "for nothing", "by card, allowed by a supervisor", "for nothing, beyond the rights"];
    // No currency is three of them; anywhere else they would mark what is left to do.
    let nothing = "X".repeat(3);
    let words = [
        ("EUR", "cash", "lease", json!({"name": "Ada Lovelace", "email": "ada@example.org"})),
        (&nothing, "free", "lease", json!({"name": "Zo\u{eb} \u{5c71}\u{7530}", "email": ""})),
        ("JPY", "card", "supervisor", json!({"name": "Grace", "email": ""})),
        ("EUR", "free", "overflow", json!({"name": "Edsger", "email": ""})),
    ];
    let numbers = [(3, 6, 4_900), (4, 7, 0), (5, 6, u32::MAX), (6, 6, 0)];
    let mut cases = Vec::new();
    for ((name, (currency, payment, right, guest)), (seq, class, minor)) in names.iter().zip(words).zip(numbers) {
        let entry = journal[seq - 1].entry();
        let personal = personal(seq as u64).unwrap();
        let text = sold(4, seq as u32, class).sign(event(), &key("device 4 sign")).to_text();
        let says = json!({"says": {
            "ticket": (4_u64 << 48) | seq as u64, "issue": seq, "class": class, "minor": minor, "currency": currency,
            "payment": payment, "right": right, "guest": guest,
        }});
        let beside = json!({"salt": hex::encode(personal.salt), "data": hex::encode(&personal.data), "text": text});
        cases.push(with(case(name, entry, 0, says), beside));
    }

    type Spoil<'a> = &'a dyn Fn(&mut Entry);
    let amount = |minor, currency: &[u8; 3], method| Some(Amount { minor, currency: *currency, method });
    let changes: [(&str, &str, Spoil<'_>); 22] = [
        ("an admission", "KIND", &|e| e.kind = EntryKind::Admit),
        ("an incident", "KIND", &|e| e.kind = EntryKind::Incident),
        ("a type that the device does not sell", "SELLER", &|e| e.class = ClassId(8)),
        ("type 0", "SELLER", &|e| e.class = ClassId(0)),
        ("no ticket", "TICKET", &|e| e.ticket = TicketId(0)),
        ("a server's ticket", "TICKET", &|e| e.ticket = TicketId(3)),
        ("another device's ticket", "TICKET", &|e| e.ticket = TicketId((5 << 48) | 3)),
        ("another entry's ticket", "TICKET", &|e| e.ticket = TicketId((4 << 48) | 4)),
        ("another entry's issue", "TICKET", &|e| e.issue = Issue(4)),
        ("another entry's ticket and issue", "TICKET", &|e| {
            (e.ticket, e.issue) = (TicketId((4 << 48) | 4), Issue(4));
        }),
        ("a number that no issue has", "TICKET", &|e| {
            (e.seq, e.ticket, e.issue) = (Seq((1 << 32) + 3), TicketId((4 << 48) | (1 << 32) | 3), Issue(3));
        }),
        ("no amount", "AMOUNT", &|e| e.amount = None),
        ("method 0", "AMOUNT", &|e| e.amount = amount(4_900, b"EUR", 0)),
        ("method 4", "AMOUNT", &|e| e.amount = amount(4_900, b"EUR", 4)),
        ("free, and something taken", "AMOUNT", &|e| e.amount = amount(1, b"EUR", 3)),
        ("a currency of small letters", "AMOUNT", &|e| e.amount = amount(4_900, b"eur", 1)),
        ("a currency of zeros", "AMOUNT", &|e| e.amount = amount(4_900, &[0; 3], 1)),
        ("a currency with a digit", "AMOUNT", &|e| e.amount = amount(4_900, b"EU1", 1)),
        ("right 3", "RIGHT", &|e| e.reason = 3),
        ("right 256", "RIGHT", &|e| e.reason = 256),
        ("right 65 535", "RIGHT", &|e| e.reason = u16::MAX),
        ("nobody", "GUEST", &|e| e.personal_data = None),
    ];
    for (name, error, change) in changes {
        let mut entry = journal[2].entry().clone();
        change(&mut entry);
        cases.push(case(name, &entry, 0, json!({"error": error})));
    }
    let entry = journal[2].entry();
    cases.push(case("without the capability", entry, 1, json!({"error": "SELLER"})));
    cases.push(case("without a type to sell", entry, 2, json!({"error": "SELLER"})));
    cases.push(case("under another number", entry, 3, json!({"error": "TICKET"})));
    cases
}

pub(super) fn credentials() -> Vec<Value> {
    let text = |claims: Claims, by: &str| claims.sign(event(), &key(by)).to_text();
    let of = |device: u16| format!("device {device} sign");
    let mut cases = Vec::new();
    let mut good = |name: &str, claims: Claims| {
        let Signer::Device(by) = claims.signer else { panic!("a server's ticket") };
        cases.push(with(json!({"name": name, "text": text(claims, &of(by.0))}), read(&claims, false)));
    };
    good("the first entry's", sold(4, 1, 6));
    good("the last number that an issue has", sold(4, u32::MAX, 7));
    good("in a rehearsal", Claims { is_test: true, ..sold(4, 3, 6) });
    good("a revoked device's last", sold(5, 7, 6));
    good("a wiped device's last", sold(6, 7, 7));
    good("a forked device's last", sold(7, 7, 6));

    let mut refused =
        |name: &str, text: String, code: &str| cases.push(json!({"name": name, "text": text, "code": code}));
    let mut invalid = |name: &str, claims: Claims, by: u16| refused(name, text(claims, &of(by)), "DELEGATION_INVALID");
    invalid("a revoked device's next", sold(5, 8, 6), 5);
    invalid("a wiped device's next", sold(6, 8, 6), 6);
    invalid("a forked device's next", sold(7, 8, 6), 7);
    invalid("by a device that does not sell", sold(8, 3, 6), 8);
    invalid("of a type that the device does not sell", sold(4, 3, 8), 4);
    let ticket = |device: u16, serial: u64| TicketId::new(DeviceNo(device), serial).unwrap();
    invalid("of another entry's ticket", Claims { ticket: ticket(4, 4), ..sold(4, 3, 6) }, 4);
    invalid("of a serial beyond every issue", Claims { ticket: ticket(4, (1 << 32) + 3), ..sold(4, 3, 6) }, 4);
    invalid("of another device's ticket", Claims { ticket: ticket(5, 3), ..sold(4, 3, 6) }, 4);
    invalid("of a server's ticket", Claims { ticket: ticket(0, 3), ..sold(4, 3, 6) }, 4);
    refused("by another device", text(sold(5, 3, 6), &of(4)), "BAD_SIGNATURE");
    refused("by a stranger", text(sold(4, 3, 6), "a stranger"), "BAD_SIGNATURE");
    refused("by the server", text(sold(4, 3, 6), "server"), "BAD_SIGNATURE");
    refused("by a device that nobody told of", text(sold(10, 3, 6), &of(10)), "UNKNOWN_KEY");
    refused("by a device that a stranger certified", text(sold(9, 3, 6), &of(9)), "UNKNOWN_KEY");
    let elsewhere = sold(4, 3, 6).sign(EventId(id("another event")), &key(&of(4)));
    refused("for another event", elsewhere.to_text(), "BAD_SIGNATURE");
    let mut bytes = sold(4, 3, 6).sign(event(), &key(&of(4))).to_bytes();
    let as_entry = sign(&key(&of(4)), Dst::JOURNAL_SIGN, &[event().as_bytes(), &bytes[..17]]);
    bytes[17..].copy_from_slice(&as_entry);
    refused("signed as an entry", base45::encode(&bytes), "BAD_SIGNATURE");
    cases
}

pub(super) fn rights() -> Vec<Value> {
    const ENDS: u64 = NOON + 60_000;
    let lease = |device: u16, class: u16, count: u32, expires: u64| {
        let body = Body::Lease { device: DeviceNo(device), class: ClassId(class), count, expires: UnixMillis(expires) };
        let NewEntry { entity, body, .. } = body.encode(Entity::ZERO);
        json!({"entity": hex::encode(entity.0), "body": hex::encode(body)})
    };
    let six = |count| lease(4, 6, count, ENDS);
    let journal = journal();
    let case = |name: &str, leases: Vec<Value>, entries: usize, now: u64, left: u32| {
        json!({
            "name": name, "leases": leases, "device": 4, "class": 6, "now": now, "left": left,
            "entries": journal[..entries].iter().map(|e| hex::encode(e.bytes())).collect::<Vec<_>>(),
        })
    };
    vec![
        case("no lease", vec![], 0, NOON, 0),
        case("nothing sold", vec![six(30)], 2, NOON, 30),
        case("one sold", vec![six(30)], 3, NOON, 29),
        case("one of another type", vec![six(30)], 4, NOON, 29),
        case("one that a supervisor allowed, and one beyond the rights", vec![six(30)], 6, NOON, 29),
        case("one taken back", vec![six(30)], 7, NOON, 30),
        case("one taken back twice", vec![six(30)], 8, NOON, 30),
        with(
            case("one taken back under another's ticket", vec![lease(4, 7, 2, ENDS), six(30)], 9, NOON, 1),
            json!({"class": 7}),
        ),
        case("all sold", vec![six(1)], 3, NOON, 0),
        case("all sold, and one taken back", vec![six(1)], 7, NOON, 1),
        case("a lease of nothing", vec![six(0)], 2, NOON, 0),
        case("a count that rises", vec![six(30), six(40)], 3, NOON, 39),
        case("a count that goes back", vec![six(30), six(2)], 3, NOON, 1),
        case("a count that goes back to what was sold", vec![six(30), six(1)], 3, NOON, 0),
        case("a count that goes back below what was sold", vec![six(30), six(0)], 3, NOON, 0),
        case("a count that goes back and rises again", vec![six(30), six(0), six(31)], 3, NOON, 30),
        case("another device's lease", vec![lease(5, 6, 30, ENDS)], 2, NOON, 0),
        case("another type's lease", vec![lease(4, 7, 30, ENDS)], 2, NOON, 0),
        case("another device's lease after it", vec![six(30), lease(5, 6, 1, ENDS)], 2, NOON, 30),
        case("a moment before the end", vec![six(30)], 2, ENDS - 1, 30),
        case("at the end", vec![six(30)], 2, ENDS, 0),
        case("after the end", vec![six(30)], 2, ENDS + 1, 0),
        case("an end that comes later", vec![six(30), lease(4, 6, 30, ENDS + 10)], 2, ENDS, 30),
        case("an end that comes sooner", vec![six(30), lease(4, 6, 30, NOON)], 2, NOON, 0),
    ]
}

fn good_batch(entries: &[SignedEntry], personal: &[PersonalData]) -> Value {
    json!({
        "first": entries[0].entry().seq.0, "hashes": entries.iter().map(|e| hex::encode(e.hash())).collect::<Vec<_>>(),
        "personal": personal.iter().map(|p| json!([p.seq.0, hex::encode(&p.data)])).collect::<Vec<_>>(),
    })
}

pub(super) fn batches() -> Vec<Value> {
    let journal = journal();
    let guests: Vec<PersonalData> = (3..=6).filter_map(personal).collect();
    let case =
        |name: &str, bytes: &[u8], expect: Value| json!({"name": name, "batch": hex::encode(bytes), "expect": expect});
    let whole = encode(&journal, &guests).0;
    let error = |code: &str| json!({"error": code});
    let with_guest = |change: &dyn Fn(&mut PersonalData)| {
        let mut guests = guests.clone();
        change(&mut guests[0]);
        encode(&journal, &guests).0
    };
    let mut cases = vec![
        case("sales with their guests", &whole, good_batch(&journal, &guests)),
        case("without a guest", &encode(&journal, &guests[1..]).0, good_batch(&journal, &guests[1..])),
        case("another guest", &with_guest(&|g| g.data = br#"{"name":"Eve"}"#.to_vec()), error("BAD_CHAIN")),
        case("another salt", &with_guest(&|g| g.salt[0] ^= 1), error("BAD_CHAIN")),
        case("a guest of another sale", &with_guest(&|g| g.data = guests[1].data.clone()), error("BAD_CHAIN")),
    ];
    // The last guest's data are 17 bytes, after their length, their salt and their number.
    let at = whole.len() - 17 - 2 - 16 - 8;
    let moved = |seq: u64| {
        let mut bytes = whole.clone();
        bytes[at..at + 8].copy_from_slice(&seq.to_be_bytes());
        bytes
    };
    // The one before has 16.
    let (before, two) = whole.split_at(at - 16 - 2 - 16 - 8);
    let (five, six) = two.split_at(16 + 2 + 16 + 8);
    let swapped = [before, six, five].concat();
    cases.push(case("a guest's number that goes back", &swapped, error("BAD_CHAIN")));
    cases.push(case("a guest of the sale before", &moved(5), error("BAD_CHAIN")));
    cases.push(case("a guest of an entry that sells nothing", &moved(7), error("BAD_CHAIN")));
    cases.push(case("a guest of no entry", &moved(99), error("BAD_CHAIN")));
    cases.push(case("half a guest", &whole[..whole.len() - 1], error("MALFORMED")));
    cases
}

/// What the server does with a wiped device's sales: they wait for a person's word.
pub(super) fn intakes() -> Vec<Value> {
    let journal = journal();
    let link = |entries: &[SignedEntry]| {
        entries.last().map_or(Link::empty(event(), DeviceId(id("device 4"))), SignedEntry::link)
    };
    let case = |name: &str, status: DeviceStatus, held: usize, expect: Value| {
        let end = link(&journal[..held]);
        json!({
            "name": name, "status": status as u8, "held": {"seq": end.seq.0, "hash": hex::encode(end.hash)},
            "known": journal[..held].iter().map(|e| hex::encode(e.hash())).collect::<Vec<_>>(), "evidence": false,
            "batch": hex::encode(encode(&journal, &[]).0), "expect": expect,
        })
    };
    let end = link(&journal);
    let store = |skip: usize| json!({"store": {"skip": skip, "seq": end.seq.0, "hash": hex::encode(end.hash)}});
    vec![
        case("sales", DeviceStatus::Active, 0, store(0)),
        case("sales after others", DeviceStatus::Active, 3, store(3)),
        case("a wiped device's sales", DeviceStatus::Wiped, 0, json!({"quarantine": true})),
        case("a wiped device, nothing new", DeviceStatus::Wiped, 10, json!({"quarantine": true})),
    ]
}
