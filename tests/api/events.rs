//! Making and showing events.

use harness::on_both_databases;
use serde_json::json;

use crate::served::{Served, assert_problem, conference, get, places, post};

on_both_databases! {
    async fn an_event_is_shown_as_it_was_made(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;

        let made = olga.post("/events", &conference()).await.unwrap();
        let id = made["id"].as_str().unwrap();
        let shown = olga.get(&format!("/events/{id}")).await.unwrap();

        assert_eq!(shown, made);
        assert_eq!(shown["starts"], "2037-11-21T08:00:00.000Z");
        assert_eq!(shown["gates"][1], json!({ "id": 1, "name": "Side door", "zone": "Hall" }));
        assert_eq!(shown["ticket_types"][0]["uses"]["limit"], json!(null));
        assert_eq!(shown["ticket_types"][0]["re_entry"], "after_exit");
        assert_eq!(shown["ticket_types"][1]["gates"], json!(["Side door"]));
        assert_eq!(shown["ticket_types"][1]["uses"]["limit"], 1);
        assert_eq!(shown["ticket_types"][1]["quota"], 3);
        assert_eq!(shown["limits"]["repeat_ms"], 5000);
        assert_eq!(shown["switches"]["home_gates"], json!(["Main entrance"]));
    }

    async fn events_come_in_pages(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let mut made = Vec::new();
        for _ in 0..5 {
            made.push(olga.create_event(&conference()).await.unwrap());
        }

        let first = olga.get("/events?limit=2").await.unwrap();
        assert_eq!(first["items"].as_array().unwrap().len(), 2);
        let next = first["next"].as_str().unwrap();
        let second = olga.get(&format!("/events?limit=2&cursor={next}")).await.unwrap();
        let next = second["next"].as_str().unwrap();
        let third = olga.get(&format!("/events?limit=2&cursor={next}")).await.unwrap();
        assert_eq!(third["next"], json!(null));

        let pages = [first, second, third];
        let ids: Vec<_> = pages.iter().flat_map(|page| page["items"].as_array().unwrap()).map(|e| &e["id"]).collect();
        // Ids of one millisecond are in no order, but each is there once.
        assert_eq!(ids.len(), 5);
        assert!(made.iter().all(|id| ids.contains(&&json!(id))));
    }

    async fn everything_wrong_with_an_event_is_said_at_once(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let mut event = conference();
        event["name"] = json!("x".repeat(201));
        event["time_zone"] = json!("Europe/Nowhere");
        event["ends"] = json!("2037-11-21");
        event["gates"][0]["zone"] = json!("Cellar");
        event["ticket_types"][1]["name"] = json!("REGULAR");

        let problem = assert_problem(post(&olga, "/events", &event), 422, "invalid").await;

        let expected = ["body.name", "body.time_zone", "body.ends", "body.gates.0.zone", "body.ticket_types.1.name"];
        assert_eq!(places(&problem), expected);
        assert_eq!(olga.list("/events").await.unwrap().len(), 0);
    }

    async fn pages_that_cannot_be_are_refused(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;

        for query in ["limit=0", "limit=501", "limit=x", "cursor=!", "cursor=AAAA", "page=2"] {
            assert_problem(get(&olga, &format!("/events?{query}")), 422, "invalid").await;
        }
    }
}
