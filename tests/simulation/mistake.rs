//! Mistakes that the models can make on purpose, each of which some check must catch.

/// One way to build it wrongly.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Mistake {
    /// The terminal shows an admission before its entry is durable.
    ShownBeforeDurable,
    /// The terminal writes the cursor in one transaction and the rows in the next.
    CursorBeforeRows,
    /// A suspended terminal no longer uploads.
    UploadStoppedBySuspension,
    /// The terminal takes every number the server holds for its own entry.
    OwnEntriesNotCompared,
    /// The server stores known entries once more.
    NoDeduplication,
    /// The server stores a batch that skips entries.
    GapsAccepted,
    /// The server stores what contradicts the journal it holds.
    ForkUnchecked,
    /// The server stores what a revoked device sends.
    RevokedAccepted,
    /// The server holds whoever arrived first for the one who came first.
    WinnerByArrival,
    /// A terminal that starts again doesn't know what it sold.
    SalesForgotten,
    /// The server takes rights back before the terminal can know.
    RightsTakenBackAtOnce,
    /// The server returns places by its own clock, whatever the terminal may have sold meanwhile.
    PlacesReturnedUnheard,
}

impl Mistake {
    pub(crate) const ALL: [Self; 12] = [
        Self::ShownBeforeDurable,
        Self::CursorBeforeRows,
        Self::UploadStoppedBySuspension,
        Self::OwnEntriesNotCompared,
        Self::NoDeduplication,
        Self::GapsAccepted,
        Self::ForkUnchecked,
        Self::RevokedAccepted,
        Self::WinnerByArrival,
        Self::SalesForgotten,
        Self::RightsTakenBackAtOnce,
        Self::PlacesReturnedUnheard,
    ];

    /// Whether it can only be made where tickets are sold at the doors.
    pub(crate) const fn is_about_sales(self) -> bool {
        matches!(self, Self::SalesForgotten | Self::RightsTakenBackAtOnce | Self::PlacesReturnedUnheard)
    }
}
