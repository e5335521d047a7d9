//! One's own account over HTTP.

use axum::extract::State;
use axum::http::{HeaderName, StatusCode};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::{body, refuse};
use crate::access::Role;
use crate::accounts::password::Password;
use crate::accounts::profile::Profile;
use crate::accounts::{Account, Caller, profile};
use crate::app::App;
use crate::http::extract::Json;
use crate::http::problem::Problem;
use crate::http::version::{IfMatch, etag};
use crate::language::Language;
use crate::organisations::Membership;

const WHAT: &str = "such account";

/// The caller's account.
#[derive(Serialize, ToSchema)]
pub(crate) struct Me {
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6e")]
    id: String,
    #[schema(example = "ada@example.org")]
    email: String,
    #[schema(example = "Ada Lovelace")]
    name: String,
    /// Whether they run the whole installation.
    is_admin: bool,
    /// What letters to them are written in; what is right for the event or the installation without.
    language: Option<Language>,
    /// The organisations they belong to, by name.
    organisations: Vec<MembershipBody>,
}

/// An organisation that the caller belongs to.
#[derive(Serialize, ToSchema)]
pub(crate) struct MembershipBody {
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6f")]
    id: String,
    #[schema(example = "Analytical Engines")]
    name: String,
    /// What they are in it.
    role: Role,
}

/// An account, and its version as a header.
type Shown = ([(HeaderName, String); 1], Json<Me>);

impl From<Account> for Me {
    fn from(account: Account) -> Self {
        let organisation =
            |held: Membership| MembershipBody { id: held.organisation.to_string(), name: held.name, role: held.role };
        Self {
            id: account.id.to_string(),
            email: account.email,
            name: account.name,
            is_admin: account.is_admin,
            language: account.language,
            organisations: account.memberships.into_iter().map(organisation).collect(),
        }
    }
}

fn shown(account: Account) -> Shown {
    (etag(account.version), Json(account.into()))
}

/// Shows who is logged in.
#[utoipa::path(
    get, path = "/api/v1/me", tag = "accounts",
    responses((status = 200, body = Me, headers(("ETag" = String, description = "The account's version"))))
)]
pub(super) async fn me(State(app): State<App>, caller: Caller) -> Result<Shown, Problem> {
    Ok(shown(profile::show(&app, &caller).await?.ok_or_else(|| Problem::not_found(WHAT))?))
}

/// What may be changed without further proof. What is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeMeBody {
    #[serde(default)]
    #[schema(example = "Ada, Countess of Lovelace", min_length = 1, max_length = 200)]
    name: Option<String>,
    /// What letters to one are written in; `null` for what is right for the event or the installation.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<Language>)]
    language: Option<Option<Language>>,
}

/// Reads a field that was sent, perhaps as `null`.
fn said<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<Language>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Changes one's own name, or the language of letters to one.
#[utoipa::path(
    patch, path = "/api/v1/me", tag = "accounts", request_body = ChangeMeBody,
    responses(
        (status = 200, body = Me, headers(("ETag" = String, description = "The account's new version"))),
        (status = 412),
    )
)]
pub(super) async fn change_me(
    State(app): State<App>,
    caller: Caller,
    seen: IfMatch,
    Json(body): Json<ChangeMeBody>,
) -> Result<Shown, Problem> {
    let mut errors = Vec::new();
    let name = body.name.map(|name| body::name(&mut errors, "body.name", &name));
    refuse(errors)?;
    let mut tx = app.database().begin_write().await?;
    let account = profile::lock(&mut tx, &caller).await?.ok_or_else(|| Problem::not_found(WHAT))?;
    seen.check(account.version)?;
    let account =
        profile::change(&mut tx, &caller, account, Profile { name, language: body.language }, app.clock().now())
            .await?;
    tx.commit().await?;
    Ok(shown(account))
}

/// Another address.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MoveBody {
    #[schema(example = "ada@analytical.example", min_length = 3, max_length = 254)]
    email: String,
    /// The account's password.
    #[schema(example = "seven lampions over the canal")]
    password: String,
}

/// Asks to move one's account to another e-mail address.
///
/// A letter goes to the new address. The account moves once the link in it was used; until then nothing changes.
#[utoipa::path(
    post, path = "/api/v1/me/email", tag = "accounts", request_body = MoveBody,
    responses((status = 202, description = "A letter is on its way to the new address"))
)]
pub(super) async fn move_email(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<MoveBody>,
) -> Result<StatusCode, Problem> {
    let mut errors = Vec::new();
    let email = body::email(&mut errors, "body.email", &body.email);
    refuse(errors)?;
    profile::ask_to_move(&app, &caller, &email, Password::new(body.password)).await?;
    Ok(StatusCode::ACCEPTED)
}
