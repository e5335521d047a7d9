//! What time it is at the server, and how sure that is (section 10).
//!
//! The wall clock of a laptop at a door is set by anybody. So the terminal keeps what the server's
//! clock said at the last exchange, and counts on from there with a clock that runs through sleep
//! and that nobody sets. Only after a reboot must the wall clock help out.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sync_protocol::bytes::{DecodeError, Put as _, Reader};
use sync_protocol::time::{UnixMillis, Uptime};

/// How far a machine's clock may drift from the true time, in millionths.
const DRIFT_PPM: u64 = 200;
/// How wrong the time may be at least after a reboot, in ms.
const REBOOT_UNCERTAINTY_MS: u64 = 60_000;
/// How wrong the time may be where no server has ever told it, in ms: a day.
const UNKNOWN_UNCERTAINTY_MS: u64 = 86_400_000;

/// One boot of a machine: random, from the kernel.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct BootId(pub [u8; 16]);

/// What a machine's clocks say at one moment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Reading {
    /// The wall clock.
    pub wall: UnixMillis,
    /// The time since boot, sleep included.
    pub up: Uptime,
    /// Since which boot.
    pub boot: BootId,
}

/// A machine's clocks.
pub trait Clock: Send + Sync {
    /// Reads them.
    fn read(&self) -> Reading;
}

/// This machine's clocks.
#[derive(Debug)]
pub struct SystemClock {
    boot: BootId,
}

impl SystemClock {
    /// Returns this machine's clocks.
    pub fn new() -> Self {
        let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        // Where the kernel names no boot, every start counts as one: the time is then less sure,
        // never wrong.
        let boot = uuid::Uuid::try_parse(text.trim()).unwrap_or_else(|_| uuid::Uuid::new_v4());
        Self { boot: BootId(boot.into_bytes()) }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn read(&self) -> Reading {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let wall = UnixMillis(u64::try_from(wall.as_millis()).unwrap_or(u64::MAX));
        Reading { wall, up: since_boot(), boot: self.boot }
    }
}

#[expect(unsafe_code, reason = "the standard library has no clock that runs through sleep")]
fn since_boot() -> Uptime {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a timespec of ours that outlives the call, and the kernel writes
    // nothing else.
    unsafe { libc::clock_gettime(libc::CLOCK_BOOTTIME, &raw mut time) };
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanoseconds = u64::try_from(time.tv_nsec).unwrap_or(0);
    Uptime(seconds.saturating_mul(1_000).saturating_add(nanoseconds / 1_000_000))
}

/// Returns how long the processor has worked on this thread.
#[expect(unsafe_code, reason = "the standard library knows no clock of a thread's work")]
pub fn worked() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a timespec of ours that outlives the call, and the kernel writes
    // nothing else.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// Clocks that stand still until somebody sets them: for tests and rehearsals.
#[derive(Debug)]
pub struct SetClock(Mutex<Reading>);

impl SetClock {
    /// Returns clocks that say `wall`, an hour after boot.
    pub const fn new(wall: UnixMillis) -> Self {
        Self(Mutex::new(Reading { wall, up: Uptime(3_600_000), boot: BootId([1; 16]) }))
    }

    /// Lets `ms` milliseconds go by on all clocks.
    pub fn advance(&self, ms: u64) {
        self.change(|reading| {
            reading.wall = reading.wall.plus(ms);
            reading.up = reading.up.plus(ms);
        });
    }

    /// Sets the wall clock alone.
    pub fn set_wall(&self, wall: UnixMillis) {
        self.change(|reading| reading.wall = wall);
    }

    /// Boots the machine again.
    pub fn reboot(&self) {
        self.change(|reading| {
            reading.up = Uptime(10_000);
            let BootId([first, rest @ ..]) = reading.boot;
            let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o] = rest;
            reading.boot = BootId([first.wrapping_add(1), a, b, c, d, e, f, g, h, i, j, k, l, m, n, o]);
        });
    }

    fn change(&self, change: impl FnOnce(&mut Reading)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Clock for SetClock {
    fn read(&self) -> Reading {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The four timestamps of one exchange with the server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TimeSample {
    /// This machine's clocks when the question left.
    pub asked: Reading,
    /// The server's clock when it arrived.
    pub received: UnixMillis,
    /// The server's clock when the answer left.
    pub answered: UnixMillis,
    /// This machine's clocks when the answer arrived.
    pub heard: Reading,
}

/// What the server's clock said at one moment of this machine's.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TimeAnchor {
    /// The server's time.
    pub server: UnixMillis,
    /// This machine's clocks then.
    pub here: Reading,
    /// How wrong the server's time may be: half of the exchange's delay, in ms.
    pub uncertainty_ms: u32,
}

impl TimeAnchor {
    /// The length of an encoded anchor.
    pub const BYTES: usize = 8 + 8 + 8 + 16 + 4;

    /// Appends the anchor's bytes.
    pub fn encode_into(&self, bytes: &mut Vec<u8>) {
        bytes
            .put_u64(self.server.0)
            .put_u64(self.here.wall.0)
            .put_u64(self.here.up.0)
            .put(&self.here.boot.0)
            .put_u32(self.uncertainty_ms);
    }

    /// Reads what [`TimeAnchor::encode_into`] wrote.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] if the bytes end early.
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let server = UnixMillis(reader.u64()?);
        let (wall, up, boot) = (UnixMillis(reader.u64()?), Uptime(reader.u64()?), BootId(reader.array()?));
        Ok(Self { server, here: Reading { wall, up, boot }, uncertainty_ms: reader.u32()? })
    }
}

impl TimeSample {
    /// Returns what the exchange says about the server's time, or nothing if the timestamps
    /// contradict each other or the machine was booted between them.
    pub fn anchor(&self) -> Option<TimeAnchor> {
        if self.asked.boot != self.heard.boot || self.answered < self.received {
            return None;
        }
        let whole = self.heard.up.0.checked_sub(self.asked.up.0)?;
        let delay = whole.saturating_sub(self.answered.since(self.received));
        // Rounded up, and one more for clocks that count whole milliseconds.
        let uncertainty_ms = u32::try_from(delay.div_ceil(2) + 1).unwrap_or(u32::MAX);
        Some(TimeAnchor { server: self.answered.plus(delay / 2), here: self.heard, uncertainty_ms })
    }
}

/// The best estimate of the server's time at one reading of this machine's clocks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Moment {
    /// The best estimate of the server's time.
    pub now: UnixMillis,
    /// How wrong it may be, in ms.
    pub uncertainty_ms: u64,
    /// What this machine's clocks say.
    pub here: Reading,
}

impl Moment {
    /// Estimates the server's time at `here` from what is known.
    pub fn estimate(anchor: Option<&TimeAnchor>, here: Reading) -> Self {
        let Some(anchor) = anchor else {
            return Self { now: here.wall, uncertainty_ms: UNKNOWN_UNCERTAINTY_MS, here };
        };
        let elapsed = here.up.0.checked_sub(anchor.here.up.0).filter(|_| anchor.here.boot == here.boot);
        if let Some(elapsed) = elapsed {
            let uncertainty_ms = u64::from(anchor.uncertainty_ms) + drift(elapsed);
            return Self { now: anchor.server.plus(elapsed), uncertainty_ms, here };
        }
        let offset = offset(anchor.server, anchor.here.wall);
        let now = UnixMillis(here.wall.0.saturating_add_signed(offset));
        let age = now.0.abs_diff(anchor.server.0);
        let uncertainty_ms = REBOOT_UNCERTAINTY_MS + u64::from(anchor.uncertainty_ms) + drift(age);
        Self { now, uncertainty_ms, here }
    }

    /// Returns the server's time minus the wall clock, in ms, within what an entry can say.
    pub fn offset_ms(&self) -> i32 {
        let offset = offset(self.now, self.here.wall);
        i32::try_from(offset).unwrap_or(if offset < 0 { i32::MIN } else { i32::MAX })
    }

    /// Whether `anchor` tells the time better than this estimate does: it is at least as sure, or
    /// the two contradict each other.
    pub fn is_improved_by(&self, anchor: &TimeAnchor) -> bool {
        let other = Self::estimate(Some(anchor), self.here);
        let apart = other.now.0.abs_diff(self.now.0);
        other.uncertainty_ms <= self.uncertainty_ms || apart > other.uncertainty_ms + self.uncertainty_ms
    }
}

const fn drift(elapsed_ms: u64) -> u64 {
    elapsed_ms / 1_000_000 * DRIFT_PPM + (elapsed_ms % 1_000_000) * DRIFT_PPM / 1_000_000
}

fn offset(server: UnixMillis, wall: UnixMillis) -> i64 {
    let apart = i64::try_from(server.0.abs_diff(wall.0)).unwrap_or(i64::MAX);
    if server < wall { -apart } else { apart }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: UnixMillis = UnixMillis(1_800_000_000_000);

    fn sample(clock: &SetClock, there: UnixMillis, way_ms: u64) -> TimeSample {
        let asked = clock.read();
        clock.advance(way_ms);
        let received = there.plus(way_ms);
        clock.advance(way_ms + 5);
        TimeSample { asked, received, answered: received.plus(5), heard: clock.read() }
    }

    #[test]
    fn a_wrong_wall_clock_does_not_matter_until_a_reboot() {
        let clock = SetClock::new(NOON.minus(7_200_000));
        let anchor = sample(&clock, NOON, 20).anchor().unwrap();
        assert_eq!(anchor.server, NOON.plus(45));
        assert_eq!(anchor.uncertainty_ms, 21);

        clock.set_wall(UnixMillis(5));
        clock.advance(3_600_000);
        let moment = Moment::estimate(Some(&anchor), clock.read());
        assert_eq!(moment.now, NOON.plus(3_600_045));
        assert_eq!(moment.uncertainty_ms, 21 + 720);
    }

    #[test]
    fn after_a_reboot_the_wall_clock_counts_and_the_time_is_unsure() {
        let clock = SetClock::new(NOON.minus(10_000));
        let anchor = sample(&clock, NOON, 20).anchor().unwrap();
        clock.advance(100_000);
        clock.reboot();

        let moment = Moment::estimate(Some(&anchor), clock.read());
        assert_eq!(moment.now, NOON.plus(100_045));
        assert!(moment.uncertainty_ms >= REBOOT_UNCERTAINTY_MS);
    }

    #[test]
    fn a_slower_exchange_does_not_replace_a_surer_one_unless_they_contradict_each_other() {
        let clock = SetClock::new(NOON);
        let sure = sample(&clock, NOON, 5).anchor().unwrap();
        let slow = sample(&clock, NOON.plus(15), 900).anchor().unwrap();
        let moment = Moment::estimate(Some(&sure), clock.read());
        assert!(!moment.is_improved_by(&slow));
        assert!(Moment::estimate(None, clock.read()).is_improved_by(&slow));

        let other = sample(&clock, NOON.plus(60_000), 900).anchor().unwrap();
        assert!(Moment::estimate(Some(&sure), clock.read()).is_improved_by(&other));
    }

    #[test]
    fn contradicting_timestamps_say_nothing() {
        let clock = SetClock::new(NOON);
        let mut sample = sample(&clock, NOON, 5);
        std::mem::swap(&mut sample.received, &mut sample.answered);
        assert_eq!(sample.anchor(), None);
    }

    #[test]
    fn the_machines_own_clocks_go_forward() {
        let clock = SystemClock::new();
        let (first, second) = (clock.read(), clock.read());
        assert!(first.up.0 > 0 && second.up >= first.up);
        assert_eq!(first.boot, second.boot);
    }
}
