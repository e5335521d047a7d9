//! A QR code in characters: two modules above each other in one.

use crate::print::code::{Modules, QUIET_ZONE};

/// Returns the rows of a code with the white around it, to be drawn black on white.
pub fn half_blocks(code: &Modules) -> Vec<String> {
    let side = code.size() + 2 * QUIET_ZONE;
    let is_dark = |x: usize, y: usize| {
        let place = x.checked_sub(QUIET_ZONE).zip(y.checked_sub(QUIET_ZONE));
        place.is_some_and(|(x, y)| code.is_dark(x, y))
    };
    let block = |x: usize, y: usize| match (is_dark(x, y), is_dark(x, y + 1)) {
        (true, true) => '█',
        (true, false) => '▀',
        (false, true) => '▄',
        (false, false) => ' ',
    };
    (0..side).step_by(2).map(|y| (0..side).map(|x| block(x, y)).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::scanner::test_code;
    use crate::camera::Frame;
    use crate::decoder::{Budget, Decoder};
    use crate::print::code::Level;

    #[test]
    fn the_scanners_test_code_fits_the_least_screen_and_is_read() {
        let rows = half_blocks(&Modules::of(&test_code(), Level::M).unwrap());

        assert!(rows.len() <= 21 && rows[0].chars().count() <= 41, "{} rows", rows.len());
        const SCALE: usize = 4;
        let width = rows[0].chars().count() * SCALE;
        let mut pixels = Vec::new();
        for (row, is_lower) in rows.iter().flat_map(|row| [(row, false), (row, true)]) {
            let line: Vec<u8> = row
                .chars()
                .map(|block| if block == '█' || block == if is_lower { '▄' } else { '▀' } { 0 } else { 255 })
                .flat_map(|light| [light; SCALE])
                .collect();
            (0..SCALE).for_each(|_| pixels.extend_from_slice(&line));
        }
        let (wide, high) = (width as u32, (pixels.len() / width) as u32);
        let frame = Frame::new(wide, high, pixels).unwrap();
        let read = Decoder::new(Budget::thorough()).decode(&frame);
        assert_eq!(read.codes.first().map(|code| code.text.as_str()), Some(test_code().as_str()));
    }
}
