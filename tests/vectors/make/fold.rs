//! `fold.json`: sets of movements and what they add up to, whichever came first.

use serde_json::{Value, json};
use sync_protocol::id::{GateId, TicketId};
use sync_protocol::journal::{Movement, MovementKind};
use sync_protocol::policy::{Policy, ReEntry, Uses};
use sync_protocol::time::Hlc;

use super::scene::{HOUR, MINUTE, NOON, TICKET, admit, class, exit, moved, movement_json, policy, undo, window};

/// A movement's name.
type Name = (u16, u64);

/// What a set must add up to.
struct Expected<'a> {
    /// What counts, in order.
    order: &'a [Name],
    /// Each standing: ticket (0 or 1 above [`TICKET`]), zone, whether inside, admissions.
    standings: &'a [(u64, u16, bool, &'a [Name])],
    /// Each conflict: ticket, zone, the first, the excess.
    conflicts: &'a [(u64, u16, Name, &'a [Name])],
    /// How many are in the hall and backstage.
    inside: [u64; 2],
}

/// Type 0: once; type 1: twice, after going out; type 2: once a day; type 3: freely; type 4: never.
fn rules() -> Policy {
    let mut rules = policy();
    let of = |id, limit, re_entry| {
        let mut class = class(id);
        (class.uses.limit, class.re_entry) = (limit, re_entry);
        class
    };
    let mut daily = of(2, Some(1), ReEntry::Forbidden);
    let days = vec![window(NOON - 24 * HOUR, NOON), window(NOON, NOON + 24 * HOUR)];
    daily.uses = Uses { limit: Some(1), periods: days };
    rules.classes = vec![
        of(0, Some(1), ReEntry::Forbidden),
        of(1, Some(2), ReEntry::AfterExit),
        daily,
        of(3, None, ReEntry::Free),
        of(4, Some(0), ReEntry::Free),
    ];
    rules
}

fn of_ticket(above: u64, movement: Movement) -> Movement {
    Movement { ticket: TicketId(TICKET + above), ..movement }
}

/// What a decision's evidence says of the movements it rested on, in any order.
fn evidence() -> Vec<Value> {
    let sets: [(&str, &[Name], &[Name]); 5] = [
        ("no movements", &[], &[]),
        ("one", &[(1, 1)], &[(1, 1)]),
        ("three out of order", &[(2, 1), (1, 9), (1, 2)], &[(1, 2), (1, 9), (2, 1)]),
        ("one twice", &[(2, 1), (1, 1), (2, 1)], &[(1, 1), (2, 1)]),
        ("a high number and a high device", &[(65_535, 1), (1, u64::MAX)], &[(1, u64::MAX), (65_535, 1)]),
    ];
    let entry_hash = |(device, seq): &Name| super::seed(&format!("entry {device} {seq}"));
    let case = |(name, given, ordered): &(&str, &[Name], &[Name])| {
        let bytes: Vec<u8> = ordered
            .iter()
            .flat_map(|name| [&name.0.to_be_bytes()[..], &name.1.to_be_bytes(), &entry_hash(name)].concat())
            .collect();
        let movements: Vec<Value> =
            given.iter().map(|name| json!([name.0, name.1, hex::encode(entry_hash(name))])).collect();
        let hash = hex::encode(&sync_protocol::hash::sha256(&[&bytes])[..8]);
        json!({"name": name, "movements": movements, "count": ordered.len(), "hash": hash})
    };
    sets.iter().map(case).collect()
}

pub(crate) fn file() -> Value {
    let mut cases = Vec::new();
    let mut add = |name: &str, classes: [u16; 2], movements: Vec<Movement>, expected: Expected<'_>| {
        let standings: Vec<Value> = expected.standings.iter().map(|(ticket, zone, is_inside, admissions)| {
            json!({"ticket": TICKET + ticket, "zone": zone, "inside": is_inside, "admissions": admissions})
        }).collect();
        let conflicts: Vec<Value> = expected.conflicts.iter().map(|(ticket, zone, first, excess)| {
            json!({"ticket": TICKET + ticket, "zone": zone, "first": first, "excess": excess})
        }).collect();
        cases.push(json!({
            "name": name,
            "classes": [[TICKET, classes[0]], [TICKET + 1, classes[1]]],
            "movements": movements.iter().map(movement_json).collect::<Vec<_>>(),
            "expect": {
                "order": expected.order, "standings": standings, "conflicts": conflicts,
                "occupancy": [[0, expected.inside[0]], [1, expected.inside[1]]],
            },
        }));
    };
    let at = |minutes: u64, device, seq| admit(NOON + minutes * MINUTE, device, seq);
    let out = |minutes: u64, device, seq| exit(NOON + minutes * MINUTE, device, seq);
    let back = |minutes: u64, device, seq, of| undo(NOON + minutes * MINUTE, device, seq, of);

    add(
        "nothing",
        [0, 0],
        vec![],
        Expected { order: &[], standings: &[(0, 0, false, &[])], conflicts: &[], inside: [0, 0] },
    );
    add(
        "one admission",
        [0, 0],
        vec![at(0, 1, 1)],
        Expected { order: &[(1, 1)], standings: &[(0, 0, true, &[(1, 1)])], conflicts: &[], inside: [1, 0] },
    );
    add(
        "one ticket at two doors",
        [0, 0],
        vec![at(0, 1, 1), at(1, 2, 1)],
        Expected {
            order: &[(1, 1), (2, 1)],
            standings: &[(0, 0, true, &[(1, 1), (2, 1)])],
            conflicts: &[(0, 0, (1, 1), &[(2, 1)])],
            inside: [1, 0],
        },
    );
    add(
        "one ticket at four doors",
        [0, 0],
        vec![at(3, 4, 1), at(2, 1, 1), at(1, 2, 1), at(0, 3, 1)],
        Expected {
            order: &[(3, 1), (2, 1), (1, 1), (4, 1)],
            standings: &[(0, 0, true, &[(3, 1), (2, 1), (1, 1), (4, 1)])],
            conflicts: &[(0, 0, (3, 1), &[(2, 1), (1, 1), (4, 1)])],
            inside: [1, 0],
        },
    );
    add(
        "the same instant: the lower device is first",
        [0, 0],
        vec![at(0, 2, 1), at(0, 1, 9)],
        Expected {
            order: &[(1, 9), (2, 1)],
            standings: &[(0, 0, true, &[(1, 9), (2, 1)])],
            conflicts: &[(0, 0, (1, 9), &[(2, 1)])],
            inside: [1, 0],
        },
    );
    let mut second = at(0, 1, 2);
    second.hlc = Hlc(second.hlc.0 + 1);
    add(
        "the same millisecond: the count decides",
        [0, 0],
        vec![second, at(0, 2, 1)],
        Expected {
            order: &[(2, 1), (1, 2)],
            standings: &[(0, 0, true, &[(2, 1), (1, 2)])],
            conflicts: &[(0, 0, (2, 1), &[(1, 2)])],
            inside: [1, 0],
        },
    );
    add(
        "the same instant and device: the lower number",
        [0, 0],
        vec![at(0, 1, 2), at(0, 1, 1)],
        Expected {
            order: &[(1, 1), (1, 2)],
            standings: &[(0, 0, true, &[(1, 1), (1, 2)])],
            conflicts: &[(0, 0, (1, 1), &[(1, 2)])],
            inside: [1, 0],
        },
    );
    add(
        "a repeated movement counts once",
        [0, 0],
        vec![at(0, 1, 1), at(0, 1, 1), at(0, 1, 1)],
        Expected { order: &[(1, 1)], standings: &[(0, 0, true, &[(1, 1)])], conflicts: &[], inside: [1, 0] },
    );
    add(
        "going out settles nothing for a single use",
        [0, 0],
        vec![at(0, 1, 1), out(1, 1, 2), at(2, 2, 1)],
        Expected {
            order: &[(1, 1), (1, 2), (2, 1)],
            standings: &[(0, 0, true, &[(1, 1), (2, 1)])],
            conflicts: &[(0, 0, (1, 1), &[(2, 1)])],
            inside: [1, 0],
        },
    );
    add(
        "taken back",
        [0, 0],
        vec![at(0, 1, 1), back(5, 1, 2, (1, 1))],
        Expected { order: &[], standings: &[(0, 0, false, &[])], conflicts: &[], inside: [0, 0] },
    );
    add(
        "taken back and admitted anew",
        [0, 0],
        vec![at(0, 1, 1), back(5, 1, 2, (1, 1)), at(6, 1, 3)],
        Expected { order: &[(1, 3)], standings: &[(0, 0, true, &[(1, 3)])], conflicts: &[], inside: [1, 0] },
    );
    add(
        "taken back twice",
        [0, 0],
        vec![at(0, 1, 1), back(5, 1, 2, (1, 1)), back(6, 2, 1, (1, 1)), at(7, 1, 3)],
        Expected { order: &[(1, 3)], standings: &[(0, 0, true, &[(1, 3)])], conflicts: &[], inside: [1, 0] },
    );
    add(
        "the taking back cannot be taken back",
        [0, 0],
        vec![at(0, 1, 1), back(5, 1, 2, (1, 1)), back(6, 1, 3, (1, 2))],
        Expected { order: &[], standings: &[(0, 0, false, &[])], conflicts: &[], inside: [0, 0] },
    );
    add(
        "taken back by a clock that is behind",
        [0, 0],
        vec![at(9, 1, 1), back(0, 2, 2, (1, 1))],
        Expected { order: &[], standings: &[(0, 0, false, &[])], conflicts: &[], inside: [0, 0] },
    );
    add(
        "the first of two taken back",
        [0, 0],
        vec![at(0, 1, 1), at(1, 2, 1), back(2, 1, 2, (1, 1))],
        Expected { order: &[(2, 1)], standings: &[(0, 0, true, &[(2, 1)])], conflicts: &[], inside: [1, 0] },
    );
    add(
        "the middle of three taken back",
        [0, 0],
        vec![at(0, 1, 1), at(1, 2, 1), at(2, 3, 1), back(3, 2, 2, (2, 1))],
        Expected {
            order: &[(1, 1), (3, 1)],
            standings: &[(0, 0, true, &[(1, 1), (3, 1)])],
            conflicts: &[(0, 0, (1, 1), &[(3, 1)])],
            inside: [1, 0],
        },
    );
    add(
        "a taking back that names another ticket",
        [0, 0],
        vec![at(0, 1, 1), of_ticket(1, back(5, 1, 2, (1, 1)))],
        Expected {
            order: &[(1, 1)],
            standings: &[(0, 0, true, &[(1, 1)]), (1, 0, false, &[])],
            conflicts: &[],
            inside: [1, 0],
        },
    );
    add(
        "a taking back of what never came",
        [0, 0],
        vec![at(0, 1, 1), back(5, 1, 2, (7, 1))],
        Expected { order: &[(1, 1)], standings: &[(0, 0, true, &[(1, 1)])], conflicts: &[], inside: [1, 0] },
    );
    add(
        "going out taken back",
        [1, 0],
        vec![at(0, 1, 1), out(1, 1, 2), back(2, 1, 3, (1, 2)), at(3, 2, 1)],
        Expected {
            order: &[(1, 1), (2, 1)],
            standings: &[(0, 0, true, &[(1, 1), (2, 1)])],
            conflicts: &[(0, 0, (1, 1), &[(2, 1)])],
            inside: [1, 0],
        },
    );
    add(
        "twice with going out between",
        [1, 0],
        vec![at(0, 1, 1), out(1, 1, 2), at(2, 2, 1), out(3, 2, 2)],
        Expected {
            order: &[(1, 1), (1, 2), (2, 1), (2, 2)],
            standings: &[(0, 0, false, &[(1, 1), (2, 1)])],
            conflicts: &[],
            inside: [0, 0],
        },
    );
    add(
        "a third time of two",
        [1, 0],
        vec![at(0, 1, 1), out(1, 1, 2), at(2, 2, 1), out(3, 2, 2), at(4, 3, 1), out(5, 3, 2)],
        Expected {
            order: &[(1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (3, 2)],
            standings: &[(0, 0, false, &[(1, 1), (2, 1), (3, 1)])],
            conflicts: &[(0, 0, (2, 1), &[(3, 1)])],
            inside: [0, 0],
        },
    );
    add(
        "twice without going out",
        [1, 0],
        vec![at(0, 1, 1), at(2, 2, 1)],
        Expected {
            order: &[(1, 1), (2, 1)],
            standings: &[(0, 0, true, &[(1, 1), (2, 1)])],
            conflicts: &[(0, 0, (1, 1), &[(2, 1)])],
            inside: [1, 0],
        },
    );
    add(
        "once on each day",
        [2, 0],
        vec![admit(NOON - 1, 1, 1), admit(NOON, 2, 1)],
        Expected {
            order: &[(1, 1), (2, 1)],
            standings: &[(0, 0, true, &[(1, 1), (2, 1)])],
            conflicts: &[],
            inside: [1, 0],
        },
    );
    add(
        "twice on each day",
        [2, 0],
        vec![admit(NOON - HOUR, 1, 1), admit(NOON - 1, 2, 1), admit(NOON, 3, 1), admit(NOON + HOUR, 4, 1)],
        Expected {
            order: &[(1, 1), (2, 1), (3, 1), (4, 1)],
            standings: &[(0, 0, true, &[(1, 1), (2, 1), (3, 1), (4, 1)])],
            conflicts: &[(0, 0, (1, 1), &[(2, 1)]), (0, 0, (3, 1), &[(4, 1)])],
            inside: [1, 0],
        },
    );
    add(
        "outside all days is one period",
        [2, 0],
        vec![admit(NOON - 25 * HOUR, 1, 1), admit(NOON, 2, 1), admit(NOON + 24 * HOUR, 3, 1)],
        Expected {
            order: &[(1, 1), (2, 1), (3, 1)],
            standings: &[(0, 0, true, &[(1, 1), (2, 1), (3, 1)])],
            conflicts: &[(0, 0, (1, 1), &[(3, 1)])],
            inside: [1, 0],
        },
    );
    add(
        "free coming and going",
        [3, 0],
        vec![at(0, 1, 1), at(1, 1, 2), out(2, 1, 3), at(3, 2, 1)],
        Expected {
            order: &[(1, 1), (1, 2), (1, 3), (2, 1)],
            standings: &[(0, 0, true, &[(1, 1), (1, 2), (2, 1)])],
            conflicts: &[],
            inside: [1, 0],
        },
    );
    add(
        "a type that may never come in",
        [4, 0],
        vec![at(0, 1, 1), at(1, 2, 1)],
        Expected {
            order: &[(1, 1), (2, 1)],
            standings: &[(0, 0, true, &[(1, 1), (2, 1)])],
            conflicts: &[(0, 0, (1, 1), &[(1, 1), (2, 1)])],
            inside: [1, 0],
        },
    );
    add(
        "a type that the rules do not have",
        [77, 0],
        vec![at(0, 1, 1), at(1, 2, 1)],
        Expected {
            order: &[(1, 1), (2, 1)],
            standings: &[(0, 0, true, &[(1, 1), (2, 1)])],
            conflicts: &[],
            inside: [1, 0],
        },
    );
    let backstage = |minutes: u64, device, seq| moved(NOON + minutes * MINUTE, device, seq, MovementKind::Admit, 2);
    add(
        "two zones are two counts",
        [0, 0],
        vec![at(0, 1, 1), backstage(1, 2, 1)],
        Expected {
            order: &[(1, 1), (2, 1)],
            standings: &[(0, 0, true, &[(1, 1)]), (0, 1, true, &[(2, 1)])],
            conflicts: &[],
            inside: [1, 1],
        },
    );
    add(
        "a conflict in each zone",
        [0, 0],
        vec![at(0, 1, 1), backstage(1, 2, 1), at(2, 1, 2), backstage(3, 2, 2)],
        Expected {
            order: &[(1, 1), (2, 1), (1, 2), (2, 2)],
            standings: &[(0, 0, true, &[(1, 1), (1, 2)]), (0, 1, true, &[(2, 1), (2, 2)])],
            conflicts: &[(0, 0, (1, 1), &[(1, 2)]), (0, 1, (2, 1), &[(2, 2)])],
            inside: [1, 1],
        },
    );
    let west = |minutes: u64, device, seq| moved(NOON + minutes * MINUTE, device, seq, MovementKind::Admit, 1);
    add(
        "two gates of one zone are one count",
        [0, 0],
        vec![at(0, 1, 1), west(1, 2, 1)],
        Expected {
            order: &[(1, 1), (2, 1)],
            standings: &[(0, 0, true, &[(1, 1), (2, 1)])],
            conflicts: &[(0, 0, (1, 1), &[(2, 1)])],
            inside: [1, 0],
        },
    );
    let unknown = Movement { gate: GateId(9), ..at(1, 2, 1) };
    add(
        "a gate that the rules do not have",
        [0, 0],
        vec![at(0, 1, 1), unknown],
        Expected { order: &[(1, 1), (2, 1)], standings: &[(0, 0, true, &[(1, 1)])], conflicts: &[], inside: [1, 0] },
    );
    let overridden = Movement { is_override: true, ..at(1, 2, 1) };
    add(
        "an admission against a finding is a conflict all the same",
        [0, 0],
        vec![at(0, 1, 1), overridden],
        Expected {
            order: &[(1, 1), (2, 1)],
            standings: &[(0, 0, true, &[(1, 1), (2, 1)])],
            conflicts: &[(0, 0, (1, 1), &[(2, 1)])],
            inside: [1, 0],
        },
    );
    add(
        "two tickets do not mix",
        [0, 3],
        vec![
            at(0, 1, 1),
            of_ticket(1, at(1, 1, 2)),
            at(2, 1, 3),
            of_ticket(1, at(3, 1, 4)),
            of_ticket(1, out(4, 1, 5)),
        ],
        Expected {
            order: &[(1, 1), (1, 2), (1, 3), (1, 4), (1, 5)],
            standings: &[(0, 0, true, &[(1, 1), (1, 3)]), (1, 0, false, &[(1, 2), (1, 4)])],
            conflicts: &[(0, 0, (1, 1), &[(1, 3)])],
            inside: [1, 0],
        },
    );
    add(
        "two conflicts of two tickets",
        [0, 1],
        vec![of_ticket(1, at(0, 2, 1)), at(1, 2, 2), of_ticket(1, at(2, 3, 1)), at(3, 3, 2)],
        Expected {
            order: &[(2, 1), (2, 2), (3, 1), (3, 2)],
            standings: &[(0, 0, true, &[(2, 2), (3, 2)]), (1, 0, true, &[(2, 1), (3, 1)])],
            conflicts: &[(0, 0, (2, 2), &[(3, 2)]), (1, 0, (2, 1), &[(3, 1)])],
            inside: [2, 0],
        },
    );
    json!({"policy": serde_json::to_value(rules()).unwrap(), "cases": cases, "evidence": evidence()})
}
