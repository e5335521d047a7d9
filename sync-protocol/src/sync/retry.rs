//! The waiting schedule after failures (section 5): uniformly in [0, min(60 s, 1 s × 2^n)].

use crate::time::Uptime;

/// The longest wait, in ms.
pub const WAIT_MS_MAX: u64 = 60_000;
/// The first bound, in ms.
const WAIT_MS_FIRST: u64 = 1_000;

/// How many failures there were in a row, and until when to wait.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Backoff {
    failures: u32,
    until: Option<Uptime>,
    is_asked_for: bool,
}

impl Backoff {
    /// Notes a failure. `random` is uniform over all of u64; `retry_after_ms` is what the other
    /// side asked for, and is kept even where it is longer.
    pub fn fail(&mut self, now: Uptime, random: u64, retry_after_ms: Option<u64>) {
        let bound = WAIT_MS_FIRST.saturating_mul(1 << self.failures.min(16)).min(WAIT_MS_MAX);
        self.failures = self.failures.saturating_add(1);
        let wait = retry_after_ms.unwrap_or(random % (bound + 1));
        self.until = Some(now.plus(wait));
        self.is_asked_for = retry_after_ms.is_some();
    }

    /// Notes a success.
    pub const fn succeed(&mut self) {
        self.failures = 0;
        self.until = None;
        self.is_asked_for = false;
    }

    /// Ends the wait at once, without forgetting the failures. A wait that the other side asked for
    /// goes on.
    pub const fn wake(&mut self) {
        if !self.is_asked_for {
            self.until = None;
        }
    }

    /// Whether the wait is over.
    pub fn is_over(&self, now: Uptime) -> bool {
        self.until.is_none_or(|until| until <= now)
    }

    /// Returns until when to wait, if there is a wait.
    pub const fn until(&self) -> Option<Uptime> {
        self.until
    }

    /// Returns how many failures there were in a row.
    pub const fn failures(&self) -> u32 {
        self.failures
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_up_to_a_minute_and_start_over_after_a_success() {
        let mut backoff = Backoff::default();
        let longest = |backoff: &mut Backoff, bound: u64| {
            backoff.fail(Uptime(0), bound, None);
            backoff.until().unwrap().0
        };
        assert_eq!(longest(&mut backoff, 1_000), 1_000);
        assert_eq!(longest(&mut backoff, 2_000), 2_000);
        assert_eq!(longest(&mut backoff, 4_000), 4_000);
        for _ in 0..20 {
            backoff.fail(Uptime(0), u64::MAX, None);
            assert!(backoff.until().unwrap().0 <= WAIT_MS_MAX);
        }
        backoff.succeed();
        assert!(backoff.is_over(Uptime(0)));
        assert_eq!(longest(&mut backoff, 1_000), 1_000);
    }

    #[test]
    fn the_other_sides_wish_is_kept() {
        let mut backoff = Backoff::default();
        backoff.fail(Uptime(5), 0, Some(90_000));
        assert!(!backoff.is_over(Uptime(90_004)));
        assert!(backoff.is_over(Uptime(90_005)));
    }

    #[test]
    fn only_a_wait_of_ones_own_ends_early() {
        let mut backoff = Backoff::default();
        backoff.fail(Uptime(0), 900, None);
        backoff.wake();
        assert!(backoff.is_over(Uptime(0)));
        backoff.fail(Uptime(0), 0, Some(90_000));
        backoff.wake();
        assert!(!backoff.is_over(Uptime(89_999)));
        backoff.succeed();
        assert!(backoff.is_over(Uptime(0)));
    }
}
