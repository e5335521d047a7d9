//! News of feeds, for all who wait for them: those who look at the same moment look once, and are answered with the same
//! bytes.

use std::sync::Arc;
use std::time::Duration;

use sync_protocol::id::{EventId, FeedSeq};
use sync_protocol::sync::message::encode_feed_answer;
use tokio::time::Instant;

use super::feed::{self, FeedState};
use crate::app::App;
use crate::db::{StoreError, Trouble};
use crate::in_turn::{InTurn, Unanswered};

/// How often to look for what other processes have appended.
const LOOK_EVERY: Duration = Duration::from_millis(400);
const ZSTD_LEVEL: i32 = 3;

/// How an answer is packed.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum Coding {
    Plain,
    Zstd,
}

/// What somebody is answered who holds a feed up to a number.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) struct Asked {
    pub(super) event: EventId,
    pub(super) after: FeedSeq,
    pub(super) count_max: u32,
    pub(super) coding: Coding,
}

/// The answer's bytes, and where the feed stood.
#[derive(Clone, Debug)]
pub(super) struct News {
    pub(super) floor: FeedSeq,
    pub(super) body: Arc<Vec<u8>>,
}

/// Who looks at the feeds in this process.
#[derive(Debug)]
pub struct Lookout {
    began: Instant,
    states: InTurn<EventId, (), Result<FeedState, Trouble>>,
    pages: InTurn<Asked, (), Result<News, Trouble>>,
}

impl Default for Lookout {
    fn default() -> Self {
        let began = Instant::now();
        Self { began, states: InTurn::new(usize::MAX), pages: InTurn::new(usize::MAX) }
    }
}

impl Lookout {
    /// Returns when everybody looks next, whoever waits for what.
    pub(super) fn next_look(&self, now: Instant) -> Instant {
        let looks = now.duration_since(self.began).as_nanos() / LOOK_EVERY.as_nanos();
        self.began + LOOK_EVERY * u32::try_from(looks + 1).unwrap_or(u32::MAX)
    }

    /// Returns how far a feed goes, at this moment or later.
    ///
    /// # Errors
    ///
    /// [`Trouble`]; the log says how.
    pub(super) async fn state(&self, app: &App, event: EventId) -> Result<FeedState, Trouble> {
        let serving = app.clone();
        let serve = move |askers: Vec<()>| {
            let app = serving.clone();
            async move {
                let state = read_state(&app, event).await.map_err(|error| say(&error, event));
                vec![state; askers.len()]
            }
        };
        self.states.ask(event, (), serve).await.unwrap_or_else(|failed| Err(failed.into()))
    }

    /// Returns what follows a number, as much as fits, and then the head.
    ///
    /// # Errors
    ///
    /// [`Trouble`]; the log says how.
    pub(super) async fn page(&self, app: &App, asked: Asked) -> Result<News, Trouble> {
        let serving = app.clone();
        let serve = move |askers: Vec<()>| {
            let app = serving.clone();
            async move {
                let news = read_page(&app, asked).await.map_err(|error| say(&error, asked.event));
                vec![news; askers.len()]
            }
        };
        self.pages.ask(asked, (), serve).await.unwrap_or_else(|failed| Err(failed.into()))
    }
}

impl From<Unanswered> for Trouble {
    fn from(reason: Unanswered) -> Self {
        match reason {
            Unanswered::Full => Self::Busy,
            Unanswered::Failed => Self::Other,
        }
    }
}

fn say(error: &StoreError, event: EventId) -> Trouble {
    tracing::error!(error = error as &dyn std::error::Error, %event, "could not read a feed");
    error.trouble()
}

async fn read_state(app: &App, event: EventId) -> Result<FeedState, StoreError> {
    feed::state(&mut app.database().glance().await?, event).await
}

/// Reads records and head of one state of the database.
async fn read_page(app: &App, asked: Asked) -> Result<News, StoreError> {
    let Asked { event, after, count_max, coding } = asked;
    let mut tx = app.database().begin_read().await?;
    let state = feed::state(&mut tx, event).await?;
    let has_news = state.point.seq > after;
    let records = if has_news { feed::page(&mut tx, event, after, count_max).await? } else { Vec::new() };
    drop(tx);
    let body = encode_feed_answer(&records, &state.head(app, event));
    let body = match coding {
        Coding::Plain => body,
        Coding::Zstd => {
            let packed = tokio::task::spawn_blocking(move || zstd::bulk::compress(&body, ZSTD_LEVEL)).await;
            packed.ok().and_then(Result::ok).ok_or(StoreError::Corrupt("body"))?
        }
    };
    Ok(News { floor: state.floor, body: Arc::new(body) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_who_wait_look_at_the_same_moments() {
        let lookout = Lookout::default();
        let at = |ms| lookout.next_look(lookout.began + Duration::from_millis(ms)) - lookout.began;

        assert_eq!([at(0), at(1), at(399)], [LOOK_EVERY; 3]);
        assert_eq!([at(400), at(799)], [LOOK_EVERY * 2; 2]);
    }
}
