//! Everybody on the list, held so that a few milliseconds find them by anything that is typed.
//!
//! Each guest is a row of word numbers: there is nothing to keep in order when rows change, and
//! little that takes memory.

use std::hash::BuildHasher as _;

use hashbrown::hash_table::Entry as Slot;
use hashbrown::{DefaultHashBuilder, HashTable};
use sync_protocol::id::{ClassId, TicketId};
use sync_protocol::verdict::TicketStatus;

use super::arena::{Arena, Place};
use super::fold::{Spelling, fold, fold_spelled, pieces};
use super::query::Field;
use super::vocabulary::{Vocabulary, WordId};
use super::{Found, Guest};

/// A word's number takes the rest of a [`Mention`].
const FIELD_SHIFT: u32 = 29;
/// The bytes of a name that its place in the alphabet is told by.
pub(super) const ORDER_BYTES: usize = 16;
/// So many rows that no longer count are carried before it is worth reading everything anew.
const GONE_MAX: usize = 4_096;

/// Everybody on the list.
#[derive(Default)]
pub struct Index {
    pub(super) guests: Vec<Row>,
    mentions: Vec<Mention>,
    texts: Arena,
    pub(super) words: Vocabulary,
    places: HashTable<u32>,
    hasher: DefaultHashBuilder,
    pub(super) types: Vec<(ClassId, Vec<String>)>,
    gone: usize,
}

/// A guest.
pub(super) struct Row {
    pub(super) ticket: TicketId,
    text: Place,
    mentions_from: u32,
    mentions: u16,
    pub(super) class: ClassId,
    /// Nothing once the row does not count any more.
    pub(super) status: Option<TicketStatus>,
}

/// A word and where it stands: the field's number in the upper three bits, the word's below.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) struct Mention(u32);

impl Mention {
    const fn new(word: WordId, field: Field) -> Self {
        Self((field as u32) << FIELD_SHIFT | (word.0 & ((1 << FIELD_SHIFT) - 1)))
    }

    pub(super) const fn word(self) -> WordId {
        WordId(self.0 & ((1 << FIELD_SHIFT) - 1))
    }

    pub(super) fn field(self) -> Option<Field> {
        Field::from_u8((self.0 >> FIELD_SHIFT) as u8)
    }
}

impl Index {
    /// Takes a guest in, in place of what was known of the ticket.
    pub fn insert(&mut self, guest: &Guest<'_>) {
        let number = self.guests.len() as u32;
        let hash = self.hasher.hash_one(guest.ticket.0);
        let (guests, hasher) = (&mut self.guests, &self.hasher);
        let slot = self.places.entry(
            hash,
            |place| guests.get(*place as usize).is_some_and(|row| row.ticket == guest.ticket),
            |place| guests.get(*place as usize).map_or(0, |row| hasher.hash_one(row.ticket.0)),
        );
        match slot {
            Slot::Vacant(slot) => {
                slot.insert(number);
            }
            Slot::Occupied(mut slot) => {
                if let Some(row) = guests.get_mut(*slot.get() as usize) {
                    if Text::read(self.texts.get(row.text)).is_of(guest) {
                        (row.class, row.status) = (guest.class, Some(guest.status));
                        return;
                    }
                    row.status = None;
                    self.gone += 1;
                }
                *slot.get_mut() = number;
            }
        }
        let from = self.mentions.len();
        self.mention_all(guest);
        let row = Row {
            ticket: guest.ticket,
            text: Text::write(guest, &mut self.texts),
            mentions_from: from as u32,
            mentions: u16::try_from(self.mentions.len() - from).unwrap_or(u16::MAX),
            class: guest.class,
            status: Some(guest.status),
        };
        self.guests.push(row);
    }

    fn mention_all(&mut self, guest: &Guest<'_>) {
        let from = self.mentions.len();
        guest.name.split_whitespace().for_each(|chunk| self.mention_chunk(from, chunk, Field::Name));
        guest.group.split_whitespace().for_each(|chunk| self.mention_chunk(from, chunk, Field::Order));
        let (local, domain) = guest.email.split_once('@').unwrap_or((guest.email, ""));
        pieces(local).iter().for_each(|piece| self.mention(from, piece.text, Field::Mail));
        let domain = pieces(domain);
        if let Some((top, labels)) = domain.split_last() {
            labels.iter().for_each(|piece| self.mention(from, piece.text, Field::Domain));
            self.mention(from, top.text, Field::Top);
        }
    }

    fn mention_chunk(&mut self, from: usize, chunk: &str, field: Field) {
        let pieces = pieces(chunk);
        for piece in &pieces {
            self.mention(from, piece.text, field);
            if piece.is_unspaced {
                let behind = piece.text.char_indices().skip(1).filter_map(|(at, _)| piece.text.get(at..));
                behind.for_each(|rest| self.mention(from, rest, Field::Inside));
            }
        }
        // Jean-Luc is looked for as jeanluc, O'Brien as obrien.
        if pieces.len() > 1 && !pieces.iter().any(|piece| piece.is_unspaced) {
            let joined: String = pieces.iter().map(|piece| piece.text).collect();
            self.mention(from, &joined, field);
        }
    }

    fn mention(&mut self, from: usize, text: &str, field: Field) {
        for word in [Some(fold(text, Spelling::Bare)), fold_spelled(text)].into_iter().flatten() {
            if word.is_empty() {
                continue;
            }
            let mention = Mention::new(self.words.intern(&word), field);
            if !self.mentions.iter().skip(from).any(|held| *held == mention) {
                self.mentions.push(mention);
            }
        }
    }

    /// Forgets a ticket.
    pub fn remove(&mut self, ticket: TicketId) {
        let hash = self.hasher.hash_one(ticket.0);
        let guests = &mut self.guests;
        let is_it = |place: &u32| guests.get(*place as usize).is_some_and(|row| row.ticket == ticket);
        if let Ok(slot) = self.places.find_entry(hash, is_it) {
            let (place, _) = slot.remove();
            if let Some(row) = guests.get_mut(place as usize) {
                row.status = None;
                self.gone += 1;
            }
        }
    }

    /// Says what the ticket types are called, so that they can be looked for by name.
    pub fn set_types<'a>(&mut self, types: impl Iterator<Item = (ClassId, &'a str)>) {
        let words = |name: &str| {
            let pieces = name.split_whitespace().flat_map(pieces);
            pieces
                .flat_map(|piece| [Some(fold(piece.text, Spelling::Bare)), fold_spelled(piece.text)])
                .flatten()
                .collect()
        };
        self.types = types.map(|(class, name)| (class, words(name))).collect();
    }

    /// Forgets everybody and wipes their names from memory. What the ticket types are called stays.
    pub fn clear(&mut self) {
        self.guests = Vec::new();
        self.mentions = Vec::new();
        self.texts.clear();
        self.words.clear();
        self.places = HashTable::new();
        self.gone = 0;
    }

    /// Returns how many guests there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether nobody is there.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Whether so many rows were replaced that reading the list anew saves memory and time.
    pub const fn is_worn(&self) -> bool {
        self.gone > GONE_MAX && self.gone > self.guests.len() / 4
    }

    /// Returns how much memory this takes, in bytes, but for what allocating it costs.
    pub fn bytes(&self) -> usize {
        self.texts.bytes()
            + self.words.bytes()
            + self.guests.capacity() * size_of::<Row>()
            + self.mentions.capacity() * size_of::<Mention>()
            + self.places.allocation_size()
    }

    /// Returns a ticket's guest as the index has it.
    pub fn guest(&self, ticket: TicketId) -> Option<Found> {
        let hash = self.hasher.hash_one(ticket.0);
        let is_it = |place: &u32| self.guests.get(*place as usize).is_some_and(|row| row.ticket == ticket);
        let place = self.places.find(hash, is_it)?;
        self.found(self.guests.get(*place as usize)?, false)
    }

    /// Returns the tickets of one order, in the order of their numbers; none for an empty reference.
    pub fn group(&self, group: &str) -> Vec<TicketId> {
        let of_group = |row: &&Row| row.status.is_some() && Text::read(self.texts.get(row.text)).group == group;
        let mut tickets: Vec<TicketId> = if group.is_empty() {
            Vec::new()
        } else {
            self.guests.iter().filter(of_group).map(|row| row.ticket).collect()
        };
        tickets.sort_unstable();
        tickets
    }

    pub(super) fn mentions_of(&self, row: &Row) -> &[Mention] {
        let from = row.mentions_from as usize;
        self.mentions.get(from..from + usize::from(row.mentions)).unwrap_or_default()
    }

    /// Returns where a guest's name stands in the alphabet.
    pub(super) fn order(&self, row: &Row) -> [u8; ORDER_BYTES] {
        self.texts.get(row.text).first_chunk().copied().unwrap_or_default()
    }

    pub(super) fn found(&self, row: &Row, is_similar_only: bool) -> Option<Found> {
        let text = Text::read(self.texts.get(row.text));
        Some(Found {
            ticket: row.ticket,
            name: text.name.to_owned(),
            email: text.email.to_owned(),
            group: text.group.to_owned(),
            class: row.class,
            status: row.status?,
            is_similar_only,
        })
    }
}

/// What is kept of a guest to be read, behind their name's place in the alphabet.
#[derive(Default)]
struct Text<'a> {
    name: &'a str,
    email: &'a str,
    group: &'a str,
}

impl<'a> Text<'a> {
    fn write(guest: &Guest<'_>, texts: &mut Arena) -> Place {
        let folded: Vec<String> = guest.name.split_whitespace().map(|word| fold(word, Spelling::Bare)).collect();
        let mut order = [0; ORDER_BYTES];
        order.iter_mut().zip(folded.join(" ").bytes()).for_each(|(to, from)| *to = from);
        let [name, email] = [guest.name, guest.email].map(short);
        let lengths = [name.len() as u8, email.len() as u8];
        texts.push(&[&order, &lengths, name.as_bytes(), email.as_bytes(), short(guest.group).as_bytes()])
    }

    fn read(record: &'a [u8]) -> Self {
        let parts = || {
            let (_, rest) = record.split_first_chunk::<ORDER_BYTES>()?;
            let ([name, email], rest) = rest.split_first_chunk::<2>()?;
            let (name, rest) = rest.split_at_checked(usize::from(*name))?;
            let (email, group) = rest.split_at_checked(usize::from(*email))?;
            let [name, email, group] = [name, email, group].map(|text| std::str::from_utf8(text).unwrap_or_default());
            Some(Self { name, email, group })
        };
        parts().unwrap_or_default()
    }

    fn is_of(&self, guest: &Guest<'_>) -> bool {
        [self.name, self.email, self.group] == [guest.name, guest.email, guest.group].map(short)
    }
}

/// Cuts a text to what a length of one byte can say; the protocol allows half of that.
fn short(text: &str) -> &str {
    text.get(..text.floor_char_boundary(255)).unwrap_or_default()
}
