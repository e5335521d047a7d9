//! Rows in and out of ciphertext.
//!
//! Every sealed value is bound to the event, to its table, its key and its number, so that a row
//! that is moved or replaced by an older one does not open.

use std::sync::Arc;

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use sync_protocol::feed::{Entity, Kind};
use sync_protocol::hash::{Dst, Hash};
use sync_protocol::id::{EventId, Seq, TicketId};

use super::key::{self, Key};

/// A row's key in its table.
pub(super) type RowKey = [u8; 16];

/// What a sealed value belongs to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Table {
    Feed(Kind),
    Journal,
    State,
    Enrolment,
    DeviceKeys,
    Chunk,
    Personal,
}

impl Table {
    pub(super) const fn number(self) -> u8 {
        match self {
            Self::Feed(kind) => kind as u8,
            Self::Journal => 16,
            Self::State => 17,
            Self::Enrolment => 18,
            Self::DeviceKeys => 19,
            Self::Chunk => 20,
            Self::Personal => 21,
        }
    }
}

/// A value that does not open: changed, moved, or sealed under another key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Unsealable;

/// Seals and opens everything in one store. Clones share the keys.
#[derive(Clone)]
pub(super) struct Sealer(Arc<Keys>);

struct Keys {
    event: EventId,
    row: XChaCha20Poly1305,
    state: XChaCha20Poly1305,
    device: XChaCha20Poly1305,
    index: Hmac<Sha256>,
    digest: Hmac<Sha256>,
}

impl Sealer {
    pub(super) fn new(event: EventId, data_key: &Key) -> Self {
        let mac = |info| {
            let key = key::subkey(data_key, info);
            Hmac::new_from_slice(key.as_slice()).expect("HMAC takes a key of any length")
        };
        let cipher = |info| key::cipher(&key::subkey(data_key, info));
        Self(Arc::new(Keys {
            event,
            row: cipher(b"row"),
            state: cipher(b"state"),
            device: cipher(b"dsign"),
            index: mac(b"index"),
            digest: mac(b"digest"),
        }))
    }

    pub(super) fn event(&self) -> EventId {
        self.0.event
    }

    /// Seals `plain` as the row `key` of `table` with the number `seq`.
    pub(super) fn seal(&self, table: Table, key: &RowKey, seq: u64, plain: &[u8]) -> Vec<u8> {
        self.seal_with(&key::random(), table, key, seq, plain)
    }

    /// As [`Sealer::seal`], with a nonce that must never be used twice.
    pub(super) fn seal_with(&self, nonce: &[u8; 24], table: Table, key: &RowKey, seq: u64, plain: &[u8]) -> Vec<u8> {
        let aad = self.additional(table, key, seq);
        let sealed = self
            .cipher(table)
            .encrypt(&XNonce::from(*nonce), Payload { msg: plain, aad: &aad })
            .expect("a row is far below the cipher's limit of 256 GiB");
        let mut bytes = Vec::with_capacity(24 + sealed.len());
        bytes.extend_from_slice(nonce);
        bytes.extend_from_slice(&sealed);
        bytes
    }

    /// Opens what [`Sealer::seal`] made for exactly this place.
    pub(super) fn open(&self, table: Table, key: &RowKey, seq: u64, sealed: &[u8]) -> Result<Vec<u8>, Unsealable> {
        let (nonce, sealed) = sealed.split_first_chunk::<24>().ok_or(Unsealable)?;
        let aad = self.additional(table, key, seq);
        let payload = Payload { msg: sealed, aad: &aad };
        self.cipher(table).decrypt(&XNonce::from(*nonce), payload).map_err(|_| Unsealable)
    }

    /// Returns the key under which a feed entry's newest body lies. Tickets' keys tell nothing
    /// about their numbers.
    pub(super) fn row_key(&self, kind: Kind, entity: &Entity) -> RowKey {
        match kind {
            Kind::Ticket => {
                let [_, _, _, _, _, _, _, _, ticket @ ..] = entity.0;
                self.ticket_key(TicketId(u64::from_be_bytes(ticket)))
            }
            _ => entity.0,
        }
    }

    /// Returns the key of a ticket's row.
    pub(super) fn ticket_key(&self, ticket: TicketId) -> RowKey {
        self.blind(&ticket.0.to_be_bytes())
    }

    /// Returns the key of a downloaded chunk: its hash could confirm a guess of what is in it.
    pub(super) fn chunk_key(&self, hash: &Hash) -> RowKey {
        self.blind(hash)
    }

    fn blind(&self, bytes: &[u8]) -> RowKey {
        let mut mac = self.0.index.clone();
        mac.update(bytes);
        let hash: Hash = mac.finalize().into_bytes().into();
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, ..] = hash;
        [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]
    }

    /// Returns what a row adds to the digest over all rows.
    pub(super) fn share(&self, table: Table, key: &RowKey, seq: u64) -> Hash {
        let mut mac = self.0.digest.clone();
        mac.update(&[table.number()]);
        mac.update(key);
        mac.update(&seq.to_be_bytes());
        mac.finalize().into_bytes().into()
    }

    fn cipher(&self, table: Table) -> &XChaCha20Poly1305 {
        match table {
            Table::State => &self.0.state,
            Table::DeviceKeys => &self.0.device,
            _ => &self.0.row,
        }
    }

    fn additional(&self, table: Table, key: &RowKey, seq: u64) -> [u8; 57] {
        let mut bytes = [0; 57];
        let parts = [&Dst::ROW.as_bytes()[..], self.0.event.as_bytes(), &[table.number()], key, &seq.to_be_bytes()];
        for (to, from) in bytes.iter_mut().zip(parts.into_iter().flatten()) {
            *to = *from;
        }
        bytes
    }
}

/// Returns the key of the journal's row `seq`.
pub(super) fn journal_key(seq: Seq) -> RowKey {
    (u128::from(seq.0)).to_be_bytes()
}

/// Adds or takes away a row's share of the digest.
pub(super) fn toggle(digest: &mut Hash, share: &Hash) {
    for (to, from) in digest.iter_mut().zip(share) {
        *to ^= from;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sync_protocol::id::FeedSeq;

    fn sealer(event: u8, key: u8) -> Sealer {
        Sealer::new(EventId([event; 16]), &Key::new([key; 32]))
    }

    #[test]
    fn a_row_opens_in_its_own_place_alone() {
        let sealer = sealer(1, 2);
        let place = (Table::Feed(Kind::Ticket), [3; 16], FeedSeq(4).0);
        let sealed = sealer.seal(place.0, &place.1, place.2, b"Ada Lovelace");
        assert_eq!(sealer.open(place.0, &place.1, place.2, &sealed).unwrap(), b"Ada Lovelace");

        assert_eq!(sealer.open(Table::Feed(Kind::Move), &place.1, place.2, &sealed), Err(Unsealable));
        assert_eq!(sealer.open(place.0, &[9; 16], place.2, &sealed), Err(Unsealable));
        assert_eq!(sealer.open(place.0, &place.1, 5, &sealed), Err(Unsealable));
        assert_eq!(self::sealer(2, 2).open(place.0, &place.1, place.2, &sealed), Err(Unsealable));
        assert_eq!(self::sealer(1, 3).open(place.0, &place.1, place.2, &sealed), Err(Unsealable));
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(sealer.open(place.0, &place.1, place.2, &changed), Err(Unsealable), "byte {at}");
        }
        assert_eq!(sealer.open(place.0, &place.1, place.2, &sealed[..20]), Err(Unsealable));
    }

    #[test]
    fn the_digest_is_the_same_for_every_order_and_a_row_taken_away_leaves_no_trace() {
        let sealer = sealer(1, 2);
        let shares: Vec<Hash> = (0..5).map(|n| sealer.share(Table::Feed(Kind::Ticket), &[n; 16], 1)).collect();
        let sum = |order: &[usize]| {
            let mut digest = [0; 32];
            order.iter().for_each(|at| toggle(&mut digest, &shares[*at]));
            digest
        };
        assert_eq!(sum(&[0, 1, 2, 3, 4]), sum(&[4, 2, 0, 3, 1]));
        assert_eq!(sum(&[0, 1, 1, 2]), sum(&[0, 2]));
        assert_ne!(sum(&[0, 1]), sum(&[0, 2]));
    }
}
