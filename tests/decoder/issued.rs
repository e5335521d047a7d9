//! The codes that the server draws, on screens and pages that are dark.

use image::{GrayImage, Luma, imageops};
use usher_server::tickets::qr::{Level, Modules};
use usher_terminal::decoder::{Budget, Decoder};

use super::{frame, texts, ticket_text};

/// Pixels of a module.
const MODULE_PX: u32 = 6;

/// Reads the only code on a page of one tone.
fn read_on(tone: u8, picture: &GrayImage) -> Option<String> {
    let mut page = GrayImage::from_pixel(picture.width() + 240, picture.height() + 160, Luma([tone]));
    imageops::replace(&mut page, picture, 100, 60);
    let reading = Decoder::new(Budget::thorough()).decode(&frame(page));
    assert!(reading.codes.len() <= 1);
    texts(&reading).first().map(|&text| text.to_owned())
}

/// Paints the paths of a picture as a browser does, over a page of one tone.
fn rasterise(svg: &str, side: u32, tone: u8) -> GrayImage {
    let mut picture = GrayImage::from_pixel(side * MODULE_PX, side * MODULE_PX, Luma([tone]));
    for path in svg.split("<path ").skip(1) {
        let ink = if path.starts_with("style=\"fill:#fff\"") { 255 } else { 0 };
        assert!(ink == 255 || path.starts_with("style=\"fill:#000\""), "{path}");
        let data = path.split("d=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        // Boxes: where they begin, how wide and how high they are.
        for shape in data.split('z').filter(|shape| !shape.is_empty()) {
            let numbers: Vec<u32> = shape
                .split(|c: char| !c.is_ascii_digit())
                .filter(|word| !word.is_empty())
                .map(|word| word.parse().unwrap())
                .collect();
            let [x, y, width, height, ..] = numbers[..] else { panic!("{shape}") };
            let ink = GrayImage::from_pixel(width * MODULE_PX, height * MODULE_PX, Luma([ink]));
            imageops::replace(&mut picture, &ink, i64::from(x * MODULE_PX), i64::from(y * MODULE_PX));
        }
    }
    picture
}

#[test]
fn a_tickets_png_is_read_on_any_page() {
    let text = &ticket_text(1)[..122];
    for level in [Level::M, Level::Q] {
        let png = Modules::of(text, level).unwrap().to_png(MODULE_PX).unwrap();
        let picture = image::load_from_memory(&png).unwrap();

        assert!(!picture.color().has_alpha(), "what is transparent takes the page's colour");
        for tone in [0, 24, 128, 255] {
            assert_eq!(read_on(tone, &picture.to_luma8()).as_deref(), Some(text), "{level:?} on {tone}");
        }
    }
}

#[test]
fn a_tickets_svg_is_read_on_any_page() {
    let text = &ticket_text(2)[..122];
    let modules = Modules::of(text, Level::Q).unwrap();
    let svg = modules.to_svg(MODULE_PX);

    for tone in [0, 24, 128, 255] {
        let picture = rasterise(&svg, modules.size() as u32, tone);
        assert_eq!(read_on(tone, &picture).as_deref(), Some(text), "on {tone}");
    }
    assert!(svg.contains("forced-color-adjust:none"), "{svg}");
}

#[test]
fn every_drawn_code_has_four_modules_of_white_around_it() {
    let modules = Modules::of("USHER", Level::Q).unwrap();
    let png = image::load_from_memory(&modules.to_png(1).unwrap()).unwrap().into_luma8();
    let side = png.width();

    for (x, y, pixel) in png.enumerate_pixels() {
        let inner = 4..side - 4;
        assert!(pixel.0 == [255] || (inner.contains(&x) && inner.contains(&y)), "{x},{y}");
    }
    assert_eq!((png.get_pixel(4, 4).0, png.get_pixel(side - 5, 4).0, png.get_pixel(4, side - 5).0), ([0], [0], [0]));
}
