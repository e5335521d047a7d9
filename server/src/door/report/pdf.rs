//! A report as pages of A4, in Courier: every reader has it without a font in the file, and every letter is as wide
//! as the next, so that columns stand under each other.

use pdf_writer::{Content, Finish as _, Name, Pdf, Rect, Ref, Str};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use super::{Report, Section};
use crate::http::time::rfc3339;

/// A4, in points (ISO 216: 210 × 297 mm).
const WIDTH: f32 = 595.28;
const HEIGHT: f32 = 841.89;
const MARGIN: f32 = 56.0;
const SIZE: f32 = 9.0;
/// From one line to the next.
const LEADING: f32 = 12.0;
/// The width of a letter of Courier, in parts of its size.
const LETTER: f32 = 0.6;

const PLAIN: Name<'static> = Name(b"F1");
const BOLD: Name<'static> = Name(b"F2");
/// How many letters the names of things have at most; what is said of them stands behind.
const ITEM_COLUMNS: usize = 40;

/// A line on a page.
struct Line {
    text: String,
    font: Name<'static>,
}

/// Returns the report as PDF. Equal reports give equal bytes.
pub fn pdf(report: &Report) -> Vec<u8> {
    let lines = lines(report);
    let per_page = ((HEIGHT - 2.0 * MARGIN) / LEADING) as usize;
    let pages: Vec<&[Line]> = lines.chunks(per_page.max(1)).collect();
    let [catalog, tree, plain, bold] = [1, 2, 3, 4].map(Ref::new);
    let page_ref = |at: usize| Ref::new(i32::try_from(5 + 2 * at).unwrap_or(i32::MAX));
    let content_ref = |at: usize| Ref::new(i32::try_from(6 + 2 * at).unwrap_or(i32::MAX));
    let mut pdf = Pdf::new();
    pdf.catalog(catalog).pages(tree);
    pdf.pages(tree).kids((0..pages.len()).map(page_ref)).count(i32::try_from(pages.len()).unwrap_or(i32::MAX));
    for (font, name) in [(plain, &b"Courier"[..]), (bold, &b"Courier-Bold"[..])] {
        pdf.type1_font(font).base_font(Name(name)).encoding_predefined(Name(b"WinAnsiEncoding"));
    }
    for (at, lines) in pages.iter().enumerate() {
        let mut page = pdf.page(page_ref(at));
        page.media_box(Rect::new(0.0, 0.0, WIDTH, HEIGHT)).parent(tree).contents(content_ref(at));
        page.resources().fonts().pair(PLAIN, plain).pair(BOLD, bold);
        page.finish();
        pdf.stream(content_ref(at), &draw(lines));
    }
    pdf.finish()
}

fn lines(report: &Report) -> Vec<Line> {
    let bold = |text: String| Line { text, font: BOLD };
    let plain = |text: String| Line { text, font: PLAIN };
    let mut lines = vec![
        bold(report.event.clone()),
        plain(format!("Closing report of {}", rfc3339(report.made_at))),
        plain(String::new()),
    ];
    for Section { title, measures, lines: of_section } in &report.sections {
        lines.push(bold(row(title, measures)));
        if of_section.is_empty() {
            lines.push(plain("none".to_owned()));
        }
        lines.extend(of_section.iter().map(|(item, values)| plain(row(item, values))));
        lines.push(plain(String::new()));
    }
    lines
}

/// Returns a name and what is said of it, in columns.
fn row<T: AsRef<str>>(item: &str, values: &[T]) -> String {
    let letters: Vec<char> = item.chars().collect();
    let item: String = if letters.len() > ITEM_COLUMNS {
        letters.iter().take(ITEM_COLUMNS - 1).chain(&['.']).collect()
    } else {
        item.to_owned()
    };
    let mut text = format!("{item:<ITEM_COLUMNS$}");
    let width = columns().saturating_sub(ITEM_COLUMNS) / values.len().max(1);
    for value in values {
        // At most four measures, whose names are short: each has its place.
        text.push_str(&format!("{:>width$}", value.as_ref(), width = width.min(19)));
    }
    text
}

fn columns() -> usize {
    ((WIDTH - 2.0 * MARGIN) / (SIZE * LETTER)) as usize
}

fn draw(lines: &[Line]) -> Vec<u8> {
    let mut content = Content::new();
    content.set_fill_gray(0.0);
    let mut top = HEIGHT - MARGIN;
    for Line { text, font } in lines {
        top -= LEADING;
        let text = latin(text);
        let shown = text.get(..columns().min(text.len())).unwrap_or_default();
        content.begin_text().set_font(*font, SIZE).next_line(MARGIN, top).show(Str(shown)).end_text();
    }
    content.finish().to_vec()
}

/// Returns a text in WinAnsi as far as that agrees with Latin 1: what it does not have loses its accents, or is a
/// question mark.
fn latin(text: &str) -> Vec<u8> {
    let known = |c: char| u8::try_from(u32::from(c)).ok().filter(|byte| matches!(byte, 0x20..=0x7e | 0xa0..=0xff));
    let mut bytes = Vec::with_capacity(text.len());
    for c in text.nfc() {
        match known(c) {
            Some(byte) => bytes.push(byte),
            None => {
                let plain: Vec<u8> =
                    std::iter::once(c).nfkd().filter(|c| !is_combining_mark(*c)).filter_map(known).collect();
                if plain.is_empty() { bytes.push(b'?') } else { bytes.extend(plain) }
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::super::tests::sample;
    use super::*;

    #[test]
    fn a_long_report_goes_on_on_further_pages_and_nothing_is_left_out() {
        let bytes = pdf(&sample(150));

        let text = String::from_utf8_lossy(&bytes);
        assert!(text.starts_with("%PDF-1.") && text.trim_end().ends_with("%%EOF"));
        assert!(text.contains("/Count 3"));
        for number in [0, 75, 149] {
            assert!(text.contains(&format!("(Gate {number} ")), "{number}");
        }
        assert_eq!(bytes, pdf(&sample(150)));
    }

    #[test]
    fn no_line_runs_off_its_page() {
        let mut report = sample(1);
        report.event = "x".repeat(300);
        report.sections[0].lines[0].0 = "Ō".repeat(300);

        for line in lines(&report) {
            assert!(line.text.starts_with('x') || latin(&line.text).len() <= columns(), "{}", line.text);
        }
        let lines = draw(&lines(&report));
        let text = String::from_utf8_lossy(&lines);
        assert!(text.contains(&format!("({})", "x".repeat(columns()))));
    }
}
