//! An event with attendees and devices, for the tests of what devices do.

use harness::device::Device;
use harness::organiser::Organiser;
use serde_json::{Value, json};

use crate::served::{Served, conference};

/// An event, who organises it, and its tickets as typed codes.
pub(crate) struct Doors {
    pub(crate) olga: Organiser,
    pub(crate) event: String,
    pub(crate) tickets: Vec<String>,
    pub(crate) url: String,
}

impl Doors {
    /// Makes the conference with so many attendees, called Guest 0, Guest 1, …
    pub(crate) async fn open(served: &Served, count: usize) -> Self {
        Self::open_to(served, &conference(), count).await
    }

    /// Makes a conference that admits at the present time, whenever that is: devices know no other.
    pub(crate) async fn open_now(served: &Served, count: usize) -> Self {
        let mut event = conference();
        event["ticket_types"][0]["windows"] = json!([]);
        Self::open_to(served, &event, count).await
    }

    /// Makes an event with so many attendees.
    pub(crate) async fn open_to(served: &Served, event: &Value, count: usize) -> Self {
        let olga = served.olga().await;
        let event = olga.create_event(event).await.unwrap();
        let mut doors = Self { olga, event, tickets: Vec::new(), url: served.url.clone() };
        if count > 0 {
            let rows: String = (0..count).map(|number| format!("Guest {number},Regular\n")).collect();
            doors.olga.import(&doors.event, format!("name,ticket_type\n{rows}")).await.unwrap();
            let mut registrations = doors.olga.registrations(&doors.event).await.unwrap();
            registrations.sort_by_key(|r| r["name"].as_str().unwrap()[6..].parse::<usize>().unwrap());
            doors.tickets = registrations.iter().map(|r| r["ticket"]["id"].as_str().unwrap().to_owned()).collect();
        }
        doors
    }

    /// Makes an enrolment code.
    pub(crate) async fn code(&self, body: Value) -> Value {
        self.olga.post(&format!("/events/{}/enrolment-codes", self.event), &body).await.unwrap()
    }

    /// Enrols a device that was confirmed in advance.
    pub(crate) async fn device(&self, name: &str) -> Device {
        let code = self.code(json!({ "name": name, "confirmed": true })).await;
        Device::enrol(&self.url, code["code"].as_str().unwrap()).await.unwrap()
    }

    /// Enrols a supervisor's device.
    pub(crate) async fn supervisor(&self, name: &str) -> Device {
        let body = json!({ "name": name, "confirmed": true, "capabilities": ["scan", "supervisor"] });
        let code = self.code(body).await;
        Device::enrol(&self.url, code["code"].as_str().unwrap()).await.unwrap()
    }

    /// Does something to a device: `confirm` or `revoke`.
    pub(crate) async fn change(&self, device: &Device, change: &str) -> anyhow::Result<Value> {
        self.olga.post(&format!("/events/{}/devices/{}/{change}", self.event, device.id), &json!({})).await
    }

    /// Returns a list of the event.
    pub(crate) async fn list(&self, path: &str) -> Vec<Value> {
        self.olga.list(&format!("/events/{}/{path}", self.event)).await.unwrap()
    }

    /// Returns something of the event.
    pub(crate) async fn get(&self, path: &str) -> Value {
        self.olga.get(&format!("/events/{}/{path}", self.event)).await.unwrap()
    }
}
