//! Verdicts and folds.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sync_protocol::hash::Hash;
use sync_protocol::id::{ClassId, DeviceNo, FeedSeq, GateId, Issue, Seq, TicketId, ZoneId};
use sync_protocol::journal::ledger::{Standing, conflicts, effective, evidence_of, occupancy};
use sync_protocol::journal::{Movement, MovementKind};
use sync_protocol::policy::Policy;
use sync_protocol::time::{Hlc, UnixMillis};
use sync_protocol::verdict::{Cache, Clock, Code, Direction, NotReady, Readiness, Row, Scope, TicketStatus};

use crate::make::scene::{Scan, Scene, verdict_json};
use crate::{array, file, list, number, text};

fn movement(value: &Value) -> Movement {
    let kind = match text(&value["kind"]) {
        "admit" => MovementKind::Admit,
        "exit" => MovementKind::Exit,
        "undo" => {
            MovementKind::Undo { device: DeviceNo(number(&value["of"][0]) as u16), seq: Seq(number(&value["of"][1])) }
        }
        other => panic!("movement {other}"),
    };
    Movement {
        hlc: Hlc(number(&value["hlc"])),
        device: DeviceNo(number(&value["device"]) as u16),
        seq: Seq(number(&value["seq"])),
        kind,
        is_override: value["override"] == json!(true),
        ticket: TicketId(number(&value["ticket"])),
        gate: GateId(number(&value["gate"]) as u16),
        entry_hash: Hash::default(),
    }
}

fn policy(value: &Value) -> Policy {
    Policy::decode(value.to_string().as_bytes()).unwrap()
}

fn scene(case: &Value, policies: &[Value]) -> Scene {
    let (scan, scope, cache) = (&case["scan"], &case["scope"], &case["cache"]);
    let scan = if let Some(verified) = scan.get("verified") {
        Scan::Verified {
            ticket: number(&verified["ticket"]),
            issue: number(&verified["issue"]) as u32,
            class: number(&verified["class"]) as u16,
            is_test: verified["test"] == json!(true),
            is_suspect: verified["listed_only"] == json!(true),
        }
    } else if let Some(code) = scan.get("failure") {
        let known = Code::ALL.iter().find(|known| known.name() == text(code));
        Scan::Failure(known.unwrap().name())
    } else {
        Scan::Manual(number(&scan["manual"]))
    };
    let readiness = match text(&scope["readiness"]) {
        "READY" => Readiness::Ready,
        "LOCKED" => Readiness::NotReady(NotReady::Locked),
        "SUSPENDED" => Readiness::NotReady(NotReady::Suspended),
        "CERTIFICATE" => Readiness::NotReady(NotReady::Certificate),
        "JOURNAL" => Readiness::NotReady(NotReady::Journal),
        "UNVERIFIED" => Readiness::NotReady(NotReady::Unverified),
        other => panic!("readiness {other}"),
    };
    Scene {
        scan,
        direction: if text(&case["direction"]) == "entry" { Direction::Entry } else { Direction::Exit },
        policy: policy(&policies[number(&case["policy"]) as usize]),
        row: (!case["row"].is_null()).then(|| Row {
            issue: Issue(number(&case["row"]["issue"]) as u32),
            class: ClassId(number(&case["row"]["class"]) as u16),
            status: TicketStatus::from_u8(number(&case["row"]["status"]) as u8).unwrap(),
            attention: case["row"]["attention"] == json!(true),
            id_check: case["row"]["id_check"] == json!(true),
        }),
        history: case["history"].as_array().unwrap().iter().map(movement).collect(),
        clock: Clock {
            now: UnixMillis(number(&case["clock"]["now"])),
            uncertainty_ms: number(&case["clock"]["uncertainty_ms"]),
        },
        scope: Scope {
            readiness,
            device: DeviceNo(number(&scope["device"]) as u16),
            gate: GateId(number(&scope["gate"]) as u16),
            has_link: scope["has_link"] == json!(true),
            unlisted_admitted: number(&scope["unlisted_admitted"]) as u32,
            occupancy: number(&scope["occupancy"]),
        },
        cache: Cache {
            cursor: FeedSeq(number(&cache["cursor"])),
            is_complete: cache["is_complete"] == json!(true),
            valid_until: UnixMillis(number(&cache["valid_until"])),
            seller_seen: Seq(number(&cache["seller_seen"])),
        },
    }
}

#[test]
fn every_scene_is_decided_as_written() {
    let file = file("verdict.json");
    let policies = list(&file, "policies");
    let cases = list(&file, "cases");
    assert!(cases.len() >= 400);
    let mut seen = BTreeSet::new();
    for case in cases {
        let verdict = scene(case, policies).decide();
        assert_eq!(verdict_json(&verdict), case["expect"], "{}", case["name"]);
        if let Some(code) = case["expect"]["primary"].as_str() {
            seen.insert(code.to_string());
        }
    }
    // UNLISTED and its like are shown first in some case each.
    for code in Code::ALL {
        assert!(seen.contains(code.name()), "{code} is never the one that is shown");
    }
}

/// Returns every order of `items`.
fn orders<T: Clone>(items: &[T]) -> Vec<Vec<T>> {
    let Some((first, rest)) = items.split_first() else { return vec![Vec::new()] };
    let insert = |order: &Vec<T>, at: usize| {
        let mut order = order.clone();
        order.insert(at, first.clone());
        order
    };
    orders(rest).iter().flat_map(|order| (0..=order.len()).map(|at| insert(order, at)).collect::<Vec<_>>()).collect()
}

#[test]
fn movements_fold_to_one_result_in_every_order() {
    let file = file("fold.json");
    let policy = policy(&file["policy"]);
    for case in list(&file, "cases") {
        let movements: Vec<Movement> = case["movements"].as_array().unwrap().iter().map(movement).collect();
        let classes: Vec<(u64, u64)> =
            list(case, "classes").iter().map(|pair| (number(&pair[0]), number(&pair[1]))).collect();
        let class_of =
            |ticket: TicketId| classes.iter().find(|(of, _)| *of == ticket.0).map(|(_, class)| ClassId(*class as u16));
        for order in orders(&movements) {
            let name = |m: &Movement| json!([m.device.0, m.seq.0]);
            let counted: Vec<Value> = effective(&order).into_iter().map(name).collect();
            let standings: Vec<Value> = case["expect"]["standings"]
                .as_array()
                .unwrap()
                .iter()
                .map(|standing| {
                    let ticket = TicketId(number(&standing["ticket"]));
                    let zone = ZoneId(number(&standing["zone"]) as u16);
                    let of_ticket = order.iter().filter(|m| m.ticket == ticket);
                    let fold = Standing::fold(of_ticket, &policy, zone);
                    let admissions: Vec<Value> = fold.admissions.iter().map(|a| json!([a.device.0, a.seq.0])).collect();
                    json!({"ticket": ticket.0, "zone": zone.0, "inside": fold.is_inside, "admissions": admissions})
                })
                .collect();
            let conflicts: Vec<Value> = conflicts(&order, &policy, class_of)
                .into_iter()
                .map(|c| {
                    let excess: Vec<_> = c.excess.iter().map(|(device, seq)| json!([device.0, seq.0])).collect();
                    json!({"ticket": c.ticket.0, "zone": c.zone.0, "first": [c.first.0.0, c.first.1.0], "excess": excess})
                })
                .collect();
            let occupancy: Vec<Value> = occupancy(&order, &policy).iter().map(|(z, n)| json!([z.0, n])).collect();
            let found = json!({
                "order": counted, "standings": standings, "conflicts": conflicts, "occupancy": occupancy,
            });
            assert_eq!(found, case["expect"], "{}", case["name"]);
        }
    }
}

#[test]
fn evidence_names_the_movements_that_a_decision_rested_on() {
    for case in list(&file("fold.json"), "evidence") {
        let movement = |named: &Value| Movement {
            hlc: Hlc(0),
            device: DeviceNo(number(&named[0]) as u16),
            seq: Seq(number(&named[1])),
            kind: MovementKind::Admit,
            is_override: false,
            ticket: TicketId(1),
            gate: GateId(0),
            entry_hash: array(&named[2]),
        };
        let movements: Vec<Movement> = case["movements"].as_array().unwrap().iter().map(movement).collect();
        for order in orders(&movements) {
            let (count, hash) = evidence_of(&order);
            assert_eq!(json!([count, hex::encode(hash)]), json!([case["count"], case["hash"]]), "{}", case["name"]);
        }
    }
}
