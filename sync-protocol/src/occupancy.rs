//! How many may be inside a zone, when some of its doors have not been heard from for a while.
//!
//! What is known is counted; what is not known is bounded, so that a full hall is noticed before
//! it is too full: every other terminal of the zone is taken to have gone on at its own highest
//! pace since it was last heard. Undoings that are not known yet are left out of account.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::id::DeviceNo;
use crate::journal::ledger::{Movement, MovementKind};
use crate::time::UnixMillis;

/// The least pace a terminal is taken to go at while nothing is heard of it, in people a minute.
pub const PACE_LEAST: u32 = 8;
/// A terminal that was heard within this time counts as heard now, in ms: two devices in step with
/// one server hear of each other so late at most.
pub const HEARD_MS: u64 = 60_000;

const MINUTE_MS: u64 = 60_000;

/// How fast one terminal was ever seen to let people in and out.
///
/// The same for every order in which its movements arrive. Each movement is noted once.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Pace {
    /// Admissions and exits of each minute that had one.
    minutes: BTreeMap<u64, (u32, u32)>,
    admissions: u32,
    exits: u32,
}

impl Pace {
    /// Notes a movement of the terminal. Undoings change nothing.
    pub fn note(&mut self, movement: &Movement) {
        let (admissions, exits) = match movement.kind {
            MovementKind::Admit => (1, 0),
            MovementKind::Exit => (0, 1),
            MovementKind::Undo { .. } => return,
        };
        let minute = self.minutes.entry(movement.hlc.millis().0 / MINUTE_MS).or_default();
        *minute = (minute.0.saturating_add(admissions), minute.1.saturating_add(exits));
        self.admissions = self.admissions.max(minute.0);
        self.exits = self.exits.max(minute.1);
    }

    /// Returns the most admissions in one minute of the clock.
    pub const fn admissions_per_minute(&self) -> u32 {
        self.admissions
    }

    /// Returns the most exits in one minute of the clock.
    pub const fn exits_per_minute(&self) -> u32 {
        self.exits
    }

    /// Returns how many admissions were noted, and how many exits; undone ones are among them.
    pub fn totals(&self) -> (u64, u64) {
        self.minutes.values().fold((0, 0), |(all_in, all_out), (admissions, exits)| {
            (all_in + u64::from(*admissions), all_out + u64::from(*exits))
        })
    }
}

/// Another terminal of a zone, as far as it bears on who is inside.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Neighbour {
    /// Its number.
    pub device: DeviceNo,
    /// Until when what it did is known.
    pub last_heard: UnixMillis,
    /// The most it let in within a minute.
    pub admissions_per_minute: u32,
    /// The most it let out within a minute.
    pub exits_per_minute: u32,
}

/// How many are inside, at least and at most.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Bounds {
    /// Known to be inside.
    pub known: u64,
    /// There are no fewer.
    pub least: u64,
    /// There are no more.
    pub most: u64,
    /// The terminals that were not heard from, longest first.
    pub silent: Vec<Silence>,
}

/// A terminal that was not heard from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Silence {
    /// The terminal.
    pub device: DeviceNo,
    /// When it was last heard.
    pub since: UnixMillis,
}

/// Whether people are counted out of a zone.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Leaving {
    /// Nobody is: exits do not lower any count.
    Unseen,
    /// They are.
    Counted,
}

/// Bounds how many are inside a zone at `now`, where `known` are known to be.
///
/// `neighbours` are the zone's other active terminals; the own one is known exactly. Each silent
/// one adds its highest pace, at least [`PACE_LEAST`], for every begun minute of its silence to the
/// upper bound, and takes the same off the lower one where people are counted out.
pub fn bounds(known: u64, neighbours: &[Neighbour], leaving: Leaving, now: UnixMillis) -> Bounds {
    let (mut more, mut fewer) = (0_u64, 0_u64);
    let mut silent = Vec::new();
    for neighbour in neighbours {
        let silence_ms = now.since(neighbour.last_heard);
        if silence_ms <= HEARD_MS {
            continue;
        }
        silent.push(Silence { device: neighbour.device, since: neighbour.last_heard });
        more = more.saturating_add(passed(silence_ms, neighbour.admissions_per_minute));
        if leaving == Leaving::Counted {
            fewer = fewer.saturating_add(passed(silence_ms, neighbour.exits_per_minute));
        }
    }
    silent.sort_unstable_by_key(|silence| (silence.since, silence.device));
    Bounds { known, least: known.saturating_sub(fewer), most: known.saturating_add(more), silent }
}

fn passed(silence_ms: u64, per_minute: u32) -> u64 {
    silence_ms.div_ceil(MINUTE_MS).saturating_mul(u64::from(per_minute.max(PACE_LEAST)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{GateId, Seq, TicketId};
    use crate::time::Hlc;
    use alloc::vec;
    use proptest::prelude::*;

    const NOW: UnixMillis = UnixMillis(100 * MINUTE_MS);

    fn neighbour(device: u16, silence_ms: u64, admissions: u32, exits: u32) -> Neighbour {
        Neighbour {
            device: DeviceNo(device),
            last_heard: NOW.minus(silence_ms),
            admissions_per_minute: admissions,
            exits_per_minute: exits,
        }
    }

    fn movement(ms: u64, kind: MovementKind) -> Movement {
        Movement {
            hlc: Hlc::at(UnixMillis(ms)),
            device: DeviceNo(1),
            seq: Seq(ms),
            kind,
            is_override: false,
            ticket: TicketId(7),
            gate: GateId(0),
            entry_hash: [0; 32],
        }
    }

    #[test]
    fn with_every_door_heard_what_is_known_is_exact() {
        let bounds = bounds(812, &[neighbour(2, HEARD_MS, 40, 40)], Leaving::Counted, NOW);

        assert_eq!((bounds.least, bounds.most), (812, 812));
        assert!(bounds.silent.is_empty());
    }

    #[test]
    fn a_silent_door_may_have_gone_on_at_its_highest_pace() {
        let bounds = bounds(812, &[neighbour(2, 6 * MINUTE_MS, 20, 3)], Leaving::Unseen, NOW);

        assert_eq!((bounds.least, bounds.most), (812, 812 + 6 * 20));
        assert_eq!(bounds.silent, vec![Silence { device: DeviceNo(2), since: NOW.minus(6 * MINUTE_MS) }]);
    }

    #[test]
    fn a_door_that_was_never_busy_is_taken_to_be_somewhat_busy() {
        let bounds = bounds(100, &[neighbour(2, 2 * MINUTE_MS, 0, 0)], Leaving::Counted, NOW);

        assert_eq!((bounds.least, bounds.most), (100 - 16, 100 + 16));
    }

    #[test]
    fn a_begun_minute_counts_whole_and_nobody_is_fewer_than_none() {
        let bounds = bounds(5, &[neighbour(2, HEARD_MS + 1, 10, 10)], Leaving::Counted, NOW);

        assert_eq!((bounds.least, bounds.most), (0, 25));
    }

    #[test]
    fn the_longest_silence_comes_first() {
        let neighbours = [neighbour(2, 5 * MINUTE_MS, 1, 1), neighbour(3, 9 * MINUTE_MS, 1, 1), neighbour(4, 0, 1, 1)];

        let silent = bounds(0, &neighbours, Leaving::Unseen, NOW).silent;

        assert_eq!(silent.iter().map(|silence| silence.device.0).collect::<Vec<_>>(), [3, 2]);
    }

    #[test]
    fn a_silence_since_the_beginning_of_time_overflows_nothing() {
        let ever = Neighbour { last_heard: UnixMillis(0), ..neighbour(2, 0, u32::MAX, u32::MAX) };

        let bounds = bounds(u64::MAX, &[ever, ever], Leaving::Counted, UnixMillis(u64::MAX));

        assert_eq!((bounds.least, bounds.most), (0, u64::MAX));
    }

    #[test]
    fn pace_is_that_of_the_busiest_minute_and_undoings_are_none() {
        let mut pace = Pace::default();
        let undo = MovementKind::Undo { device: DeviceNo(1), seq: Seq(1) };
        for (ms, kind) in [
            (1, MovementKind::Admit),
            (59_999, MovementKind::Admit),
            (60_000, MovementKind::Admit),
            (60_001, MovementKind::Exit),
            (60_002, undo),
        ] {
            pace.note(&movement(ms, kind));
        }

        assert_eq!((pace.admissions_per_minute(), pace.exits_per_minute()), (2, 1));
        assert_eq!(pace.totals(), (3, 1));
    }

    proptest! {
        #[test]
        fn pace_is_the_same_for_every_order(times in proptest::collection::vec(0..400_000_u64, 0..40), turn in any::<usize>()) {
            let forth: Vec<Movement> = times.iter().map(|ms| movement(*ms, MovementKind::Admit)).collect();
            let mut back = forth.clone();
            back.rotate_left(turn % forth.len().max(1));
            back.reverse();
            let pace = |movements: &[Movement]| {
                let mut pace = Pace::default();
                movements.iter().for_each(|movement| pace.note(movement));
                pace
            };
            prop_assert_eq!(pace(&forth), pace(&back));
        }

        #[test]
        fn the_known_count_lies_within_its_bounds(known in any::<u64>(), silence in any::<u64>(), pace in any::<u32>()) {
            let neighbour = Neighbour { last_heard: NOW.minus(silence), ..neighbour(2, 0, pace, pace) };
            let bounds = bounds(known, &[neighbour], Leaving::Counted, NOW);
            prop_assert!(bounds.least <= known && known <= bounds.most);
        }
    }
}
