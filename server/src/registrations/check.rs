//! Attendees as somebody wrote them down: checked, with everything that is wrong told at once.

use std::collections::BTreeMap;

use sync_protocol::text;
use sync_protocol::verdict::TicketStatus;

use super::{
    Answers, Attendee, EXTERNAL_ID_CHARS_MAX, NAME_CHARS_MAX, NOTE_CHARS_MAX, NewRegistration, ORDER_BYTES_MAX,
    PHONE_CHARS_MAX, PerPerson,
};
use crate::accounts::parse_email;
use crate::events::{Event, Question};

/// The longest answer that is not chosen from a list.
pub const ANSWER_CHARS_MAX: usize = 500;

/// An attendee as written down by somebody, unchecked. Empty texts are absent ones.
#[derive(Clone, Copy, Debug, Default)]
pub struct Raw<'a> {
    /// The name.
    pub name: &'a str,
    /// The e-mail address.
    pub email: &'a str,
    /// The phone number.
    pub phone: &'a str,
    /// The ticket type's name.
    pub ticket_type: &'a str,
    /// The note for the door.
    pub note: &'a str,
    /// `valid` or `unpaid`; `valid` if empty.
    pub status: &'a str,
    /// What another system knows the attendee by.
    pub external_id: &'a str,
    /// The order that the attendee came with.
    pub order: &'a str,
    /// Staff should look at the note.
    pub attention: bool,
    /// Staff should check who it is.
    pub id_check: bool,
    /// Whether it matters how many a person has already.
    pub per_person: PerPerson,
    /// The answers to the event's questions, by their keys.
    pub answers: Option<&'a BTreeMap<String, String>>,
}

/// What is wrong with one field of an attendee.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Wrong {
    /// The field's name, with what is within it after a dot.
    pub field: String,
    /// What is wrong, for programs.
    pub kind: &'static str,
    /// What is wrong, for people.
    pub msg: String,
}

impl Wrong {
    /// Returns what is wrong with a field.
    pub fn new(field: impl Into<String>, kind: &'static str, msg: impl Into<String>) -> Self {
        Self { field: field.into(), kind, msg: msg.into() }
    }
}

impl Raw<'_> {
    /// Checks everything, and returns all that is wrong rather than the first.
    ///
    /// # Errors
    ///
    /// What is wrong.
    pub fn check(&self, event: &Event) -> Result<NewRegistration, Vec<Wrong>> {
        let mut wrongs = Vec::new();
        let mut plain = |field, text: &str, chars_max| plain(field, text, chars_max, &mut wrongs);
        let phone = plain("phone", self.phone, PHONE_CHARS_MAX);
        let note = plain("note", self.note, NOTE_CHARS_MAX);
        let external_id = plain("external_id", self.external_id, EXTERNAL_ID_CHARS_MAX);
        let order = text::tidy(self.order, usize::MAX);
        if order.len() > ORDER_BYTES_MAX {
            wrongs.push(Wrong::new("order", "too_long", format!("must have at most {ORDER_BYTES_MAX} bytes")));
        }
        let name = name(self.name, &mut wrongs);
        let email = email(self.email, &mut wrongs);
        let class = match (self.ticket_type.trim(), event.policy.classes.as_slice()) {
            ("", [only]) => Some(only.id),
            ("", _) => {
                wrongs.push(Wrong::new("ticket_type", "missing", "must name one of the event's ticket types"));
                None
            }
            (name, _) => {
                let class = event.class_named(name).map(|class| class.id);
                if class.is_none() {
                    wrongs.push(Wrong::new("ticket_type", "unknown", "is not one of the event's ticket types"));
                }
                class
            }
        };
        let status = match self.status.trim().to_lowercase().as_str() {
            "" | "valid" => Some(TicketStatus::Valid),
            "unpaid" => Some(TicketStatus::Unpaid),
            _ => {
                wrongs.push(Wrong::new("status", "value", "must be valid or unpaid"));
                None
            }
        };
        let answers = answers(&event.offer.questions, self.answers, Asked::ByOrganiser, &mut wrongs);
        let (Some(class), Some(status), true) = (class, status, wrongs.is_empty()) else { return Err(wrongs) };
        let some = |text: String| if text.is_empty() { None } else { Some(text) };
        Ok(NewRegistration {
            attendee: Attendee {
                name,
                email,
                phone: some(phone),
                external_id: some(external_id),
                order: some(order),
                note,
            },
            class,
            status,
            attention: self.attention,
            id_check: self.id_check,
            per_person: self.per_person,
            answers,
        })
    }
}

/// Returns a text as it is kept.
pub(super) fn plain(field: &str, text: &str, chars_max: usize, wrongs: &mut Vec<Wrong>) -> String {
    let text = text::tidy(text, usize::MAX);
    if text.chars().count() > chars_max {
        wrongs.push(Wrong::new(field, "too_long", format!("must have at most {chars_max} characters")));
    }
    text
}

/// Returns a name as it is kept.
pub(super) fn name(text: &str, wrongs: &mut Vec<Wrong>) -> String {
    let name = plain("name", text, NAME_CHARS_MAX, wrongs);
    if name.is_empty() {
        wrongs.push(Wrong::new("name", "missing", "must not be empty"));
    }
    name
}

/// Returns an e-mail address as it is kept; nothing for none.
pub(super) fn email(text: &str, wrongs: &mut Vec<Wrong>) -> Option<String> {
    if text.trim().is_empty() {
        return None;
    }
    let email = parse_email(text);
    if email.is_none() {
        wrongs.push(Wrong::new("email", "email", "is not an e-mail address"));
    }
    email
}

/// Who answers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Asked {
    /// The attendee, who must answer what must be answered.
    ByThemselves,
    /// An organiser, who may not know.
    ByOrganiser,
}

/// Returns the answers as they are kept, without empty ones.
pub(super) fn answers(
    questions: &[Question],
    given: Option<&BTreeMap<String, String>>,
    asked: Asked,
    wrongs: &mut Vec<Wrong>,
) -> Answers {
    let mut answers = Answers::new();
    let none = BTreeMap::new();
    let given = given.unwrap_or(&none);
    let unknown = given.keys().filter(|key| !questions.iter().any(|question| question.key == **key));
    if unknown.count() > 0 {
        wrongs.push(Wrong::new("answers", "unknown", "answers something that is not asked"));
    }
    for question in questions {
        let field = format!("answers.{}", question.key);
        let text = given.get(&question.key).map(|text| plain(&field, text, ANSWER_CHARS_MAX, wrongs));
        let text = text.unwrap_or_default();
        if text.is_empty() {
            if question.required && asked == Asked::ByThemselves {
                wrongs.push(Wrong::new(field, "missing", "must be answered"));
            }
        } else if question.choices.is_empty() || question.choices.contains(&text) {
            answers.insert(question.key.clone(), text);
        } else {
            wrongs.push(Wrong::new(field, "value", "is none of the choices"));
        }
    }
    answers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_must_be_answered_is_and_only_by_one_of_the_choices() {
        let question = |key: &str, required, choices: &[&str]| Question {
            key: key.to_owned(),
            label: "?".to_owned(),
            required,
            choices: choices.iter().map(|choice| (*choice).to_owned()).collect(),
        };
        let questions = [question("meal", true, &["meat", "vegan"]), question("arrival", false, &[])];
        let check = |given: &[(&str, &str)], asked| {
            let given = given.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect();
            let mut wrongs = Vec::new();
            let answers = answers(&questions, Some(&given), asked, &mut wrongs);
            let fields: Vec<String> = wrongs.into_iter().map(|wrong| wrong.field).collect();
            (answers.len(), fields)
        };

        assert_eq!(check(&[("meal", " vegan ")], Asked::ByThemselves), (1, vec![]));
        assert_eq!(check(&[], Asked::ByThemselves), (0, vec!["answers.meal".to_owned()]));
        assert_eq!(check(&[], Asked::ByOrganiser), (0, vec![]));
        assert_eq!(check(&[("meal", "fish")], Asked::ByOrganiser), (0, vec!["answers.meal".to_owned()]));
        assert_eq!(check(&[("shoe", "38")], Asked::ByOrganiser), (0, vec!["answers".to_owned()]));
        let long = "x".repeat(501);
        assert_eq!(check(&[("arrival", &long)], Asked::ByOrganiser).1, ["answers.arrival"]);
    }
}
