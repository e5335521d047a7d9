//! A passphrase typed into a line: hidden, or shown on demand, since nobody finds a mistake in dots.

use std::io::{self, Write as _, stderr};

use ratatui::crossterm::event::{self, Event};
use ratatui::crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use zeroize::Zeroizing;

use super::keymap;
use super::plain::Paper;
use crate::app::Key;
use crate::passphrase::CHARS_MAX;

/// How much of the end is drawn, in characters, so that the line stays one line.
const DRAWN_CHARS_MAX: usize = 40;

/// Takes the terminal's own editing of lines away, and gives it back.
struct Raw;

impl Raw {
    fn begin() -> io::Result<Self> {
        enable_raw_mode()?;
        Ok(Self)
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // Nobody is left to tell of a failure.
        let _ = disable_raw_mode();
    }
}

/// Asks for a passphrase behind `label`. Tab shows and hides what is typed, Escape clears it. Where it `is_plain`,
/// nothing moves the cursor: what is changed is written anew in the next line.
///
/// # Errors
///
/// If there is no terminal to ask at; [`io::ErrorKind::Interrupted`] after Ctrl-C.
pub fn passphrase(label: &str, is_plain: bool) -> io::Result<Zeroizing<String>> {
    let raw = Raw::begin()?;
    let typed = if is_plain { read_plainly(label) } else { read(label) };
    drop(raw);
    eprintln!();
    typed
}

fn read(label: &str) -> io::Result<Zeroizing<String>> {
    let mut line = Line::default();
    loop {
        let mut out = stderr();
        write!(out, "\r\x1b[K{label} {}", *line.drawn())?;
        out.flush()?;
        if line.press(next_key()?)? {
            return Ok(line.text);
        }
    }
}

fn read_plainly(label: &str) -> io::Result<Zeroizing<String>> {
    let (mut line, mut paper) = (Line::default(), Paper::new(stderr()));
    loop {
        let drawn = Zeroizing::new(line.drawn().replace('•', "*"));
        paper.write(&[], Some(&Zeroizing::new(format!("{label} {}", *drawn))))?;
        if line.press(next_key()?)? {
            return Ok(line.text);
        }
    }
}

fn next_key() -> io::Result<Key> {
    loop {
        let event = match event::read() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            event => event?,
        };
        if let Event::Key(event) = event
            && let Some(key) = keymap::key(event)
        {
            return Ok(key);
        }
    }
}

#[derive(Default)]
struct Line {
    text: Zeroizing<String>,
    is_shown: bool,
}

impl Line {
    /// Returns whether that was the end.
    fn press(&mut self, key: Key) -> io::Result<bool> {
        match key {
            Key::Enter => return Ok(true),
            Key::Interrupt => return Err(io::ErrorKind::Interrupted.into()),
            Key::Char(letter) if self.text.chars().count() < CHARS_MAX => self.text.push(letter),
            Key::Backspace => _ = self.text.pop(),
            Key::Escape => self.text = Zeroizing::default(),
            Key::Tab => self.is_shown = !self.is_shown,
            _ => {}
        }
        Ok(false)
    }

    fn drawn(&self) -> Zeroizing<String> {
        let skipped = self.text.chars().count().saturating_sub(DRAWN_CHARS_MAX);
        let end = self.text.chars().skip(skipped);
        Zeroizing::new(if self.is_shown { end.collect() } else { end.map(|_| '•').collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_hidden_until_tab_shows_it() {
        let mut line = Line::default();
        "grün".chars().for_each(|letter| assert!(!line.press(Key::Char(letter)).unwrap()));
        assert_eq!(*line.drawn(), "••••");

        line.press(Key::Tab).unwrap();
        assert_eq!(*line.drawn(), "grün");
        line.press(Key::Backspace).unwrap();
        assert_eq!(*line.drawn(), "grü");
        line.press(Key::Escape).unwrap();
        assert_eq!(*line.text, "");
    }

    #[test]
    fn a_long_passphrase_stays_one_line_and_has_an_end() {
        let mut line = Line::default();
        (0..1_000).for_each(|_| assert!(!line.press(Key::Char('a')).unwrap()));

        assert_eq!((line.text.len(), line.drawn().chars().count()), (CHARS_MAX, DRAWN_CHARS_MAX));
    }
}
