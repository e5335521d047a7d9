//! Who else is at work here, since when nothing was heard of them, and how many may be inside.

use std::collections::BTreeMap;

use sync_protocol::id::{DeviceNo, GateId, ZoneId};
use sync_protocol::journal::ledger::zone_of;
use sync_protocol::occupancy::{Bounds, Leaving, Neighbour, bounds};
use sync_protocol::policy::Policy;
use sync_protocol::time::UnixMillis;

use super::Gate;
use crate::clock::Moment;
use crate::door::{Silent, Unheard};

/// A list or a door that is this far behind is told of on a verdict, in ms.
const UNHEARD_MS: u64 = 2 * 60_000;

/// Another terminal, from its movements and from what the server told.
#[derive(Clone, Debug, Default)]
struct Neighbouring {
    name: String,
    gate: Option<GateId>,
    last_heard: Option<UnixMillis>,
    admissions_per_minute: u32,
    exits_per_minute: u32,
}

impl Gate {
    /// Bounds how many are inside `zone`.
    pub(super) fn occupancy(&self, zone: ZoneId, policy: &Policy, moment: &Moment) -> Bounds {
        let leaving = if self.store.counts_exits(zone) { Leaving::Counted } else { Leaving::Unseen };
        let neighbours: Vec<Neighbour> = self
            .neighbours(zone, policy)
            .into_iter()
            .filter_map(|(device, neighbour)| {
                Some(Neighbour {
                    device,
                    last_heard: neighbour.last_heard?,
                    admissions_per_minute: neighbour.admissions_per_minute,
                    exits_per_minute: neighbour.exits_per_minute,
                })
            })
            .collect();
        bounds(self.store.inside(zone), &neighbours, leaving, moment.now)
    }

    /// Returns the zone's other terminals that were not heard from lately, longest silence first.
    pub(super) fn silent(&self, zone: ZoneId, policy: &Policy, moment: &Moment) -> Vec<Silent> {
        let mut names = self.neighbours(zone, policy);
        let silent = self.occupancy(zone, policy, moment).silent.into_iter();
        let named = silent.map(|silence| {
            let neighbour = names.remove(&silence.device).unwrap_or_default();
            Silent { device: silence.device, name: neighbour.name, gate: neighbour.gate, since: silence.since }
        });
        named.collect()
    }

    /// Returns what a decision made now can't take into account.
    pub(super) fn unheard(&self, policy: &Policy, moment: &Moment) -> Unheard {
        let is_long_ago = |at: &UnixMillis| moment.now.since(*at) > UNHEARD_MS;
        let zone = zone_of(policy, self.gate);
        let silent = zone.map_or_else(Vec::new, |zone| self.silent(zone, policy, moment));
        Unheard {
            list_at: self.store.list_at().filter(is_long_ago),
            silent: silent.into_iter().filter(|silent| is_long_ago(&silent.since)).collect(),
        }
    }

    /// Returns the other terminals that last stood at a gate of `zone`, the server's own check-ins
    /// among them where there were any.
    fn neighbours(&self, zone: ZoneId, policy: &Policy) -> BTreeMap<DeviceNo, Neighbouring> {
        let own = self.store.identity().number();
        let mut all: BTreeMap<DeviceNo, Neighbouring> = BTreeMap::new();
        for door in &self.doors {
            let told = Neighbouring {
                name: door.name.clone(),
                gate: door.gate,
                last_heard: door.last_heard,
                ..Neighbouring::default()
            };
            all.insert(door.device_no, told);
        }
        for (device, heard) in self.store.heard() {
            let neighbour = all.entry(*device).or_default();
            neighbour.gate = Some(heard.gate);
            neighbour.last_heard = neighbour.last_heard.max(Some(heard.last.millis()));
            neighbour.admissions_per_minute = heard.pace.admissions_per_minute();
            neighbour.exits_per_minute = heard.pace.exits_per_minute();
        }
        if let Some(server) = all.get_mut(&DeviceNo(0)) {
            // What the server did itself is in the list as soon as the list is fetched.
            server.last_heard = server.last_heard.max(self.store.list_at());
        }
        all.retain(|device, neighbour| {
            let is_here = neighbour.gate.and_then(|gate| zone_of(policy, gate)) == Some(zone);
            *device != own && is_here && !self.store.is_out_of_use(*device)
        });
        all
    }
}
