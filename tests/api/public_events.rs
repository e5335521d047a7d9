//! What the public sees of events.

use harness::on_both_databases;
use harness::organiser::Organiser;
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use sync_protocol::time::UnixMillis;
use usher_server::clock::Clock;

use crate::served::{Served, answer, assert_problem, conference};

/// 1 October 2037, when the events of these tests are still to come.
const OCTOBER: UnixMillis = UnixMillis(2_137_968_000_000);

/// Makes an event and publishes it.
async fn publish(organiser: &Organiser, event: &Value) -> String {
    let id = organiser.create_event(event).await.unwrap();
    for step in ["submit", "approve", "publish"] {
        organiser.post(&format!("/events/{id}/{step}"), &json!({})).await.unwrap();
    }
    id
}

/// A request by nobody in particular.
fn public(served: &Served, path: &str) -> RequestBuilder {
    reqwest::Client::new().get(format!("{}/api/v1/public{path}", served.url))
}

async fn names(served: &Served, query: &str) -> Vec<String> {
    let (status, _, page) = answer(public(served, &format!("/events?{query}"))).await;
    assert_eq!(status, 200, "{page}");
    page["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

fn on_day(name: &str, place: &str, day: u8) -> Value {
    let mut event = conference();
    event["name"] = json!(name);
    event["location"] = json!(place);
    event["starts"] = json!(format!("2037-12-{day:02}T10:00:00Z"));
    event["ends"] = json!(format!("2037-12-{day:02}T12:00:00Z"));
    event
}

on_both_databases! {
    async fn only_published_events_are_public_and_they_are_found(url: String) {
        let served = Served::start_at(&url, Clock::fixed(OCTOBER)).await;
        let olga = served.olga().await;
        let sam = served.organiser("sam@example.org", "Other").await;
        publish(&olga, &on_day("Café Müller", "Köln", 3)).await;
        publish(&sam, &on_day("Open Air", "Zürich", 1)).await;
        let rust = publish(&olga, &on_day("100% Rust", "Berlin", 2)).await;
        let draft = olga.create_event(&on_day("Secret", "Nowhere", 1)).await.unwrap();

        assert_eq!(names(&served, "").await, ["Open Air", "100% Rust", "Café Müller"]);
        assert_eq!(names(&served, "q=cafe").await, ["Café Müller"]);
        assert_eq!(names(&served, "q=ZURICH").await, ["Open Air"]);
        assert_eq!(names(&served, "q=secret").await, [""; 0]);
        assert_eq!(names(&served, "from=2037-12-01T12:00:00Z&until=2037-12-03T10:00:00Z").await, ["100% Rust"]);
        let (_, _, page) = answer(public(&served, "/events?q=rust")).await;
        assert_eq!(page["items"][0]["organisation_name"], "Example");
        let organisation = page["items"][0]["organisation"].as_str().unwrap();
        assert_eq!(names(&served, &format!("organisation={organisation}")).await, ["100% Rust", "Café Müller"]);
        assert_problem(public(&served, &format!("/events/{draft}")), 404, "not-found").await;
        assert_problem(public(&served, "/events/nonsense"), 404, "not-found").await;
        for wrong in ["organisation=x", "from=now", "limit=0", "state=draft"] {
            assert_problem(public(&served, &format!("/events?{wrong}")), 422, "invalid").await;
        }

        // What is hidden again, or over, is gone.
        olga.post(&format!("/events/{rust}/unpublish"), &json!({})).await.unwrap();
        assert_problem(public(&served, &format!("/events/{rust}")), 404, "not-found").await;
        served.app.clock().set(UnixMillis(OCTOBER.0 + 61 * 86_400_000 + 13 * 3_600_000));
        assert_eq!(names(&served, "").await, ["Café Müller"]);
        assert_eq!(names(&served, "from=2037-01-01T00:00:00Z").await, ["Open Air", "Café Müller"]);
    }

    async fn the_public_list_comes_in_pages(url: String) {
        let served = Served::start_at(&url, Clock::fixed(OCTOBER)).await;
        let olga = served.olga().await;
        for number in 0..5 {
            // Some begin at the same time.
            publish(&olga, &on_day(&format!("Event {number}"), "", 1 + number / 2)).await;
        }

        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let (_, _, page) = answer(public(&served, &format!("/events?limit=2{cursor}"))).await;
            seen.extend(page["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()));
            let Some(next) = page["next"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }

        assert_eq!(seen.len(), 5);
        seen.sort();
        assert_eq!(seen, ["Event 0", "Event 1", "Event 2", "Event 3", "Event 4"]);
    }

    async fn an_event_tells_what_can_be_had_and_hides_what_a_code_opens(url: String) {
        let served = Served::start_at(&url, Clock::fixed(OCTOBER)).await;
        let olga = served.olga().await;
        let mut event = conference();
        event["questions"] = json!([{ "key": "meal", "label": "Meal?" }]);
        event["ticket_types"] = json!([
            { "name": "Regular", "price": { "amount": 4900, "currency": "EUR" } },
            { "name": "Three", "quota": 3 },
            { "name": "Late", "sale": { "from": "2037-10-02T00:00:00Z", "until": "2037-10-03T00:00:00Z" } },
            { "name": "Early", "sale": { "from": "2037-09-01T00:00:00Z", "until": "2037-10-01T00:00:00Z" } },
            { "name": "Friends", "access_code": "friends-2037" },
        ]);
        let id = publish(&olga, &event).await;
        let shown = async |query: &str| {
            let (status, _, body) = answer(public(&served, &format!("/events/{id}{query}"))).await;
            assert_eq!(status, 200, "{body}");
            body
        };
        let availability = |body: &Value| {
            let types = body["ticket_types"].as_array().unwrap().iter();
            types.map(|t| format!("{} {}", t["name"].as_str().unwrap(), t["availability"].as_str().unwrap())).collect::<Vec<_>>()
        };

        let body = shown("").await;
        assert_eq!(availability(&body), ["Regular available", "Three available", "Late not_yet", "Early over"]);
        assert_eq!(body["ticket_types"][0]["price"], json!({ "amount": 4900, "currency": "EUR" }));
        assert_eq!(body["questions"][0]["key"], "meal");
        assert_eq!(body["cancel_until"], "2037-11-21T08:00:00.000Z");
        let text = body.to_string();
        assert!(!text.contains("friends-2037") && !text.contains("Friends") && !text.contains("quota"), "{text}");
        assert_eq!(shown("?access_code=friends-2025").await["ticket_types"].as_array().unwrap().len(), 4);
        assert_eq!(shown("?access_code=friends-2037").await["ticket_types"][4]["name"], "Friends");

        let register = async |name: &str| {
            olga.register(&id, &json!({ "name": name, "ticket_type": "Three" })).await.unwrap();
        };
        register("Ada").await;
        assert_eq!(shown("").await["ticket_types"][1]["availability"], "few");
        register("Bob").await;
        register("Eve").await;
        assert_eq!(shown("").await["ticket_types"][1]["availability"], "sold_out");
        let patch = olga.request(reqwest::Method::PATCH, &format!("/events/{id}")).header("if-match", "*");
        assert_eq!(answer(patch.json(&json!({ "capacity": 3 }))).await.0, 200);
        assert_eq!(shown("").await["ticket_types"][0]["availability"], "sold_out");
    }
}
