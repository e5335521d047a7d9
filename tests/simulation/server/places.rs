//! Sales at the doors: what each terminal may sell, and what is kept for it meanwhile.
//!
//! The product's server does this in a database; here are the same rules in memory. What a terminal's
//! entry proves is the product's own [`Lease::after_entry`].

use std::collections::{BTreeMap, BTreeSet};

use sync_protocol::{
    certificate::Certificate,
    feed::{Body, entry::TicketRow},
    id::{ClassId, DeviceId, DeviceNo, FeedSeq, Seq},
    journal::{
        EntryKind, PersonalData,
        batch::BatchEntry,
        walk_in::{Guest, Right, Sale},
    },
    sync::intake::UNDO_AGE_MAX_MS,
    time::UnixMillis,
    verdict::{Row, TicketStatus},
};
use usher_server::walk_ins::Lease;

use super::Database;
use crate::{env::Env, mistake::Mistake};

/// The one ticket type that is sold at the doors.
pub(crate) const DOOR_CLASS: ClassId = ClassId(4);

/// A sale that has arrived.
struct Arrived {
    sale: Sale,
    at: UnixMillis,
    name: String,
    is_undone: bool,
}

/// The places of [`DOOR_CLASS`], and who may sell them.
pub(crate) struct Places {
    capacity: u32,
    in_advance: u32,
    leases: BTreeMap<DeviceNo, Lease>,
    sales: BTreeMap<(DeviceNo, Seq), Arrived>,
    /// Places that were given back once more, by mistake.
    returned_again: u32,
}

impl Places {
    pub(crate) const fn new(capacity: u32) -> Self {
        Self { capacity, in_advance: 0, leases: BTreeMap::new(), sales: BTreeMap::new(), returned_again: 0 }
    }

    /// Returns how many rights of a device are spent by what has arrived.
    fn spent(&self, device: DeviceNo) -> u32 {
        let of_device = self.sales.iter().filter(|((of, _), _)| *of == device).map(|(_, arrived)| arrived);
        of_device.filter(|arrived| arrived.sale.right == Right::Lease && !arrived.is_undone).count() as u32
    }

    /// Returns how many places nobody has and nobody may be selling.
    fn room(&self) -> u32 {
        let sold = self.sales.values().filter(|arrived| !arrived.is_undone).count() as u32;
        let held = |lease: &Lease| lease.bound.saturating_sub(self.spent(lease.device_no));
        let held: u32 = self.leases.values().map(held).sum();
        (self.capacity + self.returned_again).saturating_sub(self.in_advance + sold + held)
    }

    /// Returns a right as it can be granted now.
    fn granted(&self, mut lease: Lease, may_shrink: bool) -> Lease {
        let spent = self.spent(lease.device_no);
        let total = (spent + lease.places).min(lease.bound.max(spent) + self.room());
        lease.total = if may_shrink { total } else { total.max(lease.total) };
        lease.bound = lease.bound.max(lease.total);
        lease.bound_expires = lease.bound_expires.max(lease.expires);
        lease
    }

    /// Forgets what terminals may still have sold, as nobody should who has not heard of them.
    fn forget_unheard(&mut self, env: &Env) {
        for lease in self.leases.values_mut().filter(|lease| lease.bound_expires.0 <= env.now) {
            lease.bound = 0;
        }
    }
}

impl Database {
    fn places(&mut self, env: &Env) -> Option<&mut Places> {
        let places = self.places.as_mut()?;
        if env.makes(Mistake::PlacesReturnedUnheard) {
            places.forget_unheard(env);
        }
        Some(places)
    }

    /// Takes a place for a ticket that is sold in advance, if there is one.
    pub(crate) fn take_place(&mut self, env: &mut Env) -> bool {
        let Some(places) = self.places(env).filter(|places| places.room() > 0) else { return false };
        places.in_advance += 1;
        env.reference.in_advance += 1;
        true
    }

    /// Sets how many tickets a terminal should be able to sell at any time, and until when.
    pub(crate) fn grant(&mut self, env: &mut Env, device_no: DeviceNo, wanted: u32, expires: UnixMillis) {
        let Some(places) = self.places(env) else { return };
        let fresh = Lease {
            device_no,
            class: DOOR_CLASS,
            places: wanted,
            total: 0,
            expires,
            told: FeedSeq(0),
            bound: 0,
            bound_expires: expires,
        };
        let before = places.leases.get(&device_no).copied();
        let lease = before.map_or(fresh, |lease| Lease { places: wanted, expires, ..lease });
        let mut after = places.granted(lease, true);
        if before.is_some_and(|before| after.total < before.total) {
            env.count("lease lowered");
        }
        if env.makes(Mistake::RightsTakenBackAtOnce) {
            (after.bound, after.bound_expires) = (after.total, after.expires);
        }
        let is_news = before.is_none_or(|before| (before.total, before.expires) != (after.total, after.expires));
        self.tell(env, after, is_news);
    }

    /// Fills a terminal's rights up again, as far as there are places.
    pub(super) fn top_up(&mut self, env: &mut Env, device: DeviceNo) {
        let Some(places) = self.places(env) else { return };
        let Some(lease) = places.leases.get(&device).copied() else { return };
        if env.now >= lease.expires.0 || lease.places == 0 {
            return;
        }
        let after = places.granted(lease, false);
        if after.total > lease.total {
            self.tell(env, after, true);
        }
    }

    fn tell(&mut self, env: &mut Env, mut lease: Lease, is_news: bool) {
        if is_news {
            let Lease { device_no: device, class, total: count, expires, .. } = lease;
            env.note(format_args!("  server: {device} may sell {count} until {}", expires.0));
            env.count("lease");
            lease.told = self.append(&Body::Lease { device, class, count, expires });
        }
        if let Some(places) = &mut self.places {
            places.leases.insert(lease.device_no, lease);
        }
    }

    /// Gives back what a device that no longer counts has not sold.
    pub(super) fn release(&mut self, device: DeviceNo) {
        let lease = self.places.as_mut().and_then(|places| places.leases.get_mut(&device));
        if let Some(lease) = lease {
            (lease.places, lease.bound) = (0, 0);
        }
    }

    /// Makes tickets of the sales among a journal's next entries, cancels those that are taken back, and
    /// learns from each entry what the terminal may still have sold.
    pub(super) fn take_sales(
        &mut self,
        env: &mut Env,
        from: DeviceId,
        entries: &[&BatchEntry],
        personal: &[PersonalData],
    ) -> bool {
        let Some(device) = self.devices.get(&from) else { return false };
        let (no, certificate) = (device.no, Certificate::decode(&device.certificate.bytes));
        let (Some(places), Ok(certificate)) = (&mut self.places, certificate) else { return false };
        let mut changed: BTreeSet<Seq> = BTreeSet::new();
        let mut has_sales = false;
        for BatchEntry { entry, .. } in entries {
            let at = entry.hlc.millis();
            match (entry.kind, entry.undo_target) {
                (EntryKind::WalkIn, _) => match Sale::of(entry, &certificate) {
                    Ok(sale) => {
                        let data = personal.iter().find(|data| data.seq == entry.seq);
                        let guest = data.and_then(|data| Guest::decode(&data.data).ok());
                        let name = guest.map(|guest| guest.name).unwrap_or_default();
                        places.sales.insert((no, entry.seq), Arrived { sale, at, name, is_undone: false });
                        changed.insert(entry.seq);
                        has_sales = true;
                        let (lease, spent) = (places.leases.get(&no), places.spent(no));
                        let is_within = lease.is_some_and(|lease| {
                            spent <= lease.total.max(lease.bound) && at < lease.expires.max(lease.bound_expires)
                        });
                        // Mistakes are for those to find who count the places.
                        if sale.right == Right::Lease && !is_within && env.mistake.is_none() {
                            env.must(Err(format!("9: {no} sold {} beyond its right", sale.ticket)));
                        }
                    }
                    Err(error) => env.must(Err(format!("{no} wrote a sale that is none: {error}"))),
                },
                (EntryKind::Undo, Some(target)) => {
                    if let Some(arrived) = places.sales.get_mut(&(no, target))
                        && arrived.sale.ticket == entry.ticket
                        && at.since(arrived.at) <= UNDO_AGE_MAX_MS
                    {
                        arrived.is_undone = true;
                        changed.insert(target);
                    }
                }
                _ => {}
            }
            if let Some(lease) = places.leases.get_mut(&no) {
                let before = std::mem::replace(lease, lease.after_entry(at, entry.cursor));
                if env.makes(Mistake::LeaseReturnedTwice) {
                    places.returned_again += before.bound.saturating_sub(lease.bound);
                }
            }
        }
        for seq in changed {
            self.publish_sale(env, no, seq);
        }
        has_sales
    }

    fn publish_sale(&mut self, env: &mut Env, device: DeviceNo, seq: Seq) {
        let Some(arrived) = self.places.as_ref().and_then(|places| places.sales.get(&(device, seq))) else { return };
        let Sale { ticket, issue, class, .. } = arrived.sale;
        let status = if arrived.is_undone { TicketStatus::Cancelled } else { TicketStatus::Valid };
        let row = Row { issue, class, status, attention: false, id_check: false };
        let (note, email, group) = Default::default();
        let ticket_row = TicketRow { row, name: arrived.name.clone(), note, email, group };
        let counts = !arrived.is_undone;
        let fed = self.append(&Body::Ticket { ticket, ticket_row });
        env.reference.change_ticket(fed.0, ticket.0, issue.0, class.0, counts);
    }
}
