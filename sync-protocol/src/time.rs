//! Times: what clocks on walls say, what only grows, and the hybrid logical clock of the journal.

use serde::{Deserialize, Serialize};

/// Milliseconds since 1970 in UTC: what a clock on the wall says. For journals and windows.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct UnixMillis(pub u64);

impl UnixMillis {
    /// Returns the time `ms` milliseconds later, or the last representable one.
    #[must_use]
    pub const fn plus(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Returns the time `ms` milliseconds earlier, or 1970.
    #[must_use]
    pub const fn minus(self, ms: u64) -> Self {
        Self(self.0.saturating_sub(ms))
    }

    /// Returns how many milliseconds `self` is after `earlier`; 0 if it is not.
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// Milliseconds on a clock that only grows: for deadlines and retries. Doesn't convert.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Uptime(pub u64);

impl Uptime {
    /// Returns the instant `ms` milliseconds later.
    #[must_use]
    pub const fn plus(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }
}

/// A half-open span of wall-clock time: `from <= t < until`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "RawWindow")]
pub struct Window {
    from: UnixMillis,
    until: UnixMillis,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWindow {
    from: UnixMillis,
    until: UnixMillis,
}

/// A window that ends before or when it begins.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the window ends at or before its beginning")]
pub struct EmptyWindow;

impl TryFrom<RawWindow> for Window {
    type Error = EmptyWindow;

    fn try_from(raw: RawWindow) -> Result<Self, EmptyWindow> {
        Self::new(raw.from, raw.until)
    }
}

impl Window {
    /// Returns the window `from..until`.
    ///
    /// # Errors
    ///
    /// [`EmptyWindow`] if `until` is not after `from`.
    pub const fn new(from: UnixMillis, until: UnixMillis) -> Result<Self, EmptyWindow> {
        if from.0 < until.0 { Ok(Self { from, until }) } else { Err(EmptyWindow) }
    }

    /// Returns the first instant inside.
    pub const fn from(&self) -> UnixMillis {
        self.from
    }

    /// Returns the first instant after.
    pub const fn until(&self) -> UnixMillis {
        self.until
    }

    /// Whether `at` lies inside.
    pub fn contains(&self, at: UnixMillis) -> bool {
        self.from <= at && at < self.until
    }

    /// Returns the window widened by `ms` milliseconds at both ends.
    #[must_use]
    pub const fn widened(&self, ms: u64) -> Self {
        Self { from: self.from.minus(ms), until: self.until.plus(ms) }
    }
}

/// A hybrid logical clock value: 48 bits of milliseconds, then a count of 16 bits (section 10).
///
/// Orders entries of different devices by time, and never goes back on one device even when the
/// wall clock does.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Hlc(pub u64);

impl Hlc {
    /// Remote values more than this far ahead of the local time are stored but not merged.
    pub const AHEAD_MAX_MS: u64 = 60_000;

    /// Returns the value of `at` with count 0.
    pub const fn at(at: UnixMillis) -> Self {
        Self((at.0 & ((1 << 48) - 1)) << 16)
    }

    /// Returns the milliseconds part.
    pub const fn millis(self) -> UnixMillis {
        UnixMillis(self.0 >> 16)
    }

    /// Returns the next value after `self` at the time `now`: `now` if it is later, else one count
    /// more.
    #[must_use]
    pub fn tick(self, now: UnixMillis) -> Self {
        let fresh = Self::at(now);
        if fresh > self { fresh } else { Self(self.0.saturating_add(1)) }
    }

    /// Returns `self` merged with a value seen from elsewhere, unless that is too far ahead of
    /// `now`.
    #[must_use]
    pub fn merged(self, seen: Self, now: UnixMillis) -> Self {
        if seen.millis().0 > now.0.saturating_add(Self::AHEAD_MAX_MS) { self } else { self.max(seen) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_holds_its_first_instant_and_not_its_last() {
        let window = Window::new(UnixMillis(10), UnixMillis(20)).unwrap();
        assert!(window.contains(UnixMillis(10)));
        assert!(!window.contains(UnixMillis(20)));
        assert_eq!(Window::new(UnixMillis(10), UnixMillis(10)), Err(EmptyWindow));
    }

    #[test]
    fn the_clock_of_the_journal_never_goes_back() {
        let first = Hlc::default().tick(UnixMillis(1_000));
        let second = first.tick(UnixMillis(900));
        assert!(second > first);
        assert_eq!(second.millis(), UnixMillis(1_000));
    }

    #[test]
    fn a_clock_that_is_far_ahead_is_not_merged() {
        let own = Hlc::at(UnixMillis(1_000));
        assert_eq!(own.merged(Hlc::at(UnixMillis(61_001)), UnixMillis(1_000)), own);
        assert_eq!(own.merged(Hlc::at(UnixMillis(61_000)), UnixMillis(1_000)), Hlc::at(UnixMillis(61_000)));
    }
}
