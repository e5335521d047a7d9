//! What a person decides at the door against a verdict, and what they take back or only look at.

use std::fmt;

use sync_protocol::id::Seq;
use sync_protocol::journal::walk_in::Payment;
use zeroize::Zeroizing;

/// What a code is presented for.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Purpose {
    /// To be decided: the guest stands there.
    #[default]
    Decide,
    /// To be looked at only: the verdict as it would be, and nothing is written down.
    Look,
}

/// A person's decision against the findings of a verdict that was shown.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Decision {
    /// The number of the DENY entry that recorded the verdict: whatever was decided since, this one
    /// is meant.
    pub entry: Seq,
    /// What it rests on.
    pub grounds: Grounds,
    /// The supervisor who decides, where one must.
    pub supervisor: Option<Supervisor>,
}

/// What a decision against a verdict rests on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Grounds {
    /// The price of the ticket type was paid here, and nothing else stood against the guest.
    Collected(Payment),
    /// A reason in a person's words; not empty.
    Reason(String),
}

/// A supervisor, as they say who they are.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Supervisor {
    /// Their name in the event's rules.
    pub name: String,
    /// Their PIN.
    pub pin: Pin,
}

/// A PIN that was typed. Erased when it goes out of use, and never printed.
#[derive(Clone, Eq, PartialEq)]
pub struct Pin(Zeroizing<String>);

impl Pin {
    /// Takes what was typed.
    pub fn new(digits: String) -> Self {
        Self(Zeroizing::new(digits))
    }

    /// Returns what was typed.
    pub(crate) fn digits(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(…)")
    }
}

/// Why a decision was not carried out. Nobody was let in by it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NotDecided {
    /// The verdict is too long ago, or answered.
    Gone,
    /// Nobody may decide against such a finding.
    Nobody,
    /// It needs a supervisor.
    NeedsSupervisor,
    /// It needs a reason.
    NoReason,
    /// Money was said to be collected for what has no price, or is not unpaid alone.
    NothingToCollect,
    /// The supervisor is not believed.
    Pin(PinRefused),
}

/// Why a supervisor is not believed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PinRefused {
    /// The rules name no such supervisor.
    Unknown,
    /// The PIN is wrong.
    Wrong {
        /// How many more wrong ones there may be before the pause.
        left: u32,
    },
    /// There were too many wrong ones.
    Paused {
        /// For how much longer, in ms.
        left_ms: u64,
    },
}
