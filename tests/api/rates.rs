//! How much one caller may ask, and which other sites may.

use std::num::NonZeroU32;

use harness::organiser::Organiser;
use reqwest::Method;
use usher_server::app::Settings;
use usher_server::http::rates::RateSettings;

use crate::served::{PASSWORD, Served, assert_problem, get};

async fn served(settings: Settings) -> (tempfile::TempDir, Served) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("usher.db").display());
    let served = Served::start_with(&url, settings).await;
    (folder, served)
}

#[tokio::test]
async fn whoever_asks_too_much_is_told_when_to_come_back() {
    let rates = RateSettings { per_address: NonZeroU32::new(2), per_account: None };
    let (_folder, served) = served(Settings { rates, ..Settings::default() }).await;
    // Logging in is the first of ten requests that may come at once.
    let olga = served.olga().await;

    let first = get(&olga, "/me").send().await.unwrap();
    assert_eq!(first.headers()["ratelimit-limit"], "10");
    assert_eq!(first.headers()["ratelimit-remaining"], "8");
    let mut refused = None;
    for _ in 0..200 {
        let response = get(&olga, "/me").send().await.unwrap();
        if response.status() == 429 {
            refused = Some(response);
            break;
        }
    }

    let refused = refused.expect("two hundred requests at once are too many");
    assert_eq!(refused.headers()["retry-after"], "1");
    assert_eq!(refused.headers()["ratelimit-remaining"], "0");
    assert_eq!(refused.headers()["content-type"], "application/problem+json");
    // Strangers reach nothing else that costs something either.
    let letter = reqwest::get(format!("{}/letters/reset/{}", served.url, "0".repeat(43))).await.unwrap();
    let enrolling = reqwest::Client::new().post(format!("{}/sync/v1/enrol", served.url)).body("{}").send();
    assert_eq!([letter.status(), enrolling.await.unwrap().status()], [429, 429]);
    // Those who look after the server, and the doors, are not kept waiting.
    for path in ["/healthz", "/sync/v1/time"] {
        let response = reqwest::get(format!("{}{path}", served.url)).await.unwrap();
        assert!(response.status().is_success());
    }
}

#[tokio::test]
async fn one_accounts_requests_do_not_count_against_another() {
    let rates = RateSettings { per_address: None, per_account: NonZeroU32::new(1) };
    let (_folder, served) = served(Settings { rates, ..Settings::default() }).await;
    let olga = served.olga().await;
    let carl = served.organiser("carl@example.org", "Example").await;

    for _ in 0..200 {
        if get(&olga, "/me").send().await.unwrap().status() == 429 {
            break;
        }
    }

    assert_problem(get(&olga, "/me"), 429, "too-many-requests").await;
    // Another session of the same account is the same account.
    let again = Organiser::log_in(&served.url, "olga@example.org", PASSWORD).await.unwrap();
    assert_problem(get(&again, "/me"), 429, "too-many-requests").await;
    assert_eq!(get(&carl, "/me").send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn only_the_pages_of_sites_that_were_named_are_let_in() {
    let site = "https://tickets.example.org";
    let (_folder, served) = served(Settings { cors_origins: vec![site.to_owned()], ..Settings::default() }).await;
    let http = reqwest::Client::new();
    let ask = async |origin: &str| {
        let request = http
            .request(Method::OPTIONS, format!("{}/api/v1/events", served.url))
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,content-type,idempotency-key,x-csrf-token");
        let headers = request.send().await.unwrap().headers().clone();
        headers.get("access-control-allow-origin").map(|value| value.to_str().unwrap().to_owned())
    };

    assert_eq!(ask(site).await.as_deref(), Some(site));
    assert_eq!(ask("https://evil.example").await, None);
    assert_eq!(ask("null").await, None);
}

#[tokio::test]
async fn every_answer_tells_browsers_to_be_careful() {
    let (_folder, served) = served(Settings::default()).await;

    for (path, policy) in [
        ("/api/v1/events", "default-src 'none'; frame-ancestors 'none'"),
        ("/nowhere", "default-src 'none'; frame-ancestors 'none'"),
        (
            "/docs/",
            "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'",
        ),
    ] {
        let response = reqwest::get(format!("{}{path}", served.url)).await.unwrap();
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("content-security-policy"), policy, "{path}");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("x-frame-options"), "DENY");
        assert_eq!(header("referrer-policy"), "no-referrer");
    }
}
