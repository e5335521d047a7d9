//! An organiser's work from the first letter to the last name, told as a story: what other tests look at one by one fits
//! together.

use harness::on_both_databases;
use harness::organiser::Organiser;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sync_protocol::time::UnixMillis;
use usher_server::app::Settings;
use usher_server::clock::Clock;

use crate::identity::{ask, done, token};
use crate::letters;
use crate::people::everywhere::{found_anywhere, journals_verify};
use crate::receiver::Receiver;
use crate::served::{PASSWORD, Served, answer, assert_problem, get, patch, post};
use crate::webhooks::{drain, is_signed};

/// 1 June 2026, 10:00 UTC.
const THE_FIRST_DAY: UnixMillis = UnixMillis(1_780_308_000_000);
/// 20 June 2026, ten minutes after the film night has begun.
const THE_EVENING: UnixMillis = UnixMillis(1_781_975_400_000);
/// The morning after.
const THE_DAY_AFTER: UnixMillis = UnixMillis(1_782_021_600_000);

on_both_databases! {
    async fn an_organiser_goes_from_a_letter_to_a_full_house_and_forgets_her_guests(url: String) {
        let clock = Clock::fixed(THE_FIRST_DAY);
        let settings = Settings { allow_private_webhooks: true, clock: clock.clone(), ..Settings::default() };
        let served = Served::start_with(&url, settings).await;
        let mut receiver = Receiver::start().await;

        let house = House::found(&served).await;
        let secret = house.ask_to_be_called(&receiver).await;
        let mut night = house.agree_to_a_film_night().await;
        night.people_register().await;
        night.the_list_is_put_in_order().await;
        night.tickets_are_fetched().await;

        drain(&served.app).await;
        let calls = receiver.calls();
        assert!(calls.len() > 5 && calls.iter().all(|call| is_signed(call, &secret)), "{calls:?}");
        assert!(calls.iter().any(|call| call.json()["kind"] == "registration.cancelled"));

        clock.set(THE_EVENING);
        night.log_in_again().await;
        night.doors_open().await;
        drain(&served.app).await;
        assert!(receiver.calls().iter().any(|call| call.json()["kind"] == "check_in" && is_signed(call, &secret)));

        clock.set(THE_DAY_AFTER);
        night.log_in_again().await;
        night.the_books_are_closed().await;
        night.a_guest_is_forgotten().await;
    }
}

/// An organisation of two people with a hall.
struct House<'a> {
    served: &'a Served,
    /// Who owns it.
    ada: Organiser,
    /// Who manages it.
    mia: Organiser,
    id: String,
}

/// Signs up and follows the link of the letter.
async fn sign_up(served: &Served, email: &str, name: &str) -> Organiser {
    done(ask(served, "/accounts", &json!({ "email": email, "name": name, "password": PASSWORD }))).await;
    assert!(Organiser::log_in(&served.url, email, PASSWORD).await.is_err(), "nobody has read the letter yet");
    let token = token(served, email, "verify").await;
    done(ask(served, "/accounts/verify", &json!({ "token": token }))).await;
    Organiser::log_in(&served.url, email, PASSWORD).await.unwrap()
}

impl<'a> House<'a> {
    async fn found(served: &'a Served) -> Self {
        let ada = sign_up(served, "ada@example.org", "Ada").await;
        let made = ada.post("/organisations", &json!({ "name": "The Old Cinema" })).await.unwrap();
        let id = made["id"].as_str().unwrap().to_owned();
        let hall = json!({
            "name": "The cinema", "address": "1 Market Square", "time_zone": "Europe/Berlin",
            "zones": [{ "name": "Hall", "capacity": 80 }], "gates": [{ "name": "Front door", "zone": "Hall" }],
        });
        ada.post(&format!("/organisations/{id}/venues"), &hall).await.unwrap();

        let invitation = json!({ "email": "mia@example.org", "role": "manager" });
        ada.post(&format!("/organisations/{id}/invitations"), &invitation).await.unwrap();
        let token = token(served, "mia@example.org", "invite").await;
        let mia = sign_up(served, "mia@example.org", "Mia").await;
        let joined = mia.post("/invitations/accept", &json!({ "token": token })).await.unwrap();
        assert_eq!(joined["role"], "manager");
        Self { served, ada, mia, id }
    }

    /// Wants another program called, and returns what its calls are signed with.
    async fn ask_to_be_called(&self, receiver: &Receiver) -> String {
        let kinds = ["registration.created", "registration.cancelled", "ticket.issued", "check_in"];
        let made = self.mia.post("/webhooks", &json!({ "url": receiver.url, "kinds": kinds })).await.unwrap();
        made["secret"].as_str().unwrap().to_owned()
    }

    /// Somebody outside asks for an event, which is approved, prepared and published.
    async fn agree_to_a_film_night(self) -> Night<'a> {
        let wish = json!({
            "title": "Night of the short film", "description": "Twelve films by students.", "location": "The cinema",
            "time_zone": "Europe/Berlin", "starts": "2026-06-20T19:00:00+02:00", "ends": "2026-06-20T23:30:00+02:00",
            "guests": 60, "contact": { "name": "Grace", "email": "grace@example.com", "phone": "" },
        });
        done(ask(self.served, &format!("/public/organisations/{}/proposals", self.id), &wish)).await;
        let proposals = format!("/organisations/{}/proposals", self.id);
        let waiting = self.mia.list(&proposals).await.unwrap();
        let id = waiting[0]["id"].as_str().unwrap();
        let approved = self.mia.post(&format!("{proposals}/{id}/approve"), &json!({})).await.unwrap();
        let event = approved["event"]["id"].as_str().unwrap().to_owned();

        let prepared = json!({
            "zones": [{ "name": "Hall", "capacity": 80 }],
            "gates": [{ "name": "Front door", "zone": "Hall" }],
            "ticket_types": [
                { "name": "Row", "quota": 2, "has_waitlist": true },
                { "name": "Box", "needs_approval": true, "price": { "amount": 1500, "currency": "EUR" } },
                { "name": "Friends", "access_code": "twelve films", "per_person": 4 },
            ],
            "questions": [{ "key": "drink", "label": "What do you drink?", "required": true, "choices": ["tea", "beer"] }],
        });
        let (status, _, changed) = answer(patch(&self.mia, &format!("/events/{event}"), &prepared)).await;
        assert_eq!(status, StatusCode::OK, "{changed}");
        for (step, state) in [("submit", "submitted"), ("approve", "approved"), ("publish", "published")] {
            let after = self.mia.post(&format!("/events/{event}/{step}"), &json!({})).await.unwrap();
            assert_eq!(after["state"], state);
        }
        let public =
            answer(reqwest::Client::new().get(format!("{}/api/v1/public/events/{event}", self.served.url))).await.2;
        assert_eq!(public["ticket_types"].as_array().unwrap().len(), 2, "who has no code sees no more: {public}");
        Night { house: self, event, cleo: String::new() }
    }
}

/// The event.
struct Night<'a> {
    house: House<'a>,
    event: String,
    /// The registration of somebody who waits, gets a place, comes, and is forgotten.
    cleo: String,
}

impl Night<'_> {
    fn path(&self, rest: &str) -> String {
        format!("/events/{}/{rest}", self.event)
    }

    async fn post(&self, rest: &str, body: &Value) -> Value {
        self.house.mia.post(&self.path(rest), body).await.unwrap()
    }

    async fn get(&self, rest: &str) -> Value {
        self.house.mia.get(&self.path(rest)).await.unwrap()
    }

    /// Somebody outside registers.
    async fn join(&self, name: &str, ticket_type: &str) -> Value {
        let email = format!("{}@example.net", name.to_lowercase());
        let body = json!({ "name": name, "email": email, "ticket_type": ticket_type, "answers": { "drink": "tea" } });
        done(ask(self.house.served, &format!("/public{}", self.path("registrations")), &body)).await
    }

    /// The registration of a name.
    async fn named(&self, name: &str) -> Value {
        let all = self.house.mia.registrations(&self.event).await.unwrap();
        all.into_iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("nobody is called {name}"))
    }

    /// The kinds of the letters to somebody outside, sorted: the clock stands still while they are written.
    async fn letters_to(&self, name: &str) -> Vec<String> {
        let sent = letters::to(self.house.served, &format!("{}@example.net", name.to_lowercase())).await;
        let mut kinds: Vec<String> = sent.iter().map(|letter| letter["kind"].as_str().unwrap().to_owned()).collect();
        kinds.sort();
        kinds
    }

    async fn log_in_again(&mut self) {
        let url = &self.house.served.url;
        self.house.ada = Organiser::log_in(url, "ada@example.org", PASSWORD).await.unwrap();
        self.house.mia = Organiser::log_in(url, "mia@example.org", PASSWORD).await.unwrap();
    }

    async fn people_register(&mut self) {
        // Two places, so the third waits; the first who leaves lets her in.
        assert_eq!(self.join("Bob", "Row").await["state"], "registered");
        assert_eq!(self.join("Eve", "Row").await["state"], "registered");
        let cleo = self.join("Cleopatra", "Row").await;
        assert_eq!((&cleo["state"], &cleo["position"]), (&json!("waiting"), &json!(1)), "{cleo}");
        self.cleo = cleo["id"].as_str().unwrap().to_owned();
        let bob = self.named("Bob").await["id"].as_str().unwrap().to_owned();
        self.post(&format!("registrations/{bob}/cancel"), &json!({ "reason": "ill" })).await;
        assert_eq!(self.get(&format!("registrations/{}", self.cleo)).await["state"], "registered");
        assert_eq!(self.letters_to("Cleopatra").await, ["registration", "ticket"]);
        assert_eq!(self.letters_to("Bob").await, ["registration", "ticket"]);

        // A box needs a manager's word, and then it is to be paid.
        let dora = self.join("Dora", "Box").await;
        assert_eq!(dora["state"], "pending");
        let dora = dora["id"].as_str().unwrap();
        let approved = self.post(&format!("registrations/{dora}/approve"), &json!({})).await;
        assert_eq!(approved["ticket"]["status"], "unpaid");
        assert_eq!(self.post(&format!("registrations/{dora}/pay"), &json!({})).await["ticket"]["status"], "valid");
        assert_eq!(self.letters_to("Dora").await, ["registration", "registration", "ticket"]);

        // Friends know the words, and come together.
        let guest = |name: &str| json!({ "name": name, "ticket_type": "Friends", "answers": { "drink": "beer" } });
        let mut group = json!({
            "contact": { "name": "Grace", "email": "grace@example.com" }, "attendees": [guest("Alan"), guest("Barbara")],
        });
        let groups = format!("/public{}", self.path("groups"));
        assert_problem(ask(self.house.served, &groups, &group), 422, "invalid").await;
        group["access_code"] = json!("twelve films");
        done(ask(self.house.served, &groups, &group)).await;

        // Eve gives her place away.
        let eve = self.named("Eve").await["id"].as_str().unwrap().to_owned();
        let to = json!({ "name": "Edith", "email": "edith@example.net" });
        self.post(&format!("registrations/{eve}/transfer"), &to).await;
        assert_eq!(self.letters_to("Edith").await, ["ticket"]);
    }

    async fn the_list_is_put_in_order(&self) {
        let file = "name,email,ticket_type\nEmilia,emilia@example.net,Box\nFrank,frank@example.net,Box\n";
        let dry = self.house.mia.request(Method::POST, &self.path("registrations/import?dry_run=true"));
        let dry = answer(dry.header("content-type", "text/csv").body(file)).await.2;
        assert_eq!((&dry["would_import"], &dry["imported"]), (&json!(2), &json!(0)), "{dry}");
        let done = self.house.mia.import(&self.event, file.to_owned()).await.unwrap();
        assert_eq!(done["imported"], 2);

        let search = get(&self.house.mia, &self.path("registrations")).query(&[("q", "emlia")]);
        let found = answer(search).await.2;
        assert_eq!(found["items"][0]["name"], "Emilia", "one typed it wrongly: {found}");
        let filter = json!({ "ticket_type": "Box", "state": "registered" });
        let bulk = self.post("registrations/bulk", &json!({ "action": "resend", "filter": filter })).await;
        assert_eq!((&bulk["done"], &bulk["failed"]), (&json!(3), &json!(0)), "{bulk}");
        let frank = self.named("Frank").await["id"].as_str().unwrap().to_owned();
        self.post(&format!("registrations/{frank}/resend"), &json!({})).await;
        assert_eq!(self.letters_to("Frank").await, ["ticket", "ticket"]);
    }

    async fn tickets_are_fetched(&self) {
        let ticket = self.named("Cleopatra").await["ticket"]["id"].as_str().unwrap().to_owned();
        let fetch =
            async |rest: &str| self.house.mia.bytes(&self.path(&format!("tickets/{ticket}/{rest}"))).await.unwrap();
        assert!(fetch("ticket.pdf").await.starts_with(b"%PDF"));
        assert!(fetch("qr.png").await.starts_with(b"\x89PNG"));
        let calendar = String::from_utf8(fetch("event.ics").await).unwrap();
        assert!(calendar.contains("SUMMARY:Night of the short film"), "{calendar}");
    }

    async fn doors_open(&self) {
        // Cleopatra shows her ticket, and shows it again.
        let ticket = self.named("Cleopatra").await["ticket"]["id"].as_str().unwrap().to_owned();
        let credential = self.house.mia.credential(&self.event, &ticket).await.unwrap();
        let shown = json!({ "credential": credential, "gate": "Front door" });
        let admitted = self.post("verify", &shown).await;
        assert_eq!((&admitted["verdict"], &admitted["attendee"]), (&json!("admit"), &json!("Cleopatra")));
        let clock = self.house.served.app.clock();
        clock.set(clock.now().plus(60_000));
        assert_eq!(self.post("verify", &shown).await["verdict"], "deny");

        // Alan has no phone; Barbara's admission was a mistake.
        let mut number = Value::Null;
        for name in ["Alan", "Barbara"] {
            let id = self.named(name).await["id"].as_str().unwrap().to_owned();
            let by_hand = json!({ "gate": "Front door", "reason": "phone is empty" });
            let admitted = self.post(&format!("registrations/{id}/check-in"), &by_hand).await;
            assert_eq!(admitted["verdict"], "admit", "{admitted}");
            number = admitted["recorded"]["number"].clone();
        }
        self.post(&format!("check-ins/{number}/undo"), &json!({ "reason": "wrong person" })).await;

        // Walter has no ticket yet.
        let walter = json!({ "name": "Walter", "ticket_type": "Box", "gate": "Front door", "payment": "cash" });
        let came = self.post("walk-in", &walter).await;
        assert_eq!((&came["amount"], &came["admission"]["verdict"]), (&json!(1500), &json!("admit")));

        let figures = self.get("statistics").await;
        assert_eq!((&figures["registered"], &figures["came"], &figures["undone"]), (&json!(8), &json!(3), &json!(1)));
        assert_eq!(self.get("counts").await["zones"][0]["inside"], 3);
    }

    async fn the_books_are_closed(&self) {
        assert_eq!(self.post("close", &json!({})).await["state"], "closed");
        let late = json!({ "name": "Late", "ticket_type": "Box" });
        assert_problem(post(&self.house.mia, &self.path("registrations"), &late), 409, "event-over").await;

        let report = String::from_utf8(self.house.mia.bytes(&self.path("report.csv")).await.unwrap()).unwrap();
        for line in
            ["Ticket types,Row,came,1", "Ticket types,Friends,came,1", "Sales at the door,cash,taken (minor unit),1500"]
        {
            assert!(report.contains(line), "{line} is missing in\n{report}");
        }
        assert!(self.house.mia.bytes(&self.path("report.pdf")).await.unwrap().starts_with(b"%PDF"));
        let audit = format!("/organisations/{}/audit/export?event={}", self.house.id, self.event);
        let audit = String::from_utf8(self.house.ada.bytes(&audit).await.unwrap()).unwrap();
        for action in ["event.publish", "registration.transfer", "registration.walk_in", "event.close"] {
            assert!(audit.contains(action), "{action} is missing in\n{audit}");
        }
        assert!(!audit.contains("Cleopatra"), "the record names nobody");
        assert_problem(get(&self.house.mia, &format!("/organisations/{}/audit", self.house.id)), 403, "forbidden")
            .await;
    }

    async fn a_guest_is_forgotten(&self) {
        let before = [self.get("statistics").await, self.get("counts").await];
        let export = get(&self.house.ada, &format!("/organisations/{}/people/export", self.house.id));
        let known = answer(export.query(&[("email", "cleopatra@example.net")])).await.2;
        assert_eq!(known["registrations"][0]["registration"]["id"], self.cleo);
        assert_eq!(known["registrations"][0]["check_ins"].as_array().unwrap().len(), 2);

        let erase = format!("/organisations/{}/people/erase", self.house.id);
        let body = json!({ "registration": self.cleo });
        assert_problem(post(&self.house.mia, &erase, &body), 403, "forbidden").await;
        let erased = self.house.ada.post(&erase, &body).await.unwrap();

        assert_eq!(erased, json!({ "registrations": 1, "cancelled": 0 }));
        let found = found_anywhere(self.house.served, &["Cleopatra", "cleopatra"]).await;
        assert!(found.is_empty(), "{found:#?}");
        assert_eq!([self.get("statistics").await, self.get("counts").await], before);
        journals_verify(self.house.served).await;
    }
}
