//! A ticket as a web page that prints on one sheet and needs nothing but itself.

use askama::Template;

use super::words::{Words, words};
use super::{Sheet, SheetError};
use crate::language::Language;

#[derive(Template)]
#[template(path = "ticket.html")]
struct Page<'a> {
    language: &'static str,
    sheet: &'a Sheet,
    words: &'static Words,
    when: String,
    svg: String,
}

/// Returns the page.
///
/// # Errors
///
/// [`SheetError`].
pub fn html(sheet: &Sheet, language: Language) -> Result<String, SheetError> {
    let page = Page {
        language: language.tag(),
        sheet,
        words: words(language),
        when: language.span(sheet.starts, sheet.ends, sheet.zone),
        svg: sheet.modules()?.to_svg(8),
    };
    Ok(page.render()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tickets::documents::samples;

    #[test]
    fn a_name_is_text_and_never_markup() {
        let html = html(&samples::sheet("<script>alert(1)</script> & \"co\""), Language::English).unwrap();

        assert!(!html.contains("<script"), "{html}");
        assert!(html.contains("&#60;script&#62;") && html.contains("<svg "), "{html}");
    }
}
