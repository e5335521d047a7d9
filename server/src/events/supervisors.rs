//! Who may decide against a finding at the doors: names, and PINs of which only hashes are kept.

use std::collections::HashMap;
use std::fmt;

use serde_json::json;
use sync_protocol::feed::{Body, Entity};
use sync_protocol::id::EventId;
use sync_protocol::journal::entry::OPERATOR_BYTES_MAX;
use sync_protocol::policy::{PIN_BYTES_MAX, POLICY_BYTES_MAX, Policy, SUPERVISORS_MAX, Supervisor};
use sync_protocol::text;

use super::{Event, Over, store};
use crate::accounts::Organiser;
use crate::accounts::password::{Password, Passwords};
use crate::app::App;
use crate::audit;
use crate::db::StoreError;
use crate::http::problem::{FieldError, Problem};
use crate::http::version::IfMatch;
use crate::sync::feed;

/// The shortest PIN.
const PIN_DIGITS_MIN: usize = 4;
/// The longest PIN.
const PIN_DIGITS_MAX: usize = 12;
/// What one takes up in the policy, with every sign of the name escaped.
pub(super) const SUPERVISOR_BYTES_MAX: usize = 2 * OPERATOR_BYTES_MAX + PIN_BYTES_MAX + 32;

/// A supervisor as an organiser names them. Never printed with the PIN.
#[derive(Clone)]
pub struct NewSupervisor {
    name: String,
    pin: Option<Password>,
}

impl fmt::Debug for NewSupervisor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewSupervisor").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Checks supervisors, given by name and PIN, and returns all that is wrong rather than the first. `held` are
/// those who may keep their PIN.
///
/// # Errors
///
/// What is wrong.
pub fn check(asked: Vec<(String, Option<String>)>, held: &[Supervisor]) -> Result<Vec<NewSupervisor>, Vec<FieldError>> {
    let mut errors = Vec::new();
    let mut wrong = |path: String, kind: &str, msg: String| errors.push(FieldError::new(&path, kind, msg));
    if asked.len() > SUPERVISORS_MAX {
        wrong("body.supervisors".to_owned(), "too_long", format!("must hold at most {SUPERVISORS_MAX}"));
    }
    let (mut names, mut pins) = (HashMap::new(), HashMap::new());
    let mut checked = Vec::with_capacity(asked.len());
    for (at, (name, pin)) in asked.into_iter().enumerate() {
        let name = text::tidy(&name, usize::MAX);
        let path = format!("body.supervisors.{at}.name");
        if name.is_empty() {
            wrong(path, "too_short", "must not be empty".to_owned());
        } else if name.len() > OPERATOR_BYTES_MAX {
            wrong(path, "too_long", format!("must have at most {OPERATOR_BYTES_MAX} bytes"));
        } else if let Some(first) = names.insert(name.to_lowercase(), at) {
            wrong(path, "duplicate", format!("is the name of number {first} as well"));
        }
        let path = format!("body.supervisors.{at}.pin");
        match &pin {
            None if held.iter().any(|held| held.name == name) => {}
            None => wrong(path, "missing", "must be given for somebody who has none yet".to_owned()),
            Some(pin) => {
                let digits = pin.len();
                if !pin.bytes().all(|b| b.is_ascii_digit()) || !(PIN_DIGITS_MIN..=PIN_DIGITS_MAX).contains(&digits) {
                    wrong(path, "value", format!("must be {PIN_DIGITS_MIN} to {PIN_DIGITS_MAX} digits"));
                } else if let Some(first) = pins.insert(pin.clone(), at) {
                    // A door asks for a PIN alone, and writes down whose it is.
                    wrong(path, "duplicate", format!("is the PIN of number {first} as well"));
                }
            }
        }
        checked.push(NewSupervisor { name, pin: pin.map(Password::new) });
    }
    if errors.is_empty() { Ok(checked) } else { Err(errors) }
}

/// Hashes the PINs. Who has none here keeps the one in `held`.
pub(super) async fn hash(passwords: &Passwords, new: Vec<NewSupervisor>, held: &[Supervisor]) -> Vec<Supervisor> {
    let mut supervisors = Vec::with_capacity(new.len());
    for NewSupervisor { name, pin } in new {
        let pin = match pin {
            Some(pin) => passwords.hash_pin(pin).await,
            None => held.iter().find(|held| held.name == name).map(|held| held.pin.clone()).unwrap_or_default(),
        };
        supervisors.push(Supervisor { name, pin });
    }
    supervisors
}

/// Why supervisors were not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// Something is wrong with them.
    #[error("the supervisors will not do")]
    Invalid(Vec<FieldError>),
    /// There is no such event.
    #[error("there is no such event")]
    Unknown,
    /// Somebody else was faster.
    #[error("somebody else has changed the event")]
    Refused(Problem),
    /// It is closed or cancelled.
    #[error("nothing of the event changes any more")]
    Over(#[from] Over),
    /// The database failed.
    #[error("could not store the supervisors")]
    Store(#[from] StoreError),
}

/// Puts supervisors in the place of those before, and tells the doors. Doing it again changes nothing.
///
/// # Errors
///
/// [`ChangeError`].
pub async fn change(
    app: &App,
    organiser: Organiser,
    id: EventId,
    seen: IfMatch,
    asked: Vec<(String, Option<String>)>,
) -> Result<Event, ChangeError> {
    let mut tx = app.database().begin_read().await?;
    let event = store::find(&mut tx, organiser.organisation, id).await?.ok_or(ChangeError::Unknown)?;
    drop(tx);
    seen.check(event.version).map_err(ChangeError::Refused)?;
    let new = check(asked, &event.policy.supervisors).map_err(ChangeError::Invalid)?;
    // Hashing takes its time: before the feed is locked.
    let supervisors = hash(app.passwords(), new, &event.policy.supervisors).await;

    let mut tx = app.database().begin_write().await?;
    let head = feed::lock(&mut tx, app.sealer(), id).await?;
    let mut event = store::find(&mut tx, organiser.organisation, id).await?.ok_or(ChangeError::Unknown)?;
    seen.check(event.version).map_err(ChangeError::Refused)?;
    if event.policy.supervisors == supervisors {
        return Ok(event);
    }
    if !event.state.takes_changes() {
        return Err(Over(event.state).into());
    }
    let names = |held: &[Supervisor]| json!(held.iter().map(|supervisor| &supervisor.name).collect::<Vec<_>>());
    let before = names(&event.policy.supervisors);
    event.policy.supervisors = supervisors;
    event.version += 1;
    fits(&event.policy, 0).map_err(|error| ChangeError::Invalid(vec![error]))?;
    store::set_policy(&mut tx, id, &event.policy).await?;
    feed::append_after(&mut tx, head, &[Body::Policy(event.policy.clone()).encode(Entity::ZERO)]).await?;
    let noted = audit::Change {
        action: "event.supervisors",
        event: Some(id),
        subject: &id.to_string(),
        before,
        after: names(&event.policy.supervisors),
    };
    audit::note(&mut tx, organiser, &noted, app.clock().now()).await?;
    tx.commit().await?;
    Ok(event)
}

/// Whether terminals take a policy that grows by `more` bytes.
pub(super) fn fits(policy: &Policy, more: usize) -> Result<(), FieldError> {
    if policy.encode().len() + more > POLICY_BYTES_MAX {
        let msg = "the event's rules together are larger than terminals take (256 KiB)";
        return Err(FieldError::new("body", "too_long", msg));
    }
    policy.check().map_err(|error| FieldError::new("body", "value", error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_has_a_pin_may_leave_it_out() {
        let held = [Supervisor { name: "Ada".to_owned(), pin: "$argon2id$…".to_owned() }];
        assert!(check(vec![("Ada".to_owned(), None)], &held).is_ok());
        let asked = |name: &str, pin: &str| (name.to_owned(), Some(pin.to_owned()));
        let asked = vec![
            asked("Ada", "1234"),
            asked("ada ", "123"),
            asked("", "12345a"),
            ("Bob".to_owned(), None),
            asked("Eve", "1234"),
        ];

        let errors = check(asked, &held).unwrap_err();

        let kinds: Vec<&str> = errors.iter().map(|error| error.kind.as_str()).collect();
        assert_eq!(kinds, ["duplicate", "value", "too_short", "value", "missing", "duplicate"]);
    }
}
