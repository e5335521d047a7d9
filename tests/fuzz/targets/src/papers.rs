//! What people and devices are handed: certificates and receipts that the server signs, notes in the journal, and
//! invitations to enrol.

use sync_protocol::certificate::{Certificate, SignedCertificate};
use sync_protocol::enrol::{EnrolCode, Handshake, Invitation, SCANNED_CODE_CHARS, TYPED_CODE_CHARS};
use sync_protocol::feed::SignedHead;
use sync_protocol::hash::Dst;
use sync_protocol::journal::Drill;
use sync_protocol::journal::walk_in::Guest;
use sync_protocol::key;
use sync_protocol::sync::SignedAck;
use sync_protocol::sync::health::{HEALTH_BYTES_MAX, Health};
use sync_protocol::wipe::WipeOrder;

use crate::keys;

/// What the server signs, without its signature. The first byte says what: `c` a device's certificate, `a` an
/// acknowledgement, `h` a head, `w` an order to erase (then in hexadecimal, with its signature).
pub fn signed(input: &[u8]) {
    let Some((kind, bytes)) = input.split_first() else { return };
    match kind {
        b'c' => certificate(bytes),
        b'a' => acknowledgement(bytes),
        b'h' => head(bytes),
        b'w' => wipe_order(bytes),
        _ => {}
    }
}

fn certificate(bytes: &[u8]) {
    let signature = key::sign(keys::server(), Dst::CERTIFICATE, &[bytes]);
    let signed = SignedCertificate { bytes: bytes.to_vec(), signature };
    let opened = signed.open(keys::server_public());
    assert_eq!(opened.as_ref().ok(), Certificate::decode(bytes).ok().as_ref());
    let Ok(certificate) = opened else { return };
    assert_eq!(certificate.sign(keys::server()), signed, "a certificate has one form");
    assert!(!certificate.succeeds(&certificate));
    assert!(SignedCertificate { bytes: bytes.to_vec(), signature: [0; 64] }.open(keys::server_public()).is_err());
}

fn acknowledgement(bytes: &[u8]) {
    if let Ok(ack) = SignedAck::open(bytes, keys::server_public()) {
        assert_eq!(ack.sign(keys::server()).to_bytes(), bytes, "only what was signed counts");
    }
    let signature = key::sign(keys::server(), Dst::ACK, &[bytes]);
    let signed = [bytes, signature.as_slice()].concat();
    let Ok(ack) = SignedAck::open(&signed, keys::server_public()) else { return };
    assert_eq!(ack.sign(keys::server()).to_bytes(), signed, "an acknowledgement has one form");
}

fn head(bytes: &[u8]) {
    if let Ok(unsigned) = SignedHead::from_bytes(bytes) {
        assert_eq!(unsigned.to_bytes(), bytes);
    }
    let signature = key::sign(keys::server(), Dst::HEAD, &[bytes]);
    let signed = SignedHead { bytes: bytes.to_vec(), signature };
    let Ok(head) = signed.open(keys::server_public()) else { return };
    assert_eq!(head.sign(keys::server()), signed, "a head has one form");
    assert_eq!(SignedHead::from_bytes(&signed.to_bytes()), Ok(signed));
}

fn wipe_order(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let order = WipeOrder { event: keys::event(), device: keys::device_id() };
    let is_ours = order.sign_hex(keys::server()).eq_ignore_ascii_case(text);
    assert_eq!(order.verify_hex(keys::server_public(), text).is_ok(), is_ours, "only what was signed counts");
}

/// What devices tell in a few words. The first byte says what: `h` how they are, `g` who bought a ticket, `d` how a
/// check of theirs came out.
pub fn notes(input: &[u8]) {
    let Some((kind, bytes)) = input.split_first() else { return };
    match kind {
        b'h' => health(bytes),
        b'g' => guest(bytes),
        b'd' => drill(bytes),
        _ => {}
    }
}

fn health(bytes: &[u8]) {
    let Ok(health) = Health::decode(bytes) else { return };
    assert_eq!(health.encode(), bytes, "a report has one form");
    assert!(bytes.len() <= HEALTH_BYTES_MAX);
    assert!(health.power.battery().is_none_or(|percent| percent.value() <= 100));
}

fn guest(bytes: &[u8]) {
    let Ok(guest) = Guest::decode(bytes) else { return };
    let written = guest.encode().expect("a guest who can be read can be written");
    assert_eq!(Guest::decode(&written), Ok(guest), "a guest is read as they were written");
}

fn drill(bytes: &[u8]) {
    let Ok(note) = std::str::from_utf8(bytes) else { return };
    let Ok(drill) = Drill::decode(note) else { return };
    let written = drill.encode().expect("a drill that can be read can be written");
    let read = Drill::decode(&written).expect("a drill that was written can be read");
    assert_eq!(read.light(), drill.light());
    assert_eq!(read.checks.len(), drill.checks.len());
}

/// What a device is enrolled with. The first byte says what: `i` the text of an invitation, `c` a typed code, `h` the
/// handshake's four parts.
pub fn enrolment(input: &[u8]) {
    let Some((kind, bytes)) = input.split_first() else { return };
    let text = std::str::from_utf8(bytes);
    match (kind, text) {
        (b'i', Ok(text)) => invitation(text),
        (b'c', Ok(text)) => code(text),
        (b'h', _) => handshake(bytes),
        _ => {}
    }
}

fn invitation(text: &str) {
    let Ok(invitation) = Invitation::parse(text) else { return };
    assert_eq!(invitation.to_text(), text.trim(), "an invitation has one text");
    code(invitation.code.as_str());
}

fn code(text: &str) {
    let Ok(code) = EnrolCode::parse(text) else { return };
    assert!(matches!(code.as_str().len(), TYPED_CODE_CHARS | SCANNED_CODE_CHARS));
    assert_eq!(EnrolCode::parse(code.as_str()), Ok(code.clone()), "what was forgiven once is right");
    assert_eq!(EnrolCode::parse(&code.grouped()), Ok(code.clone()));
    assert!(code.as_str().starts_with(code.locator()));
}

fn handshake(bytes: &[u8]) {
    let (parts, []) = bytes.as_chunks::<32>() else { return };
    let [code, server_key, sign_key, tls_key] = *parts else { return };
    let handshake = Handshake { code, server_key, sign_key, tls_key };
    assert!(handshake.digits().len() == 6 && handshake.digits().bytes().all(|digit| digit.is_ascii_digit()));
    let is_ours = sign_key == keys::device_public().to_bytes();
    assert_eq!(handshake.verify(&handshake.sign(keys::device())).is_ok(), is_ours, "only its own key vouches");
}
