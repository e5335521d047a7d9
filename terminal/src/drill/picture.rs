//! A picture of a code, made for the purpose of reading it where there is no camera.

use fast_qr::qr::QRBuilder;
use fast_qr::{ECL, Mode};

use crate::camera::Frame;
use crate::decoder::{Budget, Decoder};

/// Pixels of a module.
const MODULE: usize = 6;
/// Modules of white around the code.
const QUIET: usize = 4;

/// Whether the decoder reads `text`, a ticket's, in a picture made of it.
pub fn can_read_a_picture(text: &str) -> bool {
    let Some(frame) = picture(text) else { return false };
    Decoder::new(Budget::live()).decode(&frame).codes.iter().any(|code| code.text == text)
}

fn picture(text: &str) -> Option<Frame> {
    let code = QRBuilder::new(text).mode(Mode::Alphanumeric).ecl(ECL::Q).build().ok()?;
    let side = (code.size + 2 * QUIET) * MODULE;
    let mut luma = vec![255; side * side];
    for (y, row) in luma.chunks_exact_mut(side).enumerate() {
        for (x, pixel) in row.iter_mut().enumerate() {
            let inside = |at: usize| (at / MODULE).checked_sub(QUIET).filter(|at| *at < code.size);
            if let (Some(x), Some(y)) = (inside(x), inside(y)) {
                *pixel = if code[y].get(x).is_some_and(|module| module.value()) { 0 } else { 255 };
            }
        }
    }
    let side = u32::try_from(side).ok()?;
    Frame::new(side, side, luma).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_of_a_tickets_text_is_read() {
        assert!(can_read_a_picture(&"US5EQ$*8E:UI1/ZZ".repeat(7)));
    }
}
