//! What staff see: each state at 80 × 24 and at 200 × 60, and what must hold at any size.

mod decisions;
mod german;
mod light;
mod pictures;
mod search;
mod session;
mod sizes;
mod tiny;
mod walk_in;

use std::sync::LazyLock;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::Modifier;
use sync_protocol::journal::Flags;
use sync_protocol::time::Uptime;
use sync_protocol::verdict::{Code, OverrideBy};

use super::theme::{Mood, Palette, Theme};
use super::view::view;
use crate::app::{Effect, Event, FLASH_MS, Key, Look, Question, Stage, State, samples, update};
use crate::camera::Trouble;
use crate::catalogue::{Catalogue, Language};
use crate::door::{Answer, Attendee, CameraStatus, Decided, Fault, Link, Notice, Request, Status, Suspension};
use crate::drill::Probe;

const SIZES: [(u16, u16); 2] = [(80, 24), (200, 60)];

#[test]
fn every_state_at_both_sizes() {
    for (name, state) in states() {
        for (width, height) in SIZES {
            let screen = draw(&state, Palette::Colours, width, height);
            insta::assert_snapshot!(format!("{name}_{width}x{height}"), text(&screen));
        }
    }
}

#[test]
fn without_colours_nothing_but_colours_is_lost() {
    for (name, state) in states().into_iter().filter(|(name, _)| matches!(*name, "admit" | "deny_already_in")) {
        let screen = draw(&state, Palette::Monochrome, 80, 24);

        assert!(screen.content().iter().all(|cell| cell.fg == cell.bg), "{name} has a colour");
        assert_eq!(text(&screen), text(&draw(&state, Palette::Colours, 80, 24)), "{name}");
        insta::assert_snapshot!(format!("{name}_no_color_80x24"), styled(&screen));
    }
}

#[test]
fn each_verdict_fills_its_panel_with_its_own_colour() {
    let theme = Theme::new(Palette::Colours);
    let mut backs = Vec::new();
    for look in [Look::Admit, Look::Exit, Look::Check, Look::Deny, Look::Repeat, Look::NotReady] {
        let (_, state) = states()
            .into_iter()
            .find(|(_, state)| matches!(state.stage(), Stage::Verdict(shown) if shown.look == look))
            .unwrap();
        let back = theme.panel(Mood::Verdict(look), false).bg.unwrap();

        let screen = draw(&state, Palette::Colours, 80, 24);

        let filled = screen.content().iter().filter(|cell| cell.bg == back).count();
        assert!(filled > 400, "{look:?} fills {filled} cells");
        backs.push(back);
    }
    backs.dedup();
    assert_eq!(backs.len(), 6);
}

#[test]
fn a_new_verdict_flashes() {
    let mut state = door();
    decide(&mut state, samples::admit(Flags::default()));
    let flashing = draw(&state, Palette::Colours, 80, 24);

    wait(&mut state, FLASH_MS);

    let steady = draw(&state, Palette::Colours, 80, 24);
    assert_eq!(text(&flashing), text(&steady));
    assert_ne!(flashing, steady);
}

#[test]
fn any_state_can_be_drawn_at_any_size() {
    for (_, state) in states() {
        for width in [1, 2, 4, 5, 12, 79, 80] {
            for height in [1, 2, 3, 5, 6, 8, 10, 23, 24] {
                draw(&state, Palette::Colours, width, height);
            }
        }
    }
    let (_, state) = states().into_iter().next().unwrap();
    draw(&state, Palette::Colours, 500, 200);
    draw(&state, Palette::Colours, 1, 300);
    draw(&state, Palette::Colours, 300, 1);
}

#[test]
fn even_a_tiny_screen_says_the_word() {
    for (look, word) in [("admit", "ADMIT"), ("deny_already_in", "DENY"), ("check_unpaid", "CHECK"), ("exit", "EXIT")] {
        let (_, state) = states().into_iter().find(|(name, _)| *name == look).unwrap();
        for (width, height) in [(12, 1), (16, 4), (24, 8)] {
            assert!(text(&draw(&state, Palette::Colours, width, height)).contains(word), "{word} at {width}x{height}");
        }
    }
}

#[test]
fn a_small_screen_still_tells_link_and_unsent() {
    let (_, state) = states().into_iter().find(|(name, _)| *name == "offline_with_unsent").unwrap();

    let screen = text(&draw(&state, Palette::Colours, 40, 12));

    insta::assert_snapshot!("offline_with_unsent_40x12", screen);
    assert!(screen.contains("OFFLINE since") && screen.contains("to send 1\u{2009}312"));
}

#[test]
fn every_name_leaves_the_columns_where_they_are() {
    let screen = draw(&names(), Palette::Colours, 80, 24);

    let time = |x: u16, y: u16| (x..x + 8).map(|x| screen[(x, y)].symbol()).collect::<String>();
    let rows: Vec<u16> = (0..24).filter(|y| time(2, *y) == "14:02:29").collect();
    assert_eq!(rows.len(), 3, "{}", text(&screen));
    for y in rows {
        assert_eq!(time(41, y), "14:02:29", "{}", text(&screen));
    }
}

#[test]
fn no_denial_is_cut_off_at_the_least_size() {
    for (language, code) in Language::ALL.into_iter().flat_map(|it| Code::ALL.iter().map(move |code| (it, code))) {
        for by in [OverrideBy::Supervisor, OverrideBy::Door] {
            let mut state = door();
            decide(&mut state, samples::deny(*code, by));

            let screen = text(&draw_in(language, &state, Palette::Colours, 80, 24));

            let Some(decided) = state.last() else { panic!("{code}") };
            let catalogue = Catalogue::new(language);
            let clock = super::words::Clockface::new("Europe/Berlin", samples::NOW);
            let names = super::words::Names::new(&catalogue, state.rules(), clock);
            let words = super::words::denial(*code, decided, &names);
            let asked = state.question().filter(|question| matches!(question, Question::Collect(_)));
            let step = asked.map_or(words.step, |question| super::words::question(&question, &names));
            let seen: String = screen.lines().map(panel_part).collect::<Vec<_>>().join(" ");
            let seen = seen.split_whitespace().collect::<Vec<_>>().join(" ");
            for sentence in [words.reason, step] {
                let sentence = sentence.split_whitespace().collect::<Vec<_>>().join(" ");
                assert!(seen.contains(&sentence), "{code}: {sentence}\n{screen}");
            }
        }
    }
}

/// The part of a row of the 80 × 24 screen that lies in the panel.
fn panel_part(row: &str) -> String {
    row.chars().skip(34).take(44).filter(|c| !"▌▐│║╏╎".contains(*c)).collect()
}

fn states() -> Vec<(&'static str, State)> {
    let mut states = vec![
        ("starting", State::new(false)),
        ("ready", door()),
        ("admit", decided(samples::admit(Flags::default()))),
        ("admit_flagged", decided(samples::admit(Flags::STALE.and(Flags::UNLISTED).and(Flags::TEST)))),
        ("check_id", decided(samples::admit(Flags::ID_CHECK))),
        ("check_unpaid", decided(samples::deny(Code::Unpaid, OverrideBy::Door))),
        ("check_clock", decided(samples::deny(Code::ClockUnsure, OverrideBy::Door))),
        ("deny_already_in", decided(samples::deny(Code::AlreadyIn, OverrideBy::Supervisor))),
        ("deny_forged", decided(samples::deny(Code::BadSignature, OverrideBy::Nobody))),
        ("deny_other_event", decided(samples::deny(Code::OtherEvent, OverrideBy::Nobody))),
        ("deny_wrong_gate", decided(samples::deny(Code::WrongGate, OverrideBy::Supervisor))),
        ("deny_too_early", decided(samples::deny(Code::TooEarly, OverrideBy::Supervisor))),
        ("exit", decided(samples::exit())),
        ("same_ticket", decided(samples::deny(Code::JustScanned, OverrideBy::Nobody))),
        ("not_ready", decided(samples::deny(Code::TerminalNotReady, OverrideBy::Nobody))),
        ("wide_names", decided(wide())),
        ("names", names()),
        ("exit_ready", pressed('e')),
        ("help", pressed('?')),
        ("quit", pressed('q')),
        ("code_line", typed("16J-D", false)),
        ("code_mistake", typed("16JE", true)),
        ("fault_store", noticed(Notice::Fault(Fault::Store("disk I/O error (code 10)".into())))),
        ("fault_disk_full", noticed(Notice::Fault(Fault::DiskFull(4_200_000)))),
        ("suspended_revoked", status(|status| status.suspended = Some(Suspension::Revoked))),
        ("suspended_clock", status(|status| status.suspended = Some(Suspension::Clock))),
        ("suspended_gate", status(|status| status.suspended = Some(Suspension::Gate))),
        ("suspended_other_feed", status(|status| status.suspended = Some(Suspension::OtherFeed))),
        ("closed", status(|status| status.suspended = Some(Suspension::Closed))),
        ("shredded", status(|status| status.suspended = Some(Suspension::Shredded))),
        ("no_list", status(|status| status.list_at = None)),
        (
            "downloading",
            status(|status| {
                status.list_at = None;
                status.download = Some((34_100, 100_000));
            }),
        ),
        (
            "offline_with_unsent",
            status(|status| {
                status.link = Link::Offline { since: samples::NOW.minus(52 * 60_000) };
                status.list_at = Some(samples::NOW.minus(53 * 60_000));
                status.unsent = 1_312;
            }),
        ),
        ("disk_low", status(|status| status.disk_left_mb = Some(41))),
        ("camera_off", noticed(Notice::Camera(CameraStatus::Off))),
        ("camera_absent", noticed(Notice::Camera(CameraStatus::Absent { found: Vec::new() }))),
        (
            "camera_other_found",
            noticed(Notice::Camera(CameraStatus::Absent {
                found: vec!["Integrated Camera".into(), "Cam Link".into()],
            })),
        ),
        ("camera_lost", lost(Trouble::Unplugged, "No such device (os error 19)")),
        ("camera_busy", lost(Trouble::Busy, "Device or resource busy (os error 16)")),
        ("camera_strange", lost(Trouble::Unknown, "Protocol error (os error 71)")),
    ];
    let mut not_a_ticket = decided(samples::admit(Flags::default()));
    decide(&mut not_a_ticket, samples::deny(Code::NotATicket, OverrideBy::Nobody));
    states.push(("not_a_ticket_after_admit", not_a_ticket));
    let mut silent = door();
    wait(&mut silent, 12_000);
    states.push(("not_responding", silent));
    let mut stopped = door();
    update(&mut stopped, Event::Stopped);
    states.push(("stopped", stopped));
    let mut quit_unsent = status(|status| status.unsent = 12);
    press(&mut quit_unsent, Key::Function(10));
    states.push(("quit_unsent", quit_unsent));
    let mut detail = decided(samples::deny(Code::AlreadyIn, OverrideBy::Supervisor));
    press(&mut detail, Key::Char('i'));
    states.push(("detail", detail));
    let mut busy = door();
    for at in 0..30 {
        let mut one = match at % 4 {
            0 => samples::deny(Code::AlreadyIn, OverrideBy::Supervisor),
            1 => samples::exit(),
            2 => wide(),
            _ => samples::admit(Flags::default()),
        };
        one.at = samples::NOW.minus(60_000 - at * 2_000);
        decide(&mut busy, one);
    }
    press(&mut busy, Key::Char('m'));
    states.push(("busy_and_muted", busy));
    states.extend(undo());
    states.extend(camera_choice());
    states.extend(doors());
    states.extend(drill());
    states.extend(session::states());
    states.extend(walk_in::states());
    states.extend(search::states());
    states
}

fn doors() -> Vec<(&'static str, State)> {
    let told = |state: &mut State, answer| _ = update(state, Event::Notice(Notice::Answer(Box::new(answer))));
    let mut seen = pressed('d');
    told(&mut seen, Answer::Doors(Box::new(samples::doors())));
    press(&mut seen, Key::Down);
    let mut gate = seen.clone();
    press(&mut gate, Key::Char('g'));
    let mut moved = door();
    told(&mut moved, Answer::StandsAt(sync_protocol::id::GateId(2)));
    vec![("doors", seen), ("doors_gate", gate), ("doors_moved", moved)]
}

fn camera_choice() -> Vec<(&'static str, State)> {
    let told = |state: &mut State, answer| _ = update(state, Event::Notice(Notice::Answer(Box::new(answer))));
    let mut cameras = pressed('c');
    told(&mut cameras, Answer::Cameras(samples::cameras()));
    press(&mut cameras, Key::Down);
    let mut sizes = cameras.clone();
    press(&mut sizes, Key::Up);
    press(&mut sizes, Key::Enter);
    let mut none = pressed('c');
    told(&mut none, Answer::Cameras(Vec::new()));
    let mut unused = pressed('c');
    told(&mut unused, Answer::NoCamera);
    vec![("cameras", cameras), ("camera_sizes", sizes), ("cameras_none", none), ("cameras_unused", unused)]
}

fn drill() -> Vec<(&'static str, State)> {
    let told = |state: &mut State, answer| update(state, Event::Notice(Notice::Answer(Box::new(answer))));
    let mut running = door();
    press(&mut running, Key::Char('r'));
    let mut waiting = running.clone();
    update(&mut waiting, Event::Notice(Notice::Camera(samples::camera_streaming())));
    let mut next = Probe::Look;
    while let Some(Effect::Ask(Request::Probe(probe))) = told(&mut waiting, Answer::Probed(samples::probed(next))) {
        next = probe;
    }
    let mut sound = waiting.clone();
    update(&mut sound, Event::Notice(Notice::Seen));
    let mut done = sound.clone();
    press(&mut done, Key::Char('y'));
    told(&mut done, Answer::DrillKept(true));
    vec![("drill_running", running), ("drill_camera", waiting), ("drill_sound", sound), ("drill_done", done)]
}

fn undo() -> Vec<(&'static str, State)> {
    let told = |state: &mut State, answer| _ = update(state, Event::Notice(Notice::Answer(Box::new(answer))));
    let mut rows = pressed('u');
    told(&mut rows, Answer::Undoable(samples::undoable()));
    let mut reason = rows.clone();
    press(&mut reason, Key::Enter);
    "wrong gue".chars().for_each(|letter| press(&mut reason, Key::Char(letter)));
    decide(&mut reason, samples::deny(Code::AlreadyIn, OverrideBy::Supervisor));
    let mut done = door();
    told(&mut done, Answer::Undone(samples::undoable().remove(0)));
    vec![("undo", rows), ("undo_reason_and_a_denial", reason), ("undone", done)]
}

fn door() -> State {
    let mut state = State::new(false);
    update(&mut state, Event::Tick(Uptime(10_000)));
    update(&mut state, Event::Notice(Notice::Rules(samples::rules())));
    update(&mut state, Event::Notice(Notice::Status(Box::new(samples::status()))));
    let camera = CameraStatus::Streaming { name: "HD Pro Webcam C920".into(), fps: 28 };
    update(&mut state, Event::Notice(Notice::Camera(camera)));
    state
}

/// Names as guests have them.
fn names() -> State {
    let names = [
        "山田太郎",
        "عمر",
        "عمر الشريف",
        "Zoe\u{301} Mu\u{308}ller",
        "👩\u{200d}👩\u{200d}👧\u{200d}👦 Familie",
        "Pablo Diego José Francisco de Paula Juan Nepomuceno María de los Remedios Cipriano",
    ];
    let mut state = door();
    for name in names.iter().chain(&names) {
        let mut decided = samples::admit(Flags::default());
        decided.attendee = Some(Attendee { name: (*name).into(), note: String::new() });
        decided.class = None;
        decide(&mut state, decided);
    }
    wait(&mut state, 2_000);
    state
}

fn wide() -> Decided {
    let mut decided = samples::admit(Flags::ATTENTION);
    decided.attendee = Some(Attendee {
        name: "山田 太郎 Zoe\u{308} 👩\u{200d}💻 \u{202e}\u{1b}[31m Konstantinopolitanischer-Dudelsackpfeifer".into(),
        note: "النادل ينتظر عند المدخل".into(),
    });
    decided
}

fn decided(decided: Decided) -> State {
    let mut state = door();
    decide(&mut state, decided);
    wait(&mut state, 2_000);
    state
}

fn lost(trouble: Trouble, reason: &str) -> State {
    let name = "HD Pro Webcam C920".into();
    noticed(Notice::Camera(CameraStatus::Lost { name, trouble, reason: reason.into() }))
}

fn noticed(notice: Notice) -> State {
    let mut state = door();
    update(&mut state, Event::Notice(notice));
    state
}

fn status(change: impl Fn(&mut Status)) -> State {
    let mut status = samples::status();
    change(&mut status);
    noticed(Notice::Status(Box::new(status)))
}

fn pressed(letter: char) -> State {
    let mut state = door();
    press(&mut state, Key::Char(letter));
    state
}

fn typed(text: &str, is_entered: bool) -> State {
    let mut state = door();
    text.chars().for_each(|letter| press(&mut state, Key::Char(letter)));
    if is_entered {
        press(&mut state, Key::Enter);
    }
    state
}

fn decide(state: &mut State, decided: Decided) {
    update(state, Event::Notice(Notice::Decided(Box::new(decided))));
}

fn press(state: &mut State, key: Key) {
    wait(state, 200);
    update(state, Event::Key(key));
    wait(state, 200);
}

fn wait(state: &mut State, ms: u64) {
    let later = state.now().plus(ms);
    update(state, Event::Tick(later));
}

fn draw(state: &State, palette: Palette, width: u16, height: u16) -> Buffer {
    draw_in(Language::English, state, palette, width, height)
}

fn catalogue(language: Language) -> &'static Catalogue {
    static ENGLISH: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::new(Language::English));
    static GERMAN: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::new(Language::German));
    match language {
        Language::English => &ENGLISH,
        Language::German => &GERMAN,
    }
}

fn draw_in(language: Language, state: &State, palette: Palette, width: u16, height: u16) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| drop(view(state, Theme::new(palette), catalogue(language), frame))).unwrap();
    terminal.backend().buffer().clone()
}

/// The rows as a terminal emulator shows them: the second column of a wide character is no cell.
fn text(screen: &Buffer) -> String {
    use unicode_width::UnicodeWidthStr as _;
    let width = usize::from(screen.area.width).max(1);
    let mut rows = Vec::new();
    for row in screen.content().chunks(width) {
        let mut line = String::new();
        let mut hidden = 0;
        for cell in row {
            if hidden == 0 {
                assert!(!cell.symbol().contains(char::is_control), "a control character on the screen");
                line.push_str(cell.symbol());
                hidden = cell.symbol().width().max(1);
            }
            hidden -= 1;
        }
        rows.push(line.trim_end().to_owned());
    }
    rows.join("\n")
}

/// The rows with bold cells' rows marked and reversed ones between brackets, for screens without
/// colours.
fn styled(screen: &Buffer) -> String {
    let width = usize::from(screen.area.width).max(1);
    let is_reversed = |row: &[ratatui::buffer::Cell]| row.iter().any(|cell| cell.modifier.contains(Modifier::REVERSED));
    let marks: Vec<&str> =
        screen.content().chunks(width).map(|row| if is_reversed(row) { "reversed" } else { "" }).collect();
    let lines: Vec<String> = text(screen).lines().zip(marks).map(|(line, mark)| format!("{mark:<9}|{line}")).collect();
    lines.join("\n")
}
