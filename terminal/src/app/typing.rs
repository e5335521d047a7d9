//! The line that typed codes are written to, and the keys of the door.

pub mod pace;

use sync_protocol::crockford::CodeError;
use sync_protocol::id::TicketId;
use sync_protocol::time::Uptime;

pub use pace::BURST_GAP_MS;

/// The code line closes after this time without a key, in ms, so that a forgotten half of a code
/// never joins the next one.
pub const LINE_IDLE_MS: u64 = 20_000;
/// The longest line that is kept. A ticket has 122 characters; what is longer is none.
pub const LINE_CHARS_MAX: usize = pace::RUN_CHARS_MAX;
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

/// What a key amounts to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Typed {
    /// Nothing more than what the line shows.
    Nothing,
    /// A command letter.
    Command(char),
    /// A line that is ready.
    Line(Line),
    /// Enter, Escape or the like without a line.
    Bare(Key),
}

/// The line being written.
#[derive(Clone, Debug, Default)]
pub struct Typing {
    line: Option<String>,
    mistake: Option<CodeError>,
    last_key: Uptime,
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
        *self = Self { line: Some(String::new()), mistake: None, last_key: now };
    }

    /// Closes the line and returns what stood there.
    pub fn take(&mut self) -> String {
        std::mem::take(self).line.unwrap_or_default()
    }

    /// Writes `text` to the line, opening it.
    pub fn write(&mut self, text: &str, now: Uptime) {
        let line = self.line.get_or_insert_default();
        line.extend(text.chars().take(LINE_CHARS_MAX.saturating_sub(line.chars().count())));
        self.mistake = None;
        self.last_key = now;
    }

    /// Takes a character; `is_command` says whether it is the letter of a command where no line is
    /// open.
    pub fn handle_char(&mut self, letter: char, is_command: bool, now: Uptime) -> Typed {
        if self.line.is_none() && is_command {
            return Typed::Command(letter);
        }
        if self.line.is_some() || letter.is_ascii_graphic() {
            self.write(letter.encode_utf8(&mut [0; 4]), now);
        }
        Typed::Nothing
    }

    /// Takes Enter, Tab, Escape or Backspace.
    pub fn handle_key(&mut self, key: Key, now: Uptime) -> Typed {
        self.last_key = now;
        let Some(line) = &mut self.line else { return Typed::Bare(key) };
        match key {
            Key::Enter | Key::Tab => self.submit(),
            Key::Backspace => {
                self.mistake = None;
                if line.pop().is_none() {
                    self.line = None;
                }
                Typed::Nothing
            }
            _ => {
                *self = Self::default();
                Typed::Nothing
            }
        }
    }

    /// Lets time pass: a forgotten line closes.
    pub fn handle_time(&mut self, now: Uptime) {
        if now.0.saturating_sub(self.last_key.0) >= LINE_IDLE_MS {
            *self = Self::default();
        }
    }

    /// A short line that is no code stays to be corrected.
    fn submit(&mut self) -> Typed {
        let text = self.take();
        if symbols(&text) == 0 {
            return Typed::Nothing;
        }
        match TicketId::from_typed_code(&text) {
            Ok(_) => Typed::Line(Line { text, is_typed: true }),
            Err(mistake) if symbols(&text) <= CODE_SYMBOLS_MAX => {
                self.line = Some(text);
                self.mistake = Some(mistake);
                Typed::Nothing
            }
            Err(_) => Typed::Line(Line { text, is_typed: false }),
        }
    }
}

fn symbols(text: &str) -> usize {
    text.chars().filter(|c| !matches!(c, ' ' | '-')).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digit_opens_the_line_and_a_good_code_is_presented() {
        let mut typing = Typing::default();

        typed(&mut typing, "16j-d");

        assert_eq!(typing.line(), Some("16j-d"));
        let heard = typing.handle_key(Key::Enter, Uptime(5_000));
        assert_eq!(heard, Typed::Line(Line { text: "16j-d".into(), is_typed: true }));
    }

    #[test]
    fn a_command_letter_is_one_only_while_no_line_is_open() {
        let mut typing = Typing::default();
        assert_eq!(typing.handle_char('e', true, Uptime(1_000)), Typed::Command('e'));

        typed(&mut typing, "1e");

        assert_eq!(typing.line(), Some("1e"));
    }

    #[test]
    fn a_mistyped_code_stays_to_be_corrected() {
        let mut typing = Typing::default();
        typed(&mut typing, "16JE");

        assert_eq!(typing.handle_key(Key::Enter, Uptime(5_000)), Typed::Nothing);
        assert_eq!((typing.line(), typing.mistake()), (Some("16JE"), Some(CodeError::Check)));

        typing.handle_key(Key::Backspace, Uptime(5_500));
        assert_eq!(typing.mistake(), None);
        typing.handle_char('D', false, Uptime(6_000));
        let heard = typing.handle_key(Key::Enter, Uptime(7_000));
        assert_eq!(heard, Typed::Line(Line { text: "16JD".into(), is_typed: true }));
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
        assert_eq!(typing.handle_key(Key::Escape, Uptime(8_000)), Typed::Bare(Key::Escape));
    }

    fn typed(typing: &mut Typing, text: &str) {
        for (at, letter) in (1_000..).step_by(200).zip(text.chars()) {
            typing.handle_char(letter, letter == 'e', Uptime(at));
        }
    }
}
