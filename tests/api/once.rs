//! Requests that bring an idempotency key are carried out once.

use harness::on_both_databases;
use harness::organiser::Organiser;
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use sync_protocol::time::UnixMillis;
use usher_server::clock::Clock;
use usher_server::once::{KEPT_MS, UNANSWERED_MS_MAX};

use crate::served::{Served, answer, assert_problem, conference, places, post};

fn keyed(organiser: &Organiser, path: &str, body: &Value, key: &str) -> RequestBuilder {
    post(organiser, path, body).header("idempotency-key", key)
}

/// How many requests the server has noted.
async fn noted(served: &Served) -> i64 {
    let mut tx = served.app.database().begin_read().await.unwrap();
    sqlx::query_scalar("SELECT COUNT(*) FROM requests").fetch_one(tx.connection()).await.unwrap()
}

on_both_databases! {
    async fn a_request_that_is_sent_again_is_answered_as_the_first_time_and_done_once(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let event = olga.create_event(&conference()).await.unwrap();
        let path = format!("/events/{event}/registrations");
        let ada = json!({ "name": "Ada", "ticket_type": "Regular" });

        let first = keyed(&olga, &path, &ada, "order-1").send().await.unwrap();
        let again = keyed(&olga, &path, &ada, "order-1").send().await.unwrap();

        assert_eq!((first.status(), again.status()), (201.try_into().unwrap(), 201.try_into().unwrap()));
        assert!(!first.headers().contains_key("idempotency-replayed"));
        assert_eq!(again.headers()["idempotency-replayed"], "true");
        assert_eq!(first.headers()["location"], again.headers()["location"]);
        assert_eq!(first.json::<Value>().await.unwrap(), again.json::<Value>().await.unwrap());
        assert_eq!(olga.registrations(&event).await.unwrap().len(), 1);

        // Without a key, or with another, it is another request.
        assert_eq!(keyed(&olga, &path, &ada, "order-2").send().await.unwrap().status(), 201);
        assert_eq!(post(&olga, &path, &ada).send().await.unwrap().status(), 201);
        assert_eq!(olga.registrations(&event).await.unwrap().len(), 3);
    }

    async fn a_key_belongs_to_one_request_and_one_account(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let event = olga.create_event(&conference()).await.unwrap();
        let path = format!("/events/{event}/registrations");
        let body = |name: &str| json!({ "name": name, "ticket_type": "Regular" });
        assert_eq!(keyed(&olga, &path, &body("Ada"), "k").send().await.unwrap().status(), 201);

        let problem = assert_problem(keyed(&olga, &path, &body("Grace"), "k"), 422, "invalid").await;
        assert_eq!(places(&problem), ["header.idempotency-key"]);
        let carl = served.organiser("carl@example.org", "Example").await;
        assert_eq!(keyed(&carl, &path, &body("Grace"), "k").send().await.unwrap().status(), 201);

        for bad in ["", "a b", &"x".repeat(256)] {
            let problem = assert_problem(keyed(&olga, &path, &body("Alan"), bad), 422, "invalid").await;
            assert_eq!(places(&problem), ["header.idempotency-key"]);
        }
        assert_eq!(olga.registrations(&event).await.unwrap().len(), 2);
    }

    async fn a_refusal_is_answered_alike_and_a_key_is_forgotten_after_a_day(url: String) {
        let clock = Clock::fixed(UnixMillis(1_800_000_000_000));
        let served = Served::start_at(&url, clock.clone()).await;
        let olga = served.olga().await;
        let event = olga.create_event(&conference()).await.unwrap();
        let path = format!("/events/{event}/registrations");
        let nobody = json!({ "name": "", "ticket_type": "Regular" });

        let first = answer(keyed(&olga, &path, &nobody, "k")).await;
        let again = answer(keyed(&olga, &path, &nobody, "k")).await;
        assert_eq!((first.0, again.0), (422.try_into().unwrap(), 422.try_into().unwrap()));
        assert_eq!(first.2["errors"], again.2["errors"]);

        clock.set(UnixMillis(1_800_000_000_000).plus(KEPT_MS + 1));
        let olga = Organiser::log_in(&served.url, "olga@example.org", crate::served::PASSWORD).await.unwrap();
        let ada = json!({ "name": "Ada", "ticket_type": "Regular" });
        assert_eq!(keyed(&olga, &path, &ada, "k").send().await.unwrap().status(), 201);
    }

    async fn of_fifty_at_once_with_one_key_one_is_carried_out(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let event = olga.create_event(&conference()).await.unwrap();
        let path = format!("/events/{event}/registrations");
        let ada = json!({ "name": "Ada", "ticket_type": "Regular" });

        let requests = (0..50).map(|_| keyed(&olga, &path, &ada, "once").send());
        let answers = futures_util::future::join_all(requests).await;

        let mut made = 0;
        for response in answers {
            let response = response.unwrap();
            match response.status().as_u16() {
                201 if response.headers().contains_key("idempotency-replayed") => {}
                201 => made += 1,
                409 => assert_eq!(response.headers()["retry-after"], "1"),
                other => panic!("{other}"),
            }
        }
        assert_eq!(made, 1);
        assert_eq!(olga.registrations(&event).await.unwrap().len(), 1);
    }

    async fn whoever_may_not_ask_leaves_nothing_behind(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let event = olga.create_event(&conference()).await.unwrap();
        let path = format!("/events/{event}/registrations");
        let ada = json!({ "name": "Ada", "ticket_type": "Regular" });
        let carl = served.organiser("carl@example.org", "Another").await;
        let nobody = reqwest::Client::new().post(format!("{}/api/v1{path}", served.url)).json(&ada);

        let unknown = assert_problem(nobody.header("idempotency-key", "k"), 401, "unauthorized").await;
        let stranger = assert_problem(keyed(&carl, &path, &ada, "k"), 404, "not-found").await;

        assert_eq!(noted(&served).await, 0, "{unknown} {stranger}");
        assert_eq!(keyed(&olga, &path, &ada, "k").send().await.unwrap().status(), 201);
        assert_eq!(noted(&served).await, 1);
    }

    async fn a_key_lets_nobody_send_more_than_the_route_takes(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let event = olga.create_event(&conference()).await.unwrap();
        let large = json!({ "name": "A".repeat(1 << 20), "ticket_type": "Regular" });

        let refused = keyed(&olga, &format!("/events/{event}/registrations"), &large, "k").send().await.unwrap();

        assert_eq!(refused.status(), 413);
        assert_eq!(noted(&served).await, 0);
    }

    async fn what_was_done_without_an_answer_is_not_done_again(url: String) {
        let clock = Clock::fixed(UnixMillis(1_800_000_000_000));
        let served = Served::start_at(&url, clock.clone()).await;
        let olga = served.olga().await;
        let event = olga.create_event(&conference()).await.unwrap();
        let path = format!("/events/{event}/registrations");
        let ada = json!({ "name": "Ada", "ticket_type": "Regular" });
        assert_eq!(keyed(&olga, &path, &ada, "k").send().await.unwrap().status(), 201);
        // As a server leaves it that is killed between doing and answering.
        let mut tx = served.app.database().begin_write().await.unwrap();
        sqlx::query("UPDATE requests SET state = 1, answer = NULL, status = NULL").execute(tx.connection()).await.unwrap();
        tx.commit().await.unwrap();

        assert_problem(keyed(&olga, &path, &ada, "k"), 409, "in-progress").await;
        clock.set(UnixMillis(1_800_000_000_000).plus(UNANSWERED_MS_MAX));
        assert_problem(keyed(&olga, &path, &ada, "k"), 409, "already-done").await;
        assert_eq!(olga.registrations(&event).await.unwrap().len(), 1);
    }
}
