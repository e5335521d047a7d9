//! The picture of each step: what it is about, what to do, which keys there are.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Paragraph};

use crate::app::Field;
use crate::app::first_start::{CodeForm, Download, FirstStart, PassphraseForm, Problem, Step, Sub};
use crate::app::screen::operator;
use crate::camera::CameraState;
use crate::catalogue::{Catalogue, text};
use crate::tui::theme::Theme;
use crate::tui::view::{digits_line, field_line, wrap};
use crate::tui::words;

/// The widest text.
const WIDTH_MAX: u16 = 76;

/// A step's picture, before it is laid out.
struct Page<'a> {
    catalogue: &'a Catalogue,
    theme: Theme,
    width: usize,
    lines: Vec<Line<'static>>,
    keys: Vec<(&'static str, &'static str)>,
}

impl Page<'_> {
    fn say(&mut self, sentence: &str, style: Style) {
        self.lines.extend(wrap(sentence, self.width).into_iter().map(|row| Line::styled(format!(" {row}"), style)));
    }

    fn plain(&mut self, id: &str) {
        self.say(&self.catalogue.say(id), Style::new());
    }

    fn faint(&mut self, id: &str) {
        self.say(&self.catalogue.say(id), self.theme.faint());
    }

    fn warn(&mut self, sentence: &str) {
        self.say(sentence, self.theme.warning());
    }

    fn gap(&mut self) {
        self.lines.push(Line::default());
    }

    fn large(&mut self, text: &str) {
        let bold = Style::new().add_modifier(Modifier::BOLD);
        self.lines.extend(wrap(text, self.width).into_iter().map(|row| Line::styled(format!("   {row}"), bold)));
    }
}

pub(super) fn view(start: &FirstStart, theme: Theme, catalogue: &Catalogue, frame: &mut Frame<'_>) {
    let area = frame.area();
    let (number, title) = heading(start.step());
    let title =
        catalogue.say_with("first-start-step", &[("step", number.into()), ("title", text(catalogue.say(title)))]);
    let block = Block::bordered().title(format!(" Usher · {title} "));
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let [body, foot] = Layout::vertical([Constraint::Min(0), Constraint::Length(1)]).areas(inner);
    let width = usize::from(body.width.min(WIDTH_MAX)).saturating_sub(2);
    let mut page = Page { catalogue, theme, width, lines: vec![Line::default()], keys: Vec::new() };
    fill(&mut page, start);
    let body = Rect { width: body.width.min(WIDTH_MAX), ..body };
    frame.render_widget(Paragraph::new(page.lines), body);
    let mut keys = Line::raw(" ");
    for (key, what) in page.keys {
        keys.push_span(Span::styled(key, Style::new().add_modifier(Modifier::BOLD)));
        keys.push_span(Span::styled(format!(" {}  ", catalogue.say(what)), theme.faint()));
    }
    frame.render_widget(keys, foot);
}

const fn heading(step: &Step) -> (u32, &'static str) {
    match step {
        Step::Code(_) => (1, "first-start-code-title"),
        Step::Asking | Step::Digits { .. } => (2, "first-start-digits-title"),
        Step::Passphrase(_) | Step::Keeping => (3, "first-start-passphrase-title"),
        Step::Operator(_) => (4, "session-operator-title"),
        Step::Download(_) => (5, "first-start-download-title"),
        Step::Ready { .. } => (6, "first-start-ready-title"),
    }
}

fn fill(page: &mut Page<'_>, start: &FirstStart) {
    match start.step() {
        Step::Code(form) => {
            if start.is_after_event() {
                page.plain("first-start-over");
                page.gap();
            }
            code(page, form);
        }
        Step::Asking => {
            page.plain("first-start-asking");
            page.keys = vec![("Esc", "keys-back")];
        }
        Step::Digits { digits, is_confirmed } => {
            page.plain("first-start-digits");
            page.gap();
            page.large(&digits.chars().flat_map(|digit| [digit, ' ']).collect::<String>());
            page.gap();
            page.plain(if *is_confirmed { "first-start-digits-confirmed" } else { "first-start-digits-wait" });
            page.keys = vec![("Esc", "keys-back")];
        }
        Step::Passphrase(form) => passphrase(page, form),
        Step::Keeping => page.plain("first-start-keeping"),
        Step::Operator(screen) => operator(page, screen),
        Step::Download(state) => download(page, state, start),
        Step::Ready { tickets } => {
            let said = page.catalogue.say_with("first-start-ready", &[("count", (*tickets).into())]);
            page.say(&said, Style::new());
            page.gap();
            page.plain("first-start-ready-offline");
            page.keys = vec![("Enter", "first-start-key-open"), ("Esc", "keys-quit")];
        }
    }
}

fn code(page: &mut Page<'_>, form: &CodeForm) {
    page.plain("first-start-code-camera");
    match &form.camera {
        Some(CameraState::Streaming { .. }) => page.faint("first-start-camera-on"),
        Some(CameraState::Absent { .. } | CameraState::Lost { .. } | CameraState::Stalled) => {
            page.faint("first-start-camera-none")
        }
        Some(CameraState::Opening { .. }) | None => page.faint("first-start-camera-starting"),
    }
    page.gap();
    page.plain("first-start-code-typed");
    page.gap();
    let labels = ["first-start-server", "first-start-code", "first-start-fingerprint"];
    for (at, (label, field)) in labels.iter().zip(&form.fields).enumerate() {
        let label = page.catalogue.say(label);
        page.lines.push(field_line(&label, field, at == form.at, page.width));
    }
    page.faint("first-start-fingerprint-hint");
    page.gap();
    if let Some(problem) = &form.problem {
        let said = page.catalogue.say(match problem {
            Problem::Code => "first-start-problem-code",
            Problem::Fingerprint => "first-start-problem-fingerprint",
            Problem::Address(_) => "first-start-problem-address",
            Problem::Refused => "first-start-problem-refused",
            Problem::OtherServer => "first-start-problem-other-server",
            Problem::Unreachable => "first-start-problem-unreachable",
            Problem::Clock => "first-start-problem-clock",
            Problem::NotConfirmed => "first-start-problem-not-confirmed",
            Problem::Enrolled => "first-start-problem-enrolled",
            Problem::Other(_) => "first-start-problem-other",
        });
        page.warn(&said);
        if let Problem::Other(detail) | Problem::Address(detail) = problem {
            page.say(&words::clean(detail), page.theme.faint());
        }
    }
    page.keys = vec![("Tab", "first-start-key-field"), ("Enter", "session-next"), ("Esc", "keys-quit")];
}

fn passphrase(page: &mut Page<'_>, form: &PassphraseForm) {
    let tab = if form.is_shown() { "first-start-key-hide" } else { "first-start-key-show" };
    match form.sub() {
        Sub::Made => {
            page.plain("first-start-made");
            page.gap();
            page.large(form.made());
            page.gap();
            page.plain("first-start-made-why");
            page.keys = vec![("Enter", "session-next"), ("a", "first-start-key-another"), ("o", "first-start-key-own")];
        }
        Sub::Own { field, weak } => {
            page.plain("first-start-own");
            page.gap();
            typed(page, field, form.is_shown());
            match weak {
                Some(weak) => page.warn(&page.catalogue.say(words::weakness(*weak))),
                None if !field.is_empty() => page.say(&page.catalogue.say("first-start-strong"), page.theme.good()),
                None => {}
            }
            page.keys = vec![("Enter", "session-next"), ("Tab", tab), ("Esc", "keys-back")];
        }
        Sub::Again { field, differs, .. } => {
            page.plain("first-start-again");
            page.gap();
            typed(page, field, form.is_shown());
            if *differs {
                page.warn(&page.catalogue.say("first-start-differs"));
            }
            page.keys = vec![("Enter", "session-next"), ("Tab", tab), ("Esc", "keys-back")];
        }
    }
}

fn typed(page: &mut Page<'_>, field: &Field, is_shown: bool) {
    let label = page.catalogue.say("first-start-passphrase");
    if is_shown {
        page.lines.push(field_line(&label, field, true, page.width));
    } else {
        let room = page.width / 2;
        page.lines.push(digits_line(&label, field.text().chars().count().min(room.saturating_sub(8))));
    }
    page.gap();
}

fn operator(page: &mut Page<'_>, screen: &operator::Operator) {
    match screen.step() {
        operator::Step::Name => {
            let label = page.catalogue.say("session-name");
            page.lines.push(field_line(&label, screen.name(), true, page.width));
            page.faint("session-name-hint");
        }
        operator::Step::Pin(pin) => {
            let label = page.catalogue.say(if pin.is_repeat() { "session-pin-again" } else { "session-pin" });
            page.lines.push(digits_line(&label, pin.count()));
            page.gap();
            if let Some(problem) = pin.problem() {
                page.warn(&page.catalogue.say(words::pin_problem(problem)));
            }
            page.faint("session-pin-hint");
            page.faint("session-pin-skip");
        }
    }
    page.keys = vec![("Enter", "session-next")];
}

fn download(page: &mut Page<'_>, state: &Download, start: &FirstStart) {
    const MB: f64 = 1_000_000.0;
    page.plain("first-start-download");
    page.gap();
    let (done, total) = state.tickets.filter(|(done, _)| *done > 0).or(state.bytes).unwrap_or((0, 1));
    let full = page.width.saturating_sub(2);
    let filled = usize::try_from(done.min(total).saturating_mul(full as u64) / total.max(1)).unwrap_or(full).min(full);
    page.lines.push(Line::raw(format!(" {}{}", "█".repeat(filled), "░".repeat(full - filled))));
    if let Some((done, total)) = state.bytes {
        let mb = |bytes: u64| text(words::decimal(bytes as f64 / MB, page.catalogue));
        let said = page.catalogue.say_with("first-start-bytes", &[("done", mb(done)), ("total", mb(total))]);
        page.say(&said, Style::new());
    }
    if let Some((done, total)) = state.tickets {
        let said = page.catalogue.say_with("first-start-tickets", &[("done", done.into()), ("total", total.into())]);
        page.say(&said, Style::new());
    }
    if let Some(left) = state.left_ms(start.now()).filter(|left| *left > 0) {
        let said = page.catalogue.say_with("first-start-left", &[("seconds", left.div_ceil(1_000).into())]);
        page.say(&said, page.theme.faint());
    }
    page.gap();
    page.keys = vec![("Esc", "keys-quit")];
    match &state.trouble {
        Some(trouble) => {
            page.warn(&page.catalogue.say("first-start-interrupted"));
            page.say(&words::clean(trouble), page.theme.faint());
            page.keys.insert(0, ("Enter", "first-start-key-again"));
        }
        None => page.faint("first-start-download-stop"),
    }
}
