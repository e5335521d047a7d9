//! What must hold at any size, in any language.

use proptest::prelude::*;

use super::*;

/// Sizes as windows have them, small ones above all: there the layouts change.
fn any_size() -> impl Strategy<Value = (u16, u16)> {
    prop_oneof![3 => (1..=45_u16, 1..=16_u16), 2 => (1..=130_u16, 1..=45_u16), 1 => (1..=300_u16, 1..=90_u16)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_state_can_be_drawn_at_any_size_in_any_language(sizes in proptest::collection::vec(any_size(), 2)) {
        for language in Language::ALL {
            for (_, state) in everything() {
                for (width, height) in &sizes {
                    let mut terminal = Terminal::new(TestBackend::new(*width, *height)).unwrap();
                    terminal.draw(|frame| drop(view(&state, Theme::default(), catalogue(language), frame))).unwrap();
                }
            }
        }
    }
}

#[test]
fn every_state_can_be_drawn_in_the_smallest_and_the_largest_windows() {
    for (_, state) in everything() {
        for (width, height) in [(1, 1), (2, 1), (1, 2), (3, 3), (1, 90), (300, 1), (300, 90)] {
            let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
            terminal.draw(|frame| drop(view(&state, Theme::default(), catalogue(Language::German), frame))).unwrap();
        }
    }
}

fn everything() -> Vec<(&'static str, State)> {
    let mut all = states();
    all.extend(decisions::states());
    all
}
