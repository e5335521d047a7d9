//! Erasing somebody from letters: those to them go, and in those to others they lose their name.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::{CONTENT_PLACE, Letter, MailId, store};
use crate::accounts::OrganisationId;
use crate::app::App;
use crate::db::{StoreError, Tx};
use crate::registrations::person::ERASED_NAME;

/// Letters read at once.
const LETTERS: u32 = 200;
/// A shorter name says nothing, and stands in too many words.
const NAME_CHARS_MIN: usize = 2;

/// Deletes all letters to an address, and takes `names` and the address out of the letters to others that still say
/// something; only those of one organisation if one is named.
///
/// # Errors
///
/// [`StoreError`].
pub async fn erase(
    tx: &mut Tx,
    app: &App,
    organisation: Option<OrganisationId>,
    email: Option<&str>,
    names: &BTreeSet<String>,
) -> Result<(), StoreError> {
    if let Some(email) = email {
        store::delete_to(tx, email, organisation).await?;
    }
    let mut said: Vec<&str> = names.iter().map(String::as_str).chain(email).collect();
    // A name may begin with another.
    said.sort_unstable_by_key(|name| Reverse(name.len()));
    let mut after = MailId([0; 16]);
    loop {
        let letters = store::with_content(tx, organisation, after, LETTERS).await?;
        let Some((last, _)) = letters.last() else { return Ok(()) };
        after = *last;
        for (id, sealed) in letters {
            let content = app.sealer().open(CONTENT_PLACE, &id.0, &sealed)?;
            let mut letter: Letter = serde_json::from_slice(&content).map_err(|_| StoreError::Corrupt("content"))?;
            if forget(&mut letter, &said) {
                let content = serde_json::to_vec(&letter).map_err(|_| StoreError::Corrupt("content"))?;
                store::set_content(tx, id, &app.sealer().seal(CONTENT_PLACE, &id.0, &content)).await?;
            }
        }
    }
}

/// Takes names out of what a letter says; false if it says none of them.
fn forget(letter: &mut Letter, names: &[&str]) -> bool {
    let texts: Vec<&mut String> = match letter {
        Letter::Invite { inviter, .. } => vec![inviter],
        Letter::Notice { subject, paragraphs } => paragraphs.iter_mut().chain([subject]).collect(),
        Letter::Registration { name, reason, .. } => vec![name, reason],
        Letter::GivenAway { name, .. } => vec![name],
        // What these tell of somebody is looked up when they are sent, or is to themselves.
        Letter::Verify { .. }
        | Letter::Reset { .. }
        | Letter::Ticket { .. }
        | Letter::EventChanged { .. }
        | Letter::EventCancelled { .. } => Vec::new(),
    };
    let mut has_changed = false;
    for text in texts {
        for name in names.iter().filter(|name| name.chars().count() >= NAME_CHARS_MIN) {
            if let Some(without) = without(text, name) {
                *text = without;
                has_changed = true;
            }
        }
    }
    has_changed
}

/// Returns `text` without a name, where that stands in it as whole words.
fn without(text: &str, name: &str) -> Option<String> {
    let is_part = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let (mut made, mut end) = (String::new(), 0);
    for (at, _) in text.match_indices(name) {
        let (before, after) = (text.get(..at)?, text.get(at + name.len()..)?);
        if !is_part(before.chars().next_back()) && !is_part(after.chars().next()) {
            made.push_str(text.get(end..at)?);
            made.push_str(ERASED_NAME);
            end = at + name.len();
        }
    }
    if end == 0 {
        return None;
    }
    made.push_str(text.get(end..)?);
    Some(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_goes_and_words_that_hold_it_stay() {
        assert_eq!(without("Ann, Anna and Ann.", "Ann").unwrap(), "Erased person, Anna and Erased person.");
        assert_eq!(without("Anna only", "Ann"), None);
        assert_eq!(without("für Zoë", "Zoë").unwrap(), "für Erased person");
    }
}
