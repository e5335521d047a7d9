//! Devices: how they become an event's terminals, what they may do, and how they stop.

pub mod enrolment;
pub mod routes;
pub mod store;

use sync_protocol::certificate::{Capabilities, Certificate, SignedCertificate};
use sync_protocol::feed::entry::DeviceStatus;
use sync_protocol::feed::{Body, Entity};
use sync_protocol::id::{DeviceId, DeviceNo, EventId, FeedSeq, GateId, Seq, starts_with_space};
use sync_protocol::journal::Link;
use sync_protocol::key::PublicKey;
use sync_protocol::time::{UnixMillis, Window};

use crate::app::App;
use crate::db::{StoreError, Tx};
use crate::sync::feed;

/// The longest name of a device, in bytes.
pub const NAME_BYTES_MAX: usize = 128;
/// A certificate begins to count so long before it is made: a terminal's clock may be late.
const EARLIER_MS: u64 = 24 * 60 * 60 * 1000;
/// A certificate counts so long after the event's end.
const LATER_MS: u64 = 30 * 24 * 60 * 60 * 1000;
/// How often it is noted that a device was seen.
const SEEN_EVERY_MS: u64 = 5_000;

/// Where a device stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Standing {
    /// It waits for an organiser to confirm it.
    Pending,
    /// It has a certificate.
    Enrolled(DeviceStatus),
}

impl Standing {
    /// Returns the standing's name in the interface.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Enrolled(DeviceStatus::Active) => "active",
            Self::Enrolled(DeviceStatus::Revoked) => "revoked",
            Self::Enrolled(DeviceStatus::Forked) => "forked",
            Self::Enrolled(DeviceStatus::Wiped) => "wiped",
        }
    }

    const fn to_u64(self) -> u64 {
        match self {
            Self::Pending => 0,
            Self::Enrolled(status) => status as u64,
        }
    }

    fn from_u64(value: u64) -> Option<Self> {
        match value {
            0 => Some(Self::Pending),
            other => DeviceStatus::from_u8(u8::try_from(other).ok()?).map(Self::Enrolled),
        }
    }
}

/// A device.
#[derive(Clone, Debug)]
pub struct Device {
    /// Its id.
    pub id: DeviceId,
    /// The event it belongs to, or asks to.
    pub event: EventId,
    /// Its number, once it was confirmed.
    pub number: Option<DeviceNo>,
    /// What people call it.
    pub name: String,
    /// D.sign.
    pub sign_key: PublicKey,
    /// D.tls.
    pub tls_key: [u8; 32],
    /// What it may do.
    pub capabilities: Capabilities,
    /// The gates it may stand at; none means any.
    pub gates: Vec<GateId>,
    /// The six digits that both screens show.
    pub digits: String,
    /// Where it stands.
    pub standing: Standing,
    /// Its certificate, once it was confirmed.
    pub certificate: Option<SignedCertificate>,
    /// The end of its journal, as far as it is held.
    pub end: Link,
    /// The feed number under which the last of its journal stands.
    pub feed_seq: FeedSeq,
    /// When it asked.
    pub enrolled_at: UnixMillis,
    /// When it last spoke.
    pub last_seen_at: Option<UnixMillis>,
    /// The feed number it was last seen to hold.
    pub cursor: Option<FeedSeq>,
}

impl Device {
    /// Returns whether the device counts, if it was ever confirmed.
    pub const fn status(&self) -> Option<DeviceStatus> {
        match self.standing {
            Standing::Pending => None,
            Standing::Enrolled(status) => Some(status),
        }
    }

    /// Whether an organiser must still confirm it.
    pub fn is_pending(&self) -> bool {
        self.standing == Standing::Pending
    }

    /// Returns the one gate it is meant for.
    pub fn gate(&self) -> Option<GateId> {
        match self.gates.as_slice() {
            [gate] => Some(*gate),
            _ => None,
        }
    }

    fn certify(&self, number: DeviceNo, until: UnixMillis, now: UnixMillis) -> Option<Certificate> {
        Some(Certificate {
            event: self.event,
            device: self.id,
            number,
            sign_key: self.sign_key,
            tls_key: self.tls_key,
            capabilities: self.capabilities,
            validity: Window::new(now.minus(EARLIER_MS), until).ok()?,
            gates: self.gates.clone(),
            walk_in_classes: Vec::new(),
        })
    }
}

/// Why a device was not confirmed.
#[derive(Debug, thiserror::Error)]
pub enum ConfirmError {
    /// It was revoked.
    #[error("the device was revoked")]
    Revoked,
    /// Every number of the event is taken.
    #[error("the event has no number left for a device")]
    Full,
    /// The database failed.
    #[error("could not store the device")]
    Store(#[from] StoreError),
}

/// Confirms a device that waits: gives it its number and certificate, and tells all terminals.
///
/// Confirming a device again changes nothing. `device` is locked by `tx`. Appends to the feed, so it comes
/// last in the transaction.
///
/// # Errors
///
/// [`ConfirmError`].
pub async fn confirm(app: &App, tx: &mut Tx, mut device: Device) -> Result<Device, ConfirmError> {
    match device.standing {
        Standing::Pending => {}
        Standing::Enrolled(DeviceStatus::Active | DeviceStatus::Forked) => return Ok(device),
        Standing::Enrolled(DeviceStatus::Revoked | DeviceStatus::Wiped) => return Err(ConfirmError::Revoked),
    }
    let now = app.clock().now();
    let policy = feed::policy(tx, device.event).await?;
    // Numbers are given under the feed's lock, so that two devices never get the same.
    let head = feed::lock(tx, app.sealer(), device.event).await?;
    let number = next_number(store::highest_number(tx, device.event).await?).ok_or(ConfirmError::Full)?;
    let until = policy.ends.max(now).plus(LATER_MS);
    let certificate = device.certify(number, until, now).ok_or(StoreError::Corrupt("clock"))?.sign(app.server_key());
    store::confirm(tx, device.id, number, &certificate).await?;
    device.number = Some(number);
    device.standing = Standing::Enrolled(DeviceStatus::Active);
    device.certificate = Some(certificate);
    feed::append_after(tx, head, &[device_entry(&device)?]).await?;
    Ok(device)
}

/// Returns the lowest number above `highest` that a terminal may have. 0 is the server's own.
fn next_number(highest: Option<DeviceNo>) -> Option<DeviceNo> {
    let mut number = highest.map_or(0, |highest| highest.0);
    loop {
        number = number.checked_add(1)?;
        // A credential that this device sells must not begin with a space.
        if !starts_with_space(number) {
            return Some(DeviceNo(number));
        }
    }
}

/// Revokes a device: from now on its entries go to quarantine. Returns the feed's entry that says so,
/// if it was ever confirmed and counted until now.
///
/// `device` is locked by `tx`.
///
/// # Errors
///
/// [`StoreError`].
pub async fn revoke(app: &App, tx: &mut Tx, device: Device) -> Result<Device, StoreError> {
    stop(app, tx, device, DeviceStatus::Revoked, &[]).await
}

/// Marks a device whose journal exists in two versions, and tells all terminals and people.
///
/// # Errors
///
/// [`StoreError`].
pub async fn mark_forked(app: &App, tx: &mut Tx, device: Device, at: Seq) -> Result<Device, StoreError> {
    let number = device.number.unwrap_or_default();
    let text = format!("The journal of \u{201c}{}\u{201d} exists in two versions from entry {at} on.", device.name);
    let notice = feed::notice("device_forked", &text, number, at);
    stop(app, tx, device, DeviceStatus::Forked, &[notice]).await
}

async fn stop(
    app: &App,
    tx: &mut Tx,
    mut device: Device,
    status: DeviceStatus,
    notices: &[sync_protocol::feed::NewEntry],
) -> Result<Device, StoreError> {
    let standing = Standing::Enrolled(status);
    if device.standing == standing {
        return Ok(device);
    }
    store::set_standing(tx, device.id, standing).await?;
    device.standing = standing;
    if device.certificate.is_some() {
        let mut entries = vec![device_entry(&device)?];
        entries.extend_from_slice(notices);
        feed::append(tx, app.sealer(), device.event, &entries).await?;
    }
    Ok(device)
}

/// Tells all terminals again where a device stands: more of its journal counts than before.
///
/// # Errors
///
/// [`StoreError`].
pub async fn announce(app: &App, tx: &mut Tx, id: DeviceId) -> Result<(), StoreError> {
    let device = store::device(tx, id).await?.ok_or(StoreError::Corrupt("device"))?;
    feed::append(tx, app.sealer(), device.event, &[device_entry(&device)?]).await?;
    Ok(())
}

/// Returns what the feed says about a device that was confirmed.
fn device_entry(device: &Device) -> Result<sync_protocol::feed::NewEntry, StoreError> {
    let certificate = device.certificate.clone().ok_or(StoreError::Corrupt("certificate"))?;
    let status = device.status().ok_or(StoreError::Corrupt("status"))?;
    let last_seq = if status == DeviceStatus::Active { Seq(0) } else { device.end.seq };
    Ok(Body::Device { device: device.id, status, last_seq, certificate }.encode(Entity::ZERO))
}

/// Notes that a device spoke, and how much of the feed it holds; not more often than every few seconds.
///
/// # Errors
///
/// [`StoreError`].
pub async fn note_seen(app: &App, device: &Device, cursor: Option<FeedSeq>) -> Result<(), StoreError> {
    let now = app.clock().now();
    if device.last_seen_at.is_some_and(|seen| now.since(seen) < SEEN_EVERY_MS) {
        return Ok(());
    }
    let mut tx = app.database().begin_write().await?;
    store::note_seen(&mut tx, device.id, now, cursor).await?;
    tx.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_begin_at_one_and_skip_those_whose_credentials_would_begin_with_a_space() {
        assert_eq!(next_number(None), Some(DeviceNo(1)));
        assert_eq!(next_number(Some(DeviceNo(1))), Some(DeviceNo(2)));
        let last_good = (1..35_u16 << 8).rev().find(|number| !starts_with_space(*number)).unwrap();
        let next = next_number(Some(DeviceNo(last_good))).unwrap();
        assert!(next.0 > last_good + 1 && !starts_with_space(next.0));
        assert_eq!(next_number(Some(DeviceNo(u16::MAX))), None);
    }

    #[test]
    fn every_standing_reads_back() {
        for value in 0..5 {
            assert_eq!(Standing::from_u64(value).unwrap().to_u64(), value);
        }
        assert_eq!(Standing::from_u64(5), None);
    }
}
