//! Accounts over HTTP, for those who run the installation.

use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{AdminError, Change, Overseen, store};
use crate::accounts::routes::refusals::{self, FailedLogInBody};
use crate::accounts::{self, AccountId, Caller};
use crate::app::App;
use crate::http::extract::{Json, Query, id};
use crate::http::page::{self, Page, PageQuery};
use crate::http::problem::Problem;
use crate::http::time::rfc3339;

/// The longest text to search for.
const SEARCH_CHARS_MAX: usize = 200;

/// Returns the feature's routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(search_accounts))
        .routes(routes!(show_failed_log_ins))
        .routes(routes!(lock_account))
        .routes(routes!(unlock_account))
        .routes(routes!(make_admin))
        .routes(routes!(unmake_admin))
}

impl From<AdminError> for Problem {
    fn from(error: AdminError) -> Self {
        match error {
            AdminError::Unknown => Self::not_found("such account"),
            AdminError::LastAdmin => Self::conflict("last-admin", "Somebody runs the installation")
                .detail("This is the last one who does. Let somebody else do so first."),
            AdminError::Store(error) => error.into(),
        }
    }
}

/// What to look for, and which page of it.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct SearchQuery {
    /// A part of the name or address, in any case.
    #[param(max_length = 200)]
    q: Option<String>,
    /// Items on the page at most, 1 to 500; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before; absent for the first page.
    pub cursor: Option<String>,
}

impl SearchQuery {
    /// Returns what to look for: everything holds nothing.
    ///
    /// # Errors
    ///
    /// 422 if it is too long.
    pub fn text(&self) -> Result<&str, Problem> {
        let text = self.q.as_deref().unwrap_or_default().trim();
        // No name holds this, and PostgreSQL takes it in no text.
        if text.chars().count() > SEARCH_CHARS_MAX || text.contains('\0') {
            let msg = format!("must have at most {SEARCH_CHARS_MAX} characters, none of them NUL");
            return Err(Problem::invalid_field("query.q", "value", msg));
        }
        Ok(text)
    }
}

/// An account as those see it who run the installation.
#[derive(Serialize, ToSchema)]
struct OverseenBody {
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6e")]
    id: String,
    #[schema(example = "ada@example.org")]
    email: String,
    /// May be empty.
    #[schema(example = "Ada Lovelace")]
    name: String,
    /// Whether they run the installation.
    is_admin: bool,
    /// Whether they proved to receive mail at their address.
    is_verified: bool,
    /// When it was locked; absent if it is not.
    #[schema(example = json!(null))]
    locked_at: Option<String>,
    #[schema(example = "2026-08-01T10:00:00.000Z", format = "date-time")]
    created_at: String,
}

impl From<Overseen> for OverseenBody {
    fn from(account: Overseen) -> Self {
        Self {
            id: account.id.to_string(),
            email: account.email,
            name: account.name,
            is_admin: account.is_admin,
            is_verified: account.is_verified,
            locked_at: account.locked_at.map(rfc3339),
            created_at: rfc3339(account.created_at),
        }
    }
}

/// Lists the installation's accounts, oldest first.
#[utoipa::path(
    get, path = "/api/v1/admin/accounts", tag = "admin", params(SearchQuery),
    responses((status = 200, body = Page<OverseenBody>))
)]
async fn search_accounts(
    State(app): State<App>,
    _: Caller,
    Query(query): Query<SearchQuery>,
) -> Result<Json<Page<OverseenBody>>, Problem> {
    let (limit, text) = (page::limit(query.limit)?, query.text()?);
    let after = page::cursor(query.cursor.as_deref())?.map(AccountId);
    let mut tx = app.database().begin_read().await?;
    let accounts = store::search(&mut tx, text, after, limit + 1).await?;
    Ok(Json(Page::new(accounts, limit, |account| account.id.0.to_vec()).map(OverseenBody::from)))
}

/// Lists log-ins to an account that failed, the newest first. Tries that had to wait are not among them.
#[utoipa::path(
    get, path = "/api/v1/admin/accounts/{account}/failed-log-ins", tag = "admin", params(PageQuery),
    responses((status = 200, body = Page<FailedLogInBody>))
)]
async fn show_failed_log_ins(
    State(app): State<App>,
    _: Caller,
    Path(account): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<FailedLogInBody>>, Problem> {
    const WHAT: &str = "such account";
    let account: AccountId = id(&account, WHAT)?;
    let mut tx = app.database().begin_read().await?;
    accounts::person(&mut tx, account).await?.ok_or_else(|| Problem::not_found(WHAT))?;
    drop(tx);
    refusals::page_of(&app, account, &query).await
}

/// Locks an account: its holder can't log in, and their sessions and tokens open nothing. Locking it again changes
/// nothing. The last one who runs the installation is not locked.
#[utoipa::path(
    post, path = "/api/v1/admin/accounts/{account}/lock", tag = "admin",
    responses((status = 200, body = OverseenBody), (status = 409))
)]
async fn lock_account(
    State(app): State<App>,
    caller: Caller,
    Path(account): Path<String>,
) -> Result<Json<OverseenBody>, Problem> {
    change(&app, &caller, &account, Change::Lock).await
}

/// Unlocks an account. Unlocking it again changes nothing.
#[utoipa::path(
    post, path = "/api/v1/admin/accounts/{account}/unlock", tag = "admin",
    responses((status = 200, body = OverseenBody))
)]
async fn unlock_account(
    State(app): State<App>,
    caller: Caller,
    Path(account): Path<String>,
) -> Result<Json<OverseenBody>, Problem> {
    change(&app, &caller, &account, Change::Unlock).await
}

/// Lets an account's holder run the installation.
#[utoipa::path(
    post, path = "/api/v1/admin/accounts/{account}/make-admin", tag = "admin",
    responses((status = 200, body = OverseenBody))
)]
async fn make_admin(
    State(app): State<App>,
    caller: Caller,
    Path(account): Path<String>,
) -> Result<Json<OverseenBody>, Problem> {
    change(&app, &caller, &account, Change::MakeAdmin).await
}

/// Lets an account's holder run the installation no more. The last one stays.
#[utoipa::path(
    post, path = "/api/v1/admin/accounts/{account}/unmake-admin", tag = "admin",
    responses((status = 200, body = OverseenBody), (status = 409))
)]
async fn unmake_admin(
    State(app): State<App>,
    caller: Caller,
    Path(account): Path<String>,
) -> Result<Json<OverseenBody>, Problem> {
    change(&app, &caller, &account, Change::UnmakeAdmin).await
}

async fn change(app: &App, caller: &Caller, account: &str, change: Change) -> Result<Json<OverseenBody>, Problem> {
    let mut tx = app.database().begin_write().await?;
    let changed = super::change(&mut tx, caller, id(account, "such account")?, change, app.clock().now()).await?;
    tx.commit().await?;
    Ok(Json(changed.into()))
}
