//! Which keys may vouch for a credential, and in which state they are.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::credential::{Claims, Credential, CredentialError, Signer};
use crate::certificate::Capabilities;
use crate::id::{ClassId, DeviceNo, EventId, Issue, Kid, Seq, TicketId};
use crate::key::PublicKey;

/// What a ticket key may still do.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum KeyState {
    /// Signs and is accepted.
    Active = 1,
    /// Signs no more, is accepted.
    VerifyOnly = 2,
    /// Under suspicion: accepted only for credentials that equal a listed row.
    ListedOnly = 3,
    /// Refused.
    Rejected = 4,
}

impl KeyState {
    /// Reads the state's number in a KEY entry.
    pub const fn from_u8(value: u8) -> Option<Self> {
        match value {
            1 => Some(Self::Active),
            2 => Some(Self::VerifyOnly),
            3 => Some(Self::ListedOnly),
            4 => Some(Self::Rejected),
            _ => None,
        }
    }
}

/// A terminal's right to sign walk-in credentials, from its certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Delegation {
    /// The device's number.
    pub device: DeviceNo,
    /// D.sign.
    pub key: PublicKey,
    /// What the device may do at all.
    pub capabilities: Capabilities,
    /// The ticket types it may sell.
    pub classes: Vec<ClassId>,
    /// The device is revoked, and only entries up to this number count.
    pub revoked_after: Option<Seq>,
}

/// Why a presented text is no ticket of this event (stage A of section 4, codes A2 to A4).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ReadFailure {
    /// Not 122 characters of Base45.
    NotATicket,
    /// A format this program does not know.
    UnsupportedFormat,
    /// No event of this terminal has a key of that number.
    UnknownKey,
    /// Signed for another event that this terminal knows.
    OtherEvent(EventId),
    /// The key is refused, or is under suspicion and the credential is not listed as it stands.
    KeyRejected,
    /// A walk-in credential that its terminal may not have signed.
    DelegationInvalid,
    /// Nobody vouches for these bytes: forged or damaged.
    BadSignature,
}

impl From<CredentialError> for ReadFailure {
    fn from(error: CredentialError) -> Self {
        match error {
            CredentialError::NotATicket => Self::NotATicket,
            CredentialError::UnsupportedFormat => Self::UnsupportedFormat,
        }
    }
}

/// A credential somebody vouches for. Only [`Keyring::verify`] makes one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Verified {
    claims: Claims,
    needs_listed_row: bool,
}

impl Verified {
    /// Returns what the credential says.
    pub const fn claims(&self) -> &Claims {
        &self.claims
    }

    /// Whether the key is LISTED_ONLY, so that only an equal row makes the credential count.
    pub const fn needs_listed_row(&self) -> bool {
        self.needs_listed_row
    }
}

/// The keys of one event, and those of other events this terminal is enrolled for.
#[derive(Clone, Debug, Default)]
pub struct Keyring {
    event: Option<EventId>,
    keys: Vec<(EventId, Kid, PublicKey, KeyState)>,
    delegations: Vec<Delegation>,
}

impl Keyring {
    /// Returns an empty keyring for `event`.
    pub const fn new(event: EventId) -> Self {
        Self { event: Some(event), keys: Vec::new(), delegations: Vec::new() }
    }

    /// Adds a ticket key of `event`, or replaces the state of the same key.
    ///
    /// Two different keys may have one number; both are candidates.
    pub fn add_key(&mut self, event: EventId, kid: Kid, key: PublicKey, state: KeyState) {
        match self.keys.iter_mut().find(|(e, k, held, _)| (*e, *k, *held) == (event, kid, key)) {
            Some(held) => held.3 = state,
            None => self.keys.push((event, kid, key, state)),
        }
    }

    /// Adds or replaces what a terminal of this event may sign.
    pub fn set_delegation(&mut self, delegation: Delegation) {
        match self.delegations.iter_mut().find(|held| held.device == delegation.device) {
            Some(held) => *held = delegation,
            None => self.delegations.push(delegation),
        }
    }

    /// Returns the numbers of this event's ticket keys that vouch for credentials by themselves.
    pub fn vouching(&self) -> impl Iterator<Item = Kid> {
        let vouches = |state: KeyState| matches!(state, KeyState::Active | KeyState::VerifyOnly);
        let own = self.keys.iter().filter(move |(event, _, _, state)| Some(*event) == self.event && vouches(*state));
        own.map(|(_, kid, _, _)| *kid)
    }

    /// Reads and verifies a presented text.
    ///
    /// # Errors
    ///
    /// [`ReadFailure`] with the code of section 4.
    pub fn read(&self, text: &str) -> Result<Verified, ReadFailure> {
        self.verify(&Credential::from_text(text)?)
    }

    /// Verifies a credential against every candidate key.
    ///
    /// # Errors
    ///
    /// [`ReadFailure`] with the code of section 4.
    pub fn verify(&self, credential: &Credential) -> Result<Verified, ReadFailure> {
        match credential.signer() {
            Signer::Server(kid) => self.verify_server(credential, kid),
            Signer::Device(device) => self.verify_delegated(credential, device),
        }
    }

    fn verify_server(&self, credential: &Credential, kid: Kid) -> Result<Verified, ReadFailure> {
        let mut candidates = self.keys.iter().filter(|(_, k, _, _)| *k == kid).peekable();
        if candidates.peek().is_none() {
            return Err(ReadFailure::UnknownKey);
        }
        let Some((event, _, _, state)) = candidates.find(|(event, _, key, _)| credential.is_signed_by(key, *event))
        else {
            return Err(ReadFailure::BadSignature);
        };
        if Some(*event) != self.event {
            return Err(ReadFailure::OtherEvent(*event));
        }
        // Server tickets carry issuer 0, so that no key of the server can speak for a terminal.
        let claims = *credential.unverified();
        if claims.ticket.issuer() != DeviceNo(0) {
            return Err(ReadFailure::BadSignature);
        }
        match state {
            KeyState::Rejected => Err(ReadFailure::KeyRejected),
            KeyState::ListedOnly => Ok(Verified { claims, needs_listed_row: true }),
            KeyState::Active | KeyState::VerifyOnly => Ok(Verified { claims, needs_listed_row: false }),
        }
    }

    fn verify_delegated(&self, credential: &Credential, device: DeviceNo) -> Result<Verified, ReadFailure> {
        let (Some(event), Some(delegation)) = (self.event, self.delegations.iter().find(|d| d.device == device)) else {
            return Err(ReadFailure::UnknownKey);
        };
        if !credential.is_signed_by(&delegation.key, event) {
            return Err(ReadFailure::BadSignature);
        }
        let claims = *credential.unverified();
        let is_within = delegation.capabilities.has(Capabilities::WALK_IN)
            && claims.ticket.issuer() == device
            && claims.ticket.serial() == u64::from(claims.issue.0)
            && delegation.classes.contains(&claims.class)
            && delegation.revoked_after.is_none_or(|last| u64::from(claims.issue.0) <= last.0);
        if is_within { Ok(Verified { claims, needs_listed_row: false }) } else { Err(ReadFailure::DelegationInvalid) }
    }
}

/// Whether a row lists exactly this credential: what LISTED_ONLY asks for.
pub fn is_listed(claims: &Claims, row: Option<(TicketId, Issue)>) -> bool {
    row == Some((claims.ticket, claims.issue))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::public_key;
    use ed25519_dalek::SigningKey;

    const EVENT: EventId = EventId([1; 16]);
    const OTHER: EventId = EventId([2; 16]);

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_bytes(&[seed; 32])
    }

    fn claims(signer: Signer) -> Claims {
        Claims { is_test: false, signer, ticket: TicketId(5), issue: Issue(3), class: ClassId(0) }
    }

    fn keyring(state: KeyState) -> Keyring {
        let mut keyring = Keyring::new(EVENT);
        keyring.add_key(EVENT, Kid(1), public_key(&key(1)), state);
        keyring.add_key(OTHER, Kid(1), public_key(&key(2)), KeyState::Active);
        keyring
    }

    #[test]
    fn a_ticket_of_another_known_event_is_told_from_a_forged_one() {
        let server = Signer::Server(Kid(1));
        let keyring = keyring(KeyState::Active);
        assert!(keyring.verify(&claims(server).sign(EVENT, &key(1))).is_ok());
        assert_eq!(keyring.verify(&claims(server).sign(OTHER, &key(2))), Err(ReadFailure::OtherEvent(OTHER)));
        assert_eq!(keyring.verify(&claims(server).sign(EVENT, &key(3))), Err(ReadFailure::BadSignature));
        let unknown = claims(Signer::Server(Kid(9))).sign(EVENT, &key(1));
        assert_eq!(keyring.verify(&unknown), Err(ReadFailure::UnknownKey));
    }

    #[test]
    fn the_state_of_the_key_decides() {
        let credential = claims(Signer::Server(Kid(1))).sign(EVENT, &key(1));
        assert_eq!(keyring(KeyState::Rejected).verify(&credential), Err(ReadFailure::KeyRejected));
        assert!(keyring(KeyState::ListedOnly).verify(&credential).unwrap().needs_listed_row());
        assert!(!keyring(KeyState::VerifyOnly).verify(&credential).unwrap().needs_listed_row());
    }

    #[test]
    fn a_terminal_vouches_only_for_what_its_certificate_lets_it_sell() {
        let mut keyring = keyring(KeyState::Active);
        let delegation = |capabilities, classes, revoked_after| Delegation {
            device: DeviceNo(4),
            key: public_key(&key(4)),
            capabilities,
            classes,
            revoked_after,
        };
        let sold = |issue, class| {
            let ticket = TicketId::new(DeviceNo(4), issue).unwrap();
            Claims { is_test: false, signer: Signer::Device(DeviceNo(4)), ticket, issue: Issue(issue as u32), class }
                .sign(EVENT, &key(4))
        };
        assert_eq!(keyring.verify(&sold(3, ClassId(0))), Err(ReadFailure::UnknownKey));
        keyring.set_delegation(delegation(Capabilities::WALK_IN, alloc::vec![ClassId(0)], None));
        assert!(keyring.verify(&sold(3, ClassId(0))).is_ok());
        assert_eq!(keyring.verify(&sold(3, ClassId(1))), Err(ReadFailure::DelegationInvalid));
        keyring.set_delegation(delegation(Capabilities::WALK_IN, alloc::vec![ClassId(0)], Some(Seq(2))));
        assert_eq!(keyring.verify(&sold(3, ClassId(0))), Err(ReadFailure::DelegationInvalid));
        keyring.set_delegation(delegation(Capabilities::SCAN, alloc::vec![ClassId(0)], None));
        assert_eq!(keyring.verify(&sold(3, ClassId(0))), Err(ReadFailure::DelegationInvalid));
    }
}
