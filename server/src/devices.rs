//! Devices: how they become an event's terminals, what they may do, and how they stop.

pub mod enrolment;
pub mod exposure;
pub mod health;
pub mod own;
pub mod routes;
pub mod store;

use std::collections::{BTreeMap, BTreeSet};

use ed25519_dalek::SigningKey;
use serde_json::json;
use sync_protocol::certificate::{Capabilities, Certificate, SignedCertificate};
use sync_protocol::feed::entry::DeviceStatus;
use sync_protocol::feed::{Body, Entity, NewEntry};
use sync_protocol::id::{ClassId, DeviceId, DeviceNo, EventId, FeedSeq, GateId, Seq, starts_with_space};
use sync_protocol::journal::Link;
use sync_protocol::key::PublicKey;
use sync_protocol::sync::health::Health;
use sync_protocol::time::{UnixMillis, Window};

use crate::app::App;
use crate::db::{StoreError, Tx};
use crate::events::{self, Event, Over};
use crate::registrations;
use crate::sync::feed;
use crate::walk_ins::leases;
use crate::walk_ins::plan::Plan;
use crate::webhooks::{self, Kind};

/// The longest name of a device, in bytes.
pub const NAME_BYTES_MAX: usize = 128;
/// A certificate begins to count so long before it is made: a terminal's clock may be late.
const EARLIER_MS: u64 = 24 * 60 * 60 * 1000;
/// For how many days a certificate counts where nothing is said.
pub const CERTIFICATE_DAYS: u16 = 14;
const DAY_MS: u64 = 24 * 60 * 60 * 1000;
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
    /// What it should be able to sell at the door.
    pub walk_in: Vec<Plan>,
    /// For how many days its certificate counts each time it is made.
    pub certificate_days: u16,
    /// Its newest entry about its session.
    pub session: Option<Seq>,
    /// Its newest entry about a check of itself.
    pub drill: Option<Seq>,
}

impl Device {
    /// Returns whether the device counts, if it was ever confirmed.
    pub const fn status(&self) -> Option<DeviceStatus> {
        match self.standing {
            Standing::Pending => None,
            Standing::Enrolled(status) => Some(status),
        }
    }

    /// Whether it is the server itself, which no organiser enrolled or can revoke.
    pub fn is_server(&self) -> bool {
        self.number == Some(own::NUMBER)
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

    /// Returns what its certificate says, if it has one.
    fn certified(&self) -> Option<Certificate> {
        Certificate::decode(&self.certificate.as_ref()?.bytes).ok()
    }

    /// Returns when its certificate ends, if it has one.
    pub fn certified_until(&self) -> Option<UnixMillis> {
        self.certified().map(|certificate| certificate.validity.until())
    }

    /// Whether its certificate has less than half of its time left.
    fn is_due(&self, now: UnixMillis) -> bool {
        let half_ms = u64::from(self.certificate_days) * DAY_MS / 2;
        self.certified_until().is_some_and(|until| until.since(now) < half_ms)
    }

    /// Makes a certificate that counts from now on. What it may have sold under the one before stays allowed.
    fn certify(&self, number: DeviceNo, now: UnixMillis) -> Option<Certificate> {
        let until = now.plus(u64::from(self.certificate_days) * DAY_MS);
        let mut walk_in_classes: Vec<ClassId> = self.walk_in.iter().map(|plan| plan.class).collect();
        walk_in_classes.extend(self.certified().map(|certificate| certificate.walk_in_classes).unwrap_or_default());
        walk_in_classes.sort_unstable();
        walk_in_classes.dedup();
        Some(Certificate {
            event: self.event,
            device: self.id,
            number,
            sign_key: self.sign_key,
            tls_key: self.tls_key,
            capabilities: self.capabilities,
            validity: Window::new(now.minus(EARLIER_MS), until).ok()?,
            gates: self.gates.clone(),
            walk_in_classes,
        })
    }
}

/// Why a device was not confirmed.
#[derive(Debug, thiserror::Error)]
pub enum ConfirmError {
    /// It was revoked.
    #[error("the device was revoked")]
    Revoked,
    /// The event is closed or cancelled.
    #[error("nothing of the event changes any more")]
    Over(#[from] Over),
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
    // Numbers are given under the feed's lock, so that two devices never get the same.
    let head = feed::lock(tx, app.sealer(), device.event).await?;
    let event = events::get(tx, device.event).await?;
    takes_changes(&event)?;
    let number = next_number(store::highest_number(tx, device.event).await?).ok_or(ConfirmError::Full)?;
    let certificate = device.certify(number, now).ok_or(StoreError::Corrupt("clock"))?.sign(app.server_key());
    store::confirm(tx, device.id, number, &certificate).await?;
    device.number = Some(number);
    device.standing = Standing::Enrolled(DeviceStatus::Active);
    device.certificate = Some(certificate);
    let mut entries = vec![device_entry(&device)?];
    entries.extend(leases::set(tx, &event, number, &device.walk_in, head.next().next(), now).await?);
    feed::append_after(tx, head, &entries).await?;
    tell(tx, &device, Kind::DeviceEnrolled, now).await?;
    Ok(device)
}

fn takes_changes(event: &Event) -> Result<(), Over> {
    if event.state.takes_changes() { Ok(()) } else { Err(Over(event.state)) }
}

/// Tells other programs what became of a device.
async fn tell(tx: &mut Tx, device: &Device, kind: Kind, now: UnixMillis) -> Result<(), StoreError> {
    let told =
        json!({ "device": device.id, "number": device.number.map(|number| number.0), "status": device.status() });
    webhooks::emit(tx, device.event, kind, vec![told], now).await
}

/// Sets what a device should be able to sell, in place of what it was before: its rights, and its certificate
/// where that does not allow it yet. Before the device is confirmed this is only noted.
///
/// `device` is locked by `tx`. Appends to the feed, so it comes last in the transaction.
///
/// # Errors
///
/// [`ConfirmError::Revoked`] if the device does not count any more; [`ConfirmError::Over`] or [`ConfirmError::Store`].
pub async fn plan_walk_ins(
    app: &App,
    tx: &mut Tx,
    mut device: Device,
    plans: Vec<Plan>,
) -> Result<Device, ConfirmError> {
    if !plans.is_empty() {
        device.capabilities = device.capabilities.and(Capabilities::WALK_IN);
    }
    device.walk_in = plans;
    let head = feed::lock(tx, app.sealer(), device.event).await?;
    let event = events::get(tx, device.event).await?;
    takes_changes(&event)?;
    match device.standing {
        Standing::Pending => store::set_walk_in(tx, &device).await?,
        Standing::Enrolled(DeviceStatus::Active) => {
            store::set_walk_in(tx, &device).await?;
            let (now, number) = (app.clock().now(), device.number.ok_or(StoreError::Corrupt("number"))?);
            let allows = |certificate: &Certificate| {
                let classes = &certificate.walk_in_classes;
                certificate.capabilities == device.capabilities
                    && device.walk_in.iter().all(|plan| classes.contains(&plan.class))
            };
            let mut entries = Vec::new();
            if !device.certified().as_ref().is_some_and(allows) {
                recertify(app.server_key(), tx, &mut device, now).await?;
                entries.push(device_entry(&device)?);
            }
            let next = FeedSeq(head.next().0 + entries.len() as u64);
            entries.extend(leases::set(tx, &event, number, &device.walk_in, next, now).await?);
            if !entries.is_empty() {
                feed::append_after(tx, head, &entries).await?;
            }
        }
        Standing::Enrolled(DeviceStatus::Revoked | DeviceStatus::Forked | DeviceStatus::Wiped) => {
            return Err(ConfirmError::Revoked);
        }
    }
    Ok(device)
}

/// Sets the gates a device may stand at, in place of those it had before; none means any. A device that has a
/// certificate gets another one, and its next contact with the server brings it there.
///
/// `device` is locked by `tx`. Appends to the feed, so it comes last in the transaction.
///
/// # Errors
///
/// [`ConfirmError::Revoked`] if the device does not count any more; [`ConfirmError::Over`] or [`ConfirmError::Store`].
pub async fn set_gates(app: &App, tx: &mut Tx, mut device: Device, gates: Vec<GateId>) -> Result<Device, ConfirmError> {
    let head = feed::lock(tx, app.sealer(), device.event).await?;
    takes_changes(&events::get(tx, device.event).await?)?;
    match device.standing {
        Standing::Pending | Standing::Enrolled(DeviceStatus::Active) if device.gates == gates => return Ok(device),
        Standing::Pending | Standing::Enrolled(DeviceStatus::Active) => {}
        Standing::Enrolled(DeviceStatus::Revoked | DeviceStatus::Forked | DeviceStatus::Wiped) => {
            return Err(ConfirmError::Revoked);
        }
    }
    device.gates = gates;
    store::set_gates(tx, &device).await?;
    if !device.is_pending() {
        recertify(app.server_key(), tx, &mut device, app.clock().now()).await?;
        feed::append_after(tx, head, &[device_entry(&device)?]).await?;
    }
    Ok(device)
}

/// Fills a device's rights to sell up again, as far as the quota has places, and returns them.
///
/// # Errors
///
/// [`StoreError`].
pub async fn top_up(app: &App, id: DeviceId) -> Result<Vec<leases::Standing>, StoreError> {
    let mut tx = app.database().begin_write().await?;
    let device = store::lock_device(&mut tx, id).await?.ok_or(StoreError::Corrupt("device"))?;
    let number = device.number.ok_or(StoreError::Corrupt("number"))?;
    if device.status() == Some(DeviceStatus::Active) {
        let head = feed::lock(&mut tx, app.sealer(), device.event).await?;
        let event = events::get(&mut tx, device.event).await?;
        let entries = leases::top_up(&mut tx, &event, number, head.next(), app.clock().now()).await?;
        if !entries.is_empty() {
            feed::append_after(&mut tx, head, &entries).await?;
        }
    }
    let standings = leases::standings(&mut tx, device.event, number).await?;
    tx.commit().await?;
    Ok(standings)
}

/// Makes the certificates of all devices of an event anew under another S, and returns what the feed says of it: nothing
/// that doors have sold or recorded under the one before is lost by that.
///
/// # Errors
///
/// [`StoreError`].
pub async fn recertify_all(
    tx: &mut Tx,
    server_key: &SigningKey,
    event: EventId,
    now: UnixMillis,
) -> Result<Vec<NewEntry>, StoreError> {
    let mut entries = Vec::new();
    for mut device in store::numbered(tx, event).await? {
        recertify(server_key, tx, &mut device, now).await?;
        entries.push(device_entry(&device)?);
    }
    Ok(entries)
}

/// Makes a device's certificate anew. `device` is locked by `tx`.
async fn recertify(
    server_key: &SigningKey,
    tx: &mut Tx,
    device: &mut Device,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let number = device.number.ok_or(StoreError::Corrupt("number"))?;
    let certificate = device.certify(number, now).ok_or(StoreError::Corrupt("clock"))?.sign(server_key);
    store::set_certificate(tx, device.id, &certificate).await?;
    device.certificate = Some(certificate);
    Ok(())
}

/// Renews the certificate of a device that has spoken, if less than half of its time is left: one that never
/// comes back runs out.
async fn renew(app: &App, device: &Device) -> Result<(), StoreError> {
    let counts = |device: &Device| device.status() == Some(DeviceStatus::Active);
    if !counts(device) || !device.is_due(app.clock().now()) {
        return Ok(());
    }
    let mut tx = app.database().begin_write().await?;
    let mut device = store::lock_device(&mut tx, device.id).await?.ok_or(StoreError::Corrupt("device"))?;
    let now = app.clock().now();
    if !counts(&device) || !device.is_due(now) {
        return Ok(());
    }
    recertify(app.server_key(), &mut tx, &mut device, now).await?;
    feed::append(&mut tx, app.sealer(), device.event, &[device_entry(&device)?]).await?;
    tx.commit().await
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
/// With `wipe` it is also ordered to erase itself, whenever it speaks again; that is never taken back.
/// `device` is locked by `tx`.
///
/// # Errors
///
/// [`StoreError`].
pub async fn revoke(app: &App, tx: &mut Tx, device: Device, wipe: bool) -> Result<Device, StoreError> {
    let status =
        if wipe || device.status() == Some(DeviceStatus::Wiped) { DeviceStatus::Wiped } else { DeviceStatus::Revoked };
    stop(app, tx, device, status, &[]).await
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
    if let Some(number) = device.number {
        leases::release(tx, device.event, number).await?;
    }
    if device.certificate.is_some() {
        let mut entries = vec![device_entry(&device)?];
        entries.extend_from_slice(notices);
        feed::append(tx, app.sealer(), device.event, &entries).await?;
    }
    tell(tx, &device, Kind::DeviceRevoked, app.clock().now()).await?;
    // It sells nothing more.
    registrations::fill_up(tx, app, device.event).await?;
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
fn device_entry(device: &Device) -> Result<NewEntry, StoreError> {
    let certificate = device.certificate.clone().ok_or(StoreError::Corrupt("certificate"))?;
    let status = device.status().ok_or(StoreError::Corrupt("status"))?;
    let last_seq = if status == DeviceStatus::Active { Seq(0) } else { device.end.seq };
    Ok(Body::Device { device: device.id, status, last_seq, certificate }.encode(Entity::ZERO))
}

/// What a device says of itself beside what it asks.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Said {
    /// How much of the feed it holds.
    pub cursor: Option<FeedSeq>,
    /// How it is.
    pub health: Option<Health>,
}

/// Notes that a device spoke and what it said of itself; either not more often than every few seconds.
///
/// # Errors
///
/// [`StoreError`].
pub async fn note_seen(app: &App, device: &Device, said: Said) -> Result<(), StoreError> {
    let now = app.clock().now();
    let is_due = |at: Option<UnixMillis>| at.is_none_or(|at| now.since(at) >= SEEN_EVERY_MS);
    // A door that is busy has just spoken whenever it tells how it is: that counts by itself.
    let health = match said.health {
        Some(health) if is_due(store::health_seen_at(&mut app.database().glance().await?, device.id).await?) => {
            Some(health)
        }
        _ => None,
    };
    if health.is_none() && !is_due(device.last_seen_at) {
        return Ok(());
    }
    let mut tx = app.database().begin_write().await?;
    store::note_seen(&mut tx, device.id, now, said.cursor).await?;
    if let Some(health) = &health {
        store::put_health(&mut tx, device.id, health, now).await?;
    }
    tx.commit().await?;
    renew(app, device).await
}

/// How far a device's journal is held, and whether it counts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Reached {
    /// Its number.
    pub number: DeviceNo,
    /// The last entry that is held.
    pub seq: Seq,
    /// Where it stands.
    pub standing: Standing,
}

/// Returns how far the journals of these devices are held; those without a number are left out.
///
/// # Errors
///
/// [`StoreError`].
pub async fn reached(tx: &mut Tx, devices: &BTreeSet<DeviceId>) -> Result<BTreeMap<DeviceId, Reached>, StoreError> {
    if devices.is_empty() { Ok(BTreeMap::new()) } else { store::reached(tx, devices).await }
}

/// Forgets an event's enrolment codes, if no device ever used one; says whether that is so.
///
/// # Errors
///
/// [`StoreError`].
pub async fn forget_codes(tx: &mut Tx, event: EventId) -> Result<bool, StoreError> {
    if store::has_any(tx, event).await? {
        return Ok(false);
    }
    store::delete_codes(tx, event).await?;
    Ok(true)
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
