//! Admissions of this terminal that turn out to be one too many, once another door's are known.
//!
//! Two doors that can't talk both let the same ticket in; each was right by what it knew. When the
//! feed brings the other's admission, whoever stands here is told.

use std::collections::VecDeque;

use sync_protocol::id::{DeviceNo, FeedSeq, Seq, TicketId};
use sync_protocol::journal::Movement;
use sync_protocol::journal::ledger::{Admission, conflicts};
use sync_protocol::time::UnixMillis;
use sync_protocol::verdict::Direction;

use super::Gate;
use crate::cache::StoreError;
use crate::causes::chain;
use crate::door::{Decided, Double};

/// How many of this terminal's admissions are watched: those of an evening.
const WATCHED_MAX: usize = 5_000;

/// This terminal's admissions since it was started, and what was known of their tickets.
#[derive(Debug, Default)]
pub(super) struct Watched {
    admissions: VecDeque<Watch>,
    /// Up to where the feed was looked through.
    looked_at: FeedSeq,
}

#[derive(Clone, Debug)]
struct Watch {
    entry: Seq,
    at: UnixMillis,
    ticket: TicketId,
    /// The movements of the ticket that were known.
    known: Vec<(DeviceNo, Seq)>,
}

impl Gate {
    /// Watches an admission from now on.
    pub(super) fn watch(&mut self, decided: &Decided) {
        let is_admission = decided.verdict.is_admit() && decided.direction == Direction::Entry;
        let (Some(entry), Some(ticket), true) = (decided.entry, decided.ticket, is_admission) else { return };
        let known = self.store.history(ticket).iter().map(Movement::name).collect();
        self.watched.admissions.truncate(WATCHED_MAX - 1);
        self.watched.admissions.push_front(Watch { entry, at: decided.at, ticket, known });
    }

    /// Returns the admissions that what came since the last call shows to be one too many, oldest
    /// first. Each is told once.
    pub fn learned_doubles(&mut self) -> Vec<Double> {
        let position = self.store.position().map_or(FeedSeq(0), |position| position.point.seq);
        if self.watched.looked_at == position {
            return Vec::new();
        }
        self.watched.looked_at = position;
        let mut admissions = std::mem::take(&mut self.watched.admissions);
        let mut doubles = Vec::new();
        for watch in admissions.iter_mut().rev() {
            let history = self.store.history(watch.ticket);
            if history.len() == watch.known.len() {
                continue;
            }
            let known = history.iter().map(Movement::name).collect();
            match self.double(watch) {
                Ok(double) => doubles.extend(double),
                Err(error) => tracing::warn!(error = chain(&error), "can't look for double admissions"),
            }
            watch.known = known;
        }
        self.watched.admissions = admissions;
        doubles
    }

    /// Returns the admission that makes `watch` one too many or is made one too many by it, if it is
    /// news.
    fn double(&self, watch: &Watch) -> Result<Option<Double>, StoreError> {
        let Some((_, policy)) = self.store.policy() else { return Ok(None) };
        let Some((_, row)) = self.store.ticket(watch.ticket)? else { return Ok(None) };
        let history = self.store.history(watch.ticket);
        let own = (self.store.identity().number(), watch.entry);
        let found = conflicts(history, &policy, |_| Some(row.row.class));
        let Some(conflict) = found.iter().find(|found| found.first == own || found.excess.contains(&own)) else {
            return Ok(None);
        };
        let is_other = |movement: &&Movement| {
            let name = movement.name();
            let is_in_it = name == conflict.first || conflict.excess.contains(&name);
            is_in_it && name.0 != own.0 && !watch.known.contains(&name)
        };
        let other = history.iter().find(is_other);
        Ok(other.map(|other| Double {
            entry: watch.entry,
            at: watch.at,
            ticket: watch.ticket,
            name: row.name,
            other: Admission { at: other.hlc.millis(), gate: other.gate, device: other.device, seq: other.seq },
        }))
    }
}
