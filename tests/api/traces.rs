//! Traces, as a collector of OpenTelemetry takes them.

use std::collections::BTreeSet;

use harness::organiser::Organiser;
use harness::process::ServerOptions;
use serde_json::{Value, json};

use crate::receiver::Receiver;
use crate::served::conference;

/// The spans that a collector was sent, until one of them is as wanted.
async fn spans(collector: &mut Receiver, is_last: impl Fn(&Value) -> bool) -> Vec<Value> {
    let mut spans = Vec::new();
    loop {
        let exported = collector.next().await.json();
        assert_eq!(attribute(&exported["resourceSpans"][0]["resource"], "service.name"), "usher-server");
        spans.extend(exported["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap().clone());
        if spans.iter().any(&is_last) {
            return spans;
        }
    }
}

fn attribute(span: &Value, key: &str) -> Value {
    let attributes = span["attributes"].as_array().unwrap();
    let found = attributes.iter().find(|attribute| attribute["key"] == key);
    found.map_or(Value::Null, |attribute| attribute["value"].as_object().unwrap().values().next().unwrap().clone())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_sees_requests_with_their_transactions_and_nobody_in_them() {
    let mut collector = Receiver::start().await;
    let address = collector.url.split("/hook").next().unwrap().to_owned();
    let server = ServerOptions::default().argument("--otlp-endpoint").argument(address).start().unwrap();
    let olga = Organiser::first(&server).await.unwrap();
    let event = olga.create_event(&conference()).await.unwrap();
    let zoe = json!({ "name": "Zoe Lovelace", "email": "zoe@example.org", "ticket_type": "Regular" });
    olga.register(&event, &zoe).await.unwrap();
    olga.get(&format!("/events/{event}/registrations?q=Lovelace")).await.unwrap();

    let is_list = |span: &Value| span["name"] == "GET /api/v1/events/{event}/registrations";
    let spans = spans(&mut collector, is_list).await;

    let registered = spans.iter().find(|span| span["name"] == "POST /api/v1/events/{event}/registrations").unwrap();
    assert_eq!((&registered["kind"], &registered["status"]["code"]), (&json!(2), &json!(0)));
    assert_eq!(attribute(registered, "http.response.status_code"), "201");
    assert_eq!(attribute(registered, "http.request.method"), "POST");
    let parts = spans.iter().filter(|span| span["parentSpanId"] == registered["spanId"]).collect::<Vec<_>>();
    assert!(parts.iter().all(|part| part["traceId"] == registered["traceId"]), "{parts:?}");
    let written = parts.iter().find(|part| part["name"] == "transaction write").unwrap();
    assert_eq!(attribute(written, "usher.committed"), true);
    assert_eq!(attribute(written, "db.system.name"), "sqlite");
    let ns = |span: &Value, at: &str| span[at].as_str().unwrap().parse::<u64>().unwrap();
    assert!(ns(registered, "startTimeUnixNano") <= ns(written, "startTimeUnixNano"));
    assert!(ns(written, "endTimeUnixNano") <= ns(registered, "endTimeUnixNano"));

    let text = serde_json::to_string(&spans).unwrap();
    for secret in ["Lovelace", "lovelace", "zoe@", "example.org", "passphrase", "RustConf", event.as_str()] {
        assert!(!text.contains(secret), "{secret} is in {text}");
    }
    let traces: BTreeSet<&str> = spans.iter().filter_map(|span| span["traceId"].as_str()).collect();
    assert!(traces.len() > 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_that_is_away_costs_no_request_anything() {
    let server = ServerOptions::default().argument("--otlp-endpoint").argument("http://127.0.0.1:9").start().unwrap();

    let olga = Organiser::first(&server).await.unwrap();
    olga.create_event(&conference()).await.unwrap();

    server.log_once(|log| log.contains("the collector does not take traces"));
}
