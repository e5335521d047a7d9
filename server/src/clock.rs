//! The system clock and the system's randomness: the only file that reads either.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use sync_protocol::time::UnixMillis;

/// What says the time: the system's clock, or one that a test moves by hand.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The system's clock.
    #[default]
    System,
    /// Stands still until [`Clock::set`].
    Fixed(Arc<AtomicU64>),
}

impl Clock {
    /// Returns a clock that stands at `now`.
    pub fn fixed(now: UnixMillis) -> Self {
        Self::Fixed(Arc::new(AtomicU64::new(now.0)))
    }

    /// Returns the time.
    pub fn now(&self) -> UnixMillis {
        match self {
            Self::System => {
                let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                UnixMillis(u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX))
            }
            Self::Fixed(now) => UnixMillis(now.load(Ordering::Relaxed)),
        }
    }

    /// Moves a fixed clock to `now`; the system's clock stays as it is.
    pub fn set(&self, now: UnixMillis) {
        if let Self::Fixed(held) = self {
            held.store(now.0, Ordering::Relaxed);
        }
    }
}

/// Returns `N` bytes of the system's cryptographic randomness.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    rand::random()
}

/// Returns a new UUIDv7 of the time `now`.
pub fn uuid_v7(now: UnixMillis) -> [u8; 16] {
    uuid::Builder::from_unix_timestamp_millis(now.0, &random_bytes()).into_uuid().into_bytes()
}

/// Returns `count` new UUIDv7 that sort in the order they are returned in. Every 4 096th is dated a
/// millisecond later.
pub fn uuids_v7(now: UnixMillis, count: usize) -> impl Iterator<Item = [u8; 16]> {
    (0..count as u64).map(move |number| {
        let mut random = random_bytes::<10>();
        let [high, low] = ((number % 4_096) as u16).to_be_bytes();
        // The twelve bits after the version sort right after the time.
        let [first, second, ..] = &mut random;
        (*first, *second) = (high, low);
        uuid::Builder::from_unix_timestamp_millis(now.0 + number / 4_096, &random).into_uuid().into_bytes()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_made_later_sort_later() {
        assert!(uuid_v7(UnixMillis(1_000)) < uuid_v7(UnixMillis(2_000)));

        let ids: Vec<_> = uuids_v7(UnixMillis(1_000), 10_000).collect();
        assert!(ids.is_sorted());
    }

    #[test]
    fn a_fixed_clock_moves_only_by_hand() {
        let clock = Clock::fixed(UnixMillis(5));
        assert_eq!(clock.now(), UnixMillis(5));
        clock.set(UnixMillis(9));
        assert_eq!(clock.now(), UnixMillis(9));
    }
}
