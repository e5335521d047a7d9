//! Taking back this terminal's own movements (section 6).

use sync_protocol::id::Seq;
use sync_protocol::journal::entry::NOTE_BYTES_MAX;
use sync_protocol::journal::ledger::effective;
use sync_protocol::journal::{EntryKind, Movement, MovementKind};
use sync_protocol::sync::intake::UNDO_AGE_MAX_MS;
use sync_protocol::text;
use sync_protocol::time::UnixMillis;
use sync_protocol::verdict::Direction;

use super::Gate;
use crate::cache::{Store, StoreError};
use crate::door::{Answer, Fault, NotUndone, Undoable};

/// How many movements are offered.
const OFFERED_MAX: usize = 50;

impl Gate {
    /// Returns this terminal's movements that may be taken back, newest first.
    pub(super) fn undoable(&mut self) -> Result<Vec<Undoable>, Fault> {
        let own = self.own_movements();
        let is_young = |movement: &&Movement| self.is_undoable(movement);
        let rows = own.iter().rev().filter(is_young).take(OFFERED_MAX).map(|movement| self.row(movement)).collect();
        let rows: Result<Vec<Undoable>, StoreError> = rows;
        let mut rows = rows.map_err(|error| self.fault(&error))?;
        rows.extend(self.undoable_sales());
        rows.sort_by_key(|row| std::cmp::Reverse(row.entry));
        rows.truncate(OFFERED_MAX);
        Ok(rows)
    }

    /// Takes a movement back. When this returns, it is on the disk.
    pub(super) fn undo(&mut self, entry: Seq, reason: &str) -> Result<Answer, Fault> {
        let Some(movement) = self.own_movements().into_iter().find(|movement| movement.seq == entry) else {
            return self.undo_sale(entry, reason);
        };
        if !self.is_undoable(&movement) {
            return Ok(Answer::NotUndone(NotUndone::TooLate));
        }
        let row = self.row(&movement).map_err(|error| self.fault(&error))?;
        let mut draft = Store::draft(EntryKind::Undo);
        draft.gate = movement.gate;
        draft.ticket = movement.ticket;
        draft.undo_target = Some(entry);
        draft.note = Some(text::tidy(reason, NOTE_BYTES_MAX));
        let moment = self.moment();
        if self.clock_went_back(&moment) {
            return Err(Fault::ClockWentBack);
        }
        self.store.append(draft, &moment).map_err(|error| self.fault(&error))?;
        Ok(Answer::Undone(row))
    }

    /// Returns this terminal's movements that count, oldest first.
    pub(super) fn own_movements(&self) -> Vec<Movement> {
        let number = self.store.identity().number();
        let is_about_own = |movement: &&Movement| match movement.kind {
            // The server takes back what others recorded, too.
            MovementKind::Undo { device, .. } => device == number,
            MovementKind::Admit | MovementKind::Exit => movement.device == number,
        };
        effective(self.store.movements().filter(is_about_own)).into_iter().cloned().collect()
    }

    fn is_undoable(&self, movement: &Movement) -> bool {
        self.is_young_enough(movement.hlc.millis())
    }

    /// Whether what this terminal wrote at `at` may still be taken back here.
    pub(super) fn is_young_enough(&self, at: UnixMillis) -> bool {
        self.is_supervisor() || self.moment().now.since(at) <= UNDO_AGE_MAX_MS
    }

    fn row(&self, movement: &Movement) -> Result<Undoable, StoreError> {
        let name = self.store.ticket(movement.ticket)?.map_or_else(String::new, |(_, row)| row.name);
        Ok(Undoable {
            entry: movement.seq,
            at: movement.hlc.millis(),
            direction: if movement.kind == MovementKind::Exit { Direction::Exit } else { Direction::Entry },
            is_sale: false,
            ticket: movement.ticket,
            name,
        })
    }
}
