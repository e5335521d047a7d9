//! iTerm2's inline images, which WezTerm and others know too: a JPEG in base64 that the emulator scales
//! into cells.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use image::ExtendedColorType;
use image::codecs::jpeg::JpegEncoder;
use ratatui::layout::Rect;

use super::raster::Raster;

/// Enough to aim by; half the bytes of the usual 80.
const QUALITY: u8 = 65;

/// Returns the sequence that puts the picture at the cursor, over the cells of `place`.
pub(super) fn picture(raster: &Raster, place: Rect) -> Option<Vec<u8>> {
    let jpeg = jpeg(raster)?;
    let Rect { width, height, .. } = place;
    let keys = format!("inline=1;size={};width={width};height={height};preserveAspectRatio=0", jpeg.len());
    // WezTerm can leave the cursor where it was, which keeps the last row from scrolling.
    Some(format!("\x1b]1337;File={keys};doNotMoveCursor=1:{}\x07", STANDARD.encode(jpeg)).into_bytes())
}

fn jpeg(raster: &Raster) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut out, QUALITY);
    let result = if raster.has_outline() {
        encoder.encode(&raster.rgb(), raster.width, raster.height, ExtendedColorType::Rgb8)
    } else {
        encoder.encode(&raster.pixels, raster.width, raster.height, ExtendedColorType::L8)
    };
    result.ok().map(|()| out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_emulator_gets_the_picture_and_its_cells() {
        let pixels = (0..90).flat_map(|y: u32| (0..160).map(move |x: u32| if x < 80 { 30 } else { y as u8 * 2 }));
        let raster = Raster { width: 160, height: 90, pixels: pixels.collect() };

        let sequence = picture(&raster, Rect::new(0, 0, 40, 12)).unwrap();

        let text = std::str::from_utf8(&sequence).unwrap();
        let body = text.strip_prefix("\x1b]1337;File=").and_then(|text| text.strip_suffix('\x07')).unwrap();
        let (keys, data) = body.split_once(':').unwrap();
        let jpeg = STANDARD.decode(data).unwrap();
        assert!(keys.contains("width=40;height=12") && keys.contains(&format!("size={}", jpeg.len())), "{keys}");
        let decoded = image::load_from_memory(&jpeg).unwrap().into_luma8();
        assert_eq!(decoded.dimensions(), (160, 90));
        let worst = decoded.into_raw().iter().zip(&raster.pixels).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(worst < Some(40), "{worst:?}");
    }
}
