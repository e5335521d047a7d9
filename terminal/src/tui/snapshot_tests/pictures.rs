//! The camera's picture, drawn in each way.

use std::sync::Arc;

use super::*;
use crate::camera::Frame;
use crate::camera::viewfinder::Viewfinder;
use crate::decoder::aim::Aim;
use crate::tui::picture::{Cell, Depth, Drawing, Protocol};
use crate::tui::view::picture_area;

const PIXELS: Drawing = Drawing::Pixels(Protocol::Kitty, Cell { width: 8, height: 16 });

#[test]
fn the_picture_in_letters_with_a_code_outlined() {
    for (width, height) in SIZES {
        let screen = pictured(&with_picture(), Drawing::Blocks(Depth::None), width, height);
        insta::assert_snapshot!(format!("picture_in_letters_{width}x{height}"), text(&screen));
    }
}

#[test]
fn advice_on_how_to_hold_the_ticket_stands_below_the_picture() {
    for aim in
        [Aim::Read, Aim::TooDark, Aim::TooBright, Aim::TooFar, Aim::CutOff, Aim::Blurred, Aim::HoldStill, Aim::Open]
    {
        let mut state = with_picture();
        update(&mut state, Event::Notice(Notice::Aim(aim)));

        let screen = text(&pictured(&state, PIXELS, 80, 24));

        assert!(screen.contains(" · 28 fps "), "{aim:?} leaves no room:\n{screen}");
    }
}

#[test]
fn true_pixels_have_their_place_kept_free_unless_something_lies_over_it() {
    let kept = |state: &State| {
        let screen = pictured(state, PIXELS, 80, 24);
        screen.content().iter().filter(|cell| cell.symbol() == "\u{a0}").count()
    };
    let mut state = with_picture();
    assert_eq!(kept(&state), 29 * 8);

    press(&mut state, Key::Char('?'));

    assert!(kept(&state) < 29 * 8);
}

#[test]
fn without_a_way_to_draw_it_the_camera_is_told_in_words() {
    let screen = text(&pictured(&with_picture(), Drawing::Off, 80, 24));

    assert!(screen.contains("Camera on"), "{screen}");
}

fn pictured(state: &State, drawing: Drawing, width: u16, height: u16) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let theme = Theme::new(Palette::Colours).with_pictures(drawing);
    terminal.draw(|frame| _ = view(state, theme, &Catalogue::default(), frame)).unwrap();
    terminal.backend().buffer().clone()
}

/// A door whose camera sees a slope from dark to light, and a code in the middle.
fn with_picture() -> State {
    let mut state = door();
    let viewfinder = Arc::new(Viewfinder::default());
    let area = picture_area(ratatui::layout::Rect::new(0, 0, 200, 60)).unwrap();
    viewfinder.want(PIXELS.wanted(area));
    let luma = (0..90).flat_map(|_| (0..160u32).map(|x| (x * 255 / 160) as u8)).collect();
    viewfinder.show(&Frame::new(160, 90, luma).unwrap(), &[[(60, 25), (100, 25), (100, 65), (60, 65)]]);
    update(&mut state, Event::Notice(Notice::View(viewfinder)));
    state
}
