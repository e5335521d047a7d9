//! From what somebody outside sent to a proposal, or to everything that is wrong with it.

use sync_protocol::text;

use super::body::NewProposal;
use super::{Contact, Wish};
use crate::accounts::parse_email;
use crate::events::{CAPACITY_MAX, DESCRIPTION_CHARS_MAX, LOCATION_CHARS_MAX, NAME_CHARS_MAX};
use crate::http::problem::FieldError;
use crate::http::time::parse_rfc3339;
use crate::registrations::PHONE_CHARS_MAX;

/// Checks everything, and returns all that is wrong rather than the first.
pub(super) fn check(new: &NewProposal) -> Result<(Wish, Contact), Vec<FieldError>> {
    let mut errors = Vec::new();
    let mut wrong = |field: &str, kind: &str, msg: String| errors.push(FieldError::new(field, kind, msg));
    let mut bounded = |field: &str, text: String, chars_min: usize, chars_max: usize| {
        let chars = text.chars().count();
        if chars < chars_min {
            wrong(field, "too_short", "must not be empty".to_owned());
        } else if chars > chars_max {
            wrong(field, "too_long", format!("must have at most {chars_max} characters"));
        }
        text
    };
    let line = |text: &str| text::tidy(text, usize::MAX);
    let title = bounded("body.title", line(&new.title), 1, NAME_CHARS_MAX);
    let description = bounded("body.description", lines(&new.description), 0, DESCRIPTION_CHARS_MAX);
    let location = bounded("body.location", line(&new.location), 0, LOCATION_CHARS_MAX);
    let name = bounded("body.contact.name", line(&new.contact.name), 1, NAME_CHARS_MAX);
    let phone = bounded("body.contact.phone", line(&new.contact.phone), 0, PHONE_CHARS_MAX);
    let email = parse_email(&new.contact.email);
    if email.is_none() {
        wrong("body.contact.email", "email", "is not an e-mail address".to_owned());
    }
    if new.time_zone.parse::<chrono_tz::Tz>().is_err() {
        wrong("body.time_zone", "time_zone", "is not an IANA time zone such as Europe/Berlin".to_owned());
    }
    let mut time = |field: &str, text: &str| {
        let time = parse_rfc3339(text);
        if time.is_none() {
            wrong(field, "time", "must be a time with an offset, such as 2026-11-21T09:00:00+01:00".to_owned());
        }
        time
    };
    let (starts, ends) = (time("body.starts", &new.starts), time("body.ends", &new.ends));
    if starts.is_some() && ends.is_some() && ends <= starts {
        wrong("body.ends", "order", "must be after the beginning".to_owned());
    }
    if new.guests.is_some_and(|guests| !(1..=CAPACITY_MAX).contains(&guests)) {
        wrong("body.guests", "out_of_range", format!("must be between 1 and {CAPACITY_MAX}"));
    }
    let (Some(email), Some(starts), Some(ends), true) = (email, starts, ends, errors.is_empty()) else {
        return Err(errors);
    };
    let time_zone = new.time_zone.clone();
    let wish = Wish { title, description, location, time_zone, starts, ends, guests: new.guests };
    Ok((wish, Contact { name, email, phone }))
}

/// Tidies each line.
fn lines(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| text::tidy(line, usize::MAX)).collect();
    lines.join("\n").trim_matches('\n').to_owned()
}
