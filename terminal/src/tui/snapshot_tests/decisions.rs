//! Questions, decisions against a verdict, looking only, and what is not known of other doors.

use sync_protocol::id::{DeviceNo, GateId, Seq};
use sync_protocol::journal::Flags;
use sync_protocol::journal::ledger::Admission;
use sync_protocol::policy::Supervisor;
use sync_protocol::verdict::{Code, OverrideBy, Verdict};

use super::{Palette, SIZES, decide, door, draw, press, status, text, wait};
use crate::app::{Event, Key, State, samples, update};
use crate::door::{Answer, Double, NotDecided, Notice, PinRefused, Purpose, Silent, Status, Unheard};

const MINUTE_MS: u64 = 60_000;

#[test]
fn every_state_at_both_sizes() {
    for (name, state) in states() {
        for (width, height) in SIZES {
            let screen = draw(&state, Palette::Colours, width, height);
            insta::assert_snapshot!(format!("{name}_{width}x{height}"), text(&screen));
        }
        for (width, height) in [(1, 1), (12, 3), (24, 8), (40, 12), (79, 23)] {
            draw(&state, Palette::Colours, width, height);
        }
    }
}

#[test]
fn a_looked_at_admission_is_never_green() {
    let admitted = {
        let mut state = door();
        decide(&mut state, samples::admit(Flags::default()));
        wait(&mut state, 2_000);
        state
    };
    let looked = states().into_iter().find(|(name, _)| *name == "looked_at").map(|(_, state)| state).unwrap();
    let green = |state: &State| {
        let theme = super::Theme::new(Palette::Colours);
        let back = theme.panel(super::Mood::Verdict(crate::app::Look::Admit), false).bg.unwrap();
        draw(state, Palette::Colours, 80, 24).content().iter().filter(|cell| cell.bg == back).count()
    };

    assert!(green(&admitted) > 400);
    assert_eq!(green(&looked), 0);
}

pub(super) fn states() -> Vec<(&'static str, State)> {
    let mut states = vec![("unheard", unheard()), ("silent_and_nearly_full", status(silent)), ("double", double())];
    let mut looking = door();
    press(&mut looking, Key::Function(8));
    states.push(("looking", looking.clone()));
    let mut looked = samples::admit(Flags::default());
    (looked.purpose, looked.entry) = (Purpose::Look, None);
    decide(&mut looking, looked);
    wait(&mut looking, 2_000);
    states.push(("looked_at", looking));
    states.extend(decisions());
    states
}

/// A decision against two findings, step by step.
fn decisions() -> Vec<(&'static str, State)> {
    let mut denied = samples::deny(Code::AlreadyIn, OverrideBy::Supervisor);
    if let Verdict::Deny { all, .. } = &mut denied.verdict {
        all.push(Code::Unpaid);
    }
    let mut state = door();
    let mut rules = (*samples::rules()).clone();
    rules.supervisors = ["Ada Lovelace", "Grace Hopper"]
        .iter()
        .map(|name| Supervisor { name: (*name).into(), pin: String::new() })
        .collect();
    update(&mut state, Event::Notice(Notice::Rules(rules.into())));
    decide(&mut state, denied);
    wait(&mut state, 2_000);
    press(&mut state, Key::Char('o'));
    let mut steps = vec![("decide_reason", state.clone())];
    press(&mut state, Key::Char('4'));
    steps.push(("decide_supervisor", state.clone()));
    press(&mut state, Key::Enter);
    "4711".chars().for_each(|digit| press(&mut state, Key::Char(digit)));
    steps.push(("decide_pin", state.clone()));
    press(&mut state, Key::Enter);
    let wrong = Answer::NotDecided(NotDecided::Pin(PinRefused::Wrong { left: 4 }));
    update(&mut state, Event::Notice(Notice::Answer(Box::new(wrong))));
    steps.push(("decide_pin_wrong", state));
    steps
}

fn unheard() -> State {
    let mut decided = samples::deny(Code::AlreadyIn, OverrideBy::Supervisor);
    decided.unheard = Unheard {
        list_at: Some(samples::NOW.minus(14 * MINUTE_MS)),
        silent: vec![west(20 * MINUTE_MS), west(9 * MINUTE_MS)],
    };
    let mut state = door();
    decide(&mut state, decided);
    state
}

fn silent(status: &mut Status) {
    (status.inside, status.inside_least, status.inside_most) = (1_120, 1_120, 1_168);
    status.silent = vec![west(6 * MINUTE_MS)];
}

fn west(for_ms: u64) -> Silent {
    Silent { device: DeviceNo(7), name: "West lane".into(), gate: Some(GateId(2)), since: samples::NOW.minus(for_ms) }
}

fn double() -> State {
    let mut state = door();
    let admitted = samples::admit(Flags::default());
    let double = Double {
        entry: admitted.entry.unwrap_or(Seq(0)),
        at: admitted.at,
        ticket: samples::ticket(),
        name: "Ada Lovelace".into(),
        other: Admission { at: samples::NOW.minus(3 * MINUTE_MS), gate: GateId(2), device: DeviceNo(7), seq: Seq(41) },
    };
    decide(&mut state, admitted);
    wait(&mut state, 10_000);
    update(&mut state, Event::Notice(Notice::Double(Box::new(double))));
    state
}
