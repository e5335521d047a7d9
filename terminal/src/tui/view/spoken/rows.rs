//! Drawn rows as lines that can be read aloud: no frames, no bars, no signs that only mean something to the eye.

use ratatui::Frame;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr as _;

/// What is drawn on: wide and high enough that nothing is cut off or scrolled away.
const SIZE: (u16, u16) = (160, 240);
/// The cursor, as the views draw it.
const CURSOR: char = '▏';
/// The mark before what is chosen.
const CHOSEN: char = '▸';

/// A row of text.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(in crate::tui) struct Row {
    /// What it says.
    pub(in crate::tui) text: String,
    /// Whether it is the one that keys act on.
    pub(in crate::tui) is_chosen: bool,
    /// Whether it is one of a list to choose from.
    pub(in crate::tui) is_listed: bool,
}

impl Row {
    /// Returns a row that says this.
    pub(in crate::tui) fn of(text: &str) -> Self {
        Self { text: plain(text), is_chosen: false, is_listed: false }
    }
}

/// Draws, and returns the rows that say something, and the line that is written in.
pub(in crate::tui) fn rows(draw: impl FnOnce(&mut Frame<'_>, Rect)) -> (Vec<Row>, Option<String>) {
    // Drawing to memory can't fail.
    let Ok(mut terminal) = Terminal::new(TestBackend::new(SIZE.0, SIZE.1));
    let Ok(_) = terminal.draw(|frame| draw(frame, frame.area()));
    read(terminal.backend().buffer())
}

fn read(buffer: &Buffer) -> (Vec<Row>, Option<String>) {
    let (mut rows, mut entry) = (Vec::new(), None);
    for cells in buffer.content().chunks(usize::from(buffer.area.width).max(1)) {
        let mut line = String::new();
        let mut hidden = 0;
        for cell in cells {
            if hidden == 0 {
                line.push_str(cell.symbol());
                hidden = cell.symbol().width().max(1);
            }
            hidden -= 1;
        }
        let line = line.replace(is_frame, " ");
        let is_chosen = line.trim_start().starts_with(CHOSEN);
        match line.split_once(CURSOR) {
            Some((before, after)) => entry = Some(written(before, after.trim_end())),
            None => {
                let text = plain(&line);
                if !text.is_empty() {
                    // Lists leave two columns for the mark.
                    let is_listed = line.starts_with(CHOSEN) || line.starts_with("  ") && !line.starts_with("   ");
                    rows.push(Row { text, is_chosen, is_listed });
                }
            }
        }
    }
    (rows, entry)
}

/// The line that is written in: its label and what is written, with a bar where the cursor is unless that is the end.
fn written(before: &str, after: &str) -> String {
    let dots = before.replace("● ", "*").replace('●', "*");
    let before = dots.trim_start().trim_start_matches(CHOSEN).trim_start();
    let before = match before.find("  ") {
        // The label's column is wider than the label.
        Some(gap) if !after.starts_with(' ') || after.trim().is_empty() => {
            let (label, rest) = before.split_at(gap);
            format!("{label}{} {}", if label.ends_with(':') { "" } else { ":" }, rest.trim_start())
        }
        _ => before.to_owned(),
    };
    if after.is_empty() { before } else { format!("{before}|{after}") }
}

/// Returns `text` as it can be read aloud, in one line.
pub(in crate::tui) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut gap = 0;
    let text = text.replace(" · ", ", ").replace("\u{2009}", "").replace("\u{202f}", "");
    for letter in text.trim().chars() {
        match letter {
            '⇄' => out.push('/'),
            _ if letter == ' ' || letter == '\u{a0}' || letter.is_control() || is_sign(letter) => gap += 1,
            _ => {
                let is_column = gap > 1 && out.ends_with(|last: char| !",.:;!?".contains(last));
                if is_column {
                    // A wide gap stands behind a label, a narrow one between things of a kind.
                    out.push(if gap == 2 || out.contains([':', ',']) { ',' } else { ':' });
                }
                if gap > 0 && !out.is_empty() {
                    out.push(' ');
                }
                gap = 0;
                out.push(letter);
            }
        }
    }
    out
}

/// Returns parts as sentences in one line.
pub(super) fn sentences(parts: &[String]) -> String {
    let mut out = String::new();
    for part in parts.iter().map(|part| plain(part)).filter(|part| !part.is_empty()) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&part);
        if !part.ends_with(['.', '!', '?', ':', '…']) {
            out.push('.');
        }
    }
    out
}

const fn is_frame(letter: char) -> bool {
    // The cursor is one of the blocks.
    matches!(letter, '\u{2500}'..='\u{259f}') && letter != CURSOR
}

const fn is_sign(letter: char) -> bool {
    matches!(
        letter,
        '✔' | '✖' | '↩' | '■' | '◎' | '▸' | '★' | '●' | '○' | '‼' | '→' | '↑' | '↓' | '\u{2500}'..='\u{259f}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_and_signs_become_commas_and_nothing() {
        assert_eq!(plain("▸ ✔ Ada Lovelace · Speaker"), "Ada Lovelace, Speaker");
        assert_eq!(plain("Main 1     East door    1\u{2009}312     65  now"), "Main 1: East door, 1312, 65, now");
        assert_eq!(plain("PIN:   ask"), "PIN: ask");
        assert_eq!(plain(" Tab field  Enter next  "), "Tab field, Enter next");
        assert_eq!(plain("███░░░"), "");
    }

    #[test]
    fn parts_are_joined_as_sentences() {
        let parts = ["✔ ADMIT", "Ada Lovelace", "", "Check the ID."].map(str::to_owned);

        assert_eq!(sentences(&parts), "ADMIT. Ada Lovelace. Check the ID.");
    }

    #[test]
    fn the_line_that_is_written_in_keeps_its_spaces() {
        assert_eq!(written(" ▸ Name           Ada  ", ""), "Name: Ada  ");
        assert_eq!(written(" PIN: ● ● ", ""), "PIN: **");
        assert_eq!(written(" Reason: wr", "ong"), "Reason: wr|ong");
        assert_eq!(written("   E-mail         ", ""), "E-mail: ");
    }

    #[test]
    fn rows_are_read_as_they_are_drawn() {
        let (rows, entry) = rows(|frame, area| {
            for (at, text) in ["┌ Undo ──┐", "│ ▸ 山田太郎    in │", "", "│ Reason: a▏      │"].iter().enumerate()
            {
                let y = u16::try_from(at).unwrap();
                frame.render_widget(*text, Rect { y, height: 1, ..area });
            }
        });

        let said: Vec<(&str, bool)> = rows.iter().map(|row| (row.text.as_str(), row.is_chosen)).collect();
        assert_eq!(said, [("Undo", false), ("山田太郎: in", true)]);
        assert_eq!(entry.as_deref(), Some("Reason: a"));
    }
}
