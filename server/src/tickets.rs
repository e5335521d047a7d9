//! Tickets: issuing, changing, and the credential that is shown at the door.

pub mod body;
pub mod documents;
mod figures;
pub mod many;
pub mod places;
pub mod qr;
pub mod routes;
pub mod store;

use std::collections::{BTreeMap, HashSet};

use serde_json::json;
use sync_protocol::feed::entry::TicketRow;
use sync_protocol::feed::{Body, Entity, NewEntry};
use sync_protocol::id::{ClassId, DeviceNo, EventId, Issue, Kid, RegistrationId, TicketId};
use sync_protocol::ticket::credential::Signer;
use sync_protocol::ticket::{Claims, Credential};
use sync_protocol::time::UnixMillis;
use sync_protocol::verdict::{Row, TicketStatus};

pub use self::figures::{Arrivals, Counted, arrivals, count_by_key, counts, note_arrivals};
use self::places::Places;
use crate::accounts::{AccountId, Organiser};
use crate::app::App;
use crate::audit;
use crate::clock::random_bytes;
use crate::db::{StoreError, Tx};
use crate::events::{self, Event, Over, TicketKey};
use crate::registrations::{self, Labels};
use crate::sync::feed::{self, FeedHead};
use crate::walk_ins;
use crate::webhooks::{self, Kind};

/// The smallest serial: from here on a typed code has 10 characters and its check symbol.
const SERIAL_MIN: u64 = 1 << 45;
/// Why a ticket was changed: at most this many characters.
pub const REASON_CHARS_MAX: usize = 500;

/// A ticket.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Ticket {
    /// Its number.
    pub id: TicketId,
    /// Whose it is.
    pub registration: RegistrationId,
    /// The key that its credential is signed with.
    pub kid: Kid,
    /// What the doors are told.
    pub row: Row,
    /// What a blocked ticket goes back to.
    pub status_before_block: Option<TicketStatus>,
    /// When it was issued first.
    pub created_at: UnixMillis,
    /// When it was last changed.
    pub changed_at: UnixMillis,
}

impl Ticket {
    /// Whether a device sold it: then its credential is signed by that device, and the server cannot make it.
    pub const fn is_sold_at_door(&self) -> bool {
        self.id.issuer().0 != 0
    }
}

/// A ticket to issue.
#[derive(Clone, Debug)]
pub struct NewTicket {
    /// Whose it is.
    pub registration: RegistrationId,
    /// Its type.
    pub class: ClassId,
    /// Valid or unpaid.
    pub status: TicketStatus,
    /// Staff should look at the note.
    pub attention: bool,
    /// Staff should check who it is.
    pub id_check: bool,
    /// What the doors are told of the attendee.
    pub labels: Labels,
}

/// Why tickets were not issued.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// There would be more of a type, or in all, than there may be.
    #[error("only {left} tickets of this type are left")]
    SoldOut {
        /// The type.
        class: ClassId,
        /// How many there could still be.
        left: u32,
        /// How many more are kept for sale at the doors.
        held: u64,
    },
    /// The event is closed or cancelled.
    #[error("the event takes no more")]
    Over(#[from] Over),
    /// The database failed.
    #[error("could not issue the tickets")]
    Store(#[from] StoreError),
}

/// Issues tickets and tells the doors, as the last statements of the transaction.
///
/// # Errors
///
/// [`IssueError`], after which the transaction must not be committed.
pub async fn issue(tx: &mut Tx, app: &App, event: &Event, new: &[NewTicket]) -> Result<Vec<Ticket>, IssueError> {
    let head = feed::lock(tx, app.sealer(), event.id).await?;
    events::takes_changes(tx, event.id).await?.map_err(IssueError::Over)?;
    // Counted under the feed's lock, so that two sales at once cannot both take the last place.
    let mut places = Places::count(tx, event).await?;
    for (class, wanted) in wanted(new) {
        places.take(class, wanted)?;
    }
    Ok(issue_counted(tx, app, event, head, new).await?)
}

/// Issues tickets as [`issue`] does, of an event that takes changes, at places that were counted since its feed was
/// locked.
///
/// # Errors
///
/// [`StoreError`], after which the transaction must not be committed.
pub async fn issue_counted(
    tx: &mut Tx,
    app: &App,
    event: &Event,
    head: FeedHead,
    new: &[NewTicket],
) -> Result<Vec<Ticket>, StoreError> {
    if new.is_empty() {
        return Ok(Vec::new());
    }
    let kid = events::active_kid(tx, event.id).await?;
    let ids = free_ids(tx, event.id, new.len()).await?;
    let now = app.clock().now();
    let first = head.next().0;

    let mut tickets = Vec::with_capacity(new.len());
    let mut entries = Vec::with_capacity(new.len());
    for ((number, new), id) in (first..).zip(new).zip(ids) {
        let NewTicket { registration, class, status, attention, id_check, ref labels } = *new;
        let row = Row { issue: issue_number(number)?, class, status, attention, id_check };
        entries.push(entry(id, row, labels));
        tickets.push(Ticket {
            id,
            registration,
            kid,
            row,
            status_before_block: None,
            created_at: now,
            changed_at: now,
        });
    }
    store::insert(tx, event.id, &tickets).await?;
    feed::append_after(tx, head, &entries).await?;
    tell(tx, event.id, Kind::TicketIssued, &tickets, now).await?;
    Ok(tickets)
}

/// Tells other programs what became of tickets.
async fn tell(tx: &mut Tx, event: EventId, kind: Kind, tickets: &[Ticket], now: UnixMillis) -> Result<(), StoreError> {
    let told = |ticket: &Ticket| {
        let Ticket { id, registration, row, .. } = ticket;
        json!({ "ticket": id, "registration": registration, "issue": row.issue.0, "status": row.status })
    };
    webhooks::emit(tx, event, kind, tickets.iter().map(told).collect(), now).await
}

/// Returns how many are wanted of each type.
fn wanted(new: &[NewTicket]) -> BTreeMap<ClassId, u64> {
    let mut wanted = BTreeMap::new();
    for new in new {
        *wanted.entry(new.class).or_default() += 1;
    }
    wanted
}

/// Returns a ticket of an event.
///
/// # Errors
///
/// [`StoreError`].
pub async fn find(tx: &mut Tx, event: EventId, id: TicketId) -> Result<Option<Ticket>, StoreError> {
    store::find(tx, event, id).await
}

/// Stores tickets that were sold at the door, and returns what the feed says about them.
///
/// # Errors
///
/// [`StoreError`].
pub async fn add_sold(tx: &mut Tx, event: EventId, sold: &[(Ticket, Labels)]) -> Result<Vec<NewEntry>, StoreError> {
    let tickets: Vec<Ticket> = sold.iter().map(|(ticket, _)| *ticket).collect();
    store::insert(tx, event, &tickets).await?;
    let (valid, cancelled): (Vec<Ticket>, Vec<Ticket>) =
        tickets.iter().partition(|ticket| ticket.row.status != TicketStatus::Cancelled);
    if let Some(first) = tickets.first() {
        tell(tx, event, Kind::TicketIssued, &valid, first.created_at).await?;
        tell(tx, event, Kind::TicketRevoked, &cancelled, first.created_at).await?;
    }
    Ok(sold.iter().map(|(ticket, labels)| entry(ticket.id, ticket.row, labels)).collect())
}

/// Cancels a ticket whose sale the door took back, and returns what the feed says about it: nothing if it was
/// cancelled already. The event's feed is locked.
///
/// # Errors
///
/// [`StoreError`].
pub async fn cancel_sold(
    tx: &mut Tx,
    event: EventId,
    id: TicketId,
    now: UnixMillis,
) -> Result<Option<NewEntry>, StoreError> {
    let ticket = store::find(tx, event, id).await?.ok_or(StoreError::Corrupt("ticket_id"))?;
    let Ok(Some(mut after)) = changed(&ticket, Change::Cancel) else { return Ok(None) };
    after.changed_at = now;
    let labels = registrations::labels(tx, ticket.registration).await?;
    store::update(tx, event, &ticket, &after).await?;
    registrations::note_cancelled(tx, event, ticket.registration, "", now).await?;
    tell(tx, event, Kind::TicketRevoked, &[after], now).await?;
    Ok(Some(entry(id, after.row, &labels)))
}

/// Returns random ticket numbers that the event does not have yet.
async fn free_ids(tx: &mut Tx, event: EventId, count: usize) -> Result<Vec<TicketId>, StoreError> {
    let mut ids = HashSet::with_capacity(count);
    loop {
        while ids.len() < count {
            ids.insert(random_id());
        }
        let drawn: Vec<TicketId> = ids.iter().copied().collect();
        let taken = store::which_exist(tx, event, &drawn).await?;
        if taken.is_empty() {
            return Ok(drawn);
        }
        ids.retain(|id| !taken.contains(id));
    }
}

fn random_id() -> TicketId {
    loop {
        let serial = u64::from_be_bytes(random_bytes()) >> 16;
        if let Some(id) = TicketId::new(DeviceNo(0), serial).filter(|_| serial >= SERIAL_MIN) {
            return id;
        }
    }
}

/// Feed numbers stay below 2^32, because a credential carries them in 32 bits.
fn issue_number(number: u64) -> Result<Issue, StoreError> {
    u32::try_from(number).map(Issue).map_err(|_| StoreError::Corrupt("feeds.seq"))
}

fn entry(ticket: TicketId, row: Row, labels: &Labels) -> NewEntry {
    let Labels { name, note, email, order } = labels.clone();
    let ticket_row = TicketRow { row, name, note, email, group: order };
    Body::Ticket { ticket, ticket_row }.encode(Entity::ZERO)
}

/// What an organiser does to a ticket.
#[derive(Clone, Copy, Debug, Eq, PartialEq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It never counts again.
    Cancel,
    /// It does not count for now.
    Block,
    /// It counts again as it did before.
    Unblock,
    /// A new credential; the ones before count no more.
    Reissue,
    /// It is paid.
    Pay,
    /// It is somebody else's now, with a new credential.
    Transfer,
}

impl Change {
    const ALL: [Self; 6] = [Self::Cancel, Self::Block, Self::Unblock, Self::Reissue, Self::Pay, Self::Transfer];

    const fn makes_credential(self) -> bool {
        matches!(self, Self::Reissue | Self::Transfer)
    }

    const fn audited_as(self) -> &'static str {
        match self {
            Self::Cancel => "ticket.cancel",
            Self::Block => "ticket.block",
            Self::Unblock => "ticket.unblock",
            Self::Reissue => "ticket.reissue",
            Self::Pay => "ticket.pay",
            Self::Transfer => "ticket.transfer",
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Cancel => "cancel",
            Self::Block => "block",
            Self::Unblock => "unblock",
            Self::Reissue => "reissue",
            Self::Pay => "pay",
            Self::Transfer => "transfer",
        }
    }

    fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|change| change.name() == name)
    }
}

/// A change that was made.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Changed {
    /// What was done.
    pub change: Change,
    /// Why; may be empty.
    pub reason: String,
    /// By whom; nothing where nobody was logged in.
    pub account: Option<AccountId>,
    /// When.
    pub at: UnixMillis,
}

/// Why a ticket was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// There is no such ticket.
    #[error("there is no such ticket")]
    Unknown,
    /// A cancelled ticket stays cancelled.
    #[error("the ticket is cancelled")]
    Cancelled,
    /// Only the device that sold a ticket can sign its credential.
    #[error("the ticket was sold at the door")]
    SoldAtDoor,
    /// The event is closed or cancelled.
    #[error("nothing of the event changes any more")]
    Over(#[from] Over),
    /// The database failed.
    #[error("could not change the ticket")]
    Store(#[from] StoreError),
}

/// What a change makes of a ticket; nothing if it is so already.
fn changed(ticket: &Ticket, change: Change) -> Result<Option<Ticket>, ChangeError> {
    use TicketStatus::{Blocked, Cancelled, Unpaid, Valid};
    let mut after = *ticket;
    match (change, ticket.row.status) {
        (Change::Cancel, Cancelled) | (Change::Block, Blocked) | (Change::Unblock, Valid | Unpaid) => return Ok(None),
        (Change::Pay, Valid) => return Ok(None),
        (Change::Pay, Blocked) if ticket.status_before_block != Some(Unpaid) => return Ok(None),
        (_, Cancelled) => return Err(ChangeError::Cancelled),
        (Change::Cancel, _) => {
            after.row.status = Cancelled;
            after.status_before_block = None;
        }
        (Change::Block, status) => {
            after.row.status = Blocked;
            after.status_before_block = Some(status);
        }
        (Change::Unblock, Blocked) => {
            after.row.status = ticket.status_before_block.unwrap_or(Valid);
            after.status_before_block = None;
        }
        (Change::Pay, Unpaid) => after.row.status = Valid,
        (Change::Pay, Blocked) => after.status_before_block = Some(Valid),
        // The number is known only under the feed's lock.
        (Change::Reissue | Change::Transfer, _) => {}
    }
    Ok(Some(after))
}

/// Changes a ticket and tells the doors. Doing it again changes nothing, except that every re-issue makes
/// a new credential. Who is registered with a cancelled ticket is registered no more, and whoever waits moves up.
///
/// # Errors
///
/// [`ChangeError`].
pub async fn change(
    app: &App,
    organiser: Organiser,
    event: &Event,
    id: TicketId,
    change: Change,
    reason: String,
) -> Result<Ticket, ChangeError> {
    let mut tx = app.database().begin_write().await?;
    let now = app.clock().now();
    let Some((before, after)) = change_in(&mut tx, app, event.id, id, change, Some(organiser.account), &reason).await?
    else {
        return store::find(&mut tx, event.id, id).await?.ok_or(ChangeError::Unknown);
    };
    if change == Change::Cancel {
        registrations::note_cancelled(&mut tx, event.id, after.registration, &reason, now).await?;
        registrations::move_up(&mut tx, app, event).await?;
    }
    let noted = audit::Change {
        action: change.audited_as(),
        event: Some(event.id),
        // At some doors a ticket's number is enough to come in.
        subject: &after.registration.to_string(),
        before: json!({ "status": before.row.status, "issue": before.row.issue.0 }),
        after: json!({ "status": after.row.status, "issue": after.row.issue.0 }),
    };
    audit::note(&mut tx, organiser, &noted, now).await?;
    tx.commit().await?;
    Ok(after)
}

/// Changes a ticket within the caller's transaction and tells the doors; returns it as it was and as it is, or
/// nothing if it is so already.
///
/// # Errors
///
/// [`ChangeError`].
pub async fn change_in(
    tx: &mut Tx,
    app: &App,
    event: EventId,
    id: TicketId,
    change: Change,
    account: Option<AccountId>,
    reason: &str,
) -> Result<Option<(Ticket, Ticket)>, ChangeError> {
    // Whatever changes a ticket holds this lock, so what is read under it stays true.
    let head = feed::lock(tx, app.sealer(), event).await?;
    events::takes_changes(tx, event).await??;
    let before = store::find(tx, event, id).await?.ok_or(ChangeError::Unknown)?;
    if change.makes_credential() && before.is_sold_at_door() {
        return Err(ChangeError::SoldAtDoor);
    }
    let Some(mut after) = changed(&before, change)? else { return Ok(None) };
    let labels = registrations::labels(tx, before.registration).await?;
    after.changed_at = app.clock().now();
    if change.makes_credential() {
        after.row.issue = issue_number(head.next().0)?;
        after.kid = events::active_kid(tx, event).await?;
    }
    if change == Change::Cancel {
        walk_ins::store::note_cancelled(tx, event, id, after.changed_at).await?;
    }
    store::update(tx, event, &before, &after).await?;
    let changed = Changed { change, reason: reason.to_owned(), account, at: after.changed_at };
    store::insert_change(tx, event, id, head.next(), &changed).await?;
    feed::append_after(tx, head, &[entry(id, after.row, &labels)]).await?;
    tell_changed(tx, event, change, &[after], after.changed_at).await?;
    Ok(Some((before, after)))
}

/// Tells other programs what was done to tickets.
async fn tell_changed(
    tx: &mut Tx,
    event: EventId,
    change: Change,
    after: &[Ticket],
    at: UnixMillis,
) -> Result<(), StoreError> {
    match change {
        Change::Unblock | Change::Reissue | Change::Pay | Change::Transfer => {
            tell(tx, event, Kind::TicketIssued, after, at).await
        }
        Change::Block => tell(tx, event, Kind::TicketRevoked, after, at).await,
        Change::Cancel => {
            tell(tx, event, Kind::TicketRevoked, after, at).await?;
            let told = |ticket: &Ticket| json!({ "registration": ticket.registration, "ticket": ticket.id });
            webhooks::emit(tx, event, Kind::RegistrationCancelled, after.iter().map(told).collect(), at).await
        }
    }
}

/// Tells the doors anew of a ticket's holder and of what staff should look at; returns the ticket.
///
/// # Errors
///
/// [`StoreError`].
pub async fn relabel(
    tx: &mut Tx,
    app: &App,
    event: EventId,
    before: &Ticket,
    attention: bool,
    id_check: bool,
) -> Result<Ticket, StoreError> {
    let head = feed::lock(tx, app.sealer(), event).await?;
    let mut after = *before;
    (after.row.attention, after.row.id_check) = (attention, id_check);
    after.changed_at = app.clock().now();
    let labels = registrations::labels(tx, before.registration).await?;
    store::update(tx, event, before, &after).await?;
    feed::append_after(tx, head, &[entry(after.id, after.row, &labels)]).await?;
    Ok(after)
}

/// Takes what the doors were told of a ticket's holder back from all of them, and forgets why the ticket was changed.
/// The registration says already what is to be told instead.
///
/// # Errors
///
/// [`StoreError`].
pub async fn erase_holder(tx: &mut Tx, app: &App, event: EventId, before: &Ticket) -> Result<(), StoreError> {
    let head = feed::lock(tx, app.sealer(), event).await?;
    let mut after = *before;
    (after.row.attention, after.row.id_check) = (false, false);
    after.changed_at = app.clock().now();
    let labels = registrations::labels(tx, before.registration).await?;
    store::update(tx, event, before, &after).await?;
    store::erase_reasons(tx, event, before.id).await?;
    feed::erase(tx, head, &entry(after.id, after.row, &labels)).await
}

/// Makes a ticket's credential. Signatures are deterministic, so it is always the same and is stored
/// nowhere.
///
/// # Errors
///
/// [`StoreError`].
pub async fn credential(tx: &mut Tx, app: &App, event: EventId, ticket: &Ticket) -> Result<Credential, StoreError> {
    let key = events::ticket_key(tx, app.sealer(), event, ticket.kid).await?;
    Ok(sign(&key, event, ticket))
}

/// Makes the credential of a ticket of `key`.
pub fn sign(key: &TicketKey, event: EventId, ticket: &Ticket) -> Credential {
    let claims = Claims {
        is_test: false,
        signer: Signer::Server(key.kid),
        ticket: ticket.id,
        issue: ticket.row.issue,
        class: ticket.row.class,
    };
    claims.sign(event, &key.secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typed_code_has_ten_characters_and_a_check_symbol() {
        for _ in 0..100 {
            assert_eq!(random_id().typed_code().len(), 11);
        }
    }

    #[test]
    fn a_ticket_comes_back_from_a_block_as_it_was_and_never_from_a_cancellation() {
        let unpaid = ticket(TicketStatus::Unpaid);

        let blocked = changed(&unpaid, Change::Block).unwrap().unwrap();
        assert_eq!(blocked.row.status, TicketStatus::Blocked);
        assert!(changed(&blocked, Change::Block).unwrap().is_none());
        assert_eq!(changed(&blocked, Change::Unblock).unwrap(), Some(unpaid));

        let cancelled = changed(&blocked, Change::Cancel).unwrap().unwrap();
        assert!(changed(&cancelled, Change::Cancel).unwrap().is_none());
        assert!(matches!(changed(&cancelled, Change::Unblock), Err(ChangeError::Cancelled)));
        assert!(matches!(changed(&cancelled, Change::Reissue), Err(ChangeError::Cancelled)));
    }

    #[test]
    fn what_is_paid_while_it_is_blocked_is_valid_once_it_is_not() {
        let paid = changed(&ticket(TicketStatus::Unpaid), Change::Pay).unwrap().unwrap();
        assert_eq!(paid.row.status, TicketStatus::Valid);
        assert!(changed(&paid, Change::Pay).unwrap().is_none());

        let blocked = changed(&ticket(TicketStatus::Unpaid), Change::Block).unwrap().unwrap();
        let paid = changed(&blocked, Change::Pay).unwrap().unwrap();
        assert_eq!(paid.row.status, TicketStatus::Blocked);
        assert_eq!(changed(&paid, Change::Unblock).unwrap().unwrap().row.status, TicketStatus::Valid);
    }

    fn ticket(status: TicketStatus) -> Ticket {
        Ticket {
            id: TicketId(SERIAL_MIN),
            registration: RegistrationId([1; 16]),
            kid: Kid(1),
            row: Row { issue: Issue(3), class: ClassId(0), status, attention: false, id_check: false },
            status_before_block: None,
            created_at: UnixMillis(0),
            changed_at: UnixMillis(0),
        }
    }
}
