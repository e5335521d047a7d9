//! Block letters for the word of a verdict, read at two metres.

/// The height of a letter in its smallest size, in rows.
pub(super) const HEIGHT: usize = 5;
/// The sizes from the largest: columns and rows of one dot. A cell is about twice as high as wide.
const SIZES: [(usize, usize); 6] = [(7, 4), (5, 3), (4, 2), (3, 2), (2, 1), (1, 1)];

/// A word in block letters.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Large {
    /// Its rows.
    pub(super) rows: Vec<String>,
    /// Whether its symbol stands before it.
    pub(super) is_marked: bool,
}

/// Returns `symbol` and `word` in the largest size that fits, or the word alone, or nothing if not
/// even that fits or a letter is missing.
pub(super) fn largest(symbol: &str, word: &str, width: usize, height: usize) -> Option<Large> {
    let marked = format!("{symbol}  {word}");
    [(marked.as_str(), true), (word, false)].into_iter().find_map(|(text, is_marked)| {
        let dots = dots(text)?;
        let columns = dots.first().map_or(0, |row| row.chars().count());
        let fits = |&&(x, y): &&(usize, usize)| columns * x <= width && HEIGHT * y <= height;
        SIZES.iter().find(fits).map(|&(x, y)| Large { rows: enlarge(&dots, x, y), is_marked })
    })
}

fn enlarge(dots: &[String], x: usize, y: usize) -> Vec<String> {
    let wide = |row: &String| -> String {
        row.chars().flat_map(|dot| std::iter::repeat_n(if dot == '#' { '█' } else { ' ' }, x)).collect()
    };
    dots.iter().flat_map(|row| std::iter::repeat_n(wide(row), y)).collect()
}

fn dots(text: &str) -> Option<Vec<String>> {
    let glyphs: Vec<[&str; HEIGHT]> = text.chars().map(glyph).collect::<Option<_>>()?;
    let row = |at: usize| {
        let cells: Vec<&str> = glyphs.iter().filter_map(|glyph| glyph.get(at).copied()).collect();
        cells.join(" ")
    };
    Some((0..HEIGHT).map(row).collect())
}

const fn glyph(letter: char) -> Option<[&'static str; HEIGHT]> {
    Some(match letter {
        ' ' => [" ", " ", " ", " ", " "],
        'A' => [" ### ", "#   #", "#####", "#   #", "#   #"],
        'B' => ["#### ", "#   #", "#### ", "#   #", "#### "],
        'C' => [" ####", "#    ", "#    ", "#    ", " ####"],
        'D' => ["#### ", "#   #", "#   #", "#   #", "#### "],
        'E' => ["#####", "#    ", "#### ", "#    ", "#####"],
        'F' => ["#####", "#    ", "#### ", "#    ", "#    "],
        'G' => [" ####", "#    ", "#  ##", "#   #", " ####"],
        'H' => ["#   #", "#   #", "#####", "#   #", "#   #"],
        'I' => ["###", " # ", " # ", " # ", "###"],
        'J' => ["   ##", "    #", "    #", "#   #", " ### "],
        'K' => ["#   #", "#  # ", "###  ", "#  # ", "#   #"],
        'L' => ["#    ", "#    ", "#    ", "#    ", "#####"],
        'M' => ["#   #", "## ##", "# # #", "#   #", "#   #"],
        'N' => ["#   #", "##  #", "# # #", "#  ##", "#   #"],
        'O' => [" ### ", "#   #", "#   #", "#   #", " ### "],
        'Ö' => ["#   #", " ### ", "#   #", "#   #", " ### "],
        'P' => ["#### ", "#   #", "#### ", "#    ", "#    "],
        'R' => ["#### ", "#   #", "#### ", "#  # ", "#   #"],
        'S' => [" ####", "#    ", " ### ", "    #", "#### "],
        'T' => ["#####", "  #  ", "  #  ", "  #  ", "  #  "],
        'U' => ["#   #", "#   #", "#   #", "#   #", " ### "],
        'Ü' => ["#   #", "     ", "#   #", "#   #", " ### "],
        'W' => ["#   #", "#   #", "# # #", "## ##", "#   #"],
        'X' => ["#   #", " # # ", "  #  ", " # # ", "#   #"],
        'Y' => ["#   #", " # # ", "  #  ", "  #  ", "  #  "],
        '✔' => ["      #", "     # ", "#   #  ", " # #   ", "  #    "],
        '✖' => ["#   #", " # # ", "  #  ", " # # ", "#   #"],
        '!' => ["##", "##", "##", "  ", "##"],
        '↩' => ["  #   #", " #    #", "#######", " #     ", "  #    "],
        '=' => ["     ", "#####", "     ", "#####", "     "],
        '■' => ["#####", "#####", "#####", "#####", "#####"],
        '…' => ["     ", "     ", "     ", "     ", "# # #"],
        '▸' => ["#    ", "###  ", "#####", "###  ", "#    "],
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{Catalogue, Language};

    #[test]
    fn every_glyph_is_as_wide_in_each_row() {
        for letter in " ABCDEFGHIJKLMNOÖPRSTUÜWXY✔✖!↩=■…▸".chars() {
            let rows = glyph(letter).unwrap();
            assert!(rows.iter().all(|row| row.chars().count() == rows[0].chars().count()), "{letter}");
        }
    }

    #[test]
    fn the_size_grows_with_the_room_and_vanishes_without() {
        let rows = |width, height| largest("✔", "ADMIT", width, height).map(|large| large.rows.len());

        assert_eq!(rows(43, 8), Some(5));
        assert_eq!(rows(130, 40), Some(10));
        assert_eq!(rows(20, 8), None);
        assert_eq!(rows(43, 4), None);
    }

    #[test]
    fn the_symbol_goes_before_the_word_does() {
        let alone = largest("✔", "ADMIT", 30, 5).unwrap();

        assert!(alone.rows[0].chars().count() <= 30);
        assert!(!alone.is_marked);
    }

    #[test]
    fn every_word_of_the_panel_can_be_drawn_in_every_language() {
        let ids = [
            "verdict-admit",
            "verdict-exit",
            "verdict-check",
            "verdict-deny",
            "verdict-repeat",
            "verdict-not-a-ticket",
            "verdict-not-ready",
            "verdict-ready",
            "verdict-wait",
            "verdict-fault",
        ];
        for language in Language::ALL {
            let catalogue = Catalogue::new(language);
            for word in ids.map(|id| catalogue.say(id)) {
                assert!(dots(&word).is_some(), "{word}");
            }
        }
    }

    #[test]
    fn a_word_with_an_unknown_letter_is_not_drawn() {
        assert_eq!(largest("?", "QUIZ", 200, 60), None);
    }
}
