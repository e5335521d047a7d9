//! Tokens for programs.

use harness::on_both_databases;
use harness::organiser::Organiser;
use reqwest::Method;
use serde_json::{Value, json};
use usher_server::clock::Clock;
use usher_server::http::time::rfc3339;

use super::{DAY_MS, MINUTE_MS, OLGA, START, done, is_known, told, with_token};
use crate::served::{Served, answer, assert_problem, conference, places, post};

on_both_databases! {
    async fn a_token_opens_its_scopes_in_its_organisation_and_nothing_else(url: String) {
        let served = Served::start_at(&url, Clock::fixed(START)).await;
        let olga = served.olga().await;
        let event = olga.create_event(&conference()).await.unwrap();
        let stranger = served.organiser("sam@example.org", "Strangers").await;
        let strange = stranger.create_event(&conference()).await.unwrap();
        let made = make(&olga, &["events:read", "attendees:write"]).await;
        let token = &made["token"];
        assert_eq!(told(&served, OLGA).await, ["An API token was made"]);
        assert!(token.as_str().unwrap().starts_with("ust_"));

        let ask = |method: Method, path: String| with_token(&served, method, &path, token);
        done(ask(Method::GET, format!("/events/{event}"))).await;
        let ada = json!({ "name": "Ada", "ticket_type": "Regular" });
        done(ask(Method::POST, format!("/events/{event}/registrations")).json(&ada)).await;
        done(ask(Method::GET, format!("/events/{event}/registrations"))).await;
        assert_problem(ask(Method::POST, "/events".to_owned()).json(&conference()), 403, "forbidden").await;
        assert_problem(ask(Method::GET, format!("/events/{event}/devices")), 403, "forbidden").await;
        for path in ["/me", "/me/sessions", "/me/api-tokens"] {
            assert_problem(ask(Method::GET, path.to_owned()), 403, "forbidden").await;
        }
        assert_problem(ask(Method::GET, format!("/events/{strange}")), 404, "not-found").await;
    }

    async fn a_token_is_listed_without_its_text_and_ends_when_revoked(url: String) {
        let clock = Clock::fixed(START);
        let served = Served::start_at(&url, clock.clone()).await;
        let olga = served.olga().await;
        let sam = served.organiser("sam@example.org", "Strangers").await;
        let made = make(&olga, &["events:read", "events:read"]).await;

        let listed = olga.list("/me/api-tokens").await.unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0]["scopes"], json!(["events:read"]));
        assert!(listed[0]["token"].is_null() && listed[0]["used_at"].is_null());
        clock.set(START.plus(MINUTE_MS));
        done(with_token(&served, Method::GET, "/events", &made["token"])).await;
        clock.set(START.plus(2 * MINUTE_MS - 1));
        done(with_token(&served, Method::GET, "/events", &made["token"])).await;
        // It is noted once a minute.
        assert_eq!(olga.list("/me/api-tokens").await.unwrap()[0]["used_at"], rfc3339(START.plus(MINUTE_MS)));

        let one = format!("/me/api-tokens/{}", made["id"].as_str().unwrap());
        assert_problem(sam.request(Method::DELETE, &one), 404, "not-found").await;
        done(olga.request(Method::DELETE, &one)).await;
        assert_problem(olga.request(Method::DELETE, &one), 404, "not-found").await;
        assert_problem(with_token(&served, Method::GET, "/events", &made["token"]), 401, "unauthorized").await;
        assert!(olga.list("/me/api-tokens").await.unwrap().is_empty());
    }

    async fn a_token_ends_by_itself(url: String) {
        let clock = Clock::fixed(START);
        let served = Served::start_at(&url, clock.clone()).await;
        let olga = served.olga().await;
        let made = make(&olga, &["events:read"]).await;

        clock.set(START.plus(30 * DAY_MS - 1));
        done(with_token(&served, Method::GET, "/events", &made["token"])).await;
        clock.set(START.plus(30 * DAY_MS));
        assert_problem(with_token(&served, Method::GET, "/events", &made["token"]), 401, "unauthorized").await;
    }

    async fn a_token_is_for_an_organisation_of_ones_own_for_a_year_at_most(url: String) {
        let served = Served::start_at(&url, Clock::fixed(START)).await;
        let olga = served.olga().await;
        let sam = served.organiser("sam@example.org", "Strangers").await;
        let refused = async |field: &str, value: Value| {
            let mut body = new(&organisation(&olga).await, &["events:read"]);
            body[field] = value;
            places(&assert_problem(post(&olga, "/me/api-tokens", &body), 422, "invalid").await)
        };

        assert_eq!(refused("organisation", json!(organisation(&sam).await)).await, ["body.organisation"]);
        assert_eq!(refused("organisation", json!("nonsense")).await, ["body.organisation"]);
        assert_eq!(refused("expires_at", json!(rfc3339(START))).await, ["body.expires_at"]);
        assert_eq!(refused("expires_at", json!(rfc3339(START.plus(367 * DAY_MS)))).await, ["body.expires_at"]);
        assert_eq!(refused("scopes", json!([])).await, ["body.scopes"]);
        assert_eq!(refused("scopes", json!(["events:read", "account:read"])).await, ["body.scopes.1"]);
        assert_eq!(refused("name", json!("x".repeat(101))).await, ["body.name"]);
        assert!(olga.list("/me/api-tokens").await.unwrap().is_empty());
    }

    async fn an_access_token_is_no_api_token_nor_the_other_way_round(url: String) {
        let served = Served::start_at(&url, Clock::fixed(START)).await;
        let olga = served.olga().await;
        let made = make(&olga, &["events:read"]).await;
        let bare = made["token"].as_str().unwrap().strip_prefix("ust_").unwrap();

        assert!(!is_known(&served, &json!(bare)).await);
        let (status, _, _) = answer(with_token(&served, Method::GET, "/me", &json!(format!("ust_{}", olga.token())))).await;
        assert_eq!(status, 401);
    }
}

async fn organisation(organiser: &Organiser) -> String {
    organiser.get("/me").await.unwrap()["organisations"][0]["id"].as_str().unwrap().to_owned()
}

fn new(organisation: &str, scopes: &[&str]) -> Value {
    json!({
        "name": "Nightly export",
        "organisation": organisation,
        "scopes": scopes,
        "expires_at": rfc3339(START.plus(30 * DAY_MS)),
    })
}

pub(crate) async fn make(olga: &Organiser, scopes: &[&str]) -> Value {
    done(post(olga, "/me/api-tokens", &new(&organisation(olga).await, scopes))).await
}
