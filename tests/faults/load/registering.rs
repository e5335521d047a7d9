//! Registrations with idempotency keys.

use std::collections::BTreeMap;
use std::sync::Arc;

use harness::organiser::Organiser;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::asking::{Answer, Front};
use crate::doors::{Event, FEW, REGULAR, word};
use crate::findings::Findings;

/// One in so many is of the scarce type.
const FEW_EVERY: u32 = 6;

/// What one that registers others was told.
#[derive(Debug, Default)]
pub(super) struct Registered {
    /// Names, and the ids that they were given.
    acknowledged: Vec<(String, String)>,
    /// Told that it was done, though the answer is lost.
    done: Vec<String>,
    /// Refused, as the scarce type was sold out.
    refused: Vec<String>,
    /// Nobody knows.
    unknown: Vec<(String, &'static str)>,
}

impl Registered {
    /// Registers one after the other until the load ends.
    pub(super) async fn ask(front: Arc<Front>, event: Arc<Event>, who: u32) -> Self {
        let mut told = Self::default();
        for number in 0_u32.. {
            if front.is_over() {
                break;
            }
            let ticket_type = if number % FEW_EVERY == 0 { FEW } else { REGULAR };
            told.register(&front, &event, format!("Guest {who}-{number}"), ticket_type).await;
            front.pause().await;
        }
        told
    }

    async fn register(&mut self, front: &Front, event: &Event, name: String, ticket_type: &'static str) {
        let answer = front.insist(|olga| request(olga, event, &name, ticket_type)).await.0;
        match answer {
            Answer::Done(registration) => self.acknowledged.push((name, word(&registration, "id").to_owned())),
            Answer::Refused(kind, _) if kind == "already-done" => self.done.push(name),
            Answer::Refused(kind, _) if kind == "sold-out" && ticket_type == FEW => self.refused.push(name),
            Answer::Refused(_, problem) => {
                front.findings().violation(format!("{name} was not registered: {problem}"));
            }
            Answer::Unknown => self.unknown.push((name, ticket_type)),
        }
    }

    pub(super) fn unknown(&self) -> usize {
        self.unknown.len()
    }

    /// Sends once more what nobody knows the outcome of.
    pub(super) async fn settle(&mut self, front: &Front, event: &Event) {
        for (name, ticket_type) in std::mem::take(&mut self.unknown) {
            self.register(front, event, name, ticket_type).await;
        }
    }

    pub(super) fn compare(&self, registrations: &[Value], findings: &mut Findings) {
        let mut by_name: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for registration in registrations {
            by_name.entry(word(registration, "name")).or_default().push(word(registration, "id"));
        }
        let of = |name: &str| by_name.get(name).map(Vec::as_slice).unwrap_or_default();
        for (name, id) in &self.acknowledged {
            let found = of(name);
            findings.expect(found == [id.as_str()], || format!("{name} was acknowledged as {id}, and is {found:?}"));
        }
        for name in &self.done {
            findings.expect(of(name).len() == 1, || format!("{name} was said to be done, and is {:?}", of(name)));
        }
        for name in &self.refused {
            findings.expect(of(name).is_empty(), || format!("{name} was refused, and is {:?}", of(name)));
        }
        for (name, _) in &self.unknown {
            findings.expect(of(name).len() <= 1, || format!("{name} was asked for once, and is {:?}", of(name)));
        }
        findings.count("registrations acknowledged", self.acknowledged.len());
        findings.count("registrations done whose answer was lost", self.done.len());
        findings.count("registrations unanswered", self.unknown.len());
    }
}

fn request(olga: &Organiser, event: &Event, name: &str, ticket_type: &str) -> RequestBuilder {
    let body = json!({ "name": name, "ticket_type": ticket_type });
    let key = name.replace(' ', "-");
    olga.request(Method::POST, &event.path("registrations")).json(&body).header("idempotency-key", key)
}
