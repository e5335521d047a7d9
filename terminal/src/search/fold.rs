//! One spelling for the many ways in which a name is written: case, accents, ligatures, widths and
//! alphabets' special letters fall together.
//!
//! Every language's letters stay themselves; nothing is transliterated from one alphabet to another.

use std::iter::once;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::canonical_combining_class;

/// Words are told apart by this many bytes of their folded form; longer ones are cut.
pub(super) const WORD_BYTES_MAX: usize = 64;

/// How letters with two dots, a ring or a stroke are written without them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Spelling {
    /// By the letter alone: ü is u.
    Bare,
    /// By two letters, as in German and Danish: ü is ue.
    Spelled,
}

/// A part of a text that is looked for by itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Piece<'a> {
    /// As it is written.
    pub(super) text: &'a str,
    /// In a script that puts no spaces between words, so that any part of it may be looked for.
    pub(super) is_unspaced: bool,
}

/// Returns a word's folded form: lower case, letters and digits only, at most [`WORD_BYTES_MAX`].
pub(super) fn fold(word: &str, spelling: Spelling) -> String {
    let mut folded = String::with_capacity(word.len());
    if word.is_ascii() {
        folded.extend(word.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()));
    } else {
        for letter in word.nfkc() {
            match spelled_out(letter).filter(|_| spelling == Spelling::Spelled) {
                Some(two) => folded.push_str(two),
                None => fold_letter(letter, &mut folded),
            }
        }
        // Marks that something stood between may be neighbours now: they have an order.
        folded = folded.nfkd().collect();
    }
    folded.truncate(folded.floor_char_boundary(WORD_BYTES_MAX));
    folded
}

/// Returns the other way of writing a word, if it has a letter with two of them.
pub(super) fn fold_spelled(word: &str) -> Option<String> {
    let has_two = !word.is_ascii() && word.nfkc().any(|letter| spelled_out(letter).is_some());
    has_two.then(|| fold(word, Spelling::Spelled))
}

fn fold_letter(letter: char, folded: &mut String) {
    for part in once(letter).nfkd().filter(|part| !is_accent(*part)) {
        for lower in part.to_lowercase().filter(|lower| !is_accent(*lower)) {
            match lower {
                'ß' => folded.push_str("ss"),
                'æ' => folded.push_str("ae"),
                'œ' => folded.push_str("oe"),
                'þ' => folded.push_str("th"),
                'ø' => folded.push('o'),
                'ð' | 'đ' => folded.push('d'),
                'ł' => folded.push('l'),
                'ħ' => folded.push('h'),
                'ı' => folded.push('i'),
                'ŋ' => folded.push('n'),
                'ŧ' => folded.push('t'),
                'ə' => folded.push('e'),
                'ς' => folded.push('σ'),
                other if is_part_of_word(other) && !is_invisible(other) => folded.push(other),
                _ => {}
            }
        }
    }
}

const fn spelled_out(letter: char) -> Option<&'static str> {
    match letter {
        'ä' | 'Ä' => Some("ae"),
        'ö' | 'Ö' | 'ø' | 'Ø' => Some("oe"),
        'ü' | 'Ü' => Some("ue"),
        'å' | 'Å' => Some("aa"),
        _ => None,
    }
}

/// Returns the pieces of a text without spaces: it is cut at hyphens, dots, apostrophes and the
/// like, and where a script without spaces begins or ends.
pub(super) fn pieces(chunk: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    for text in chunk.split(|letter| !is_part_of_word(letter)) {
        let mut from = 0;
        let mut kind = None;
        for (at, letter) in text.char_indices() {
            // Accents and vowel signs belong to the letter before them.
            let here = if letter.is_alphanumeric() { Some(is_unspaced(letter)) } else { kind };
            if here != kind {
                push_piece(&mut pieces, text.get(from..at), kind);
                (from, kind) = (at, here);
            }
        }
        push_piece(&mut pieces, text.get(from..), kind);
    }
    pieces
}

fn push_piece<'a>(pieces: &mut Vec<Piece<'a>>, text: Option<&'a str>, is_unspaced: Option<bool>) {
    if let (Some(text), Some(is_unspaced)) = (text.filter(|text| !text.is_empty()), is_unspaced) {
        pieces.push(Piece { text, is_unspaced });
    }
}

fn is_part_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || is_invisible(letter) || unicode_normalization::char::is_combining_mark(letter)
}

/// Whether this is a mark that many leave out: accents, Hebrew and Arabic vowels, kana's voicing.
/// The vowel signs of other scripts are letters in all but name.
fn is_accent(mark: char) -> bool {
    matches!(canonical_combining_class(mark), 8 | 10..=36 | 200..)
}

/// Whether this steers how a text is set and is nothing that anybody reads.
const fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Whether a letter belongs to Chinese, Japanese or Korean writing (blocks of Unicode 16).
const fn is_unspaced(letter: char) -> bool {
    matches!(letter,
        '\u{1100}'..='\u{11ff}' | '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{312f}' | '\u{3130}'..='\u{318f}'
        | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}'
        | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9f}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bare(word: &str) -> String {
        fold(word, Spelling::Bare)
    }

    #[test]
    fn case_accents_ligatures_and_widths_fall_together() {
        for (written, folded) in [
            ("Łukasz", "lukasz"),
            ("ÉLODIE", "elodie"),
            ("Elo\u{301}die", "elodie"),
            ("ﬁﬂch", "fiflch"),
            ("Straße", "strasse"),
            ("STRASSE", "strasse"),
            ("Æsa", "aesa"),
            ("Œuvre", "oeuvre"),
            ("Þór", "thor"),
            ("Ａｄａ", "ada"),
            ("O\u{200d}la", "ola"),
            ("Nguyễn", "nguyen"),
            ("Ёлка", "елка"),
            ("Ὀδυσσεύς", "οδυσσευσ"),
        ] {
            assert_eq!(bare(written), folded, "{written}");
        }
    }

    #[test]
    fn the_four_i_of_turkish_are_one() {
        assert_eq!(bare("Işık"), "isik");
        assert_eq!(bare("IŞIK"), "isik");
        assert_eq!(bare("İpek"), bare("ipek"));
    }

    #[test]
    fn an_umlaut_has_two_spellings_and_other_words_one() {
        assert_eq!((bare("Müller"), fold_spelled("Müller")), ("muller".into(), Some("mueller".into())));
        assert_eq!(fold_spelled("Mu\u{308}ller").as_deref(), Some("mueller"));
        assert_eq!(fold_spelled("Søren").as_deref(), Some("soeren"));
        assert_eq!(fold_spelled("Élodie"), None);
    }

    #[test]
    fn vowel_signs_of_indic_scripts_are_letters() {
        assert_ne!(bare("राम"), bare("रमा"));
        assert_eq!(pieces("राम").len(), 1);
    }

    #[test]
    fn a_text_is_cut_at_hyphens_and_where_the_script_changes() {
        let texts = |chunk| pieces(chunk).into_iter().map(|piece| piece.text).collect::<Vec<_>>();
        assert_eq!(texts("Jean-Luc"), ["Jean", "Luc"]);
        assert_eq!(texts("O’Brien"), ["O", "Brien"]);
        assert_eq!(texts("山田Taro"), ["山田", "Taro"]);
        assert_eq!(texts("マリア・テレジア"), ["マリア", "テレジア"]);
        assert_eq!(texts("--"), [""; 0]);
        assert_eq!(texts("e\u{301}a"), ["e\u{301}a"]);
    }

    #[test]
    fn marks_that_come_together_have_one_order() {
        let folded = bare("ਲ਼ \u{1ce2}");
        assert_eq!(bare(&folded), folded);
    }

    proptest! {
        #[test]
        fn folding_is_done_once_for_all(word in "\\PC{0,40}") {
            let folded = bare(&word);
            prop_assert_eq!(bare(&folded), folded.clone());
            prop_assert!(folded.len() <= WORD_BYTES_MAX);
            prop_assert!(fold_spelled(&folded).is_none());
        }

        #[test]
        fn pieces_are_parts_of_the_text_in_its_order(chunk in "\\PC{0,40}") {
            let mut rest = chunk.as_str();
            for piece in pieces(&chunk) {
                let at = rest.find(piece.text);
                prop_assert!(at.is_some());
                rest = &rest[at.unwrap_or(0) + piece.text.len()..];
            }
        }
    }
}
