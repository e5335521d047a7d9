//! A ticket as a page of A4: what it is for above, its code in the middle, whose it is below.

use super::words::words;
use super::{Sheet, SheetError};
use crate::language::Language;
use crate::paper::{Face, HEIGHT, MARGIN, Paper, Style, WIDTH, width};

/// The code's side with its quiet zone, in points: 90 mm, read from half a metre by a plain camera.
const CODE: f32 = 255.0;
const INNER: f32 = WIDTH - 2.0 * MARGIN;
const GREY: f32 = 0.4;

/// Returns the page. Equal sheets give equal bytes.
///
/// # Errors
///
/// [`SheetError`].
pub fn pdf(sheet: &Sheet, language: Language) -> Result<Vec<u8>, SheetError> {
    let words = words(language);
    let modules = sheet.modules()?;
    let mut paper = Paper::new(&format!("{} \u{2013} {}", sheet.title, words.ticket), language.tag());

    let mut top = paper.text(MARGIN, MARGIN, INNER, 3, Style::bold(26.0), &sheet.title) + 6.0;
    let when = language.span(sheet.starts, sheet.ends, sheet.zone);
    top = paper.text(MARGIN, top, INNER, 2, Style::plain(13.0), &when);
    top = paper.text(MARGIN, top, INNER, 3, Style::plain(13.0).grey(GREY), &sheet.place) + 14.0;
    paper.fill(MARGIN, top, INNER, 1.0, 0.75);
    top += 18.0;

    paper.code((WIDTH - CODE) / 2.0, top, CODE, &modules);
    top += CODE + 4.0;
    let number = Style::bold(20.0);
    paper.line((WIDTH - width(number, &sheet.number)) / 2.0, top + number.size, number, &sheet.number);
    top += number.size + 22.0;

    for (label, value, style) in [
        (words.name, sheet.name.as_str(), Style::bold(20.0)),
        (words.kind, sheet.ticket_type.as_str(), Style::plain(14.0)),
        ("", if sheet.is_unpaid { words.unpaid } else { "" }, Style::bold(14.0)),
    ] {
        if value.is_empty() {
            continue;
        }
        top = paper.text(MARGIN, top, INNER, 1, Style::plain(9.0).grey(GREY), label);
        top = paper.text(MARGIN, top, INNER, 3, style, value) + 8.0;
    }
    if sheet.name.chars().chain(sheet.title.chars()).any(|c| !Face::Bold.shows(c)) {
        paper.text(MARGIN, top, INNER, 2, Style::plain(9.0).grey(GREY), words.boxes);
    }
    paper.text(MARGIN, HEIGHT - MARGIN - 26.0, INNER, 2, Style::plain(9.5).grey(GREY), words.hint);
    Ok(paper.into_pdf()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tickets::documents::samples;

    #[test]
    fn equal_tickets_give_equal_pages_in_either_language() {
        let sheet = samples::sheet("Zoë Łukasz");
        for language in [Language::English, Language::German] {
            assert_eq!(pdf(&sheet, language).unwrap(), pdf(&sheet, language).unwrap());
        }
        assert_ne!(pdf(&sheet, Language::English).unwrap(), pdf(&sheet, Language::German).unwrap());
    }

    #[test]
    fn whatever_things_are_called_everything_stays_on_the_page() {
        for name in ["", "Ada", &"W".repeat(200), &"Ada Lovelace ".repeat(16), &"\u{1f469}".repeat(200), "a\nb\nc\nd"] {
            let sheet = Sheet {
                title: name.to_owned(),
                place: name.repeat(3),
                ticket_type: name.to_owned(),
                is_unpaid: true,
                ..samples::sheet(name)
            };
            let bytes = pdf(&sheet, Language::German).unwrap();
            let text = String::from_utf8_lossy(&bytes);
            let mut lines = 0;
            for line in text.lines().filter(|line| line.ends_with(" Td")) {
                let numbers: Vec<f32> = line.split(' ').filter_map(|word| word.parse().ok()).collect();
                assert!(numbers[0] >= MARGIN - 1.0 && numbers[1] >= 20.0, "{line}");
                lines += 1;
            }
            assert!(lines > 5, "{lines}");
        }
    }
}
