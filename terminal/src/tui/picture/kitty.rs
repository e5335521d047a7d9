//! Kitty's graphics protocol: a PNG in base64, in chunks, that the emulator scales into cells.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder as _};
use ratatui::layout::Rect;

use super::raster::Raster;

/// The picture's number; a new one with the same number takes its place without a flicker.
const PICTURE: u32 = 7_031;
/// The protocol's longest chunk, in base64 letters.
const CHUNK: usize = 4_096;

/// Returns the sequence that puts the picture at the cursor, over the cells of `place`.
pub(super) fn picture(raster: &Raster, place: Rect) -> Option<Vec<u8>> {
    let base64 = STANDARD.encode(png(raster)?);
    let count = base64.len().div_ceil(CHUNK);
    let mut out = Vec::with_capacity(base64.len() + 16 * count + 64);
    for (number, chunk) in base64.as_bytes().chunks(CHUNK).enumerate() {
        let more = u8::from(number + 1 < count);
        let head = if number == 0 {
            // Transmit and show (a=T) a PNG (f=100), quietly (q=2), without moving the cursor (C=1).
            let Rect { width, height, .. } = place;
            format!("\x1b_Ga=T,f=100,i={PICTURE},p=1,c={width},r={height},C=1,q=2,m={more};")
        } else {
            format!("\x1b_Gm={more},q=2;")
        };
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(chunk);
        out.extend_from_slice(b"\x1b\\");
    }
    Some(out)
}

/// Returns the sequence that takes the picture away.
pub(super) fn remove() -> Vec<u8> {
    format!("\x1b_Ga=d,d=I,i={PICTURE},q=2\x1b\\").into_bytes()
}

fn png(raster: &Raster) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut out, CompressionType::Fast, FilterType::Up);
    let (rgb, grey) = (ExtendedColorType::Rgb8, ExtendedColorType::L8);
    let result = if raster.has_outline() {
        encoder.write_image(&raster.rgb(), raster.width, raster.height, rgb)
    } else {
        encoder.write_image(&raster.pixels, raster.width, raster.height, grey)
    };
    result.ok().map(|()| out)
}

#[cfg(test)]
mod tests {
    use super::super::raster::{OUTLINE, OUTLINE_RGB};
    use super::*;

    const PLACE: Rect = Rect { x: 0, y: 0, width: 29, height: 8 };

    /// The bytes that an emulator would put together, and the first chunk's keys.
    fn received(sequence: &[u8]) -> (Vec<u8>, String) {
        let text = std::str::from_utf8(sequence).unwrap();
        let chunks: Vec<(&str, &str)> = text
            .split_terminator("\x1b\\")
            .map(|chunk| chunk.strip_prefix("\x1b_G").unwrap().split_once(';').unwrap())
            .collect();
        let (last, all_but_last) = chunks.split_last().unwrap();
        assert!(all_but_last.iter().all(|(keys, data)| keys.contains("m=1") && data.len() == CHUNK));
        assert!(last.0.contains("m=0"));
        let base64: String = chunks.iter().map(|(_, data)| *data).collect();
        (STANDARD.decode(base64).unwrap(), chunks[0].0.to_owned())
    }

    fn noise(width: u32, height: u32) -> Raster {
        let pixels = (0..width * height).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8 % 255).collect();
        Raster { width, height, pixels }
    }

    #[test]
    fn the_emulator_gets_the_very_pixels_in_chunks() {
        let raster = noise(320, 180);

        let (png, keys) = received(&picture(&raster, PLACE).unwrap());

        let decoded = image::load_from_memory(&png).unwrap().into_luma8();
        assert_eq!(decoded.dimensions(), (320, 180));
        assert_eq!(decoded.into_raw(), raster.pixels);
        assert!(keys.contains("c=29,r=8") && keys.contains("a=T"), "{keys}");
    }

    #[test]
    fn an_outline_is_green() {
        let mut raster = noise(16, 16);
        raster.pixels[17] = OUTLINE;

        let (png, _) = received(&picture(&raster, PLACE).unwrap());

        assert_eq!(image::load_from_memory(&png).unwrap().into_rgb8().get_pixel(1, 1).0, OUTLINE_RGB);
    }
}
