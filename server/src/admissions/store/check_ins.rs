//! SQL of check-ins.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;
use sync_protocol::id::{ClassId, DeviceId, DeviceNo, EventId, GateId, Seq, TicketId, ZoneId};
use sync_protocol::journal::{EntryKind, Flags};
use sync_protocol::time::Hlc;

use crate::admissions::doors::Presented;
use crate::admissions::{CheckIn, EntryName, Filter, Order, Tally};
use crate::db::column::{Columns as _, flag, int};
use crate::db::insert::insert_rows;
use crate::db::list::{among, bind_numbers, listing, padded, placeholders};
use crate::db::{StoreError, Tx};

const COLUMNS: &[&str] = &[
    "event_id",
    "number",
    "device_id",
    "device_no",
    "seq",
    "entry_hash",
    "kind",
    "flags",
    "hlc",
    "uncertainty_ms",
    "ticket_id",
    "class",
    "gate",
    "zone",
    "reason",
    "overridden",
    "undo_seq",
    "is_effective",
    "received_at",
];
const READ: &str = "number, device_id, device_no, seq, entry_hash, kind, flags, hlc, uncertainty_ms, ticket_id, class, \
     gate, zone, reason, overridden, undo_seq, is_effective, received_at";
const FIRST_BIT: u64 = 1 << 63;
/// Values in one `IN (…)`.
const LIST_MAX: usize = 500;

fn read(row: &AnyRow) -> Result<CheckIn, StoreError> {
    let zone = row.uint_or_null("zone")?.map(u16::try_from).transpose().map_err(|_| StoreError::Corrupt("zone"))?;
    let overridden = row.uint_or_null("overridden")?.map(u16::try_from).transpose();
    Ok(CheckIn {
        number: row.uint("number")?,
        device: DeviceId(row.array("device_id")?),
        device_no: DeviceNo(row.small("device_no")?),
        seq: Seq(row.uint("seq")?),
        entry_hash: row.array("entry_hash")?,
        kind: EntryKind::from_u8(row.small("kind")?).ok_or(StoreError::Corrupt("kind"))?,
        flags: Flags(row.small("flags")?),
        hlc: Hlc(row.uint("hlc")? ^ FIRST_BIT),
        uncertainty_ms: row.small("uncertainty_ms")?,
        ticket: TicketId(row.uint("ticket_id")?),
        class: ClassId(row.small("class")?),
        gate: GateId(row.small("gate")?),
        zone: zone.map(ZoneId),
        reason: row.small("reason")?,
        overridden: overridden.map_err(|_| StoreError::Corrupt("overridden"))?,
        undo_target: row.uint_or_null("undo_seq")?.map(Seq),
        is_effective: row.flag("is_effective")?,
        received_at: row.millis("received_at")?,
    })
}

/// Returns the number of an event's newest check-in; 0 without any.
pub(in crate::admissions) async fn last_number(tx: &mut Tx, event: EventId) -> Result<u64, StoreError> {
    let row = sqlx::query("SELECT MAX(number) AS last FROM check_ins WHERE event_id = $1")
        .bind(&event.0[..])
        .fetch_one(tx.connection())
        .await?;
    Ok(row.uint_or_null("last")?.unwrap_or(0))
}

/// Inserts check-ins, which have their numbers.
pub(in crate::admissions) async fn insert_check_ins(
    tx: &mut Tx,
    event: EventId,
    check_ins: &[CheckIn],
) -> Result<(), StoreError> {
    insert_rows(tx, "check_ins", COLUMNS, "", check_ins, |check_in, row| {
        row.push(&event.0[..])
            .push(int(check_in.number))
            .push(&check_in.device.0[..])
            .push(i64::from(check_in.device_no.0))
            .push(int(check_in.seq.0))
            .push(&check_in.entry_hash[..])
            .push(check_in.kind as i64)
            .push(i64::from(check_in.flags.0))
            .push(int(check_in.hlc.0 ^ FIRST_BIT))
            .push(i64::from(check_in.uncertainty_ms))
            .push(int(check_in.ticket.0))
            .push(i64::from(check_in.class.0))
            .push(i64::from(check_in.gate.0))
            .push(check_in.zone.map(|zone| i64::from(zone.0)))
            .push(i64::from(check_in.reason))
            .push(check_in.overridden.map(i64::from))
            .push(check_in.undo_target.map(|target| int(target.0)))
            .push(flag(check_in.is_effective))
            .push(int(check_in.received_at.0));
    })
    .await?;
    Ok(())
}

/// Groups names by device.
fn by_device(names: &BTreeSet<EntryName>) -> BTreeMap<DeviceNo, BTreeSet<Seq>> {
    let mut devices: BTreeMap<DeviceNo, BTreeSet<Seq>> = BTreeMap::new();
    for (device, seq) in names {
        devices.entry(*device).or_default().insert(*seq);
    }
    devices
}

/// Notes that entries were taken back.
pub(in crate::admissions) async fn take_back(
    tx: &mut Tx,
    event: EventId,
    names: &BTreeSet<EntryName>,
) -> Result<(), StoreError> {
    for (device, targets) in by_device(names) {
        take_back_of(tx, event, device, &targets).await?;
    }
    Ok(())
}

async fn take_back_of(
    tx: &mut Tx,
    event: EventId,
    device: DeviceNo,
    targets: &BTreeSet<Seq>,
) -> Result<(), StoreError> {
    let targets: Vec<Seq> = targets.iter().copied().collect();
    for targets in targets.chunks(LIST_MAX) {
        let text = format!(
            "UPDATE check_ins SET is_effective = 0 WHERE event_id = $1 AND device_no = $2 AND kind IN (1, 2)
             AND seq IN ({})",
            placeholders(3, targets.len())
        );
        let mut query = listing(tx.dialect(), text).bind(&event.0[..]).bind(i64::from(device.0));
        for target in padded(targets) {
            query = query.bind(int(target.0));
        }
        query.execute(tx.connection()).await?;
    }
    Ok(())
}

/// Returns the check-ins of these names.
pub(in crate::admissions) async fn by_name(
    tx: &mut Tx,
    event: EventId,
    names: &BTreeSet<EntryName>,
) -> Result<BTreeMap<EntryName, CheckIn>, StoreError> {
    let mut found = BTreeMap::new();
    for (device, seqs) in by_device(names) {
        let of_device = by_seq(tx, event, device, &seqs).await?;
        found.extend(of_device.into_iter().map(|(seq, check_in)| ((device, seq), check_in)));
    }
    Ok(found)
}

/// Returns those of a device's check-ins that have these numbers in its journal.
pub(in crate::admissions) async fn by_seq(
    tx: &mut Tx,
    event: EventId,
    device: DeviceNo,
    seqs: &BTreeSet<Seq>,
) -> Result<BTreeMap<Seq, CheckIn>, StoreError> {
    let seqs: Vec<Seq> = seqs.iter().copied().collect();
    let mut found = BTreeMap::new();
    for seqs in seqs.chunks(LIST_MAX) {
        let text = format!(
            "SELECT {READ} FROM check_ins WHERE event_id = $1 AND device_no = $2 AND seq IN ({})",
            placeholders(3, seqs.len())
        );
        let mut query = listing(tx.dialect(), text).bind(&event.0[..]).bind(i64::from(device.0));
        for seq in padded(seqs) {
            query = query.bind(int(seq.0));
        }
        for row in query.fetch_all(tx.connection()).await? {
            let check_in = read(&row)?;
            found.insert(check_in.seq, check_in);
        }
    }
    Ok(found)
}

/// Returns the effective movements of these tickets.
pub(in crate::admissions) async fn effective_of_tickets(
    tx: &mut Tx,
    event: EventId,
    tickets: &BTreeSet<TicketId>,
) -> Result<Vec<CheckIn>, StoreError> {
    of_tickets_that(tx, event, tickets, "kind IN (1, 2) AND is_effective = 1").await
}

/// Returns all that moved these tickets, what was taken back and the undoings too.
pub(in crate::admissions) async fn of_tickets(
    tx: &mut Tx,
    event: EventId,
    tickets: &BTreeSet<TicketId>,
) -> Result<Vec<CheckIn>, StoreError> {
    of_tickets_that(tx, event, tickets, "kind IN (1, 2, 5)").await
}

async fn of_tickets_that(
    tx: &mut Tx,
    event: EventId,
    tickets: &BTreeSet<TicketId>,
    condition: &'static str,
) -> Result<Vec<CheckIn>, StoreError> {
    let tickets: Vec<i64> = tickets.iter().filter(|ticket| ticket.0 != 0).map(|ticket| int(ticket.0)).collect();
    let mut found = Vec::new();
    for tickets in tickets.chunks(LIST_MAX) {
        let dialect = tx.dialect();
        let among = among(dialect, 2, tickets.len());
        let text = format!("SELECT {READ} FROM check_ins WHERE event_id = $1 AND {condition} AND ticket_id {among}");
        let query = bind_numbers(sqlx::query(AssertSqlSafe(text)).bind(&event.0[..]), dialect, tickets);
        for row in query.fetch_all(tx.connection()).await? {
            found.push(read(&row)?);
        }
    }
    Ok(found)
}

/// Returns up to `limit` of all that was recorded of a ticket after a number, denials too.
pub(in crate::admissions) async fn list_of_ticket(
    tx: &mut Tx,
    event: EventId,
    ticket: TicketId,
    after: u64,
    limit: u32,
) -> Result<Vec<CheckIn>, StoreError> {
    let text = format!(
        "SELECT {READ} FROM check_ins WHERE event_id = $1 AND ticket_id = $2 AND number > $3 ORDER BY number LIMIT $4"
    );
    let query =
        sqlx::query(AssertSqlSafe(text)).bind(&event.0[..]).bind(int(ticket.0)).bind(int(after)).bind(i64::from(limit));
    query.fetch_all(tx.connection()).await?.iter().map(read).collect()
}

/// Returns the check-in of a number.
pub(in crate::admissions) async fn find(
    tx: &mut Tx,
    event: EventId,
    number: u64,
) -> Result<Option<CheckIn>, StoreError> {
    let text = format!("SELECT {READ} FROM check_ins WHERE event_id = $1 AND number = $2");
    let query = sqlx::query(AssertSqlSafe(text)).bind(&event.0[..]).bind(int(number));
    query.fetch_optional(tx.connection()).await?.as_ref().map(read).transpose()
}

/// Returns how many tickets that were not in its list a device has admitted.
pub(in crate::admissions) async fn count_unlisted(
    tx: &mut Tx,
    event: EventId,
    device: DeviceNo,
) -> Result<u64, StoreError> {
    sqlx::query(
        "SELECT COUNT(*) AS total FROM check_ins
         WHERE event_id = $1 AND device_no = $2 AND kind = 1 AND is_effective = 1 AND (flags & $3) <> 0",
    )
    .bind(&event.0[..])
    .bind(i64::from(device.0))
    .bind(i64::from(Flags::UNLISTED.0))
    .fetch_one(tx.connection())
    .await?
    .uint("total")
}

/// Returns the effective movements of all tickets that came into one zone more than once.
pub(in crate::admissions) async fn of_suspects(tx: &mut Tx, event: EventId) -> Result<Vec<CheckIn>, StoreError> {
    let text = format!(
        "SELECT {READ} FROM check_ins WHERE event_id = $1 AND is_effective = 1 AND kind IN (1, 2) AND ticket_id IN
         (SELECT ticket_id FROM check_ins WHERE event_id = $1 AND is_effective = 1 AND kind = 1
          GROUP BY ticket_id, zone HAVING COUNT(*) > 1)"
    );
    let query = sqlx::query(AssertSqlSafe(text)).bind(&event.0[..]);
    query.fetch_all(tx.connection()).await?.iter().map(read).collect()
}

/// Returns up to `limit` check-ins after (or, newest first, before) a number.
pub(in crate::admissions) async fn list(
    tx: &mut Tx,
    event: EventId,
    filter: Filter,
    order: Order,
    from: Option<u64>,
    limit: u32,
) -> Result<Vec<CheckIn>, StoreError> {
    let (compare, direction, start) = match order {
        Order::OldestFirst => (">", "ASC", 0),
        Order::NewestFirst => ("<", "DESC", i64::MAX),
    };
    let mut text = format!("SELECT {READ} FROM check_ins WHERE event_id = $1 AND number {compare} $2");
    let conditions = [
        ("device_no", filter.device.map(|device| i64::from(device.0))),
        ("gate", filter.gate.map(|gate| i64::from(gate.0))),
        ("kind", filter.kind.map(|kind| kind as i64)),
    ];
    let mut values = vec![from.map_or(start, int)];
    for (column, value) in conditions {
        if let Some(value) = value {
            values.push(value);
            text.push_str(&format!(" AND {column} = ${}", values.len() + 1));
        }
    }
    values.push(i64::from(limit));
    text.push_str(&format!(" ORDER BY number {direction} LIMIT ${}", values.len() + 1));
    let mut query = sqlx::query(AssertSqlSafe(text)).bind(&event.0[..]);
    for value in values {
        query = query.bind(value);
    }
    query.fetch_all(tx.connection()).await?.iter().map(read).collect()
}

/// Returns how many tickets were presented to a device.
pub(in crate::admissions) async fn count_presented(
    tx: &mut Tx,
    event: EventId,
    device: DeviceNo,
) -> Result<u64, StoreError> {
    sqlx::query(
        "SELECT COUNT(DISTINCT ticket_id) AS total FROM check_ins
         WHERE event_id = $1 AND device_no = $2 AND ticket_id <> 0",
    )
    .bind(&event.0[..])
    .bind(i64::from(device.0))
    .fetch_one(tx.connection())
    .await?
    .uint("total")
}

/// Returns the tickets that were presented to a device, newest first.
pub(in crate::admissions) async fn presented(
    tx: &mut Tx,
    event: EventId,
    device: DeviceNo,
    limit: u32,
) -> Result<Vec<Presented>, StoreError> {
    sqlx::query(
        "SELECT ticket_id, COUNT(*) AS times, MAX(hlc) AS last FROM check_ins
         WHERE event_id = $1 AND device_no = $2 AND ticket_id <> 0
         GROUP BY ticket_id ORDER BY MAX(hlc) DESC, ticket_id LIMIT $3",
    )
    .bind(&event.0[..])
    .bind(i64::from(device.0))
    .bind(i64::from(limit))
    .fetch_all(tx.connection())
    .await?
    .iter()
    .map(|row| {
        Ok(Presented {
            ticket: TicketId(row.uint("ticket_id")?),
            last: Hlc(row.uint("last")? ^ FIRST_BIT),
            times: row.uint("times")?,
        })
    })
    .collect()
}

/// Returns how often each device admitted, let out and denied.
pub(in crate::admissions) async fn device_counts(
    tx: &mut Tx,
    event: EventId,
) -> Result<BTreeMap<DeviceNo, Tally>, StoreError> {
    let rows = sqlx::query(
        "SELECT device_no, kind, COUNT(*) AS total FROM check_ins
         WHERE event_id = $1 AND (is_effective = 1 OR kind = 3) GROUP BY device_no, kind",
    )
    .bind(&event.0[..])
    .fetch_all(tx.connection())
    .await?;
    let mut counts: BTreeMap<DeviceNo, Tally> = BTreeMap::new();
    for row in &rows {
        add(counts.entry(DeviceNo(row.small("device_no")?)).or_default(), row)?;
    }
    Ok(counts)
}

fn add(count: &mut Tally, row: &AnyRow) -> Result<(), StoreError> {
    let total = row.uint("total")?;
    match EntryKind::from_u8(row.small("kind")?) {
        Some(EntryKind::Admit) => count.admitted = total,
        Some(EntryKind::Exit) => count.exits = total,
        Some(EntryKind::Deny) => count.denied = total,
        _ => {}
    }
    Ok(())
}
