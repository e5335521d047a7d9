//! The server's own door over HTTP.

mod by_hand;
mod figures;

use axum::extract::{Path, State};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::{VerdictBody, VerifyBody};
use super::{DoorError, explain};
use crate::accounts::Organiser;
use crate::app::App;
use crate::http::extract::{Json, id};
use crate::http::problem::Problem;

/// Returns the feature's routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(verify))
        .routes(routes!(by_hand::check_in_by_hand))
        .routes(routes!(by_hand::undo_check_in))
        .routes(routes!(by_hand::list_check_ins_of))
        .routes(routes!(by_hand::walk_in))
        .routes(routes!(figures::show_statistics))
        .routes(routes!(figures::report_csv))
        .routes(routes!(figures::report_pdf))
}

impl From<DoorError> for Problem {
    fn from(error: DoorError) -> Self {
        match error {
            DoorError::UnknownGate => Self::invalid_field("body.gate", "unknown", "is no gate of the event"),
            DoorError::Over => Self::conflict("event-over", "The event is over")
                .detail("An event that is closed or cancelled lets nobody in."),
            DoorError::Full => Self::busy(1),
            // The log has said why, once for all that were asked about together.
            DoorError::Failed(trouble) => trouble.into(),
            DoorError::Store(error) => error.into(),
        }
    }
}

/// Decides whether a ticket comes in at a gate, and records it.
///
/// The rules are those of every terminal, and so is the record: an entry in the server's own journal, which every
/// terminal hears of. When this answers `admit`, the admission is recorded. Of two who show one ticket at once, one
/// comes in. A denial is recorded as well, unless what was shown is no ticket at all. With `dry_run` nothing is.
#[utoipa::path(
    post, path = "/api/v1/events/{event}/verify", tag = "admissions", request_body = VerifyBody,
    responses(
        (status = 200, body = VerdictBody),
        (status = 409, description = "The event is over"),
        (status = 503, description = "Busy, try again"),
    )
)]
async fn verify(
    State(app): State<App>,
    organiser: Organiser,
    Path(event): Path<String>,
    Json(body): Json<VerifyBody>,
) -> Result<Json<VerdictBody>, Problem> {
    // The organiser's organisation is that of this event.
    let event = id(&event, "such event")?;
    let is_dry_run = body.dry_run;
    let ask = body.check(organiser.account.to_string()).map_err(Problem::invalid)?;
    let decided = if is_dry_run { explain(&app, event, &ask).await? } else { super::verify(&app, event, ask).await? };
    Ok(Json(decided.into()))
}
