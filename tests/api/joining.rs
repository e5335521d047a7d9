//! Attendees who register by themselves: places, waiting lists, and what they may do afterwards.

use std::collections::BTreeMap;

use harness::device::Device;
use harness::on_both_databases;
use reqwest::Method;
use serde_json::{Value, json};
use sync_protocol::time::UnixMillis;
use usher_server::clock::Clock;
use usher_server::registrations::waitlist;
use usher_server::work::Turn;

use crate::festival::{Festival, letters, recorded};
use crate::served::{Served, answer, assert_problem, places};

on_both_databases! {
    async fn two_hundred_at_once_get_no_more_places_than_there_are(url: String) {
        let served = Served::start(&url).await;
        let festival = Festival::open(&served, |offer| {
            offer["capacity"] = json!(60);
            offer["ticket_types"][0]["quota"] = json!(40);
            offer["ticket_types"][1]["per_person"] = json!(1);
        })
        .await;
        // Ten of the forty are kept for sale at a door.
        let code = json!({ "name": "Door", "confirmed": true, "walk_in": [{ "ticket_type": "Standing", "places": 10 }] });
        let code = festival.olga.post(&festival.path("enrolment-codes"), &code).await.unwrap();
        Device::enrol(&served.url, code["code"].as_str().unwrap()).await.unwrap();

        // A hundred people ask twice each, one of them in capitals.
        let mut asking = tokio::task::JoinSet::new();
        for number in 0..200 {
            let person = number % 100;
            let email = if number < 100 { format!("p{person}@example.org") } else { format!("P{person}@Example.ORG") };
            let ticket_type = if person % 3 == 0 { "Seated" } else { "Standing" };
            let body = json!({ "name": format!("Person {person}"), "email": email, "ticket_type": ticket_type });
            let request = festival.joining(&body);
            asking.spawn(async move {
                let (status, _, body) = answer(request).await;
                (status.as_u16(), body["type"].as_str().unwrap_or_default().to_owned())
            });
        }
        let mut answers: BTreeMap<(u16, String), usize> = BTreeMap::new();
        for one in asking.join_all().await {
            *answers.entry(one).or_default() += 1;
        }

        assert!(answers.keys().all(|(status, _)| matches!(status, 201 | 409)), "{answers:?}");
        let registrations = festival.olga.registrations(&festival.event).await.unwrap();
        let of = |ticket_type: &str| registrations.iter().filter(|r| r["ticket_type"] == ticket_type).count();
        assert_eq!(registrations.len(), answers[&(201, String::new())]);
        assert_eq!(of("Standing"), 30, "{answers:?}");
        assert_eq!(of("Seated"), 20, "the capacity of 60 leaves as many beside 30 and the 10 at the door");
        let mut persons: Vec<_> = registrations.iter().map(|r| r["email"].as_str().unwrap().to_owned()).collect();
        persons.sort();
        persons.dedup();
        assert_eq!(persons.len(), registrations.len(), "nobody is there twice");
        assert!(registrations.iter().all(|r| r["ticket"]["status"] == "valid"));
        assert_eq!(letters(&served).await.len(), registrations.len());
    }

    async fn who_waits_moves_up_in_order_when_a_place_is_free(url: String) {
        let served = Served::start(&url).await;
        let festival = Festival::open(&served, |offer| {
            offer["ticket_types"][0]["quota"] = json!(1);
            offer["ticket_types"][0]["has_waitlist"] = json!(true);
        })
        .await;

        let ada = festival.join("Ada", "Standing").await;
        let bob = festival.join("Bob", "Standing").await;
        let eve = festival.join("Eve", "Standing").await;
        assert_eq!((&ada["state"], &ada["position"]), (&json!("registered"), &json!(null)));
        assert_eq!((&bob["state"], &bob["position"], &eve["position"]), (&json!("waiting"), &json!(1), &json!(2)));
        assert_eq!(festival.registration(id(&bob)).await["ticket"], json!(null));

        festival.act(id(&ada), "cancel").await;
        assert_eq!(festival.registration(id(&ada)).await["state"], "cancelled");
        assert_eq!(festival.registration(id(&ada)).await["ticket"]["status"], "cancelled");
        assert_eq!(festival.registration(id(&bob)).await["state"], "registered");
        assert_eq!(festival.registration(id(&bob)).await["ticket"]["status"], "valid");
        assert_eq!(festival.registration(id(&eve)).await["state"], "waiting");

        // Cancelling the ticket is cancelling the registration.
        let ticket = festival.registration(id(&bob)).await["ticket"]["id"].as_str().unwrap().to_owned();
        festival.olga.change_ticket(&festival.event, &ticket, "cancel").await.unwrap();
        assert_eq!(festival.registration(id(&bob)).await["state"], "cancelled");
        assert_eq!(festival.registration(id(&eve)).await["state"], "registered");

        // Where the quota was raised and nobody was told, the next who comes lets those before move up first.
        let tim = festival.join("Tim", "Standing").await;
        let ann = festival.join("Ann", "Standing").await;
        festival.offer(&served, |offer| offer["ticket_types"][0]["quota"] = json!(2)).await;
        let zoe = festival.join("Zoe", "Standing").await;
        assert_eq!(festival.registration(id(&tim)).await["state"], "registered");
        assert_eq!((&zoe["state"], &zoe["position"]), (&json!("waiting"), &json!(2)));

        // Who leaves the queue makes it shorter.
        festival.act(id(&ann), "cancel").await;
        festival.act(id(&tim), "cancel").await;
        assert_eq!(festival.registration(id(&zoe)).await["state"], "registered");
        let tickets = |name: &str| format!("{name}@example.org");
        let posted = letters(&served).await;
        for name in ["bob", "eve", "tim", "zoe"] {
            let kinds: Vec<_> = posted.iter().filter(|(to, _)| *to == tickets(name)).map(|(_, kind)| kind.as_str()).collect();
            assert!(kinds.starts_with(&["registration", "ticket"]), "{name}: {kinds:?}");
        }
    }

    async fn who_waits_is_served_without_anybody_asking(url: String) {
        let served = Served::start(&url).await;
        let festival = Festival::open(&served, |offer| {
            offer["ticket_types"][0]["quota"] = json!(1);
            offer["ticket_types"][0]["has_waitlist"] = json!(true);
        })
        .await;
        let ada = festival.join("Ada", "Standing").await;
        let bob = festival.join("Bob", "Standing").await;
        let eve = festival.join("Eve", "Standing").await;
        let state = async |one: &Value| festival.registration(id(one)).await["state"].clone();

        // While the event is hidden nobody moves up; once it is shown again, who waits does.
        festival.olga.post(&festival.path("unpublish"), &json!({})).await.unwrap();
        festival.act(id(&ada), "cancel").await;
        assert_eq!(state(&bob).await, "waiting");
        assert_eq!(waitlist::turn(&served.app).await.unwrap(), Turn::Done);
        assert_eq!(state(&bob).await, "waiting");
        festival.olga.post(&festival.path("publish"), &json!({})).await.unwrap();
        assert_eq!(state(&bob).await, "registered");

        // What nobody was told of is found all the same.
        festival.offer(&served, |offer| offer["ticket_types"][0]["quota"] = json!(2)).await;
        assert_eq!(state(&eve).await, "waiting");
        assert_eq!(waitlist::turn(&served.app).await.unwrap(), Turn::Done);
        assert_eq!(state(&eve).await, "registered");
    }

    async fn an_organiser_registers_a_person_once_unless_they_mean_it(url: String) {
        let served = Served::start(&url).await;
        let festival = Festival::open(&served, |offer| offer["ticket_types"][1]["per_person"] = json!(2)).await;
        let register = |email: &str, ticket_type: &str, more: Value| {
            let mut body = json!({ "name": "Ada", "email": email, "ticket_type": ticket_type });
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            festival.olga.request(Method::POST, &festival.path("registrations")).json(&body)
        };
        festival.join("Ada", "Standing").await;

        let again = register("ADA@example.org", "Standing", json!({}));
        assert_eq!(assert_problem(again, 409, "already-registered").await["limit"], 1);
        // Another ticket type may allow more.
        assert_eq!(answer(register("ada@example.org", "Seated", json!({}))).await.0, 201);
        assert_eq!(answer(register("ada@example.org", "Seated", json!({}))).await.0, 201);
        assert_eq!(assert_problem(register("ada@example.org", "Seated", json!({})), 409, "already-registered").await["limit"], 2);
        assert_eq!(answer(register("ada@example.org", "Standing", json!({ "override": true }))).await.0, 201);
        // Without an address nobody knows who it is.
        for _ in 0..2 {
            assert_eq!(answer(register("", "Standing", json!({}))).await.0, 201);
        }

        let mut tx = served.app.database().begin_read().await.unwrap();
        let text = "SELECT after FROM audit WHERE action = 'registration.create' ORDER BY id";
        let noted: Vec<String> = sqlx::query_scalar(text).fetch_all(tx.connection()).await.unwrap();
        let overrides = noted.iter().filter(|after| after.contains("\"override\":true")).count();
        assert_eq!((noted.len(), overrides), (6, 1), "{noted:?}");
    }

    async fn an_organiser_says_yes_or_no(url: String) {
        let served = Served::start(&url).await;
        let festival = Festival::open(&served, |offer| {
            offer["ticket_types"][1]["quota"] = json!(1);
            offer["ticket_types"][1]["needs_approval"] = json!(true);
            offer["ticket_types"][1]["price"] = json!({ "amount": 500, "currency": "EUR" });
        })
        .await;
        let ada = festival.join("Ada", "Seated").await;
        let bob = festival.join("Bob", "Seated").await;
        let eve = festival.join("Eve", "Seated").await;
        assert_eq!(ada["state"], "pending");

        assert_eq!(festival.act(id(&ada), "approve").await["ticket"]["status"], "unpaid");
        assert_eq!(festival.act(id(&ada), "approve").await["state"], "registered", "again changes nothing");
        assert_problem(festival.acting(id(&bob), "approve"), 409, "sold-out").await;
        let reason = json!({ "reason": "We know you" });
        let no = answer(festival.acting(id(&bob), "reject").json(&reason)).await.2;
        assert_eq!((&no["state"], &no["reason"]), (&json!("rejected"), &json!("We know you")));
        assert_eq!(assert_problem(festival.acting(id(&bob), "approve"), 409, "wrong-state").await["state"], "rejected");
        assert_problem(festival.acting(id(&bob), "pay"), 409, "wrong-state").await;

        // What is paid counts, and is sent.
        assert_eq!(festival.act(id(&ada), "pay").await["ticket"]["status"], "valid");
        assert_eq!(letters(&served).await.last().unwrap(), &("ada@example.org".to_owned(), "ticket".to_owned()));
        assert_problem(festival.acting(id(&ada), "reject"), 409, "wrong-state").await;

        // With a waiting list, yes without a place is a place in the queue.
        festival.offer(&served, |offer| offer["ticket_types"][1]["has_waitlist"] = json!(true)).await;
        assert_eq!(festival.act(id(&eve), "approve").await["state"], "waiting");
        festival.act(id(&ada), "cancel").await;
        assert_eq!(festival.registration(id(&eve)).await["ticket"]["status"], "unpaid");
        let recorded = recorded(&served).await;
        let count = |action: &str| recorded.iter().filter(|one| *one == action).count();
        assert_eq!((count("registration.create"), count("registration.approve")), (3, 2));
        assert_eq!((count("registration.move_up"), count("registration.pay"), count("registration.reject")), (1, 1, 1));
    }

    async fn only_published_events_take_registrations_and_only_while_they_are_on_sale(url: String) {
        let clock = Clock::fixed(UnixMillis(1_800_000_000_000));
        let served = Served::start_at(&url, clock.clone()).await;
        let festival = Festival::open(&served, |offer| {
            offer["ticket_types"][0]["sale"] = json!({ "from": 1_900_000_000_000_u64, "until": 1_950_000_000_000_u64 });
        })
        .await;
        let ada = json!({ "name": "Ada", "email": "ada@example.org", "ticket_type": "Standing" });

        let early = assert_problem(festival.joining(&ada), 409, "not-on-sale").await;
        assert_eq!(early["from"], "2030-03-17T17:46:40.000Z");
        clock.set(UnixMillis(1_950_000_000_000));
        assert_problem(festival.joining(&ada), 409, "not-on-sale").await;
        clock.set(UnixMillis(1_900_000_000_000));
        assert_eq!(answer(festival.joining(&ada)).await.0, 201);
        assert_eq!(assert_problem(festival.joining(&ada), 409, "already-registered").await["limit"], 1);

        clock.set(UnixMillis(2_200_000_000_000));
        let late = json!({ "name": "Eve", "email": "eve@example.org", "ticket_type": "Seated" });
        assert_problem(festival.joining(&late), 409, "event-over").await;
        let draft = Festival { event: served_draft(&served).await, ..festival };
        assert_problem(draft.joining(&ada), 404, "not-found").await;
        assert_problem(draft.grouping(&json!({ "contact": { "name": "A", "email": "a@b.c" }, "attendees": [] })), 404, "not-found").await;
    }

    async fn a_ticket_type_with_an_access_code_does_not_exist_without_it(url: String) {
        let served = Served::start(&url).await;
        let festival = Festival::open(&served, |offer| {
            offer["ticket_types"][1]["access_code"] = json!("open sesame");
            offer["questions"] = json!([
                { "key": "meal", "label": "What would you like to eat?", "required": true, "choices": ["meat", "vegan"] },
            ]);
        })
        .await;
        let with = |field: &str, value: Value| {
            let mut body = json!({
                "name": "Ada", "email": "ada@example.org", "ticket_type": "Seated", "access_code": "open sesame",
                "answers": { "meal": "vegan" },
            });
            body[field] = value;
            body
        };

        for (field, value, place) in [
            ("access_code", json!("open"), "body.ticket_type"),
            ("access_code", json!(null), "body.ticket_type"),
            ("answers", json!({}), "body.answers.meal"),
            ("answers", json!({ "meal": "fish" }), "body.answers.meal"),
            ("answers", json!({ "meal": "meat", "shoe": "38" }), "body.answers"),
            ("email", json!(""), "body.email"),
            ("email", json!("ada"), "body.email"),
            ("name", json!(" "), "body.name"),
        ] {
            let problem = assert_problem(festival.joining(&with(field, value)), 422, "invalid").await;
            assert_eq!(places(&problem), [place]);
        }
        // The only type that is left is meant where none is named.
        let mut only = with("access_code", json!(null));
        only["ticket_type"] = json!(null);
        assert_eq!(answer(festival.joining(&only)).await.2["ticket_type"], "Standing");

        let mut seated = with("email", json!("grace@example.org"));
        seated["name"] = json!("Grace");
        let (status, _, grace) = answer(festival.joining(&seated)).await;
        assert_eq!((status.as_u16(), &grace["ticket_type"]), (201, &json!("Seated")));
        assert_eq!(festival.registration(id(&grace)).await["answers"], json!({ "meal": "vegan" }));
    }

    async fn a_group_comes_whole_or_not_at_all(url: String) {
        let served = Served::start(&url).await;
        let festival = Festival::open(&served, |offer| {
            offer["ticket_types"][0]["quota"] = json!(3);
            offer["ticket_types"][0]["per_person"] = json!(2);
        })
        .await;
        let group = |attendees: Value| {
            let contact = json!({ "name": "Grace", "email": "Grace@example.org" });
            festival.grouping(&json!({ "contact": contact, "attendees": attendees }))
        };
        let one = |name: &str, email: Option<&str>| json!({ "name": name, "email": email, "ticket_type": "Standing" });

        let four = json!([one("A", Some("a@x.org")), one("B", Some("b@x.org")), one("C", Some("c@x.org")), one("D", Some("d@x.org"))]);
        assert_eq!(assert_problem(group(four), 409, "sold-out").await["left"], 3);
        // Those without an address count as their contact's, who may have two.
        let three = json!([one("A", None), one("B", None), one("C", None)]);
        assert_eq!(assert_problem(group(three), 409, "already-registered").await["limit"], 2);
        assert_problem(group(json!([])), 422, "invalid").await;
        let fifty_one: Vec<_> = (0..51).map(|_| one("A", None)).collect();
        assert_eq!(places(&assert_problem(group(json!(fifty_one)), 422, "invalid").await), ["body.attendees"]);
        let wrong = json!([one("A", None), one("", Some("nowhere"))]);
        let wrong = places(&assert_problem(group(wrong), 422, "invalid").await);
        assert_eq!(wrong, ["body.attendees.1.name", "body.attendees.1.email"]);
        assert!(festival.names(&[]).await.is_empty());
        assert!(letters(&served).await.is_empty());

        let (status, _, joined) = answer(group(json!([one("A", None), one("B", Some("b@x.org")), one("C", None)]))).await;
        assert_eq!(status, 201, "{joined}");
        let order = joined["order"].as_str().unwrap();
        assert_eq!(festival.names(&[("order", order)]).await, ["A", "B", "C"]);
        let shown = festival.registration(id(&joined["registrations"][0])).await;
        assert_eq!(shown["contact"], json!({ "name": "Grace", "email": "grace@example.org" }));
        let mut told: Vec<_> = letters(&served).await.into_iter().map(|(to, _)| to).collect();
        told.sort();
        assert_eq!(told, ["b@x.org", "grace@example.org", "grace@example.org"]);
    }

    async fn attendees_see_cancel_and_hand_on_what_is_theirs(url: String) {
        let clock = Clock::fixed(UnixMillis(2_000_000_000_000));
        let served = Served::start_at(&url, clock.clone()).await;
        let festival = Festival::open(&served, |offer| {
            offer["cancel_until"] = json!(2_000_000_500_000_u64);
            offer["ticket_types"][1]["per_person"] = json!(5);
        })
        .await;
        let ada = served.organiser("ada@example.org", "Ada's").await;
        let bob = served.organiser("bob@example.org", "Bob's").await;
        let first = festival.join("Ada", "Standing").await;
        clock.set(UnixMillis(2_000_000_000_001));
        // Logged in, one may register somebody else as well.
        let carl = json!({ "name": "Carl", "email": "carl@example.org", "ticket_type": "Seated" });
        let carl = festival.joining(&carl).bearer_auth(ada.token());
        let carl = answer(carl).await.2;

        let mine = ada.list("/me/registrations").await.unwrap();
        let names: Vec<_> = mine.iter().map(|one| one["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["Carl", "Ada"]);
        assert!(bob.list("/me/registrations").await.unwrap().is_empty());
        assert_problem(bob.request(Method::GET, &format!("/me/registrations/{}", id(&first))), 404, "not-found").await;
        let act = |who: &harness::organiser::Organiser, of: &Value, what: &str| {
            who.request(Method::POST, &format!("/me/registrations/{}/{what}", id(of)))
        };
        assert_problem(act(&bob, &first, "cancel"), 404, "not-found").await;

        // Handed on: another holder, another credential, and who had it has nothing any more.
        let before = festival.registration(id(&first)).await;
        let to_bob = json!({ "name": "Bob", "email": "Bob@example.org" });
        assert_eq!(answer(act(&ada, &first, "transfer").json(&to_bob)).await.0, 204);
        let after = festival.registration(id(&first)).await;
        assert_eq!((&after["name"], &after["email"]), (&json!("Bob"), &json!("bob@example.org")));
        assert_eq!(after["ticket"]["id"], before["ticket"]["id"]);
        assert!(after["ticket"]["issue"].as_u64() > before["ticket"]["issue"].as_u64());
        assert_problem(act(&ada, &first, "cancel"), 404, "not-found").await;
        assert_eq!(bob.list("/me/registrations").await.unwrap()[0]["name"], "Bob");
        let told = letters(&served).await;
        assert!(told.contains(&("ada@example.org".to_owned(), "given_away".to_owned())));
        assert!(told.contains(&("bob@example.org".to_owned(), "ticket".to_owned())));
        // Who has one of the type that is had once gets no second one.
        let again = festival.join("Ada", "Standing").await;
        assert_problem(act(&ada, &again, "transfer").json(&to_bob), 409, "already-registered").await;

        assert_eq!(answer(act(&ada, &carl, "cancel")).await.2["state"], "cancelled");
        assert_problem(act(&ada, &carl, "transfer").json(&to_bob), 409, "wrong-state").await;
        clock.set(UnixMillis(2_000_000_500_000));
        assert_problem(act(&bob, &first, "cancel"), 409, "too-late").await;
        assert_eq!(festival.act(id(&first), "cancel").await["state"], "cancelled", "organisers always may");
    }
}

fn id(registration: &Value) -> &str {
    registration["id"].as_str().unwrap()
}

async fn served_draft(served: &Served) -> String {
    let stranger = served.organiser("dan@example.org", "Drafts").await;
    stranger.create_event(&crate::festival::festival()).await.unwrap()
}
