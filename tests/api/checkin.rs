//! Checking in by hand, taking back, walking in.

use harness::on_both_databases;
use reqwest::Method;
use serde_json::{Value, json};
use sync_protocol::id::{DeviceNo, Seq};
use sync_protocol::journal::MovementKind;

use crate::doors::Doors;
use crate::served::{Served, answer, assert_problem, conference, places, post};
use crate::verify::{at_present, at_the_event, movements};

impl Doors {
    async fn registration(&self, name: &str) -> String {
        let all = self.olga.registrations(&self.event).await.unwrap();
        all.iter().find(|r| r["name"] == name).unwrap()["id"].as_str().unwrap().to_owned()
    }

    async fn by_hand(&self, registration: &str, body: &Value) -> Value {
        let path = format!("/events/{}/registrations/{registration}/check-in", self.event);
        self.olga.post(&path, body).await.unwrap()
    }
}

on_both_databases! {
    async fn an_attendee_without_a_phone_is_let_in_by_name_and_the_reason_is_kept(url: String) {
        let served = Served::start_at(&url, at_the_event()).await;
        let doors = Doors::open(&served, 1).await;
        let registration = doors.registration("Guest 0").await;
        let body = json!({ "gate": "Main entrance", "reason": "phone is empty", "operator": "Eve" });

        let admitted = doors.by_hand(&registration, &body).await;
        assert_eq!((&admitted["verdict"], &admitted["flags"]), (&json!("admit"), &json!(["MANUAL"])));

        served.app.clock().set(served.app.clock().now().plus(60_000));
        let denied = doors.by_hand(&registration, &body).await;
        assert_eq!(denied["reasons"][0]["code"], "ALREADY_IN");
        let again = json!({ "gate": "Side door", "reason": "came out by the kitchen", "against": ["ALREADY_IN"] });
        let overridden = doors.by_hand(&registration, &again).await;
        assert_eq!((&overridden["verdict"], &overridden["flags"]), (&json!("admit"), &json!(["OVERRIDE", "MANUAL"])));

        let history = doors.list(&format!("registrations/{registration}/check-ins")).await;
        let kinds: Vec<&str> = history.iter().map(|c| c["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["admit", "deny", "admit"]);
        assert_eq!(history[2]["overridden"], "ALREADY_IN");
        let first = doors.get(&format!("registrations/{registration}/check-ins?limit=2")).await;
        let next = first["next"].as_str().unwrap();
        let rest = doors.get(&format!("registrations/{registration}/check-ins?limit=2&cursor={next}")).await;
        assert_eq!(rest["items"].as_array().unwrap().len(), 1);
    }

    async fn nobody_decides_against_what_they_have_not_seen(url: String) {
        let served = Served::start_at(&url, at_the_event()).await;
        let doors = Doors::open(&served, 1).await;
        let registration = doors.registration("Guest 0").await;
        doors.olga.change_ticket(&doors.event, &doors.tickets[0], "block").await.unwrap();
        let body = json!({ "gate": "Main entrance", "reason": "a friend", "against": ["ALREADY_IN"] });

        let denied = doors.by_hand(&registration, &body).await;

        assert_eq!((&denied["verdict"], &denied["reason"]["code"]), (&json!("deny"), &json!("BLOCKED")));
        let path = format!("/events/{}/registrations/{registration}/check-in", doors.event);
        let bad = json!({ "gate": "", "reason": " ", "against": ["BLOCKED", "NONSENSE"] });
        let problem = assert_problem(post(&doors.olga, &path, &bad), 422, "invalid").await;
        assert_eq!(places(&problem), ["body.against.1", "body.gate", "body.reason"]);
        let strange = format!("/events/{}/registrations/{}/check-in", doors.event, "00".repeat(16));
        let body = json!({ "gate": "Main entrance", "reason": "a friend" });
        assert_problem(post(&doors.olga, &strange, &body), 404, "not-found").await;
    }

    async fn what_a_door_recorded_is_taken_back_once_and_every_terminal_hears_of_it(url: String) {
        let served = Served::start_at(&url, at_present()).await;
        let doors = Doors::open_now(&served, 2).await;
        let mut left = doors.device("Left").await;
        left.admit(&doors.tickets[0], 0);
        left.push(1).await.unwrap();
        assert_eq!(doors.name(&doors.tickets[1]).await["recorded"]["number"], 2);
        assert_eq!(doors.get("counts").await["zones"][0]["inside"], 2);
        let undo = |number: u64| format!("/events/{}/check-ins/{number}/undo", doors.event);
        let why = json!({ "reason": "wrong person" });

        for (number, device) in [(1, left.facts().device_no.0), (2, 0)] {
            let undoing = doors.olga.post(&undo(number), &why).await.unwrap();
            assert_eq!((&undoing["kind"], &undoing["undoes_device"]), (&json!("undo"), &json!(device)), "{undoing}");
            assert_eq!((&undoing["undoes"], &undoing["counts"]), (&json!(1), &json!(true)));
            assert_problem(post(&doors.olga, &undo(number), &why), 409, "nothing-to-undo").await;
        }
        let counts = doors.get("counts").await;
        assert_eq!((&counts["admitted"], &counts["zones"][0]["inside"]), (&json!(0), &json!(0)));
        let told = movements(&left).await;
        let undone: Vec<MovementKind> = told.iter().map(|m| m.kind).filter(|k| matches!(k, MovementKind::Undo { .. })).collect();
        assert_eq!(undone, [
            MovementKind::Undo { device: left.facts().device_no, seq: Seq(1) },
            MovementKind::Undo { device: DeviceNo(0), seq: Seq(1) },
        ]);
        // Both may come in again, anywhere.
        assert_eq!(doors.name(&doors.tickets[0]).await["verdict"], "admit");
        assert_eq!(doors.name(&doors.tickets[1]).await["verdict"], "admit");
        assert!(doors.list("conflicts").await.is_empty());

        for number in ["0", "99", "x", "18446744073709551615"] {
            let path = format!("/events/{}/check-ins/{number}/undo", doors.event);
            assert_problem(post(&doors.olga, &path, &why), 404, "not-found").await;
        }
        assert_problem(post(&doors.olga, &undo(5), &json!({ "reason": "" })), 422, "invalid").await;
    }

    async fn a_terminal_cannot_take_back_what_another_recorded(url: String) {
        let served = Served::start_at(&url, at_present()).await;
        let doors = Doors::open_now(&served, 1).await;
        let (mut left, mut right) = (doors.device("Left").await, doors.supervisor("Right").await);
        left.admit(&doors.tickets[0], 0);
        left.push(1).await.unwrap();

        let target = sync_protocol::journal::entry::undo_target(left.facts().device_no, Seq(1));
        let ticket = left.journal[0].entry().ticket;
        right.write(sync_protocol::journal::EntryKind::Undo, |entry| {
            (entry.ticket, entry.undo_target) = (ticket, Some(target));
        });
        right.push(1).await.unwrap();

        assert_eq!(doors.get("counts").await["admitted"], 1);
    }

    async fn a_walk_in_is_registered_ticketed_and_let_in_at_once(url: String) {
        let served = Served::start_at(&url, at_the_event()).await;
        let doors = Doors::open(&served, 0).await;
        let path = format!("/events/{}/walk-in", doors.event);
        let body = json!({ "name": "Ada Lovelace", "email": "ada@example.org", "ticket_type": "Regular",
                           "gate": "Main entrance", "payment": "card", "operator": "Eve" });

        let (status, _, came) = answer(post(&doors.olga, &path, &body)).await;

        assert_eq!(status, 201, "{came}");
        assert_eq!((&came["amount"], &came["currency"], &came["payment"]), (&json!(4900), &json!("EUR"), &json!("card")));
        assert_eq!((&came["admission"]["verdict"], &came["admission"]["flags"]), (&json!("admit"), &json!(["WALKIN"])));
        let ticket = came["ticket"].as_str().unwrap();
        assert_eq!(doors.olga.credential(&doors.event, ticket).await.unwrap(), came["credential"].as_str().unwrap());
        let registrations = doors.olga.registrations(&doors.event).await.unwrap();
        assert_eq!((&registrations[0]["name"], &registrations[0]["id"]), (&json!("Ada Lovelace"), &came["registration"]));
        let sales = doors.get("sales").await;
        assert_eq!((&sales["lines"][0]["device"], &sales["lines"][0]["operator"]), (&json!(0), &json!("Eve")));
        assert_eq!(sales["totals"], json!([{ "method": "card", "currency": "EUR", "count": 1, "amount": 4900 }]));
        assert_eq!(sales["lines"][0]["cancelled"], 0);
        // The admission alone is taken back; the ticket stays good.
        let undo = format!("/events/{}/check-ins/1/undo", doors.event);
        doors.olga.post(&undo, &json!({ "reason": "went home" })).await.unwrap();
        assert_eq!(doors.get(&format!("tickets/{ticket}")).await["status"], "valid");
        assert_eq!(doors.name(ticket).await["verdict"], "admit");
        // Who cancels the registration cancels the sale: the till has money to give back.
        let cancel = format!("/events/{}/registrations/{}/cancel", doors.event, came["registration"].as_str().unwrap());
        doors.olga.post(&cancel, &json!({})).await.unwrap();
        let line = &doors.get("sales").await["lines"][0];
        assert_eq!((&line["count"], &line["cancelled"]), (&json!(1), &json!(1)));
    }

    async fn a_walk_in_whom_the_rules_keep_out_leaves_nothing_behind(url: String) {
        let served = Served::start_at(&url, at_the_event()).await;
        let doors = Doors::open(&served, 0).await;
        let path = format!("/events/{}/walk-in", doors.event);
        let at = |gate: &str| json!({ "name": "Ada", "ticket_type": "Speaker", "gate": gate, "payment": "free" });

        let problem = assert_problem(post(&doors.olga, &path, &at("Main entrance")), 409, "not-admitted").await;
        assert_eq!(problem["decision"]["reason"]["code"], "WRONG_GATE");
        let problem = assert_problem(post(&doors.olga, &path, &at("Nowhere")), 422, "invalid").await;
        assert_eq!(places(&problem), ["body.gate"]);
        assert!(doors.olga.registrations(&doors.event).await.unwrap().is_empty());
        assert!(doors.list("check-ins").await.is_empty());

        let mut asking = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let request = post(&doors.olga, &path, &at("Side door"));
            asking.spawn(async move { request.send().await.unwrap().status().as_u16() });
        }
        let mut statuses = asking.join_all().await;
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 201, 201, 409, 409, 409, 409, 409]);
        assert_eq!(doors.get("counts").await["admitted"], 3);
    }

    async fn a_full_hall_takes_nobody_more_until_somebody_leaves(url: String) {
        let served = Served::start_at(&url, at_the_event()).await;
        let olga = served.olga().await;
        let mut small = conference();
        small["zones"][0]["capacity"] = json!(2);
        let event = olga.create_event(&small).await.unwrap();
        let mut tickets = Vec::new();
        for name in ["Ada", "Ben", "Cleo"] {
            let body = json!({ "name": name, "ticket_type": "Regular" });
            tickets.push(olga.register(&event, &body).await.unwrap()["ticket"]["id"].as_str().unwrap().to_owned());
        }
        let path = format!("/events/{event}/verify");
        let mut asking = tokio::task::JoinSet::new();
        for ticket in &tickets {
            let request = olga.request(Method::POST, &path).json(&json!({ "code": ticket, "gate": "Main entrance" }));
            asking.spawn(async move { answer(request).await.2 });
        }
        let answers = asking.join_all().await;
        let kept_out: Vec<&Value> = answers.iter().filter(|a| a["verdict"] == "deny").collect();
        assert_eq!(kept_out.len(), 1);
        assert_eq!(kept_out[0]["reason"]["code"], "ZONE_FULL");
        let inside = answers.iter().find(|a| a["verdict"] == "admit").unwrap();

        let out = json!({ "code": inside["ticket"], "gate": "Main entrance", "direction": "exit" });
        assert_eq!(olga.post(&path, &out).await.unwrap()["verdict"], "admit");
        let again = json!({ "code": kept_out[0]["ticket"], "gate": "Main entrance" });
        assert_eq!(olga.post(&path, &again).await.unwrap()["verdict"], "admit");
    }
}
