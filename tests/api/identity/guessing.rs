//! Guessing is slowed down, and keeps nobody out for ever.

use harness::on_both_databases;
use serde_json::{Value, json};
use usher_server::clock::Clock;

use super::{HOUR_MS, MINUTE_MS, OLGA, START, ask, done, log_in, session, token, without_id};
use crate::served::{PASSWORD, Served, answer, assert_problem, post};

on_both_databases! {
    async fn each_wrong_guess_waits_twice_as_long_up_to_a_quarter_of_an_hour(url: String) {
        let clock = Clock::fixed(START);
        let served = Served::start_at(&url, clock.clone()).await;
        served.olga().await;
        guess(&served, 5).await;

        let mut waits = Vec::new();
        for _ in 0..12 {
            let response = log_in(&served, "OLGA@example.org", PASSWORD).send().await.unwrap();
            assert_eq!(response.status(), 429);
            let wait: u64 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
            clock.set(clock.now().plus(wait * 1_000));
            waits.push(wait);
            guess(&served, 1).await;
        }

        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
        clock.set(clock.now().plus(HOUR_MS));
        done(log_in(&served, OLGA, PASSWORD)).await;
    }

    async fn a_right_password_forgives_the_wrong_ones(url: String) {
        let served = Served::start(&url).await;
        served.olga().await;
        for _ in 0..3 {
            guess(&served, 4).await;
            done(log_in(&served, OLGA, PASSWORD)).await;
        }
    }

    async fn many_guesses_at_once_are_no_more_than_many_in_a_row(url: String) {
        let served = Served::start_at(&url, Clock::fixed(START)).await;
        served.olga().await;

        let all = (0..20).map(|_| answer(log_in(&served, OLGA, "a wrong guess")));
        let all = futures_util::future::join_all(all).await;

        assert_eq!(all.iter().filter(|(status, _, _)| *status == 401).count(), 5);
        assert_eq!(all.iter().filter(|(status, _, _)| *status == 429).count(), 15);
    }

    async fn an_account_and_no_account_are_slowed_down_alike(url: String) {
        let served = Served::start_at(&url, Clock::fixed(START)).await;
        served.olga().await;
        let mut told = Vec::new();
        for email in [OLGA, "nobody@example.org"] {
            for _ in 0..5 {
                assert_problem(log_in(&served, email, "a wrong guess"), 401, "wrong-credentials").await;
            }
            told.push(without_id(assert_problem(log_in(&served, email, PASSWORD), 429, "too-many-requests").await));
        }
        assert_eq!(told[0], told[1]);
    }

    async fn strangers_who_guess_do_not_keep_a_known_device_out(url: String) {
        let served = Served::start_at(&url, Clock::fixed(START)).await;
        served.olga().await;
        let device = session(&served, OLGA).await["device_token"].clone();
        guess(&served, 5).await;

        let from_device = |password: &str, device: &Value| {
            ask(&served, "/sessions", &json!({ "email": OLGA, "password": password, "device_token": device }))
        };
        assert_problem(from_device(PASSWORD, &json!("00".repeat(32))), 429, "too-many-requests").await;
        done(from_device(PASSWORD, &device)).await;
        // Nor do strangers guess faster because the owner has logged in.
        assert_problem(log_in(&served, OLGA, PASSWORD), 429, "too-many-requests").await;

        // A device that was stolen is slowed down as everybody is.
        for _ in 0..5 {
            assert_problem(from_device("a wrong guess", &device), 401, "wrong-credentials").await;
        }
        assert_problem(from_device(PASSWORD, &device), 429, "too-many-requests").await;
    }

    async fn a_device_that_is_known_to_one_account_is_a_stranger_to_another(url: String) {
        let served = Served::start_at(&url, Clock::fixed(START)).await;
        served.olga().await;
        served.organiser("sam@example.org", "Strangers").await;
        let device = session(&served, "sam@example.org").await["device_token"].clone();
        guess(&served, 5).await;

        let body = json!({ "email": OLGA, "password": PASSWORD, "device_token": device });
        assert_problem(ask(&served, "/sessions", &body), 429, "too-many-requests").await;
    }

    async fn an_owner_with_a_new_device_gets_in_by_mail_while_strangers_guess(url: String) {
        let clock = Clock::fixed(START);
        let served = Served::start_at(&url, clock.clone()).await;
        served.olga().await;
        guess(&served, 5).await;
        assert_problem(log_in(&served, OLGA, PASSWORD), 429, "too-many-requests").await;

        done(ask(&served, "/password-resets", &json!({ "email": OLGA }))).await;
        let token = token(&served, OLGA, "reset").await;
        let other = "quite another passphrase";
        let known = done(ask(&served, "/password-resets/finish", &json!({ "token": token, "password": other }))).await;
        guess(&served, 5).await;

        let body = json!({ "email": OLGA, "password": other, "device_token": known["device_token"] });
        done(ask(&served, "/sessions", &body)).await;
    }

    async fn strangers_who_ask_for_much_are_slowed_down_by_their_address_before_anything_is_done(url: String) {
        let clock = Clock::fixed(START);
        let served = Served::start_at(&url, clock.clone()).await;
        let resets = (0..100).map(|at| json!({ "email": format!("nobody{at}@example.org") }));
        for body in resets {
            assert_eq!(ask(&served, "/password-resets", &body).send().await.unwrap().status(), 202);
        }
        let eve = json!({ "email": "eve@example.org", "name": "Eve", "password": "nine lampions over the canal" });
        let again = json!({ "email": "eve@example.org", "password": "nine lampions over the canal" });

        for (path, body) in [("/accounts", &eve), ("/accounts/verification", &again), ("/password-resets", &json!({ "email": OLGA }))] {
            assert_problem(ask(&served, path, body), 429, "too-many-requests").await;
        }

        let mut tx = served.app.database().begin_read().await.unwrap();
        let accounts: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM accounts").fetch_one(tx.connection()).await.unwrap();
        assert_eq!(accounts, 0);
        drop(tx);
        clock.set(clock.now().plus(MINUTE_MS));
        assert_eq!(ask(&served, "/accounts", &eve).send().await.unwrap().status(), 202);
    }

    async fn one_address_does_not_try_all_accounts(url: String) {
        let clock = Clock::fixed(START);
        let served = Served::start_at(&url, clock.clone()).await;
        for round in 0..20 {
            let emails: Vec<String> = (0..5).map(|number| format!("{round}-{number}@example.org")).collect();
            for email in &emails {
                assert_problem(log_in(&served, email, "a wrong guess"), 401, "wrong-credentials").await;
            }
        }
        assert_problem(log_in(&served, "new@example.org", "x"), 429, "too-many-requests").await;
        clock.set(START.plus(MINUTE_MS));
        assert_problem(log_in(&served, "new@example.org", "x"), 401, "wrong-credentials").await;
    }

    async fn whoever_holds_a_session_does_not_guess_its_password(url: String) {
        let served = Served::start_at(&url, Clock::fixed(START)).await;
        let olga = served.olga().await;
        let begin = |password: &str| post(&olga, "/me/second-factor", &json!({ "password": password }));

        for _ in 0..5 {
            assert_problem(begin("a wrong guess"), 422, "invalid").await;
        }
        assert_problem(begin(PASSWORD), 429, "too-many-requests").await;
        done(log_in(&served, OLGA, PASSWORD)).await;
    }
}

async fn guess(served: &Served, times: usize) {
    for _ in 0..times {
        assert_problem(log_in(served, OLGA, "a wrong guess"), 401, "wrong-credentials").await;
    }
}
