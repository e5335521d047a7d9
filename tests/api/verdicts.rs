//! The server's door and a terminal that holds the whole feed say the same of every ticket.

use harness::device::Device;
use harness::on_both_databases;
use harness::organiser::Organiser;
use serde_json::{Value, json};
use sync_protocol::feed::{Body, Form};
use sync_protocol::id::{DeviceNo, GateId, Seq, TicketId};
use sync_protocol::journal::Movement;
use sync_protocol::key::PublicKey;
use sync_protocol::policy::Policy;
use sync_protocol::ticket::{Keyring, base45};
use sync_protocol::time::UnixMillis;
use sync_protocol::verdict::{Cache, Clock, Direction, Presentation, Question, Readiness, Row, Scope, Verdict, decide};
use usher_server::http::time::rfc3339;

use crate::doors::Doors;
use crate::served::{PASSWORD, Served, conference};
use crate::verify::at_present;

/// What a terminal holds.
struct Held {
    policy: Policy,
    keyring: Keyring,
    rows: Vec<(TicketId, Row)>,
    movements: Vec<Movement>,
    cursor: sync_protocol::id::FeedSeq,
}

impl Held {
    async fn pull(device: &Device) -> Self {
        let event = device.facts().event_id;
        let pulled = device.pull(device.beginning(), 500).await.unwrap();
        let (mut policy, mut keyring, mut rows, mut movements) = (None, Keyring::new(event), Vec::new(), Vec::new());
        for record in &pulled.records {
            let Form::Body(body) = &record.form else { continue };
            match Body::decode(record.kind, record.entity, body).unwrap() {
                Body::Policy(held) => policy = Some(held),
                Body::Key { kid, state, key, .. } => {
                    keyring.add_key(event, kid, PublicKey::import(&key).unwrap(), state)
                }
                Body::Ticket { ticket, ticket_row } => rows.push((ticket, ticket_row.row)),
                Body::Move(movement) => movements.push(movement),
                _ => {}
            }
        }
        Self { policy: policy.unwrap(), keyring, rows, movements, cursor: pulled.position.point.seq }
    }

    fn decide(&self, shown: &Value, gate: u16, direction: Direction, now: UnixMillis) -> Verdict {
        let presentation = match (shown["credential"].as_str(), shown["code"].as_str()) {
            (Some(text), _) => Presentation::of_credential(text, &self.keyring),
            (None, text) => Presentation::of_typed(text.unwrap(), &self.keyring),
        };
        let row = self.rows.iter().rev().find(|(ticket, _)| Some(*ticket) == presentation.ticket);
        let inside = sync_protocol::journal::ledger::occupancy(&self.movements, &self.policy);
        decide(&Question {
            scan: presentation.scan,
            direction,
            policy: &self.policy,
            row: row.map(|(_, row)| row),
            history: &self.movements,
            clock: Clock { now, uncertainty_ms: 0 },
            scope: Scope {
                readiness: Readiness::Ready,
                device: DeviceNo(0),
                gate: GateId(gate),
                has_link: true,
                unlisted_admitted: 0,
                occupancy: inside.values().copied().next().unwrap_or(0),
            },
            cache: Cache { cursor: self.cursor, is_complete: true, valid_until: now, seller_seen: Seq(0) },
        })
    }
}

on_both_databases! {
    async fn every_case_is_decided_as_the_rules_say(url: String) {
        let served = Served::start_at(&url, at_present()).await;
        let begin = served.app.clock().now();
        let mut event = conference();
        let (from, until) = (rfc3339(begin.minus(3_600_000)), rfc3339(begin.plus(86_400_000)));
        event["ticket_types"][0]["windows"] = json!([{ "from": from, "until": until }]);
        let doors = Doors::open_to(&served, &event, 8).await;
        let device = doors.device("Left").await;
        let speaker = doors.olga.register(&doors.event, &json!({ "name": "Zoe", "ticket_type": "Speaker", "attention": true })).await.unwrap();
        let speaker = speaker["ticket"]["id"].as_str().unwrap().to_owned();
        let unpaid = doors.olga.register(&doors.event, &json!({ "name": "Ute", "ticket_type": "Regular", "status": "unpaid" })).await.unwrap();
        let unpaid = unpaid["ticket"]["id"].as_str().unwrap().to_owned();
        let credential = async |ticket: &str| doors.olga.credential(&doors.event, ticket).await.unwrap();
        let [fresh, blocked, cancelled, reissued, inside, out, ..] = doors.tickets.as_slice() else { unreachable!() };
        let old = credential(reissued).await;
        for (ticket, change) in [(blocked, "block"), (cancelled, "cancel"), (reissued, "reissue")] {
            doors.olga.change_ticket(&doors.event, ticket, change).await.unwrap();
        }
        for ticket in [inside, out] {
            assert_eq!(doors.name(ticket).await["verdict"], "admit");
        }
        doors.verify(&json!({ "code": out, "gate": "Main entrance", "direction": "exit" })).await;
        let mut forged = sync_protocol::ticket::Credential::from_text(&old).unwrap().to_bytes();
        forged[20] ^= 4;
        let nobody = TicketId::new(DeviceNo(0), 1 << 46).unwrap().typed_code();
        let cases = [
            ("fresh", json!({ "credential": credential(fresh).await })),
            ("typed", json!({ "code": fresh })),
            ("typed as scanned", json!({ "code": credential(fresh).await })),
            ("blocked", json!({ "credential": credential(blocked).await })),
            ("cancelled", json!({ "credential": credential(cancelled).await })),
            ("superseded", json!({ "credential": old })),
            ("reissued", json!({ "credential": credential(reissued).await })),
            ("inside", json!({ "credential": credential(inside).await })),
            ("went out", json!({ "credential": credential(out).await })),
            ("speaker", json!({ "credential": credential(&speaker).await })),
            ("unpaid", json!({ "credential": credential(&unpaid).await })),
            ("forged", json!({ "credential": base45::encode(&forged) })),
            ("nonsense", json!({ "credential": "HELLO" })),
            ("nobody's", json!({ "code": nobody })),
        ];
        let held = Held::pull(&device).await;
        let clock = served.app.clock();
        let path = format!("/events/{}/verify", doors.event);
        // On time, right after the last check-ins, a day too early, and after the end.
        for now in [begin.plus(60_000), begin.plus(1_000), begin.minus(86_400_000), begin.plus(5 * 86_400_000)] {
            clock.set(now);
            // Sessions do not last as long.
            let olga = Organiser::log_in(&served.url, "olga@example.org", PASSWORD).await.unwrap();
            for (name, shown) in &cases {
                for (gate, gate_name) in [(0, "Main entrance"), (1, "Side door")] {
                    for (direction, direction_name) in [(Direction::Entry, "entry"), (Direction::Exit, "exit")] {
                        let mut ask = shown.clone();
                        ask["gate"] = json!(gate_name);
                        ask["direction"] = json!(direction_name);
                        ask["dry_run"] = json!(true);
                        let said = olga.post(&path, &ask).await.unwrap();
                        let place = format!("{name} at {gate_name}, {direction_name}, at {now:?}: {said}");
                        let codes: Vec<&str> = said["reasons"].as_array().unwrap().iter().map(|r| r["code"].as_str().unwrap()).collect();
                        let flags: Vec<&str> = said["flags"].as_array().unwrap().iter().map(|f| f.as_str().unwrap()).collect();
                        match held.decide(shown, gate, direction, now) {
                            Verdict::Admit { flags: right, .. } => {
                                assert_eq!(said["verdict"], "admit", "{place}");
                                assert_eq!(flags, right.names(), "{place}");
                            }
                            Verdict::Deny { primary, all, by, flags: right, .. } => {
                                assert_ne!(said["verdict"], "admit", "{place}");
                                assert_eq!(said["reason"]["code"], primary.name(), "{place}");
                                assert_eq!(codes, all.iter().map(|code| code.name()).collect::<Vec<_>>(), "{place}");
                                assert_eq!(said["overridden_by"], json!(by), "{place}");
                                assert_eq!(flags, right.names(), "{place}");
                            }
                        }
                    }
                }
            }
        }
    }
}
