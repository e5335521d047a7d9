//! What staff are told about aiming, on drawn frames.

use harness::frames;
use image::{GrayImage, imageops};
use usher_terminal::camera::Frame;
use usher_terminal::decoder::aim::{Aim, aim};
use usher_terminal::decoder::{Budget, Decoder};

fn told(picture: &GrayImage) -> Aim {
    let frame = Frame::new(picture.width(), picture.height(), picture.clone().into_raw()).unwrap();
    let reading = Decoder::new(Budget::thorough()).decode(&frame);
    aim(&frame, &reading)
}

#[test]
fn clutter_without_a_ticket_is_mostly_left_alone() {
    let told: Vec<Aim> = (0..20).map(|seed| told(&frames::without_code(seed))).collect();

    let quiet = told.iter().filter(|aim| **aim == Aim::Open).count();
    assert!(quiet >= 14, "{told:?}");
}

#[test]
fn a_readable_ticket_is_read() {
    assert_eq!(told(&frames::clean("READABLE")), Aim::Read);
}

#[test]
fn a_frame_without_light_is_too_dark_and_a_washed_out_one_too_bright() {
    // A code would be read all the same.
    let picture = frames::without_code(3);
    let lit = |change: fn(u8) -> u8| {
        let mut lit = picture.clone();
        lit.pixels_mut().for_each(|pixel| pixel.0[0] = change(pixel.0[0]));
        told(&lit)
    };

    assert_eq!(lit(|grey| grey / 8), Aim::TooDark);
    assert_eq!(lit(|grey| 252 + grey / 128), Aim::TooBright);
}

#[test]
fn a_code_half_outside_the_picture_is_cut_off() {
    let whole = frames::clean("CUT OFF");
    let mut cut = GrayImage::from_pixel(whole.width(), whole.height(), image::Luma([255]));
    imageops::replace(&mut cut, &whole, 620, 0);

    // White paper alone is washed out; a dark edge makes it an ordinary picture.
    (0..500).for_each(|x| (0..whole.height()).for_each(|y| cut.put_pixel(x, y, image::Luma([90]))));

    assert_eq!(told(&cut), Aim::CutOff);
}
