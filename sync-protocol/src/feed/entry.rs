//! What a feed entry is about and what it says.

use alloc::string::String;
use alloc::vec::Vec;

use crate::bytes::{DecodeError, Put as _, Reader};
use crate::certificate::SignedCertificate;
use crate::id::{ClassId, DeviceId, DeviceNo, Issue, Kid, Seq, TicketId};
use crate::journal::Movement;
use crate::policy::{POLICY_BYTES_MAX, Policy};
use crate::text::{self, EMAIL_BYTES_MAX, GROUP_BYTES_MAX, LABEL_BYTES_MAX};
use crate::ticket::KeyState;
use crate::time::UnixMillis;
use crate::verdict::{Row, TicketStatus};

/// The longest NOTICE body.
pub const NOTICE_BYTES_MAX: usize = 64 * 1024;
/// The longest body of any kind but POLICY and NOTICE.
pub const BODY_BYTES_MAX: usize = 4_096;

/// What an entry is about.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(u8)]
pub enum Kind {
    /// The event's rules.
    Policy = 1,
    /// A key that signs credentials, or S.
    Key = 2,
    /// An enrolled device.
    Device = 3,
    /// A ticket.
    Ticket = 4,
    /// A movement that some device recorded.
    Move = 5,
    /// Words for people.
    Notice = 6,
    /// A terminal's right to sell.
    Lease = 7,
    /// The event is closed.
    Close = 8,
}

impl Kind {
    /// Every kind, in order.
    pub const ALL: [Self; 8] =
        [Self::Policy, Self::Key, Self::Device, Self::Ticket, Self::Move, Self::Notice, Self::Lease, Self::Close];

    /// Reads the kind's number.
    pub fn from_u8(value: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == value)
    }

    /// Returns the longest body of this kind.
    pub const fn body_bytes_max(self) -> usize {
        match self {
            Self::Policy => POLICY_BYTES_MAX,
            Self::Notice => NOTICE_BYTES_MAX,
            _ => BODY_BYTES_MAX,
        }
    }
}

/// What exactly an entry is about: sixteen bytes whose layout depends on the kind.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Entity(pub [u8; 16]);

impl Entity {
    /// The entity of POLICY and CLOSE.
    pub const ZERO: Self = Self([0; 16]);

    /// Returns the entity of a ticket key.
    pub fn key(kid: Kid) -> Self {
        Self::of_parts(&[&[0; 14], &kid.0.to_be_bytes()])
    }

    /// Returns the entity of a device.
    pub const fn device(device: DeviceId) -> Self {
        Self(device.0)
    }

    /// Returns the entity of a ticket.
    pub fn ticket(ticket: TicketId) -> Self {
        Self::of_parts(&[&[0; 8], &ticket.0.to_be_bytes()])
    }

    /// Returns the entity of a movement.
    pub fn movement(device: DeviceNo, seq: Seq) -> Self {
        Self::of_parts(&[&device.0.to_be_bytes(), &[0; 6], &seq.0.to_be_bytes()])
    }

    /// Returns the entity of a lease.
    pub fn lease(device: DeviceNo, class: ClassId) -> Self {
        Self::of_parts(&[&device.0.to_be_bytes(), &class.0.to_be_bytes(), &[0; 12]])
    }

    fn of_parts(parts: &[&[u8]]) -> Self {
        let mut bytes = [0; 16];
        for (to, from) in bytes.iter_mut().zip(parts.iter().copied().flatten()) {
            *to = *from;
        }
        Self(bytes)
    }
}

/// An entry that the server is about to number.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NewEntry {
    /// What it is about.
    pub kind: Kind,
    /// What exactly.
    pub entity: Entity,
    /// Its bytes.
    pub body: Vec<u8>,
}

/// What a key is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub enum KeyPurpose {
    /// Signs ticket credentials.
    Ticket = 1,
    /// Is the server's new S.
    Server = 2,
}

/// Whether a device counts.
#[derive(Clone, Copy, Debug, Eq, PartialEq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum DeviceStatus {
    /// It does.
    Active = 1,
    /// It does not any more.
    Revoked = 2,
    /// Two journals under its name exist.
    Forked = 3,
    /// It does not any more, and is told to erase itself.
    Wiped = 4,
}

impl DeviceStatus {
    /// Reads the status's number.
    pub const fn from_u8(value: u8) -> Option<Self> {
        match value {
            1 => Some(Self::Active),
            2 => Some(Self::Revoked),
            3 => Some(Self::Forked),
            4 => Some(Self::Wiped),
            _ => None,
        }
    }
}

/// What a TICKET entry says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TicketRow {
    /// What the verdict needs.
    pub row: Row,
    /// The attendee's name; at most 128 bytes.
    pub name: String,
    /// The note for the door; at most 128 bytes.
    pub note: String,
    /// The attendee's e-mail address; at most 128 bytes; empty where there is none.
    pub email: String,
    /// What holds tickets together, such as an order's reference; at most 64 bytes; empty for a
    /// ticket on its own. Tickets of one group can be admitted together.
    pub group: String,
}

/// What an entry says, read from its body.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Body {
    /// The event's rules.
    Policy(Policy),
    /// A key.
    Key {
        /// Its number.
        kid: Kid,
        /// What it is for.
        purpose: KeyPurpose,
        /// What it may still do.
        state: KeyState,
        /// Its 32 bytes, not yet imported.
        key: [u8; 32],
    },
    /// A device.
    Device {
        /// Which.
        device: DeviceId,
        /// Whether it counts.
        status: DeviceStatus,
        /// The last number of its journal that counts, once it is revoked.
        last_seq: Seq,
        /// Its certificate, not yet verified.
        certificate: SignedCertificate,
    },
    /// A ticket.
    Ticket {
        /// Which.
        ticket: TicketId,
        /// What it says.
        ticket_row: TicketRow,
    },
    /// A movement.
    Move(Movement),
    /// Words for people: JSON.
    Notice(Vec<u8>),
    /// A right to sell.
    Lease {
        /// Whose.
        device: DeviceNo,
        /// Of what.
        class: ClassId,
        /// How many.
        count: u32,
        /// Until when.
        expires: UnixMillis,
    },
    /// The event is closed.
    Close,
}

impl Body {
    /// Returns the entry's kind, entity and body bytes.
    ///
    /// Names and notes are cut to their limit; an e-mail address or a group over it is left out, as a part
    /// of one would be another.
    pub fn encode(&self, notice_entity: Entity) -> NewEntry {
        let mut body = Vec::new();
        let (kind, entity) = match self {
            Self::Policy(policy) => {
                body = policy.encode();
                (Kind::Policy, Entity::ZERO)
            }
            Self::Key { kid, purpose, state, key } => {
                body.put_u8(*purpose as u8).put_u8(*state as u8).put(key);
                (Kind::Key, Entity::key(*kid))
            }
            Self::Device { device, status, last_seq, certificate } => {
                body.put_u8(*status as u8).put_u64(last_seq.0);
                body.put_u16(certificate.bytes.len() as u16).put(&certificate.bytes).put(&certificate.signature);
                (Kind::Device, Entity::device(*device))
            }
            Self::Ticket { ticket, ticket_row } => {
                ticket_row.encode_into(&mut body);
                (Kind::Ticket, Entity::ticket(*ticket))
            }
            Self::Move(movement) => {
                body = movement.encode();
                (Kind::Move, Entity::movement(movement.device, movement.seq))
            }
            Self::Notice(json) => {
                body.clone_from(json);
                (Kind::Notice, notice_entity)
            }
            Self::Lease { device, class, count, expires } => {
                body.put_u32(*count).put_u64(expires.0);
                (Kind::Lease, Entity::lease(*device, *class))
            }
            Self::Close => (Kind::Close, Entity::ZERO),
        };
        NewEntry { kind, entity, body }
    }

    /// Reads a body together with the entity that names it.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] if the bytes are not exactly one body of that kind, or the entity has
    /// non-zero bytes where it may have none.
    pub fn decode(kind: Kind, entity: Entity, body: &[u8]) -> Result<Self, DecodeError> {
        if body.len() > kind.body_bytes_max() {
            return Err(DecodeError::TooLong("body"));
        }
        let mut reader = Reader::new(body);
        let mut name = Reader::new(&entity.0);
        let read = match kind {
            Kind::Policy => {
                zero(&mut name, 16)?;
                return Policy::decode(body).map(Self::Policy);
            }
            Kind::Key => {
                zero(&mut name, 14)?;
                let purpose = match reader.u8()? {
                    1 => KeyPurpose::Ticket,
                    2 => KeyPurpose::Server,
                    _ => return Err(DecodeError::Invalid("key purpose")),
                };
                let state = KeyState::from_u8(reader.u8()?).ok_or(DecodeError::Invalid("key state"))?;
                Self::Key { kid: Kid(name.u16()?), purpose, state, key: reader.array()? }
            }
            Kind::Device => {
                let status = DeviceStatus::from_u8(reader.u8()?).ok_or(DecodeError::Invalid("device status"))?;
                let last_seq = Seq(reader.u64()?);
                let length = usize::from(reader.u16()?);
                let bytes = reader.take(length)?.to_vec();
                let certificate = SignedCertificate { bytes, signature: reader.array()? };
                Self::Device { device: DeviceId(name.array()?), status, last_seq, certificate }
            }
            Kind::Ticket => {
                zero(&mut name, 8)?;
                Self::Ticket { ticket: TicketId(name.u64()?), ticket_row: TicketRow::decode(&mut reader)? }
            }
            Kind::Move => {
                let device = DeviceNo(name.u16()?);
                zero(&mut name, 6)?;
                return Movement::decode(device, Seq(name.u64()?), body).map(Self::Move);
            }
            Kind::Notice => return Ok(Self::Notice(body.to_vec())),
            Kind::Lease => {
                let (device, class) = (DeviceNo(name.u16()?), ClassId(name.u16()?));
                zero(&mut name, 12)?;
                Self::Lease { device, class, count: reader.u32()?, expires: UnixMillis(reader.u64()?) }
            }
            Kind::Close => {
                zero(&mut name, 16)?;
                Self::Close
            }
        };
        reader.finish()?;
        Ok(read)
    }
}

fn zero(reader: &mut Reader<'_>, count: usize) -> Result<(), DecodeError> {
    if reader.take(count)?.iter().all(|byte| *byte == 0) { Ok(()) } else { Err(DecodeError::Invalid("entity")) }
}

const ATTENTION: u8 = 1;
const ID_CHECK: u8 = 2;

impl TicketRow {
    /// Appends the body of a TICKET entry.
    pub fn encode_into(&self, body: &mut Vec<u8>) {
        let flags = if self.row.attention { ATTENTION } else { 0 } | if self.row.id_check { ID_CHECK } else { 0 };
        body.put_u32(self.row.issue.0).put_u16(self.row.class.0).put_u8(self.row.status as u8).put_u8(flags);
        for label in [&self.name, &self.note] {
            let label = text::tidy(label, LABEL_BYTES_MAX);
            body.put_u8(label.len() as u8).put(label.as_bytes());
        }
        let (email, group) = (whole(&self.email, EMAIL_BYTES_MAX), whole(&self.group, GROUP_BYTES_MAX));
        if !email.is_empty() || !group.is_empty() {
            for text in [email, group] {
                body.put_u8(text.len() as u8).put(text.as_bytes());
            }
        }
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let issue = Issue(reader.u32()?);
        let class = ClassId(reader.u16()?);
        let status = TicketStatus::from_u8(reader.u8()?).ok_or(DecodeError::Invalid("ticket status"))?;
        let flags = reader.u8()?;
        if flags & !(ATTENTION | ID_CHECK) != 0 {
            return Err(DecodeError::Invalid("ticket flags"));
        }
        let (name, note) = (label(reader, LABEL_BYTES_MAX, "name")?, label(reader, LABEL_BYTES_MAX, "note")?);
        let (mut email, mut group) = (String::new(), String::new());
        if !reader.is_empty() {
            email = label(reader, EMAIL_BYTES_MAX, "email")?;
            group = label(reader, GROUP_BYTES_MAX, "group")?;
            if email.is_empty() && group.is_empty() {
                return Err(DecodeError::Trailing);
            }
        }
        let row = Row { issue, class, status, attention: flags & ATTENTION != 0, id_check: flags & ID_CHECK != 0 };
        Ok(Self { row, name, note, email, group })
    }
}

fn label(reader: &mut Reader<'_>, bytes_max: usize, field: &'static str) -> Result<String, DecodeError> {
    let length = usize::from(reader.u8()?);
    if length > bytes_max {
        return Err(DecodeError::TooLong(field));
    }
    text::decode(reader.take(length)?, field).map(String::from)
}

/// Returns `text` as it may be sent, or nothing if it is longer than `bytes_max`.
fn whole(text: &str, bytes_max: usize) -> String {
    let tidy = text::tidy(text, usize::MAX);
    if tidy.len() > bytes_max { String::new() } else { tidy }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use alloc::vec;

    fn ticket(name: &str) -> Body {
        let row =
            Row { issue: Issue(9), class: ClassId(2), status: TicketStatus::Unpaid, attention: true, id_check: false };
        let ticket_row =
            TicketRow { row, name: name.to_string(), note: String::new(), email: String::new(), group: String::new() };
        Body::Ticket { ticket: TicketId(77), ticket_row }
    }

    fn in_group(email: &str, group: &str) -> Body {
        let Body::Ticket { ticket, mut ticket_row } = ticket("Ada Lovelace") else { panic!("not a ticket") };
        (ticket_row.email, ticket_row.group) = (email.to_string(), group.to_string());
        Body::Ticket { ticket, ticket_row }
    }

    fn bodies() -> Vec<Body> {
        vec![
            Body::Key { kid: Kid(3), purpose: KeyPurpose::Ticket, state: KeyState::Active, key: [4; 32] },
            Body::Device {
                device: DeviceId([8; 16]),
                status: DeviceStatus::Revoked,
                last_seq: Seq(5),
                certificate: SignedCertificate { bytes: vec![1, 2, 3], signature: [6; 64] },
            },
            Body::Device {
                device: DeviceId([8; 16]),
                status: DeviceStatus::Wiped,
                last_seq: Seq(5),
                certificate: SignedCertificate { bytes: vec![1, 2, 3], signature: [6; 64] },
            },
            ticket("Ada Lovelace"),
            Body::Lease { device: DeviceNo(2), class: ClassId(1), count: 30, expires: UnixMillis(99) },
            Body::Close,
        ]
    }

    #[test]
    fn every_body_reads_back_and_none_cut_or_grown_does() {
        for body in bodies() {
            let NewEntry { kind, entity, body: mut bytes } = body.encode(Entity::ZERO);
            assert_eq!(Body::decode(kind, entity, &bytes).as_ref(), Ok(&body));
            for length in 0..bytes.len() {
                assert!(Body::decode(kind, entity, &bytes[..length]).is_err(), "{kind:?} {length}");
            }
            bytes.push(0);
            assert!(Body::decode(kind, entity, &bytes).is_err(), "{kind:?}");
        }
    }

    #[test]
    fn a_name_is_cut_to_its_limit_and_stays_readable() {
        let NewEntry { kind, entity, body } = ticket(&"\u{e9}".repeat(100)).encode(Entity::ZERO);
        let Ok(Body::Ticket { ticket_row, .. }) = Body::decode(kind, entity, &body) else { panic!("unreadable") };
        assert_eq!(ticket_row.name.len(), 128);
    }

    #[test]
    fn a_ticket_tells_its_e_mail_address_and_its_group_where_it_has_them() {
        let bare = ticket("Ada Lovelace").encode(Entity::ZERO).body;
        for (email, group) in [("ada@example.org", "order-7"), ("ada@example.org", ""), ("", "order-7")] {
            let body = in_group(email, group);
            let NewEntry { kind, entity, body: mut bytes } = body.encode(Entity::ZERO);
            assert_eq!(Body::decode(kind, entity, &bytes).as_ref(), Ok(&body));
            // Cut before the tail it is a ticket without one; cut within, or grown, it is nothing.
            for length in bare.len() + 1..bytes.len() {
                assert!(Body::decode(kind, entity, &bytes[..length]).is_err(), "{length}");
            }
            bytes.push(0);
            assert!(Body::decode(kind, entity, &bytes).is_err());
        }
        assert_eq!(in_group(" ", "").encode(Entity::ZERO).body, bare);
        let empty_tail = [bare.as_slice(), &[0, 0]].concat();
        assert_eq!(Body::decode(Kind::Ticket, Entity::ticket(TicketId(77)), &empty_tail), Err(DecodeError::Trailing));
    }

    #[test]
    fn an_e_mail_address_over_its_limit_is_left_out_rather_than_cut() {
        let bare = ticket("Ada Lovelace").encode(Entity::ZERO).body;
        assert_eq!(in_group(&"a".repeat(129), &"o".repeat(65)).encode(Entity::ZERO).body, bare);
        assert_ne!(in_group(&"a".repeat(128), "").encode(Entity::ZERO).body, bare);
    }

    #[test]
    fn an_entity_with_stray_bytes_is_refused() {
        let NewEntry { kind, mut entity, body } = ticket("Ada").encode(Entity::ZERO);
        entity.0[0] = 1;
        assert_eq!(Body::decode(kind, entity, &body), Err(DecodeError::Invalid("entity")));
    }
}
