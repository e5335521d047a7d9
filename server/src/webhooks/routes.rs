//! Webhooks over HTTP.

use axum::extract::{Path, State as AppState};
use axum::http::{HeaderName, StatusCode, header};
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::address::Reach;
use super::body::{DeliveriesQuery, DeliveryBody, NewWebhook, WebhookBody, WebhookChange, WebhookWithSecret, check};
use super::store::{self, Lock};
use super::{
    Delivery, DeliveryId, Progress, SECRET_BEFORE_MS, Secret, State, TEST, WEBHOOKS_MAX, Webhook, WebhookId, delivery,
};
use crate::accounts::Organiser;
use crate::app::App;
use crate::audit::{self, Change};
use crate::clock::uuid_v7;
use crate::db::{StoreError, Tx};
use crate::http::extract::{Json, Query, id};
use crate::http::page::{self, Page, PageQuery};
use crate::http::problem::Problem;
use crate::http::version::{IfMatch, etag};

type Tagged<T> = ([(HeaderName, String); 1], Json<T>);

/// Returns the feature's routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(make_webhook, list_webhooks))
        .routes(routes!(show_webhook, change_webhook, delete_webhook))
        .routes(routes!(rotate_secret))
        .routes(routes!(test_webhook))
        .routes(routes!(list_deliveries))
        .routes(routes!(send_again))
}

async fn webhook_of(tx: &mut Tx, organiser: Organiser, part: &str, lock: Lock) -> Result<Webhook, Problem> {
    let id: WebhookId = id(part, "such webhook")?;
    let found = store::find(tx, organiser.organisation, id, lock).await?;
    found.ok_or_else(|| Problem::not_found("such webhook"))
}

/// What the record of changes says of a webhook: of its address only the host, as the rest may let in.
fn told(webhook: &Webhook) -> Value {
    let host = reqwest::Url::parse(&webhook.url).ok().and_then(|url| url.host_str().map(str::to_owned));
    json!({ "host": host, "kinds": webhook.kinds, "state": webhook.state })
}

async fn note(
    tx: &mut Tx,
    app: &App,
    organiser: Organiser,
    action: &'static str,
    id: WebhookId,
    [before, after]: [Value; 2],
) -> Result<(), StoreError> {
    let change = Change { action, event: None, subject: &id.to_string(), before, after };
    audit::note(tx, organiser, &change, app.clock().now()).await
}

/// Makes a webhook. Its secret is shown in this answer and never again.
///
/// Every call is a `POST` of JSON with `id`, `kind`, `at`, `organisation`, `event` and `data`, and is taken if it is
/// answered with 2xx within 15 seconds; otherwise it is tried again with growing pauses. It carries
/// `Usher-Signature: t=SECONDS,v1=HEX`, HMAC-SHA256 of `SECONDS.BODY` under the secret's text. Compute it over the body
/// as it came, compare in constant time, and refuse what is more than 300 seconds old. The same `id` may come twice.
#[utoipa::path(
    post, path = "/api/v1/webhooks", tag = "webhooks", request_body = NewWebhook,
    responses(
        (status = 201, body = WebhookWithSecret),
        (status = 409, description = "The organisation has as many webhooks as it may"),
    )
)]
async fn make_webhook(
    AppState(app): AppState<App>,
    organiser: Organiser,
    Json(body): Json<NewWebhook>,
) -> Result<(StatusCode, [(HeaderName, String); 2], Json<WebhookWithSecret>), Problem> {
    let reach = Reach::of(app.allows_private_webhooks());
    let errors = check(reach, Some(&body.url), Some(&body.kinds), None);
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    let now = app.clock().now();
    let webhook = Webhook {
        id: WebhookId(uuid_v7(now)),
        organisation: organiser.organisation,
        url: body.url,
        kinds: body.kinds,
        state: State::Active,
        failing_since: None,
        version: 1,
        created_at: now,
    };
    let secret = Secret::make();
    let mut tx = app.database().begin_write().await?;
    if store::count(&mut tx, organiser.organisation).await? >= WEBHOOKS_MAX {
        return Err(Problem::conflict("too-many-webhooks", "The organisation has as many webhooks as it may")
            .with("most", WEBHOOKS_MAX));
    }
    store::insert(&mut tx, &webhook, &secret.seal(app.sealer(), webhook.id)).await?;
    note(&mut tx, &app, organiser, "webhook.make", webhook.id, [Value::Null, told(&webhook)]).await?;
    tx.commit().await?;
    let location = format!("/api/v1/webhooks/{}", webhook.id);
    let [tag] = etag(webhook.version);
    let body = WebhookWithSecret { webhook: WebhookBody::from(&webhook), secret: secret.reveal().to_owned() };
    Ok((StatusCode::CREATED, [(header::LOCATION, location), tag], Json(body)))
}

/// Lists the organisation's webhooks, oldest first.
#[utoipa::path(
    get, path = "/api/v1/webhooks", tag = "webhooks", params(PageQuery),
    responses((status = 200, body = Page<WebhookBody>))
)]
async fn list_webhooks(
    AppState(app): AppState<App>,
    organiser: Organiser,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<WebhookBody>>, Problem> {
    let limit = page::limit(query.limit)?;
    let after = page::cursor(query.cursor.as_deref())?.map(WebhookId);
    let mut tx = app.database().begin_read().await?;
    let webhooks = store::list(&mut tx, organiser.organisation, after, limit + 1).await?;
    let page = Page::new(webhooks, limit, |webhook: &Webhook| webhook.id.0.to_vec());
    Ok(Json(page.map(|webhook| WebhookBody::from(&webhook))))
}

/// Shows a webhook.
#[utoipa::path(
    get, path = "/api/v1/webhooks/{webhook}", tag = "webhooks",
    responses((status = 200, body = WebhookBody, headers(("ETag" = String, description = "Its version"))))
)]
async fn show_webhook(
    AppState(app): AppState<App>,
    organiser: Organiser,
    Path(webhook): Path<String>,
) -> Result<Tagged<WebhookBody>, Problem> {
    let mut tx = app.database().begin_read().await?;
    let webhook = webhook_of(&mut tx, organiser, &webhook, Lock::None).await?;
    Ok((etag(webhook.version), Json(WebhookBody::from(&webhook))))
}

/// Changes a webhook, or pauses it, or makes it active again.
#[utoipa::path(
    patch, path = "/api/v1/webhooks/{webhook}", tag = "webhooks", request_body = WebhookChange,
    responses(
        (status = 200, body = WebhookBody, headers(("ETag" = String, description = "Its version"))),
        (status = 412),
    )
)]
async fn change_webhook(
    AppState(app): AppState<App>,
    organiser: Organiser,
    Path(webhook): Path<String>,
    seen: IfMatch,
    Json(body): Json<WebhookChange>,
) -> Result<Tagged<WebhookBody>, Problem> {
    let reach = Reach::of(app.allows_private_webhooks());
    let errors = check(reach, body.url.as_deref(), body.kinds.as_deref(), body.state);
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    let mut tx = app.database().begin_write().await?;
    let before = webhook_of(&mut tx, organiser, &webhook, Lock::ToChange).await?;
    seen.check(before.version)?;
    let mut after = before.clone();
    after.url = body.url.unwrap_or(after.url);
    after.kinds = body.kinds.unwrap_or(after.kinds);
    if let Some(state) = body.state {
        after.state = state;
        // The days of failing are counted anew.
        after.failing_since = None;
    }
    after.version += 1;
    store::update(&mut tx, &after).await?;
    note(&mut tx, &app, organiser, "webhook.change", after.id, [told(&before), told(&after)]).await?;
    tx.commit().await?;
    Ok((etag(after.version), Json(WebhookBody::from(&after))))
}

/// Deletes a webhook with the list of its calls. Calls that wait are not made.
#[utoipa::path(
    delete, path = "/api/v1/webhooks/{webhook}", tag = "webhooks",
    responses(
        (status = 204, description = "It is gone"),
        (status = 412),
    )
)]
async fn delete_webhook(
    AppState(app): AppState<App>,
    organiser: Organiser,
    Path(webhook): Path<String>,
    seen: IfMatch,
) -> Result<StatusCode, Problem> {
    let mut tx = app.database().begin_write().await?;
    let webhook = webhook_of(&mut tx, organiser, &webhook, Lock::ToChange).await?;
    seen.check(webhook.version)?;
    store::delete(&mut tx, webhook.id).await?;
    note(&mut tx, &app, organiser, "webhook.delete", webhook.id, [told(&webhook), Value::Null]).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a webhook another secret, shown in this answer and never again. For a day, calls are signed under the one
/// before as well.
#[utoipa::path(
    post, path = "/api/v1/webhooks/{webhook}/rotate", tag = "webhooks",
    responses((status = 200, body = WebhookWithSecret))
)]
async fn rotate_secret(
    AppState(app): AppState<App>,
    organiser: Organiser,
    Path(webhook): Path<String>,
) -> Result<Json<WebhookWithSecret>, Problem> {
    let secret = Secret::make();
    let mut tx = app.database().begin_write().await?;
    let webhook = webhook_of(&mut tx, organiser, &webhook, Lock::ToChange).await?;
    let until = app.clock().now().plus(SECRET_BEFORE_MS);
    store::set_secret(&mut tx, webhook.id, &secret.seal(app.sealer(), webhook.id), until).await?;
    note(&mut tx, &app, organiser, "webhook.rotate", webhook.id, [Value::Null, Value::Null]).await?;
    tx.commit().await?;
    Ok(Json(WebhookWithSecret { webhook: WebhookBody::from(&webhook), secret: secret.reveal().to_owned() }))
}

fn not_active() -> Problem {
    Problem::conflict("webhook-not-active", "The webhook is not active").detail("Make it active first.")
}

/// Calls a webhook with the kind `test` and no data, as soon as possible.
#[utoipa::path(
    post, path = "/api/v1/webhooks/{webhook}/test", tag = "webhooks",
    responses(
        (status = 202, body = DeliveryBody),
        (status = 409, description = "The webhook is not active"),
    )
)]
async fn test_webhook(
    AppState(app): AppState<App>,
    organiser: Organiser,
    Path(webhook): Path<String>,
) -> Result<(StatusCode, Json<DeliveryBody>), Problem> {
    let now = app.clock().now();
    let mut tx = app.database().begin_write().await?;
    let webhook = webhook_of(&mut tx, organiser, &webhook, Lock::ToChange).await?;
    if webhook.state != State::Active {
        return Err(not_active());
    }
    let id = DeliveryId(uuid_v7(now));
    let test = delivery(id, webhook.id, webhook.organisation, None, TEST, &json!({}), now);
    store::insert_deliveries(&mut tx, std::slice::from_ref(&test)).await?;
    note(&mut tx, &app, organiser, "webhook.test", webhook.id, [Value::Null, Value::Null]).await?;
    tx.commit().await?;
    Ok((StatusCode::ACCEPTED, Json(DeliveryBody::from(&test))))
}

/// Lists a webhook's calls of the last 30 days, newest first.
#[utoipa::path(
    get, path = "/api/v1/webhooks/{webhook}/deliveries", tag = "webhooks",
    params(DeliveriesQuery),
    responses((status = 200, body = Page<DeliveryBody>))
)]
async fn list_deliveries(
    AppState(app): AppState<App>,
    organiser: Organiser,
    Path(webhook): Path<String>,
    Query(query): Query<DeliveriesQuery>,
) -> Result<Json<Page<DeliveryBody>>, Problem> {
    let limit = page::limit(query.limit)?;
    let before = page::cursor(query.cursor.as_deref())?.map(DeliveryId);
    let mut tx = app.database().begin_read().await?;
    let webhook = webhook_of(&mut tx, organiser, &webhook, Lock::None).await?;
    let found = store::list_deliveries(&mut tx, webhook.id, query.state, before, limit + 1).await?;
    let page = Page::new(found, limit, |delivery: &Delivery| delivery.id.0.to_vec());
    Ok(Json(page.map(|delivery| DeliveryBody::from(&delivery))))
}

/// Makes a call again as soon as possible, whatever became of it, with the same id and body.
#[utoipa::path(
    post, path = "/api/v1/webhooks/{webhook}/deliveries/{delivery}/send-again", tag = "webhooks",
    responses(
        (status = 202, body = DeliveryBody),
        (status = 409, description = "The webhook is not active"),
    )
)]
async fn send_again(
    AppState(app): AppState<App>,
    organiser: Organiser,
    Path((webhook, delivery)): Path<(String, String)>,
) -> Result<(StatusCode, Json<DeliveryBody>), Problem> {
    let delivery: DeliveryId = id(&delivery, "such call")?;
    let mut tx = app.database().begin_write().await?;
    let webhook = webhook_of(&mut tx, organiser, &webhook, Lock::ToChange).await?;
    let found = store::find_delivery(&mut tx, webhook.id, delivery).await?;
    let mut again = found.ok_or_else(|| Problem::not_found("such call"))?;
    if webhook.state != State::Active {
        return Err(not_active());
    }
    (again.state, again.tries, again.done_at) = (Progress::Waiting, 0, None);
    again.next_try_at = app.clock().now();
    store::update_delivery(&mut tx, &again).await?;
    note(&mut tx, &app, organiser, "webhook.send_again", webhook.id, [Value::Null, json!(delivery.to_string())])
        .await?;
    tx.commit().await?;
    Ok((StatusCode::ACCEPTED, Json(DeliveryBody::from(&again))))
}
