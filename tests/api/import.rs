//! Importing attendees.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use harness::on_both_databases;
use harness::organiser::Organiser;
use reqwest::Method;
use serde_json::json;

use crate::served::{Served, assert_problem, conference, places};

/// Generous, because the machine may be busy with other tests; alone it is well under three seconds.
const IMPORT_TIME_MAX: Duration = Duration::from_secs(20);

on_both_databases! {
    async fn ten_thousand_attendees_come_in_one_request(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let event = olga.create_event(&conference()).await.unwrap();
        let mut csv = "name,email,ticket_type,external_id,note\n".to_owned();
        for number in 0..10_000 {
            writeln!(csv, "Guest {number},guest{number}@example.org,Regular,E{number},note {number}").unwrap();
        }

        let begin = Instant::now();
        let done = olga.import(&event, csv).await.unwrap();
        let took = begin.elapsed();

        eprintln!("imported in {took:?}");
        assert_eq!(done["imported"], 10_000);
        assert!(took < IMPORT_TIME_MAX, "{took:?}");
        let registrations = olga.registrations(&event).await.unwrap();
        assert_eq!(registrations.len(), 10_000);
        for (number, registration) in registrations.iter().enumerate() {
            assert_eq!(registration["name"], format!("Guest {number}"));
            assert_eq!(registration["ticket"]["issue"], 3 + number);
        }
        let tickets: HashSet<_> = registrations.iter().map(|r| r["ticket"]["id"].as_str().unwrap()).collect();
        assert_eq!(tickets.len(), 10_000);
    }

    async fn one_wrong_line_and_nothing_is_imported(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let event = olga.create_event(&conference()).await.unwrap();
        olga.register(&event, &json!({ "name": "Ada", "ticket_type": "Regular", "external_id": "A" })).await.unwrap();
        let before = olga.registrations(&event).await.unwrap();
        let mut csv = "\u{feff}Ticket Type;Name;E-Mail\r\n".to_owned();
        for _ in 0..150 {
            csv.push_str("Regular;Guest;guest@example.org\r\nBackstage;;nowhere\r\n");
        }

        let problem = assert_problem(import(&olga, &event, &csv), 422, "invalid").await;
        assert_eq!(problem["total"], 450);
        assert_eq!(problem["errors"].as_array().unwrap().len(), 100);
        assert_eq!(places(&problem)[..4], ["body.3.name", "body.3.email", "body.3.ticket_type", "body.5.name"]);

        let taken = "name,ticket_type,external_id\nBob,Regular,B\nAda,Regular,A\n";
        let problem = assert_problem(import(&olga, &event, taken), 422, "invalid").await;
        assert_eq!(places(&problem), ["body.3.external_id"]);

        let too_many = "name,ticket_type\nA,Speaker\nB,Speaker\nC,Speaker\nD,Speaker\n";
        assert_eq!(assert_problem(import(&olga, &event, too_many), 409, "sold-out").await["left"], 3);

        assert_eq!(olga.registrations(&event).await.unwrap(), before);
        let after = olga.register(&event, &json!({ "name": "Eve", "ticket_type": "Regular" })).await.unwrap();
        assert_eq!(after["ticket"]["issue"], 4, "the feed has no entry of what was not imported");
    }

    async fn files_that_make_no_sense_are_problems(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let event = olga.create_event(&conference()).await.unwrap();

        for csv in ["", "\n\n", "\u{feff}", "name", "shoe size\n38\n", "name\n\"open", "name,email\nAda\n", "\u{0}\u{0}"] {
            assert_problem(import(&olga, &event, csv), 422, "invalid").await;
        }
        let path = format!("/events/{event}/registrations/import");
        let json = olga.request(Method::POST, &path).json(&json!([]));
        assert_problem(json, 415, "unsupported-media-type").await;
        let huge = "x".repeat((16 << 20) + 1);
        assert_problem(import(&olga, &event, &huge), 413, "too-large").await;
        assert!(olga.registrations(&event).await.unwrap().is_empty());
    }
}

fn import(olga: &Organiser, event: &str, csv: &str) -> reqwest::RequestBuilder {
    let request = olga.request(Method::POST, &format!("/events/{event}/registrations/import"));
    request.header("content-type", "text/csv; charset=utf-8").body(csv.to_owned())
}
