//! An organiser's edits of one registration.

use std::sync::Arc;

use harness::organiser::Organiser;
use reqwest::{Method, RequestBuilder};
use serde_json::json;

use crate::asking::{Answer, Front};
use crate::doors::{Event, word};
use crate::findings::Findings;

/// What an organiser was told who writes one number after the other into a note.
#[derive(Debug)]
pub(super) struct Edited {
    path: String,
    /// The last number that was sent, answered or not.
    sent: u64,
    /// The last number that was acknowledged.
    acknowledged: u64,
}

impl Edited {
    /// Edits what lies at `path` until the load ends.
    pub(super) async fn ask(front: Arc<Front>, path: String) -> Self {
        let mut told = Self { path, sent: 0, acknowledged: 0 };
        while !front.is_over() {
            told.sent += 1;
            let number = told.sent;
            match front.insist(|olga| request(olga, &told.path, number)).await.0 {
                Answer::Done(_) => told.acknowledged = number,
                Answer::Refused(_, problem) => front.findings().violation(format!("no edit: {problem}")),
                Answer::Unknown => {}
            }
            front.pause().await;
        }
        told
    }

    pub(super) async fn compare(&self, event: &Event, findings: &mut Findings) -> anyhow::Result<()> {
        let held = event.olga.get(&self.path).await?;
        let note: u64 = word(&held, "note").parse().unwrap_or_default();
        findings.expect((self.acknowledged..=self.sent).contains(&note), || {
            format!("edit {} was acknowledged and {} sent, and {held} is held", self.acknowledged, self.sent)
        });
        findings.count("edits acknowledged", usize::try_from(self.acknowledged)?);
        Ok(())
    }
}

fn request(olga: &Organiser, path: &str, number: u64) -> RequestBuilder {
    olga.request(Method::PATCH, path).header("if-match", "*").json(&json!({ "note": number.to_string() }))
}
