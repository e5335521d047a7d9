//! A report as pages of A4: for each section a table, times as the clocks at the event show them.

use super::{Item, Report, Section, Value};
use crate::door::words::meaning;
use crate::language::{Language, in_zone};
use crate::paper::{HEIGHT, MARGIN, Paper, PaperError, Style, WIDTH, width, wrap};

const INNER: f32 = WIDTH - 2.0 * MARGIN;
/// The width of a measure's column, which holds its name and numbers of ten digits.
const COLUMN: f32 = 82.0;
/// From one row to the next.
const ROW: f32 = 15.0;
/// Rows that stay together with their table's head.
const ROWS_MIN: f32 = 3.0;
const GREY: f32 = 0.4;
const TEXT: Style = Style::plain(10.0);
/// What the report is written in; its table for programs is in English too.
const LANGUAGE: Language = Language::English;

/// A report on its way to the paper.
struct Sheet {
    paper: Paper,
    top: f32,
    page: u32,
}

/// Returns the report as PDF. Equal reports give equal bytes.
///
/// # Errors
///
/// [`PaperError`].
pub fn pdf(report: &Report) -> Result<Vec<u8>, PaperError> {
    let mut paper = Paper::new(&format!("{} \u{2013} Closing report", report.event), LANGUAGE.tag());
    let when = LANGUAGE.span(report.starts, report.ends, report.zone);
    let made = format!("Closing report, as of {}", LANGUAGE.moment(report.made_at, report.zone));
    let top = paper.text(MARGIN, MARGIN, INNER, 2, Style::bold(22.0), &report.event) + 4.0;
    let top = paper.text(MARGIN, top, INNER, 1, Style::plain(11.0), &when);
    let top = paper.text(MARGIN, top, INNER, 1, Style::plain(11.0).grey(GREY), &made) + 20.0;
    let mut sheet = Sheet { paper, top, page: 1 };
    for section in &report.sections {
        sheet.table(section, report);
    }
    sheet.number_page();
    sheet.paper.into_pdf()
}

impl Sheet {
    fn table(&mut self, section: &Section, report: &Report) {
        self.need(ROW * ROWS_MIN);
        self.head(section);
        if section.lines.is_empty() {
            self.row(TEXT.grey(GREY), "none", &[""; 0]);
        }
        for (item, values) in &section.lines {
            if self.need(ROW) {
                self.head(section);
            }
            let values: Vec<String> = values.iter().map(Value::for_people).collect();
            self.row(TEXT, &item.for_people(report), &values);
        }
        self.top += ROW;
    }

    fn head(&mut self, section: &Section) {
        self.row(Style::bold(10.0), section.title, &section.measures);
        self.paper.fill(MARGIN, self.top - 2.0, INNER, 0.75, 0.75);
        self.top += 3.0;
    }

    /// Writes a name, and what is said of it in columns that end at the right.
    fn row<T: AsRef<str>>(&mut self, style: Style, item: &str, values: &[T]) {
        let base = self.top + style.size;
        let room = INNER - COLUMN * values.len() as f32;
        if let Some(item) = wrap(style, room - 8.0, 1, item).first() {
            self.paper.line(MARGIN, base, style, item);
        }
        for (at, value) in values.iter().enumerate() {
            let right = MARGIN + room + COLUMN * (at + 1) as f32;
            self.paper.line(right - width(style, value.as_ref()), base, style, value.as_ref());
        }
        self.top += ROW;
    }

    /// Begins another page where so much does not fit any more, and returns whether it did.
    fn need(&mut self, height: f32) -> bool {
        let is_full = self.top + height > HEIGHT - MARGIN - ROW;
        if is_full {
            self.number_page();
            self.paper.next_page();
            (self.top, self.page) = (MARGIN, self.page + 1);
        }
        is_full
    }

    fn number_page(&mut self) {
        let (style, number) = (Style::plain(9.0).grey(GREY), self.page.to_string());
        self.paper.line(WIDTH - MARGIN - width(style, &number), HEIGHT - MARGIN + 12.0, style, &number);
    }
}

impl Item {
    fn for_people(&self, report: &Report) -> String {
        match self {
            Self::Named(name) => name.clone(),
            Self::Hour(from) => in_zone(*from, report.zone).format("%a %-d %b, %H:%M").to_string(),
            Self::Finding(code) => meaning(*code).to_owned(),
        }
    }
}

impl Value {
    fn for_people(&self) -> String {
        match self {
            Self::Count(count) => count.to_string(),
            Self::Taken(minor, currency) => LANGUAGE.amount(*minor, currency),
            Self::Currency(currency) => currency.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use sync_protocol::time::UnixMillis;
    use sync_protocol::verdict::Code;

    use super::super::tests::sample;
    use super::*;

    #[test]
    fn a_long_report_goes_on_on_further_pages() {
        let bytes = pdf(&sample(150)).unwrap();

        assert!(bytes.starts_with(b"%PDF-1.") && bytes.trim_ascii_end().ends_with(b"%%EOF"));
        assert!(String::from_utf8_lossy(&bytes).contains("/Count 4"));
        assert_eq!(bytes, pdf(&sample(150)).unwrap());
    }

    #[test]
    fn people_read_local_hours_whole_amounts_and_what_a_finding_means() {
        let report = sample(0);

        assert_eq!(Item::Hour(UnixMillis(1_795_248_000_000)).for_people(&report), "Sat 21 Nov, 09:00");
        assert_eq!(Item::Finding(Code::AlreadyIn).for_people(&report), "The ticket is inside already.");
        assert_eq!(Value::Taken(4_905, "EUR".to_owned()).for_people(), "49.05");
    }
}
