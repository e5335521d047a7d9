//! How many tickets of the type that is sold at the doors there are, counted one by one.

use std::collections::BTreeSet;

use super::{Act, Hash, Reference, UNDO_AGE_MS, Written};

impl Written {
    /// Whether this is an UNDO that cancels that sale.
    fn cancels(&self, sale: &Self) -> bool {
        let age = (self.hlc >> 16).saturating_sub(sale.hlc >> 16);
        self.act == Act::Undo { target: sale.seq }
            && matches!(sale.act, Act::Sale { .. })
            && (self.device, self.ticket) == (sale.device, sale.ticket)
            && age <= UNDO_AGE_MS
    }
}

impl Reference {
    /// Whether everything that a device writes counts in the end.
    pub(crate) fn is_innocent(&self, device: u16) -> bool {
        !self.gone_back.contains(&device) && !self.revoked.contains_key(&device)
    }

    /// Returns what counts of the sales and of what takes them back: what the server holds, and what it will
    /// hold, as nothing happened to the terminal that wrote it.
    fn trade(&self) -> Vec<&Written> {
        let held: BTreeSet<&Hash> = self.copies.values().flatten().collect();
        let is_trade = |w: &&Written| matches!(w.act, Act::Sale { .. } | Act::Undo { .. });
        let trade = self.written.iter().filter(is_trade);
        let mut seen = BTreeSet::new();
        trade.filter(|w| (held.contains(&w.hash) || self.is_innocent(w.device)) && seen.insert(w.hash)).collect()
    }

    /// Returns the tickets that were sold at the doors and count, with whether their sales spent a right, and
    /// whether they were taken back.
    pub(crate) fn sold(&self) -> Vec<(&Written, bool, bool)> {
        let trade = self.trade();
        let sales = trade.iter().filter_map(|w| match w.act {
            Act::Sale { is_right_spent } => Some((*w, is_right_spent)),
            _ => None,
        });
        sales.map(|(sale, spends)| (sale, spends, trade.iter().any(|undo| undo.cancels(sale)))).collect()
    }

    /// Checks invariant 9: over all doors and in advance, no more is sold than there are places.
    pub(crate) fn check_places(&self, capacity: u32) -> Result<(), String> {
        let living = self.sold().into_iter().filter(|(_, spends, is_undone)| *spends && !is_undone);
        let at_the_doors = living.count();
        if self.in_advance + at_the_doors > capacity as usize {
            let advance = self.in_advance;
            return Err(format!("9: {advance} sold in advance and {at_the_doors} at the doors, of {capacity} places"));
        }
        Ok(())
    }
}
