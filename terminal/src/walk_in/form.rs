//! What is typed at the door, checked: a name, and an e-mail address if there is one.

use sync_protocol::journal::walk_in::Guest;
use sync_protocol::text::{EMAIL_BYTES_MAX, LABEL_BYTES_MAX, tidy};

/// What is wrong with a form, by field.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Mistakes {
    /// With the name.
    pub name: Option<NameMistake>,
    /// With the e-mail address.
    pub email: Option<EmailMistake>,
}

/// What is wrong with a name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NameMistake {
    /// There is none.
    Missing,
    /// It is too long for a ticket.
    TooLong,
}

/// What is wrong with an e-mail address.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum EmailMistake {
    /// It is too long.
    TooLong,
    /// No mail could be sent there.
    NoAddress,
}

/// Returns the guest that a form names.
///
/// # Errors
///
/// [`Mistakes`] with at least one.
pub fn guest(name: &str, email: &str) -> Result<Guest, Mistakes> {
    let (name, email) = (tidy(name, usize::MAX), tidy(email, usize::MAX));
    let mistakes = Mistakes {
        name: match name.len() {
            0 => Some(NameMistake::Missing),
            length if length > LABEL_BYTES_MAX => Some(NameMistake::TooLong),
            _ => None,
        },
        email: match email.len() {
            0 => None,
            length if length > EMAIL_BYTES_MAX => Some(EmailMistake::TooLong),
            _ if !is_address(&email) => Some(EmailMistake::NoAddress),
            _ => None,
        },
    };
    if mistakes == Mistakes::default() { Ok(Guest { name, email }) } else { Err(mistakes) }
}

/// Whether mail could be sent there, as far as a look at it can tell: something, an at sign, and a
/// host with a dot. Whether somebody reads it, only a mail tells.
fn is_address(text: &str) -> bool {
    let Some((who, host)) = text.rsplit_once('@') else { return false };
    let is_plain = !text.chars().any(|c| c.is_whitespace() || c.is_control() || "<>(),;:\"\\[]".contains(c));
    let labels: Vec<&str> = host.split('.').collect();
    is_plain
        && !who.is_empty()
        && !who.contains('@')
        && labels.len() > 1
        && labels.iter().all(|label| !label.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_is_needed_and_an_address_is_not() {
        let ada = guest("  Ada Lovelace ", "").unwrap();
        assert_eq!((ada.name.as_str(), ada.email.as_str()), ("Ada Lovelace", ""));
        let mistakes = guest("\t ", "ada").unwrap_err();
        assert_eq!(mistakes.name, Some(NameMistake::Missing));
        assert_eq!(mistakes.email, Some(EmailMistake::NoAddress));
        assert_eq!(guest(&"é".repeat(65), "").unwrap_err().name, Some(NameMistake::TooLong));
        assert_eq!(guest("Ada", &format!("{}@b.c", "a".repeat(125))).unwrap_err().email, Some(EmailMistake::TooLong));
    }

    #[test]
    fn what_looks_like_an_address_is_one() {
        for address in ["a@b.c", "ada.lovelace+door@example.org", "jörg@bücher.example", "a'b@x-y.co.uk"] {
            assert!(guest("Ada", address).is_ok(), "{address}");
        }
        for none in ["a", "a@", "@b.c", "a@b", "a@b.", "a@.b", "a@@b.c", "a b@c.d", "a@b.c,d@e.f", "<a@b.c>"] {
            assert!(guest("Ada", none).is_err(), "{none}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_taken_can_be_written_down(name in any::<String>(), email in any::<String>()) {
            if let Ok(guest) = guest(&name, &email) {
                prop_assert!(guest.encode().is_ok());
            }
            if let Ok(guest) = super::guest(&name, "") {
                prop_assert_eq!(Guest::decode(&guest.encode().unwrap()), Ok(guest));
            }
        }
    }
}
