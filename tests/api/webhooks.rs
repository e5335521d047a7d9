//! Webhooks: who is called for what, how calls are signed, and what happens if nobody answers.

use harness::on_both_databases;
use harness::organiser::Organiser;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::Sha256;
use sync_protocol::time::UnixMillis;
use usher_server::app::{App, Settings};
use usher_server::clock::Clock;
use usher_server::webhooks::Kind;
use usher_server::webhooks::sending::{Caller, TRIES_MAX, turn};
use usher_server::work::Turn;

use crate::doors::Doors;
use crate::receiver::{Call, Receiver};
use crate::served::{PASSWORD, Served, assert_problem, conference, get, places, post};

const NOW: UnixMillis = UnixMillis(1_790_000_000_000);
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

on_both_databases! {
    async fn what_happens_is_told_signed_to_those_who_asked_for_it(url: String) {
        let served = open(&url, Clock::System).await;
        let (mut receiver, mut other) = (Receiver::start().await, Receiver::start().await);
        let olga = served.olga().await;
        let sam = served.organiser("sam@example.org", "Strangers").await;
        let (id, secret) = hook(&olga, &receiver, &["registration.created", "ticket.issued"]).await;
        hook(&sam, &other, &["registration.created", "ticket.issued"]).await;
        let event = olga.create_event(&conference()).await.unwrap();

        let ada = olga.register(&event, &json!({ "name": "Ada Lovelace", "ticket_type": "Regular" })).await.unwrap();
        drain(&served.app).await;

        let mut calls = receiver.calls();
        calls.sort_by_key(|call| call.json()["kind"].to_string());
        assert_eq!(calls.len(), 2);
        let created = calls[0].json();
        assert_eq!(created["kind"], "registration.created");
        assert_eq!((&created["event"], &created["data"]["registration"]), (&json!(event), &ada["id"]));
        let issued = calls[1].json();
        assert_eq!((&issued["kind"], &issued["data"]["ticket"]), (&json!("ticket.issued"), &ada["ticket"]["id"]));
        for call in &calls {
            assert!(is_signed(call, &secret) && !is_signed(call, "usws_another"), "{call:?}");
            assert_eq!(call.headers["usher-delivery"], call.json()["id"].as_str().unwrap());
            assert!(!call.body.contains("Lovelace"), "names stay here: {}", call.body);
        }
        assert_eq!(other.calls().len(), 0, "another organisation's webhook was called");
        let log = olga.list(&format!("/webhooks/{id}/deliveries")).await.unwrap();
        assert_eq!(log.len(), 2);
        assert!(log.iter().all(|made| made["state"] == "delivered" && made["status"] == 204 && made["tries"] == 1));
    }

    async fn doors_and_devices_are_told_of_as_well(url: String) {
        let served = open(&url, Clock::System).await;
        let mut receiver = Receiver::start().await;
        let doors = Doors::open(&served, 0).await;
        let (olga, event) = (&doors.olga, &doors.event);
        let kinds: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        let speaker = olga.register(event, &json!({ "name": "Ada", "ticket_type": "Speaker" })).await.unwrap();
        let ticket = speaker["ticket"]["id"].as_str().unwrap();
        hook(olga, &receiver, &kinds).await;

        let (mut left, mut right) = (doors.device("Left").await, doors.device("Right").await);
        for device in [&mut left, &mut right] {
            device.write(sync_protocol::journal::EntryKind::Admit, |entry| {
                entry.ticket = sync_protocol::id::TicketId::from_typed_code(ticket).unwrap();
                (entry.gate, entry.class) = (sync_protocol::id::GateId(1), sync_protocol::id::ClassId(1));
            });
            device.push(1).await.unwrap();
        }
        doors.change(&right, "revoke").await.unwrap();
        olga.change_ticket(event, ticket, "cancel").await.unwrap();
        drain(&served.app).await;

        let calls: Vec<Value> = receiver.calls().iter().map(Call::json).collect();
        let of = |kind: &str| calls.iter().filter(|call| call["kind"] == kind).collect::<Vec<_>>();
        assert_eq!(of("device.enrolled").len(), 2);
        assert_eq!(of("device.revoked").len(), 1);
        assert_eq!(of("device.revoked")[0]["data"]["status"], "revoked");
        let check_ins = of("check_in");
        assert_eq!(check_ins.len(), 2);
        assert!(check_ins.iter().all(|told| told["data"]["ticket"] == ticket && told["data"]["kind"] == "admit"));
        let conflicts = of("conflict");
        assert_eq!(conflicts.len(), 1, "{calls:#?}");
        assert_eq!(conflicts[0]["data"]["ticket"], ticket);
        assert_eq!(conflicts[0]["data"]["excess"].as_array().unwrap().len(), 1);
        assert_eq!(of("ticket.revoked")[0]["data"]["status"], "cancelled");
        assert_eq!(of("registration.cancelled")[0]["data"]["registration"], speaker["id"]);
    }

    async fn a_call_that_fails_is_tried_again_and_one_that_was_given_up_can_be_sent_again(url: String) {
        let clock = Clock::fixed(NOW);
        let served = open(&url, clock.clone()).await;
        let mut receiver = Receiver::start().await;
        let olga = served.olga().await;
        let (id, _) = hook(&olga, &receiver, &["check_in"]).await;
        let test = olga.post(&format!("/webhooks/{id}/test"), &json!({})).await.unwrap();
        assert_eq!((&test["kind"], &test["state"]), (&json!("test"), &json!("waiting")));
        let long = format!("no\u{0} {}", "x".repeat(5_000));

        for _ in 0..TRIES_MAX {
            receiver.answer("500 Oh no", "", &long);
            drain(&served.app).await;
            drain(&served.app).await;
            clock.set(clock.now().plus(DAY_MS / 3));
        }

        let calls = receiver.calls();
        assert_eq!(calls.len(), TRIES_MAX as usize, "once at each time");
        assert!(calls.iter().all(|call| call.body == calls[0].body), "the same id and body every time");
        let olga = Organiser::log_in(&served.url, "olga@example.org", PASSWORD).await.unwrap();
        let made = olga.list(&format!("/webhooks/{id}/deliveries?state=given_up")).await.unwrap().remove(0);
        assert_eq!((&made["tries"], &made["status"]), (&json!(TRIES_MAX), &json!(500)));
        let answer = made["answer"].as_str().unwrap();
        assert!(answer.starts_with("no  xx") && answer.len() == 1_024, "{answer}");
        assert!(olga.get(&format!("/webhooks/{id}")).await.unwrap()["failing_since"].is_string());

        let delivery = made["id"].as_str().unwrap();
        olga.post(&format!("/webhooks/{id}/deliveries/{delivery}/send-again"), &json!({})).await.unwrap();
        drain(&served.app).await;
        assert_eq!(receiver.calls().remove(0).body, calls[0].body);
        let page = olga.get(&format!("/webhooks/{id}/deliveries")).await.unwrap();
        assert_eq!(page["items"][0]["state"], "delivered");
        assert_eq!(olga.get(&format!("/webhooks/{id}")).await.unwrap()["failing_since"], Value::Null);
    }

    async fn a_webhook_that_fails_for_days_is_stopped_and_its_owners_are_told(url: String) {
        let clock = Clock::fixed(NOW);
        let served = open(&url, clock.clone()).await;
        let mut receiver = Receiver::start().await;
        let olga = served.olga().await;
        let (id, _) = hook(&olga, &receiver, &["registration.created"]).await;
        let event = olga.create_event(&conference()).await.unwrap();
        for _ in 0..3 {
            olga.register(&event, &json!({ "name": "Ada", "ticket_type": "Regular" })).await.unwrap();
        }
        for _ in 0..12 {
            for _ in 0..3 {
                receiver.answer("503 Gone", "", "");
            }
            drain(&served.app).await;
            clock.set(clock.now().plus(DAY_MS / 2));
        }

        let olga = Organiser::log_in(&served.url, "olga@example.org", PASSWORD).await.unwrap();
        let shown = olga.get(&format!("/webhooks/{id}")).await.unwrap();
        assert_eq!(shown["state"], "stopped");
        let folder = tempfile::tempdir().unwrap();
        let outbox = usher_server::mails::transport::Transport::Outbox(folder.path().to_owned());
        let by_mail = usher_server::mails::sending::Post::new(outbox, "usher@example.org".parse().unwrap());
        usher_server::mails::sending::turn(&served.app, &by_mail).await.unwrap();
        let letters = std::fs::read_dir(folder.path()).unwrap();
        let mut told: Vec<_> = letters.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect();
        // She has logged in once more.
        told.retain(|letter| !letter.contains("A new device has logged in"));
        assert_eq!(told.len(), 1, "told once");
        receiver.calls();
        olga.register(&event, &json!({ "name": "Bob", "ticket_type": "Regular" })).await.unwrap();
        drain(&served.app).await;
        assert_eq!(receiver.calls().len(), 0, "it is not called any more");
        assert_problem(post(&olga, &format!("/webhooks/{id}/test"), &json!({})), 409, "webhook-not-active").await;

        let active = olga.request(Method::PATCH, &format!("/webhooks/{id}")).header("if-match", "*");
        let shown: Value = active.json(&json!({ "state": "active" })).send().await.unwrap().json().await.unwrap();
        assert_eq!((&shown["state"], &shown["failing_since"]), (&json!("active"), &Value::Null));
        olga.post(&format!("/webhooks/{id}/test"), &json!({})).await.unwrap();
        drain(&served.app).await;
        assert!(receiver.calls().iter().any(|call| call.json()["kind"] == "test"));
    }

    async fn a_changed_secret_counts_beside_the_one_before_for_a_day(url: String) {
        let clock = Clock::fixed(NOW);
        let served = open(&url, clock.clone()).await;
        let mut receiver = Receiver::start().await;
        let olga = served.olga().await;
        let (id, before) = hook(&olga, &receiver, &["check_in"]).await;
        let rotated = olga.post(&format!("/webhooks/{id}/rotate"), &json!({})).await.unwrap();
        let after = rotated["secret"].as_str().unwrap().to_owned();
        assert_ne!(after, before);

        olga.post(&format!("/webhooks/{id}/test"), &json!({})).await.unwrap();
        drain(&served.app).await;
        let call = receiver.next().await;
        assert!(is_signed(&call, &before) && is_signed(&call, &after), "{call:?}");

        clock.set(NOW.plus(DAY_MS));
        let olga = Organiser::log_in(&served.url, "olga@example.org", PASSWORD).await.unwrap();
        olga.post(&format!("/webhooks/{id}/test"), &json!({})).await.unwrap();
        drain(&served.app).await;
        let call = receiver.next().await;
        assert!(!is_signed(&call, &before) && is_signed(&call, &after), "{call:?}");
        assert!(!olga.get(&format!("/webhooks/{id}")).await.unwrap().to_string().contains(&after), "shown once");
    }

    async fn a_redirect_is_not_followed(url: String) {
        let served = open(&url, Clock::System).await;
        let (mut receiver, mut elsewhere) = (Receiver::start().await, Receiver::start().await);
        let olga = served.olga().await;
        let (id, _) = hook(&olga, &receiver, &["check_in"]).await;
        receiver.answer("307 Over there", &format!("location: {}\r\n", elsewhere.url), "");

        olga.post(&format!("/webhooks/{id}/test"), &json!({})).await.unwrap();
        drain(&served.app).await;

        assert_eq!((receiver.calls().len(), elsewhere.calls().len()), (1, 0));
        let made = olga.list(&format!("/webhooks/{id}/deliveries")).await.unwrap().remove(0);
        assert_eq!((&made["state"], &made["status"]), (&json!("waiting"), &json!(307)));
    }

    async fn no_webhook_leads_into_the_servers_own_network(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let make = |url: &str| post(&olga, "/webhooks", &json!({ "url": url, "kinds": ["check_in"] }));
        for bad in ["http://example.org/", "https://localhost/", "https://127.0.0.1/", "https://[::1]/", "https://169.254.169.254/", "x"] {
            let problem = assert_problem(make(bad), 422, "invalid").await;
            assert_eq!(places(&problem), ["body.url"], "{bad}");
        }

        // One that got in otherwise is not called either.
        let open = open(&url, Clock::System).await;
        let mut receiver = Receiver::start().await;
        let (id, _) = hook(&olga_at(&open).await, &receiver, &["check_in"]).await;
        olga.post(&format!("/webhooks/{id}/test"), &json!({})).await.unwrap();
        while turn(&served.app, &Caller::new(false).unwrap()).await.unwrap() == Turn::More {}
        assert_eq!(receiver.calls().len(), 0);
        let made = olga.list(&format!("/webhooks/{id}/deliveries")).await.unwrap().remove(0);
        assert_eq!((&made["state"], &made["status"]), (&json!("waiting"), &Value::Null));
        assert!(made["error"].as_str().unwrap().contains("https"), "{made}");
    }

    async fn two_servers_make_each_call_once(url: String) {
        let (one, two) = (open(&url, Clock::System).await, open(&url, Clock::System).await);
        let mut receiver = Receiver::start().await;
        let olga = one.olga().await;
        hook(&olga, &receiver, &["registration.created"]).await;
        let event = olga.create_event(&conference()).await.unwrap();
        let rows: String = (0..60).map(|number| format!("Guest {number},Regular\n")).collect();
        olga.import(&event, format!("name,ticket_type\n{rows}")).await.unwrap();

        tokio::join!(drain(&one.app), drain(&two.app));

        let mut ids: Vec<String> = receiver.calls().iter().map(|call| call.headers["usher-delivery"].clone()).collect();
        let count = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!((count, ids.len()), (60, 60));
    }

    async fn webhooks_are_changed_by_whoever_has_seen_them_and_belong_to_one_organisation(url: String) {
        let served = open(&url, Clock::System).await;
        let receiver = Receiver::start().await;
        let olga = served.olga().await;
        let sam = served.organiser("sam@example.org", "Strangers").await;
        let (id, secret) = hook(&olga, &receiver, &["check_in"]).await;
        assert!(secret.starts_with("usws_") && secret.len() > 60, "{secret}");
        let path = format!("/webhooks/{id}");

        let shown = get(&olga, &path).send().await.unwrap();
        assert_eq!(shown.headers()["etag"], "\"1\"");
        let change = |organiser: &Organiser, tag: &str| organiser.request(Method::PATCH, &path).header("if-match", tag.to_owned());
        let kinds = json!({ "kinds": ["conflict"] });
        let changed: Value = change(&olga, "\"1\"").json(&kinds).send().await.unwrap().json().await.unwrap();
        assert_eq!(changed["kinds"], json!(["conflict"]));
        assert_problem(change(&olga, "\"1\"").json(&kinds), 412, "changed-meanwhile").await;
        assert_problem(olga.request(Method::PATCH, &path).json(&kinds), 428, "if-match-required").await;
        for (body, place) in [
            (json!({ "kinds": [] }), "body.kinds"),
            (json!({ "kinds": ["conflict", "conflict"] }), "body.kinds"),
            (json!({ "kinds": ["nothing"] }), "body.kinds.0"),
            (json!({ "state": "stopped" }), "body.state"),
            (json!({ "url": format!("https://example.org/{}", "x".repeat(2_000)) }), "body.url"),
        ] {
            let problem = assert_problem(change(&olga, "*").json(&body), 422, "invalid").await;
            assert_eq!(places(&problem), [place], "{body}");
        }

        assert_eq!(sam.list("/webhooks").await.unwrap(), [] as [Value; 0]);
        assert_problem(get(&sam, &path), 404, "not-found").await;
        assert_problem(change(&sam, "*").json(&kinds), 404, "not-found").await;
        assert_problem(sam.request(Method::DELETE, &path).header("if-match", "*"), 404, "not-found").await;
        for rest in ["rotate", "test", &format!("deliveries/{id}/send-again")] {
            assert_problem(post(&sam, &format!("{path}/{rest}"), &json!({})), 404, "not-found").await;
        }
        assert_problem(get(&sam, &format!("{path}/deliveries")), 404, "not-found").await;

        olga.post(&format!("{path}/test"), &json!({})).await.unwrap();
        let gone = olga.request(Method::DELETE, &path).header("if-match", "\"2\"").send().await.unwrap();
        assert_eq!(gone.status(), StatusCode::NO_CONTENT);
        assert_problem(get(&olga, &path), 404, "not-found").await;
        for number in 0..20 {
            let body = json!({ "url": format!("{}&n={number}", receiver.url), "kinds": ["check_in"] });
            olga.post("/webhooks", &body).await.unwrap();
        }
        let one_more = json!({ "url": receiver.url, "kinds": ["check_in"] });
        assert_problem(post(&olga, "/webhooks", &one_more), 409, "too-many-webhooks").await;
    }
}

/// Starts a server whose webhooks may lead to this machine.
async fn open(url: &str, clock: Clock) -> Served {
    Served::start_with(url, Settings { allow_private_webhooks: true, clock, ..Settings::default() }).await
}

async fn olga_at(served: &Served) -> Organiser {
    Organiser::log_in(&served.url, "olga@example.org", PASSWORD).await.unwrap()
}

/// Makes a webhook and returns its id and secret.
async fn hook(organiser: &Organiser, receiver: &Receiver, kinds: &[&str]) -> (String, String) {
    let made = organiser.post("/webhooks", &json!({ "url": receiver.url, "kinds": kinds })).await.unwrap();
    (made["id"].as_str().unwrap().to_owned(), made["secret"].as_str().unwrap().to_owned())
}

/// Makes all calls that are due.
pub(crate) async fn drain(app: &App) {
    let caller = Caller::new(true).unwrap();
    while turn(app, &caller).await.unwrap() == Turn::More {}
}

/// Whether a call is signed under a secret, as a receiver checks it.
pub(crate) fn is_signed(call: &Call, secret: &str) -> bool {
    let header = &call.headers["usher-signature"];
    let (time, signatures) = header.split_once(',').unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{}.{}", time.strip_prefix("t=").unwrap(), call.body).as_bytes());
    let expected = format!("v1={}", hex::encode(mac.finalize().into_bytes()));
    signatures.split(',').any(|signature| signature == expected)
}
