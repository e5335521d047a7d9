//! Logging in and out over HTTP.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{NO_STORE, wait};
use crate::accounts::password::Password;
use crate::accounts::sessions::{
    self as feature, LogIn, LogInError, Origin, Refresh, RefreshError, Session, Tokens, USER_AGENT_CHARS_MAX,
};
use crate::accounts::{Caller, SessionId, Token};
use crate::app::App;
use crate::http::auth::forged;
use crate::http::cookies::{self, Cookie};
use crate::http::extract::{Json, Query, id};
use crate::http::page::{self, Page, PageQuery};
use crate::http::peer::Peer;
use crate::http::problem::Problem;
use crate::http::time::rfc3339;

/// What proves who one is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LogInBody {
    #[schema(example = "ada@example.org")]
    email: String,
    #[schema(example = "seven lampions over the canal")]
    password: String,
    /// What the app of the second factor shows, or a recovery code.
    #[schema(example = "287082")]
    code: Option<String>,
    /// `device_token` of an earlier log-in. Strangers who guess at the account do not slow such a device down.
    #[schema(example = "c2d3e4f506174f0c6c2a8a1d4e5f90b1c2d3e4f5061728394a5b6c7d8e9fa0b1")]
    device_token: Option<String>,
    /// Whether the tokens become cookies of a browser.
    #[serde(default)]
    cookie: bool,
}

/// A session that goes on.
#[derive(Serialize, ToSchema)]
pub(super) struct SessionBody {
    /// Send it as `Authorization: Bearer …`. It is shown this once; absent where it became a cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "4f0c6c2a8a1d4e5f90b1c2d3e4f5061728394a5b6c7d8e9fa0b1c2d3e4f50617")]
    token: Option<String>,
    /// When it ends: after half an hour.
    #[schema(example = "2026-11-21T20:00:00.000Z", format = "date-time")]
    expires_at: String,
    /// Brings the next tokens, once. Absent where it became a cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "8a1d4e5f90b1c2d3e4f5061728394a5b6c7d8e9fa0b1c2d3e4f506174f0c6c2a")]
    refresh_token: Option<String>,
    /// When that ends, and the session with it: 30 days after logging in, however much it is used.
    #[schema(example = "2026-12-21T19:30:00.000Z", format = "date-time")]
    refresh_expires_at: String,
    /// Keep it on this device and send it with the next log-in. Absent where it became a cookie, and after a refresh.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "c2d3e4f506174f0c6c2a8a1d4e5f90b1c2d3e4f5061728394a5b6c7d8e9fa0b1")]
    device_token: Option<String>,
    /// With cookies: send it as `X-CSRF-Token` with whatever is not a GET. Also in the cookie `usher_csrf`,
    /// whose name begins with `__Host-` or `__Secure-` where the server is reached over TLS.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "c2d3e4f506174f0c6c2a8a1d4e5f90b1c2d3e4f5061728394a5b6c7d8e9fa0b1")]
    csrf_token: Option<String>,
}

impl SessionBody {
    fn of(tokens: &Tokens) -> Self {
        Self {
            token: Some(tokens.access.reveal()),
            expires_at: rfc3339(tokens.access_expires_at),
            refresh_token: Some(tokens.refresh.reveal()),
            refresh_expires_at: rfc3339(tokens.refresh_expires_at),
            device_token: None,
            csrf_token: None,
        }
    }

    fn without_tokens(tokens: &Tokens, csrf: &Token) -> Self {
        Self { token: None, refresh_token: None, csrf_token: Some(csrf.reveal()), ..Self::of(tokens) }
    }
}

impl From<LogInError> for Problem {
    fn from(error: LogInError) -> Self {
        let unauthorized = |name, title| Self::new(StatusCode::UNAUTHORIZED, name, title);
        match error {
            LogInError::Wait { ms } => wait(ms),
            LogInError::Wrong => unauthorized("wrong-credentials", "Wrong e-mail address or password"),
            LogInError::Unverified => Self::new(StatusCode::FORBIDDEN, "email-unverified", "Address not proved yet")
                .detail("Use the link in the letter that was sent to you, or have it sent again."),
            LogInError::CodeNeeded => unauthorized("second-factor-needed", "A code is needed too")
                .detail("Send `code` as well: what your app shows, or a recovery code."),
            LogInError::WrongCode => unauthorized("second-factor-wrong", "The code is wrong")
                .detail("Each code works once. Wait for the next one, or use a recovery code."),
            LogInError::Store(error) => error.into(),
        }
    }
}

/// Logs in.
///
/// An unknown address and a wrong password are answered alike. After several failures the answer is 429 with
/// `Retry-After`: each further one waits twice as long, up to 15 minutes. A device that sends the `device_token` of
/// an earlier log-in is judged apart from everybody else, and so is one on which another password was just chosen by
/// mail.
#[utoipa::path(
    post, path = "/api/v1/sessions", tag = "accounts", request_body = LogInBody, security(()),
    responses(
        (status = 201, body = SessionBody),
        (status = 401, description = "`wrong-credentials`; after the right password also `second-factor-needed` and \
                        `second-factor-wrong`"),
        (status = 403, description = "`email-unverified`, after the right password"),
    )
)]
pub(super) async fn log_in(
    State(app): State<App>,
    Peer(address): Peer,
    headers: HeaderMap,
    Json(body): Json<LogInBody>,
) -> Result<Response, Problem> {
    let device = body.device_token.as_deref().and_then(Token::parse);
    let asked = LogIn {
        email: body.email,
        password: Password::new(body.password),
        code: body.code,
        device: device.or_else(|| Cookie::Device.read(&app, &headers)),
        is_browser: body.cookie,
        origin: Origin { address, user_agent: user_agent(&headers) },
    };
    let begun = feature::log_in(&app, asked).await?;
    let (kept, body) = match &begun.csrf {
        None => {
            let body = SessionBody { device_token: Some(begun.device.reveal()), ..SessionBody::of(&begun.tokens) };
            (Vec::new(), body)
        }
        Some(csrf) => {
            let mut kept = keep(&app, &begun.tokens, csrf);
            kept.push(Cookie::Device.keep(&app, &begun.device));
            (kept, SessionBody::without_tokens(&begun.tokens, csrf))
        }
    };
    Ok((StatusCode::CREATED, [NO_STORE], AppendHeaders(kept), Json(body)).into_response())
}

fn keep(app: &App, tokens: &Tokens, csrf: &Token) -> Vec<(HeaderName, String)> {
    vec![
        Cookie::Session.keep(app, &tokens.access),
        Cookie::Refresh.keep(app, &tokens.refresh),
        Cookie::Csrf.keep(app, csrf),
    ]
}

fn user_agent(headers: &HeaderMap) -> String {
    let name = headers.get(header::USER_AGENT).and_then(|name| name.to_str().ok()).unwrap_or_default();
    name.chars().filter(|c| !c.is_control()).take(USER_AGENT_CHARS_MAX).collect()
}

/// What keeps a session going.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RefreshBody {
    /// Absent where it is a cookie, for which `X-CSRF-Token` is needed.
    #[schema(example = "8a1d4e5f90b1c2d3e4f5061728394a5b6c7d8e9fa0b1c2d3e4f506174f0c6c2a")]
    refresh_token: Option<String>,
}

impl From<RefreshError> for Problem {
    fn from(error: RefreshError) -> Self {
        match error {
            RefreshError::Ended => {
                Self::of_status(StatusCode::UNAUTHORIZED).detail("The session has ended or never was. Log in again.")
            }
            RefreshError::Forged => forged(),
            RefreshError::Store(error) => error.into(),
        }
    }
}

/// Exchanges a refresh token for the session's next tokens.
///
/// Each refresh token works once. One that comes a second time has been copied, so the session ends for everybody who
/// has it; except within ten seconds, when two tabs may have sent it at once: then both are answered alike.
#[utoipa::path(
    post, path = "/api/v1/sessions/refresh", tag = "accounts", request_body = RefreshBody, security(()),
    responses(
        (status = 200, body = SessionBody),
        (status = 401),
        (status = 403, description = "By cookie, without `X-CSRF-Token`"),
    )
)]
pub(super) async fn refresh(
    State(app): State<App>,
    Peer(address): Peer,
    headers: HeaderMap,
    Json(body): Json<RefreshBody>,
) -> Result<Response, Problem> {
    let origin = Origin { address, user_agent: user_agent(&headers) };
    if let Some(token) = &body.refresh_token {
        let token = Token::parse(token).ok_or(RefreshError::Ended)?;
        let tokens = feature::refresh(&app, Refresh::Program(token), &origin).await?;
        return Ok(([NO_STORE], Json(SessionBody::of(&tokens))).into_response());
    }
    let token = Cookie::Refresh.read(&app, &headers).ok_or(RefreshError::Ended)?;
    let csrf = cookies::csrf(&headers).ok_or(RefreshError::Forged)?;
    let shown = Refresh::Browser { token, csrf: csrf.clone() };
    let tokens = feature::refresh(&app, shown, &origin).await?;
    let kept = AppendHeaders(keep(&app, &tokens, &csrf));
    Ok(([NO_STORE], kept, Json(SessionBody::without_tokens(&tokens, &csrf))).into_response())
}

/// Logs out: ends the session that the request is made with.
#[utoipa::path(
    delete, path = "/api/v1/sessions/current", tag = "accounts",
    responses((status = 204))
)]
pub(super) async fn log_out(State(app): State<App>, caller: Caller) -> Result<Response, Problem> {
    if let Some(session) = caller.session {
        feature::end(&app, &caller, session).await?;
    }
    Ok((StatusCode::NO_CONTENT, forget(&app)).into_response())
}

/// Logs out everywhere: ends all of one's sessions, this one too.
#[utoipa::path(
    delete, path = "/api/v1/me/sessions", tag = "accounts",
    responses((status = 204))
)]
pub(super) async fn log_out_everywhere(State(app): State<App>, caller: Caller) -> Result<Response, Problem> {
    feature::end_all(&app, &caller).await?;
    Ok((StatusCode::NO_CONTENT, forget(&app)).into_response())
}

/// The browser stays a device that has logged in before.
pub(crate) fn forget(app: &App) -> AppendHeaders<[(HeaderName, String); 3]> {
    AppendHeaders([Cookie::Session, Cookie::Refresh, Cookie::Csrf].map(|cookie| cookie.forget(app)))
}

/// One of one's own sessions.
#[derive(Serialize, ToSchema)]
pub(crate) struct OwnSessionBody {
    #[schema(example = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6e")]
    id: String,
    /// Whether the request is made with it.
    is_current: bool,
    /// From where it was last used.
    #[schema(example = "192.0.2.7")]
    address: String,
    /// What the browser or program calls itself.
    #[schema(example = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")]
    user_agent: String,
    #[schema(example = "2026-11-21T19:30:00.000Z", format = "date-time")]
    begun_at: String,
    /// When it was last used, to the minute.
    #[schema(example = "2026-11-21T19:55:00.000Z", format = "date-time")]
    seen_at: String,
    /// When it ends, however much it is used.
    #[schema(example = "2026-12-21T19:30:00.000Z", format = "date-time")]
    expires_at: String,
}

impl OwnSessionBody {
    pub(crate) fn of(session: Session, caller: &Caller) -> Self {
        Self {
            id: session.id.to_string(),
            is_current: caller.session == Some(session.id),
            address: session.address,
            user_agent: session.user_agent,
            begun_at: rfc3339(session.begun_at),
            seen_at: rfc3339(session.seen_at),
            expires_at: rfc3339(session.expires_at),
        }
    }
}

/// Lists one's own sessions, the newest first.
#[utoipa::path(
    get, path = "/api/v1/me/sessions", tag = "accounts", params(PageQuery),
    responses((status = 200, body = Page<OwnSessionBody>))
)]
pub(super) async fn list_sessions(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<OwnSessionBody>>, Problem> {
    let limit = page::limit(query.limit)?;
    let cursor = page::cursor(query.cursor.as_deref())?.map(SessionId);
    let held = feature::list(&app, &caller, cursor, limit + 1).await?;
    let page = Page::new(held, limit, |session| session.id.0.to_vec());
    Ok(Json(page.map(|session| OwnSessionBody::of(session, &caller))))
}

/// Ends one of one's own sessions.
#[utoipa::path(
    delete, path = "/api/v1/me/sessions/{session}", tag = "accounts",
    responses((status = 204))
)]
pub(super) async fn end_session(
    State(app): State<App>,
    caller: Caller,
    Path(session): Path<String>,
) -> Result<StatusCode, Problem> {
    const WHAT: &str = "such session";
    if feature::end(&app, &caller, id(&session, WHAT)?).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found(WHAT))
    }
}
