//! The line that typed codes and hand scanners write to, and how the two are told from commands.
//!
//! A hand scanner is a keyboard that types very fast and ends with Enter. Its first letter may be
//! that of a command, so a command letter waits [`BURST_GAP_MS`] for a second one before it acts:
//! without that, a scanned web address would switch the door to exit.

use sync_protocol::crockford::CodeError;
use sync_protocol::id::TicketId;
use sync_protocol::time::Uptime;

/// Keys closer together than this come from a hand scanner, in ms. People don't type two different
/// keys that fast; a held key repeats the same one.
pub const BURST_GAP_MS: u64 = 40;
/// The code line closes after this time without a key, in ms, so that a forgotten half of a code
/// never joins the next one.
pub const LINE_IDLE_MS: u64 = 20_000;
/// The longest line that is kept. A ticket has 122 characters; what is longer is none.
pub const LINE_CHARS_MAX: usize = 512;
/// The most symbols a typed code has: 13 digits and a check symbol.
const CODE_SYMBOLS_MAX: usize = 14;

/// A key, apart from any keyboard.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Key {
    /// A printable character.
    Char(char),
    /// F1 to F12.
    Function(u8),
    /// Enter, or what a hand scanner ends with.
    Enter,
    /// To the next field; some hand scanners end with it.
    Tab,
    /// To the field before.
    BackTab,
    /// One row up.
    Up,
    /// One row down.
    Down,
    /// One character back.
    Left,
    /// One character on.
    Right,
    /// To the beginning.
    Home,
    /// To the end.
    End,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// Back.
    Escape,
    /// Deletes the last character.
    Backspace,
    /// Ctrl-C.
    Interrupt,
}

/// A line that is ready.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Line {
    /// What was written.
    pub text: String,
    /// Whether it is the code that people read and type, rather than what a QR code holds.
    pub is_typed: bool,
}

/// What the keys so far amount to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Heard {
    /// Nothing yet.
    Nothing,
    /// A command letter.
    Command(char),
    /// A line that is ready.
    Line(Line),
    /// Enter or Escape without a line.
    Bare(Key),
}

/// The line being written and the letter that waits.
#[derive(Clone, Debug, Default)]
pub struct Typing {
    line: Option<String>,
    /// Where in the line the keys began that followed each other without a gap.
    burst_from: usize,
    mistake: Option<CodeError>,
    held: Option<Held>,
    last_key: Uptime,
}

#[derive(Clone, Copy, Debug)]
struct Held {
    letter: char,
    times: usize,
}

impl Typing {
    /// Returns the line being written, if it is open.
    pub fn line(&self) -> Option<&str> {
        self.line.as_deref()
    }

    /// Returns what is wrong with the code that was entered last.
    pub const fn mistake(&self) -> Option<CodeError> {
        self.mistake
    }

    /// Opens an empty line.
    pub fn open(&mut self, now: Uptime) {
        *self = Self { line: Some(String::new()), last_key: now, ..Self::default() };
    }

    /// Takes a character; `is_command` says whether it is the letter of a command when it stands
    /// alone.
    pub fn handle_char(&mut self, letter: char, is_command: bool, now: Uptime) -> Heard {
        let is_burst = now.0.saturating_sub(self.last_key.0) < BURST_GAP_MS;
        self.last_key = now;
        if let Some(line) = &mut self.line {
            self.mistake = None;
            if !is_burst {
                self.burst_from = line.len();
            }
            if line.chars().count() < LINE_CHARS_MAX {
                line.push(letter);
            }
            return Heard::Nothing;
        }
        match self.held.take() {
            Some(held) if is_burst && held.letter == letter => {
                self.held = Some(Held { times: held.times.saturating_add(1).min(LINE_CHARS_MAX), ..held });
                Heard::Nothing
            }
            Some(held) if is_burst => {
                let mut line: String = std::iter::repeat_n(held.letter, held.times).collect();
                line.push(letter);
                self.line = Some(line);
                self.burst_from = 0;
                Heard::Nothing
            }
            earlier => {
                self.hold_or_open(letter, is_command);
                earlier.map_or(Heard::Nothing, settled)
            }
        }
    }

    fn hold_or_open(&mut self, letter: char, is_command: bool) {
        if is_command {
            self.held = Some(Held { letter, times: 1 });
        } else if letter.is_ascii_graphic() {
            *self = Self { line: Some(letter.to_string()), last_key: self.last_key, ..Self::default() };
        }
    }

    /// Takes Enter, Escape or Backspace.
    pub fn handle_key(&mut self, key: Key, now: Uptime) -> Heard {
        let held = self.held.take();
        let is_burst = now.0.saturating_sub(self.last_key.0) < BURST_GAP_MS;
        self.last_key = now;
        let Some(line) = &mut self.line else {
            return held.map_or(Heard::Bare(key), settled);
        };
        match key {
            Key::Enter | Key::Tab => self.submit(is_burst),
            Key::Backspace => {
                self.mistake = None;
                let was_empty = line.pop().is_none();
                self.burst_from = line.len();
                if was_empty {
                    *self = Self::default();
                }
                Heard::Nothing
            }
            _ => {
                *self = Self::default();
                Heard::Nothing
            }
        }
    }

    /// Lets time pass: a letter that waited long enough is a command, a forgotten line closes.
    pub fn handle_time(&mut self, now: Uptime) -> Heard {
        let idle_ms = now.0.saturating_sub(self.last_key.0);
        if self.line.is_some() && idle_ms >= LINE_IDLE_MS {
            *self = Self::default();
        }
        match self.held {
            Some(held) if idle_ms >= BURST_GAP_MS => {
                self.held = None;
                settled(held)
            }
            _ => Heard::Nothing,
        }
    }

    /// Returns when [`Typing::handle_time`] should be called again.
    pub fn deadline(&self) -> Option<Uptime> {
        self.held.map(|_| self.last_key.plus(BURST_GAP_MS))
    }

    /// A short line that is no code, and was typed by hand, stays to be corrected. A scanned line
    /// takes the place of what stood before it.
    fn submit(&mut self, is_burst: bool) -> Heard {
        let mut text = self.line.take().unwrap_or_default();
        let scanned = text.get(self.burst_from..).filter(|_| is_burst).unwrap_or_default();
        if symbols(scanned) > CODE_SYMBOLS_MAX {
            text = scanned.to_owned();
        }
        let is_scanned = is_burst && (self.burst_from == 0 || symbols(&text) > CODE_SYMBOLS_MAX);
        self.burst_from = 0;
        if symbols(&text) == 0 {
            return Heard::Nothing;
        }
        match TicketId::from_typed_code(&text) {
            Ok(_) => Heard::Line(Line { text, is_typed: true }),
            Err(mistake) if symbols(&text) <= CODE_SYMBOLS_MAX && !is_scanned => {
                self.line = Some(text);
                self.mistake = Some(mistake);
                Heard::Nothing
            }
            Err(_) => Heard::Line(Line { text, is_typed: false }),
        }
    }
}

fn symbols(text: &str) -> usize {
    text.chars().filter(|c| !matches!(c, ' ' | '-')).count()
}

/// A key that was held down long enough to repeat has acted once already.
fn settled(held: Held) -> Heard {
    if held.times == 1 { Heard::Command(held.letter) } else { Heard::Nothing }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CREDENTIAL: &str = "US5E Q$*8E:UI1/ZZ";

    #[test]
    fn a_hand_scanner_presents_its_line_even_if_it_begins_with_a_command_letter() {
        let mut typing = Typing::default();

        let heard = burst(&mut typing, "e:US5EQ$*8E:UI1/ZZ99", 1_000);

        assert_eq!(heard, Heard::Line(Line { text: "e:US5EQ$*8E:UI1/ZZ99".into(), is_typed: false }));
        assert_eq!(typing.line(), None);
    }

    #[test]
    fn a_lone_command_letter_acts_after_the_gap() {
        let mut typing = Typing::default();
        assert_eq!(typing.handle_char('e', true, Uptime(1_000)), Heard::Nothing);

        assert_eq!(typing.handle_time(Uptime(1_039)), Heard::Nothing);
        assert_eq!(typing.handle_time(Uptime(1_040)), Heard::Command('e'));
        assert_eq!(typing.handle_time(Uptime(1_080)), Heard::Nothing);
    }

    #[test]
    fn two_command_letters_of_a_person_both_act() {
        let mut typing = Typing::default();
        typing.handle_char('e', true, Uptime(1_000));

        assert_eq!(typing.handle_char('m', true, Uptime(1_200)), Heard::Command('e'));
        assert_eq!(typing.handle_time(Uptime(1_300)), Heard::Command('m'));
    }

    #[test]
    fn a_key_that_is_held_down_acts_once() {
        let mut typing = Typing::default();
        typing.handle_char('e', true, Uptime(1_000));
        let mut heard = vec![typing.handle_time(Uptime(1_100))];

        for repeat in 0..20 {
            heard.push(typing.handle_char('e', true, Uptime(1_500 + repeat * 30)));
            heard.push(typing.handle_time(Uptime(1_515 + repeat * 30)));
        }
        heard.push(typing.handle_time(Uptime(3_000)));

        heard.retain(|heard| *heard != Heard::Nothing);
        assert_eq!(heard, [Heard::Command('e')]);
    }

    #[test]
    fn a_digit_opens_the_line_and_a_good_code_is_presented() {
        let mut typing = Typing::default();

        typed(&mut typing, "16j-d");

        assert_eq!(typing.line(), Some("16j-d"));
        let heard = typing.handle_key(Key::Enter, Uptime(5_000));
        assert_eq!(heard, Heard::Line(Line { text: "16j-d".into(), is_typed: true }));
    }

    #[test]
    fn a_mistyped_code_stays_to_be_corrected() {
        let mut typing = Typing::default();
        typed(&mut typing, "16JE");

        assert_eq!(typing.handle_key(Key::Enter, Uptime(5_000)), Heard::Nothing);
        assert_eq!((typing.line(), typing.mistake()), (Some("16JE"), Some(CodeError::Check)));

        typing.handle_key(Key::Backspace, Uptime(5_500));
        assert_eq!(typing.mistake(), None);
        typing.handle_char('D', false, Uptime(6_000));
        let heard = typing.handle_key(Key::Enter, Uptime(7_000));
        assert_eq!(heard, Heard::Line(Line { text: "16JD".into(), is_typed: true }));
    }

    #[test]
    fn a_scanned_line_takes_the_place_of_half_a_code() {
        let mut typing = Typing::default();
        typed(&mut typing, "16J");

        let heard = burst(&mut typing, CREDENTIAL, 9_000);

        assert_eq!(heard, Heard::Line(Line { text: CREDENTIAL.into(), is_typed: false }));
    }

    #[test]
    fn a_scanned_barcode_that_is_no_ticket_does_not_stay_in_the_line() {
        let mut typing = Typing::default();

        let heard = burst(&mut typing, "4006381333931", 1_000);

        assert_eq!(heard, Heard::Line(Line { text: "4006381333931".into(), is_typed: false }));
        assert_eq!(typing.line(), None);
    }

    #[test]
    fn spaces_inside_a_credential_are_kept() {
        let mut typing = Typing::default();

        let heard = burst(&mut typing, CREDENTIAL, 1_000);

        assert_eq!(heard, Heard::Line(Line { text: CREDENTIAL.into(), is_typed: false }));
    }

    #[test]
    fn a_forgotten_line_closes() {
        let mut typing = Typing::default();
        typed(&mut typing, "16J");

        typing.handle_time(Uptime(60_000));

        assert_eq!(typing.line(), None);
    }

    #[test]
    fn an_endless_line_is_cut() {
        let mut typing = Typing::default();
        for at in 0..10_000 {
            typing.handle_char('7', false, Uptime(1_000 + at));
        }

        assert_eq!(typing.line().map(str::len), Some(LINE_CHARS_MAX));
    }

    #[test]
    fn escape_and_an_emptied_line_close_it() {
        let mut typing = Typing::default();
        typed(&mut typing, "16J");
        typing.handle_key(Key::Escape, Uptime(5_000));
        assert_eq!(typing.line(), None);

        typing.open(Uptime(6_000));
        assert_eq!(typing.line(), Some(""));
        typing.handle_key(Key::Backspace, Uptime(7_000));
        assert_eq!(typing.line(), None);
        assert_eq!(typing.handle_key(Key::Escape, Uptime(8_000)), Heard::Bare(Key::Escape));
    }

    fn is_command(letter: char) -> bool {
        letter == 'e' || letter == 'm'
    }

    fn burst(typing: &mut Typing, text: &str, from_ms: u64) -> Heard {
        let mut now = from_ms;
        for letter in text.chars() {
            assert_eq!(typing.handle_char(letter, is_command(letter), Uptime(now)), Heard::Nothing);
            typing.handle_time(Uptime(now + 3));
            now += 5;
        }
        typing.handle_key(Key::Enter, Uptime(now))
    }

    fn typed(typing: &mut Typing, text: &str) {
        for (at, letter) in (1_000..).step_by(200).zip(text.chars()) {
            typing.handle_char(letter, is_command(letter), Uptime(at));
        }
    }
}
