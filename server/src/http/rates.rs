//! How many requests one caller may make: per address and per account, in this process's memory.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};

use super::peer::Peer;
use super::problem::Problem;
use crate::accounts::AccountId;
use crate::app::App;
use crate::metrics::Limit;

/// Callers that are remembered before those who have long been quiet are forgotten.
const KEYS_KEPT_MAX: usize = 100_000;
/// What is saved up while nothing is asked, in seconds of the steady rate.
const BURST_S: u32 = 5;

/// Requests per second that one caller may make for long, five seconds' worth at once; any number without.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct RateSettings {
    /// From one address.
    pub per_address: Option<NonZeroU32>,
    /// By one account, wherever it calls from.
    pub per_account: Option<NonZeroU32>,
}

/// Counts requests.
#[derive(Debug)]
pub struct Rates {
    addresses: Option<Limiter<IpAddr>>,
    accounts: Option<Limiter<AccountId>>,
}

type Keyed<K> = RateLimiter<K, DashMapStateStore<K>, DefaultClock, StateInformationMiddleware>;

#[derive(Debug)]
struct Limiter<K: Clone + Eq + std::hash::Hash>(Keyed<K>);

/// How a caller stands after a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Standing {
    /// Requests at once.
    limit: u32,
    /// Requests that are left at once.
    remaining: u32,
    /// Seconds until all of them are there again, or until the next is.
    reset_s: u32,
}

impl<K: Clone + Eq + std::hash::Hash> Limiter<K> {
    fn new(per_second: NonZeroU32) -> Self {
        let burst = per_second.saturating_mul(NonZeroU32::MIN.saturating_add(BURST_S - 1));
        let quota = Quota::per_second(per_second).allow_burst(burst);
        Self(RateLimiter::dashmap(quota).with_middleware())
    }

    /// Counts a request; an error if it is one too many.
    fn count(&self, key: &K) -> Result<Standing, Standing> {
        if self.0.len() > KEYS_KEPT_MAX {
            self.0.retain_recent();
        }
        match self.0.check_key(key) {
            Ok(snapshot) => {
                let quota = snapshot.quota();
                let (limit, remaining) = (quota.burst_size().get(), snapshot.remaining_burst_capacity());
                let used = u64::from(limit.saturating_sub(remaining));
                let reset_ms = used * u64::try_from(quota.replenish_interval().as_millis()).unwrap_or(u64::MAX);
                Ok(Standing { limit, remaining, reset_s: seconds(reset_ms) })
            }
            Err(too_early) => {
                let wait = too_early.wait_time_from(DefaultClock::default().now());
                let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
                let limit = too_early.quota().burst_size().get();
                Err(Standing { limit, remaining: 0, reset_s: seconds(wait_ms).max(1) })
            }
        }
    }
}

fn seconds(ms: u64) -> u32 {
    u32::try_from(ms.div_ceil(1000)).unwrap_or(u32::MAX)
}

/// Where the account's standing is left for the answer's headers.
#[derive(Clone, Debug, Default)]
pub(super) struct Slot(Arc<Mutex<Option<Standing>>>);

impl Rates {
    /// Returns what counts by `settings`.
    pub fn new(settings: RateSettings) -> Self {
        Self { addresses: settings.per_address.map(Limiter::new), accounts: settings.per_account.map(Limiter::new) }
    }

    /// Counts a request of an account.
    ///
    /// # Errors
    ///
    /// 429 if it is one too many.
    pub(super) fn count_account(&self, account: AccountId, slot: Option<&Slot>) -> Result<(), Problem> {
        let Some(accounts) = &self.accounts else { return Ok(()) };
        let counted = accounts.count(&account);
        if let Some(Slot(slot)) = slot {
            let (Ok(standing) | Err(standing)) = counted;
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(standing);
        }
        counted.map(|_| ()).map_err(too_many)
    }
}

fn too_many(standing: Standing) -> Problem {
    Problem::of_status(StatusCode::TOO_MANY_REQUESTS).retry_after(standing.reset_s)
}

/// Terminals share their venue's address, prove who they are with each request, and must never be kept waiting; only what
/// anybody may send before they are enrolled is counted.
fn is_counted(path: &str) -> bool {
    path.starts_with("/api/") || path.starts_with("/letters/") || path == "/sync/v1/enrol"
}

/// Counts requests by address, and tells every caller how they stand.
pub async fn limit(State(app): State<App>, request: Request, next: Next) -> Response {
    if !is_counted(request.uri().path()) {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let Ok(peer) = Peer::from_request_parts(&mut parts, &app).await;
    let slot = Slot::default();
    parts.extensions.insert(slot.clone());
    let of_address = app.rates().addresses.as_ref().map(|addresses| addresses.count(&peer.network()));
    let mut response = match of_address {
        Some(Err(standing)) => {
            app.metrics().limited(Limit::Address);
            too_many(standing).into_response()
        }
        None | Some(Ok(_)) => next.run(Request::from_parts(parts, body)).await,
    };
    let of_address = of_address.map(|(Ok(standing) | Err(standing))| standing);
    let of_account = *slot.0.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(tighter) = of_address.into_iter().chain(of_account).min_by_key(|standing| standing.remaining) {
        write(response.headers_mut(), tighter);
    }
    response
}

fn write(headers: &mut HeaderMap, standing: Standing) {
    let values = [
        ("ratelimit-limit", standing.limit),
        ("ratelimit-remaining", standing.remaining),
        ("ratelimit-reset", standing.reset_s),
    ];
    for (name, value) in values {
        headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_has_a_burst_and_then_waits_while_others_do_not() {
        let limiter = Limiter::new(NonZeroU32::new(1).unwrap());

        for left in (0..BURST_S).rev() {
            let standing = limiter.count(&"ada").unwrap();
            assert_eq!((standing.limit, standing.remaining), (BURST_S, left));
        }
        let refused = limiter.count(&"ada").unwrap_err();
        assert_eq!((refused.remaining, refused.reset_s), (0, 1));
        assert!(limiter.count(&"grace").is_ok());
    }
}
