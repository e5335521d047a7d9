//! Answers to tables.

use std::collections::BTreeSet;

use serde::Serialize;

/// What a reader's answer is worth.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Outcome {
    /// An expected text and no other.
    Read,
    /// Nothing, or the right code in another encoding.
    Missed,
    /// Nothing where there is nothing.
    RightlyNothing,
    /// Any text that is not expected.
    Wrong,
}

impl Outcome {
    /// Judges the texts of a picture that holds `expected`; those in `variants` are neither right nor wrong.
    ///
    /// How lines end, and white space at their ends, does not count: lists of expected texts rarely keep it.
    pub(super) fn of(texts: &[String], expected: &[String], variants: &[String]) -> Self {
        let is_in = |text: &String, known: &[String]| known.iter().any(|known| plain(known) == plain(text));
        if !texts.iter().all(|text| is_in(text, expected) || is_in(text, variants)) {
            Self::Wrong
        } else if texts.iter().any(|text| is_in(text, expected)) {
            Self::Read
        } else if expected.is_empty() {
            Self::RightlyNothing
        } else {
            Self::Missed
        }
    }
}

/// Returns a text without what stands unseen at the ends of its lines.
fn plain(text: &str) -> String {
    let lines: Vec<&str> = text.trim().lines().map(str::trim_end).collect();
    lines.join("\n")
}

/// One reader's answer to one picture.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) reader: &'static str,
    pub(super) set: String,
    pub(super) kind: String,
    pub(super) outcome: Outcome,
    pub(super) ms: f64,
}

/// A reader on some pictures.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Row<'a> {
    set: &'a str,
    kind: &'a str,
    reader: &'a str,
    /// Pictures with a code, and without.
    pictures: usize,
    empty: usize,
    read: usize,
    wrong: usize,
    median_ms: f64,
    p95_ms: f64,
    mean_ms: f64,
}

impl<'a> Row<'a> {
    fn of(set: &'a str, kind: &'a str, reader: &'a str, answers: &[&Answer]) -> Self {
        let count = |outcome| answers.iter().filter(|answer| answer.outcome == outcome).count();
        let mut times: Vec<f64> = answers.iter().map(|answer| answer.ms).collect();
        times.sort_by(f64::total_cmp);
        // The least value that so many per cent do not exceed.
        let percentile = |per_cent: usize| {
            let rank = (times.len() * per_cent).div_ceil(100).max(1);
            times.get(rank - 1).copied().unwrap_or(0.0)
        };
        let empty = count(Outcome::RightlyNothing);
        Self {
            set,
            kind,
            reader,
            pictures: answers.len() - empty,
            empty,
            read: count(Outcome::Read),
            wrong: count(Outcome::Wrong),
            median_ms: percentile(50),
            p95_ms: percentile(95),
            mean_ms: times.iter().sum::<f64>() / times.len().max(1) as f64,
        }
    }

    fn rate(&self) -> String {
        if self.pictures == 0 {
            "–".to_owned()
        } else {
            format!("{:.1} %", 100.0 * self.read as f64 / self.pictures as f64)
        }
    }
}

/// Returns a line of JSON for each set, kind and reader.
pub(super) fn lines(answers: &[Answer]) -> Vec<String> {
    let json = |row: &Row<'_>| serde_json::to_string(row).unwrap_or_default();
    rows(answers, |answer| (&answer.set, &answer.kind)).iter().map(json).collect()
}

/// Returns Markdown: one table of all sets and readers, one of each set's rates, one of each kind's.
pub(super) fn tables(answers: &[Answer]) -> Vec<String> {
    let mut lines = vec![
        "| pictures | reader | read | wrong | ms median | p95 | mean |".to_owned(),
        "|---|---|---|---|---|---|---|".to_owned(),
    ];
    let all = rows(answers, |answer| (group(answer), ""));
    for row in &all {
        lines.push(format!(
            "| {} ({}) | {} | {} | {} | {:.1} | {:.1} | {:.1} |",
            row.set,
            row.pictures + row.empty,
            row.reader,
            row.rate(),
            row.wrong,
            row.median_ms,
            row.p95_ms,
            row.mean_ms
        ));
    }
    let photos: Vec<Answer> = answers.iter().filter(|answer| group(answer) == PHOTOS).cloned().collect();
    lines.extend(rates("photos of", &photos, |answer| &answer.set));
    let kinds: Vec<Answer> = answers.iter().filter(|answer| !answer.kind.is_empty()).cloned().collect();
    lines.extend(rates("frames with", &kinds, |answer| &answer.kind));
    lines
}

/// What all folders of photos are together.
const PHOTOS: &str = "photos";

/// Returns a set of frames' own name, and one name for all sets of photos.
fn group(answer: &Answer) -> &str {
    match answer.set.as_str() {
        frames @ ("mixed" | "kinds" | "no code") => frames,
        _ => PHOTOS,
    }
}

/// Returns a table of read rates: a row for each name, a column for each reader.
fn rates(what: &str, answers: &[Answer], name: impl Fn(&Answer) -> &str) -> Vec<String> {
    let rows = rows(answers, |answer| (name(answer), ""));
    let Some(first) = rows.first() else { return Vec::new() };
    let readers: Vec<&str> = rows.iter().take_while(|row| row.set == first.set).map(|row| row.reader).collect();
    let mut lines = vec![
        String::new(),
        format!("| {what} | n | {} |", readers.join(" | ")),
        format!("|---|---{}|", "|---".repeat(readers.len())),
    ];
    for row in rows.chunks(readers.len()) {
        let Some(first) = row.first() else { continue };
        let cells: Vec<String> = row
            .iter()
            .map(|row| if row.wrong > 0 { format!("{}, {} wrong", row.rate(), row.wrong) } else { row.rate() })
            .collect();
        lines.push(format!("| {} | {} | {} |", first.set, first.pictures + first.empty, cells.join(" | ")));
    }
    lines
}

/// Returns the rows of each group in their order, and within it of each reader in the order of the answers.
fn rows<'a>(answers: &'a [Answer], group: impl Fn(&'a Answer) -> (&'a str, &'a str)) -> Vec<Row<'a>> {
    let groups: BTreeSet<(&str, &str)> = answers.iter().map(&group).collect();
    let mut readers: Vec<&str> = answers.iter().map(|answer| answer.reader).collect();
    readers.dedup();
    let mut rows = Vec::new();
    for (set, kind) in groups {
        for reader in &readers {
            let of: Vec<&Answer> =
                answers.iter().filter(|answer| answer.reader == *reader && group(answer) == (set, kind)).collect();
            rows.push(Row::of(set, kind, reader, &of));
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(texts: &[&str], expected: &[&str], variants: &[&str]) -> Outcome {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        Outcome::of(&owned(texts), &owned(expected), &owned(variants))
    }

    fn answer(reader: &'static str, set: &str, kind: &str, outcome: Outcome, ms: f64) -> Answer {
        Answer { reader, set: set.into(), kind: kind.into(), outcome, ms }
    }

    #[test]
    fn any_other_text_is_wrong_and_another_encoding_is_neither() {
        assert_eq!(judged(&["A"], &["A", "B"], &[]), Outcome::Read);
        assert_eq!(judged(&["A", "C"], &["A", "B"], &[]), Outcome::Wrong);
        assert_eq!(judged(&["C"], &[], &[]), Outcome::Wrong);
        assert_eq!(judged(&["Ã¤"], &["ä"], &["Ã¤"]), Outcome::Missed);
        assert_eq!(judged(&["A \r\nB "], &["A\nB"], &[]), Outcome::Read);
        assert_eq!(judged(&[], &["A"], &[]), Outcome::Missed);
        assert_eq!(judged(&[], &[], &[]), Outcome::RightlyNothing);
    }

    #[test]
    fn sets_and_kinds_have_their_tables() {
        let answers = [
            answer("ours", "boofcv", "", Outcome::Read, 1.0),
            answer("ours", "zxing", "", Outcome::Read, 3.0),
            answer("ours", "kinds", "curl", Outcome::Read, 5.0),
            answer("ours", "no code", "", Outcome::RightlyNothing, 2.0),
            answer("theirs", "boofcv", "", Outcome::Missed, 10.0),
            answer("theirs", "zxing", "", Outcome::Read, 30.0),
            answer("theirs", "kinds", "curl", Outcome::Wrong, 50.0),
            answer("theirs", "no code", "", Outcome::RightlyNothing, 20.0),
        ];

        let tables = tables(&answers);

        for line in [
            "| photos (2) | ours | 100.0 % | 0 | 1.0 | 3.0 | 2.0 |",
            "| photos (2) | theirs | 50.0 % | 0 | 10.0 | 30.0 | 20.0 |",
            "| no code (1) | theirs | – | 0 | 20.0 | 20.0 | 20.0 |",
            "| photos of | n | ours | theirs |",
            "| boofcv | 1 | 100.0 % | 0.0 % |",
            "| frames with | n | ours | theirs |",
            "| curl | 1 | 100.0 % | 0.0 %, 1 wrong |",
        ] {
            assert!(tables.iter().any(|told| told == line), "{line} is not in {tables:#?}");
        }
    }

    #[test]
    fn programs_get_each_set_kind_and_reader_as_json() {
        let answers =
            [answer("ours", "kinds", "curl", Outcome::Read, 5.0), answer("ours", "mixed", "", Outcome::Wrong, 1.0)];

        let lines = lines(&answers);

        assert_eq!(lines.len(), 2);
        let first: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
        assert_eq!((&first["kind"], &first["read"], &first["p95_ms"]), (&"curl".into(), &1.into(), &5.0.into()));
    }

    #[test]
    fn percentiles_are_times_that_were_measured() {
        let answers: Vec<Answer> =
            (1..=100).map(|ms| answer("ours", "mixed", "", Outcome::Read, f64::from(ms))).collect();

        let row = Row::of("mixed", "", "ours", &answers.iter().collect::<Vec<_>>());

        assert_eq!((row.median_ms, row.p95_ms, row.mean_ms), (50.0, 95.0, 50.5));
        assert_eq!(Row::of("mixed", "", "ours", &[]).rate(), "–");
    }
}
