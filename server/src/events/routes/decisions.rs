//! Steps of an event's life over HTTP.

use axum::extract::{Path, State};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Shown;
use crate::accounts::Organiser;
use crate::app::App;
use crate::events::body::{EventWithDecisions, ReasonBody};
use crate::events::decide::{self, DecideError, REASON_CHARS_MAX};
use crate::events::life::Step;
use crate::http::extract::{OptionalJson, id};
use crate::http::problem::Problem;

/// Returns the routes of an event's life.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(submit_event))
        .routes(routes!(approve_event))
        .routes(routes!(reject_event))
        .routes(routes!(publish_event))
        .routes(routes!(unpublish_event))
        .routes(routes!(close_event))
        .routes(routes!(cancel_event))
}

impl From<DecideError> for Problem {
    fn from(error: DecideError) -> Self {
        match error {
            DecideError::Unknown => Self::not_found("such event"),
            DecideError::NotNow { state, step } => {
                Self::conflict("wrong-state", "The event is not in a state for this")
                    .detail(format!("It is {}, and {} does not lead on from there.", state.name(), step.name()))
                    .with("state", state.name())
            }
            DecideError::NotYours => super::not_yours(),
            DecideError::NoReason => {
                Self::invalid_field("body.reason", "missing", "must be given: others are told of it")
            }
            DecideError::Store(error) => error.into(),
        }
    }
}

async fn decide(
    app: &App,
    organiser: Organiser,
    event: &str,
    step: Step,
    ReasonBody { reason }: ReasonBody,
) -> Result<Shown, Problem> {
    if reason.chars().count() > REASON_CHARS_MAX {
        let msg = format!("must have at most {REASON_CHARS_MAX} characters");
        return Err(Problem::invalid_field("body.reason", "too_long", msg));
    }
    let reason = sync_protocol::text::tidy(&reason, usize::MAX);
    let event = decide::decide(app, organiser, id(event, "such event")?, step, reason).await?;
    let mut tx = app.database().begin_read().await?;
    super::shown(&mut tx, &event).await
}

macro_rules! step_route {
    ($(#[doc = $doc:literal])* $name:ident, $path:literal, $step:expr) => {
        $(#[doc = $doc])*
        #[utoipa::path(
            post, path = $path, tag = "events", request_body = Option<ReasonBody>,
            responses(
                (status = 200, body = EventWithDecisions),
                (status = 409, description = "The step does not lead on from the event's state"),
            )
        )]
        async fn $name(
            State(app): State<App>,
            organiser: Organiser,
            Path(event): Path<String>,
            OptionalJson(body): OptionalJson<ReasonBody>,
        ) -> Result<Shown, Problem> {
            decide(&app, organiser, &event, $step, body).await
        }
    };
}

step_route!(
    /// Asks for a manager's word on a draft, or once more on an event that was rejected. Promoters do this for events
    /// of their own.
    submit_event, "/api/v1/events/{event}/submit", Step::Submit
);
step_route!(
    /// Says yes to a submitted event: it may be published.
    approve_event, "/api/v1/events/{event}/approve", Step::Approve
);
step_route!(
    /// Says no to an event, with the reason. A change makes it a draft again.
    reject_event, "/api/v1/events/{event}/reject", Step::Reject
);
step_route!(
    /// Shows an event to the public, who may register from then on. It must be approved, unless the organisation asks
    /// for no approval.
    publish_event, "/api/v1/events/{event}/publish", Step::Publish
);
step_route!(
    /// Hides an event from the public. Those who are registered stay so.
    unpublish_event, "/api/v1/events/{event}/unpublish", Step::Unpublish
);
step_route!(
    /// Ends an event: its terminals stop admitting, send what they hold, and forget it. Nothing of it changes any more.
    close_event, "/api/v1/events/{event}/close", Step::Close
);
step_route!(
    /// Calls an event off, with the reason: every ticket is cancelled, and everybody with an e-mail address is told.
    /// Doing it again cancels what terminals have sold meanwhile.
    cancel_event, "/api/v1/events/{event}/cancel", Step::Cancel
);
