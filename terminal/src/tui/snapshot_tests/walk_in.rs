//! Selling, the sold ticket and cash-up.

use ratatui::style::Color;

use super::*;
use crate::print;
use crate::walk_in::Refusal;

pub(super) fn states() -> Vec<(&'static str, State)> {
    let form = opened();
    let mut mistakes = opened();
    press(&mut mistakes, Key::Tab);
    write(&mut mistakes, "ada@");
    press(&mut mistakes, Key::Tab);
    press(&mut mistakes, Key::Enter);
    let mut refused = filled();
    press(&mut refused, Key::Enter);
    let mut wares = samples::wares();
    wares[0].left = 0;
    told(&mut refused, Answer::NotSold { refusal: Refusal::NoneLeft, wares: wares.clone(), supervisors: Vec::new() });
    let mut supervised = filled();
    press(&mut supervised, Key::Enter);
    let supervisors = vec!["Joan Clarke".into(), "Grace Hopper".into()];
    told(&mut supervised, Answer::NotSold { refusal: Refusal::AskSupervisor, wares, supervisors });
    write(&mut supervised, "471");
    let mut dropping = filled();
    press(&mut dropping, Key::Escape);
    let mut nothing = pressed('w');
    told(&mut nothing, Answer::Wares(Vec::new()));
    let mut sold = ticket();
    decide(&mut sold, samples::admit(Flags::WALK_IN));
    wait(&mut sold, 1_000);
    let mut printed = ticket();
    press(&mut printed, Key::Char('p'));
    told(&mut printed, Answer::PutOut(print::shop::Done::NotPrinted("refused".into())));
    let mut sales = pressed('s');
    told(&mut sales, Answer::Sales(samples::sales()));
    press(&mut sales, Key::Down);
    vec![
        ("walk_in", form),
        ("walk_in_mistakes", mistakes),
        ("walk_in_refused", refused),
        ("walk_in_supervisor", supervised),
        ("walk_in_dropping", dropping),
        ("walk_in_nothing", nothing),
        ("ticket", sold),
        ("ticket_not_printed", printed),
        ("sales", sales),
    ]
}

#[test]
fn the_ticket_on_the_screen_is_read_by_the_door_at_every_size_with_and_without_colours() {
    let state = ticket();
    for (width, height) in [(80, 24), (60, 22), (100, 30), (132, 43), (200, 60), (300, 90)] {
        for palette in [Palette::Colours, Palette::Monochrome] {
            let screen = draw(&state, palette, width, height);

            let (across, pixels) = photograph(&screen);

            let read = print::samples::read(across, pixels);
            assert_eq!(read, Some(samples::receipt().credential), "{width}x{height}");
        }
    }
}

#[test]
fn on_a_window_too_small_for_the_code_the_number_stands() {
    let state = ticket();
    let number = samples::receipt().sold.ticket.typed_code();
    for (width, height) in [(30, 12), (80, 15)] {
        let screen = text(&draw(&state, Palette::Colours, width, height));
        assert!(screen.contains(&number), "{screen}");
        assert!(screen.contains("too small"), "{screen}");
    }
}

/// What a camera would see: a character is eight pixels wide and sixteen high.
fn photograph(screen: &Buffer) -> (usize, Vec<u8>) {
    const WIDE: usize = 8;
    const HIGH: usize = 16;
    let (width, height) = (usize::from(screen.area.width), usize::from(screen.area.height));
    let light = |colour: Color| if colour == Color::Rgb(0, 0, 0) { 0 } else { 255 };
    let mut pixels = vec![255; width * WIDE * height * HIGH];
    for (at, cell) in screen.content().iter().enumerate() {
        // Writing beside the code is not what the camera looks for.
        let (upper, lower) =
            if cell.symbol() == "▀" { (light(cell.fg), light(cell.bg)) } else { (light(cell.bg), light(cell.bg)) };
        let (x, y) = (at % width * WIDE, at / width * HIGH);
        for row in 0..HIGH {
            let start = (y + row) * width * WIDE + x;
            pixels[start..start + WIDE].fill(if row < HIGH / 2 { upper } else { lower });
        }
    }
    (width * WIDE, pixels)
}

fn opened() -> State {
    let mut state = pressed('w');
    told(&mut state, Answer::Wares(samples::wares()));
    state
}

fn filled() -> State {
    let mut state = opened();
    write(&mut state, "Mary Jackson");
    press(&mut state, Key::Enter);
    press(&mut state, Key::Enter);
    state
}

fn ticket() -> State {
    let mut state = filled();
    press(&mut state, Key::Enter);
    told(&mut state, Answer::Sold(Box::new(samples::receipt())));
    state
}

fn write(state: &mut State, text: &str) {
    text.chars().for_each(|letter| press(state, Key::Char(letter)));
}

fn told(state: &mut State, answer: Answer) {
    update(state, Event::Notice(Notice::Answer(Box::new(answer))));
}
