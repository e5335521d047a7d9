//! SQL of tickets and their changes.

mod many;

use std::collections::{BTreeMap, HashSet};

use sqlx::any::AnyRow;
use sync_protocol::id::{ClassId, EventId, FeedSeq, Issue, Kid, RegistrationId, TicketId};
use sync_protocol::verdict::{Row, TicketStatus};

use super::{Change, Changed, Counted, Ticket};
use crate::accounts::AccountId;
use crate::db::column::{Columns as _, flag, int};
use crate::db::insert::{insert_rows, push_placeholders};
use crate::db::list::{listing, padded, padded_len};
use crate::db::{StoreError, Tx};

pub(super) use self::many::{arrivals, cancel, count_by_key, insert_changes, set_arrived};

const ATTENTION: u64 = 1;
const ID_CHECK: u64 = 2;
/// The highest number that the server gives a ticket: above are those that a door sold, also below zero where the
/// database has signed numbers alone.
pub const SERVER_TICKET_MAX: i64 = (1 << 48) - 1;
/// Values in one `IN (…)`.
const NUMBERS_PER_QUERY_MAX: usize = 5_000;

pub(super) async fn insert(tx: &mut Tx, event: EventId, tickets: &[Ticket]) -> Result<(), StoreError> {
    const INSERTED: &[&str] = &[
        "event_id",
        "ticket_id",
        "registration_id",
        "kid",
        "class",
        "issue",
        "status",
        "flags",
        "created_at",
        "changed_at",
    ];
    insert_rows(tx, "tickets", INSERTED, "", tickets, |ticket, row| {
        row.push(&event.0[..])
            .push(int(ticket.id.0))
            .push(&ticket.registration.0[..])
            .push(i64::from(ticket.kid.0))
            .push(i64::from(ticket.row.class.0))
            .push(i64::from(ticket.row.issue.0))
            .push(ticket.row.status as i64)
            .push(flags(&ticket.row))
            .push(int(ticket.created_at.0))
            .push(int(ticket.changed_at.0));
    })
    .await?;
    let mut more: BTreeMap<ClassId, (i64, i64)> = BTreeMap::new();
    for ticket in tickets {
        let (issued, living) = more.entry(ticket.row.class).or_default();
        *issued += 1;
        *living += i64::from(ticket.row.status != TicketStatus::Cancelled);
    }
    for (class, (issued, living)) in more {
        count(tx, event, class, issued, living).await?;
    }
    Ok(())
}

/// Counts more tickets of a type. The event's feed is locked.
async fn count(tx: &mut Tx, event: EventId, class: ClassId, issued: i64, living: i64) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO ticket_counts (event_id, class, issued, living) VALUES ($1, $2, $3, $4)
         ON CONFLICT (event_id, class) DO UPDATE SET
         issued = ticket_counts.issued + excluded.issued, living = ticket_counts.living + excluded.living",
    )
    .bind(&event.0[..])
    .bind(i64::from(class.0))
    .bind(issued)
    .bind(living)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Returns how many tickets there are of each type that has any.
pub(super) async fn counts(tx: &mut Tx, event: EventId) -> Result<BTreeMap<ClassId, Counted>, StoreError> {
    let rows = sqlx::query("SELECT class, issued, living FROM ticket_counts WHERE event_id = $1")
        .bind(&event.0[..])
        .fetch_all(tx.connection())
        .await?;
    let counted = |row: &AnyRow| {
        let counted = Counted { issued: row.uint("issued")?, living: row.uint("living")? };
        Ok((ClassId(row.small("class")?), counted))
    };
    rows.iter().map(counted).collect()
}

/// Returns which of `ids` the event has.
pub(super) async fn which_exist(
    tx: &mut Tx,
    event: EventId,
    ids: &[TicketId],
) -> Result<HashSet<TicketId>, StoreError> {
    let mut held = HashSet::new();
    for chunk in ids.chunks(NUMBERS_PER_QUERY_MAX) {
        let mut text = "SELECT ticket_id FROM tickets WHERE event_id = ".to_owned();
        push_placeholders(tx.dialect(), &mut text, 1, 1);
        text.push_str(" AND ticket_id IN (");
        push_placeholders(tx.dialect(), &mut text, 2, padded_len(chunk.len()));
        text.push(')');
        let mut query = listing(tx.dialect(), text).bind(&event.0[..]);
        for id in padded(chunk) {
            query = query.bind(int(id.0));
        }
        for row in query.fetch_all(tx.connection()).await? {
            held.insert(TicketId(row.uint("ticket_id")?));
        }
    }
    Ok(held)
}

/// Returns a ticket.
pub(super) async fn find(tx: &mut Tx, event: EventId, id: TicketId) -> Result<Option<Ticket>, StoreError> {
    let row = sqlx::query(
        "SELECT ticket_id, registration_id, kid, class, issue, status, flags, status_before_block,
         created_at AS ticket_created_at, changed_at AS ticket_changed_at
         FROM tickets WHERE event_id = $1 AND ticket_id = $2",
    )
    .bind(&event.0[..])
    .bind(int(id.0))
    .fetch_optional(tx.connection())
    .await?;
    row.as_ref().map(read).transpose()
}

/// Stores what may change of a ticket. The event's feed is locked.
pub(super) async fn update(tx: &mut Tx, event: EventId, before: &Ticket, ticket: &Ticket) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE tickets SET kid = $1, issue = $2, status = $3, flags = $4, status_before_block = $5, changed_at = $6
         WHERE event_id = $7 AND ticket_id = $8",
    )
    .bind(i64::from(ticket.kid.0))
    .bind(i64::from(ticket.row.issue.0))
    .bind(ticket.row.status as i64)
    .bind(flags(&ticket.row))
    .bind(ticket.status_before_block.map(|status| status as i64))
    .bind(int(ticket.changed_at.0))
    .bind(&event.0[..])
    .bind(int(ticket.id.0))
    .execute(tx.connection())
    .await?;
    // A cancelled ticket stays so.
    if ticket.row.status == TicketStatus::Cancelled && before.row.status != TicketStatus::Cancelled {
        count(tx, event, ticket.row.class, 0, -1).await?;
    }
    Ok(())
}

/// Remembers a change.
pub(super) async fn insert_change(
    tx: &mut Tx,
    event: EventId,
    ticket: TicketId,
    seq: FeedSeq,
    changed: &Changed,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO ticket_changes (event_id, ticket_id, seq, change, reason, account_id, changed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(&event.0[..])
    .bind(int(ticket.0))
    .bind(int(seq.0))
    .bind(changed.change.name())
    .bind(changed.reason.as_str())
    .bind(changed.account.map(|account| account.0.to_vec()))
    .bind(int(changed.at.0))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Returns a ticket's changes, oldest first.
pub(super) async fn changes(tx: &mut Tx, event: EventId, ticket: TicketId) -> Result<Vec<Changed>, StoreError> {
    let rows = sqlx::query(
        "SELECT change, reason, account_id, changed_at FROM ticket_changes
         WHERE event_id = $1 AND ticket_id = $2 ORDER BY seq",
    )
    .bind(&event.0[..])
    .bind(int(ticket.0))
    .fetch_all(tx.connection())
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Changed {
                change: Change::of_name(&row.text("change")?).ok_or(StoreError::Corrupt("change"))?,
                reason: row.text("reason")?,
                account: row.array_or_null("account_id")?.map(AccountId),
                at: row.millis("changed_at")?,
            })
        })
        .collect()
}

/// Forgets why a ticket was changed: the words may tell of its holder.
pub(super) async fn erase_reasons(tx: &mut Tx, event: EventId, ticket: TicketId) -> Result<(), StoreError> {
    sqlx::query("UPDATE ticket_changes SET reason = '' WHERE event_id = $1 AND ticket_id = $2")
        .bind(&event.0[..])
        .bind(int(ticket.0))
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Reads a ticket, also from a row that holds more.
pub(crate) fn read(row: &AnyRow) -> Result<Ticket, StoreError> {
    let flags = row.uint("flags")?;
    Ok(Ticket {
        id: TicketId(row.uint("ticket_id")?),
        registration: RegistrationId(row.array("registration_id")?),
        kid: row.small("kid").map(Kid)?,
        row: Row {
            issue: row.small("issue").map(Issue)?,
            class: row.small("class").map(ClassId)?,
            status: status(row.small("status")?)?,
            attention: flags & ATTENTION != 0,
            id_check: flags & ID_CHECK != 0,
        },
        status_before_block: match row.uint_or_null("status_before_block")? {
            None => None,
            Some(before) => {
                Some(status(u8::try_from(before).map_err(|_| StoreError::Corrupt("status_before_block"))?)?)
            }
        },
        created_at: row.millis("ticket_created_at")?,
        changed_at: row.millis("ticket_changed_at")?,
    })
}

fn status(value: u8) -> Result<TicketStatus, StoreError> {
    TicketStatus::from_u8(value).ok_or(StoreError::Corrupt("status"))
}

fn flags(row: &Row) -> i64 {
    flag(row.attention) * ATTENTION as i64 + flag(row.id_check) * ID_CHECK as i64
}
