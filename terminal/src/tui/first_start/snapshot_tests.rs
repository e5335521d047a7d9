//! What the first start shows, in each language.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use sync_protocol::time::Uptime;

use super::view::view;
use crate::app::Key;
use crate::app::first_start::{FirstStart, News, Problem};
use crate::camera::CameraState;
use crate::catalogue::{Catalogue, Language};
use crate::session::{Session, WhileLocked};
use crate::tui::theme::Theme;

/// Between a person's keys there is more time than this, in ms.
const BETWEEN_KEYS_MS: u64 = 200;

#[test]
fn every_step_in_every_language() {
    for language in Language::ALL {
        for (name, start) in steps() {
            insta::assert_snapshot!(format!("{name}_{}_80x24", language.tag()), draw(&start, language, 80, 24));
        }
    }
}

#[test]
fn every_step_can_be_drawn_at_any_size() {
    for (_, start) in steps() {
        for language in Language::ALL {
            for (width, height) in [(1, 1), (2, 2), (3, 40), (12, 3), (20, 5), (40, 12), (79, 23), (300, 90)] {
                draw(&start, language, width, height);
            }
        }
    }
}

#[test]
fn no_english_word_is_left() {
    let german = crate::catalogue::words(Language::German);
    let english = crate::catalogue::words(Language::English);
    for (name, start) in steps() {
        let seen = draw(&start, Language::German, 80, 24);
        let said = seen.replace("four words were made", "").replace("no route to host", "");
        let words = crate::catalogue::words_of(&said);
        let left: Vec<&String> =
            words.iter().filter(|word| english.contains(*word) && !german.contains(*word)).collect();
        assert!(left.is_empty(), "{name}: {left:?}\n{seen}");
    }
}

fn steps() -> Vec<(&'static str, FirstStart)> {
    vec![
        ("code", start()),
        ("code_after_event", start().after_an_event()),
        ("code_typed", code_typed()),
        ("code_refused", refused(Problem::Refused)),
        ("code_other_server", refused(Problem::OtherServer)),
        ("code_clock", refused(Problem::Clock)),
        ("code_not_confirmed", refused(Problem::NotConfirmed)),
        ("asking", asking()),
        ("digits", with(asking(), News::Digits("471108".into(), false))),
        ("digits_confirmed", with(asking(), News::Digits("471108".into(), true))),
        ("passphrase_made", enrolled()),
        ("passphrase_weak", pressed(pressed(enrolled(), "o"), "aaaa")),
        ("passphrase_strong", pressed(pressed(enrolled(), "o"), "grün Tasse Wal Uhr sieben")),
        ("passphrase_again", pressed(entered(enrolled()), "four")),
        ("passphrase_differs", entered(pressed(entered(enrolled()), "five words"))),
        ("keeping", keeping()),
        ("operator", pressed(kept(), "Grace")),
        ("operator_pin", pressed(entered(pressed(kept(), "Grace")), "24")),
        ("operator_pin_differs", pin_differs()),
        ("download", downloading()),
        ("download_interrupted", with(downloading(), News::Interrupted("no route to host".into()))),
        ("ready", with(downloading(), News::Downloaded(100_000))),
    ]
}

fn start() -> FirstStart {
    let mut start = FirstStart::new("four words were made".to_owned().into(), Session::new(WhileLocked::Scan));
    start.pass_time(Uptime(1_000));
    start
}

fn code_typed() -> FirstStart {
    let mut start = pressed(start(), "192.0.2.10:8443");
    press(&mut start, Key::Tab);
    let start = pressed(start, "7K2");
    with(entered(start), News::Camera(CameraState::Absent { found: Vec::new() }))
}

fn asking() -> FirstStart {
    let mut start = pressed(start(), "192.0.2.10:8443");
    press(&mut start, Key::Tab);
    entered(pressed(start, "7K2QP-9XWTZ"))
}

fn refused(problem: Problem) -> FirstStart {
    with(asking(), News::Refused(problem))
}

fn enrolled() -> FirstStart {
    with(asking(), News::Enrolled)
}

fn keeping() -> FirstStart {
    entered(pressed(entered(enrolled()), "four words were made"))
}

fn kept() -> FirstStart {
    with(keeping(), News::Kept)
}

fn pin_differs() -> FirstStart {
    let first = entered(pressed(entered(pressed(kept(), "Grace")), "2468"));
    entered(pressed(first, "2469"))
}

fn downloading() -> FirstStart {
    let mut start = with(
        entered(entered(pressed(kept(), "Grace"))),
        News::Progress { bytes: Some((0, 21_000_000)), tickets: None },
    );
    start.pass_time(Uptime(start.now().0 + 4_000));
    with(start, News::Progress { bytes: Some((7_100_000, 21_000_000)), tickets: Some((34_100, 100_000)) })
}

fn with(mut start: FirstStart, news: News) -> FirstStart {
    start.learn(news);
    start
}

fn entered(mut start: FirstStart) -> FirstStart {
    press(&mut start, Key::Enter);
    start
}

fn pressed(mut start: FirstStart, letters: &str) -> FirstStart {
    letters.chars().for_each(|letter| press(&mut start, Key::Char(letter)));
    start
}

fn press(start: &mut FirstStart, key: Key) {
    start.take_key(key);
    start.pass_time(Uptime(start.now().0 + BETWEEN_KEYS_MS));
}

fn draw(start: &FirstStart, language: Language, width: u16, height: u16) -> String {
    let catalogue = Catalogue::new(language);
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| view(start, Theme::default(), &catalogue, frame)).unwrap();
    let screen = terminal.backend().buffer();
    let rows = screen.content().chunks(usize::from(width.max(1)));
    rows.map(|row| row.iter().map(|cell| cell.symbol()).collect::<String>().trim_end().to_owned() + "\n").collect()
}
