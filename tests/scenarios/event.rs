//! A story's event at a real server: made, filled and changed through the interface, as organisers do it.

use std::collections::BTreeMap;

use anyhow::Context as _;
use harness::organiser::{Organiser, text};
use serde_json::{Value, json};
use sync_protocol::id::{GateId, TicketId, ZoneId};
use sync_protocol::policy::Policy;
use sync_protocol::time::Window;
use usher_server::http::time::rfc3339;

use crate::altered::altered;
use crate::format::{Attendee, Change, Show, Shown, Status};
use crate::house::House;
use crate::story::Story;

/// Somebody who is registered.
struct Guest {
    registration: String,
    /// The ticket's number, as it is typed.
    ticket: String,
    /// The credentials that were looked at so far, by their number from 1.
    credentials: BTreeMap<usize, String>,
    /// The newest one's number.
    newest: usize,
}

/// An event at a server.
pub(crate) struct Event {
    pub(crate) id: String,
    guests: BTreeMap<String, Guest>,
    other: Option<String>,
}

impl Event {
    /// Makes a story's event, with those who are registered from the start.
    ///
    /// # Errors
    ///
    /// If the server refuses.
    pub(crate) async fn create(house: &House, story: &Story) -> anyhow::Result<Self> {
        let id = house.organiser().create_event(&event_of(&story.policy)).await?;
        let mut event = Self { id, guests: BTreeMap::new(), other: None };
        for attendee in &story.attendees {
            event.register(house, story, attendee).await?;
        }
        Ok(event)
    }

    async fn register(&mut self, house: &House, story: &Story, attendee: &Attendee) -> anyhow::Result<()> {
        let class = story.policy.class(story.class(attendee.ticket_type.as_deref())).context("no such ticket type")?;
        let status = if attendee.status == Status::Unpaid { "unpaid" } else { "valid" };
        let body = json!({
            "name": attendee.name, "ticket_type": class.name, "status": status,
            "attention": attendee.attention, "id_check": attendee.id_check,
        });
        let answer = house.organiser().register(&self.id, &body).await?;
        let ticket = text(answer.get("ticket").context("no ticket was given")?, "id")?;
        match attendee.status {
            Status::Blocked => self.change_ticket(house, &ticket, "block").await?,
            Status::Cancelled => self.change_ticket(house, &ticket, "cancel").await?,
            Status::Valid | Status::Unpaid => {}
        }
        let guest = Guest { registration: text(&answer, "id")?, ticket, credentials: BTreeMap::new(), newest: 1 };
        self.guests.insert(attendee.name.clone(), guest);
        Ok(())
    }

    async fn change_ticket(&self, house: &House, ticket: &str, change: &str) -> anyhow::Result<()> {
        house.organiser().change_ticket(&self.id, ticket, change).await.map(|_| ())
    }

    /// Does what organisers do. Returns whether it is something of theirs.
    ///
    /// # Errors
    ///
    /// If the server refuses.
    pub(crate) async fn change(&mut self, house: &House, story: &Story, change: &Change) -> anyhow::Result<bool> {
        let (name, what) = match change {
            Change::Register(attendee) => return self.register(house, story, attendee).await.map(|()| true),
            Change::Pay(name) => {
                let path = format!("/events/{}/registrations/{}/pay", self.id, self.guest(name)?.registration);
                house.organiser().post(&path, &json!({})).await?;
                return Ok(true);
            }
            Change::Block(name) => (name, "block"),
            Change::Unblock(name) => (name, "unblock"),
            Change::Cancel(name) => (name, "cancel"),
            Change::Reissue(name) => {
                // The one that is about to be replaced can't be fetched any more.
                self.newest(house, name).await?;
                (name, "reissue")
            }
            _ => return Ok(false),
        };
        let ticket = self.guest(name)?.ticket.clone();
        self.change_ticket(house, &ticket, what).await?;
        if what == "reissue" {
            self.guests.get_mut(name).context("nobody of this name")?.newest += 1;
        }
        Ok(true)
    }

    fn guest(&self, name: &str) -> anyhow::Result<&Guest> {
        self.guests.get(name).with_context(|| format!("{name} is not registered"))
    }

    async fn newest(&mut self, house: &House, name: &str) -> anyhow::Result<String> {
        let guest = self.guests.get_mut(name).with_context(|| format!("{name} is not registered"))?;
        if let Some(known) = guest.credentials.get(&guest.newest) {
            return Ok(known.clone());
        }
        let credential = house.organiser().credential(&self.id, &guest.ticket).await?;
        guest.credentials.insert(guest.newest, credential.clone());
        Ok(credential)
    }

    /// Returns what is shown, and whether it is typed; nothing where nobody at a real server could show it.
    ///
    /// # Errors
    ///
    /// If the server refuses, or there is no such credential.
    pub(crate) async fn shown(&mut self, house: &House, show: &Show) -> anyhow::Result<Option<(String, bool)>> {
        Ok(Some(match show {
            Show::Newest(name) => (self.newest(house, name).await?, false),
            Show::Other(Shown::Credential { of, number }) => {
                self.newest(house, of).await?;
                let known = self.guest(of)?.credentials.get(number).cloned();
                (known.with_context(|| format!("there is no credential number {number}"))?, false)
            }
            Show::Other(Shown::Number(name)) => (self.guest(name)?.ticket.clone(), true),
            Show::Other(Shown::Text(text)) => (text.clone(), false),
            Show::Other(Shown::Typed(text)) => (text.clone(), true),
            Show::Other(Shown::Altered { of, how }) => (altered(&self.newest(house, of).await?, *how)?, false),
            Show::Other(Shown::OtherEvent(name)) => (self.of_other_event(house, name).await?, false),
            Show::Other(Shown::Minted(_)) => return Ok(None),
        }))
    }

    async fn of_other_event(&mut self, house: &House, name: &str) -> anyhow::Result<String> {
        let olga = house.organiser();
        if self.other.is_none() {
            let event = json!({
                "name": "The event next door", "time_zone": "Europe/Berlin",
                "starts": "2027-06-12T09:00:00+02:00", "ends": "2027-06-13T18:00:00+02:00",
                "ticket_types": [{ "name": "Guest" }],
            });
            self.other = Some(olga.create_event(&event).await?);
        }
        let other = self.other.as_deref().context("it was just made")?;
        let answer = olga.register(other, &json!({ "name": name })).await?;
        let ticket = text(answer.get("ticket").context("no ticket was given")?, "id")?;
        olga.credential(other, &ticket).await
    }

    /// Returns the registration of the ticket that was typed or read from `answer`.
    pub(crate) fn registration_of(&self, ticket: &str) -> Option<&str> {
        self.guests.values().find(|guest| guest.ticket == ticket).map(|guest| guest.registration.as_str())
    }

    /// Returns whose ticket this is.
    pub(crate) fn name_of(&self, ticket: TicketId) -> Option<&str> {
        let code = ticket.typed_code();
        self.guests.iter().find(|(_, guest)| guest.ticket == code).map(|(name, _)| name.as_str())
    }

    /// Returns something of the event's.
    ///
    /// # Errors
    ///
    /// If the server refuses.
    pub(crate) async fn list(&self, organiser: &Organiser, what: &str) -> anyhow::Result<Vec<Value>> {
        organiser.list(&format!("/events/{}/{what}", self.id)).await
    }
}

/// Returns an event as organisers send it: zones, gates and types by their names, times in UTC.
fn event_of(policy: &Policy) -> Value {
    let zone = |id: ZoneId| policy.zone(id).map(|zone| zone.name.clone());
    let gate = |id: GateId| policy.gate(id).map(|gate| gate.name.clone());
    let spans = |windows: &[Window]| -> Vec<Value> {
        windows.iter().map(|w| json!({ "from": rfc3339(w.from()), "until": rfc3339(w.until()) })).collect()
    };
    let classes = policy.classes.iter().map(|class| {
        json!({
            "name": class.name,
            "windows": spans(&class.windows),
            "uses": { "limit": class.uses.limit, "periods": spans(&class.uses.periods) },
            "re_entry": class.re_entry,
            "zones": class.zones.iter().copied().filter_map(zone).collect::<Vec<_>>(),
            "gates": class.gates.iter().copied().filter_map(gate).collect::<Vec<_>>(),
            "strict_clock": class.strict_clock,
            "home_gate": class.home_gate.and_then(gate),
        })
    });
    let switches = &policy.switches;
    json!({
        "name": policy.event,
        "time_zone": policy.time_zone,
        "starts": rfc3339(policy.starts),
        "ends": rfc3339(policy.ends),
        "zones": policy.zones.iter().map(|z| json!({ "name": z.name, "capacity": z.capacity })).collect::<Vec<_>>(),
        "gates": policy.gates.iter().map(|g| json!({ "name": g.name, "zone": zone(g.zone) })).collect::<Vec<_>>(),
        "ticket_types": classes.collect::<Vec<_>>(),
        "limits": usher_server::events::body::LimitsBody::from(policy.limits),
        "switches": {
            "admit_unpaid": switches.admit_unpaid,
            "unlisted": switches.unlisted,
            "manual": switches.manual,
            "home_gates": switches.home_gates.iter().copied().filter_map(gate).collect::<Vec<_>>(),
        },
    })
}
