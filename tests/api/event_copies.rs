//! Copies of events, and what has to be done for them.

use harness::on_both_databases;
use reqwest::Method;
use serde_json::json;

use crate::served::{Served, answer, assert_problem, conference, places, post};

on_both_databases! {
    async fn a_copy_is_the_same_at_another_time_without_its_attendees(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let mut event = conference();
        event["cancel_until"] = json!("2037-11-14T00:00:00+01:00");
        event["supervisors"] = json!([{ "name": "Ada", "pin": "471100" }]);
        event["ticket_types"][0]["sale"] = json!({ "from": "2037-09-01T10:00:00+02:00", "until": "2037-11-21T09:00:00+01:00" });
        let event = olga.create_event(&event).await.unwrap();
        olga.register(&event, &json!({ "name": "Ada", "ticket_type": "Regular" })).await.unwrap();
        olga.post(&format!("/events/{event}/submit"), &json!({})).await.unwrap();
        let due = json!({ "title": "Order the stage", "due": "2037-10-21T12:00:00+02:00" });
        olga.post(&format!("/events/{event}/tasks"), &due).await.unwrap();

        let body = json!({ "starts": "2027-07-10T09:00:00+02:00", "name": " RustConf  2027 " });
        let copy = olga.post(&format!("/events/{event}/copy"), &body).await.unwrap();

        let id = copy["id"].as_str().unwrap();
        assert_ne!(id, event);
        assert_eq!((&copy["name"], &copy["state"]), (&json!("RustConf  2027"), &json!("draft")));
        // By the clocks in Berlin, also where summer time has come between.
        assert_eq!(copy["starts"], "2027-07-10T07:00:00.000Z");
        assert_eq!(copy["ends"], "2027-07-11T16:00:00.000Z");
        assert_eq!(copy["cancel_until"], "2027-07-02T22:00:00.000Z");
        assert_eq!(copy["ticket_types"][0]["windows"][0]["from"], "2027-07-10T06:00:00.000Z");
        assert_eq!(copy["ticket_types"][0]["sale"]["from"], "2027-04-20T08:00:00.000Z");
        assert_eq!(copy["supervisors"], json!([{ "name": "Ada" }]));
        assert_eq!(copy["gates"], olga.get(&format!("/events/{event}")).await.unwrap()["gates"]);
        assert!(olga.registrations(id).await.unwrap().is_empty());
        let tasks = olga.get(&format!("/events/{id}/tasks")).await.unwrap();
        assert_eq!(tasks["items"][0]["title"], "Order the stage");
        assert_eq!(tasks["items"][0]["due"], "2027-06-09T10:00:00.000Z");
        // It has keys of its own: a ticket of one is none of the other.
        let ada = olga.register(id, &json!({ "name": "Ada", "ticket_type": "Regular" })).await.unwrap();
        let ticket = ada["ticket"]["id"].as_str().unwrap();
        assert_eq!(olga.credential(id, ticket).await.unwrap().len(), 122);

        let copy = format!("/events/{event}/copy");
        let wrong = assert_problem(post(&olga, &copy, &json!({ "starts": "tomorrow" })), 422, "invalid").await;
        assert_eq!(places(&wrong), ["body.starts"]);
        let wrong = json!({ "starts": "2027-07-10T09:00:00+02:00", "name": " " });
        assert_eq!(places(&assert_problem(post(&olga, &copy, &wrong), 422, "invalid").await), ["body.name"]);
    }

    async fn tasks_are_written_down_done_and_struck_off(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let event = olga.create_event(&conference()).await.unwrap();
        let other = olga.create_event(&conference()).await.unwrap();
        let path = format!("/events/{event}/tasks");

        let first = olga.post(&path, &json!({ "title": " Order  the stage " })).await.unwrap();
        olga.post(&path, &json!({ "title": "Print the signs", "due": "2037-10-01T12:00:00+02:00" })).await.unwrap();
        let wrong = json!({ "title": "", "due": "soon" });
        assert_eq!(places(&assert_problem(post(&olga, &path, &wrong), 422, "invalid").await), ["body.title", "body.due"]);
        let task = format!("{path}/{}", first["id"].as_str().unwrap());
        let change = |seen: &'static str, patch| {
            olga.request(Method::PATCH, &task).header("if-match", seen).json(&patch)
        };
        assert_problem(olga.request(Method::PATCH, &task).json(&json!({ "done": true })), 428, "if-match-required").await;
        let (_, _, done) = answer(change("\"1\"", json!({ "done": true, "due": "2037-09-01T00:00:00Z" }))).await;
        assert_eq!((&done["done"], &done["due"], &done["version"]), (&json!(true), &json!("2037-09-01T00:00:00.000Z"), &json!(2)));
        assert_problem(change("\"1\"", json!({ "done": false })), 412, "changed-meanwhile").await;
        let (_, _, open) = answer(change("\"2\"", json!({ "done": false, "due": null }))).await;
        assert_eq!((&open["done_at"], &open["due"], &open["title"]), (&json!(null), &json!(null), &first["title"]));

        let elsewhere = format!("/events/{other}/tasks/{}", first["id"].as_str().unwrap());
        let elsewhere = olga.request(Method::DELETE, &elsewhere).header("if-match", "*");
        assert_problem(elsewhere, 404, "not-found").await;
        assert_eq!(answer(olga.request(Method::DELETE, &task).header("if-match", "\"3\"")).await.0, 204);
        let left = olga.get(&path).await.unwrap();
        assert_eq!(left["items"].as_array().unwrap().len(), 1);
        assert_eq!(left["items"][0]["title"], "Print the signs");
    }
}
