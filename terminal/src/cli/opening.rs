//! Which event, and its store opened.

use std::io::{IsTerminal as _, stderr};
use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, bail};
use sync_protocol::id::EventId;
use sync_protocol::policy::Policy;

use super::Place;
use crate::cache::{self, Store, StoreError, WARNING_BYTES};
use crate::catalogue::Catalogue;
use crate::causes::chain;

/// How often a passphrase may be typed.
const PASSPHRASE_TRIES: u32 = 5;
/// What became of an event that is over, and what to do for the next.
const AFTER_AN_EVENT: &str = "everything was sent, and then its data were erased from this laptop; for the next event \
                              run `usher` and show the organiser's code, or see `usher enrol --help`";

impl Place {
    /// Returns the event meant: the one named, or the only one.
    pub(super) fn event(&self, folder: &Path) -> anyhow::Result<EventId> {
        let over = events_over(folder);
        let enrolled = cache::enrolled(folder).unwrap_or_default();
        match (self.event, enrolled.as_slice()) {
            (Some(event), events) if events.contains(&event) => Ok(event),
            (Some(event), _) if over.contains(&event) => bail!("event {event} is over: {AFTER_AN_EVENT}"),
            (Some(event), _) => bail!("this laptop is not enrolled for event {event} in {}", folder.display()),
            (None, [event]) => Ok(*event),
            (None, []) if !over.is_empty() => bail!("the last event on this laptop is over: {AFTER_AN_EVENT}"),
            (None, []) => bail!(
                "this laptop is not enrolled for any event in {}; run `usher enrol --qr camera`, \
                 or see `usher enrol --help`",
                folder.display()
            ),
            (None, events) => {
                let names: Vec<String> = events.iter().map(EventId::to_string).collect();
                bail!("this laptop is enrolled for several events; choose one with --event: {}", names.join(", "))
            }
        }
    }

    /// Whether this laptop is a terminal of no event, not yet or not any more, and none was named.
    pub(super) fn is_new(&self, folder: &Path) -> bool {
        // What is left of an event that is over is no event's any more.
        events_over(folder);
        self.event.is_none() && cache::enrolled(folder).is_ok_and(|events| events.is_empty())
    }

    /// Asks for the passphrase and opens the store.
    pub(super) fn open(&self) -> anyhow::Result<Store> {
        let folder = self.folder()?;
        let event = self.event(&folder)?;
        match self.known_passphrase()? {
            Some(passphrase) => open(&folder, event, &passphrase, &self.catalogue(), self.plain),
            None => self.open_by_hand(),
        }
    }

    /// Opens the store with a passphrase that somebody types now, whatever the environment says; a
    /// slip of the finger is forgiven a few times.
    pub(super) fn open_by_hand(&self) -> anyhow::Result<Store> {
        let folder = self.folder()?;
        let event = self.event(&folder)?;
        for _ in 1..PASSPHRASE_TRIES {
            match open(&folder, event, &self.typed_passphrase()?, &self.catalogue(), self.plain) {
                Err(error) if error.downcast_ref::<StoreError>().is_some_and(is_wrong_passphrase) => {
                    eprintln!("{}", self.catalogue().say("prompts-wrong"));
                }
                outcome => return outcome,
            }
        }
        open(&folder, event, &self.typed_passphrase()?, &self.catalogue(), self.plain)
    }
}

/// Returns the events that are over, once what is left of them is erased.
pub(super) fn events_over(folder: &Path) -> Vec<EventId> {
    cache::over(folder).unwrap_or_else(|error| {
        tracing::warn!(error = chain(&error), "what is left of an event that is over can't be erased");
        Vec::new()
    })
}

const fn is_wrong_passphrase(error: &StoreError) -> bool {
    matches!(error, StoreError::WrongPassphrase)
}

/// Opens a store, telling a person how far the check is when it takes long.
fn open(
    folder: &Path,
    event: EventId,
    passphrase: &str,
    catalogue: &Catalogue,
    is_plain: bool,
) -> anyhow::Result<Store> {
    const PATIENCE_MS: u128 = 700;
    let started = Instant::now();
    let mut is_told = false;
    let store = Store::open(folder, event, passphrase, &mut |done, total| {
        if stderr().is_terminal() && started.elapsed().as_millis() > PATIENCE_MS {
            let values = [("done", done.into()), ("total", total.into())];
            // One line that is overwritten, or told once.
            if !is_plain {
                eprint!("\r{}", catalogue.say_with("prompts-checking", &values));
            } else if !is_told {
                eprint!("{}", catalogue.say_with("prompts-checking", &values));
            }
            is_told = true;
        }
    });
    if is_told {
        eprintln!();
    }
    if let Err(error) = &store
        && error.has_no_room()
    {
        bail!(no_room(&folder.join(event.to_string()), catalogue));
    }
    let store = store.map_err(|error| match error {
        StoreError::InUse => anyhow::anyhow!("another usher is running on this data; close it first"),
        damage if damage.is_damage() => anyhow::Error::new(damage).context(format!(
            "it cannot be mended here. What was sent is at the server; move {} away, keep it for the organiser, and \
             enrol this laptop again with a new code: `usher enrol`",
            folder.join(event.to_string()).display()
        )),
        other => anyhow::Error::new(other),
    });
    let store = store.with_context(|| format!("the data of event {event} cannot be opened"))?;
    if let Some(finding) = store.finding() {
        eprintln!("usher: {}", finding.error());
    }
    Ok(store)
}

/// Returns what to do about a disk that has no room for what opening a store writes, in one line.
fn no_room(folder: &Path, catalogue: &Catalogue) -> String {
    const MEGABYTE: u64 = 1_000_000;
    let free = cache::free_bytes(folder).unwrap_or_default() / MEGABYTE;
    let values = [("free", free.into()), ("needed", (WARNING_BYTES / MEGABYTE).into())];
    format!("{} {}", catalogue.say("prompts-no-room"), catalogue.say_with("prompts-no-room-step", &values))
}

/// Returns the names of an event's gates, for a sentence.
pub(super) fn gate_names(policy: &Policy) -> String {
    let names: Vec<String> = policy.gates.iter().map(|gate| format!("{:?}", gate.name)).collect();
    names.join(", ")
}
