//! What the checks need, made where there is a server: an enrolled terminal, tickets, the C programs.

use std::fs;
use std::path::Path;

use anyhow::Context;
use ed25519_dalek::SigningKey;
use harness::camera_trial::answers::PROBE;
use harness::fake_camera::compile_program;
use harness::organiser::{Organiser, text};
use harness::process::{Server, Terminal};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sync_protocol::id::EventId;
use sync_protocol::ticket::Credential;

use crate::loopback;

/// The source of the program that plays pictures into v4l2loopback.
const FEEDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/camera/feeder.c");

/// The gate the terminal stands at.
const GATE: &str = "Main entrance";

/// The folder of the terminal's data, in the prepared folder.
pub(crate) const TERMINAL: &str = "terminal";
/// The program that asks a driver.
pub(crate) const PROBE_NAME: &str = "probe";
/// The program that plays pictures.
pub(crate) const FEEDER_NAME: &str = "feeder";
/// The file that holds [`Guests`].
pub(crate) const GUESTS: &str = "guests.json";

/// Whose tickets are held before the camera: what their codes say.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Guests {
    /// May come in.
    pub(crate) ada: String,
    /// May come in, too.
    pub(crate) bram: String,
    /// Has a cancelled ticket.
    pub(crate) cancelled: String,
    /// Has a ticket that somebody else than the organiser signed.
    pub(crate) forged: String,
}

/// Fills `folder`.
pub(crate) fn prepare(folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("could not make {}", folder.display()))?;
    compile_program(PROBE, &folder.join(PROBE_NAME))?;
    compile_program(FEEDER, &folder.join(FEEDER_NAME))?;
    let runtime = tokio::runtime::Runtime::new().context("could not start")?;
    let guests = runtime.block_on(enrol(&Terminal::in_folder(folder.join(TERMINAL))))?;
    loopback::draw(&guests, folder)?;
    fs::write(folder.join(GUESTS), serde_json::to_vec(&guests)?).context("could not write the guests down")
}

async fn enrol(terminal: &Terminal) -> anyhow::Result<Guests> {
    let server = Server::start()?;
    let organiser = Organiser::first(&server).await?;
    let event = organiser
        .create_event(&json!({
            "name": "Camera check",
            "time_zone": "Europe/Berlin",
            "starts": "2020-01-01T00:00:00Z",
            "ends": "2100-01-01T00:00:00Z",
            "zones": [{ "name": "Hall", "capacity": 500 }],
            "gates": [{ "name": GATE, "zone": "Hall" }],
            "ticket_types": [{ "name": "Regular" }],
            // So short that a ticket shown again a moment later is a second guest's.
            "limits": { "repeat_ms": 500 },
        }))
        .await?;
    let mut codes = Vec::new();
    let mut last = String::new();
    for name in ["Ada Adeyemi", "Bram Bergström", "Chiara Castellanos"] {
        let registration = organiser.register(&event, &json!({ "name": name, "ticket_type": "Regular" })).await?;
        last = text(registration.get("ticket").context("a registration without a ticket")?, "id")?;
        codes.push(organiser.credential(&event, &last).await?);
    }
    organiser.change_ticket(&event, &last, "cancel").await?;
    let role = json!({ "name": "Camera terminal", "gates": [GATE], "confirmed": true });
    let invitation = text(&organiser.enrolment_code(&event, &role).await?, "invitation")?;
    terminal.run(&["enrol", "--qr", &invitation])?.success()?;
    terminal.run(&["sync"])?.success()?;

    let [ada, bram, cancelled] = <[String; 3]>::try_from(codes).ok().context("not three guests")?;
    let id: EventId = event.parse().ok().context("the event's id can't be read")?;
    let genuine = Credential::from_text(&ada).ok().context("the server's credential can't be read")?;
    let forged = genuine.unverified().sign(id, &SigningKey::from_bytes(&[7; 32])).to_text();
    Ok(Guests { ada, bram, cancelled, forged })
}
