//! One of each thing that a path can name, made through the interface as organisers make them, so that no request of a
//! test that walks the table of routes is about something that is not there.

use std::collections::BTreeMap;

use harness::device::Device;
use harness::organiser::Organiser;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::Row as _;
use usher_server::access::{Role, Route};
use usher_server::http::time::rfc3339;
use usher_server::organisations;

use crate::served::{PASSWORD, Served, conference, own_ids};

/// What Olga logs in with.
const EMAIL: &str = "olga@example.org";

/// Things of an organisation, made when a path first names them.
pub(crate) struct Subjects<'a> {
    served: &'a Served,
    /// Who makes them.
    pub(crate) olga: Organiser,
    /// The organisation's id.
    pub(crate) organisation: String,
    made: BTreeMap<&'static str, String>,
    count: usize,
}

impl<'a> Subjects<'a> {
    /// Begins with an organisation that has two owners, so that either may leave.
    pub(crate) async fn new(served: &'a Served) -> Self {
        let olga = served.olga().await;
        served.member("otto@example.org", "Example", Role::Owner).await;
        let (_, organisation) = own_ids(&olga).await;
        Self { served, olga, organisation, made: BTreeMap::new(), count: 0 }
    }

    /// Forgets what was made: the next path gets other things.
    pub(crate) fn renew(&mut self) {
        self.made.clear();
    }

    /// A path of the table below `/api/v1`, with something that is there for each of its names.
    pub(crate) async fn path(&mut self, route: &Route) -> String {
        let mut path = route.path.strip_prefix("/api/v1").unwrap().to_owned();
        for name in placeholders(route) {
            let value = Box::pin(self.one(name, route)).await;
            path = path.replace(&format!("{{{name}}}"), &value);
        }
        path
    }

    /// The id of the thing that a path calls `name`.
    pub(crate) async fn one(&mut self, name: &str, route: &Route) -> String {
        if let Some(held) = self.made.get(name) {
            return held.clone();
        }
        self.count += 1;
        let organisation = self.organisation.clone();
        let of = |path: &str| format!("/organisations/{organisation}/{path}");
        let (name, id) = match name {
            "organisation" => ("organisation", self.organisation.clone()),
            "account" => {
                let email = format!("someone{}@example.org", self.count);
                let someone = self.served.member(&email, "Example", Role::Promoter).await;
                ("account", own_ids(&someone).await.0)
            }
            "invitation" => {
                let asked = json!({ "email": format!("guest{}@example.org", self.count), "role": "staff" });
                ("invitation", self.make(&of("invitations"), &asked).await)
            }
            "venue" => {
                ("venue", self.make(&of("venues"), &json!({ "name": "Hall", "time_zone": "Europe/Berlin" })).await)
            }
            "event" => ("event", self.event(route).await),
            "task" => {
                let event = Box::pin(self.one("event", route)).await;
                let task = json!({ "title": "Order the stage", "due": "2035-10-01T12:00:00+02:00" });
                ("task", self.make(&format!("/events/{event}/tasks"), &task).await)
            }
            "proposal" => {
                let proposal = json!({
                    "title": "Film night", "time_zone": "Europe/Berlin", "starts": "2036-03-06T19:00:00+01:00",
                    "ends": "2036-03-06T23:30:00+01:00", "contact": { "name": "Grace", "email": "grace@example.com" },
                });
                ("proposal", self.make(&format!("/public{}", of("proposals")), &proposal).await)
            }
            "webhook" => {
                let webhook = json!({ "url": "https://example.org/usher", "kinds": ["check_in"] });
                ("webhook", self.make("/webhooks", &webhook).await)
            }
            "delivery" => {
                let webhook = Box::pin(self.one("webhook", route)).await;
                ("delivery", self.make(&format!("/webhooks/{webhook}/test"), &json!({})).await)
            }
            "mail" => ("mail", self.letter().await),
            "session" => {
                Organiser::log_in(&self.served.url, EMAIL, PASSWORD).await.unwrap();
                let own = self.olga.list("/me/sessions").await.unwrap();
                let other = own.iter().find(|session| session["is_current"] == false).unwrap();
                ("session", other["id"].as_str().unwrap().to_owned())
            }
            "token" => ("token", self.api_token(&["events:read"]).await["id"].as_str().unwrap().to_owned()),
            "registration" | "ticket" => {
                let event = Box::pin(self.one("event", route)).await;
                if is_pending(route) {
                    return self.pending(&event).await;
                }
                let mut body = json!({ "name": format!("Guest {}", self.count), "ticket_type": "Regular" });
                if route.path.ends_with("/pay") {
                    body["status"] = json!("unpaid");
                }
                if route.path.ends_with("/resend") {
                    body["email"] = json!(format!("guest{}@example.org", self.count));
                }
                if route.path.starts_with("/api/v1/me/") {
                    body["email"] = json!(EMAIL);
                }
                let made = self.olga.register(&event, &body).await.unwrap();
                let ticket = made["ticket"]["id"].as_str().unwrap().to_owned();
                if route.path.ends_with("/unblock") {
                    self.olga.change_ticket(&event, &ticket, "block").await.unwrap();
                }
                self.made.insert("ticket", ticket.clone());
                self.made.insert("registration", made["id"].as_str().unwrap().to_owned());
                if name == "ticket" { ("ticket", ticket) } else { ("registration", self.made["registration"].clone()) }
            }
            "key" => {
                let event = Box::pin(self.one("event", route)).await;
                // The second of two, which signs no new tickets.
                let keys = self.olga.post(&format!("/events/{event}/ticket-keys"), &json!({})).await.unwrap();
                ("key", keys["keys"][1]["key"].to_string())
            }
            "code" => {
                let event = Box::pin(self.one("event", route)).await;
                ("code", self.make(&format!("/events/{event}/enrolment-codes"), &json!({ "name": "Left" })).await)
            }
            "device" => {
                let event = Box::pin(self.one("event", route)).await;
                let is_confirmed = !route.path.ends_with("/confirm");
                let code = json!({ "name": "Left", "confirmed": is_confirmed });
                let code = self.olga.enrolment_code(&event, &code).await.unwrap();
                let code = code["code"].as_str().unwrap();
                let device = match is_confirmed {
                    true => Device::enrol(&self.served.url, code).await.unwrap(),
                    false => Device::ask(&self.served.url, code).await.unwrap().0,
                };
                ("device", device.id.to_string())
            }
            // What a number counts, the path says before it.
            "number" if route.path.contains("/quarantine/") => return self.quarantined(route).await,
            "number" if route.path.contains("/check-ins/") => return self.checked_in(route).await,
            other => panic!("teach the tests to make something for {{{other}}} of {}", route.path),
        };
        self.made.insert(name, id.clone());
        id
    }

    async fn make(&self, path: &str, body: &Value) -> String {
        self.olga.post(path, body).await.unwrap()["id"].as_str().unwrap().to_owned()
    }

    /// An event far ahead, as far on its way as a step of its life needs.
    async fn event(&self, route: &Route) -> String {
        let mut event = conference();
        (event["starts"], event["ends"]) = (json!("2036-11-21T09:00:00+01:00"), json!("2036-11-22T18:00:00+01:00"));
        event["ticket_types"][0]["windows"] = json!([]);
        event["ticket_types"][0]["needs_approval"] = json!(is_pending(route));
        let id = self.make("/events", &event).await;
        let before: &[&str] = match route.path.rsplit('/').next() {
            _ if route.path.contains("/proposals/") => &[],
            _ if is_pending(route) || route.path.contains("/public/events/") => &["submit", "approve", "publish"],
            Some("approve" | "reject") => &["submit"],
            Some("publish") => &["submit", "approve"],
            Some("unpublish") => &["submit", "approve", "publish"],
            _ => &[],
        };
        for step in before {
            self.olga.post(&format!("/events/{id}/{step}"), &json!({})).await.unwrap();
        }
        id
    }

    /// Somebody who waits for an organiser's word.
    async fn pending(&self, event: &str) -> String {
        let email = format!("guest{}@example.org", self.count);
        let body = json!({ "name": "Guest", "email": email, "ticket_type": "Regular" });
        self.make(&format!("/public/events/{event}/registrations"), &body).await
    }

    /// A token for programs, with what is told of it once.
    pub(crate) async fn api_token(&self, scopes: &[&str]) -> Value {
        let expires_at = rfc3339(self.served.app.clock().now().plus(24 * 60 * 60 * 1000));
        let new =
            json!({ "name": "Test", "organisation": self.organisation, "scopes": scopes, "expires_at": expires_at });
        self.olga.post("/me/api-tokens", &new).await.unwrap()
    }

    /// A letter that was posted.
    async fn letter(&self) -> String {
        let asked = json!({ "email": format!("reader{}@example.org", self.count), "role": "staff" });
        self.make(&format!("/organisations/{}/invitations", self.organisation), &asked).await;
        let mut tx = self.served.app.database().begin_read().await.unwrap();
        let row =
            sqlx::query("SELECT id FROM mails ORDER BY id DESC LIMIT 1").fetch_one(tx.connection()).await.unwrap();
        hex::encode(row.get::<Vec<u8>, _>("id"))
    }

    /// The number of a check-in that somebody made by hand.
    async fn checked_in(&mut self, route: &Route) -> String {
        let event = Box::pin(self.one("event", route)).await;
        let registration = Box::pin(self.one("registration", route)).await;
        let why = json!({ "gate": "Main entrance", "reason": "phone is empty" });
        self.olga.post(&format!("/events/{event}/registrations/{registration}/check-in"), &why).await.unwrap();
        let held = self.olga.list(&format!("/events/{event}/check-ins")).await.unwrap();
        held[held.len() - 1]["number"].to_string()
    }

    /// The number of a batch that a revoked device has sent.
    async fn quarantined(&mut self, route: &Route) -> String {
        let event = Box::pin(self.one("event", route)).await;
        let code = self.olga.enrolment_code(&event, &json!({ "name": "Right", "confirmed": true })).await.unwrap();
        let mut device = Device::enrol(&self.served.url, code["code"].as_str().unwrap()).await.unwrap();
        let ticket = Box::pin(self.one("ticket", route)).await;
        device.admit(&ticket, 1);
        self.olga.revoke_device(&event, &device.id.to_string()).await.unwrap();
        device.push(1).await.unwrap_err();
        let held = self.olga.list(&format!("/events/{event}/quarantine")).await.unwrap();
        held[0]["number"].to_string()
    }

    /// Makes somebody again what they were, whatever a request has made of them.
    pub(crate) async fn put_back(&self, account: &str, role: Role) {
        let mut tx = self.served.app.database().begin_write().await.unwrap();
        let (organisation, account) = (self.organisation.parse().unwrap(), account.parse().unwrap());
        organisations::join(&mut tx, organisation, account, role, self.served.app.clock().now()).await.unwrap();
        tx.commit().await.unwrap();
    }
}

/// What a route's path names: `event`, `ticket`.
pub(crate) fn placeholders(route: &Route) -> Vec<&'static str> {
    route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect()
}

/// Whether a route decides about somebody who waits for that.
fn is_pending(route: &Route) -> bool {
    ["{registration}/approve", "{registration}/reject"].iter().any(|end| route.path.ends_with(end))
}

/// A request to a route of the table, with a body that is nothing to most routes.
pub(crate) fn ask(http: &reqwest::Client, served: &Served, route: &Route, path: &str) -> reqwest::RequestBuilder {
    let method = Method::from_bytes(route.method.as_bytes()).unwrap();
    let request = http.request(method, format!("{}/api/v1{path}", served.url)).header("if-match", "*");
    if route.is_reading() { request } else { request.json(&json!({})) }
}
