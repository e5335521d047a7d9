//! The record of changes: each leaves one, nobody changes or deletes it, and owners read it.

use harness::on_both_databases;
use reqwest::Method;
use serde_json::{Value, json};
use usher_server::access::{Need, ROUTES, Role, Route};
use usher_server::app::openapi;

use crate::served::{Served, answer, assert_problem, conference, get, own_ids, patch, post};
use crate::subjects::{Subjects, ask};

/// Routes that change something of an organisation and leave no record, and why.
const UNRECORDED: &[(&str, &str)] = &[
    ("/api/v1/events/{event}/journals", "what counts is signed by the terminals, and who brings it does not matter"),
    ("/api/v1/events/{event}/verify", "the entry in the server's own journal is the record"),
];

/// A body that does something, where the example of the description does not.
fn body_of(route: &Route) -> Option<Value> {
    Some(match (route.method, route.path) {
        ("POST", "/api/v1/events") => conference(),
        ("POST", "/api/v1/events/{event}/registrations") => json!({ "name": "Ada", "ticket_type": "Regular" }),
        ("PATCH", "/api/v1/events/{event}/devices/{device}") => json!({ "gates": ["Side door"] }),
        ("PATCH", "/api/v1/organisations/{organisation}") => json!({ "currency": "GBP" }),
        ("POST", "/api/v1/organisations/{organisation}/invitations") => {
            json!({ "email": "new@example.org", "role": "staff" })
        }
        ("POST", "/api/v1/events/{event}/registrations/{registration}/check-in") => {
            json!({ "gate": "Main entrance", "reason": "phone is empty" })
        }
        ("POST", "/api/v1/events/{event}/walk-in") => json!({
            "gate": "Main entrance", "name": "Ada", "ticket_type": "Regular", "payment": "cash",
        }),
        ("POST", "/api/v1/events/{event}/registrations/bulk") => json!({ "action": "block", "filter": {} }),
        ("POST", path) if ["/reject", "/cancel", "/undo"].iter().any(|end| path.ends_with(end)) => {
            json!({ "reason": "The hall is taken" })
        }
        _ => return None,
    })
}

/// The body that the description shows of a route; nothing where it shows none.
fn example_of(document: &Value, route: &Route) -> Option<Value> {
    let operation = &document["paths"][route.path][route.method.to_lowercase()];
    let content = &operation["requestBody"]["content"]["application/json"];
    if let Some(example) = content.get("example") {
        return Some(example.clone());
    }
    let schema = content["schema"]
        .get("$ref")
        .or_else(|| content["schema"]["oneOf"].as_array()?.iter().find_map(|schema| schema.get("$ref")))?;
    let schema = &document["components"]["schemas"][schema.as_str()?.rsplit('/').next()?];
    schema.get("example").or_else(|| schema["examples"].get(0)).cloned()
}

async fn records(subjects: &Subjects<'_>, query: &str) -> Vec<Value> {
    let path = format!("/organisations/{}/audit{query}", subjects.organisation);
    subjects.olga.list(&path).await.unwrap()
}

on_both_databases! {
    async fn every_change_leaves_one_record(url: String) {
        let served = Served::start(&url).await;
        let http = reqwest::Client::new();
        let mut subjects = Subjects::new(&served).await;
        let (olga, _) = own_ids(&subjects.olga).await;
        let document = serde_json::to_value(openapi()).unwrap();
        let changing = ROUTES.iter().filter(|route| matches!(route.need, Need::Role(_)) && !route.is_reading());

        let mut wrong = Vec::new();
        for route in changing.filter(|route| UNRECORDED.iter().all(|(path, _)| *path != route.path)) {
            subjects.renew();
            let path = subjects.path(route).await;
            if route.path.ends_with("/bulk") {
                subjects.one("registration", route).await;
            }
            let before = records(&subjects, "").await.len();
            let request = ask(&http, &served, route, &path).bearer_auth(subjects.olga.token());
            let request = request.header("usher-organisation", &subjects.organisation);
            let request = if route.path.ends_with("/import") {
                let table = subjects.olga.request(Method::POST, &path).header("content-type", "text/csv");
                table.body("name,ticket_type\nAda,Regular\nBob,Regular\n")
            } else {
                match body_of(route).or_else(|| example_of(&document, route)) {
                    Some(body) => request.json(&body),
                    None => request,
                }
            };
            let (status, _, answered) = answer(request).await;
            subjects.put_back(&olga, Role::Owner).await;
            let left = records(&subjects, "").await.len() - before;
            if !status.is_success() {
                wrong.push(format!("{} {} needs another body to do something: {answered}", route.method, route.path));
            } else if left != 1 {
                wrong.push(format!("{} {} left {left} records", route.method, route.path));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    async fn a_record_says_who_did_what_when_from_where_and_what_became_of_it(url: String) {
        let served = Served::start(&url).await;
        let subjects = Subjects::new(&served).await;
        let stan = served.member("stan@example.org", "Example", Role::Staff).await;
        let (account, organisation) = own_ids(&stan).await;
        let (olga, _) = own_ids(&subjects.olga).await;

        let change = patch(&subjects.olga, &format!("/organisations/{organisation}/members/{account}"), &json!({ "role": "manager" }));
        assert_eq!(answer(change).await.0, 200);

        let record = &records(&subjects, "").await[0];
        assert_eq!(record["action"], "member.change");
        assert_eq!((&record["account"], &record["subject"]), (&json!(olga), &json!(account)));
        assert_eq!((&record["before"], &record["after"]), (&json!({ "role": "staff" }), &json!({ "role": "manager" })));
        assert_eq!(record["address"], "127.0.0.1");
    }

    async fn owners_look_for_records_by_event_person_action_and_time(url: String) {
        let served = Served::start(&url).await;
        let subjects = Subjects::new(&served).await;
        let max = served.member("max@example.org", "Example", Role::Manager).await;
        let (max_account, _) = own_ids(&max).await;
        let first = subjects.olga.create_event(&conference()).await.unwrap();
        let second = max.create_event(&conference()).await.unwrap();
        max.enrolment_code(&second, &json!({ "name": "Left" })).await.unwrap();
        let all = records(&subjects, "").await;

        let actions = |records: &[Value]| records.iter().map(|record| record["action"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
        assert_eq!(actions(&all), ["enrolment_code.create", "event.create", "event.create"]);
        assert_eq!(records(&subjects, &format!("?event={first}")).await, all[2..]);
        assert_eq!(records(&subjects, &format!("?account={max_account}")).await, all[..2]);
        assert_eq!(records(&subjects, "?action=event.create").await, all[1..]);
        assert_eq!(records(&subjects, &format!("?event={second}&account={max_account}&action=event.create")).await, all[1..2]);
        let at = all[1]["at"].as_str().unwrap();
        assert!(records(&subjects, &format!("?from={at}")).await.contains(&all[0]));
        assert!(!records(&subjects, &format!("?until={at}")).await.contains(&all[1]));

        let path = format!("/organisations/{}/audit", subjects.organisation);
        let page = subjects.olga.get(&format!("{path}?limit=1")).await.unwrap();
        let next = subjects.olga.get(&format!("{path}?limit=1&cursor={}", page["next"].as_str().unwrap())).await.unwrap();
        assert_eq!((&page["items"][0], &next["items"][0]), (&all[0], &all[1]));
        for query in ["event=x", "account=x", "from=today", "until=2037", "action=%00", "limit=0", "cursor=x", "colour=red"] {
            assert_problem(get(&subjects.olga, &format!("{path}?{query}")), 422, "invalid").await;
        }
    }

    async fn an_export_holds_every_record_and_no_formula(url: String) {
        let served = Served::start(&url).await;
        let subjects = Subjects::new(&served).await;
        let path = format!("/organisations/{}", subjects.organisation);
        for number in 0..520 {
            let change = patch(&subjects.olga, &path, &json!({ "name": format!("=Example {number}") }));
            assert_eq!(answer(change).await.0, 200);
        }

        let lines = subjects.olga.bytes(&format!("{path}/audit/export")).await.unwrap();
        let lines: Vec<Value> = String::from_utf8(lines).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 520);
        assert_eq!((&lines[0]["after"]["name"], &lines[519]["before"]["name"]), (&json!("=Example 519"), &json!("Example")));

        let table = subjects.olga.bytes(&format!("{path}/audit/export?format=csv&action=organisation.change")).await.unwrap();
        let table = String::from_utf8(table).unwrap();
        assert_eq!(table.lines().count(), 521);
        assert!(table.starts_with("id,at,action,subject,event,account,address,before,after\r\n"));
        assert_problem(get(&subjects.olga, &format!("{path}/audit/export?format=pdf")), 422, "invalid").await;
    }

    async fn the_database_refuses_to_change_or_delete_a_record(url: String) {
        let served = Served::start(&url).await;
        let subjects = Subjects::new(&served).await;
        subjects.olga.create_event(&conference()).await.unwrap();
        let before = records(&subjects, "").await;

        for text in ["UPDATE audit SET action = 'nothing'", "DELETE FROM audit"] {
            let mut tx = served.app.database().begin_write().await.unwrap();
            let refused = sqlx::query(text).execute(tx.connection()).await.unwrap_err();
            assert!(refused.to_string().contains("never changed"), "{refused}");
        }
        assert_eq!(records(&subjects, "").await, before);
        let path = format!("/organisations/{}/audit", subjects.organisation);
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            assert_problem(subjects.olga.request(method, &path), 405, "method-not-allowed").await;
        }
    }

    async fn what_changed_nothing_leaves_no_record(url: String) {
        let served = Served::start(&url).await;
        let subjects = Subjects::new(&served).await;
        let event = subjects.olga.create_event(&conference()).await.unwrap();
        let code = subjects.olga.enrolment_code(&event, &json!({ "name": "Left", "confirmed": true })).await.unwrap();
        let device = harness::device::Device::enrol(&served.url, code["code"].as_str().unwrap()).await.unwrap();
        let before = records(&subjects, "").await.len();

        let again = format!("/events/{event}/devices/{}/confirm", device.id);
        assert_eq!(answer(post(&subjects.olga, &again, &json!({}))).await.0, 200);
        let same = patch(&subjects.olga, &format!("/organisations/{}", subjects.organisation), &json!({ "name": "Example" }));
        assert_eq!(answer(same).await.0, 200);

        assert_eq!(records(&subjects, "").await.len(), before);
    }
}
