//! How far something is scrolled that has more rows than there is room for.

use super::Key;

/// A place in rows of which not all are seen.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Scroll {
    top: u16,
    hidden: u16,
}

impl Scroll {
    /// How many rows Page Up and Page Down go.
    const PAGE: u16 = 8;

    /// Returns how many rows stand above what is seen.
    pub const fn top(self) -> u16 {
        self.top
    }

    /// Whether some rows find no room.
    pub const fn is_needed(self) -> bool {
        self.hidden > 0
    }

    /// Takes in how many rows find no room, above and below together.
    pub fn fit(&mut self, hidden: u16) {
        self.hidden = hidden;
        self.top = self.top.min(hidden);
    }

    /// Moves with the arrow and page keys. Returns whether `key` is one of them.
    pub fn press(&mut self, key: Key) -> bool {
        self.top = match key {
            Key::Up => self.top.saturating_sub(1),
            Key::Down => self.top.saturating_add(1),
            Key::PageUp => self.top.saturating_sub(Self::PAGE),
            Key::PageDown => self.top.saturating_add(Self::PAGE),
            Key::Home => 0,
            Key::End => self.hidden,
            _ => return false,
        }
        .min(self.hidden);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_scrolls_past_an_end() {
        let mut scroll = Scroll::default();
        scroll.press(Key::Down);
        assert_eq!(scroll.top(), 0);

        scroll.fit(3);
        scroll.press(Key::PageDown);
        assert_eq!(scroll.top(), 3);
        scroll.press(Key::Up);
        assert_eq!(scroll.top(), 2);
        assert!(!scroll.press(Key::Enter));
    }

    #[test]
    fn a_larger_window_shows_what_was_scrolled_away() {
        let mut scroll = Scroll::default();
        scroll.fit(9);
        scroll.press(Key::End);

        scroll.fit(2);

        assert_eq!(scroll.top(), 2);
    }
}
