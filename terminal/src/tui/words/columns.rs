//! How much room text takes on a screen, by what people see as one character.

use ratatui::buffer::CellWidth as _;
use unicode_segmentation::UnicodeSegmentation as _;

/// Returns how many columns `text` takes.
pub fn columns(text: &str) -> usize {
    // A letter and the marks on it are one; a pair of letters that some fonts draw as one is still two.
    text.graphemes(true).map(cluster_columns).sum()
}

/// Returns the longest beginning of `text` that takes at most `width` columns, and the rest.
pub fn split_at_column(text: &str, width: usize) -> (&str, &str) {
    let mut taken = 0;
    for (at, cluster) in text.grapheme_indices(true) {
        taken += cluster_columns(cluster);
        if taken > width {
            return text.split_at_checked(at).unwrap_or((text, ""));
        }
    }
    (text, "")
}

/// Returns the longest end of `text` that takes at most `width` columns.
pub fn last_columns(text: &str, width: usize) -> &str {
    let mut taken = 0;
    let mut start = text.len();
    for (at, cluster) in text.grapheme_indices(true).rev() {
        taken += cluster_columns(cluster);
        if taken > width {
            break;
        }
        start = at;
    }
    text.get(start..).unwrap_or_default()
}

fn cluster_columns(cluster: &str) -> usize {
    // Control characters are never drawn.
    if cluster.contains(char::is_control) { 0 } else { usize::from(cluster.cell_width()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAMILY: &str = "👩\u{200d}👩\u{200d}👧\u{200d}👦";

    #[test]
    fn what_is_seen_as_one_character_is_counted_once() {
        for (text, expected) in [("Zoe\u{308}", 3), ("山田", 4), (FAMILY, 2), ("عمر", 3), ("لا", 2), ("", 0)] {
            assert_eq!(columns(text), expected, "{text}");
        }
    }

    #[test]
    fn text_is_never_cut_inside_a_character() {
        let text = format!("e\u{301}{FAMILY}x");

        assert_eq!(split_at_column(&text, 2).0, "e\u{301}");
        assert_eq!(split_at_column(&text, 3).0, format!("e\u{301}{FAMILY}"));
        assert_eq!(split_at_column(&text, 9), (text.as_str(), ""));
        assert_eq!(last_columns(&text, 2), "x");
        assert_eq!(last_columns(&text, 3), format!("{FAMILY}x"));
        assert_eq!(last_columns(&text, 0), "");
    }
}
