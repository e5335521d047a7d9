//! Requests that a device has signed.

use axum::body::{Body, Bytes};
use axum::extract::{Query, Request};
use axum::http::{HeaderMap, Method, Uri, header};
use futures_util::StreamExt as _;
use serde::de::DeserializeOwned;
use sync_protocol::feed::entry::DeviceStatus;
use sync_protocol::http_signature::{Parts, Presented, SignatureError};
use sync_protocol::id::{DeviceId, EventId};
use sync_protocol::problem::ProblemCode;
use sync_protocol::wipe::WipeOrder;

use super::refusal::Refusal;
use crate::app::App;
use crate::devices::{self, Device, Said};

/// The longest body of a device's request, as it is sent.
pub(super) const BODY_BYTES_MAX: usize = 300 * 1024;

/// A request whose signature was verified.
#[derive(Debug)]
pub(super) struct Signed {
    pub(super) device: Device,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    uri: Uri,
    /// S's signature under the order that the device erase itself.
    wipe: Option<String>,
}

/// Which devices may ask.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Access {
    /// Only those that count.
    Counting,
    /// Also revoked and forked ones: uploads never stop.
    Journals,
}

impl Signed {
    /// Reads a request and verifies who signed it.
    ///
    /// Its path, query and authority count as they arrived; behind a proxy the authority is that of the
    /// public address.
    pub(super) async fn read(app: &App, request: Request) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        let input = single(&parts.headers, "signature-input")?.ok_or_else(|| refuse(SignatureError::Form))?;
        let signature = single(&parts.headers, "signature")?.ok_or_else(|| refuse(SignatureError::Form))?;
        let digest = single(&parts.headers, "content-digest")?;
        let presented = Presented::parse(input).map_err(refuse)?;
        let device = find(app, presented.device).await?.ok_or_else(|| refuse(SignatureError::Signature))?;

        let body = read_body(body, BODY_BYTES_MAX).await?;
        let has_body = !body.is_empty() || !matches!(parts.method, Method::GET | Method::HEAD);
        let signed = Parts {
            method: parts.method.as_str(),
            authority: authority(app, &parts.uri, &parts.headers),
            path: parts.uri.path(),
            query: parts.uri.query().unwrap_or_default(),
            body: has_body.then_some(&body[..]),
        };
        presented.verify(&signed, digest, signature, &device.sign_key, app.clock().now()).map_err(refuse)?;
        let wipe = (device.status() == Some(DeviceStatus::Wiped))
            .then(|| WipeOrder { event: device.event, device: device.id }.sign_hex(app.server_key()));
        Ok(Self { device, headers: parts.headers, body, uri: parts.uri, wipe })
    }

    /// Returns the event of the path, if the device belongs to it and may ask.
    pub(super) fn in_event(&self, event: &str, access: Access) -> Result<EventId, Refusal> {
        let status = self.device.status().filter(|_| event.parse() == Ok(self.device.event));
        match (status.ok_or(ProblemCode::UnknownEvent)?, access) {
            (DeviceStatus::Active, _) | (_, Access::Journals) => Ok(self.device.event),
            (DeviceStatus::Revoked | DeviceStatus::Wiped, Access::Counting) => Err(self.revoked()),
            (DeviceStatus::Forked, Access::Counting) => Err(ProblemCode::DeviceForked.into()),
        }
    }

    /// Says that the device was revoked, with the order to erase itself if there is one.
    pub(super) fn revoked(&self) -> Refusal {
        let refusal = Refusal::from(ProblemCode::DeviceRevoked);
        match &self.wipe {
            Some(order) => refusal.with("wipe", order.as_str()),
            None => refusal,
        }
    }

    /// Reads the query.
    pub(super) fn query<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        let read = Query::try_from_uri(&self.uri);
        read.map(|Query(value)| value).map_err(|error| Refusal::from(ProblemCode::Malformed).detail(error.body_text()))
    }

    /// Notes that the device spoke, beside the answer.
    pub(super) fn note_seen(&self, app: &App) {
        self.note_said(app, Said::default());
    }

    /// Notes that the device spoke and what it said of itself, beside the answer.
    pub(super) fn note_said(&self, app: &App, said: Said) {
        let (app, device) = (app.clone(), self.device.clone());
        tokio::spawn(async move {
            if let Err(error) = devices::note_seen(&app, &device, said).await {
                tracing::warn!(device.id = %device.id, %error, "could not note that a device was seen");
            }
        });
    }
}

/// Reads a whole body of at most `bytes_max` bytes.
pub(crate) async fn read_body(body: Body, bytes_max: usize) -> Result<Bytes, Refusal> {
    let mut parts = body.into_data_stream();
    let mut whole = Vec::new();
    while let Some(part) = parts.next().await {
        let part = part.map_err(|_| Refusal::from(ProblemCode::Malformed).detail("The body breaks off."))?;
        if whole.len() + part.len() > bytes_max {
            return Err(ProblemCode::TooLarge.into());
        }
        whole.extend_from_slice(&part);
    }
    Ok(whole.into())
}

async fn find(app: &App, id: DeviceId) -> Result<Option<Device>, Refusal> {
    let mut tx = app.database().glance().await?;
    Ok(devices::store::device(&mut tx, id).await?)
}

/// Returns a header that may stand only once.
fn single<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Refusal> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().map(|value| value.to_str().map_err(|_| refuse(SignatureError::Form))).transpose()?;
    if values.next().is_some() { Err(refuse(SignatureError::Form)) } else { Ok(value) }
}

fn authority<'a>(app: &'a App, uri: &'a Uri, headers: &'a HeaderMap) -> &'a str {
    if app.is_behind_proxy() {
        let url = app.public_url();
        let address = url.split_once("://").map_or(url, |(_, address)| address);
        return address.split('/').next().unwrap_or(address);
    }
    let host = || headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    uri.authority().map_or_else(host, axum::http::uri::Authority::as_str)
}

fn refuse(error: SignatureError) -> Refusal {
    let code = match error {
        SignatureError::Clock => ProblemCode::Clock,
        SignatureError::Form | SignatureError::Digest | SignatureError::Signature => ProblemCode::BadRequestSignature,
    };
    let text = error.to_string();
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    Refusal::from(code).detail(format!("{}{}.", first.unwrap_or_default(), letters.as_str()))
}
