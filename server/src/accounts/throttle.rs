//! A brake on guessing passwords: per account and per address, in this process's memory.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use sync_protocol::time::UnixMillis;

/// Failures in a row before the brake takes hold.
const FREE_FAILURES: u32 = 5;
/// Failures from one address before the brake takes hold: a venue's organisers may share one.
const FREE_FAILURES_PER_ADDRESS: u32 = 30;
const WAIT_FIRST_MS: u64 = 1_000;
const WAIT_MAX_MS: u64 = 60_000;
/// A failure is forgotten after this time.
const FORGET_AFTER_MS: u64 = 15 * 60_000;
const KEYS_MAX: usize = 10_000;

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
enum Key {
    Account(String),
    Address(IpAddr),
}

#[derive(Clone, Copy, Debug, Default)]
struct Failures {
    count: u32,
    last: UnixMillis,
}

/// Remembers failed log-ins and says how long to wait after too many.
#[derive(Debug, Default)]
pub struct Throttle {
    failures: Mutex<HashMap<Key, Failures>>,
}

impl Throttle {
    /// Returns the milliseconds to wait before `email` may be tried from `address`; 0 is at once.
    pub fn wait_ms(&self, email: &str, address: IpAddr, now: UnixMillis) -> u64 {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = |key: &Key, free| failures.get(key).map_or(0, |held| wait_ms(*held, free, now));
        wait(&Key::Account(email.to_lowercase()), FREE_FAILURES)
            .max(wait(&Key::Address(address), FREE_FAILURES_PER_ADDRESS))
    }

    /// Counts a failed log-in.
    pub fn failed(&self, email: &str, address: IpAddr, now: UnixMillis) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() >= KEYS_MAX {
            failures.retain(|_, held| now.since(held.last) < FORGET_AFTER_MS);
            if failures.len() >= KEYS_MAX {
                failures.clear();
            }
        }
        for key in [Key::Account(email.to_lowercase()), Key::Address(address)] {
            let held = failures.entry(key).or_default();
            let before = if now.since(held.last) < FORGET_AFTER_MS { held.count } else { 0 };
            *held = Failures { count: before.saturating_add(1), last: now };
        }
    }

    /// Forgets the failures of an account whose owner got in.
    pub fn succeeded(&self, email: &str) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.remove(&Key::Account(email.to_lowercase()));
    }
}

fn wait_ms(held: Failures, free: u32, now: UnixMillis) -> u64 {
    let elapsed = now.since(held.last);
    if held.count < free || elapsed >= FORGET_AFTER_MS {
        return 0;
    }
    let doublings = (held.count - free).min(10);
    (WAIT_FIRST_MS << doublings).min(WAIT_MAX_MS).saturating_sub(elapsed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guessing_slows_down_and_time_or_success_forgives() {
        let throttle = Throttle::default();
        let address = IpAddr::from([192, 0, 2, 1]);
        let now = UnixMillis(1_000_000);
        for _ in 0..FREE_FAILURES {
            assert_eq!(throttle.wait_ms("a@b.c", address, now), 0);
            throttle.failed("a@b.c", address, now);
        }
        assert_eq!(throttle.wait_ms("A@b.c", address, now), 1_000);
        assert_eq!(throttle.wait_ms("other@b.c", address, now), 0);
        assert_eq!(throttle.wait_ms("a@b.c", address, now.plus(1_000)), 0);
        throttle.failed("a@b.c", address, now.plus(1_000));
        assert_eq!(throttle.wait_ms("a@b.c", address, now.plus(1_000)), 2_000);

        throttle.succeeded("a@b.c");
        assert_eq!(throttle.wait_ms("a@b.c", address, now.plus(1_000)), 0);
    }
}
