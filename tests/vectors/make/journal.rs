//! `journal.json`: entries, chains, batches, what the server does with them, and acknowledgements.

use ed25519_dalek::SigningKey;
use serde_json::{Value, json};
use sync_protocol::hash::Dst;
use sync_protocol::id::{ClassId, DeviceId, FeedSeq, GateId, Issue, Seq, TicketId};
use sync_protocol::journal::batch::encode;
use sync_protocol::journal::entry::{Amount, Evidence};
use sync_protocol::journal::{Entry, EntryKind, Flags, Link, PersonalData, SignedEntry};
use sync_protocol::key;
use sync_protocol::sync::Ack;
use sync_protocol::time::{Hlc, UnixMillis};

use super::feed::{event, server};
use super::scene::{NOON, TICKET};
use super::{Change, id, public_hex, seed, with};

fn device() -> DeviceId {
    DeviceId(id("device 4"))
}

fn signer() -> SigningKey {
    super::key("device 4 sign")
}

const KINDS: [EntryKind; 9] = [
    EntryKind::Session,
    EntryKind::Sync,
    EntryKind::Admit,
    EntryKind::Deny,
    EntryKind::Exit,
    EntryKind::Undo,
    EntryKind::WalkIn,
    EntryKind::Incident,
    EntryKind::ClaimLost,
];

/// Returns an entry of `kind` as a terminal would write it.
fn entry(kind: EntryKind, end: &Link) -> Entry {
    let seq = end.seq.next();
    let mut entry = Entry::new(kind, device(), seq, end.hash);
    entry.hlc = Hlc::at(UnixMillis(NOON + 1_000 * seq.0));
    entry.wall = UnixMillis(NOON + 1_000 * seq.0 - 250);
    (entry.uptime_s, entry.offset_ms, entry.uncertainty_ms, entry.cursor) = (3_600, 250, 40, FeedSeq(1_000));
    entry.gate = GateId(0);
    match kind {
        EntryKind::Admit | EntryKind::Exit | EntryKind::Deny | EntryKind::ClaimLost => {
            (entry.ticket, entry.issue, entry.class) = (TicketId(TICKET), Issue(42), ClassId(0));
            entry.credential = Some(seed("a credential"));
            entry.evidence =
                Some(Evidence { policy: FeedSeq(1), row: FeedSeq(42), history_count: 2, history_hash: [7; 8] });
        }
        EntryKind::Undo => (entry.ticket, entry.undo_target) = (TicketId(TICKET), Some(Seq(3))),
        EntryKind::WalkIn => {
            entry.amount = Some(Amount { minor: 4_900, currency: *b"EUR", method: 1 });
            entry.personal_data = Some(personal(seq).commitment());
            entry.flags = Flags::WALK_IN;
        }
        EntryKind::Session => entry.operator = Some("Grace".into()),
        EntryKind::Sync => {}
        EntryKind::Incident => entry.note = Some("camera unplugged".into()),
    }
    if kind == EntryKind::Deny {
        entry.reason = 100;
    }
    entry
}

fn personal(seq: Seq) -> PersonalData {
    PersonalData { seq, salt: id("salt"), data: br#"{"name":"Ada"}"#.to_vec() }
}

fn journal(kinds: &[EntryKind]) -> Vec<SignedEntry> {
    let mut end = Link::empty(event(), device());
    kinds
        .iter()
        .map(|kind| {
            let signed = SignedEntry::sign(entry(*kind, &end), &signer()).unwrap();
            end = signed.link();
            signed
        })
        .collect()
}

pub(crate) fn says(entry: &Entry) -> Value {
    let evidence = entry.evidence.map(|e| {
        json!({
            "policy": e.policy.0, "row": e.row.0, "history_count": e.history_count,
            "history_hash": hex::encode(e.history_hash),
        })
    });
    let amount =
        entry.amount.map(|a| json!({"minor": a.minor, "currency": hex::encode(a.currency), "method": a.method}));
    json!({"says": {
        "kind": entry.kind as u8, "flags": entry.flags.0, "device": entry.device.to_string(), "seq": entry.seq.0,
        "prev": hex::encode(entry.prev), "hlc": entry.hlc.0, "wall": entry.wall.0, "uptime_s": entry.uptime_s,
        "offset_ms": entry.offset_ms, "uncertainty_ms": entry.uncertainty_ms, "cursor": entry.cursor.0,
        "ticket": entry.ticket.0, "issue": entry.issue.0, "class": entry.class.0, "gate": entry.gate.0,
        "reason": entry.reason, "operator": entry.operator, "undo_target": entry.undo_target.map(|s| s.0),
        "personal_data": entry.personal_data.map(hex::encode), "evidence": evidence, "overridden": entry.overridden,
        "credential": entry.credential.map(hex::encode), "note": entry.note, "amount": amount,
    }})
}

fn entries() -> Vec<Value> {
    let mut cases: Vec<Value> = journal(&KINDS)
        .iter()
        .map(|signed| {
            let name = format!("{:?}", signed.entry().kind);
            with(json!({"name": name, "bytes": hex::encode(signed.bytes())}), says(signed.entry()))
        })
        .collect();
    let full = Entry {
        flags: Flags((1 << 11) - 1),
        offset_ms: -250,
        reason: 640,
        operator: Some("Zo\u{eb}".into()),
        undo_target: Some(Seq(u64::MAX)),
        personal_data: Some([1; 32]),
        overridden: Some(210),
        note: Some("n".repeat(1_024)),
        amount: Some(Amount { minor: u32::MAX, currency: *b"JPY", method: 3 }),
        seq: Seq(u64::MAX),
        hlc: Hlc(u64::MAX),
        wall: UnixMillis(u64::MAX),
        ..entry(EntryKind::Admit, &Link { seq: Seq(1), hash: [9; 32] })
    };
    cases.push(with(json!({"name": "everything", "bytes": hex::encode(full.encode().unwrap())}), says(&full)));
    let bare = Entry::new(EntryKind::Sync, device(), Seq(1), [0; 32]);
    let bytes = bare.encode().unwrap();
    cases.push(with(json!({"name": "nothing but its place", "bytes": hex::encode(&bytes)}), says(&bare)));
    let noted = Entry { note: Some("abc".into()), operator: Some("Grace".into()), ..bare.clone() }.encode().unwrap();
    let changes: [(&str, &[u8], Change); 22] = [
        ("nothing", &bytes, Vec::clear),
        ("version 0", &bytes, |b| b[0] = 0),
        ("version 2", &bytes, |b| b[0] = 2),
        ("type 0", &bytes, |b| b[1] = 0),
        ("type 10", &bytes, |b| b[1] = 10),
        ("a reserved flag", &bytes, |b| b[2] = 8),
        ("number 0", &bytes, |b| b[20..28].fill(0)),
        ("a byte less", &bytes, |b| b.truncate(115)),
        ("a byte more", &bytes, |b| b.push(0)),
        ("an extension that is not there", &bytes, |b| b[115] = 4),
        ("an extension of half a tag", &bytes, |b| {
            b[115] = 2;
            b.extend([1, 0]);
        }),
        ("tag 0", &bytes, |b| {
            b[115] = 3;
            b.extend([0, 0, 0]);
        }),
        ("tag 9", &bytes, |b| {
            b[115] = 3;
            b.extend([9, 0, 0]);
        }),
        ("a tag twice", &noted, |b| {
            let again = b[116..124].to_vec();
            b[115] += 8;
            b.splice(124..124, again);
        }),
        ("tags that fall", &noted, |b| b[116..].rotate_left(8)),
        ("a control character", &noted, |b| b[119] = 7),
        ("a text that is not UTF-8", &noted, |b| b[119] = 0xff),
        ("a text that is not in normal form C", &noted, |b| b[119..122].copy_from_slice("e\u{301}".as_bytes())),
        ("an undo target of 7 bytes", &bytes, |b| {
            b[115] = 10;
            b.extend([2, 0, 7, 0, 0, 0, 0, 0, 0, 1]);
        }),
        ("an undo target of 9 bytes", &bytes, |b| {
            b[115] = 12;
            b.extend([2, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        }),
        ("an operator of 129 bytes", &bytes, |b| {
            b[115] = 132;
            b.extend([1, 0, 129]);
            b.extend([b'a'; 129]);
        }),
        ("a note of 1 025 bytes", &bytes, |b| {
            b[114..116].copy_from_slice(&1_028_u16.to_be_bytes());
            b.extend([7, 4, 1]);
            b.extend([b'a'; 1_025]);
        }),
    ];
    for (name, bytes, change) in changes {
        let mut bytes = bytes.to_vec();
        change(&mut bytes);
        cases.push(json!({"name": name, "bytes": hex::encode(bytes), "refused": true}));
    }
    cases
}

fn journals() -> Vec<Value> {
    let case = |name: &str, entries: &[SignedEntry], expect: Value| {
        let entries: Vec<Value> = entries
            .iter()
            .map(|e| json!({"bytes": hex::encode(e.bytes()), "signature": hex::encode(e.signature())}))
            .collect();
        json!({"name": name, "entries": entries, "expect": expect})
    };
    let end = |link: Link| json!({"seq": link.seq.0, "hash": hex::encode(link.hash)});
    let error = |what: &str, at: u64| json!({"error": what, "at": at});
    let all = journal(&KINDS);
    let resigned = |at: usize, change: &dyn Fn(&mut Entry), key: &SigningKey| {
        let mut entries = all[..4].to_vec();
        let mut entry = entries[at].entry().clone();
        change(&mut entry);
        entries[at] = SignedEntry::sign(entry, key).unwrap();
        entries
    };
    let swapped_signature = {
        let mut entries = all[..2].to_vec();
        entries[1] = SignedEntry::from_parts(all[1].bytes().to_vec(), *all[2].signature()).unwrap();
        entries
    };
    let unhashed = {
        let signature = key::sign(&signer(), Dst::JOURNAL_ENTRY, &[all[0].bytes()]);
        vec![SignedEntry::from_parts(all[0].bytes().to_vec(), signature).unwrap()]
    };
    vec![
        case("an empty journal", &[], end(Link::empty(event(), device()))),
        case("an entry of every type", &all, end(all[8].link())),
        case("one left out", &[all[0].clone(), all[2].clone()], error("NUMBER", 3)),
        case("one twice", &[all[0].clone(), all[0].clone()], error("NUMBER", 1)),
        case("two swapped", &[all[1].clone(), all[0].clone()], error("NUMBER", 2)),
        case("an entry replaced", &resigned(1, &|e| e.reason = 9, &signer()), error("LINK", 3)),
        case("the first does not begin the journal", &resigned(0, &|e| e.prev = [0; 32], &signer()), error("LINK", 1)),
        case("another device's entry", &resigned(2, &|e| e.device = DeviceId([8; 16]), &signer()), error("DEVICE", 3)),
        case("signed by a stranger", &resigned(3, &|_| {}, &super::key("a stranger")), error("SIGNATURE", 4)),
        case("another entry's signature", &swapped_signature, error("SIGNATURE", 2)),
        case("signed without its hash", &unhashed, error("SIGNATURE", 1)),
    ]
}

fn batches() -> Vec<Value> {
    let all = journal(&KINDS);
    let sold = personal(Seq(7));
    let case =
        |name: &str, bytes: &[u8], expect: Value| json!({"name": name, "batch": hex::encode(bytes), "expect": expect});
    let good = |entries: &[SignedEntry], personal: &[PersonalData]| {
        json!({
            "first": entries[0].entry().seq.0, "hashes": entries.iter().map(|e| hex::encode(e.hash())).collect::<Vec<_>>(),
            "personal": personal.iter().map(|p| json!([p.seq.0, hex::encode(&p.data)])).collect::<Vec<_>>(),
        })
    };
    let error = |code: &str| json!({"error": code});
    let whole = encode(&all, std::slice::from_ref(&sold)).0;
    let plain = encode(&all[..3], &[]).0;
    let mut cases = vec![
        case("the whole journal with its personal data", &whole, good(&all, std::slice::from_ref(&sold))),
        case("without the personal data", &encode(&all, &[]).0, good(&all, &[])),
        case("a run in the middle", &encode(&all[3..6], &[]).0, good(&all[3..6], &[])),
        case("one entry", &encode(&all[8..], &[]).0, good(&all[8..], &[])),
    ];
    let stray = PersonalData { seq: Seq(1), ..sold.clone() };
    let other = PersonalData { data: b"{}".to_vec(), ..sold.clone() };
    let outside = PersonalData { seq: Seq(99), ..sold.clone() };
    cases.push(case("personal data of an entry that has none", &encode(&all, &[stray]).0, error("BAD_CHAIN")));
    cases.push(case("other personal data", &encode(&all, &[other]).0, error("BAD_CHAIN")));
    cases.push(case("personal data twice", &encode(&all, &[sold.clone(), sold.clone()]).0, error("BAD_CHAIN")));
    let mut elsewhere = encode(&all, std::slice::from_ref(&sold)).0;
    let at = elsewhere.len() - (26 + sold.data.len());
    elsewhere[at..at + 8].copy_from_slice(&outside.seq.0.to_be_bytes());
    cases.push(case("personal data of an entry that is not there", &elsewhere, error("BAD_CHAIN")));
    // first_seq 0..8, count 8..10, prev 10..42, then the first entry's length, then its bytes.
    let first_length = usize::from(u16::from_be_bytes([plain[42], plain[43]]));
    let signature_at = plain.len() - 66;
    type Spoil<'a> = &'a dyn Fn(&mut Vec<u8>);
    let changes: [(&str, &str, Spoil<'_>); 12] = [
        ("another first number", "BAD_CHAIN", &|b| b[7] = 2),
        ("first number 0", "BAD_CHAIN", &|b| b[7] = 0),
        ("a first number that overflows", "BAD_CHAIN", &|b| b[..8].fill(0xff)),
        ("no entries", "MALFORMED", &|b| b[9] = 0),
        ("501 entries", "MALFORMED", &|b| b[8..10].copy_from_slice(&501_u16.to_be_bytes())),
        ("another prev", "BAD_CHAIN", &|b| b[10] ^= 1),
        ("a bit of the first entry", "BAD_CHAIN", &|b| b[44 + 4 + 16 + 8] ^= 1),
        ("another device in the first entry", "BAD_CHAIN", &|b| b[44 + 4] ^= 1),
        ("an entry of 27 bytes", "MALFORMED", &|b| b[42..44].copy_from_slice(&27_u16.to_be_bytes())),
        ("a bit of the signature", "BAD_CHAIN", &|b| b[signature_at] ^= 1),
        ("a byte more", "MALFORMED", &|b| b.push(0)),
        ("a byte less", "MALFORMED", &|b| b.truncate(b.len() - 1)),
    ];
    for (name, code, change) in changes {
        let mut bytes = plain.clone();
        change(&mut bytes);
        cases.push(case(name, &bytes, error(code)));
    }
    let mut left_out = plain.clone();
    left_out.drain(42..44 + first_length);
    left_out[9] = 2;
    cases.push(case("the first entry left out", &left_out, error("BAD_CHAIN")));
    cases
}

fn intakes() -> Vec<Value> {
    let all = journal(&KINDS);
    // The same journal up to entry 2, then another.
    let other = journal(&[EntryKind::Session, EntryKind::Sync, EntryKind::Exit, EntryKind::Admit]);
    let case =
        |name: &str, status: u8, held: &[SignedEntry], is_evidence: bool, batch: &[SignedEntry], expect: Value| {
            let end = held.last().map_or(Link::empty(event(), device()), SignedEntry::link);
            json!({
                "name": name, "status": status, "held": {"seq": end.seq.0, "hash": hex::encode(end.hash)},
                "known": held.iter().map(|e| hex::encode(e.hash())).collect::<Vec<_>>(), "evidence": is_evidence,
                "batch": hex::encode(encode(batch, &[]).0), "expect": expect,
            })
        };
    let store = |skip: usize, end: &SignedEntry| json!({"store": {"skip": skip, "seq": end.entry().seq.0, "hash": hex::encode(end.hash())}});
    let quarantine = || json!({"quarantine": true});
    vec![
        case("the first batch", 1, &[], false, &all, store(0, &all[8])),
        case("the next batch", 1, &all[..3], false, &all[3..], store(0, &all[8])),
        case("an equal overlap", 1, &all[..3], false, &all[1..6], store(2, &all[5])),
        case("nothing new", 1, &all[..3], false, &all[..3], store(3, &all[2])),
        case("something old", 1, &all[..6], false, &all[1..3], store(2, &all[5])),
        case("a gap", 1, &all[..3], false, &all[4..], json!({"gap": 3})),
        case("a gap at the beginning", 1, &[], false, &all[1..], json!({"gap": 0})),
        case("a different overlap", 1, &all[..3], false, &other[1..], json!({"fork": 3})),
        case("a different entry alone", 1, &all[..3], false, &other[2..3], json!({"fork": 3})),
        case("another past", 1, &all[..3], false, &other[3..], json!({"fork": 4})),
        case("a gap in another past", 1, &all[..2], false, &other[3..], json!({"gap": 2})),
        case("evidence", 1, &all[..3], true, &all[3..], quarantine()),
        case("evidence of another past", 1, &all[..3], true, &other[2..], quarantine()),
        case("evidence after a gap", 1, &all[..3], true, &all[5..], quarantine()),
        case("a revoked device", 2, &all[..3], false, &all[3..], quarantine()),
        case("a forked device", 3, &all[..3], false, &all[3..], quarantine()),
        case("a revoked device, nothing new", 2, &all[..3], false, &all[..3], quarantine()),
    ]
}

fn acks() -> Vec<Value> {
    let all = journal(&KINDS);
    let ack = Ack {
        event: event(),
        device: device(),
        seq: Seq(9),
        hash: *all[8].hash(),
        feed_seq: FeedSeq(1_007),
        time: UnixMillis(NOON),
    };
    let good = ack.sign(&server()).to_bytes();
    let says = json!({"says": {
        "event": ack.event.to_string(), "device": ack.device.to_string(), "seq": 9, "hash": hex::encode(ack.hash),
        "feed_seq": 1_007, "time": NOON,
    }});
    let mut cases = vec![with(json!({"name": "an acknowledgement", "bytes": hex::encode(&good)}), says)];
    for at in [0, 16, 39, 40, 79, 87, 88, 151] {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        cases
            .push(json!({"name": format!("byte {at} changed"), "bytes": hex::encode(bytes), "error": "BAD_SIGNATURE"}));
    }
    let by_stranger = ack.sign(&super::key("a stranger")).to_bytes();
    cases.push(json!({"name": "by a stranger", "bytes": hex::encode(by_stranger), "error": "BAD_SIGNATURE"}));
    cases.push(json!({"name": "a byte less", "bytes": hex::encode(&good[1..]), "error": "BAD_SIGNATURE"}));
    cases.push(json!({"name": "63 bytes", "bytes": hex::encode(&good[..63]), "error": "MALFORMED"}));
    for (name, signed) in [("signed a byte less", &good[..87]), ("signed a byte more", &good[..89])] {
        let bytes = [signed, &key::sign(&server(), Dst::ACK, &[signed])].concat();
        cases.push(json!({"name": name, "bytes": hex::encode(bytes), "error": "MALFORMED"}));
    }
    cases
}

pub(crate) fn file() -> Value {
    json!({
        "event": event().to_string(), "device": device().to_string(), "key": public_hex(&signer()),
        "server_key": public_hex(&server()), "start": hex::encode(Link::empty(event(), device()).hash),
        "entries": entries(), "journals": journals(), "batches": batches(), "intakes": intakes(), "acks": acks(),
    })
}
