//! What belongs to one organisation does not exist for another, nor for nobody.

use harness::on_both_databases;
use reqwest::Method;
use serde_json::json;

use crate::served::{Served, answer, assert_problem, conference};

on_both_databases! {
    async fn another_organisations_things_do_not_exist(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let event = olga.create_event(&conference()).await.unwrap();
        let body = json!({ "name": "Ada", "ticket_type": "Regular" });
        let registration = olga.register(&event, &body).await.unwrap();
        let id = registration["id"].as_str().unwrap();
        let ticket = registration["ticket"]["id"].as_str().unwrap();
        let stranger = served.organiser("sam@example.org", "Strangers").await;
        let own = stranger.create_event(&conference()).await.unwrap();

        let reads = [
            format!("/events/{event}"),
            format!("/events/{event}/registrations"),
            format!("/events/{event}/registrations/{id}"),
            format!("/events/{own}/registrations/{id}"),
            format!("/events/{event}/tickets/{ticket}"),
            format!("/events/{own}/tickets/{ticket}"),
            format!("/events/{event}/tickets/{ticket}/credential"),
            format!("/events/{event}/tickets/{ticket}/qr.svg"),
            format!("/events/{event}/tickets/{ticket}/qr.png"),
        ];
        for path in &reads {
            assert_problem(stranger.request(Method::GET, path), 404, "not-found").await;
        }
        assert_problem(stranger.request(Method::POST, &format!("/events/{event}/registrations")).json(&body), 404, "not-found").await;
        let import = format!("/events/{event}/registrations/import");
        let import = stranger.request(Method::POST, &import).header("content-type", "text/csv").body("name\nAda\n");
        assert_problem(import, 404, "not-found").await;
        for change in ["cancel", "block", "unblock", "reissue"] {
            for of in [&event, &own] {
                let path = format!("/events/{of}/tickets/{ticket}/{change}");
                assert_problem(stranger.request(Method::POST, &path), 404, "not-found").await;
            }
        }
        assert_eq!(stranger.list("/events").await.unwrap().len(), 1);
        assert_eq!(olga.get(&format!("/events/{event}/tickets/{ticket}")).await.unwrap()["status"], "valid");
        assert_eq!(olga.registrations(&event).await.unwrap().len(), 1);

        // A colleague of the same organisation sees everything.
        let colleague = served.organiser("carl@example.org", "Example").await;
        for path in reads.iter().filter(|path| !path.contains(&own)) {
            assert_eq!(answer(colleague.request(Method::GET, path)).await.0, 200);
        }
    }

    async fn without_a_session_nothing_is_told(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let event = olga.create_event(&conference()).await.unwrap();
        let http = reqwest::Client::new();

        let long = "ab".repeat(5_000);
        let zeros = "00".repeat(32);
        for authorization in ["", "Bearer", "Bearer ", "Bearer zz", "Basic b2xnYTpwYXNz", &format!("Bearer {zeros}"), &format!("Bearer {long}")] {
            for path in ["/me".to_owned(), "/events".to_owned(), format!("/events/{event}")] {
                let request = http.get(format!("{}/api/v1{path}", served.url)).header("authorization", authorization);
                assert_problem(request, 401, "unauthorized").await;
            }
        }
        let unknown_event = http.post(format!("{}/api/v1/events", served.url)).json(&conference());
        assert_problem(unknown_event, 401, "unauthorized").await;
    }
}
