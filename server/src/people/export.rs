//! Everything that is known of one person.

use sync_protocol::id::DeviceNo;

use super::{Found, Person};
use crate::accounts::OrganisationId;
use crate::admissions::{self, CheckIn};
use crate::audit::{self, Record};
use crate::db::{StoreError, Tx};
use crate::devices;
use crate::events::Event;
use crate::mails::{self, Mail};
use crate::proposals::{self, Proposal};
use crate::registrations::person::Held;

/// Letters, proposals and records, of each: the newest of more.
const LISTED_MAX: u32 = 10_000;
/// Check-ins of one ticket.
const CHECK_INS_MAX: u32 = 1_000;

/// What is known of a person.
#[derive(Clone, Debug)]
pub struct Known {
    /// The registrations that they have to do with, in the order they were made.
    pub registrations: Vec<KnownRegistration>,
    /// Letters to them, newest first.
    pub letters: Vec<Mail>,
    /// Events that they asked for, newest first.
    pub proposals: Vec<Proposal>,
    /// What they did, and what was done to what is theirs, newest first.
    pub records: Vec<Record>,
}

/// A registration with what became of it.
#[derive(Clone, Debug)]
pub struct KnownRegistration {
    /// Whose event it is.
    pub organisation: OrganisationId,
    /// The event.
    pub event: Event,
    /// The registration.
    pub held: Held,
    /// What the doors recorded.
    pub check_ins: Vec<CheckIn>,
    /// The event's devices, if any recorded something.
    pub devices: Vec<(DeviceNo, String)>,
}

/// Returns what is known of a person.
///
/// # Errors
///
/// [`StoreError`].
pub async fn export(tx: &mut Tx, person: &Person) -> Result<Known, StoreError> {
    let mut registrations = Vec::new();
    for Found { organisation, event, held } in person.registrations(tx).await? {
        let check_ins = match &held.ticket {
            Some(ticket) => admissions::of_ticket(tx, event.id, ticket.id, 0, CHECK_INS_MAX).await?,
            None => Vec::new(),
        };
        let devices = if check_ins.is_empty() { Vec::new() } else { devices::store::names(tx, event.id).await? };
        registrations.push(KnownRegistration { organisation, event, held, check_ins, devices });
    }
    let (letters, proposals) = match &person.marks.email {
        Some(email) => (
            mails::to(tx, email, person.organisation, LISTED_MAX).await?,
            proposals::of_contact(tx, person.organisation, email, LISTED_MAX).await?,
        ),
        None => (Vec::new(), Vec::new()),
    };
    let account = person.marks.account;
    let mut subjects: Vec<String> = registrations.iter().map(|one| one.held.registration.id.to_string()).collect();
    subjects.extend(account.map(|account| account.to_string()));
    let records = audit::about(tx, person.organisation, account, &subjects, LISTED_MAX as usize).await?;
    Ok(Known { registrations, letters, proposals, records })
}
