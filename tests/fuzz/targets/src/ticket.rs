//! The code at the gate: credentials as text and as bytes, and tickets that are typed.

use sync_protocol::crockford;
use sync_protocol::id::TicketId;
use sync_protocol::key::public_key;
use sync_protocol::ticket::credential::Signer;
use sync_protocol::ticket::{Credential, ReadFailure, Verified};

use crate::keys;

/// A presented text. The first byte says what it is: `t` a code's text, `b` a code's bytes, `n` typed by hand.
pub fn credential(input: &[u8]) {
    let Some((kind, rest)) = input.split_first() else { return };
    match kind {
        b't' => text(rest),
        b'b' => bytes(rest),
        b'n' => typed(rest),
        _ => {}
    }
}

fn text(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(credential) = Credential::from_text(text) else {
        assert!(keys::keyring().read(text).is_err());
        return;
    };
    assert_eq!(credential.to_text(), text.trim_matches(['\r', '\n', '\t']), "a credential has one text");
    assert_eq!(Credential::from_bytes(&credential.to_bytes()), Ok(credential));
    if let Ok(verified) = keys::keyring().read(text) {
        is_signed(&credential, &verified);
    }
}

fn bytes(bytes: &[u8]) {
    let Ok(credential) = Credential::from_bytes(bytes) else { return };
    assert_eq!(credential.to_bytes(), bytes, "a credential has one form");
    assert_eq!(Credential::from_text(&credential.to_text()), Ok(credential));
    if let Ok(verified) = keys::keyring().verify(&credential) {
        is_signed(&credential, &verified);
    }

    let claims = *credential.unverified();
    let (event, key) = keys::of_signer(claims.signer);
    let signed = claims.sign(event, &key);
    assert_eq!(*signed.unverified(), claims);
    assert!(signed.is_signed_by(&public_key(&key), event), "what was signed verifies");
    assert_eq!(
        credential.is_signed_by(&public_key(&key), event),
        credential == signed,
        "only what was signed verifies"
    );
    let is_forged = keys::keyring().verify(&signed) == Err(ReadFailure::BadSignature);
    // A key of the server speaks for no terminal.
    assert_eq!(
        is_forged,
        matches!(claims.signer, Signer::Server(_)) && is_known(claims.signer) && is_sold(&claims.ticket)
    );
}

/// Ed25519 signs the same bytes the same way every time, so whatever verifies is what the key's holder made.
fn is_signed(credential: &Credential, verified: &Verified) {
    let (event, key) = keys::of_signer(verified.claims().signer);
    assert_eq!(*credential, verified.claims().sign(event, &key), "only what was signed verifies");
    assert_eq!(event, keys::event(), "only this event's tickets count");
}

fn is_known(signer: Signer) -> bool {
    matches!(signer, Signer::Server(kid) if keys::KIDS.iter().any(|(known, _)| *known == kid))
}

fn is_sold(ticket: &TicketId) -> bool {
    ticket.issuer().0 != 0
}

fn typed(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(value) = crockford::decode_checked(text) else { return };
    let canonical = crockford::encode_checked(value);
    assert_eq!(crockford::decode_checked(&canonical), Ok(value), "{canonical} is read as it was written");
    assert_eq!(TicketId::from_typed_code(text), Ok(TicketId(value)));
    let (_, digits) = canonical.split_at(canonical.len() - 1);
    assert!(crockford::decode_checked(digits) != Ok(value), "without its check symbol it is another code");
}
