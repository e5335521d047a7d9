//! Pages of A4 as PDF: text in letters that travel with the file, lines, boxes and QR codes.
//!
//! Places are in points from the page's left and upper edge. Equal pages give equal bytes: nothing in the file says
//! when it was made.

pub mod font;

use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Content, Finish as _, Name, Pdf, Rect, Ref, Str, TextStr};

pub use self::font::Face;
use self::font::Glyphs;
use crate::tickets::qr::Modules;

/// A4, in points (ISO 216: 210 × 297 mm).
pub const WIDTH: f32 = 595.28;
/// A4, in points.
pub const HEIGHT: f32 = 841.89;
/// What is left free at every edge.
pub const MARGIN: f32 = 56.0;
/// From one line of text to the next, in parts of the text's size.
const LINE: f32 = 1.35;

/// How a text looks.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Its letters.
    pub face: Face,
    /// Their size, in points.
    pub size: f32,
    /// 0 is black, 1 is white.
    pub grey: f32,
}

impl Style {
    /// Returns upright black text.
    pub const fn plain(size: f32) -> Self {
        Self { face: Face::Regular, size, grey: 0.0 }
    }

    /// Returns bold black text.
    pub const fn bold(size: f32) -> Self {
        Self { face: Face::Bold, size, grey: 0.0 }
    }

    /// Returns the same in another tone.
    #[must_use]
    pub const fn grey(self, grey: f32) -> Self {
        Self { grey, ..self }
    }
}

/// A document that could not be made.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the letters of the document cannot be put together: {0}")]
pub struct PaperError(String);

/// A document being written. It begins with one empty page.
pub struct Paper {
    title: String,
    language: &'static str,
    pages: Vec<Content>,
    glyphs: [Glyphs; 2],
}

impl Paper {
    /// Begins a document called `title`, in `language` (BCP 47).
    pub fn new(title: &str, language: &'static str) -> Self {
        Self {
            title: title.to_owned(),
            language,
            pages: vec![Content::new()],
            glyphs: [Glyphs::new(Face::Regular), Glyphs::new(Face::Bold)],
        }
    }

    /// Begins another page. What follows is drawn on it.
    pub fn next_page(&mut self) {
        self.pages.push(Content::new());
    }

    /// Writes one line whose letters stand on `base`, without breaking it.
    pub fn line(&mut self, left: f32, base: f32, style: Style, text: &str) {
        let Some(page) = self.pages.last_mut() else { return };
        let [regular, bold] = &mut self.glyphs;
        let glyphs = match style.face {
            Face::Regular => regular,
            Face::Bold => bold,
        };
        let shown = glyphs.show(text);
        page.set_fill_gray(style.grey);
        page.begin_text().set_font(name(style.face), style.size).next_line(left, HEIGHT - base);
        page.show(Str(&shown)).end_text();
    }

    /// Writes text below `top`, broken at spaces into lines of at most `width`, and returns where it ends. What does
    /// not fit into `lines_max` lines is cut off with an ellipsis.
    pub fn text(&mut self, left: f32, top: f32, width: f32, lines_max: usize, style: Style, text: &str) -> f32 {
        let mut top = top;
        for line in wrap(style, width, lines_max, text) {
            self.line(left, top + style.size, style, &line);
            top += style.size * LINE;
        }
        top
    }

    /// Fills a box; `grey` is 0 for black and 1 for white.
    pub fn fill(&mut self, left: f32, top: f32, width: f32, height: f32, grey: f32) {
        let Some(page) = self.pages.last_mut() else { return };
        page.set_fill_gray(grey).rect(left, HEIGHT - top - height, width, height).fill_nonzero();
    }

    /// Draws a code of `side` points with its quiet zone: black on its own white, also where a viewer shows bare pages
    /// dark.
    pub fn code(&mut self, left: f32, top: f32, side: f32, modules: &Modules) {
        self.fill(left, top, side, side, 1.0);
        let Some(page) = self.pages.last_mut() else { return };
        page.set_fill_gray(0.0);
        let module = side / modules.size() as f32;
        for (x, y, length) in modules.runs() {
            let bottom = HEIGHT - top - (y + 1) as f32 * module;
            page.rect(left + x as f32 * module, bottom, length as f32 * module, module);
        }
        page.fill_nonzero();
    }

    /// Returns the document.
    ///
    /// # Errors
    ///
    /// [`PaperError`].
    pub fn into_pdf(self) -> Result<Vec<u8>, PaperError> {
        let mut refs = (1..).map(Ref::new);
        let mut next = || refs.next().unwrap_or(Ref::new(i32::MAX));
        let (catalog, tree, info) = (next(), next(), next());
        let fonts: Vec<(Face, Ref)> = self.glyphs.iter().map(|glyphs| (glyphs.face(), next())).collect();
        let pages: Vec<(Ref, Ref, Content)> = self.pages.into_iter().map(|content| (next(), next(), content)).collect();

        let mut pdf = Pdf::new();
        pdf.catalog(catalog).pages(tree).lang(TextStr(self.language));
        pdf.document_info(info).title(TextStr(&self.title)).producer(TextStr("Usher"));
        let count = i32::try_from(pages.len()).unwrap_or(i32::MAX);
        pdf.pages(tree).kids(pages.iter().map(|(page, ..)| *page)).count(count);
        for (page, stream, content) in pages {
            let mut a4 = pdf.page(page);
            a4.media_box(Rect::new(0.0, 0.0, WIDTH, HEIGHT)).parent(tree).contents(stream);
            let mut resources = a4.resources();
            let mut named = resources.fonts();
            for (face, font) in &fonts {
                named.pair(name(*face), *font);
            }
            named.finish();
            resources.finish();
            a4.finish();
            pdf.stream(stream, &content.finish());
        }
        for (glyphs, (_, font)) in self.glyphs.iter().zip(&fonts) {
            embed(&mut pdf, glyphs, *font, [next(), next(), next(), next()])?;
        }
        Ok(pdf.finish())
    }
}

/// What a page calls a font.
const fn name(face: Face) -> Name<'static> {
    match face {
        Face::Regular => Name(b"R"),
        Face::Bold => Name(b"B"),
    }
}

/// Puts the letters that were used into the file, and what they mean, so that readers find and copy the text.
fn embed(pdf: &mut Pdf, glyphs: &Glyphs, font: Ref, parts: [Ref; 4]) -> Result<(), PaperError> {
    let [letters, descriptor, meaning, file] = parts;
    let called = Name(glyphs.face().subset_name());
    let adobe = |ordering| SystemInfo { registry: Str(b"Adobe"), ordering: Str(ordering), supplement: 0 };
    pdf.type0_font(font)
        .base_font(called)
        .encoding_predefined(Name(b"Identity-H"))
        .descendant_font(letters)
        .to_unicode(meaning);
    let mut cid = pdf.cid_font(letters);
    cid.subtype(CidFontType::Type2).base_font(called).system_info(adobe(b"Identity")).font_descriptor(descriptor);
    cid.default_width(0.0).cid_to_gid_map_predefined(Name(b"Identity"));
    cid.widths().consecutive(0, glyphs.widths());
    cid.finish();

    let bounds = glyphs.face().bounds();
    pdf.font_descriptor(descriptor)
        .name(called)
        .flags(FontFlags::NON_SYMBOLIC)
        .bbox(Rect::new(bounds.left, bounds.bottom, bounds.right, bounds.top))
        .italic_angle(0.0)
        .ascent(bounds.ascent)
        .descent(bounds.descent)
        .cap_height(bounds.cap_height)
        .stem_v(bounds.stem)
        .font_file2(file);
    let mut map = UnicodeCmap::<u16>::new(Name(b"Usher"), adobe(b"UCS"));
    for (glyph, meant) in glyphs.meanings() {
        map.pair(glyph, meant);
    }
    pdf.cmap(meaning, &map.finish());
    let subset = glyphs.subset().map_err(PaperError)?;
    pdf.stream(file, &subset).pair(Name(b"Length1"), i32::try_from(subset.len()).unwrap_or(i32::MAX));
    Ok(())
}

/// Returns how wide a line of text is, in points.
pub fn width(style: Style, text: &str) -> f32 {
    style.face.width(text) * style.size
}

/// Breaks text at spaces into lines that are at most `width` points wide; a word that is wider is broken anywhere.
pub fn wrap(style: Style, width_max: f32, lines_max: usize, text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
            if width(style, &longer) <= width_max {
                line = longer;
                continue;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            for c in word.chars() {
                line.push(c);
                if width(style, &line) > width_max && line.chars().count() > 1 {
                    line.pop();
                    lines.push(std::mem::replace(&mut line, c.to_string()));
                }
            }
        }
        lines.push(line);
    }
    if lines.len() > lines_max {
        lines.truncate(lines_max);
        if let Some(last) = lines.last_mut() {
            while !last.is_empty() && width(style, &format!("{last}\u{2026}")) > width_max {
                last.pop();
            }
            last.push('\u{2026}');
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tickets::qr::Level;

    #[test]
    fn a_line_is_broken_at_spaces_and_a_word_that_is_too_long_anywhere() {
        let style = Style::plain(10.0);

        assert_eq!(wrap(style, 60.0, 9, "Ada Lovelace of London"), ["Ada", "Lovelace of", "London"]);
        assert_eq!(wrap(style, 60.0, 2, "Ada Lovelace of London"), ["Ada", "Lovelace o\u{2026}"]);
        assert_eq!(wrap(style, 60.0, 9, ""), [""; 0]);
        let long = wrap(style, 60.0, 9, &"W".repeat(20));
        assert!(long.len() > 1 && long.iter().all(|line| width(style, line) <= 60.0), "{long:?}");
        assert_eq!(long.concat(), "W".repeat(20));
    }

    #[test]
    fn equal_documents_have_equal_bytes_and_hold_only_the_letters_they_show() {
        let make = || {
            let mut paper = Paper::new("A ticket", "en");
            paper.text(MARGIN, MARGIN, 300.0, 3, Style::bold(20.0), "Zoë Łukasz Ωμέγα Юлия");
            paper.code(MARGIN, 200.0, 200.0, &Modules::of("USHER", Level::Q).unwrap());
            paper.next_page();
            paper.line(MARGIN, MARGIN, Style::plain(12.0), "over");
            paper.into_pdf().unwrap()
        };

        let pdf = make();

        assert_eq!(make(), pdf);
        assert!(pdf.starts_with(b"%PDF-1.") && pdf.trim_ascii_end().ends_with(b"%%EOF"));
        assert!(pdf.len() < 60_000, "{}", pdf.len());
    }
}
