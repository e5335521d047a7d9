//! Sales at the door: who buys, how it is paid, and under which right (section 7).

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::batch::PERSONAL_DATA_BYTES_MAX;
use super::entry::{Amount, Entry, EntryKind};
use crate::bytes::DecodeError;
use crate::certificate::{Capabilities, Certificate};
use crate::id::{ClassId, DeviceNo, Issue, Seq, TicketId};
use crate::text::{self, EMAIL_BYTES_MAX, LABEL_BYTES_MAX};
use crate::time::UnixMillis;

/// The currency of a sale that cost nothing and has no price: ISO 4217's "none".
pub const NO_CURRENCY: [u8; 3] = [b'X'; 3];

/// Who bought a ticket at the door: the personal data beside a WALKIN entry, as JSON.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Guest {
    /// Their name; 1 to 128 bytes.
    pub name: String,
    /// Their e-mail address; at most 128 bytes; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub email: String,
}

impl Guest {
    /// Returns the personal data's bytes.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] if a text is missing, over its limit or not plain: such data could not be read.
    pub fn encode(&self) -> Result<Vec<u8>, DecodeError> {
        self.check()?;
        serde_json::to_vec(self).map_err(|_| DecodeError::Invalid("guest"))
    }

    /// Reads personal data.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] if it is not one guest and nothing else.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() > PERSONAL_DATA_BYTES_MAX {
            return Err(DecodeError::TooLong("guest"));
        }
        // Serde would read an array as well.
        if bytes.first() != Some(&b'{') {
            return Err(DecodeError::Invalid("guest"));
        }
        let guest: Self = serde_json::from_slice(bytes).map_err(|_| DecodeError::Invalid("guest"))?;
        guest.check()?;
        Ok(guest)
    }

    fn check(&self) -> Result<(), DecodeError> {
        for (text, bytes_max, field) in [(&self.name, LABEL_BYTES_MAX, "name"), (&self.email, EMAIL_BYTES_MAX, "email")]
        {
            if text.len() > bytes_max {
                return Err(DecodeError::TooLong(field));
            }
            if *text != text::tidy(text, bytes_max) {
                return Err(DecodeError::Invalid(field));
            }
        }
        if self.name.is_empty() { Err(DecodeError::Invalid("name")) } else { Ok(()) }
    }
}

/// How money was taken: the method of an [`Amount`].
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Payment {
    /// In coins and notes.
    Cash = 1,
    /// By a bank card, at a machine of its own.
    Card = 2,
    /// Not at all.
    Free = 3,
}

impl Payment {
    /// Every method, in order.
    pub const ALL: [Self; 3] = [Self::Cash, Self::Card, Self::Free];

    /// Reads the method's number.
    pub fn from_u8(value: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|payment| *payment as u8 == value)
    }

    /// Returns the method's name in interfaces.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cash => "cash",
            Self::Card => "card",
            Self::Free => "free",
        }
    }
}

/// What allowed a sale: the `reason` of its entry.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u16)]
pub enum Right {
    /// The terminal's lease, of which it spends one.
    Lease = 0,
    /// A supervisor, where none was left. The entry has OVERRIDE, and its note says who.
    Supervisor = 1,
    /// The policy, where none was left.
    Overflow = 2,
}

impl Right {
    /// Reads an entry's reason.
    pub const fn from_reason(reason: u16) -> Option<Self> {
        match reason {
            0 => Some(Self::Lease),
            1 => Some(Self::Supervisor),
            2 => Some(Self::Overflow),
            _ => None,
        }
    }

    /// Returns the number that an entry carries.
    pub const fn reason(self) -> u16 {
        self as u16
    }
}

/// Returns the number and the issue of the ticket that the entry `seq` of terminal `device` sells;
/// nothing beyond 2^32 − 1 entries.
pub fn ticket(device: DeviceNo, seq: Seq) -> Option<(TicketId, Issue)> {
    let issue = u32::try_from(seq.0).ok().map(Issue)?;
    TicketId::new(device, seq.0).map(|ticket| (ticket, issue))
}

/// What a WALKIN entry says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Sale {
    /// The ticket.
    pub ticket: TicketId,
    /// Its credential.
    pub issue: Issue,
    /// Its type.
    pub class: ClassId,
    /// What was taken, in the currency's minor unit.
    pub minor: u32,
    /// ISO 4217; [`NO_CURRENCY`] where nothing was taken and nothing was asked.
    pub currency: [u8; 3],
    /// How.
    pub payment: Payment,
    /// What allowed it.
    pub right: Right,
}

/// Why a WALKIN entry is no sale.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SaleError {
    /// It is another kind of entry.
    #[error("the entry is no sale")]
    OtherKind,
    /// The device may not sell, or not this ticket type.
    #[error("the device may not sell this ticket type")]
    NotAllowed,
    /// Its ticket is not the one that its number gives.
    #[error("the ticket is not the one of this entry")]
    Ticket,
    /// It does not say what was taken, or says it so that it cannot be right.
    #[error("the amount cannot be right")]
    Amount,
    /// It does not say under which right.
    #[error("the right is unknown")]
    Right,
    /// It does not say to whom.
    #[error("the guest is missing")]
    Guest,
}

impl Sale {
    /// Reads a WALKIN entry of the device that `certificate` is about.
    ///
    /// # Errors
    ///
    /// [`SaleError`].
    pub fn of(entry: &Entry, certificate: &Certificate) -> Result<Self, SaleError> {
        if entry.kind != EntryKind::WalkIn {
            return Err(SaleError::OtherKind);
        }
        if !certificate.capabilities.has(Capabilities::WALK_IN) || !certificate.walk_in_classes.contains(&entry.class) {
            return Err(SaleError::NotAllowed);
        }
        let (ticket, issue) = ticket(certificate.number, entry.seq).ok_or(SaleError::Ticket)?;
        if (entry.ticket, entry.issue) != (ticket, issue) {
            return Err(SaleError::Ticket);
        }
        let Amount { minor, currency, method } = entry.amount.ok_or(SaleError::Amount)?;
        let payment = Payment::from_u8(method).ok_or(SaleError::Amount)?;
        let is_free = payment == Payment::Free;
        if !currency.iter().all(u8::is_ascii_uppercase) || (is_free && minor != 0) {
            return Err(SaleError::Amount);
        }
        let right = Right::from_reason(entry.reason).ok_or(SaleError::Right)?;
        if entry.personal_data.is_none() {
            return Err(SaleError::Guest);
        }
        Ok(Self { ticket, issue, class: entry.class, minor, currency, payment, right })
    }
}

/// A terminal's right to sell one ticket type: what a LEASE entry says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Lease {
    /// How many the device may have sold in all since it was enrolled.
    pub count: u32,
    /// From when on it may sell no more.
    pub expires: UnixMillis,
}

impl Lease {
    /// Returns how many may still be sold at `now`, when `spent` are: the device's own sales of this type under
    /// [`Right::Lease`] that were not undone.
    pub fn left(&self, spent: u32, now: UnixMillis) -> u32 {
        if now < self.expires { self.count.saturating_sub(spent) } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{DeviceId, EventId};
    use crate::key::public_key;
    use crate::time::Window;
    use alloc::string::ToString as _;
    use alloc::vec;
    use ed25519_dalek::SigningKey;

    #[test]
    fn a_guest_reads_back_and_nothing_else_is_one() {
        for email in ["", "ada@example.org"] {
            let guest = Guest { name: "Ada \u{c9}".to_string(), email: email.to_string() };
            assert_eq!(Guest::decode(&guest.encode().unwrap()), Ok(guest));
        }
        for json in [
            r#"{}"#,
            r#"{"name":""}"#,
            r#"{"name":" Ada"}"#,
            r#"{"name":"Ada","phone":"1"}"#,
            r#"{"name":"Ada","email":"a\u0007"}"#,
            r#"{"name":"Ada"} x"#,
            r#"["Ada"]"#,
        ] {
            assert!(Guest::decode(json.as_bytes()).is_err(), "{json}");
        }
        assert!(Guest { name: "n".repeat(129), email: String::new() }.encode().is_err());
    }

    fn certificate() -> Certificate {
        let key = SigningKey::from_bytes(&[7; 32]);
        Certificate {
            event: EventId([1; 16]),
            device: DeviceId([2; 16]),
            number: DeviceNo(4),
            sign_key: public_key(&key),
            tls_key: [0; 32],
            capabilities: Capabilities::SCAN.and(Capabilities::WALK_IN),
            validity: Window::new(UnixMillis(0), UnixMillis(9)).unwrap(),
            gates: vec![],
            walk_in_classes: vec![ClassId(6)],
        }
    }

    fn entry() -> Entry {
        let mut entry = Entry::new(EntryKind::WalkIn, DeviceId([2; 16]), Seq(9), [0; 32]);
        (entry.ticket, entry.issue) = ticket(DeviceNo(4), Seq(9)).unwrap();
        entry.class = ClassId(6);
        entry.amount = Some(Amount { minor: 1_200, currency: *b"EUR", method: 1 });
        entry.personal_data = Some([5; 32]);
        entry
    }

    #[test]
    fn a_sale_names_the_ticket_of_its_own_number() {
        let sale = Sale::of(&entry(), &certificate()).unwrap();
        assert_eq!((sale.ticket.issuer(), sale.ticket.serial(), sale.issue), (DeviceNo(4), 9, Issue(9)));
        assert_eq!((sale.payment, sale.right), (Payment::Cash, Right::Lease));
        assert_eq!(ticket(DeviceNo(4), Seq(1 << 32)), None);
    }

    #[test]
    fn what_a_device_may_not_sell_or_does_not_say_is_no_sale() {
        type Change = fn(&mut Entry);
        let changes: [(Change, SaleError); 9] = [
            (|e| e.kind = EntryKind::Admit, SaleError::OtherKind),
            (|e| e.class = ClassId(7), SaleError::NotAllowed),
            (|e| e.issue = Issue(8), SaleError::Ticket),
            (|e| e.ticket = TicketId(9), SaleError::Ticket),
            (|e| e.amount = None, SaleError::Amount),
            (|e| e.amount = Some(Amount { minor: 1, currency: *b"EUR", method: 3 }), SaleError::Amount),
            (|e| e.amount = Some(Amount { minor: 1, currency: *b"eur", method: 1 }), SaleError::Amount),
            (|e| e.reason = 3, SaleError::Right),
            (|e| e.personal_data = None, SaleError::Guest),
        ];
        for (change, error) in changes {
            let mut entry = entry();
            change(&mut entry);
            assert_eq!(Sale::of(&entry, &certificate()), Err(error));
        }
        let scanner = Certificate { capabilities: Capabilities::SCAN, ..certificate() };
        assert_eq!(Sale::of(&entry(), &scanner), Err(SaleError::NotAllowed));
    }

    #[test]
    fn a_lease_ends_with_its_count_and_with_its_time() {
        let lease = Lease { count: 5, expires: UnixMillis(100) };
        assert_eq!(lease.left(3, UnixMillis(99)), 2);
        assert_eq!(lease.left(9, UnixMillis(99)), 0);
        assert_eq!(lease.left(0, UnixMillis(100)), 0);
    }
}
