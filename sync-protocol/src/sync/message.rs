//! The JSON and framed bodies of the device endpoints (section 11).

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::bytes::DecodeError;
use crate::feed::entry::DeviceStatus;
use crate::feed::head::SIGNED_HEAD_BYTES;
use crate::feed::{Record, SignedHead};
use crate::id::{ClassId, DeviceId, DeviceNo, EventId, FeedId, FeedSeq, GateId, Seq, TicketId, ZoneId};
use crate::time::UnixMillis;

/// The longest that a feed request waits for news, in seconds.
pub const WAIT_S_MAX: u64 = 25;
/// The protocol's path prefix.
pub const PREFIX: &str = "/sync/v1";

/// `GET /sync/v1/server`: who answers here. Unsigned; a terminal compares it with what its
/// invitation says, or people compare six digits.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ServerKey {
    /// S, as 64 hexadecimal digits.
    pub server_key: String,
}

/// `GET /sync/v1/time`: the server's two of the four timestamps.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ServerTime {
    /// When the request arrived.
    pub received: UnixMillis,
    /// When the answer left.
    pub sent: UnixMillis,
}

/// `POST /sync/v1/enrol`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct EnrolRequest {
    /// The code as scanned or typed.
    pub code: String,
    /// What people call the terminal; at most 128 bytes.
    pub name: String,
    /// D.sign, as 64 hexadecimal digits.
    pub sign_key: String,
    /// D.tls, as 64 hexadecimal digits.
    pub tls_key: String,
    /// The signature over the handshake, as 128 hexadecimal digits.
    pub signature: String,
}

/// The answer to an [`EnrolRequest`]: 201.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct EnrolPending {
    /// The device's id: names the enrolment and signs its further requests.
    pub device_id: DeviceId,
    /// The six digits that both screens show.
    pub digits: String,
    /// Whether an organiser has confirmed already.
    pub confirmed: bool,
}

/// `GET /sync/v1/enrol/{id}` once confirmed: 200. Before: 202 with an [`EnrolPending`].
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Enrolled {
    /// The event.
    pub event_id: EventId,
    /// Its name.
    pub event_name: String,
    /// The device.
    pub device_id: DeviceId,
    /// Its number in the event.
    pub device_no: DeviceNo,
    /// The gate it is meant for, if the organiser said so.
    pub gate: Option<GateId>,
    /// The feed's present life.
    pub feed_id: FeedId,
    /// K_body, as 64 hexadecimal digits.
    pub k_body: String,
    /// The certificate's bytes, in hexadecimal.
    pub certificate: String,
    /// S's signature over them, as 128 hexadecimal digits.
    pub certificate_signature: String,
}

/// `GET /sync/v1/events/{e}/journals/{device}`: what the server holds.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct JournalStatus {
    /// The last number held.
    pub last_seq: Seq,
    /// Its hash, as 64 hexadecimal digits.
    pub last_hash: String,
    /// The same as a signed acknowledgement, in hexadecimal; none for an empty journal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledgement: Option<String>,
    /// Numbers of entries in quarantine, as inclusive runs.
    pub quarantined: Vec<(Seq, Seq)>,
}

/// The answer to a batch that went into quarantine: 202.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Quarantined {
    /// The quarantine's number of the batch.
    pub quarantine: u64,
    /// The last entry it holds.
    pub last_seq: Seq,
}

/// `POST /sync/v1/events/{e}/claims`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimRequest {
    /// The ticket that a terminal is about to admit.
    pub ticket_id: TicketId,
    /// Where.
    pub zone: ZoneId,
    /// By which device.
    pub device_no: DeviceNo,
    /// Under which number of its journal.
    pub jseq: Seq,
}

/// The answer to a [`ClaimRequest`] that was granted: 200.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ClaimGranted {
    /// Until when the claim holds unless the entry arrives.
    pub until: UnixMillis,
}

/// The movement that stands against a claim, in a CLAIM_HELD problem.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct HeldBy {
    /// Which device.
    pub device_no: DeviceNo,
    /// Under which number.
    pub jseq: Seq,
    /// Where; none if it is another claim.
    pub gate: Option<GateId>,
    /// When.
    pub at: UnixMillis,
}

/// A problem body as a terminal reads it; members it does not know are passed over.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Problem {
    /// The problem's code.
    #[serde(default)]
    pub code: String,
    /// Words for people.
    #[serde(default)]
    pub detail: String,
    /// With GAP: the last number held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seq: Option<Seq>,
    /// With FORK: the number of the quarantined batch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quarantine: Option<u64>,
    /// With CLAIM_HELD: what stands against it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_by: Option<HeldBy>,
    /// With DEVICE_REVOKED: S's signature under the order that the device erase itself, as 128
    /// hexadecimal digits; [`crate::wipe::WipeOrder::verify_hex`] checks it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wipe: Option<String>,
}

/// `GET /sync/v1/events/{e}/doors`: what the server knows of every terminal of the event.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Doors {
    /// When the server looked.
    pub at: UnixMillis,
    /// Every terminal that was ever confirmed, by number.
    pub doors: Vec<Door>,
}

/// What the server knows of one terminal.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Door {
    /// Its number.
    pub device_no: DeviceNo,
    /// What people call it.
    pub name: String,
    /// The gates it may stand at; none means any.
    pub gates: Vec<GateId>,
    /// Whether it counts.
    pub status: DeviceStatus,
    /// When it last spoke to the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen_at: Option<UnixMillis>,
    /// When it wrote the last entry that the server holds, by its own clock as corrected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_entry_at: Option<UnixMillis>,
    /// That entry's number; 0 for an empty journal.
    pub last_seq: Seq,
    /// How many admissions of its the server holds that were not taken back.
    pub admitted: u64,
    /// The same of exits.
    pub exits: u64,
}

/// The answer to `POST /sync/v1/events/{e}/leases`: the device's rights to sell, filled up as far as there are
/// places. The body of the request is empty.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Leases {
    /// One for each ticket type that it may sell or might have.
    pub leases: Vec<LeaseHeld>,
}

/// A device's right to sell one ticket type.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct LeaseHeld {
    /// The type.
    pub class: ClassId,
    /// How many it should be able to sell at any time.
    pub places: u32,
    /// How many it may have sold in all, as its LEASE entry says.
    pub count: u32,
    /// From when on it may sell no more.
    pub expires: UnixMillis,
}

/// Returns the body of a feed answer: records, then the head.
pub fn encode_feed_answer(records: &[Record], head: &SignedHead) -> Vec<u8> {
    let mut bytes = Vec::new();
    for record in records {
        record.encode_into(&mut bytes);
    }
    bytes.extend_from_slice(&head.to_bytes());
    bytes
}

/// Reads the body of a feed answer.
///
/// # Errors
///
/// [`DecodeError`] if it is not records and a head to the last byte.
pub fn decode_feed_answer(bytes: &[u8]) -> Result<(Vec<Record>, SignedHead), DecodeError> {
    let (records, head) = bytes.split_last_chunk::<SIGNED_HEAD_BYTES>().ok_or(DecodeError::Truncated)?;
    Ok((crate::feed::pull::read_page(records)?, SignedHead::from_bytes(head)?))
}

/// Returns a head's entity tag: `"feed_id.seq"`.
pub fn head_etag(feed: FeedId, seq: FeedSeq) -> String {
    alloc::format!("\"{feed}.{seq}\"")
}
