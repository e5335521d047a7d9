//! Events that somebody outside asks for.

use harness::on_both_databases;
use harness::organiser::Organiser;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use sqlx::Row as _;
use usher_server::access::Role;

use crate::served::{Served, answer, assert_problem, get, places, post};

fn film_night() -> Value {
    json!({
        "title": " Night of the short film ", "description": "Twelve films\nby students.", "location": "The small hall",
        "time_zone": "Europe/Berlin", "starts": "2027-03-06T19:00:00+01:00", "ends": "2027-03-06T23:30:00+01:00",
        "guests": 180, "contact": { "name": "Grace Hopper", "email": "Grace@Example.com", "phone": "+49 30 123456" },
    })
}

async fn organisation(organiser: &Organiser) -> String {
    organiser.get("/me").await.unwrap()["organisations"][0]["id"].as_str().unwrap().to_owned()
}

/// A proposal by nobody in particular.
fn propose(served: &Served, organisation: &str, body: &Value) -> RequestBuilder {
    let url = format!("{}/api/v1/public/organisations/{organisation}/proposals", served.url);
    reqwest::Client::new().post(url).json(body)
}

async fn notices(served: &Served) -> Vec<String> {
    let mut tx = served.app.database().begin_read().await.unwrap();
    let rows = sqlx::query("SELECT recipient FROM mails WHERE kind = 'notice' ORDER BY id")
        .fetch_all(tx.connection())
        .await
        .unwrap();
    rows.iter().map(|row| row.get("recipient")).collect()
}

on_both_databases! {
    async fn a_proposal_becomes_a_draft_or_is_declined_with_the_reason(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        served.member("paul@example.org", "Example", Role::Promoter).await;
        let organisation = organisation(&olga).await;
        let list = format!("/organisations/{organisation}/proposals");

        let template = olga.request(Method::PUT, &format!("/organisations/{organisation}/task-template"));
        let template = template.header("if-match", "*").json(&json!({ "tasks": [{ "title": "Book the hall", "days_before": 90 }] }));
        assert_eq!(answer(template).await.0, 200);

        let mut ids = Vec::new();
        for _ in 0..2 {
            let (status, _, received) = answer(propose(&served, &organisation, &film_night())).await;
            assert_eq!(status, 201, "{received}");
            assert_eq!(received.as_object().unwrap().len(), 1);
            ids.push(received["id"].as_str().unwrap().to_owned());
        }
        assert_eq!(notices(&served).await, ["olga@example.org", "olga@example.org"]);
        let shown = olga.get(&format!("{list}/{}", ids[0])).await.unwrap();
        assert_eq!((&shown["title"], &shown["state"]), (&json!("Night of the short film"), &json!("open")));
        assert_eq!(shown["contact"], json!({ "name": "Grace Hopper", "email": "grace@example.com", "phone": "+49 30 123456" }));

        let approved = olga.post(&format!("{list}/{}/approve", ids[0]), &json!({})).await.unwrap();
        let event = approved["event"]["id"].as_str().unwrap();
        let event = olga.get(&format!("/events/{event}")).await.unwrap();
        assert_eq!((&event["state"], &event["capacity"]), (&json!("draft"), &json!(180)));
        assert_eq!((&event["name"], &event["starts"]), (&shown["title"], &shown["starts"]));
        assert_eq!((&event["description"], &event["location"]), (&shown["description"], &shown["location"]));
        assert_eq!(approved["proposal"]["event"], event["id"]);
        let tasks = olga.get(&format!("/events/{}/tasks", event["id"].as_str().unwrap())).await.unwrap();
        assert_eq!(tasks["items"].as_array().unwrap().len(), 1);
        assert_eq!((&tasks["items"][0]["title"], &tasks["items"][0]["due"]), (&json!("Book the hall"), &json!("2026-12-06T18:00:00.000Z")));

        let nothing = post(&olga, &format!("{list}/{}/reject", ids[1]), &json!({ "reason": " " }));
        assert_eq!(places(&assert_problem(nothing, 422, "invalid").await), ["body.reason"]);
        let declined = olga.post(&format!("{list}/{}/reject", ids[1]), &json!({ "reason": "The hall is taken" })).await.unwrap();
        assert_eq!((&declined["state"], &declined["reason"]), (&json!("rejected"), &json!("The hall is taken")));
        assert_eq!(notices(&served).await[2..], ["grace@example.com", "grace@example.com"]);
        for id in &ids {
            for step in ["approve", "reject"] {
                let request = post(&olga, &format!("{list}/{id}/{step}"), &json!({ "reason": "Again" }));
                assert_problem(request, 409, "decided").await;
            }
        }
        assert_eq!(olga.list(&list).await.unwrap().len(), 2);
        let rejected = olga.get(&format!("{list}?state=rejected&limit=1")).await.unwrap();
        assert_eq!(rejected["items"][0]["id"], json!(ids[1]));
        assert_eq!(rejected["next"], json!(null));
    }

    async fn proposals_that_will_not_do_are_refused_and_others_do_not_see_any(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let organisation = organisation(&olga).await;
        let nobody = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6e";
        assert_problem(propose(&served, nobody, &film_night()), 404, "not-found").await;
        assert_problem(propose(&served, "x", &film_night()), 404, "not-found").await;
        let wrong = json!({
            "title": "", "description": "x".repeat(2_001), "location": "x".repeat(501), "time_zone": "Mars",
            "starts": "2027-03-06T19:00:00+01:00", "ends": "2027-03-06T18:00:00Z", "guests": 0,
            "contact": { "name": "x".repeat(201), "email": "grace", "phone": "1".repeat(41) },
        });
        let problem = assert_problem(propose(&served, &organisation, &wrong), 422, "invalid").await;
        assert_eq!(places(&problem), [
            "body.title", "body.description", "body.location", "body.contact.name", "body.contact.phone",
            "body.contact.email", "body.time_zone", "body.ends", "body.guests",
        ]);

        let (_, _, received) = answer(propose(&served, &organisation, &film_night())).await;
        let sam = served.organiser("sam@example.org", "Other").await;
        let own = format!("/organisations/{}/proposals", self::organisation(&sam).await);
        let id = received["id"].as_str().unwrap();
        assert_problem(get(&sam, &format!("/organisations/{organisation}/proposals/{id}")), 404, "not-found").await;
        assert_problem(get(&sam, &format!("{own}/{id}")), 404, "not-found").await;
        assert_problem(post(&sam, &format!("{own}/{id}/approve"), &json!({})), 404, "not-found").await;
    }

    async fn two_managers_at_once_make_one_event(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let organisation = organisation(&olga).await;
        let (_, _, received) = answer(propose(&served, &organisation, &film_night())).await;
        let path = format!("/organisations/{organisation}/proposals/{}/approve", received["id"].as_str().unwrap());

        let decisions = (0..4).map(|_| {
            let request = post(&olga, &path, &json!({}));
            tokio::spawn(async move { answer(request).await.0.as_u16() })
        });
        let mut statuses = Vec::new();
        for decision in decisions.collect::<Vec<_>>() {
            statuses.push(decision.await.unwrap());
        }
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409, 409, 409]);
        assert_eq!(olga.list("/events").await.unwrap().len(), 1);
    }
}
