//! Rules about whole files: their length, what they leave open, where they point.

use crate::sources::{File, Source, root};

/// A file with more lines than this before its unit tests has a seam somewhere.
const LINES_MAX: usize = 600;

/// Longer files, and why they are one piece.
const LONG: &[(&str, &str)] = &[];

/// Returns a line for each file that is too long.
pub(crate) fn too_long(sources: &[Source]) -> Vec<String> {
    let is_allowed = |path: &str| LONG.iter().any(|(long, _)| *long == path);
    let long = sources.iter().filter(|source| source.lines > LINES_MAX && !is_allowed(&source.path));
    long.map(|source| format!("{}: {} lines; look for the seam", source.path, source.lines)).collect()
}

/// Returns a line for each skipped test and each unfinished place.
pub(crate) fn unfinished(sources: &[Source]) -> Vec<String> {
    let marks = [
        concat!("#[ign", "ore"),
        concat!("to", "do!("),
        concat!("unimpl", "emented!("),
        concat!("FIX", "ME"),
        concat!("XX", "X"),
    ];
    let mut breaches = Vec::new();
    for source in sources {
        for mark in marks.iter().filter(|mark| source.text.contains(**mark)) {
            breaches.push(format!("{}: {mark}", source.path));
        }
    }
    breaches
}

/// Returns a line for each text that names a path or tool of some developer's machine.
pub(crate) fn workplace(texts: &[File]) -> Vec<String> {
    let folders = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/fa", "rm/"), concat!("/ho", "me/")];
    let words = [concat!("cla", "ude"), concat!("anthr", "opic"), concat!("suba", "gent"), concat!(".libr", "ary/")];
    let mut breaches = Vec::new();
    for file in texts {
        for (number, line) in file.text.lines().enumerate() {
            let lower = line.to_lowercase();
            let is_named = words.iter().any(|word| lower.contains(word));
            if is_named || folders.iter().any(|folder| begins_a_path(line, folder)) {
                breaches.push(format!("{}:{}: {}", file.path, number + 1, line.trim()));
            }
        }
    }
    breaches
}

/// Whether `folder` stands in the line as the beginning of a path, not within one.
fn begins_a_path(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        !line[..at].chars().next_back().is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '}' | '*'))
    })
}

/// Returns a line for each link to a file that isn't there.
pub(crate) fn dead_links(texts: &[File]) -> Vec<String> {
    let mut breaches = Vec::new();
    for file in texts.iter().filter(|file| file.path.ends_with(".md")) {
        let folder = root().join(&file.path).parent().expect("a file lies in a folder").to_owned();
        for (at, _) in file.text.match_indices("](") {
            let target = file.text[at + 2..].split(')').next().unwrap_or_default();
            let path = target.split('#').next().unwrap_or_default();
            let is_elsewhere = path.is_empty() || path.contains("://") || path.starts_with("mailto:");
            if !is_elsewhere && !folder.join(path).exists() {
                breaches.push(format!("{}: the link to {target} leads nowhere", file.path));
            }
        }
    }
    breaches
}
