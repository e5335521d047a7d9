//! A credential as a QR code: the modules alone, for screens, paper and pictures.

use fast_qr::qr::QRBuilder;
use fast_qr::{ECL, Mode};

/// White modules that a code needs around it (ISO/IEC 18004, 6.3.8).
pub const QUIET_ZONE: usize = 4;

/// How much of a code may be lost and still be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Level {
    /// 15 %: the smaller code, 37 × 37 modules, where space is short.
    M,
    /// 25 %: 45 × 45 modules.
    Q,
}

/// A text that no QR code of this kind holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the text does not fit a QR code")]
pub struct DoesNotFit;

/// A QR code's modules, without the quiet zone.
#[derive(Clone, Debug, Eq, PartialEq)]
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
        let level = match level {
            Level::M => ECL::M,
            Level::Q => ECL::Q,
        };
        let code = QRBuilder::new(text).mode(Mode::Alphanumeric).ecl(level).build().map_err(|_| DoesNotFit)?;
        let size = code.size;
        let dark = code.data.iter().take(size * size).map(|module| module.value()).collect();
        Ok(Self { size, dark })
    }

    /// Returns the modules along a side.
    pub const fn size(&self) -> usize {
        self.size
    }

    /// Whether the module in column `x` of row `y` is dark. Everything around the code is light.
    pub fn is_dark(&self, x: usize, y: usize) -> bool {
        x < self.size && y < self.size && self.dark.get(y * self.size + x).is_some_and(|dark| *dark)
    }

    /// Returns each run of dark modules in a row: its column, its row and its length.
    pub fn runs(&self) -> Vec<(usize, usize, usize)> {
        let mut runs = Vec::new();
        for (y, row) in self.dark.chunks(self.size.max(1)).enumerate() {
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::print::samples;

    #[test]
    fn a_credential_makes_a_code_of_the_promised_size() {
        let text = samples::sheet("Ada").credential;
        assert_eq!(text.len(), 122);
        assert_eq!(Modules::of(&text, Level::Q).unwrap().size(), 45);
        assert_eq!(Modules::of(&text, Level::M).unwrap().size(), 37);
        assert_eq!(Modules::of(&"A".repeat(5_000), Level::Q), Err(DoesNotFit));
    }

    #[test]
    fn the_runs_are_the_dark_modules() {
        let modules = Modules::of("USHER", Level::M).unwrap();
        let mut dark = vec![false; modules.size() * modules.size()];
        for (x, y, length) in modules.runs() {
            dark[y * modules.size() + x..][..length].fill(true);
        }
        assert_eq!(dark, modules.dark);
        assert!(modules.is_dark(0, 0) && !modules.is_dark(modules.size(), 0));
    }

    #[test]
    fn what_is_drawn_is_read_by_the_door() {
        let text = samples::sheet("Ada").credential;
        for level in [Level::M, Level::Q] {
            let modules = Modules::of(&text, level).unwrap();
            let side = (modules.size() + 2 * QUIET_ZONE) * 4;
            let pixels = (0..side * side).map(|at| {
                let (x, y) = ((at % side / 4).checked_sub(QUIET_ZONE), (at / side / 4).checked_sub(QUIET_ZONE));
                if x.zip(y).is_some_and(|(x, y)| modules.is_dark(x, y)) { 0 } else { 255 }
            });
            assert_eq!(samples::read(side, pixels.collect()).as_deref(), Some(text.as_str()));
        }
    }
}
