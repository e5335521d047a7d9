//! Checking in by hand, and taking back.

use serde_json::json;
use sync_protocol::id::{DeviceId, EventId, RegistrationId, Seq};
use sync_protocol::journal::entry::undo_target;
use sync_protocol::journal::{Entry, EntryKind, Flags};
use sync_protocol::sync::intake::UNDO_AGE_MAX_MS;
use sync_protocol::verdict::{Code, Direction, OverrideBy, Verdict};

use super::facts::warranted;
use super::sitting::Sitting;
use super::{Decided, DoorError, Shown, check_open};
use crate::access::Role;
use crate::accounts::Organiser;
use crate::admissions::{self, CheckIn};
use crate::app::App;
use crate::audit;
use crate::db::StoreError;
use crate::devices::own;
use crate::registrations;

/// Somebody who is to be let in without a code.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ByHand {
    /// Who.
    pub registration: RegistrationId,
    /// The gate's name.
    pub gate: String,
    /// Why, in a person's words.
    pub reason: String,
    /// The findings that the person has seen and decides against.
    pub against: Vec<Code>,
    /// Who decides.
    pub operator: String,
}

/// Why nobody was checked in, and nothing taken back.
#[derive(Debug, thiserror::Error)]
pub enum ManualError {
    /// There is no such registration or check-in.
    #[error("there is none")]
    Unknown,
    /// It takes a greater role to decide so.
    #[error("this takes a greater role")]
    NotAllowed {
        /// Which.
        needs: Role,
    },
    /// It counts no longer, or never did.
    #[error("there is nothing to take back")]
    NothingToUndo,
    /// Nothing was decided.
    #[error("nothing was decided")]
    Door(#[from] DoorError),
}

impl From<StoreError> for ManualError {
    fn from(error: StoreError) -> Self {
        Self::Door(error.into())
    }
}

/// What it takes to do what only supervisors may do at a terminal.
const SUPERVISOR: Role = Role::Manager;

/// Decides about an attendee whom a person names, and records it.
///
/// Where the rules say no, the answer says so and is recorded, too; whoever has seen that may name these findings and
/// decide against them, as far as the rules let them.
///
/// # Errors
///
/// [`ManualError`]; then nothing is recorded.
pub async fn check_in(
    app: &App,
    organiser: Organiser,
    event: EventId,
    by_hand: ByHand,
) -> Result<Decided, ManualError> {
    let mut tx = app.database().begin_read().await?;
    let found = registrations::find(&mut tx, event, by_hand.registration).await?;
    drop(tx);
    // Who has no ticket yet is none to let in.
    let ticket = found.and_then(|(_, ticket)| ticket).ok_or(ManualError::Unknown)?;
    let shown = Shown::Ticket(ticket.id);
    let (mut sitting, presentations) = Sitting::open(app, event, [&shown]).await?;
    let gate = sitting.facts.gate_named(&by_hand.gate)?;
    let presentation = presentations.first().ok_or(StoreError::Corrupt("presentation"))?;
    let (mut decided, entry) = sitting.facts.decide(presentation, gate, Direction::Entry);
    let entry = entry.ok_or(StoreError::Corrupt("entry"))?;
    let mut entry = if may_admit(&decided.verdict, &by_hand.against, organiser.role)? {
        let entry = warranted(entry, &decided.verdict, by_hand.reason);
        decided.verdict = admitted(decided.verdict);
        entry
    } else {
        entry
    };
    entry.operator = Some(by_hand.operator);
    sitting.write(entry)?;
    let now = sitting.facts.now;
    let (check_ins, mut tx) = sitting.store(app).await?;
    decided.recorded = check_ins.into_iter().next();
    if let Some(check_in) = decided.recorded.as_ref().filter(|check_in| check_in.kind == EntryKind::Admit) {
        let change = audit::Change {
            action: "check_in.by_hand",
            event: Some(event),
            subject: &by_hand.registration.to_string(),
            before: json!(null),
            after: json!({ "check_in": check_in.number, "against": check_in.overridden.and_then(Code::from_u16) }),
        };
        audit::note(&mut tx, organiser, &change, now).await?;
    }
    tx.commit().await?;
    app.metrics().checked_in(decided.recorded.as_slice());
    Ok(decided)
}

/// Whether somebody is let in: nothing stands against it, or all that does is decided against by one who may.
fn may_admit(verdict: &Verdict, against: &[Code], role: Role) -> Result<bool, ManualError> {
    let Verdict::Deny { all, by, .. } = verdict else { return Ok(true) };
    if !all.iter().all(|code| against.contains(code)) {
        return Ok(false);
    }
    match by {
        OverrideBy::Door => Ok(true),
        OverrideBy::Supervisor if role >= SUPERVISOR => Ok(true),
        OverrideBy::Supervisor => Err(ManualError::NotAllowed { needs: SUPERVISOR }),
        OverrideBy::Nobody => Ok(false),
    }
}

/// Returns what a verdict becomes that a person decided against.
fn admitted(verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::Deny { flags, facts, .. } => Verdict::Admit { flags: flags.and(Flags::OVERRIDE), facts },
        admit => admit,
    }
}

/// Takes a check-in back, whichever door recorded it.
///
/// Staff take back what was recorded here within ten minutes, as at a terminal; a manager takes back anything. It is
/// final: who comes in after all comes in anew.
///
/// # Errors
///
/// [`ManualError`]; then nothing is recorded.
pub async fn undo(
    app: &App,
    organiser: Organiser,
    event: EventId,
    number: u64,
    reason: String,
    operator: String,
) -> Result<CheckIn, ManualError> {
    let mut tx = app.database().begin_read().await?;
    let found = admissions::find(&mut tx, event, number).await?.ok_or(ManualError::Unknown)?;
    drop(tx);
    let shown = Shown::Ticket(found.ticket);
    let (mut sitting, _) = Sitting::open(app, event, [&shown]).await?;
    check_open(sitting.facts.state)?;
    // Read again under the lock: somebody may have been faster.
    let target = admissions::find(&mut sitting.tx, event, number).await?.ok_or(ManualError::Unknown)?;
    if !(target.is_effective && matches!(target.kind, EntryKind::Admit | EntryKind::Exit)) {
        return Err(ManualError::NothingToUndo);
    }
    let is_fresh = sitting.facts.now.since(target.hlc.millis()) <= UNDO_AGE_MAX_MS;
    if organiser.role < SUPERVISOR && !(target.device_no == own::NUMBER && is_fresh) {
        return Err(ManualError::NotAllowed { needs: SUPERVISOR });
    }
    let mut entry = Entry::new(EntryKind::Undo, DeviceId([0; 16]), Seq(0), [0; 32]);
    (entry.ticket, entry.class, entry.gate) = (target.ticket, target.class, target.gate);
    entry.undo_target = Some(undo_target(target.device_no, target.seq));
    entry.note = Some(reason);
    entry.operator = Some(operator);
    sitting.write(entry)?;
    let now = sitting.facts.now;
    let (check_ins, mut tx) = sitting.store(app).await?;
    let undoing = check_ins.into_iter().next().ok_or(StoreError::Corrupt("check_ins"))?;
    let change = audit::Change {
        action: "check_in.undo",
        event: Some(event),
        subject: &number.to_string(),
        before: json!({ "counts": true }),
        after: json!({ "counts": false, "undone_by": undoing.number }),
    };
    audit::note(&mut tx, organiser, &change, now).await?;
    tx.commit().await?;
    app.metrics().checked_in(std::slice::from_ref(&undoing));
    Ok(undoing)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn denied(all: &[Code], by: OverrideBy) -> Verdict {
        Verdict::Deny { primary: all[0], all: all.to_vec(), by, flags: Flags::default(), facts: Vec::new() }
    }

    #[test]
    fn only_what_was_seen_is_decided_against() {
        let verdict = denied(&[Code::Unpaid, Code::TooEarly], OverrideBy::Supervisor);

        assert!(matches!(may_admit(&verdict, &[Code::Unpaid], Role::Owner), Ok(false)));
        assert!(matches!(may_admit(&verdict, &[Code::TooEarly, Code::Unpaid], Role::Owner), Ok(true)));
    }

    #[test]
    fn what_takes_a_supervisor_takes_a_manager_and_some_things_nobody_may() {
        let unpaid = denied(&[Code::Unpaid], OverrideBy::Door);
        let inside = denied(&[Code::AlreadyIn], OverrideBy::Supervisor);
        let forged = denied(&[Code::NotInList], OverrideBy::Nobody);

        assert!(matches!(may_admit(&unpaid, &[Code::Unpaid], Role::Staff), Ok(true)));
        let refused = may_admit(&inside, &[Code::AlreadyIn], Role::Staff);
        assert!(matches!(refused, Err(ManualError::NotAllowed { needs: Role::Manager })));
        assert!(matches!(may_admit(&inside, &[Code::AlreadyIn], Role::Manager), Ok(true)));
        assert!(matches!(may_admit(&forged, &[Code::NotInList], Role::Owner), Ok(false)));
    }
}
