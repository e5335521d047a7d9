//! What is answered while the database is away.

use harness::on_both_databases;
use reqwest::header;
use serde_json::json;

use crate::served::{Served, assert_problem, get, post};

on_both_databases! {
    async fn whoever_asks_while_the_database_is_away_is_told_to_come_back_and_how(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        served.app.database().close().await;

        let problem = assert_problem(get(&olga, "/me"), 503, "unavailable").await;
        let register = post(&olga, "/events/any/registrations", &json!({ "name": "Ada" })).header("idempotency-key", "k");
        assert_problem(register, 503, "unavailable").await;

        assert!(problem["detail"].as_str().unwrap().contains("same Idempotency-Key"), "{problem}");
        let response = get(&olga, "/me").send().await.unwrap();
        assert_eq!(response.headers()[header::RETRY_AFTER], "2");
    }
}
