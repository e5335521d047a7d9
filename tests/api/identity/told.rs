//! What the holder of an account is told of it, by letter or when they look.

use harness::on_both_databases;
use reqwest::Method;
use serde_json::json;
use usher_server::clock::Clock;

use super::{HOUR_MS, MINUTE_MS, OLGA, START, ask, done, log_in, session, told};
use crate::admin::run_by;
use crate::served::{PASSWORD, Served, assert_problem, get};

on_both_databases! {
    async fn a_log_in_from_a_new_device_is_told_and_one_from_a_known_device_is_not(url: String) {
        let clock = Clock::fixed(START);
        let served = Served::start_at(&url, clock.clone()).await;
        served.olga().await;
        assert!(told(&served, OLGA).await.is_empty(), "the first device of all is nothing new");

        let known = session(&served, OLGA).await["device_token"].clone();
        assert_eq!(told(&served, OLGA).await, ["A new device has logged in"]);
        let again = json!({ "email": OLGA, "password": PASSWORD, "device_token": known });
        done(ask(&served, "/sessions", &again)).await;
        assert_eq!(told(&served, OLGA).await.len(), 1);

        // A program that forgets who it is writes no letters all day.
        for _ in 0..5 {
            session(&served, OLGA).await;
        }
        assert_eq!(told(&served, OLGA).await.len(), 3);
        clock.set(START.plus(HOUR_MS));
        session(&served, OLGA).await;
        assert_eq!(told(&served, OLGA).await.len(), 4);
    }

    async fn a_holder_is_told_in_the_language_that_they_read(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let change = olga.request(Method::PATCH, "/me").header("if-match", "*").json(&json!({ "language": "de" }));
        done(change).await;

        session(&served, OLGA).await;

        assert_eq!(told(&served, OLGA).await, ["Ein neues Gerät hat sich angemeldet"]);
    }

    async fn failed_log_ins_are_seen_by_their_holder_and_by_who_runs_the_installation(url: String) {
        let clock = Clock::fixed(START);
        let served = Served::start_at(&url, clock.clone()).await;
        let (olga, ada) = (served.olga().await, run_by(&served, "ada@example.org").await);
        let id = olga.get("/me").await.unwrap()["id"].as_str().unwrap().to_owned();
        for _ in 0..2 {
            clock.set(clock.now().plus(MINUTE_MS));
            assert_problem(log_in(&served, OLGA, "a wrong guess"), 401, "wrong-credentials").await;
        }
        assert_problem(log_in(&served, "nobody@example.org", "a wrong guess"), 401, "wrong-credentials").await;

        let own = olga.list("/me/failed-log-ins").await.unwrap();

        let failed = |at: &str| json!({ "at": at, "address": "127.0.0.1", "reason": "password" });
        assert_eq!(own, [failed("2027-01-15T08:02:00.000Z"), failed("2027-01-15T08:01:00.000Z")]);
        assert_eq!(ada.list(&format!("/admin/accounts/{id}/failed-log-ins")).await.unwrap(), own);
        assert!(ada.list("/me/failed-log-ins").await.unwrap().is_empty());
        assert_problem(get(&olga, &format!("/admin/accounts/{id}/failed-log-ins")), 404, "not-found").await;
        let unknown = format!("/admin/accounts/{}/failed-log-ins", "0".repeat(32));
        assert_problem(get(&ada, &unknown), 404, "not-found").await;
    }
}
