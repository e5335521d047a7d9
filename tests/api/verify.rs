//! The server's own door: its decisions, its journal, and what terminals hear of it.

use std::collections::BTreeSet;

use harness::device::{Device, now};
use harness::on_both_databases;
use harness::organiser::Organiser;
use serde_json::{Value, json};
use sync_protocol::certificate::Certificate;
use sync_protocol::feed::{Body, Form};
use sync_protocol::id::{DeviceNo, Seq, TicketId, ZoneId};
use sync_protocol::journal::{Movement, MovementKind};
use sync_protocol::sync::message::ClaimRequest;
use usher_server::clock::Clock;

use crate::doors::Doors;
use crate::served::{PASSWORD, Served, assert_problem, places, post};

impl Doors {
    /// Shows a ticket at the server's own door.
    pub(crate) async fn verify(&self, body: &Value) -> Value {
        self.olga.post(&format!("/events/{}/verify", self.event), body).await.unwrap()
    }

    /// Names a ticket at the main entrance.
    pub(crate) async fn name(&self, ticket: &str) -> Value {
        self.verify(&json!({ "code": ticket, "gate": "main entrance" })).await
    }
}

/// The movements of the feed, as a device that holds it all knows them.
pub(crate) async fn movements(device: &Device) -> Vec<Movement> {
    let pulled = device.pull(device.beginning(), 500).await.unwrap();
    let read = |record: &sync_protocol::feed::Record| match &record.form {
        Form::Body(body) => match Body::decode(record.kind, record.entity, body) {
            Ok(Body::Move(movement)) => Some(movement),
            _ => None,
        },
        Form::Tag(_) => None,
    };
    pulled.records.iter().filter_map(read).collect()
}

on_both_databases! {
    async fn a_ticket_comes_in_once_and_every_terminal_hears_of_it(url: String) {
        let served = Served::start_at(&url, at_present()).await;
        let doors = Doors::open_now(&served, 2).await;
        let left = doors.device("Left").await;
        let ticket = &doors.tickets[0];
        let credential = doors.olga.credential(&doors.event, ticket).await.unwrap();
        let ask = json!({ "credential": credential, "gate": "MAIN entrance", "operator": "Eve" });

        let admitted = doors.verify(&ask).await;
        assert_eq!((&admitted["verdict"], &admitted["ticket"]), (&json!("admit"), &json!(ticket)), "{admitted}");
        assert_eq!((&admitted["attendee"], &admitted["ticket_type"]), (&json!("Guest 0"), &json!("Regular")));
        assert_eq!((&admitted["gate"], &admitted["zone"]), (&json!("Main entrance"), &json!("Hall")));
        assert_eq!(admitted["recorded"], json!({ "number": 1, "seq": 1 }));
        assert_eq!(admitted["earlier"], json!([]));

        served.app.clock().set(served.app.clock().now().plus(60_000));
        let denied = doors.verify(&ask).await;
        assert_eq!((&denied["verdict"], &denied["reason"]["code"]), (&json!("deny"), &json!("ALREADY_IN")));
        assert_eq!(denied["overridden_by"], "supervisor");
        assert_eq!(denied["earlier"][0]["gate"], "Main entrance");
        assert_eq!(denied["recorded"]["number"], 2);

        let check_ins = doors.list("check-ins").await;
        assert_eq!(check_ins.len(), 2);
        assert_eq!(check_ins[0]["device"], json!({ "number": 0, "name": "Server" }));
        assert_eq!((&check_ins[0]["kind"], &check_ins[1]["code"]), (&json!("admit"), &json!("ALREADY_IN")));
        let told = movements(&left).await;
        assert_eq!(told.len(), 1);
        assert_eq!((told[0].name(), told[0].kind), ((DeviceNo(0), Seq(1)), MovementKind::Admit));
        assert_eq!(told[0].ticket.typed_code(), *ticket);
    }

    async fn what_a_terminal_reported_is_known_at_the_servers_door(url: String) {
        let served = Served::start_at(&url, at_present()).await;
        let doors = Doors::open_now(&served, 1).await;
        let mut left = doors.device("Left").await;
        left.write(sync_protocol::journal::EntryKind::Admit, |entry| {
            entry.ticket = TicketId::from_typed_code(&doors.tickets[0]).unwrap();
            entry.hlc = sync_protocol::time::Hlc::at(served.app.clock().now().plus(30_000));
        });
        left.push(1).await.unwrap();

        let denied = doors.name(&doors.tickets[0]).await;
        assert_eq!(denied["reason"]["code"], "ALREADY_IN");
        assert_eq!(denied["earlier"][0]["device"], left.facts().device_no.0);

        // Out at the server's door and in again: though the terminal's clock is ahead, what came later stands later.
        let out = json!({ "code": doors.tickets[0], "gate": "Side door", "direction": "exit" });
        assert_eq!(doors.verify(&out).await["verdict"], "admit");
        assert_eq!(doors.get("counts").await["zones"][0]["inside"], 0);
        assert_eq!(doors.name(&doors.tickets[0]).await["verdict"], "admit");
        assert_eq!(doors.get("counts").await["zones"][0]["inside"], 1);
    }

    async fn a_dry_run_says_why_and_leaves_no_trace(url: String) {
        let served = Served::start_at(&url, at_the_event()).await;
        let doors = Doors::open(&served, 1).await;
        let ask = json!({ "code": doors.tickets[0], "gate": "Main entrance", "dry_run": true });

        let explained = doors.verify(&ask).await;
        assert_eq!((&explained["verdict"], &explained["recorded"]), (&json!("admit"), &Value::Null));
        let facts: BTreeSet<&str> = explained["facts"].as_array().unwrap().iter().map(|f| f["fact"].as_str().unwrap()).collect();
        assert!(facts.is_superset(&BTreeSet::from(["presented", "listed", "uses", "window", "occupancy"])), "{facts:?}");
        assert!(doors.list("check-ins").await.is_empty());
        assert_eq!(doors.name(&doors.tickets[0]).await["verdict"], "admit");

        served.app.clock().set(served.app.clock().now().plus(60_000));
        let explained = doors.verify(&ask).await;
        assert_eq!((&explained["verdict"], &explained["reason"]["meaning"]), (&json!("deny"), &json!("The ticket is inside already.")));
        assert_eq!(doors.list("check-ins").await.len(), 1);
    }

    async fn what_is_no_ticket_is_told_and_not_recorded_and_a_forged_one_is(url: String) {
        let served = Served::start_at(&url, at_the_event()).await;
        let doors = Doors::open(&served, 1).await;
        let ask = async |text: &str| doors.verify(&json!({ "credential": text, "gate": "Main entrance" })).await;

        let nonsense = ask("https://example.org").await;
        assert_eq!((&nonsense["reason"]["code"], &nonsense["recorded"]), (&json!("NOT_A_TICKET"), &Value::Null));

        let good = doors.olga.credential(&doors.event, &doors.tickets[0]).await.unwrap();
        let mut forged = sync_protocol::ticket::Credential::from_text(&good).unwrap().to_bytes();
        forged[40] ^= 1;
        let forged = sync_protocol::ticket::base45::encode(&forged);
        let denied = ask(&forged).await;
        assert_eq!((&denied["reason"]["code"], &denied["ticket"]), (&json!("BAD_SIGNATURE"), &Value::Null));
        assert_eq!(denied["recorded"]["number"], 1);

        let tomorrow = doors.olga.create_event(&crate::served::conference()).await.unwrap();
        let registered = doors.olga.register(&tomorrow, &json!({ "name": "Ada", "ticket_type": "Regular" })).await.unwrap();
        let credential = doors.olga.credential(&tomorrow, registered["ticket"]["id"].as_str().unwrap()).await.unwrap();
        let denied = ask(&credential).await;
        assert_eq!(denied["reason"]["code"], "OTHER_EVENT");
        assert_eq!(denied["facts"], json!([{ "fact": "other_event", "event": tomorrow }]));
    }

    async fn what_is_asked_wrongly_is_told_at_once(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 0).await;
        let path = format!("/events/{}/verify", doors.event);

        let bad = json!({ "gate": " ", "operator": "x".repeat(129) });
        let problem = assert_problem(post(&doors.olga, &path, &bad), 422, "invalid").await;
        assert_eq!(places(&problem), ["body.credential", "body.gate", "body.operator"]);
        let bad = json!({ "credential": "a", "code": "x".repeat(501), "gate": "Main entrance" });
        assert_eq!(places(&assert_problem(post(&doors.olga, &path, &bad), 422, "invalid").await), ["body.code"]);
        for dry_run in [false, true] {
            let bad = json!({ "code": "7J2V90QK4NX", "gate": "Nowhere", "dry_run": dry_run });
            assert_eq!(places(&assert_problem(post(&doors.olga, &path, &bad), 422, "invalid").await), ["body.gate"]);
        }
    }

    async fn of_many_who_show_one_ticket_at_once_one_comes_in(url: String) {
        let served = Served::start_at(&url, at_the_event()).await;
        let doors = Doors::open(&served, 3).await;

        let answers = at_once(&doors, std::slice::from_ref(&doors.olga), 20).await;

        for ticket in &doors.tickets {
            let admitted = answers.iter().filter(|a| a["ticket"] == json!(ticket) && a["verdict"] == "admit").count();
            assert_eq!(admitted, 1);
        }
        let numbers: BTreeSet<u64> = answers.iter().map(|a| a["recorded"]["number"].as_u64().unwrap()).collect();
        assert_eq!(numbers, (1..61).collect());
        assert!(doors.list("conflicts").await.is_empty());
    }

    async fn a_terminal_that_was_promised_a_ticket_comes_first(url: String) {
        let served = Served::start_at(&url, at_present()).await;
        let doors = Doors::open_now(&served, 1).await;
        let mut left = doors.device("Left").await;
        let ticket_id = TicketId::from_typed_code(&doors.tickets[0]).unwrap();
        let claim = ClaimRequest { ticket_id, zone: ZoneId(0), device_no: left.facts().device_no, jseq: Seq(1) };
        let path = left.in_event("/claims");
        let claim = serde_json::to_vec(&claim).unwrap();
        assert_eq!(left.post(&path, claim.clone()).send().await.unwrap().status(), 200);

        assert_eq!(doors.name(&doors.tickets[0]).await["reason"]["code"], "ALREADY_IN");

        left.admit(&doors.tickets[0], 0);
        left.push(1).await.unwrap();
        left.exit(&doors.tickets[0], 0);
        left.push(2).await.unwrap();
        assert_eq!(doors.name(&doors.tickets[0]).await["verdict"], "admit");
        // And a terminal is promised nothing that the server let in.
        let right = doors.device("Right").await;
        let claim = ClaimRequest { ticket_id, zone: ZoneId(0), device_no: right.facts().device_no, jseq: Seq(1) };
        let refused = right.post(&path, serde_json::to_vec(&claim).unwrap()).send().await.unwrap();
        assert_eq!(refused.status(), 409);
    }

    async fn an_admission_at_a_door_that_had_not_heard_is_a_conflict_with_the_servers_entry(url: String) {
        let served = Served::start_at(&url, at_present()).await;
        let doors = Doors::open_now(&served, 1).await;
        let mut left = doors.device("Left").await;
        assert_eq!(doors.name(&doors.tickets[0]).await["verdict"], "admit");

        left.admit(&doors.tickets[0], 0);
        left.push(1).await.unwrap();

        let conflicts = doors.list("conflicts").await;
        assert_eq!(conflicts.len(), 1, "{conflicts:?}");
        let own = [&conflicts[0]["first"], &conflicts[0]["excess"][0]].into_iter().find(|e| e["device"]["number"] == 0).unwrap();
        // The entry is signed by the key of the certificate that terminals hold.
        let entry = hex::decode(own["entry"].as_str().unwrap()).unwrap();
        let signature = hex::decode(own["vouched_by"]["signature"].as_str().unwrap()).unwrap();
        let certificate = server_certificate(&left).await;
        assert_eq!((certificate.number, certificate.device.to_string()), (DeviceNo(0), own["device_id"].as_str().unwrap().to_owned()));
        let hash = sync_protocol::journal::chain::entry_hash(&entry);
        sync_protocol::journal::chain::verify_hash(&hash, &signature.try_into().unwrap(), &certificate.sign_key).unwrap();
    }

    async fn the_server_is_no_device_that_organisers_see_or_revoke(url: String) {
        let served = Served::start_at(&url, at_present()).await;
        let doors = Doors::open_now(&served, 1).await;
        doors.name(&doors.tickets[0]).await;
        let left = doors.device("Left").await;

        assert_eq!(doors.list("devices").await.len(), 1);
        assert_eq!(left.facts().device_no, DeviceNo(1));
        let own = server_certificate(&left).await.device;
        for (method, rest) in [(reqwest::Method::GET, ""), (reqwest::Method::POST, "/revoke"), (reqwest::Method::GET, "/exposure")] {
            let path = format!("/events/{}/devices/{own}{rest}", doors.event);
            assert_problem(doors.olga.request(method, &path), 404, "not-found").await;
        }
    }
}

/// Half past nine on the conference's first day.
pub(crate) fn at_the_event() -> Clock {
    Clock::fixed(sync_protocol::time::UnixMillis(2_142_405_000_000))
}

/// The present time, at which devices ask: it stands still all the same.
pub(crate) fn at_present() -> Clock {
    Clock::fixed(now())
}

async fn server_certificate(device: &Device) -> Certificate {
    let pulled = device.pull(device.beginning(), 500).await.unwrap();
    let read = |record: &sync_protocol::feed::Record| match &record.form {
        Form::Body(body) => match Body::decode(record.kind, record.entity, body) {
            Ok(Body::Device { certificate, .. }) => Some(certificate.open(&device.server_key).unwrap()),
            _ => None,
        },
        Form::Tag(_) => None,
    };
    pulled.records.iter().filter_map(read).find(|certificate| certificate.number == DeviceNo(0)).unwrap()
}

/// Names every ticket `times` at once, through the organisers in turn.
async fn at_once(doors: &Doors, organisers: &[Organiser], times: usize) -> Vec<Value> {
    let mut asking = tokio::task::JoinSet::new();
    for number in 0..times {
        for ticket in &doors.tickets {
            let olga = organisers[number % organisers.len()].clone();
            let (path, body) =
                (format!("/events/{}/verify", doors.event), json!({ "code": ticket, "gate": "Main entrance" }));
            asking.spawn(async move { olga.post(&path, &body).await.unwrap() });
        }
    }
    asking.join_all().await
}

#[test]
fn at_two_servers_at_once_a_ticket_comes_in_once_and_they_write_one_journal() {
    harness::databases::run_on_postgres(async |url: String| {
        let (one, two) = tokio::join!(Served::start_at(&url, at_present()), Served::start_at(&url, at_present()));
        let doors = Doors::open_now(&one, 8).await;
        let at_two = Organiser::log_in(&two.url, "olga@example.org", PASSWORD).await.unwrap();

        let answers = at_once(&doors, &[doors.olga.clone(), at_two], 10).await;

        for ticket in &doors.tickets {
            let admitted = answers.iter().filter(|a| a["ticket"] == json!(ticket) && a["verdict"] == "admit").count();
            assert_eq!(admitted, 1);
        }
        let seqs: BTreeSet<u64> = answers.iter().map(|a| a["recorded"]["seq"].as_u64().unwrap()).collect();
        assert_eq!(seqs, (1..81).collect());
        assert_eq!(doors.get("counts").await["admitted"], 8);
    });
}
