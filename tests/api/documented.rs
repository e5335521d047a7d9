//! The description of the interface, health, and what every answer carries.

use std::collections::BTreeSet;

use serde_json::Value;
use usher_server::app::openapi;

use crate::served::{Served, answer};

/// The description as it is served.
fn document() -> Value {
    serde_json::from_str(&openapi().to_json().unwrap()).unwrap()
}

/// Every operation of the description, with its method and path.
fn operations(document: &Value) -> impl Iterator<Item = (String, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    paths.flat_map(|(path, item)| {
        let operations = item.as_object().unwrap().iter();
        operations.map(move |(method, operation)| (format!("{method} {path}"), operation))
    })
}

#[test]
fn every_route_is_documented_with_its_problems() {
    let document = document();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));

    let mut names = BTreeSet::new();
    for (place, operation) in operations(&document) {
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

#[test]
fn every_body_every_answer_and_every_problem_has_an_example() {
    let document = document();
    let referred = |response: &'_ Value| match response["$ref"].as_str() {
        Some(place) => document.pointer(place.strip_prefix('#').unwrap()).unwrap().clone(),
        None => response.clone(),
    };

    let mut lacking = Vec::new();
    for (place, operation) in operations(&document) {
        let mut shown = vec![("its body".to_owned(), operation["requestBody"].clone())];
        for (status, response) in operation["responses"].as_object().unwrap() {
            let response = referred(response);
            // Who follows a link in a letter is answered by a page, whatever it says.
            let is_page = place.contains("/letters/");
            if !is_page && status.starts_with(['4', '5']) && response["content"]["application/problem+json"].is_null() {
                lacking.push(format!("{place}: {status} is no problem"));
            }
            shown.push((status.clone(), response));
        }
        for (what, shown) in shown {
            for (media_type, content) in shown["content"].as_object().into_iter().flatten() {
                if !is_picture(media_type) && content["example"].is_null() {
                    lacking.push(format!("{place}: {what} as {media_type}"));
                }
            }
        }
    }
    assert!(lacking.is_empty(), "{lacking:#?}");
}

/// Whether an answer is for eyes and other programs, whose form its media type says.
fn is_picture(media_type: &str) -> bool {
    let kinds = ["image/", "application/pdf", "application/octet-stream", "text/html", "text/calendar"];
    kinds.iter().any(|kind| media_type.starts_with(kind))
}

#[test]
fn everything_that_is_referred_to_is_there() {
    let text = openapi().to_json().unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let named: BTreeSet<&str> = text.split("\"#/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(named.iter().any(|place| place.starts_with("components/schemas/")), "{named:?}");

    let missing: Vec<_> = named.iter().filter(|place| document.pointer(&format!("/{place}")).is_none()).collect();

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
