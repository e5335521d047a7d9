//! Invitations over HTTP.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Invitation, InvitationError, Reply, store};
use crate::access::Role;
use crate::accounts::{Caller, Organiser, Token};
use crate::app::App;
use crate::http::extract::{Json, Query};
use crate::http::page::{self, Page, PageQuery};
use crate::http::problem::Problem;
use crate::http::time::rfc3339;
use crate::organisations::check::Errors;

pub(in crate::organisations) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create_invitation, list_invitations))
        .routes(routes!(withdraw_invitation))
        .routes(routes!(resend_invitation))
        .routes(routes!(accept_invitation))
        .routes(routes!(decline_invitation))
}

impl From<InvitationError> for Problem {
    fn from(error: InvitationError) -> Self {
        match error {
            InvitationError::Unknown => {
                Self::not_found("such invitation").detail("There is no such invitation, or it has ended or was used.")
            }
            InvitationError::Above => Self::of_status(StatusCode::FORBIDDEN).detail("The role is above your own."),
            InvitationError::Known => Self::conflict("known", "They belong to the organisation, or are asked to")
                .detail("Look at its members and at the invitations that wait; one that waits can be sent again."),
            InvitationError::TooMany => {
                Self::conflict("too-many-invitations", "Too many invitations wait").detail("Withdraw some first.")
            }
            InvitationError::NotTheirs => Self::of_status(StatusCode::FORBIDDEN)
                .detail("The invitation is for another e-mail address, or yours is not verified yet."),
            InvitationError::Store(error) => error.into(),
        }
    }
}

/// Whom to ask to belong to the organisation, and as what.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "email": "bob@example.org", "role": "staff" }))]
struct NewInvitation {
    #[schema(format = "email", max_length = 254)]
    email: String,
    /// Not above the caller's own.
    role: Role,
}

/// An invitation that waits. What lets in stands in the letter alone.
#[derive(Serialize, ToSchema)]
struct InvitationBody {
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6f")]
    id: String,
    #[schema(example = "bob@example.org")]
    email: String,
    role: Role,
    /// The account of who asked.
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6e")]
    invited_by: String,
    #[schema(example = "2026-08-01T10:00:00.000Z", format = "date-time")]
    created_at: String,
    /// Until when it counts.
    #[schema(example = "2026-08-08T10:00:00.000Z", format = "date-time")]
    expires_at: String,
}

impl From<Invitation> for InvitationBody {
    fn from(invitation: Invitation) -> Self {
        Self {
            id: hex::encode(invitation.id),
            email: invitation.email,
            role: invitation.role,
            invited_by: invitation.invited_by.to_string(),
            created_at: rfc3339(invitation.created_at),
            expires_at: rfc3339(invitation.expires_at),
        }
    }
}

/// What the letter carries.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct InvitationToken {
    /// 64 hexadecimal digits.
    #[schema(
        pattern = "^[0-9a-fA-F]{64}$",
        example = "4f0c2e7d9a1b3c5f4f0c2e7d9a1b3c5f4f0c2e7d9a1b3c5f4f0c2e7d9a1b3c5f"
    )]
    token: String,
}

/// What its reader has joined.
#[derive(Serialize, ToSchema)]
struct Joined {
    /// The organisation's id.
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6f")]
    organisation: String,
    /// What they are in it.
    role: Role,
}

/// Asks somebody, by a letter, to belong to the organisation.
///
/// The letter counts for a week. The answer does not tell whether there is an account of this address.
#[utoipa::path(
    post, path = "/api/v1/organisations/{organisation}/invitations", tag = "organisations",
    request_body = NewInvitation,
    responses((status = 201, body = InvitationBody))
)]
async fn create_invitation(
    State(app): State<App>,
    organiser: Organiser,
    Json(body): Json<NewInvitation>,
) -> Result<(StatusCode, Json<InvitationBody>), Problem> {
    let mut errors = Errors::default();
    let email = errors.email("body.email", &body.email);
    let email = errors.or(email).map_err(Problem::invalid)?;
    let mut tx = app.database().begin_write().await?;
    let invitation = super::create(&mut tx, &app, organiser, email, body.role).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(invitation.into())))
}

/// Lists the invitations that were neither accepted, declined nor withdrawn, oldest first.
#[utoipa::path(
    get, path = "/api/v1/organisations/{organisation}/invitations", tag = "organisations",
    params(PageQuery),
    responses((status = 200, body = Page<InvitationBody>))
)]
async fn list_invitations(
    State(app): State<App>,
    organiser: Organiser,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<InvitationBody>>, Problem> {
    let limit = page::limit(query.limit)?;
    let after = page::cursor(query.cursor.as_deref())?.unwrap_or_default();
    let mut tx = app.database().begin_read().await?;
    let waiting = store::list_waiting(&mut tx, organiser.organisation, after, limit + 1).await?;
    Ok(Json(Page::new(waiting, limit, |invitation| invitation.id.to_vec()).map(InvitationBody::from)))
}

/// Takes an invitation back: its letter lets nobody in any more.
#[utoipa::path(
    delete, path = "/api/v1/organisations/{organisation}/invitations/{invitation}", tag = "organisations",
    responses((status = 204), (status = 409))
)]
async fn withdraw_invitation(
    State(app): State<App>,
    organiser: Organiser,
    Path((_organisation, invitation)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let mut tx = app.database().begin_write().await?;
    super::withdraw(&mut tx, organiser, id(&invitation)?, app.clock().now()).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sends an invitation again: it counts for another week, and only the new letter lets in.
#[utoipa::path(
    post, path = "/api/v1/organisations/{organisation}/invitations/{invitation}/resend", tag = "organisations",
    responses((status = 200, body = InvitationBody))
)]
async fn resend_invitation(
    State(app): State<App>,
    organiser: Organiser,
    Path((_organisation, invitation)): Path<(String, String)>,
) -> Result<Json<InvitationBody>, Problem> {
    let mut tx = app.database().begin_write().await?;
    let invitation = super::resend(&mut tx, &app, organiser, id(&invitation)?).await?;
    tx.commit().await?;
    Ok(Json(invitation.into()))
}

/// Accepts an invitation. It must be for the caller's own address, and that be verified.
#[utoipa::path(
    post, path = "/api/v1/invitations/accept", tag = "organisations", request_body = InvitationToken,
    responses((status = 200, body = Joined), (status = 404), (status = 409))
)]
async fn accept_invitation(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<InvitationToken>,
) -> Result<Json<Joined>, Problem> {
    let invitation = take(&app, &caller, &body, Reply::Accept).await?;
    Ok(Json(Joined { organisation: invitation.organisation.to_string(), role: invitation.role }))
}

/// Declines an invitation. It must be for the caller's own address, and that be verified.
#[utoipa::path(
    post, path = "/api/v1/invitations/decline", tag = "organisations", request_body = InvitationToken,
    responses((status = 204), (status = 404), (status = 409))
)]
async fn decline_invitation(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<InvitationToken>,
) -> Result<StatusCode, Problem> {
    take(&app, &caller, &body, Reply::Decline).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn take(app: &App, caller: &Caller, body: &InvitationToken, reply: Reply) -> Result<Invitation, Problem> {
    let malformed = || Problem::invalid_field("body.token", "value", "must be 64 hexadecimal digits");
    let token = Token::parse(&body.token).ok_or_else(malformed)?;
    let mut tx = app.database().begin_write().await?;
    let invitation = super::reply(&mut tx, caller, &token, reply, app.clock().now()).await?;
    tx.commit().await?;
    Ok(invitation)
}

fn id(part: &str) -> Result<[u8; 16], Problem> {
    let mut id = [0; 16];
    hex::decode_to_slice(part, &mut id).map_err(|_| InvitationError::Unknown)?;
    Ok(id)
}
