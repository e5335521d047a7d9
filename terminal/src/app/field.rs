//! A line of text that a person writes into a form.

use super::Key;

/// A line of text with a cursor, limited in length.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Field {
    letters: Vec<char>,
    cursor: usize,
    chars_max: usize,
}

impl Field {
    /// Returns an empty line for at most `chars_max` characters.
    pub const fn new(chars_max: usize) -> Self {
        Self { letters: Vec::new(), cursor: 0, chars_max }
    }

    /// Returns what is written.
    pub fn text(&self) -> String {
        self.letters.iter().collect()
    }

    /// Returns what stands before the cursor and what after it.
    pub fn halves(&self) -> (String, String) {
        let (before, after) = self.letters.split_at(self.cursor.min(self.letters.len()));
        (before.iter().collect(), after.iter().collect())
    }

    /// Whether nothing is written.
    pub const fn is_empty(&self) -> bool {
        self.letters.is_empty()
    }

    /// Puts `text` in place of what is written, cut to the limit.
    pub fn set(&mut self, text: &str) {
        self.letters = text.chars().filter(|letter| !letter.is_control()).take(self.chars_max).collect();
        self.cursor = self.letters.len();
    }

    /// Writes a character at the cursor, if there is room.
    pub fn write(&mut self, letter: char) {
        if self.letters.len() < self.chars_max && !letter.is_control() {
            self.letters.insert(self.cursor, letter);
            self.cursor += 1;
        }
    }

    /// Deletes the character before the cursor. Returns whether there was one.
    pub fn delete(&mut self) -> bool {
        let is_there = self.cursor > 0;
        if is_there {
            self.cursor -= 1;
            self.letters.remove(self.cursor);
        }
        is_there
    }

    /// Takes a key that writes, deletes or moves. Returns whether `key` is one.
    pub fn press(&mut self, key: Key) -> bool {
        match key {
            Key::Char(letter) => self.write(letter),
            Key::Backspace => _ = self.delete(),
            Key::Left => self.go(-1),
            Key::Right => self.go(1),
            Key::Home => self.go_to_end(false),
            Key::End => self.go_to_end(true),
            _ => return false,
        }
        true
    }

    /// Moves the cursor by so many characters, as far as there are any.
    pub fn go(&mut self, steps: isize) {
        self.cursor = self.cursor.saturating_add_signed(steps).min(self.letters.len());
    }

    /// Moves the cursor before the first character, or behind the last.
    pub fn go_to_end(&mut self, is_last: bool) {
        self.cursor = if is_last { self.letters.len() } else { 0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_go_where_the_cursor_is() {
        let mut field = Field::new(10);
        "Aa".chars().for_each(|letter| field.write(letter));
        field.go(-1);

        field.write('d');

        assert_eq!(field.text(), "Ada");
        assert_eq!(field.halves(), ("Ad".into(), "a".into()));
        assert!(field.delete());
        assert_eq!(field.text(), "Aa");
    }

    #[test]
    fn a_full_line_takes_no_more() {
        let mut field = Field::new(2);
        "Ada".chars().for_each(|letter| field.write(letter));
        assert_eq!(field.text(), "Ad");

        field.set("Grace");
        assert_eq!(field.text(), "Gr");
    }

    #[test]
    fn the_cursor_stays_in_the_line() {
        let mut field = Field::new(5);
        field.set("山田");
        field.go(-9);
        assert!(!field.delete());
        field.go(9);
        assert!(field.delete());
        assert_eq!(field.text(), "山");
    }
}
