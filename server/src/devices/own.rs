//! The server as a device of its own: number 0 of each event, whose journal holds the check-ins made through the
//! interface.

use ed25519_dalek::SigningKey;
use sync_protocol::certificate::Capabilities;
use sync_protocol::feed::entry::DeviceStatus;
use sync_protocol::id::{DeviceId, DeviceNo, EventId, FeedSeq};
use sync_protocol::journal::Link;
use sync_protocol::key::{PublicKey, public_key};
use zeroize::Zeroizing;

use super::enrolment::CodeId;
use super::{Device, Standing, device_entry, store};
use crate::app::App;
use crate::clock::{random_bytes, uuid_v7};
use crate::db::{StoreError, Tx};
use crate::sync::feed::{self, FeedHead};

/// The server's number among an event's devices.
pub const NUMBER: DeviceNo = DeviceNo(0);
/// What organisers call it.
const NAME: &str = "Server";
/// Its certificate outlasts any event: it is made once.
const CERTIFICATE_DAYS: u16 = 3_650;

/// Makes the server a device of an event and tells all terminals. It has none yet: `head` is held since before
/// that was looked up.
///
/// # Errors
///
/// [`StoreError`].
pub async fn create(
    app: &App,
    tx: &mut Tx,
    event: EventId,
    sign_key: PublicKey,
    head: FeedHead,
) -> Result<DeviceId, StoreError> {
    let now = app.clock().now();
    let id = DeviceId(random_bytes());
    // Nobody speaks TLS as this device: the secret half is forgotten at once.
    let tls_key = public_key(&SigningKey::from_bytes(&Zeroizing::new(random_bytes()))).to_bytes();
    let mut device = Device {
        id,
        event,
        number: Some(NUMBER),
        name: NAME.to_owned(),
        sign_key,
        tls_key,
        capabilities: Capabilities::SCAN.and(Capabilities::SEARCH).and(Capabilities::SUPERVISOR),
        gates: Vec::new(),
        digits: String::new(),
        standing: Standing::Enrolled(DeviceStatus::Active),
        certificate: None,
        end: Link::empty(event, id),
        feed_seq: FeedSeq(0),
        enrolled_at: now,
        last_seen_at: None,
        cursor: None,
        walk_in: Vec::new(),
        certificate_days: CERTIFICATE_DAYS,
        session: None,
        drill: None,
    };
    let certificate = device.certify(NUMBER, now).ok_or(StoreError::Corrupt("clock"))?.sign(app.server_key());
    device.certificate = Some(certificate.clone());
    let code = CodeId(uuid_v7(now));
    store::insert_spent_code(tx, code, event, NAME, now).await?;
    store::insert_device(tx, &device, code).await?;
    store::confirm(tx, id, NUMBER, &certificate).await?;
    feed::append_after(tx, head, &[device_entry(&device)?]).await?;
    Ok(id)
}

/// Keeps the server from checking anybody in at an event until the transaction ends; others may do likewise.
///
/// # Errors
///
/// [`StoreError`].
pub async fn hold(tx: &mut Tx, event: EventId) -> Result<(), StoreError> {
    store::share_numbered(tx, event, NUMBER).await
}
