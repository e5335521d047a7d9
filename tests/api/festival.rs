//! A published event that people register for by themselves.

use harness::organiser::Organiser;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::served::{Served, answer};

/// The event, who organises it, and how to reach it.
pub(crate) struct Festival {
    pub(crate) olga: Organiser,
    pub(crate) event: String,
    pub(crate) url: String,
}

/// Ten years ahead, so that nothing of it is over.
pub(crate) fn festival() -> Value {
    json!({
        "name": "Festival",
        "time_zone": "Europe/Berlin",
        "starts": "2036-06-01T12:00:00+02:00",
        "ends": "2036-06-02T02:00:00+02:00",
        "gates": [{ "name": "Main entrance" }],
        "ticket_types": [{ "name": "Standing" }, { "name": "Seated" }],
    })
}

impl Festival {
    /// Makes and publishes it with an offer that `change` has changed; its ticket types are 0 and 1.
    pub(crate) async fn open(served: &Served, change: impl FnOnce(&mut Value)) -> Self {
        let olga = served.olga().await;
        let event = olga.create_event(&festival()).await.unwrap();
        let festival = Self { olga, event, url: served.url.clone() };
        festival.offer(served, change).await;
        festival
    }

    /// Changes the offer of the event, and publishes it.
    pub(crate) async fn offer(&self, served: &Served, change: impl FnOnce(&mut Value)) {
        let id = hex::decode(&self.event).unwrap();
        let mut tx = served.app.database().begin_write().await.unwrap();
        let held: Vec<u8> = sqlx::query_scalar("SELECT offer FROM events WHERE id = $1")
            .bind(&id[..])
            .fetch_one(tx.connection())
            .await
            .unwrap();
        let mut offer: Value = serde_json::from_slice(&held).unwrap();
        change(&mut offer);
        sqlx::query("UPDATE events SET offer = $1, state = 3 WHERE id = $2")
            .bind(serde_json::to_vec(&offer).unwrap())
            .bind(&id[..])
            .execute(tx.connection())
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    /// A request to register, by nobody in particular.
    pub(crate) fn joining(&self, body: &Value) -> reqwest::RequestBuilder {
        reqwest::Client::new()
            .post(format!("{}/api/v1/public/events/{}/registrations", self.url, self.event))
            .json(body)
    }

    /// Registers somebody, who is told so.
    pub(crate) async fn join(&self, name: &str, ticket_type: &str) -> Value {
        let email = format!("{}@example.org", name.to_lowercase());
        let body = json!({ "name": name, "email": email, "ticket_type": ticket_type });
        let (status, _, body) = answer(self.joining(&body)).await;
        assert_eq!(status, StatusCode::CREATED, "{body}");
        body
    }

    /// A request to register a group.
    pub(crate) fn grouping(&self, body: &Value) -> reqwest::RequestBuilder {
        reqwest::Client::new().post(format!("{}/api/v1/public/events/{}/groups", self.url, self.event)).json(body)
    }

    /// A path of the event's.
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/events/{}/{rest}", self.event)
    }

    /// A registration, as organisers see it.
    pub(crate) async fn registration(&self, id: &str) -> Value {
        self.olga.get(&self.path(&format!("registrations/{id}"))).await.unwrap()
    }

    /// Does something to a registration.
    pub(crate) async fn act(&self, id: &str, action: &str) -> Value {
        self.olga.post(&self.path(&format!("registrations/{id}/{action}")), &json!({})).await.unwrap()
    }

    /// A request to do something to a registration.
    pub(crate) fn acting(&self, id: &str, action: &str) -> reqwest::RequestBuilder {
        self.olga.request(Method::POST, &self.path(&format!("registrations/{id}/{action}")))
    }

    /// The names that a list of attendees shows.
    pub(crate) async fn names(&self, query: &[(&str, &str)]) -> Vec<String> {
        let request = self.olga.request(Method::GET, &self.path("registrations")).query(query);
        let (status, _, page) = answer(request).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        page["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
    }
}

/// The letters that were posted, as recipient and kind, oldest first.
pub(crate) async fn letters(served: &Served) -> Vec<(String, String)> {
    let mut tx = served.app.database().begin_read().await.unwrap();
    sqlx::query_as("SELECT recipient, kind FROM mails ORDER BY id").fetch_all(tx.connection()).await.unwrap()
}

/// The actions that the record holds, sorted.
pub(crate) async fn recorded(served: &Served) -> Vec<String> {
    let mut tx = served.app.database().begin_read().await.unwrap();
    sqlx::query_scalar("SELECT action FROM audit ORDER BY action").fetch_all(tx.connection()).await.unwrap()
}
