//! What is news: told once, when it is known to last, and the verdict at once.

use std::collections::HashMap;

use sync_protocol::time::Uptime;

use crate::app::Key;
use crate::catalogue::{Catalogue, text};
use crate::tui::view::spoken::{About, Fact, Layer, Row, Spoken};

/// What is not urgent is told when it has lasted so long, in ms: nobody hears what is over already.
const SETTLED_MS: u64 = 300;
/// So many rows of a list are told at once; the arrow keys bring the others.
const ROWS_MAX: usize = 9;

/// What somebody has just done with a key.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(in crate::tui) enum Hand {
    /// Nothing.
    #[default]
    Still,
    /// Gone from one thing to the next.
    Moved,
    /// Something else: written, or chosen. Then a change of counts alone is news.
    Acted,
}

impl Hand {
    /// Returns what this key does.
    pub(in crate::tui) const fn of(key: Key) -> Self {
        match key {
            Key::Tab
            | Key::BackTab
            | Key::Up
            | Key::Down
            | Key::Left
            | Key::Right
            | Key::Home
            | Key::End
            | Key::PageUp
            | Key::PageDown => Self::Moved,
            _ => Self::Acted,
        }
    }
}

/// What is to be written now.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Telling {
    pub(super) lines: Vec<String>,
    /// The line that is written in.
    pub(super) entry: Option<String>,
}

/// Remembers what was told.
#[derive(Debug, Default)]
pub(super) struct Teller {
    told: HashMap<About, String>,
    /// News that may not last, and since when it is news.
    waiting: HashMap<About, (String, Uptime)>,
    open: Option<Open>,
}

/// What was told of what lies over the door.
#[derive(Debug)]
struct Open {
    title: String,
    told: Vec<String>,
    keys: String,
    chosen: Option<(usize, String)>,
    /// The rows that were last seen, and since when.
    rows: Vec<Row>,
    since: Uptime,
    is_listed: bool,
    entry: Option<String>,
    /// Whether that line is on the paper.
    is_begun: bool,
}

impl Teller {
    /// Forgets what was told.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// Returns what is to be written now.
    pub(super) fn tell(&mut self, spoken: &Spoken, catalogue: &Catalogue, now: Uptime, hand: Hand) -> Telling {
        let mut telling = Telling::default();
        let is_closed = spoken.layer.is_none() && self.open.take().is_some();
        if is_closed {
            // Back at the door: what it waits for is said again.
            self.told.remove(&About::Stage);
        }
        for fact in &spoken.facts {
            telling.lines.extend(self.news(fact, now));
        }
        if let Some(layer) = &spoken.layer {
            if self.open.as_ref().is_none_or(|open| open.title != layer.title) {
                telling.lines.extend(sentence(&layer.title));
                self.open = Some(Open::new(layer, now));
            }
            if let Some(open) = &mut self.open {
                open.tell(layer, catalogue, now, hand, &mut telling);
            }
        }
        telling
    }

    fn news(&mut self, fact: &Fact, now: Uptime) -> Option<String> {
        let before = self.told.get(&fact.about);
        if before == Some(&fact.key) {
            self.waiting.remove(&fact.about);
            return None;
        }
        if fact.is_once && before.is_some() {
            self.waiting.remove(&fact.about);
            self.told.insert(fact.about, fact.key.clone());
            return None;
        }
        let is_heard = match self.waiting.get(&fact.about) {
            Some((key, since)) if *key == fact.key => now.0.saturating_sub(since.0) >= SETTLED_MS,
            _ => {
                self.waiting.insert(fact.about, (fact.key.clone(), now));
                false
            }
        };
        if !is_heard && !fact.is_urgent() {
            return None;
        }
        self.waiting.remove(&fact.about);
        self.told.insert(fact.about, fact.key.clone());
        Some(fact.text.clone()).filter(|text| !text.is_empty())
    }
}

impl Open {
    fn new(layer: &Layer, now: Uptime) -> Self {
        Self {
            title: layer.title.clone(),
            told: Vec::new(),
            keys: String::new(),
            chosen: None,
            rows: Vec::new(),
            since: now,
            is_listed: false,
            entry: None,
            is_begun: false,
        }
    }

    fn tell(&mut self, layer: &Layer, catalogue: &Catalogue, now: Uptime, hand: Hand, telling: &mut Telling) {
        if self.rows != layer.rows {
            self.rows.clone_from(&layer.rows);
            self.since = now;
        }
        if self.entry != layer.entry {
            self.is_begun &= label(self.entry.as_ref()) == label(layer.entry.as_ref());
            // What was written in a field is known when the field is left.
            self.told.extend(self.entry.take().map(|entry| entry.trim_end().to_owned()));
            self.entry.clone_from(&layer.entry);
        }
        let chosen = layer.rows.iter().enumerate().find(|(_, row)| row.is_chosen);
        let chosen = chosen.map(|(at, row)| (at, row.text.clone()));
        // While somebody writes, what is chosen may change with every letter: that waits.
        if self.is_listed && hand != Hand::Acted {
            if let Some((at, row)) = &chosen
                && self.chosen.as_ref().is_none_or(|(before, told)| before != at || !is_same(told, row, hand))
            {
                telling.lines.push(row.clone());
                self.told.push(row.clone());
            }
            self.chosen = chosen.clone();
        }
        let is_settled = now.0.saturating_sub(self.since.0) >= SETTLED_MS;
        if is_settled {
            self.list(layer, catalogue, hand, telling);
            self.chosen = chosen;
            if self.keys != layer.keys {
                self.keys.clone_from(&layer.keys);
                telling.lines.extend(sentence(&layer.keys));
            }
        }
        // A line that is to be written in comes after what is said about it.
        self.is_begun |= is_settled;
        if self.is_listed && self.is_begun {
            telling.entry.clone_from(&layer.entry);
        }
    }

    /// Tells the rows that were not told. After the first time, those in which only counts differ are none, unless
    /// somebody has just done something.
    fn list(&mut self, layer: &Layer, catalogue: &Catalogue, hand: Hand, telling: &mut Telling) {
        let hand = if self.is_listed && hand == Hand::Moved { Hand::Still } else { hand };
        let is_told = |row: &&Row| self.told.iter().any(|told| is_same(told, &row.text, hand));
        let news: Vec<&Row> = layer.rows.iter().filter(|row| !is_told(row)).collect();
        let mut listed = 0_usize;
        for row in news {
            listed += usize::from(row.is_listed);
            if row.is_listed && listed > ROWS_MAX {
                continue;
            }
            telling.lines.push(if row.is_chosen && !self.is_listed {
                catalogue.say_with("plain-chosen", &[("row", text(row.text.as_str()))])
            } else {
                row.text.clone()
            });
        }
        if listed > ROWS_MAX {
            telling.lines.push(catalogue.say_with("plain-more", &[("count", (listed - ROWS_MAX).into())]));
        }
        self.told = layer.rows.iter().map(|row| row.text.clone()).collect();
        self.is_listed = true;
    }
}

/// Whether two rows say the same; where nobody did anything, also if they differ in counts alone.
fn is_same(told: &str, row: &str, hand: Hand) -> bool {
    told == row || hand == Hand::Still && without_digits(told) == without_digits(row)
}

/// What a line that is written in is called.
fn label(entry: Option<&String>) -> Option<&str> {
    entry.map(|entry| entry.split_once(": ").map_or("", |(label, _)| label))
}

fn without_digits(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_ascii_digit()).collect()
}

fn sentence(text: &str) -> Option<String> {
    let mut sentence = text.to_owned();
    if !sentence.ends_with(['.', '!', '?', ':', '…']) {
        sentence.push('.');
    }
    (!text.is_empty()).then_some(sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_is_told_at_once_and_what_may_pass_when_it_lasts() {
        let mut teller = Teller::default();
        let facts = |verdict: &str, link: &str| Spoken {
            facts: vec![fact(About::Verdict, verdict), fact(About::Link, link)],
            layer: None,
        };

        assert_eq!(tell(&mut teller, &facts("", "ONLINE"), 0), [""; 0]);
        assert_eq!(tell(&mut teller, &facts("", "ONLINE"), 300), ["ONLINE"]);
        assert_eq!(tell(&mut teller, &facts("ADMIT. Ada.", "OFFLINE"), 400), ["ADMIT. Ada."]);
        assert_eq!(tell(&mut teller, &facts("ADMIT. Ada.", "ONLINE"), 500), [""; 0], "it came back");
        assert_eq!(tell(&mut teller, &facts("", "ONLINE"), 9_000), [""; 0]);
        assert_eq!(tell(&mut teller, &facts("ADMIT. Ada.", "ONLINE"), 9_100), ["ADMIT. Ada."]);

        teller.forget();
        tell(&mut teller, &facts("ADMIT. Ada.", "ONLINE"), 9_200);
        assert_eq!(tell(&mut teller, &facts("ADMIT. Ada.", "ONLINE"), 9_500), ["ONLINE"]);
    }

    #[test]
    fn a_list_is_told_once_and_then_what_is_chosen() {
        let mut teller = Teller::default();
        let list = |chosen: usize, ages: [u32; 2]| {
            let row = |at: usize| Row {
                text: format!("Door {}, {} s", ["A", "B"][at], ages[at]),
                is_chosen: at == chosen,
                is_listed: true,
            };
            layer("Doors", vec![row(0), row(1)], None)
        };

        assert_eq!(tell(&mut teller, &list(0, [1, 2]), 0), ["Doors."]);
        assert_eq!(tell(&mut teller, &list(0, [1, 2]), 300), ["Chosen: Door A, 1 s", "Door B, 2 s", "Keys: Esc back."]);
        assert_eq!(tell(&mut teller, &list(1, [1, 2]), 400), ["Door B, 2 s"]);
        assert_eq!(tell(&mut teller, &list(1, [1, 2]), 900), [""; 0]);
        let other = Spoken::default();
        assert_eq!(tell(&mut teller, &other, 1_000), [""; 0]);
        assert_eq!(tell(&mut teller, &list(0, [1, 2]), 1_100), ["Doors."]);
    }

    #[test]
    fn counts_that_change_by_themselves_are_silent_and_those_after_a_key_are_not() {
        let catalogue = Catalogue::default();
        let mut teller = Teller::default();
        let tries = |left: u32| layer("Pin", vec![Row::of(&format!("{left} more tries"))], None);
        tell(&mut teller, &tries(4), 0);
        assert_eq!(tell(&mut teller, &tries(4), 300), ["4 more tries", "Keys: Esc back."]);

        tell(&mut teller, &tries(3), 1_000);
        assert_eq!(tell(&mut teller, &tries(3), 1_300), [""; 0]);

        teller.tell(&tries(2), &catalogue, Uptime(2_000), Hand::Acted);
        let telling = teller.tell(&tries(2), &catalogue, Uptime(2_300), Hand::Acted);
        assert_eq!(telling.lines, ["2 more tries"]);
    }

    #[test]
    fn what_is_found_waits_until_nobody_writes_and_a_long_list_is_cut() {
        let catalogue = Catalogue::default();
        let mut teller = Teller::default();
        let found = |letter: char| {
            let row = |at: usize| Row { text: format!("{letter}{at}"), is_chosen: at == 1, is_listed: true };
            layer("Search", (1..=12).map(row).collect(), Some(format!("Name: {letter}")))
        };
        teller.tell(&found('a'), &catalogue, Uptime(0), Hand::Acted);
        assert_eq!(teller.tell(&found('b'), &catalogue, Uptime(200), Hand::Acted).lines, [""; 0]);

        let telling = teller.tell(&found('b'), &catalogue, Uptime(500), Hand::Acted);

        assert_eq!(telling.lines.first().unwrap(), "Chosen: b1");
        assert_eq!(telling.lines.get(8..).unwrap(), ["b9", "3 more.", "Keys: Esc back."]);
        assert_eq!(teller.tell(&found('c'), &catalogue, Uptime(700), Hand::Acted).lines, [""; 0]);
    }

    #[test]
    fn a_field_that_was_left_is_not_told_again() {
        let catalogue = Catalogue::default();
        let mut teller = Teller::default();
        let form = |rows: &[&str], entry: &str| {
            layer("Sale", rows.iter().map(|row| Row::of(row)).collect(), Some(entry.to_owned()))
        };
        tell(&mut teller, &form(&["E-mail:"], "Name: "), 0);
        tell(&mut teller, &form(&["E-mail:"], "Name: "), 300);
        let telling = teller.tell(&form(&["E-mail:"], "Name: Ada"), &catalogue, Uptime(400), Hand::Acted);
        assert_eq!(telling, Telling { lines: vec![], entry: Some("Name: Ada".into()) });

        teller.tell(&form(&["Name: Ada"], "E-mail: "), &catalogue, Uptime(500), Hand::Acted);
        let telling = teller.tell(&form(&["Name: Ada"], "E-mail: "), &catalogue, Uptime(900), Hand::Acted);
        assert_eq!(telling, Telling { lines: vec![], entry: Some("E-mail: ".into()) });
    }

    fn fact(about: About, text: &str) -> Fact {
        Fact { about, key: text.into(), text: text.into(), is_once: false }
    }

    fn layer(title: &str, rows: Vec<Row>, entry: Option<String>) -> Spoken {
        let layer = Layer { title: title.into(), rows, keys: "Keys: Esc back".into(), entry };
        Spoken { facts: Vec::new(), layer: Some(layer) }
    }

    fn tell(teller: &mut Teller, spoken: &Spoken, at: u64) -> Vec<String> {
        teller.tell(spoken, &Catalogue::default(), Uptime(at), Hand::Still).lines
    }
}
