//! What letters say: one form for all of them, written as plain text and as HTML.

mod registration;

use askama::Template;
use sync_protocol::id::{EventId, TicketId};

use super::Letter;
use super::message::CODE_CID;
use super::words::{Words, words};
use crate::accounts;
use crate::app::App;
use crate::db::{StoreError, Tx};
use crate::events::{self, Event};
use crate::language::{Language, fill};
use crate::registrations::{self, Registration, link};
use crate::tickets;
use crate::tickets::documents::{Sheet, SheetError, calendar, pdf};

/// Pixels to a module of the code in a letter: sharp on a screen with four dots to a point.
const CODE_MODULE_PX: u32 = 12;

/// A letter as it is sent.
#[derive(Clone, Debug)]
pub struct Written {
    /// What it is about.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
    /// What comes with a ticket.
    pub files: Option<Files>,
}

/// What comes with a ticket.
#[derive(Clone, Debug)]
pub struct Files {
    /// The ticket's number.
    pub number: String,
    /// Its code as a picture.
    pub png: Vec<u8>,
    /// The ticket as a page.
    pub pdf: Vec<u8>,
    /// The event as an entry of a calendar.
    pub ics: String,
}

/// Why a letter cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// What it is about is gone.
    #[error("the event or ticket is gone")]
    Gone,
    /// The ticket has no documents.
    #[error("the ticket cannot be sent")]
    Ticket(#[from] SheetError),
    /// The HTML cannot be made.
    #[error("the letter cannot be written")]
    Html(#[from] askama::Error),
    /// The database failed.
    #[error("could not read what the letter is about")]
    Store(#[from] StoreError),
}

impl WriteError {
    /// Whether another try may help.
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Store(_) | Self::Ticket(SheetError::Store(_)))
    }
}

/// What a letter says, whatever it looks like.
#[derive(Clone, Debug, Default)]
struct Form {
    subject: String,
    greeting: String,
    before: Vec<String>,
    items: Vec<String>,
    link: Option<Link>,
    number: String,
    facts: Vec<(&'static str, String)>,
    after: Vec<String>,
    /// What few want.
    below: Option<Link>,
    footer: String,
}

#[derive(Clone, Debug)]
struct Link {
    label: &'static str,
    url: String,
    hint: &'static str,
    /// What the link brings, for those whose link does not open; may be empty.
    code: String,
}

impl Link {
    /// Returns a link whose address is all there is to it.
    const fn plain(label: &'static str, url: String) -> Self {
        Self { label, url, hint: "", code: String::new() }
    }
}

#[derive(Template)]
#[template(path = "letter.html")]
struct Html<'a> {
    language: &'static str,
    letter: &'a Form,
    code_cid: Option<&'static str>,
}

/// Writes a letter to `recipient`, about things as they are now: in their own language if they have chosen one, else in
/// that of the event that it is about, else in the installation's.
///
/// # Errors
///
/// [`WriteError`].
pub async fn write(tx: &mut Tx, app: &App, letter: &Letter, recipient: &str) -> Result<Written, WriteError> {
    let language = language(tx, app, letter, recipient).await?;
    let words = words(language);
    let mut files = None;
    let mut form = match letter {
        Letter::Verify { name, token } => verify(words, app, name, token),
        Letter::Reset { name, token } => reset(words, app, name, token),
        Letter::Invite { organisation, inviter, role, token } => {
            invite(words, app, [organisation, inviter, role], token)
        }
        Letter::Ticket { event, ticket } => {
            let sheet = sheet(tx, app, *event, *ticket).await?;
            files = Some(Files {
                number: sheet.number.clone(),
                png: sheet.modules().map_err(SheetError::from)?.to_png(CODE_MODULE_PX).map_err(SheetError::from)?,
                pdf: pdf::pdf(&sheet, language)?,
                ics: calendar::ics(&sheet, app.clock().now()),
            });
            let url = ticket_url(tx, app, *event, *ticket, recipient).await?;
            ticket_form(words, language, &sheet, url)
        }
        Letter::Registration { event, registration, name, news, state, is_unpaid, reason } => {
            let event = find(tx, *event).await?;
            let found = registrations::find(tx, event.id, *registration).await?.ok_or(WriteError::Gone)?.0;
            let price = event.offered(found.class).and_then(|offered| offered.price.as_ref());
            let told = registration::Told {
                name,
                ticket_type: event.policy.class(found.class).map_or("", |class| class.name.as_str()),
                news: *news,
                state: *state,
                unpaid: is_unpaid.then_some(price),
                reason,
                link: registration_url(app, event.id, &found, recipient),
            };
            registration::registration(words, language, &event, told)
        }
        Letter::GivenAway { event, name } => registration::given_away(words, &find(tx, *event).await?, name),
        Letter::EventChanged { event, changes } => {
            let event = find(tx, *event).await?;
            changed(words, language, &event, changes)
        }
        Letter::EventCancelled { event, reason } => {
            let event = find(tx, *event).await?;
            cancelled(words, language, &event, reason)
        }
        Letter::Notice { subject, paragraphs } => {
            Form { subject: subject.clone(), before: paragraphs.clone(), ..Form::default() }
        }
    };
    if form.greeting.is_empty() {
        words.greeting.clone_into(&mut form.greeting);
    }
    form.footer = fill(words.sent_by, &[("url", app.public_url())]);
    let html = Html { language: language.tag(), letter: &form, code_cid: files.as_ref().map(|_| CODE_CID) }.render()?;
    Ok(Written { text: text(&form), html, subject: form.subject, files })
}

async fn language(tx: &mut Tx, app: &App, letter: &Letter, recipient: &str) -> Result<Language, StoreError> {
    if let Some(own) = accounts::language_of(tx, recipient).await? {
        return Ok(own);
    }
    let event = match letter {
        Letter::Ticket { event, .. }
        | Letter::Registration { event, .. }
        | Letter::GivenAway { event, .. }
        | Letter::EventChanged { event, .. }
        | Letter::EventCancelled { event, .. } => *event,
        Letter::Verify { .. } | Letter::Reset { .. } | Letter::Invite { .. } | Letter::Notice { .. } => {
            return Ok(app.language());
        }
    };
    let of_event = match events::organisation_of(tx, event).await? {
        Some(_) => events::get(tx, event).await?.about.language,
        None => None,
    };
    Ok(of_event.unwrap_or(app.language()))
}

/// Returns where a registration is seen and cancelled; nothing if it is not the recipient's any more.
fn registration_url(app: &App, event: EventId, registration: &Registration, recipient: &str) -> Option<String> {
    let token = link::token(app, event, registration).filter(|_| registration.recipient() == Some(recipient))?;
    Some(format!("{}/letters/registration/{token}", app.public_url()))
}

async fn ticket_url(
    tx: &mut Tx,
    app: &App,
    event: EventId,
    ticket: TicketId,
    recipient: &str,
) -> Result<Option<String>, WriteError> {
    let ticket = tickets::find(tx, event, ticket).await?.ok_or(WriteError::Gone)?;
    let found = registrations::find(tx, event, ticket.registration).await?;
    Ok(found.and_then(|(registration, _)| registration_url(app, event, &registration, recipient)))
}

async fn find(tx: &mut Tx, id: EventId) -> Result<Event, WriteError> {
    events::organisation_of(tx, id).await?.ok_or(WriteError::Gone)?;
    Ok(events::get(tx, id).await?)
}

async fn sheet(tx: &mut Tx, app: &App, event: EventId, ticket: TicketId) -> Result<Sheet, WriteError> {
    let event = find(tx, event).await?;
    let ticket = tickets::find(tx, event.id, ticket).await?.ok_or(WriteError::Gone)?;
    Ok(Sheet::of(tx, app, &event, &ticket).await?)
}

fn greet(words: &Words, name: &str) -> String {
    if name.is_empty() { words.greeting.to_owned() } else { fill(words.greeting_to, &[("name", name)]) }
}

fn link(words: &'static Words, app: &App, page: &str, label: &'static str, token: &str) -> Option<Link> {
    let url = format!("{}/letters/{page}/{token}", app.public_url());
    Some(Link { label, url, hint: words.code, code: token.to_owned() })
}

fn verify(words: &'static Words, app: &App, name: &str, token: &str) -> Form {
    Form {
        subject: words.verify_subject.to_owned(),
        greeting: greet(words, name),
        before: vec![words.verify.to_owned()],
        link: link(words, app, "verify", words.verify_link, token),
        after: vec![words.verify_else.to_owned()],
        ..Form::default()
    }
}

fn reset(words: &'static Words, app: &App, name: &str, token: &str) -> Form {
    Form {
        subject: words.reset_subject.to_owned(),
        greeting: greet(words, name),
        before: vec![words.reset.to_owned()],
        link: link(words, app, "reset", words.reset_link, token),
        after: vec![words.reset_else.to_owned()],
        ..Form::default()
    }
}

fn invite(words: &'static Words, app: &App, [organisation, inviter, role]: [&str; 3], token: &str) -> Form {
    let values = [("organisation", organisation), ("inviter", inviter), ("role", words.role(role))];
    Form {
        subject: fill(words.invite_subject, &values),
        before: vec![fill(words.invite, &values)],
        link: link(words, app, "invite", words.invite_link, token),
        after: vec![words.invite_else.to_owned()],
        ..Form::default()
    }
}

fn ticket_form(words: &'static Words, language: Language, sheet: &Sheet, url: Option<String>) -> Form {
    let values = [("event", sheet.title.as_str())];
    let mut facts = vec![(words.when, language.span(sheet.starts, sheet.ends, sheet.zone))];
    if !sheet.place.is_empty() {
        facts.push((words.place, sheet.place.clone()));
    }
    facts.push((words.ticket_type, sheet.ticket_type.clone()));
    facts.push((words.number, sheet.number.clone()));
    let unpaid = if sheet.is_unpaid { Some(words.ticket_unpaid.to_owned()) } else { None };
    Form {
        subject: fill(words.ticket_subject, &values),
        greeting: greet(words, &sheet.name),
        before: [fill(words.ticket, &values)].into_iter().chain(unpaid).collect(),
        number: sheet.number.clone(),
        facts,
        below: url.map(|url| Link::plain(words.registration_link, url)),
        after: vec![words.ticket_keep.to_owned()],
        ..Form::default()
    }
}

fn facts(words: &'static Words, language: Language, event: &Event) -> Vec<(&'static str, String)> {
    let zone = event.policy.time_zone.parse().unwrap_or(chrono_tz::Tz::UTC);
    let mut facts = vec![(words.when, language.span(event.policy.starts, event.policy.ends, zone))];
    if !event.about.location.is_empty() {
        facts.push((words.place, event.about.location.clone()));
    }
    facts
}

fn changed(words: &'static Words, language: Language, event: &Event, changes: &[String]) -> Form {
    let values = [("event", event.policy.event.as_str())];
    Form {
        subject: fill(words.changed_subject, &values),
        before: vec![fill(words.changed, &values)],
        items: changes.to_vec(),
        facts: facts(words, language, event),
        ..Form::default()
    }
}

fn cancelled(words: &'static Words, language: Language, event: &Event, reason: &str) -> Form {
    let values = [("event", event.policy.event.as_str()), ("reason", reason)];
    let why = if reason.is_empty() { None } else { Some(fill(words.cancelled_why, &values)) };
    Form {
        subject: fill(words.cancelled_subject, &values),
        before: [fill(words.cancelled, &values)].into_iter().chain(why).collect(),
        facts: facts(words, language, event),
        ..Form::default()
    }
}

/// Writes a letter as plain text: a paragraph to a line, as mail programs break lines themselves.
fn text(form: &Form) -> String {
    let mut parts = vec![form.greeting.clone()];
    parts.extend(form.before.iter().cloned());
    let lines = |lines: Vec<String>| if lines.is_empty() { None } else { Some(lines.join("\n")) };
    parts.extend(lines(form.items.iter().map(|item| format!("- {item}")).collect()));
    if let Some(link) = &form.link {
        parts.push(format!("{}:\n{}", link.label, link.url));
        parts.extend(if link.code.is_empty() { None } else { Some(format!("{}\n{}", link.hint, link.code)) });
    }
    parts.extend(lines(form.facts.iter().map(|(label, value)| format!("{label}: {value}")).collect()));
    parts.extend(form.after.iter().cloned());
    parts.extend(form.below.as_ref().map(|link| format!("{}:\n{}", link.label, link.url)));
    parts.push(format!("-- \n{}", form.footer));
    parts.join("\n\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tickets::documents::samples;

    #[test]
    fn a_ticket_letter_says_what_the_ticket_is_for_in_either_language() {
        let sheet = Sheet { is_unpaid: true, ..samples::sheet("Zoë <b>") };
        for (language, said) in [(Language::English, "not paid"), (Language::German, "nicht bezahlt")] {
            let form = ticket_form(words(language), language, &sheet, None);
            let html = Html { language: "en", letter: &form, code_cid: Some(CODE_CID) }.render().unwrap();
            let text = text(&form);

            for told in [said, "7J2V9-0QK4NX", "Köln", "09:00", "Day pass"] {
                assert!(text.contains(told) && html.contains(told), "{told} is missing in\n{text}\n{html}");
            }
            assert!(text.contains("Zoë <b>") && html.contains("Zoë &#60;b&#62;"), "{html}");
            assert!(html.contains("src=\"cid:ticket-code\""));
        }
    }
}
