//! Logging in and out.

use harness::on_both_databases;
use harness::organiser::Organiser;
use reqwest::Method;
use serde_json::json;
use sync_protocol::time::UnixMillis;
use usher_server::accounts::SESSION_MS;
use usher_server::clock::Clock;

use crate::served::{PASSWORD, Served, assert_problem, get, refused};

on_both_databases! {
    async fn a_session_begins_shows_its_holder_and_ends(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;

        let me = olga.get("/me").await.unwrap();
        assert_eq!(me["email"], "olga@example.org");
        assert_eq!(me["organisations"][0]["name"], "Example");

        let ended = olga.request(Method::DELETE, "/sessions/current").send().await.unwrap();
        assert_eq!(ended.status(), 204);
        assert_problem(get(&olga, "/me"), 401, "unauthorized").await;
    }

    async fn a_session_ends_by_itself_after_twelve_hours(url: String) {
        let clock = Clock::fixed(UnixMillis(1_800_000_000_000));
        let served = Served::start_at(&url, clock.clone()).await;
        let olga = served.olga().await;

        clock.set(UnixMillis(1_800_000_000_000).plus(SESSION_MS - 1));
        olga.get("/me").await.unwrap();
        clock.set(UnixMillis(1_800_000_000_000).plus(SESSION_MS));
        assert_problem(get(&olga, "/me"), 401, "unauthorized").await;
    }

    async fn an_unknown_address_and_a_wrong_password_are_told_alike(url: String) {
        let served = Served::start(&url).await;
        let _olga = served.olga().await;
        let http = reqwest::Client::new();
        let log_in = |email: &str, password: &str| {
            http.post(format!("{}/api/v1/sessions", served.url)).json(&json!({ "email": email, "password": password }))
        };

        let mut wrong = assert_problem(log_in("olga@example.org", "not the password"), 401, "wrong-credentials").await;
        let mut unknown = assert_problem(log_in("nobody@example.org", PASSWORD), 401, "wrong-credentials").await;
        let mut nonsense = assert_problem(log_in("", ""), 401, "wrong-credentials").await;

        for problem in [&mut wrong, &mut unknown, &mut nonsense] {
            problem["request_id"].take();
        }
        assert_eq!(wrong, unknown);
        assert_eq!(wrong, nonsense);
    }

    async fn guessing_a_password_is_slowed_down(url: String) {
        let served = Served::start(&url).await;
        let _olga = served.olga().await;

        for _ in 0..5 {
            assert_eq!(refused(Organiser::log_in(&served.url, "olga@example.org", "a wrong guess").await), 401);
        }

        let http = reqwest::Client::new();
        let body = json!({ "email": "OLGA@example.org", "password": PASSWORD });
        let response = http.post(format!("{}/api/v1/sessions", served.url)).json(&body).send().await.unwrap();
        assert_eq!(response.status(), 429);
        assert!(response.headers().contains_key("retry-after"));
    }

    async fn an_address_has_one_account_and_a_short_password_is_refused(url: String) {
        use usher_server::accounts::{CreateError, create, password::Password};
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
}
