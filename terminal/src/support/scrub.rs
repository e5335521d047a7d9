//! A log without anything that looks like a person.
//!
//! The log names nobody to begin with. This is the second net: words of any listed name, addresses,
//! tickets' numbers and codes, and numbers that stand alone, as a PIN would.

use std::collections::HashSet;

use sync_protocol::id::TicketId;
use unicode_normalization::UnicodeNormalization as _;

/// What stands in the place of what was taken out.
const GONE: &str = "▒";
/// Shorter words of names are too common to be taken out.
const NAME_CHARS_MIN: usize = 3;
/// A longer run of a code's letters is a code.
const CODE_CHARS_MIN: usize = 24;
/// A longer number that stands alone may be a PIN or a telephone.
const NUMBER_DIGITS_MIN: usize = 4;

/// Takes whatever looks like a person out of lines.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scrubber {
    names: HashSet<String>,
}

impl Scrubber {
    /// Takes every word of `name` out from now on.
    pub(crate) fn add_name(&mut self, name: &str) {
        let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() >= NAME_CHARS_MIN);
        self.names.extend(words.map(plain));
    }

    /// Returns `line` without what looks like a person.
    ///
    /// Its first two words, time and level, stay.
    pub(crate) fn line(&self, line: &str) -> String {
        let mut words = line.split(' ');
        let head: Vec<&str> = words.by_ref().filter(|word| !word.is_empty()).take(2).collect();
        let mut out = head.join(" ");
        for word in without_codes(&words.collect::<Vec<_>>().join(" ")).split(' ') {
            out.push(' ');
            out.push_str(&self.word(word));
        }
        out
    }

    fn word(&self, word: &str) -> String {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) if is_field(name) => (Some(name), value),
            _ => (None, word),
        };
        let is_bare_number = name.is_none() && is_number(value);
        let is_person = value.contains('@') || is_bare_number || is_ticket(value);
        let value = if is_person { GONE.to_owned() } else { self.without_names(value) };
        match name {
            Some(name) => format!("{name}={value}"),
            None => value,
        }
    }

    /// Replaces each run of letters and digits that is a name's word.
    fn without_names(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut run = String::new();
        let finish = |run: &mut String, out: &mut String| {
            out.push_str(if self.names.contains(&plain(run)) { GONE } else { run });
            run.clear();
        };
        for c in text.chars() {
            if c.is_alphanumeric() {
                run.push(c);
            } else {
                finish(&mut run, &mut out);
                out.push(c);
            }
        }
        finish(&mut run, &mut out);
        out
    }
}

/// Small letters without accents.
fn plain(word: &str) -> String {
    let is_mark = |c: &char| ('\u{300}'..='\u{36f}').contains(c);
    word.nfd().filter(|c| !is_mark(c)).flat_map(char::to_lowercase).collect()
}

fn is_field(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

fn is_number(text: &str) -> bool {
    let text = text.trim_matches(|c: char| c.is_ascii_punctuation());
    text.len() >= NUMBER_DIGITS_MIN && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether `text` is a ticket's number as people type it: its check symbol is right.
fn is_ticket(text: &str) -> bool {
    let text = text.trim_matches(|c: char| c.is_ascii_punctuation() && c != '*' && c != '$' && c != '=');
    let has_both = text.bytes().any(|byte| byte.is_ascii_digit()) || text.len() >= 8;
    text.len() >= 5 && has_both && !text.contains('.') && TicketId::from_typed_code(text).is_ok()
}

/// Takes out every long run of the letters that credentials and enrolment codes are made of, which
/// a space is one of.
fn without_codes(text: &str) -> String {
    let is_letter = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || " $%*+-./:".contains(c);
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let (run, after) = rest.split_at(rest.find(|c| !is_letter(c)).unwrap_or(rest.len()));
        let (between, after) = after.split_at(after.find(is_letter).unwrap_or(after.len()));
        let code = run.trim_matches([' ', ':']);
        if code.len() >= CODE_CHARS_MIN {
            out.push_str(&run.replace(code, GONE));
        } else {
            out.push_str(run);
        }
        out.push_str(between);
        rest = after;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_looks_like_a_person_is_taken_out() {
        let mut scrubber = Scrubber::default();
        scrubber.add_name("Zoë van Xylander-Quist");
        let credential = "US5EQ$*8 :UI1/ZZ99".repeat(7);
        let line = |rest: &str| scrubber.line(&format!("2026-09-01T12:02:29.123456Z  INFO {rest}"));

        for (rest, kept) in [
            ("usher_terminal::gate: let in Zoe Xylander", "usher_terminal::gate: let in ▒ ▒"),
            ("gate: \"ZOË\" of quist@example.org", "gate: \"▒\" of ▒"),
            ("gate: name=Quist rows=1500", "gate: name=▒ rows=1500"),
            ("session: wrong PIN 4711", "session: wrong PIN ▒"),
            (&format!("gate: {credential} is forged"), "gate: ▒ is forged"),
            (&format!("gate: credential={credential}"), "gate: credential=▒"),
        ] {
            assert_eq!(line(rest), format!("2026-09-01T12:02:29.123456Z INFO {kept}"));
        }
    }

    #[test]
    fn a_tickets_number_is_known_by_its_check_symbol() {
        let code = TicketId(0x1234_5678_9abc).to_string();
        assert!(is_ticket(&code), "{code}");
        assert_eq!(Scrubber::default().line(&format!("t INFO gate: {code}, again")), "t INFO gate: ▒ again");
    }

    #[test]
    fn what_tells_of_the_machine_stays() {
        let scrubber = Scrubber::default();
        let line = "2026-09-01T12:02:29Z WARN usher_terminal::sync::driver: an exchange failed: the server cannot \
                    be reached: error sending request lane=Up rows=100002 head=100312";
        assert_eq!(scrubber.line(line), line);
    }
}
