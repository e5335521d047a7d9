//! A server whose SQLite file or its log is damaged.
//!
//! SQLite keeps no sums of what is in its pages: a flipped bit within a value is not noticed, and nothing here expects
//! that. What is expected is that nothing panics, that it is said when damage is noticed, and what to do.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use harness::organiser::{EMAIL, Organiser, PASSWORD, Refused};
use harness::process::{Server, ServerOptions};
use rand::RngExt as _;
use serde_json::{Value, json};

use super::{Damage, copy};
use crate::doors::{Event, GATE, REGULAR};
use crate::findings::Findings;
use crate::ground::Ground;

/// Attendees.
const TICKETS: usize = 300;
/// Those who are in.
const INSIDE: usize = 40;
/// What can be damaged, one at a time.
const FILES: [&str; 2] = ["usher.db", "usher.db-wal"];

pub(crate) async fn run(ground: &mut Ground) -> anyhow::Result<()> {
    let whole = ground.folder("whole")?;
    let (event, ticket) = prepare(&whole).await?;
    for round in 0..ground.rounds {
        ground.tell(round);
        let folder = ground.path().join(format!("damaged-{round}"));
        copy(&whole, &folder)?;
        let file = FILES.get(ground.chance.random_range(0..FILES.len())).copied().unwrap_or_default();
        let damage = Damage::draw(&mut ground.chance);
        damage.cause(&folder.join(file), &mut ground.chance)?;
        ground.findings.count(damage.counted(), 1);
        let before = ground.findings.violations().len();
        let what = format!("{damage:?} {file} in {}", folder.display());
        match options(&folder).start() {
            Ok(mut server) => {
                meet(&server, &event, &ticket, &what, &mut ground.findings).await;
                server.kill9()?;
                let is_panic = server.log().contains("panicked");
                ground.findings.expect(!is_panic, || format!("{what}: {}", server.log()));
            }
            Err(error) => {
                let said = format!("{error:#}");
                ground.findings.count("servers that do not start, and say what to do", 1);
                // What counts the schema's steps may be what is damaged.
                let says = said.contains("restore") || said.contains("was previously applied");
                let says = says && !said.contains("panicked");
                ground.findings.expect(says, || format!("{what}: it does not say what to do: {said}"));
            }
        }
        if ground.findings.violations().len() == before {
            fs::remove_dir_all(&folder)?;
        }
    }
    Ok(())
}

fn options(folder: &Path) -> ServerOptions {
    ServerOptions::default().data_folder(folder).environment("USHER_LOG", "warn")
}

/// Makes a server's folder in which an event is going on, and that was killed.
async fn prepare(folder: &Path) -> anyhow::Result<(String, String)> {
    let mut server = options(folder).start()?;
    let event = Event::make(&server, 0).await?;
    let mut tickets = event.import(TICKETS).await?;
    for ticket in tickets.iter().take(INSIDE) {
        event.olga.post(&event.path("verify"), &json!({ "code": ticket, "gate": GATE })).await?;
    }
    server.kill9()?;
    anyhow::ensure!(folder.join("usher.db-wal").exists(), "the last changes are in the log");
    Ok((event.id, tickets.pop().context("there are tickets")?))
}

/// Asks a server whose database is damaged for what organisers and doors ask.
async fn meet(server: &Server, event: &str, ticket: &str, what: &str, findings: &mut Findings) {
    findings.count("servers that start", 1);
    let olga = match Organiser::log_in(&server.url(), EMAIL, PASSWORD).await {
        Ok(olga) => olga,
        Err(error) => return judge(Err(error), what, findings),
    };
    judge(olga.registrations(event).await.map(Value::from), what, findings);
    judge(olga.check_ins(event).await.map(Value::from), what, findings);
    let verify = json!({ "code": ticket, "gate": GATE });
    judge(olga.post(&format!("/events/{event}/verify"), &verify).await, what, findings);
    let guest = json!({ "name": "Guest", "ticket_type": REGULAR });
    judge(olga.register(event, &guest).await, what, findings);
    judge(olga.get(&format!("/events/{event}/counts")).await, what, findings);
}

/// Either an answer, or a problem; a failure without words is only what the database itself can't tell from a fault
/// of the program.
fn judge(answer: anyhow::Result<Value>, what: &str, findings: &mut Findings) {
    let error = match answer {
        Ok(_) => return findings.count("requests answered", 1),
        Err(error) => error,
    };
    let Some(refused) = error.downcast_ref::<Refused>() else {
        return findings.violation(format!("{what}: no answer: {error:#}"));
    };
    match refused.status.as_u16() {
        503 => findings.count("problems that say that it is damaged", 1),
        500 => findings.count("failures that only the log explains", 1),
        _ => findings.count("requests refused", 1),
    }
}
