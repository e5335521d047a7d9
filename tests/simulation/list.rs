//! A terminal's rows, read: what a decision at the door needs of them.

use std::collections::BTreeMap;

use sync_protocol::{
    feed::{Body, Entity, Kind, entry::KeyPurpose},
    id::{FeedSeq, TicketId},
    journal::Movement,
    key::PublicKey,
    policy::Policy,
    ticket::Keyring,
    verdict::Row,
};

use crate::server::EVENT;

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
}

impl List {
    pub(crate) fn read(rows: &Rows) -> Self {
        let mut list =
            Self { policy: None, keyring: Keyring::new(EVENT), tickets: BTreeMap::new(), movements: BTreeMap::new() };
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
            _ => {}
        }
    }

    pub(crate) fn record(&mut self, movement: Movement) {
        let of_ticket = self.movements.entry(movement.ticket).or_default();
        if !of_ticket.contains(&movement) {
            of_ticket.push(movement);
        }
    }

    pub(crate) fn row(&self, ticket: TicketId) -> Option<&Row> {
        self.tickets.get(&ticket)
    }

    pub(crate) fn history(&self, ticket: TicketId) -> &[Movement] {
        self.movements.get(&ticket).map_or(&[], Vec::as_slice)
    }
}
