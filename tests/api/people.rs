//! What is known of one person: shown to whom it concerns, and erased everywhere.

pub(crate) mod everywhere;

use harness::device::Device;
use harness::on_both_databases;
use harness::organiser::Organiser;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sync_protocol::feed::Form;
use sync_protocol::feed::pull::Position;
use usher_server::access::Role;
use usher_server::http::time::rfc3339;

use self::everywhere::{found_anywhere, journals_verify};
use crate::festival::Festival;
use crate::letters;
use crate::served::{PASSWORD, Served, answer, assert_problem, get, own_ids, places, post};

const EMAIL: &str = "zebulon@example.org";
/// What must not be found once Zebulon is erased.
const SIGNS: [&str; 7] =
    ["Zebulon", "zebulon", "Quartermain", "quartermain", "+49 1717", "allergic to squid", "purple octopus"];

/// An event of long ago, which nobody has closed: whoever came is erased without being cancelled.
fn long_ago() -> Value {
    json!({
        "name": "Gala",
        "time_zone": "Europe/Berlin",
        "starts": "2024-03-01T18:00:00+01:00",
        "ends": "2024-03-02T02:00:00+01:00",
        "gates": [{ "name": "Main entrance" }],
        "ticket_types": [{ "name": "Regular" }],
        "questions": [{ "key": "wish", "label": "Anything else?" }],
    })
}

fn zebulon() -> Value {
    json!({
        "name": "Zebulon Quartermain", "email": EMAIL, "phone": "+49 1717", "external_id": "Quartermain-7",
        "order": "Z-order", "note": "allergic to squid", "answers": { "wish": "purple octopus" }, "send": true,
        "ticket_type": "Regular",
    })
}

/// Zebulon comes to the gala in every way there is.
struct Gala {
    olga: Organiser,
    organisation: String,
    event: String,
    registration: String,
    device: Device,
    position: Position,
}

impl Gala {
    async fn open(served: &Served) -> Self {
        let olga = served.olga().await;
        let organisation = own_ids(&olga).await.1;
        let hook = json!({ "url": "https://example.org/usher", "kinds": ["registration.created", "check_in"] });
        olga.post("/webhooks", &hook).await.unwrap();
        let event = olga.create_event(&long_ago()).await.unwrap();
        let path = |rest: &str| format!("/events/{event}/{rest}");

        // An organiser registers him, with a key, and corrects it.
        let request = post(&olga, &path("registrations"), &zebulon()).header("idempotency-key", "z-1");
        let (status, _, made) = answer(request).await;
        assert_eq!(status, StatusCode::CREATED, "{made}");
        let registration = made["id"].as_str().unwrap().to_owned();
        let ticket = made["ticket"]["id"].as_str().unwrap().to_owned();
        olga.register(&event, &json!({ "name": "Grace", "ticket_type": "Regular" })).await.unwrap();
        let reason = json!({ "reason": "Quartermain lost his phone" });
        olga.post(&path(&format!("tickets/{ticket}/reissue")), &reason).await.unwrap();
        // He comes in at a door, which sells him another ticket; a door that was lost has sold him one more.
        let mut device = enrol(served, &olga, &event, "Left").await;
        device.admit(&ticket, 0);
        device.sell(0, "Zebulon", 1_200, |_| {});
        device.push(1).await.unwrap();
        let mut lost = enrol(served, &olga, &event, "Lost").await;
        lost.sell(0, "Zebulon", 1_200, |_| {});
        olga.revoke_device(&event, &lost.id.to_string()).await.unwrap();
        lost.push(1).await.unwrap_err();
        // All doors have heard of him, one by a snapshot.
        assert_eq!(device.get(&device.in_event("/snapshot")).send().await.unwrap().status(), 200);
        let position = device.pull(device.beginning(), 1_000).await.unwrap().position;
        Self { olga, organisation, event, registration, device, position }
    }

    async fn erase(&self, body: &Value) -> Value {
        self.olga.post(&format!("/organisations/{}/people/erase", self.organisation), body).await.unwrap()
    }

    async fn get(&self, rest: &str) -> Value {
        self.olga.get(&format!("/events/{}/{rest}", self.event)).await.unwrap()
    }

    /// What is counted.
    async fn figures(&self) -> [Value; 3] {
        [self.get("statistics").await, self.get("counts").await, self.get("sales").await]
    }
}

async fn enrol(served: &Served, olga: &Organiser, event: &str, name: &str) -> Device {
    let until = rfc3339(served.app.clock().now().plus(24 * 60 * 60 * 1_000));
    let plan = json!([{ "ticket_type": "Regular", "places": 5, "until": until }]);
    let code = json!({ "name": name, "confirmed": true, "walk_in": plan });
    let code = olga.enrolment_code(event, &code).await.unwrap();
    Device::enrol(&served.url, code["code"].as_str().unwrap()).await.unwrap()
}

fn texts(records: &[sync_protocol::feed::Record]) -> Vec<String> {
    let body = |record: &sync_protocol::feed::Record| match &record.form {
        Form::Body(body) => Some(String::from_utf8_lossy(body).into_owned()),
        Form::Tag(_) => None,
    };
    records.iter().filter_map(body).collect()
}

on_both_databases! {
    async fn an_erased_attendee_is_nowhere_and_counts_as_before(url: String) {
        let served = Served::start(&url).await;
        let gala = Gala::open(&served).await;
        let before = gala.figures().await;
        assert!(!found_anywhere(&served, &SIGNS).await.is_empty(), "the search finds nothing at all");
        assert!(found_anywhere(&served, &SIGNS).await.iter().any(|place| place.starts_with("snapshot")));

        let erased = gala.erase(&json!({ "registration": gala.registration })).await;

        assert_eq!(erased, json!({ "registrations": 2, "cancelled": 0 }));
        let found = found_anywhere(&served, &SIGNS).await;
        assert!(found.is_empty(), "{found:#?}");
        let [statistics, counts, sales] = gala.figures().await;
        assert_eq!([statistics, counts, sales], before);
        journals_verify(&served).await;
        let shown = gala.get(&format!("registrations/{}", gala.registration)).await;
        assert_eq!((&shown["name"], &shown["email"], &shown["checked_in"]), (&json!("Erased person"), &json!(null), &json!(true)));
        let search = get(&gala.olga, &format!("/events/{}/registrations", gala.event)).query(&[("q", "quartermain")]);
        assert_eq!(answer(search).await.2["items"], json!([]));

        // Whoever erased him is on record, and he is not.
        let path = format!("/organisations/{}/audit?action=person.erase", gala.organisation);
        let records = gala.olga.get(&path).await.unwrap();
        assert_eq!(records["items"][0]["subject"], gala.registration.as_str());
        assert_eq!(records["items"][0]["after"], json!({ "registrations": 2, "cancelled": 0 }));

        // What was answered to the request that registered him is gone; that it was done is known.
        let again = post(&gala.olga, &format!("/events/{}/registrations", gala.event), &zebulon()).header("idempotency-key", "z-1");
        assert_eq!(answer(again).await.0, StatusCode::CONFLICT);
        // Once more there is nobody left.
        assert_eq!(gala.erase(&json!({ "email": EMAIL })).await["registrations"], 0);
    }

    async fn doors_that_sync_afterwards_no_longer_have_the_name(url: String) {
        let served = Served::start(&url).await;
        let gala = Gala::open(&served).await;

        gala.erase(&json!({ "email": EMAIL })).await;

        let news = gala.device.pull(gala.position, 1_000).await.unwrap();
        let told = texts(&news.records);
        assert_eq!(told.iter().filter(|body| body.contains("Erased person")).count(), 2, "{told:?}");
        let whole = gala.device.pull(gala.device.beginning(), 3).await.unwrap();
        assert!(texts(&whole.records).iter().all(|body| !SIGNS.iter().any(|sign| body.contains(sign))));
        assert_eq!(whole.position, news.position);
        // What a door sends again brings nothing back.
        gala.device.push(1).await.unwrap();
        assert!(found_anywhere(&served, &SIGNS).await.is_empty());
    }

    async fn who_is_erased_from_a_closed_event_is_told_to_no_late_door(url: String) {
        let served = Served::start(&url).await;
        let gala = Gala::open(&served).await;
        let late = enrol(&served, &gala.olga, &gala.event, "Late").await;
        gala.olga.post(&format!("/events/{}/close", gala.event), &json!({})).await.unwrap();
        let before = gala.figures().await;
        let end = gala.device.pull(gala.position, 1_000).await.unwrap().position;

        gala.erase(&json!({ "email": EMAIL })).await;

        let found = found_anywhere(&served, &SIGNS).await;
        assert!(found.is_empty(), "{found:#?}");
        assert_eq!(gala.figures().await, before);
        // A door that knows the end hears nothing more; one that does not is sent to the snapshot.
        assert_eq!(gala.device.pull(end, 1_000).await.unwrap().records.len(), 0);
        let refused = late.get(&late.in_event("/feed?after=0")).send().await.unwrap();
        assert_eq!(refused.status(), 410);
        let snapshot = everywhere::snapshot(&late).await;
        let told = texts(&snapshot);
        assert_eq!(told.iter().filter(|body| body.contains("Erased person")).count(), 2);
        assert!(told.iter().all(|body| !SIGNS.iter().any(|sign| body.contains(sign))));
        assert!(found_anywhere(&served, &SIGNS).await.is_empty());
    }

    async fn places_to_come_are_cancelled_first_if_that_is_said(url: String) {
        let served = Served::start(&url).await;
        let festival = Festival::open(&served, |offer| {
            offer["ticket_types"][0]["quota"] = json!(1);
            offer["ticket_types"][0]["has_waitlist"] = json!(true);
        })
        .await;
        let (_, organisation) = own_ids(&festival.olga).await;
        let erase = format!("/organisations/{organisation}/people/erase");
        let his = festival.join("Zebulon", "Standing").await;
        let next = festival.join("Grace", "Standing").await;
        assert_eq!(next["state"], "waiting");

        let refused = assert_problem(post(&festival.olga, &erase, &json!({ "email": EMAIL })), 409, "upcoming-registrations").await;
        assert_eq!(refused["registrations"], json!([his["id"]]));
        assert_eq!(festival.registration(his["id"].as_str().unwrap()).await["name"], "Zebulon");
        let erased = festival.olga.post(&erase, &json!({ "email": EMAIL, "cancel": true })).await.unwrap();

        assert_eq!(erased, json!({ "registrations": 1, "cancelled": 1 }));
        assert_eq!(festival.registration(his["id"].as_str().unwrap()).await["state"], "cancelled");
        assert_eq!(festival.registration(next["id"].as_str().unwrap()).await["state"], "registered", "the next moves up");
        let found = found_anywhere(&served, &SIGNS).await;
        assert!(found.is_empty(), "{found:#?}");
    }

    async fn whoever_registers_a_group_leaves_it_and_their_friends_stay(url: String) {
        let served = Served::start(&url).await;
        let festival = Festival::open(&served, |offer| offer["ticket_types"][0]["per_person"] = json!(2)).await;
        let (_, organisation) = own_ids(&festival.olga).await;
        let group = json!({
            "contact": { "name": "Zebulon Quartermain", "email": EMAIL },
            "attendees": [
                { "name": "Zebulon Quartermain", "ticket_type": "Standing" },
                { "name": "Grace", "ticket_type": "Standing" },
            ],
        });
        let (status, _, made) = answer(festival.grouping(&group)).await;
        assert_eq!(status, StatusCode::CREATED, "{made}");

        let erase = json!({ "email": EMAIL, "cancel": true });
        let erased = festival.olga.post(&format!("/organisations/{organisation}/people/erase"), &erase).await.unwrap();

        assert_eq!(erased, json!({ "registrations": 1, "cancelled": 1 }));
        let found = found_anywhere(&served, &SIGNS).await;
        assert!(found.is_empty(), "{found:#?}");
        let held = festival.olga.registrations(&festival.event).await.unwrap();
        let grace = held.iter().find(|one| one["name"] == "Grace").unwrap();
        assert_eq!((&grace["state"], &grace["ticket"]["status"]), (&json!("registered"), &json!("valid")));
    }

    async fn an_owner_is_shown_what_the_organisation_keeps_of_one_person(url: String) {
        let served = Served::start(&url).await;
        let gala = Gala::open(&served).await;
        let sam = served.organiser("sam@example.org", "Strangers").await;
        let other = sam.create_event(&long_ago()).await.unwrap();
        let elsewhere = sam.register(&other, &zebulon()).await.unwrap();
        let export = format!("/organisations/{}/people/export", gala.organisation);

        for query in [("email", EMAIL), ("registration", gala.registration.as_str())] {
            let (status, _, known) = answer(get(&gala.olga, &export).query(&[query])).await;
            assert_eq!(status, 200, "{known}");
            let registrations = known["registrations"].as_array().unwrap();
            assert_eq!(registrations.len(), 2, "{known}");
            let first = &registrations[0];
            assert_eq!((&first["event_name"], &first["part"]), (&json!("Gala"), &json!("attendee")));
            assert_eq!(first["registration"]["answers"], json!({ "wish": "purple octopus" }));
            assert_eq!((&first["check_ins"][0]["kind"], &first["check_ins"][0]["device"]["name"]), (&json!("admit"), &json!("Left")));
            assert_eq!((&known["letters"][0]["kind"], &known["letters"][0]["recipient"]), (&json!("ticket"), &json!(EMAIL)));
            assert_eq!(known["records"].as_array().unwrap().last().unwrap()["action"], "registration.create");
        }

        let unknown = get(&gala.olga, &export).query(&[("registration", elsewhere["id"].as_str().unwrap())]);
        assert_problem(unknown, 404, "not-found").await;
        for (query, place) in [(vec![], "query.email"), (vec![("email", "zebulon")], "query.email"), (vec![("registration", "7")], "query.registration")] {
            assert_eq!(places(&assert_problem(get(&gala.olga, &export).query(&query), 422, "invalid").await), [place]);
        }
        // Erasing stays within the organisation as well.
        gala.erase(&json!({ "email": EMAIL })).await;
        let kept = sam.get(&format!("/events/{other}/registrations/{}", elsewhere["id"].as_str().unwrap())).await.unwrap();
        assert_eq!((&kept["name"], &kept["email"]), (&json!("Zebulon Quartermain"), &json!(EMAIL)));
    }

    async fn an_account_takes_what_is_known_of_it_and_erases_itself(url: String) {
        let served = Served::start(&url).await;
        let festival = Festival::open(&served, |_| {}).await;
        let him = served.member(EMAIL, "Example", Role::Owner).await;
        him.request(Method::PATCH, "/me").header("if-match", "*").json(&json!({ "name": "Zebulon Quartermain" })).send().await.unwrap();
        let (account, organisation) = own_ids(&him).await;
        let own = him.post("/organisations", &json!({ "name": "Octopus" })).await.unwrap();
        festival.join("Zebulon", "Seated").await;
        him.post(&format!("/organisations/{organisation}/invitations"), &json!({ "email": "bob@example.org", "role": "staff" })).await.unwrap();
        let erase = |password: &str, cancel: bool| post(&him, "/me/erase", &json!({ "password": password, "cancel": cancel }));

        let known = him.get("/me/export").await.unwrap();
        assert_eq!((&known["account"]["id"], &known["account"]["email"]), (&json!(account), &json!(EMAIL)));
        assert_eq!(known["sessions"][0]["is_current"], true);
        assert_eq!(known["registrations"][0]["registration"]["name"], "Zebulon");
        let actions: Vec<_> = known["records"].as_array().unwrap().iter().map(|record| record["action"].as_str().unwrap()).collect();
        assert!(actions.contains(&"invitation.create") && actions.contains(&"account.create"), "{actions:?}");
        assert!(!known.to_string().contains("hash") && !known.to_string().contains(&him.token()), "{known}");

        let problem = assert_problem(erase("something else", false), 422, "invalid").await;
        assert_eq!(places(&problem), ["body.password"]);
        assert_problem(erase(PASSWORD, false), 409, "upcoming-registrations").await;
        let refused = assert_problem(erase(PASSWORD, true), 409, "last-owner").await;
        assert!(refused["detail"].as_str().unwrap().contains("Octopus"), "{refused}");
        assert_eq!(him.get("/me").await.unwrap()["organisations"].as_array().unwrap().len(), 2, "nothing has changed");
        // Olga takes over what was his.
        let olga = own_ids(&festival.olga).await.0;
        let mut tx = served.app.database().begin_write().await.unwrap();
        let (octopus, now) = (own["id"].as_str().unwrap().parse().unwrap(), served.app.clock().now());
        usher_server::organisations::join(&mut tx, octopus, olga.parse().unwrap(), Role::Owner, now).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(answer(erase(PASSWORD, true)).await.0, StatusCode::NO_CONTENT);

        let found = found_anywhere(&served, &SIGNS).await;
        assert!(found.is_empty(), "{found:#?}");
        assert_problem(get(&him, "/me"), 401, "unauthorized").await;
        assert!(Organiser::log_in(&served.url, EMAIL, PASSWORD).await.is_err());
        let path = format!("/organisations/{organisation}/audit?account={account}");
        let records = festival.olga.get(&path).await.unwrap();
        let actions: Vec<_> = records["items"].as_array().unwrap().iter().map(|record| record["action"].as_str().unwrap()).collect();
        assert!(actions.contains(&"invitation.create") && actions.contains(&"member.leave"), "{actions:?}");
        assert_eq!(letters::to(&served, "bob@example.org").await[0]["inviter"], "Erased person");
        // The address is free for whoever has it.
        served.member(EMAIL, "Example", Role::Staff).await;
    }
}
