//! Who may decide against a finding: named by organisers, known at the doors.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordVerifier as _};
use harness::device::Device;
use harness::on_both_databases;
use reqwest::Method;
use serde_json::{Value, json};
use sync_protocol::feed::{Form, Kind};
use sync_protocol::policy::{Policy, WalkIn};

use crate::doors::Doors;
use crate::served::{Served, assert_problem, conference, get, places, post, refused};

/// The newest rules that a device is told.
async fn policy(device: &Device) -> Policy {
    let pulled = device.pull(device.beginning(), 1_000).await.unwrap();
    let told = pulled.records.iter().rev().find(|record| record.kind == Kind::Policy).unwrap();
    let Form::Body(body) = &told.form else { panic!("no body") };
    Policy::decode(body).unwrap()
}

fn is_pin(hash: &str, pin: &str) -> bool {
    Argon2::default().verify_password(pin.as_bytes(), &PasswordHash::new(hash).unwrap()).is_ok()
}

on_both_databases! {
    async fn supervisors_are_known_at_the_doors_by_name_and_by_the_hash_of_a_pin(url: String) {
        let served = Served::start(&url).await;
        let mut doors = Doors::open(&served, 0).await;
        let mut event = conference();
        event["supervisors"] = json!([{ "name": " Ada ", "pin": "471100" }, { "name": "Bob", "pin": "0815" }]);
        event["switches"]["walk_in"] = json!("overflow");
        event["limits"] = json!({ "walk_in_overflow_cap": 7 });
        let made = doors.olga.post("/events", &event).await.unwrap();
        assert_eq!(made["supervisors"], json!([{ "name": "Ada" }, { "name": "Bob" }]));
        assert!(!made.to_string().contains("argon2") && !made.to_string().contains("471100"));
        doors.event = made["id"].as_str().unwrap().to_owned();
        let device = doors.device("Left").await;

        let told = policy(&device).await;

        assert_eq!((told.switches.walk_in, told.limits.walk_in_overflow_cap), (WalkIn::Overflow, 7));
        assert_eq!(told.classes[0].price.as_ref().map(|price| price.amount), Some(4_900));
        let [ada, bob] = told.supervisors.as_slice() else { panic!("{told:?}") };
        assert!(ada.name == "Ada" && is_pin(&ada.pin, "471100") && !is_pin(&ada.pin, "471101"));
        assert!(ada.pin.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));

        let path = format!("/events/{}/supervisors", doors.event);
        let put = async |body: Value| {
            doors.olga.request(Method::PUT, &path).header("if-match", "*").json(&body).send().await.unwrap()
        };
        let body = json!({ "supervisors": [{ "name": "Bob" }, { "name": "Eve", "pin": "2468" }] });
        let answer: Value = put(body).await.json().await.unwrap();
        assert_eq!(answer["supervisors"], json!([{ "name": "Bob" }, { "name": "Eve" }]));
        let after = policy(&device).await;
        assert_eq!(after.supervisors[0], *bob);
        assert!(is_pin(&after.supervisors[1].pin, "2468"));

        // Who keeps everything changes nothing.
        let head = device.pull(device.beginning(), 1_000).await.unwrap().position;
        put(json!({ "supervisors": [{ "name": "Bob" }, { "name": "Eve" }] })).await;
        assert_eq!(device.pull(device.beginning(), 1_000).await.unwrap().position, head);
        put(json!({ "supervisors": [] })).await;
        assert!(policy(&device).await.supervisors.is_empty());
    }

    async fn supervisors_that_will_not_do_are_refused_with_the_place(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 0).await;
        let path = format!("/events/{}/supervisors", doors.event);
        let wrong = json!({ "supervisors": [
            { "name": "Ada", "pin": "123" }, { "name": "ada", "pin": "1234567890123" }, { "name": "Bob" },
        ] });

        let problem = assert_problem(doors.olga.request(Method::PUT, &path).header("if-match", "*").json(&wrong), 422, "invalid").await;

        assert_eq!(places(&problem), ["body.supervisors.0.pin", "body.supervisors.1.name", "body.supervisors.1.pin",
                                      "body.supervisors.2.pin"]);
        let mut event = conference();
        event["supervisors"] = json!([{ "name": "Ada" }]);
        let problem = assert_problem(post(&doors.olga, "/events", &event), 422, "invalid").await;
        assert_eq!(places(&problem), ["body.supervisors.0.pin"]);

        let eve = served.organiser("eve@example.org", "Other").await;
        let strange = eve.request(Method::PUT, &path).header("if-match", "*").json(&json!({ "supervisors": [] }));
        assert_problem(strange, 404, "not-found").await;
        assert_eq!(refused(doors.olga.post(&path, &json!({})).await), 405);
    }

    async fn of_two_who_change_the_supervisors_at_once_the_second_is_told(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 0).await;
        let path = format!("/events/{}/supervisors", doors.event);
        let put = |seen: &str, name: &str| {
            let body = json!({ "supervisors": [{ "name": name, "pin": "471100" }] });
            doors.olga.request(Method::PUT, &path).header("if-match", seen).json(&body)
        };
        let seen = get(&doors.olga, &format!("/events/{}", doors.event)).send().await.unwrap();
        let seen = seen.headers()["etag"].to_str().unwrap().to_owned();

        let first = put(&seen, "Ada").send().await.unwrap();
        assert_eq!(first.status(), 200);
        let next = first.headers()["etag"].to_str().unwrap().to_owned();

        assert_problem(put(&seen, "Bob"), 412, "changed-meanwhile").await;
        let blind = doors.olga.request(Method::PUT, &path).json(&json!({ "supervisors": [] }));
        assert_problem(blind, 428, "if-match-required").await;
        assert_eq!(put(&next, "Bob").send().await.unwrap().status(), 200);
        assert_eq!(doors.olga.get(&format!("/events/{}", doors.event)).await.unwrap()["supervisors"], json!([{ "name": "Bob" }]));
    }
}
