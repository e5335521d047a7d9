//! Who comes to the door, with what, and what the door should say.

use std::fmt;

use anyhow::Context;
use ed25519_dalek::SigningKey;
use harness::organiser::{Organiser, text};
use serde_json::{Value, json};
use sync_protocol::id::EventId;
use sync_protocol::ticket::Credential;

/// Attendees of the demo's event.
pub(crate) const ATTENDEES: usize = 200;
/// The gate the demo's terminal stands at.
pub(crate) const GATE: &str = "Main entrance";

/// What the door should say.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Expected {
    Admit,
    /// Admitted although the list doesn't hold the ticket yet.
    AdmitUnlisted,
    /// Not let in, with this code.
    Deny(&'static str),
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Admit => f.write_str("ADMIT"),
            Self::AdmitUnlisted => f.write_str("ADMIT (UNLISTED)"),
            Self::Deny(code) => f.write_str(code),
        }
    }
}

impl Expected {
    /// Whether somebody was let in, so that the server must learn of it.
    pub(crate) fn is_admission(self) -> bool {
        matches!(self, Self::Admit | Self::AdmitUnlisted)
    }

    /// Whether a verdict line of the terminal says this.
    pub(crate) fn is_met_by(self, verdict: &Value) -> bool {
        let is = |field: &str, wanted: &str| verdict.get(field).and_then(Value::as_str) == Some(wanted);
        let has_flag = |wanted: &str| {
            let flags = verdict.get("flags").and_then(Value::as_array);
            flags.is_some_and(|flags| flags.iter().any(|flag| flag.as_str() == Some(wanted)))
        };
        match self {
            Self::Admit => is("verdict", "admit") && !has_flag("UNLISTED"),
            Self::AdmitUnlisted => is("verdict", "admit") && has_flag("UNLISTED"),
            Self::Deny(code) => !is("verdict", "admit") && is("code", code),
        }
    }
}

/// Somebody holds a code before the camera.
#[derive(Clone, Debug)]
pub(crate) struct Presentation {
    /// The name on the ticket, or what is shown instead of one.
    pub(crate) who: String,
    /// What is special about it.
    pub(crate) what: &'static str,
    /// What the code says.
    pub(crate) text: String,
    pub(crate) expected: Expected,
}

/// The demo's event, as the organiser made it.
pub(crate) struct Event {
    pub(crate) id: String,
    registrations: Vec<Value>,
}

/// Makes the event and imports its attendees.
pub(crate) async fn make_event(organiser: &Organiser) -> anyhow::Result<Event> {
    let id = organiser
        .create_event(&json!({
            "name": "Usher demo",
            "time_zone": "Europe/Berlin",
            "starts": "2020-01-01T00:00:00Z",
            "ends": "2100-01-01T00:00:00Z",
            "zones": [{ "name": "Hall", "capacity": 500 }],
            "gates": [{ "name": GATE, "zone": "Hall" }, { "name": "Stage door", "zone": "Hall" }],
            "ticket_types": [{ "name": "Regular" }, { "name": "Crew", "gates": ["Stage door"] }],
            // So short that a copy shown a few guests later is a copy, not the same guest still standing there.
            "limits": { "repeat_ms": 1000 },
        }))
        .await?;
    let mut csv = String::from("name,email,ticket_type\n");
    for number in 0..ATTENDEES {
        let ticket_type = if number % 20 == 19 { "Crew" } else { "Regular" };
        csv += &format!("{},guest{number}@example.org,{ticket_type}\n", name(number));
    }
    organiser.import(&id, csv).await?;
    let registrations = organiser.registrations(&id).await?;
    anyhow::ensure!(registrations.len() == ATTENDEES, "{} of {ATTENDEES} are registered", registrations.len());
    Ok(Event { id, registrations })
}

/// Cancels a ticket, sells another after the terminal's last sync, and returns who comes, in order.
///
/// `sync` is called between: what happens after it, the terminal doesn't know at the door.
pub(crate) async fn invite(
    organiser: &Organiser,
    event: &Event,
    sync: impl AsyncFnOnce() -> anyhow::Result<()>,
) -> anyhow::Result<Vec<Presentation>> {
    let of_type = |ticket_type: &str| -> Vec<&Value> {
        let is = |value: &&Value| value.pointer("/ticket/ticket_type").and_then(Value::as_str) == Some(ticket_type);
        event.registrations.iter().filter(is).collect()
    };
    let mut regular = of_type("Regular").into_iter();
    let mut next = || regular.next().context("there are more guests than attendees");
    let crew = *of_type("Crew").first().context("nobody is crew")?;

    let mut guests = Vec::new();
    for _ in 0..9 {
        guests.push(guest(organiser, event, next()?, "", Expected::Admit).await?);
    }

    let cancelled = next()?;
    organiser.change_ticket(&event.id, &ticket(cancelled)?, "cancel").await?;
    guests.insert(2, guest(organiser, event, cancelled, "cancelled last week", Expected::Deny("CANCELLED")).await?);

    let mut forged = guest(organiser, event, next()?, "forged", Expected::Deny("BAD_SIGNATURE")).await?;
    forged.text = forge(&event.id, &forged.text)?;
    guests.insert(4, forged);

    let stranger = organiser
        .create_event(&json!({
            "name": "Another event", "time_zone": "Europe/Berlin", "starts": "2020-01-01T00:00:00Z",
            "ends": "2100-01-01T00:00:00Z", "ticket_types": [{ "name": "Regular" }],
        }))
        .await?;
    let zoe = organiser.register(&stranger, &json!({ "name": "Zoe Elsewhere", "ticket_type": "Regular" })).await?;
    let other = Event { id: stranger, registrations: Vec::new() };
    guests.insert(6, guest(organiser, &other, &zoe, "of another event", Expected::Deny("UNKNOWN_KEY")).await?);

    guests.insert(8, guest(organiser, event, crew, "at the wrong door", Expected::Deny("WRONG_GATE")).await?);
    guests.push(Presentation {
        who: "(a menu)".into(),
        what: "a code, but no ticket",
        text: "https://example.org/menu".into(),
        expected: Expected::Deny("NOT_A_TICKET"),
    });

    sync().await?;

    let late = organiser.register(&event.id, &json!({ "name": "Lea Justintime", "ticket_type": "Regular" })).await?;
    guests.push(guest(organiser, event, &late, "sold after the last sync", Expected::AdmitUnlisted).await?);

    let first = guests.first().context("nobody comes")?.clone();
    guests.push(Presentation { what: "a copy, used already", expected: Expected::Deny("ALREADY_IN"), ..first });
    guests.push(guest(organiser, event, next()?, "", Expected::Admit).await?);
    Ok(guests)
}

async fn guest(
    organiser: &Organiser,
    event: &Event,
    registration: &Value,
    what: &'static str,
    expected: Expected,
) -> anyhow::Result<Presentation> {
    let code = organiser.credential(&event.id, &ticket(registration)?).await?;
    Ok(Presentation { who: text(registration, "name")?, what, text: code, expected })
}

/// The number of a registration's ticket.
fn ticket(registration: &Value) -> anyhow::Result<String> {
    text(registration.get("ticket").context("a registration without a ticket")?, "id")
}

/// The same claims, signed by somebody who isn't the organiser.
fn forge(event: &str, credential: &str) -> anyhow::Result<String> {
    let event: EventId = event.parse().ok().context("the event's id can't be read")?;
    let genuine = Credential::from_text(credential).ok().context("the server's credential can't be read")?;
    Ok(genuine.unverified().sign(event, &SigningKey::from_bytes(&[7; 32])).to_text())
}

fn name(number: usize) -> String {
    const FIRST: [&str; 20] = [
        "Ada", "Bram", "Chiara", "Dmitri", "Elif", "Farid", "Grace", "Hugo", "Inès", "Jürgen", "Kaveh", "Léa",
        "Mehmet", "Nadia", "Owen", "Priya", "Quentin", "Rosa", "Søren", "Tomoko",
    ];
    const LAST: [&str; 10] = [
        "Adeyemi",
        "Bergström",
        "Castellanos",
        "Dubois",
        "Eriksen",
        "Fontana",
        "Grünwald",
        "Haddad",
        "Ivanova",
        "Jansen",
    ];
    let first = FIRST.get(number % FIRST.len()).unwrap_or(&"A.");
    // Each round through the first names goes on with another last name, so that no two people share both.
    let last = LAST.get((number + number / FIRST.len()) % LAST.len()).unwrap_or(&"B.");
    format!("{first} {last}")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_attendees_share_a_name() {
        assert_eq!((0..ATTENDEES).map(name).collect::<BTreeSet<_>>().len(), ATTENDEES);
    }

    #[test]
    fn an_unlisted_admission_is_not_taken_for_an_ordinary_one() {
        let unlisted = json!({ "verdict": "admit", "flags": ["NO_CLAIM", "UNLISTED"], "code": null });
        let denied = json!({ "verdict": "deny", "flags": [], "code": "CANCELLED" });

        assert!(Expected::AdmitUnlisted.is_met_by(&unlisted) && !Expected::Admit.is_met_by(&unlisted));
        assert!(Expected::Deny("CANCELLED").is_met_by(&denied) && !Expected::Deny("BLOCKED").is_met_by(&denied));
    }
}
