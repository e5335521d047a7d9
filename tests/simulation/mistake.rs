//! Mistakes that the models can make on purpose, each of which some check must catch.

use clap::ValueEnum;
use serde::Serialize;

use crate::plan::Kind;

/// One way to build it wrongly.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Mistake {
    /// The terminal takes an entry's number before the entry is committed, and not again if it never is.
    NumberTakenBeforeCommit,
    /// The terminal shows an admission before its entry is durable.
    ShownBeforeDurable,
    /// The terminal writes the cursor in one transaction and the rows in the next.
    CursorBeforeRows,
    /// A suspended terminal no longer uploads.
    UploadStoppedBySuspension,
    /// A terminal whose screen is locked no longer uploads.
    UploadStoppedByLock,
    /// The terminal takes every number the server holds for its own entry.
    OwnEntriesNotCompared,
    /// The server stores known entries once more.
    NoDeduplication,
    /// The server stores a batch that skips entries.
    GapsAccepted,
    /// The server stores what does not continue the journal it holds.
    PrevUnchecked,
    /// The server stores what contradicts the journal it holds.
    ForkUnchecked,
    /// The server stores what a revoked device sends.
    RevokedAccepted,
    /// The server acknowledges a batch before it is durable.
    AcknowledgedBeforeCommit,
    /// The server answers with what was committed later than the last entry that a terminal holds.
    CursorByTimeStamp,
    /// The server holds whoever arrived first for the one who came first.
    WinnerByArrival,
    /// A terminal that starts again doesn't know what it sold.
    SalesForgotten,
    /// The server takes rights back before the terminal can know.
    RightsTakenBackAtOnce,
    /// The server returns places by its own clock, whatever the terminal may have sold meanwhile.
    PlacesReturnedUnheard,
    /// The server returns the places of a right that ended twice.
    LeaseReturnedTwice,
}

impl Mistake {
    /// Returns where it can be made.
    pub(crate) const fn world(self) -> Kind {
        match self {
            Self::SalesForgotten
            | Self::RightsTakenBackAtOnce
            | Self::PlacesReturnedUnheard
            | Self::LeaseReturnedTwice => Kind::Sales,
            _ => Kind::Doors,
        }
    }
}
