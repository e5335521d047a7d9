//! Checking in by hand, taking back, walking in, and what was recorded of an attendee, over HTTP.

use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode, header};
use serde::{Deserialize, Serialize};
use sync_protocol::id::RegistrationId;
use sync_protocol::journal::entry::NOTE_BYTES_MAX;
use sync_protocol::journal::walk_in::Payment;
use sync_protocol::text;
use sync_protocol::verdict::Code;
use utoipa::ToSchema;

use crate::accounts::Organiser;
use crate::admissions;
use crate::admissions::routes::body::CheckInBody;
use crate::admissions::routes::surroundings;
use crate::app::App;
use crate::door::body::{VerdictBody, gate, operator};
use crate::door::manual::{self, ByHand, ManualError};
use crate::door::walk_in::{self, CameIn, WalkIn, WalkInError};
use crate::events::routes::event_of;
use crate::http::extract::{Json, Query, id};
use crate::http::page::{self, Page, PageQuery};
use crate::http::problem::{FieldError, Problem};
use crate::registrations::{self, Raw};

impl From<ManualError> for Problem {
    fn from(error: ManualError) -> Self {
        match error {
            ManualError::Unknown => Self::not_found("such thing"),
            ManualError::NotAllowed { needs } => Self::of_status(StatusCode::FORBIDDEN)
                .detail(format!("Deciding this takes the role {}.", needs.name()))
                .with("needs", needs.name()),
            ManualError::NothingToUndo => Self::conflict("nothing-to-undo", "There is nothing to take back")
                .detail("Only an admission or an exit that counts can be taken back, and only once."),
            ManualError::Door(error) => error.into(),
        }
    }
}

impl From<WalkInError> for Problem {
    fn from(error: WalkInError) -> Self {
        match error {
            WalkInError::Register(error) => error.into(),
            WalkInError::NotAdmitted(decided) => {
                let problem = Self::conflict("not-admitted", "The rules do not let the walk-in in")
                    .detail("Nobody was registered, and nothing is to be paid.");
                problem.with("decision", serde_json::to_value(VerdictBody::from(*decided)).unwrap_or_default())
            }
            WalkInError::Door(error) => error.into(),
        }
    }
}

/// Checks why something is done: the journal keeps all of it.
fn reason(given: &str, errors: &mut Vec<FieldError>) -> String {
    let reason = text::tidy(given, usize::MAX);
    if reason.is_empty() {
        errors.push(FieldError::new("body.reason", "missing", "must not be empty"));
    } else if reason.len() > NOTE_BYTES_MAX {
        errors.push(FieldError::new("body.reason", "too_long", "must have at most 1024 bytes"));
    }
    reason
}

/// An attendee who is to be let in without a code.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ByHandBody {
    /// The gate's name, whatever its case.
    #[schema(min_length = 1, max_length = 200, example = "Main entrance")]
    gate: String,
    /// Why; at most 1 024 bytes.
    #[schema(min_length = 1, max_length = 1024, example = "phone is empty, identity card seen")]
    reason: String,
    /// The codes of all rules that stand against it, where somebody has seen them and decides against them.
    #[serde(default)]
    #[schema(max_items = 40, example = json!(["ALREADY_IN"]))]
    against: Vec<String>,
    /// Who decides; the caller's account if it is not said. At most 128 bytes.
    #[serde(default)]
    #[schema(max_length = 128, example = "Eve")]
    operator: Option<String>,
}

/// Lets an attendee in whom a person names, without a code.
///
/// The rules decide as at every door, and the answer says what they say; it is recorded either way. Whoever has seen
/// which rules stand against it may send their codes as `against` to decide against them all: what a terminal asks a
/// supervisor for takes a manager here, and against some rules nobody decides.
#[utoipa::path(
    post, path = "/api/v1/events/{event}/registrations/{registration}/check-in", tag = "admissions",
    request_body = ByHandBody,
    responses((status = 200, body = VerdictBody), (status = 409, description = "The event is over"))
)]
pub(super) async fn check_in_by_hand(
    State(app): State<App>,
    organiser: Organiser,
    Path((event, registration)): Path<(String, String)>,
    Json(body): Json<ByHandBody>,
) -> Result<Json<VerdictBody>, Problem> {
    let event = id(&event, "such event")?;
    let registration = id(&registration, "such registration")?;
    let mut errors = Vec::new();
    let mut against = Vec::with_capacity(body.against.len());
    for (at, name) in body.against.iter().enumerate() {
        match Code::ALL.iter().find(|code| code.name() == name) {
            Some(code) => against.push(*code),
            None => errors.push(FieldError::new(&format!("body.against.{at}"), "unknown", "is no rule's code")),
        }
    }
    let by_hand = ByHand {
        registration,
        gate: gate(&body.gate, &mut errors),
        reason: reason(&body.reason, &mut errors),
        against,
        operator: operator(body.operator.as_deref(), organiser.account.to_string(), &mut errors),
    };
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    Ok(Json(manual::check_in(&app, organiser, event, by_hand).await?.into()))
}

/// Why something is taken back.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UndoBody {
    /// Why; at most 1 024 bytes.
    #[schema(min_length = 1, max_length = 1024, example = "wrong person")]
    reason: String,
    /// Who decides; the caller's account if it is not said. At most 128 bytes.
    #[serde(default)]
    #[schema(max_length = 128, example = "Eve")]
    operator: Option<String>,
}

/// Takes an admission or an exit back, whichever door recorded it. It is final.
///
/// Staff take back what was recorded through this interface, for ten minutes; a manager takes back anything. The
/// answer is the check-in that does.
#[utoipa::path(
    post, path = "/api/v1/events/{event}/check-ins/{number}/undo", tag = "admissions", request_body = UndoBody,
    responses(
        (status = 200, body = CheckInBody),
        (status = 409, description = "It does not count, or the event is over"),
    )
)]
pub(super) async fn undo_check_in(
    State(app): State<App>,
    organiser: Organiser,
    Path((event, number)): Path<(String, String)>,
    Json(body): Json<UndoBody>,
) -> Result<Json<CheckInBody>, Problem> {
    // Numbers that the database cannot hold name nothing.
    let number: i64 = id(&number, "such check-in")?;
    let number = u64::try_from(number).map_err(|_| Problem::not_found("such check-in"))?;
    let mut errors = Vec::new();
    let reason = reason(&body.reason, &mut errors);
    let operator = operator(body.operator.as_deref(), organiser.account.to_string(), &mut errors);
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    let undoing = manual::undo(&app, organiser, id(&event, "such event")?, number, reason, operator).await?;
    let mut tx = app.database().begin_read().await?;
    let event = event_of(&mut tx, organiser, &event).await?;
    let around = surroundings(&mut tx, &event, std::slice::from_ref(&undoing)).await?;
    Ok(Json(CheckInBody::of(&undoing, &event, &around)))
}

/// Lists all that was recorded of an attendee's ticket, denials too, in the order of arrival.
#[utoipa::path(
    get, path = "/api/v1/events/{event}/registrations/{registration}/check-ins", tag = "admissions",
    params(PageQuery),
    responses((status = 200, body = Page<CheckInBody>))
)]
pub(super) async fn list_check_ins_of(
    State(app): State<App>,
    organiser: Organiser,
    Path((event, registration)): Path<(String, String)>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<CheckInBody>>, Problem> {
    let limit = page::limit(query.limit)?;
    let after = page::cursor(query.cursor.as_deref())?.map_or(0, u64::from_be_bytes);
    let registration: RegistrationId = id(&registration, "such registration")?;
    let mut tx = app.database().begin_read().await?;
    let event = event_of(&mut tx, organiser, &event).await?;
    let found = registrations::find(&mut tx, event.id, registration).await?;
    let (_, ticket) = found.ok_or_else(|| Problem::not_found("such registration"))?;
    let check_ins = match ticket {
        Some(ticket) => admissions::of_ticket(&mut tx, event.id, ticket.id, after, limit + 1).await?,
        None => Vec::new(),
    };
    let around = surroundings(&mut tx, &event, &check_ins).await?;
    let page = Page::new(check_ins, limit, |check_in| check_in.number.to_be_bytes().to_vec());
    Ok(Json(page.map(|check_in| CheckInBody::of(&check_in, &event, &around))))
}

/// How somebody pays.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum PaymentName {
    /// In coins and notes.
    Cash,
    /// By card, at a machine of its own.
    Card,
    /// Not at all.
    Free,
}

impl From<PaymentName> for Payment {
    fn from(name: PaymentName) -> Self {
        match name {
            PaymentName::Cash => Self::Cash,
            PaymentName::Card => Self::Card,
            PaymentName::Free => Self::Free,
        }
    }
}

/// Somebody at the door who has no ticket yet.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WalkInBody {
    /// 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200, example = "Ada Lovelace")]
    name: String,
    /// The e-mail address.
    #[serde(default)]
    #[schema(max_length = 254, example = "ada@example.org")]
    email: Option<String>,
    /// The phone number; at most 40 characters.
    #[serde(default)]
    #[schema(max_length = 40, example = "+49 30 123456")]
    phone: Option<String>,
    /// The ticket type's name; may be left out where there is only one.
    #[serde(default)]
    #[schema(max_length = 200, example = "Regular")]
    ticket_type: Option<String>,
    /// What the door should know; at most 500 characters.
    #[serde(default)]
    #[schema(max_length = 500, example = "wheelchair")]
    note: Option<String>,
    /// The gate's name, whatever its case.
    #[schema(min_length = 1, max_length = 200, example = "Main entrance")]
    gate: String,
    /// How it is paid. What costs nothing is free whatever this says.
    payment: PaymentName,
    /// Who sells; the caller's account if it is not said. At most 128 bytes.
    #[serde(default)]
    #[schema(max_length = 128, example = "Eve")]
    operator: Option<String>,
}

/// Somebody who came in with a new ticket.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CameInBody {
    /// The registration's id.
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6e")]
    registration: String,
    /// The ticket's number, as it is typed.
    #[schema(example = "7J2V90QK4NX")]
    ticket: String,
    /// The text for the ticket's QR code.
    #[schema(
        example = "112V50I00XR64BFNYN000.D5LJ0Z7S.RK*41UGG%YT:J7ETFPX5/-3DLS5S3UYU:V5XO6A9JOZEZ3E3S1:2O.$RG8FJI576LG%RZGKN$S2TL8 G.XMMGTG2530"
    )]
    credential: String,
    /// What was taken, in the currency's minor unit.
    #[schema(example = 4900)]
    amount: u32,
    /// The currency; the code for none (ISO 4217) where nothing was asked.
    #[schema(example = "EUR")]
    currency: String,
    /// `cash`, `card` or `free`.
    #[schema(value_type = String, example = "cash")]
    payment: Payment,
    /// The admission.
    admission: VerdictBody,
}

impl From<CameIn> for CameInBody {
    fn from(came: CameIn) -> Self {
        Self {
            registration: came.registration.id.to_string(),
            ticket: came.ticket.id.typed_code(),
            credential: came.credential,
            amount: came.takings.amount,
            currency: came.takings.currency,
            payment: came.takings.payment,
            admission: came.decided.into(),
        }
    }
}

/// Registers somebody at the door, gives them a ticket, and lets them in: all at once, or nothing.
///
/// Places are taken from the quota; those that are kept for terminals to sell are not.
#[utoipa::path(
    post, path = "/api/v1/events/{event}/walk-in", tag = "admissions", request_body = WalkInBody,
    responses(
        (status = 201, body = CameInBody),
        (status = 409,
         description = "The ticket type is sold out, the rules do not let them in, or the event is over"),
    )
)]
pub(super) async fn walk_in(
    State(app): State<App>,
    organiser: Organiser,
    Path(event): Path<String>,
    Json(body): Json<WalkInBody>,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<CameInBody>), Problem> {
    let mut tx = app.database().begin_read().await?;
    let event = event_of(&mut tx, organiser, &event).await?;
    drop(tx);
    let mut errors = Vec::new();
    let gate = gate(&body.gate, &mut errors);
    let operator = operator(body.operator.as_deref(), organiser.account.to_string(), &mut errors);
    let raw = Raw {
        name: &body.name,
        email: body.email.as_deref().unwrap_or_default(),
        phone: body.phone.as_deref().unwrap_or_default(),
        ticket_type: body.ticket_type.as_deref().unwrap_or_default(),
        note: body.note.as_deref().unwrap_or_default(),
        ..Raw::default()
    };
    let new = match raw.check(&event) {
        Ok(new) if errors.is_empty() => new,
        checked => {
            let wrongs = checked.err().unwrap_or_default().into_iter();
            errors.extend(wrongs.map(|wrong| FieldError::new(&format!("body.{}", wrong.field), wrong.kind, wrong.msg)));
            return Err(Problem::invalid(errors));
        }
    };
    let walk_in = WalkIn { new, gate, payment: body.payment.into(), operator };
    let came = walk_in::walk_in(&app, organiser, &event, walk_in).await?;
    let location = format!("/api/v1/events/{}/registrations/{}", event.id, came.registration.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(came.into())))
}
