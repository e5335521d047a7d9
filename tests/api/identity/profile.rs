//! What somebody changes about their own account.

use harness::on_both_databases;
use harness::organiser::Organiser;
use reqwest::Method;
use serde_json::json;

use super::{OLGA, ask, done, letters, log_in, token, told};
use crate::served::{PASSWORD, Served, assert_problem, get, places, post};

const NEW: &str = "olga@venue.example";

on_both_databases! {
    async fn a_name_is_changed_by_whoever_has_seen_it(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let seen = get(&olga, "/me").send().await.unwrap().headers()["etag"].to_str().unwrap().to_owned();
        let rename = |name: &str| olga.request(Method::PATCH, "/me").json(&json!({ "name": name }));

        assert_problem(rename("Olga B."), 428, "if-match-required").await;
        let changed = rename(" Olga B. ").header("if-match", &seen).send().await.unwrap();
        let now = changed.headers()["etag"].to_str().unwrap().to_owned();
        assert_ne!(now, seen);
        assert_eq!(changed.json::<serde_json::Value>().await.unwrap()["name"], "Olga B.");
        assert_problem(rename("Olga C.").header("if-match", &seen), 412, "changed-meanwhile").await;
        assert_eq!(olga.get("/me").await.unwrap()["name"], "Olga B.");

        let empty = assert_problem(rename("\u{0}").header("if-match", "*"), 422, "invalid").await;
        assert_eq!(places(&empty), ["body.name"]);
        done(rename("Olga C.").header("if-match", &now)).await;
    }

    async fn an_account_moves_once_the_mail_of_the_new_address_was_read(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;

        let wrong = assert_problem(move_to(&olga, NEW, "a wrong passphrase"), 422, "invalid").await;
        assert_eq!(places(&wrong), ["body.password"]);
        done(move_to(&olga, NEW, PASSWORD)).await;
        assert_eq!(olga.get("/me").await.unwrap()["email"], OLGA);
        let token = token(&served, NEW, "verify").await;
        done(ask(&served, "/accounts/verify", &json!({ "token": token }))).await;

        assert_eq!(olga.get("/me").await.unwrap()["email"], NEW);
        done(log_in(&served, NEW, PASSWORD)).await;
        assert_problem(log_in(&served, OLGA, PASSWORD), 401, "wrong-credentials").await;
        let about = told(&served, OLGA).await;
        assert_eq!(about.iter().filter(|subject| *subject == "Your account has moved").count(), 1, "{about:?}");
    }

    async fn nobody_moves_to_an_address_that_another_reads_nor_is_told_so(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        served.organiser(NEW, "Strangers").await;

        done(move_to(&olga, NEW, PASSWORD)).await;

        assert!(letters(&served, NEW, "verify").await.is_empty());
        assert_eq!(letters(&served, NEW, "notice").await.len(), 1);
        assert_eq!(olga.get("/me").await.unwrap()["email"], OLGA);
    }

    async fn who_signed_up_with_an_address_and_never_proved_it_gives_way(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let squatter = json!({ "email": NEW, "name": "Squatter", "password": "quite another passphrase" });
        done(ask(&served, "/accounts", &squatter)).await;
        let squatters = token(&served, NEW, "verify").await;

        done(move_to(&olga, NEW, PASSWORD)).await;
        let mut own = letters(&served, NEW, "verify").await;
        own.retain(|letter| letter["token"] != squatters);
        done(ask(&served, "/accounts/verify", &json!({ "token": own[0]["token"] }))).await;

        done(log_in(&served, NEW, PASSWORD)).await;
        assert_problem(ask(&served, "/accounts/verify", &json!({ "token": squatters })), 422, "invalid").await;
    }
}

fn move_to(olga: &Organiser, email: &str, password: &str) -> reqwest::RequestBuilder {
    post(olga, "/me/email", &json!({ "email": email, "password": password }))
}
