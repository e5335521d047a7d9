//! Check-ins as they arrive: server-sent events.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, header};
use axum::response::sse::{Event as Message, KeepAlive, Sse};
use futures_util::stream::{Stream, StreamExt as _, unfold};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::body::CheckInBody;
use super::surroundings;
use crate::accounts::Organiser;
use crate::admissions::{Filter, Order, store};
use crate::app::App;
use crate::db::StoreError;
use crate::events::Event;
use crate::events::routes::event_of;
use crate::http::problem::Problem;

/// How often to look for what other processes have stored.
const LOOK_EVERY: Duration = Duration::from_millis(400);
/// However busy the server is, a stream looks no more often than this.
const LOOK_GAP: Duration = Duration::from_millis(50);
/// How often something is sent, so that nobody on the way thinks the stream dead.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Check-ins read at once.
const BITE: u32 = 200;

/// Streams check-ins as they arrive: one event each, its id the check-in's number, its data as in the list.
///
/// Starts with what arrives from now on, or after `Last-Event-ID`. Ends when the server stops; browsers then
/// ask again by themselves.
#[utoipa::path(
    get, path = "/api/v1/events/{event}/check-ins/stream", tag = "admissions",
    params(
        ("Last-Event-ID" = Option<u64>, Header, description = "The number after which to go on"),
    ),
    responses((status = 200, body = CheckInBody, content_type = "text/event-stream"))
)]
pub(super) async fn stream_check_ins(
    State(app): State<App>,
    organiser: Organiser,
    Path(event): Path<String>,
    headers: HeaderMap,
) -> Result<([(HeaderName, &'static str); 2], Sse<impl Stream<Item = Result<Message, Infallible>>>), Problem> {
    let mut tx = app.database().begin_read().await?;
    let event = event_of(&mut tx, organiser, &event).await?;
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok()).and_then(|value| value.parse().ok());
    let after = match last {
        Some(number) => number,
        None => store::last_number(&mut tx, event.id).await?,
    };
    drop(tx);
    let shutdown = app.shutdown();
    let tail = Tail { commits: app.database().commits(), app, event, after, ready: VecDeque::new(), looked_at: None };
    let messages = unfold(tail, Tail::next).take_until(shutdown);
    let headers = [(header::CACHE_CONTROL, "no-store"), (HeaderName::from_static("x-accel-buffering"), "no")];
    Ok((headers, Sse::new(messages).keep_alive(KeepAlive::new().interval(HEARTBEAT))))
}

/// Follows an event's check-ins by their numbers, so that it doesn't matter which process stores them.
struct Tail {
    app: App,
    event: Event,
    after: u64,
    ready: VecDeque<CheckInBody>,
    commits: watch::Receiver<u64>,
    looked_at: Option<Instant>,
}

impl Tail {
    /// Waits for the next check-in. The stream ends when the database fails: the caller asks again.
    async fn next(mut self) -> Option<(Result<Message, Infallible>, Self)> {
        loop {
            if let Some(check_in) = self.ready.pop_front() {
                self.after = check_in.number();
                let id = check_in.number().to_string();
                let message = Message::default().id(id).event("check-in").json_data(&check_in);
                return Some((Ok(message.unwrap_or_default()), self));
            }
            if let Some(looked_at) = self.looked_at {
                tokio::select! {
                    () = sleep_until(looked_at + LOOK_EVERY) => {}
                    _ = self.commits.changed() => sleep_until(looked_at + LOOK_GAP).await,
                }
            }
            self.commits.mark_unchanged();
            self.looked_at = Some(Instant::now());
            if let Err(error) = self.look().await {
                tracing::warn!(%error, "a stream of check-ins ends early");
                return None;
            }
        }
    }

    async fn look(&mut self) -> Result<(), StoreError> {
        let mut tx = self.app.database().begin_read().await?;
        let (filter, order) = (Filter::default(), Order::OldestFirst);
        let check_ins = store::list(&mut tx, self.event.id, filter, order, Some(self.after), BITE).await?;
        let around = surroundings(&mut tx, &self.event, &check_ins).await?;
        self.ready = check_ins.iter().map(|check_in| CheckInBody::of(check_in, &self.event, &around)).collect();
        Ok(())
    }
}
