//! `credential.json`: tickets as texts, with the keys around them, and what becomes of each.

use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};
use sync_protocol::hash::Dst;
use sync_protocol::id::{ClassId, DeviceNo, EventId, Issue, Kid, TicketId};
use sync_protocol::ticket::base45;
use sync_protocol::ticket::credential::{Claims, Signer};

use super::{Draw, id, key, public_hex, with};

/// The order of the curve's base point, little-endian.
const L: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// A signature by "ticket key 1" over [`plain`]'s claims whose R is the neutral element: it satisfies
/// the equation, and verifiers that do not look at R's order accept it.
const SMALL_ORDER_R: &str = "0100000000000000000000000000000000000000000000000000000000000000\
                             fce82a70679fe8f7196d99fdc2afb33110c57e108b310140fcfe2b1122ec9f01";

/// The event that the keyring is for.
pub(crate) fn event() -> EventId {
    EventId(id("event"))
}

fn other_event() -> EventId {
    EventId(id("another event"))
}

fn plain() -> Claims {
    server(1, 0x1234_5678_9abc, 42, 3)
}

fn server(kid: u16, ticket: u64, issue: u32, class: u16) -> Claims {
    Claims {
        is_test: false,
        signer: Signer::Server(Kid(kid)),
        ticket: TicketId(ticket),
        issue: Issue(issue),
        class: ClassId(class),
    }
}

pub(crate) fn sold(device: u16, seq: u32, class: u16) -> Claims {
    Claims {
        is_test: false,
        signer: Signer::Device(DeviceNo(device)),
        ticket: TicketId::new(DeviceNo(device), u64::from(seq)).unwrap(),
        issue: Issue(seq),
        class: ClassId(class),
    }
}

/// Returns the claims that are genuine, each with the key that signs them.
fn genuine() -> Vec<(String, Claims, SigningKey)> {
    let mut draw = Draw(81);
    let mut all = vec![
        ("a server ticket".to_string(), plain(), key("ticket key 1")),
        ("all zero but the key id".to_string(), server(1, 0, 0, 0), key("ticket key 1")),
        ("all at their limits".to_string(), server(2, TicketId::SERIAL_MAX, u32::MAX, u16::MAX), key("ticket key 2")),
        ("the other key of a number that two keys have".to_string(), server(5, 77, 78, 1), key("ticket key 5 b")),
        ("the one key of a number that two keys have".to_string(), server(5, 77, 78, 1), key("ticket key 5 a")),
        ("a key that signs no more".to_string(), server(2, 99, 100, 1), key("ticket key 2")),
    ];
    for at in 0..6 {
        let claims = server(1, draw.below(1 << 48), draw.u64() as u32, draw.below(10) as u16);
        all.push((format!("server ticket {at}"), claims, key("ticket key 1")));
    }
    for at in 0..4 {
        let claims = Claims { is_test: true, ..server(1, draw.below(1 << 48), draw.u64() as u32, 0) };
        all.push((format!("rehearsal ticket {at}"), claims, key("ticket key 1")));
    }
    for (at, seq) in [1, 2, 500, 70_000].into_iter().enumerate() {
        all.push((format!("walk-in ticket {at}"), sold(4, seq, 6 + (at % 2) as u16), key("device 4 sign")));
    }
    all.push(("a rehearsal walk-in".to_string(), Claims { is_test: true, ..sold(4, 9, 6) }, key("device 4 sign")));
    all.push(("the last walk-in of a revoked terminal".to_string(), sold(6, 30, 6), key("device 6 sign")));
    all
}

/// Returns the texts of all genuine tickets.
pub(crate) fn genuine_texts() -> Vec<String> {
    genuine().into_iter().map(|(_, claims, key)| claims.sign(event(), &key).to_text()).collect()
}

pub(crate) fn read(claims: &Claims, needs_listed_row: bool) -> Value {
    let (signer, number) = match claims.signer {
        Signer::Server(kid) => ("server", kid.0),
        Signer::Device(device) => ("device", device.0),
    };
    json!({"claims": {
        "signer": signer, "number": number, "ticket": claims.ticket.0, "issue": claims.issue.0,
        "class": claims.class.0, "test": claims.is_test, "needs_listed_row": needs_listed_row,
    }})
}

fn keyring() -> Value {
    let of = |event: EventId, kid: u16, word: &str, state: &str| json!({"event": event.to_string(), "kid": kid, "key": public_hex(&key(word)), "state": state});
    let sells = |device: u16, capabilities: u32, classes: &[u16], revoked_after: Option<u64>| {
        json!({
            "device": device, "key": public_hex(&key(&format!("device {device} sign"))),
            "capabilities": capabilities, "classes": classes, "revoked_after": revoked_after,
        })
    };
    json!({
        "event": event().to_string(),
        "keys": [
            of(event(), 1, "ticket key 1", "active"),
            of(event(), 2, "ticket key 2", "verify_only"),
            of(event(), 3, "ticket key 3", "listed_only"),
            of(event(), 4, "ticket key 4", "rejected"),
            of(event(), 5, "ticket key 5 a", "active"),
            of(event(), 5, "ticket key 5 b", "active"),
            of(other_event(), 1, "ticket key 1 of another event", "active"),
            of(other_event(), 8, "ticket key 8 of another event", "rejected"),
        ],
        "delegations": [
            sells(4, 1 | 4, &[6, 7], None),
            sells(5, 1 | 2, &[6, 7], None),
            sells(6, 1 | 4, &[6], Some(30)),
        ],
    })
}

/// Returns a text whose claims are signed after `prefix` instead of the ticket's own.
fn signed_over(prefix: &[u8], claims: &Claims, key: &SigningKey) -> String {
    let bytes = claims.sign(event(), key).to_bytes();
    let signature = key.sign(&[prefix, &bytes[..17]].concat()).to_bytes();
    base45::encode(&[&bytes[..17], &signature].concat())
}

fn changed(claims: Claims, change: impl Fn(&mut [u8])) -> String {
    let mut bytes = claims.sign(event(), &key("ticket key 1")).to_bytes();
    change(&mut bytes);
    base45::encode(&bytes)
}

/// Adds L to the signature's s: the same equation, another byte string.
fn add_l(signature: &mut [u8]) {
    let mut carry = 0;
    for (byte, more) in signature[32..].iter_mut().zip(L) {
        let sum = u16::from(*byte) + u16::from(more) + carry;
        (*byte, carry) = (sum as u8, sum >> 8);
    }
}

fn refused() -> Vec<(&'static str, String, &'static str)> {
    let key_1 = key("ticket key 1");
    let text = plain().sign(event(), &key_1).to_text();
    let ticket_prefix = [Dst::TICKET.as_bytes().as_slice(), event().as_bytes()].concat();
    let of_device =
        |device: u16, claims: Claims| claims.sign(event(), &key(&format!("device {device} sign"))).to_text();
    vec![
        ("nothing", String::new(), "NOT_A_TICKET"),
        ("an address", "https://example.org/t/12345".into(), "NOT_A_TICKET"),
        ("one character short", text[..121].into(), "NOT_A_TICKET"),
        ("one character more", format!("{text}0"), "NOT_A_TICKET"),
        ("a space at the front", format!(" {text}"), "NOT_A_TICKET"),
        ("a space at the end", format!("{text} "), "NOT_A_TICKET"),
        ("lower case", text.to_lowercase(), "NOT_A_TICKET"),
        ("a triple out of range", format!(":::{}", &text[3..]), "NOT_A_TICKET"),
        ("the last pair out of range", format!("{}::", &text[..120]), "NOT_A_TICKET"),
        ("a form feed at the end", format!("{text}\u{c}"), "NOT_A_TICKET"),
        ("a line feed in the middle", format!("{}\n{}", &text[..60], &text[60..]), "NOT_A_TICKET"),
        ("format 0", changed(plain(), |b| b[0] = 0x00), "UNSUPPORTED_FORMAT"),
        ("format 2", changed(plain(), |b| b[0] = 0x20), "UNSUPPORTED_FORMAT"),
        ("format 15", changed(plain(), |b| b[0] = 0xf0), "UNSUPPORTED_FORMAT"),
        ("reserved bit 2", changed(plain(), |b| b[0] |= 4), "UNSUPPORTED_FORMAT"),
        ("reserved bit 3", changed(plain(), |b| b[0] |= 8), "UNSUPPORTED_FORMAT"),
        ("a key id that nobody has", server(9, 1, 1, 1).sign(event(), &key_1).to_text(), "UNKNOWN_KEY"),
        ("a device that nobody knows", of_device(9, sold(9, 3, 6)), "UNKNOWN_KEY"),
        ("the event's key for another event", plain().sign(other_event(), &key_1).to_text(), "BAD_SIGNATURE"),
        (
            "a ticket of another event that is known",
            plain().sign(other_event(), &key("ticket key 1 of another event")).to_text(),
            "OTHER_EVENT",
        ),
        (
            "a refused key of another event that is known",
            server(8, 1, 1, 1).sign(other_event(), &key("ticket key 8 of another event")).to_text(),
            "OTHER_EVENT",
        ),
        ("a refused key", server(4, 1, 1, 1).sign(event(), &key("ticket key 4")).to_text(), "KEY_REJECTED"),
        ("a stranger's key", plain().sign(event(), &key("a stranger")).to_text(), "BAD_SIGNATURE"),
        ("a signature for a head", signed_over(&prefix(Dst::HEAD), &plain(), &key_1), "BAD_SIGNATURE"),
        ("a signature for a journal", signed_over(&prefix(Dst::JOURNAL_SIGN), &plain(), &key_1), "BAD_SIGNATURE"),
        ("a signature without a domain", signed_over(event().as_bytes(), &plain(), &key_1), "BAD_SIGNATURE"),
        ("the right prefix by a stranger", signed_over(&ticket_prefix, &plain(), &key("a stranger")), "BAD_SIGNATURE"),
        (
            "a server's ticket under a device's number",
            server(1, 4 << 48 | 3, 3, 6).sign(event(), &key_1).to_text(),
            "BAD_SIGNATURE",
        ),
        ("s plus the group's order", changed(plain(), |b| add_l(&mut b[17..])), "BAD_SIGNATURE"),
        (
            "R of small order",
            changed(plain(), |b| b[17..].copy_from_slice(&hex::decode(SMALL_ORDER_R).unwrap())),
            "BAD_SIGNATURE",
        ),
        ("no signature", changed(plain(), |b| b[17..].fill(0)), "BAD_SIGNATURE"),
        ("a device that may not sell", of_device(5, sold(5, 3, 6)), "DELEGATION_INVALID"),
        ("a ticket type that the device may not sell", of_device(4, sold(4, 3, 8)), "DELEGATION_INVALID"),
        (
            "a device in another device's name",
            of_device(4, Claims { ticket: TicketId(5 << 48 | 3), ..sold(4, 3, 6) }),
            "DELEGATION_INVALID",
        ),
        (
            "a device in the server's name",
            of_device(4, Claims { ticket: TicketId(3), ..sold(4, 3, 6) }),
            "DELEGATION_INVALID",
        ),
        (
            "a serial that is not the issue",
            of_device(4, Claims { issue: Issue(4), ..sold(4, 3, 6) }),
            "DELEGATION_INVALID",
        ),
        ("sold after the revocation", of_device(6, sold(6, 31, 6)), "DELEGATION_INVALID"),
        ("a walk-in by a stranger", sold(4, 3, 6).sign(event(), &key("a stranger")).to_text(), "BAD_SIGNATURE"),
        (
            "a walk-in for another event",
            sold(4, 3, 6).sign(other_event(), &key("device 4 sign")).to_text(),
            "BAD_SIGNATURE",
        ),
    ]
}

fn prefix(dst: Dst) -> Vec<u8> {
    [dst.as_bytes().as_slice(), event().as_bytes()].concat()
}

/// Returns the code for each bit of the plain ticket, from byte 0 and its lowest bit on.
fn flips() -> Value {
    let codes: Vec<&str> = (0..81 * 8)
        .map(|bit| match (bit / 8, bit % 8) {
            // DELEGATED: nobody has given terminal 1 a certificate.
            (0, 0) => "UNKNOWN_KEY",
            (0, 1) => "BAD_SIGNATURE",
            (0, _) => "UNSUPPORTED_FORMAT",
            // Key id 1 becomes 5, 3, 0 ...; 3 and 5 exist.
            (2, 1 | 2) => "BAD_SIGNATURE",
            (1 | 2, _) => "UNKNOWN_KEY",
            _ => "BAD_SIGNATURE",
        })
        .collect();
    json!({"text": plain().sign(event(), &key("ticket key 1")).to_text(), "codes": codes})
}

fn public_keys() -> Vec<Value> {
    let mut all = vec![json!({"name": "an ordinary key", "key": public_hex(&key("ticket key 1")), "accepted": true})];
    let small = [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ];
    for (at, hex) in small.iter().enumerate() {
        all.push(json!({"name": format!("a point of small order, {at}"), "key": hex, "accepted": false}));
    }
    for minus in [false, true] {
        let sign = if minus { 0x80 } else { 0 };
        let (mut one, mut two) = ([0; 32], [0; 32]);
        (one[0], one[31], two[0], two[31]) = (1, 0x80, 2, sign);
        let is_minus = if minus { " with x's sign" } else { "" };
        if minus {
            all.push(json!({"name": "the neutral element with x's sign", "key": hex::encode(one), "accepted": false}));
        }
        all.push(json!({"name": format!("y = 2{is_minus}, no point"), "key": hex::encode(two), "accepted": false}));
        for more in 0..19_u8 {
            let mut bytes = [0xff; 32];
            (bytes[0], bytes[31]) = (0xed + more, 0x7f | sign);
            let name = format!("y = p + {more}{is_minus}, not reduced");
            all.push(json!({"name": name, "key": hex::encode(bytes), "accepted": false}));
        }
    }
    all
}

fn typed_codes() -> Vec<Value> {
    let mut draw = Draw(32);
    let mut all = vec![
        json!({"text": "16JD", "ticket": 1234, "canonical": "16JD"}),
        json!({"text": "16jd", "ticket": 1234, "canonical": "16JD"}),
        json!({"text": "i6-J d\r\n", "ticket": 1234, "canonical": "16JD"}),
        json!({"text": "l6jd", "ticket": 1234, "canonical": "16JD"}),
        json!({"text": "016JD", "ticket": 1234, "canonical": "16JD"}),
        json!({"text": "00", "ticket": 0, "canonical": "00"}),
        json!({"text": "oO", "ticket": 0, "canonical": "00"}),
        json!({"text": "10*", "ticket": 32, "canonical": "10*"}),
        json!({"text": "11~", "ticket": 33, "canonical": "11~"}),
        json!({"text": "12$", "ticket": 34, "canonical": "12$"}),
        json!({"text": "13=", "ticket": 35, "canonical": "13="}),
        json!({"text": "14u", "ticket": 36, "canonical": "14U"}),
        json!({"text": "FZZZZZZZZZZZZB", "ticket": u64::MAX, "canonical": "FZZZZZZZZZZZZB"}),
        json!({"text": "", "error": "EMPTY"}),
        json!({"text": " - ", "error": "EMPTY"}),
        json!({"text": "D", "error": "EMPTY"}),
        json!({"text": "16JE", "error": "CHECK"}),
        json!({"text": "61JD", "error": "CHECK"}),
        json!({"text": "16J*", "error": "CHECK"}),
        json!({"text": "16!D", "error": "SYMBOL"}),
        json!({"text": "1U6D", "error": "SYMBOL"}),
        json!({"text": "16J!", "error": "SYMBOL"}),
        json!({"text": "ZZZZZZZZZZZZZZ0", "error": "TOO_LONG"}),
        json!({"text": "G0000000000000", "error": "TOO_LONG"}),
    ];
    for _ in 0..20 {
        let ticket = TicketId(draw.below(1 << 48));
        all.push(json!({"text": ticket.typed_code(), "ticket": ticket.0, "canonical": ticket.typed_code()}));
    }
    all
}

pub(crate) fn file() -> Value {
    let mut cases: Vec<Value> = genuine()
        .into_iter()
        .map(|(name, claims, key)| {
            with(json!({"name": name, "text": claims.sign(event(), &key).to_text()}), read(&claims, false))
        })
        .collect();
    let text = plain().sign(event(), &key("ticket key 1")).to_text();
    for (name, text) in
        [("ends that scanners add", format!("\t{text}\r\n")), ("many of them", format!("\r\n\t\t{text}\n\n"))]
    {
        cases.push(with(json!({"name": name, "text": text}), read(&plain(), false)));
    }
    let suspect = server(3, 11, 12, 1);
    cases.push(with(
        json!({"name": "a key under suspicion", "text": suspect.sign(event(), &key("ticket key 3")).to_text()}),
        read(&suspect, true),
    ));
    cases.extend(refused().into_iter().map(|(name, text, code)| json!({"name": name, "text": text, "code": code})));
    json!({
        "keyring": keyring(), "cases": cases, "flips": flips(), "public_keys": public_keys(), "typed_codes": typed_codes(),
    })
}
