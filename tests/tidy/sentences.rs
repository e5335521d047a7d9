//! Rules about the terminal's catalogue: no sentence without a speaker, no speaker without a sentence.

use std::collections::{BTreeMap, BTreeSet};

use crate::sources::{File, Source};

const LOCALES: &str = "terminal/locales/en/";
const SPEAKERS: &str = "terminal/src/";

/// Returns a line for each sentence nobody says, each id without a sentence, and each sentence that is given other
/// values than it names.
pub(crate) fn breaches(sources: &[Source], texts: &[File]) -> Vec<String> {
    let mut sentences: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut subjects = Vec::new();
    for file in texts {
        let Some(name) = file.path.strip_prefix(LOCALES).and_then(|name| name.strip_suffix(".ftl")) else { continue };
        subjects.push(format!("{}-", name.replace('_', "-")));
        sentences.extend(entries(&file.text));
    }
    let mut breaches = Vec::new();
    let mut named = BTreeSet::new();
    for source in sources.iter().filter(|source| source.path.starts_with(SPEAKERS)) {
        named.extend(source.strings.iter().cloned());
        let shipped = source.text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        let said = calls(shipped);
        let looks_like_one = |text: &&String| is_id(text) && subjects.iter().any(|subject| text.starts_with(subject));
        let meant = source.strings.iter().filter(looks_like_one).chain(said.iter().map(|(id, _)| id));
        for id in meant.collect::<BTreeSet<_>>() {
            if !sentences.contains_key(id) {
                breaches.push(format!("{}: no sentence is called {id}", source.path));
            }
        }
        for (id, given) in &said {
            let (Some(wanted), Some(given)) = (sentences.get(id), given) else { continue };
            if wanted != given {
                breaches.push(format!("{}: {id} wants {wanted:?} and is given {given:?}", source.path));
            }
        }
    }
    breaches.extend(sentences.keys().filter(|id| !named.contains(*id)).map(|id| format!("nobody says {id}")));
    breaches
}

/// Ids and the variables of their sentences.
fn entries(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut entries: Vec<(String, String)> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        match line.split_once('=').filter(|_| line.starts_with(|c: char| c.is_ascii_alphabetic())) {
            Some((id, sentence)) => entries.push((id.trim().into(), sentence.into())),
            None => entries.last_mut().map_or((), |(_, sentence)| sentence.push_str(line)),
        }
    }
    let variables = |sentence: &str| sentence.split('$').skip(1).map(|rest| first_word(rest).to_owned()).collect();
    entries.into_iter().map(|(id, sentence)| (id, variables(&sentence))).collect()
}

/// The ids that are said, with the names of the values given where these are written out beside them.
fn calls(code: &str) -> Vec<(String, Option<BTreeSet<String>>)> {
    let mut calls = Vec::new();
    for (at, word) in code.match_indices("say") {
        let rest = &code[at + word.len()..];
        let (rest, takes_values) = match rest.strip_prefix("_with(") {
            Some(rest) => (rest, true),
            None => match rest.strip_prefix('(') {
                Some(rest) => (rest, false),
                None => continue,
            },
        };
        let Some(rest) = rest.trim_start().strip_prefix('"') else { continue };
        let Some((id, rest)) = rest.split_once('"') else { continue };
        if !is_id(id) {
            continue;
        }
        let list = rest.trim_start_matches(',').trim_start().strip_prefix("&[");
        let given = if takes_values { list.map(keys) } else { Some(BTreeSet::new()) };
        calls.push((id.to_owned(), given));
    }
    calls
}

/// The first parts of the pairs in a list that begins here.
fn keys(list: &str) -> BTreeSet<String> {
    let mut depth = 0;
    let mut keys = BTreeSet::new();
    for (at, c) in list.char_indices() {
        match c {
            '(' if depth == 0 => {
                let key = list[at + 1..].trim_start().strip_prefix('"').map(first_word);
                keys.extend(key.map(str::to_owned));
                depth += 1;
            }
            '(' | '[' | '{' => depth += 1,
            ']' if depth == 0 => break,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
    }
    keys
}

fn is_id(text: &str) -> bool {
    text.contains('-') && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

fn first_word(text: &str) -> &str {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    text.split(|c| !is_word(c)).next().unwrap_or_default()
}
