//! The feed and its head.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, Request, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use sync_protocol::id::FeedSeq;
use sync_protocol::problem::ProblemCode;
use sync_protocol::sync::health::Health;
use sync_protocol::sync::message::{WAIT_S_MAX, head_etag};
use tokio::time::{Instant, sleep_until};

use super::refusal::Refusal;
use super::signed::{Access, Signed};
use super::unpack::accepts_zstd;
use crate::app::App;
use crate::devices::Said;
use crate::sync::feed::{self, FeedState, PAGE_RECORDS_MAX};
use crate::sync::news::{Asked, Coding};

/// However busy the server is, a waiting request looks no more often than this.
const LOOK_GAP: Duration = Duration::from_millis(30);

pub(super) const NO_STORE: (HeaderName, &str) = (header::CACHE_CONTROL, "no-store");
pub(super) const BYTES: (HeaderName, &str) = (header::CONTENT_TYPE, "application/octet-stream");

/// Says how far the feed goes, signed.
#[utoipa::path(
    get, path = "/sync/v1/events/{event}/head", tag = "sync", security(()),
    responses(
        (status = 200, description = "The head and its signature; its `ETag` is `\"feed_id.seq\"`"),
        (status = 304, description = "The feed has not moved"),
        (status = 401, description = "BAD_REQUEST_SIGNATURE or CLOCK"),
        (status = 403, description = "DEVICE_REVOKED or DEVICE_FORKED"),
        (status = 404, description = "UNKNOWN_EVENT"),
    )
)]
pub(super) async fn show_head(
    State(app): State<App>,
    Path(event): Path<String>,
    request: Request,
) -> Result<Response, Refusal> {
    let signed = Signed::read(&app, request).await?;
    let event = signed.in_event(&event, Access::Counting)?;
    let mut tx = app.database().begin_read().await?;
    let state = feed::state(&mut tx, event).await?;
    drop(tx);
    signed.note_seen(&app);
    let etag = head_etag(state.feed, state.point.seq);
    let headers = [(header::ETAG, etag.clone()), (header::CACHE_CONTROL, "no-cache".to_owned())];
    if names_tag(&signed, &etag) {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    Ok((headers, [BYTES], state.head(&app, event).to_bytes()).into_response())
}

/// Whether the caller says that it holds what `etag` names.
pub(super) fn names_tag(signed: &Signed, etag: &str) -> bool {
    let values = signed.headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|tag| {
        let tag = tag.trim();
        tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag
    })
}

/// What of the feed to send.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FeedQuery {
    #[serde(default)]
    after: u64,
    max: Option<u32>,
    #[serde(default)]
    wait: u64,
    health: Option<String>,
}

/// Sends the records after a number, then the head; waits for news if there are none yet.
#[utoipa::path(
    get, path = "/sync/v1/events/{event}/feed", tag = "sync", security(()),
    params(
        ("after" = Option<u64>, Query, description = "The number held; 0 without"),
        ("max" = Option<u32>, Query, description = "The most records"),
        ("wait" = Option<u64>, Query, description = "How many seconds to wait for news, at most 25; 0 without"),
        ("health" = Option<String>, Query, description = "How the terminal is, in hexadecimal; passed over if unknown"),
    ),
    responses(
        (status = 200, description = "Records, then the head; zstd if the caller takes it"),
        (status = 401, description = "BAD_REQUEST_SIGNATURE or CLOCK"),
        (status = 403, description = "DEVICE_REVOKED or DEVICE_FORKED"),
        (status = 404, description = "UNKNOWN_EVENT"),
        (status = 410, description = "BELOW_FLOOR, with the snapshot's address"),
    )
)]
pub(super) async fn pull_feed(
    State(app): State<App>,
    Path(event): Path<String>,
    request: Request,
) -> Result<Response, Refusal> {
    let signed = Signed::read(&app, request).await?;
    let event = signed.in_event(&event, Access::Counting)?;
    let query: FeedQuery = signed.query()?;
    let after = FeedSeq(query.after);
    let health = query.health.as_deref().and_then(read_health);
    signed.note_said(&app, Said { cursor: Some(after), health });
    let wait = Duration::from_secs(query.wait.min(WAIT_S_MAX));
    let count_max = query.max.unwrap_or(PAGE_RECORDS_MAX).max(1);
    let coding = if accepts_zstd(&signed.headers) { Coding::Zstd } else { Coding::Plain };
    let body = news(&app, Asked { event, after, count_max, coding }, wait).await?;
    let vary = (header::VARY, "accept-encoding");
    Ok(match coding {
        Coding::Plain => ([BYTES, NO_STORE, vary], body).into_response(),
        Coding::Zstd => ([BYTES, NO_STORE, vary, (header::CONTENT_ENCODING, "zstd")], body).into_response(),
    })
}

/// Reads how a terminal is. What cannot be read is passed over: a door is not kept from its list by it.
fn read_health(text: &str) -> Option<Health> {
    let health = hex::decode(text).ok().and_then(|bytes| Health::decode(&bytes).ok());
    if health.is_none() {
        tracing::debug!("a terminal tells how it is in words of another version");
    }
    health
}

/// Returns what follows a number, as soon as there is something, the time is up or the server stops.
async fn news(app: &App, asked: Asked, wait: Duration) -> Result<Vec<u8>, Refusal> {
    let Asked { event, after, .. } = asked;
    let deadline = Instant::now() + wait;
    let mut commits = app.database().commits();
    let mut shutdown = pin!(app.shutdown());
    let mut is_last_look = wait.is_zero();
    loop {
        commits.mark_unchanged();
        let looked_at = Instant::now();
        if is_last_look || looked_at >= deadline || is_news(&app.lookout().state(app, event).await?, after) {
            let news = app.lookout().page(app, asked).await?;
            if after < news.floor {
                let address = format!("/sync/v1/events/{event}/snapshot");
                return Err(Refusal::from(ProblemCode::BelowFloor).with("snapshot", address));
            }
            return Ok(Arc::unwrap_or_clone(news.body));
        }
        tokio::select! {
            () = &mut shutdown => is_last_look = true,
            () = sleep_until(deadline.min(app.lookout().next_look(looked_at))) => {}
            // An error means that the database is closed, which the next look tells.
            _ = commits.changed() => sleep_until(looked_at + LOOK_GAP).await,
        }
    }
}

/// Whether there is something to say to who holds a feed up to `after`.
fn is_news(state: &FeedState, after: FeedSeq) -> bool {
    state.point.seq != after || after < state.floor
}
