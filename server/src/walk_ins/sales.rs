//! Sales on their way in: each becomes an attendee with a ticket that every door lists.

use std::collections::{BTreeMap, BTreeSet};

use sync_protocol::certificate::{Capabilities, Certificate};
use sync_protocol::feed::NewEntry;
use sync_protocol::feed::entry::DeviceStatus;
use sync_protocol::id::{ClassId, DeviceNo, FeedSeq, Issue, Kid, RegistrationId, Seq, TicketId};
use sync_protocol::journal::batch::BatchEntry;
use sync_protocol::journal::walk_in::{self, Guest, Right, SaleError};
use sync_protocol::journal::{EntryKind, PersonalData};
use sync_protocol::sync::intake::UNDO_AGE_MAX_MS;
use sync_protocol::time::UnixMillis;
use sync_protocol::verdict::{Row, TicketStatus};

use super::{Sale, Takings, store};
use crate::accounts::parse_email;
use crate::app::App;
use crate::clock::uuids_v7;
use crate::db::{StoreError, Tx};
use crate::devices::Device;
use crate::events;
use crate::mails::{self, Letter};
use crate::registrations::{self, Attendee, Labels, Registration};
use crate::sync::feed;
use crate::tickets::{self, Ticket};

/// A sale with who bought.
#[derive(Clone, Debug)]
struct Sold {
    sale: Sale,
    issue: Issue,
    /// How far the door held the feed when it sold.
    cursor: FeedSeq,
    guest: Option<Guest>,
}

/// The sales of a batch, and what it takes back.
#[derive(Debug, Default)]
pub struct Reported {
    sold: Vec<Sold>,
    refused: Vec<(Seq, SaleError)>,
    /// By the undoing's number.
    undone: BTreeMap<Seq, Sale>,
}

impl Reported {
    /// Whether there is nothing to store.
    pub fn is_empty(&self) -> bool {
        self.sold.is_empty() && self.refused.is_empty() && self.undone.is_empty()
    }

    /// Whether the entry of this number takes a sale back, and may.
    pub fn is_undoing(&self, seq: Seq) -> bool {
        self.undone.contains_key(&seq)
    }

    /// Whether something that was sold is taken back.
    pub fn has_undoings(&self) -> bool {
        !self.undone.is_empty()
    }

    /// Returns the tickets that were sold.
    pub fn tickets(&self) -> BTreeSet<TicketId> {
        self.sold.iter().map(|sold| sold.sale.ticket).collect()
    }

    /// Whether something was sold.
    pub fn has_sales(&self) -> bool {
        !self.sold.is_empty()
    }
}

/// Reads what `entries` of `device`'s journal sell and take back, with the personal data that came beside them.
///
/// # Errors
///
/// [`StoreError`].
pub async fn read(
    tx: &mut Tx,
    device: &Device,
    number: DeviceNo,
    entries: &[&BatchEntry],
    personal_data: &[PersonalData],
) -> Result<Reported, StoreError> {
    let mut reported = Reported::default();
    let is_sale = |entry: &&&BatchEntry| entry.entry.kind == EntryKind::WalkIn;
    if entries.iter().any(|entry| is_sale(&entry)) {
        let bytes = &device.certificate.as_ref().ok_or(StoreError::Corrupt("certificate"))?.bytes;
        let certificate = Certificate::decode(bytes).map_err(|_| StoreError::Corrupt("certificate"))?;
        for entry in entries.iter().filter(is_sale) {
            match walk_in::Sale::of(&entry.entry, &certificate) {
                Ok(said) => {
                    let data = personal_data.iter().find(|data| data.seq == entry.entry.seq);
                    let guest = data.and_then(|data| Guest::decode(&data.data).ok());
                    let (sale, cursor) = (sale(number, entry, &said), entry.entry.cursor);
                    reported.sold.push(Sold { sale, issue: said.issue, cursor, guest });
                }
                Err(error) => reported.refused.push((entry.entry.seq, error)),
            }
        }
    }
    find_undone(tx, device, number, entries, &mut reported).await?;
    mark_over(tx, device, number, &mut reported).await?;
    Ok(reported)
}

fn sale(number: DeviceNo, entry: &BatchEntry, said: &walk_in::Sale) -> Sale {
    let BatchEntry { entry, hash, .. } = entry;
    Sale {
        device_no: number,
        seq: entry.seq,
        entry_hash: *hash,
        ticket: said.ticket,
        class: said.class,
        gate: entry.gate,
        operator: entry.operator.clone().unwrap_or_default(),
        takings: Takings {
            amount: said.minor,
            currency: String::from_utf8_lossy(&said.currency).into_owned(),
            payment: said.payment,
        },
        allowed_by: said.right,
        is_over: said.right != Right::Lease,
        at: entry.hlc.millis(),
        is_undone: false,
    }
}

/// Marks what goes beyond the rights that the device knew of when it sold. What is taken back spends none.
async fn mark_over(tx: &mut Tx, device: &Device, number: DeviceNo, reported: &mut Reported) -> Result<(), StoreError> {
    if reported.sold.is_empty() {
        return Ok(());
    }
    let mut standings = super::leases::standings(tx, device.event, number).await?;
    let counts = device.status() == Some(DeviceStatus::Active);
    let mut spent: BTreeMap<ClassId, u32> = standings.iter().map(|s| (s.lease.class, s.sold)).collect();
    let is_new = |sale: &Sale| reported.sold.iter().any(|sold| sold.sale.seq == sale.seq);
    let taken_back: BTreeMap<Seq, ClassId> = reported
        .undone
        .values()
        .filter(|sale| sale.allowed_by == Right::Lease && !sale.is_undone && !is_new(sale))
        .map(|sale| (sale.seq, sale.class))
        .collect();
    for class in taken_back.values() {
        spent.entry(*class).and_modify(|spent| *spent = spent.saturating_sub(1));
    }
    let under_lease = |sale: &Sale| sale.allowed_by == Right::Lease && !sale.is_undone;
    for Sold { sale, cursor, .. } in reported.sold.iter_mut().filter(|sold| under_lease(&sold.sale)) {
        let spent = spent.entry(sale.class).or_default();
        *spent += 1;
        let standing = standings.iter_mut().find(|standing| standing.lease.class == sale.class);
        let is_within = standing.is_some_and(|standing| {
            standing.lease = standing.lease.after_entry(sale.at, *cursor);
            let lease = &standing.lease;
            *spent <= lease.total.max(lease.bound) && sale.at < lease.expires.max(lease.bound_expires)
        });
        sale.is_over = !(counts && is_within);
    }
    Ok(())
}

/// Finds the sales that are taken back: by their own device within ten minutes, or by a supervisor's.
async fn find_undone(
    tx: &mut Tx,
    device: &Device,
    number: DeviceNo,
    entries: &[&BatchEntry],
    reported: &mut Reported,
) -> Result<(), StoreError> {
    let undoings: Vec<_> = entries.iter().filter(|entry| entry.entry.kind == EntryKind::Undo).collect();
    let targets: BTreeSet<Seq> = undoings.iter().filter_map(|entry| entry.entry.undo_target).collect();
    if targets.is_empty() {
        return Ok(());
    }
    let mut named = store::by_seq(tx, device.event, number, &targets).await?;
    named.extend(reported.sold.iter().map(|sold| (sold.sale.seq, sold.sale.clone())));
    let is_supervisor = device.capabilities.has(Capabilities::SUPERVISOR);
    for entry in undoings {
        let Some(sale) = entry.entry.undo_target.and_then(|target| named.get(&target)) else { continue };
        let age_ms = entry.entry.hlc.millis().since(sale.at);
        if sale.ticket == entry.entry.ticket && (is_supervisor || age_ms <= UNDO_AGE_MAX_MS) {
            reported.undone.insert(entry.entry.seq, sale.clone());
        }
    }
    for sold in &mut reported.sold {
        sold.sale.is_undone = reported.undone.values().any(|undone| undone.seq == sold.sale.seq);
    }
    Ok(())
}

/// What the feed says about sales.
#[derive(Debug, Default)]
pub struct Said {
    /// Tickets that are new, or cancelled because their sale was taken back.
    pub tickets: Vec<NewEntry>,
    /// Words for people.
    pub notices: Vec<NewEntry>,
}

/// Makes attendees and tickets of sales, cancels what was taken back, and returns what the feed says about it. What a
/// door has sold of an event that was cancelled meanwhile is cancelled with it, and who bought it is told.
///
/// The event's feed is locked.
///
/// # Errors
///
/// [`StoreError`].
pub async fn store(
    tx: &mut Tx,
    app: &App,
    device: &Device,
    number: DeviceNo,
    reported: &Reported,
    now: UnixMillis,
) -> Result<Said, StoreError> {
    let event = device.event;
    let mut said = Said { tickets: Vec::new(), notices: notices(device, number, reported) };
    let why_cancelled = if reported.has_sales() { events::why_cancelled(tx, event).await? } else { None };
    let (mut registrations, mut tickets, mut recipients) = (Vec::new(), Vec::new(), Vec::new());
    for (id, sold) in uuids_v7(now, reported.sold.len()).zip(&reported.sold) {
        let id = RegistrationId(id);
        let attendee = attendee(sold);
        let is_cancelled = sold.sale.is_undone || why_cancelled.is_some();
        let status = if is_cancelled { TicketStatus::Cancelled } else { TicketStatus::Valid };
        let row = Row { issue: sold.issue, class: sold.sale.class, status, attention: false, id_check: false };
        let ticket = Ticket {
            id: sold.sale.ticket,
            registration: id,
            // Its credential is signed by the device.
            kid: Kid(number.0),
            row,
            status_before_block: None,
            created_at: now,
            changed_at: now,
        };
        tickets.push((ticket, Labels::from(&attendee)));
        let mut registration = Registration::new(id, attendee, sold.sale.class, now);
        if is_cancelled {
            registration.state = registrations::State::Cancelled;
        }
        if let Some(reason) = why_cancelled.as_ref().filter(|_| !sold.sale.is_undone) {
            registration.reason.clone_from(reason);
            recipients.extend(registration.attendee.email.clone());
        }
        registrations.push(registration);
    }
    registrations::add(tx, event, &registrations).await?;
    said.tickets = tickets::add_sold(tx, event, &tickets).await?;
    let sales: Vec<Sale> = reported.sold.iter().map(|sold| sold.sale.clone()).collect();
    store::insert_sales(tx, event, &sales, now).await?;
    if let Some(reason) = why_cancelled {
        store::note_all_cancelled(tx, event, now).await?;
        let organisation = events::organisation_of(tx, event).await?;
        recipients.sort_unstable();
        recipients.dedup();
        mails::post_all(tx, app, organisation, &recipients, &Letter::EventCancelled { event, reason }).await?;
    }

    let is_held = |sale: &&Sale| !sales.iter().any(|sold| sold.seq == sale.seq) && !sale.is_undone;
    let mut undone = BTreeSet::new();
    for sale in reported.undone.values().filter(is_held) {
        if undone.insert(sale.seq) {
            said.tickets.extend(tickets::cancel_sold(tx, event, sale.ticket, now).await?);
        }
    }
    store::note_undone(tx, event, number, &undone, now).await?;
    Ok(said)
}

fn attendee(sold: &Sold) -> Attendee {
    let Some(Guest { name, email }) = &sold.guest else {
        // What the entry commits to did not come with it, or says nothing that can be read.
        return Attendee { name: format!("Guest {}", sold.sale.ticket.typed_code()), ..Attendee::default() };
    };
    let parsed = parse_email(email);
    let note = if parsed.is_none() { email.clone() } else { String::new() };
    Attendee { name: name.clone(), email: parsed, note, ..Attendee::default() }
}

/// Tells people about sales that went beyond a device's rights, or that are none.
fn notices(device: &Device, number: DeviceNo, reported: &Reported) -> Vec<NewEntry> {
    let mut notices = Vec::new();
    let over: Vec<&Sale> = reported.sold.iter().map(|sold| &sold.sale).filter(|sale| sale.is_over).collect();
    if let Some(first) = over.first() {
        let text = format!("\u{201c}{}\u{201d} sold {} at the door beyond its places.", device.name, count(over.len()));
        notices.push(feed::notice("walk_in_over", &text, number, first.seq));
    }
    if let Some((seq, error)) = reported.refused.first() {
        let text = format!(
            "\u{201c}{}\u{201d} reported {} at the door that cannot count: {error}. They are kept in its journal.",
            device.name,
            count(reported.refused.len())
        );
        notices.push(feed::notice("walk_in_refused", &text, number, *seq));
    }
    notices
}

fn count(tickets: usize) -> String {
    if tickets == 1 { "1 ticket".to_owned() } else { format!("{tickets} tickets") }
}
