//! A terminal's rows, read: what a decision at the door needs of them.

use std::collections::BTreeMap;

use sync_protocol::{
    feed::{
        Body, Entity, Kind,
        entry::{DeviceStatus, KeyPurpose},
    },
    id::{ClassId, DeviceNo, FeedSeq, Seq, TicketId},
    journal::{Movement, walk_in::Lease},
    key::{PublicKey, public_key},
    policy::Policy,
    ticket::{Keyring, keyring::Delegation},
    verdict::Row,
};

use crate::server::{EVENT, server_key};

/// A row of a terminal's disk.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct DiskRow {
    pub(crate) seq: FeedSeq,
    pub(crate) body: Vec<u8>,
}

/// The rows of a terminal's disk.
pub(crate) type Rows = BTreeMap<(Kind, Entity), DiskRow>;

/// What the rows say, and what the terminal itself has recorded since.
pub(crate) struct List {
    pub(crate) policy: Option<Policy>,
    pub(crate) keyring: Keyring,
    tickets: BTreeMap<TicketId, Row>,
    movements: BTreeMap<TicketId, Vec<Movement>>,
    leases: BTreeMap<(DeviceNo, ClassId), Lease>,
    /// The highest number of each device's journal that a movement names.
    seen: BTreeMap<DeviceNo, Seq>,
}

impl List {
    pub(crate) fn read(rows: &Rows) -> Self {
        let mut list = Self {
            policy: None,
            keyring: Keyring::new(EVENT),
            tickets: BTreeMap::new(),
            movements: BTreeMap::new(),
            leases: BTreeMap::new(),
            seen: BTreeMap::new(),
        };
        for ((kind, entity), row) in rows {
            list.apply(*kind, *entity, &row.body);
        }
        list
    }

    pub(crate) fn apply(&mut self, kind: Kind, entity: Entity, body: &[u8]) {
        match Body::decode(kind, entity, body) {
            Ok(Body::Policy(policy)) => self.policy = Some(policy),
            Ok(Body::Key { kid, purpose: KeyPurpose::Ticket, state, key }) => {
                if let Ok(key) = PublicKey::import(&key) {
                    self.keyring.add_key(EVENT, kid, key, state);
                }
            }
            Ok(Body::Ticket { ticket, ticket_row }) => {
                self.tickets.insert(ticket, ticket_row.row);
            }
            Ok(Body::Move(movement)) => self.record(movement),
            Ok(Body::Lease { device, class, count, expires }) => {
                self.leases.insert((device, class), Lease { count, expires });
            }
            Ok(Body::Device { status, last_seq, certificate, .. }) => {
                if let Ok(certificate) = certificate.open(&public_key(&server_key())) {
                    self.keyring.set_delegation(Delegation {
                        device: certificate.number,
                        key: certificate.sign_key,
                        capabilities: certificate.capabilities,
                        classes: certificate.walk_in_classes,
                        revoked_after: (status != DeviceStatus::Active).then_some(last_seq),
                    });
                }
            }
            _ => {}
        }
    }

    pub(crate) fn record(&mut self, movement: Movement) {
        let seen = self.seen.entry(movement.device).or_default();
        *seen = movement.seq.max(*seen);
        let of_ticket = self.movements.entry(movement.ticket).or_default();
        if !of_ticket.contains(&movement) {
            of_ticket.push(movement);
        }
    }

    pub(crate) fn lease(&self, device: DeviceNo, class: ClassId) -> Option<Lease> {
        self.leases.get(&(device, class)).copied()
    }

    pub(crate) fn seen(&self, device: DeviceNo) -> Seq {
        self.seen.get(&device).copied().unwrap_or_default()
    }

    pub(crate) fn row(&self, ticket: TicketId) -> Option<&Row> {
        self.tickets.get(&ticket)
    }

    pub(crate) fn history(&self, ticket: TicketId) -> &[Movement] {
        self.movements.get(&ticket).map_or(&[], Vec::as_slice)
    }
}
