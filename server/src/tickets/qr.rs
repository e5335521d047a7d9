//! A credential as a QR code: alphanumeric mode, quiet zone of 4 modules.

use std::fmt::Write as _;

use fast_qr::qr::{QRBuilder, QRCode};
use fast_qr::{ECL, Mode};
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder as _};
use serde::Deserialize;
use utoipa::ToSchema;

/// White modules around the code.
const QUIET_ZONE: usize = 4;
/// The pixels of a module if the caller does not say.
pub const MODULE_PX_DEFAULT: u32 = 8;
/// The most pixels a module may have.
pub const MODULE_PX_MAX: u32 = 40;

/// How much of a code may be lost and still be read.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, ToSchema)]
pub enum Level {
    /// 15 %: the smaller code, 37×37 modules, where space is short.
    M,
    /// 25 %: 45×45 modules.
    #[default]
    Q,
}

/// A text that no QR code of this kind holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the text does not fit a QR code")]
pub struct DoesNotFit;

/// A QR code's modules, with the quiet zone.
#[derive(Clone, Debug)]
pub struct Modules {
    size: usize,
    dark: Vec<bool>,
}

impl Modules {
    /// Encodes `text`, which is upper-case letters, digits and the signs of Base45.
    ///
    /// # Errors
    ///
    /// [`DoesNotFit`].
    pub fn of(text: &str, level: Level) -> Result<Self, DoesNotFit> {
        Self::encode(text, Mode::Alphanumeric, level)
    }

    /// Encodes any text, such as an address.
    ///
    /// # Errors
    ///
    /// [`DoesNotFit`].
    pub fn of_any(text: &str, level: Level) -> Result<Self, DoesNotFit> {
        Self::encode(text, Mode::Byte, level)
    }

    fn encode(text: &str, mode: Mode, level: Level) -> Result<Self, DoesNotFit> {
        let level = match level {
            Level::M => ECL::M,
            Level::Q => ECL::Q,
        };
        let code = QRBuilder::new(text).mode(mode).ecl(level).build().map_err(|_| DoesNotFit)?;
        let size = code.size + 2 * QUIET_ZONE;
        let mut dark = vec![false; size * size];
        for (at, module) in dark.iter_mut().enumerate() {
            *module = is_dark(&code, at % size, at / size);
        }
        Ok(Self { size, dark })
    }

    /// Returns the modules along a side, quiet zone included.
    pub const fn size(&self) -> usize {
        self.size
    }

    /// Returns the dark modules as runs along the rows: where each begins, from the left and from the top, and how
    /// long it is. They are a tenth of the modules.
    pub fn runs(&self) -> Vec<(usize, usize, usize)> {
        let mut runs = Vec::new();
        for (y, row) in self.dark.chunks(self.size).enumerate() {
            let mut x = 0;
            for run in row.chunk_by(|a, b| a == b) {
                if run.first() == Some(&true) {
                    runs.push((x, y, run.len()));
                }
                x += run.len();
            }
        }
        runs
    }

    /// Draws the code as SVG, `module_px` units to a module: black on its own white, on any page.
    pub fn to_svg(&self, module_px: u32) -> String {
        let (size, px) = (self.size, self.size * module_px as usize);
        let mut path = String::new();
        for (x, y, length) in self.runs() {
            // Writing to a String cannot fail.
            let _ = write!(path, "M{x} {y}h{length}v1h-{length}z");
        }
        // Paper and ink by themselves, which neither a dark page nor its forced colours turn round. Inside a page, a
        // style outweighs what the page says of paths.
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{px}\" height=\"{px}\" viewBox=\"0 0 {size} {size}\" \
             shape-rendering=\"crispEdges\" style=\"color-scheme:only light;forced-color-adjust:none\">\
             <path style=\"fill:#fff\" d=\"M0 0h{size}v{size}H0z\"/><path style=\"fill:#000\" d=\"{path}\"/></svg>"
        )
    }

    /// Draws the code as an 8-bit grey PNG, `module_px` pixels to a module.
    ///
    /// # Errors
    ///
    /// Whatever the encoder says.
    pub fn to_png(&self, module_px: u32) -> Result<Vec<u8>, image::ImageError> {
        let scale = module_px as usize;
        let mut pixels = Vec::with_capacity(self.dark.len() * scale * scale);
        for row in self.dark.chunks(self.size) {
            let line: Vec<u8> =
                row.iter().flat_map(|dark| std::iter::repeat_n(if *dark { 0 } else { 255 }, scale)).collect();
            for _ in 0..scale {
                pixels.extend_from_slice(&line);
            }
        }
        let side = self.size as u32 * module_px;
        let mut png = Vec::new();
        let encoder = PngEncoder::new_with_quality(&mut png, CompressionType::Default, FilterType::NoFilter);
        encoder.write_image(&pixels, side, side, ExtendedColorType::L8)?;
        Ok(png)
    }
}

fn is_dark(code: &QRCode, x: usize, y: usize) -> bool {
    let (Some(x), Some(y)) = (x.checked_sub(QUIET_ZONE), y.checked_sub(QUIET_ZONE)) else { return false };
    // The matrix is indexed by its own size, which both are checked against.
    x < code.size && y < code.size && code.data.get(y * code.size + x).is_some_and(|module| module.value())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_makes_a_code_of_the_promised_size() {
        let text = "A".repeat(122);
        assert_eq!(Modules::of(&text, Level::Q).unwrap().size(), 45 + 8);
        assert_eq!(Modules::of(&text, Level::M).unwrap().size(), 37 + 8);
        assert_eq!(Modules::of(&"A".repeat(5_000), Level::Q).unwrap_err(), DoesNotFit);
    }

    #[test]
    fn both_pictures_show_the_same_modules() {
        let modules = Modules::of("USHER", Level::Q).unwrap();
        let png = image::load_from_memory(&modules.to_png(3).unwrap()).unwrap().to_luma8();
        assert_eq!(png.width() as usize, modules.size() * 3);
        for (x, y, pixel) in png.enumerate_pixels() {
            let dark = modules.dark[(y / 3) as usize * modules.size() + (x / 3) as usize];
            assert_eq!(pixel.0[0] == 0, dark);
        }
        assert!(modules.to_svg(3).starts_with("<svg "));
    }
}
