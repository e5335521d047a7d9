//! What an organisation keeps for its events: venues, and what is done before each event.

use harness::on_both_databases;
use reqwest::Method;
use serde_json::json;

use crate::served::{Served, answer, assert_problem, get, own_ids, patch, places, post};

on_both_databases! {
    async fn a_venue_is_made_changed_by_those_who_have_seen_it_and_deleted(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let (_, organisation) = own_ids(&olga).await;
        let path = format!("/organisations/{organisation}/venues");
        let hall = json!({
            "name": "Town hall", "address": "1 Market Square", "time_zone": "Europe/London",
            "zones": [{ "name": "Hall", "capacity": 800 }], "gates": [{ "name": "Main entrance", "zone": "hall" }],
        });

        let response = post(&olga, &path, &hall).send().await.unwrap();
        assert_eq!(response.status(), 201);
        let (tag, at) = (response.headers()["etag"].clone(), response.headers()["location"].to_str().unwrap().to_owned());
        let at = at.strip_prefix("/api/v1").unwrap();
        let made: serde_json::Value = response.json().await.unwrap();
        assert_eq!((&made["zones"], &made["gates"]), (&hall["zones"], &hall["gates"]));

        let change = olga.request(Method::PATCH, at).header("if-match", &tag).json(&json!({ "address": "" }));
        let (status, _, changed) = answer(change).await;
        assert_eq!((status.as_u16(), &changed["address"], &changed["name"]), (200, &json!(""), &json!("Town hall")));
        let late = olga.request(Method::DELETE, at).header("if-match", &tag);
        assert_problem(late, 412, "changed-meanwhile").await;
        assert_eq!(olga.list(&path).await.unwrap(), [changed]);

        let stranger = served.organiser("sam@example.org", "Strangers").await;
        let (_, own) = own_ids(&stranger).await;
        assert_problem(get(&stranger, &at.replace(&organisation, &own)), 404, "not-found").await;

        assert_eq!(answer(olga.request(Method::DELETE, at).header("if-match", "*")).await.0, 204);
        assert_problem(get(&olga, at), 404, "not-found").await;
    }

    async fn everything_wrong_with_a_venue_is_told_at_once(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let (_, organisation) = own_ids(&olga).await;
        let wrong = json!({
            "name": "", "address": "x".repeat(501), "time_zone": "Nowhere", "zones": [{ "name": "A" }, { "name": "a" }],
            "gates": [{ "name": "North", "zone": "B" }, { "name": "South" }],
        });

        let problem = assert_problem(post(&olga, &format!("/organisations/{organisation}/venues"), &wrong), 422, "invalid").await;

        assert_eq!(places(&problem), ["body.name", "body.address", "body.time_zone", "body.zones.1.name",
                                      "body.gates.0.zone", "body.gates.1.zone"]);
        let made = post(&olga, &format!("/organisations/{organisation}/venues"), &json!({ "name": "Hall", "time_zone": "UTC", "zones": [{ "name": "A" }] }));
        let made = answer(made).await.2;
        let at = format!("/organisations/{organisation}/venues/{}", made["id"].as_str().unwrap());
        // A change that is right by itself must also fit what stays.
        let change = patch(&olga, &at, &json!({ "gates": [{ "name": "North", "zone": "B" }] }));
        assert_eq!(places(&assert_problem(change, 422, "invalid").await), ["body.gates.0.zone"]);
    }

    async fn tasks_before_an_event_are_said_all_at_once_by_those_who_have_seen_them(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let (_, organisation) = own_ids(&olga).await;
        let path = format!("/organisations/{organisation}/task-template");
        let seen = get(&olga, &path).send().await.unwrap();
        let tag = seen.headers()["etag"].clone();
        assert_eq!(seen.json::<serde_json::Value>().await.unwrap(), json!({ "tasks": [] }));
        let put = |tasks: serde_json::Value| olga.request(Method::PUT, &path).header("if-match", &tag).json(&json!({ "tasks": tasks }));

        let (status, _, _) = answer(put(json!([{ "title": "Signs", "days_before": 7 }, { "title": "Hall", "days_before": 90 }]))).await;
        assert_eq!(status, 200);
        assert_problem(put(json!([])), 412, "changed-meanwhile").await;
        assert_problem(put(json!([{ "title": "Hall", "days_before": 731 }])), 422, "invalid").await;
        assert_eq!(olga.get(&path).await.unwrap(),
                   json!({ "tasks": [{ "title": "Hall", "days_before": 90 }, { "title": "Signs", "days_before": 7 }] }));

        let id = organisation.parse().unwrap();
        let mut tx = served.app.database().begin_read().await.unwrap();
        let tasks = usher_server::organisations::task_template(&mut tx, id).await.unwrap();
        assert_eq!((tasks[0].title.as_str(), tasks[0].days_before), ("Hall", 90));
        assert!(usher_server::organisations::needs_approval(&mut tx, id).await.unwrap());
    }
}
