//! What is wrong with what an organiser sent, gathered.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use sync_protocol::text;
use sync_protocol::time::{UnixMillis, Window};

use super::{AMOUNT_MAX, NAME_CHARS_MAX, WINDOWS_MAX};
use crate::events::Price;
use crate::events::body::WindowBody;
use crate::http::problem::FieldError;
use crate::http::time::parse_rfc3339;

/// Names of zones or gates, whatever their case.
pub(super) struct Names<Id>(HashMap<String, Id>);

impl<Id: Copy + PartialEq> Names<Id> {
    /// Returns the names there are. A name of before also names what has another one now: who renames a zone need
    /// not name everything again that speaks of it.
    pub(super) fn of<'a>(named: &[(&'a str, Id)], before: impl Iterator<Item = (&'a str, Id)>) -> Self {
        let before = before.filter(|(_, id)| named.iter().any(|(_, there)| there == id));
        Self(before.chain(named.iter().copied()).map(|(name, id)| (name.to_lowercase(), id)).collect())
    }

    pub(super) fn find(&self, errors: &mut Errors, path: &str, what: &str, name: &str) -> Option<Id> {
        let found = self.0.get(&tidy(name).to_lowercase()).copied();
        if found.is_none() {
            errors.add(path, "unknown", format!("there is no {what} of this name"));
        }
        found
    }

    pub(super) fn find_all(&self, errors: &mut Errors, path: &str, what: &str, names: &[String]) -> Vec<Id> {
        let find = |(at, name): (usize, &String)| self.find(errors, &format!("{path}.{at}"), what, name);
        names.iter().enumerate().filter_map(find).collect()
    }
}

/// Everything that is wrong.
#[derive(Default)]
pub(super) struct Errors(pub(super) Vec<FieldError>);

impl Errors {
    pub(super) fn add(&mut self, path: &str, kind: &str, msg: impl Into<String>) {
        self.0.push(FieldError::new(path, kind, msg));
    }

    pub(super) fn name(&mut self, path: &str, text: &str) -> String {
        self.line(path, text, 1, NAME_CHARS_MAX)
    }

    /// Checks a text of one line.
    pub(super) fn line(&mut self, path: &str, text: &str, chars_min: usize, chars_max: usize) -> String {
        let text = tidy(text);
        self.length(path, &text, chars_min, chars_max);
        text
    }

    /// Checks a text that may have several lines.
    pub(super) fn lines(&mut self, path: &str, text: &str, chars_max: usize) -> String {
        let lines: Vec<String> = text.lines().map(tidy).collect();
        let text = lines.join("\n").trim_matches('\n').to_owned();
        self.length(path, &text, 0, chars_max);
        text
    }

    fn length(&mut self, path: &str, text: &str, chars_min: usize, chars_max: usize) {
        let chars = text.chars().count();
        if chars < chars_min {
            let msg = if chars_min == 1 {
                "must not be empty".to_owned()
            } else {
                format!("must have at least {chars_min} characters")
            };
            self.add(path, "too_short", msg);
        } else if chars > chars_max {
            self.add(path, "too_long", format!("must have at most {chars_max} characters"));
        }
    }

    pub(super) fn range(&mut self, path: &str, value: Option<u32>, range: RangeInclusive<u32>) {
        if value.is_some_and(|value| !range.contains(&value)) {
            let msg = format!("must be between {} and {}", range.start(), range.end());
            self.add(path, "out_of_range", msg);
        }
    }

    /// Checks the names of a list, which must differ in more than case.
    pub(super) fn names<'a>(&mut self, path: &str, names: impl Iterator<Item = &'a str>) -> Vec<String> {
        let mut seen = HashMap::new();
        let mut tidied = Vec::new();
        for (at, name) in names.enumerate() {
            let name = self.name(&format!("{path}.{at}.name"), name);
            if let Some(first) = seen.insert(name.to_lowercase(), at) {
                self.add(&format!("{path}.{at}.name"), "duplicate", format!("is the name of number {first} as well"));
            }
            tidied.push(name);
        }
        tidied
    }

    pub(super) fn count(&mut self, path: &str, count: usize, max: usize) {
        if count > max {
            self.add(path, "too_long", format!("must hold at most {max}"));
        }
    }

    pub(super) fn time(&mut self, path: &str, text: &str) -> Option<UnixMillis> {
        let time = parse_rfc3339(text);
        if time.is_none() {
            self.add(path, "time", "must be a time with an offset, such as 2026-11-21T09:00:00+01:00");
        }
        time
    }

    pub(super) fn windows(&mut self, path: &str, bodies: &[WindowBody]) -> Vec<Window> {
        self.count(path, bodies.len(), WINDOWS_MAX);
        let window = |(at, body)| self.window(&format!("{path}.{at}"), body);
        bodies.iter().enumerate().filter_map(window).collect()
    }

    pub(super) fn window(&mut self, path: &str, body: &WindowBody) -> Option<Window> {
        let from = self.time(&format!("{path}.from"), &body.from);
        let until = self.time(&format!("{path}.until"), &body.until);
        let window = Window::new(from?, until?).ok();
        if window.is_none() {
            self.add(&format!("{path}.until"), "order", "must be after the beginning");
        }
        window
    }

    pub(super) fn price(&mut self, path: &str, price: &Price) {
        if price.currency.len() != 3 || !price.currency.bytes().all(|b| b.is_ascii_uppercase()) {
            self.add(&format!("{path}.currency"), "value", "must be a currency's three capital letters, such as EUR");
        }
        self.range(&format!("{path}.amount"), Some(price.amount), 0..=AMOUNT_MAX);
    }
}

/// Composed, without control characters and without space at the ends; not cut.
pub(super) fn tidy(name: &str) -> String {
    text::tidy(name, usize::MAX)
}
