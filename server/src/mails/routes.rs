//! Letters over HTTP, for who runs the installation.

use axum::extract::{Path, State as AppState};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::{MailBody, MailCounts, MailsQuery};
use super::{Mail, MailId, State, store};
use crate::accounts::Caller;
use crate::app::App;
use crate::audit::{self, By};
use crate::http::extract::{Json, Query, id};
use crate::http::page::{self, Page};
use crate::http::problem::Problem;

/// Returns the feature's routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_mails)).routes(routes!(count_mails)).routes(routes!(retry_mail))
}

/// Lists letters, newest first: those that wait, those that were sent in the last 30 days, and those that were given
/// up.
#[utoipa::path(
    get, path = "/api/v1/admin/mails", tag = "admin", params(MailsQuery),
    responses(
        (status = 200, body = Page<MailBody>),
        (status = 404, description = "The caller does not run the installation"),
    )
)]
async fn list_mails(
    AppState(app): AppState<App>,
    _: Caller,
    Query(query): Query<MailsQuery>,
) -> Result<Json<Page<MailBody>>, Problem> {
    let limit = page::limit(query.limit)?;
    let before = page::cursor(query.cursor.as_deref())?.map(MailId);
    let mut tx = app.database().begin_read().await?;
    let mails = store::list(&mut tx, query.state, before, limit + 1).await?;
    let page = Page::new(mails, limit, |mail: &Mail| mail.id.0.to_vec());
    Ok(Json(page.map(|mail| MailBody::from(&mail))))
}

/// Counts letters by what became of them.
#[utoipa::path(
    get, path = "/api/v1/admin/mails/counts", tag = "admin",
    responses(
        (status = 200, body = MailCounts),
        (status = 404, description = "The caller does not run the installation"),
    )
)]
async fn count_mails(AppState(app): AppState<App>, _: Caller) -> Result<Json<MailCounts>, Problem> {
    let mut tx = app.database().begin_read().await?;
    Ok(Json(MailCounts::of(&store::counts(&mut tx).await?)))
}

/// Sends a letter that was not sent yet as soon as possible, as if it had never been tried.
#[utoipa::path(
    post, path = "/api/v1/admin/mails/{mail}/retry", tag = "admin",
    responses(
        (status = 200, body = MailBody),
        (status = 409, description = "It was sent, and what it said is forgotten"),
    )
)]
async fn retry_mail(
    AppState(app): AppState<App>,
    caller: Caller,
    Path(mail): Path<String>,
) -> Result<Json<MailBody>, Problem> {
    let mail: MailId = id(&mail, "such letter")?;
    let now = app.clock().now();
    let mut tx = app.database().begin_write().await?;
    let before = store::find(&mut tx, mail).await?.ok_or_else(|| Problem::not_found("such letter"))?;
    if before.state == State::Sent {
        return Err(Problem::conflict("mail-sent", "The letter was sent")
            .detail("What a letter said is forgotten once it is sent."));
    }
    store::revive(&mut tx, mail, now).await?;
    let by = By { organisation: before.organisation, account: Some(caller.account), address: Some(caller.address) };
    let change = audit::Change {
        action: "mail.retry",
        event: None,
        subject: &mail.to_string(),
        before: json!({ "state": before.state, "tries": before.tries }),
        after: json!({ "state": State::Waiting, "tries": 0 }),
    };
    audit::note(&mut tx, by, &change, now).await?;
    let after = store::find(&mut tx, mail).await?.ok_or_else(|| Problem::not_found("such letter"))?;
    tx.commit().await?;
    Ok(Json(MailBody::from(&after)))
}
