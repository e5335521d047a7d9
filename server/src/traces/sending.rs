//! Sending spans to the collector: some at a time, once each, and never at a request's cost.

use std::pin::pin;
use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Url, redirect};
use tokio::sync::mpsc::Receiver;

use super::otlp::{self, Span};

/// Spans in one request.
const BATCH_MAX: usize = 512;
/// How long spans are gathered before they are sent.
const GATHER: Duration = Duration::from_secs(2);
/// How long the collector may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// Where collectors take traces, below the address that they are given as.
const PATH: &str = "v1/traces";

/// A collector's address that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CollectorError {
    /// Not a URL of HTTP.
    #[error("a collector's address begins with http:// or https:// and has no query: {0}")]
    Address(String),
    /// TLS cannot be set up.
    #[error("cannot set up connections to the collector")]
    Client(#[from] reqwest::Error),
}

/// What sends spans to one collector.
#[derive(Debug)]
pub struct Collector {
    http: Client,
    url: Url,
    /// Whether the last request was taken: what fails is told once and not with each batch.
    is_taken: bool,
}

impl Collector {
    /// Returns what sends to the collector at `address`, such as `http://127.0.0.1:4318`.
    ///
    /// # Errors
    ///
    /// [`CollectorError`].
    pub fn new(address: &str) -> Result<Self, CollectorError> {
        let refused = || CollectorError::Address(address.to_owned());
        let url = Url::parse(&format!("{}/{PATH}", address.trim_end_matches('/'))).map_err(|_| refused())?;
        let is_fine = matches!(url.scheme(), "http" | "https") && !address.contains(['?', '#']);
        if !is_fine {
            return Err(refused());
        }
        let http = Client::builder().redirect(redirect::Policy::none()).timeout(ANSWER_TIMEOUT);
        Ok(Self { http: http.build()?, url, is_taken: true })
    }

    /// Sends what comes until `shutdown`, then what still waits.
    pub async fn run(mut self, mut spans: Receiver<Span>, shutdown: impl Future<Output = ()>) {
        let mut shutdown = pin!(shutdown);
        loop {
            let mut batch = Vec::new();
            let is_over = tokio::select! {
                biased;
                () = &mut shutdown => true,
                count = spans.recv_many(&mut batch, BATCH_MAX) => count == 0,
            };
            if is_over {
                return self.send_rest(spans).await;
            }
            if batch.len() < BATCH_MAX {
                tokio::select! {
                    () = &mut shutdown => {}
                    () = tokio::time::sleep(GATHER) => {}
                }
                take_waiting(&mut spans, &mut batch);
            }
            self.send(&batch).await;
        }
    }

    /// A collector that does not answer is not waited for again and again.
    async fn send_rest(&mut self, mut spans: Receiver<Span>) {
        loop {
            let mut batch = Vec::new();
            take_waiting(&mut spans, &mut batch);
            if batch.is_empty() {
                return;
            }
            self.send(&batch).await;
            if !self.is_taken {
                return;
            }
        }
    }

    async fn send(&mut self, batch: &[Span]) {
        let body = otlp::export(batch).to_string();
        let request = self.http.post(self.url.clone()).header(CONTENT_TYPE, "application/json").body(body);
        let was_taken = self.is_taken;
        let refused = match request.send().await {
            Ok(answer) if answer.status().is_success() => None,
            Ok(answer) => Some(format!("status {}", answer.status().as_u16())),
            // Its text would name the address, which may hold a password.
            Err(error) => Some(error.without_url().to_string()),
        };
        self.is_taken = refused.is_none();
        if let Some(reason) = refused.filter(|_| was_taken) {
            tracing::warn!(reason, "the collector does not take traces; they are lost until it does");
        }
    }
}

fn take_waiting(spans: &mut Receiver<Span>, batch: &mut Vec<Span>) {
    while batch.len() < BATCH_MAX
        && let Ok(span) = spans.try_recv()
    {
        batch.push(span);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collectors_address_is_one_of_http_without_a_query() {
        let _ = rustls::crypto::ring::default_provider().install_default();

        assert_eq!(Collector::new("http://127.0.0.1:4318/").unwrap().url.as_str(), "http://127.0.0.1:4318/v1/traces");
        assert_eq!(Collector::new("https://c.example/otlp").unwrap().url.as_str(), "https://c.example/otlp/v1/traces");
        for bad in ["", "c.example:4318", "ftp://c.example", "http://c.example/?key=1"] {
            assert!(matches!(Collector::new(bad), Err(CollectorError::Address(_))), "{bad}");
        }
    }
}
