//! What a terminal that is out of our hands can tell whoever has it, and what to do about it.

use std::fmt::Write as _;

use sync_protocol::feed::entry::DeviceStatus;
use sync_protocol::id::FeedSeq;
use sync_protocol::journal::SessionEvent;
use sync_protocol::time::UnixMillis;

use super::{Device, Standing};
use crate::admissions::doors::{self, Presented};
use crate::db::{StoreError, Tx};
use crate::events::Event;
use crate::http::time::rfc3339;
use crate::sync::feed::{self, HeldTickets};
use crate::walk_ins;

/// How many of the people whose tickets a terminal read are listed.
pub const PRESENTED_MAX: u32 = 500;

/// Whether a terminal's store was open when it was last heard of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Openness {
    /// It never spoke after it was enrolled.
    NeverUsed,
    /// Its keys were only on its disk, under the passphrase.
    Sealed,
    /// Its keys were in memory.
    Open,
}

impl Openness {
    /// Returns the name in the interface.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NeverUsed => "never_used",
            Self::Sealed => "sealed",
            Self::Open => "open",
        }
    }
}

/// What a terminal holds and did, as far as the server knows.
#[derive(Clone, Debug)]
pub struct Exposure {
    /// How far the list goes that it was last seen to hold; 0 if it never fetched any.
    pub cursor: FeedSeq,
    /// What that list says of people.
    pub held: HeldTickets,
    /// Whether its store was open when it was last heard of …
    pub openness: Openness,
    /// … and since when, if it said so.
    pub since: Option<UnixMillis>,
    /// Who was at it when it wrote its last entry.
    pub operator: Option<String>,
    /// How many tickets were presented to it.
    pub presented: u64,
    /// The newest of those, at most [`PRESENTED_MAX`].
    pub newest: Vec<Presented>,
    /// How many tickets it sold.
    pub sold: u64,
    /// How many supervisors' PINs it can be asked for.
    pub supervisors: usize,
}

/// Returns what `device` holds and did.
///
/// # Errors
///
/// [`StoreError`].
pub async fn exposure(tx: &mut Tx, event: &Event, device: &Device) -> Result<Exposure, StoreError> {
    let cursor = device.cursor.unwrap_or(FeedSeq(0));
    let journal = doors::last_entries(tx, device).await?;
    let session = journal.session.as_ref().and_then(|entry| SessionEvent::from_reason(entry.reason));
    let openness = match session {
        Some(event) if !event.leaves_open() => Openness::Sealed,
        // Only an open store signs requests.
        _ if device.last_seen_at.is_some() => Openness::Open,
        _ => Openness::NeverUsed,
    };
    let (mut presented, mut newest, mut sold) = (0, Vec::new(), 0);
    if let Some(number) = device.number {
        (presented, newest) = doors::presented(tx, event.id, number, PRESENTED_MAX).await?;
        sold = walk_ins::store::count_of_device(tx, event.id, number).await?;
    }
    Ok(Exposure {
        cursor,
        held: feed::held_tickets(tx, event.id, cursor).await?,
        openness,
        since: journal.session.map(|entry| entry.hlc.millis()),
        operator: journal.last.and_then(|entry| entry.operator),
        presented,
        newest,
        sold,
        supervisors: event.policy.supervisors.len(),
    })
}

/// Returns what to change now that others may have the terminal.
pub fn to_change(device: &Device, exposure: &Exposure) -> Vec<String> {
    let mut changes = Vec::new();
    let is_pending = device.is_pending();
    if device.status() == Some(DeviceStatus::Active) || is_pending {
        changes.push("Revoke the device: then nothing that it signs counts any more.".to_owned());
    }
    if device.status() != Some(DeviceStatus::Wiped) {
        changes.push("Order it to erase itself, by revoking it with \u{201c}wipe\u{201d}.".to_owned());
    }
    if exposure.supervisors > 0 && !is_pending {
        changes
            .push("Give the supervisors new PINs: the terminal holds hashes of them, and a PIN is short.".to_owned());
    }
    changes.push("Never use its passphrase again, on this event's other terminals or anywhere else.".to_owned());
    changes.push("Change what else was on the machine: its user's password, its wireless network's.".to_owned());
    changes
}

/// Returns the facts of the loss in plain words, as a notice under article 33 of the GDPR needs them: what, how
/// many, what may follow, what was done.
pub fn notice(event: &Event, device: &Device, exposure: &Exposure) -> String {
    let mut text = String::new();
    let paragraphs = [happened(event, device), data(exposure), consequences(exposure).to_owned(), measures(device)];
    for paragraph in paragraphs {
        if !text.is_empty() {
            text.push_str("\n\n");
        }
        text.push_str(&paragraph);
    }
    text
}

fn happened(event: &Event, device: &Device) -> String {
    let seen = match device.last_seen_at {
        Some(at) => format!("It last spoke to our server at {}.", rfc3339(at)),
        None => "It never spoke to our server after it was enrolled.".to_owned(),
    };
    format!(
        "What happened: the check-in terminal \u{201c}{}\u{201d} of the event \u{201c}{}\u{201d} is out of our hands. {seen}",
        device.name, event.policy.event
    )
}

fn data(exposure: &Exposure) -> String {
    let HeldTickets { tickets, names, emails, notes, groups } = exposure.held;
    let mut text = format!(
        "What data: the terminal held the event's guest list with {tickets} tickets: {names} names, {emails} e-mail \
         addresses, {notes} notes for the door and {groups} order references, each with the ticket's type and status, \
         and whether and when it was admitted."
    );
    let _ = write!(
        text,
        " It recorded {} tickets that were presented to it and {} that it sold, those with the buyer's name.",
        exposure.presented, exposure.sold
    );
    if exposure.supervisors > 0 {
        let _ = write!(text, " It held the names of {} supervisors and hashes of their PINs.", exposure.supervisors);
    }
    text.push_str(
        " It held no phone numbers, no postal addresses, no passwords, no bank or card data, and no key that \
                   signs tickets for others.",
    );
    text
}

fn consequences(exposure: &Exposure) -> &'static str {
    match exposure.openness {
        Openness::NeverUsed => {
            "Likely consequences: none are expected. As far as we know it never fetched the list. What it holds is \
             encrypted (XChaCha20-Poly1305) under a key that Argon2id derives from a passphrase."
        }
        Openness::Sealed => {
            "Likely consequences: none are expected as long as the passphrase stays unknown. When it was last heard of \
             it was locked: everything on it is encrypted (XChaCha20-Poly1305) under a key that Argon2id derives from \
             the passphrase, and the key was not in memory."
        }
        Openness::Open => {
            "Likely consequences: when it was last heard of it was unlocked. Until it was locked or switched off, or its \
             battery was empty, whoever had it could search the list and read it name by name, and could have \
             used names and addresses for unwanted mail or deceit. Since then everything on it is encrypted \
             (XChaCha20-Poly1305) under a key that Argon2id derives from a passphrase."
        }
    }
}

fn measures(device: &Device) -> String {
    let mut text = "Measures: ".to_owned();
    text.push_str(match device.standing {
        Standing::Pending => "the terminal was never admitted to the event.",
        Standing::Enrolled(DeviceStatus::Active) => "the terminal has not been revoked yet.",
        Standing::Enrolled(DeviceStatus::Forked) => {
            "the terminal was shut out because its journal exists twice; it has not been revoked."
        }
        Standing::Enrolled(DeviceStatus::Revoked) => {
            "the terminal was revoked: it gets no data any more, nothing that it records counts, and no door takes \
             tickets that it sells."
        }
        Standing::Enrolled(DeviceStatus::Wiped) => {
            "the terminal was revoked: it gets no data any more, nothing that it records counts, and no door takes \
             tickets that it sells. It was ordered to erase itself as soon as it speaks to our server again."
        }
    });
    if let Some(until) = device.certified_until() {
        let _ = write!(text, " Without contact it stops admitting at {} at the latest.", rfc3339(until));
    }
    text
}
