//! Conflicts: tickets that came in more often than they may. Derived from everything that counts, so the
//! same for every order of arrival.

use std::collections::{BTreeMap, BTreeSet};

use sync_protocol::id::{ClassId, DeviceId, EventId, TicketId};
use sync_protocol::journal::batch::BatchEntry;
use sync_protocol::journal::ledger::{self, Conflict};
use sync_protocol::journal::{Batch, Movement};
use sync_protocol::policy::Policy;

use super::{CheckIn, EntryName, store};
use crate::db::{StoreError, Tx};
use crate::devices;
use crate::sync::feed;

/// An event's conflicts and the check-ins they are made of.
#[derive(Clone, Debug, Default)]
pub struct Conflicts {
    /// The conflicts, by ticket, zone and period.
    pub conflicts: Vec<Conflict>,
    /// Every check-in that one of them names.
    pub check_ins: BTreeMap<EntryName, CheckIn>,
}

/// Returns an event's conflicts.
///
/// # Errors
///
/// [`StoreError`].
pub async fn of_event(tx: &mut Tx, event: EventId, policy: &Policy) -> Result<Conflicts, StoreError> {
    let suspects = store::of_suspects(tx, event).await?;
    let listed = feed::tickets(tx, event, suspects.iter().map(|check_in| check_in.ticket)).await?;
    let mut classes: BTreeMap<TicketId, ClassId> = BTreeMap::new();
    for check_in in &suspects {
        let class = listed.get(&check_in.ticket).map_or(check_in.class, |row| row.row.class);
        // A ticket that the list does not hold has the type that its lowest entry names.
        let held = classes.entry(check_in.ticket).or_insert(class);
        *held = class.min(*held);
    }
    let movements: Vec<Movement> = suspects.iter().filter_map(CheckIn::movement).collect();
    let conflicts = ledger::conflicts(&movements, policy, |ticket| classes.get(&ticket).copied());
    let named: BTreeSet<EntryName> =
        conflicts.iter().flat_map(|conflict| conflict.excess.iter().copied().chain([conflict.first])).collect();
    let check_ins = suspects
        .into_iter()
        .map(|check_in| ((check_in.device_no, check_in.seq), check_in))
        .filter(|(name, _)| named.contains(name))
        .collect();
    Ok(Conflicts { conflicts, check_ins })
}

/// An entry as its device signed it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignedBytes {
    /// The entry's bytes.
    pub bytes: Vec<u8>,
    /// The number of the entry whose signature this is: its own, or a later one that vouches for it through
    /// the chain.
    pub signed_at: sync_protocol::id::Seq,
    /// The signature.
    pub signature: Vec<u8>,
}

/// Returns the bytes and signature of a check-in's entry.
///
/// # Errors
///
/// [`StoreError`].
pub async fn signed_bytes(tx: &mut Tx, check_in: &CheckIn) -> Result<SignedBytes, StoreError> {
    let (device, seq) = (check_in.device, check_in.seq);
    if let Some(raw) = store::raw_entry(tx, device, seq, &check_in.entry_hash).await? {
        return Ok(SignedBytes { bytes: raw.bytes, signed_at: raw.signed_at, signature: raw.signature });
    }
    adopted(tx, device, check_in).await?.ok_or(StoreError::Corrupt("entry"))
}

/// An entry that counts beside its device's journal is found in the batch that was adopted.
async fn adopted(tx: &mut Tx, device: DeviceId, check_in: &CheckIn) -> Result<Option<SignedBytes>, StoreError> {
    let author = devices::store::device(tx, device).await?.ok_or(StoreError::Corrupt("device"))?;
    for bytes in store::adopted_with(tx, device, check_in.seq).await? {
        let batch = Batch::decode(&bytes, device, &author.sign_key).map_err(|_| StoreError::Corrupt("batch"))?;
        let is_it = |entry: &&BatchEntry| entry.hash == check_in.entry_hash;
        if let (Some(entry), Some(end)) = (batch.entries.iter().find(is_it), batch.end()) {
            let signature = batch.signature.to_vec();
            return Ok(Some(SignedBytes { bytes: entry.bytes.clone(), signed_at: end.seq, signature }));
        }
    }
    Ok(None)
}
