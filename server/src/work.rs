//! What the server does by itself: sends letters and webhooks, issues the tickets of a revoked key anew, moves up who
//! waits, and forgets what was kept long enough.
//!
//! Any number of servers may do so on one database. Whoever takes up a piece of work notes how long nobody else may,
//! in the same transaction in which it was found; what a server leaves undone because it was killed is taken up by
//! another one after that. So nothing is done twice at once, and something is done a second time only if a server ends
//! after doing it and before noting that it did.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use sync_protocol::time::UnixMillis;
use tokio::task::JoinSet;

use crate::app::App;
use crate::clock::random_bytes;
use crate::db::StoreError;
use crate::events::keys::reissue;
use crate::http::serve::FINISH_TIMEOUT;
use crate::mails::{self, sending::Post};
use crate::metrics::Busy;
use crate::registrations::waitlist;
use crate::webhooks;

/// How often a server looks for what other servers have left to do, and for what is due by now.
const POLL: Duration = Duration::from_secs(5);
/// How long a server waits after a commit of its own for those that follow on its heels.
const GATHER: Duration = Duration::from_millis(100);
/// How often a server looks for people who wait although there are places.
const MOVE_UP_EVERY: Duration = Duration::from_secs(60);
/// How often a server looks for what was kept long enough.
const FORGET_EVERY: Duration = Duration::from_secs(60 * 60);
/// How often it is tried to note what was done, and the pause between.
const NOTE_TRIES: u32 = 6;
const NOTE_PAUSE: Duration = Duration::from_millis(500);
/// From the first failure to the next try.
const DELAY_FIRST_MS: u64 = 60 * 1_000;
/// Between two tries at most.
const DELAY_MAX_MS: u64 = 6 * 60 * 60 * 1_000;

/// What a look at the work has found.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Turn {
    /// There may be more to do at once.
    More,
    /// All that is due was done.
    Done,
}

/// How much of one kind of work there is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Backlog {
    /// Pieces that were never tried.
    pub waiting: u64,
    /// Pieces that failed and are tried again.
    pub retrying: u64,
    /// Pieces that were given up, as long as they are kept.
    pub dead: u64,
}

impl Backlog {
    /// Adds `count` pieces in the state `state` of their table: 0 waits, 2 was given up.
    pub(crate) fn add(&mut self, state: u8, has_failed: bool, count: u64) {
        match (state, has_failed) {
            (0, false) => self.waiting += count,
            (0, true) => self.retrying += count,
            _ => self.dead += count,
        }
    }
}

/// When to look again.
#[derive(Clone, Copy)]
enum Pace {
    /// Whenever something was committed.
    News,
    /// After this long.
    Every(Duration),
}

/// The loops of one server. They end when it is told to stop.
#[derive(Debug)]
pub struct Workers(JoinSet<()>);

/// Begins the work.
pub fn start(app: &App, post: Post, caller: webhooks::sending::Caller) -> Workers {
    let mut loops = JoinSet::new();
    loops.spawn(repeat(app.clone(), "letters", Pace::News, {
        let app = app.clone();
        move || {
            let (app, post) = (app.clone(), post.clone());
            async move { mails::sending::turn(&app, &post).await }
        }
    }));
    loops.spawn(repeat(app.clone(), "webhooks", Pace::News, {
        let app = app.clone();
        move || {
            let (app, caller) = (app.clone(), caller.clone());
            async move { webhooks::sending::turn(&app, &caller).await }
        }
    }));
    loops.spawn(repeat(app.clone(), "tickets of a revoked key", Pace::News, {
        let app = app.clone();
        move || {
            let app = app.clone();
            async move { reissue::turn(&app).await }
        }
    }));
    loops.spawn(repeat(app.clone(), "waiting lists", Pace::Every(MOVE_UP_EVERY), {
        let app = app.clone();
        move || {
            let app = app.clone();
            async move { waitlist::turn(&app).await }
        }
    }));
    loops.spawn(repeat(app.clone(), "forgetting", Pace::Every(FORGET_EVERY), {
        let app = app.clone();
        move || {
            let app = app.clone();
            async move { forget(&app).await }
        }
    }));
    Workers(loops)
}

impl Workers {
    /// Waits until what has begun is finished, after [`App::begin_shutdown`]. What takes longer than requests may is
    /// broken off, and taken up again by whichever server is there.
    pub async fn finish(mut self) {
        let all = async { while self.0.join_next().await.is_some() {} };
        if tokio::time::timeout(FINISH_TIMEOUT, all).await.is_err() {
            tracing::warn!("letters or webhooks were broken off: they are sent again later");
        }
    }
}

async fn repeat<F, T>(app: App, name: &'static str, pace: Pace, turn: F)
where
    F: Fn() -> T,
    T: Future<Output = Result<Turn, StoreError>>,
{
    let mut commits = app.database().commits();
    let mut shutdown = pin!(app.shutdown());
    loop {
        commits.mark_unchanged();
        let rest = match turn().await {
            Ok(Turn::More) => Duration::ZERO,
            Ok(Turn::Done) => pace.rest(),
            Err(error) => {
                tracing::error!(error = %Chain(&error), "{name} could not be looked after");
                pace.rest()
            }
        };
        let news = async {
            match pace {
                Pace::News if commits.changed().await.is_ok() => tokio::time::sleep(GATHER).await,
                Pace::News | Pace::Every(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = &mut shutdown => return,
            () = tokio::time::sleep(rest) => {}
            () = news => {}
        }
    }
}

impl Pace {
    const fn rest(self) -> Duration {
        match self {
            Self::News => POLL,
            Self::Every(period) => period,
        }
    }
}

/// Notes what was done, again and again while the database is busy: what is not noted is done a second time.
///
/// # Errors
///
/// [`StoreError`], of the last try.
pub async fn insist<F, T>(app: &App, note: F) -> Result<(), StoreError>
where
    F: Fn() -> T,
    T: Future<Output = Result<(), StoreError>>,
{
    for _ in 1..NOTE_TRIES {
        match note().await {
            Err(StoreError::Busy(_)) => {
                app.metrics().busy(Busy::Retried);
                tokio::time::sleep(NOTE_PAUSE).await;
            }
            done => return done,
        }
    }
    note().await
}

async fn forget(app: &App) -> Result<Turn, StoreError> {
    let now = app.clock().now();
    let mut tx = app.database().begin_write().await?;
    mails::forget_old(&mut tx, now).await?;
    webhooks::forget_old(&mut tx, now).await?;
    tx.commit().await?;
    Ok(Turn::Done)
}

/// Returns when to try again after the `tries`th failure: a minute later at first, then twice as long each time up
/// to six hours, and up to a fifth more or less, so that what failed together is not tried together.
pub fn retry_at(now: UnixMillis, tries: u32) -> UnixMillis {
    now.plus(delay_ms(tries, u64::from(u16::from_be_bytes(random_bytes()))))
}

/// `chance` is a number below 65 536.
fn delay_ms(tries: u32, chance: u64) -> u64 {
    let doublings = tries.saturating_sub(1).min(16);
    let delay = (DELAY_FIRST_MS << doublings).min(DELAY_MAX_MS);
    delay * 4 / 5 + delay * 2 / 5 * chance / 0xffff
}

/// An error with its sources.
struct Chain<'a>(&'a dyn std::error::Error);

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(error) = source {
            write!(f, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_try_waits_twice_as_long_up_to_six_hours_and_never_two_alike() {
        let middle = |tries| delay_ms(tries, 0x8000) / 1_000;

        assert_eq!((1..=4).map(middle).collect::<Vec<_>>(), [60, 120, 240, 480]);
        assert_eq!(middle(10), 6 * 60 * 60);
        assert_eq!(middle(u32::MAX), 6 * 60 * 60);
        assert_eq!((delay_ms(1, 0), delay_ms(1, 0xffff)), (48_000, 72_000));
    }
}
