//! Who pressed the keys, and what they go to: a hand scanner's code is presented whatever is open,
//! and never written anywhere.

use super::typing::pace::{Heard, Run};
use super::{Effect, Key, Screen, State, lock, scanner};

/// Takes a key.
pub(super) fn take_key(state: &mut State, key: Key) -> Option<Effect> {
    state.pace.handle_key(key, state.now);
    obey(state)
}

/// Lets time pass: keys that waited go to whom they belong.
pub(super) fn pass_time(state: &mut State) -> Option<Effect> {
    state.pace.handle_time(state.now);
    state.typing.handle_time(state.now);
    obey(state)
}

/// Goes on until something must be done; what is left waits for the next tick, which is due at
/// once.
fn obey(state: &mut State) -> Option<Effect> {
    while let Some(heard) = state.pace.poll() {
        let effect = match heard {
            Heard::Key(key) if state.lock.locked().is_some() => {
                lock::touch(state);
                lock::press(state, key)
            }
            Heard::Key(key) => {
                lock::touch(state);
                super::press(state, key)
            }
            Heard::Repeat(letter, times) => {
                // A command whose key is held down has acted once already.
                let is_open = state.lock.locked().is_none();
                if state.is_writing() || is_open && !state.is_command(letter) {
                    state.pace.put_back(std::iter::repeat_n(Key::Char(letter), times));
                }
                None
            }
            Heard::Run(run) => take_run(state, &run),
        };
        if effect.is_some() {
            return effect;
        }
    }
    None
}

fn take_run(state: &mut State, run: &Run) -> Option<Effect> {
    let is_entered_scan = run.is_entered && (run.is_long() || !state.is_writing());
    if state.is_learning_scanner() || is_entered_scan || state.scanner.is_credential(&run.text) {
        return present(state, &run.text);
    }
    if state.is_writing() {
        let end = run.is_entered.then_some(Key::Enter);
        let keys: Vec<Key> = run.text.chars().map(Key::Char).chain(end).collect();
        state.pace.put_back(keys.into_iter());
    } else if state.lock.locked().is_none() {
        state.overlay = None;
        state.typing.write(&run.text, state.now);
    }
    None
}

/// Presents a scanned code. What was being written stays as it was; half a code gives way.
fn present(state: &mut State, scanned: &str) -> Option<Effect> {
    if !state.lock.decides() {
        return None;
    }
    state.overlay = None;
    if let Some(Screen::Scanner(test)) = state.screen.as_deref_mut() {
        state.scanner = test.scanned(scanned)?;
        return Some(Effect::Remember(scanner::memo(scanned)));
    }
    let whole = format!("{}{scanned}", state.typing.take());
    let text = if state.scanner.is_credential(&whole) { &whole } else { scanned };
    Some(Effect::Present(state.scanner.read(text)))
}

#[cfg(test)]
mod tests {
    use super::super::typing::pace::{BURST_GAP_MS, SCAN_PAUSE_MS};
    use super::super::{Event, Line, Overlay, samples, update};
    use super::*;
    use crate::door::{Answer, Notice};
    use ed25519_dalek::SigningKey;
    use sync_protocol::id::{ClassId, EventId, Issue, Kid};
    use sync_protocol::ticket::Claims;
    use sync_protocol::ticket::credential::Signer;
    use sync_protocol::time::Uptime;

    #[test]
    fn a_scanned_code_is_presented_and_never_written_into_a_field() {
        let mut state = writing("wrong gu");

        let effect = scan(&mut state, &ticket(), true);

        assert_eq!(effect, presented(&ticket()));
        assert_eq!(reason(&state), "wrong gu");
    }

    #[test]
    fn a_scanner_without_enter_is_heard_by_its_pause() {
        for mut state in [door(), writing("wrong gu")] {
            assert_eq!(scan(&mut state, &ticket(), false), None);

            let effect = wait(&mut state, SCAN_PAUSE_MS);

            assert_eq!(effect, presented(&ticket()));
            assert!(state.typing().line().is_none());
            assert!(state.screen().is_none() || reason(&state) == "wrong gu");
        }
    }

    #[test]
    fn any_barcode_with_enter_is_a_scanners_and_a_pasted_name_is_not() {
        let mut state = writing("");
        assert_eq!(scan(&mut state, "4006381333931", true), presented("4006381333931"));
        assert_eq!(reason(&state), "");

        assert_eq!(scan(&mut state, "Konrad Zuse", false), None);
        assert_eq!(wait(&mut state, SCAN_PAUSE_MS), None);

        assert_eq!(reason(&state), "Konrad Zuse");
    }

    #[test]
    fn a_persons_letters_are_written_in_their_order_whatever_their_pace() {
        let mut state = writing("");
        for (letter, gap) in "quick fox".chars().zip([90, 20, 30, 90, 10, 10, 90, 39, 41]) {
            wait(&mut state, gap);
            assert_eq!(update(&mut state, Event::Key(Key::Char(letter))), None);
        }
        wait(&mut state, BURST_GAP_MS);

        assert_eq!(reason(&state), "quick fox");
    }

    #[test]
    fn a_key_held_down_writes_in_a_field_and_commands_once() {
        let mut state = writing("");
        hold(&mut state, 'e');
        assert_eq!(reason(&state), "e".repeat(6));

        let mut state = door();
        assert_eq!(wait(&mut state, 500), None);
        hold(&mut state, 'm');
        assert!(state.is_muted());
    }

    #[test]
    fn a_code_cut_in_two_by_a_hitch_is_put_together() {
        let mut state = door();
        let ticket = ticket();
        let (half, rest) = ticket.split_at(60);
        scan(&mut state, half, false);
        wait(&mut state, 500);
        assert_eq!(state.typing().line(), Some(half));

        assert_eq!(scan(&mut state, rest, true), presented(&ticket));
    }

    #[test]
    fn a_scanned_code_takes_the_place_of_half_a_typed_one() {
        let mut state = door();
        for letter in "16J".chars() {
            wait(&mut state, 200);
            update(&mut state, Event::Key(Key::Char(letter)));
        }
        wait(&mut state, 200);
        assert_eq!(state.typing().line(), Some("16J"));

        assert_eq!(scan(&mut state, &ticket(), true), presented(&ticket()));
        assert_eq!(state.typing().line(), None);
    }

    #[test]
    fn the_enter_behind_a_scan_answers_no_question() {
        let mut state = door();
        state.overlay = Some(Overlay::Quit);

        assert_eq!(scan(&mut state, &ticket(), true), presented(&ticket()));
        assert_eq!(update(&mut state, Event::Key(Key::Enter)), None);
    }

    #[test]
    fn a_scanner_of_another_keyboard_is_understood_once_it_is_learned() {
        let swapped = |text: &str| text.replace('Y', "\0").replace('Z', "Y").replace('\0', "Z");
        let mut state = door();
        state.set_scanner(super::super::scanner::Layout::learn(&swapped(&super::super::scanner::test_code())).unwrap());

        assert_eq!(scan(&mut state, &swapped(&ticket()), true), presented(&ticket()));
    }

    fn door() -> State {
        let mut state = State::new(false);
        update(&mut state, Event::Tick(Uptime(10_000)));
        state
    }

    /// A door whose screen asks for a reason, of which `reason` is written.
    fn writing(reason: &str) -> State {
        let mut state = door();
        state.screen = Screen::opened_by('u').map(|(screen, _)| Box::new(screen));
        update(&mut state, Event::Notice(Notice::Answer(Box::new(Answer::Undoable(samples::undoable())))));
        update(&mut state, Event::Key(Key::Enter));
        for letter in reason.chars() {
            wait(&mut state, 100);
            update(&mut state, Event::Key(Key::Char(letter)));
        }
        wait(&mut state, 1_000);
        state
    }

    fn reason(state: &State) -> String {
        let Some(Screen::Undo(undo)) = state.screen() else { panic!("no reason is asked for") };
        undo.reason().unwrap().text()
    }

    fn scan(state: &mut State, text: &str, with_enter: bool) -> Option<Effect> {
        wait(state, 500);
        for letter in text.chars() {
            assert_eq!(update(state, Event::Key(Key::Char(letter))), None);
            assert_eq!(wait(state, 4), None);
        }
        with_enter.then(|| update(state, Event::Key(Key::Enter))).flatten()
    }

    fn hold(state: &mut State, letter: char) {
        wait(state, 500);
        for gap in [0, 300, 30, 30, 30, 30] {
            wait(state, gap);
            update(state, Event::Key(Key::Char(letter)));
        }
        wait(state, 500);
    }

    fn wait(state: &mut State, ms: u64) -> Option<Effect> {
        let later = state.now().plus(ms);
        update(state, Event::Tick(later))
    }

    fn presented(text: &str) -> Option<Effect> {
        Some(Effect::Present(Line { text: text.into(), is_typed: false }))
    }

    fn ticket() -> String {
        let claims = Claims {
            signer: Signer::Server(Kid(1)),
            is_test: false,
            ticket: sync_protocol::id::TicketId(0x00ab_cdef),
            issue: Issue(9),
            class: ClassId(2),
        };
        claims.sign(EventId([5; 16]), &SigningKey::from_bytes(&[3; 32])).to_text()
    }
}
