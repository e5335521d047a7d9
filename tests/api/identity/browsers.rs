//! Browsers keep tokens as cookies, and prove that a page of the server's asked.

use std::collections::BTreeMap;

use harness::on_both_databases;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::json;

use super::{OLGA, done, is_known, session, with_token};
use crate::served::{PASSWORD, Served, assert_problem, conference};

on_both_databases! {
    async fn a_browser_logs_in_without_any_script_seeing_a_token(url: String) {
        let served = Served::start(&url).await;
        served.olga().await;
        let mut browser = Browser::new(&served);

        let response = browser.log_in().await;
        for cookie in response.headers().get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            assert!(cookie.contains("SameSite=Lax"), "{cookie}");
            assert_eq!(cookie.contains("HttpOnly"), !cookie.starts_with("usher_csrf="), "{cookie}");
            // The test's server is reached on loopback.
            assert!(!cookie.contains("Secure"), "{cookie}");
        }
        let body: serde_json::Value = response.json().await.unwrap();
        assert!(body["token"].is_null() && body["refresh_token"].is_null() && body["device_token"].is_null());
        assert_eq!(body["csrf_token"], browser.cookies["usher_csrf"]);

        assert_eq!(done(browser.request(Method::GET, "/me")).await["email"], OLGA);
    }

    async fn whatever_changes_something_needs_the_proof_that_a_page_asked(url: String) {
        let served = Served::start(&url).await;
        served.olga().await;
        let mut browser = Browser::new(&served);
        browser.log_in().await;
        let mut other = Browser::new(&served);
        other.log_in().await;

        let create = || browser.request(Method::POST, "/events").json(&conference());
        assert_problem(create(), 403, "csrf-token-needed").await;
        assert_problem(create().header("x-csrf-token", "zz"), 403, "csrf-token-needed").await;
        let of_another = create().header("x-csrf-token", &other.cookies["usher_csrf"]);
        assert_problem(of_another, 403, "csrf-token-needed").await;
        done(create().header("x-csrf-token", &browser.cookies["usher_csrf"])).await;
        let log_out = || browser.request(Method::DELETE, "/sessions/current");
        assert_problem(log_out(), 403, "csrf-token-needed").await;
        done(browser.request(Method::GET, "/events")).await;

        // Who sends the token as a bearer needs no proof: no page of another site can.
        let token = json!(browser.cookies["usher_session"]);
        done(with_token(&served, Method::POST, "/events", &token).json(&conference())).await;
        // A session that is no browser's is no cookie's either.
        let program = session(&served, OLGA).await;
        let cookie = format!("usher_session={}", program["token"].as_str().unwrap());
        let forged = reqwest::Client::new().post(format!("{}/api/v1/events", served.url)).header("cookie", cookie);
        assert_problem(forged.json(&conference()), 403, "csrf-token-needed").await;
    }

    async fn a_browser_refreshes_with_the_proof_and_logs_out(url: String) {
        let served = Served::start(&url).await;
        served.olga().await;
        let mut browser = Browser::new(&served);
        browser.log_in().await;
        let first = json!(browser.cookies["usher_session"]);

        let refresh = |browser: &Browser| browser.request(Method::POST, "/sessions/refresh").json(&json!({}));
        assert_problem(refresh(&browser), 403, "csrf-token-needed").await;
        let wrong = refresh(&browser).header("x-csrf-token", "00".repeat(32));
        assert_problem(wrong, 403, "csrf-token-needed").await;
        let refreshed = refresh(&browser).header("x-csrf-token", &browser.cookies["usher_csrf"]).send().await.unwrap();
        assert_eq!(refreshed.status(), 200);
        browser.keep(&refreshed);
        let body: serde_json::Value = refreshed.json().await.unwrap();
        assert!(body["token"].is_null() && body["refresh_token"].is_null());

        assert!(!is_known(&served, &first).await);
        done(browser.request(Method::GET, "/me")).await;
        let log_out = browser.request(Method::DELETE, "/sessions/current");
        let ended = log_out.header("x-csrf-token", &browser.cookies["usher_csrf"]).send().await.unwrap();
        assert_eq!(ended.status(), 204);
        browser.keep(&ended);
        assert_eq!(browser.cookies.keys().collect::<Vec<_>>(), ["usher_device"]);
    }
}

/// What a browser does with cookies, all of which go to paths of the interface.
struct Browser {
    http: reqwest::Client,
    url: String,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    fn new(served: &Served) -> Self {
        Self { http: reqwest::Client::new(), url: served.url.clone(), cookies: BTreeMap::new() }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        self.http.request(method, format!("{}/api/v1{path}", self.url)).header("cookie", cookies.join("; "))
    }

    fn keep(&mut self, response: &Response) {
        for line in response.headers().get_all("set-cookie") {
            let (name, rest) = line.to_str().unwrap().split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            if rest.contains("Max-Age=0;") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    async fn log_in(&mut self) -> Response {
        let body = json!({ "email": OLGA, "password": PASSWORD, "cookie": true });
        let response = self.request(Method::POST, "/sessions").json(&body).send().await.unwrap();
        assert_eq!(response.status(), 201);
        self.keep(&response);
        response
    }
}
