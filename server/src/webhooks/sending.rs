//! Making the calls that are due.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::redirect;
use sync_protocol::time::UnixMillis;

use super::address::{Reach, Resolver};
use super::store::{self, Claimed};
use super::{Outcome, Progress, Secret, State, Webhook, signature};
use crate::app::App;
use crate::db::{StoreError, Tx};
use crate::mails::{self, Letter};
use crate::organisations;
use crate::work::{Turn, insist, retry_at};

/// Calls under way at once.
const BATCH_MAX: u32 = 16;
/// How long a receiver may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);
/// How long nobody else takes up a call.
const LEASE_MS: u64 = 2 * 60 * 1_000;
/// Tries before a call is given up.
pub const TRIES_MAX: u32 = 12;
/// Of an answer, this much is kept.
const ANSWER_BYTES_MAX: usize = 1_024;
/// A webhook is stopped if every call has failed for this long.
const STOP_AFTER_MS: u64 = 5 * 24 * 60 * 60 * 1_000;

/// What makes calls. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Caller {
    http: reqwest::Client,
    reach: Reach,
}

impl Caller {
    /// Returns what makes calls: without redirects, which would lead where nobody has checked, and past any proxy.
    ///
    /// # Errors
    ///
    /// TLS cannot be set up.
    pub fn new(allows_private: bool) -> Result<Self, reqwest::Error> {
        let reach = Reach::of(allows_private);
        let http = reqwest::Client::builder()
            .dns_resolver(Arc::new(Resolver(reach)))
            .redirect(redirect::Policy::none())
            .no_proxy()
            .timeout(ANSWER_TIMEOUT)
            // What was connected to was checked then: a later call is checked again.
            .pool_max_idle_per_host(0)
            .user_agent(concat!("Usher/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { http, reach })
    }
}

/// Makes some of the calls that are due.
///
/// # Errors
///
/// [`StoreError`]; calls that were taken up are tried again later.
pub async fn turn(app: &App, caller: &Caller) -> Result<Turn, StoreError> {
    let now = app.clock().now();
    let mut tx = app.database().begin_read().await?;
    if !store::is_due(&mut tx, now).await? {
        return Ok(Turn::Done);
    }
    drop(tx);
    let mut tx = app.database().begin_write().await?;
    let claimed = store::claim(&mut tx, now, now.plus(LEASE_MS), BATCH_MAX).await?;
    tx.commit().await?;
    let is_full = claimed.len() == BATCH_MAX as usize;
    let outcomes = join_all(claimed.iter().map(|claimed| call(app, caller, claimed, now))).await;
    let mut failed = None;
    for (claimed, outcome) in claimed.iter().zip(outcomes) {
        let noted = match outcome {
            Ok(outcome) => insist(app, || note(app, claimed, outcome.clone())).await,
            Err(error) => Err(error),
        };
        // The others are noted all the same.
        failed = failed.or(noted.err());
    }
    if let Some(error) = failed {
        return Err(error);
    }
    Ok(if is_full { Turn::More } else { Turn::Done })
}

/// Makes a call and says what came of it.
async fn call(app: &App, caller: &Caller, claimed: &Claimed, now: UnixMillis) -> Result<Outcome, StoreError> {
    let Claimed { delivery, webhook, secret, secret_before } = claimed;
    let sealer = app.sealer();
    let mut secrets = vec![Secret::open(sealer, webhook.id, secret)?];
    if let Some(before) = secret_before {
        secrets.push(Secret::open(sealer, webhook.id, before)?);
    }
    let begin = Instant::now();
    let mut outcome = match caller.reach.check(&webhook.url) {
        Err(error) => Outcome { error: format!("the address {error}"), ..Outcome::default() },
        Ok(url) => {
            let request = caller
                .http
                .post(url)
                .header("content-type", "application/json")
                .header("usher-delivery", delivery.id.to_string())
                .header("usher-kind", &delivery.kind)
                .header("usher-signature", signature::header(&secrets, now, &delivery.body))
                .body(delivery.body.clone());
            match request.send().await {
                Ok(answer) => read(answer).await,
                Err(error) => Outcome { error: reason(&error), ..Outcome::default() },
            }
        }
    };
    outcome.took_ms = u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(outcome)
}

async fn read(mut answer: reqwest::Response) -> Outcome {
    let status = Some(answer.status().as_u16());
    let mut bytes = Vec::new();
    while bytes.len() < ANSWER_BYTES_MAX {
        match answer.chunk().await {
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(error) => return Outcome { status, error: reason(&error), ..Outcome::default() },
        }
    }
    bytes.truncate(ANSWER_BYTES_MAX);
    let text = String::from_utf8_lossy(&bytes);
    let answer = text.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect();
    Outcome { status, answer, ..Outcome::default() }
}

/// Why there was no answer, without the address: it may hold what only its receiver should know.
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer in time".to_owned();
    }
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

/// Notes what came of a call.
async fn note(app: &App, claimed: &Claimed, outcome: Outcome) -> Result<(), StoreError> {
    let now = app.clock().now();
    let mut delivery = claimed.delivery.clone();
    let webhook = &claimed.webhook;
    let mut tx = app.database().begin_write().await?;
    if outcome.is_delivered() {
        (delivery.state, delivery.done_at) = (Progress::Delivered, Some(now));
        store::set_failing(&mut tx, webhook.id, None).await?;
    } else {
        delivery.next_try_at = retry_at(now, delivery.tries);
        if delivery.tries >= TRIES_MAX {
            (delivery.state, delivery.done_at) = (Progress::GivenUp, Some(now));
        }
        // The others would fail as well: they come after this one, so that a dead receiver costs one call at a time.
        store::put_off(&mut tx, webhook.id, delivery.next_try_at).await?;
        let since = webhook.failing_since.unwrap_or(now);
        store::set_failing(&mut tx, webhook.id, Some(since)).await?;
        if now.0.saturating_sub(since.0) >= STOP_AFTER_MS && store::stop(&mut tx, webhook.id).await? {
            tell(&mut tx, app, webhook).await?;
        }
        tracing::info!(webhook.id = %webhook.id, status = outcome.status, tries = delivery.tries, "a webhook failed");
    }
    delivery.outcome = outcome;
    store::update_delivery(&mut tx, &delivery).await?;
    tx.commit().await
}

/// Tells the owners that a webhook was stopped.
async fn tell(tx: &mut Tx, app: &App, webhook: &Webhook) -> Result<(), StoreError> {
    tracing::warn!(webhook.id = %webhook.id, state = ?State::Stopped, "a webhook was stopped after days of failures");
    let host = reqwest::Url::parse(&webhook.url).ok().and_then(|url| url.host_str().map(str::to_owned));
    let letter = Letter::Notice {
        subject: "A webhook was stopped".to_owned(),
        paragraphs: vec![
            format!("Every call to {} has failed for five days, so it is no longer called.", host.unwrap_or_default()),
            format!("Mend what is called, then make the webhook {} active again.", webhook.id),
        ],
    };
    for owner in organisations::owners(tx, webhook.organisation).await? {
        mails::post(tx, app, Some(webhook.organisation), &owner, &letter).await?;
    }
    Ok(())
}
