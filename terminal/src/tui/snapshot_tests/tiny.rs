//! Tiny windows and huge letters: the verdict's word, its symbol and what to do next are always seen.

use super::super::words::{Clockface, Names, denial, look_symbol, look_word, question};
use super::*;

const SIZES: [(u16, u16); 4] = [(40, 12), (30, 8), (20, 5), (16, 4)];

/// What staff meet most, and what they must answer.
const STATES: [&str; 14] = [
    "ready",
    "admit",
    "admit_flagged",
    "check_id",
    "check_unpaid",
    "deny_already_in",
    "deny_forged",
    "exit",
    "fault_disk_full",
    "quit_unsent",
    "search_and_a_denial",
    "undo_reason_and_a_denial",
    "walk_in",
    "locked",
];

#[test]
fn what_a_tiny_window_shows() {
    for (name, state) in states().into_iter().filter(|(name, _)| STATES.contains(name)) {
        for (width, height) in SIZES {
            let screen = draw(&state, Palette::Colours, width, height);
            insta::assert_snapshot!(format!("{name}_{width}x{height}"), text(&screen));
        }
    }
}

#[test]
fn word_symbol_and_next_step_are_seen_in_every_window() {
    for language in Language::ALL {
        for (code, by) in Code::ALL.iter().flat_map(|code| [(*code, OverrideBy::Supervisor), (*code, OverrideBy::Door)])
        {
            let state = decided(samples::deny(code, by));
            let Stage::Verdict(shown) = state.stage() else { continue };
            let clock = Clockface::new("Europe/Berlin", samples::NOW);
            let names = Names::new(catalogue(language), state.rules(), clock);
            let (symbol, word) = (look_symbol(shown.look), look_word(shown.look, &names));
            let step = denial(code, &shown.decided, &names).step;
            let asked = state.question().filter(|question| matches!(question, Question::Collect(_)));
            let step = asked.map_or(step, |asked| question(&asked, &names));
            for (width, height) in [(40, 12), (30, 10), (30, 8), (60, 6)] {
                let screen = text(&draw_in(language, &state, Palette::Colours, width, height));
                let seen: String = screen.chars().filter(|letter| letter.is_alphanumeric()).collect();
                let step: String = step.chars().filter(|letter| letter.is_alphanumeric()).collect();

                assert!(seen.contains(&step), "{code} at {width}x{height}:\n{screen}");
                let is_large = screen.contains("██");
                assert!(is_large || screen.contains(&word), "{code} at {width}x{height}:\n{screen}");
                assert!(is_large || screen.contains(symbol), "{code} at {width}x{height}:\n{screen}");
            }
        }
    }
}

#[test]
fn what_is_asked_has_its_keys_in_a_tiny_window() {
    let (_, state) = states().into_iter().find(|(name, _)| *name == "check_unpaid").unwrap();
    for (width, height) in [(40, 12), (40, 8), (40, 5)] {
        let screen = text(&draw(&state, Palette::Colours, width, height));
        assert!(screen.contains("y paid cash") && screen.contains("n refuse"), "{screen}");
    }
}
