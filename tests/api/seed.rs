//! Sample data: what is made up is what the interface would have made.

use std::collections::{BTreeMap, BTreeSet};

use harness::device::Device;
use harness::on_both_databases;
use harness::organiser::Organiser;
use harness::process::ServerOptions;
use serde_json::{Value, json};
use sync_protocol::feed::{Body, Form};
use usher_server::accounts::password::Password;
use usher_server::db::Database;
use usher_server::seal::MasterKey;
use usher_server::seed::{self, Made, SeedError, Seeded, Sizes, Wish};

use crate::served::{PASSWORD, Served};

const SIZES: Sizes = Sizes { organisations: 2, events: 20, registrations: 400 };

fn wish(seed: u64) -> Wish {
    Wish { sizes: SIZES, seed, more: false, password: Some(Password::new(PASSWORD.to_owned())) }
}

async fn make(url: &str, wish: Wish) -> Result<Seeded, SeedError> {
    let database = Database::open(url).await.unwrap();
    database.migrate().await.unwrap();
    // As the harness's servers have it.
    let made = seed::run(&database, &MasterKey::new([7; 32]), wish, |_| {}).await;
    database.close().await;
    made
}

impl Served {
    async fn log_in(&self, seeded: &Seeded, kind: &str) -> Organiser {
        let login = seeded.logins.iter().find(|login| login.kind == kind).unwrap();
        Organiser::log_in(&self.url, &login.email, &seeded.password).await.unwrap()
    }
}

fn count<'a>(items: &'a [Value], pointer: &str) -> BTreeMap<&'a str, usize> {
    let mut counts = BTreeMap::new();
    for item in items {
        *counts.entry(item.pointer(pointer).and_then(Value::as_str).unwrap_or("none")).or_default() += 1;
    }
    counts
}

on_both_databases! {
    async fn everything_that_was_asked_for_is_there_in_every_state(url: String) {
        let seeded = make(&url, wish(1)).await.unwrap();
        let Made { organisations, events, registrations, check_ins, accounts } = seeded.made;
        assert_eq!((organisations, events, registrations), (2, 20, 400));
        assert!(check_ins > 50 && accounts > 10, "{:?}", seeded.made);

        let served = Served::start(&url).await;
        let (admin, owner) = (served.log_in(&seeded, "admin").await, served.log_in(&seeded, "owner").await);
        assert_eq!(admin.list("/admin/accounts").await.unwrap().len() as u64, accounts);
        let organisations = admin.list("/admin/organisations").await.unwrap();
        assert_eq!(organisations.len(), 2);
        let (mut events, mut registrations) = (Vec::new(), Vec::new());
        for organisation in &organisations {
            let id = organisation["id"].as_str().unwrap();
            let of = admin.request(reqwest::Method::GET, "/events?limit=100").header("usher-organisation", id);
            let page: Value = of.send().await.unwrap().json().await.unwrap();
            events.extend(page["items"].as_array().unwrap().clone());
        }
        assert_eq!(events.len(), 20);
        let states = count(&events, "/state");
        assert_eq!(states.len(), 7, "{states:?}");
        for event in &events {
            let id = event["id"].as_str().unwrap();
            registrations.extend(admin.registrations(id).await.unwrap());
        }
        assert_eq!(registrations.len(), 400);
        let states = count(&registrations, "/state");
        assert_eq!(states.len(), 5, "{states:?}");
        let statuses = count(&registrations, "/ticket/status");
        for status in ["valid", "unpaid", "blocked", "cancelled"] {
            assert!(statuses.contains_key(status), "{statuses:?}");
        }
        assert!(owner.get("/me").await.unwrap()["is_admin"] == false);
        let guest = served.log_in(&seeded, "attendee").await;
        assert!(!guest.list("/me/registrations").await.unwrap().is_empty());
        assert!(!guest.list("/me/tickets").await.unwrap().is_empty());
        assert!(admin.list("/admin/mails").await.unwrap().is_empty(), "nobody is written to");
    }

    async fn a_terminal_finds_the_whole_feed_and_admits_whom_the_list_says(url: String) {
        let seeded = make(&url, wish(2)).await.unwrap();
        let served = Served::start(&url).await;
        let owner = served.log_in(&seeded, "owner").await;
        let event = seeded.largest.to_string();
        let code = owner.enrolment_code(&event, &json!({ "name": "Left", "confirmed": true })).await.unwrap();
        let mut left = Device::enrol(&served.url, code["code"].as_str().unwrap()).await.unwrap();

        let pulled = left.pull(left.beginning(), 5_000).await.unwrap();
        let mut told = BTreeSet::new();
        for record in &pulled.records {
            if let Form::Body(body) = &record.form
                && let Ok(Body::Ticket { ticket, .. }) = Body::decode(record.kind, record.entity, body)
            {
                told.insert(ticket.typed_code());
            }
        }
        let registrations = owner.registrations(&event).await.unwrap();
        let tickets: BTreeSet<String> = registrations
            .iter()
            .filter_map(|registration| registration["ticket"]["id"].as_str().map(str::to_owned))
            .collect();
        assert_eq!(told, tickets);

        let is_new = |registration: &&Value| {
            registration["ticket"]["status"] == "valid" && registration["checked_in"] == false
        };
        let newcomer = registrations.iter().find(is_new).unwrap();
        let ticket = newcomer["ticket"]["id"].as_str().unwrap();
        let credential = owner.credential(&event, ticket).await.unwrap();
        let ask = json!({ "credential": credential, "gate": "Main entrance" });
        let admitted = owner.post(&format!("/events/{event}/verify"), &ask).await.unwrap();
        assert_eq!((&admitted["verdict"], &admitted["attendee"]), (&json!("admit"), &newcomer["name"]));
        left.admit(ticket, 0);
        left.push(1).await.unwrap();
        assert_eq!(owner.conflicts(&event).await.unwrap().len(), 1);
    }

    async fn figures_and_places_agree_with_the_lists(url: String) {
        let seeded = make(&url, wish(3)).await.unwrap();
        let served = Served::start(&url).await;
        let owner = served.log_in(&seeded, "owner").await;
        let event = seeded.largest.to_string();

        let registrations = owner.registrations(&event).await.unwrap();
        let came = registrations.iter().filter(|registration| registration["checked_in"] == true).count();
        let statistics = owner.get(&format!("/events/{event}/statistics")).await.unwrap();
        assert_eq!(statistics["came"], came, "{statistics}");
        assert!(owner.conflicts(&event).await.unwrap().is_empty());

        let of_seats = |state: &str| {
            let is_it = |one: &&Value| one["ticket_type"] == "Seat" && one["state"] == state;
            registrations.iter().filter(is_it).count()
        };
        let shown = owner.get(&format!("/events/{event}")).await.unwrap();
        let seats = shown["ticket_types"].as_array().unwrap().iter().find(|kind| kind["name"] == "Seat").unwrap();
        assert_eq!(seats["quota"], of_seats("registered"));
        assert!(of_seats("waiting") > 0);

        // Whoever waits moves up as anywhere else.
        let is_seated = |one: &&Value| one["ticket_type"] == "Seat" && one["state"] == "registered";
        let seated = registrations.iter().find(is_seated).unwrap()["id"].as_str().unwrap();
        owner.post(&format!("/events/{event}/registrations/{seated}/cancel"), &json!({})).await.unwrap();
        let after = owner.list(&format!("/events/{event}/registrations?state=waiting")).await.unwrap();
        assert_eq!(after.len(), of_seats("waiting") - 1);
    }

    async fn sample_data_comes_beside_others_only_when_told_and_the_same_people_only_once(url: String) {
        make(&url, wish(1)).await.unwrap();

        assert!(matches!(make(&url, wish(2)).await, Err(SeedError::InUse)));
        let again = Wish { more: true, ..wish(1) };
        assert!(matches!(make(&url, again).await, Err(SeedError::Known(1))));
        let more = make(&url, Wish { more: true, ..wish(2) }).await.unwrap();
        assert_eq!(more.made.registrations, 400);
        assert!(more.logins.iter().all(|login| login.kind != "admin"), "nobody else is to run the installation");
    }

    async fn the_same_seed_makes_the_same_people_and_outcomes(url: String) {
        let folder = tempfile::tempdir().unwrap();
        let other = format!("sqlite:{}", folder.path().join("other.db").display());
        let mut held = Vec::new();
        for url in [&url, &other] {
            let seeded = make(url, wish(7)).await.unwrap();
            let served = Served::start(url).await;
            let owner = served.log_in(&seeded, "owner").await;
            let registrations = owner.registrations(&seeded.largest.to_string()).await.unwrap();
            let told = |one: &Value| {
                let fields = ["name", "email", "state", "ticket_type", "checked_in", "note"];
                fields.map(|field| one[field].to_string()).join(" ")
            };
            held.push(registrations.iter().map(told).collect::<BTreeSet<String>>());
        }
        assert_eq!(held[0], held[1]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_program_says_who_may_log_in() {
    let mut server = ServerOptions::default().start().unwrap();
    let asked = ["seed", "--organisations", "1", "--events", "2", "--registrations", "12", "--json"];

    let told = server.command(&asked, "").unwrap().json().unwrap();

    assert_eq!(told["registrations"], 12, "{told}");
    let owner = told["logins"].as_array().unwrap().iter().find(|login| login["kind"] == "owner").unwrap();
    let password = told["password"].as_str().unwrap();
    let owner = Organiser::log_in(&server.url(), owner["email"].as_str().unwrap(), password).await.unwrap();
    let event = told["largest_event"].as_str().unwrap();
    assert!(!owner.registrations(event).await.unwrap().is_empty());
    assert!(server.command(&asked, "").is_err(), "there are organisations by now");
    assert!(server.stop().unwrap().success());
}
