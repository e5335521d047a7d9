//! A brake on guessing, kept in the database, so that all processes of the server share it.
//!
//! A try is counted before the password is looked at, and forgotten when it was right: many tries at once are
//! counted like many in a row. After some that are free, each wrong one makes the next wait twice as long. A try that
//! has to wait counts for nothing, so whoever hammers at an account makes nobody wait longer.
//!
//! Strangers are counted together for each account, and for each network address. A device that has logged in to
//! the account before shows a token of that, and is counted by itself: strangers who guess cannot keep its owner
//! out. Nor an owner with a new device: choosing another password by mail makes it a known one. Addresses on which
//! somebody logged in before are *not* trusted: guests of a venue share them, and who answers faster there would
//! tell who has an account.

use std::net::IpAddr;

use sha2::{Digest as _, Sha256};
use sync_protocol::time::UnixMillis;

use super::{AccountId, store};
use crate::db::{StoreError, Tx};

const MINUTE_MS: u64 = 60_000;
const HOUR_MS: u64 = 60 * MINUTE_MS;

/// What tries are counted for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Guard {
    /// Strangers at the account of an e-mail address, whether there is one or not.
    Account(String),
    /// A known device, by its token's hash.
    Device([u8; 32]),
    /// A network address: that of a machine, or an IPv6 network of which one machine has all.
    Address(IpAddr),
    /// Somebody logged in who types their password again.
    Again(AccountId),
    /// Letters that anybody may have sent to an e-mail address.
    Letters(String),
    /// Letters that tell an account's holder of a new device.
    NewDevices(AccountId),
}

impl Guard {
    const fn rule(&self) -> Rule {
        match self {
            Self::Account(_) | Self::Device(_) | Self::Again(_) => {
                Rule { free: 5, first_ms: 1_000, wait_ms_max: 15 * MINUTE_MS, forget_ms: HOUR_MS }
            }
            // A venue's organisers may share one.
            Self::Address(_) => Rule { free: 100, first_ms: 1_000, wait_ms_max: MINUTE_MS, forget_ms: HOUR_MS / 4 },
            Self::NewDevices(_) => {
                Rule { free: 3, first_ms: HOUR_MS, wait_ms_max: 24 * HOUR_MS, forget_ms: 48 * HOUR_MS }
            }
            Self::Letters(_) => Rule { free: 3, first_ms: MINUTE_MS, wait_ms_max: HOUR_MS, forget_ms: 24 * HOUR_MS },
        }
    }

    fn key(&self) -> [u8; 32] {
        let digest = Sha256::new();
        let digest = match self {
            Self::Account(email) => digest.chain_update(b"account:").chain_update(email.trim().to_lowercase()),
            Self::Device(hash) => digest.chain_update(b"device:").chain_update(hash),
            Self::Address(IpAddr::V4(address)) => digest.chain_update(b"ipv4:").chain_update(address.octets()),
            Self::Address(IpAddr::V6(address)) => {
                let [a, b, c, d, ..] = address.segments();
                digest.chain_update(format!("ipv6:{a}:{b}:{c}:{d}"))
            }
            Self::Again(account) => digest.chain_update(b"again:").chain_update(account.0),
            Self::Letters(email) => digest.chain_update(b"letters:").chain_update(email),
            Self::NewDevices(account) => digest.chain_update(b"new devices:").chain_update(account.0),
        };
        digest.finalize().into()
    }
}

#[derive(Clone, Copy, Debug)]
struct Rule {
    /// Tries before the brake takes hold.
    free: u64,
    /// How long the next one waits then; each further one twice as long.
    first_ms: u64,
    wait_ms_max: u64,
    /// After this time without a try, all are forgotten.
    forget_ms: u64,
}

/// Tries that were counted.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Tries {
    pub(super) count: u64,
    pub(super) last_at: UnixMillis,
}

impl Rule {
    /// Returns the milliseconds to wait before the next try; 0 is at once.
    fn wait_ms(self, tries: Tries, now: UnixMillis) -> u64 {
        let elapsed = now.since(tries.last_at);
        if tries.count < self.free || elapsed >= self.forget_ms {
            return 0;
        }
        let doublings = (tries.count - self.free).min(20);
        (self.first_ms << doublings).min(self.wait_ms_max).saturating_sub(elapsed)
    }

    /// Returns the tries with one more at `now`.
    fn counted(self, tries: Tries, now: UnixMillis) -> Tries {
        let before = if now.since(tries.last_at) < self.forget_ms { tries.count } else { 0 };
        Tries { count: before.saturating_add(1), last_at: now }
    }
}

/// Whether something may be tried.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use]
pub(super) enum Brake {
    /// It may, and was counted.
    Open,
    /// Not for so many milliseconds; nothing was counted.
    Wait { ms: u64 },
}

/// Counts a try for each of `guards`, unless one of them has it wait. An account is named before an address, so that
/// transactions wait for each other in one order.
pub(super) async fn try_at(tx: &mut Tx, guards: &[Guard], now: UnixMillis) -> Result<Brake, StoreError> {
    let mut held = Vec::with_capacity(guards.len());
    let mut ms = 0;
    for guard in guards {
        let tries = store::throttle::tries(tx, guard.key()).await?;
        ms = guard.rule().wait_ms(tries, now).max(ms);
        held.push(tries);
    }
    if ms > 0 {
        return Ok(Brake::Wait { ms });
    }
    for (guard, tries) in guards.iter().zip(held) {
        store::throttle::put(tx, guard.key(), guard.rule().counted(tries, now)).await?;
    }
    Ok(Brake::Open)
}

/// Writes the tries of `guards` as they are: where as much must be done as elsewhere, and there is nothing to do.
pub(super) async fn write_again(tx: &mut Tx, guards: &[Guard]) -> Result<(), StoreError> {
    for guard in guards {
        let tries = store::throttle::tries(tx, guard.key()).await?;
        store::throttle::put(tx, guard.key(), tries).await?;
    }
    Ok(())
}

/// Takes back a try that was right, and with it all wrong ones before. Of an address, only the one: its other
/// tries were at other accounts.
pub(super) async fn forgive(tx: &mut Tx, guards: &[Guard]) -> Result<(), StoreError> {
    for guard in guards {
        match guard {
            Guard::Address(_) => store::throttle::take_back(tx, guard.key()).await?,
            _ => store::throttle::forget(tx, guard.key()).await?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis(1_000_000_000);

    #[test]
    fn each_wrong_try_after_the_free_ones_waits_twice_as_long_up_to_a_quarter_of_an_hour() {
        let rule = Guard::Account(String::new()).rule();
        let wait = |count| rule.wait_ms(Tries { count, last_at: NOW }, NOW);

        assert_eq!([0, 4, 5, 6, 7].map(wait), [0, 0, 1_000, 2_000, 4_000]);
        assert_eq!([15, 100, u64::MAX].map(wait), [15 * MINUTE_MS; 3]);
    }

    #[test]
    fn time_passes_and_forgives() {
        let rule = Guard::Account(String::new()).rule();
        let tries = Tries { count: 6, last_at: NOW };

        assert_eq!(rule.wait_ms(tries, NOW.plus(1_999)), 1);
        assert_eq!(rule.wait_ms(tries, NOW.plus(2_000)), 0);
        assert_eq!(rule.counted(tries, NOW.plus(2_000)), Tries { count: 7, last_at: NOW.plus(2_000) });
        assert_eq!(rule.counted(tries, NOW.plus(HOUR_MS)).count, 1);
    }

    #[test]
    fn one_machine_cannot_be_many_addresses_and_one_account_not_many_accounts() {
        let address = |text: &str| Guard::Address(text.parse().unwrap()).key();

        assert_eq!(address("2001:db8:1:2::1"), address("2001:db8:1:2:ffff::9"));
        assert_ne!(address("2001:db8:1:2::1"), address("2001:db8:1:3::1"));
        assert_ne!(address("192.0.2.1"), address("192.0.2.2"));
        assert_eq!(Guard::Account(" Ada@B.c".into()).key(), Guard::Account("ada@b.c".into()).key());
        assert_ne!(Guard::Account("ada@b.c".into()).key(), Guard::Letters("ada@b.c".into()).key());
    }
}
