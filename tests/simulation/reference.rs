//! The plain ledger that says what must come out: lists, loops, and no code of the product's own
//! ledger.

mod places;

use std::collections::{BTreeMap, BTreeSet};

use sync_protocol::{
    hash::Hash,
    journal::Link,
    policy::{Policy, ReEntry},
    time::UnixMillis,
};

/// An UNDO counts up to this age of its target, in ms (section 6).
const UNDO_AGE_MS: u64 = 600_000;

/// What a journal entry does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Act {
    Admit,
    Exit,
    Undo { target: u64 },
    Sale { is_right_spent: bool },
    Other,
}

/// An entry that was once durable at a terminal.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) device: u16,
    pub(crate) seq: u64,
    pub(crate) hash: Hash,
    pub(crate) hlc: u64,
    pub(crate) act: Act,
    pub(crate) ticket: u64,
    pub(crate) gate: u16,
}

impl Written {
    /// Whether this is an UNDO that counts, of that admission or exit.
    fn takes_back(&self, target: &Self) -> bool {
        let age = (self.hlc >> 16).saturating_sub(target.hlc >> 16);
        self.act == Act::Undo { target: target.seq }
            && matches!(target.act, Act::Admit | Act::Exit)
            && (self.device, self.ticket) == (target.device, target.ticket)
            && age <= UNDO_AGE_MS
    }
}

/// An admission or a sale that a person saw.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    /// On which of the machines, as two may have one device's name.
    pub(crate) machine: usize,
    pub(crate) device: u16,
    pub(crate) seq: u64,
    pub(crate) hash: Hash,
    /// The disk was put back to an image without it.
    pub(crate) is_erased: bool,
}

/// What a TICKET entry said.
#[derive(Clone, Copy, Debug)]
struct TicketFact {
    fed: u64,
    issue: u32,
    counts: bool,
}

/// A ticket's excess admissions in one zone and period, in the product's words for names.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Excess {
    pub(crate) ticket: u64,
    pub(crate) zone: u16,
    pub(crate) first: (u16, u64),
    pub(crate) excess: Vec<(u16, u64)>,
}

/// Kind and entity of a feed entry.
pub(crate) type EntityKey = (u8, [u8; 16]);

/// Everything that must be remembered somewhere.
#[derive(Default)]
pub(crate) struct Reference {
    pub(crate) written: Vec<Written>,
    pub(crate) shown: Vec<Shown>,
    /// Devices whose disk was put back or copied, so that one number may name two entries there.
    pub(crate) gone_back: BTreeSet<u16>,
    /// Devices that were revoked, and how many of their entries the server held by then.
    pub(crate) revoked: BTreeMap<u16, u64>,
    /// What the server was seen to hold of each journal.
    pub(crate) copies: BTreeMap<u16, Vec<Hash>>,
    /// What the server was seen to feed: kind, entity and body, in order.
    pub(crate) fed: Vec<(EntityKey, Vec<u8>)>,
    /// How many tickets of the type that the doors sell were sold before.
    pub(crate) in_advance: usize,
    by_entity: BTreeMap<EntityKey, Vec<u64>>,
    issued: BTreeSet<(u64, u32)>,
    tickets: BTreeMap<u64, Vec<TicketFact>>,
    classes: BTreeMap<u64, u16>,
}

impl Reference {
    /// Notes an entry that is durable at a terminal.
    pub(crate) fn write(&mut self, entry: Written) -> Result<(), String> {
        let is_other = |held: &Written| (held.device, held.seq) == (entry.device, entry.seq) && held.hash != entry.hash;
        let is_named_twice = !self.gone_back.contains(&entry.device) && self.written.iter().any(is_other);
        let name = (entry.device, entry.seq);
        self.written.push(entry);
        if is_named_twice { Err(format!("2: {name:?} names two entries at one terminal")) } else { Ok(()) }
    }

    /// Notes that a door sold this credential.
    pub(crate) fn sell(&mut self, ticket: u64, issue: u32) {
        self.issued.insert((ticket, issue));
    }

    /// Notes that a machine's disk now holds only the entries `left` of its journal.
    pub(crate) fn erase(&mut self, machine: usize, left: &[Hash]) {
        for shown in self.shown.iter_mut().filter(|shown| shown.machine == machine) {
            shown.is_erased |= !left.contains(&shown.hash);
        }
    }

    /// Notes that an organiser made or changed a ticket under the feed number `fed`.
    pub(crate) fn change_ticket(&mut self, fed: u64, ticket: u64, issue: u32, class: u16, counts: bool) {
        self.issued.insert((ticket, issue));
        self.classes.insert(ticket, class);
        self.tickets.entry(ticket).or_default().push(TicketFact { fed, issue, counts });
    }

    /// Notes a feed entry. Nothing about a movement is ever fed twice.
    pub(crate) fn feed(&mut self, seq: u64, key: EntityKey, body: Vec<u8>) -> Result<(), String> {
        self.fed.push((key, body));
        let numbers = self.by_entity.entry(key).or_default();
        numbers.push(seq);
        if self.fed.len() as u64 != seq {
            return Err(format!("4: the feed has no number {}", self.fed.len()));
        }
        if key.0 == 5 && numbers.len() > 1 { Err(format!("1: movement {key:?} is fed twice")) } else { Ok(()) }
    }

    /// Notes an entry that the server now holds, with the hash it says is before it.
    pub(crate) fn copy(&mut self, device: u16, seq: u64, prev: Hash, hash: Hash, start: Hash) -> Result<(), String> {
        let copy = self.copies.entry(device).or_default();
        let (expected, before) = (copy.len() as u64 + 1, copy.last().copied().unwrap_or(start));
        copy.push(hash);
        if seq != expected {
            return Err(format!("2: the server's copy of {device} has {seq} where {expected} belongs"));
        }
        if prev != before {
            return Err(format!("3: the server's copy of {device} does not chain at {seq}"));
        }
        let counted = self.revoked.get(&device).copied().unwrap_or(u64::MAX);
        if seq > counted {
            return Err(format!("6: {device} was revoked at {counted}, and the server took {seq}"));
        }
        if self.written.iter().any(|held| held.device == device && held.hash == hash) {
            Ok(())
        } else {
            Err(format!("2: nobody wrote what the server holds as {seq} of {device}"))
        }
    }

    /// Checks that the server holds what it acknowledges.
    pub(crate) fn check_acknowledged(&self, device: u16, end: Link) -> Result<(), String> {
        let at = usize::try_from(end.seq.0).ok().and_then(|seq| seq.checked_sub(1));
        let held = at.and_then(|at| self.copies.get(&device)?.get(at));
        if held == Some(&end.hash) {
            return Ok(());
        }
        Err(format!("1: the server acknowledged entry {} of {device} and does not hold it", end.seq))
    }

    /// Checks an admission that a person sees and that nobody overrode, against what the terminal
    /// knew at `cursor`.
    pub(crate) fn check_admission(&self, ticket: u64, issue: u32, cursor: u64) -> Result<(), String> {
        if !self.issued.contains(&(ticket, issue)) {
            return Err(format!("nobody issued {ticket}/{issue}, and it was admitted"));
        }
        let known = self.tickets.get(&ticket).and_then(|facts| facts.iter().rfind(|fact| fact.fed <= cursor));
        match known {
            Some(fact) if !fact.counts => Err(format!("ticket {ticket} did not count at {cursor}, and was admitted")),
            Some(fact) if issue < fact.issue => Err(format!("{ticket}/{issue} was replaced, and was admitted")),
            _ => Ok(()),
        }
    }

    /// Returns how many rows the feed makes up to `cursor`.
    pub(crate) fn row_count(&self, cursor: u64) -> usize {
        self.by_entity.values().filter(|numbers| numbers.first().is_some_and(|first| *first <= cursor)).count()
    }

    /// Returns the row of an entity at `cursor`: its number and body.
    pub(crate) fn row(&self, key: &EntityKey, cursor: u64) -> Option<(u64, &[u8])> {
        let seq = *self.by_entity.get(key)?.iter().rfind(|seq| **seq <= cursor)?;
        let (_, body) = self.fed.get(usize::try_from(seq).ok()?.checked_sub(1)?)?;
        Some((seq, body))
    }

    /// Returns the entries that the server was seen to hold: the record.
    fn record(&self) -> Vec<&Written> {
        let held: BTreeSet<(u16, Hash)> =
            self.copies.iter().flat_map(|(device, copy)| copy.iter().map(|hash| (*device, *hash))).collect();
        let mut seen = BTreeSet::new();
        self.written.iter().filter(|w| held.contains(&(w.device, w.hash)) && seen.insert((w.device, w.hash))).collect()
    }

    /// Returns the name and hash of everything in the record that terminals must hear of.
    pub(crate) fn movements(&self) -> BTreeSet<(u16, u64, Hash)> {
        let record = self.record();
        let is_heard_of = |w: &Written| match w.act {
            Act::Admit | Act::Exit => true,
            Act::Undo { .. } => record.iter().any(|target| w.takes_back(target)),
            Act::Sale { .. } | Act::Other => false,
        };
        record.iter().filter(|w| is_heard_of(w)).map(|w| (w.device, w.seq, w.hash)).collect()
    }

    /// Returns every conflict in the record, by section 6 read word for word: for each admission,
    /// look at all before it.
    pub(crate) fn conflicts(&self, policy: &Policy) -> Vec<Excess> {
        let record = self.record();
        let is_undone = |w: &Written| record.iter().any(|undo| undo.takes_back(w));
        let zone_of = |gate: u16| policy.gates.iter().find(|g| g.id.0 == gate).map(|g| g.zone.0);
        let mut groups: BTreeMap<(u64, u16), Vec<&Written>> = BTreeMap::new();
        for w in record.iter().filter(|w| matches!(w.act, Act::Admit | Act::Exit) && !is_undone(w)) {
            if let Some(zone) = zone_of(w.gate) {
                groups.entry((w.ticket, zone)).or_default().push(w);
            }
        }
        let mut found: BTreeMap<(u64, u16, Option<u64>), Excess> = BTreeMap::new();
        for ((ticket, zone), mut group) in groups {
            group.sort_by_key(|w| (w.hlc, w.device, w.seq));
            let class = self.classes.get(&ticket).and_then(|id| policy.classes.iter().find(|c| c.id.0 == *id));
            let Some(class) = class else { continue };
            let period_of = |w: &Written| {
                let at = UnixMillis(w.hlc >> 16);
                class.uses.periods.iter().find(|p| p.from() <= at && at < p.until()).map(|p| p.from().0)
            };
            for (at, w) in group.iter().enumerate().filter(|(_, w)| w.act == Act::Admit) {
                let before: Vec<_> = group.iter().take(at).collect();
                let admits: Vec<_> = before.iter().filter(|b| b.act == Act::Admit).collect();
                let in_period: Vec<_> = admits.iter().filter(|b| period_of(b) == period_of(w)).collect();
                let is_inside = before.last().is_some_and(|b| b.act == Act::Admit);
                let came_in_period = admits.last().is_some_and(|b| period_of(b) == period_of(w));
                let already_in = is_inside && came_in_period && class.re_entry != ReEntry::Free;
                let used = class.re_entry == ReEntry::Forbidden && class.uses.limit == Some(1) && !in_period.is_empty();
                let exhausted = class.uses.limit.is_some_and(|limit| in_period.len() >= limit as usize);
                if already_in || used || exhausted {
                    let first =
                        in_period.last().or(admits.last().as_ref()).map_or((w.device, w.seq), |b| (b.device, b.seq));
                    let conflict = Excess { ticket, zone, first, excess: Vec::new() };
                    found.entry((ticket, zone, period_of(w))).or_insert(conflict).excess.push((w.device, w.seq));
                }
            }
        }
        let mut found: Vec<_> = found.into_values().collect();
        found.sort();
        found
    }

    /// Checks invariants 1 and 6 once every journal has reached the server: `quarantine` is what it
    /// put aside.
    pub(crate) fn check_arrived(&self, quarantine: &BTreeSet<Hash>) -> Result<(), String> {
        let held: BTreeMap<Hash, usize> = self.copies.values().flatten().fold(BTreeMap::new(), |mut counts, hash| {
            *counts.entry(*hash).or_default() += 1;
            counts
        });
        for shown in &self.shown {
            let name = (shown.device, shown.seq);
            let count = held.get(&shown.hash).copied().unwrap_or(0);
            let is_innocent = !self.gone_back.contains(&shown.device) && !self.revoked.contains_key(&shown.device);
            if count > 1 {
                return Err(format!("1: {name:?} was shown once and is in the record {count} times"));
            }
            if count == 0 && is_innocent {
                return Err(format!("1: {name:?} was shown and does not count"));
            }
            if count == 0 && !shown.is_erased && !quarantine.contains(&shown.hash) {
                return Err(format!("1: {name:?} was shown and is nowhere"));
            }
        }
        Ok(())
    }
}
