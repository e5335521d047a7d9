//! Sales at the door: rights that are taken from the quota, and tickets made of what was sold.

use harness::device::{Device, now};
use harness::on_both_databases;
use harness::organiser::Organiser;
use reqwest::Method;
use serde_json::{Value, json};
use sync_protocol::certificate::{Capabilities, Certificate};
use sync_protocol::feed::{Body, Form, Kind};
use sync_protocol::id::{ClassId, FeedSeq, Issue, Seq};
use sync_protocol::journal::EntryKind;
use sync_protocol::journal::walk_in::{Lease, Right};
use sync_protocol::sync::message::Leases;
use sync_protocol::time::Hlc;
use sync_protocol::verdict::TicketStatus;
use usher_server::clock::Clock;
use usher_server::http::time::rfc3339;

use crate::doors::Doors;
use crate::festival::{Festival, letters};
use crate::served::{Served, assert_problem, get, places, post};

/// The ticket type of which there are three.
const SPEAKER: u16 = 1;

/// Everything that the feed says now.
async fn bodies(device: &Device) -> Vec<Body> {
    let pulled = device.pull(device.beginning(), 1_000).await.unwrap();
    let read = |record: &sync_protocol::feed::Record| match &record.form {
        Form::Body(body) => Some(Body::decode(record.kind, record.entity, body).unwrap()),
        Form::Tag(_) => None,
    };
    pulled.records.iter().filter(|record| record.kind != Kind::Policy).filter_map(read).collect()
}

/// How far the feed goes.
async fn newest(device: &Device) -> FeedSeq {
    device.pull(device.beginning(), 1_000).await.unwrap().records.last().unwrap().seq
}

/// What a device may sell of the limited ticket type, as the feed tells it.
async fn lease(device: &Device) -> Option<Lease> {
    let number = device.facts().device_no;
    bodies(device).await.into_iter().rev().find_map(|body| match body {
        Body::Lease { device, class, count, expires } if (device, class) == (number, ClassId(SPEAKER)) => {
            Some(Lease { count, expires })
        }
        _ => None,
    })
}

async fn notices(device: &Device) -> Vec<Value> {
    let notice = |body| match body {
        Body::Notice(json) => serde_json::from_slice(&json).ok(),
        _ => None,
    };
    bodies(device).await.into_iter().filter_map(notice).collect()
}

/// Enrols a device that should be able to sell so many of the limited type.
async fn seller(doors: &Doors, name: &str, plan: Value) -> Device {
    let code = doors.code(json!({ "name": name, "confirmed": true, "walk_in": plan })).await;
    Device::enrol(&doors.url, code["code"].as_str().unwrap()).await.unwrap()
}

fn speakers(places: u32) -> Value {
    json!([{ "ticket_type": "speaker", "places": places }])
}

async fn put(doors: &Doors, device: &Device, plan: Value) -> Value {
    let path = format!("/events/{}/devices/{}/leases", doors.event, device.id);
    let request = doors.olga.request(Method::PUT, &path).json(&json!({ "walk_in": plan }));
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    response.json().await.unwrap()
}

/// Asks for places to be filled up again.
async fn fill(device: &Device) -> Leases {
    let response = device.post(&device.in_event("/leases"), Vec::new()).send().await.unwrap();
    assert_eq!(response.status(), 200);
    response.json().await.unwrap()
}

async fn register(olga: &Organiser, event: &str, name: &str) -> u16 {
    let body = json!({ "name": name, "ticket_type": "Speaker" });
    post(olga, &format!("/events/{event}/registrations"), &body).send().await.unwrap().status().as_u16()
}

on_both_databases! {
    async fn a_sale_becomes_an_attendee_whom_every_door_lists(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 0).await;
        let (mut left, right) = (seller(&doors, "Left", speakers(2)).await, doors.device("Right").await);
        let certificate = Certificate::decode(&hex::decode(&left.facts().certificate).unwrap()).unwrap();
        assert!(certificate.capabilities.has(Capabilities::WALK_IN));
        assert_eq!(certificate.walk_in_classes, [ClassId(SPEAKER)]);
        assert_eq!(lease(&left).await.unwrap().count, 2);

        let seq = left.sell(SPEAKER, "Grace", 4_900, |_| {});
        left.push(1).await.unwrap();
        left.push(1).await.unwrap();

        let registrations = doors.list("registrations").await;
        let [grace] = registrations.as_slice() else { panic!("{registrations:?}") };
        assert_eq!((&grace["name"], &grace["email"]), (&json!("Grace"), &json!("grace@example.org")));
        let sold = json!({ "device": 1, "operator": "Eve", "amount": 4900, "currency": "EUR", "method": "cash",
                           "allowed_by": "lease", "beyond_places": false });
        assert_eq!(grace["sold_at_door"], sold);
        let ticket = left.journal[0].entry().ticket;
        assert_eq!(grace["ticket"]["id"], json!(ticket.typed_code()));
        let listed = bodies(&right).await.into_iter().find_map(|body| match body {
            Body::Ticket { ticket, ticket_row } => Some((ticket, ticket_row)),
            _ => None,
        });
        let (listed, row) = listed.unwrap();
        assert_eq!((listed, row.row.issue, row.row.status), (ticket, Issue(seq.0 as u32), TicketStatus::Valid));
        assert_eq!((row.name.as_str(), row.email.as_str()), ("Grace", "grace@example.org"));
        // The device may sell two more; that is all there are.
        assert_eq!(lease(&left).await.unwrap().count, 3);
        assert_eq!(register(&doors.olga, &doors.event, "Ada").await, 409);
        let path = format!("/events/{}/registrations", doors.event);
        let problem = assert_problem(post(&doors.olga, &path, &json!({ "name": "Ada", "ticket_type": "Speaker" })), 409,
                                     "sold-out").await;
        assert_eq!((&problem["left"], &problem["held_at_doors"]), (&json!(0), &json!(2)));
        // Only the device can sign its credential.
        let path = format!("/events/{}/tickets/{}", doors.event, ticket.typed_code());
        assert_problem(get(&doors.olga, &format!("{path}/credential")), 409, "sold-at-door").await;
        assert_problem(post(&doors.olga, &format!("{path}/reissue"), &json!({})), 409, "sold-at-door").await;
        assert_eq!(doors.get(&format!("tickets/{}", ticket.typed_code())).await["status"], "valid");
    }

    async fn a_sale_that_is_taken_back_cancels_the_ticket_and_gives_the_place_back(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 0).await;
        let mut left = seller(&doors, "Left", speakers(1)).await;
        let first = left.sell(SPEAKER, "Grace", 100, |_| {});
        left.push(1).await.unwrap();
        left.undo(first);
        let second = left.sell(SPEAKER, "Alan", 100, |_| {});
        left.undo(second);
        let third = left.sell(SPEAKER, "Edsger", 100, |_| {});
        left.write(EntryKind::Undo, |entry| entry.undo_target = Some(third));
        left.push(2).await.unwrap();

        let status = |name: &str, all: &[Value]| {
            all.iter().find(|r| r["name"] == name).map(|r| r["ticket"]["status"].clone()).unwrap()
        };
        let all = doors.list("registrations").await;
        assert_eq!(status("Grace", &all), "cancelled");
        assert_eq!(status("Alan", &all), "cancelled");
        // Taking back names the ticket as well.
        assert_eq!(status("Edsger", &all), "valid");
        let told: Vec<_> = bodies(&left).await.into_iter().filter_map(|body| match body {
            Body::Ticket { ticket_row, .. } => Some((ticket_row.name, ticket_row.row.status)),
            Body::Move(movement) => panic!("{movement:?}"),
            _ => None,
        }).collect();
        assert_eq!(told.len(), 3);
        assert_eq!(told.iter().filter(|(_, status)| *status == TicketStatus::Cancelled).count(), 2);
        let sales = doors.get("sales").await;
        let line = &sales["lines"][0];
        assert_eq!((&line["count"], &line["amount"], &line["undone"]), (&json!(1), &json!(100), &json!(2)));
        // One sold, one kept for the door: one is left.
        assert_eq!(register(&doors.olga, &doors.event, "Ada").await, 201);
        assert_eq!(register(&doors.olga, &doors.event, "Bob").await, 409);
    }

    async fn places_are_granted_as_far_as_the_quota_goes(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 0).await;
        let (left, right) = (seller(&doors, "Left", speakers(10)).await, seller(&doors, "Right", speakers(2)).await);
        assert_eq!((lease(&left).await.unwrap().count, lease(&right).await.unwrap().count), (3, 0));
        let shown = doors.get(&format!("devices/{}", right.id)).await;
        let expected = json!({ "ticket_type": "Speaker", "places": 2, "left": 0, "sold": 0,
                               "until": "2037-11-22T17:00:00.000Z" });
        assert_eq!(shown["leases"], json!([expected]));
        assert_eq!(shown["capabilities"], json!(["scan", "search", "walk_in"]));

        // Less for one is more for the other only once it is sure that nobody sells it any more.
        let mut left = left;
        assert_eq!(put(&doors, &left, speakers(1)).await["leases"][0]["left"], 1);
        assert_eq!(fill(&right).await.leases[0].count, 0);
        left.write(EntryKind::Sync, |_| {});
        left.push(1).await.unwrap();
        assert_eq!(fill(&right).await.leases[0].count, 0);
        let cursor = left.pull(left.beginning(), 1_000).await.unwrap().position.point.seq;
        left.write(EntryKind::Sync, |entry| entry.cursor = cursor);
        left.push(2).await.unwrap();
        let filled = fill(&right).await;
        assert_eq!((filled.leases[0].class, filled.leases[0].places, filled.leases[0].count), (ClassId(SPEAKER), 2, 2));
        assert_eq!(lease(&right).await.unwrap().count, 2);
        assert_eq!(fill(&right).await, filled);

        // A device that no longer counts sells nothing.
        doors.change(&right, "revoke").await.unwrap();
        assert_eq!(register(&doors.olga, &doors.event, "Ada").await, 201);
        let path = format!("/events/{}/devices/{}/leases", doors.event, right.id);
        let request = doors.olga.request(Method::PUT, &path).json(&json!({ "walk_in": [] }));
        assert_problem(request, 409, "device-revoked").await;
    }

    async fn places_return_once_the_journal_is_held_beyond_their_end(url: String) {
        let start = now();
        let clock = Clock::fixed(start);
        let served = Served::start_at(&url, clock.clone()).await;
        let doors = Doors::open(&served, 0).await;
        let until = rfc3339(start.plus(3_600_000));
        let plan = json!([{ "ticket_type": "Speaker", "places": 3, "until": until }]);
        let mut left = seller(&doors, "Left", plan).await;
        let ends = lease(&left).await.unwrap().expires;

        left.sell(SPEAKER, "Grace", 0, |entry| entry.hlc = Hlc::at(ends.minus(1)));
        left.push(1).await.unwrap();
        assert_eq!(register(&doors.olga, &doors.event, "Ada").await, 409);
        left.write(EntryKind::Session, |entry| entry.hlc = Hlc::at(ends));
        left.push(2).await.unwrap();
        assert_eq!(register(&doors.olga, &doors.event, "Ada").await, 201);
        assert_eq!(register(&doors.olga, &doors.event, "Bob").await, 201);
        assert_eq!(register(&doors.olga, &doors.event, "Eve").await, 409);

        // What is sold after that is there, and it is said that it should not be.
        left.sell(SPEAKER, "Late", 0, |entry| entry.hlc = Hlc::at(ends.plus(1)));
        left.push(3).await.unwrap();
        let late = doors.list("registrations?q=late").await;
        assert_eq!(late[0]["sold_at_door"]["beyond_places"], true);
        assert_eq!(notices(&left).await.last().unwrap()["kind"], "walk_in_over");
    }

    async fn sales_beyond_the_rights_and_sales_that_are_none_are_told(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 0).await;
        let mut left = seller(&doors, "Left", speakers(1)).await;
        left.sell(SPEAKER, "Grace", 100, |_| {});
        left.sell(SPEAKER, "Alan", 100, |entry| entry.reason = Right::Overflow.reason());
        left.sell(SPEAKER, "Ada", 250, |entry| {
            entry.reason = Right::Supervisor.reason();
            entry.operator = Some("Bob".to_owned());
            entry.amount = entry.amount.map(|amount| sync_protocol::journal::entry::Amount { method: 2, ..amount });
        });
        left.sell(0, "Nobody", 100, |_| {});
        left.push(1).await.unwrap();

        assert_eq!(doors.list("registrations").await.len(), 3);
        let said = notices(&left).await;
        let kinds: Vec<_> = said.iter().map(|notice| notice["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["walk_in_over", "walk_in_refused"]);
        assert!(said[0]["text"].as_str().unwrap().contains("2 tickets"), "{said:?}");
        // All three places are sold, so the door gets no more.
        assert_eq!(lease(&left).await.unwrap().count, 1);
        let sales = doors.get("sales").await;
        assert_eq!(sales["totals"], json!([
            { "method": "cash", "currency": "EUR", "count": 2, "amount": 200 },
            { "method": "card", "currency": "EUR", "count": 1, "amount": 250 },
        ]));
        let bob = &sales["lines"][0];
        assert_eq!((&bob["operator"], &bob["device_name"], &bob["beyond_places"]), (&json!("Bob"), &json!("Left"), &json!(1)));
        assert_eq!(sales["lines"][1]["beyond_places"], 1);
    }

    async fn sales_made_before_a_door_learned_of_fewer_places_are_within_its_rights(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 0).await;
        let mut left = seller(&doors, "Left", speakers(3)).await;
        let before = newest(&left).await;
        put(&doors, &left, speakers(1)).await;
        let after = newest(&left).await;
        assert!(after > before);

        // Both come in one batch: two sales, and a third by a door that knows better.
        for name in ["Grace", "Alan"] {
            left.sell(SPEAKER, name, 0, |entry| entry.cursor = before);
        }
        left.sell(SPEAKER, "Ada", 0, |entry| entry.cursor = after);
        left.push(1).await.unwrap();

        let said = notices(&left).await;
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0]["text"].as_str().unwrap().contains("1 ticket "), "{said:?}");
        let sales = doors.get("sales").await;
        assert_eq!(sales["lines"][0]["beyond_places"], 1);
    }

    async fn a_device_learns_to_sell_and_what_cannot_be_is_refused_with_the_place(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 0).await;
        let device = doors.device("Left").await;
        assert_eq!(lease(&device).await, None);

        put(&doors, &device, speakers(1)).await;

        let told = bodies(&device).await.into_iter().find_map(|body| match body {
            Body::Device { certificate, .. } => Some(certificate),
            _ => None,
        });
        let certificate = told.unwrap().open(&device.server_key).unwrap();
        assert!(certificate.capabilities.has(Capabilities::WALK_IN));
        assert_eq!(certificate.walk_in_classes, [ClassId(SPEAKER)]);
        assert_eq!(lease(&device).await.unwrap().count, 1);
        // What it may have sold stays allowed.
        put(&doors, &device, json!([{ "ticket_type": "Regular", "places": 5 }])).await;
        let leases = fill(&device).await.leases;
        assert_eq!(leases.iter().map(|l| (l.class.0, l.places, l.count)).collect::<Vec<_>>(), [(0, 5, 5), (1, 0, 0)]);

        let wrong = json!({ "walk_in": [
            { "ticket_type": "Regular", "places": 1 }, { "ticket_type": "regular", "places": 1_000_001 },
            { "ticket_type": "Nobody", "places": 1, "until": "2020-01-01T00:00:00Z" },
        ], "certificate_days": 401 });
        let path = format!("/events/{}/enrolment-codes", doors.event);
        let problem = assert_problem(post(&doors.olga, &path, &wrong), 422, "invalid").await;
        assert_eq!(places(&problem), ["body.walk_in.1.ticket_type", "body.walk_in.1.places", "body.walk_in.2.ticket_type",
                                      "body.walk_in.2.until", "body.certificate_days"]);
    }

    async fn a_cancelled_sale_gives_its_place_back_only_when_the_door_cannot_any_more(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 0).await;
        let mut left = seller(&doors, "Left", speakers(3)).await;
        let sold = left.sell(SPEAKER, "Grace", 0, |_| {});
        left.push(1).await.unwrap();
        let ticket = left.journal[0].entry().ticket.typed_code();
        doors.olga.post(&format!("/events/{}/tickets/{ticket}/cancel", doors.event), &json!({})).await.unwrap();

        assert_eq!(register(&doors.olga, &doors.event, "Ada").await, 409);
        left.undo(sold);
        for name in ["Alan", "Edsger", "Donald"] {
            left.sell(SPEAKER, name, 0, |_| {});
        }
        left.push(2).await.unwrap();

        let living = doors.list("registrations").await.iter().filter(|r| r["ticket"]["status"] == "valid").count();
        assert_eq!(living, 3);
        assert!(notices(&left).await.is_empty());
    }

    async fn who_waits_moves_up_when_a_door_gives_places_back(url: String) {
        let served = Served::start(&url).await;
        let festival = Festival::open(&served, |offer| {
            offer["ticket_types"][0]["quota"] = json!(3);
            offer["ticket_types"][0]["has_waitlist"] = json!(true);
        })
        .await;
        let code = json!({ "name": "Till", "confirmed": true, "walk_in": [{ "ticket_type": "Standing", "places": 3 }] });
        let code = festival.olga.post(&festival.path("enrolment-codes"), &code).await.unwrap();
        let mut till = Device::enrol(&served.url, code["code"].as_str().unwrap()).await.unwrap();
        let mut waiting = Vec::new();
        for name in ["Ada", "Bob", "Eve"] {
            waiting.push(festival.join(name, "Standing").await["id"].as_str().unwrap().to_owned());
        }
        let states = async || {
            let mut states = Vec::new();
            for id in &waiting {
                states.push(festival.registration(id).await["state"].as_str().unwrap().to_owned());
            }
            states
        };
        assert_eq!(states().await, ["waiting"; 3]);

        // Fewer places are free only once the door has shown that it knows.
        let plan = json!({ "walk_in": [{ "ticket_type": "Standing", "places": 2 }] });
        let path = festival.path(&format!("devices/{}/leases", till.id));
        let lowered = festival.olga.request(Method::PUT, &path).json(&plan).send().await.unwrap();
        assert_eq!(lowered.status(), 200);
        assert_eq!(states().await, ["waiting"; 3]);
        let cursor = newest(&till).await;
        till.write(EntryKind::Sync, |entry| entry.cursor = cursor);
        till.push(1).await.unwrap();
        assert_eq!(states().await, ["registered", "waiting", "waiting"]);

        // A sale beyond the rights takes a place that is nobody's; taking it back frees none that others may have.
        let over = till.sell(0, "Grace", 0, |entry| (entry.reason, entry.cursor) = (Right::Overflow.reason(), cursor));
        till.push(2).await.unwrap();
        till.undo(over);
        till.push(3).await.unwrap();
        assert_eq!(states().await, ["registered", "waiting", "waiting"]);

        // A sale beyond the rights fills the last place of the quota, and taking it back lets the next one in.
        festival.offer(&served, |offer| offer["ticket_types"][0]["quota"] = json!(4)).await;
        let over = till.sell(0, "Alan", 0, |entry| (entry.reason, entry.cursor) = (Right::Overflow.reason(), cursor));
        till.push(4).await.unwrap();
        assert_eq!(states().await, ["registered", "waiting", "waiting"]);
        till.undo(over);
        till.push(5).await.unwrap();
        assert_eq!(states().await, ["registered", "registered", "waiting"]);

        // A door that no longer counts sells nothing.
        festival.olga.revoke_device(&festival.event, &till.id.to_string()).await.unwrap();
        assert_eq!(states().await, ["registered"; 3]);
    }

    async fn what_a_door_sold_of_an_event_that_was_cancelled_is_cancelled_with_it(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 0).await;
        let mut left = seller(&doors, "Left", speakers(3)).await;
        left.sell(SPEAKER, "Grace", 100, |_| {});
        let why = json!({ "reason": "Storm" });
        doors.olga.post(&format!("/events/{}/cancel", doors.event), &why).await.unwrap();

        left.push(1).await.unwrap();

        let registrations = doors.list("registrations").await;
        let [grace] = registrations.as_slice() else { panic!("{registrations:?}") };
        assert_eq!((&grace["state"], &grace["reason"]), (&json!("cancelled"), &json!("Storm")));
        assert_eq!(grace["ticket"]["status"], "cancelled");
        let told = bodies(&left).await.into_iter().find_map(|body| match body {
            Body::Ticket { ticket_row, .. } => Some(ticket_row.row.status),
            _ => None,
        });
        assert_eq!(told, Some(TicketStatus::Cancelled));
        assert_eq!(letters(&served).await, [("grace@example.org".to_owned(), "event_cancelled".to_owned())]);
        let line = &doors.get("sales").await["lines"][0];
        assert_eq!((&line["count"], &line["cancelled"]), (&json!(1), &json!(1)));
        assert_eq!(lease(&left).await.unwrap().count, 0);
    }

    async fn nobody_sells_more_than_there_are_however_many_sell_at_once(url: String) {
        let served = Served::start(&url).await;
        let mut doors = Doors::open(&served, 0).await;
        let mut event = crate::served::conference();
        event["ticket_types"][1]["quota"] = json!(24);
        doors.event = doors.olga.create_event(&event).await.unwrap();
        let mut work = tokio::task::JoinSet::new();
        for number in 0..4 {
            let device = seller(&doors, &format!("Door {number}"), speakers(3)).await;
            work.spawn(sell_what_may_be_sold(device));
        }
        for number in 0..20 {
            let (olga, event) = (doors.olga.clone(), doors.event.clone());
            work.spawn(async move {
                u32::from(register(&olga, &event, &format!("Guest {number}")).await == 201)
            });
        }
        let sold: u32 = work.join_all().await.into_iter().sum();

        let registrations = doors.list("registrations").await;
        assert_eq!(registrations.len() as u32, sold);
        assert!(sold <= 24, "{sold} of 24");
        assert!(registrations.iter().all(|r| r["sold_at_door"]["beyond_places"] != json!(true)));
        // Nothing is lost either: who takes the rights back can sell the rest.
        for device in doors.list("devices").await {
            let path = format!("/events/{}/devices/{}/revoke", doors.event, device["id"].as_str().unwrap());
            doors.olga.post(&path, &json!({})).await.unwrap();
        }
        for number in sold..24 {
            assert_eq!(register(&doors.olga, &doors.event, &format!("Late {number}")).await, 201);
        }
        assert_eq!(register(&doors.olga, &doors.event, "Too late").await, 409);
    }
}

/// Sells under the rights that the feed tells, a few times over, and returns how many.
async fn sell_what_may_be_sold(mut device: Device) -> u32 {
    let mut sold = 0;
    for _ in 0..4 {
        let first = device.end().seq.next().0;
        let Some(lease) = lease(&device).await else { break };
        for _ in 0..lease.left(sold, now()) {
            device.sell(SPEAKER, "Walker", 0, |_| {});
            sold += 1;
        }
        if device.end().seq >= Seq(first) {
            device.push(first).await.unwrap();
        } else {
            fill(&device).await;
        }
    }
    sold
}
