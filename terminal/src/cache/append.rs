//! Writing the journal: an entry is on the disk when [`Store::append`] returns.

use sync_protocol::id::{DeviceId, FeedSeq, Seq};
use sync_protocol::journal::{Entry, EntryKind, PersonalData, SignedEntry};
use sync_protocol::sync::intake::movement_of;

use super::error::StoreError;
use super::space::FULL_BYTES;
use super::{ListChange, Store, copy_check, journal, key};
use crate::clock::Moment;

impl Store {
    /// Says who is at the terminal: every entry from now on names them, unless it names somebody.
    pub fn set_operator(&mut self, operator: Option<&str>) {
        self.operator = operator.map(str::to_owned);
    }

    /// Returns an entry of `kind` to be filled in and given to [`Store::append`], which sets its
    /// place in the journal and its times.
    pub const fn draft(kind: EntryKind) -> Entry {
        Entry::new(kind, DeviceId([0; 16]), Seq(0), [0; 32])
    }

    /// Numbers, dates and signs `draft`, and writes it with the new state in one transaction.
    ///
    /// # Errors
    ///
    /// [`StoreError::DiskFull`] for what must be durable before it is shown, with too little room
    /// left; [`StoreError::Unwritable`] if the draft holds what no entry may hold; else what the
    /// disk says: then the entry may or may not be there, and the store must be read again before
    /// anything else, which [`Store::reopen`] does and the next use would do.
    pub fn append(&mut self, draft: Entry, moment: &Moment) -> Result<SignedEntry, StoreError> {
        self.append_with(draft, None, moment)
    }

    /// As [`Store::append`], with personal data that the entry commits to and that travel beside
    /// it.
    ///
    /// # Errors
    ///
    /// As [`Store::append`].
    pub fn append_with_personal_data(
        &mut self,
        draft: Entry,
        data: Vec<u8>,
        moment: &Moment,
    ) -> Result<SignedEntry, StoreError> {
        self.append_with(draft, Some(data), moment)
    }

    fn append_with(&mut self, draft: Entry, data: Option<Vec<u8>>, moment: &Moment) -> Result<SignedEntry, StoreError> {
        self.check_open()?;
        let free = self.free_bytes();
        if draft.kind.must_be_durable_first() && free < FULL_BYTES {
            return Err(StoreError::DiskFull(free));
        }
        let seq = self.state.journal.seq.next();
        let personal = data.map(|data| PersonalData { seq, salt: key::random(), data });
        let entry = Entry {
            device: self.identity.device(),
            seq,
            prev: self.state.journal.hash,
            hlc: self.state.hlc.tick(moment.now),
            wall: moment.here.wall,
            uptime_s: u32::try_from(moment.here.up.0 / 1_000).unwrap_or(u32::MAX),
            offset_ms: moment.offset_ms(),
            uncertainty_ms: u32::try_from(moment.uncertainty_ms).unwrap_or(u32::MAX),
            cursor: self.state.feed.as_ref().map_or(FeedSeq(0), |feed| feed.point.seq),
            personal_data: personal.as_ref().map(PersonalData::commitment),
            operator: draft.operator.or_else(|| self.operator.clone()),
            ..draft
        };
        let signed = SignedEntry::sign(entry, &self.keys.sign).map_err(StoreError::Unwritable)?;
        let sealed = journal::seal(&self.sealer, &signed);
        self.commit(|transaction, sealer, state| {
            journal::write(transaction, seq, &sealed)?;
            if let Some(personal) = &personal {
                journal::write_personal(transaction, sealer, personal)?;
            }
            state.journal = signed.link();
            state.hlc = signed.entry().hlc;
            Ok(())
        })?;
        self.own.note(&signed);
        self.book.note(signed.entry(), None);
        if let Some(movement) = movement_of(signed.entry(), signed.hash(), self.identity.number()) {
            self.known.learn_movement(movement);
        }
        self.copy_entry(seq, &sealed);
        let is_of_sale = matches!(signed.entry().kind, EntryKind::WalkIn | EntryKind::Undo)
            && signed.entry().ticket.issuer() == self.identity.number();
        if is_of_sale {
            self.tell(ListChange::Tickets(vec![signed.entry().ticket]));
        }
        Ok(signed)
    }

    /// Appends a committed entry to the copy. A copy that cannot be written does not undo what is
    /// committed: it is completed with a later entry, or at the next opening.
    fn copy_entry(&mut self, seq: Seq, sealed: &[u8]) {
        let result = if self.copy.last().next() == seq {
            self.copy.append(seq, sealed).map_err(StoreError::from)
        } else {
            copy_check::complete(&mut self.copy, &self.connection, seq)
        };
        if let Err(error) = result {
            tracing::warn!(entry = seq.0, error = &error as &dyn std::error::Error, "the journal's copy lags behind");
        }
    }
}
