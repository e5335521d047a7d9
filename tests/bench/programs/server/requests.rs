//! What is asked.

use std::sync::Arc;

use anyhow::Context as _;
use harness::organiser::{Organiser, text};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

use super::place::{PASSWORD, Place};
use super::{CHECK_INS_PER_SECOND_MIN, Goal, P99_MS_MAX};

/// How far down a long list is read, in pages of [`PAGE`].
const PAGES_DEEP: usize = 40;
const PAGE: usize = 500;
/// Tickets that are shown at most.
const TICKETS_MAX: usize = 20_000;

/// One kind of request.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) what: String,
    pub(super) goal: Goal,
    /// One after the other, and then the first again.
    urls: Arc<Vec<String>>,
    token: Option<String>,
    body: Body,
}

#[derive(Clone, Debug)]
enum Body {
    /// Nothing is sent.
    None,
    /// Somebody new registers each time.
    Newcomer,
    /// Another ticket is shown each time.
    Ticket(Arc<Vec<String>>),
}

impl Asked {
    /// Returns the `number`th request; nothing if there is no such one.
    pub(super) fn request(&self, http: &Client, number: u64) -> Option<RequestBuilder> {
        let urls = u64::try_from(self.urls.len()).unwrap_or(1).max(1);
        let url = self.urls.get(usize::try_from(number % urls).ok()?)?;
        let request = match &self.body {
            Body::None => http.get(url),
            Body::Newcomer => {
                // Two servers may be measured one after the other on the same data.
                let email = format!("new{number}-{}-{urls}@bench.example", std::process::id());
                let name = format!("Newcomer Number {number}");
                http.post(url).json(&json!({ "name": name, "email": email, "ticket_type": "Regular" }))
            }
            Body::Ticket(tickets) => {
                let ticket = tickets.get(usize::try_from(number).ok()?)?;
                http.post(url).json(&json!({ "code": ticket, "gate": "Main entrance" }))
            }
        };
        Some(match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        })
    }
}

/// Returns all that is asked of a server.
pub(super) async fn of(place: &Place, server: &str) -> anyhow::Result<Vec<Asked>> {
    let owner = Organiser::log_in(server, &place.login("owner")?, PASSWORD).await?;
    let guest = Organiser::log_in(server, &place.login("attendee")?, PASSWORD).await?;
    let event = place.largest()?;
    let api = format!("{server}/api/v1");
    let of_event = format!("/events/{event}");
    let list = format!("{of_event}/registrations?limit={PAGE}");
    let deep = deep_cursor(&owner, &list).await?;
    let events_deep = deep_cursor(&owner, "/events?limit=50").await?;
    let tickets = Arc::new(waiting_tickets(&owner, &of_event).await?);
    let read = |what: &str, path: String, token: Option<String>| Asked {
        what: what.to_owned(),
        goal: Goal::P99(P99_MS_MAX),
        urls: Arc::new(vec![format!("{api}{path}")]),
        token,
        body: Body::None,
    };
    let own = || Some(owner.token());
    let registrations = |rest: &str| format!("{of_event}/registrations?limit=50{rest}");
    let mut asked = vec![
        read("public list of events", "/public/events".to_owned(), None),
        read("the same, searched", "/public/events?q=rust".to_owned(), None),
        read("public event", format!("/public{of_event}"), None),
        read("an organisation's events", "/events".to_owned(), own()),
        read("the same, deep down", format!("/events?cursor={events_deep}"), own()),
        read("event", of_event.clone(), own()),
        read("registrations", registrations(""), own()),
        read("the same, deep down", registrations(&format!("&cursor={deep}")), own()),
        read("the same, who has not come", registrations("&checked_in=false"), own()),
        read("the same, pending", registrations("&state=pending"), own()),
        read("the same, blocked tickets", registrations("&status=blocked"), own()),
        read("attendees by name", registrations("&q=lovelace"), own()),
        read("the same, typed wrongly", registrations("&q=zoe%20lovelcae"), own()),
        read("check-ins, newest first", format!("{of_event}/check-ins?order=newest"), own()),
        read("counts", format!("{of_event}/counts"), own()),
        read("statistics", format!("{of_event}/statistics"), own()),
        read("my tickets", "/me/tickets".to_owned(), Some(guest.token())),
    ];
    let public = public_events(&owner, &api).await?;
    let of_one = vec![format!("{api}/public{of_event}/registrations")];
    for (what, urls) in [("registering by oneself, at many events", public), ("the same, all at one event", of_one)] {
        asked.push(Asked {
            what: what.to_owned(),
            goal: Goal::P99(P99_MS_MAX),
            urls: Arc::new(urls),
            token: None,
            body: Body::Newcomer,
        });
    }
    asked.push(Asked {
        what: "check-ins at the server's door".to_owned(),
        goal: Goal::PerSecond(CHECK_INS_PER_SECOND_MIN),
        urls: Arc::new(vec![format!("{api}{of_event}/verify")]),
        token: own(),
        body: Body::Ticket(tickets),
    });
    Ok(asked)
}

/// Returns where people register for some of the events that the public sees.
async fn public_events(owner: &Organiser, api: &str) -> anyhow::Result<Vec<String>> {
    let page = owner.get("/public/events?limit=100").await?;
    let items = page.get("items").and_then(Value::as_array).context("a list has items")?;
    let address = |event: &Value| Ok(format!("{api}/public/events/{}/registrations", text(event, "id")?));
    items.iter().map(address).collect()
}

/// Reads down a list, and returns where it goes on.
async fn deep_cursor(owner: &Organiser, path: &str) -> anyhow::Result<String> {
    let mut last = None;
    for _ in 0..PAGES_DEEP {
        let path = last.as_ref().map_or_else(|| path.to_owned(), |cursor| format!("{path}&cursor={cursor}"));
        let page = owner.get(&path).await?;
        let Some(next) = page.get("next").and_then(Value::as_str) else { break };
        last = Some(next.to_owned());
    }
    last.with_context(|| format!("{path} has one page only"))
}

/// Returns tickets that nobody has shown.
async fn waiting_tickets(owner: &Organiser, of_event: &str) -> anyhow::Result<Vec<String>> {
    let path = format!("{of_event}/registrations?limit={PAGE}&checked_in=false&status=valid");
    let mut tickets = Vec::new();
    let mut cursor = None;
    while tickets.len() < TICKETS_MAX {
        let path = cursor.as_ref().map_or_else(|| path.clone(), |cursor| format!("{path}&cursor={cursor}"));
        let page = owner.get(&path).await?;
        let items = page.get("items").and_then(Value::as_array).context("a list has items")?;
        for item in items {
            tickets.push(text(item.get("ticket").unwrap_or(&Value::Null), "id")?);
        }
        match page.get("next").and_then(Value::as_str) {
            Some(next) => cursor = Some(next.to_owned()),
            None => break,
        }
    }
    Ok(tickets)
}
