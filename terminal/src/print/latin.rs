//! Text in the one set of letters that PDF's own fonts and receipt printers share: Windows-1252.
//!
//! A letter that it lacks loses its marks, or becomes a question mark: the number and the code on
//! the ticket are what counts. Control characters never get through, so that no name can speak to a
//! printer.

use unicode_normalization::UnicodeNormalization as _;

/// The letters of Windows-1252 from 0x80 to 0x9f, where it is not Latin-1; five places are empty.
const UPPER: [char; 32] = [
    '€', '\0', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\0', 'Ž', '\0', '\0', '‘', '’', '“', '”', '•',
    '–', '—', '˜', '™', 'š', '›', 'œ', '\0', 'ž', 'Ÿ',
];

/// Letters that no decomposition turns into plain ones.
const ALIKE: [(char, &str); 16] = [
    ('Ł', "L"),
    ('ł', "l"),
    ('Đ', "D"),
    ('đ', "d"),
    ('ı', "i"),
    ('Ħ', "H"),
    ('ħ', "h"),
    ('Ŧ', "T"),
    ('ŧ', "t"),
    ('ĸ', "k"),
    ('Ŋ', "N"),
    ('ŋ', "n"),
    ('ẞ', "SS"),
    ('‑', "-"),
    ('\u{2009}', " "),
    ('\u{202f}', " "),
];

/// Returns `text` in Windows-1252, one byte to a letter.
pub fn encode(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for letter in text.nfc() {
        if let Some(byte) = byte(letter) {
            bytes.push(byte);
        } else if let Some((_, plain)) = ALIKE.iter().find(|(from, _)| *from == letter) {
            bytes.extend_from_slice(plain.as_bytes());
        } else if !unicode_normalization::char::is_combining_mark(letter) {
            let plain = std::iter::once(letter).nfkd().filter_map(byte);
            let before = bytes.len();
            bytes.extend(plain);
            if bytes.len() == before {
                bytes.push(b'?');
            }
        }
    }
    bytes
}

fn byte(letter: char) -> Option<u8> {
    match letter {
        ' '..='~' | '\u{a1}'..='\u{ff}' => u8::try_from(u32::from(letter)).ok(),
        letter if letter.is_whitespace() || letter.is_control() => Some(b' '),
        letter => {
            let at = UPPER.iter().position(|upper| *upper == letter)?;
            u8::try_from(0x80 + at).ok()
        }
    }
}

/// Breaks encoded text into lines of at most `columns` letters, at spaces where there are some, and
/// returns at most `lines_max` of them; the last then ends in an ellipsis.
pub fn wrap(text: &[u8], columns: usize, lines_max: usize) -> Vec<Vec<u8>> {
    const ELLIPSIS: u8 = 0x85;
    let columns = columns.max(1);
    let mut lines: Vec<Vec<u8>> = Vec::new();
    for word in text.split(|byte| *byte == b' ').filter(|word| !word.is_empty()) {
        match lines.last_mut() {
            Some(line) if line.len() + 1 + word.len() <= columns => {
                line.push(b' ');
                line.extend_from_slice(word);
            }
            _ => lines.extend(word.chunks(columns).map(<[u8]>::to_vec)),
        }
    }
    if lines.len() > lines_max {
        lines.truncate(lines_max);
        if let Some(last) = lines.last_mut() {
            last.truncate(columns - 1);
            last.push(ELLIPSIS);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn western_letters_stay_and_others_lose_their_marks_or_become_question_marks() {
        assert_eq!(encode("Zoe\u{308} Müller – 12 €"), b"Zo\xeb M\xfcller \x96 12 \x80");
        assert_eq!(encode("Łukasz Đorđević Ősz"), b"Lukasz Dordevic Osz");
        assert_eq!(encode("山田 太郎"), b"?? ??");
    }

    #[test]
    fn lines_break_at_spaces_and_long_words_anywhere() {
        assert_eq!(wrap(b"Ada Lovelace", 8, 3), [b"Ada".to_vec(), b"Lovelace".to_vec()]);
        assert_eq!(wrap(b"Abcdefgh", 3, 3), [b"Abc".to_vec(), b"def".to_vec(), b"gh".to_vec()]);
        assert_eq!(wrap(b"aa bb cc dd", 2, 2), [b"aa".to_vec(), b"b\x85".to_vec()]);
        assert!(wrap(b"  ", 4, 2).is_empty());
    }

    proptest! {
        #[test]
        fn no_name_can_speak_to_a_printer(name in any::<String>(), columns in 0_usize..40) {
            let bytes = encode(&name);
            prop_assert!(bytes.iter().all(|byte| *byte >= 0x20 && *byte != 0x7f));
            let lines = wrap(&bytes, columns, 3);
            prop_assert!(lines.len() <= 3 && lines.iter().all(|line| line.len() <= columns.max(1)));
        }
    }
}
