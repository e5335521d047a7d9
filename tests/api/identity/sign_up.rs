//! Signing up, and proving to read the mail of an address.

use harness::on_both_databases;
use serde_json::{Value, json};
use usher_server::clock::Clock;

use super::{DAY_MS, MINUTE_MS, OLGA, START, ask, done, letters, log_in, token};
use crate::served::{PASSWORD, Served, answer, assert_problem, places};

const ADA: &str = "ada@example.org";
const OTHER: &str = "quite another passphrase";

on_both_databases! {
    async fn somebody_signs_up_proves_their_address_and_logs_in(url: String) {
        let served = Served::start(&url).await;

        done(sign_up(&served, "Ada@Example.org", PASSWORD)).await;
        assert_problem(log_in(&served, ADA, OTHER), 401, "wrong-credentials").await;
        assert_problem(log_in(&served, ADA, PASSWORD), 403, "email-unverified").await;

        let token = token(&served, ADA, "verify").await;
        done(verify(&served, &token)).await;
        done(log_in(&served, ADA, PASSWORD)).await;
        let again = assert_problem(verify(&served, &token), 422, "invalid").await;
        assert_eq!(places(&again), ["body.token"]);
    }

    async fn nothing_tells_that_an_address_has_an_account_but_a_letter_to_its_holder(url: String) {
        let served = Served::start(&url).await;
        served.olga().await;

        let taken = answer(sign_up(&served, OLGA, OTHER)).await;
        let free = answer(sign_up(&served, ADA, OTHER)).await;

        assert_eq!(taken, free);
        assert_eq!(letters(&served, OLGA, "notice").await.len(), 1);
        assert!(letters(&served, OLGA, "verify").await.is_empty());
        done(log_in(&served, OLGA, PASSWORD)).await;
        assert_problem(log_in(&served, OLGA, OTHER), 401, "wrong-credentials").await;
    }

    async fn a_letter_proves_an_address_for_a_day(url: String) {
        let clock = Clock::fixed(START);
        let served = Served::start_at(&url, clock.clone()).await;
        done(sign_up(&served, ADA, PASSWORD)).await;
        let first = token(&served, ADA, "verify").await;

        clock.set(START.plus(DAY_MS));
        assert_problem(verify(&served, &first), 422, "invalid").await;

        assert_eq!(answer(send_again(&served, ADA, OTHER)).await, answer(send_again(&served, "x@y.z", OTHER)).await);
        assert_eq!(letters(&served, ADA, "verify").await.len(), 1);
        done(send_again(&served, ADA, PASSWORD)).await;
        let mut sent = letters(&served, ADA, "verify").await;
        sent.retain(|letter| letter["token"] != first);
        done(verify(&served, &sent[0]["token"])).await;
        done(log_in(&served, ADA, PASSWORD)).await;

        done(send_again(&served, ADA, PASSWORD)).await;
        assert_eq!(letters(&served, ADA, "verify").await.len(), 2);
    }

    async fn whoever_signs_up_with_anothers_address_does_not_choose_their_password(url: String) {
        let served = Served::start(&url).await;
        done(sign_up(&served, ADA, PASSWORD)).await;
        let own = token(&served, ADA, "verify").await;
        done(sign_up(&served, ADA, OTHER)).await;

        done(verify(&served, &own)).await;

        done(log_in(&served, ADA, PASSWORD)).await;
        assert_problem(log_in(&served, ADA, OTHER), 401, "wrong-credentials").await;
        for letter in letters(&served, ADA, "verify").await {
            assert_problem(verify(&served, &letter["token"]), 422, "invalid").await;
        }
    }

    async fn an_address_is_not_flooded_with_letters(url: String) {
        let clock = Clock::fixed(START);
        let served = Served::start_at(&url, clock.clone()).await;
        for _ in 0..6 {
            done(sign_up(&served, ADA, PASSWORD)).await;
            done(ask(&served, "/password-resets", &json!({ "email": ADA }))).await;
        }
        let count = async || letters(&served, ADA, "verify").await.len() + letters(&served, ADA, "reset").await.len();
        assert_eq!(count().await, 3);

        clock.set(START.plus(MINUTE_MS));
        done(sign_up(&served, ADA, PASSWORD)).await;
        done(sign_up(&served, ADA, PASSWORD)).await;
        assert_eq!(count().await, 4);
    }

    async fn all_that_is_wrong_with_a_form_is_told_at_once(url: String) {
        let served = Served::start(&url).await;

        let body = json!({ "email": "nowhere", "name": " ", "password": "short" });
        let problem = assert_problem(ask(&served, "/accounts", &body), 422, "invalid").await;
        assert_eq!(places(&problem), ["body.email", "body.name", "body.password"]);

        for (password, kind) in [
            ("sunshine2024", "common"), ("Ada Lovelace 1815", "own"), ("ada@example.org", "own"),
            ("too short", "too_short"), ("a long one ".repeat(91).as_str(), "too_long"),
        ] {
            let problem = assert_problem(sign_up(&served, ADA, password), 422, "invalid").await;
            assert_eq!(problem["errors"][0]["type"], kind, "{problem}");
        }
        assert_problem(verify(&served, &json!("zz")), 422, "invalid").await;
        assert_problem(verify(&served, &json!("00".repeat(32))), 422, "invalid").await;
    }

    async fn only_one_of_many_who_sign_up_at_once_with_one_address_has_an_account(url: String) {
        let served = Served::start(&url).await;
        let all = futures_util::future::join_all((0..3).map(|_| answer(sign_up(&served, ADA, PASSWORD)))).await;

        assert!(all.iter().all(|(status, _, _)| *status == 202), "{all:?}");
        let letters = letters(&served, ADA, "verify").await;
        assert!(!letters.is_empty());
        done(verify(&served, &letters[0]["token"])).await;
        done(log_in(&served, ADA, PASSWORD)).await;
    }
}

fn sign_up(served: &Served, email: &str, password: &str) -> reqwest::RequestBuilder {
    ask(served, "/accounts", &json!({ "email": email, "name": "Ada Lovelace", "password": password }))
}

fn send_again(served: &Served, email: &str, password: &str) -> reqwest::RequestBuilder {
    ask(served, "/accounts/verification", &json!({ "email": email, "password": password }))
}

fn verify(served: &Served, token: &Value) -> reqwest::RequestBuilder {
    ask(served, "/accounts/verify", &json!({ "token": token }))
}
