//! The feed of each event: numbering, where entries, counter and chain change in the transaction of the
//! business change, and reading.

pub(super) mod store;

use std::collections::{BTreeMap, BTreeSet};

use sync_protocol::feed::chain::ChainPoint;
use sync_protocol::feed::entry::TicketRow;
use sync_protocol::feed::record::tag;
use sync_protocol::feed::{Body, Entity, Form, Head, Header, Kind, NewEntry, Record, SignedHead};
use sync_protocol::hash::Hash;
use sync_protocol::id::{DeviceNo, EventId, FeedId, FeedSeq, Seq, TicketId};
use sync_protocol::policy::Policy;
use zeroize::Zeroizing;

use crate::app::App;

use crate::clock::random_bytes;
use crate::db::sealed::{Part, Sealed};
use crate::db::{StoreError, Tx};
use crate::seal::Sealer;

/// Where K_body is sealed for; the row is the event's id.
pub const BODY_KEY_PLACE: &str = "feeds.body_key";
/// What holds K_body.
pub const SEALED: Sealed =
    Sealed { table: "feeds", column: "body_key", place: BODY_KEY_PLACE, key: &[Part::Bytes("event_id")] };

/// How far a feed goes, with its counter locked until the transaction ends.
#[derive(Debug)]
pub struct FeedHead {
    event: EventId,
    point: ChainPoint,
    /// Nothing once the feed has ended.
    body_key: Option<Zeroizing<[u8; 32]>>,
}

impl FeedHead {
    /// Returns the number of the last entry.
    pub const fn last(&self) -> FeedSeq {
        self.point.seq
    }

    /// Returns the number that the next entry gets.
    pub const fn next(&self) -> FeedSeq {
        self.point.seq.next()
    }

    /// Whether the feed has ended: its last entry says that the event is closed, and none follows.
    pub const fn is_ended(&self) -> bool {
        self.body_key.is_none()
    }
}

/// An entry with its number, ready to be stored.
struct Numbered<'a> {
    seq: FeedSeq,
    tag: Hash,
    entry: &'a NewEntry,
}

/// Begins an event's feed: a new feed id and a new K_body.
///
/// # Errors
///
/// [`StoreError`].
pub async fn create(tx: &mut Tx, sealer: &Sealer, event: EventId) -> Result<(), StoreError> {
    let feed = FeedId(random_bytes());
    let body_key = Zeroizing::new(random_bytes::<32>());
    let sealed = sealer.seal(BODY_KEY_PLACE, event.as_bytes(), body_key.as_slice());
    store::insert_feed(tx, event, feed, ChainPoint::start(event, feed), &sealed).await
}

/// Returns the events whose feeds go on.
///
/// # Errors
///
/// [`StoreError`].
pub async fn events(tx: &mut Tx) -> Result<Vec<EventId>, StoreError> {
    store::events(tx).await
}

/// Gives a feed a new id after the database came back from a backup, so that no terminal takes it for the feed that
/// it knows: the two may differ from some number on. The entries stay; their chain is made again.
///
/// # Errors
///
/// [`StoreError`].
pub async fn renew(tx: &mut Tx, event: EventId) -> Result<(), StoreError> {
    let (old, _) = store::lock_feed(tx, event).await?;
    let feed = FeedId(random_bytes());
    let mut point = ChainPoint::start(event, feed);
    while point.seq < old.seq {
        let headers = store::headers(tx, event, point.seq, PAGE_RECORDS_MAX).await?;
        let is_whole = headers.first().is_some_and(|header| header.seq == point.seq.next());
        if !is_whole {
            return Err(StoreError::Corrupt("feed_entries.seq"));
        }
        point = headers.iter().fold(point, |point, header| point.after(header));
    }
    store::set_feed(tx, event, feed, point).await
}

/// Gives a feed a new K_body in the place of one that nobody can open any more, and a new id: the tags of all bodies and
/// their chain are made again.
///
/// # Errors
///
/// [`StoreError`].
pub async fn renew_key(tx: &mut Tx, sealer: &Sealer, event: EventId) -> Result<(), StoreError> {
    store::lock_feed(tx, event).await?;
    let body_key = Zeroizing::new(random_bytes::<32>());
    let sealed = sealer.seal(BODY_KEY_PLACE, event.as_bytes(), body_key.as_slice());
    store::set_body_key(tx, event, &sealed).await?;
    let mut after = FeedSeq(0);
    loop {
        let bodies = store::bodies(tx, event, after, RENEWED_AT_ONCE).await?;
        for (seq, body) in &bodies {
            store::set_tag(tx, event, *seq, tag(&body_key, body)).await?;
            after = *seq;
        }
        if bodies.is_empty() {
            break;
        }
    }
    super::snapshot::forget(tx, event).await?;
    renew(tx, event).await
}

/// Locks an event's counter until the transaction ends. Little but the rows that carry the entries'
/// numbers may follow: this is the lock that every change of the event waits for.
///
/// # Errors
///
/// [`StoreError`].
pub async fn lock(tx: &mut Tx, sealer: &Sealer, event: EventId) -> Result<FeedHead, StoreError> {
    let (point, sealed) = store::lock_feed(tx, event).await?;
    let open = |sealed: Vec<u8>| sealer.open_key(BODY_KEY_PLACE, event.as_bytes(), &sealed);
    Ok(FeedHead { event, point, body_key: sealed.map(open).transpose()? })
}

/// Appends `entries` in order after a locked head, and returns the last number. A feed that has ended takes no more:
/// no terminal reads on after the entry that closes it.
///
/// # Errors
///
/// [`StoreError`].
pub async fn append_after(tx: &mut Tx, head: FeedHead, entries: &[NewEntry]) -> Result<FeedSeq, StoreError> {
    let mut point = head.point;
    let Some(body_key) = &head.body_key else { return Ok(point.seq) };
    let mut numbered = Vec::with_capacity(entries.len());
    for entry in entries {
        let tag = tag(body_key, &entry.body);
        let header = Header { seq: point.seq.next(), kind: entry.kind, entity: entry.entity, tag };
        point = point.after(&header);
        numbered.push(Numbered { seq: header.seq, tag, entry });
    }
    store::insert_entries(tx, head.event, &numbered).await?;
    store::move_head(tx, head.event, point).await?;
    Ok(point.seq)
}

/// Locks the counter, appends `entries`, and returns the last number. These must be the last statements
/// of the transaction.
///
/// # Errors
///
/// [`StoreError`].
pub async fn append(tx: &mut Tx, sealer: &Sealer, event: EventId, entries: &[NewEntry]) -> Result<FeedSeq, StoreError> {
    let head = lock(tx, sealer, event).await?;
    append_after(tx, head, entries).await
}

/// Ends a locked feed: appends the entry that closes the event, and destroys K_body, so that the tags of erased bodies
/// confirm no guess.
///
/// # Errors
///
/// [`StoreError`].
pub async fn end(tx: &mut Tx, head: FeedHead) -> Result<(), StoreError> {
    let event = head.event;
    append_after(tx, head, &[Body::Close.encode(Entity::ZERO)]).await?;
    store::destroy_body_key(tx, event).await
}

/// Puts `entry` in the place of all that a locked feed has said of the same thing before, whose bodies are erased.
///
/// In a feed that has ended the newest entry gets the body of `entry`, whose tag it does not have. Terminals that have
/// not read so far are sent to the snapshot, which carries no tags.
///
/// # Errors
///
/// [`StoreError`].
pub async fn erase(tx: &mut Tx, head: FeedHead, entry: &NewEntry) -> Result<(), StoreError> {
    let (event, last, is_ended) = (head.event, head.last(), head.is_ended());
    append_after(tx, head, std::slice::from_ref(entry)).await?;
    store::erase_replaced(tx, event, entry.kind, entry.entity).await?;
    if is_ended {
        store::replace_newest(tx, event, entry).await?;
        store::raise_floor(tx, event, last).await?;
    }
    // Snapshots hold what was erased; one that is being made meanwhile is not kept.
    store::count_erasure(tx, event).await?;
    super::snapshot::forget(tx, event).await
}

/// Forgets an event's feed, which no terminal has seen.
///
/// # Errors
///
/// [`StoreError`].
pub async fn forget(tx: &mut Tx, event: EventId) -> Result<(), StoreError> {
    store::delete(tx, event).await
}

/// Bodies that are read at once when all tags are made again.
const RENEWED_AT_ONCE: u32 = 1_000;
/// How long a head promises to be fresh, in ms.
pub const HEAD_VALID_MS: u64 = 10 * 60_000;
/// The most records in one page.
pub const PAGE_RECORDS_MAX: u32 = 10_000;
/// The longest page before compression, but for its last record and its head.
const PAGE_BYTES_MAX: usize = 1_000_000;
/// Entities looked up in one query.
const LOOK_UP_MAX: usize = 500;

/// How far a feed goes, read without a lock.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FeedState {
    /// Which life of the feed.
    pub feed: FeedId,
    /// The last number and the chain there.
    pub point: ChainPoint,
    /// The lowest number that the feed still answers from.
    pub floor: FeedSeq,
    /// How often something of it was erased.
    pub erasures: u64,
}

impl FeedState {
    /// Returns the head of `event`'s feed, signed now.
    pub fn head(&self, app: &App, event: EventId) -> SignedHead {
        let now = app.clock().now();
        let Self { feed, point, floor, .. } = *self;
        let valid_until = now.plus(HEAD_VALID_MS);
        let head = Head { event, feed, seq: point.seq, chain: point.value, floor, time: now, valid_until };
        head.sign(app.server_key())
    }
}

/// Returns how far an event's feed goes.
///
/// # Errors
///
/// [`StoreError`].
pub async fn state(tx: &mut Tx, event: EventId) -> Result<FeedState, StoreError> {
    store::state(tx, event).await
}

/// Returns how far the feeds of some events go.
///
/// # Errors
///
/// [`StoreError`].
pub async fn heads(tx: &mut Tx, events: &[EventId]) -> Result<BTreeMap<EventId, FeedSeq>, StoreError> {
    if events.is_empty() { Ok(BTreeMap::new()) } else { store::heads(tx, events).await }
}

/// Opens an event's K_body, to be given to a device; nothing once the event is closed.
///
/// # Errors
///
/// [`StoreError`].
pub async fn body_key(tx: &mut Tx, sealer: &Sealer, event: EventId) -> Result<Option<Zeroizing<[u8; 32]>>, StoreError> {
    let sealed = store::sealed_body_key(tx, event).await?;
    let open = |sealed: Vec<u8>| sealer.open_key(BODY_KEY_PLACE, event.as_bytes(), &sealed);
    Ok(sealed.map(open).transpose()?)
}

/// Returns the records after `after`, as many as fit on a page and at most `count_max`. A record that a
/// later one replaces comes as its tag.
///
/// # Errors
///
/// [`StoreError`].
pub async fn page(tx: &mut Tx, event: EventId, after: FeedSeq, count_max: u32) -> Result<Vec<Record>, StoreError> {
    let records = store::page(tx, event, after, count_max.min(PAGE_RECORDS_MAX)).await?;
    let mut bytes = 0;
    let fitting = records.iter().take_while(|record| {
        bytes += 30 + if let Form::Body(body) = &record.form { body.len() } else { 32 };
        bytes <= PAGE_BYTES_MAX
    });
    let count = fitting.count().max(1);
    Ok(records.into_iter().take(count).collect())
}

/// Returns an event's rules as its feed tells them.
///
/// # Errors
///
/// [`StoreError`].
pub async fn policy(tx: &mut Tx, event: EventId) -> Result<Policy, StoreError> {
    Ok(numbered_policy(tx, event).await?.1)
}

/// Returns an event's rules as its feed tells them, and the number of the entry that did.
///
/// # Errors
///
/// [`StoreError`].
pub async fn numbered_policy(tx: &mut Tx, event: EventId) -> Result<(FeedSeq, Policy), StoreError> {
    let bodies = store::newest_bodies(tx, event, Kind::Policy, &[Entity::ZERO]).await?;
    let (_, seq, body) = bodies.first().ok_or(StoreError::Corrupt("policy"))?;
    Ok((*seq, Policy::decode(body).map_err(|_| StoreError::Corrupt("policy"))?))
}

/// Returns what the feed tells of these tickets; those it does not know are left out.
///
/// # Errors
///
/// [`StoreError`].
pub async fn tickets(
    tx: &mut Tx,
    event: EventId,
    tickets: impl IntoIterator<Item = TicketId>,
) -> Result<BTreeMap<TicketId, TicketRow>, StoreError> {
    let rows = numbered_tickets(tx, event, tickets).await?;
    Ok(rows.into_iter().map(|(ticket, (_, row))| (ticket, row)).collect())
}

/// Returns what the feed tells of these tickets, and the numbers of the entries that did; those it does not know
/// are left out.
///
/// # Errors
///
/// [`StoreError`].
pub async fn numbered_tickets(
    tx: &mut Tx,
    event: EventId,
    tickets: impl IntoIterator<Item = TicketId>,
) -> Result<BTreeMap<TicketId, (FeedSeq, TicketRow)>, StoreError> {
    let tickets: BTreeSet<TicketId> = tickets.into_iter().filter(|ticket| ticket.0 != 0).collect();
    let entities: Vec<Entity> = tickets.into_iter().map(Entity::ticket).collect();
    let mut rows = BTreeMap::new();
    for entities in entities.chunks(LOOK_UP_MAX) {
        for (entity, seq, body) in store::newest_bodies(tx, event, Kind::Ticket, entities).await? {
            let body = Body::decode(Kind::Ticket, entity, &body).map_err(|_| StoreError::Corrupt("ticket"))?;
            if let Body::Ticket { ticket, ticket_row } = body {
                rows.insert(ticket, (seq, ticket_row));
            }
        }
    }
    Ok(rows)
}

/// How much of people a list holds.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct HeldTickets {
    /// Tickets.
    pub tickets: u64,
    /// Those with a name.
    pub names: u64,
    /// Those with an e-mail address.
    pub emails: u64,
    /// Those with a note.
    pub notes: u64,
    /// Those with an order's reference.
    pub groups: u64,
}

/// Returns how much of people the feed holds up to a number.
///
/// # Errors
///
/// [`StoreError`].
pub async fn held_tickets(tx: &mut Tx, event: EventId, until: FeedSeq) -> Result<HeldTickets, StoreError> {
    let mut held = HeldTickets::default();
    let mut after = Entity::ZERO;
    loop {
        let rows = store::tickets_until(tx, event, until, after, PAGE_RECORDS_MAX).await?;
        let Some((last, _)) = rows.last() else { return Ok(held) };
        after = *last;
        for (entity, body) in rows {
            held.tickets += 1;
            // A body that was erased tells nothing.
            let Some(body) = body else { continue };
            let body = Body::decode(Kind::Ticket, entity, &body).map_err(|_| StoreError::Corrupt("ticket"))?;
            if let Body::Ticket { ticket_row, .. } = body {
                let TicketRow { name, note, email, group, .. } = &ticket_row;
                held.names += u64::from(!name.is_empty());
                held.emails += u64::from(!email.is_empty());
                held.notes += u64::from(!note.is_empty());
                held.groups += u64::from(!group.is_empty());
            }
        }
    }
}

/// Returns a notice for the screens of organisers and door staff.
pub fn notice(kind: &str, text: &str, device: DeviceNo, seq: Seq) -> NewEntry {
    let json = serde_json::json!({ "kind": kind, "text": text, "device_no": device, "seq": seq });
    Body::Notice(json.to_string().into_bytes()).encode(Entity(random_bytes()))
}
