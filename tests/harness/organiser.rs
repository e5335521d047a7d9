//! An organiser's own program: a thin client of the server's API.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use reqwest::{Method, RequestBuilder, Response, StatusCode, header};
use serde_json::{Value, json};

use crate::process::Server;

/// What the harness's organiser logs in with.
pub const EMAIL: &str = "organiser@example.org";
/// What the harness's organiser logs in with.
pub const PASSWORD: &str = "a long enough passphrase";

/// Somebody logged in at a server.
#[derive(Clone, Debug)]
pub struct Organiser {
    http: reqwest::Client,
    api: String,
    tokens: Arc<Mutex<Tokens>>,
    /// A refresh token works once, so one task fetches the next for all.
    refreshing: Arc<tokio::sync::Mutex<()>>,
}

/// What a session is known by.
#[derive(Clone, Debug, Default)]
struct Tokens {
    access: String,
    refresh: String,
}

impl Organiser {
    /// Makes the first account on a running server, with its own program, and logs in.
    ///
    /// # Errors
    ///
    /// If either is refused.
    pub async fn first(server: &Server) -> anyhow::Result<Self> {
        server.command(
            &["account", "create", "--email", EMAIL, "--name", "Olga", "--organisation", "Example", "--password-stdin"],
            &format!("{PASSWORD}\n"),
        )?;
        Self::log_in(&server.url(), EMAIL, PASSWORD).await
    }

    /// Logs in.
    ///
    /// # Errors
    ///
    /// If the server refuses or can't be reached.
    pub async fn log_in(server_url: &str, email: &str, password: &str) -> anyhow::Result<Self> {
        // Two tests of one process may both come here first; either's provider is the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // A server closes connections that rest, and a test may ask at just that moment.
        let http = reqwest::Client::builder()
            .pool_max_idle_per_host(0)
            .timeout(Duration::from_secs(60))
            // The harness's servers sign their own certificates.
            .tls_danger_accept_invalid_certs(true)
            .build()?;
        let organiser =
            Self { http, api: format!("{server_url}/api/v1"), tokens: Arc::default(), refreshing: Arc::default() };
        let session = organiser.post("/sessions", &json!({ "email": email, "password": password })).await?;
        organiser.keep(&session)?;
        Ok(organiser)
    }

    /// Asks for `path` (after `/api/v1`) and reads JSON.
    ///
    /// # Errors
    ///
    /// With the problem, if the answer isn't a success.
    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.json(self.request(Method::GET, path)).await
    }

    /// Posts JSON to `path` and reads JSON; `null` where the answer is empty.
    ///
    /// # Errors
    ///
    /// With the problem, if the answer isn't a success.
    pub async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.json(self.request(Method::POST, path).json(body)).await
    }

    /// Sends a change of what lies at `path` and reads JSON.
    ///
    /// # Errors
    ///
    /// With the problem, if the answer isn't a success.
    pub async fn patch(&self, path: &str, change: &Value) -> anyhow::Result<Value> {
        self.json(self.request(Method::PATCH, path).json(change)).await
    }

    /// Asks for `path` and returns the bytes: pictures, exports.
    ///
    /// # Errors
    ///
    /// With the problem, if the answer isn't a success.
    pub async fn bytes(&self, path: &str) -> anyhow::Result<Vec<u8>> {
        let response = success(self.send(self.request(Method::GET, path)).await?).await?;
        Ok(response.bytes().await?.to_vec())
    }

    /// Reads all pages of a list.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub async fn list(&self, path: &str) -> anyhow::Result<Vec<Value>> {
        let mut items = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let request = self.request(Method::GET, path).query(&[("limit", "200")]);
            let request = match &cursor {
                Some(cursor) => request.query(&[("cursor", cursor)]),
                None => request,
            };
            let mut page = self.json(request).await?;
            let Some(Value::Array(more)) = page.get_mut("items").map(Value::take) else {
                bail!("{path} answered no list: {page}");
            };
            items.extend(more);
            match page.get("next").and_then(Value::as_str) {
                Some(next) => cursor = Some(next.to_owned()),
                None => return Ok(items),
            }
        }
    }

    /// Returns a request to `path` with the session's token, for what the other methods don't do.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.api)).bearer_auth(self.token())
    }

    /// Returns the session's access token.
    pub fn token(&self) -> String {
        self.tokens().access
    }

    fn tokens(&self) -> Tokens {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep(&self, session: &Value) -> anyhow::Result<()> {
        let tokens = Tokens { access: text(session, "token")?, refresh: text(session, "refresh_token")? };
        *self.tokens.lock().unwrap_or_else(PoisonError::into_inner) = tokens;
        Ok(())
    }

    /// Sends a request; where the access token has ended, fetches the next one first and sends it again.
    async fn send(&self, request: RequestBuilder) -> anyhow::Result<Response> {
        let used = self.tokens();
        let again = request.try_clone();
        let response = request.send().await?;
        let Some(again) = again.filter(|_| response.status() == StatusCode::UNAUTHORIZED) else { return Ok(response) };
        let _alone = self.refreshing.lock().await;
        if self.token() == used.access {
            let next = self.http.post(format!("{}/sessions/refresh", self.api));
            let next = next.json(&json!({ "refresh_token": used.refresh })).send().await?;
            if !next.status().is_success() {
                return Ok(response);
            }
            self.keep(&next.json().await?)?;
        }
        let mut again = again.build()?;
        again.headers_mut().insert(header::AUTHORIZATION, format!("Bearer {}", self.token()).parse()?);
        Ok(self.http.execute(again).await?)
    }

    async fn json(&self, request: RequestBuilder) -> anyhow::Result<Value> {
        let bytes = success(self.send(request).await?).await?.bytes().await?;
        if bytes.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&bytes).with_context(|| format!("not JSON: {}", String::from_utf8_lossy(&bytes)))
    }
}

/// What organisers do.
impl Organiser {
    /// Creates an event and returns its id.
    ///
    /// # Errors
    ///
    /// If the server refuses.
    pub async fn create_event(&self, event: &Value) -> anyhow::Result<String> {
        text(&self.post("/events", event).await?, "id")
    }

    /// Registers an attendee and returns the registration with its ticket.
    ///
    /// # Errors
    ///
    /// If the server refuses.
    pub async fn register(&self, event: &str, attendee: &Value) -> anyhow::Result<Value> {
        self.post(&format!("/events/{event}/registrations"), attendee).await
    }

    /// Imports attendees from CSV.
    ///
    /// # Errors
    ///
    /// With the row-by-row report, if the server refuses.
    pub async fn import(&self, event: &str, csv: String) -> anyhow::Result<Value> {
        let request = self.request(Method::POST, &format!("/events/{event}/registrations/import"));
        self.json(request.header("content-type", "text/csv").body(csv)).await
    }

    /// Lists the registrations of an event.
    ///
    /// # Errors
    ///
    /// If the server refuses.
    pub async fn registrations(&self, event: &str) -> anyhow::Result<Vec<Value>> {
        self.list(&format!("/events/{event}/registrations")).await
    }

    /// Returns the text that a ticket's QR code holds.
    ///
    /// # Errors
    ///
    /// If the server refuses.
    pub async fn credential(&self, event: &str, ticket: &str) -> anyhow::Result<String> {
        let bytes = self.bytes(&format!("/events/{event}/tickets/{ticket}/credential")).await?;
        let answer = String::from_utf8(bytes).context("a credential is text")?;
        match serde_json::from_str::<Value>(&answer) {
            Ok(value) => text(&value, "credential"),
            Err(_) => Ok(answer),
        }
    }

    /// Makes an enrolment code (`name`, `gates`, `capabilities`, `confirmed`): its typed `code`, its `invitation`, …
    ///
    /// # Errors
    ///
    /// If the server refuses.
    pub async fn enrolment_code(&self, event: &str, role: &Value) -> anyhow::Result<Value> {
        self.post(&format!("/events/{event}/enrolment-codes"), role).await
    }

    /// Lists the devices of an event.
    ///
    /// # Errors
    ///
    /// If the server refuses.
    pub async fn devices(&self, event: &str) -> anyhow::Result<Vec<Value>> {
        self.list(&format!("/events/{event}/devices")).await
    }

    /// Revokes a device.
    ///
    /// # Errors
    ///
    /// If the server refuses.
    pub async fn revoke_device(&self, event: &str, device: &str) -> anyhow::Result<Value> {
        self.post(&format!("/events/{event}/devices/{device}/revoke"), &json!({})).await
    }

    /// Lists what the doors of an event decided, in the order of arrival.
    ///
    /// # Errors
    ///
    /// If the server refuses.
    pub async fn check_ins(&self, event: &str) -> anyhow::Result<Vec<Value>> {
        self.list(&format!("/events/{event}/check-ins")).await
    }

    /// Lists what doors did without knowing of each other, with both signed entries.
    ///
    /// # Errors
    ///
    /// If the server refuses.
    pub async fn conflicts(&self, event: &str) -> anyhow::Result<Vec<Value>> {
        self.list(&format!("/events/{event}/conflicts")).await
    }

    /// Changes a ticket: `cancel`, `block`, `unblock` or `reissue`.
    ///
    /// # Errors
    ///
    /// If the server refuses.
    pub async fn change_ticket(&self, event: &str, ticket: &str, change: &str) -> anyhow::Result<Value> {
        self.post(&format!("/events/{event}/tickets/{ticket}/{change}"), &json!({})).await
    }
}

/// Asks again and again until the answer `is_right`: for what arrives at the server in its own time.
///
/// # Errors
///
/// With the last answer, if `patience` passes first.
pub async fn eventually<T: std::fmt::Debug>(
    patience: Duration,
    ask: impl AsyncFn() -> anyhow::Result<T>,
    is_right: impl Fn(&T) -> bool,
) -> anyhow::Result<T> {
    let deadline = Instant::now() + patience;
    loop {
        let answer = ask().await?;
        if is_right(&answer) {
            return Ok(answer);
        }
        if Instant::now() >= deadline {
            bail!("still not right after {patience:?}: {answer:#?}");
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Returns a text field.
///
/// # Errors
///
/// If there is none.
pub fn text(value: &Value, field: &str) -> anyhow::Result<String> {
    let found = value.get(field).and_then(Value::as_str);
    Ok(found.with_context(|| format!("no text {field:?} in {value}"))?.to_owned())
}

async fn success(response: Response) -> anyhow::Result<Response> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let url = response.url().path().to_owned();
    let body = response.text().await.unwrap_or_default();
    Err(anyhow::Error::new(Refused { status, body }).context(format!("{url} was refused")))
}

/// An answer that isn't a success; found with `error.downcast_ref::<Refused>()`.
#[derive(Debug)]
pub struct Refused {
    /// The status.
    pub status: StatusCode,
    /// The problem, as it was sent.
    pub body: String,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.status, self.body)
    }
}

impl std::error::Error for Refused {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::ServerOptions;

    crate::on_both_databases! {
        async fn the_first_organiser_can_log_in(database_url: String) {
            let server = ServerOptions::default().database_url(database_url).start().unwrap();

            let organiser = Organiser::first(&server).await.unwrap();

            assert_eq!(text(&organiser.get("/me").await.unwrap(), "email").unwrap(), EMAIL);
        }
    }

    #[tokio::test]
    async fn a_refusal_tells_the_problem() {
        let server = ServerOptions::default().start().unwrap();
        Organiser::first(&server).await.unwrap();

        let error = Organiser::log_in(&server.url(), EMAIL, "something else").await.unwrap_err();

        let refused = error.downcast_ref::<Refused>().unwrap();
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    }
}
