//! Operators, the lock and the hand scanner's test.

use sync_protocol::journal::Flags;

use super::{decide, door, press, wait};
use crate::app::lock::Lock;
use crate::app::scanner::test_code;
use crate::app::{Event, Key, State, samples, update};
use crate::door::{Answer, Notice, SessionAnswer};
use crate::session::WhileLocked;

pub(super) fn states() -> Vec<(&'static str, State)> {
    let mut names = pressed("n");
    answer(&mut names, SessionAnswer::Recent(vec!["Ada Lovelace".into(), "山田 太郎".into()]));
    let mut pin = names.clone();
    press(&mut pin, Key::Enter);
    "12".chars().for_each(|digit| press(&mut pin, Key::Char(digit)));
    let mut differ = pressed("k");
    for digits in ["1234", "1235"] {
        digits.chars().for_each(|digit| press(&mut differ, Key::Char(digit)));
        press(&mut differ, Key::Enter);
    }
    let mut locked = lockable(WhileLocked::Scan);
    decide(&mut locked, samples::exit());
    press(&mut locked, Key::Char('k'));
    decide(&mut locked, samples::admit(Flags::default()));
    wait(&mut locked, 2_000);
    let mut unlocking = locked.clone();
    press(&mut unlocking, Key::Char('k'));
    "123".chars().for_each(|digit| press(&mut unlocking, Key::Char(digit)));
    let mut wrong = unlocking.clone();
    answer(&mut wrong, SessionAnswer::WrongPin { left: 1 });
    let mut resting = lockable(WhileLocked::Rest);
    press(&mut resting, Key::Char('k'));
    let mut learned = pressed("h");
    for letter in test_code().replace('Z', "\0").replace('Y', "Z").replace('\0', "Y").replace('W', "S").chars() {
        update(&mut learned, Event::Key(Key::Char(letter)));
    }
    update(&mut learned, Event::Key(Key::Enter));
    vec![
        ("operator", names),
        ("operator_pin", pin),
        ("lock_pins_differ", differ),
        ("locked", locked),
        ("unlocking", unlocking),
        ("wrong_pin", wrong),
        ("locked_at_rest", resting),
        ("scanner_test", pressed("h")),
        ("scanner_learned", learned),
    ]
}

fn lockable(while_locked: WhileLocked) -> State {
    let mut state = door();
    state.set_session(Lock::new(None, while_locked, true), Some("Ada Lovelace".into()));
    state
}

fn pressed(letters: &str) -> State {
    let mut state = door();
    letters.chars().for_each(|letter| press(&mut state, Key::Char(letter)));
    state
}

fn answer(state: &mut State, answer: SessionAnswer) {
    update(state, Event::Notice(Notice::Answer(Box::new(Answer::Session(answer)))));
}
