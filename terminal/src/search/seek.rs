//! A search: first which words of the whole list what was typed may mean, then once through the
//! guests.

use std::collections::{BinaryHeap, HashMap};

use sync_protocol::id::{ClassId, TicketId};

use super::Results;
use super::index::{Index, Mention, ORDER_BYTES, Row};
use super::query::{Bits, Cost, Field, Met, PIECES_MAX, Piece, Query, UNMET, bit, bits_of};
use super::vocabulary::{Likeness, Vocabulary, WordId};

impl Index {
    /// Finds whom `typed` may mean: the best `limit` of them, the best first, and how many there are.
    ///
    /// Every word typed must be met. Those met without a slip come first, among them those whose
    /// words are typed to their end; equals come in the order of their names, then of their numbers.
    pub fn search(&self, typed: &str, limit: usize) -> Results {
        let query = Query::new(typed);
        if query.is_empty() {
            return Results::default();
        }
        let types = self.types_met(&query);
        let words = WordsMet::look_up(&self.words, &query);
        let all = types.values().fold(words.all, |bits, met| bits | bits_of(met));
        let results = if query.may_be_words(all) || query.may_be_code() {
            self.collect(limit, &query, &types, &words, |_, _| true)
        } else {
            Results::default()
        };
        if !results.is_empty() {
            return results;
        }
        // Two words may have been typed without the space between them.
        let parts = Parts::look_up(&self.words, &query);
        if !query.may_be_words(all | parts.all) {
            return results;
        }
        self.collect(limit, &query, &types, &words, |row, met| self.meet_run_together(row, &query, &parts, met))
    }

    /// Returns the ticket types that are met by their names.
    fn types_met(&self, query: &Query) -> HashMap<ClassId, Met> {
        let mut types = HashMap::new();
        for (class, words) in &self.types {
            let mut met = UNMET;
            for (slot, piece) in met.iter_mut().zip(query.pieces()) {
                let met_by = |typed: &String| {
                    words.iter().filter_map(move |word| Likeness::of(typed, None, word.as_bytes(), 0)).min()
                };
                let likeness = piece.spellings.iter().filter_map(met_by).min();
                *slot = likeness.map_or(Cost::NEVER, |likeness| piece.cost_of_type(likeness));
            }
            if bits_of(&met) != 0 {
                types.insert(*class, met);
            }
        }
        types
    }

    /// Goes through everybody who counts and keeps the best. `more` may meet further pieces, and says
    /// who is looked at any further.
    fn collect(
        &self,
        limit: usize,
        query: &Query,
        types: &HashMap<ClassId, Met>,
        words: &WordsMet,
        more: impl Fn(&Row, &mut Met) -> bool,
    ) -> Results {
        let mut results = Results::default();
        let may_be_code = query.may_be_code();
        // The worst of those kept is on top.
        let mut best: BinaryHeap<(Cost, [u8; ORDER_BYTES], TicketId, u32)> = BinaryHeap::new();
        for (number, row) in (0..).zip(&self.guests) {
            if row.status.is_none() {
                continue;
            }
            let mentions = self.mentions_of(row);
            let mut met = if types.is_empty() { None } else { types.get(&row.class).copied() }.unwrap_or(UNMET);
            if !more(row, &mut met) {
                continue;
            }
            let bits = mentions.iter().fold(bits_of(&met), |bits, mention| bits | words.bits_of(mention.word()));
            if (bits == 0 && !may_be_code) || !query.may_be_met(bits, row.ticket) {
                continue;
            }
            mentions.iter().for_each(|mention| words.meet(*mention, &mut met));
            let Some(cost) = query.cost(&met, row.ticket) else { continue };
            if cost.is_similar_only() {
                results.similar += 1;
            } else {
                results.matching += 1;
            }
            let is_full = best.len() >= limit;
            if is_full && best.peek().is_none_or(|worst| worst.0 < cost) {
                continue;
            }
            let candidate = (cost, self.order(row), row.ticket, number);
            if !is_full {
                best.push(candidate);
            } else if best.peek().is_some_and(|worst| candidate < *worst) {
                best.push(candidate);
                best.pop();
            }
        }
        let mut best = best.into_vec();
        best.sort_unstable();
        results.found = best
            .iter()
            .filter_map(|(cost, _, _, number)| self.found(self.guests.get(*number as usize)?, cost.is_similar_only()))
            .collect();
        results
    }

    /// Meets the pieces that are several words of a guest's name run together. Returns whether there
    /// are such.
    fn meet_run_together(&self, row: &Row, query: &Query, parts: &Parts, met: &mut Met) -> bool {
        let mentions = self.mentions_of(row);
        let mut bits = mentions.iter().fold(0, |bits, mention| bits | parts.bits_of(mention.word()));
        if bits == 0 {
            return false;
        }
        let name = || mentions.iter().filter(|mention| mention.field() == Some(Field::Name));
        let words: Vec<&str> = name().map(|mention| self.words.word(mention.word())).collect();
        for (number, (slot, piece)) in met.iter_mut().zip(query.pieces()).enumerate() {
            let has_parts = name().filter(|mention| parts.bits_of(mention.word()) & bit(number) != 0).count() > 1;
            let likeness = piece.spellings.iter().filter(|_| has_parts).filter_map(|typed| run_together(&words, typed));
            match likeness.min() {
                Some(likeness) => *slot = piece.cost(Field::Name, likeness).min(*slot),
                None => bits &= !bit(number),
            }
        }
        bits != 0
    }
}

/// Compares what was typed with several words put one behind the other, some left out.
fn run_together(words: &[&str], typed: &str) -> Option<Likeness> {
    (0..words.len()).find_map(|from| {
        let mut rest = typed;
        for word in words.iter().skip(from) {
            if let Some(behind) = rest.strip_prefix(word) {
                rest = behind;
            } else if rest.len() < typed.len() && word.starts_with(rest) {
                return Some(Likeness::Beginning);
            }
            if rest.is_empty() {
                return Some(Likeness::Whole);
            }
        }
        None
    })
}

/// The words of the list that the pieces of a query meet.
struct WordsMet {
    /// By word: a bit for each piece that meets it. Few words are met, so this is looked at first.
    bits: Vec<Bits>,
    /// By word and piece: a [`Likeness`] as a byte, or 0.
    likenesses: Vec<[u8; PIECES_MAX]>,
    costs: [Costs; PIECES_MAX],
    /// The pieces that meet any word.
    all: Bits,
}

/// What it costs to meet a piece, by field and likeness.
#[derive(Clone, Copy)]
struct Costs([[Cost; Likeness::ALL.len()]; Field::ALL.len()]);

impl Costs {
    const NEVER: Self = Self([[Cost::NEVER; Likeness::ALL.len()]; Field::ALL.len()]);

    fn of(piece: &Piece) -> Self {
        Self(Field::ALL.map(|field| Likeness::ALL.map(|likeness| piece.cost(field, likeness))))
    }

    fn cost(&self, field: Field, likeness: u8) -> Cost {
        let place = usize::from(likeness).wrapping_sub(1);
        self.0.get(field as usize).and_then(|field| field.get(place)).copied().unwrap_or(Cost::NEVER)
    }
}

impl WordsMet {
    fn look_up(words: &Vocabulary, query: &Query) -> Self {
        let mut costs = [Costs::NEVER; PIECES_MAX];
        costs.iter_mut().zip(query.pieces()).for_each(|(costs, piece)| *costs = Costs::of(piece));
        let (bits, likenesses) = (vec![0; words.len()], vec![[0; PIECES_MAX]; words.len()]);
        let mut met = Self { bits, likenesses, costs, all: 0 };
        for (number, piece) in query.pieces().iter().enumerate() {
            for spelling in &piece.spellings {
                words.look_up(spelling, piece.slips_max, |id, likeness| met.note(id, number, likeness));
            }
        }
        met
    }

    fn note(&mut self, id: WordId, piece: usize, likeness: Likeness) {
        self.all |= bit(piece);
        if let Some(bits) = self.bits.get_mut(id.0 as usize) {
            *bits |= bit(piece);
        }
        let slot = self.likenesses.get_mut(id.0 as usize).and_then(|word| word.get_mut(piece));
        if let Some(slot) = slot.filter(|slot| **slot == 0 || **slot > likeness as u8) {
            *slot = likeness as u8;
        }
    }

    fn bits_of(&self, word: WordId) -> Bits {
        self.bits.get(word.0 as usize).copied().unwrap_or(0)
    }

    /// Keeps for each piece the best that a guest's words meet it.
    fn meet(&self, mention: Mention, met: &mut Met) {
        if self.bits_of(mention.word()) == 0 {
            return;
        }
        let likenesses = self.likenesses.get(mention.word().0 as usize).copied().unwrap_or_default();
        let Some(field) = mention.field() else { return };
        for ((slot, costs), likeness) in met.iter_mut().zip(&self.costs).zip(likenesses).filter(|(_, it)| *it != 0) {
            *slot = costs.cost(field, likeness).min(*slot);
        }
    }
}

/// The words of the list that the pieces of a query may be put together of.
struct Parts {
    bits: Vec<Bits>,
    all: Bits,
}

impl Parts {
    fn look_up(words: &Vocabulary, query: &Query) -> Self {
        let mut parts = Self { bits: vec![0; words.len()], all: 0 };
        for (number, piece) in query.pieces().iter().enumerate().filter(|(_, piece)| piece.may_be_words()) {
            for spelling in &piece.spellings {
                words.look_up_parts(spelling, |id| {
                    parts.all |= bit(number);
                    if let Some(bits) = parts.bits.get_mut(id.0 as usize) {
                        *bits |= bit(number);
                    }
                });
            }
        }
        parts
    }

    fn bits_of(&self, word: WordId) -> Bits {
        self.bits.get(word.0 as usize).copied().unwrap_or(0)
    }
}
