//! Changing events, and deleting them.

use harness::device::Device;
use harness::on_both_databases;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use sync_protocol::feed::{Form, Kind};
use sync_protocol::policy::Policy;

use crate::doors::Doors;
use crate::served::{Served, answer, assert_problem, conference, get, places, post};

/// A change of an event by somebody who has seen `version`.
fn change(doors: &Doors, version: &str, patch: &Value) -> RequestBuilder {
    let path = format!("/events/{}", doors.event);
    doors.olga.request(Method::PATCH, &path).header("if-match", version).json(patch)
}

/// The newest rules that a device is told, and how far its list goes.
async fn policy(device: &Device) -> (Policy, u64) {
    let pulled = device.pull(device.beginning(), 1_000).await.unwrap();
    let told = pulled.records.iter().rev().find(|record| record.kind == Kind::Policy).unwrap();
    let Form::Body(body) = &told.form else { panic!("no body") };
    (Policy::decode(body).unwrap(), pulled.records.last().unwrap().seq.0)
}

on_both_databases! {
    async fn everything_that_an_event_takes_is_kept_and_shown(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let mut event = conference();
        for (field, value) in [
            ("description", json!(" Two days.\r\n\r\nAnd a workshop.\n")),
            ("location", json!("Kongresshalle,\tBerlin")),
            ("capacity", json!(1_000_000)),
            ("cancel_until", json!("2037-11-14T00:00:00+01:00")),
            ("questions", json!([{ "key": "meal", "label": "Meal?", "required": true, "choices": ["meat", "vegan"] }])),
        ] {
            event[field] = value;
        }
        for (field, value) in [
            ("sale", json!({ "from": "2037-09-01T10:00:00+02:00", "until": "2037-11-21T09:00:00+01:00" })),
            ("per_person", json!(4)),
            ("access_code", json!(" on-stage ")),
            ("attention", json!(true)),
            ("needs_approval", json!(true)),
            ("has_waitlist", json!(true)),
        ] {
            event["ticket_types"][1][field] = value;
        }

        let made = olga.post("/events", &event).await.unwrap();

        assert_eq!(made["state"], "draft");
        assert_eq!(made["description"], "Two days.\n\nAnd a workshop.");
        assert_eq!(made["location"], "Kongresshalle, Berlin");
        assert_eq!(made["capacity"], 1_000_000);
        assert_eq!(made["cancel_until"], "2037-11-13T23:00:00.000Z");
        assert_eq!(made["questions"][0]["choices"], json!(["meat", "vegan"]));
        let speaker = &made["ticket_types"][1];
        assert_eq!(speaker["sale"]["from"], "2037-09-01T08:00:00.000Z");
        assert_eq!((&speaker["per_person"], &speaker["access_code"]), (&json!(4), &json!("on-stage")));
        assert!(["attention", "needs_approval", "has_waitlist"].iter().all(|flag| speaker[flag] == true));
        assert_eq!(olga.get(&format!("/events/{}", made["id"].as_str().unwrap())).await.unwrap(), made);
    }

    async fn what_is_out_of_bounds_is_named(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let mut event = conference();
        event["description"] = json!("x".repeat(2_001));
        event["location"] = json!("x".repeat(501));
        event["capacity"] = json!(0);
        event["cancel_until"] = json!("2037-11-23T00:00:00+01:00");
        event["questions"] = json!([
            { "key": "Meal", "label": "" }, { "key": "a", "label": "A", "choices": ["x", "x"] }, { "key": "a", "label": "B" },
        ]);
        event["zones"][0]["id"] = json!(7);
        event["ticket_types"][1]["quota"] = json!(1_000_001);
        event["ticket_types"][1]["per_person"] = json!(101);
        event["ticket_types"][1]["access_code"] = json!("abc");
        event["ticket_types"][1]["sale"] = json!({ "from": "2037-09-01T10:00:00Z", "until": "2037-09-01T10:00:00Z" });

        let problem = assert_problem(post(&olga, "/events", &event), 422, "invalid").await;

        assert_eq!(places(&problem), [
            "body.description", "body.location", "body.capacity", "body.cancel_until", "body.questions.0.key",
            "body.questions.0.label", "body.questions.1.choices.1", "body.questions.2.key", "body.zones.0.id",
            "body.ticket_types.1.quota", "body.ticket_types.1.per_person", "body.ticket_types.1.sale.until",
            "body.ticket_types.1.access_code",
        ]);
    }

    async fn only_who_has_seen_an_event_changes_it(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 0).await;
        let path = format!("/events/{}", doors.event);
        let shown = get(&doors.olga, &path).send().await.unwrap();
        let version = shown.headers()["etag"].to_str().unwrap().to_owned();

        let blind = doors.olga.request(Method::PATCH, &path).json(&json!({ "location": "Here" }));
        assert_problem(blind, 428, "if-match-required").await;
        let changed = change(&doors, &version, &json!({ "location": "Here" })).send().await.unwrap();
        assert_eq!(changed.status(), StatusCode::OK);
        let next = changed.headers()["etag"].to_str().unwrap().to_owned();
        assert_ne!(next, version);
        assert_problem(change(&doors, &version, &json!({ "location": "There" })), 412, "changed-meanwhile").await;
        assert_eq!(doors.olga.get(&path).await.unwrap()["location"], "Here");

        // A change that changes nothing is none.
        let same = change(&doors, "*", &json!({ "location": " Here " })).send().await.unwrap();
        assert_eq!(same.headers()["etag"].to_str().unwrap(), next);
        assert_problem(change(&doors, &next, &json!({ "nonsense": 1 })), 422, "invalid").await;
        assert_problem(change(&doors, &next, &json!({ "name": null })), 422, "invalid").await;
        assert_problem(change(&doors, &next, &json!([])), 422, "invalid").await;
    }

    async fn many_changes_at_once_are_all_there_or_refused(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 0).await;
        let path = format!("/events/{}", doors.event);

        let changes = (0..8).map(|number| {
            let request = change(&doors, "\"1\"", &json!({ "location": format!("Hall {number}") }));
            tokio::spawn(async move { answer(request).await.0.as_u16() })
        });
        let mut statuses = Vec::new();
        for change in changes.collect::<Vec<_>>() {
            statuses.push(change.await.unwrap());
        }
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412, 412, 412, 412, 412, 412, 412]);
        assert_eq!(get(&doors.olga, &path).send().await.unwrap().headers()["etag"], "\"2\"");
    }

    async fn doors_learn_what_they_must_know_and_numbers_stay(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 1).await;
        let device = doors.device("Left").await;
        let (before, end) = policy(&device).await;

        // What only the public is told is no news for doors.
        assert_eq!(answer(change(&doors, "*", &json!({ "description": "Talks", "capacity": 10 }))).await.0, 200);
        assert_eq!(policy(&device).await, (before.clone(), end));

        let patch = json!({
            "zones": [{ "id": 0, "name": "Great hall", "capacity": 900 }, { "name": "Cellar" }],
            "gates": [{ "name": "Back door", "zone": "Cellar" }, { "name": "MAIN entrance", "zone": "Hall" }],
            "ticket_types": [{ "name": "Crew", "gates": ["back door"] }, { "id": 0, "name": "Standard" }],
            "switches": { "admit_unpaid": false },
        });
        let (status, _, changed) = answer(change(&doors, "*", &patch)).await;
        assert_eq!(status, 200, "{changed}");
        let (after, new_end) = policy(&device).await;
        assert_eq!(new_end, end + 1);
        let zones: Vec<_> = after.zones.iter().map(|zone| (zone.id.0, zone.name.as_str())).collect();
        assert_eq!(zones, [(0, "Great hall"), (1, "Cellar")]);
        let gates: Vec<_> = after.gates.iter().map(|gate| (gate.id.0, gate.name.as_str(), gate.zone.0)).collect();
        assert_eq!(gates, [(2, "Back door", 1), (0, "MAIN entrance", 0)]);
        let classes: Vec<_> = after.classes.iter().map(|class| (class.id.0, class.name.as_str())).collect();
        assert_eq!(classes, [(2, "Crew"), (0, "Standard")]);
        assert_eq!(after.switches.home_gates, before.switches.home_gates);

        // A number that was taken away is never given again.
        let back = json!({ "ticket_types": [{ "id": 0, "name": "Standard" }] });
        assert_eq!(answer(change(&doors, "*", &back)).await.0, 200);
        let again = json!({ "ticket_types": [{ "id": 0, "name": "Standard" }, { "name": "Crew" }] });
        let (_, _, changed) = answer(change(&doors, "*", &again)).await;
        assert_eq!(changed["ticket_types"][1]["id"], 3);
    }

    async fn what_is_in_use_stays_and_places_that_are_taken_too(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 3).await;
        let code = json!({ "name": "Side", "confirmed": true, "gates": ["Side door"] });
        let code = doors.code(code).await;
        Device::enrol(&doors.url, code["code"].as_str().unwrap()).await.unwrap();

        let patch = json!({
            "ticket_types": [{ "name": "Speaker" }],
            "gates": [{ "name": "Main entrance" }],
        });
        let problem = assert_problem(change(&doors, "*", &patch), 409, "in-use").await;
        assert_eq!(problem["in_use"], json!([
            { "kind": "ticket_type", "name": "Regular", "by": "tickets" },
            { "kind": "gate", "name": "Side door", "by": "devices" },
        ]));

        let patch = json!({
            "capacity": 2,
            "ticket_types": [{ "name": "Regular", "quota": 2 }, { "name": "Speaker" }],
        });
        let problem = assert_problem(change(&doors, "*", &patch), 409, "taken").await;
        assert_eq!(problem["taken"], json!([
            { "ticket_type": "Regular", "taken": 3, "wanted": 2 }, { "ticket_type": null, "taken": 3, "wanted": 2 },
        ]));
        let patch = json!({
            "capacity": 3,
            "ticket_types": [{ "name": "Regular", "quota": 3 }, { "name": "Speaker" }],
        });
        assert_eq!(answer(change(&doors, "*", &patch)).await.0, 200);
        let full = json!({ "name": "Late", "ticket_type": "Regular" });
        assert_problem(post(&doors.olga, &format!("/events/{}/registrations", doors.event), &full), 409, "sold-out").await;
    }

    async fn an_event_that_nobody_knows_of_is_deleted_and_every_other_is_not(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 1).await;
        let delete = |event: &str| {
            doors.olga.request(Method::DELETE, &format!("/events/{event}")).header("if-match", "*")
        };
        assert_problem(delete(&doors.event), 409, "in-use").await;

        let fresh = doors.olga.create_event(&conference()).await.unwrap();
        doors.olga.enrolment_code(&fresh, &json!({ "name": "Left" })).await.unwrap();
        doors.olga.post(&format!("/events/{fresh}/tasks"), &json!({ "title": "Order the stage" })).await.unwrap();
        doors.olga.post(&format!("/events/{fresh}/submit"), &json!({})).await.unwrap();
        let blind = doors.olga.request(Method::DELETE, &format!("/events/{fresh}"));
        assert_problem(blind, 428, "if-match-required").await;
        assert_eq!(answer(delete(&fresh)).await.0, 204);
        assert_problem(delete(&fresh), 404, "not-found").await;
        assert_eq!(doors.olga.list("/events").await.unwrap().len(), 1);
    }

    async fn an_organisations_events_are_found_by_state_text_and_time(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let mut ids = Vec::new();
        for (name, place, day) in [("Café Müller", "Köln", 3), ("Open Air", "Zürich", 1), ("100% Rust", "Berlin", 2)] {
            let mut event = conference();
            event["name"] = json!(name);
            event["location"] = json!(place);
            event["starts"] = json!(format!("2037-12-0{day}T10:00:00Z"));
            event["ends"] = json!(format!("2037-12-0{day}T12:00:00Z"));
            ids.push(olga.create_event(&event).await.unwrap());
        }
        olga.post(&format!("/events/{}/submit", ids[1]), &json!({})).await.unwrap();
        let names = async |query: &str| {
            let items = olga.list(&format!("/events?{query}")).await.unwrap();
            items.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };

        assert_eq!(names("order=begin").await, ["Open Air", "100% Rust", "Café Müller"]);
        assert_eq!(names("state=submitted").await, ["Open Air"]);
        assert_eq!(names("q=cafe%20mu").await, ["Café Müller"]);
        assert_eq!(names("q=ZURICH").await, ["Open Air"]);
        assert_eq!(names("q=0%25%20r").await, ["100% Rust"]);
        assert_eq!(names("q=%25").await, ["100% Rust"]);
        assert_eq!(names("order=begin&from=2037-12-02T11:00:00Z&until=2037-12-03T10:00:00Z").await, ["100% Rust"]);
        for wrong in ["state=gone", "from=yesterday", "order=random"] {
            assert_problem(get(&olga, &format!("/events?{wrong}")), 422, "invalid").await;
        }

        let mut seen = Vec::new();
        let mut path = "/events?order=begin&limit=1".to_owned();
        loop {
            let page = olga.get(&path).await.unwrap();
            seen.push(page["items"][0]["name"].as_str().unwrap().to_owned());
            let Some(next) = page["next"].as_str() else { break };
            path = format!("/events?order=begin&limit=1&cursor={next}");
        }
        assert_eq!(seen, ["Open Air", "100% Rust", "Café Müller"]);
    }
}
