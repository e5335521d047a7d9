//! Pages that the links in letters lead to: small, without scripts, and with nothing of anybody else's.
//!
//! To look at a page changes nothing, whoever looks: mail programs follow links by themselves. Its form does, with what
//! the link brought; so nobody needs to be logged in, and no page of another site can send it in somebody's name.

pub mod routes;
mod words;

use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use self::words::words;
use crate::language::{Language, fill};

/// The one style of all pages.
const STYLE: &str = include_str!("../templates/page.css");

/// What a page says.
#[derive(Clone, Debug, Default)]
struct Page {
    title: String,
    /// What stands in the way; may be empty.
    problem: String,
    paragraphs: Vec<String>,
    picture: Option<Picture>,
    facts: Vec<(&'static str, String)>,
    /// Address and label.
    links: Vec<(String, &'static str)>,
    form: Option<Form>,
    folded: Option<Folded>,
}

/// A ticket's code.
#[derive(Clone, Debug)]
struct Picture {
    address: String,
    alt: &'static str,
    number: String,
}

/// What is asked, sent to the page's own address.
#[derive(Clone, Debug, Default)]
struct Form {
    fields: Vec<Field>,
    buttons: Vec<Button>,
}

/// A field of a form.
#[derive(Clone, Debug, Default)]
struct Field {
    name: &'static str,
    label: &'static str,
    /// `text`, `password` or `checkbox`.
    kind: &'static str,
    value: String,
    autocomplete: &'static str,
    hint: &'static str,
    is_checked: bool,
    chars_min: usize,
    chars_max: usize,
}

/// A button, whose value is the form's `answer`.
#[derive(Clone, Debug)]
struct Button {
    label: &'static str,
    value: &'static str,
    /// Not what most people want here.
    is_quiet: bool,
}

impl Button {
    const fn main(label: &'static str, value: &'static str) -> Self {
        Self { label, value, is_quiet: false }
    }

    const fn quiet(label: &'static str, value: &'static str) -> Self {
        Self { label, value, is_quiet: true }
    }
}

/// A form that shows once somebody asks for it.
#[derive(Clone, Debug)]
struct Folded {
    summary: &'static str,
    paragraph: String,
    form: Form,
}

impl Page {
    /// Returns a page that says something and asks nothing.
    fn saying(title: impl Into<String>, paragraphs: &[&str]) -> Self {
        let paragraphs = paragraphs.iter().map(|text| (*text).to_owned()).collect();
        Self { title: title.into(), paragraphs, ..Self::default() }
    }

    /// Returns the page of a link that has ended or never was.
    fn ended(language: Language) -> Self {
        let words = words(language);
        Self::saying(words.ended_title, &[words.ended])
    }

    fn html(&self, language: Language, public_url: &str) -> Result<String, askama::Error> {
        let footer = fill(words(language).footer, &[("url", public_url)]);
        Html { language: language.tag(), page: self, css: STYLE, footer }.render()
    }
}

#[derive(Template)]
#[template(path = "page.html")]
struct Html<'a> {
    language: &'static str,
    page: &'a Page,
    css: &'static str,
    footer: String,
}

/// Returns what a browser may do on a page: show it in its own style and send its form here.
fn policy() -> String {
    let style = STANDARD.encode(Sha256::digest(STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; img-src 'self'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_people_are_called_is_text_and_never_markup() {
        let page = Page {
            facts: vec![("Name", "<script>alert(1)</script>".to_owned())],
            form: Some(Form {
                fields: vec![Field { value: "\"><b>".to_owned(), kind: "text", ..Field::default() }],
                buttons: vec![Button::main("Go", "yes")],
            }),
            ..Page::saying("A & B", &["<i>"])
        };

        let html = page.html(Language::German, "https://u.example").unwrap();

        for markup in ["<script", "<i>", "<b>"] {
            assert!(!html.contains(markup), "{html}");
        }
        assert!(html.contains("lang=\"de\"") && html.contains("A &#38; B"), "{html}");
        assert!(html.contains(&format!("<style>{STYLE}</style>")), "the policy's hash is of all that is between");
    }

    #[test]
    fn a_page_asks_nobody_else_for_anything() {
        let html = Page::ended(Language::English).html(Language::English, "").unwrap();
        for other in ["http:", "https:", "//", "@import", "url("] {
            assert!(!html.contains(other), "{other} in {html}");
        }
    }
}
