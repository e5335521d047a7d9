//! Journals on their way in: each entry once, whatever the network does.

use harness::device::{Device, refusal};
use harness::on_both_databases;
use harness::organiser::Organiser;
use reqwest::StatusCode;
use serde_json::{Value, json};
use sync_protocol::feed::{Form, Kind};
use sync_protocol::id::{Seq, TicketId};
use sync_protocol::journal::batch::BATCH_BYTES_MAX;
use sync_protocol::journal::{Courier, EntryKind, PersonalData};
use sync_protocol::key::public_key;
use sync_protocol::sync::SignedAck;
use sync_protocol::sync::message::{JournalStatus, Quarantined};
use sync_protocol::time::Hlc;

use crate::doors::Doors;
use crate::served::{PASSWORD, Served, assert_problem, post};

async fn status(device: &Device) -> JournalStatus {
    let path = device.in_event(&format!("/journals/{}", device.id));
    device.get(&path).send().await.unwrap().json().await.unwrap()
}

/// The numbers of a device's check-ins, as they are listed.
async fn listed(doors: &Doors) -> Vec<u64> {
    doors.list("check-ins").await.iter().map(|check_in| check_in["seq"].as_u64().unwrap()).collect()
}

on_both_databases! {
    async fn what_a_device_did_is_listed_with_who_when_where_and_why(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 2).await;
        let mut device = doors.device("Left").await;
        device.admit(&doors.tickets[0], 1);
        device.write(EntryKind::Deny, |entry| {
            entry.ticket = TicketId::from_typed_code(&doors.tickets[1]).unwrap();
            entry.reason = 210;
            entry.flags = sync_protocol::journal::Flags::NO_CLAIM;
        });
        device.write(EntryKind::Deny, |entry| entry.reason = 40);
        device.write(EntryKind::Session, |entry| entry.operator = Some("Eve".to_owned()));
        device.exit(&doors.tickets[0], 0);

        let ack = device.push(1).await.unwrap();

        assert_eq!(ack.seq, Seq(5));
        let list = doors.list("check-ins").await;
        assert_eq!(list.len(), 4);
        let first = &list[0];
        assert_eq!((&first["number"], &first["kind"], &first["seq"]), (&json!(1), &json!("admit"), &json!(1)));
        assert_eq!((&first["attendee"], &first["ticket"]), (&json!("Guest 0"), &json!(doors.tickets[0])));
        assert_eq!(first["gate"], json!({ "number": 1, "name": "Side door" }));
        assert_eq!(first["zone"], json!({ "number": 0, "name": "Hall" }));
        assert_eq!(first["device"], json!({ "number": 1, "name": "Left" }));
        assert_eq!((&first["ticket_type"], &first["counts"]), (&json!("Regular"), &json!(true)));
        assert_eq!((&list[1]["code"], &list[1]["flags"]), (&json!("ALREADY_IN"), &json!(["NO_CLAIM"])));
        assert_eq!((&list[2]["code"], &list[2]["ticket"]), (&json!("BAD_SIGNATURE"), &Value::Null));
        assert_eq!(list[3]["kind"], "exit");

        let newest = doors.get("check-ins?order=newest&limit=1&kind=deny").await;
        assert_eq!(newest["items"][0]["number"], 3);
        let cursor = newest["next"].as_str().unwrap();
        let older = doors.get(&format!("check-ins?order=newest&limit=1&kind=deny&cursor={cursor}")).await;
        assert_eq!((&older["items"][0]["number"], &older["next"]), (&json!(2), &Value::Null));
        assert_eq!(doors.list("check-ins?gate=side%20door").await.len(), 1);
        assert_eq!(doors.list("check-ins?device=1").await.len(), 4);
        assert_eq!(doors.list("check-ins?device=2").await.len(), 0);
        for query in ["gate=nowhere", "kind=dance", "cursor=x", "limit=0", "colour=red"] {
            assert_problem(crate::served::get(&doors.olga, &format!("/events/{}/check-ins?{query}", doors.event)), 422,
                           "invalid").await;
        }
        let device_listed = &doors.list("devices").await[0];
        assert_eq!(device_listed["acknowledged_seq"], 5);
    }

    async fn movements_reach_the_other_doors_and_nothing_else_does(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 2).await;
        let (mut left, right) = (doors.device("Left").await, doors.device("Right").await);
        let before = right.pull(right.beginning(), 1_000).await.unwrap().position;
        let first = left.admit(&doors.tickets[0], 0);
        left.write(EntryKind::Deny, |entry| entry.reason = 40);
        left.write(EntryKind::Undo, |entry| {
            entry.ticket = TicketId::from_typed_code(&doors.tickets[0]).unwrap();
            entry.undo_target = Some(first);
        });

        let ack = left.push(1).await.unwrap();

        let pulled = right.pull(before, 1_000).await.unwrap();
        let moves: Vec<_> = pulled.records.iter().map(|record| {
            let Form::Body(body) = &record.form else { panic!("a movement without its body") };
            match sync_protocol::feed::Body::decode(record.kind, record.entity, body).unwrap() {
                sync_protocol::feed::Body::Move(movement) => (movement.device, movement.seq, movement.entry_hash),
                other => panic!("{other:?}"),
            }
        }).collect();
        let number = left.facts().device_no;
        let hash = |at: usize| *left.journal[at].hash();
        assert_eq!(moves, [(number, Seq(1), hash(0)), (number, Seq(3), hash(2))]);
        assert_eq!(ack.feed_seq, pulled.position.point.seq);
        // An undone admission does not count.
        assert_eq!(doors.get("counts").await["admitted"], 0);
        let list = doors.list("check-ins").await;
        assert_eq!((&list[0]["counts"], &list[2]["undoes"], &list[2]["counts"]), (&json!(false), &json!(1), &json!(true)));
    }

    async fn an_undoing_counts_for_ten_minutes_and_for_supervisors_always(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 2).await;
        for (device, is_valid) in [(doors.device("Left").await, false), (doors.supervisor("Boss").await, true)] {
            let mut device = device;
            let admitted = device.admit(&doors.tickets[0], 0);
            let at = device.journal[0].entry().hlc.millis();
            device.push(1).await.unwrap();
            device.write(EntryKind::Undo, |entry| {
                entry.ticket = TicketId::from_typed_code(&doors.tickets[0]).unwrap();
                entry.undo_target = Some(admitted);
                entry.hlc = Hlc::at(at.plus(10 * 60_000 + 1));
            });
            device.write(EntryKind::Undo, |entry| entry.undo_target = Some(Seq(99)));
            device.push(2).await.unwrap();
            let list = doors.list(&format!("check-ins?device={}", device.facts().device_no)).await;
            assert_eq!((&list[0]["counts"], &list[1]["counts"]), (&json!(!is_valid), &json!(is_valid)));
            assert_eq!(list[2]["counts"], false);
        }
    }

    async fn each_entry_is_stored_once_however_often_and_in_whatever_pieces_it_comes(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 3).await;
        let mut device = doors.device("Left").await;
        for number in 0..120 {
            device.admit(&doors.tickets[number % 3], 0);
        }
        let device = std::sync::Arc::new(device);
        let mut uploads = tokio::task::JoinSet::new();
        for number in 0..8_u64 {
            let device = device.clone();
            uploads.spawn(async move {
                // Each from another place: gaps are told, and closed from where the server says.
                let mut first = number * 15 + 1;
                loop {
                    let (batch, count) = sync_protocol::journal::batch::encode(
                        &device.journal[first as usize - 1..(first as usize + 30).min(120)], &[]);
                    let response = device.send(&batch, "").await.unwrap();
                    match response.status() {
                        StatusCode::OK => {
                            SignedAck::open(&response.bytes().await.unwrap(), &device.server_key).unwrap();
                            first += count as u64;
                        }
                        StatusCode::CONFLICT => {
                            let (_, code, problem) = refusal(response).await.unwrap();
                            assert_eq!(code, "GAP");
                            first = problem["last_seq"].as_u64().unwrap() + 1;
                        }
                        StatusCode::SERVICE_UNAVAILABLE => {}
                        status => panic!("{status}"),
                    }
                    if first > 120 {
                        return;
                    }
                }
            });
        }
        uploads.join_all().await;

        assert_eq!(listed(&doors).await, (1..=120).collect::<Vec<_>>());
        let status = status(&device).await;
        assert_eq!((status.last_seq, status.last_hash), (Seq(120), hex::encode(device.end().hash)));
        let acknowledgement = hex::decode(status.acknowledgement.unwrap()).unwrap();
        assert_eq!(SignedAck::open(&acknowledgement, &device.server_key).unwrap().link(), device.end());
        let moves = device.pull(device.beginning(), 10_000).await.unwrap().records;
        assert_eq!(moves.iter().filter(|record| record.kind == Kind::Move).count(), 120);
        let again = device.push(1).await.unwrap();
        assert_eq!(again.feed_seq, device.pull(device.beginning(), 10_000).await.unwrap().position.point.seq);
        assert_eq!(doors.list("check-ins").await.len(), 120);
    }

    async fn a_gap_is_named_and_nothing_of_it_is_kept(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 1).await;
        let mut device = doors.device("Left").await;
        for _ in 0..5 {
            device.admit(&doors.tickets[0], 0);
        }
        let (late, _) = device.batch(3, &[]);
        let (status, code, problem) = refusal(device.send(&late, "").await.unwrap()).await.unwrap();
        assert_eq!((status, code.as_str(), &problem["last_seq"]), (409, "GAP", &json!(0)));
        assert!(doors.list("check-ins").await.is_empty());
        device.push(1).await.unwrap();
    }

    async fn two_versions_of_a_journal_stop_the_device_and_are_both_kept(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 3).await;
        let mut device = doors.device("Left").await;
        let other_door = doors.device("Right").await;
        device.admit(&doors.tickets[0], 0);
        let mut twin = device.clone();
        device.admit(&doors.tickets[1], 0);
        twin.admit(&doors.tickets[2], 0);
        device.push(1).await.unwrap();

        let (batch, _) = twin.batch(2, &[]);
        let (status, code, problem) = refusal(twin.send(&batch, "").await.unwrap()).await.unwrap();
        assert_eq!((status, code.as_str(), &problem["quarantine"]), (409, "FORK", &json!(1)));
        // Told again: it is in quarantine already.
        let again = twin.send(&batch, "").await.unwrap();
        assert_eq!(again.status(), 202);
        assert_eq!(again.json::<Quarantined>().await.unwrap(), Quarantined { quarantine: 1, last_seq: Seq(2) });
        let (status, code, _) = refusal(device.get(&device.in_event("/head")).send().await.unwrap()).await.unwrap();
        assert_eq!((status, code.as_str()), (403, "DEVICE_FORKED"));
        assert_eq!(doors.list("devices").await[0]["status"], "forked");
        assert_eq!(listed(&doors).await, [1, 2]);
        let told = other_door.pull(other_door.beginning(), 1_000).await.unwrap().records;
        assert!(told.iter().any(|record| record.kind == Kind::Notice));

        // The name (device, 2) is taken: the other version stays out even when it is adopted.
        let path = format!("/events/{}/quarantine/1/adopt", doors.event);
        let adopted = doors.olga.post(&path, &json!({})).await.unwrap();
        assert_eq!(adopted, json!({ "counted": 0, "known": 0, "left_out": [2] }));
    }

    async fn what_a_revoked_device_sends_counts_once_an_organiser_adopts_it(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 3).await;
        let mut device = doors.device("Left").await;
        device.admit(&doors.tickets[0], 0);
        device.push(1).await.unwrap();
        doors.change(&device, "revoke").await.unwrap();
        device.admit(&doors.tickets[1], 0);
        device.admit(&doors.tickets[2], 0);

        let (batch, _) = device.batch(2, &[]);
        for _ in 0..2 {
            let response = device.send(&batch, "").await.unwrap();
            assert_eq!(response.status(), 202);
            assert_eq!(response.json::<Quarantined>().await.unwrap(), Quarantined { quarantine: 1, last_seq: Seq(3) });
        }
        let held = status(&device).await;
        assert_eq!((held.last_seq, held.quarantined), (Seq(1), vec![(Seq(2), Seq(3))]));
        assert_eq!(doors.get("counts").await["admitted"], 1);
        let waiting = doors.list("quarantine").await;
        assert_eq!((waiting.len(), &waiting[0]["reason"], &waiting[0]["adopted_at"]), (1, &json!("revoked"), &Value::Null));

        let path = format!("/events/{}/quarantine/1/adopt", doors.event);
        let adopted = doors.olga.post(&path, &json!({})).await.unwrap();
        assert_eq!(adopted, json!({ "counted": 2, "known": 0, "left_out": [] }));
        assert_eq!(doors.get("counts").await["admitted"], 3);
        assert_eq!(status(&device).await.last_seq, Seq(3));
        let again = doors.olga.post(&path, &json!({})).await.unwrap();
        assert_eq!(again, json!({ "counted": 0, "known": 2, "left_out": [] }));
        assert_eq!(doors.get("counts").await["admitted"], 3);
        assert!(doors.list("quarantine").await[0]["adopted_at"].is_string());
        let nowhere = format!("/events/{}/quarantine/9/adopt", doors.event);
        assert_problem(post(&doors.olga, &nowhere, &json!({})), 404, "not-found").await;
        let right = doors.device("Right").await;
        right.pull(right.beginning(), 1_000).await.unwrap();
    }

    async fn evidence_goes_to_quarantine_even_from_a_device_that_counts(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 1).await;
        let mut device = doors.device("Left").await;
        device.admit(&doors.tickets[0], 0);

        let (batch, _) = device.batch(1, &[]);
        assert_eq!(device.send(&batch, "?evidence=1").await.unwrap().status(), 202);

        assert!(doors.list("check-ins").await.is_empty());
        assert_eq!(doors.list("quarantine").await[0]["reason"], "evidence");
        let path = format!("/events/{}/quarantine/1/adopt", doors.event);
        assert_problem(post(&doors.olga, &path, &json!({})), 409, "device-active").await;
    }

    async fn a_batch_that_is_not_one_changes_nothing(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 1).await;
        let mut device = doors.device("Left").await;
        let stranger = doors.device("Right").await;
        for _ in 0..3 {
            device.admit(&doors.tickets[0], 0);
        }
        let (good, _) = device.batch(1, &[]);
        let path = device.in_event(&format!("/journals/{}", device.id));
        let ask = async |body: Vec<u8>, coding: &str| {
            let request = device.post(&path, body).header("content-encoding", coding);
            let (status, code, _) = refusal(request.send().await.unwrap()).await.unwrap();
            (status, code)
        };
        let malformed = (400, "MALFORMED".to_owned());
        for body in [Vec::new(), good[..good.len() - 1].to_vec(), [&good[..], b"x"].concat(), b"{\"entries\":[]}".to_vec()] {
            assert_eq!(ask(body, "identity").await, malformed);
        }
        assert_eq!(ask(good.clone(), "zstd").await, malformed);
        assert_eq!(ask(good.clone(), "gzip").await, malformed);
        let mut torn = zstd::bulk::compress(&good, 3).unwrap();
        torn.truncate(torn.len() / 2);
        assert_eq!(ask(torn, "zstd").await, malformed);
        let too_large = (413, "TOO_LARGE".to_owned());
        let bomb = zstd::bulk::compress(&vec![0; 256 << 20], 3).unwrap();
        assert!(bomb.len() < 100_000);
        assert_eq!(ask(bomb, "zstd").await, too_large);
        assert_eq!(ask(vec![0; BATCH_BYTES_MAX + 1], "identity").await, too_large);
        let mut changed = good.clone();
        *changed.last_mut().unwrap() ^= 1;
        changed[60] ^= 1;
        let (status, code) = ask(changed, "identity").await;
        assert!(matches!((status, code.as_str()), (400, "MALFORMED") | (422, "BAD_CHAIN")));
        let mut signature = good.clone();
        let at = signature.len() - 10;
        signature[at] ^= 1;
        assert_eq!(ask(signature, "identity").await, (422, "BAD_CHAIN".to_owned()));
        // Another device's journal under this one's name.
        let elsewhere = device.in_event(&format!("/journals/{}", stranger.id));
        let (status, code, _) = refusal(device.post(&elsewhere, good.clone()).send().await.unwrap()).await.unwrap();
        assert_eq!((status, code.as_str()), (422, "BAD_CHAIN"));

        assert!(doors.list("check-ins").await.is_empty());
        // Somebody else may bring it: only its own signature counts.
        let brought = stranger.post(&path, good).send().await.unwrap();
        assert_eq!(brought.status(), 200);
        assert_eq!(doors.list("check-ins").await.len(), 3);
    }

    async fn a_sale_at_the_door_is_kept_and_told_and_makes_no_ticket(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 0).await;
        let mut device = doors.device("Left").await;
        let personal = PersonalData { seq: Seq(1), salt: [7; 16], data: b"{\"name\":\"Ada\"}".to_vec() };
        device.write(EntryKind::WalkIn, |entry| entry.personal_data = Some(personal.commitment()));
        device.write(EntryKind::Session, |_| {});

        let (batch, _) = device.batch(1, std::slice::from_ref(&personal));
        assert_eq!(device.send(&batch, "").await.unwrap().status(), 200);
        assert_eq!(device.send(&batch, "").await.unwrap().status(), 200);

        let told = device.pull(device.beginning(), 100).await.unwrap().records;
        let count = |kind| told.iter().filter(|record| record.kind == kind).count();
        assert_eq!((count(Kind::Notice), count(Kind::Ticket), count(Kind::Move)), (1, 0, 0));
        assert_eq!(status(&device).await.last_seq, Seq(2));
        assert!(doors.list("check-ins").await.is_empty());
    }

    async fn an_organiser_may_bring_journals_in_a_file(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 2).await;
        let mut device = doors.device("Left").await;
        device.admit(&doors.tickets[0], 0);
        device.admit(&doors.tickets[1], 0);
        let event = device.facts().event_id;
        let batch = |first: u64, count: usize| {
            let first = first as usize - 1;
            sync_protocol::journal::batch::encode(&device.journal[first..first + count], &[]).0
        };
        let unknown = sync_protocol::id::DeviceId([1; 16]);
        let batches = vec![
            (device.id, batch(2, 1)), (device.id, batch(1, 1)), (device.id, batch(2, 1)), (unknown, batch(1, 1)),
            (device.id, b"nonsense".to_vec()),
        ];
        let file = Courier { event, batches }.encode();
        let path = format!("/events/{}/journals", doors.event);
        let bring = async |bytes: Vec<u8>| {
            let request = doors.olga.request(reqwest::Method::POST, &path).body(bytes);
            crate::served::answer(request).await
        };

        let (status, _, answer) = bring(file.clone()).await;

        assert_eq!(status, 200, "{answer}");
        let outcomes: Vec<_> = answer["batches"].as_array().unwrap().iter().map(|b| b["outcome"].clone()).collect();
        assert_eq!(outcomes, ["gap", "stored", "stored", "unknown_device", "bad"]);
        assert_eq!(listed(&doors).await, [1, 2]);
        assert_eq!(bring(file).await.2["batches"][1]["last_seq"], 2);
        assert_eq!(bring(b"nonsense".to_vec()).await.0, 400);
        let other = Courier { event: sync_protocol::id::EventId([1; 16]), batches: Vec::new() }.encode();
        assert_eq!(bring(other).await.0, 400);
        assert_eq!(listed(&doors).await.len(), 2);
    }
}

#[test]
fn uploads_to_two_servers_at_once_are_stored_once() {
    harness::databases::run_on_postgres(async |url: String| {
        let (one, two) = tokio::join!(Served::start(&url), Served::start(&url));
        let doors = Doors::open(&one, 5).await;
        let mut devices = vec![doors.device("Left").await, doors.device("Right").await];
        for device in &mut devices {
            for number in 0..50 {
                device.admit(&doors.tickets[number % 5], 0);
            }
        }
        let mut uploads = tokio::task::JoinSet::new();
        for device in devices {
            for server in [&one.url, &two.url] {
                let device = device.clone().at(server);
                uploads.spawn(async move {
                    let (batch, _) = device.batch(1, &[]);
                    assert_eq!(device.send(&batch, "").await.unwrap().status(), 200);
                });
            }
        }
        uploads.join_all().await;

        let numbers: Vec<_> = doors.list("check-ins").await.iter().map(|c| c["number"].as_u64().unwrap()).collect();
        assert_eq!(numbers, (1..=100).collect::<Vec<_>>());
        let at_two = Organiser::log_in(&two.url, "olga@example.org", PASSWORD).await.unwrap();
        let counts = at_two.get(&format!("/events/{}/counts", doors.event)).await.unwrap();
        assert_eq!(counts["admitted"], 100);
        assert_eq!(public_key(one.app.server_key()), public_key(two.app.server_key()));
    });
}
