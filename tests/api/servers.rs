//! Several servers on one PostgreSQL are one server.

use std::collections::BTreeSet;

use harness::organiser::Organiser;
use harness::postgres;
use serde_json::json;
use sync_protocol::key::public_key;

use crate::served::{PASSWORD, Served, conference};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_that_start_at_once_on_an_empty_database_are_one_installation() {
    let database = postgres::database();

    let (one, two) = tokio::join!(Served::start(&database.url), Served::start(&database.url));

    assert_eq!(public_key(one.app.server_key()), public_key(two.app.server_key()));
    let _ = one.olga().await;
    let at_two = Organiser::log_in(&two.url, "olga@example.org", PASSWORD).await.unwrap();
    assert_eq!(at_two.get("/me").await.unwrap()["email"], "olga@example.org");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_number_one_feed_without_gaps() {
    let database = postgres::database();
    let (one, two) = tokio::join!(Served::start(&database.url), Served::start(&database.url));
    let at_one = one.olga().await;
    let at_two = Organiser::log_in(&two.url, "olga@example.org", PASSWORD).await.unwrap();
    let event = at_one.create_event(&conference()).await.unwrap();

    let mut sales = tokio::task::JoinSet::new();
    for number in 0..60 {
        let (olga, event) = (if number % 2 == 0 { at_one.clone() } else { at_two.clone() }, event.clone());
        sales.spawn(async move {
            let body = json!({ "name": format!("Guest {number}"), "ticket_type": "Regular" });
            olga.register(&event, &body).await.unwrap()["ticket"]["issue"].as_u64().unwrap()
        });
    }
    let issues: BTreeSet<u64> = sales.join_all().await.into_iter().collect();

    assert_eq!(issues, (3..63).collect());
}
