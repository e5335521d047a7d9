//! What goes on at a server while it is harmed: registrations, check-ins, uploads, an organiser's edits, a real door.

mod checking_in;
mod editing;
mod entrance;
mod registering;
mod uploading;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use harness::process::Terminal;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use self::checking_in::CheckedIn;
use self::editing::Edited;
use self::entrance::Entrance;
use self::registering::Registered;
use self::uploading::Uploaded;
use crate::asking::Front;
use crate::doors::{Event, FEW, number, word};
use crate::findings::Findings;

/// Tickets that are presented in a round, about: more than are.
pub(crate) const TICKETS_A_ROUND: usize = 40;
/// Tickets of the scarce type.
pub(crate) const FEW_MAX: usize = 60;

/// Everybody who asks something of the servers.
pub(crate) struct Load {
    front: Arc<Front>,
    event: Arc<Event>,
    registering: Vec<JoinHandle<Registered>>,
    checking_in: Vec<JoinHandle<CheckedIn>>,
    uploading: JoinHandle<anyhow::Result<Uploaded>>,
    editing: JoinHandle<Edited>,
    entrance: Entrance,
}

/// What they were told.
pub(crate) struct Told {
    registered: Vec<Registered>,
    checked_in: Vec<CheckedIn>,
    uploaded: Uploaded,
    edited: Edited,
    /// The real terminal, which still may have something to send.
    pub(crate) entrance: Entrance,
}

impl Load {
    /// Begins, with these tickets, and a terminal in `folder`.
    pub(crate) async fn begin(
        front: Arc<Front>,
        event: Event,
        tickets: Vec<String>,
        folder: &Path,
    ) -> anyhow::Result<Self> {
        let event = Arc::new(event);
        let terminal: Terminal = event.enrol("entrance", folder).await?;
        terminal.run(&["sync"])?.success()?;
        let edited = event.olga.register(&event.id, &json!({ "name": "Edith", "ticket_type": "Regular" })).await?;
        let uploading = Uploaded::enrol(&event, &front).await?;
        let share = tickets.len() / 4;
        let mut shares = tickets.chunks(share.max(1)).map(<[String]>::to_vec);
        let mut next = || shares.next().unwrap_or_default();
        Ok(Self {
            registering: (0..2)
                .map(|who| tokio::spawn(Registered::ask(Arc::clone(&front), Arc::clone(&event), who)))
                .collect(),
            checking_in: [checking_in::Sent::WithKeys, checking_in::Sent::Plainly]
                .map(|sent| tokio::spawn(CheckedIn::ask(Arc::clone(&front), Arc::clone(&event), next(), sent)))
                .into(),
            uploading: tokio::spawn(uploading.send(Arc::clone(&front), next())),
            editing: tokio::spawn(Edited::ask(Arc::clone(&front), event.path(&registration_path(&edited)))),
            entrance: Entrance::open(terminal, next())?,
            front,
            event,
        })
    }

    /// Ends, and returns what everybody was told. The servers must be there again.
    pub(crate) async fn end(self) -> anyhow::Result<(Arc<Front>, Arc<Event>, Told)> {
        self.front.end();
        let mut registered = Vec::new();
        for task in self.registering {
            registered.push(task.await?);
        }
        let mut checked_in = Vec::new();
        for task in self.checking_in {
            checked_in.push(task.await?);
        }
        let (uploaded, edited) = (self.uploading.await??, self.editing.await?);
        let mut entrance = self.entrance;
        entrance.stop_presenting();
        Ok((self.front, self.event, Told { registered, checked_in, uploaded, edited, entrance }))
    }
}

fn registration_path(registration: &Value) -> String {
    format!("registrations/{}", word(registration, "id"))
}

impl Told {
    /// How many registrations nobody knows the outcome of.
    pub(crate) fn unknown(&self) -> usize {
        self.registered.iter().map(Registered::unknown).sum()
    }

    /// Sends once more what nobody knows the outcome of.
    pub(crate) async fn settle(&mut self, front: &Front, event: &Event) {
        for registered in &mut self.registered {
            registered.settle(front, event).await;
        }
    }

    /// Sends what is left, and compares what was told with what the server holds.
    pub(crate) async fn compare(mut self, event: &Event, findings: &mut Findings) -> anyhow::Result<()> {
        self.uploaded.finish(findings).await?;
        self.entrance.finish(findings)?;
        let registrations = event.olga.registrations(&event.id).await?;
        let check_ins = event.olga.check_ins(&event.id).await?;
        self.edited.compare(event, findings).await?;
        for registered in &self.registered {
            registered.compare(&registrations, findings);
        }
        for checked_in in &self.checked_in {
            checked_in.compare(&check_ins, findings);
        }
        self.uploaded.compare(&check_ins, findings);
        self.entrance.compare(&check_ins, findings)?;
        findings.count("check-ins at the server", check_ins.len());
        let few = registrations.iter().filter(|registration| is_of_few(registration)).count();
        findings.expect(few <= FEW_MAX, || format!("{few} tickets of {FEW_MAX} were sold"));
        nothing_doubles(&check_ins, findings);
        let counts = event.olga.get(&event.path("counts")).await?;
        let inside = check_ins.iter().filter(|check_in| is_counting_admission(check_in)).count() as u64;
        findings.expect(number(&counts, "admitted") == Some(inside), || {
            format!("{inside} admissions count, and the counts say {counts}")
        });
        if let Err(wrong) = event.is_at_peace().await? {
            findings.violation(wrong);
        }
        Ok(())
    }
}

fn is_of_few(registration: &Value) -> bool {
    registration.pointer("/ticket/ticket_type").and_then(Value::as_str) == Some(FEW)
        || word(registration, "ticket_type") == FEW
}

fn is_counting_admission(check_in: &Value) -> bool {
    word(check_in, "kind") == "admit" && check_in.get("counts").and_then(Value::as_bool) == Some(true)
}

/// Neither an entry of a device nor an admission of a ticket is there twice.
fn nothing_doubles(check_ins: &[Value], findings: &mut Findings) {
    let mut entries: BTreeMap<(u64, u64), usize> = BTreeMap::new();
    let mut tickets: BTreeMap<&str, usize> = BTreeMap::new();
    for check_in in check_ins {
        let device = check_in.get("device").and_then(|device| number(device, "number")).unwrap_or(u64::MAX);
        *entries.entry((device, number(check_in, "seq").unwrap_or_default())).or_default() += 1;
        if is_counting_admission(check_in) {
            *tickets.entry(word(check_in, "ticket")).or_default() += 1;
        }
    }
    for ((device, seq), times) in entries.into_iter().filter(|(_, times)| *times > 1) {
        findings.violation(format!("entry {seq} of device {device} is there {times} times"));
    }
    for (ticket, times) in tickets.into_iter().filter(|(_, times)| *times > 1) {
        findings.violation(format!("{times} admissions of {ticket} count"));
    }
}
