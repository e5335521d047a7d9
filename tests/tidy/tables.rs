//! Where SQL stands, and whose tables it names.

use std::collections::{BTreeMap, BTreeSet};

use crate::imports::is_at;
use crate::sources::{File, Source};

/// Returns a line for each file of a program that holds SQL but is no store.
pub(crate) fn misplaced_sql(sources: &[Source]) -> Vec<String> {
    let places: [(&str, &[&str]); 2] =
        [("server/src/", &["store.rs", "store/", "db.rs", "db/"]), ("terminal/src/", &["cache.rs", "cache/"])];
    let mut breaches = Vec::new();
    for source in sources {
        for (within, places) in places {
            let Some(path) = source.path.strip_prefix(within) else { continue };
            if !is_at(path, places)
                && let Some(sql) = source.strings.iter().find(|string| is_sql(string))
            {
                let start: String = sql.trim().chars().take(40).collect();
                breaches.push(format!("{}: SQL belongs into {}: {start:?}", source.path, places.join(", ")));
            }
        }
    }
    breaches
}

fn is_sql(string: &str) -> bool {
    let starts = [
        "SELECT ",
        "INSERT INTO ",
        "UPDATE ",
        "DELETE FROM ",
        "CREATE TABLE ",
        "CREATE INDEX ",
        "WITH ",
        "PRAGMA ",
        "BEGIN IMMEDIATE",
    ];
    starts.iter().any(|start| string.trim_start().starts_with(start))
}

/// Returns a line for each table that the SQL of more than one feature names.
pub(crate) fn shared_tables(sources: &[Source], texts: &[File]) -> Vec<String> {
    let tables: BTreeSet<String> = texts
        .iter()
        .filter(|file| file.path.starts_with("migrations/server/"))
        .flat_map(|file| words_after(&file.text, "TABLE"))
        .collect();
    let mut named_by: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for source in sources {
        let Some(path) = source.path.strip_prefix("server/src/") else { continue };
        let is_store = is_at(path, &["store.rs", "store/"]);
        let Some(feature) = path.split('/').next().filter(|_| is_store) else { continue };
        for sql in source.strings.iter().filter(|string| is_sql(string)) {
            for keyword in ["FROM", "INTO", "UPDATE", "JOIN"] {
                for table in words_after(sql, keyword).into_iter().filter(|word| tables.contains(word)) {
                    named_by.entry(table).or_default().insert(feature);
                }
            }
        }
    }
    let shared = named_by.into_iter().filter(|(_, features)| features.len() > 1);
    shared.map(|(table, features)| format!("table {table} is named by the stores of {features:?}")).collect()
}

/// The word after each `keyword`, in lower case; `IF NOT EXISTS` between them is passed over.
fn words_after(sql: &str, keyword: &str) -> Vec<String> {
    let is_letter = |c: char| c.is_alphanumeric() || c == '_';
    let words: Vec<&str> = sql.split(|c| !is_letter(c)).filter(|word| !word.is_empty()).collect();
    let mut found = Vec::new();
    for (at, _) in words.iter().enumerate().filter(|(_, word)| **word == keyword) {
        let mut after = words.iter().skip(at + 1).skip_while(|word| matches!(**word, "IF" | "NOT" | "EXISTS"));
        found.extend(after.next().map(|word| word.to_lowercase()));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_that_two_features_name_is_found() {
        let migration = File {
            path: "migrations/server/sqlite/0001_a.sql".into(),
            text: "CREATE TABLE event (id BIGINT);\nCREATE TABLE IF NOT EXISTS ticket (id BIGINT);".into(),
        };
        let events = Source::of("server/src/events/store.rs", "\"SELECT id FROM event WHERE id = $1\"");
        let tickets =
            Source::of("server/src/tickets/store.rs", "\"SELECT t.id FROM ticket t JOIN event e ON e.id = t.id\"");

        let found = shared_tables(&[events, tickets], &[migration]);

        assert_eq!(found, [r#"table event is named by the stores of {"events", "tickets"}"#]);
    }
}
