//! SQL of finding attendees by words.

use std::collections::BTreeSet;

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;
use sync_protocol::id::{EventId, RegistrationId};

use super::Registration;
use crate::db::column::{Columns as _, int};
use crate::db::insert::{insert_missing, push_placeholders};
use crate::db::list::{listing, padded, placeholders};
use crate::db::{StoreError, Tx};
use crate::registrations::Attendee;
use crate::registrations::search::{Meanings, Rank, Score, name_words, trigrams, words};

/// Words or trigrams in one statement.
const WORDS_PER_QUERY_MAX: usize = 500;

/// Makes attendees findable by their words.
pub(super) async fn index(tx: &mut Tx, event: EventId, registrations: &[Registration]) -> Result<(), StoreError> {
    let mut held: Vec<(String, RegistrationId)> = Vec::new();
    for registration in registrations {
        held.extend(words(&registration.attendee).into_iter().map(|word| (word, registration.id)));
    }
    // Rows that lie beside each other are written together.
    held.sort_unstable_by(|one, other| one.0.cmp(&other.0).then(one.1.0.cmp(&other.1.0)));
    let names = registrations.iter().flat_map(|registration| name_words(&registration.attendee)).collect();
    insert_words(tx, event, &held, &names).await
}

/// Stores who has which words. Those of `names` are also found by each of their trigrams, others by their first,
/// which stands for how they begin.
async fn insert_words(
    tx: &mut Tx,
    event: EventId,
    held: &[(String, RegistrationId)],
    names: &BTreeSet<String>,
) -> Result<(), StoreError> {
    let words: Vec<(&str, RegistrationId)> = held.iter().map(|(word, id)| (word.as_str(), *id)).collect();
    let columns: &[&str] = &["event_id", "word", "registration_id"];
    insert_missing(tx, "attendee_words", columns, &words, |(word, id), row| {
        row.push(&event.0[..]).push(word.as_bytes()).push(&id.0[..]);
    })
    .await?;

    let firsts = held.iter().flat_map(|(word, _)| trigrams(word).into_iter().take(1).map(move |part| (part, word)));
    let all = names.iter().flat_map(|word| trigrams(word).into_iter().map(move |part| (part, word)));
    let parts: BTreeSet<(String, &String)> = firsts.chain(all).collect();
    let parts: Vec<(&str, &str)> = parts.iter().map(|(part, word)| (part.as_str(), word.as_str())).collect();
    let columns: &[&str] = &["event_id", "trigram", "word"];
    insert_missing(tx, "attendee_trigrams", columns, &parts, |(trigram, word), row| {
        row.push(&event.0[..]).push(trigram.as_bytes()).push(word.as_bytes());
    })
    .await?;
    Ok(())
}

/// Makes a changed attendee findable by what they are called now, and by nothing else.
pub(super) async fn reindex(
    tx: &mut Tx,
    event: EventId,
    before: &Registration,
    after: &Registration,
) -> Result<(), StoreError> {
    if before.attendee == after.attendee {
        return Ok(());
    }
    let (old, new) = (words(&before.attendee), words(&after.attendee));
    for word in old.difference(&new) {
        sqlx::query("DELETE FROM attendee_words WHERE event_id = $1 AND word = $2 AND registration_id = $3")
            .bind(&event.0[..])
            .bind(word.as_bytes())
            .bind(&after.id.0[..])
            .execute(tx.connection())
            .await?;
        forget(tx, event, word).await?;
    }
    let new: Vec<(String, RegistrationId)> = new.difference(&old).map(|word| (word.clone(), after.id)).collect();
    insert_words(tx, event, &new, &name_words(&after.attendee)).await
}

/// Forgets the trigrams of a word that nobody has any more: a name that was erased stays nowhere.
async fn forget(tx: &mut Tx, event: EventId, word: &str) -> Result<(), StoreError> {
    for trigram in trigrams(word) {
        sqlx::query(
            "DELETE FROM attendee_trigrams WHERE event_id = $1 AND trigram = $2 AND word = $3
             AND NOT EXISTS (SELECT 1 FROM attendee_words w WHERE w.event_id = $1 AND w.word = $3)",
        )
        .bind(&event.0[..])
        .bind(trigram.as_bytes())
        .bind(word.as_bytes())
        .execute(tx.connection())
        .await?;
    }
    Ok(())
}

/// Returns up to `limit` words that begin with `start`.
pub(in crate::registrations) async fn words_from(
    tx: &mut Tx,
    event: EventId,
    start: &str,
    limit: u64,
) -> Result<Vec<String>, StoreError> {
    // No byte of UTF-8 is as large as this one.
    let end = [start.as_bytes(), &[0xff]].concat();
    sqlx::query(
        "SELECT word FROM attendee_trigrams WHERE event_id = $1 AND trigram = $2
         AND word >= $3 AND word < $4 ORDER BY word LIMIT $5",
    )
    .bind(&event.0[..])
    .bind(trigrams(start).first().map(|trigram| trigram.as_bytes().to_vec()))
    .bind(start.as_bytes())
    .bind(end)
    .bind(int(limit))
    .fetch_all(tx.connection())
    .await?
    .iter()
    .map(word)
    .collect()
}

/// Returns up to `limit` words that share trigrams with `parts`, those that share most first.
pub(in crate::registrations) async fn words_like(
    tx: &mut Tx,
    event: EventId,
    parts: &[String],
    limit: u64,
) -> Result<Vec<String>, StoreError> {
    let dialect = tx.dialect();
    let mut text = "SELECT word, COUNT(*) AS shared FROM attendee_trigrams WHERE event_id = ".to_owned();
    push_placeholders(dialect, &mut text, 1, 1);
    text.push_str(" AND trigram IN (");
    push_placeholders(dialect, &mut text, 2, parts.len());
    text.push_str(") GROUP BY word ORDER BY shared DESC, word LIMIT ");
    push_placeholders(dialect, &mut text, parts.len() + 2, 1);
    let mut query = sqlx::query(AssertSqlSafe(text)).persistent(false).bind(&event.0[..]);
    for part in parts {
        query = query.bind(part.as_bytes());
    }
    query.bind(int(limit)).fetch_all(tx.connection()).await?.iter().map(word).collect()
}

fn word(row: &AnyRow) -> Result<String, StoreError> {
    String::from_utf8(row.bytes("word")?).map_err(|_| StoreError::Corrupt("word"))
}

/// Returns how many rows say that somebody has one of these words, at most `limit`.
pub(in crate::registrations) async fn count_holders(
    tx: &mut Tx,
    event: EventId,
    words: &Meanings,
    limit: u64,
) -> Result<u64, StoreError> {
    if words.is_empty() {
        return Ok(0);
    }
    let words: Vec<&str> = words.keys().map(String::as_str).collect();
    let text = format!(
        "SELECT COUNT(*) AS total FROM (
             SELECT 1 FROM attendee_words WHERE event_id = $1 AND word IN ({}) LIMIT {limit}
         ) held",
        placeholders(2, words.len())
    );
    let mut query = listing(tx.dialect(), text).bind(&event.0[..]);
    for word in padded(&words) {
        query = query.bind(word.as_bytes());
    }
    query.fetch_one(tx.connection()).await?.uint("total")
}

/// Returns up to `limit` of those who have a word, in the order in which they registered, after one of them.
pub(in crate::registrations) async fn holders(
    tx: &mut Tx,
    event: EventId,
    word: &str,
    after: Option<RegistrationId>,
    limit: u32,
) -> Result<Vec<RegistrationId>, StoreError> {
    let after = after.unwrap_or(RegistrationId([0; 16]));
    sqlx::query(
        "SELECT registration_id FROM attendee_words
         WHERE event_id = $1 AND word = $2 AND registration_id > $3 ORDER BY registration_id LIMIT $4",
    )
    .bind(&event.0[..])
    .bind(word.as_bytes())
    .bind(&after.0[..])
    .bind(i64::from(limit))
    .fetch_all(tx.connection())
    .await?
    .iter()
    .map(|row| Ok(RegistrationId(row.array("registration_id")?)))
    .collect()
}

/// Returns up to `limit` of those who have a meaning of everything that was typed, the best first, after one of them.
/// Of each typed word the meaning that fits best counts.
pub(in crate::registrations) async fn ranked(
    tx: &mut Tx,
    event: EventId,
    typed: &[Meanings],
    after: Option<Rank>,
    limit: u32,
) -> Result<Vec<Rank>, StoreError> {
    if typed.is_empty() || typed.iter().any(Meanings::is_empty) {
        return Ok(Vec::new());
    }
    let mut words = Vec::new();
    let mut meant = Vec::new();
    for (number, meanings) in typed.iter().enumerate() {
        for (word, score) in meanings {
            words.push(word);
            meant.push(format!("({number}, ${}, {score})", words.len() + 1));
        }
    }
    let beyond = match after {
        None => String::new(),
        Some(Rank { score, .. }) => {
            format!(" AND (SUM(best) < {score} OR (SUM(best) = {score} AND id > ${}))", words.len() + 2)
        }
    };
    // The meanings come first in the join: each leads to its place in the index.
    let text = format!(
        "WITH meant (typed, word, score) AS (VALUES {})
         SELECT id, CAST(SUM(best) AS BIGINT) AS score FROM (
             SELECT w.registration_id AS id, meant.typed, MAX(meant.score) AS best
             FROM meant CROSS JOIN attendee_words w WHERE w.event_id = $1 AND w.word = meant.word
             GROUP BY w.registration_id, meant.typed
         ) held GROUP BY id HAVING COUNT(*) = {}{beyond} ORDER BY score DESC, id LIMIT {limit}",
        meant.join(", "),
        typed.len()
    );
    let mut query = sqlx::query(AssertSqlSafe(text)).persistent(false).bind(&event.0[..]);
    for word in words {
        query = query.bind(word.as_bytes());
    }
    if let Some(Rank { id, .. }) = after {
        query = query.bind(id.0.to_vec());
    }
    let rank = |row: &AnyRow| {
        let score = Score::try_from(row.uint("score")?).map_err(|_| StoreError::Corrupt("score"))?;
        Ok(Rank { score, id: RegistrationId(row.array("id")?) })
    };
    query.fetch_all(tx.connection()).await?.iter().map(rank).collect()
}

/// Returns of `ids` what their words stand in.
pub(in crate::registrations) async fn attendees(
    tx: &mut Tx,
    event: EventId,
    ids: &[RegistrationId],
) -> Result<Vec<(RegistrationId, Attendee)>, StoreError> {
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(WORDS_PER_QUERY_MAX) {
        let mut text =
            "SELECT id, name, email, phone, external_id, order_ref FROM registrations WHERE event_id = ".to_owned();
        push_placeholders(tx.dialect(), &mut text, 1, 1);
        text.push_str(" AND id IN (");
        push_placeholders(tx.dialect(), &mut text, 2, chunk.len());
        text.push(')');
        let mut query = sqlx::query(AssertSqlSafe(text)).persistent(false).bind(&event.0[..]);
        for id in chunk {
            query = query.bind(&id.0[..]);
        }
        for row in query.fetch_all(tx.connection()).await? {
            let attendee = Attendee {
                name: row.text("name")?,
                email: row.text_or_null("email")?,
                phone: row.text_or_null("phone")?,
                external_id: row.text_or_null("external_id")?,
                order: row.text_or_null("order_ref")?,
                note: String::new(),
            };
            found.push((RegistrationId(row.array("id")?), attendee));
        }
    }
    Ok(found)
}
