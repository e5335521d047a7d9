//! Attendees as a file for spreadsheets, written page by page: however many there are, few are held at once.

use std::io;

use csv::{Writer, WriterBuilder};
use futures_util::stream::{Stream, unfold};
use sync_protocol::id::RegistrationId;

use super::{Filter, Registration};
use crate::app::App;
use crate::db::StoreError;
use crate::events::Event;
use crate::http::time::rfc3339;
use crate::tickets::Ticket;

/// Attendees that are read at once.
const PAGE: u32 = 500;

const COLUMNS: &[&str] = &[
    "id",
    "name",
    "email",
    "phone",
    "ticket_type",
    "state",
    "status",
    "ticket",
    "order",
    "external_id",
    "note",
    "attention",
    "id_check",
    "checked_in",
    "contact_name",
    "contact_email",
    "created_at",
];

/// Where the writing stands.
enum At {
    Header,
    After(Option<RegistrationId>),
    End,
}

/// Returns the file in pieces: its header, then its lines.
pub fn lines(app: App, event: Event, filter: Filter) -> impl Stream<Item = io::Result<Vec<u8>>> + Send + 'static {
    unfold((app, event, filter, At::Header), |(app, event, filter, at)| async move {
        let (piece, next) = match at {
            At::Header => (header(&event), At::After(None)),
            At::After(after) => match page(&app, &event, &filter, after).await {
                Ok(Some((piece, last))) => (Ok(piece), At::After(Some(last))),
                Ok(None) => return None,
                // The connection ends in the middle of the file, which tells whoever reads it.
                Err(error) => {
                    tracing::error!(%error, "could not write attendees to a file");
                    (Err(io::Error::other(error)), At::End)
                }
            },
            At::End => return None,
        };
        Some((piece, (app, event, filter, next)))
    })
}

async fn page(
    app: &App,
    event: &Event,
    filter: &Filter,
    after: Option<RegistrationId>,
) -> Result<Option<(Vec<u8>, RegistrationId)>, StoreError> {
    let mut tx = app.database().begin_read().await?;
    let found = super::list(&mut tx, event.id, filter, after, PAGE).await?;
    drop(tx);
    let Some((last, _)) = found.last() else { return Ok(None) };
    let last = last.id;
    let mut writer = writer();
    for (registration, ticket) in &found {
        let record = record(event, registration, ticket.as_ref());
        writer.write_record(record.iter().map(|text| cell(text))).map_err(|_| StoreError::Corrupt("csv"))?;
    }
    let piece = writer.into_inner().map_err(|_| StoreError::Corrupt("csv"))?;
    Ok(Some((piece, last)))
}

fn writer() -> Writer<Vec<u8>> {
    WriterBuilder::new().from_writer(Vec::new())
}

fn header(event: &Event) -> io::Result<Vec<u8>> {
    let mut writer = writer();
    let asked = event.offer.questions.iter().map(|question| format!("answer:{}", question.key));
    writer.write_record(COLUMNS.iter().map(|column| (*column).to_owned()).chain(asked))?;
    writer.into_inner().map_err(|error| io::Error::other(error.to_string()))
}

fn record(event: &Event, registration: &Registration, ticket: Option<&Ticket>) -> Vec<String> {
    let attendee = &registration.attendee;
    let contact = registration.contact.as_ref();
    let yes = |is: bool| if is { "yes" } else { "no" }.to_owned();
    let status = ticket.map(|ticket| format!("{:?}", ticket.row.status).to_lowercase());
    let mut record = vec![
        registration.id.to_string(),
        attendee.name.clone(),
        attendee.email.clone().unwrap_or_default(),
        attendee.phone.clone().unwrap_or_default(),
        event.policy.class(registration.class).map(|class| class.name.clone()).unwrap_or_default(),
        registration.state.name().to_owned(),
        status.unwrap_or_default(),
        ticket.map(|ticket| ticket.id.typed_code()).unwrap_or_default(),
        attendee.order.clone().unwrap_or_default(),
        attendee.external_id.clone().unwrap_or_default(),
        attendee.note.clone(),
        yes(registration.attention),
        yes(registration.id_check),
        yes(registration.is_checked_in),
        contact.map(|contact| contact.name.clone()).unwrap_or_default(),
        contact.map(|contact| contact.email.clone()).unwrap_or_default(),
        rfc3339(registration.created_at),
    ];
    let answer = |key: &String| registration.answers.get(key).cloned().unwrap_or_default();
    record.extend(event.offer.questions.iter().map(|question| answer(&question.key)));
    record
}

/// Returns a text that no spreadsheet takes for a formula (OWASP, "CSV Injection").
fn cell(text: &str) -> String {
    let is_formula =
        text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}']);
    if is_formula { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_somebody_wrote_is_a_formula() {
        for text in ["=1+1", "+49 30", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            assert_eq!(cell(text), format!("'{text}"));
        }
        assert_eq!(cell("Ada = Lovelace"), "Ada = Lovelace");
    }
}
