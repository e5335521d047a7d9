//! What a hand scanner's keys say on this keyboard.
//!
//! A hand scanner presses the keys of one country's keyboard, and the computer reads them as those
//! of another's: `Z` arrives as `Y`, `:` as `Ö`, digits as `à&é"`. Which is which is learned from
//! one known code ([`test_code`]) that holds every character a ticket's code can have.

use std::collections::BTreeMap;

use sync_protocol::id::TicketId;
use sync_protocol::ticket::Credential;
use sync_protocol::ticket::credential::CREDENTIAL_CHARS;
use unicode_normalization::UnicodeNormalization as _;

use super::typing::Line;
use crate::settings::Memo;

/// Every character of a ticket's code but the space, which no keyboard moves.
const ALPHABET: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ$%*+-./:";
/// What a scanner may be set to send before and after a code, in characters.
const AFFIX_CHARS_MAX: usize = 8;
/// With more accents in one code than this, nobody guesses which swallowed a space.
const ACCENTS_MAX: usize = 10;
/// The accents of dead keys: as they stand alone, and as Unicode combines them.
const ACCENTS: [(&str, char); 13] = [
    ("`", '\u{300}'),
    ("´'", '\u{301}'),
    ("^", '\u{302}'),
    ("~", '\u{303}'),
    ("¯", '\u{304}'),
    ("˘", '\u{306}'),
    ("˙", '\u{307}'),
    ("¨\"", '\u{308}'),
    ("˚°", '\u{30a}'),
    ("˝", '\u{30b}'),
    ("ˇ", '\u{30c}'),
    ("¸", '\u{327}'),
    ("˛", '\u{328}'),
];

/// Returns the text of the code that a layout is learned from: each character before a space, and
/// the first one again.
pub fn test_code() -> String {
    let mut code: String = ALPHABET.chars().flat_map(|letter| [letter, ' ']).collect();
    code.push('0');
    code
}

/// Returns what is to be remembered of a layout: what arrived for the test code, and that code.
pub fn memo(arrived: &str) -> Memo {
    Memo::Scanner(BTreeMap::from([(arrived.to_owned(), test_code())]))
}

/// Returns the layout that is remembered; the plain one if none is.
pub fn remembered(memory: &BTreeMap<String, String>) -> Layout {
    let code = test_code();
    let arrived = memory.iter().find(|(_, meant)| **meant == code).map(|(arrived, _)| arrived);
    arrived.and_then(|arrived| Layout::learn(arrived).ok()).unwrap_or_default()
}

/// Why nothing can be learned from what arrived.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NotLearned {
    /// Another code than the one that was shown.
    #[error("that was another code")]
    OtherCode,
    /// Characters are missing, and nobody knows which.
    #[error("some characters did not arrive")]
    Incomplete,
}

/// What arrives for each character.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Layout {
    /// The character meant, by the one that arrives.
    meant: BTreeMap<char, char>,
    /// Those that are dead keys here: they wait for the next character and may swallow it.
    dead: Vec<char>,
    /// Those that do not arrive at all.
    missing: Vec<char>,
    /// Those that arrive as another one does too.
    confused: Vec<char>,
    prefix: String,
    suffix: String,
}

impl Layout {
    /// Learns from what arrived when [`test_code`] was scanned.
    ///
    /// # Errors
    ///
    /// [`NotLearned`] if it cannot have been that code, or came with gaps that cannot be placed.
    pub fn learn(arrived: &str) -> Result<Self, NotLearned> {
        let arrived = arrived.trim_end_matches(['\r', '\n', '\t']);
        if arrived.matches(' ').count() < ALPHABET.len() / 2 {
            return Err(NotLearned::OtherCode);
        }
        let mut layout = Self::default();
        let (first, rest) = arrived.split_once(' ').ok_or(NotLearned::OtherCode)?;
        let (prefix, zero) = split_last(first).ok_or(NotLearned::Incomplete)?;
        layout.prefix = prefix.to_owned();
        layout.note('0', zero);
        let mut rest = rest.chars().peekable();
        for meant in ALPHABET.chars().skip(1) {
            match rest.next().ok_or(NotLearned::Incomplete)? {
                ' ' => layout.missing.push(meant),
                came => {
                    layout.note(meant, came);
                    if rest.next_if_eq(&' ').is_none() {
                        // A dead key takes the space with it and stands alone.
                        layout.dead.push(meant);
                    }
                }
            }
        }
        if rest.next() != Some(zero) {
            return Err(NotLearned::Incomplete);
        }
        layout.suffix = rest.collect();
        let is_affixed = |affix: &str| affix.chars().count() > AFFIX_CHARS_MAX || affix.contains(' ');
        if is_affixed(&layout.prefix) || is_affixed(&layout.suffix) {
            return Err(NotLearned::Incomplete);
        }
        Ok(layout)
    }

    fn note(&mut self, meant: char, came: char) {
        if let Some(other) = self.meant.insert(came, meant) {
            self.meant.insert(came, other);
            self.confused.extend([other, meant]);
            self.confused.sort_unstable();
            self.confused.dedup();
        }
    }

    /// Whether every character arrives as itself, and nothing around the code.
    pub fn is_plain(&self) -> bool {
        let is_same = self.meant.iter().all(|(came, meant)| came == meant);
        is_same && self.is_sure() && self.prefix.is_empty() && self.suffix.is_empty()
    }

    /// Whether every ticket can be read.
    pub fn is_sure(&self) -> bool {
        self.dead.is_empty() && self.missing.is_empty() && self.confused.is_empty()
    }

    /// Returns the characters with which a ticket's code may not be readable: dead keys, then those
    /// that do not arrive, then those that cannot be told apart.
    pub fn unsure(&self) -> (&[char], &[char], &[char]) {
        (&self.dead, &self.missing, &self.confused)
    }

    /// Returns what a hand scanner presented when `arrived` came in one burst: the code, if it is
    /// one under this layout; else the text as it is.
    pub fn read(&self, arrived: &str) -> Line {
        let bare = arrived.strip_prefix(&self.prefix).unwrap_or(arrived);
        let bare = bare.strip_suffix(&self.suffix).unwrap_or(bare);
        let translated = self.translate(bare);
        // A translation goes first: with two letters changed for each other, a code still looks like one.
        let candidates = || translated.iter().map(String::as_str).chain([bare]);
        let mut credentials = translated.iter().filter(|text| Credential::from_text(text).is_ok());
        // Of two that could be meant one is wrong, and a guest must not be taken for a forger.
        if let Some(credential) = credentials.next()
            && credentials.all(|other| other == credential)
        {
            return Line { text: credential.clone(), is_typed: false };
        }
        if Credential::from_text(bare).is_ok() {
            return Line { text: bare.to_owned(), is_typed: false };
        }
        match candidates().find(|text| TicketId::from_typed_code(text).is_ok()) {
            Some(code) => Line { text: code.to_owned(), is_typed: true },
            None => Line { text: bare.to_owned(), is_typed: false },
        }
    }

    /// Whether `arrived` is a ticket's code, so that it needs no Enter behind it.
    pub fn is_credential(&self, arrived: &str) -> bool {
        Credential::from_text(&self.read(arrived).text).is_ok()
    }

    /// Says what may have been meant. An accent that stands alone is a dead key that swallowed a
    /// space, or one that the next character would not join; only the length tells.
    fn translate(&self, arrived: &str) -> Vec<String> {
        let mut text: Vec<char> = Vec::with_capacity(arrived.len());
        let mut accents = Vec::new();
        for came in arrived.chars() {
            match (self.meant_by(came), self.combined(came)) {
                (Some(meant), _) => {
                    text.push(meant);
                    if self.dead.contains(&meant) {
                        accents.push(text.len());
                    }
                }
                (None, Some((dead, base))) => text.extend([dead, base]),
                (None, None) => text.push(came),
            }
        }
        let swallowed = CREDENTIAL_CHARS.saturating_sub(text.len());
        if swallowed == 0 || swallowed > accents.len() || accents.len() > ACCENTS_MAX {
            return vec![text.into_iter().collect()];
        }
        let choices = (0..1_u32 << accents.len()).filter(|choice| choice.count_ones() as usize == swallowed);
        choices.map(|choice| with_spaces(&text, &accents, choice)).collect()
    }

    /// Returns the character meant, also if Caps Lock was pressed since.
    fn meant_by(&self, came: char) -> Option<char> {
        let swapped = swap_case(came);
        let learned = self.meant.get(&came).or_else(|| self.meant.get(&swapped?));
        let unlearned = || swapped.filter(|swapped| self.meant.is_empty() && ALPHABET.contains(*swapped));
        learned.copied().or_else(unlearned)
    }

    /// Takes a dead key's accent off the character it joined.
    fn combined(&self, came: char) -> Option<(char, char)> {
        let mut parts = came.nfd();
        let (base, mark) = (parts.next()?, parts.next()?);
        let (alone, _) = ACCENTS.iter().find(|(_, combining)| *combining == mark)?;
        let is_dead = |meant: &char| self.dead.contains(meant);
        let dead = alone.chars().find_map(|accent| self.meant.get(&accent).copied().filter(is_dead))?;
        Some((dead, self.meant_by(base)?))
    }
}

/// Writes a space at those of `places` whose bit is set in `choice`.
fn with_spaces(text: &[char], places: &[usize], choice: u32) -> String {
    let chosen: Vec<usize> =
        places.iter().enumerate().filter(|(bit, _)| choice >> bit & 1 == 1).map(|(_, place)| *place).collect();
    let letters = text.iter().zip(1_usize..);
    letters.flat_map(|(letter, end)| std::iter::once(*letter).chain(chosen.contains(&end).then_some(' '))).collect()
}

fn split_last(text: &str) -> Option<(&str, char)> {
    let (at, last) = text.char_indices().next_back()?;
    Some((text.get(..at)?, last))
}

/// Returns the letter in its other case, where that is one letter.
fn swap_case(letter: char) -> Option<char> {
    fn only(mut letters: impl Iterator<Item = char>) -> Option<char> {
        let first = letters.next();
        first.filter(|_| letters.next().is_none())
    }
    let swapped = if letter.is_lowercase() { only(letter.to_uppercase()) } else { only(letter.to_lowercase()) };
    swapped.filter(|swapped| *swapped != letter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::SigningKey;
    use sync_protocol::id::{ClassId, EventId, Issue, Kid};
    use sync_protocol::ticket::Claims;
    use sync_protocol::ticket::credential::Signer;

    /// What arrives when a scanner presses the keys of a text.
    type Keyboard = fn(&str) -> String;

    #[test]
    fn the_test_code_holds_the_whole_alphabet() {
        let code = test_code();

        for letter in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:".chars() {
            assert!(code.contains(letter), "{letter}");
        }
        assert_eq!(code.len(), 89);
    }

    #[test]
    fn every_layout_is_learned_and_reads_every_ticket() {
        let layouts: [(&str, Keyboard); 5] =
            [("US", us), ("AZERTY", azerty), ("QWERTZ", qwertz), ("Dvorak", dvorak), ("caps", caps)];
        for (name, typed) in layouts {
            let layout = Layout::learn(&typed(&test_code())).unwrap();

            assert_eq!(layout.is_plain(), name == "US", "{name}");
            assert!(layout.is_sure() || name == "QWERTZ", "{name}");
            let mut read = 0;
            for serial in 0..300 {
                let ticket = ticket(serial);
                let line = layout.read(&typed(&ticket));
                let is_read = line == Line { text: ticket, is_typed: false };
                assert!(is_read || name == "QWERTZ" && Credential::from_text(&line.text).is_err(), "{name}");
                read += usize::from(is_read);
            }
            assert!(read > 200, "{name}: {read}");
        }
    }

    #[test]
    fn caps_lock_pressed_after_learning_does_not_matter() {
        let typed: [Keyboard; 3] = [us, azerty, dvorak];
        for typed in typed {
            let layout = Layout::learn(&typed(&test_code())).unwrap();
            for serial in 0..50 {
                let ticket = ticket(serial);
                assert_eq!(layout.read(&caps(&typed(&ticket))).text, ticket);
            }
        }
    }

    #[test]
    fn without_learning_plain_and_lower_case_tickets_are_read() {
        let layout = Layout::default();
        let ticket = ticket(7);

        assert_eq!(layout.read(&ticket).text, ticket);
        assert!(layout.is_credential(&ticket.to_lowercase()));
        assert_eq!(layout.read("https://example.org/A").text, "https://example.org/A");
    }

    #[test]
    fn a_dead_key_is_reported_and_read_as_far_as_it_goes() {
        let layout = Layout::learn(&qwertz(&test_code())).unwrap();

        assert_eq!(layout.unsure(), (&['+'][..], &[][..], &[][..]));
        assert_eq!(layout.translate(&qwertz("+A+E+1")), ["+A+E+1"]);
    }

    #[test]
    fn characters_that_arrive_alike_are_reported() {
        let greek = |text: &str| text.replace('W', "S");

        let layout = Layout::learn(&greek(&test_code())).unwrap();

        assert!(!layout.is_sure());
        assert_eq!(layout.unsure(), (&[][..], &[][..], &['S', 'W'][..]));
    }

    #[test]
    fn characters_that_do_not_arrive_are_reported() {
        let layout = Layout::learn(&test_code().replace('%', "")).unwrap();

        assert_eq!(layout.unsure(), (&[][..], &['%'][..], &[][..]));
    }

    #[test]
    fn what_a_scanner_puts_around_a_code_is_taken_off() {
        let framed = |text: &str| format!("]Q1{text}#");
        let layout = Layout::learn(&framed(&test_code())).unwrap();
        let ticket = ticket(3);

        assert_eq!(layout.read(&framed(&ticket)).text, ticket);
        assert!(!layout.is_plain() && layout.is_sure());
    }

    #[test]
    fn other_codes_and_gaps_teach_nothing() {
        assert_eq!(Layout::learn("https://example.org"), Err(NotLearned::OtherCode));
        assert_eq!(Layout::learn(""), Err(NotLearned::OtherCode));
        assert_eq!(Layout::learn(&ticket(1)), Err(NotLearned::OtherCode));
        let code = test_code();
        for cut in 1..code.len() {
            assert!(Layout::learn(&code[..code.len() - cut]).is_err(), "{cut}");
        }
        assert_eq!(Layout::learn(&code.replace("K ", "")), Err(NotLearned::Incomplete));
    }

    #[test]
    fn a_number_under_a_ticket_is_a_typed_code() {
        let layout = Layout::learn(&azerty(&test_code())).unwrap();

        assert_eq!(layout.read(&azerty("16J-D")), Line { text: "16J-D".into(), is_typed: true });
    }

    fn ticket(serial: u64) -> String {
        let key = SigningKey::from_bytes(&[3; 32]);
        let claims = Claims {
            signer: Signer::Server(Kid(1)),
            is_test: false,
            ticket: TicketId(serial * 7_919 + 1),
            issue: Issue(9),
            class: ClassId(2),
        };
        claims.sign(EventId([5; 16]), &key).to_text()
    }

    fn us(text: &str) -> String {
        text.to_owned()
    }

    fn caps(text: &str) -> String {
        text.chars().map(|c| if c.is_alphabetic() { swap_case(c).unwrap_or(c) } else { c }).collect()
    }

    fn moved(text: &str, from: &str, to: &str) -> String {
        let table: BTreeMap<char, char> = from.chars().zip(to.chars()).collect();
        text.chars().map(|c| table.get(&c).copied().unwrap_or(c)).collect()
    }

    /// A French keyboard under a scanner that thinks it is an American one.
    fn azerty(text: &str) -> String {
        moved(text, "1234567890AQZWM$%*+-./:", "&é\"'(-è_çàQAWZ?458+):!M")
    }

    fn dvorak(text: &str) -> String {
        moved(text, "QWERTYUIOPASDFGHJKLZXCVBNM+-./:", "\"<>PYFGCRLAOEUIDHTNS:QJKXBM}[vzS")
    }

    /// A German keyboard: `+` is a dead accent that joins the next character, or swallows a space.
    fn qwertz(text: &str) -> String {
        let moved = moved(text, "YZ*-/:", "ZY(ß-Ö");
        let mut arrived = String::new();
        let mut letters = moved.chars();
        while let Some(letter) = letters.next() {
            match (letter, letter == '+') {
                (_, true) => match letters.next() {
                    Some(' ') => arrived.push('`'),
                    Some(base) => {
                        let joined: String = [base, '\u{300}'].iter().collect::<String>().nfc().collect();
                        if joined.chars().count() == 1 {
                            arrived.push_str(&joined);
                        } else {
                            arrived.extend(['`', base]);
                        }
                    }
                    None => arrived.push('`'),
                },
                (letter, false) => arrived.push(letter),
            }
        }
        arrived
    }
}
