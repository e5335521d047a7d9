//! Whether what people say of organisations can be: everything that is wrong is told at once.

use std::collections::BTreeSet;

use sync_protocol::text;

use crate::accounts::parse_email;
use crate::http::problem::FieldError;

/// The longest name of anything.
pub(super) const NAME_CHARS_MAX: usize = 200;

/// Everything that is wrong with a body.
#[derive(Debug, Default)]
pub(super) struct Errors(Vec<FieldError>);

impl Errors {
    /// Returns `value` if nothing is wrong.
    pub(super) fn or<T>(self, value: T) -> Result<T, Vec<FieldError>> {
        if self.0.is_empty() { Ok(value) } else { Err(self.0) }
    }

    pub(super) fn add(&mut self, path: &str, kind: &str, msg: impl Into<String>) {
        self.0.push(FieldError::new(path, kind, msg));
    }

    /// Checks a name: 1 to 200 characters that are not only space.
    pub(super) fn name(&mut self, path: &str, text: &str) -> String {
        let name = self.text(path, text, NAME_CHARS_MAX);
        if name.is_empty() {
            self.add(path, "too_short", "must not be empty");
        }
        name
    }

    /// Checks a text that may be empty.
    pub(super) fn text(&mut self, path: &str, text: &str, chars_max: usize) -> String {
        let text = text::tidy(text, usize::MAX);
        if text.chars().count() > chars_max {
            self.add(path, "too_long", format!("must have at most {chars_max} characters"));
        }
        text
    }

    /// Checks the names of a list, which must differ in more than case.
    pub(super) fn names<'a>(&mut self, path: &str, names: impl Iterator<Item = &'a str>, max: usize) -> Vec<String> {
        let mut seen = BTreeSet::new();
        let mut tidied = Vec::new();
        for (at, name) in names.enumerate() {
            let place = format!("{path}.{at}.name");
            let name = self.name(&place, name);
            if !seen.insert(name.to_lowercase()) {
                self.add(&place, "duplicate", "is the name of another one as well");
            }
            tidied.push(name);
        }
        self.count(path, tidied.len(), max);
        tidied
    }

    pub(super) fn count(&mut self, path: &str, count: usize, max: usize) {
        if count > max {
            self.add(path, "too_long", format!("must hold at most {max}"));
        }
    }

    pub(super) fn time_zone(&mut self, path: &str, name: &str) -> String {
        if name.parse::<chrono_tz::Tz>().is_err() {
            self.add(path, "time_zone", "is not an IANA time zone such as Europe/Berlin");
        }
        name.to_owned()
    }

    pub(super) fn currency(&mut self, path: &str, code: &str) -> String {
        if code.len() != 3 || !code.bytes().all(|b| b.is_ascii_uppercase()) {
            self.add(path, "value", "must be a currency's three capital letters, such as EUR");
        }
        code.to_owned()
    }

    pub(super) fn email(&mut self, path: &str, text: &str) -> String {
        parse_email(text).unwrap_or_else(|| {
            self.add(path, "email", "is not an e-mail address");
            String::new()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_differ_in_more_than_case_and_all_that_is_wrong_is_told() {
        let mut errors = Errors::default();
        let names = errors.names("body.gates", ["North", " north ", ""].into_iter(), 2);
        errors.currency("body.currency", "eur");
        errors.time_zone("body.time_zone", "Mars/Olympus");
        errors.email("body.contact_email", "nobody");

        assert_eq!(names, ["North", "north", ""]);
        let kinds: Vec<_> = errors.or(()).unwrap_err().into_iter().map(|error| error.kind).collect();
        assert_eq!(kinds, ["duplicate", "too_short", "too_long", "value", "time_zone", "email"]);
    }

    #[test]
    fn a_name_has_at_most_two_hundred_characters_however_many_bytes() {
        let mut errors = Errors::default();
        errors.name("body.name", &"ü".repeat(200));
        assert!(errors.or(()).is_ok());
        let mut errors = Errors::default();
        errors.name("body.name", &"u".repeat(201));
        assert!(errors.or(()).is_err());
    }
}
