//! Figures and the closing report over HTTP.

use axum::extract::{Path, State};
use axum::http::{HeaderName, header};
use serde::Serialize;
use sync_protocol::policy::Policy;
use sync_protocol::verdict::Code;
use utoipa::ToSchema;

use crate::accounts::Organiser;
use crate::admissions::Tally;
use crate::app::App;
use crate::door::body::ReasonBody;
use crate::door::report::{Report, pdf, report};
use crate::door::statistics::{OfClass, Statistics, shared};
use crate::events::routes::event_of;
use crate::http::extract::Json;
use crate::http::problem::Problem;
use crate::http::time::rfc3339;

/// An event's figures.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StatisticsBody {
    /// Tickets that are not cancelled.
    #[schema(example = 500)]
    registered: u64,
    /// Those of them that came in at least once.
    #[schema(example = 431)]
    came: u64,
    /// Those that did not.
    #[schema(example = 69)]
    no_shows: u64,
    /// For each ticket type.
    ticket_types: Vec<TypeFiguresBody>,
    /// For each hour of the event's time zone in which something happened.
    hours: Vec<HourFiguresBody>,
    /// For each gate.
    gates: Vec<GateFiguresBody>,
    /// For each zone.
    zones: Vec<ZoneFiguresBody>,
    /// Denials by reason.
    denials: Vec<ReasonCountBody>,
    /// Admissions that a person decided on against a finding, by finding.
    overrides: Vec<ReasonCountBody>,
    /// Entries that were taken back.
    #[schema(example = 2)]
    undone: u64,
}

/// How often what happened.
#[derive(Debug, Serialize, ToSchema)]
struct TallyBody {
    /// Admissions that nobody took back.
    #[schema(example = 431)]
    admitted: u64,
    /// Exits that nobody took back.
    #[schema(example = 12)]
    exits: u64,
    /// Denials.
    #[schema(example = 9)]
    denied: u64,
}

impl From<Tally> for TallyBody {
    fn from(Tally { admitted, exits, denied }: Tally) -> Self {
        Self { admitted, exits, denied }
    }
}

/// The figures of a ticket type.
#[derive(Debug, Serialize, ToSchema)]
struct TypeFiguresBody {
    /// Its name.
    #[schema(example = "Regular")]
    ticket_type: String,
    /// Tickets that are not cancelled.
    #[schema(example = 500)]
    registered: u64,
    /// Those of them that came in at least once.
    #[schema(example = 431)]
    came: u64,
    /// Those that did not.
    #[schema(example = 69)]
    no_shows: u64,
    /// What happened with all of the type.
    #[serde(flatten)]
    tally: TallyBody,
}

/// What happened within an hour.
#[derive(Debug, Serialize, ToSchema)]
struct HourFiguresBody {
    /// Its beginning.
    #[schema(format = DateTime, example = "2026-11-21T08:00:00.000Z")]
    from: String,
    #[serde(flatten)]
    tally: TallyBody,
}

/// What happened at a gate.
#[derive(Debug, Serialize, ToSchema)]
struct GateFiguresBody {
    /// Its name.
    #[schema(example = "Main entrance")]
    gate: String,
    #[serde(flatten)]
    tally: TallyBody,
}

/// Who is in a zone.
#[derive(Debug, Serialize, ToSchema)]
struct ZoneFiguresBody {
    /// Its name.
    #[schema(example = "Hall")]
    zone: String,
    /// Tickets whose last movement was in.
    #[schema(example = 419)]
    inside: u64,
    /// How many people may be inside.
    #[schema(example = 800)]
    capacity: Option<u32>,
}

/// How often a rule stood against somebody.
#[derive(Debug, Serialize, ToSchema)]
struct ReasonCountBody {
    /// The rule.
    #[serde(flatten)]
    reason: ReasonBody,
    /// How often.
    #[schema(example = 7)]
    count: u64,
}

impl StatisticsBody {
    fn of(figures: &Statistics, policy: &Policy) -> Self {
        let sum = |of: fn(&OfClass) -> u64| figures.classes.values().map(of).sum();
        let known = policy.classes.iter().map(|class| class.id);
        let strange = figures.classes.keys().copied().filter(|id| policy.class(*id).is_none());
        let types = known.chain(strange).map(|id| {
            let of = figures.classes.get(&id).copied().unwrap_or_default();
            TypeFiguresBody {
                ticket_type: policy.class(id).map(|class| class.name.clone()).unwrap_or_default(),
                registered: of.registered,
                came: of.came,
                no_shows: of.no_shows(),
                tally: of.tally.into(),
            }
        });
        let gates = policy.gates.iter().map(|gate| GateFiguresBody {
            gate: gate.name.clone(),
            tally: figures.gates.get(&gate.id).copied().unwrap_or_default().into(),
        });
        let zones = policy.zones.iter().map(|zone| ZoneFiguresBody {
            zone: zone.name.clone(),
            inside: figures.inside.get(&zone.id).copied().unwrap_or(0),
            capacity: zone.capacity,
        });
        let count = |(code, count): (&Code, &u64)| ReasonCountBody { reason: (*code).into(), count: *count };
        Self {
            registered: sum(|of| of.registered),
            came: sum(|of| of.came),
            no_shows: sum(OfClass::no_shows),
            ticket_types: types.collect(),
            hours: figures
                .hours
                .iter()
                .map(|(from, tally)| HourFiguresBody { from: rfc3339(*from), tally: (*tally).into() })
                .collect(),
            gates: gates.collect(),
            zones: zones.collect(),
            denials: figures.denials.iter().map(count).collect(),
            overrides: figures.overrides.iter().map(count).collect(),
            undone: figures.undone,
        }
    }
}

/// Shows an event's figures: who came, when and where, who is inside, and who did not come.
#[utoipa::path(
    get, path = "/api/v1/events/{event}/statistics", tag = "admissions",
    responses((status = 200, body = StatisticsBody))
)]
pub(super) async fn show_statistics(
    State(app): State<App>,
    organiser: Organiser,
    Path(event): Path<String>,
) -> Result<Json<StatisticsBody>, Problem> {
    let mut tx = app.database().begin_read().await?;
    let event = event_of(&mut tx, organiser, &event).await?;
    drop(tx);
    let figures = shared(&app, event.id, &event.policy.time_zone).await?;
    Ok(Json(StatisticsBody::of(&figures, &event.policy)))
}

async fn make(app: &App, organiser: Organiser, event: &str) -> Result<Report, Problem> {
    let mut tx = app.database().begin_read().await?;
    let event = event_of(&mut tx, organiser, event).await?;
    Ok(report(&mut tx, &event, app.clock().now()).await?)
}

fn file(kind: &'static str, name: &'static str) -> [(HeaderName, &'static str); 2] {
    [(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)]
}

/// Writes the closing report as CSV: a line for each value, with its section, what it is of, and what it says.
#[utoipa::path(
    get, path = "/api/v1/events/{event}/report.csv", tag = "admissions",
    responses((
        status = 200, body = String, content_type = "text/csv",
        example = json!("section,item,measure,value\r\nGates,Main entrance,admitted,412\r\n")
    ))
)]
pub(super) async fn report_csv(
    State(app): State<App>,
    organiser: Organiser,
    Path(event): Path<String>,
) -> Result<([(HeaderName, &'static str); 2], String), Problem> {
    let report = make(&app, organiser, &event).await?;
    Ok((file("text/csv; charset=utf-8", "attachment; filename=\"report.csv\""), report.csv()))
}

/// Writes the closing report as PDF, on pages of A4.
#[utoipa::path(
    get, path = "/api/v1/events/{event}/report.pdf", tag = "admissions",
    responses((status = 200, body = [u8], content_type = "application/pdf"))
)]
pub(super) async fn report_pdf(
    State(app): State<App>,
    organiser: Organiser,
    Path(event): Path<String>,
) -> Result<([(HeaderName, &'static str); 2], Vec<u8>), Problem> {
    let report = make(&app, organiser, &event).await?;
    Ok((
        file("application/pdf", "attachment; filename=\"report.pdf\""),
        pdf::pdf(&report).map_err(|error| Problem::internal(&error))?,
    ))
}
