//! The letters of documents: Noto Sans, which has every letter of the Latin, Greek and Cyrillic scripts.
//!
//! Scripts whose letters change with their neighbours or run from the right take more than putting glyphs in a row.
//! Their letters are shown as empty boxes, as are those that the font lacks: a name that cannot be shown is seen to
//! be missing, and never shown wrong.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use subsetter::GlyphRemapper;
use ttf_parser::GlyphId;

static REGULAR: &[u8] = include_bytes!("../../fonts/NotoSans-Regular.ttf");
static BOLD: &[u8] = include_bytes!("../../fonts/NotoSans-Bold.ttf");
static REGULAR_FACE: LazyLock<ttf_parser::Face<'static>> = LazyLock::new(|| parse(REGULAR));
static BOLD_FACE: LazyLock<ttf_parser::Face<'static>> = LazyLock::new(|| parse(BOLD));

fn parse(bytes: &'static [u8]) -> ttf_parser::Face<'static> {
    ttf_parser::Face::parse(bytes, 0).expect("the font is part of the program")
}

/// Which letters.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Face {
    /// Upright and of ordinary weight.
    Regular,
    /// Upright and heavy.
    Bold,
}

/// A face's measures, in thousandths of its size.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) left: f32,
    pub(super) bottom: f32,
    pub(super) right: f32,
    pub(super) top: f32,
    pub(super) ascent: f32,
    pub(super) descent: f32,
    pub(super) cap_height: f32,
    pub(super) stem: f32,
}

impl Face {
    fn face(self) -> &'static ttf_parser::Face<'static> {
        match self {
            Self::Regular => &REGULAR_FACE,
            Self::Bold => &BOLD_FACE,
        }
    }

    const fn bytes(self) -> &'static [u8] {
        match self {
            Self::Regular => REGULAR,
            Self::Bold => BOLD,
        }
    }

    /// The six letters say that it is a part of a font (ISO 32000-1, 9.6.4).
    pub(super) const fn subset_name(self) -> &'static [u8] {
        match self {
            Self::Regular => b"USHERR+NotoSans-Regular",
            Self::Bold => b"USHERB+NotoSans-Bold",
        }
    }

    fn thousandths(self, units: f32) -> f32 {
        units * 1_000.0 / f32::from(self.face().units_per_em())
    }

    pub(super) fn bounds(self) -> Bounds {
        let face = self.face();
        let of = |units: i16| self.thousandths(f32::from(units));
        let bounds = face.global_bounding_box();
        Bounds {
            left: of(bounds.x_min),
            bottom: of(bounds.y_min),
            right: of(bounds.x_max),
            top: of(bounds.y_max),
            ascent: of(face.ascender()),
            descent: of(face.descender()),
            cap_height: of(face.capital_height().unwrap_or(face.ascender())),
            stem: if self == Self::Bold { 140.0 } else { 80.0 },
        }
    }

    /// The glyph of a letter; the empty box if there is none that could be shown by itself.
    fn glyph(self, c: char) -> GlyphId {
        self.face().glyph_index(c).filter(|_| stands_by_itself(c)).unwrap_or_default()
    }

    /// Whether a letter is shown as itself.
    pub fn shows(self, c: char) -> bool {
        is_invisible(c) || self.glyph(c) != GlyphId::default()
    }

    fn advance(self, glyph: GlyphId) -> f32 {
        self.thousandths(f32::from(self.face().glyph_hor_advance(glyph).unwrap_or_default()))
    }

    /// Returns how wide a line is, in parts of the letters' size.
    pub(super) fn width(self, text: &str) -> f32 {
        let advances = text.chars().filter(|c| !is_invisible(*c)).map(|c| self.advance(self.glyph(c)));
        advances.sum::<f32>() / 1_000.0
    }
}

/// Whether a letter looks the same whatever stands beside it, in a line from the left: up to Armenian, and the later
/// blocks of Latin, Greek and Cyrillic, of punctuation and of signs.
const fn stands_by_itself(c: char) -> bool {
    matches!(c, '\0'..='\u{58f}' | '\u{1c80}'..='\u{1c8f}' | '\u{1d00}'..='\u{2c7f}' | '\u{2de0}'..='\u{2e7f}'
        | '\u{a640}'..='\u{a69f}' | '\u{a700}'..='\u{a7ff}' | '\u{ab30}'..='\u{ab6f}' | '\u{fb00}'..='\u{fb06}' | '\u{fffd}')
}

/// Whether a character only says how others are set: joiners, marks of direction, variants.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
        || c.is_control()
}

/// The glyphs of one face that a document shows.
#[derive(Debug)]
pub(super) struct Glyphs {
    face: Face,
    numbers: GlyphRemapper,
    meanings: BTreeMap<u16, char>,
}

impl Glyphs {
    pub(super) fn new(face: Face) -> Self {
        // The empty box is number 0 in every font.
        Self { face, numbers: GlyphRemapper::new(), meanings: BTreeMap::from([(0, char::REPLACEMENT_CHARACTER)]) }
    }

    pub(super) const fn face(&self) -> Face {
        self.face
    }

    /// Returns a line as the document's numbers of its glyphs, two bytes each.
    pub(super) fn show(&mut self, text: &str) -> Vec<u8> {
        let mut shown = Vec::with_capacity(text.len() * 2);
        for c in text.chars().filter(|c| !is_invisible(*c)) {
            let glyph = self.face.glyph(c);
            let number = self.numbers.remap(glyph.0);
            self.meanings.entry(number).or_insert(c);
            shown.extend(number.to_be_bytes());
        }
        shown
    }

    pub(super) fn widths(&self) -> Vec<f32> {
        self.numbers.remapped_gids().map(|glyph| self.face.advance(GlyphId(glyph))).collect()
    }

    pub(super) fn meanings(&self) -> impl Iterator<Item = (u16, char)> + '_ {
        self.meanings.iter().map(|(number, c)| (*number, *c))
    }

    pub(super) fn subset(&self) -> Result<Vec<u8>, String> {
        subsetter::subset(self.face.bytes(), 0, &self.numbers).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_scripts_are_shown_and_what_cannot_be_is_a_box_as_wide_as_one() {
        for c in "Zoë Groß Łukasz Šimůnek Ķ Đặng Ωμέγα Ήλιος Юлия Ґалаґан ’“–…€".chars()
        {
            assert!(Face::Regular.shows(c) && Face::Bold.shows(c), "{c}");
        }
        for c in "山田هند\u{928}\u{1f469}".chars() {
            assert!(!Face::Regular.shows(c), "{c}");
            assert!(Face::Regular.width(&c.to_string()) > 0.3, "{c}");
        }
        assert!(Face::Regular.width("\u{202e}\u{200d}") < f32::EPSILON);
    }

    #[test]
    fn a_letter_keeps_its_number_through_a_document() {
        let mut glyphs = Glyphs::new(Face::Regular);
        let (first, again) = (glyphs.show("Ada"), glyphs.show("da"));

        assert_eq!(first.get(2..), Some(again.as_slice()));
        assert_eq!(glyphs.widths().len(), 4, "the box and three letters");
        assert!(glyphs.meanings().any(|(_, c)| c == 'A'));
    }
}
