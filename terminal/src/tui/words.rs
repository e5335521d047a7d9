//! Every sentence staff can read, and how times, counts and names are written.
//!
//! Short and plain. A sentence about a guest says what is the matter and what to do next; a sentence
//! about the machine says so, and never blames the guest.

mod cameras;
mod columns;
mod decision;
mod denial;
mod doors;
mod drill;
mod facts;
pub mod group;
mod keys;
mod machine;
pub mod sales;
mod screen;
pub mod search;
mod session;
mod sight;
mod status;
mod time;
mod verdict;
pub mod walk_in;

use sync_protocol::id::{DeviceNo, GateId, ZoneId};
use sync_protocol::policy::Policy;

use crate::catalogue::{Catalogue, Value, text};

pub use crate::catalogue::count;
pub use cameras::{camera_mode, camera_row, cameras_head};
pub use columns::{columns, last_columns, split_at_column};
pub use decision::{
    decide_head, decide_hint, decide_reason, double, findings, inside, look_line, looking_title, not_decided,
    not_decided_hint, question, silent, unheard, usual_reason, verdict_keys,
};
pub use denial::{Denial, denial, short_denial, who_decides};
pub use doors::{DoorState, door_heard, door_name, doors_columns, doors_head};
pub use drill::{drill_check, drill_found, drill_head, drill_verdict, light_symbol};
pub use facts::detail;
pub use keys::{
    CODE_KEYS, DOOR_KEYS, Keys, QUIT_KEYS, READ_KEYS, SCROLL_KEYS, code_mistake, help, key_label, quit_question,
};
pub use machine::{fault, no_list, progress, ready, starting, stopped, suspension};
pub use screen::{answer, screen_keys, screen_title, undo_head, undo_row};
pub use session::{LOCK_KEYS, UNLOCK_KEYS, learning, locked, pin_problem, scanner_test, weakness, wrong_pin};
pub use sight::{camera, camera_hint, is_advice};
pub use status::{direction, disk_low, link, list_age, rate, silence, sound_off, title, to_send};
pub use time::{Clock, Clockface};
pub use verdict::{Message, look_symbol, look_word, message, recent, when};

/// What sentences are made of: the catalogue, the names of what verdicts hold as numbers, and the event's time of day.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    catalogue: &'a Catalogue,
    policy: Option<&'a Policy>,
    clock: Clockface,
}

impl<'a> Names<'a> {
    /// Returns the sentences of `catalogue` and the names in `policy`, with times by `clock`.
    pub const fn new(catalogue: &'a Catalogue, policy: Option<&'a Policy>, clock: Clockface) -> Self {
        Self { catalogue, policy, clock }
    }

    /// Returns every sentence.
    pub const fn catalogue(&self) -> &'a Catalogue {
        self.catalogue
    }

    /// Returns the sentence with this id; see [`Catalogue::say`].
    pub fn say(&self, id: &str) -> String {
        self.catalogue.say(id)
    }

    /// Returns the sentence with this id, filled with these values; see [`Catalogue::say_with`].
    pub fn say_with(&self, id: &str, values: &[(&str, Value<'_>)]) -> String {
        self.catalogue.say_with(id, values)
    }

    /// Returns how times are written.
    pub const fn clock(&self) -> Clock<'a> {
        Clock::new(self.clock, self.catalogue)
    }

    /// Returns a span of time of so many milliseconds in two units at most: `11 s`, `2 h 05 min`.
    pub fn span(&self, ms: u64) -> String {
        time::span(ms, self.catalogue)
    }

    /// Returns a number with one digit behind the point: `1.4`, in German `1,4`.
    pub fn decimal(&self, number: f64) -> String {
        decimal(number, self.catalogue)
    }

    /// Returns the rules, if they are known.
    pub const fn policy(&self) -> Option<&'a Policy> {
        self.policy
    }

    /// Returns the gate's name, or its number.
    pub fn gate(&self, id: GateId) -> String {
        let gate = self.policy.and_then(|policy| policy.gate(id));
        gate.map_or_else(|| self.say_with("names-gate", &[("number", text(id.to_string()))]), |gate| clean(&gate.name))
    }

    /// Returns the zone's name, or its number.
    pub fn zone(&self, id: ZoneId) -> String {
        let zone = self.policy.and_then(|policy| policy.zone(id));
        zone.map_or_else(|| self.say_with("names-zone", &[("number", text(id.to_string()))]), |zone| clean(&zone.name))
    }

    /// Returns how a device is called.
    pub fn device(&self, number: DeviceNo) -> String {
        match number {
            DeviceNo(0) => self.say("names-server"),
            DeviceNo(number) => self.say_with("names-terminal", &[("number", text(number.to_string()))]),
        }
    }

    /// Joins `parts` as people do: "East door, West door or Stage". Nothing of nothing.
    pub fn either(&self, parts: &[String]) -> Option<String> {
        let (last, most) = parts.split_last()?;
        if most.is_empty() {
            return Some(last.clone());
        }
        Some(self.say_with("names-or", &[("most", text(most.join(", "))), ("last", text(last))]))
    }
}

/// Returns a number with one digit behind the point: `1.4`, in German `1,4`.
pub fn decimal(number: f64, catalogue: &Catalogue) -> String {
    format!("{number:.1}").replace('.', &catalogue.language().point().to_string())
}

/// Returns `text` without anything that could move the cursor or turn the writing around: control
/// characters, and the marks that switch the writing's direction.
pub fn clean(text: &str) -> String {
    let is_harmful = |c: char| {
        c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if is_harmful(c) { ' ' } else { c }).collect::<String>().trim().to_owned()
}

/// Returns a line being typed as it may be drawn: [`clean`], with the spaces at its ends.
pub fn clean_line(text: &str) -> String {
    text.split(' ').map(clean).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Language;

    #[test]
    fn names_cannot_steer_the_screen() {
        assert_eq!(clean("Ada\u{1b}[2J\u{202e}x\n"), "Ada [2J x");
        assert_eq!(clean("Zoë 山田"), "Zoë 山田");
    }

    #[test]
    fn unknown_places_keep_their_numbers() {
        let catalogue = Catalogue::default();
        let names = Names::new(&catalogue, None, Clockface::default());

        assert_eq!(names.gate(GateId(3)), "gate 3");
        assert_eq!(names.zone(ZoneId(4)), "zone 4");
        assert_eq!(names.device(DeviceNo(0)), "the server");
    }

    #[test]
    fn names_are_joined_as_people_do() {
        let catalogue = Catalogue::new(Language::German);
        let names = Names::new(&catalogue, None, Clockface::default());
        let joined = |parts: &[&str]| names.either(&parts.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>());

        assert_eq!(joined(&[]), None);
        assert_eq!(joined(&["Ost"]).as_deref(), Some("Ost"));
        assert_eq!(joined(&["Ost", "West", "Tor"]).as_deref(), Some("Ost, West oder Tor"));
    }
}
