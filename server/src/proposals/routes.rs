//! Proposals over HTTP.

use axum::extract::{Path, State as AppState};
use axum::http::StatusCode;
use serde::Deserialize;
use sync_protocol::text;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::{ApprovedBody, NewProposal, ProposalBody, ReceivedBody};
use super::{Proposal, ProposalError, ProposalId, State, check, store};
use crate::accounts::Organiser;
use crate::app::App;
use crate::audit::By;
use crate::events::body::{EventBody, ReasonBody};
use crate::events::decide::REASON_CHARS_MAX;
use crate::http::extract::{Json, Query, id};
use crate::http::page::{self, Page};
use crate::http::peer::Peer;
use crate::http::problem::Problem;

/// Returns the feature's routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(propose_event))
        .routes(routes!(list_proposals))
        .routes(routes!(show_proposal))
        .routes(routes!(approve_proposal))
        .routes(routes!(reject_proposal))
}

impl From<ProposalError> for Problem {
    fn from(error: ProposalError) -> Self {
        match error {
            ProposalError::NoOrganisation => Self::not_found("such organisation"),
            ProposalError::Unknown => Self::not_found("such proposal"),
            ProposalError::TooMany => Self::conflict("too-many", "Too many proposals wait")
                .detail("The organisation has more proposals than it can read. Try again later."),
            ProposalError::Decided(state) => {
                Self::conflict("decided", "The proposal was decided already").with("state", state.name())
            }
            ProposalError::Store(error) => error.into(),
        }
    }
}

/// Asks an organisation for an event. Its managers are told; the answer comes by e-mail.
#[utoipa::path(
    post, path = "/api/v1/public/organisations/{organisation}/proposals", tag = "public", request_body = NewProposal,
    security(()),
    responses(
        (status = 201, body = ReceivedBody),
        (status = 409, description = "Too many proposals wait"),
    )
)]
async fn propose_event(
    AppState(app): AppState<App>,
    Peer(address): Peer,
    Path(organisation): Path<String>,
    Json(body): Json<NewProposal>,
) -> Result<(StatusCode, Json<ReceivedBody>), Problem> {
    let organisation = id(&organisation, "such organisation")?;
    let (wish, contact) = check::check(&body).map_err(Problem::invalid)?;
    let by = By { address: Some(address), ..By::default() };
    let proposal = super::propose(&app, organisation, by, wish, contact).await?;
    Ok((StatusCode::CREATED, Json(ReceivedBody { id: hex::encode(proposal.id.0) })))
}

/// Which proposals are listed.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    /// Items on the page at most, 1 to 500; 50 if absent.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// `next` of the page before; absent for the first page.
    cursor: Option<String>,
    /// Only proposals of which this became.
    #[param(inline)]
    state: Option<State>,
}

/// Lists proposals, newest first.
#[utoipa::path(
    get, path = "/api/v1/organisations/{organisation}/proposals", tag = "events",
    params(ListQuery),
    responses((status = 200, body = Page<ProposalBody>))
)]
async fn list_proposals(
    AppState(app): AppState<App>,
    organiser: Organiser,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<ProposalBody>>, Problem> {
    let limit = page::limit(query.limit)?;
    let before = page::cursor(query.cursor.as_deref())?.map(ProposalId);
    let mut tx = app.database().begin_read().await?;
    let found = store::list(&mut tx, organiser.organisation, query.state, before, limit + 1).await?;
    let page = Page::new(found, limit, |proposal: &Proposal| proposal.id.0.to_vec());
    Ok(Json(page.map(|proposal| ProposalBody::from(&proposal))))
}

/// Shows a proposal.
#[utoipa::path(
    get, path = "/api/v1/organisations/{organisation}/proposals/{proposal}", tag = "events",
    responses((status = 200, body = ProposalBody))
)]
async fn show_proposal(
    AppState(app): AppState<App>,
    organiser: Organiser,
    Path((_organisation, proposal)): Path<(String, String)>,
) -> Result<Json<ProposalBody>, Problem> {
    let mut tx = app.database().begin_read().await?;
    let found = store::find(&mut tx, organiser.organisation, id(&proposal, "such proposal")?).await?;
    Ok(Json(ProposalBody::from(&found.ok_or(ProposalError::Unknown)?)))
}

/// Makes a draft of a proposal, with the organisation's usual tasks, and tells whoever sent it.
#[utoipa::path(
    post, path = "/api/v1/organisations/{organisation}/proposals/{proposal}/approve", tag = "events",
    responses(
        (status = 200, body = ApprovedBody),
        (status = 409, description = "The proposal was decided already"),
    )
)]
async fn approve_proposal(
    AppState(app): AppState<App>,
    organiser: Organiser,
    Path((_organisation, proposal)): Path<(String, String)>,
) -> Result<Json<ApprovedBody>, Problem> {
    let (proposal, event) = super::approve(&app, organiser, id(&proposal, "such proposal")?).await?;
    Ok(Json(ApprovedBody { proposal: ProposalBody::from(&proposal), event: EventBody::from(&event) }))
}

/// Says no to a proposal, and tells whoever sent it why.
#[utoipa::path(
    post, path = "/api/v1/organisations/{organisation}/proposals/{proposal}/reject", tag = "events",
    request_body = ReasonBody,
    responses(
        (status = 200, body = ProposalBody),
        (status = 409, description = "The proposal was decided already"),
    )
)]
async fn reject_proposal(
    AppState(app): AppState<App>,
    organiser: Organiser,
    Path((_organisation, proposal)): Path<(String, String)>,
    Json(body): Json<ReasonBody>,
) -> Result<Json<ProposalBody>, Problem> {
    let reason = text::tidy(&body.reason, usize::MAX);
    if reason.is_empty() {
        return Err(Problem::invalid_field("body.reason", "missing", "must be given: it is told to whoever asked"));
    }
    if reason.chars().count() > REASON_CHARS_MAX {
        let msg = format!("must have at most {REASON_CHARS_MAX} characters");
        return Err(Problem::invalid_field("body.reason", "too_long", msg));
    }
    let proposal = super::reject(&app, organiser, id(&proposal, "such proposal")?, reason).await?;
    Ok(Json(ProposalBody::from(&proposal)))
}
