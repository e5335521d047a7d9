//! What colours look like to those who see fewer of them.
//!
//! Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency" (2009):
//! their matrices for whoever lacks one kind of cone altogether. Differences are measured in CIELAB.

use ratatui::style::Color;

use super::{Ground, Mood, Palette, Theme};
use crate::app::Look;

type Matrix = [[f64; 3]; 3];

const EVERY_COLOUR: Matrix = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
const PROTANOPIA: Matrix =
    [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]];
const DEUTERANOPIA: Matrix =
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]];
const TRITANOPIA: Matrix =
    [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]];
const EYES: [Matrix; 4] = [EVERY_COLOUR, PROTANOPIA, DEUTERANOPIA, TRITANOPIA];

const LOOKS: [Look; 4] = [Look::Admit, Look::Exit, Look::Check, Look::Deny];

/// Linear red, green and blue of a shade of the 256-colour table's cube or greys.
fn linear(colour: Color) -> [f64; 3] {
    let Color::Indexed(index @ 16..) = colour else { panic!("{colour} is not of the table's fixed part") };
    let level = |step: u8| if step == 0 { 0.0 } else { 55.0 + 40.0 * f64::from(step) };
    let shade = match index {
        232.. => [8.0 + 10.0 * f64::from(index - 232); 3],
        _ => [level((index - 16) / 36), level((index - 16) / 6 % 6), level((index - 16) % 6)],
    };
    shade.map(|value| {
        let value = value / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    })
}

fn seen(colour: Color, eyes: &Matrix) -> [f64; 3] {
    let [red, green, blue] = linear(colour);
    eyes.map(|row| (row[0] * red + row[1] * green + row[2] * blue).clamp(0.0, 1.0))
}

fn luminance([red, green, blue]: [f64; 3]) -> f64 {
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

fn lab(rgb: [f64; 3]) -> [f64; 3] {
    let [red, green, blue] = rgb;
    let curve = |t: f64| if t > 0.008856 { t.cbrt() } else { 7.787 * t + 16.0 / 116.0 };
    let x = curve((0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505);
    let y = curve(luminance(rgb));
    let z = curve((0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089);
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

fn difference(one: [f64; 3], other: [f64; 3]) -> f64 {
    let squares = lab(one).into_iter().zip(lab(other)).map(|(one, other)| (one - other).powi(2));
    squares.sum::<f64>().sqrt()
}

/// The ratio that WCAG 2.2 measures reading by.
fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

fn panel(look: Look) -> (Color, Color) {
    let style = Theme::new(Palette::Colours).panel(Mood::Verdict(look), false);
    (style.bg.unwrap(), style.fg.unwrap())
}

#[test]
fn verdicts_differ_for_whoever_sees_fewer_colours() {
    for (at, one) in LOOKS.into_iter().enumerate() {
        for other in LOOKS.into_iter().skip(at + 1) {
            for eyes in &EYES {
                let difference = difference(seen(panel(one).0, eyes), seen(panel(other).0, eyes));
                assert!(difference > 25.0, "{one:?} and {other:?} differ by {difference}");
            }
        }
    }
}

#[test]
fn verdicts_differ_in_brightness_alone() {
    let mut brightness = LOOKS.map(|look| lab(linear(panel(look).0))[0]);
    brightness.sort_by(f64::total_cmp);

    for pair in brightness.windows(2) {
        assert!(pair[1] - pair[0] > 10.0, "{brightness:?}");
    }
}

#[test]
fn every_panel_can_be_read() {
    for look in LOOKS.into_iter().chain([Look::Repeat, Look::NotATicket, Look::NotReady]) {
        let (back, front) = panel(look);
        for eyes in &EYES {
            let contrast = contrast(seen(back, eyes), seen(front, eyes));
            assert!(contrast >= 4.5, "{look:?}: {contrast}");
        }
    }
}

#[test]
fn marks_can_be_read_on_their_ground() {
    for (ground, back) in [(Ground::Dark, 234), (Ground::Light, 255)] {
        let theme = Theme::new(Palette::Colours).on(ground);
        for style in LOOKS.map(|look| theme.mark(look)).into_iter().chain([theme.faint()]) {
            let contrast = contrast(linear(style.fg.unwrap()), linear(Color::Indexed(back)));
            assert!(contrast >= 4.5, "{ground:?}, {:?}: {contrast}", style.fg);
        }
    }
}
