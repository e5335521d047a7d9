//! Fields that several of the bodies have.

use sync_protocol::text;

use crate::accounts::parse_email;
use crate::accounts::password::{NewPassword, Password, PasswordError};
use crate::http::problem::FieldError;

/// The longest name of a person.
const NAME_CHARS_MAX: usize = 200;

/// Reads a name of 1 to `chars_max` characters; empty if something is wrong with it.
pub(super) fn short_text(errors: &mut Vec<FieldError>, path: &str, text: &str, chars_max: usize) -> String {
    let tidy = text::tidy(text, usize::MAX);
    if tidy.is_empty() {
        errors.push(FieldError::new(path, "too_short", "must not be empty"));
    } else if tidy.chars().count() > chars_max {
        errors.push(FieldError::new(path, "too_long", format!("must have at most {chars_max} characters")));
    }
    tidy
}

/// Reads a person's name.
pub(super) fn name(errors: &mut Vec<FieldError>, path: &str, text: &str) -> String {
    short_text(errors, path, text, NAME_CHARS_MAX)
}

/// Reads an e-mail address; empty if something is wrong with it.
pub(super) fn email(errors: &mut Vec<FieldError>, path: &str, text: &str) -> String {
    parse_email(text).unwrap_or_else(|| {
        errors.push(FieldError::new(path, "email", "is not an e-mail address"));
        String::new()
    })
}

/// Reads a password that somebody of this address and name wants to have.
pub(super) fn new_password(
    errors: &mut Vec<FieldError>,
    path: &str,
    text: String,
    email: &str,
    name: &str,
) -> Option<NewPassword> {
    let checked = NewPassword::new(&Password::new(text), email, name);
    checked.map_err(|error| errors.push(password_error(path, error))).ok()
}

/// Says what is wrong with a password.
pub(super) fn password_error(path: &str, error: PasswordError) -> FieldError {
    let kind = match error {
        PasswordError::TooShort => "too_short",
        PasswordError::TooLong => "too_long",
        PasswordError::Common => "common",
        PasswordError::Own => "own",
    };
    FieldError::new(path, kind, error.to_string())
}
