//! From a draft to the end of an event, and who decides.

use harness::on_both_databases;
use harness::organiser::Organiser;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::Row as _;
use sync_protocol::feed::{Body, Form, Kind};
use sync_protocol::verdict::TicketStatus;
use usher_server::access::Role;

use crate::doors::Doors;
use crate::served::{Served, answer, assert_problem, conference, places, post};

/// Takes a step and returns the event.
async fn step(organiser: &Organiser, event: &str, step: &str, reason: &str) -> Value {
    organiser.post(&format!("/events/{event}/{step}"), &json!({ "reason": reason })).await.unwrap()
}

/// How many letters of a kind wait to be sent, and to whom.
async fn letters(served: &Served, kind: &str) -> Vec<String> {
    let mut tx = served.app.database().begin_read().await.unwrap();
    let rows = sqlx::query("SELECT recipient FROM mails WHERE kind = $1 ORDER BY recipient")
        .bind(kind)
        .fetch_all(tx.connection())
        .await
        .unwrap();
    rows.iter().map(|row| row.get("recipient")).collect()
}

/// What was recorded of an event's changes, oldest first.
async fn recorded(served: &Served, event: &str) -> Vec<String> {
    let mut tx = served.app.database().begin_read().await.unwrap();
    let rows = sqlx::query("SELECT action FROM audit WHERE event_id = $1 AND action <> 'event.create' ORDER BY id")
        .bind(hex::decode(event).unwrap())
        .fetch_all(tx.connection())
        .await
        .unwrap();
    rows.iter().map(|row| row.get("action")).collect()
}

on_both_databases! {
    async fn an_event_is_submitted_approved_published_and_closed(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 1).await;
        let (olga, event) = (&doors.olga, &doors.event);
        let device = doors.device("Left").await;

        assert_problem(post(olga, &format!("/events/{event}/publish"), &json!({})), 409, "wrong-state").await;
        step(olga, event, "submit", "").await;
        let rejection = post(olga, &format!("/events/{event}/reject"), &json!({}));
        assert_eq!(places(&assert_problem(rejection, 422, "invalid").await), ["body.reason"]);
        assert_eq!(step(olga, event, "reject", "The hall is taken").await["state"], "rejected");
        let change = olga.request(Method::PATCH, &format!("/events/{event}")).header("if-match", "*");
        assert_eq!(answer(change.json(&json!({ "location": "Elsewhere" }))).await.2["state"], "draft");
        for (name, state) in [
            ("submit", "submitted"), ("approve", "approved"), ("publish", "published"), ("unpublish", "approved"),
            ("publish", "published"), ("close", "closed"),
        ] {
            assert_eq!(step(olga, event, name, "").await["state"], state);
        }

        let shown = olga.get(&format!("/events/{event}")).await.unwrap();
        let steps: Vec<_> = shown["decisions"].as_array().unwrap().iter().map(|d| d["step"].as_str().unwrap()).collect();
        let expected = ["submit", "reject", "submit", "approve", "publish", "unpublish", "publish", "close"];
        assert_eq!(steps, expected);
        assert_eq!(shown["decisions"][1]["reason"], "The hall is taken");
        assert_eq!(shown["decisions"][1]["before"], "submitted");
        assert_eq!(shown["decisions"][1]["by"], olga.get("/me").await.unwrap()["id"]);
        assert_eq!(recorded(&served, event).await.iter().filter(|action| action.starts_with("event.")).count(), 9);

        // Terminals learn that it is over; nothing changes any more.
        let pulled = device.pull(device.beginning(), 1_000).await.unwrap();
        assert_eq!(pulled.records.last().unwrap().kind, Kind::Close);
        let late = json!({ "name": "Late", "ticket_type": "Regular" });
        assert_problem(post(olga, &format!("/events/{event}/registrations"), &late), 409, "event-over").await;
        let ticket = &doors.tickets[0];
        assert_problem(post(olga, &format!("/events/{event}/tickets/{ticket}/block"), &json!({})), 409, "event-over").await;
        let change = olga.request(Method::PATCH, &format!("/events/{event}")).header("if-match", "*");
        assert_problem(change.json(&json!({ "location": "There" })), 409, "event-over").await;
        let supervisors = olga.request(Method::PUT, &format!("/events/{event}/supervisors")).header("if-match", "*");
        let ada = json!({ "supervisors": [{ "name": "Ada", "pin": "4711" }] });
        assert_problem(supervisors.json(&ada), 409, "event-over").await;
        for name in ["submit", "approve", "publish", "unpublish", "close"] {
            assert_problem(post(olga, &format!("/events/{event}/{name}"), &json!({})), 409, "wrong-state").await;
        }
    }

    async fn a_promoter_makes_and_submits_and_a_manager_decides(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let others = olga.create_event(&conference()).await.unwrap();
        let paul = served.member("paul@example.org", "Example", Role::Promoter).await;

        let event = paul.create_event(&conference()).await.unwrap();
        let patch = |organiser: &Organiser, event: &str| {
            let request = organiser.request(Method::PATCH, &format!("/events/{event}")).header("if-match", "*");
            request.json(&json!({ "description": "Mine" }))
        };
        assert_eq!(answer(patch(&paul, &event)).await.0, 200);
        assert_problem(patch(&paul, &others), 403, "forbidden").await;
        assert_problem(post(&paul, &format!("/events/{others}/submit"), &json!({})), 403, "forbidden").await;
        let delete = paul.request(Method::DELETE, &format!("/events/{others}")).header("if-match", "*");
        assert_problem(delete, 403, "forbidden").await;

        step(&paul, &event, "submit", "").await;
        assert_problem(patch(&paul, &event), 403, "forbidden").await;
        for name in ["approve", "reject", "publish", "cancel", "close"] {
            let request = post(&paul, &format!("/events/{event}/{name}"), &json!({ "reason": "Why not" }));
            assert_problem(request, 403, "forbidden").await;
        }
        assert_eq!(step(&olga, &event, "reject", "Too loud").await["state"], "rejected");
        assert_eq!(answer(patch(&paul, &event)).await.0, 200);
        step(&paul, &event, "submit", "").await;
        assert_eq!(step(&olga, &event, "approve", "").await["state"], "approved");
    }

    async fn where_no_approval_is_asked_for_a_draft_is_published_at_once(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let event = olga.create_event(&conference()).await.unwrap();
        let organisation = olga.get("/me").await.unwrap()["organisations"][0]["id"].as_str().unwrap().to_owned();
        assert_problem(post(&olga, &format!("/events/{event}/publish"), &json!({})), 409, "wrong-state").await;

        let waive = olga.request(Method::PATCH, &format!("/organisations/{organisation}")).header("if-match", "*");
        assert_eq!(answer(waive.json(&json!({ "needs_approval": false }))).await.0, 200);

        assert_eq!(step(&olga, &event, "publish", "").await["state"], "published");
    }

    async fn cancelling_cancels_every_ticket_and_tells_everybody(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 0).await;
        let (olga, event) = (&doors.olga, &doors.event);
        let device = doors.device("Left").await;
        // More than are cancelled in one transaction.
        let rows: String = (0..1_203).map(|n| format!("Guest {n},Regular,guest{}@example.org\n", n % 1_200)).collect();
        olga.import(event, format!("name,ticket_type,email\n{rows}Nobody,Regular,\n")).await.unwrap();
        let blocked = olga.registrations(event).await.unwrap()[0]["ticket"]["id"].as_str().unwrap().to_owned();
        olga.change_ticket(event, &blocked, "block").await.unwrap();
        let before = device.pull(device.beginning(), 10_000).await.unwrap();

        let request = post(olga, &format!("/events/{event}/cancel"), &json!({ "reason": " " }));
        assert_eq!(places(&assert_problem(request, 422, "invalid").await), ["body.reason"]);
        assert_eq!(step(olga, event, "cancel", "Storm").await["state"], "cancelled");

        let registrations = olga.registrations(event).await.unwrap();
        assert_eq!(registrations.len(), 1_204);
        assert!(registrations.iter().all(|held| held["ticket"]["status"] == "cancelled"));
        let news = device.pull(before.position, 10_000).await.unwrap();
        let cancelled = news.records.iter().filter(|record| {
            let Form::Body(body) = &record.form else { return false };
            let body = Body::decode(record.kind, record.entity, body).unwrap();
            matches!(body, Body::Ticket { ticket_row, .. } if ticket_row.row.status == TicketStatus::Cancelled)
        });
        assert_eq!(cancelled.count(), 1_204);
        let told: std::collections::BTreeSet<String> = letters(&served, "event_cancelled").await.into_iter().collect();
        assert_eq!(told.len(), 1_200);
        let ticket = olga.get(&format!("/events/{event}/tickets/{blocked}")).await.unwrap();
        assert_eq!(ticket["changes"][1]["reason"], "Storm");

        // Once more is no harm: there is nothing left to cancel, and nobody is told twice.
        let count = letters(&served, "event_cancelled").await.len();
        assert_eq!(step(olga, event, "cancel", "Storm").await["state"], "cancelled");
        assert_eq!(letters(&served, "event_cancelled").await.len(), count);
        let late = json!({ "name": "Late", "ticket_type": "Regular" });
        assert_problem(post(olga, &format!("/events/{event}/registrations"), &late), 409, "event-over").await;
    }

    async fn cancelling_takes_back_what_the_doors_may_sell(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 0).await;
        let plan = json!([{ "ticket_type": "Speaker", "places": 2 }]);
        let code = doors.code(json!({ "name": "Till", "confirmed": true, "capabilities": ["scan", "walk_in"], "walk_in": plan })).await;
        let device = harness::device::Device::enrol(&doors.url, code["code"].as_str().unwrap()).await.unwrap();

        step(&doors.olga, &doors.event, "cancel", "Storm").await;

        let pulled = device.pull(device.beginning(), 1_000).await.unwrap();
        let counts: Vec<u32> = pulled.records.iter().filter_map(|record| {
            let Form::Body(body) = &record.form else { return None };
            match Body::decode(record.kind, record.entity, body).unwrap() {
                Body::Lease { count, .. } => Some(count),
                _ => None,
            }
        }).collect();
        assert_eq!(counts.last(), Some(&0), "{counts:?}");
    }

    async fn attendees_are_told_when_time_or_place_of_a_published_event_change(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let event = olga.create_event(&conference()).await.unwrap();
        for (name, email) in [("Ada", "ada@example.org"), ("Bob", ""), ("Eve", "eve@example.org")] {
            let body = json!({ "name": name, "email": email, "ticket_type": "Regular" });
            olga.register(&event, &body).await.unwrap();
        }
        let eve = olga.registrations(&event).await.unwrap().into_iter().find(|held| held["name"] == "Eve").unwrap();
        olga.change_ticket(&event, eve["ticket"]["id"].as_str().unwrap(), "cancel").await.unwrap();
        let change = async |patch: Value| {
            let request = olga.request(Method::PATCH, &format!("/events/{event}")).header("if-match", "*").json(&patch);
            let (status, _, body) = answer(request).await;
            assert_eq!(status, 200, "{body}");
        };

        change(json!({ "location": "Here" })).await;
        assert!(letters(&served, "event_changed").await.is_empty());
        for name in ["submit", "approve", "publish"] {
            step(&olga, &event, name, "").await;
        }
        change(json!({ "description": "More talks", "capacity": 500 })).await;
        assert!(letters(&served, "event_changed").await.is_empty());
        change(json!({ "location": "There", "starts": "2037-11-21T10:00:00+01:00" })).await;
        assert_eq!(letters(&served, "event_changed").await, ["ada@example.org"]);
        let told = async || crate::letters::to(&served, "ada@example.org").await.pop().unwrap()["changes"].clone();
        assert_eq!(told().await[0], "It now begins on Saturday, 21 November 2037, 10:00 (Europe/Berlin).");
        change(json!({ "language": "de", "location": "" })).await;
        assert_eq!(told().await, json!(["Der Ort steht nicht mehr fest."]));
    }
}
