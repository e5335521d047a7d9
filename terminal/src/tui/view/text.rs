//! Text that fits: broken between words, cut with an ellipsis, measured in terminal columns.

use crate::tui::words::{columns, last_columns, split_at_column};

/// Returns `text` in lines of at most `width` columns, broken between words where that is possible.
pub(in crate::tui) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let is_first = line.is_empty();
        if !is_first && columns(&line) + 1 + columns(word) > width {
            lines.push(std::mem::take(&mut line));
        } else if !is_first {
            line.push(' ');
        }
        line.push_str(word);
        while width > 0 && columns(&line) > width {
            let (head, rest) = split_at_column(&line, width);
            if head.is_empty() {
                break;
            }
            let rest = rest.to_owned();
            lines.push(head.to_owned());
            line = rest;
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// Returns `text`, cut to `width` columns with an ellipsis if it is longer.
pub(super) fn fit(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let (head, _) = split_at_column(text, width.saturating_sub(1));
    let mut cut = head.trim_end().to_owned();
    if width > 0 {
        cut.push('…');
    }
    cut
}

/// Returns `text` in exactly `width` columns: cut like [`fit`], or with blanks behind it.
pub(super) fn pad(text: &str, width: usize) -> String {
    let mut fitted = fit(text, width);
    fitted.extend(std::iter::repeat_n(' ', width.saturating_sub(columns(&fitted))));
    fitted
}

/// Returns the end of `text` that fits `width` columns.
pub(super) fn tail(text: &str, width: usize) -> &str {
    last_columns(text, width)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrap("Send the guest to the help desk.", 16), ["Send the guest", "to the help", "desk."]);
        assert_eq!(wrap("", 16), Vec::<String>::new());
    }

    #[test]
    fn a_word_longer_than_a_line_is_broken_anywhere() {
        assert_eq!(wrap("Donaudampfschiff ahoi", 6), ["Donaud", "ampfsc", "hiff", "ahoi"]);
    }

    #[test]
    fn wide_characters_count_as_two_columns() {
        assert_eq!(fit("山田太郎さん", 7), "山田太…");
        assert_eq!(wrap("山田太郎", 5), ["山田", "太郎"]);
        assert_eq!(tail("山田太郎", 5), "太郎");
    }

    #[test]
    fn combining_marks_stay_with_their_letter() {
        assert_eq!(fit("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…");
    }

    #[test]
    fn a_column_is_as_wide_whatever_is_in_it() {
        for name in ["Ada", "山田太郎", "عمر", "Zoe\u{301}", "👩\u{200d}👩\u{200d}👧\u{200d}👦 Doe", "Konstantinopel"]
        {
            assert_eq!(columns(&pad(name, 7)), 7, "{name}");
        }
    }

    #[test]
    fn no_room_is_no_text_and_no_endless_loop() {
        assert_eq!(fit("Ada", 0), "");
        assert_eq!(tail("Ada", 0), "");
        assert_eq!(wrap("Ada Lovelace", 0), ["Ada", "Lovelace"]);
        assert_eq!(wrap("山", 1), ["山"]);
    }
}
