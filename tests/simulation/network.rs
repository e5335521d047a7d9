//! A network that loses, repeats, delays and so reorders what it carries, and that can be cut.

use std::collections::{BTreeMap, BTreeSet};

use sync_protocol::{
    hash::Hash,
    id::{FeedSeq, Seq},
    journal::Link,
    problem::ProblemCode,
};

use crate::rng::Rng;

/// Names one request of one life of a terminal's process: answers to any other are dropped, as with
/// a connection that was closed.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct RequestId {
    pub(crate) terminal: usize,
    pub(crate) number: u64,
}

/// What a terminal asks, as it is on the wire.
#[derive(Clone, Debug)]
pub(crate) enum Ask {
    Time,
    Snapshot,
    Chunk(Hash),
    Feed { after: FeedSeq, wait_ms: u64 },
    Status,
    Push { batch: Vec<u8>, entries: usize, is_evidence: bool },
}

/// What the server answers, as it is on the wire.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Time(u64),
    Manifest(Vec<u8>),
    Chunk(Vec<u8>),
    Page(Vec<u8>),
    Status(Link),
    Acknowledged(Vec<u8>),
    Quarantined(Seq),
    Gap(Seq),
    Busy {
        retry_after_ms: u64,
    },
    Problem(ProblemCode),
    /// Nobody listens there.
    Refused,
}

/// Something on its way.
#[derive(Clone, Debug)]
pub(crate) enum Parcel {
    Ask(RequestId, Ask),
    Answer(RequestId, Answer),
}

impl Parcel {
    const fn terminal(&self) -> usize {
        match self {
            Self::Ask(id, _) | Self::Answer(id, _) => id.terminal,
        }
    }
}

/// How bad the network is: parts of a thousand, and the longest delay.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weather {
    pub(crate) loss: u64,
    pub(crate) repeat: u64,
    pub(crate) delay_ms: u64,
}

impl Weather {
    pub(crate) const FAIR: Self = Self { loss: 0, repeat: 0, delay_ms: 20 };

    pub(crate) const fn any(rng: &mut Rng) -> Self {
        let delay_ms = match rng.below(4) {
            0 => 30,
            1 => 300,
            2 => 3_000,
            _ => 60_000,
        };
        Self { loss: rng.below(200), repeat: rng.below(250), delay_ms }
    }
}

/// Everything in flight.
#[derive(Debug)]
pub(crate) struct Network {
    pub(crate) weather: Weather,
    cut: BTreeSet<usize>,
    in_flight: BTreeMap<(u64, u64), Parcel>,
    sent: u64,
}

impl Network {
    pub(crate) const fn new() -> Self {
        Self { weather: Weather::FAIR, cut: BTreeSet::new(), in_flight: BTreeMap::new(), sent: 0 }
    }

    pub(crate) fn cut(&mut self, terminal: usize) {
        self.cut.insert(terminal);
    }

    pub(crate) fn heal(&mut self, terminal: usize) {
        self.cut.remove(&terminal);
    }

    pub(crate) fn is_cut(&self, terminal: usize) -> bool {
        self.cut.contains(&terminal)
    }

    pub(crate) fn send(&mut self, parcel: Parcel, now: u64, rng: &mut Rng) {
        if self.is_cut(parcel.terminal()) || rng.chance(self.weather.loss) {
            return;
        }
        if rng.chance(self.weather.repeat) {
            self.put(parcel.clone(), now, rng);
        }
        self.put(parcel, now, rng);
    }

    fn put(&mut self, parcel: Parcel, now: u64, rng: &mut Rng) {
        self.sent += 1;
        let due = now + 1 + rng.below(self.weather.delay_ms);
        self.in_flight.insert((due, self.sent), parcel);
    }

    /// Returns the next thing that has arrived by `now`. What travels when the cut comes is lost.
    pub(crate) fn arrived(&mut self, now: u64) -> Option<Parcel> {
        while let Some(first) = self.in_flight.first_entry() {
            if first.key().0 > now {
                return None;
            }
            let parcel = first.remove();
            if !self.cut.contains(&parcel.terminal()) {
                return Some(parcel);
            }
        }
        None
    }

    /// Returns when the next thing arrives.
    pub(crate) fn next_due(&self) -> Option<u64> {
        self.in_flight.keys().next().map(|(due, _)| *due)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.in_flight.is_empty()
    }
}
