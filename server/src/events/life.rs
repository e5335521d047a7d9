//! The life of an event: which steps lead from which state to which, and who may take them.
//!
//! A draft is submitted by whoever made it, approved or rejected by a manager, and published. Where an organisation
//! asks for no approval, a draft is published straight away. What was rejected is changed, which makes it a draft
//! again, or submitted once more. Organisers register attendees in every state but the last two; the public does
//! while an event is published. A closed or cancelled event stays as it is: nobody is registered any more, no ticket
//! and no rule changes. What its terminals still hold is taken in for ever.

use serde::{Deserialize, Serialize};

use super::State;
use crate::access::Role;

/// What is decided about an event.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Asks a manager for their word.
    Submit,
    /// A manager says yes.
    Approve,
    /// A manager says no.
    Reject,
    /// Shows it to the public.
    Publish,
    /// Hides it from the public. Who is registered stays so.
    Unpublish,
    /// It is over.
    Close,
    /// It will not take place.
    Cancel,
}

/// Whether a manager's word is needed before an event is published.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Approval {
    /// It is.
    Needed,
    /// It is not.
    Waived,
}

impl Step {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Submit, Self::Approve, Self::Reject, Self::Publish, Self::Unpublish, Self::Close, Self::Cancel];

    /// Returns its name, as it is written in the interface.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Submit => "submit",
            Self::Approve => "approve",
            Self::Reject => "reject",
            Self::Publish => "publish",
            Self::Unpublish => "unpublish",
            Self::Close => "close",
            Self::Cancel => "cancel",
        }
    }

    /// Returns the step of a name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.name() == name)
    }

    /// Returns who may take it. Promoters take it for events of their own alone.
    pub const fn least(self) -> Role {
        match self {
            Self::Submit => Role::Promoter,
            Self::Approve | Self::Reject | Self::Publish | Self::Unpublish | Self::Close | Self::Cancel => {
                Role::Manager
            }
        }
    }

    /// Whether a reason must be given: somebody else is told of it.
    pub const fn needs_reason(self) -> bool {
        matches!(self, Self::Reject | Self::Cancel)
    }

    /// Returns what was done, as the record of changes calls it.
    pub const fn action(self) -> &'static str {
        match self {
            Self::Submit => "event.submit",
            Self::Approve => "event.approve",
            Self::Reject => "event.reject",
            Self::Publish => "event.publish",
            Self::Unpublish => "event.unpublish",
            Self::Close => "event.close",
            Self::Cancel => "event.cancel",
        }
    }
}

impl State {
    /// Returns what a step makes of it; nothing if it cannot be taken.
    pub const fn after(self, step: Step, approval: Approval) -> Option<Self> {
        use State::{Approved, Cancelled, Closed, Draft, Published, Rejected, Submitted};
        match (self, step) {
            (Draft | Rejected, Step::Submit) => Some(Submitted),
            (Submitted, Step::Approve) => Some(Approved),
            (Submitted | Approved, Step::Reject) => Some(Rejected),
            (Approved, Step::Publish) => Some(Published),
            (Draft | Submitted | Rejected, Step::Publish) if matches!(approval, Approval::Waived) => Some(Published),
            (Published, Step::Unpublish) => Some(Approved),
            // An event that never was public may have taken place all the same.
            (Draft | Approved | Published, Step::Close) => Some(Closed),
            (Draft | Submitted | Approved | Published | Rejected, Step::Cancel) => Some(Cancelled),
            _ => None,
        }
    }

    /// Whether its rules, attendees and tickets may still change.
    pub const fn takes_changes(self) -> bool {
        !matches!(self, Self::Closed | Self::Cancelled)
    }

    /// Whether a promoter may change an event of their own.
    pub const fn is_with_its_promoter(self) -> bool {
        matches!(self, Self::Draft | Self::Rejected)
    }

    /// Returns what a change of its rules makes of it.
    #[must_use]
    pub const fn after_change(self) -> Self {
        match self {
            Self::Rejected => Self::Draft,
            other => other,
        }
    }

    /// Returns its name, as it is written in the interface.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Submitted => "submitted",
            Self::Approved => "approved",
            Self::Published => "published",
            Self::Closed => "closed",
            Self::Rejected => "rejected",
            Self::Cancelled => "cancelled",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every step from every state, where approval is needed and where it is not; `.` is no way.
    const TABLE: &str = "
        state      submit     approve   reject    publish            unpublish  close   cancel
        draft      submitted  .         .         ./published        .          closed  cancelled
        submitted  .          approved  rejected  ./published        .          .       cancelled
        approved   .          .         rejected  published          .          closed  cancelled
        published  .          .         .         .                  approved   closed  cancelled
        closed     .          .         .         .                  .          .       .
        rejected   submitted  .         .         ./published        .          .       cancelled
        cancelled  .          .         .         .                  .          .       .
    ";

    #[test]
    fn every_step_leads_from_every_state_where_the_table_says() {
        let mut rows =
            TABLE.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).filter(|row| !row.is_empty());
        let steps: Vec<Step> = rows.next().unwrap()[1..].iter().map(|name| Step::of_name(name).unwrap()).collect();
        assert_eq!(steps, Step::ALL);
        let mut seen = 0;
        for row in rows {
            let state = State::ALL.into_iter().find(|state| state.name() == row[0]).unwrap();
            for (step, cell) in steps.iter().zip(&row[1..]) {
                let (needed, waived) = cell.split_once('/').unwrap_or((cell, cell));
                for (approval, expected) in [(Approval::Needed, needed), (Approval::Waived, waived)] {
                    let after = state.after(*step, approval).map_or(".", State::name);
                    assert_eq!(after, expected, "{state:?} {step:?} {approval:?}");
                    seen += 1;
                }
            }
        }
        assert_eq!(seen, State::ALL.len() * Step::ALL.len() * 2);
    }

    #[test]
    fn nothing_leads_out_of_a_state_that_takes_no_changes() {
        for state in State::ALL.into_iter().filter(|state| !state.takes_changes()) {
            assert!(Step::ALL.into_iter().all(|step| state.after(step, Approval::Waived).is_none()));
        }
    }
}
