//! Which of a handful of looks a decision has on the screen.

use sync_protocol::journal::Flags;
use sync_protocol::verdict::{Code, Direction, OverrideBy, Verdict};

use crate::door::Decided;
use crate::feedback::Tone;

/// How a decision looks and sounds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Look {
    /// Let in.
    Admit,
    /// Let out.
    Exit,
    /// Staff have something to check before the guest passes.
    Check,
    /// Not let in.
    Deny,
    /// The same ticket again, at once: neither a second admission nor a denial.
    Repeat,
    /// Nothing that could be a ticket: small, silent and short.
    NotATicket,
    /// The terminal may not decide. Says nothing about the guest.
    NotReady,
}

impl Look {
    /// Returns the look of `decided`.
    ///
    /// An admission that asks for a look at an identity card is CHECK: it is recorded, and still
    /// staff have to act before the guest passes.
    pub fn of(decided: &Decided) -> Self {
        match &decided.verdict {
            Verdict::Admit { .. } if decided.direction == Direction::Exit => Self::Exit,
            Verdict::Admit { flags, .. } if flags.has(Flags::ID_CHECK) => Self::Check,
            Verdict::Admit { .. } => Self::Admit,
            Verdict::Deny { primary, by, .. } => match primary {
                Code::TerminalNotReady => Self::NotReady,
                Code::NotATicket | Code::UnsupportedFormat => Self::NotATicket,
                Code::JustScanned => Self::Repeat,
                _ if *by == OverrideBy::Door => Self::Check,
                _ => Self::Deny,
            },
        }
    }

    /// Returns the sound, if it has one.
    pub const fn tone(self) -> Option<Tone> {
        match self {
            Self::Admit => Some(Tone::Admit),
            Self::Exit => Some(Tone::Exit),
            Self::Check => Some(Tone::Check),
            Self::Deny => Some(Tone::Deny),
            Self::NotReady => Some(Tone::Fault),
            Self::Repeat | Self::NotATicket => None,
        }
    }

    /// Returns for how long the screen shows it unless something newer comes, in ms.
    pub const fn shown_ms(self) -> u64 {
        match self {
            Self::Admit | Self::Exit => super::VERDICT_SHOWN_MS,
            Self::Check | Self::Deny | Self::NotReady => super::REFUSAL_SHOWN_MS,
            Self::Repeat | Self::NotATicket => super::NEUTRAL_SHOWN_MS,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::samples;

    #[test]
    fn a_finding_that_the_door_may_decide_against_is_a_question() {
        assert_eq!(Look::of(&samples::deny(Code::Unpaid, OverrideBy::Door)), Look::Check);
        assert_eq!(Look::of(&samples::deny(Code::Unpaid, OverrideBy::Supervisor)), Look::Deny);
    }

    #[test]
    fn an_admission_with_an_identity_check_is_a_question_too() {
        assert_eq!(Look::of(&samples::admit(Flags::ID_CHECK.and(Flags::STALE))), Look::Check);
        assert_eq!(Look::of(&samples::admit(Flags::STALE)), Look::Admit);
    }

    #[test]
    fn whoever_leaves_sees_the_exit_whatever_the_flags() {
        let mut decided = samples::admit(Flags::ID_CHECK);
        decided.direction = Direction::Exit;

        assert_eq!(Look::of(&decided), Look::Exit);
    }

    #[test]
    fn a_terminal_that_is_not_ready_denies_nobody() {
        assert_eq!(Look::of(&samples::deny(Code::TerminalNotReady, OverrideBy::Nobody)), Look::NotReady);
    }

    #[test]
    fn only_what_disturbs_nobody_is_silent() {
        for code in Code::ALL {
            let look = Look::of(&samples::deny(*code, OverrideBy::Nobody));

            assert_eq!(look.tone().is_none(), matches!(look, Look::Repeat | Look::NotATicket), "{code}");
        }
    }
}
