//! Requests that make no sense are answered by a problem, change nothing, and never by a failure of the server.

use harness::on_both_databases;
use reqwest::Method;
use serde_json::{Value, json};

use crate::served::{Served, answer, assert_problem, conference, places};

on_both_databases! {
    async fn bodies_that_make_no_sense_are_problems(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let event = olga.create_event(&conference()).await.unwrap();
        let takers = [
            "/sessions".to_owned(),
            "/events".to_owned(),
            format!("/events/{event}/registrations"),
        ];
        for path in &takers {
            let post = || olga.request(Method::POST, path);
            let json = |body: &str| post().header("content-type", "application/json").body(body.to_owned());

            assert_problem(json("{"), 400, "not-json").await;
            assert_problem(json(""), 400, "not-json").await;
            assert_problem(json("\u{0}"), 400, "not-json").await;
            assert_problem(json(&"[".repeat(200_000)), 422, "invalid").await;
            assert_problem(json("[]"), 422, "invalid").await;
            assert_problem(json("null"), 422, "invalid").await;
            assert_problem(json("\"text\""), 422, "invalid").await;
            assert_problem(json("{\"nonsense\": 1}"), 422, "invalid").await;
            assert_problem(json(&format!("\"{}\"", "x".repeat(1 << 20))), 413, "too-large").await;
            assert_problem(post().body("{}"), 415, "unsupported-media-type").await;
            assert_problem(post().header("content-type", "text/plain").body("{}"), 415, "unsupported-media-type").await;
            assert_problem(olga.request(Method::PATCH, path), 405, "method-not-allowed").await;
        }
    }

    async fn every_field_of_a_wrong_type_is_named(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let event = olga.create_event(&conference()).await.unwrap();

        let cases = [
            ("name", json!(1)), ("email", json!([])), ("phone", json!({})), ("ticket_type", json!(7)),
            ("note", json!(false)), ("status", json!(1)), ("attention", json!("yes")), ("id_check", json!(1)),
        ];
        for (field, value) in cases {
            let mut body = json!({ "name": "Ada", "ticket_type": "Regular" });
            body[field] = value;
            let request = olga.request(Method::POST, &format!("/events/{event}/registrations")).json(&body);
            let problem = assert_problem(request, 422, "invalid").await;
            assert_eq!(places(&problem), [format!("body.{field}")]);
        }

        let mut body = conference();
        body["ticket_types"][1]["uses"] = json!({ "limit": -1 });
        let problem = assert_problem(olga.request(Method::POST, "/events").json(&body), 422, "invalid").await;
        assert_eq!(places(&problem), ["body.ticket_types.1.uses.limit"]);
        assert!(olga.registrations(&event).await.unwrap().is_empty());
    }

    async fn values_out_of_bounds_are_refused_and_odd_text_is_kept(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let event = olga.create_event(&conference()).await.unwrap();
        let path = format!("/events/{event}/registrations");
        let with = |field: &str, value: Value| {
            let mut body = json!({ "name": "Ada", "ticket_type": "Regular" });
            body[field] = value;
            olga.request(Method::POST, &path).json(&body)
        };

        for (field, value) in [
            ("name", json!("")),
            ("name", json!(" \t ")),
            ("name", json!("x".repeat(201))),
            ("note", json!("x".repeat(501))),
            ("phone", json!("1".repeat(41))),
            ("external_id", json!("x".repeat(101))),
            ("email", json!("ada")),
            ("email", json!("a@b c")),
            ("ticket_type", json!("Backstage")),
            ("status", json!("blocked")),
        ] {
            let problem = assert_problem(with(field, value), 422, "invalid").await;
            assert_eq!(places(&problem), [format!("body.{field}")]);
        }

        // Text that databases and terminals stumble over, if they do.
        for (name, kept) in [
            ("Robert'); DROP TABLE tickets;--", "Robert'); DROP TABLE tickets;--"),
            ("\u{1f469}\u{200d}\u{1f680} \u{202e}abc", "\u{1f469}\u{200d}\u{1f680} \u{202e}abc"),
            ("a\u{0}b\u{1b}[2J", "a b [2J"),
            ("Zoe\u{308}", "Zo\u{eb}"),
        ] {
            let (status, _, body) = answer(with("name", json!(name))).await;
            assert_eq!(status, 201, "{body}");
            assert_eq!(body["name"], kept);
        }
    }

    async fn addresses_that_name_nothing_are_not_found(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let event = olga.create_event(&conference()).await.unwrap();

        let long = "x".repeat(5_000);
        let paths = [
            "/events/nonsense".to_owned(),
            "/events/00000000000000000000000000000000".to_owned(),
            format!("/events/{long}"),
            "/events/%00".to_owned(),
            "/events/%ff%fe".to_owned(),
            format!("/events/{event}/registrations/nonsense"),
            format!("/events/{event}/registrations/{event}"),
            format!("/events/{event}/tickets/nonsense"),
            format!("/events/{event}/tickets/7J2V90QK4NX"),
            format!("/events/{event}/tickets/7J2V90QK4NX/qr.svg"),
            format!("/events/{event}/tickets/7J2V90QK4NX/qr.jpg"),
            format!("/events/{event}/nothing"),
            "/".to_owned(),
        ];
        for path in paths {
            let (status, kind, _) = answer(olga.request(Method::GET, &path)).await;
            assert!(status == 404 || status == 400, "{path}: {status}");
            assert_eq!(kind, "application/problem+json", "{path}");
        }
    }
}
