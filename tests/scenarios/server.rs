//! A real server's own door: `POST /verify` over HTTP, on a real database.

use anyhow::Context as _;
use serde_json::{Value, json};
use sync_protocol::time::UnixMillis;

use crate::door::REASON;
use crate::event::Event;
use crate::format::{Change, Direction, Then};
use crate::house::House;
use crate::play::{Said, Stage};
use crate::story::{Step, Story};

/// What is taken as seen besides what was told: the attendee is named then, not scanned.
const MANUAL: &str = "MANUAL_NOT_ALLOWED";

/// The server's stage.
pub(crate) struct Server<'a> {
    story: &'a Story,
    house: &'a mut House,
    event: Event,
    /// The check-in that says who came in or went out, by the scan's number.
    done: Vec<Option<u64>>,
}

impl<'a> Server<'a> {
    /// Makes a story's event.
    ///
    /// # Errors
    ///
    /// If the server refuses.
    pub(crate) async fn new(story: &'a Story, house: &'a mut House) -> anyhow::Result<Self> {
        house.come(story.begins()).await?;
        let event = Event::create(house, story).await?;
        Ok(Self { story, house, event, done: Vec::new() })
    }

    /// Decides against what was found, by hand. Returns the check-in if that let somebody in.
    async fn decide_against(&self, answer: &Value, said: &Said, gate: &str) -> anyhow::Result<Option<u64>> {
        let ticket = answer.get("ticket").and_then(Value::as_str);
        let Some(registration) = ticket.and_then(|ticket| self.event.registration_of(ticket)) else { return Ok(None) };
        let against: Vec<&str> = said.reasons.iter().map(String::as_str).chain([MANUAL]).collect();
        let body = json!({ "gate": gate, "reason": REASON, "against": against });
        let path = format!("/events/{}/registrations/{registration}/check-in", self.event.id);
        let answer = self.house.organiser().post(&path, &body).await?;
        let is_admitted = Said::read(&answer)?.verdict == crate::format::Answer::Admit;
        Ok(recorded(&answer).filter(|_| is_admitted))
    }
}

/// Returns the number of the check-in that an answer tells of.
fn recorded(answer: &Value) -> Option<u64> {
    answer.pointer("/recorded/number").and_then(Value::as_u64)
}

impl Stage for Server<'_> {
    async fn come(&mut self, now: UnixMillis) -> anyhow::Result<()> {
        self.house.come(now).await
    }

    async fn change(&mut self, change: &Change) -> anyhow::Result<()> {
        if self.event.change(self.house, self.story, change).await? {
            return Ok(());
        }
        // What happens to terminals and their networks is nothing to the server's own door.
        let Change::Undo(number) = change else { return Ok(()) };
        let done = self.done.get(*number).copied().flatten();
        let done = done.with_context(|| format!("scan {number} let nobody in or out"))?;
        let path = format!("/events/{}/check-ins/{done}/undo", self.event.id);
        self.house.organiser().post(&path, &json!({ "reason": REASON })).await?;
        Ok(())
    }

    fn is_online(&self, _door: usize) -> bool {
        true
    }

    async fn show(&mut self, number: usize, step: &Step) -> anyhow::Result<Option<Said>> {
        self.done.resize(number + 1, None);
        let Some((text, is_typed)) = self.event.shown(self.house, &step.show).await? else { return Ok(None) };
        let gate = self.story.gate_name(step.gate);
        let direction = match step.direction {
            Direction::Entry => "entry",
            Direction::Exit => "exit",
        };
        let field = if is_typed { "code" } else { "credential" };
        let body = json!({ field: text, "gate": gate, "direction": direction });
        let answer = self.house.organiser().post(&format!("/events/{}/verify", self.event.id), &body).await?;
        let mut said = Said::read(&answer)?;
        let is_admitted = said.verdict == crate::format::Answer::Admit;
        let mut done = recorded(&answer).filter(|_| is_admitted);
        if step.then == Some(Then::Override) {
            let overridden = if is_admitted { None } else { self.decide_against(&answer, &said, gate).await? };
            said.overridden = Some(overridden.is_some());
            done = overridden.or(done);
        }
        if let Some(place) = self.done.get_mut(number) {
            *place = done;
        }
        Ok(Some(said))
    }

    async fn end(&mut self) -> anyhow::Result<Vec<(String, String)>> {
        Ok(Vec::new())
    }
}
