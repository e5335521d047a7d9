//! Check-ins at the server's own door.

use std::collections::BTreeMap;
use std::sync::Arc;

use harness::organiser::Organiser;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::asking::{Answer, Front};
use crate::doors::{Event, GATE, number, word};
use crate::findings::Findings;

/// How a check-in that was not answered is sent again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Sent {
    /// With an idempotency key: it is carried out once.
    WithKeys,
    /// As it is: the door itself knows who is in.
    Plainly,
}

/// What one at the door was told.
#[derive(Debug, Default)]
pub(super) struct CheckedIn {
    /// Tickets, and the numbers of their entries in the server's own journal.
    acknowledged: Vec<(String, u64)>,
}

impl CheckedIn {
    /// Checks one ticket in after the other until the load ends.
    pub(super) async fn ask(front: Arc<Front>, event: Arc<Event>, tickets: Vec<String>, sent: Sent) -> Self {
        let mut told = Self::default();
        for ticket in tickets {
            if front.is_over() {
                break;
            }
            let (answer, is_repeated) = front.insist(|olga| request(olga, &event, &ticket, sent)).await;
            match answer {
                Answer::Done(decision) if word(&decision, "verdict") == "admit" => {
                    let seq = decision.get("recorded").and_then(|recorded| number(recorded, "seq"));
                    told.acknowledged.push((ticket, seq.unwrap_or_default()));
                }
                // The first time may have come through, though its answer did not.
                Answer::Done(_) if is_repeated && sent == Sent::Plainly => {}
                Answer::Done(decision) => {
                    front.findings().violation(format!("a good ticket was turned away: {decision}"));
                }
                Answer::Refused(kind, _) if kind == "already-done" && sent == Sent::WithKeys => {}
                Answer::Refused(_, problem) => front.findings().violation(format!("no check-in: {problem}")),
                Answer::Unknown => {}
            }
            front.pause().await;
        }
        told
    }

    pub(super) fn compare(&self, check_ins: &[Value], findings: &mut Findings) {
        let is_servers = |check_in: &&Value| check_in.pointer("/device/number").and_then(Value::as_u64) == Some(0);
        let own: BTreeMap<u64, &Value> = check_ins
            .iter()
            .filter(is_servers)
            .map(|check_in| (number(check_in, "seq").unwrap_or_default(), check_in))
            .collect();
        for (ticket, seq) in &self.acknowledged {
            let is_there =
                own.get(seq).is_some_and(|found| word(found, "kind") == "admit" && word(found, "ticket") == ticket);
            findings.expect(is_there, || format!("{ticket} was admitted as entry {seq}, which is {:?}", own.get(seq)));
        }
        findings.count("check-ins acknowledged", self.acknowledged.len());
    }
}

fn request(olga: &Organiser, event: &Event, ticket: &str, sent: Sent) -> RequestBuilder {
    let body = json!({ "code": ticket, "gate": GATE });
    let request = olga.request(Method::POST, &event.path("verify")).json(&body);
    match sent {
        Sent::WithKeys => request.header("idempotency-key", format!("in-{ticket}")),
        Sent::Plainly => request,
    }
}
