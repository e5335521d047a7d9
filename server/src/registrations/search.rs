//! Finding attendees by what somebody remembers of them: parts of words in any order, whatever their accents and
//! case, with a letter or two typed wrongly.
//!
//! What is looked through is the words that an event's attendees have, not the attendees: a word is found by how it
//! begins, one of a name also by the runs of three signs that it shares with what was typed, and a table says who has
//! it.

use std::collections::{BTreeMap, BTreeSet};

use sync_protocol::id::{EventId, RegistrationId};

use super::{Attendee, Filter, Registration, fold, store};
use crate::db::{StoreError, Tx};
use crate::tickets::Ticket;

/// The longest text that is searched for.
pub const QUERY_CHARS_MAX: usize = 200;
/// Words of a text that are searched for.
const QUERY_WORDS_MAX: usize = 8;
/// Words of an attendee that are kept.
const WORDS_MAX: usize = 40;
/// Signs of a word that are kept.
const WORD_CHARS_MAX: usize = 40;
/// Words that one typed word may mean.
const MEANINGS_MAX: u64 = 300;
/// Words that look like a typed one and may be meant by it.
const LIKE_MAX: u64 = 60;
/// How well a word fits itself; none fits better.
const EXACT: Score = 1_000;
/// Attendees that one typed word may mean.
const HOLDERS_MAX: u64 = 10_000;
/// Attendees that are ranked at once where they have to be looked at one by one, and so the most that such a search finds.
pub const RANKED_MAX: u32 = 2_000;

/// How well something fits what was searched for: more is better.
pub type Score = u32;

/// Where an item stands in a ranking.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Rank {
    /// How well it fits.
    pub score: Score,
    /// Which it is; of equals, who registered first comes first.
    pub id: RegistrationId,
}

impl Rank {
    const fn key(self) -> (Score, [u8; 16]) {
        (Score::MAX - self.score, self.id.0)
    }
}

/// Something that was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// Where it stands.
    pub rank: Rank,
    /// The registration.
    pub registration: Registration,
    /// Its ticket.
    pub ticket: Option<Ticket>,
}

/// Returns up to `limit` registrations that `text` may mean and `filter` lets through, the best first, after the one
/// that stands at `after`.
///
/// # Errors
///
/// [`StoreError`].
pub async fn search(
    tx: &mut Tx,
    event: EventId,
    text: &str,
    filter: &Filter,
    after: Option<Rank>,
    limit: u32,
) -> Result<Vec<Found>, StoreError> {
    let mut found = Vec::new();
    // Where nothing else is asked, the best are those of the page.
    let ranked = if *filter == Filter::default() { limit } else { RANKED_MAX };
    for ranks in ranking(tx, event, text, after, ranked).await?.chunks(limit.max(50) as usize) {
        let ids: Vec<RegistrationId> = ranks.iter().map(|rank| rank.id).collect();
        let mut held: BTreeMap<[u8; 16], (Registration, Option<Ticket>)> =
            store::find_all(tx, event, &ids, filter).await?.into_iter().map(|item| (item.0.id.0, item)).collect();
        for rank in ranks {
            if let Some((registration, ticket)) = held.remove(&rank.id.0) {
                found.push(Found { rank: *rank, registration, ticket });
            }
        }
        if found.len() >= limit as usize {
            break;
        }
    }
    found.truncate(limit as usize);
    Ok(found)
}

/// Returns up to `limit` of those whom `text` may mean, the best first, after the one that stands at `after`.
async fn ranking(
    tx: &mut Tx,
    event: EventId,
    text: &str,
    after: Option<Rank>,
    limit: u32,
) -> Result<Vec<Rank>, StoreError> {
    let typed = typed_words(text);
    let mut beginnings = Vec::with_capacity(typed.len());
    for typed in &typed {
        beginnings.push(store::words_from(tx, event, typed, MEANINGS_MAX).await?);
    }
    // Nobody fits better than those who have all of the words themselves: where they fill the page, it is theirs.
    if typed.iter().zip(&beginnings).all(|(typed, words)| words.first() == Some(typed)) {
        let ranking = themselves(tx, event, &typed, after, limit).await?;
        if ranking.len() == limit as usize {
            return Ok(ranking);
        }
    }
    let (mut complete, mut partial) = (Vec::new(), None);
    for (typed, beginning) in typed.iter().zip(beginnings) {
        let (meanings, is_complete) = meanings(tx, event, typed, beginning).await?;
        if is_complete {
            complete.push(meanings);
        } else {
            partial.get_or_insert(meanings);
        }
    }
    if complete.len() == typed.len() {
        // All who have such words are known, so how well they fit is as well.
        return store::ranked(tx, event, &complete, after, limit).await;
    }
    // What is too common to look through is looked for among those who have the rest.
    let looked_for = if complete.is_empty() { partial.into_iter().collect() } else { complete };
    let candidates = store::ranked(tx, event, &looked_for, None, RANKED_MAX).await?;
    let ids: Vec<RegistrationId> = candidates.into_iter().map(|rank| rank.id).collect();
    let attendees = store::attendees(tx, event, &ids).await?;
    let rank = |(id, attendee): (RegistrationId, Attendee)| Some(Rank { score: fit(&typed, &words(&attendee))?, id });
    let mut ranking: Vec<Rank> = attendees.into_iter().filter_map(rank).collect();
    ranking.sort_unstable_by_key(|rank| rank.key());
    ranking.retain(|rank| after.is_none_or(|after| rank.key() > after.key()));
    Ok(ranking)
}

/// Returns up to `limit` of those who have all of these words themselves, after the one that stands at `after`.
async fn themselves(
    tx: &mut Tx,
    event: EventId,
    typed: &[String],
    after: Option<Rank>,
    limit: u32,
) -> Result<Vec<Rank>, StoreError> {
    if let ([word], None | Some(Rank { score: EXACT, .. })) = (typed, after) {
        let holders = store::holders(tx, event, word, after.map(|after| after.id), limit).await?;
        return Ok(holders.into_iter().map(|id| Rank { score: EXACT, id }).collect());
    }
    let meanings: Vec<Meanings> = typed.iter().map(|typed| Meanings::from([(typed.clone(), EXACT)])).collect();
    store::ranked(tx, event, &meanings, after, limit).await
}

/// Words that a typed one may mean, and how well each of them fits.
pub(super) type Meanings = BTreeMap<String, Score>;

/// Returns what a typed word may mean, and whether these are all, with few enough attendees who have them. `beginning`
/// are the first words that begin with it.
async fn meanings(
    tx: &mut Tx,
    event: EventId,
    typed: &str,
    beginning: Vec<String>,
) -> Result<(Meanings, bool), StoreError> {
    let mut meanings = Meanings::new();
    // Whoever typed a whole word that many others begin with means that word.
    let is_all = (beginning.len() as u64) < MEANINGS_MAX || beginning.first().is_some_and(|first| first == typed);
    let like = store::words_like(tx, event, &trigrams(typed), LIKE_MAX).await?;
    for word in beginning.into_iter().chain(like) {
        if let Some(score) = score(typed, &word) {
            meanings.insert(word, score);
        }
    }
    let is_complete = is_all && store::count_holders(tx, event, &meanings, HOLDERS_MAX).await? < HOLDERS_MAX;
    Ok((meanings, is_complete))
}

/// Returns how well an attendee of these words fits all that was typed; nothing if something typed fits none of
/// them.
fn fit(typed: &[String], words: &BTreeSet<String>) -> Option<Score> {
    let best = |typed: &String| words.iter().filter_map(|word| score(typed, word)).max();
    typed.iter().map(best).sum()
}

/// Returns how well a word fits what was typed; nothing if it does not.
fn score(typed: &str, word: &str) -> Option<Score> {
    if typed == word {
        return Some(EXACT);
    }
    let (typed_chars, word_chars) = (typed.chars().count(), word.chars().count());
    if word.starts_with(typed) {
        // The more of the word was typed, the better.
        return Some(800 + Score::try_from(100 * typed_chars / word_chars).unwrap_or_default());
    }
    if typed_chars >= 3 && word.contains(typed) {
        return Some(600);
    }
    let slips = slips_allowed(typed_chars);
    let distance = distance(typed, word, slips)?;
    Some(500 - 100 * Score::try_from(distance).unwrap_or_default())
}

/// Returns how many letters may be wrong in a word of so many.
const fn slips_allowed(chars: usize) -> usize {
    match chars {
        0..=2 => 0,
        3..=5 => 1,
        _ => 2,
    }
}

/// Returns how many letters must be put in, left out, changed or swapped with their neighbour to make one word of
/// the other, if those are at most `limit`.
fn distance(one: &str, other: &str, limit: usize) -> Option<usize> {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    if one.len().abs_diff(other.len()) > limit {
        return None;
    }
    // Rows of the table of distances between beginnings: of two letters before, of one before, and this.
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (row, letter) in one.iter().enumerate() {
        let mut this = vec![row + 1];
        for (column, against) in other.iter().enumerate() {
            let at = |cells: &[usize], column: usize| cells.get(column).copied().unwrap_or(usize::MAX - 1);
            let mut cell = at(&last, column) + usize::from(letter != against);
            cell = cell.min(at(&last, column + 1) + 1).min(at(&this, column) + 1);
            let is_swapped =
                row > 0 && column > 0 && one.get(row - 1) == Some(against) && other.get(column - 1) == Some(letter);
            if is_swapped {
                cell = cell.min(at(&before_last, column - 1) + 1);
            }
            this.push(cell);
        }
        before_last = std::mem::replace(&mut last, this);
    }
    last.last().copied().filter(|distance| *distance <= limit)
}

/// Returns the words that an attendee is found by.
pub(super) fn words(attendee: &Attendee) -> BTreeSet<String> {
    let parts = [
        Some(&attendee.name),
        attendee.email.as_ref(),
        attendee.phone.as_ref(),
        attendee.external_id.as_ref(),
        attendee.order.as_ref(),
    ];
    parts.into_iter().flatten().flat_map(|part| split(part)).take(WORDS_MAX).collect()
}

/// Returns those of an attendee's words that are found also when they were typed wrongly: their name's.
pub(super) fn name_words(attendee: &Attendee) -> BTreeSet<String> {
    split(&attendee.name).into_iter().take(WORDS_MAX).collect()
}

/// Returns the words of what was typed, each once; all that cannot be part of a word is passed over.
fn typed_words(text: &str) -> Vec<String> {
    let words: BTreeSet<String> = split(text).into_iter().take(QUERY_WORDS_MAX).collect();
    words.into_iter().collect()
}

/// Returns the words of a text, without accents and case. Signs that are words by themselves are.
fn split(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut chars = 0;
    for c in fold(text).chars() {
        let stands_alone = is_ideograph(c);
        if (stands_alone || !c.is_alphanumeric()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
            chars = 0;
        }
        if stands_alone {
            words.push(c.to_string());
        } else if c.is_alphanumeric() && chars < WORD_CHARS_MAX {
            word.push(c);
            chars += 1;
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// Whether a sign is written without spaces to its neighbours: Chinese characters, and Japanese syllables.
const fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Returns the runs of three signs of a word, with two blanks before it and one behind.
pub(super) fn trigrams(word: &str) -> Vec<String> {
    let padded: Vec<char> = "  ".chars().chain(word.chars()).chain([' ']).collect();
    padded.windows(3).map(|window| window.iter().collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_by_its_parts_and_by_what_was_typed_wrongly_in_that_order() {
        let exact = score("alvarez", "alvarez").unwrap();
        let beginning = score("alv", "alvarez").unwrap();
        let within = score("var", "alvarez").unwrap();
        let one_slip = score("alvaret", "alvarez").unwrap();
        let two_slips = score("avlaret", "alvarez").unwrap();

        assert!(exact > beginning && beginning > within && within > one_slip && one_slip > two_slips);
        assert_eq!(score("alvarez", "smith"), None);
        assert_eq!(score("jo", "jan"), None, "two letters are too few to be typed wrongly");
        assert!(score("jon", "john").is_some());
    }

    #[test]
    fn neighbours_that_were_swapped_are_one_slip() {
        assert_eq!(distance("smiht", "smith", 2), Some(1));
        assert_eq!(distance("smith", "smth", 2), Some(1));
        assert_eq!(distance("smith", "jones", 2), None);
        assert_eq!(distance("", "ab", 2), Some(2));
    }

    #[test]
    fn everything_that_was_typed_must_fit() {
        let attendee = Attendee { name: "Zo\u{eb} Gro\u{df}mann".to_owned(), ..Attendee::default() };
        let words = words(&attendee);

        assert!(fit(&typed_words("GROSSMAN zoe"), &words).is_some());
        assert!(fit(&typed_words("zoe miller"), &words).is_none());
    }

    #[test]
    fn texts_fall_into_words_wherever_they_are_from() {
        assert_eq!(split("O'Neil-Smith, J."), ["o", "neil", "smith", "j"]);
        assert_eq!(split("\u{5c71}\u{7530}Taro"), ["\u{5c71}", "\u{7530}", "taro"]);
        assert_eq!(split("ada@example.org"), ["ada", "example", "org"]);
        assert_eq!(split(" %_! "), [""; 0]);
        assert_eq!(trigrams("ab"), ["  a", " ab", "ab "]);
    }
}
