//! Terminals that check themselves, and terminals that are lost.

use harness::device::{Device, refusal};
use harness::on_both_databases;
use harness::organiser::Organiser;
use serde_json::{Value, json};
use sync_protocol::certificate::Certificate;
use sync_protocol::feed::{Body, Form, Kind};
use sync_protocol::journal::drill::{Checked, Light};
use sync_protocol::journal::{Drill, EntryKind, IncidentKind, SessionEvent};
use sync_protocol::sync::message::Problem;
use sync_protocol::time::UnixMillis;
use sync_protocol::wipe::WipeOrder;
use usher_server::clock::Clock;

use crate::doors::Doors;
use crate::served::{PASSWORD, Served, assert_problem, get, post};

const DAY_MS: u64 = 86_400_000;

async fn exposure(doors: &Doors, device: &Device) -> Value {
    doors.get(&format!("devices/{}/exposure", device.id)).await
}

/// The end of the newest certificate that the feed holds of a device.
async fn certified_until(reader: &Device, of: &Device) -> UnixMillis {
    let pulled = reader.pull(reader.beginning(), 1_000).await.unwrap();
    let told = pulled.records.iter().rev().find_map(|record| match &record.form {
        Form::Body(body) if record.kind == Kind::Device => {
            match Body::decode(record.kind, record.entity, body).unwrap() {
                Body::Device { device, certificate, .. } if device == of.id => Some(certificate),
                _ => None,
            }
        }
        _ => None,
    });
    told.unwrap().open(&reader.server_key).unwrap().validity.until()
}

fn drill() -> Drill {
    let check =
        |check: &str, light, remark: &str| Checked { check: check.to_owned(), light, remark: remark.to_owned() };
    Drill { checks: vec![check("camera", Light::Green, "1280\u{d7}720"), check("clock", Light::Amber, "")] }
}

on_both_databases! {
    async fn organisers_see_how_each_terminal_is_doing(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 1).await;
        let mut device = doors.device("Left").await;
        let before = doors.get(&format!("devices/{}", device.id)).await;
        assert_eq!((&before["last_drill"], &before["clock"], &before["leases"]), (&Value::Null, &Value::Null, &json!([])));

        device.write(EntryKind::Incident, |entry| {
            entry.reason = IncidentKind::Drill.reason();
            entry.note = Some(drill().encode().unwrap());
            entry.operator = Some("Bob".to_owned());
        });
        device.write(EntryKind::Incident, |entry| {
            entry.reason = IncidentKind::Drill.reason();
            entry.note = Some("no drill".to_owned());
        });
        device.write(EntryKind::Session, |entry| {
            entry.reason = SessionEvent::OperatorChanged.reason();
            entry.operator = Some("Eve".to_owned());
            (entry.offset_ms, entry.uncertainty_ms) = (-180, 40);
        });
        device.push(1).await.unwrap();

        let shown = doors.get(&format!("devices/{}", device.id)).await;
        let last = &shown["last_drill"];
        assert_eq!((&last["operator"], &last["light"]), (&json!("Bob"), &json!("amber")));
        assert_eq!(last["checks"][0], json!({ "check": "camera", "light": "green", "remark": "1280\u{d7}720" }));
        assert_eq!((&shown["operator"], &shown["clock"]["offset_ms"]), (&json!("Eve"), &json!(-180)));
        assert_eq!(shown["clock"]["uncertainty_ms"], 40);
        assert_eq!(doors.list("devices").await[0]["last_drill"], *last);
        let path = format!("/events/{}/devices/{}", doors.event, "0".repeat(32));
        assert_problem(get(&doors.olga, &path), 404, "not-found").await;
    }

    async fn a_lost_terminal_is_accounted_for_in_words_that_can_be_sent(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 3).await;
        let email = json!({ "name": "Ada", "email": "ada@example.org", "ticket_type": "Regular", "order": "A1" });
        doors.olga.register(&doors.event, &email).await.unwrap();
        let mut device = doors.device("Left").await;
        let never = exposure(&doors, &device).await;
        assert_eq!(never["held"]["tickets"], 0);

        let cursor = device.pull(device.beginning(), 1_000).await.unwrap().position.point.seq;
        // That it holds the list is seen when it asks for more.
        device.write(EntryKind::Session, |entry| entry.reason = SessionEvent::Unlocked.reason());
        device.admit(&doors.tickets[0], 0);
        device.admit(&doors.tickets[1], 0);
        device.admit(&doors.tickets[0], 0);
        device.push(1).await.unwrap();
        let open = loop {
            let _ = device.page(&format!("after={cursor}&max=10")).await.unwrap();
            let shown = exposure(&doors, &device).await;
            if shown["cursor"] == json!(cursor.0) {
                break shown;
            }
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        };
        assert_eq!(open["held"], json!({ "tickets": 4, "names": 4, "emails": 1, "notes": 0, "orders": 1,
            "fields": ["name", "email", "note", "order", "ticket_type", "status"] }));
        assert_eq!((&open["state"], &open["presented"]["total"]), (&json!("open"), &json!(2)));
        let newest = &open["presented"]["newest"][0];
        assert_eq!((&newest["attendee"], &newest["times"]), (&json!("Guest 0"), &json!(2)));
        let notice = open["notice"].as_str().unwrap();
        for words in ["4 names, 1 e-mail", "“Left”", "“RustConf”", "was unlocked", "not been revoked yet"] {
            assert!(notice.contains(words), "{words}: {notice}");
        }

        device.write(EntryKind::Session, |entry| entry.reason = SessionEvent::Locked.reason());
        device.push(5).await.unwrap();
        doors.olga.post(&format!("/events/{}/devices/{}/revoke", doors.event, device.id), &json!({ "wipe": true })).await
            .unwrap();
        let sealed = exposure(&doors, &device).await;
        assert_eq!((&sealed["state"], &sealed["status"]), (&json!("sealed"), &json!("wiped")));
        let notice = sealed["notice"].as_str().unwrap();
        assert!(notice.contains("it was locked") && notice.contains("ordered to erase itself"), "{notice}");
    }

    async fn a_wiped_terminal_gets_an_order_that_only_the_server_can_give(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 1).await;
        let (mut device, other) = (doors.device("Left").await, doors.device("Right").await);
        let path = format!("/events/{}/devices/{}/revoke", doors.event, device.id);
        assert_eq!(doors.olga.post(&path, &json!({})).await.unwrap()["status"], "revoked");
        let ask = async |path: String| {
            let (_, code, problem) = refusal(device.get(&path).send().await.unwrap()).await.unwrap();
            assert_eq!(code, "DEVICE_REVOKED");
            serde_json::from_value::<Problem>(problem).unwrap().wipe
        };
        assert_eq!(ask(device.in_event("/head")).await, None);

        assert_eq!(doors.olga.post(&path, &json!({ "wipe": true })).await.unwrap()["status"], "wiped");
        // It is never taken back.
        assert_eq!(doors.olga.post(&path, &json!({})).await.unwrap()["status"], "wiped");
        let order = WipeOrder { event: device.facts().event_id, device: device.id };
        for path in [device.in_event("/head"), device.in_event("/doors"), format!("/enrol/{}", device.id)] {
            let signature = ask(path).await.unwrap();
            assert_eq!(order.verify_hex(&device.server_key, &signature), Ok(()));
            assert!(WipeOrder { device: other.id, ..order }.verify_hex(&device.server_key, &signature).is_err());
        }
        // What it recorded is still taken.
        device.admit(&doors.tickets[0], 0);
        let response = device.send(&device.batch(1, &[]).0, "").await.unwrap();
        assert_eq!(response.status(), 202);
        assert_problem(post(&doors.olga, &path, &json!({ "wipe": "yes" })), 422, "invalid").await;
    }

    async fn a_terminal_that_never_comes_back_runs_out(url: String) {
        let start = harness::device::now();
        let clock = Clock::fixed(start);
        let served = Served::start_at(&url, clock.clone()).await;
        let doors = Doors::open(&served, 0).await;
        let code = doors.code(json!({ "confirmed": true, "certificate_days": 4 })).await;
        let lost = Device::enrol(&doors.url, code["code"].as_str().unwrap()).await.unwrap();
        let kept = doors.device("Right").await;
        let first = Certificate::decode(&hex::decode(&lost.facts().certificate).unwrap()).unwrap().validity.until();
        assert_eq!(first, start.plus(4 * DAY_MS));
        assert_eq!(certified_until(&kept, &kept).await, start.plus(14 * DAY_MS));
        let ask_at = async |device: &Device, at: UnixMillis| {
            let path = device.in_event("/doors");
            let headers = device.sign(&reqwest::Method::GET, &path, None, at.0 / 1_000);
            let response = device.unsigned(reqwest::Method::GET, &path, None, Some(&headers)).send().await.unwrap();
            assert_eq!(response.status(), 200);
        };

        // That a device spoke is noted beside the answer.
        let show = async |olga: &Organiser, device: &Device, field: &str, expected: UnixMillis| {
            let expected = json!(usher_server::http::time::rfc3339(expected));
            let path = format!("/events/{}/devices/{}", doors.event, device.id);
            let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
            loop {
                let shown = olga.get(&path).await.unwrap();
                if shown[field] == expected {
                    break;
                }
                assert!(std::time::Instant::now() < deadline, "{field} is {}, not {expected}", shown[field]);
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        };
        show(&doors.olga, &kept, "last_seen_at", start).await;

        // More than half of the time is left: nothing happens.
        clock.set(start.plus(DAY_MS));
        let olga = Organiser::log_in(&doors.url, "olga@example.org", PASSWORD).await.unwrap();
        ask_at(&lost, clock.now()).await;
        show(&olga, &lost, "last_seen_at", clock.now()).await;
        clock.set(start.plus(8 * DAY_MS));
        let olga = Organiser::log_in(&doors.url, "olga@example.org", PASSWORD).await.unwrap();
        ask_at(&kept, clock.now()).await;
        show(&olga, &kept, "certificate_until", start.plus(22 * DAY_MS)).await;
        show(&olga, &lost, "certificate_until", first).await;
    }
}
