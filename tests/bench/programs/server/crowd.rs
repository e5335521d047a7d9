//! Many clients at once, each of which asks one request after the other.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::ensure;
use reqwest::Client;
use tokio::task::JoinSet;

use super::requests::Asked;

/// How long each answer took, and all together.
#[derive(Debug)]
pub(super) struct Times {
    /// In order.
    each: Vec<Duration>,
    all: Duration,
}

impl Times {
    pub(super) fn per_second(&self) -> f64 {
        self.each.len() as f64 / self.all.as_secs_f64()
    }

    /// Returns what so many of a hundred did not exceed, in milliseconds.
    pub(super) fn at(&self, percent: usize) -> f64 {
        let at = (self.each.len() * percent / 100).min(self.each.len().saturating_sub(1));
        self.each.get(at).copied().unwrap_or_default().as_secs_f64() * 1_000.0
    }
}

/// Has `clients` ask for so many seconds, or until there is nothing more to ask.
pub(super) async fn ask(asked: &Asked, clients: usize, seconds: u64) -> anyhow::Result<Times> {
    // What is prepared at the first request of a kind is not what is measured.
    let http = Client::builder().pool_max_idle_per_host(clients).timeout(Duration::from_secs(60)).build()?;
    let number = Arc::new(AtomicU64::new(0));
    for _ in 0..clients.min(10) {
        one(&http, asked, number.fetch_add(1, Ordering::Relaxed)).await?;
    }
    let began = Instant::now();
    let until = began + Duration::from_secs(seconds);
    let mut crowd = JoinSet::new();
    for _ in 0..clients {
        let (http, asked, number) = (http.clone(), asked.clone(), Arc::clone(&number));
        crowd.spawn(async move {
            let mut times = Vec::new();
            while Instant::now() < until {
                let Some(took) = one(&http, &asked, number.fetch_add(1, Ordering::Relaxed)).await? else { break };
                times.push(took);
            }
            anyhow::Ok(times)
        });
    }
    let mut each = Vec::new();
    while let Some(times) = crowd.join_next().await {
        each.extend(times??);
    }
    let all = began.elapsed();
    ensure!(!each.is_empty(), "nothing was asked: {}", asked.what);
    each.sort_unstable();
    Ok(Times { each, all })
}

/// Asks the `number`th request, and returns how long the whole answer took; nothing if there is no such one.
async fn one(http: &Client, asked: &Asked, number: u64) -> anyhow::Result<Option<Duration>> {
    let Some(request) = asked.request(http, number) else { return Ok(None) };
    let began = Instant::now();
    let response = request.send().await?;
    let status = response.status();
    let body = response.bytes().await?;
    let took = began.elapsed();
    ensure!(status.is_success(), "{}: {status}: {}", asked.what, String::from_utf8_lossy(&body));
    Ok(Some(took))
}
