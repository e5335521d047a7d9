//! SQL of journals.

use std::collections::BTreeMap;

use sync_protocol::hash::Hash;
use sync_protocol::id::{DeviceId, Seq};
use sync_protocol::journal::batch::BatchEntry;
use sync_protocol::journal::{Entry, PersonalData};
use sync_protocol::key::Signature;
use sync_protocol::time::UnixMillis;

use crate::db::column::{Columns as _, int};
use crate::db::insert::insert_rows;
use crate::db::{StoreError, Tx};

/// Returns the hashes of a device's entries from `first` to `last`.
pub(in crate::admissions) async fn hashes(
    tx: &mut Tx,
    device: DeviceId,
    first: Seq,
    last: Seq,
) -> Result<BTreeMap<Seq, Hash>, StoreError> {
    sqlx::query("SELECT seq, hash FROM journal_entries WHERE device_id = $1 AND seq >= $2 AND seq <= $3")
        .bind(&device.0[..])
        .bind(int(first.0))
        .bind(int(last.0))
        .fetch_all(tx.connection())
        .await?
        .iter()
        .map(|row| Ok((Seq(row.uint("seq")?), row.array("hash")?)))
        .collect()
}

/// Appends entries to a device's journal. `signature` is that of the last one.
pub(in crate::admissions) async fn insert_entries(
    tx: &mut Tx,
    device: DeviceId,
    entries: &[BatchEntry],
    signature: &Signature,
    now: UnixMillis,
) -> Result<(), StoreError> {
    const COLUMNS: &[&str] = &["device_id", "seq", "entry", "hash", "signature", "received_at"];
    let last = entries.last().map(|last| last.entry.seq);
    insert_rows(tx, "journal_entries", COLUMNS, "", entries, |entry, row| {
        let signature = (Some(entry.entry.seq) == last).then(|| signature.to_vec());
        row.push(&device.0[..])
            .push(int(entry.entry.seq.0))
            .push(entry.bytes.as_slice())
            .push(&entry.hash[..])
            .push(signature)
            .push(int(now.0));
    })
    .await?;
    Ok(())
}

/// Stores the personal data beside a device's entries.
pub(in crate::admissions) async fn insert_personal_data(
    tx: &mut Tx,
    device: DeviceId,
    data: &[PersonalData],
) -> Result<(), StoreError> {
    const COLUMNS: &[&str] = &["device_id", "seq", "salt", "content"];
    insert_rows(tx, "journal_personal_data", COLUMNS, "ON CONFLICT DO NOTHING", data, |item, row| {
        row.push(&device.0[..]).push(int(item.seq.0)).push(&item.salt[..]).push(item.data.as_slice());
    })
    .await?;
    Ok(())
}

/// Returns the personal data beside a device's entries.
pub(in crate::admissions) async fn personal_data(
    tx: &mut Tx,
    device: DeviceId,
) -> Result<Vec<PersonalData>, StoreError> {
    sqlx::query("SELECT seq, salt, content FROM journal_personal_data WHERE device_id = $1 ORDER BY seq")
        .bind(&device.0[..])
        .fetch_all(tx.connection())
        .await?
        .iter()
        .map(|row| {
            Ok(PersonalData { seq: Seq(row.uint("seq")?), salt: row.array("salt")?, data: row.bytes("content")? })
        })
        .collect()
}

/// Forgets the personal data beside an entry.
pub(in crate::admissions) async fn delete_personal_data(
    tx: &mut Tx,
    device: DeviceId,
    seq: Seq,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM journal_personal_data WHERE device_id = $1 AND seq = $2")
        .bind(&device.0[..])
        .bind(int(seq.0))
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Returns an entry of a device's journal; none of that number if it is not held.
pub(in crate::admissions) async fn entry(tx: &mut Tx, device: DeviceId, seq: Seq) -> Result<Option<Entry>, StoreError> {
    let row = sqlx::query("SELECT entry FROM journal_entries WHERE device_id = $1 AND seq = $2")
        .bind(&device.0[..])
        .bind(int(seq.0))
        .fetch_optional(tx.connection())
        .await?;
    let Some(row) = row else { return Ok(None) };
    Entry::decode(&row.bytes("entry")?).map(Some).map_err(|_| StoreError::Corrupt("entry"))
}

/// An entry's bytes and the signature that vouches for it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::admissions) struct RawEntry {
    pub(in crate::admissions) bytes: Vec<u8>,
    pub(in crate::admissions) signed_at: Seq,
    pub(in crate::admissions) signature: Vec<u8>,
}

/// Returns an entry of a device's journal with the nearest signature at or after it.
pub(in crate::admissions) async fn raw_entry(
    tx: &mut Tx,
    device: DeviceId,
    seq: Seq,
    hash: &Hash,
) -> Result<Option<RawEntry>, StoreError> {
    let entry = sqlx::query("SELECT entry FROM journal_entries WHERE device_id = $1 AND seq = $2 AND hash = $3")
        .bind(&device.0[..])
        .bind(int(seq.0))
        .bind(&hash[..])
        .fetch_optional(tx.connection())
        .await?;
    let Some(entry) = entry else { return Ok(None) };
    let signed = sqlx::query(
        "SELECT seq, signature FROM journal_entries WHERE device_id = $1 AND seq >= $2 AND signature IS NOT NULL
         ORDER BY seq LIMIT 1",
    )
    .bind(&device.0[..])
    .bind(int(seq.0))
    .fetch_one(tx.connection())
    .await?;
    Ok(Some(RawEntry {
        bytes: entry.bytes("entry")?,
        signed_at: Seq(signed.uint("seq")?),
        signature: signed.bytes("signature")?,
    }))
}
