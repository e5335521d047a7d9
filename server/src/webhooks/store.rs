//! SQL of webhooks and their calls.

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;
use sync_protocol::id::EventId;
use sync_protocol::time::UnixMillis;

use super::{Delivery, DeliveryId, Kind, Outcome, Progress, State, Webhook, WebhookId};
use crate::accounts::OrganisationId;
use crate::db::column::{Columns as _, int, within};
use crate::db::insert::insert_rows;
use crate::db::{StoreError, Tx};
use crate::work::Backlog;

const WEBHOOK: &str = "id, organisation_id, url, kinds, state, failing_since, version, created_at";
const DELIVERY: &str = "id, webhook_id, kind, body, state, tries, next_try_at, status, answer, error, took_ms, \
    created_at, done_at";

pub(super) async fn insert(tx: &mut Tx, webhook: &Webhook, sealed: &[u8]) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO webhooks (id, organisation_id, url, kinds, secret, state, version, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(&webhook.id.0[..])
    .bind(&webhook.organisation.0[..])
    .bind(webhook.url.as_str())
    .bind(kinds_text(&webhook.kinds)?)
    .bind(sealed)
    .bind(webhook.state as i64)
    .bind(int(webhook.version))
    .bind(int(webhook.created_at.0))
    .execute(tx.connection())
    .await?;
    Ok(())
}

pub(super) async fn count(tx: &mut Tx, organisation: OrganisationId) -> Result<u64, StoreError> {
    sqlx::query("SELECT COUNT(*) AS number FROM webhooks WHERE organisation_id = $1")
        .bind(&organisation.0[..])
        .fetch_one(tx.connection())
        .await?
        .uint("number")
}

/// Returns an organisation's webhook, which nobody else changes before the transaction ends if it may change rows.
pub(super) async fn find(
    tx: &mut Tx,
    organisation: OrganisationId,
    id: WebhookId,
    lock: Lock,
) -> Result<Option<Webhook>, StoreError> {
    let lock = match lock {
        Lock::ToChange => tx.dialect().for_update(),
        Lock::None => "",
    };
    let text = format!("SELECT {WEBHOOK} FROM webhooks WHERE id = $1 AND organisation_id = $2{lock}");
    let row = sqlx::query(AssertSqlSafe(text))
        .bind(&id.0[..])
        .bind(&organisation.0[..])
        .fetch_optional(tx.connection())
        .await?;
    row.as_ref().map(read_webhook).transpose()
}

/// Whether what is read is then changed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Lock {
    /// It is.
    ToChange,
    /// It is only shown.
    None,
}

/// Returns up to `limit` webhooks after `after`, oldest first.
pub(super) async fn list(
    tx: &mut Tx,
    organisation: OrganisationId,
    after: Option<WebhookId>,
    limit: u32,
) -> Result<Vec<Webhook>, StoreError> {
    let text = format!("SELECT {WEBHOOK} FROM webhooks WHERE organisation_id = $1 AND id > $2 ORDER BY id LIMIT $3");
    sqlx::query(AssertSqlSafe(text))
        .bind(&organisation.0[..])
        .bind(&after.unwrap_or(WebhookId([0; 16])).0[..])
        .bind(i64::from(limit))
        .fetch_all(tx.connection())
        .await?
        .iter()
        .map(read_webhook)
        .collect()
}

/// Returns which webhooks of an event's organisation are called for this, and that organisation. There are few.
pub(super) async fn called_for(
    tx: &mut Tx,
    event: EventId,
    kind: Kind,
) -> Result<Vec<(WebhookId, OrganisationId)>, StoreError> {
    let rows = sqlx::query(
        "SELECT w.id, w.kinds, w.organisation_id FROM event_organisations e
         JOIN webhooks w ON w.organisation_id = e.organisation_id
         WHERE e.event_id = $1 AND w.state = 0 ORDER BY w.id",
    )
    .bind(&event.0[..])
    .fetch_all(tx.connection())
    .await?;
    let mut called = Vec::new();
    for row in &rows {
        if read_kinds(row)?.contains(&kind) {
            called.push((WebhookId(row.array("id")?), OrganisationId(row.array("organisation_id")?)));
        }
    }
    Ok(called)
}

/// Stores what people may change of a webhook.
pub(super) async fn update(tx: &mut Tx, webhook: &Webhook) -> Result<(), StoreError> {
    sqlx::query("UPDATE webhooks SET url = $1, kinds = $2, state = $3, failing_since = $4, version = $5 WHERE id = $6")
        .bind(webhook.url.as_str())
        .bind(kinds_text(&webhook.kinds)?)
        .bind(webhook.state as i64)
        .bind(webhook.failing_since.map(|at| int(at.0)))
        .bind(int(webhook.version))
        .bind(&webhook.id.0[..])
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Puts a secret in the place of the one before, which counts until `until`.
pub(super) async fn set_secret(tx: &mut Tx, id: WebhookId, sealed: &[u8], until: UnixMillis) -> Result<(), StoreError> {
    sqlx::query("UPDATE webhooks SET secret_before = secret, secret_before_until = $1, secret = $2 WHERE id = $3")
        .bind(int(until.0))
        .bind(sealed)
        .bind(&id.0[..])
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Notes since when every call has failed.
pub(super) async fn set_failing(tx: &mut Tx, id: WebhookId, since: Option<UnixMillis>) -> Result<(), StoreError> {
    sqlx::query("UPDATE webhooks SET failing_since = $1 WHERE id = $2")
        .bind(since.map(|at| int(at.0)))
        .bind(&id.0[..])
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Stops an active webhook; false if it is not active any more.
pub(super) async fn stop(tx: &mut Tx, id: WebhookId) -> Result<bool, StoreError> {
    let done = sqlx::query("UPDATE webhooks SET state = 2, version = version + 1 WHERE id = $1 AND state = 0")
        .bind(&id.0[..])
        .execute(tx.connection())
        .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn delete(tx: &mut Tx, id: WebhookId) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM webhook_deliveries WHERE webhook_id = $1")
        .bind(&id.0[..])
        .execute(tx.connection())
        .await?;
    sqlx::query("DELETE FROM webhooks WHERE id = $1").bind(&id.0[..]).execute(tx.connection()).await?;
    Ok(())
}

pub(super) async fn insert_deliveries(tx: &mut Tx, deliveries: &[Delivery]) -> Result<(), StoreError> {
    const INSERTED: &[&str] = &[
        "id",
        "webhook_id",
        "kind",
        "body",
        "state",
        "tries",
        "next_try_at",
        "answer",
        "error",
        "took_ms",
        "created_at",
    ];
    insert_rows(tx, "webhook_deliveries", INSERTED, "", deliveries, |delivery, row| {
        row.push(&delivery.id.0[..])
            .push(&delivery.webhook.0[..])
            .push(delivery.kind.as_str())
            .push(delivery.body.as_str())
            .push(delivery.state as i64)
            .push(i64::from(delivery.tries))
            .push(int(delivery.next_try_at.0))
            .push("")
            .push("")
            .push(0_i64)
            .push(int(delivery.created_at.0));
    })
    .await?;
    Ok(())
}

/// Whether a call is due.
pub(super) async fn is_due(tx: &mut Tx, now: UnixMillis) -> Result<bool, StoreError> {
    let row = sqlx::query(
        "SELECT 1 AS one FROM webhook_deliveries WHERE state = 0 AND next_try_at <= $1
         AND EXISTS (SELECT 1 FROM webhooks w WHERE w.id = webhook_deliveries.webhook_id AND w.state = 0) LIMIT 1",
    )
    .bind(int(now.0))
    .fetch_optional(tx.connection())
    .await?;
    Ok(row.is_some())
}

/// A call that this server is to make, with its webhook's secrets, sealed.
pub(super) struct Claimed {
    pub(super) delivery: Delivery,
    pub(super) webhook: Webhook,
    pub(super) secret: Vec<u8>,
    pub(super) secret_before: Option<Vec<u8>>,
}

/// Takes up to `limit` calls that are due, which nobody else takes before `until`, and counts the try.
pub(super) async fn claim(
    tx: &mut Tx,
    now: UnixMillis,
    until: UnixMillis,
    limit: u32,
) -> Result<Vec<Claimed>, StoreError> {
    let text = format!(
        "SELECT {DELIVERY} FROM webhook_deliveries WHERE state = 0 AND next_try_at <= $1
         AND EXISTS (SELECT 1 FROM webhooks w WHERE w.id = webhook_deliveries.webhook_id AND w.state = 0)
         ORDER BY next_try_at, id LIMIT $2{}",
        tx.dialect().for_update_of_free()
    );
    let rows =
        sqlx::query(AssertSqlSafe(text)).bind(int(now.0)).bind(i64::from(limit)).fetch_all(tx.connection()).await?;
    let mut claimed = Vec::with_capacity(rows.len());
    for row in &rows {
        let mut delivery = read_delivery(row)?;
        delivery.tries += 1;
        sqlx::query("UPDATE webhook_deliveries SET tries = $1, next_try_at = $2 WHERE id = $3")
            .bind(i64::from(delivery.tries))
            .bind(int(until.0))
            .bind(&delivery.id.0[..])
            .execute(tx.connection())
            .await?;
        let text = format!("SELECT {WEBHOOK}, secret, secret_before, secret_before_until FROM webhooks WHERE id = $1");
        let held =
            sqlx::query(AssertSqlSafe(text)).bind(&delivery.webhook.0[..]).fetch_optional(tx.connection()).await?;
        let Some(held) = held else { continue };
        let before_counts = held.millis_or_null("secret_before_until")?.is_some_and(|until| until > now);
        claimed.push(Claimed {
            delivery,
            webhook: read_webhook(&held)?,
            secret: held.bytes("secret")?,
            secret_before: held.bytes_or_null("secret_before")?.filter(|_| before_counts),
        });
    }
    Ok(claimed)
}

/// Puts off a webhook's calls that are due before `next`.
pub(super) async fn put_off(tx: &mut Tx, id: WebhookId, next: UnixMillis) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE webhook_deliveries SET next_try_at = $1 WHERE webhook_id = $2 AND state = 0 AND next_try_at < $1",
    )
    .bind(int(next.0))
    .bind(&id.0[..])
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Stores what came of a try.
pub(super) async fn update_delivery(tx: &mut Tx, delivery: &Delivery) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE webhook_deliveries
         SET state = $1, tries = $2, next_try_at = $3, status = $4, answer = $5, error = $6, took_ms = $7, done_at = $8
         WHERE id = $9",
    )
    .bind(delivery.state as i64)
    .bind(i64::from(delivery.tries))
    .bind(int(delivery.next_try_at.0))
    .bind(delivery.outcome.status.map(i64::from))
    .bind(delivery.outcome.answer.as_str())
    .bind(delivery.outcome.error.as_str())
    .bind(int(delivery.outcome.took_ms))
    .bind(delivery.done_at.map(|at| int(at.0)))
    .bind(&delivery.id.0[..])
    .execute(tx.connection())
    .await?;
    Ok(())
}

pub(super) async fn find_delivery(
    tx: &mut Tx,
    webhook: WebhookId,
    id: DeliveryId,
) -> Result<Option<Delivery>, StoreError> {
    let text = format!("SELECT {DELIVERY} FROM webhook_deliveries WHERE id = $1 AND webhook_id = $2");
    let row =
        sqlx::query(AssertSqlSafe(text)).bind(&id.0[..]).bind(&webhook.0[..]).fetch_optional(tx.connection()).await?;
    row.as_ref().map(read_delivery).transpose()
}

/// Returns up to `limit` calls before `before`, newest first.
pub(super) async fn list_deliveries(
    tx: &mut Tx,
    webhook: WebhookId,
    state: Option<Progress>,
    before: Option<DeliveryId>,
    limit: u32,
) -> Result<Vec<Delivery>, StoreError> {
    let text = format!(
        "SELECT {DELIVERY} FROM webhook_deliveries WHERE webhook_id = $1 AND id < $2 AND ($3 = -1 OR state = $3)
         ORDER BY id DESC LIMIT $4"
    );
    sqlx::query(AssertSqlSafe(text))
        .bind(&webhook.0[..])
        .bind(&before.unwrap_or(DeliveryId([0xff; 16])).0[..])
        .bind(state.map_or(-1, |state| state as i64))
        .bind(i64::from(limit))
        .fetch_all(tx.connection())
        .await?
        .iter()
        .map(read_delivery)
        .collect()
}

/// Returns the calls in which a text stands, with what they say.
pub(super) async fn deliveries_with(tx: &mut Tx, text: &str) -> Result<Vec<(DeliveryId, String)>, StoreError> {
    let rows = sqlx::query("SELECT id, body FROM webhook_deliveries WHERE body LIKE $1 ESCAPE '!'")
        .bind(within(text))
        .fetch_all(tx.connection())
        .await?;
    rows.iter().map(|row| Ok((DeliveryId(row.array("id")?), row.text("body")?))).collect()
}

/// Puts another body in the place of a call's, and forgets what was answered.
pub(super) async fn erase_delivery(tx: &mut Tx, id: DeliveryId, body: &str) -> Result<(), StoreError> {
    sqlx::query("UPDATE webhook_deliveries SET body = $1, answer = '' WHERE id = $2")
        .bind(body)
        .bind(&id.0[..])
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Counts what waits and what was given up.
pub(super) async fn backlog(tx: &mut Tx) -> Result<Backlog, StoreError> {
    let rows = sqlx::query(
        "SELECT state, CASE WHEN error = '' AND status IS NULL THEN 0 ELSE 1 END AS has_failed, COUNT(*) AS number
         FROM webhook_deliveries WHERE state IN (0, 2) GROUP BY 1, 2",
    )
    .fetch_all(tx.connection())
    .await?;
    let mut backlog = Backlog::default();
    for row in &rows {
        backlog.add(row.small("state")?, row.flag("has_failed")?, row.uint("number")?);
    }
    Ok(backlog)
}

pub(super) async fn delete_deliveries_before(tx: &mut Tx, before: UnixMillis) -> Result<(), StoreError> {
    // Ids begin with the time, so this needs no index of its own.
    let mut first = [0; 16];
    for (byte, of_time) in first.iter_mut().zip(before.0.to_be_bytes().into_iter().skip(2)) {
        *byte = of_time;
    }
    sqlx::query("DELETE FROM webhook_deliveries WHERE id < $1").bind(&first[..]).execute(tx.connection()).await?;
    Ok(())
}

fn kinds_text(kinds: &[Kind]) -> Result<String, StoreError> {
    serde_json::to_string(kinds).map_err(|_| StoreError::Corrupt("kinds"))
}

fn read_kinds(row: &AnyRow) -> Result<Vec<Kind>, StoreError> {
    serde_json::from_str(&row.text("kinds")?).map_err(|_| StoreError::Corrupt("kinds"))
}

fn read_webhook(row: &AnyRow) -> Result<Webhook, StoreError> {
    Ok(Webhook {
        id: WebhookId(row.array("id")?),
        organisation: OrganisationId(row.array("organisation_id")?),
        url: row.text("url")?,
        kinds: read_kinds(row)?,
        state: State::from_u8(row.small("state")?).ok_or(StoreError::Corrupt("state"))?,
        failing_since: row.millis_or_null("failing_since")?,
        version: row.uint("version")?,
        created_at: row.millis("created_at")?,
    })
}

fn read_delivery(row: &AnyRow) -> Result<Delivery, StoreError> {
    let status = row.uint_or_null("status")?;
    Ok(Delivery {
        id: DeliveryId(row.array("id")?),
        webhook: WebhookId(row.array("webhook_id")?),
        kind: row.text("kind")?,
        body: row.text("body")?,
        state: Progress::from_u8(row.small("state")?).ok_or(StoreError::Corrupt("state"))?,
        tries: row.small("tries")?,
        next_try_at: row.millis("next_try_at")?,
        outcome: Outcome {
            status: status
                .map(|status| u16::try_from(status).map_err(|_| StoreError::Corrupt("status")))
                .transpose()?,
            answer: row.text("answer")?,
            error: row.text("error")?,
            took_ms: row.uint("took_ms")?,
        },
        created_at: row.millis("created_at")?,
        done_at: row.millis_or_null("done_at")?,
    })
}
