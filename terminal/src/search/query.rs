//! What was typed, cut into pieces that must all be met, and how well a guest meets them.

use super::code::CodePart;
use super::fold::{Spelling, fold, fold_spelled, pieces};
use super::vocabulary::Likeness;
use sync_protocol::id::TicketId;

/// So many pieces are looked for; further ones count for nothing.
pub(super) const PIECES_MAX: usize = 8;
/// From this length on one slip is forgiven, in letters.
const ONE_SLIP_LETTERS: usize = 4;
/// From this length on two are.
const TWO_SLIPS_LETTERS: usize = 8;
/// Where an e-mail is hosted, and a ticket type, are looked for from this length on.
const COMMON_LETTERS_MIN: usize = 3;

/// Where a word of a guest stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub(super) enum Field {
    /// In the name.
    Name = 0,
    /// Inside a name that has no spaces.
    Inside,
    /// In the order's reference.
    Order,
    /// Before the @ of the e-mail.
    Mail,
    /// Behind it.
    Domain,
    /// At the very end of it: com, org, de.
    Top,
}

impl Field {
    pub(super) const ALL: [Self; 6] = [Self::Name, Self::Inside, Self::Order, Self::Mail, Self::Domain, Self::Top];

    /// Reads what `as u8` wrote.
    pub(super) fn from_u8(value: u8) -> Option<Self> {
        Self::ALL.get(usize::from(value)).copied()
    }
}

/// Where a piece is looked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Scope {
    /// Everywhere.
    Any,
    /// Everywhere, the end of an e-mail included.
    Dotted,
    /// Before the @ of an e-mail.
    Mail,
    /// Behind it.
    Domain,
}

/// How badly something is met: the fewer slips the better, then the fewer words left unfinished,
/// then the more telling the field.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Cost(u32);

impl Cost {
    /// Met by what was looked for itself.
    const NONE: Self = Self(0);
    /// Not met at all.
    pub(super) const NEVER: Self = Self(u32::MAX);
    const TICKET_TYPE: u32 = 3;
    const PART_OF_CODE: Self = Self(1 << 8 | 6);

    const fn new(likeness: Likeness, field: u32) -> Self {
        Self(likeness.slips() << 16 | (likeness.is_beginning() as u32) << 8 | field)
    }

    const fn and(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// Whether it is met.
    pub(super) const fn is_met(self) -> bool {
        self.0 < Self::NEVER.0
    }

    /// Whether there is a slip.
    pub(super) const fn is_similar_only(self) -> bool {
        self.0 >> 16 > 0
    }
}

/// The best that each piece is met.
pub(super) type Met = [Cost; PIECES_MAX];
/// No piece is met.
pub(super) const UNMET: Met = [Cost::NEVER; PIECES_MAX];

/// Some of the pieces, a bit for each.
pub(super) type Bits = u8;

/// Returns a piece's bit.
pub(super) const fn bit(piece: usize) -> Bits {
    1 << (piece % PIECES_MAX)
}

/// Returns the pieces that are met.
pub(super) fn bits_of(met: &Met) -> Bits {
    met.iter().enumerate().fold(0, |bits, (piece, cost)| if cost.is_met() { bits | bit(piece) } else { bits })
}

/// What was typed.
#[derive(Debug, Default)]
pub(super) struct Query {
    pieces: Vec<Piece>,
    chunks: Vec<Chunk>,
    /// All of it without its spaces.
    whole: Option<usize>,
    whole_code: Option<CodePart>,
}

/// What a word must meet.
#[derive(Debug)]
pub(super) struct Piece {
    /// Its folded forms: one or two.
    pub(super) spellings: Vec<String>,
    /// How many slips are forgiven.
    pub(super) slips_max: u32,
    scope: Scope,
    letters: usize,
    is_joined: bool,
}

/// What was typed between two spaces.
#[derive(Debug)]
struct Chunk {
    /// All of these must be met,
    pieces: Vec<usize>,
    /// or this: the same without what stands between them,
    joined: Option<usize>,
    /// or this.
    code: Option<CodePart>,
}

impl Query {
    /// Reads what was typed.
    pub(super) fn new(typed: &str) -> Self {
        let mut query = Self { whole_code: CodePart::new(typed.trim()), ..Self::default() };
        let chunks: Vec<&str> = typed.split_whitespace().collect();
        for chunk in &chunks {
            query.read_chunk(chunk);
        }
        if chunks.len() > 1 && !typed.contains('@') {
            query.whole = query.push_joined(&chunks.concat());
        }
        query
    }

    fn read_chunk(&mut self, chunk: &str) {
        let (parts, code) = match chunk.split_once('@') {
            Some((local, domain)) => (vec![(local, Scope::Mail), (domain, Scope::Domain)], None),
            None if chunk.contains('.') => (vec![(chunk, Scope::Dotted)], None),
            None => (vec![(chunk, Scope::Any)], CodePart::new(chunk).filter(CodePart::is_long)),
        };
        let mut all = Vec::new();
        let mut joined = String::new();
        let mut is_unspaced = false;
        for (part, scope) in parts {
            for piece in pieces(part) {
                all.extend(self.push(piece.text, scope, piece.is_unspaced));
                joined.push_str(piece.text);
                is_unspaced |= piece.is_unspaced;
            }
        }
        if all.is_empty() {
            return;
        }
        let is_one = all.len() < 2 || is_unspaced || chunk.contains('@');
        let joined = if is_one { None } else { self.push_joined(&joined) };
        self.chunks.push(Chunk { pieces: all, joined, code });
    }

    /// Looks for several pieces as one word.
    fn push_joined(&mut self, text: &str) -> Option<usize> {
        let piece = self.push(text, Scope::Any, false)?;
        if let Some(piece) = self.pieces.get_mut(piece) {
            piece.is_joined = true;
        }
        Some(piece)
    }

    fn push(&mut self, text: &str, scope: Scope, is_unspaced: bool) -> Option<usize> {
        let bare = fold(text, Spelling::Bare);
        if bare.is_empty() || self.pieces.len() >= PIECES_MAX {
            return None;
        }
        let letters = bare.chars().count();
        let slips_max = match letters {
            _ if is_unspaced => 0,
            TWO_SLIPS_LETTERS.. => 2,
            ONE_SLIP_LETTERS.. => 1,
            _ => 0,
        };
        let spellings = [Some(bare), fold_spelled(text)].into_iter().flatten().collect();
        self.pieces.push(Piece { spellings, slips_max, scope, letters, is_joined: false });
        self.pieces.len().checked_sub(1)
    }

    /// Whether nothing is looked for.
    pub(super) fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// Returns the pieces, at most [`PIECES_MAX`].
    pub(super) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Whether a guest may be meant whose words meet the pieces of `bits` in one way or another.
    pub(super) fn may_be_met(&self, bits: Bits, ticket: TicketId) -> bool {
        let has = |piece: usize| bits & bit(piece) != 0;
        let by_words = |chunk: &Chunk| chunk.pieces.iter().all(|piece| has(*piece)) || chunk.joined.is_some_and(has);
        let by_code = |code: Option<CodePart>| code.is_some_and(|code| code.is_part(ticket));
        self.chunks.iter().all(|chunk| by_words(chunk) || by_code(chunk.code))
            || self.whole.is_some_and(has)
            || self.whole_code.is_some_and(|code| code.is_whole(ticket) || code.is_part(ticket))
    }

    /// Whether words can say who is meant, if the whole list has those of `bits`.
    pub(super) fn may_be_words(&self, bits: Bits) -> bool {
        let has = |piece: usize| bits & bit(piece) != 0;
        let chunk = |chunk: &Chunk| {
            chunk.pieces.iter().all(|piece| has(*piece)) || chunk.joined.is_some_and(has) || chunk.code.is_some()
        };
        self.chunks.iter().all(chunk) || self.whole.is_some_and(has)
    }

    /// Whether part of what was typed may be a ticket's number.
    pub(super) fn may_be_code(&self) -> bool {
        self.whole_code.is_some() || self.chunks.iter().any(|chunk| chunk.code.is_some())
    }

    /// Returns the cost of a guest whose words meet the pieces so, if they meet what was typed.
    pub(super) fn cost(&self, met: &Met, ticket: TicketId) -> Option<Cost> {
        if self.whole_code.is_some_and(|code| code.is_whole(ticket)) {
            return Some(Cost::NONE);
        }
        let of = |piece: usize| met.get(piece).copied().unwrap_or(Cost::NEVER);
        let by_code = |code: Option<CodePart>| match code {
            Some(code) if code.is_part(ticket) => Cost::PART_OF_CODE,
            _ => Cost::NEVER,
        };
        let chunk = |chunk: &Chunk| {
            let pieces = chunk.pieces.iter().fold(Cost::NONE, |cost, piece| cost.and(of(*piece)));
            let words = pieces.min(chunk.joined.map_or(Cost::NEVER, of));
            if words.is_met() { words } else { by_code(chunk.code) }
        };
        let all = self.chunks.iter().fold(Cost::NONE, |cost, it| cost.and(chunk(it)));
        let words = all.min(self.whole.map_or(Cost::NEVER, of));
        let cost = if words.is_met() { words } else { by_code(self.whole_code) };
        Some(cost).filter(|cost| cost.is_met())
    }
}

impl Piece {
    /// Returns what it costs that a word in `field` meets this piece so.
    pub(super) fn cost(&self, field: Field, likeness: Likeness) -> Cost {
        let is_exact = likeness.slips() == 0;
        let (place, is_allowed) = match (self.scope, field) {
            (Scope::Any | Scope::Dotted, Field::Name) => (0, true),
            (Scope::Any | Scope::Dotted, Field::Inside) => (1, is_exact),
            (Scope::Any | Scope::Dotted, Field::Order) => (2, is_exact),
            (Scope::Any | Scope::Dotted, Field::Mail) => (4, is_exact),
            (Scope::Any, Field::Domain) => (5, is_exact && self.letters >= COMMON_LETTERS_MIN),
            (Scope::Dotted, Field::Domain | Field::Top) => (5, is_exact),
            (Scope::Mail, Field::Mail) | (Scope::Domain, Field::Domain) => (0, true),
            (Scope::Domain, Field::Top) => (0, is_exact),
            (Scope::Any, Field::Top)
            | (Scope::Mail, _)
            | (Scope::Domain, Field::Name | Field::Inside | Field::Order | Field::Mail) => (0, false),
        };
        if is_allowed { Cost::new(likeness, place) } else { Cost::NEVER }
    }

    /// Returns what it costs that a word of a ticket type's name meets this piece so.
    pub(super) fn cost_of_type(&self, likeness: Likeness) -> Cost {
        let is_allowed = matches!(self.scope, Scope::Any | Scope::Dotted)
            && self.letters >= COMMON_LETTERS_MIN
            && likeness.slips() == 0;
        if is_allowed { Cost::new(likeness, Cost::TICKET_TYPE) } else { Cost::NEVER }
    }

    /// Whether this may be several words of a name run together.
    pub(super) const fn may_be_words(&self) -> bool {
        matches!(self.scope, Scope::Any) && self.letters >= ONE_SLIP_LETTERS && !self.is_joined
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_weigh_more_than_unfinished_words_and_those_more_than_fields() {
        let whole = Cost::new(Likeness::Whole, 5);
        let beginning = Cost::new(Likeness::Beginning, 0);
        let slip = Cost::new(Likeness::WholeOneSlip, 0);
        assert!(whole < beginning && beginning < slip);
        // Also where all pieces together are counted.
        let sum = |cost: Cost| (1..PIECES_MAX).fold(cost, |sum, _| sum.and(cost));
        assert!(sum(whole) < beginning && sum(beginning) < slip);
        assert!(sum(Cost::PART_OF_CODE) < slip);
    }

    #[test]
    fn short_pieces_forgive_nothing_and_long_ones_two_slips() {
        let slips = |typed| Query::new(typed).pieces().iter().map(|piece| piece.slips_max).collect::<Vec<_>>();
        assert_eq!(slips("ada"), [0]);
        assert_eq!(slips("adam"), [1]);
        assert_eq!(slips("lovelac"), [1]);
        assert_eq!(slips("lovelace"), [2]);
        assert_eq!(slips("山田太郎"), [0]);
    }

    #[test]
    fn no_more_pieces_are_looked_for_than_fit() {
        let query = Query::new("a b c d e f g h i j k l m");
        assert_eq!(query.pieces().len(), PIECES_MAX);
        assert!(Query::new(" - . ").is_empty());
        assert!(Query::new("").is_empty());
    }
}
