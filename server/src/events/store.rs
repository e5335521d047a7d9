//! SQL of events, and of what was decided about them.

mod lists;

use std::collections::BTreeSet;

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;
use sync_protocol::id::EventId;
use sync_protocol::policy::Policy;

use super::life::Step;
use super::{About, Decision, Event, State};
use crate::accounts::{AccountId, OrganisationId};
use crate::db::column::{Columns as _, int};
use crate::db::list::{padded, placeholders};
use crate::db::{StoreError, Tx};
use crate::language::Language;

pub(super) use self::lists::{list, list_public, near};

const EVENT: &str = "id, policy, offer, description, location, language, state, version, account_id, created_at";

pub(super) async fn insert(tx: &mut Tx, organisation: OrganisationId, event: &Event) -> Result<(), StoreError> {
    let offer = serde_json::to_vec(&event.offer).map_err(|_| StoreError::Corrupt("offer"))?;
    sqlx::query(
        "INSERT INTO events
         (id, organisation_id, name, time_zone, starts_at, ends_at, policy, offer, description, location, state,
          version, account_id, created_at, search, language)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
    )
    .bind(&event.id.0[..])
    .bind(&organisation.0[..])
    .bind(event.policy.event.as_str())
    .bind(event.policy.time_zone.as_str())
    .bind(int(event.policy.starts.0))
    .bind(int(event.policy.ends.0))
    .bind(event.policy.encode())
    .bind(offer)
    .bind(event.about.description.as_str())
    .bind(event.about.location.as_str())
    .bind(event.state as i64)
    .bind(int(event.version))
    .bind(event.made_by.map(|id| id.0.to_vec()))
    .bind(int(event.created_at.0))
    .bind(event.search_text())
    .bind(event.about.language.map(Language::tag))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Stores what may change of an event, in its next version.
pub(super) async fn update(tx: &mut Tx, event: &Event) -> Result<(), StoreError> {
    let offer = serde_json::to_vec(&event.offer).map_err(|_| StoreError::Corrupt("offer"))?;
    sqlx::query(
        "UPDATE events SET name = $1, time_zone = $2, starts_at = $3, ends_at = $4, policy = $5, offer = $6,
         description = $7, location = $8, state = $9, version = $10, search = $11, language = $12 WHERE id = $13",
    )
    .bind(event.policy.event.as_str())
    .bind(event.policy.time_zone.as_str())
    .bind(int(event.policy.starts.0))
    .bind(int(event.policy.ends.0))
    .bind(event.policy.encode())
    .bind(offer)
    .bind(event.about.description.as_str())
    .bind(event.about.location.as_str())
    .bind(event.state as i64)
    .bind(int(event.version))
    .bind(event.search_text())
    .bind(event.about.language.map(Language::tag))
    .bind(&event.id.0[..])
    .execute(tx.connection())
    .await?;
    Ok(())
}

pub(super) async fn find(tx: &mut Tx, organisation: OrganisationId, id: EventId) -> Result<Option<Event>, StoreError> {
    let text = format!("SELECT {EVENT} FROM events WHERE id = $1 AND organisation_id = $2");
    let query = sqlx::query(AssertSqlSafe(text)).bind(&id.0[..]).bind(&organisation.0[..]);
    let row = query.fetch_optional(tx.connection()).await?;
    row.as_ref().map(read).transpose()
}

pub(super) async fn organisation_of(tx: &mut Tx, id: EventId) -> Result<Option<OrganisationId>, StoreError> {
    let row = sqlx::query("SELECT organisation_id FROM events WHERE id = $1")
        .bind(&id.0[..])
        .fetch_optional(tx.connection())
        .await?;
    row.map(|row| row.array("organisation_id").map(OrganisationId)).transpose()
}

/// Returns an event with its organisation.
pub(super) async fn find_any(tx: &mut Tx, id: EventId) -> Result<Option<(OrganisationId, Event)>, StoreError> {
    let text = format!("SELECT {EVENT}, organisation_id FROM events WHERE id = $1");
    let row = sqlx::query(AssertSqlSafe(text)).bind(&id.0[..]).fetch_optional(tx.connection()).await?;
    row.map(|row| Ok((OrganisationId(row.array("organisation_id")?), read(&row)?))).transpose()
}

pub(super) async fn get(tx: &mut Tx, id: EventId) -> Result<Event, StoreError> {
    let text = format!("SELECT {EVENT} FROM events WHERE id = $1");
    read(&sqlx::query(AssertSqlSafe(text)).bind(&id.0[..]).fetch_one(tx.connection()).await?)
}

/// Returns those of these events that there are.
pub(super) async fn get_all(tx: &mut Tx, ids: &BTreeSet<EventId>) -> Result<Vec<Event>, StoreError> {
    /// Values in one `IN (…)`.
    const LIST_MAX: usize = 500;
    let ids: Vec<EventId> = ids.iter().copied().collect();
    let mut events = Vec::with_capacity(ids.len());
    for ids in ids.chunks(LIST_MAX) {
        let text = format!("SELECT {EVENT} FROM events WHERE id IN ({})", placeholders(1, ids.len()));
        let mut query = sqlx::query(AssertSqlSafe(text));
        for EventId(id) in padded(ids) {
            query = query.bind(id.to_vec());
        }
        for row in query.fetch_all(tx.connection()).await? {
            events.push(read(&row)?);
        }
    }
    Ok(events)
}

pub(super) async fn state(tx: &mut Tx, id: EventId) -> Result<State, StoreError> {
    let query = sqlx::query("SELECT state FROM events WHERE id = $1").bind(&id.0[..]);
    read_state(&query.fetch_one(tx.connection()).await?, "state")
}

/// Puts a policy in the place of the one before.
pub(super) async fn set_policy(tx: &mut Tx, id: EventId, policy: &Policy) -> Result<(), StoreError> {
    sqlx::query("UPDATE events SET policy = $1, version = version + 1 WHERE id = $2")
        .bind(policy.encode())
        .bind(&id.0[..])
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Stores a step and the state that it leads to.
pub(super) async fn decide(tx: &mut Tx, id: EventId, decision: &Decision) -> Result<(), StoreError> {
    sqlx::query("UPDATE events SET state = $1, version = version + 1 WHERE id = $2")
        .bind(decision.after as i64)
        .bind(&id.0[..])
        .execute(tx.connection())
        .await?;
    sqlx::query(
        "INSERT INTO event_decisions (event_id, number, step, before, after, reason, account_id, decided_at)
         SELECT $1, COALESCE(MAX(number), 0) + 1, $2, $3, $4, $5, $6, $7 FROM event_decisions WHERE event_id = $1",
    )
    .bind(&id.0[..])
    .bind(decision.step.name())
    .bind(decision.before as i64)
    .bind(decision.after as i64)
    .bind(decision.reason.as_str())
    .bind(&decision.account.0[..])
    .bind(int(decision.at.0))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Returns what was decided about an event, oldest first.
pub(super) async fn decisions(tx: &mut Tx, id: EventId) -> Result<Vec<Decision>, StoreError> {
    let rows = sqlx::query(
        "SELECT step, before, after, reason, account_id, decided_at FROM event_decisions
         WHERE event_id = $1 ORDER BY number",
    )
    .bind(&id.0[..])
    .fetch_all(tx.connection())
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Decision {
                step: Step::of_name(&row.text("step")?).ok_or(StoreError::Corrupt("step"))?,
                before: read_state(row, "before")?,
                after: read_state(row, "after")?,
                reason: row.text("reason")?,
                account: AccountId(row.array("account_id")?),
                at: row.millis("decided_at")?,
            })
        })
        .collect()
}

fn read_state(row: &AnyRow, column: &'static str) -> Result<State, StoreError> {
    State::from_u8(row.small(column)?).ok_or(StoreError::Corrupt(column))
}

/// Forgets an event with its decisions. What other features hold of it went before.
pub(super) async fn delete(tx: &mut Tx, id: EventId) -> Result<(), StoreError> {
    for text in ["DELETE FROM event_decisions WHERE event_id = $1", "DELETE FROM events WHERE id = $1"] {
        sqlx::query(text).bind(&id.0[..]).execute(tx.connection()).await?;
    }
    Ok(())
}

fn read(row: &AnyRow) -> Result<Event, StoreError> {
    Ok(Event {
        id: EventId(row.array("id")?),
        policy: Policy::decode(&row.bytes("policy")?).map_err(|_| StoreError::Corrupt("policy"))?,
        offer: serde_json::from_slice(&row.bytes("offer")?).map_err(|_| StoreError::Corrupt("offer"))?,
        about: About {
            description: row.text("description")?,
            location: row.text("location")?,
            language: row.text_or_null("language")?.as_deref().and_then(Language::of_tag),
        },
        state: read_state(row, "state")?,
        version: row.uint("version")?,
        made_by: row.array_or_null("account_id")?.map(AccountId),
        created_at: row.millis("created_at")?,
    })
}
