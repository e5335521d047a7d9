//! Who belongs to an organisation, over HTTP.

use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Member, MemberError, lock};
use crate::access::Role;
use crate::accounts::{AccountId, Organiser};
use crate::app::App;
use crate::http::extract::{Json, Query, id};
use crate::http::page::{self, Page, PageQuery};
use crate::http::problem::Problem;
use crate::http::time::rfc3339;
use crate::http::version::{IfMatch, etag};
use crate::organisations::store;

pub(in crate::organisations) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_members))
        .routes(routes!(show_member, change_member, remove_member))
        .routes(routes!(leave_organisation))
}

impl From<MemberError> for Problem {
    fn from(error: MemberError) -> Self {
        match error {
            MemberError::Unknown => Self::not_found("such member"),
            MemberError::LastOwner => Self::conflict("last-owner", "An organisation has an owner")
                .detail("This is the last owner. Make somebody else an owner first."),
            MemberError::Above => {
                Self::of_status(StatusCode::FORBIDDEN).detail("Their role, or the one you give, is too high for you.")
            }
            MemberError::Store(error) => error.into(),
        }
    }
}

/// Somebody who belongs to an organisation.
#[derive(Serialize, ToSchema)]
struct MemberBody {
    /// Their account's id.
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6e")]
    account: String,
    #[schema(example = "ada@example.org")]
    email: String,
    /// Their name; may be empty.
    #[schema(example = "Ada Lovelace")]
    name: String,
    /// What they are.
    role: Role,
    /// Since when.
    #[schema(example = "2026-08-01T10:00:00.000Z", format = "date-time")]
    joined_at: String,
}

impl From<&Member> for MemberBody {
    fn from(member: &Member) -> Self {
        Self {
            account: member.account.to_string(),
            email: member.email.clone(),
            name: member.name.clone(),
            role: member.role,
            joined_at: rfc3339(member.joined_at),
        }
    }
}

/// What somebody is to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "role": "manager" }))]
struct MemberChange {
    /// Not above the caller's own.
    role: Role,
}

/// Lists who belongs to an organisation, by the age of their accounts.
#[utoipa::path(
    get, path = "/api/v1/organisations/{organisation}/members", tag = "organisations",
    params(PageQuery),
    responses((status = 200, body = Page<MemberBody>))
)]
async fn list_members(
    State(app): State<App>,
    organiser: Organiser,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<MemberBody>>, Problem> {
    let limit = page::limit(query.limit)?;
    let after = page::cursor(query.cursor.as_deref())?.map(AccountId);
    let mut tx = app.database().begin_read().await?;
    let members = store::members(&mut tx, organiser.organisation, after, limit + 1).await?;
    let page = Page::new(members, limit, |member| member.account.0.to_vec());
    Ok(Json(page.map(|member| MemberBody::from(&member))))
}

/// Shows a member.
#[utoipa::path(
    get, path = "/api/v1/organisations/{organisation}/members/{account}", tag = "organisations",
    responses((status = 200, body = MemberBody, headers(("ETag" = String))))
)]
async fn show_member(
    State(app): State<App>,
    organiser: Organiser,
    Path((_organisation, account)): Path<(String, String)>,
) -> Result<([(HeaderName, String); 1], Json<MemberBody>), Problem> {
    let mut tx = app.database().begin_read().await?;
    let member = store::member(&mut tx, organiser.organisation, id(&account, "such member")?).await?;
    let member = member.ok_or(MemberError::Unknown)?;
    Ok((etag(member.version), Json(MemberBody::from(&member))))
}

/// Changes what a member is. Nobody gives a role above their own; managers change only who is below them. The last
/// owner stays one.
#[utoipa::path(
    patch, path = "/api/v1/organisations/{organisation}/members/{account}", tag = "organisations",
    request_body = MemberChange,
    responses(
        (status = 200, body = MemberBody, headers(("ETag" = String))),
        (status = 409),
        (status = 412),
    )
)]
async fn change_member(
    State(app): State<App>,
    organiser: Organiser,
    Path((_organisation, account)): Path<(String, String)>,
    seen: IfMatch,
    Json(change): Json<MemberChange>,
) -> Result<([(HeaderName, String); 1], Json<MemberBody>), Problem> {
    let mut tx = app.database().begin_write().await?;
    let member = lock(&mut tx, organiser.organisation, id(&account, "such member")?).await?;
    seen.check(member.version)?;
    let member = super::change_role(&mut tx, organiser, member, change.role, app.clock().now()).await?;
    tx.commit().await?;
    Ok((etag(member.version), Json(MemberBody::from(&member))))
}

/// Removes a member. Managers remove only who is below them. The last owner stays.
#[utoipa::path(
    delete, path = "/api/v1/organisations/{organisation}/members/{account}", tag = "organisations",
    responses((status = 204), (status = 409), (status = 412))
)]
async fn remove_member(
    State(app): State<App>,
    organiser: Organiser,
    Path((_organisation, account)): Path<(String, String)>,
    seen: IfMatch,
) -> Result<StatusCode, Problem> {
    let mut tx = app.database().begin_write().await?;
    let member = lock(&mut tx, organiser.organisation, id(&account, "such member")?).await?;
    seen.check(member.version)?;
    super::remove(&mut tx, organiser, &member, app.clock().now()).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Leaves an organisation. The last owner stays.
#[utoipa::path(
    post, path = "/api/v1/organisations/{organisation}/leave", tag = "organisations",
    responses((status = 204), (status = 409))
)]
async fn leave_organisation(State(app): State<App>, organiser: Organiser) -> Result<StatusCode, Problem> {
    let mut tx = app.database().begin_write().await?;
    let member = lock(&mut tx, organiser.organisation, organiser.account).await?;
    super::remove(&mut tx, organiser, &member, app.clock().now()).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
