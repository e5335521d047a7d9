//! Names in scripts that are written from right to left.
//!
//! A terminal emulator that knows such scripts turns a row's words around by itself. Digits and blanks behind a name
//! would go along, and the columns with them; a mark behind each such name keeps the rest of the row where it is.

use ratatui::buffer::Buffer;

/// The mark: as good as a letter written from left to right, and without a width.
const LEFT_TO_RIGHT: &str = "\u{200e}";

/// Puts marks behind everything in `buffer` that is written from right to left.
pub(super) fn keep_columns(buffer: &mut Buffer) {
    let area = buffer.area;
    for y in area.y..area.bottom() {
        // The last cell of the run that is being read, and whether a cell of something else came since.
        let mut run: Option<(u16, bool)> = None;
        for x in area.x..area.right() {
            let symbol = buffer.cell((x, y)).map_or(" ", |cell| cell.symbol());
            run = match run {
                _ if is_right_to_left(symbol) => {
                    if run.is_none() {
                        // Some emulators take a row's direction from its first letter.
                        mark(buffer, area.x, y);
                    }
                    Some((x, false))
                }
                Some((last, false)) if !symbol.contains(char::is_alphanumeric) => Some((last, true)),
                Some((last, _)) => {
                    mark(buffer, last, y);
                    None
                }
                None => None,
            };
        }
        if let Some((last, _)) = run {
            mark(buffer, last, y);
        }
    }
}

fn mark(buffer: &mut Buffer, x: u16, y: u16) {
    if let Some(cell) = buffer.cell_mut((x, y)).filter(|cell| !cell.symbol().ends_with(LEFT_TO_RIGHT)) {
        let marked = format!("{}{LEFT_TO_RIGHT}", cell.symbol());
        cell.set_symbol(&marked);
    }
}

/// Whether a character of the blocks for scripts from right to left is in `symbol`: Hebrew to Arabic Extended-A, the
/// presentation forms, and the old and African scripts of the supplementary plane.
fn is_right_to_left(symbol: &str) -> bool {
    let is = |c: char| {
        matches!(
            c,
            '\u{590}'..='\u{8ff}'
                | '\u{fb1d}'..='\u{fdff}'
                | '\u{fe70}'..='\u{fefe}'
                | '\u{10800}'..='\u{10fff}'
                | '\u{1e800}'..='\u{1efff}'
        )
    };
    symbol.chars().any(is)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    fn marked(row: &str) -> String {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 24, 1));
        buffer.set_string(0, 0, row, Style::new());
        keep_columns(&mut buffer);
        buffer.content().iter().map(|cell| cell.symbol().replace(LEFT_TO_RIGHT, "|")).collect::<String>()
    }

    #[test]
    fn what_follows_a_name_from_right_to_left_stays_in_its_column() {
        assert_eq!(marked("+ عمر 14:02").trim_end(), "+| عمر| 14:02");
        assert_eq!(marked("+ עדה   עדה").trim_end(), "+| עדה|   עדה|");
    }

    #[test]
    fn a_name_of_several_words_stays_in_one_piece() {
        assert_eq!(marked("+ عمر الشريف x").trim_end(), "+| عمر الشريف| x");
    }

    #[test]
    fn rows_without_such_names_are_left_alone() {
        assert_eq!(marked("+ Zoë 山田 14:02").trim_end(), "+ Zoë 山 田  14:02");
    }
}
