//! Keys of a keyboard, as the screen knows them.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::app::Key;

/// Returns the key, if it means anything here.
pub fn key(event: KeyEvent) -> Option<Key> {
    if event.kind == KeyEventKind::Release {
        return None;
    }
    let is_control = event.modifiers.contains(KeyModifiers::CONTROL);
    match event.code {
        KeyCode::Char('c') if is_control => Some(Key::Interrupt),
        // A line feed arrives as Ctrl-J; some hand scanners end with one.
        KeyCode::Char('j' | 'm') if is_control => Some(Key::Enter),
        KeyCode::Char('h') if is_control => Some(Key::Backspace),
        KeyCode::Char(_) if is_control || event.modifiers.contains(KeyModifiers::ALT) => None,
        KeyCode::Char(letter) if letter.is_control() => None,
        KeyCode::Char(letter) => Some(Key::Char(letter)),
        KeyCode::Enter => Some(Key::Enter),
        KeyCode::Tab => Some(Key::Tab),
        KeyCode::BackTab => Some(Key::BackTab),
        KeyCode::Up => Some(Key::Up),
        KeyCode::Down => Some(Key::Down),
        KeyCode::Left => Some(Key::Left),
        KeyCode::Right => Some(Key::Right),
        KeyCode::Home => Some(Key::Home),
        KeyCode::End => Some(Key::End),
        KeyCode::PageUp => Some(Key::PageUp),
        KeyCode::PageDown => Some(Key::PageDown),
        KeyCode::Esc => Some(Key::Escape),
        KeyCode::Backspace | KeyCode::Delete => Some(Key::Backspace),
        KeyCode::F(number) => Some(Key::Function(number)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pressed(code: KeyCode, modifiers: KeyModifiers) -> Option<Key> {
        key(KeyEvent::new(code, modifiers))
    }

    #[test]
    fn letters_keep_their_case_and_control_letters_are_none() {
        assert_eq!(pressed(KeyCode::Char('E'), KeyModifiers::SHIFT), Some(Key::Char('E')));
        assert_eq!(pressed(KeyCode::Char('e'), KeyModifiers::CONTROL), None);
        assert_eq!(pressed(KeyCode::Char('c'), KeyModifiers::CONTROL), Some(Key::Interrupt));
    }

    #[test]
    fn whatever_a_hand_scanner_ends_a_line_with_is_enter() {
        for (code, modifiers) in [(KeyCode::Enter, KeyModifiers::NONE), (KeyCode::Char('j'), KeyModifiers::CONTROL)] {
            assert_eq!(pressed(code, modifiers), Some(Key::Enter));
        }
    }

    #[test]
    fn letting_a_key_go_is_nothing() {
        let mut event = KeyEvent::new(KeyCode::Char('e'), KeyModifiers::NONE);
        event.kind = KeyEventKind::Release;

        assert_eq!(key(event), None);
    }
}
