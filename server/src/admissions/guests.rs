//! What doors have sent of people beside their journals. The journals only commit to it, so they verify without.

use std::collections::BTreeSet;

use sync_protocol::id::EventId;
use sync_protocol::journal::walk_in::Guest;
use sync_protocol::journal::{Batch, PersonalData};

use super::{EntryName, store};
use crate::db::{StoreError, Tx};
use crate::devices::{self, Device};

/// Quarantined batches read at once.
const BATCHES: u32 = 100;

/// Whose data are erased.
#[derive(Clone, Copy, Debug)]
pub struct Sought<'a> {
    /// What was sold to them.
    pub sold: &'a BTreeSet<EntryName>,
    /// Their e-mail address.
    pub email: Option<&'a str>,
}

impl Sought<'_> {
    fn is_of(&self, device: &Device, data: &PersonalData) -> bool {
        let is_sold = device.number.is_some_and(|number| self.sold.contains(&(number, data.seq)));
        is_sold || self.email.is_some_and(|email| Guest::decode(&data.data).is_ok_and(|guest| guest.email == email))
    }
}

/// Erases what an event's doors have sent of somebody, also what does not count.
///
/// # Errors
///
/// [`StoreError`].
pub async fn erase(tx: &mut Tx, event: EventId, sought: Sought<'_>) -> Result<(), StoreError> {
    let devices = devices::store::numbered(tx, event).await?;
    for device in &devices {
        for data in store::personal_data(tx, device.id).await? {
            if sought.is_of(device, &data) {
                store::delete_personal_data(tx, device.id, data.seq).await?;
            }
        }
    }
    let mut after = 0;
    loop {
        let listed = store::list_quarantines(tx, event, after, BATCHES).await?;
        let Some(last) = listed.last() else { return Ok(()) };
        after = last.number;
        for found in &listed {
            let Some(device) = devices.iter().find(|device| device.id == found.device) else { continue };
            let Some((_, bytes)) = store::quarantine(tx, event, found.number).await? else { continue };
            let read = Batch::decode(&bytes, device.id, &device.sign_key);
            let mut batch = read.map_err(|_| StoreError::Corrupt("batch"))?;
            let held = batch.personal_data.len();
            batch.personal_data.retain(|data| !sought.is_of(device, data));
            if batch.personal_data.len() < held {
                store::set_batch(tx, event, found.number, &batch.encode()).await?;
            }
        }
    }
}
