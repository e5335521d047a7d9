//! Sessions begin, go on, are seen and end.

use harness::on_both_databases;
use reqwest::Method;
use serde_json::{Value, json};
use usher_server::accounts::sessions::{ACCESS_MS, GRACE_MS, SESSION_MS};
use usher_server::clock::Clock;

use super::{MINUTE_MS, OLGA, START, ask, done, is_known, log_in, session, with_token, without_id};
use crate::served::{PASSWORD, Served, assert_problem, get};

on_both_databases! {
    async fn a_session_begins_shows_its_holder_and_ends(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;

        let me = olga.get("/me").await.unwrap();
        assert_eq!(me["email"], OLGA);
        assert_eq!(me["organisations"][0]["name"], "Example");

        let ended = olga.request(Method::DELETE, "/sessions/current").send().await.unwrap();
        assert_eq!(ended.status(), 204);
        assert_problem(get(&olga, "/me"), 401, "unauthorized").await;
    }

    async fn an_access_token_lasts_half_an_hour_and_a_refresh_token_brings_the_next(url: String) {
        let clock = Clock::fixed(START);
        let served = Served::start_at(&url, clock.clone()).await;
        served.olga().await;
        let first = session(&served, OLGA).await;
        assert_eq!(first["expires_at"], "2027-01-15T08:30:00.000Z");

        clock.set(START.plus(ACCESS_MS - 1));
        assert!(is_known(&served, &first["token"]).await);
        clock.set(START.plus(ACCESS_MS));
        assert!(!is_known(&served, &first["token"]).await);

        let second = done(refresh(&served, &first)).await;
        assert!(is_known(&served, &second["token"]).await);
        assert!(second["device_token"].is_null());
        // A refresh ends the access token before, too.
        let third = done(refresh(&served, &second)).await;
        assert!(is_known(&served, &third["token"]).await);
        assert!(!is_known(&served, &second["token"]).await);
    }

    async fn a_session_ends_after_thirty_days_however_much_it_is_used(url: String) {
        let clock = Clock::fixed(START);
        let served = Served::start_at(&url, clock.clone()).await;
        served.olga().await;
        let first = session(&served, OLGA).await;

        clock.set(START.plus(SESSION_MS / 2));
        let second = done(refresh(&served, &first)).await;
        clock.set(START.plus(SESSION_MS - 1));
        let third = done(refresh(&served, &second)).await;
        assert_eq!(first["refresh_expires_at"], third["refresh_expires_at"]);
        assert_eq!(third["expires_at"], third["refresh_expires_at"]);
        assert!(is_known(&served, &third["token"]).await);

        clock.set(START.plus(SESSION_MS));
        assert!(!is_known(&served, &third["token"]).await);
        assert_problem(refresh(&served, &third), 401, "unauthorized").await;
    }

    async fn a_refresh_token_that_comes_twice_ends_the_session_for_both(url: String) {
        let served = Served::start(&url).await;
        served.olga().await;
        let stolen = session(&served, OLGA).await;
        let other = session(&served, OLGA).await;

        let owner = done(refresh(&served, &stolen)).await;
        let later = done(refresh(&served, &owner)).await;
        assert_problem(refresh(&served, &stolen), 401, "unauthorized").await;

        assert!(!is_known(&served, &later["token"]).await);
        assert_problem(refresh(&served, &later), 401, "unauthorized").await;
        assert!(is_known(&served, &other["token"]).await);
    }

    async fn two_tabs_that_refresh_at_once_get_the_same_tokens_and_go_on(url: String) {
        let clock = Clock::fixed(START);
        let served = Served::start_at(&url, clock.clone()).await;
        served.olga().await;
        let first = session(&served, OLGA).await;

        let (one, other) = tokio::join!(done(refresh(&served, &first)), done(refresh(&served, &first)));
        assert_eq!(one, other);
        clock.set(START.plus(GRACE_MS - 1));
        assert_eq!(done(refresh(&served, &first)).await, one);
        assert!(is_known(&served, &one["token"]).await);
        let next = done(refresh(&served, &one)).await;
        assert!(is_known(&served, &next["token"]).await);

        let mut tx = served.app.database().begin_read().await.unwrap();
        let text = "SELECT COUNT(*) FROM audit WHERE action = 'session.refresh_again'";
        let noted: i64 = sqlx::query_scalar(text).fetch_one(tx.connection()).await.unwrap();
        assert_eq!(noted, 2, "whoever looks can see that a token came twice");
    }

    async fn a_copy_that_comes_in_time_begins_no_second_chain(url: String) {
        let clock = Clock::fixed(START);
        let served = Served::start_at(&url, clock.clone()).await;
        served.olga().await;

        // The thief is in time, and has what the owner has: whoever of them refreshes second ends the session.
        let stolen = session(&served, OLGA).await;
        let owner = done(refresh(&served, &stolen)).await;
        let thief = done(refresh(&served, &stolen)).await;
        clock.set(START.plus(MINUTE_MS));
        let on = done(refresh(&served, &thief)).await;
        clock.set(START.plus(2 * MINUTE_MS));
        assert_problem(refresh(&served, &owner), 401, "unauthorized").await;
        assert!(!is_known(&served, &on["token"]).await);

        // Once the next tokens were used, the copy comes too late, however soon.
        let stolen = session(&served, OLGA).await;
        let owner = done(refresh(&served, &stolen)).await;
        let on = done(refresh(&served, &owner)).await;
        assert_problem(refresh(&served, &stolen), 401, "unauthorized").await;
        assert!(!is_known(&served, &on["token"]).await);

        // So it does when the ten seconds are over.
        let stolen = session(&served, OLGA).await;
        let owner = done(refresh(&served, &stolen)).await;
        clock.set(START.plus(2 * MINUTE_MS + GRACE_MS));
        assert_problem(refresh(&served, &stolen), 401, "unauthorized").await;
        assert!(!is_known(&served, &owner["token"]).await);
    }

    async fn of_the_next_tokens_nothing_is_kept_that_the_server_could_read(url: String) {
        let served = Served::start(&url).await;
        served.olga().await;
        let first = session(&served, OLGA).await;
        let next = done(refresh(&served, &first)).await;

        let mut tx = served.app.database().begin_read().await.unwrap();
        let text = "SELECT successor FROM spent_refresh_tokens";
        let held: Vec<u8> = sqlx::query_scalar(text).fetch_one(tx.connection()).await.unwrap();
        for field in ["token", "refresh_token"] {
            let token = hex::decode(next[field].as_str().unwrap()).unwrap();
            assert!(!held.windows(token.len()).any(|part| part == token));
        }
        assert!(served.app.sealer().open("spent_refresh_tokens.successor", &[], &held).is_err());
        drop(tx);
        done(refresh(&served, &next)).await;
        let mut tx = served.app.database().begin_read().await.unwrap();
        let text = "SELECT COUNT(*) FROM spent_refresh_tokens WHERE successor IS NOT NULL";
        let held: i64 = sqlx::query_scalar(text).fetch_one(tx.connection()).await.unwrap();
        assert_eq!(held, 1, "only the last exchange is kept");
    }

    async fn what_is_no_refresh_token_refreshes_nothing(url: String) {
        let served = Served::start(&url).await;
        served.olga().await;
        let first = session(&served, OLGA).await;

        for token in [json!("zz"), json!("00".repeat(32)), first["token"].clone(), Value::Null] {
            let request = ask(&served, "/sessions/refresh", &json!({ "refresh_token": token }));
            assert_problem(request, 401, "unauthorized").await;
        }
        assert!(!is_known(&served, &first["refresh_token"]).await);
        assert!(is_known(&served, &first["token"]).await);
    }

    async fn somebody_sees_their_own_sessions_and_ends_one_of_them(url: String) {
        let clock = Clock::fixed(START);
        let served = Served::start_at(&url, clock.clone()).await;
        served.olga().await;
        let sam = served.organiser("sam@example.org", "Strangers").await;
        clock.set(START.plus(MINUTE_MS));
        let phone = done(log_in(&served, OLGA, PASSWORD).header("user-agent", "Phone 1.0")).await;
        clock.set(START.plus(3 * MINUTE_MS));

        let held = done(with_token(&served, Method::GET, "/me/sessions", &phone["token"])).await;
        let held = held["items"].as_array().unwrap();
        assert_eq!(held.len(), 2);
        assert_eq!(held[0]["user_agent"], "Phone 1.0");
        assert_eq!(held[0]["address"], "127.0.0.1");
        assert_eq!(held[0]["begun_at"], "2027-01-15T08:01:00.000Z");
        assert_eq!(held[0]["seen_at"], "2027-01-15T08:03:00.000Z");
        assert_eq!((&held[0]["is_current"], &held[1]["is_current"]), (&json!(true), &json!(false)));

        let one = format!("/me/sessions/{}", held[0]["id"].as_str().unwrap());
        assert_problem(sam.request(Method::DELETE, &one), 404, "not-found").await;
        assert!(is_known(&served, &phone["token"]).await);
        done(with_token(&served, Method::DELETE, &one, &phone["token"])).await;
        assert!(!is_known(&served, &phone["token"]).await);
        assert_eq!(sam.list("/me/sessions").await.unwrap().len(), 1);
    }

    async fn logging_out_everywhere_ends_all_of_ones_own_sessions(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let sam = served.organiser("sam@example.org", "Strangers").await;
        let other = session(&served, OLGA).await;

        done(olga.request(Method::DELETE, "/me/sessions")).await;

        assert_problem(get(&olga, "/me"), 401, "unauthorized").await;
        assert!(!is_known(&served, &other["token"]).await);
        assert_problem(refresh(&served, &other), 401, "unauthorized").await;
        sam.get("/me").await.unwrap();
    }

    async fn an_unknown_address_and_a_wrong_password_are_told_alike(url: String) {
        let served = Served::start(&url).await;
        served.olga().await;

        let wrong = assert_problem(log_in(&served, OLGA, "not the password"), 401, "wrong-credentials").await;
        let unknown = assert_problem(log_in(&served, "nobody@example.org", PASSWORD), 401, "wrong-credentials").await;
        let nonsense = assert_problem(log_in(&served, "", ""), 401, "wrong-credentials").await;

        let wrong = without_id(wrong);
        assert_eq!(wrong, without_id(unknown));
        assert_eq!(wrong, without_id(nonsense));
    }

    async fn of_tokens_only_hashes_are_kept(url: String) {
        let served = Served::start(&url).await;
        served.olga().await;
        let session = session(&served, OLGA).await;

        let mut tx = served.app.database().begin_read().await.unwrap();
        for field in ["token", "refresh_token"] {
            let token = hex::decode(session[field].as_str().unwrap()).unwrap();
            let held = sqlx::query("SELECT 1 AS one FROM sessions WHERE access_hash = $1 OR refresh_hash = $1")
                .bind(token.clone())
                .fetch_optional(tx.connection())
                .await
                .unwrap();
            assert!(held.is_none());
        }
    }
}

fn refresh(served: &Served, session: &Value) -> reqwest::RequestBuilder {
    ask(served, "/sessions/refresh", &json!({ "refresh_token": session["refresh_token"] }))
}
