//! What letters say about registrations.

use super::{Form, Link, facts};
use crate::events::{Event, Price};
use crate::language::{Language, fill};
use crate::mails::words::Words;
use crate::registrations::State;
use crate::registrations::letters::News;

/// What a letter tells of a registration.
pub(super) struct Told<'a> {
    pub(super) name: &'a str,
    pub(super) ticket_type: &'a str,
    pub(super) news: News,
    pub(super) state: State,
    /// What is still to be paid, if there is a ticket and it is not.
    pub(super) unpaid: Option<Option<&'a Price>>,
    pub(super) reason: &'a str,
    /// Where it is seen and cancelled.
    pub(super) link: Option<String>,
}

pub(super) fn registration(words: &'static Words, language: Language, event: &Event, told: Told<'_>) -> Form {
    let values = [("event", event.policy.event.as_str()), ("name", told.name), ("ticket_type", told.ticket_type)];
    let [subject, first] = match (told.state, told.news) {
        (State::Registered, News::MovedUp) => words.moved_up,
        (State::Registered, News::Received) => words.received,
        (State::Registered, _) => words.registered,
        (State::Pending, _) => words.pending,
        (State::Waiting, _) => words.waiting,
        (State::Cancelled, _) => words.registration_cancelled,
        (State::Rejected, _) => words.rejected,
    };
    let mut before = vec![fill(first, &values)];
    let is_over = matches!(told.state, State::Cancelled | State::Rejected);
    if let Some(price) = told.unpaid.filter(|_| told.state == State::Registered) {
        let price = price
            .map(|price| format!(": {} {}", language.amount(price.amount.into(), &price.currency), price.currency))
            .unwrap_or_default();
        before.push(fill(words.unpaid, &[("price", &price)]));
    }
    if is_over && !told.reason.is_empty() {
        before.push(told.reason.to_owned());
    }
    Form {
        subject: fill(subject, &values),
        before,
        link: told.link.filter(|_| !is_over).map(|url| Link::plain(words.registration_link, url)),
        facts: if is_over { Vec::new() } else { facts(words, language, event) },
        ..Form::default()
    }
}

pub(super) fn given_away(words: &'static Words, event: &Event, name: &str) -> Form {
    let values = [("event", event.policy.event.as_str()), ("name", name)];
    let [subject, first] = words.given_away;
    Form {
        subject: fill(subject, &values),
        before: vec![fill(first, &values), words.given_away_code.to_owned()],
        ..Form::default()
    }
}
