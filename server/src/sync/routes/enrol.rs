//! How a device asks to become a terminal, and learns that it is one.

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use sync_protocol::feed::entry::DeviceStatus;
use sync_protocol::problem::ProblemCode;
use sync_protocol::sync::message::{EnrolPending, EnrolRequest, Enrolled};

use super::refusal::Refusal;
use super::signed::{Signed, read_body};
use crate::app::App;
use crate::db::StoreError;
use crate::devices::enrolment::{self, Asked, EnrolError};
use crate::devices::{ConfirmError, Device};
use crate::http::extract::Json;
use crate::sync::feed;

/// The longest enrolment request.
const BODY_BYTES_MAX: usize = 4 * 1024;

impl From<EnrolError> for Refusal {
    fn from(error: EnrolError) -> Self {
        match error {
            EnrolError::CodeRefused => ProblemCode::CodeRefused.into(),
            EnrolError::BadSignature => ProblemCode::BadRequestSignature.into(),
            EnrolError::Name => Self::from(ProblemCode::Malformed).detail("The name is too long."),
            EnrolError::Confirm(ConfirmError::Store(error)) | EnrolError::Store(error) => error.into(),
            EnrolError::Over(_) | EnrolError::Confirm(ConfirmError::Over(_)) => {
                Self::from(ProblemCode::CodeRefused).detail("The event is over.")
            }
            EnrolError::Confirm(ConfirmError::Revoked | ConfirmError::Full) => ProblemCode::CodeRefused.into(),
        }
    }
}

/// Asks to become one of an event's terminals, with an enrolment code.
#[utoipa::path(
    post, path = "/sync/v1/enrol", tag = "sync", security(()),
    responses(
        (status = 201, description = "The device's id and the six digits that both screens show"),
        (status = 400, description = "MALFORMED"),
        (status = 401, description = "BAD_REQUEST_SIGNATURE: the handshake is not signed as it should be"),
        (status = 403, description = "CODE_REFUSED"),
    )
)]
pub(super) async fn ask_to_enrol(State(app): State<App>, request: Request) -> Result<Response, Refusal> {
    let body = read_body(request.into_body(), BODY_BYTES_MAX).await?;
    let asked = read(&body).ok_or(ProblemCode::Malformed)?;
    let device = enrolment::enrol(&app, &asked).await?;
    Ok((StatusCode::CREATED, Json(pending(&device))).into_response())
}

fn read(body: &[u8]) -> Option<Asked> {
    let request: EnrolRequest = serde_json::from_slice(body).ok()?;
    let mut asked =
        Asked { code: request.code, name: request.name, sign_key: [0; 32], tls_key: [0; 32], signature: [0; 64] };
    hex::decode_to_slice(&request.sign_key, &mut asked.sign_key).ok()?;
    hex::decode_to_slice(&request.tls_key, &mut asked.tls_key).ok()?;
    hex::decode_to_slice(&request.signature, &mut asked.signature).ok()?;
    Some(asked)
}

fn pending(device: &Device) -> EnrolPending {
    EnrolPending { device_id: device.id, digits: device.digits.clone(), confirmed: !device.is_pending() }
}

/// Asks whether an organiser has confirmed: 202 until then, and then the certificate and what comes with it.
#[utoipa::path(
    get, path = "/sync/v1/enrol/{device}", tag = "sync", security(()),
    responses(
        (status = 200, description = "The device's number, certificate, feed and K_body"),
        (status = 202, description = "Not confirmed yet"),
        (status = 401, description = "BAD_REQUEST_SIGNATURE or CLOCK"),
        (status = 403, description = "DEVICE_REVOKED or DEVICE_FORKED"),
        (status = 404, description = "NOT_FOUND, or UNKNOWN_EVENT: it is closed"),
    )
)]
pub(super) async fn show_enrolment(
    State(app): State<App>,
    Path(device): Path<String>,
    request: Request,
) -> Result<Response, Refusal> {
    let signed = Signed::read(&app, request).await?;
    if device.parse() != Ok(signed.device.id) {
        return Err(ProblemCode::NotFound.into());
    }
    match signed.device.status() {
        None => Ok((StatusCode::ACCEPTED, Json(pending(&signed.device))).into_response()),
        Some(DeviceStatus::Active) => Ok(Json(enrolled(&app, signed.device).await?).into_response()),
        Some(DeviceStatus::Revoked | DeviceStatus::Wiped) => Err(signed.revoked()),
        Some(DeviceStatus::Forked) => Err(ProblemCode::DeviceForked.into()),
    }
}

async fn enrolled(app: &App, device: Device) -> Result<Enrolled, Refusal> {
    let mut tx = app.database().begin_read().await?;
    let policy = feed::policy(&mut tx, device.event).await?;
    let state = feed::state(&mut tx, device.event).await?;
    // Without its key nobody can read the feed.
    let body_key = feed::body_key(&mut tx, app.sealer(), device.event).await?.ok_or(ProblemCode::UnknownEvent)?;
    let gate = device.gate();
    let certificate = device.certificate.ok_or(StoreError::Corrupt("certificate"))?;
    Ok(Enrolled {
        event_id: device.event,
        event_name: policy.event,
        device_id: device.id,
        device_no: device.number.ok_or(StoreError::Corrupt("number"))?,
        gate,
        feed_id: state.feed,
        k_body: hex::encode(*body_key),
        certificate: hex::encode(certificate.bytes),
        certificate_signature: hex::encode(certificate.signature),
    })
}
