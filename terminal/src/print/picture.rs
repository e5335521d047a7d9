//! The code of a ticket as a picture: PNG, grey, with its quiet zone.

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder as _};

use super::Sheet;
use super::code::{DoesNotFit, Level, Modules, QUIET_ZONE};

/// The pixels of a module.
const MODULE_PX: usize = 12;

/// A picture that could not be drawn.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// The credential is too long for a code.
    #[error(transparent)]
    Code(#[from] DoesNotFit),
    /// The encoder refused.
    #[error("the picture could not be written")]
    Image(#[from] image::ImageError),
}

/// Returns the ticket's code as PNG.
///
/// # Errors
///
/// [`PictureError`].
pub fn png(sheet: &Sheet) -> Result<Vec<u8>, PictureError> {
    let modules = Modules::of(&sheet.credential, Level::Q)?;
    let (side, pixels) = draw(&modules, MODULE_PX);
    let mut png = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut png, CompressionType::Default, FilterType::NoFilter);
    let side = u32::try_from(side).unwrap_or(u32::MAX);
    encoder.write_image(&pixels, side, side, ExtendedColorType::L8)?;
    Ok(png)
}

/// Returns the pixels along a side, and a byte for each pixel.
fn draw(modules: &Modules, scale: usize) -> (usize, Vec<u8>) {
    let side = (modules.size() + 2 * QUIET_ZONE) * scale;
    let mut pixels = vec![255; side * side];
    for (x, y, length) in modules.runs() {
        let (left, top) = ((x + QUIET_ZONE) * scale, (y + QUIET_ZONE) * scale);
        for row in pixels.chunks_mut(side).skip(top).take(scale) {
            row.iter_mut().skip(left).take(length * scale).for_each(|pixel| *pixel = 0);
        }
    }
    (side, pixels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::print::samples;

    #[test]
    fn the_picture_is_read_by_the_door() {
        let sheet = samples::sheet("Ada");

        let picture = image::load_from_memory(&png(&sheet).unwrap()).unwrap().to_luma8();

        let side = (45 + 8) * MODULE_PX;
        assert_eq!((picture.width() as usize, picture.height() as usize), (side, side));
        assert_eq!(samples::read(side, picture.into_raw()), Some(sheet.credential));
    }
}
