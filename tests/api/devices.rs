//! How devices become an event's terminals, and how their requests are signed.

use harness::device::{Device, enrol_request, now, refusal};
use harness::on_both_databases;
use reqwest::{Method, StatusCode};
use serde_json::json;
use sync_protocol::certificate::{Capabilities, SignedCertificate};
use sync_protocol::enrol::{EnrolCode, Invitation};
use sync_protocol::feed::entry::DeviceStatus;
use sync_protocol::feed::{Body, Form, Kind};
use sync_protocol::hash::sha256;
use sync_protocol::id::{DeviceNo, GateId, Seq};
use sync_protocol::key::{Signature, public_key};
use sync_protocol::sync::message::EnrolPending;
use sync_protocol::time::UnixMillis;
use usher_server::clock::Clock;

use crate::doors::Doors;
use crate::served::{Served, assert_problem, conference, get, post, refused};

fn certificate(device: &Device) -> SignedCertificate {
    let facts = device.facts();
    let signature: Signature = hex::decode(&facts.certificate_signature).unwrap().try_into().unwrap();
    SignedCertificate { bytes: hex::decode(&facts.certificate).unwrap(), signature }
}

on_both_databases! {
    async fn a_device_waits_with_six_digits_until_an_organiser_confirms_it(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 0).await;
        let code = doors.code(json!({ "name": "Left", "gates": ["side door"] })).await;

        let (mut device, pending) = Device::ask(&doors.url, code["code"].as_str().unwrap()).await.unwrap();
        assert!(!pending.confirmed);
        assert_eq!(device.get(&format!("/enrol/{}", device.id)).send().await.unwrap().status(), StatusCode::ACCEPTED);
        let listed = doors.list("devices").await;
        assert_eq!((&listed[0]["status"], &listed[0]["digits"]), (&json!("pending"), &json!(pending.digits)));
        assert_eq!(listed[0]["number"], json!(null));

        let confirmed = doors.change(&device, "confirm").await.unwrap();
        assert_eq!((&confirmed["status"], &confirmed["number"]), (&json!("active"), &json!(1)));
        assert_eq!(doors.change(&device, "confirm").await.unwrap()["number"], 1);
        device.finish().await.unwrap();
        let facts = device.facts();
        assert_eq!((facts.device_no, facts.gate), (DeviceNo(1), Some(GateId(1))));
        assert_eq!(facts.event_name, "RustConf");

        let opened = certificate(&device).open(&device.server_key).unwrap();
        assert_eq!((opened.device, opened.number, opened.gates), (device.id, DeviceNo(1), vec![GateId(1)]));
        assert_eq!(opened.capabilities, Capabilities::SCAN.and(Capabilities::SEARCH));
        assert_eq!(opened.sign_key, public_key(&device.key));
        assert!(opened.validity.contains(now()));

        let pulled = device.pull(device.beginning(), 100).await.unwrap();
        let told = pulled.records.iter().find(|record| record.kind == Kind::Device).unwrap();
        let Form::Body(body) = &told.form else { panic!("no body") };
        let Body::Device { status, certificate: told, .. } = Body::decode(Kind::Device, told.entity, body).unwrap()
        else { panic!("no device") };
        assert_eq!((status, told), (DeviceStatus::Active, certificate(&device)));
    }

    async fn a_scanned_code_says_where_the_server_is_and_who(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 0).await;
        let code = doors.code(json!({ "confirmed": true })).await;

        let invitation = Invitation::parse(code["invitation"].as_str().unwrap()).unwrap();
        assert_eq!(invitation.server, doors.url);
        assert_eq!(invitation.server_key_hash, sha256(&[&public_key(served.app.server_key()).to_bytes()]));
        for (kind, start) in [("qr_png", &b"\x89PNG"[..]), ("qr_svg", b"<svg")] {
            let path = code[kind].as_str().unwrap().strip_prefix("/api/v1").unwrap();
            assert!(doors.olga.bytes(path).await.unwrap().starts_with(start));
        }
        let png = doors.olga.bytes(code["qr_png"].as_str().unwrap().strip_prefix("/api/v1").unwrap()).await.unwrap();
        let picture = image::load_from_memory(&png).unwrap().to_luma8();
        let mut grids = rqrr::PreparedImage::prepare(picture);
        assert_eq!(grids.detect_grids()[0].decode().unwrap().1, code["invitation"].as_str().unwrap());

        let device = Device::enrol(&doors.url, invitation.code.as_str()).await.unwrap();
        assert_eq!(device.facts().device_no, DeviceNo(1));
        let path = code["qr_svg"].as_str().unwrap().strip_prefix("/api/v1").unwrap();
        assert_problem(get(&doors.olga, path), 404, "not-found").await;
    }

    async fn a_code_enrols_one_device_and_the_same_request_again_the_same_one(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 0).await;
        let code = doors.code(json!({ "confirmed": true })).await;
        let typed = code["code"].as_str().unwrap();
        let device = Device::enrol(&doors.url, typed).await.unwrap();

        let http = reqwest::Client::new();
        let (again, _) = enrol_request(&http, &doors.url, typed, &device.key).await.unwrap();
        let response = http.post(format!("{}/sync/v1/enrol", doors.url)).json(&again).send().await.unwrap();
        assert_eq!(response.json::<EnrolPending>().await.unwrap().device_id, device.id);

        let error = Device::ask(&doors.url, typed).await.unwrap_err();
        assert!(error.to_string().contains("CODE_REFUSED"), "{error}");
        assert_eq!(doors.list("devices").await.len(), 1);
    }

    async fn five_wrong_tries_spoil_a_code(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 0).await;
        let code = doors.code(json!({ "confirmed": true })).await;
        let typed = EnrolCode::parse(code["code"].as_str().unwrap()).unwrap();
        // The locator is right, the rest is not.
        let rest = if typed.as_str().ends_with("000000") { "111111" } else { "000000" };
        let wrong = format!("{}{rest}", typed.locator());

        for _ in 0..5 {
            assert!(Device::ask(&doors.url, &wrong).await.unwrap_err().to_string().contains("CODE_REFUSED"));
        }
        assert!(Device::ask(&doors.url, typed.as_str()).await.unwrap_err().to_string().contains("CODE_REFUSED"));
        assert!(Device::ask(&doors.url, "0000-00000-0").await.unwrap_err().to_string().contains("CODE_REFUSED"));
    }

    async fn a_code_expires_after_a_quarter_of_an_hour(url: String) {
        let clock = Clock::fixed(now());
        let served = Served::start_at(&url, clock.clone()).await;
        let doors = Doors::open(&served, 0).await;
        let (first, second) = (doors.code(json!({})).await, doors.code(json!({})).await);

        clock.set(UnixMillis(clock.now().0 + 15 * 60_000 - 1));
        assert!(Device::ask(&doors.url, first["code"].as_str().unwrap()).await.is_ok());
        clock.set(UnixMillis(clock.now().0 + 1));
        let error = Device::ask(&doors.url, second["code"].as_str().unwrap()).await.unwrap_err();
        assert!(error.to_string().contains("CODE_REFUSED"), "{error}");
    }

    async fn an_enrolment_that_is_not_what_it_should_be_is_refused(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 0).await;
        let code = doors.code(json!({})).await;
        let (http, key) = (reqwest::Client::new(), ed25519_dalek::SigningKey::from_bytes(&[5; 32]));
        let (good, _) = enrol_request(&http, &doors.url, code["code"].as_str().unwrap(), &key).await.unwrap();
        let address = format!("{}/sync/v1/enrol", doors.url);
        let ask = async |body: Vec<u8>| refusal(http.post(&address).body(body).send().await.unwrap()).await.unwrap();

        let mut signed_otherwise = good.clone();
        signed_otherwise.signature = hex::encode([0; 64]);
        let mut other_key = good.clone();
        other_key.tls_key = hex::encode([8; 32]);
        let mut weak = good.clone();
        weak.sign_key = hex::encode([0; 32]);
        for bad in [signed_otherwise, other_key, weak] {
            let (status, code, _) = ask(serde_json::to_vec(&bad).unwrap()).await;
            assert_eq!((status, code.as_str()), (401, "BAD_REQUEST_SIGNATURE"));
        }
        let mut unknown = serde_json::to_value(&good).unwrap();
        unknown["more"] = json!(1);
        let mut short = serde_json::to_value(&good).unwrap();
        short["sign_key"] = json!("00");
        let mut long = serde_json::to_value(&good).unwrap();
        long["name"] = json!("x".repeat(129));
        for bad in [b"".to_vec(), b"{".to_vec(), b"[1]".to_vec(), unknown.to_string().into(), short.to_string().into(),
                    long.to_string().into()] {
            let (status, code, _) = ask(bad).await;
            assert_eq!((status, code.as_str()), (400, "MALFORMED"));
        }
        let (status, code, _) = ask(vec![b' '; 5_000]).await;
        assert_eq!((status, code.as_str()), (413, "TOO_LARGE"));
    }

    async fn a_revoked_device_is_told_and_may_only_upload(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 1).await;
        let (mut device, other) = (doors.device("Left").await, doors.device("Right").await);
        device.admit(&doors.tickets[0], 0);
        device.push(1).await.unwrap();

        let revoked = doors.change(&device, "revoke").await.unwrap();
        assert_eq!((&revoked["status"], &revoked["acknowledged_seq"]), (&json!("revoked"), &json!(1)));
        assert_eq!(doors.change(&device, "revoke").await.unwrap()["status"], "revoked");
        assert_eq!(refused(doors.change(&device, "confirm").await), 409);

        let hash = "0".repeat(64);
        for path in ["/head", "/feed", "/snapshot", &format!("/chunks/{hash}")] {
            let response = device.get(&device.in_event(path)).send().await.unwrap();
            assert_eq!(refusal(response).await.unwrap().1, "DEVICE_REVOKED", "{path}");
        }
        let response = device.get(&format!("/enrol/{}", device.id)).send().await.unwrap();
        assert_eq!(refusal(response).await.unwrap().1, "DEVICE_REVOKED");
        let response = device.get(&device.in_event(&format!("/journals/{}", device.id))).send().await.unwrap();
        assert_eq!(response.status(), 200);

        let pulled = other.pull(other.beginning(), 1_000).await.unwrap();
        let told = pulled.records.iter().rev().find(|record| record.kind == Kind::Device).unwrap();
        let Form::Body(body) = &told.form else { panic!("no body") };
        let Body::Device { device: id, status, last_seq, .. } = Body::decode(Kind::Device, told.entity, body).unwrap()
        else { panic!("no device") };
        assert_eq!((id, status, last_seq), (device.id, DeviceStatus::Revoked, Seq(1)));
    }

    async fn the_gates_of_an_enrolled_device_can_be_changed_and_all_terminals_are_told(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 0).await;
        let code = doors.code(json!({ "name": "Left", "gates": ["side door"], "confirmed": true })).await;
        let device = Device::enrol(&doors.url, code["code"].as_str().unwrap()).await.unwrap();
        let path = format!("/events/{}/devices/{}", doors.event, device.id);
        let told = async || {
            let pulled = device.pull(device.beginning(), 100).await.unwrap();
            let certificates = pulled.records.into_iter().filter(|record| record.kind == Kind::Device).map(|record| {
                let Form::Body(body) = record.form else { panic!("no body") };
                let Body::Device { certificate, .. } = Body::decode(Kind::Device, record.entity, &body).unwrap()
                else { panic!("no device") };
                certificate.open(&device.server_key).unwrap()
            });
            certificates.collect::<Vec<_>>()
        };
        assert_eq!(told().await.last().unwrap().gates, [GateId(1)]);

        let moved = doors.olga.patch(&path, &json!({ "gates": ["main entrance", "MAIN ENTRANCE"] })).await.unwrap();
        assert_eq!((&moved["gates"], &moved["status"]), (&json!(["Main entrance"]), &json!("active")));
        let certificates = told().await;
        let last = certificates.last().unwrap();
        assert_eq!((last.gates.as_slice(), last.number, last.device), (&[GateId(0)][..], DeviceNo(1), device.id));
        assert!(last.validity.contains(now()));

        // The same again, and nothing at all, change nothing.
        for change in [json!({ "gates": ["Main entrance"] }), json!({})] {
            let again = doors.olga.patch(&path, &change).await.unwrap();
            assert_eq!(again["gates"], json!(["Main entrance"]));
        }
        assert_eq!(told().await.len(), certificates.len());

        let anywhere = doors.olga.patch(&path, &json!({ "gates": [] })).await.unwrap();
        assert_eq!(anywhere["gates"], json!([]));
        assert_eq!(told().await.last().unwrap().gates, []);
    }

    async fn the_gates_of_a_device_that_waits_are_those_it_is_confirmed_for(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 0).await;
        let code = doors.code(json!({ "name": "Left", "gates": ["side door"] })).await;
        let (mut device, _) = Device::ask(&doors.url, code["code"].as_str().unwrap()).await.unwrap();
        let path = format!("/events/{}/devices/{}", doors.event, device.id);

        let changed = doors.olga.patch(&path, &json!({ "gates": ["Main entrance"] })).await.unwrap();
        assert_eq!((&changed["gates"], &changed["status"]), (&json!(["Main entrance"]), &json!("pending")));
        doors.change(&device, "confirm").await.unwrap();
        device.finish().await.unwrap();

        assert_eq!(certificate(&device).open(&device.server_key).unwrap().gates, [GateId(0)]);
    }

    async fn a_change_of_gates_that_makes_no_sense_is_refused(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 0).await;
        let device = doors.device("Left").await;
        let path = format!("/events/{}/devices/{}", doors.event, device.id);
        let patch = |organiser: &harness::organiser::Organiser, change: serde_json::Value| {
            organiser.request(Method::PATCH, &path).json(&change)
        };

        for change in [json!({ "gates": ["nowhere"] }), json!({ "gates": "Main entrance" }), json!({ "name": "Right" })] {
            assert_problem(patch(&doors.olga, change), 422, "invalid").await;
        }
        let mallory = served.organiser("mallory@example.org", "Others").await;
        assert_problem(patch(&mallory, json!({ "gates": [] })), 404, "not-found").await;
        doors.change(&device, "revoke").await.unwrap();
        assert_problem(patch(&doors.olga, json!({ "gates": [] })), 409, "device-revoked").await;
    }

    async fn a_request_that_is_not_signed_rightly_is_refused_and_says_why(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 0).await;
        let device = doors.device("Left").await;
        let path = device.in_event("/head");
        let head = |headers| device.unsigned(Method::GET, &path, None, headers);
        let code = async |request: reqwest::RequestBuilder| {
            let (status, code, _) = refusal(request.send().await.unwrap()).await.unwrap();
            (status, code)
        };
        let (bad, clock) = ((401, "BAD_REQUEST_SIGNATURE".to_owned()), (401, "CLOCK".to_owned()));
        let seconds = now().0 / 1_000;
        let good = device.sign(&Method::GET, &path, None, seconds);
        assert_eq!(head(Some(&good)).send().await.unwrap().status(), 200);

        assert_eq!(code(head(None)).await, bad);
        let elsewhere = device.sign(&Method::GET, &device.in_event("/feed"), None, seconds);
        assert_eq!(code(head(Some(&elsewhere))).await, bad);
        let with_query = device.unsigned(Method::GET, &format!("{path}?x=1"), None, Some(&good));
        assert_eq!(code(with_query).await, bad);
        for created in [seconds - 130, seconds + 130] {
            let late = device.sign(&Method::GET, &path, None, created);
            assert_eq!(code(device.unsigned(Method::GET, &path, None, Some(&late))).await, clock);
        }
        assert_eq!(code(head(Some(&good)).header("signature", &good.signature)).await, bad);
        let mut stranger = device.clone();
        stranger.key = ed25519_dalek::SigningKey::from_bytes(&[3; 32]);
        assert_eq!(code(stranger.get(&path)).await, bad);
        stranger.id = sync_protocol::id::DeviceId([1; 16]);
        assert_eq!(code(stranger.get(&path)).await, bad);
        let claims = device.in_event("/claims");
        let over_other = device.sign(&Method::POST, &claims, Some(b"{}"), seconds);
        assert_eq!(code(device.unsigned(Method::POST, &claims, Some(b"[]".to_vec()), Some(&over_other))).await, bad);
        let without_body = device.sign(&Method::POST, &claims, None, seconds);
        assert_eq!(code(device.unsigned(Method::POST, &claims, Some(b"{}".to_vec()), Some(&without_body))).await, bad);

        // What was signed rightly may be sent again: nothing changes by it.
        for _ in 0..2 {
            assert_eq!(head(Some(&good)).send().await.unwrap().status(), 200);
        }
    }

    async fn a_device_knows_only_its_own_event(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 0).await;
        let device = doors.device("Left").await;
        let code = doors.code(json!({})).await;
        let (waiting, _) = Device::ask(&doors.url, code["code"].as_str().unwrap()).await.unwrap();
        let other = doors.olga.create_event(&crate::served::conference()).await.unwrap();

        for request in [
            device.get(&format!("/events/{other}/head")),
            device.get("/events/nonsense/head"),
            waiting.get(&device.in_event("/head")),
            waiting.get(&device.in_event(&format!("/journals/{}", device.id))),
        ] {
            let (status, code, _) = refusal(request.send().await.unwrap()).await.unwrap();
            assert_eq!((status, code.as_str()), (404, "UNKNOWN_EVENT"));
        }
        let path = device.in_event(&format!("/journals/{}", waiting.id));
        let (status, code, _) = refusal(device.get(&path).send().await.unwrap()).await.unwrap();
        assert_eq!((status, code.as_str()), (404, "NOT_FOUND"));
        let (status, code, _) =
            refusal(device.get(&format!("/enrol/{}", waiting.id)).send().await.unwrap()).await.unwrap();
        assert_eq!((status, code.as_str()), (404, "NOT_FOUND"));
        let older = reqwest::get(format!("{}/sync/v0/events/{other}/head", doors.url)).await.unwrap();
        let (status, code, _) = refusal(older).await.unwrap();
        assert_eq!((status, code.as_str()), (426, "UPGRADE"));
    }

    async fn devices_and_codes_of_others_do_not_exist(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 0).await;
        let device = doors.device("Left").await;
        let code = doors.code(json!({})).await;
        let mallory = served.organiser("mallory@example.org", "Others").await;
        let own = mallory.create_event(&crate::served::conference()).await.unwrap();

        for path in ["devices", "check-ins", "counts", "conflicts", "quarantine", "check-ins/stream"] {
            assert_problem(get(&mallory, &format!("/events/{}/{path}", doors.event)), 404, "not-found").await;
        }
        assert_problem(post(&mallory, &format!("/events/{}/enrolment-codes", doors.event), &json!({})), 404, "not-found")
            .await;
        for event in [&doors.event, &own] {
            let path = format!("/events/{event}/devices/{}/revoke", device.id);
            assert_problem(post(&mallory, &path, &json!({})), 404, "not-found").await;
            let path = format!("/events/{event}/enrolment-codes/{}/qr.svg", code["id"].as_str().unwrap());
            assert_problem(get(&mallory, &path), 404, "not-found").await;
        }
        let codes = format!("/events/{}/enrolment-codes", doors.event);
        for body in [
            json!({ "gates": ["nowhere"] }), json!({ "capabilities": ["dance"] }), json!({ "name": "x".repeat(129) }),
            json!({ "confirmed": "yes" }), json!({ "colour": "red" }),
        ] {
            assert_problem(post(&doors.olga, &codes, &body), 422, "invalid").await;
        }
    }

    async fn an_event_that_is_over_takes_no_terminal_and_changes_none(url: String) {
        let served = Served::start(&url).await;
        for step in ["close", "cancel"] {
            let olga = served.organiser(&format!("{step}@example.org"), step).await;
            let event = olga.create_event(&conference()).await.unwrap();
            let doors = Doors { olga, event, tickets: Vec::new(), url: served.url.clone() };
            let left = doors.device("Left").await;
            let code = doors.code(json!({ "name": "Right" })).await;
            let (waiting, _) = Device::ask(&doors.url, code["code"].as_str().unwrap()).await.unwrap();
            let late = doors.code(json!({ "name": "Late", "confirmed": true })).await;
            let path = format!("/events/{}", doors.event);
            post(&doors.olga, &format!("{path}/{step}"), &json!({ "reason": "Storm" })).send().await.unwrap();

            let request = post(&doors.olga, &format!("{path}/enrolment-codes"), &json!({ "name": "New" }));
            let problem = assert_problem(request, 409, "event-over").await;
            assert!(problem["detail"].as_str().unwrap().contains("nothing of it changes any more"), "{problem}");
            let confirm = format!("{path}/devices/{}/confirm", waiting.id);
            assert_problem(post(&doors.olga, &confirm, &json!({})), 409, "event-over").await;
            let device = format!("{path}/devices/{}", left.id);
            let gates = doors.olga.request(Method::PATCH, &device).json(&json!({ "gates": ["Side door"] }));
            assert_problem(gates, 409, "event-over").await;
            let plan = json!({ "walk_in": [{ "ticket_type": "Speaker", "places": 1 }] });
            let leases = doors.olga.request(Method::PUT, &format!("{device}/leases")).json(&plan);
            assert_problem(leases, 409, "event-over").await;
            assert!(Device::ask(&doors.url, late["code"].as_str().unwrap()).await.is_err());
            // What is enrolled can still be stopped.
            assert_eq!(doors.change(&left, "revoke").await.unwrap()["status"], "revoked");
        }
    }
}
