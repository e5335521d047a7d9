//! What organisers learn of the doors: counts, conflicts, claims and the live stream.

use std::time::Duration;

use harness::device::{Device, now, refusal};
use harness::on_both_databases;
use harness::organiser::Organiser;
use serde_json::{Value, json};
use sync_protocol::id::{Seq, TicketId, ZoneId};
use sync_protocol::journal::chain::{entry_hash, verify_hash};
use sync_protocol::journal::{Entry, EntryKind};
use sync_protocol::key::public_key;
use sync_protocol::sync::message::{ClaimGranted, ClaimRequest, HeldBy};
use sync_protocol::time::{Hlc, UnixMillis};
use usher_server::clock::Clock;

use crate::doors::Doors;
use crate::served::{PASSWORD, Served};

/// Check-ins read from a stream.
struct Watch {
    response: reqwest::Response,
    text: String,
}

impl Watch {
    async fn open(organiser: &Organiser, event: &str, after: Option<u64>) -> Self {
        let mut request = organiser.request(reqwest::Method::GET, &format!("/events/{event}/check-ins/stream"));
        if let Some(after) = after {
            request = request.header("last-event-id", after);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/event-stream"));
        Self { response, text: String::new() }
    }

    /// Waits for the next check-in; nothing once the stream has ended.
    async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some((message, rest)) = self.text.split_once("\n\n") {
                let (message, rest) = (message.to_owned(), rest.to_owned());
                self.text = rest;
                if let Some(data) = message.lines().find_map(|line| line.strip_prefix("data: ")) {
                    let data: Value = serde_json::from_str(data).unwrap();
                    assert!(message.contains(&format!("id: {}", data["number"])), "{message}");
                    return Some(data);
                }
                continue;
            }
            let chunk = tokio::time::timeout(Duration::from_secs(20), self.response.chunk()).await.unwrap();
            self.text += std::str::from_utf8(&chunk.unwrap()?).unwrap();
        }
    }
}

pub(crate) async fn claim(device: &Device, ticket: &str, jseq: u64) -> Result<UnixMillis, HeldBy> {
    let ticket_id = TicketId::from_typed_code(ticket).unwrap();
    let claim = ClaimRequest { ticket_id, zone: ZoneId(0), device_no: device.facts().device_no, jseq: Seq(jseq) };
    let body = serde_json::to_vec(&claim).unwrap();
    let response = device.post(&device.in_event("/claims"), body).send().await.unwrap();
    if response.status() == 200 {
        return Ok(response.json::<ClaimGranted>().await.unwrap().until);
    }
    let (status, code, problem) = refusal(response).await.unwrap();
    assert_eq!((status, code.as_str()), (409, "CLAIM_HELD"));
    Err(serde_json::from_value(problem["held_by"].clone()).unwrap())
}

on_both_databases! {
    async fn who_is_inside_follows_admissions_and_exits(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 4).await;
        let mut device = doors.device("Left").await;
        device.admit(&doors.tickets[0], 0);
        device.admit(&doors.tickets[1], 0);
        device.admit(&doors.tickets[2], 1);
        device.exit(&doors.tickets[1], 1);
        device.write(EntryKind::Deny, |entry| entry.reason = 40);
        device.push(1).await.unwrap();

        let counts = doors.get("counts").await;
        assert_eq!(counts["admitted"], 3);
        assert_eq!(counts["gates"], json!([
            { "number": 0, "name": "Main entrance", "admitted": 2, "exits": 0, "denied": 1 },
            { "number": 1, "name": "Side door", "admitted": 1, "exits": 1, "denied": 0 },
        ]));
        assert_eq!(counts["zones"], json!([
            { "number": 0, "name": "Hall", "capacity": 800, "admitted": 3, "inside": 2 },
        ]));
    }

    async fn a_ticket_at_two_doors_is_a_conflict_with_both_signed_entries_whoever_reports_first(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 3).await;
        for is_later_first in [false, true] {
            let (mut left, mut right) = (doors.device("Left").await, doors.device("Right").await);
            let ticket = &doors.tickets[usize::from(is_later_first)];
            let at = now();
            left.admit(ticket, 0);
            left.write(EntryKind::Session, |_| {});
            right.write(EntryKind::Admit, |entry| {
                entry.ticket = TicketId::from_typed_code(ticket).unwrap();
                entry.gate = sync_protocol::id::GateId(1);
                entry.hlc = Hlc::at(at.plus(5_000));
            });
            let order = if is_later_first { [&right, &left] } else { [&left, &right] };
            for device in order {
                device.push(1).await.unwrap();
            }

            let conflicts = doors.list("conflicts").await;
            let conflict = conflicts.iter().find(|conflict| conflict["ticket"] == json!(ticket)).unwrap();
            assert_eq!(conflict["zone"]["name"], "Hall");
            assert!(conflict["attendee"].as_str().unwrap().starts_with("Guest"));
            assert_eq!(conflict["excess"].as_array().unwrap().len(), 1);
            for (entry, device, gate) in [(&conflict["first"], &left, "Main entrance"), (&conflict["excess"][0], &right, "Side door")] {
                assert_eq!((&entry["gate"]["name"], &entry["kind"]), (&json!(gate), &json!("admit")));
                assert_eq!(entry["device_id"], json!(device.id.to_string()));
                let bytes = hex::decode(entry["entry"].as_str().unwrap()).unwrap();
                assert_eq!(bytes, device.journal[0].bytes());
                assert_eq!(Entry::decode(&bytes).unwrap().ticket.typed_code(), *ticket);
                assert_eq!(entry["entry_hash"], json!(hex::encode(entry_hash(&bytes))));
                // The signature is the entry's own, or that of the end of the batch it came in.
                let signer = entry["vouched_by"]["seq"].as_u64().unwrap() as usize;
                let signature = hex::decode(entry["vouched_by"]["signature"].as_str().unwrap()).unwrap();
                let signed = &device.journal[signer - 1];
                verify_hash(signed.hash(), &signature.try_into().unwrap(), &public_key(&device.key)).unwrap();
                assert_eq!(entry["signature"].is_null(), signer != 1);
            }
        }
        assert_eq!(doors.list("conflicts").await.len(), 2);
        let page = doors.get("conflicts?limit=1").await;
        let next = doors.get(&format!("conflicts?limit=1&cursor={}", page["next"].as_str().unwrap())).await;
        assert_ne!(page["items"][0]["ticket"], next["items"][0]["ticket"]);
        assert_eq!(next["next"], Value::Null);
    }

    async fn an_adopted_admission_shows_in_conflicts_with_its_entry(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 1).await;
        let (mut left, mut right) = (doors.device("Left").await, doors.device("Right").await);
        left.admit(&doors.tickets[0], 0);
        left.push(1).await.unwrap();
        right.write(EntryKind::Session, |_| {});
        right.admit(&doors.tickets[0], 1);
        doors.change(&right, "revoke").await.unwrap();
        // Without the entry before, so that it can only count beside the journal.
        let (batch, _) = right.batch(2, &[]);
        assert_eq!(right.send(&batch, "").await.unwrap().status(), 202);
        assert!(doors.list("conflicts").await.is_empty());

        let path = format!("/events/{}/quarantine/1/adopt", doors.event);
        assert_eq!(doors.olga.post(&path, &json!({})).await.unwrap()["counted"], 1);

        let conflicts = doors.list("conflicts").await;
        assert_eq!(conflicts[0]["excess"][0]["entry"], json!(hex::encode(right.journal[1].bytes())));
    }

    async fn a_claim_keeps_other_doors_off_until_it_ends_or_its_entry_arrives(url: String) {
        let clock = Clock::fixed(now());
        let served = Served::start_at(&url, clock.clone()).await;
        let doors = Doors::open(&served, 2).await;
        let (mut left, right) = (doors.device("Left").await, doors.device("Right").await);
        let ticket = &doors.tickets[0];

        let until = claim(&left, ticket, 1).await.unwrap();
        assert_eq!(until, clock.now().plus(10_000));
        assert_eq!(claim(&left, ticket, 1).await, Ok(until));
        let held = claim(&right, ticket, 1).await.unwrap_err();
        assert_eq!((held.device_no, held.jseq, held.gate), (left.facts().device_no, Seq(1), None));
        assert!(claim(&right, &doors.tickets[1], 1).await.is_ok());

        clock.set(until);
        assert!(claim(&right, ticket, 1).await.is_ok());
        assert!(claim(&left, ticket, 1).await.is_err());
        clock.set(clock.now().plus(10_000));
        assert!(claim(&left, ticket, 1).await.is_ok());
        left.admit(ticket, 1);
        left.push(1).await.unwrap();
        let held = claim(&right, ticket, 1).await.unwrap_err();
        assert_eq!((held.device_no, held.jseq), (left.facts().device_no, Seq(1)));
        assert_eq!(held.gate.map(|gate| gate.0), Some(1));
        // The very entry it was claimed for does not stand against it.
        assert!(claim(&left, ticket, 1).await.is_ok());
        assert!(claim(&left, ticket, 2).await.is_err());

        left.exit(ticket, 1);
        left.push(2).await.unwrap();
        assert!(claim(&right, ticket, 1).await.is_ok());

        let path = left.in_event("/claims");
        let mut other = json!({ "ticket_id": doors.tickets[1], "zone": 0, "device_no": right.facts().device_no, "jseq": 9 });
        for body in [other.to_string(), "{}".to_owned(), "nonsense".to_owned()] {
            let (status, code, _) = refusal(left.post(&path, body.into_bytes()).send().await.unwrap()).await.unwrap();
            assert_eq!((status, code.as_str()), (400, "MALFORMED"));
        }
        other["device_no"] = json!(left.facts().device_no);
        assert_eq!(left.post(&path, other.to_string().into_bytes()).send().await.unwrap().status(), 200);
    }

    async fn of_many_claims_at_once_one_is_granted(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 1).await;
        let mut devices = Vec::new();
        for number in 0..6 {
            devices.push(doors.device(&format!("Door {number}")).await);
        }
        let mut claims = tokio::task::JoinSet::new();
        for device in devices {
            let ticket = doors.tickets[0].clone();
            claims.spawn(async move { claim(&device, &ticket, 1).await.is_ok() });
        }
        let granted = claims.join_all().await.into_iter().filter(|is_granted| *is_granted).count();
        assert_eq!(granted, 1);
    }

    async fn check_ins_are_seen_as_they_arrive_and_none_is_missed(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 2).await;
        let mut device = doors.device("Left").await;
        device.admit(&doors.tickets[0], 0);
        device.push(1).await.unwrap();
        let mut live = Watch::open(&doors.olga, &doors.event, None).await;
        let mut all = Watch::open(&doors.olga, &doors.event, Some(0)).await;
        device.admit(&doors.tickets[1], 0);
        device.write(EntryKind::Deny, |entry| entry.reason = 40);
        device.push(2).await.unwrap();

        for number in 1..=3 {
            let seen = all.next().await.unwrap();
            assert_eq!(seen["number"], number);
        }
        let seen = live.next().await.unwrap();
        assert_eq!((&seen["number"], &seen["attendee"], &seen["kind"]), (&json!(2), &json!("Guest 1"), &json!("admit")));
        assert_eq!(live.next().await.unwrap()["code"], "BAD_SIGNATURE");

        served.app.begin_shutdown();
        assert!(live.next().await.is_none());
    }
}

#[test]
fn a_stream_at_one_server_shows_what_arrives_at_another() {
    harness::databases::run_on_postgres(async |url: String| {
        let (one, two) = tokio::join!(Served::start(&url), Served::start(&url));
        let doors = Doors::open(&one, 1).await;
        let mut device = doors.device("Left").await;
        let at_two = Organiser::log_in(&two.url, "olga@example.org", PASSWORD).await.unwrap();
        let mut live = Watch::open(&at_two, &doors.event, None).await;

        device.admit(&doors.tickets[0], 0);
        device.push(1).await.unwrap();

        assert_eq!(live.next().await.unwrap()["attendee"], "Guest 0");
    });
}
