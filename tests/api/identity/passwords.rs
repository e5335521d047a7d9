//! Changing one's password, and choosing another when it is lost.

use harness::on_both_databases;
use harness::organiser::Organiser;
use reqwest::Method;
use serde_json::{Value, json};
use usher_server::accounts::{CreateError, create, password::Password};
use usher_server::clock::Clock;

use super::{HOUR_MS, OLGA, START, api_tokens, ask, done, is_known, letters, log_in, session, token, told, with_token};
use crate::served::{PASSWORD, Served, answer, assert_problem, places};

const OTHER: &str = "quite another passphrase";

on_both_databases! {
    async fn a_changed_password_ends_the_other_sessions_and_is_told_to_its_holder(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let other = session(&served, OLGA).await;
        let change = |old: &str, new: &str| {
            olga.request(Method::PUT, "/me/password").json(&json!({ "password": old, "new_password": new }))
        };

        assert_eq!(places(&assert_problem(change(OTHER, OTHER), 422, "invalid").await), ["body.password"]);
        let weak = assert_problem(change(PASSWORD, "olga olga olga"), 422, "invalid").await;
        assert_eq!(places(&weak), ["body.new_password"]);
        assert!(is_known(&served, &other["token"]).await);
        done(change(PASSWORD, OTHER)).await;

        olga.get("/me").await.unwrap();
        assert!(!is_known(&served, &other["token"]).await);
        assert_problem(log_in(&served, OLGA, PASSWORD), 401, "wrong-credentials").await;
        done(log_in(&served, OLGA, OTHER)).await;
        let about = told(&served, OLGA).await;
        assert_eq!(about.iter().filter(|subject| *subject == "Your password was changed").count(), 1, "{about:?}");
    }

    async fn a_lost_password_is_replaced_by_mail_once(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        done(ask_for_reset(&served, OLGA)).await;
        let token = token(&served, OLGA, "reset").await;

        let weak = assert_problem(finish(&served, &token, "short"), 422, "invalid").await;
        assert_eq!(places(&weak), ["body.password"]);
        done(finish(&served, &token, OTHER)).await;

        assert_problem(olga.request(Method::GET, "/me"), 401, "unauthorized").await;
        done(log_in(&served, OLGA, OTHER)).await;
        let again = assert_problem(finish(&served, &token, PASSWORD), 422, "invalid").await;
        assert_eq!(places(&again), ["body.token"]);
    }

    async fn another_password_ends_api_tokens_unless_they_are_to_stay(url: String) {
        let served = Served::start(&url).await;
        let mut olga = served.olga().await;
        let mut password = PASSWORD.to_owned();
        let mut asked = 0;
        for (field, is_kept) in [(json!({}), false), (json!({ "end_api_tokens": false }), true)] {
            for is_reset in [false, true] {
                let token = api_tokens::make(&olga, &["events:read"]).await["token"].clone();
                let ask_events = || with_token(&served, Method::GET, "/events", &token);
                assert_eq!(answer(ask_events()).await.0, 200);
                let next = format!("{OTHER} {asked}");
                let mut body = field.clone();
                if is_reset {
                    done(ask_for_reset(&served, OLGA)).await;
                    let sent = letters(&served, OLGA, "reset").await;
                    body["token"] = sent.last().unwrap()["token"].clone();
                    body["password"] = json!(next);
                    done(ask(&served, "/password-resets/finish", &body)).await;
                } else {
                    body["password"] = json!(password);
                    body["new_password"] = json!(next);
                    done(olga.request(Method::PUT, "/me/password").json(&body)).await;
                }

                assert_eq!(answer(ask_events()).await.0, if is_kept { 200 } else { 401 }, "{body}");
                (password, asked) = (next, asked + 1);
                olga = Organiser::log_in(&served.url, OLGA, &password).await.unwrap();
            }
        }
    }

    async fn nothing_tells_whether_there_is_an_account_to_choose_a_password_for(url: String) {
        let served = Served::start(&url).await;
        served.olga().await;

        let known = answer(ask_for_reset(&served, OLGA)).await;
        let unknown = answer(ask_for_reset(&served, "nobody@example.org")).await;

        assert_eq!(known, unknown);
        assert!(letters(&served, "nobody@example.org", "reset").await.is_empty());
    }

    async fn a_letter_lets_one_choose_a_password_for_an_hour(url: String) {
        let clock = Clock::fixed(START);
        let served = Served::start_at(&url, clock.clone()).await;
        served.olga().await;
        done(ask_for_reset(&served, OLGA)).await;
        let token = token(&served, OLGA, "reset").await;

        clock.set(START.plus(HOUR_MS));
        assert_problem(finish(&served, &token, OTHER), 422, "invalid").await;
        done(log_in(&served, OLGA, PASSWORD)).await;
    }

    async fn a_letter_of_one_kind_does_nothing_of_another(url: String) {
        let served = Served::start(&url).await;
        served.olga().await;
        let body = json!({ "email": "ada@example.org", "name": "Ada", "password": PASSWORD });
        done(ask(&served, "/accounts", &body)).await;
        done(ask_for_reset(&served, OLGA)).await;

        let sign_up = token(&served, "ada@example.org", "verify").await;
        assert_problem(finish(&served, &sign_up, OTHER), 422, "invalid").await;
        let reset = token(&served, OLGA, "reset").await;
        assert_problem(ask(&served, "/accounts/verify", &json!({ "token": reset })), 422, "invalid").await;
        done(finish(&served, &reset, OTHER)).await;
    }

    async fn an_address_has_one_account_and_a_short_password_is_refused(url: String) {
        let served = Served::start(&url).await;
        let _olga = served.olga().await;

        let password = || Password::new(PASSWORD.to_owned());
        let again = create(&served.app, "Olga@Example.org", "", "Other", password()).await;
        assert!(matches!(again, Err(CreateError::Exists)), "{again:?}");
        let short = create(&served.app, "x@example.org", "", "Other", Password::new("short".to_owned())).await;
        assert!(matches!(short, Err(CreateError::Password(_))), "{short:?}");
        let nowhere = create(&served.app, "nowhere", "", "Other", password()).await;
        assert!(matches!(nowhere, Err(CreateError::Email)), "{nowhere:?}");
    }

    async fn a_changed_password_makes_letters_sent_before_void(url: String) {
        let served = Served::start(&url).await;
        let olga = session(&served, { served.olga().await; OLGA }).await;
        done(ask_for_reset(&served, OLGA)).await;
        let reset = token(&served, OLGA, "reset").await;
        let body = json!({ "password": PASSWORD, "new_password": OTHER });

        done(with_token(&served, Method::PUT, "/me/password", &olga["token"]).json(&body)).await;

        assert_problem(finish(&served, &reset, PASSWORD), 422, "invalid").await;
    }
}

fn ask_for_reset(served: &Served, email: &str) -> reqwest::RequestBuilder {
    ask(served, "/password-resets", &json!({ "email": email }))
}

fn finish(served: &Served, token: &Value, password: &str) -> reqwest::RequestBuilder {
    ask(served, "/password-resets/finish", &json!({ "token": token, "password": password }))
}
