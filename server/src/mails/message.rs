//! A written letter as a message (RFC 5322): plain text, the same as HTML, and a ticket's files.

use std::time::{Duration, UNIX_EPOCH};

use lettre::Message;
use lettre::address::AddressError;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Body, Mailbox, MultiPart, SinglePart};

use super::Mail;
use super::writing::Written;

/// What the HTML calls the picture of the code.
pub const CODE_CID: &str = "ticket-code";

/// A letter that cannot be a message.
#[derive(Debug, thiserror::Error)]
pub enum MessageError {
    /// Nobody can be reached there.
    #[error("the recipient's address cannot be written to")]
    Recipient(#[from] AddressError),
    /// A file's kind is none.
    #[error("a part of the letter has no kind")]
    Kind(#[from] lettre::message::header::ContentTypeErr),
    /// Anything else.
    #[error("the letter cannot be put together")]
    Message(#[from] lettre::error::Error),
}

/// Puts a letter together. It has the same Message-ID at every try.
///
/// # Errors
///
/// [`MessageError`].
pub fn message(written: Written, mail: &Mail, from: &Mailbox) -> Result<Message, MessageError> {
    let to = Mailbox::new(None, mail.recipient.parse()?);
    // Nobody answers a program that answers by itself (RFC 3834).
    let automatic = HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned());
    let builder = Message::builder()
        .from(from.clone())
        .to(to)
        .subject(one_line(&written.subject))
        .date(UNIX_EPOCH + Duration::from_millis(mail.created_at.0))
        .message_id(Some(format!("<{}@{}>", mail.id, from.email.domain())))
        .raw_header(automatic);
    let html = SinglePart::html(written.html);
    let plain = SinglePart::plain(written.text);
    let Some(files) = written.files else {
        return Ok(builder.multipart(MultiPart::alternative().singlepart(plain).singlepart(html))?);
    };
    let picture =
        Attachment::new_inline(CODE_CID.to_owned()).body(Body::new(files.png), ContentType::parse("image/png")?);
    let related = MultiPart::related().singlepart(html).singlepart(picture);
    let text = MultiPart::alternative().singlepart(plain).multipart(related);
    let pdf = Attachment::new(format!("ticket-{}.pdf", files.number))
        .body(Body::new(files.pdf), ContentType::parse("application/pdf")?);
    let calendar = Attachment::new("event.ics".to_owned())
        .body(Body::new(files.ics), ContentType::parse("text/calendar; charset=utf-8; method=PUBLISH")?);
    Ok(builder.multipart(MultiPart::mixed().multipart(text).singlepart(pdf).singlepart(calendar))?)
}

/// A subject is one line, whatever events and people are called: what follows a line end would be another header.
fn one_line(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use sync_protocol::time::UnixMillis;

    use super::*;
    use crate::mails::{MailId, State};

    #[test]
    fn nobody_adds_a_header_to_a_letter() {
        let written = Written {
            subject: "Your ticket\r\nBcc: eve@example.org\r\n\r\nand a body, für Зоя".to_owned(),
            text: "text".to_owned(),
            html: "<p>text</p>".to_owned(),
            files: None,
        };
        let bytes = message(written, &mail("ada@example.org"), &"Usher <usher@example.org>".parse().unwrap());
        let text = String::from_utf8(bytes.unwrap().formatted()).unwrap();

        let head = text.split("\r\n\r\n").next().unwrap();
        assert!(!head.to_lowercase().contains("\r\nbcc:"), "{head}");
        assert_eq!(head.matches("\r\nSubject:").count() + usize::from(head.starts_with("Subject:")), 1, "{head}");
        assert!(head.contains("Message-ID: <07070707070707070707070707070707@example.org>"), "{head}");
        assert!(head.contains("Auto-Submitted: auto-generated"), "{head}");
    }

    #[test]
    fn an_address_that_would_add_a_recipient_is_refused() {
        for bad in ["ada", "ada@example.org, eve@example.org", "ada@example.org\r\nBcc: eve@example.org", ""] {
            let written = Written { subject: String::new(), text: String::new(), html: String::new(), files: None };
            let refused = message(written, &mail(bad), &"usher@example.org".parse().unwrap());
            assert!(matches!(refused, Err(MessageError::Recipient(_))), "{bad}");
        }
    }

    fn mail(recipient: &str) -> Mail {
        Mail {
            id: MailId([7; 16]),
            organisation: None,
            kind: "notice".to_owned(),
            recipient: recipient.to_owned(),
            state: State::Waiting,
            tries: 1,
            next_try_at: UnixMillis(0),
            last_error: String::new(),
            created_at: UnixMillis(1_700_000_000_000),
            done_at: None,
        }
    }
}
