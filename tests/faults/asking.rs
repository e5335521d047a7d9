//! Requests to servers that may be killed at any moment: sent again until they are answered for good.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use harness::organiser::{EMAIL, Organiser, PASSWORD};
use reqwest::{RequestBuilder, Response, StatusCode, header};
use serde_json::Value;

use crate::doors::word;
use crate::findings::Findings;

/// Between two attempts.
const PAUSE: Duration = Duration::from_millis(10);
/// So often a request is sent again that its server says it is carrying out: it may have died with that.
const RUNNING_MAX: u32 = 12;

/// What came of a request in the end.
#[derive(Debug)]
pub(crate) enum Answer {
    /// It was carried out.
    Done(Value),
    /// It was refused: a problem of this kind.
    Refused(String, Value),
    /// Nobody knows: the load ended, or its key is held by a server that died.
    Unknown,
}

/// The servers, who asks them, and what was found out.
pub(crate) struct Front {
    urls: Vec<String>,
    organisers: Mutex<Vec<Organiser>>,
    findings: Mutex<Findings>,
    is_over: AtomicBool,
    turn: AtomicUsize,
}

impl Front {
    /// Asks the servers at these addresses, as somebody who is logged in at the first.
    pub(crate) async fn open(urls: Vec<String>) -> anyhow::Result<Self> {
        let mut organisers = Vec::new();
        for url in &urls {
            organisers.push(Organiser::log_in(url, EMAIL, PASSWORD).await?);
        }
        Ok(Self {
            urls,
            organisers: Mutex::new(organisers),
            findings: Mutex::default(),
            is_over: AtomicBool::new(false),
            turn: AtomicUsize::new(0),
        })
    }

    /// Whether the load is to end.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    /// Ends the load: nothing new is begun, and nothing is sent again.
    pub(crate) fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// Takes up the load again, for what is still to be settled.
    pub(crate) fn take_up(&self) {
        self.is_over.store(false, Ordering::Relaxed);
    }

    pub(crate) fn findings(&self) -> MutexGuard<'_, Findings> {
        self.findings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Pauses before the next attempt.
    pub(crate) async fn pause(&self) {
        tokio::time::sleep(PAUSE).await;
    }

    /// The address of one of the servers, in turn.
    pub(crate) fn url(&self) -> String {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        self.urls.get(turn % self.urls.len()).cloned().unwrap_or_default()
    }

    /// Sends a request until it is answered for good, to one server after the other. Also says whether it was sent
    /// more than once.
    pub(crate) async fn insist(&self, request: impl Fn(&Organiser) -> RequestBuilder) -> (Answer, bool) {
        let (mut running, mut is_repeated) = (0, false);
        loop {
            let turn = self.turn.fetch_add(1, Ordering::Relaxed);
            match self.once(turn, &request).await {
                Attempt::Answered(Answer::Refused(kind, _)) if kind == "in-progress" && running < RUNNING_MAX => {
                    running += 1;
                }
                Attempt::Answered(Answer::Refused(kind, _)) if kind == "in-progress" => {
                    return (Answer::Unknown, is_repeated);
                }
                Attempt::Answered(answer) => return (answer, is_repeated),
                Attempt::Again => {}
            }
            if self.is_over() {
                return (Answer::Unknown, is_repeated);
            }
            is_repeated = true;
            self.pause().await;
        }
    }

    async fn once(&self, turn: usize, request: &impl Fn(&Organiser) -> RequestBuilder) -> Attempt {
        let at = turn % self.urls.len();
        let organiser = {
            let organisers = self.organisers.lock().unwrap_or_else(PoisonError::into_inner);
            organisers.get(at).cloned()
        };
        let Some(organiser) = organiser else { return Attempt::Again };
        let Ok(response) = request(&organiser).send().await else {
            self.findings().count("requests without an answer", 1);
            return Attempt::Again;
        };
        if response.status() == StatusCode::UNAUTHORIZED {
            self.log_in(at).await;
            return Attempt::Again;
        }
        self.read(response).await
    }

    async fn read(&self, response: Response) -> Attempt {
        let (status, headers) = (response.status(), response.headers().clone());
        let Ok(body) = response.bytes().await else {
            self.findings().count("requests without an answer", 1);
            return Attempt::Again;
        };
        let value: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
        if status.is_success() {
            return Attempt::Answered(Answer::Done(value));
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            let mut findings = self.findings();
            findings.count("answers that say to come back", 1);
            let says_when = headers.contains_key(header::RETRY_AFTER) && !word(&value, "title").is_empty();
            findings.expect(says_when, || format!("503 without when to come back: {value}"));
            return Attempt::Again;
        }
        if status.is_server_error() {
            self.findings().violation(format!("{status}: {}", String::from_utf8_lossy(&body)));
            return Attempt::Again;
        }
        let kind = word(&value, "type").trim_start_matches("urn:usher:problem:").to_owned();
        Attempt::Answered(Answer::Refused(kind, value))
    }

    async fn log_in(&self, at: usize) {
        let Some(url) = self.urls.get(at) else { return };
        // If the server is gone just now, the next request comes here again.
        if let Ok(organiser) = Organiser::log_in(url, EMAIL, PASSWORD).await {
            let mut organisers = self.organisers.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(held) = organisers.get_mut(at) {
                *held = organiser;
            }
        }
    }
}

/// What came of one attempt.
enum Attempt {
    Answered(Answer),
    Again,
}
