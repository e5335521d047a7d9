//! SQL of rights to sell and of sales.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;
use sync_protocol::hash::Hash;
use sync_protocol::id::{ClassId, DeviceNo, EventId, FeedSeq, GateId, Seq, TicketId};
use sync_protocol::journal::walk_in::{Payment, Right};
use sync_protocol::time::UnixMillis;

use super::{CashUpLine, Lease, Origin, Sale, Takings};
use crate::db::column::{Columns as _, flag, int};
use crate::db::insert::insert_rows;
use crate::db::list::listing;
use crate::db::{StoreError, Tx};

const LEASE: &str = "device_no, class, places, total, expires_at, told_seq, bound, bound_expires_at";
const SALE: &str = "device_no, seq, entry_hash, ticket_id, class, gate, operator, amount, currency, payment, allowed_by, \
     is_over, sold_at, undone_at";
/// Values in one `IN (…)`.
const LIST_MAX: usize = 500;

fn read_lease(row: &AnyRow) -> Result<Lease, StoreError> {
    Ok(Lease {
        device_no: DeviceNo(row.small("device_no")?),
        class: ClassId(row.small("class")?),
        places: row.small("places")?,
        total: row.small("total")?,
        expires: row.millis("expires_at")?,
        told: FeedSeq(row.uint("told_seq")?),
        bound: row.small("bound")?,
        bound_expires: row.millis("bound_expires_at")?,
    })
}

/// Returns a device's rights, by ticket type.
pub(crate) async fn leases(tx: &mut Tx, event: EventId, device: DeviceNo) -> Result<Vec<Lease>, StoreError> {
    let text = format!("SELECT {LEASE} FROM leases WHERE event_id = $1 AND device_no = $2 ORDER BY class");
    let query = sqlx::query(AssertSqlSafe(text)).bind(&event.0[..]).bind(i64::from(device.0));
    query.fetch_all(tx.connection()).await?.iter().map(read_lease).collect()
}

/// Returns the rights of all of an event's devices.
pub(super) async fn all_leases(tx: &mut Tx, event: EventId) -> Result<Vec<Lease>, StoreError> {
    let text = format!("SELECT {LEASE} FROM leases WHERE event_id = $1 ORDER BY device_no, class");
    sqlx::query(AssertSqlSafe(text))
        .bind(&event.0[..])
        .fetch_all(tx.connection())
        .await?
        .iter()
        .map(read_lease)
        .collect()
}

/// Stores a right in the place of the one before.
pub(super) async fn put_lease(tx: &mut Tx, event: EventId, lease: &Lease) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO leases (event_id, device_no, class, places, total, expires_at, told_seq, bound, bound_expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (event_id, device_no, class) DO UPDATE SET places = excluded.places, total = excluded.total,
         expires_at = excluded.expires_at, told_seq = excluded.told_seq, bound = excluded.bound,
         bound_expires_at = excluded.bound_expires_at",
    )
    .bind(&event.0[..])
    .bind(i64::from(lease.device_no.0))
    .bind(i64::from(lease.class.0))
    .bind(i64::from(lease.places))
    .bind(i64::from(lease.total))
    .bind(int(lease.expires.0))
    .bind(int(lease.told.0))
    .bind(i64::from(lease.bound))
    .bind(int(lease.bound_expires.0))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Notes that nothing more can come of a device's rights.
pub(super) async fn release(tx: &mut Tx, event: EventId, device: DeviceNo) -> Result<(), StoreError> {
    sqlx::query("UPDATE leases SET bound = 0 WHERE event_id = $1 AND device_no = $2")
        .bind(&event.0[..])
        .bind(i64::from(device.0))
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// How many tickets were sold under a right.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Spent {
    /// As the device counts: what it took back is not spent.
    pub(crate) by_device: u32,
    /// Those that also no organiser cancelled.
    pub(crate) living: u32,
}

/// Returns what was sold of a ticket type under each device's right.
pub(super) async fn spent(
    tx: &mut Tx,
    event: EventId,
    class: ClassId,
) -> Result<BTreeMap<DeviceNo, Spent>, StoreError> {
    sqlx::query(
        "SELECT device_no, COUNT(*) AS by_device, COUNT(CASE WHEN cancelled_at IS NULL THEN 1 END) AS living
         FROM sales WHERE event_id = $1 AND class = $2 AND allowed_by = 0 AND undone_at IS NULL GROUP BY device_no",
    )
    .bind(&event.0[..])
    .bind(i64::from(class.0))
    .fetch_all(tx.connection())
    .await?
    .iter()
    .map(|row| {
        let spent = Spent { by_device: row.small("by_device")?, living: row.small("living")? };
        Ok((DeviceNo(row.small("device_no")?), spent))
    })
    .collect()
}

pub(super) async fn insert_sales(
    tx: &mut Tx,
    event: EventId,
    sales: &[Sale],
    now: UnixMillis,
) -> Result<(), StoreError> {
    const COLUMNS: &[&str] = &[
        "event_id",
        "device_no",
        "seq",
        "entry_hash",
        "ticket_id",
        "class",
        "gate",
        "operator",
        "amount",
        "currency",
        "payment",
        "allowed_by",
        "is_over",
        "sold_at",
        "undone_at",
    ];
    insert_rows(tx, "sales", COLUMNS, "", sales, |sale, row| {
        row.push(&event.0[..])
            .push(i64::from(sale.device_no.0))
            .push(int(sale.seq.0))
            .push(&sale.entry_hash[..])
            .push(int(sale.ticket.0))
            .push(i64::from(sale.class.0))
            .push(i64::from(sale.gate.0))
            .push(sale.operator.as_str())
            .push(i64::from(sale.takings.amount))
            .push(sale.takings.currency.as_str())
            .push(sale.takings.payment as i64)
            .push(i64::from(sale.allowed_by.reason()))
            .push(flag(sale.is_over))
            .push(int(sale.at.0))
            .push(sale.is_undone.then_some(int(now.0)));
    })
    .await?;
    Ok(())
}

/// Returns those of a device's sales that have these numbers in its journal.
pub(crate) async fn by_seq(
    tx: &mut Tx,
    event: EventId,
    device: DeviceNo,
    seqs: &BTreeSet<Seq>,
) -> Result<BTreeMap<Seq, Sale>, StoreError> {
    let seqs: Vec<Seq> = seqs.iter().copied().collect();
    let mut found = BTreeMap::new();
    for seqs in seqs.chunks(LIST_MAX) {
        let places: Vec<String> = (3..3 + seqs.len()).map(|number| format!("${number}")).collect();
        let text = format!(
            "SELECT {SALE} FROM sales WHERE event_id = $1 AND device_no = $2 AND seq IN ({})",
            places.join(", ")
        );
        let mut query = listing(tx.dialect(), text).bind(&event.0[..]).bind(i64::from(device.0));
        for seq in seqs {
            query = query.bind(int(seq.0));
        }
        for row in query.fetch_all(tx.connection()).await? {
            let sale = read_sale(&row)?;
            found.insert(sale.seq, sale);
        }
    }
    Ok(found)
}

/// Returns where the sale of a ticket stands: the device's number and the entry's.
pub(crate) async fn entry_of(
    tx: &mut Tx,
    event: EventId,
    ticket: TicketId,
) -> Result<Option<(DeviceNo, Seq)>, StoreError> {
    let row = sqlx::query("SELECT device_no, seq FROM sales WHERE event_id = $1 AND ticket_id = $2")
        .bind(&event.0[..])
        .bind(int(ticket.0))
        .fetch_optional(tx.connection())
        .await?;
    row.map(|row| Ok((DeviceNo(row.small("device_no")?), Seq(row.uint("seq")?)))).transpose()
}

fn read_sale(row: &AnyRow) -> Result<Sale, StoreError> {
    let entry_hash: Hash = row.array("entry_hash")?;
    Ok(Sale {
        device_no: DeviceNo(row.small("device_no")?),
        seq: Seq(row.uint("seq")?),
        entry_hash,
        ticket: TicketId(row.uint("ticket_id")?),
        class: ClassId(row.small("class")?),
        gate: GateId(row.small("gate")?),
        operator: row.text("operator")?,
        takings: Takings {
            amount: row.small("amount")?,
            currency: row.text("currency")?,
            payment: payment(row.uint("payment")?)?,
        },
        allowed_by: right(row.uint("allowed_by")?)?,
        is_over: row.flag("is_over")?,
        at: row.millis("sold_at")?,
        is_undone: row.uint_or_null("undone_at")?.is_some(),
    })
}

fn payment(value: u64) -> Result<Payment, StoreError> {
    u8::try_from(value).ok().and_then(Payment::from_u8).ok_or(StoreError::Corrupt("payment"))
}

fn right(value: u64) -> Result<Right, StoreError> {
    u16::try_from(value).ok().and_then(Right::from_reason).ok_or(StoreError::Corrupt("allowed_by"))
}

/// Reads the sale beside an attendee of the view `registered`, if the ticket was sold at the door.
pub(crate) fn read_origin(row: &AnyRow) -> Result<Option<Origin>, StoreError> {
    let Some(device_no) = row.uint_or_null("sale_device_no")? else { return Ok(None) };
    Ok(Some(Origin {
        device_no: DeviceNo(u16::try_from(device_no).map_err(|_| StoreError::Corrupt("sale_device_no"))?),
        operator: row.text("sale_operator")?,
        takings: Takings {
            amount: row.small("sale_amount")?,
            currency: row.text("sale_currency")?,
            payment: payment(row.uint("sale_payment")?)?,
        },
        allowed_by: right(row.uint("sale_allowed_by")?)?,
        is_over: row.flag("sale_is_over")?,
    }))
}

/// Notes that the door took sales back.
pub(super) async fn note_undone(
    tx: &mut Tx,
    event: EventId,
    device: DeviceNo,
    seqs: &BTreeSet<Seq>,
    now: UnixMillis,
) -> Result<(), StoreError> {
    for seq in seqs {
        sqlx::query(
            "UPDATE sales SET undone_at = $1 WHERE event_id = $2 AND device_no = $3 AND seq = $4 AND undone_at IS NULL",
        )
        .bind(int(now.0))
        .bind(&event.0[..])
        .bind(i64::from(device.0))
        .bind(int(seq.0))
        .execute(tx.connection())
        .await?;
    }
    Ok(())
}

/// Notes that an organiser cancelled a ticket, if it was sold at the door.
pub(crate) async fn note_cancelled(
    tx: &mut Tx,
    event: EventId,
    ticket: TicketId,
    now: UnixMillis,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE sales SET cancelled_at = $1 WHERE event_id = $2 AND ticket_id = $3 AND cancelled_at IS NULL")
        .bind(int(now.0))
        .bind(&event.0[..])
        .bind(int(ticket.0))
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Notes that an organiser cancelled all tickets that were sold at the doors.
pub(super) async fn note_all_cancelled(tx: &mut Tx, event: EventId, now: UnixMillis) -> Result<(), StoreError> {
    sqlx::query("UPDATE sales SET cancelled_at = $1 WHERE event_id = $2 AND cancelled_at IS NULL")
        .bind(int(now.0))
        .bind(&event.0[..])
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Returns what was sold, by device, operator, way of paying and currency.
pub(super) async fn cash_up(tx: &mut Tx, event: EventId) -> Result<Vec<CashUpLine>, StoreError> {
    sqlx::query(
        "SELECT device_no, operator, payment, currency,
                COUNT(CASE WHEN undone_at IS NULL THEN 1 END) AS sold,
                CAST(COALESCE(SUM(CASE WHEN undone_at IS NULL THEN amount ELSE 0 END), 0) AS BIGINT) AS taken,
                COUNT(CASE WHEN undone_at IS NULL AND is_over = 1 THEN 1 END) AS beyond,
                COUNT(CASE WHEN undone_at IS NULL AND cancelled_at IS NOT NULL THEN 1 END) AS cancelled,
                COUNT(CASE WHEN undone_at IS NOT NULL THEN 1 END) AS undone
         FROM sales WHERE event_id = $1 GROUP BY device_no, operator, payment, currency
         ORDER BY device_no, operator, currency, payment",
    )
    .bind(&event.0[..])
    .fetch_all(tx.connection())
    .await?
    .iter()
    .map(|row| {
        Ok(CashUpLine {
            device_no: DeviceNo(row.small("device_no")?),
            operator: row.text("operator")?,
            payment: payment(row.uint("payment")?)?,
            currency: row.text("currency")?,
            count: row.uint("sold")?,
            amount: row.uint("taken")?,
            over: row.uint("beyond")?,
            cancelled: row.uint("cancelled")?,
            undone: row.uint("undone")?,
        })
    })
    .collect()
}

/// Returns how many tickets a device sold that it did not take back.
pub(crate) async fn count_of_device(tx: &mut Tx, event: EventId, device: DeviceNo) -> Result<u64, StoreError> {
    sqlx::query("SELECT COUNT(*) AS number FROM sales WHERE event_id = $1 AND device_no = $2 AND undone_at IS NULL")
        .bind(&event.0[..])
        .bind(i64::from(device.0))
        .fetch_one(tx.connection())
        .await?
        .uint("number")
}
