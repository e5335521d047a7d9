//! SQL of proposals.

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;
use sync_protocol::id::EventId;

use super::{Contact, Outcome, Proposal, ProposalId, State, Wish};
use crate::accounts::{AccountId, OrganisationId};
use crate::db::column::{Columns as _, int};
use crate::db::{StoreError, Tx};

const PROPOSAL: &str = "id, title, description, location, time_zone, starts_at, ends_at, guests, contact_name, \
     contact_email, contact_phone, state, reason, account_id, decided_at, event_id, created_at";

pub(super) async fn insert(tx: &mut Tx, organisation: OrganisationId, proposal: &Proposal) -> Result<(), StoreError> {
    let Proposal { wish, contact, .. } = proposal;
    sqlx::query(
        "INSERT INTO proposals
         (id, organisation_id, title, description, location, time_zone, starts_at, ends_at, guests, contact_name,
          contact_email, contact_phone, state, reason, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, '', $14)",
    )
    .bind(&proposal.id.0[..])
    .bind(&organisation.0[..])
    .bind(wish.title.as_str())
    .bind(wish.description.as_str())
    .bind(wish.location.as_str())
    .bind(wish.time_zone.as_str())
    .bind(int(wish.starts.0))
    .bind(int(wish.ends.0))
    .bind(wish.guests.map(i64::from))
    .bind(contact.name.as_str())
    .bind(contact.email.as_str())
    .bind(contact.phone.as_str())
    .bind(State::Open as i64)
    .bind(int(proposal.created_at.0))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Returns how many of an organisation's proposals are open, counted no further than `max`.
pub(super) async fn count_open(tx: &mut Tx, organisation: OrganisationId, max: u64) -> Result<u64, StoreError> {
    sqlx::query(
        "SELECT COUNT(*) AS number FROM
         (SELECT 1 FROM proposals WHERE organisation_id = $1 AND state = $2 LIMIT $3) AS open",
    )
    .bind(&organisation.0[..])
    .bind(State::Open as i64)
    .bind(int(max))
    .fetch_one(tx.connection())
    .await?
    .uint("number")
}

/// Returns a proposal.
pub(super) async fn find(
    tx: &mut Tx,
    organisation: OrganisationId,
    id: ProposalId,
) -> Result<Option<Proposal>, StoreError> {
    let text = format!("SELECT {PROPOSAL} FROM proposals WHERE id = $1 AND organisation_id = $2");
    let query = sqlx::query(AssertSqlSafe(text)).bind(&id.0[..]).bind(&organisation.0[..]);
    query.fetch_optional(tx.connection()).await?.as_ref().map(read).transpose()
}

/// Returns a proposal, whose row stays locked until the transaction ends.
pub(super) async fn lock(
    tx: &mut Tx,
    organisation: OrganisationId,
    id: ProposalId,
) -> Result<Option<Proposal>, StoreError> {
    let text =
        format!("SELECT {PROPOSAL} FROM proposals WHERE id = $1 AND organisation_id = $2{}", tx.dialect().for_update());
    let query = sqlx::query(AssertSqlSafe(text)).bind(&id.0[..]).bind(&organisation.0[..]);
    query.fetch_optional(tx.connection()).await?.as_ref().map(read).transpose()
}

/// Returns up to `limit` proposals sent before `before`, newest first.
pub(super) async fn list(
    tx: &mut Tx,
    organisation: OrganisationId,
    state: Option<State>,
    before: Option<ProposalId>,
    limit: u32,
) -> Result<Vec<Proposal>, StoreError> {
    let of_state = if state.is_some() { " AND state = $4" } else { "" };
    let text = format!(
        "SELECT {PROPOSAL} FROM proposals WHERE organisation_id = $1 AND id < $2{of_state} ORDER BY id DESC LIMIT $3"
    );
    let mut query = sqlx::query(AssertSqlSafe(text))
        .bind(&organisation.0[..])
        .bind(before.map_or_else(|| vec![0xff; 16], |id| id.0.to_vec()))
        .bind(i64::from(limit));
    if let Some(state) = state {
        query = query.bind(state as i64);
    }
    query.fetch_all(tx.connection()).await?.iter().map(read).collect()
}

/// Stores what became of a proposal.
pub(super) async fn decide(tx: &mut Tx, proposal: &Proposal) -> Result<(), StoreError> {
    let (event, reason, by, at) = match &proposal.outcome {
        Outcome::Open => return Ok(()),
        Outcome::Approved { event, by, at } => (Some(event.0.to_vec()), "", by, at),
        Outcome::Rejected { reason, by, at } => (None, reason.as_str(), by, at),
    };
    sqlx::query(
        "UPDATE proposals SET state = $1, event_id = $2, reason = $3, account_id = $4, decided_at = $5 WHERE id = $6",
    )
    .bind(proposal.outcome.state() as i64)
    .bind(event)
    .bind(reason)
    .bind(&by.0[..])
    .bind(int(at.0))
    .bind(&proposal.id.0[..])
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Returns up to `limit` proposals from an address, newest first.
pub(super) async fn of_contact(
    tx: &mut Tx,
    organisation: Option<OrganisationId>,
    email: &str,
    limit: u32,
) -> Result<Vec<Proposal>, StoreError> {
    let of = if organisation.is_some() { " AND organisation_id = $3" } else { "" };
    let text = format!("SELECT {PROPOSAL} FROM proposals WHERE contact_email = $1{of} ORDER BY id DESC LIMIT $2");
    let mut query = sqlx::query(AssertSqlSafe(text)).bind(email).bind(i64::from(limit));
    if let Some(organisation) = organisation {
        query = query.bind(organisation.0.to_vec());
    }
    query.fetch_all(tx.connection()).await?.iter().map(read).collect()
}

/// Forgets whom to answer about proposals from an address.
pub(super) async fn erase_contact(
    tx: &mut Tx,
    organisation: Option<OrganisationId>,
    email: &str,
) -> Result<(), StoreError> {
    let of = if organisation.is_some() { " AND organisation_id = $2" } else { "" };
    let text = format!(
        "UPDATE proposals SET contact_name = '', contact_email = '', contact_phone = '' WHERE contact_email = $1{of}"
    );
    let mut query = sqlx::query(AssertSqlSafe(text)).bind(email);
    if let Some(organisation) = organisation {
        query = query.bind(organisation.0.to_vec());
    }
    query.execute(tx.connection()).await?;
    Ok(())
}

fn read(row: &AnyRow) -> Result<Proposal, StoreError> {
    let guests = row.uint_or_null("guests")?.map(u32::try_from).transpose();
    let by = row.array_or_null("account_id")?.map(AccountId).ok_or(StoreError::Corrupt("account_id"));
    let at = row.millis_or_null("decided_at")?.ok_or(StoreError::Corrupt("decided_at"));
    let outcome = match row.uint("state")? {
        0 => Outcome::Open,
        1 => {
            let event = row.array_or_null("event_id")?.map(EventId).ok_or(StoreError::Corrupt("event_id"))?;
            Outcome::Approved { event, by: by?, at: at? }
        }
        2 => Outcome::Rejected { reason: row.text("reason")?, by: by?, at: at? },
        _ => return Err(StoreError::Corrupt("state")),
    };
    Ok(Proposal {
        id: ProposalId(row.array("id")?),
        wish: Wish {
            title: row.text("title")?,
            description: row.text("description")?,
            location: row.text("location")?,
            time_zone: row.text("time_zone")?,
            starts: row.millis("starts_at")?,
            ends: row.millis("ends_at")?,
            guests: guests.map_err(|_| StoreError::Corrupt("guests"))?,
        },
        contact: Contact {
            name: row.text("contact_name")?,
            email: row.text("contact_email")?,
            phone: row.text("contact_phone")?,
        },
        outcome,
        created_at: row.millis("created_at")?,
    })
}
