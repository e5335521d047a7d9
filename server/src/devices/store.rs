//! SQL of enrolment codes and devices.

mod health;

use std::collections::{BTreeMap, BTreeSet};

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;
use sync_protocol::certificate::{Capabilities, SignedCertificate};
use sync_protocol::hash::Hash;
use sync_protocol::id::{DeviceId, DeviceNo, EventId, FeedSeq, GateId, Seq};
use sync_protocol::journal::Link;
use sync_protocol::key::PublicKey;
use sync_protocol::time::UnixMillis;

use super::enrolment::{Code, CodeId, NewCode, Spelling};
use super::{Device, Reached, Standing};
use crate::db::column::{Columns as _, flag, int};
use crate::db::list::{padded, placeholders};
use crate::db::{StoreError, Tx};
use crate::walk_ins::plan::Plan;

pub(super) use self::health::{health, health_seen_at, put_health, watched};

const DEVICE_COLUMNS: &str = "id, event_id, number, name, sign_key, tls_key, capabilities, gates, digits, status, \
     certificate, certificate_signature, last_seq, last_hash, feed_seq, enrolled_at, last_seen_at, cursor, \
     walk_in, certificate_days, session_seq, drill_seq";

fn gates_json(gates: &[GateId]) -> Result<String, StoreError> {
    serde_json::to_string(gates).map_err(|_| StoreError::Corrupt("gates"))
}

fn read_gates(row: &AnyRow) -> Result<Vec<GateId>, StoreError> {
    serde_json::from_str(&row.text("gates")?).map_err(|_| StoreError::Corrupt("gates"))
}

fn plans_json(plans: &[Plan]) -> Result<String, StoreError> {
    serde_json::to_string(plans).map_err(|_| StoreError::Corrupt("walk_in"))
}

fn read_plans(row: &AnyRow) -> Result<Vec<Plan>, StoreError> {
    serde_json::from_str(&row.text("walk_in")?).map_err(|_| StoreError::Corrupt("walk_in"))
}

fn read_device(row: &AnyRow) -> Result<Device, StoreError> {
    let certificate = match (row.bytes_or_null("certificate")?, row.bytes_or_null("certificate_signature")?) {
        (Some(bytes), Some(signature)) => Some(SignedCertificate {
            bytes,
            signature: signature.try_into().map_err(|_| StoreError::Corrupt("certificate_signature"))?,
        }),
        _ => None,
    };
    let number = row.uint_or_null("number")?.map(u16::try_from).transpose();
    Ok(Device {
        id: DeviceId(row.array("id")?),
        event: EventId(row.array("event_id")?),
        number: number.map_err(|_| StoreError::Corrupt("number"))?.map(DeviceNo),
        name: row.text("name")?,
        sign_key: PublicKey::import(&row.array("sign_key")?).map_err(|_| StoreError::Corrupt("sign_key"))?,
        tls_key: row.array("tls_key")?,
        capabilities: Capabilities(row.small("capabilities")?),
        gates: read_gates(row)?,
        digits: row.text("digits")?,
        standing: Standing::from_u64(row.uint("status")?).ok_or(StoreError::Corrupt("status"))?,
        certificate,
        end: Link { seq: Seq(row.uint("last_seq")?), hash: row.array("last_hash")? },
        feed_seq: FeedSeq(row.uint("feed_seq")?),
        enrolled_at: row.millis("enrolled_at")?,
        last_seen_at: row.uint_or_null("last_seen_at")?.map(UnixMillis),
        cursor: row.uint_or_null("cursor")?.map(FeedSeq),
        walk_in: read_plans(row)?,
        certificate_days: row.small("certificate_days")?,
        session: row.uint_or_null("session_seq")?.map(Seq),
        drill: row.uint_or_null("drill_seq")?.map(Seq),
    })
}

/// Returns a device.
///
/// # Errors
///
/// [`StoreError`].
pub async fn device(tx: &mut Tx, id: DeviceId) -> Result<Option<Device>, StoreError> {
    let text = format!("SELECT {DEVICE_COLUMNS} FROM devices WHERE id = $1");
    let row = sqlx::query(AssertSqlSafe(text)).bind(&id.0[..]).fetch_optional(tx.connection()).await?;
    row.as_ref().map(read_device).transpose()
}

/// Returns a device whose row stays locked until the transaction ends.
///
/// # Errors
///
/// [`StoreError`].
pub async fn lock_device(tx: &mut Tx, id: DeviceId) -> Result<Option<Device>, StoreError> {
    let text = format!("SELECT {DEVICE_COLUMNS} FROM devices WHERE id = $1{}", tx.dialect().for_change());
    let row = sqlx::query(AssertSqlSafe(text)).bind(&id.0[..]).fetch_optional(tx.connection()).await?;
    row.as_ref().map(read_device).transpose()
}

/// Returns how far the journals of these devices are held. There is at least one.
pub(super) async fn reached(
    tx: &mut Tx,
    devices: &BTreeSet<DeviceId>,
) -> Result<BTreeMap<DeviceId, Reached>, StoreError> {
    let devices: Vec<DeviceId> = devices.iter().copied().collect();
    let text = format!(
        "SELECT id, number, last_seq, status FROM devices WHERE number IS NOT NULL AND id IN ({})",
        placeholders(1, devices.len())
    );
    let mut query = sqlx::query(AssertSqlSafe(text));
    for device in padded(&devices) {
        query = query.bind(device.0.to_vec());
    }
    let read = |row: &AnyRow| {
        let standing = Standing::from_u64(row.uint("status")?).ok_or(StoreError::Corrupt("status"))?;
        let (number, seq) = (DeviceNo(row.small("number")?), Seq(row.uint("last_seq")?));
        Ok((DeviceId(row.array("id")?), Reached { number, seq, standing }))
    };
    query.fetch_all(tx.connection()).await?.iter().map(read).collect()
}

/// Returns the device that used a code.
pub(super) async fn device_of_code(tx: &mut Tx, code: CodeId) -> Result<Option<Device>, StoreError> {
    let text = format!("SELECT {DEVICE_COLUMNS} FROM devices WHERE code_id = $1");
    let row = sqlx::query(AssertSqlSafe(text)).bind(&code.0[..]).fetch_optional(tx.connection()).await?;
    row.as_ref().map(read_device).transpose()
}

/// Returns the devices of an event that asked after `after`, in the order in which they did. The server asked nobody.
pub(super) async fn list(
    tx: &mut Tx,
    event: EventId,
    after: (UnixMillis, DeviceId),
    limit: u32,
) -> Result<Vec<Device>, StoreError> {
    let text = format!(
        "SELECT {DEVICE_COLUMNS} FROM devices WHERE event_id = $1 AND (enrolled_at, id) > ($2, $3)
         AND COALESCE(number, 1) <> 0 ORDER BY enrolled_at, id LIMIT $4"
    );
    sqlx::query(AssertSqlSafe(text))
        .bind(&event.0[..])
        .bind(int(after.0.0))
        .bind(&after.1.0[..])
        .bind(i64::from(limit))
        .fetch_all(tx.connection())
        .await?
        .iter()
        .map(read_device)
        .collect()
}

/// Returns the devices that have numbers in an event, by number.
///
/// # Errors
///
/// [`StoreError`].
pub async fn numbered(tx: &mut Tx, event: EventId) -> Result<Vec<Device>, StoreError> {
    let text =
        format!("SELECT {DEVICE_COLUMNS} FROM devices WHERE event_id = $1 AND number IS NOT NULL ORDER BY number");
    let rows = sqlx::query(AssertSqlSafe(text)).bind(&event.0[..]).fetch_all(tx.connection()).await?;
    rows.iter().map(read_device).collect()
}

/// Whether a device ever asked to become one of an event's terminals.
pub(super) async fn has_any(tx: &mut Tx, event: EventId) -> Result<bool, StoreError> {
    let query = sqlx::query("SELECT 1 FROM devices WHERE event_id = $1 LIMIT 1").bind(&event.0[..]);
    Ok(query.fetch_optional(tx.connection()).await?.is_some())
}

/// Forgets an event's enrolment codes.
pub(super) async fn delete_codes(tx: &mut Tx, event: EventId) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM enrolment_codes WHERE event_id = $1").bind(&event.0[..]).execute(tx.connection()).await?;
    Ok(())
}

/// Returns the names of the devices that have numbers in an event.
///
/// # Errors
///
/// [`StoreError`].
pub async fn names(tx: &mut Tx, event: EventId) -> Result<Vec<(DeviceNo, String)>, StoreError> {
    sqlx::query("SELECT number, name FROM devices WHERE event_id = $1 AND number IS NOT NULL")
        .bind(&event.0[..])
        .fetch_all(tx.connection())
        .await?
        .iter()
        .map(|row| Ok((DeviceNo(row.small("number")?), row.text("name")?)))
        .collect()
}

/// Locks the device of a number against changes, not against others who lock it likewise.
pub(super) async fn share_numbered(tx: &mut Tx, event: EventId, number: DeviceNo) -> Result<(), StoreError> {
    let text = format!("SELECT id FROM devices WHERE event_id = $1 AND number = $2{}", tx.dialect().for_share());
    sqlx::query(AssertSqlSafe(text))
        .bind(&event.0[..])
        .bind(i64::from(number.0))
        .fetch_optional(tx.connection())
        .await?;
    Ok(())
}

/// Inserts a code that nobody was ever told: every device has one.
pub(super) async fn insert_spent_code(
    tx: &mut Tx,
    id: CodeId,
    event: EventId,
    name: &str,
    now: UnixMillis,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO enrolment_codes (id, event_id, name, gates, capabilities, is_confirmed, typed_hash, scanned_hash,
         wrong_tries, created_at, expires_at, used_at) VALUES ($1, $2, $3, '[]', 0, 1, $4, $4, 0, $5, $5, $5)",
    )
    .bind(&id.0[..])
    .bind(&event.0[..])
    .bind(name)
    .bind(&[0_u8; 32][..])
    .bind(int(now.0))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Inserts a device that waits.
pub(super) async fn insert_device(tx: &mut Tx, device: &Device, code: CodeId) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO devices (id, event_id, code_id, name, sign_key, tls_key, capabilities, gates, digits, status,
         last_seq, last_hash, feed_seq, enrolled_at, walk_in, certificate_days)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
    )
    .bind(&device.id.0[..])
    .bind(&device.event.0[..])
    .bind(&code.0[..])
    .bind(device.name.as_str())
    .bind(&device.sign_key.to_bytes()[..])
    .bind(&device.tls_key[..])
    .bind(i64::from(device.capabilities.0))
    .bind(gates_json(&device.gates)?)
    .bind(device.digits.as_str())
    .bind(int(device.standing.to_u64()))
    .bind(int(device.end.seq.0))
    .bind(&device.end.hash[..])
    .bind(int(device.feed_seq.0))
    .bind(int(device.enrolled_at.0))
    .bind(plans_json(&device.walk_in)?)
    .bind(i64::from(device.certificate_days))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Returns the highest number that an event's devices have.
pub(super) async fn highest_number(tx: &mut Tx, event: EventId) -> Result<Option<DeviceNo>, StoreError> {
    let row = sqlx::query("SELECT MAX(number) AS highest FROM devices WHERE event_id = $1")
        .bind(&event.0[..])
        .fetch_one(tx.connection())
        .await?;
    let highest = row.uint_or_null("highest")?.map(u16::try_from).transpose();
    Ok(highest.map_err(|_| StoreError::Corrupt("number"))?.map(DeviceNo))
}

/// Gives a device its number and certificate.
pub(super) async fn confirm(
    tx: &mut Tx,
    id: DeviceId,
    number: DeviceNo,
    certificate: &SignedCertificate,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE devices SET number = $1, certificate = $2, certificate_signature = $3, status = 1 WHERE id = $4",
    )
    .bind(i64::from(number.0))
    .bind(certificate.bytes.as_slice())
    .bind(&certificate.signature[..])
    .bind(&id.0[..])
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Puts a D.sign in the place of the one before.
///
/// # Errors
///
/// [`StoreError`].
pub async fn set_sign_key(tx: &mut Tx, id: DeviceId, key: PublicKey) -> Result<(), StoreError> {
    sqlx::query("UPDATE devices SET sign_key = $1 WHERE id = $2")
        .bind(&key.to_bytes()[..])
        .bind(&id.0[..])
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Puts a certificate in the place of the one before.
pub(super) async fn set_certificate(
    tx: &mut Tx,
    id: DeviceId,
    certificate: &SignedCertificate,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE devices SET certificate = $1, certificate_signature = $2 WHERE id = $3")
        .bind(certificate.bytes.as_slice())
        .bind(&certificate.signature[..])
        .bind(&id.0[..])
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Stores what a device should be able to sell, and what it may do.
pub(super) async fn set_walk_in(tx: &mut Tx, device: &Device) -> Result<(), StoreError> {
    sqlx::query("UPDATE devices SET walk_in = $1, capabilities = $2 WHERE id = $3")
        .bind(plans_json(&device.walk_in)?)
        .bind(i64::from(device.capabilities.0))
        .bind(&device.id.0[..])
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Stores the gates a device may stand at.
pub(super) async fn set_gates(tx: &mut Tx, device: &Device) -> Result<(), StoreError> {
    sqlx::query("UPDATE devices SET gates = $1 WHERE id = $2")
        .bind(gates_json(&device.gates)?)
        .bind(&device.id.0[..])
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Notes which of a device's entries are the newest about its session and about a check of itself.
///
/// # Errors
///
/// [`StoreError`].
pub async fn note_entries(
    tx: &mut Tx,
    id: DeviceId,
    session: Option<Seq>,
    drill: Option<Seq>,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE devices SET session_seq = COALESCE($1, session_seq), drill_seq = COALESCE($2, drill_seq) WHERE id = $3",
    )
    .bind(session.map(|seq| int(seq.0)))
    .bind(drill.map(|seq| int(seq.0)))
    .bind(&id.0[..])
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Changes where a device stands.
pub(super) async fn set_standing(tx: &mut Tx, id: DeviceId, standing: Standing) -> Result<(), StoreError> {
    sqlx::query("UPDATE devices SET status = $1 WHERE id = $2")
        .bind(int(standing.to_u64()))
        .bind(&id.0[..])
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Moves the end of a device's journal.
///
/// # Errors
///
/// [`StoreError`].
pub async fn move_end(tx: &mut Tx, id: DeviceId, end: Link, feed_seq: FeedSeq) -> Result<(), StoreError> {
    sqlx::query("UPDATE devices SET last_seq = $1, last_hash = $2, feed_seq = $3 WHERE id = $4")
        .bind(int(end.seq.0))
        .bind(&end.hash[..])
        .bind(int(feed_seq.0))
        .bind(&id.0[..])
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Notes when a device spoke, and what it holds if it said so.
pub(super) async fn note_seen(
    tx: &mut Tx,
    id: DeviceId,
    now: UnixMillis,
    cursor: Option<FeedSeq>,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE devices SET last_seen_at = $1, cursor = COALESCE($2, cursor) WHERE id = $3")
        .bind(int(now.0))
        .bind(cursor.map(|cursor| int(cursor.0)))
        .bind(&id.0[..])
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Forgets the texts of codes that have expired, so that their locators are free again.
pub(super) async fn retire_codes(tx: &mut Tx, now: UnixMillis) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE enrolment_codes SET typed_locator = NULL, scanned_locator = NULL, scanned_sealed = NULL
         WHERE expires_at <= $1 AND typed_locator IS NOT NULL",
    )
    .bind(int(now.0))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Inserts a code; false if one of its locators is taken.
pub(super) async fn insert_code(tx: &mut Tx, code: &NewCode<'_>) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO enrolment_codes (id, event_id, name, gates, capabilities, is_confirmed, typed_locator, typed_hash,
         scanned_locator, scanned_hash, scanned_sealed, wrong_tries, created_at, expires_at, walk_in, certificate_days)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, $12, $13, $14, $15) ON CONFLICT DO NOTHING",
    )
    .bind(&code.id.0[..])
    .bind(&code.event.0[..])
    .bind(code.name)
    .bind(gates_json(code.gates)?)
    .bind(i64::from(code.capabilities.0))
    .bind(flag(code.is_confirmed))
    .bind(code.typed.locator())
    .bind(&code.typed.hash()[..])
    .bind(code.scanned.locator())
    .bind(&code.scanned.hash()[..])
    .bind(code.scanned_sealed)
    .bind(int(code.created_at.0))
    .bind(int(code.expires_at.0))
    .bind(plans_json(code.walk_in)?)
    .bind(i64::from(code.certificate_days))
    .execute(tx.connection())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Returns the code with a locator, locked until the transaction ends, and its hash.
pub(super) async fn lock_code(
    tx: &mut Tx,
    spelling: Spelling,
    locator: &str,
) -> Result<Option<(Code, Hash)>, StoreError> {
    let (locator_column, hash_column) = match spelling {
        Spelling::Typed => ("typed_locator", "typed_hash"),
        Spelling::Scanned => ("scanned_locator", "scanned_hash"),
    };
    let text = format!(
        "SELECT {CODE_COLUMNS}, {hash_column} AS hash FROM enrolment_codes WHERE {locator_column} = $1{}",
        tx.dialect().for_update()
    );
    let row = sqlx::query(AssertSqlSafe(text)).bind(locator).fetch_optional(tx.connection()).await?;
    row.map(|row| Ok((read_code(&row)?, row.array("hash")?))).transpose()
}

const CODE_COLUMNS: &str = "id, event_id, name, gates, capabilities, is_confirmed, wrong_tries, expires_at, used_at, \
     walk_in, certificate_days";

fn read_code(row: &AnyRow) -> Result<Code, StoreError> {
    Ok(Code {
        id: CodeId(row.array("id")?),
        event: EventId(row.array("event_id")?),
        name: row.text("name")?,
        gates: read_gates(row)?,
        capabilities: Capabilities(row.small("capabilities")?),
        is_confirmed: row.flag("is_confirmed")?,
        wrong_tries: row.small("wrong_tries")?,
        expires_at: row.millis("expires_at")?,
        is_used: row.uint_or_null("used_at")?.is_some(),
        walk_in: read_plans(row)?,
        certificate_days: row.small("certificate_days")?,
    })
}

/// Counts a wrong try.
pub(super) async fn count_wrong_try(tx: &mut Tx, id: CodeId) -> Result<(), StoreError> {
    sqlx::query("UPDATE enrolment_codes SET wrong_tries = wrong_tries + 1 WHERE id = $1")
        .bind(&id.0[..])
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Notes that a code was used. Its locators stay until it expires, so that a repeated request is answered.
pub(super) async fn use_code(tx: &mut Tx, id: CodeId, now: UnixMillis) -> Result<(), StoreError> {
    sqlx::query("UPDATE enrolment_codes SET used_at = $1, scanned_sealed = NULL WHERE id = $2")
        .bind(int(now.0))
        .bind(&id.0[..])
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Returns the sealed text of an event's scanned code that can still be used.
pub(super) async fn sealed_code(
    tx: &mut Tx,
    event: EventId,
    id: CodeId,
    now: UnixMillis,
) -> Result<Option<Vec<u8>>, StoreError> {
    let row = sqlx::query(
        "SELECT scanned_sealed FROM enrolment_codes
         WHERE id = $1 AND event_id = $2 AND expires_at > $3 AND used_at IS NULL",
    )
    .bind(&id.0[..])
    .bind(&event.0[..])
    .bind(int(now.0))
    .fetch_optional(tx.connection())
    .await?;
    row.map(|row| row.bytes_or_null("scanned_sealed")).transpose().map(Option::flatten)
}
