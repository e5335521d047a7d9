//! The organiser's side of an event without a server: who has which ticket, in which issue, signed with which key.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail};
use ed25519_dalek::SigningKey;
use harness::feed_world::EVENT;
use sync_protocol::certificate::Capabilities;
use sync_protocol::feed::Body;
use sync_protocol::feed::entry::{KeyPurpose, TicketRow};
use sync_protocol::id::{ClassId, DeviceNo, EventId, Issue, Kid, TicketId};
use sync_protocol::key::public_key;
use sync_protocol::ticket::credential::Signer;
use sync_protocol::ticket::{Claims, KeyState};
use sync_protocol::verdict::{Row, TicketStatus};

use crate::format::{Attendee, Change, IssueOf, Minted, Show, Shown, Status};
use crate::story::Story;

/// The number of the event's ticket key.
pub(crate) const KID: Kid = Kid(1);
/// Another event of the same organisation, and its ticket key.
pub(crate) const OTHER_EVENT: EventId = EventId([0xe2; 16]);
pub(crate) const OTHER_KID: Kid = Kid(2);
const OTHER_KEY: [u8; 32] = [0x77; 32];
/// A number that no ticket has.
const NOBODYS_SERIAL: u64 = 0x7777_7777;
/// How far beyond the last number a credential of the future lies.
const FUTURE: u64 = 100;

/// The number of a story's first door that has no server.
const FIRST_DOOR: u16 = 10;

/// Returns the number of a story's door.
pub(crate) fn door_number(door: usize) -> DeviceNo {
    DeviceNo(u16::try_from(door).unwrap_or(u16::MAX).saturating_add(FIRST_DOOR))
}

/// Returns the key that a story's door signs with.
pub(crate) fn door_key(door: usize) -> SigningKey {
    SigningKey::from_bytes(&[u8::try_from(door).unwrap_or(u8::MAX).saturating_add(0xa0); 32])
}

/// What a story's doors may do: they sell nothing.
pub(crate) const DOOR_MAY: Capabilities = Capabilities::SCAN.and(Capabilities::SEARCH).and(Capabilities::SUPERVISOR);

/// One attendee's ticket.
#[derive(Clone, Debug)]
struct Held {
    ticket: TicketId,
    row: Row,
    /// Every credential's issue, oldest first.
    issues: Vec<Issue>,
}

/// Tickets and keys of one event.
pub(crate) struct Book {
    key: SigningKey,
    held: BTreeMap<String, Held>,
    /// The last number of the feed that all this stands in.
    pub(crate) seq: u64,
}

/// Returns the public half of the other event's key.
pub(crate) fn other_key() -> sync_protocol::key::PublicKey {
    public_key(&SigningKey::from_bytes(&OTHER_KEY))
}

impl Book {
    /// Returns a book whose feed has `seq` entries and whose tickets are signed with `key`.
    pub(crate) const fn new(key: SigningKey, seq: u64) -> Self {
        Self { key, held: BTreeMap::new(), seq }
    }

    /// Returns every ticket as the newest list has it.
    pub(crate) fn rows(&self) -> BTreeMap<TicketId, Row> {
        self.held.values().map(|held| (held.ticket, held.row)).collect()
    }

    /// Returns whose ticket this is.
    pub(crate) fn name_of(&self, ticket: TicketId) -> Option<&str> {
        self.held.iter().find(|(_, held)| held.ticket == ticket).map(|(name, _)| name.as_str())
    }

    /// Returns which type every ticket has.
    pub(crate) fn class_of(&self, ticket: TicketId) -> Option<ClassId> {
        self.held.values().find(|held| held.ticket == ticket).map(|held| held.row.class)
    }

    /// Registers somebody, and returns what terminals are told.
    pub(crate) fn register(&mut self, story: &Story, attendee: &Attendee) -> Body {
        let serial = self.held.len() as u64 + 1;
        let issue = self.next();
        let status = match attendee.status {
            Status::Valid => TicketStatus::Valid,
            Status::Unpaid => TicketStatus::Unpaid,
            Status::Blocked => TicketStatus::Blocked,
            Status::Cancelled => TicketStatus::Cancelled,
        };
        let class = story.class(attendee.ticket_type.as_deref());
        let row = Row { issue, class, status, attention: attendee.attention, id_check: attendee.id_check };
        let held = Held { ticket: harness::feed_world::ticket(serial), row, issues: vec![issue] };
        let body = told(&attendee.name, &held);
        self.held.insert(attendee.name.clone(), held);
        body
    }

    /// Does what organisers do, and returns what terminals are told; nothing where it is the doors' business.
    pub(crate) fn change(&mut self, story: &Story, change: &Change) -> anyhow::Result<Option<Body>> {
        Ok(Some(match change {
            Change::Register(attendee) => self.register(story, attendee),
            Change::Block(name) => self.set_status(name, TicketStatus::Blocked)?,
            Change::Unblock(name) | Change::Pay(name) => self.set_status(name, TicketStatus::Valid)?,
            Change::Cancel(name) => self.set_status(name, TicketStatus::Cancelled)?,
            Change::Reissue(name) => {
                let issue = self.next();
                let held = self.held.get_mut(name).context("nobody of this name")?;
                held.issues.push(issue);
                held.row.issue = issue;
                told(name, held)
            }
            Change::Key(state) => {
                self.seq += 1;
                let key = public_key(&self.key).to_bytes();
                Body::Key { kid: KID, purpose: KeyPurpose::Ticket, state: *state, key }
            }
            _ => return Ok(None),
        }))
    }

    fn set_status(&mut self, name: &str, status: TicketStatus) -> anyhow::Result<Body> {
        self.seq += 1;
        let held = self.held.get_mut(name).context("nobody of this name")?;
        held.row.status = status;
        Ok(told(name, held))
    }

    fn next(&mut self) -> Issue {
        self.seq += 1;
        issue(self.seq)
    }

    /// Returns the text that is shown, and whether it is typed.
    pub(crate) fn shown(&self, story: &Story, show: &Show) -> anyhow::Result<(String, bool)> {
        let of = |name: &str| self.held.get(name).context("nobody of this name");
        Ok(match show {
            Show::Newest(name) => (self.credential(of(name)?, None)?, false),
            Show::Other(Shown::Credential { of: name, number }) => (self.credential(of(name)?, Some(*number))?, false),
            Show::Other(Shown::Number(name)) => (of(name)?.ticket.typed_code(), true),
            Show::Other(Shown::Text(text)) => (text.clone(), false),
            Show::Other(Shown::Typed(text)) => (text.clone(), true),
            Show::Other(Shown::Altered { of: name, how }) => {
                (crate::altered::altered(&self.credential(of(name)?, None)?, *how)?, false)
            }
            Show::Other(Shown::OtherEvent(_)) => {
                let claims = Claims {
                    is_test: false,
                    signer: Signer::Server(OTHER_KID),
                    ticket: harness::feed_world::ticket(1),
                    issue: Issue(5),
                    class: ClassId(0),
                };
                (claims.sign(OTHER_EVENT, &SigningKey::from_bytes(&OTHER_KEY)).to_text(), false)
            }
            Show::Other(Shown::Minted(minted)) => (self.minted(story, minted)?, false),
        })
    }

    fn credential(&self, held: &Held, number: Option<usize>) -> anyhow::Result<String> {
        let issue = match number {
            None => held.row.issue,
            Some(number) => {
                let at = number.checked_sub(1).and_then(|at| held.issues.get(at));
                *at.with_context(|| format!("there is no credential number {number}"))?
            }
        };
        Ok(self.sign(held.ticket, issue, held.row.class, false))
    }

    fn minted(&self, story: &Story, minted: &Minted) -> anyhow::Result<String> {
        if let Some(name) = &minted.sold_by {
            return self.sold(story.door(name).context("no door of this name")?);
        }
        let held = match &minted.of {
            Some(name) => Some(self.held.get(name).context("nobody of this name")?),
            None => None,
        };
        let newest = held.map_or(0, |held| u64::from(held.row.issue.0));
        let issued = match minted.issue {
            IssueOf::Past if newest >= self.seq => bail!("no number between this ticket's issue and the feed's end"),
            IssueOf::Past => newest + 1,
            IssueOf::Future => self.seq + FUTURE,
        };
        let class = match (&minted.ticket_type, held) {
            _ if minted.unknown_type => ClassId(999),
            (None, Some(held)) => held.row.class,
            (name, _) => story.class(name.as_deref()),
        };
        let ticket = held.map_or_else(|| harness::feed_world::ticket(NOBODYS_SERIAL), |held| held.ticket);
        Ok(self.sign(ticket, issue(issued), class, minted.test))
    }

    /// Signs a ticket as if a door had sold it: that of the journal's first entry.
    fn sold(&self, door: usize) -> anyhow::Result<String> {
        let number = door_number(door);
        let ticket = TicketId::new(number, 1).context("a serial has 48 bits")?;
        let claims =
            Claims { is_test: false, signer: Signer::Device(number), ticket, issue: Issue(1), class: ClassId(0) };
        Ok(claims.sign(EVENT, &door_key(door)).to_text())
    }

    fn sign(&self, ticket: TicketId, issue: Issue, class: ClassId, is_test: bool) -> String {
        debug_assert_eq!(ticket.issuer(), DeviceNo(0), "the server sells no walk-ins");
        Claims { is_test, signer: Signer::Server(KID), ticket, issue, class }.sign(EVENT, &self.key).to_text()
    }

    /// Returns the public half of the event's ticket key.
    pub(crate) fn public(&self) -> sync_protocol::key::PublicKey {
        public_key(&self.key)
    }
}

fn issue(seq: u64) -> Issue {
    Issue(u32::try_from(seq).unwrap_or(u32::MAX))
}

fn told(name: &str, held: &Held) -> Body {
    let ticket_row = TicketRow {
        row: held.row,
        name: name.to_owned(),
        note: String::new(),
        email: String::new(),
        group: String::new(),
    };
    Body::Ticket { ticket: held.ticket, ticket_row }
}

/// The state that a key has before anybody says something else.
pub(crate) const KEY_STATE: KeyState = KeyState::Active;
