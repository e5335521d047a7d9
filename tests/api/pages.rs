//! Pages that the links in letters lead to, as a browser without scripts uses them.

use harness::on_both_databases;
use harness::organiser::Organiser;
use reqwest::{Method, StatusCode, Url};
use serde_json::{Value, json};
use sync_protocol::time::UnixMillis;
use usher_server::clock::Clock;
use usher_server::mails::{Letter, writing};

use crate::festival::{Festival, recorded};
use crate::identity::{OLGA, START, api_tokens, ask, done, log_in, told, with_token};
use crate::letters;
use crate::served::{PASSWORD, Served, answer, assert_problem, own_ids};

const ADA: &str = "ada@example.org";
const OTHER: &str = "quite another passphrase";

/// A page, as a browser has it.
struct Page {
    status: StatusCode,
    html: String,
}

impl Page {
    async fn of(request: reqwest::RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let html = response.text().await.unwrap();
        let header = |name: &str| headers[name].to_str().unwrap().to_owned();
        assert_eq!(header("content-type"), "text/html; charset=utf-8", "{html}");
        let policy = header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        assert!(header("cache-control").contains("no-store") && header("referrer-policy") == "no-referrer");
        assert!(!html.contains("<script") && !html.contains("javascript:") && !html.contains("style="), "{html}");
        Self { status, html }
    }

    async fn look(url: &str) -> Self {
        Self::of(reqwest::Client::new().get(url)).await
    }

    /// Presses a button of the page's form, after filling it in.
    async fn send(url: &str, form: &[(&str, &str)]) -> Self {
        let encoded = Url::parse_with_params("http://form.invalid", form).unwrap();
        let request = reqwest::Client::new().post(url).header("content-type", "application/x-www-form-urlencoded");
        Self::of(request.body(encoded.query().unwrap_or_default().to_owned())).await
    }

    fn says(&self, text: &str) -> bool {
        self.html.contains(text)
    }
}

/// Where the link of the newest letter to an address leads.
async fn link_to(served: &Served, recipient: &str) -> String {
    let newest = letters::to(served, recipient).await.pop().unwrap();
    let (text, _) = written(served, newest, recipient).await;
    let link = text.split_whitespace().find(|word| word.starts_with(&format!("{}/letters/", served.url)));
    link.unwrap_or_else(|| panic!("no link in\n{text}")).to_owned()
}

/// What a letter says, and what it is about.
async fn written(served: &Served, letter: Value, recipient: &str) -> (String, String) {
    let letter: Letter = serde_json::from_value(letter).unwrap();
    let mut tx = served.app.database().begin_read().await.unwrap();
    let written = writing::write(&mut tx, &served.app, &letter, recipient).await.unwrap();
    (written.text, written.subject)
}

on_both_databases! {
    async fn an_address_is_proved_by_a_button_and_not_by_a_look(url: String) {
        let served = Served::start(&url).await;
        done(ask(&served, "/accounts", &json!({ "email": ADA, "name": "Ada", "password": PASSWORD }))).await;
        let link = link_to(&served, ADA).await;

        for _ in 0..2 {
            let page = Page::look(&link).await;
            assert!(page.status == 200 && page.says(ADA) && page.says("Confirm the address"), "{}", page.html);
        }
        assert_problem(log_in(&served, ADA, PASSWORD), 403, "email-unverified").await;
        assert_eq!(Page::send(&link, &[("answer", "yes")]).await.status, 200);

        done(log_in(&served, ADA, PASSWORD)).await;
        for page in [Page::look(&link).await, Page::send(&link, &[]).await] {
            assert!(page.status == 404 && page.says("This link no longer works"), "{}", page.html);
        }
        let german = reqwest::Client::new().get(&link).header("accept-language", "de-DE,de;q=0.9,en;q=0.5");
        assert!(Page::of(german).await.says("lang=\"de\""));
    }

    async fn a_password_is_chosen_on_the_page_that_the_letter_leads_to(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let token = api_tokens::make(&olga, &["events:read"]).await["token"].clone();
        done(ask(&served, "/password-resets", &json!({ "email": OLGA }))).await;
        let link = link_to(&served, OLGA).await;

        let page = Page::look(&link).await;
        assert!(page.status == 200 && page.says("autocomplete=\"new-password\"") && page.says(OLGA), "{}", page.html);
        let short = Page::send(&link, &[("password", "short"), ("end_api_tokens", "yes")]).await;
        assert!(short.status == 422 && short.says("role=\"alert\"") && !short.says("value=\"short\""), "{}", short.html);
        let common = Page::send(&link, &[("password", "password123")]).await;
        assert!(common.status == 422 && common.says("Others try this password first"), "{}", common.html);
        done(log_in(&served, OLGA, PASSWORD)).await;

        assert_eq!(Page::send(&link, &[("password", OTHER), ("end_api_tokens", "yes")]).await.status, 200);

        assert_problem(log_in(&served, OLGA, PASSWORD), 401, "wrong-credentials").await;
        done(log_in(&served, OLGA, OTHER)).await;
        assert_eq!(answer(with_token(&served, Method::GET, "/events", &token)).await.0, 401);
        assert_eq!(Page::send(&link, &[("password", PASSWORD)]).await.status, 404);
        let about = told(&served, OLGA).await;
        assert_eq!(about.iter().filter(|subject| *subject == "Your password was changed").count(), 1, "{about:?}");
    }

    async fn an_invitation_is_accepted_with_the_account_of_the_address_or_a_new_one(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let (_, organisation) = own_ids(&olga).await;
        let bob = served.organiser("bob@example.org", "Bobs").await;
        let path = format!("/organisations/{organisation}/invitations");
        let invite = async |email: &str| {
            olga.post(&path, &json!({ "email": email, "role": "staff" })).await.unwrap();
            link_to(&served, email).await
        };

        // Who has an account needs to say nothing more.
        let link = invite("bob@example.org").await;
        let page = Page::look(&link).await;
        assert!(page.says("Join Example") && page.says("Olga asks you") && !page.says("type=\"password\""), "{}", page.html);
        assert_eq!(Page::send(&link, &[]).await.status, 422, "neither yes nor no");
        assert!(Page::send(&link, &[("answer", "accept")]).await.says("You belong to Example now"));
        assert_eq!(bob.get("/organisations").await.unwrap()["items"].as_array().unwrap().len(), 2);
        assert_eq!(Page::look(&link).await.status, 404);

        // Who has none makes one, whose address is proved by the letter.
        let link = invite(ADA).await;
        assert!(Page::look(&link).await.says("type=\"password\""));
        let wrong = Page::send(&link, &[("answer", "accept"), ("name", "\"><b>Ada"), ("password", "short")]).await;
        assert!(wrong.status == 422 && wrong.says("role=\"alert\"") && !wrong.says("<b>"), "{}", wrong.html);
        let page = Page::send(&link, &[("answer", "accept"), ("name", " "), ("password", OTHER)]).await;
        assert!(page.status == 422 && page.says("what you are called"), "{}", page.html);
        let page = Page::send(&link, &[("answer", "accept"), ("name", "Ada"), ("password", OTHER)]).await;
        assert!(page.status == 200 && page.says(ADA), "{}", page.html);
        let ada = Organiser::log_in(&served.url, ADA, OTHER).await.unwrap();
        let me = ada.get("/me").await.unwrap();
        assert_eq!((&me["name"], &me["organisations"][0]["role"]), (&json!("Ada"), &json!("staff")));

        // No is no.
        let link = invite("eve@example.org").await;
        assert!(Page::send(&link, &[("answer", "decline")]).await.says("You declined"));
        assert_eq!(Page::look(&link).await.status, 404);
        assert!(olga.list(&path).await.unwrap().is_empty());
    }

    async fn a_locked_account_joins_nothing_by_letter(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let (_, organisation) = own_ids(&olga).await;
        served.organiser("bob@example.org", "Bobs").await;
        let path = format!("/organisations/{organisation}/invitations");
        olga.post(&path, &json!({ "email": "bob@example.org", "role": "staff" })).await.unwrap();
        let link = link_to(&served, "bob@example.org").await;
        let mut tx = served.app.database().begin_write().await.unwrap();
        let lock = sqlx::query("UPDATE accounts SET locked_at = 1 WHERE email = 'bob@example.org'");
        lock.execute(tx.connection()).await.unwrap();
        tx.commit().await.unwrap();

        let form = [("answer", "accept"), ("name", "Bob"), ("password", OTHER)];
        assert_eq!(Page::send(&link, &form).await.status, 409);

        assert_eq!(olga.list(&path).await.unwrap().len(), 1, "it still waits");
    }

    async fn an_attendee_sees_and_cancels_their_registration_without_an_account(url: String) {
        let served = Served::start(&url).await;
        let festival = Festival::open(&served, |offer| {
            offer["ticket_types"][0]["quota"] = json!(1);
            offer["ticket_types"][0]["has_waitlist"] = json!(true);
        })
        .await;
        let (ada, bob) = (festival.join("Ada", "Standing").await, festival.join("Bob", "Standing").await);
        let id = |one: &Value| one["id"].as_str().unwrap().to_owned();
        let (of_ada, of_bob) = (link_to(&served, ADA).await, link_to(&served, "bob@example.org").await);

        let page = Page::look(&of_ada).await;
        assert!(page.says("Ada is registered.") && page.says("Can&#39;t come?") && page.says("/qr.svg"), "{}", page.html);
        for (file, kind) in [("qr.svg", "image/svg+xml"), ("ticket.pdf", "application/pdf"), ("event.ics", "text/calendar")] {
            let response = reqwest::get(format!("{of_ada}/{file}")).await.unwrap();
            assert!(response.status() == 200 && response.headers()["content-type"].to_str().unwrap().starts_with(kind));
        }
        let waiting = Page::look(&of_bob).await;
        assert!(waiting.says("Bob is number 1 on the waiting list") && !waiting.says("qr.svg"), "{}", waiting.html);
        assert_problem(reqwest::Client::new().get(format!("{of_bob}/qr.svg")), 404, "not-found").await;
        assert_eq!(festival.registration(&id(&ada)).await["state"], "registered", "looking changes nothing");

        for _ in 0..2 {
            let page = Page::send(&of_ada, &[("answer", "cancel")]).await;
            assert!(page.status == 200 && page.says("The registration of Ada is cancelled.") && !page.says("<form"));
        }

        assert_eq!(festival.registration(&id(&ada)).await["ticket"]["status"], "cancelled");
        assert_eq!(festival.registration(&id(&bob)).await["state"], "registered");
        assert!(Page::look(&of_bob).await.says("qr.svg"));
        assert_eq!(recorded(&served).await.iter().filter(|action| *action == "registration.cancel").count(), 1);
        let ticket = festival.registration(&id(&ada)).await["ticket"]["id"].as_str().unwrap().to_owned();
        let ticket = festival.olga.get(&festival.path(&format!("tickets/{ticket}"))).await.unwrap();
        assert_eq!((&ticket["changes"][0]["change"], &ticket["changes"][0]["by"]), (&json!("cancel"), &Value::Null));

        // The link is of the address as well: it ends when the place becomes somebody else's.
        let to = json!({ "name": "Eve", "email": "eve@example.org" });
        let transfer = festival.acting(&id(&bob), "transfer").header("if-match", "*").json(&to);
        assert!(answer(transfer).await.0.is_success());
        assert_eq!(Page::look(&of_bob).await.status, 404);
        assert_eq!(Page::send(&of_bob, &[("answer", "cancel")]).await.status, 404);
        assert!(Page::look(&link_to(&served, "eve@example.org").await).await.says("Eve is registered."));
        let (start, end) = of_ada.split_at(of_ada.len() - 1);
        let forged = format!("{start}{}", if end == "A" { "B" } else { "A" });
        for strange in [forged, format!("{}/letters/registration/nonsense", served.url)] {
            assert_eq!(Page::look(&strange).await.status, 404);
        }
    }

    async fn whoever_comes_too_late_cancels_nothing_and_is_told_why(url: String) {
        let clock = Clock::fixed(START);
        let served = Served::start_at(&url, clock.clone()).await;
        let festival = Festival::open(&served, |offer| offer["cancel_until"] = json!(START.0 + 1_000)).await;
        let ada = festival.join("Ada", "Standing").await;
        let link = link_to(&served, ADA).await;
        assert!(Page::look(&link).await.says("You can cancel until Friday, 15 January 2027, 09:00"));

        clock.set(UnixMillis(START.0 + 1_000));

        assert!(!Page::look(&link).await.says("<form"));
        let page = Page::send(&link, &[("answer", "cancel")]).await;
        assert!(page.status == 409 && page.says("too late"), "{}", page.html);
        assert_eq!(festival.registration(ada["id"].as_str().unwrap()).await["state"], "registered");
    }

    async fn a_letter_is_written_in_the_language_of_its_reader_or_of_its_event(url: String) {
        let served = Served::start(&url).await;
        let festival = Festival::open(&served, |_| {}).await;
        festival.join("Ada", "Standing").await;
        let letter = letters::to(&served, ADA).await.pop().unwrap();
        let said = async |recipient: &str| written(&served, letter.clone(), recipient).await.1;
        let change = async |path: &str, body: Value| {
            let request = festival.olga.request(Method::PATCH, path).header("if-match", "*").json(&body);
            answer(request).await.2
        };
        assert_eq!(said(ADA).await, "Your ticket for Festival");

        let event = format!("/events/{}", festival.event);
        assert_eq!(change(&event, json!({ "language": "de" })).await["language"], "de");
        assert_eq!(said(ADA).await, "Ihr Ticket für Festival");

        // Who has said what they read is written to in that.
        assert_eq!(change("/me", json!({ "language": "en" })).await["language"], "en");
        assert_eq!(said(OLGA).await, "Your ticket for Festival");
        assert_eq!(change("/me", json!({ "name": "Olga B." })).await["language"], "en");
        assert_eq!(change("/me", json!({ "language": null })).await["language"], Value::Null);
        assert_eq!(said(OLGA).await, "Ihr Ticket für Festival");
        assert_problem(festival.olga.request(Method::PATCH, "/me").header("if-match", "*").json(&json!({ "language": "fr" })),
                       422, "invalid").await;

        change("/me", json!({ "language": "de" })).await;
        done(ask(&served, "/accounts", &json!({ "email": OLGA, "name": "Eve", "password": OTHER }))).await;
        assert_eq!(letters::to(&served, OLGA).await.pop().unwrap()["subject"], "Sie haben schon ein Konto");

        assert_eq!(change(&event, json!({ "language": null })).await["language"], Value::Null);
        assert_eq!(said(ADA).await, "Your ticket for Festival");
        // Pages as well.
        change(&event, json!({ "language": "de" })).await;
        let page = Page::look(&link_to(&served, ADA).await).await;
        assert!(page.says("Ada ist angemeldet.") && page.says("lang=\"de\""), "{}", page.html);
    }
}
