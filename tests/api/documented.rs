//! The description of the interface, health, and what every answer carries.

use std::collections::BTreeSet;

use serde_json::Value;
use usher_server::app::openapi;

use crate::served::{Served, answer};

#[test]
fn every_route_is_documented_with_its_problems_and_its_examples() {
    let document: Value = serde_json::from_str(&openapi().to_json().unwrap()).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));

    let mut names = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let place = format!("{method} {path}");
            let summary = operation["summary"].as_str().or(operation["description"].as_str()).unwrap_or_default();
            assert!(!summary.is_empty(), "{place} has no summary");
            let responses = operation["responses"].as_object().unwrap();
            assert!(responses.keys().any(|status| status.starts_with('2')), "{place} has no success");
            let problems: Vec<_> = responses.keys().filter(|status| status.starts_with('4')).collect();
            assert!(!problems.is_empty(), "{place} documents no problem");
            let name = operation["operationId"].as_str().unwrap();
            assert!(names.insert(name.to_owned()), "{place} is called {name}, as another is");
        }
    }
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for name in ["NewEvent", "NewRegistrationBody", "RegistrationBody", "TicketBody", "Problem"] {
        let schema = schemas.get(name).unwrap_or_else(|| panic!("{name} is missing: {:?}", schemas.keys()));
        assert!(schema.to_string().contains("\"example"), "{name} has no example");
    }
}

#[test]
fn every_schema_that_is_named_is_there() {
    let text = openapi().to_json().unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let held: BTreeSet<&str> =
        document["components"]["schemas"].as_object().unwrap().keys().map(String::as_str).collect();
    let named: BTreeSet<&str> =
        text.split("#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let missing: Vec<_> = named.difference(&held).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[tokio::test]
async fn the_description_and_its_page_come_from_the_server_itself() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(&format!("sqlite:{}", folder.path().join("usher.db").display())).await;
    let http = reqwest::Client::new();

    let (status, _, document) = answer(http.get(format!("{}/openapi.json", served.url))).await;
    assert_eq!(status, 200);
    assert!(document["paths"]["/api/v1/events"].is_object());

    let page = http.get(format!("{}/docs/", served.url)).send().await.unwrap();
    assert_eq!(page.status(), 200);
    let page = page.text().await.unwrap();
    assert!(!page.contains("https://") && !page.contains("http://"), "the page loads something from elsewhere: {page}");

    for path in ["/healthz", "/readyz"] {
        assert_eq!(http.get(format!("{}{path}", served.url)).send().await.unwrap().status(), 204);
    }
}

#[tokio::test]
async fn a_request_keeps_the_id_it_came_with_if_that_is_harmless() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(&format!("sqlite:{}", folder.path().join("usher.db").display())).await;
    let http = reqwest::Client::new();
    let ask = async |id: &str| {
        let response = http.get(format!("{}/nowhere", served.url)).header("x-request-id", id).send().await.unwrap();
        let header = response.headers()["x-request-id"].to_str().unwrap().to_owned();
        let problem: Value = response.json().await.unwrap();
        assert_eq!(problem["request_id"], header.as_str());
        header
    };

    assert_eq!(ask("proxy-1.a_B").await, "proxy-1.a_B");
    assert_ne!(ask("no spaces\t").await, "no spaces");
    assert_ne!(ask(&"x".repeat(65)).await, "x".repeat(65));
}
