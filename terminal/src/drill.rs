//! The ready check before the doors open: what is looked at, and how good each thing is.
//!
//! Here are findings, the lights they show, and the order in which they are looked for. Nothing is
//! measured here but what needs neither gate nor screen; the gate's part is in `gate/drill.rs`, the
//! conversation with staff in `app/screen/drill.rs` and `cli/drill.rs`.

mod battery;
mod course;
mod picture;

use sync_protocol::journal::drill::{Checked, Drill, Light};

use crate::cache::{FULL_BYTES, WARNING_BYTES};
use crate::door::Suspension;
use crate::feedback::Means;

pub use battery::Battery;
pub use course::{Course, Probe, Probed};
pub use picture::can_read_a_picture;

/// How long a code may be held before the camera until one is read, in ms.
pub const CAMERA_MS: u64 = 20_000;

const MINUTE_MS: u64 = 60_000;
/// A list older than this is worth a look, in ms.
const LIST_OLD_MS: u64 = 60 * MINUTE_MS;
/// A laptop's clock that is further off than this is worth a look, in ms: others will ask about it.
const CLOCK_OFF_MS: u64 = 2 * MINUTE_MS;
/// An entry that takes longer to be durable than this is felt at the door, in µs.
const DURABLE_SLOW_US: u32 = 50_000;
/// An entry that takes longer than this keeps a queue waiting, in µs.
const DURABLE_STUCK_US: u32 = 500_000;
/// A decision that takes longer than this is felt at the door, in µs.
const DECISION_SLOW_US: u32 = 50_000;
/// A battery that is emptier than this does not last the evening, in percent.
const BATTERY_LOW: u8 = 50;
/// A battery that is emptier than this does not last the hour, in percent.
const BATTERY_EMPTY: u8 = 20;

/// What one check found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Found {
    /// Why the terminal may not admit, if so.
    Ready(Option<Suspension>),
    /// The ticket list.
    List {
        /// How many tickets it holds.
        tickets: u64,
        /// How long ago it was known to be the server's, in ms; `None` without a list.
        age_ms: Option<u64>,
    },
    /// How many of the event's keys vouch for tickets.
    Keys(usize),
    /// The terminal's certificate.
    Certificate {
        /// For how long it holds, in ms; `None` if it does not hold now.
        left_ms: Option<u64>,
        /// Whether it holds until the event ends.
        lasts: bool,
    },
    /// The clock.
    Clock {
        /// How wrong the time may be, in ms.
        uncertainty_ms: u64,
        /// How wrong it may be by the event's rules, in ms.
        limit_ms: u64,
        /// How far the laptop's own clock is off, in ms.
        off_ms: u64,
    },
    /// The server, and what it lacks.
    Server {
        /// Whether it was reached the last time.
        is_online: bool,
        /// Journal entries that it has not acknowledged.
        unsent: u64,
    },
    /// How many bytes the disk has left.
    Disk(u64),
    /// How long a small entry takes to be on the disk; `None` if it could not be written.
    Durable(Option<Spread>),
    /// How many entries the journal's copy lacks.
    Copy(u64),
    /// The battery.
    Battery(Battery),
    /// A ticket and a forgery, verified.
    Sample(Sample),
    /// Tickets of the list decided as if there were no network; nothing is counted.
    Rehearsal(Rehearsal),
    /// The camera.
    Camera(Camera),
    /// The tone.
    Sound(Sound),
}

/// How long something took, over many times.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Spread {
    /// Half of them took no longer, in µs.
    pub p50_us: u32,
    /// All but one in a hundred took no longer, in µs.
    pub p99_us: u32,
}

impl Spread {
    /// Returns the spread of these times, in µs; nothing of none.
    pub fn of(mut times_us: Vec<u32>) -> Option<Self> {
        times_us.sort_unstable();
        let at = |percent: usize| times_us.get((times_us.len() * percent).div_ceil(100).saturating_sub(1)).copied();
        Some(Self { p50_us: at(50)?, p99_us: at(99)? })
    }
}

/// How tickets are told from forgeries.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Sample {
    /// A test ticket was good, and a forged one for a listed ticket was refused.
    Told,
    /// There is no listed ticket, or no key, to try it with.
    NoTicket,
    /// The machine does not tell them apart.
    NotTold,
    /// The list could not be read.
    Unreadable,
}

/// What became of tickets that were decided on trial.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Rehearsal {
    /// How many would have been let in.
    pub admitted: u32,
    /// How many would not, by the event's rules.
    pub refused: u32,
    /// How many the machine could not decide.
    pub failed: u32,
    /// How long each took, in µs.
    pub times_us: Vec<u32>,
}

impl Rehearsal {
    /// Returns how many were decided.
    pub const fn decided(&self) -> u32 {
        self.admitted.saturating_add(self.refused)
    }

    fn add(&mut self, more: Self) {
        self.admitted = self.admitted.saturating_add(more.admitted);
        self.refused = self.refused.saturating_add(more.refused);
        self.failed = self.failed.saturating_add(more.failed);
        self.times_us.extend(more.times_us);
    }

    fn p99_us(&self) -> u32 {
        Spread::of(self.times_us.clone()).map_or(0, |spread| spread.p99_us)
    }
}

/// What the camera can do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Camera {
    /// It read a code.
    Read,
    /// It gives pictures, and no code was read in them.
    Unread,
    /// None is wanted; a picture made for the purpose was read.
    Unwanted,
    /// The wanted one is away; a picture made for the purpose was read.
    Away,
    /// Not even a picture made for the purpose could be read.
    Blind,
}

/// What became of a tone.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Sound {
    /// Somebody heard it, played by this.
    Heard(Means),
    /// Nobody heard it, though this played it.
    NotHeard(Means),
    /// The sound device that is wanted is not there.
    NoDevice,
    /// No tones are wanted.
    Off,
}

impl Found {
    /// Returns the check's name, in the form that a drill's result has.
    pub const fn check(&self) -> &'static str {
        match self {
            Self::Ready(_) => "ready",
            Self::List { .. } => "list",
            Self::Keys(_) => "keys",
            Self::Certificate { .. } => "certificate",
            Self::Clock { .. } => "clock",
            Self::Server { .. } => "server",
            Self::Disk(_) => "disk",
            Self::Durable(_) => "durable",
            Self::Copy(_) => "copy",
            Self::Battery(_) => "battery",
            Self::Sample(_) => "sample",
            Self::Rehearsal(_) => "rehearsal",
            Self::Camera(_) => "camera",
            Self::Sound(_) => "sound",
        }
    }

    /// Returns how good it is.
    pub fn light(&self) -> Light {
        let either = |is_red: bool, is_amber: bool| match (is_red, is_amber) {
            (true, _) => Light::Red,
            (false, true) => Light::Amber,
            (false, false) => Light::Green,
        };
        match self {
            Self::Ready(suspension) => either(suspension.is_some(), false),
            Self::List { tickets, age_ms } => match age_ms {
                None => Light::Red,
                Some(age_ms) => either(false, *tickets == 0 || *age_ms > LIST_OLD_MS),
            },
            Self::Keys(count) => either(*count == 0, false),
            Self::Certificate { left_ms, lasts } => either(left_ms.is_none(), !lasts),
            Self::Clock { uncertainty_ms, limit_ms, off_ms } => {
                either(uncertainty_ms > limit_ms, *off_ms > CLOCK_OFF_MS || *uncertainty_ms > limit_ms / 2)
            }
            Self::Server { is_online, .. } => either(false, !is_online),
            Self::Disk(bytes) => either(*bytes < FULL_BYTES, *bytes < WARNING_BYTES),
            Self::Durable(None) => Light::Red,
            Self::Durable(Some(spread)) => either(spread.p99_us > DURABLE_STUCK_US, spread.p99_us > DURABLE_SLOW_US),
            Self::Copy(behind) => either(false, *behind > 0),
            Self::Battery(Battery::None | Battery::Charging(_)) => Light::Green,
            Self::Battery(Battery::Draining(percent)) => either(*percent < BATTERY_EMPTY, *percent < BATTERY_LOW),
            Self::Sample(sample) => {
                either(matches!(sample, Sample::NotTold | Sample::Unreadable), *sample == Sample::NoTicket)
            }
            Self::Rehearsal(rehearsal) => {
                let is_slow = rehearsal.p99_us() > DECISION_SLOW_US;
                either(rehearsal.failed > 0, rehearsal.admitted == 0 || is_slow)
            }
            Self::Camera(camera) => either(*camera == Camera::Blind, matches!(camera, Camera::Unread | Camera::Away)),
            Self::Sound(sound) => either(false, matches!(sound, Sound::NotHeard(_) | Sound::NoDevice)),
        }
    }

    /// Returns the figures in a few words, for the organisers' screens: never a name.
    pub fn remark(&self) -> String {
        match self {
            Self::Ready(suspension) => suspension.map_or_else(String::new, |why| format!("{why:?}").to_lowercase()),
            Self::List { tickets, age_ms: None } => format!("{tickets} tickets, no list"),
            Self::List { tickets, age_ms: Some(age_ms) } => format!("{tickets} tickets, {} s old", age_ms / 1_000),
            Self::Keys(count) => count.to_string(),
            Self::Certificate { left_ms: None, .. } => "not valid".into(),
            Self::Certificate { left_ms: Some(ms), .. } => format!("{} h left", ms / (60 * MINUTE_MS)),
            Self::Clock { uncertainty_ms, off_ms, .. } => format!("to within {uncertainty_ms} ms, off by {off_ms} ms"),
            Self::Server { is_online: true, unsent } => format!("online, {unsent} to send"),
            Self::Server { is_online: false, unsent } => format!("offline, {unsent} to send"),
            Self::Disk(bytes) => format!("{} MiB free", bytes >> 20),
            Self::Durable(None) => "cannot be written".into(),
            Self::Durable(Some(spread)) => {
                format!("p50 {:.1} ms, p99 {:.1} ms", ms(spread.p50_us), ms(spread.p99_us))
            }
            Self::Copy(behind) => format!("{behind} behind"),
            Self::Battery(Battery::None) => "none".into(),
            Self::Battery(Battery::Charging(percent)) => format!("{percent} %, charging"),
            Self::Battery(Battery::Draining(percent)) => format!("{percent} %, draining"),
            Self::Sample(Sample::Told) => "told from a forgery".into(),
            Self::Sample(Sample::NoTicket) => "no ticket".into(),
            Self::Sample(Sample::NotTold) => "not told from a forgery".into(),
            Self::Sample(Sample::Unreadable) => "unreadable".into(),
            Self::Rehearsal(rehearsal) => format!(
                "{} in, {} not in, {} failed, p99 {:.1} ms",
                rehearsal.admitted,
                rehearsal.refused,
                rehearsal.failed,
                ms(rehearsal.p99_us())
            ),
            Self::Camera(Camera::Read) => "read a code".into(),
            Self::Camera(Camera::Unread) => "pictures, no code read".into(),
            Self::Camera(Camera::Unwanted) => "none in use; read a made picture".into(),
            Self::Camera(Camera::Away) => "away; read a made picture".into(),
            Self::Camera(Camera::Blind) => "cannot read a made picture".into(),
            Self::Sound(Sound::Heard(means)) => format!("heard, {}", player(*means)),
            Self::Sound(Sound::NotHeard(means)) => format!("not heard, {}", player(*means)),
            Self::Sound(Sound::NoDevice) => "no sound device".into(),
            Self::Sound(Sound::Off) => "off".into(),
        }
    }
}

/// Returns what was found as an entry of the journal tells it.
pub fn result(found: &[Found]) -> Drill {
    let checks =
        found.iter().map(|one| Checked { check: one.check().to_owned(), light: one.light(), remark: one.remark() });
    Drill { checks: checks.collect() }
}

const fn player(means: Means) -> &'static str {
    match means {
        Means::Device => "sound device",
        Means::Bell => "bell",
        Means::Nothing | Means::Off => "nothing",
    }
}

fn ms(us: u32) -> f64 {
    f64::from(us) / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thing_has_its_light() {
        let list = |tickets, age_ms| Found::List { tickets, age_ms };
        let clock = |uncertainty_ms, off_ms| Found::Clock { uncertainty_ms, limit_ms: 120_000, off_ms };
        let durable = |p99_us| Found::Durable(Some(Spread { p50_us: 900, p99_us }));
        let lights = [
            (list(1_500, Some(11_000)), Light::Green),
            (list(1_500, Some(LIST_OLD_MS + 1)), Light::Amber),
            (list(0, Some(11_000)), Light::Amber),
            (list(0, None), Light::Red),
            (clock(40, 90_000), Light::Green),
            (clock(61_000, 0), Light::Amber),
            (clock(40, 3_600_000), Light::Amber),
            (clock(120_001, 0), Light::Red),
            (Found::Certificate { left_ms: Some(1), lasts: false }, Light::Amber),
            (Found::Certificate { left_ms: None, lasts: false }, Light::Red),
            (durable(8_000), Light::Green),
            (durable(80_000), Light::Amber),
            (durable(800_000), Light::Red),
            (Found::Durable(None), Light::Red),
            (Found::Battery(Battery::None), Light::Green),
            (Found::Battery(Battery::Charging(3)), Light::Green),
            (Found::Battery(Battery::Draining(49)), Light::Amber),
            (Found::Battery(Battery::Draining(19)), Light::Red),
            (Found::Keys(0), Light::Red),
            (Found::Sample(Sample::NotTold), Light::Red),
            (Found::Camera(Camera::Away), Light::Amber),
            (Found::Rehearsal(Rehearsal { refused: 9, ..Rehearsal::default() }), Light::Amber),
            (Found::Rehearsal(Rehearsal { admitted: 9, failed: 1, ..Rehearsal::default() }), Light::Red),
        ];
        for (found, light) in lights {
            assert_eq!(found.light(), light, "{found:?}");
        }
    }

    #[test]
    fn the_result_fits_into_an_entry_whatever_was_found() {
        let times_us = vec![u32::MAX; 100];
        let rehearsal = Rehearsal { admitted: u32::MAX, refused: u32::MAX, failed: u32::MAX, times_us };
        let found = [
            Found::Ready(Some(Suspension::Certificate)),
            Found::List { tickets: u64::MAX, age_ms: Some(u64::MAX) },
            Found::Keys(usize::MAX),
            Found::Certificate { left_ms: Some(u64::MAX), lasts: true },
            Found::Clock { uncertainty_ms: u64::MAX, limit_ms: 0, off_ms: u64::MAX },
            Found::Server { is_online: false, unsent: u64::MAX },
            Found::Disk(u64::MAX),
            Found::Durable(Some(Spread { p50_us: u32::MAX, p99_us: u32::MAX })),
            Found::Copy(u64::MAX),
            Found::Battery(Battery::Draining(100)),
            Found::Sample(Sample::NotTold),
            Found::Rehearsal(rehearsal),
            Found::Camera(Camera::Unwanted),
            Found::Sound(Sound::NotHeard(Means::Device)),
        ];

        let note = result(&found).encode().unwrap();

        assert_eq!(Drill::decode(&note).unwrap().checks.len(), found.len());
    }

    #[test]
    fn one_in_a_hundred_may_be_slower() {
        let mut times: Vec<u32> = (1..=100).collect();
        times.push(9_999);
        assert_eq!(Spread::of(times), Some(Spread { p50_us: 51, p99_us: 100 }));
        assert_eq!(Spread::of(vec![7]), Some(Spread { p50_us: 7, p99_us: 7 }));
        assert_eq!(Spread::of(vec![]), None);
    }
}
