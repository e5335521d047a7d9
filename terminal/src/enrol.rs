//! How this laptop becomes a terminal of an event: from a code to keys and a certificate.
//!
//! The keys are made here and never leave; the server learns their public halves. Storing the
//! result under a passphrase is [`crate::cache`]'s.

use std::time::Duration;

use ed25519_dalek::SigningKey;
use sync_protocol::certificate::{Certificate, SignedCertificate};
use sync_protocol::crockford::CodeError;
use sync_protocol::enrol::{EnrolCode, Handshake, Invitation};
use sync_protocol::hash::{Hash, sha256};
use sync_protocol::id::{DeviceId, DeviceNo, EventId, FeedId, GateId};
use sync_protocol::key::PublicKey;
use sync_protocol::problem::ProblemCode;
use sync_protocol::sync::message::{EnrolPending, EnrolRequest, Enrolled, ServerKey, ServerTime};
use sync_protocol::time::UnixMillis;

use crate::sync::transport::{AddressError, Body, RequestError, Signer, Transport};

/// How often the server is asked whether an organiser has confirmed.
const CONFIRMATION_EVERY: Duration = Duration::from_secs(1);
/// How long an organiser has to confirm.
const CONFIRMATION_WITHIN: Duration = Duration::from_secs(15 * 60);

/// Where to enrol, and with what.
#[derive(Clone, Debug)]
pub struct Offer {
    /// The server's address.
    pub server: String,
    /// `H(S)`, where the code was scanned.
    pub server_key_hash: Option<Hash>,
    /// SHA-256 of the server's own TLS certificate, where it signed it itself.
    pub tls_fingerprint: Option<Hash>,
    /// The code.
    pub code: EnrolCode,
}

impl From<Invitation> for Offer {
    fn from(invitation: Invitation) -> Self {
        Self {
            server: invitation.server,
            server_key_hash: Some(invitation.server_key_hash),
            tls_fingerprint: invitation.tls_fingerprint,
            code: invitation.code,
        }
    }
}

/// What an enrolment yields: all that a terminal needs to begin.
#[derive(Clone, Debug)]
pub struct Enrolment {
    /// The server's address.
    pub server: String,
    /// SHA-256 of its own TLS certificate, where it signed it itself.
    pub tls_fingerprint: Option<Hash>,
    /// S.
    pub server_key: PublicKey,
    /// The event.
    pub event: EventId,
    /// Its name.
    pub event_name: String,
    /// The device.
    pub device: DeviceId,
    /// Its number in the event.
    pub device_no: DeviceNo,
    /// The gate it is meant for, if the organiser said so.
    pub gate: Option<GateId>,
    /// The feed's present life.
    pub feed: FeedId,
    /// K_body.
    pub k_body: [u8; 32],
    /// The certificate as it travelled.
    pub certificate: SignedCertificate,
    /// D.sign.
    pub sign_key: SigningKey,
    /// D.tls.
    pub tls_key: SigningKey,
}

/// Why an enrolment came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// The code has foreign characters or another length.
    #[error("the enrolment code is not right; it has 10 characters, or 26 when scanned")]
    Code(#[from] CodeError),
    /// The address is none.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The code is unknown, used, too old, or was tried too often.
    #[error("the server does not know this code (any more); ask the organiser for a new one")]
    CodeRefused,
    /// The server is not the one whose code was scanned.
    #[error("another server answers at {0} than the one that made this code: do not go on")]
    OtherServer(String),
    /// The server's answer contradicts itself.
    #[error("the server's answer does not fit this enrolment: {0}")]
    Unfit(&'static str),
    /// Nobody confirmed in time.
    #[error("no organiser confirmed this terminal within 15 minutes; enrol again with a new code")]
    NotConfirmed,
    /// The exchange failed.
    #[error("enrolment did not get through")]
    Request(#[from] RequestError),
}

/// Enrols this laptop. `on_digits` is told the six digits that an organiser must see on the other
/// screen, and whether the organiser has confirmed in advance.
///
/// # Errors
///
/// [`EnrolError`]. Nothing is kept of a failed enrolment.
pub async fn enrol(
    offer: &Offer,
    name: &str,
    wall: impl Fn() -> UnixMillis,
    mut on_digits: impl FnMut(&str, bool),
) -> Result<Enrolment, EnrolError> {
    let transport = Transport::new(&offer.server, offer.tls_fingerprint)?;
    let offset_ms = measure_offset(&transport, &wall).await?;
    let now = || UnixMillis(wall().0.saturating_add_signed(offset_ms));
    let server_key = fetch_server_key(&transport, offer, now()).await?;

    let sign_key = SigningKey::from_bytes(&rand::random());
    let tls_key = SigningKey::from_bytes(&rand::random());
    let handshake = Handshake {
        code: offer.code.hash(),
        server_key: server_key.to_bytes(),
        sign_key: sign_key.verifying_key().to_bytes(),
        tls_key: tls_key.verifying_key().to_bytes(),
    };
    let request = EnrolRequest {
        code: offer.code.as_str().to_owned(),
        name: name.to_owned(),
        sign_key: hex::encode(handshake.sign_key),
        tls_key: hex::encode(handshake.tls_key),
        signature: hex::encode(handshake.sign(&sign_key)),
    };
    let request = serde_json::to_vec(&request).map_err(|_| EnrolError::Unfit("the request cannot be written"))?;
    let answer =
        transport.send("/enrol", Body::Json(&request), None, now(), Duration::ZERO).await.map_err(refused_code)?;
    let pending: EnrolPending = read(&answer.body)?;
    if pending.digits != handshake.digits() {
        return Err(EnrolError::Unfit("the six digits differ"));
    }
    on_digits(&pending.digits, pending.confirmed);

    let signer = Signer { device: pending.device_id, key: sign_key.clone() };
    let enrolled = wait_for_confirmation(&transport, &signer, now).await?;
    let certificate = open_certificate(&enrolled, &server_key, &handshake)?;
    Ok(Enrolment {
        server: offer.server.clone(),
        tls_fingerprint: offer.tls_fingerprint,
        server_key,
        event: enrolled.event_id,
        event_name: enrolled.event_name,
        device: enrolled.device_id,
        device_no: enrolled.device_no,
        gate: enrolled.gate,
        feed: enrolled.feed_id,
        k_body: decode_hex(&enrolled.k_body)?,
        certificate,
        sign_key,
        tls_key,
    })
}

/// Returns the server's time minus this laptop's wall clock, in ms: requests are signed with the
/// server's time, and a laptop's own clock may be far from it.
async fn measure_offset(transport: &Transport, wall: &impl Fn() -> UnixMillis) -> Result<i64, EnrolError> {
    let asked = wall();
    let answer = transport.send("/time", Body::None, None, asked, Duration::ZERO).await?;
    let time: ServerTime = read(&answer.body)?;
    let here = asked.0.midpoint(wall().0);
    Ok(time.sent.0.cast_signed().saturating_sub(here.cast_signed()))
}

async fn fetch_server_key(transport: &Transport, offer: &Offer, now: UnixMillis) -> Result<PublicKey, EnrolError> {
    let answer = transport.send("/server", Body::None, None, now, Duration::ZERO).await?;
    let key: ServerKey = read(&answer.body)?;
    let key = decode_hex(&key.server_key)?;
    if offer.server_key_hash.is_some_and(|expected| expected != sha256(&[&key])) {
        return Err(EnrolError::OtherServer(offer.server.clone()));
    }
    PublicKey::import(&key).map_err(|_| EnrolError::Unfit("its key is not acceptable"))
}

async fn wait_for_confirmation(
    transport: &Transport,
    signer: &Signer,
    now: impl Fn() -> UnixMillis,
) -> Result<Enrolled, EnrolError> {
    let target = format!("/enrol/{}", signer.device);
    let tries = CONFIRMATION_WITHIN.as_secs() / CONFIRMATION_EVERY.as_secs();
    for _ in 0..tries {
        match transport.send(&target, Body::None, Some(signer), now(), Duration::ZERO).await {
            Ok(answer) if answer.status == 200 => return read(&answer.body),
            // The organiser may take a while, and so may the network.
            Ok(_) | Err(RequestError::Unreachable(_)) => tokio::time::sleep(CONFIRMATION_EVERY).await,
            Err(error) => return Err(refused_code(error)),
        }
    }
    Err(EnrolError::NotConfirmed)
}

fn open_certificate(
    enrolled: &Enrolled,
    server_key: &PublicKey,
    handshake: &Handshake,
) -> Result<SignedCertificate, EnrolError> {
    let bytes = hex::decode(&enrolled.certificate).map_err(|_| EnrolError::Unfit("its certificate is damaged"))?;
    let signed = SignedCertificate { bytes, signature: decode_hex(&enrolled.certificate_signature)? };
    let certificate: Certificate =
        signed.open(server_key).map_err(|_| EnrolError::Unfit("its certificate is not signed by it"))?;
    let is_ours = certificate.sign_key.to_bytes() == handshake.sign_key
        && certificate.tls_key == handshake.tls_key
        && certificate.device == enrolled.device_id
        && certificate.number == enrolled.device_no
        && certificate.event == enrolled.event_id;
    if is_ours { Ok(signed) } else { Err(EnrolError::Unfit("its certificate is for another terminal")) }
}

fn refused_code(error: RequestError) -> EnrolError {
    match error {
        RequestError::Problem { code: Some(ProblemCode::CodeRefused), .. } => EnrolError::CodeRefused,
        other => other.into(),
    }
}

fn read<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, EnrolError> {
    serde_json::from_slice(body).map_err(|_| EnrolError::Unfit("it is not what an Usher server says"))
}

fn decode_hex<const N: usize>(text: &str) -> Result<[u8; N], EnrolError> {
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes).map_err(|_| EnrolError::Unfit("a key has another length"))?;
    Ok(bytes)
}
