//! Text that fits: broken between words, cut with an ellipsis, measured in terminal columns.

use unicode_width::UnicodeWidthStr as _;

/// Returns `text` in lines of at most `width` columns, broken between words where that is possible.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let is_first = line.is_empty();
        if !is_first && line.width() + 1 + word.width() > width {
            lines.push(std::mem::take(&mut line));
        } else if !is_first {
            line.push(' ');
        }
        line.push_str(word);
        while width > 0 && line.width() > width {
            let end = head(&line, width);
            if end == 0 {
                break;
            }
            let rest = line.split_off(end);
            lines.push(std::mem::replace(&mut line, rest));
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// Returns `text`, cut to `width` columns with an ellipsis if it is longer.
pub(super) fn fit(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let end = head(text, width.saturating_sub(1));
    let mut cut = text.get(..end).unwrap_or_default().trim_end().to_owned();
    if width > 0 {
        cut.push('…');
    }
    cut
}

/// Returns the end of `text` that fits `width` columns.
pub(super) fn tail(text: &str, width: usize) -> &str {
    let starts = text.char_indices().map(|(at, _)| at);
    starts.filter_map(|at| text.get(at..)).find(|rest| rest.width() <= width).unwrap_or_default()
}

/// Returns where the longest beginning of `text` ends that has at most `width` columns. Marks that
/// combine with a character stay with it.
fn head(text: &str, width: usize) -> usize {
    let ends = text.char_indices().map(|(at, character)| at + character.len_utf8());
    ends.take_while(|end| text.get(..*end).is_some_and(|head| head.width() <= width)).last().unwrap_or(0)
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
    fn no_room_is_no_text_and_no_endless_loop() {
        assert_eq!(fit("Ada", 0), "");
        assert_eq!(tail("Ada", 0), "");
        assert_eq!(wrap("Ada Lovelace", 0), ["Ada", "Lovelace"]);
        assert_eq!(wrap("山", 1), ["山"]);
    }
}
