//! Searching, what is known of a guest, and guests of one order.

use super::*;
use crate::app::samples::{candidates, party};
use crate::app::screen::search::REFRESH_MS;
use sync_protocol::policy::Manual;

pub(super) fn states() -> Vec<(&'static str, State)> {
    let mut opened = pressed('/');
    found(&mut opened, "", |search| {
        (search.matching, search.similar) = (0, 0);
        search.candidates = Some(Vec::new());
    });
    let some = looked_for("mar", |_| {});
    let mut details = some.clone();
    press(&mut details, Key::Tab);
    told(&mut details, Answer::Known(Some(Box::new(samples::known()))));
    let mut interrupted = some.clone();
    decide(&mut interrupted, samples::deny(Code::AlreadyIn, OverrideBy::Supervisor));
    let similar = looked_for("mariia", |search| {
        let all = search.candidates.iter_mut().flatten();
        all.for_each(|candidate| candidate.found.is_similar_only = true);
        (search.matching, search.similar) = (0, 2_312);
    });
    let nobody = looked_for("qwrtz", |search| {
        (search.matching, search.similar) = (0, 0);
        search.candidates = Some(Vec::new());
    });
    let unreadable = looked_for("mar", |search| search.candidates = None);
    let mut supervised = looked_for("mar", |_| {});
    let mut rules = (*samples::rules()).clone();
    rules.switches.manual = Manual::Supervisor;
    update(&mut supervised, Event::Notice(Notice::Rules(rules.into())));
    let mut states = vec![
        ("search", opened),
        ("search_found", some),
        ("search_details", details),
        ("search_and_a_denial", interrupted),
        ("search_similar", similar),
        ("search_nobody", nobody),
        ("search_unreadable", unreadable),
        ("search_supervised", supervised),
    ];
    states.extend(groups());
    states
}

fn groups() -> Vec<(&'static str, State)> {
    let first = party().of;
    let mut noticed = door();
    decide(&mut noticed, Decided { ticket: Some(first), ..samples::admit(Flags::default()) });
    told(&mut noticed, Answer::Party(party()));
    wait(&mut noticed, 2_000);
    let mut alone = noticed.clone();
    press(&mut alone, Key::Char('g'));
    let mut opened = alone.clone();
    told(&mut alone, Answer::Party(crate::door::Party { of: first, members: Vec::new() }));
    told(&mut opened, Answer::Party(party()));
    let mut ticked = opened.clone();
    press(&mut ticked, Key::Char('a'));
    press(&mut ticked, Key::Down);
    let mut running = ticked.clone();
    press(&mut running, Key::Enter);
    let mut done = running.clone();
    decide(&mut done, Decided { ticket: Some(first), ..samples::admit(Flags::ID_CHECK) });
    wait(&mut done, 250);
    let second = party().members[1].found.ticket;
    decide(&mut done, Decided { ticket: Some(second), ..samples::deny(Code::TooEarly, OverrideBy::Supervisor) });
    let mut after = party();
    after.members[0].presence = crate::door::Presence::Inside { since: samples::NOW };
    told(&mut done, Answer::Party(after));
    wait(&mut done, 1_000);
    let mut failed = running.clone();
    update(&mut failed, Event::Notice(Notice::Fault(Fault::DiskFull(4_200_000))));
    vec![
        ("group_noticed", noticed),
        ("group_alone", alone),
        ("group", opened),
        ("group_ticked", ticked),
        ("group_running", running),
        ("group_done", done),
        ("group_failed", failed),
    ]
}

#[test]
fn what_is_found_stands_in_columns_whatever_the_names_are() {
    let state = looked_for("mar", |search| {
        let names = ["山田太郎", "عمر الشريف", "Zoe\u{301} Mu\u{308}ller", "👩\u{200d}👩\u{200d}👧 Familie", "", "A"];
        for (candidate, name) in search.candidates.iter_mut().flatten().zip(names) {
            candidate.found.name = name.into();
        }
    });
    for (width, height) in SIZES {
        let screen = draw(&state, Palette::Colours, width, height);

        let columns: std::collections::BTreeSet<u16> = (0..height)
            .flat_map(|y| (0..width).filter(move |x| (*x, y) != (0, 0)).map(move |x| (x, y)))
            .filter(|(x, y)| candidates().iter().any(|one| starts(&screen, *x, *y, &number(one))))
            .map(|(x, _)| x)
            .collect();

        assert_eq!(columns.len(), 1, "{}", text(&screen));
    }
}

#[test]
fn no_address_is_on_the_screen_until_somebody_asks() {
    for (name, state) in states() {
        let screen = text(&draw(&state, Palette::Colours, 200, 60));
        let is_asked_for = name == "search_details";
        assert_eq!(screen.contains("maria@example.org"), is_asked_for, "{name}: {screen}");
    }
}

#[test]
fn a_locked_screen_searches_nothing() {
    let mut state = door();
    state.set_session(crate::app::lock::Lock::new(None, crate::session::WhileLocked::Scan, true), None);
    press(&mut state, Key::Char('/'));
    assert!(state.screen().is_some());
    press(&mut state, Key::Escape);

    press(&mut state, Key::Char('k'));
    for key in [Key::Char('/'), Key::Function(2), Key::Char('g')] {
        press(&mut state, key);
        assert!(state.screen().is_none());
    }
    told(&mut state, Answer::Found(samples::search("")));
    assert!(state.answer().is_none());
}

#[test]
fn enter_presents_the_chosen_ticket_by_its_number() {
    let mut state = looked_for("mar", |_| {});
    press(&mut state, Key::Down);
    wait(&mut state, 1_000);

    let effect = update(&mut state, Event::Key(Key::Enter));

    let text = candidates()[1].found.ticket.typed_code();
    assert_eq!(effect, Some(Effect::Present(crate::app::Line { text, is_typed: true })));
    assert!(state.screen().is_none());
}

#[test]
fn a_scanned_ticket_leaves_what_is_typed_alone_and_refreshing_goes_on() {
    let mut state = looked_for("mar", |_| {});
    decide(&mut state, samples::admit(Flags::default()));

    let later = state.now().plus(REFRESH_MS);
    let effect = update(&mut state, Event::Tick(later));

    assert_eq!(effect, Some(Effect::Ask(Request::Seek(crate::door::Seek::Text("mar".into())))));
}

fn looked_for(typed: &str, change: impl FnOnce(&mut crate::door::Search)) -> State {
    let mut state = pressed('/');
    typed.chars().for_each(|letter| press(&mut state, Key::Char(letter)));
    found(&mut state, typed, change);
    wait(&mut state, 1_000);
    state
}

fn found(state: &mut State, typed: &str, change: impl FnOnce(&mut crate::door::Search)) {
    let mut search = samples::search(typed);
    change(&mut search);
    told(state, Answer::Found(search));
}

fn told(state: &mut State, answer: Answer) {
    update(state, Event::Notice(Notice::Answer(Box::new(answer))));
}

fn number(candidate: &crate::door::Candidate) -> String {
    super::super::words::search::number(candidate.found.ticket)
}

fn starts(screen: &Buffer, x: u16, y: u16, text: &str) -> bool {
    let cells = text.chars().zip(x..screen.area.width);
    text.chars().count() <= usize::from(screen.area.width - x)
        && cells.into_iter().all(|(letter, x)| screen[(x, y)].symbol() == letter.to_string())
}
