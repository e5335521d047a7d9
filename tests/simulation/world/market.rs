//! Tickets sold at the doors: who may, who does, and whether there was a place for each.

use sync_protocol::{
    feed::{Body, Entity, Kind, entry::DeviceStatus},
    id::{DeviceId, Seq, TicketId},
    ticket::ReadFailure,
    time::UnixMillis,
    verdict::TicketStatus,
};

use super::World;
use crate::{
    env::Crashed,
    organiser::Office,
    reference::Written,
    server::DOOR_CLASS,
    terminal::{Carried, Terminal},
};

/// The most that one terminal should be able to sell.
const PLACES_MAX: u64 = 9;
/// The longest that a right lasts, in ms.
const RIGHT_MS_MAX: u64 = 300_000;

/// A ticket that somebody carried away from a door.
pub(super) struct Sold {
    device: DeviceId,
    carried: Carried,
}

impl World {
    /// What happens at the doors that sell, besides everything else.
    pub(super) fn trade(&mut self) {
        let at = self.any_terminal();
        match self.env.rng.below(1_000) {
            0..=129 => self.sell(at),
            130..=144 => self.at_terminal(at, Terminal::undo_sale),
            145..=184 => self.grant(at),
            185..=192 => self.sell_in_advance(),
            _ => {}
        }
        let check = self.env.reference.check_places(self.capacity);
        self.env.must(check);
    }

    fn sell(&mut self, at: usize) {
        let Some(terminal) = self.terminals.get_mut(at) else { return };
        match terminal.sell(&mut self.env) {
            Ok(Some(carried)) => {
                self.office.codes.push(carried.text.clone());
                self.sold.push(Sold { device: terminal.device, carried });
            }
            Ok(None) => {}
            Err(Crashed) => terminal.process = None,
        }
    }

    fn grant(&mut self, at: usize) {
        let Some(terminal) = self.terminals.get(at) else { return };
        let is_active = self.server.database.devices.get(&terminal.device).map(|d| d.status == DeviceStatus::Active);
        if !self.server.is_running() || is_active != Some(true) {
            return;
        }
        let wanted = self.env.rng.below(PLACES_MAX + 1) as u32;
        let expires = UnixMillis(self.env.now + 1 + self.env.rng.below(RIGHT_MS_MAX));
        let no = terminal.no;
        let granted = self.server.change(&mut self.env, |database, env| database.grant(env, no, wanted, expires));
        if let Err(Crashed) = granted {
            self.server.stop();
        }
    }

    fn sell_in_advance(&mut self) {
        if self.server.is_running()
            && let Err(Crashed) = Office::sell_place(&mut self.office, &mut self.env, &mut self.server)
        {
            self.server.stop();
        }
    }

    /// Checks that each of the `newest` tickets from the doors is read at each terminal, exactly where that
    /// holds the seller's certificate and the sale counts.
    pub(super) fn check_codes(&mut self, newest: usize) -> Result<(), String> {
        let first = self.sold.len().saturating_sub(newest);
        let mut elsewhere = 0;
        for terminal in &self.terminals {
            let Some(process) = &terminal.process else { continue };
            for Sold { device, carried } in self.sold.iter().skip(first) {
                let entity = Entity::device(*device);
                let row = terminal.disk.rows.get(&(Kind::Device, entity));
                let told = row.and_then(|row| Body::decode(Kind::Device, entity, &row.body).ok());
                let expected = match told {
                    Some(Body::Device { status, last_seq, .. }) => {
                        let counts = status == DeviceStatus::Active || carried.seq <= last_seq;
                        if counts { Ok(carried.seq) } else { Err(ReadFailure::DelegationInvalid) }
                    }
                    _ => Err(ReadFailure::UnknownKey),
                };
                let found = process.list.keyring.read(&carried.text);
                let found = found.map(|verified| Seq(verified.claims().ticket.serial()));
                if found != expected {
                    return Err(format!("{} reads a ticket of {device} as {found:?}, not {expected:?}", terminal.no));
                }
                elsewhere += u64::from(found.is_ok() && terminal.device != *device);
            }
        }
        if elsewhere > 0 {
            self.env.count("read elsewhere");
        }
        Ok(())
    }

    /// Checks at the end that each sale that counts is a ticket in the list, under its guest's name.
    pub(super) fn check_tickets(&self) -> Result<(), String> {
        let head = self.server.head_seq().0;
        for (Written { ticket, .. }, _, is_undone) in self.env.reference.sold() {
            let entity = Entity::ticket(TicketId(*ticket));
            let row = self.env.reference.row(&(Kind::Ticket as u8, entity.0), head);
            let Some((_, body)) = row else { return Err(format!("7: {ticket:x} was sold and is no ticket")) };
            let Ok(Body::Ticket { ticket_row, .. }) = Body::decode(Kind::Ticket, entity, body) else {
                return Err(format!("7: {ticket:x} cannot be read"));
            };
            let status = if is_undone { TicketStatus::Cancelled } else { TicketStatus::Valid };
            if (ticket_row.row.status, ticket_row.row.class) != (status, DOOR_CLASS) || ticket_row.name.is_empty() {
                return Err(format!("7: {ticket:x} was sold (taken back: {is_undone}) and is {ticket_row:?}"));
            }
        }
        Ok(())
    }
}
