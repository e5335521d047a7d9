//! What other programs are told of admissions.

use serde_json::{Value, json};
use sync_protocol::id::EventId;
use sync_protocol::policy::Policy;
use sync_protocol::time::UnixMillis;

use super::{CheckIn, EntryName, conflicts};
use crate::db::{StoreError, Tx};
use crate::http::time::rfc3339;
use crate::webhooks::{self, Kind};

/// Tells of check-ins that have just been stored, and of the conflicts that they are part of.
///
/// # Errors
///
/// [`StoreError`].
pub(super) async fn tell(
    tx: &mut Tx,
    event: EventId,
    policy: &Policy,
    check_ins: &[CheckIn],
    now: UnixMillis,
) -> Result<(), StoreError> {
    webhooks::emit(tx, event, Kind::CheckIn, check_ins.iter().map(check_in).collect(), now).await?;
    // Finding conflicts costs a look at all tickets that came in more than once.
    let may_conflict = check_ins.iter().any(|check_in| check_in.is_effective);
    if !may_conflict || !webhooks::is_wanted(tx, event, Kind::Conflict).await? {
        return Ok(());
    }
    let is_new = |(device, seq): &EntryName| {
        check_ins.iter().any(|check_in| (check_in.device_no, check_in.seq) == (*device, *seq))
    };
    let found = conflicts::of_event(tx, event, policy).await?.conflicts;
    let told = found.iter().filter(|conflict| is_new(&conflict.first) || conflict.excess.iter().any(is_new)).map(
        |conflict| {
            let entry = |(device, seq): &EntryName| json!({ "device_number": device.0, "entry": seq.0 });
            let excess: Vec<Value> = conflict.excess.iter().map(entry).collect();
            json!({ "ticket": conflict.ticket, "zone": conflict.zone.0, "first": entry(&conflict.first), "excess": excess })
        },
    );
    webhooks::emit(tx, event, Kind::Conflict, told.collect(), now).await
}

fn check_in(check_in: &CheckIn) -> Value {
    json!({
        "number": check_in.number,
        "kind": check_in.kind,
        "ticket": if check_in.ticket.0 == 0 { None } else { Some(check_in.ticket) },
        "gate": check_in.gate.0,
        "zone": check_in.zone.map(|zone| zone.0),
        "device_number": check_in.device_no.0,
        "entry": check_in.seq.0,
        "at": rfc3339(check_in.hlc.millis()),
        "is_effective": check_in.is_effective,
    })
}
