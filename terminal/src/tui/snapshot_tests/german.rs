//! Everything once more in German, at the least size: nothing is cut off, and no English is left.

use std::collections::BTreeSet;

use super::*;
use crate::catalogue::{words, words_of};

/// What the samples are made of: data are not translated.
const SAMPLES: &[&str] = &[
    "Main entrance",
    "Main 1",
    "East door",
    "West lane",
    "Workshop stairs",
    "Stairs, with a na",
    "Lost laptop",
    "Afternoon pass",
    "Speaker",
    "Workshop",
    "Hall A",
    "Grace Hopper · Staff",
    "has a delivery at the desk",
    "wrong gue",
    "mar▏",
    "ORDER-",
    "of the v…",
    "of the…",
    "ALREADY_IN",
    "disk I/O error (code 10)",
    "Integrated Camera",
    "Capture box",
    "Cam Link",
];

#[test]
fn every_state_in_german() {
    for (name, state) in everything() {
        let screen = draw_in(Language::German, &state, Palette::Colours, 80, 24);
        insta::assert_snapshot!(format!("{name}_80x24"), text(&screen));
    }
}

#[test]
fn no_english_word_is_left() {
    let german = words(Language::German);
    let english: BTreeSet<String> = words(Language::English).difference(&german).cloned().collect();
    assert!(english.contains("guest") && english.contains("the"), "{english:?}");
    let mut found = Vec::new();
    for (name, state) in everything() {
        let screen = text(&draw_in(Language::German, &state, Palette::Colours, 80, 24));
        let told = SAMPLES.iter().fold(screen, |told, sample| told.replace(sample, ""));
        let left = words_of(&told).into_iter().filter(|word| english.contains(word));
        found.extend(left.map(|word| (name, word)));
    }
    assert_eq!(found, []);
}

#[test]
fn nothing_is_cut_off_in_german_that_is_whole_in_english() {
    let mut worse = Vec::new();
    for (name, state) in everything() {
        let cut = |language| cut_off(&text(&draw_in(language, &state, Palette::Colours, 80, 24)));
        let (english, german) = (cut(Language::English), cut(Language::German));
        if german > english {
            worse.push(name);
        }
    }
    assert_eq!(worse, [""; 0]);
}

#[test]
fn the_keys_have_room_in_every_language() {
    for (name, state) in everything().into_iter().filter(|(_, state)| state.overlay().is_none()) {
        for language in Language::ALL {
            let keys = |width| {
                let screen = text(&draw_in(language, &state, Palette::Colours, width, 24));
                let row = screen.lines().nth(22).unwrap_or_default().to_owned();
                row.trim_matches(['│', ' ']).to_owned()
            };
            assert_eq!(keys(80), keys(160), "{name}");
        }
    }
}

/// How many words or sentences end in an ellipsis that is not their own: theirs stands apart.
fn cut_off(screen: &str) -> usize {
    let letters: Vec<char> = screen.chars().collect();
    letters.windows(2).filter(|pair| pair[1] == '…' && !pair[0].is_whitespace() && pair[0] != '│').count()
}

fn everything() -> Vec<(&'static str, State)> {
    let mut all = states();
    all.extend(decisions::states());
    all
}
