//! Taking in what the server says: changes of the list, heads, acknowledgements, its time.

use sync_protocol::feed::entry::{DeviceStatus, KeyPurpose};
use sync_protocol::feed::pull::{PullError, Pulled, check_head};
use sync_protocol::feed::{Body, Form, Head, SignedHead};
use sync_protocol::hash::Hash;
use sync_protocol::id::{FeedSeq, Seq, TicketId};
use sync_protocol::key::PublicKey;
use sync_protocol::sync::ack::Ack;
use sync_protocol::ticket::KeyState;
use sync_protocol::time::UnixMillis;

use super::error::StoreError;
use super::rows::{SealedRow, Tally};
use super::state::{Feed, State};
use super::{ListChange, Store, known::Known};
use crate::clock::{Clock, Moment, TimeSample};
use crate::door::Suspension;

/// What an acknowledgement said.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Acknowledged {
    /// The server holds the journal up to this number. It may be lower than before: then the
    /// server's data went back, and everything after it is sent again.
    UpTo(Seq),
    /// The server knows more of this journal, or another one: the disk went back. The terminal is
    /// suspended.
    RolledBack,
}

/// What a head said about the list held.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Noted {
    /// The list is the server's.
    Current,
    /// The server has more.
    Behind,
}

impl Store {
    /// Takes in everything up to one head, in one transaction.
    ///
    /// A movement under this device's own number that its journal lacks suspends the terminal, and
    /// so does an entry that revokes it.
    ///
    /// # Errors
    ///
    /// [`StoreError::Head`] if the server did not sign the head, [`StoreError::Misfit`] if the two
    /// do not belong together or a body cannot be read; then nothing is kept and the terminal
    /// should be suspended as FEED_BROKEN.
    pub fn apply(&mut self, pulled: Pulled, head: &SignedHead, moment: &Moment) -> Result<(), StoreError> {
        self.check_open()?;
        let opened = self.open_head(head)?;
        let position = pulled.position;
        let is_same = self.position().is_none_or(|held| {
            held.event == position.event && held.feed == position.feed && held.point.seq <= position.point.seq
        });
        let fits = is_same && position.event == self.identity.event() && position.feed == opened.feed;
        if !fits || position.point != opened.point() {
            return Err(StoreError::Misfit);
        }
        let mut bodies = Vec::with_capacity(pulled.records.len());
        for record in &pulled.records {
            let Form::Body(body) = &record.form else { return Err(StoreError::Misfit) };
            bodies.push(Body::decode(record.kind, record.entity, body).map_err(|_| StoreError::Misfit)?);
        }
        let sealed: Vec<SealedRow> =
            pulled.records.iter().filter_map(|record| SealedRow::seal(&self.sealer, record)).collect();
        let mut suspensions: Vec<Suspension> = bodies.iter().filter_map(|body| self.suspension_by(body)).collect();
        let mut identity = self.identity.clone();
        if let Some(key) = bodies.iter().rev().find_map(new_server_key) {
            identity.server_key = key;
        }
        let has_new_key = identity.server_key != self.identity.server_key;
        let is_mended = self.mends_at.is_some_and(|at| at <= position.point.seq);
        let is_new = self.commit(|transaction, sealer, state| {
            let mut tally = Tally { rows: state.rows, digest: state.digest };
            let is_new = sealed
                .iter()
                .map(|row| row.write(transaction, sealer, state.generation, &mut tally))
                .collect::<Result<Vec<bool>, StoreError>>()?;
            (state.rows, state.digest) = (tally.rows, tally.digest);
            state.feed = Some(Feed {
                id: position.feed,
                point: position.point,
                head: Some(head.clone()),
                checked_at: moment.now,
            });
            for body in &bodies {
                if let Body::Move(movement) = body {
                    state.hlc = state.hlc.merged(movement.hlc, moment.now);
                }
            }
            if is_mended {
                lift(state, &[Suspension::Store]);
            }
            for suspension in suspensions.drain(..) {
                suspend(state, suspension);
            }
            if has_new_key {
                identity.write(transaction, sealer)?;
            }
            Ok(is_new)
        })?;
        self.identity = identity;
        if is_mended {
            self.mends_at = None;
        }
        let (tickets, has_new_rules) = touched(&bodies);
        for ((record, body), is_new) in pulled.records.iter().zip(bodies).zip(is_new) {
            self.known.learn(record.seq, body, is_new);
        }
        self.adopt_certificate()?;
        if !tickets.is_empty() {
            self.tell(ListChange::Tickets(tickets));
        }
        if has_new_rules {
            self.tell(ListChange::Rules);
        }
        Ok(())
    }

    /// Returns what an entry of the feed suspends this terminal for.
    pub(super) fn suspension_by(&self, body: &Body) -> Option<Suspension> {
        match body {
            Body::Device { device, status, .. } if *device == self.identity.device() => match status {
                DeviceStatus::Active => None,
                DeviceStatus::Revoked | DeviceStatus::Wiped => Some(Suspension::Revoked),
                DeviceStatus::Forked => Some(Suspension::Forked),
            },
            Body::Move(movement) if movement.device == self.identity.number() => {
                let is_own = self.own.holds(movement.seq, &movement.entry_hash);
                (!is_own).then_some(Suspension::RolledBack)
            }
            Body::Close => Some(Suspension::Closed),
            _ => None,
        }
    }

    /// Notes a head: where it says that the list held is the newest, the list counts as fresh for
    /// as long as the head promises.
    ///
    /// # Errors
    ///
    /// [`StoreError::Head`] if the server did not sign it; [`StoreError::Misfit`] if it contradicts
    /// the list held: another feed, a shorter one, or another history.
    pub fn note_head(&mut self, head: &SignedHead, moment: &Moment) -> Result<Noted, StoreError> {
        self.check_open()?;
        let opened = self.open_head(head)?;
        let Some(position) = self.position() else { return Ok(Noted::Behind) };
        check_head(&position, &opened).map_err(|_| StoreError::Misfit)?;
        if opened.seq > position.point.seq {
            return Ok(Noted::Behind);
        }
        // An answer that was delayed must not make the list look older than it is known to be.
        if self.head().is_none_or(|held| held.time <= opened.time) {
            self.commit(|_, _, state| {
                if let Some(feed) = &mut state.feed {
                    feed.head = Some(head.clone());
                    feed.checked_at = moment.now.max(feed.checked_at);
                }
                Ok(())
            })?;
        }
        Ok(Noted::Current)
    }

    /// Verifies a head under S and reads it.
    ///
    /// # Errors
    ///
    /// [`StoreError::Head`].
    pub fn open_head(&self, head: &SignedHead) -> Result<Head, StoreError> {
        Ok(head.open(self.known.server_key())?)
    }

    /// Compares a head with the list held.
    ///
    /// # Errors
    ///
    /// [`PullError::OtherFeed`] or [`PullError::ServerFork`].
    pub fn check_head(&self, head: &Head) -> Result<(), PullError> {
        self.position().map_or(Ok(()), |position| check_head(&position, head))
    }

    /// Takes in how far the server holds this journal.
    ///
    /// # Errors
    ///
    /// [`StoreError::Misfit`] if it is another device's; else what the disk says.
    pub fn acknowledge(&mut self, ack: &Ack) -> Result<Acknowledged, StoreError> {
        self.check_open()?;
        if ack.event != self.identity.event() || ack.device != self.identity.device() {
            return Err(StoreError::Misfit);
        }
        if !self.holds_entry(ack.seq, &ack.hash) {
            self.suspend(Suspension::RolledBack)?;
            return Ok(Acknowledged::RolledBack);
        }
        if ack.seq != self.state.acknowledged {
            self.commit(|_, _, state| {
                state.acknowledged = ack.seq;
                Ok(())
            })?;
        }
        Ok(Acknowledged::UpTo(ack.seq))
    }

    /// Whether this journal holds entry `seq` with that hash. Every journal holds entry 0, before
    /// its beginning.
    pub fn holds_entry(&self, seq: Seq, hash: &Hash) -> bool {
        seq == Seq(0) || self.own.holds(seq, hash)
    }

    /// Stops admissions until the cause is gone; uploads go on. A stronger reason stays.
    ///
    /// # Errors
    ///
    /// What the disk says.
    pub fn suspend(&mut self, reason: Suspension) -> Result<(), StoreError> {
        self.check_open()?;
        let mut next = self.state.clone();
        suspend(&mut next, reason);
        if next.suspension == self.state.suspension {
            return Ok(());
        }
        self.commit(|_, _, state| {
            suspend(state, reason);
            Ok(())
        })
    }

    /// Leaves the feed held, after staff have confirmed that the server's data came back from a copy: the list must
    /// be downloaded anew, from whatever feed the server signs, and the journal is sent again from where the server
    /// has it. Returns whether the server had shown another feed; nothing changes otherwise.
    ///
    /// # Errors
    ///
    /// What the disk says.
    pub fn leave_feed(&mut self) -> Result<bool, StoreError> {
        self.check_open()?;
        if self.suspension() != Some(Suspension::OtherFeed) {
            return Ok(false);
        }
        self.commit(|_, _, state| {
            state.feed = None;
            state.generation += 1;
            (state.rows, state.digest) = (0, [0; 32]);
            state.acknowledged = Seq(0);
            lift(state, &[Suspension::OtherFeed]);
            Ok(())
        })?;
        self.is_unswept = true;
        self.forget_list();
        self.tell(ListChange::All);
        Ok(true)
    }

    /// Keeps only this device's own movements in memory.
    fn forget_list(&mut self) {
        let number = self.identity.number();
        let own: Vec<_> = self.known.movements().filter(|movement| movement.device == number).cloned().collect();
        self.known = Known::new(self.identity.event(), self.identity.server_key);
        own.into_iter().for_each(|movement| self.known.load(FeedSeq(0), Body::Move(movement)));
        self.known.settle();
    }

    /// Takes in one measurement of the server's time, if it tells the time better than what is
    /// known. Returns whether it did.
    ///
    /// # Errors
    ///
    /// What the disk says.
    pub fn record_time(&mut self, sample: &TimeSample, clock: &dyn Clock) -> Result<bool, StoreError> {
        self.check_open()?;
        let Some(anchor) = sample.anchor() else { return Ok(false) };
        if !self.moment(clock).is_improved_by(&anchor) {
            return Ok(false);
        }
        self.commit(|_, _, state| {
            state.anchor = Some(anchor);
            Ok(())
        })?;
        Ok(true)
    }

    /// Returns when the list was last known to be the server's and until when it promises to be
    /// fresh.
    pub fn freshness(&self) -> Option<(UnixMillis, UnixMillis)> {
        Some((self.list_at()?, self.head()?.valid_until))
    }
}

/// Returns the tickets that entries say something about, and whether they bring new rules.
fn touched(bodies: &[Body]) -> (Vec<TicketId>, bool) {
    let ticket = |body: &Body| match body {
        Body::Ticket { ticket, .. } => Some(*ticket),
        _ => None,
    };
    (bodies.iter().filter_map(ticket).collect(), bodies.iter().any(|body| matches!(body, Body::Policy(_))))
}

/// Returns the S that an entry brings in.
pub(super) fn new_server_key(body: &Body) -> Option<PublicKey> {
    match body {
        Body::Key { purpose: KeyPurpose::Server, state: KeyState::Active, key, .. } => PublicKey::import(key).ok(),
        _ => None,
    }
}

/// Suspends for `reason`, unless a reason stands that is not repaired by what would repair this
/// one.
pub(super) fn suspend(state: &mut State, reason: Suspension) {
    if state.suspension.is_none_or(is_repairable) {
        state.suspension = Some(reason);
    }
}

/// Ends a suspension for one of `reasons`.
pub(super) fn lift(state: &mut State, reasons: &[Suspension]) {
    if state.suspension.is_some_and(|reason| reasons.contains(&reason)) {
        state.suspension = None;
    }
}

const fn is_repairable(reason: Suspension) -> bool {
    match reason {
        Suspension::ServerFork
        | Suspension::OtherFeed
        | Suspension::FeedBroken
        | Suspension::Clock
        | Suspension::Store => true,
        Suspension::Revoked
        | Suspension::Forked
        | Suspension::RolledBack
        | Suspension::Closed
        | Suspension::Certificate
        | Suspension::Gate
        | Suspension::Wiped
        | Suspension::Shredded => false,
    }
}
