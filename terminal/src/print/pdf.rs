//! A ticket as a page of A6: the code as lines of boxes, so that it is sharp at any size, and below
//! it whose it is and for what.
//!
//! The letters are Courier: every reader has it without a font in the file, and every letter is as
//! wide as the next, so that no table of widths is needed.

use pdf_writer::{Content, Finish as _, Name, Pdf, Rect, Ref, Str};

use super::Sheet;
use super::code::{DoesNotFit, Level, Modules, QUIET_ZONE};
use super::latin;

/// A6, in points (ISO 216: 105 × 148 mm).
const WIDTH: f32 = 297.64;
const HEIGHT: f32 = 419.53;
const MARGIN: f32 = 24.0;
/// The width of a letter of Courier, in parts of its size.
const LETTER: f32 = 0.6;
/// The code's side with its quiet zone, in points: 66 mm.
const CODE: f32 = 188.0;

const PLAIN: Name<'static> = Name(b"F1");
const BOLD: Name<'static> = Name(b"F2");

/// A text on the page: in what letters, how large, and on how many lines at most.
struct Words<'a>(&'a str, Name<'static>, f32, usize);

/// Returns the page. Equal sheets give equal bytes.
///
/// # Errors
///
/// [`DoesNotFit`] if the credential is too long for a code.
pub fn pdf(sheet: &Sheet) -> Result<Vec<u8>, DoesNotFit> {
    let modules = Modules::of(&sheet.credential, Level::Q)?;
    let [catalog, pages, page, plain, bold, content] = [1, 2, 3, 4, 5, 6].map(Ref::new);
    let mut pdf = Pdf::new();
    pdf.catalog(catalog).pages(pages);
    pdf.pages(pages).kids([page]).count(1);
    let mut a6 = pdf.page(page);
    a6.media_box(Rect::new(0.0, 0.0, WIDTH, HEIGHT)).parent(pages).contents(content);
    a6.resources().fonts().pair(PLAIN, plain).pair(BOLD, bold);
    a6.finish();
    for (font, name) in [(plain, &b"Courier"[..]), (bold, &b"Courier-Bold"[..])] {
        pdf.type1_font(font).base_font(Name(name)).encoding_predefined(Name(b"WinAnsiEncoding"));
    }
    pdf.stream(content, &draw(sheet, &modules));
    Ok(pdf.finish())
}

fn draw(sheet: &Sheet, modules: &Modules) -> Vec<u8> {
    let mut content = Content::new();
    content.set_fill_gray(0.0);
    let mut top = HEIGHT - MARGIN;
    top = write(&mut content, &Words(&sheet.event, BOLD, 13.0, 2), top);
    top = draw_code(&mut content, modules, top);
    for words in [
        Words(&sheet.name, BOLD, 16.0, 3),
        Words(&sheet.class, PLAIN, 13.0, 2),
        Words(&sheet.price, PLAIN, 13.0, 1),
        Words(&sheet.number, BOLD, 13.0, 1),
    ] {
        top = write(&mut content, &words, top);
    }
    content.finish().to_vec()
}

/// Draws the code in the middle, below `top`, and returns where it ends.
fn draw_code(content: &mut Content, modules: &Modules, top: f32) -> f32 {
    let side = CODE / (modules.size() + 2 * QUIET_ZONE) as f32;
    let left = (WIDTH - CODE) / 2.0 + QUIET_ZONE as f32 * side;
    // White by itself, also where a viewer shows bare pages dark.
    content.set_fill_gray(1.0).rect((WIDTH - CODE) / 2.0, top - CODE, CODE, CODE).fill_nonzero();
    content.set_fill_gray(0.0);
    let top = top - QUIET_ZONE as f32 * side;
    for (x, y, length) in modules.runs() {
        let bottom = top - (y + 1) as f32 * side;
        content.rect(left + x as f32 * side, bottom, length as f32 * side, side);
    }
    content.fill_nonzero();
    top - (modules.size() + QUIET_ZONE) as f32 * side
}

/// Writes lines in the middle, below `top`, and returns where they end.
fn write(content: &mut Content, words: &Words<'_>, top: f32) -> f32 {
    let Words(text, font, size, lines_max) = *words;
    let columns = ((WIDTH - 2.0 * MARGIN) / (size * LETTER)) as usize;
    let mut top = top;
    for line in latin::wrap(&latin::encode(text), columns, lines_max) {
        let left = (WIDTH - line.len() as f32 * size * LETTER) / 2.0;
        top -= size * 1.3;
        content.begin_text().set_font(font, size).next_line(left, top).show(Str(&line)).end_text();
    }
    top
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::print::samples;
    use proptest::prelude::*;

    /// Paints the boxes of a page of `paper`, as a reader of PDFs would, at `scale` pixels to a point.
    fn paint(pdf: &[u8], scale: f32, paper: u8) -> (usize, Vec<u8>) {
        let (width, height) = ((WIDTH * scale) as usize, (HEIGHT * scale) as usize);
        let mut pixels = vec![paper; width * height];
        let mut ink = 0;
        let text = String::from_utf8_lossy(pdf);
        for line in text.lines().filter(|line| line.ends_with(" re") || line.ends_with(" g")) {
            let numbers: Vec<f32> = line.split(' ').filter_map(|word| word.parse().ok()).collect();
            if let [grey] = numbers[..] {
                ink = (grey * 255.0) as u8;
                continue;
            }
            let [x, y, w, h] = numbers[..] else { panic!("{line}") };
            let (left, right) = ((x * scale).round() as usize, ((x + w) * scale).round() as usize);
            let (top, bottom) = (((HEIGHT - y - h) * scale).round() as usize, ((HEIGHT - y) * scale).round() as usize);
            for row in pixels.chunks_mut(width).skip(top).take(bottom - top) {
                row[left..right].fill(ink);
            }
        }
        (width, pixels)
    }

    #[test]
    fn the_code_on_the_page_is_read_by_the_door() {
        let sheet = samples::sheet("Ada Lovelace");

        let pdf = pdf(&sheet).unwrap();

        assert!(pdf.starts_with(b"%PDF-1.") && pdf.trim_ascii_end().ends_with(b"%%EOF"));
        // Some viewers show bare pages in the colour of night.
        for paper in [255, 0, 40] {
            let (width, pixels) = paint(&pdf, 3.0, paper);
            assert_eq!(samples::read(width, pixels).as_ref(), Some(&sheet.credential), "on paper of {paper}");
        }
    }

    #[test]
    fn the_page_says_whose_ticket_it_is() {
        let pdf = pdf(&samples::sheet("Ada Lovelace")).unwrap();
        let text = String::from_utf8_lossy(&pdf);
        for words in ["(RustConf 2026)", "(Ada Lovelace)", "(Day pass)", "(12.00 EUR)", "(R0000000005-7)"] {
            assert!(text.contains(words), "{words}");
        }
    }

    proptest! {
        #[test]
        fn whatever_people_are_called_everything_stays_on_the_page(name in any::<String>()) {
            let sheet = Sheet { event: name.clone(), class: name.clone(), ..samples::sheet(&name) };
            let bytes = pdf(&sheet).unwrap();
            let text = String::from_utf8_lossy(&bytes);
            for line in text.lines().filter(|line| line.ends_with(" Td")) {
                let numbers: Vec<f32> = line.split(' ').filter_map(|word| word.parse().ok()).collect();
                prop_assert!(numbers[0] >= MARGIN - 1.0 && numbers[1] >= 10.0, "{}", line);
            }
        }
    }
}
