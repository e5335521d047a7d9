//! DEC's sixels: bands of six rows, one pass for each shade in a band. The emulator does not scale them.

use std::io::Write as _;

use super::raster::{OUTLINE, OUTLINE_RGB, Raster};

/// Shades of grey. More look hardly better and take longer to send.
const SHADES: usize = 20;
/// The register of the outline's colour.
const OUTLINE_REGISTER: usize = SHADES;
/// Rows in a band.
const BAND: usize = 6;

/// Returns the sequence that puts the picture at the cursor, pixel by pixel.
pub(super) fn picture(raster: &Raster) -> Option<Vec<u8>> {
    let width = usize::try_from(raster.width).ok()?;
    let mut out = Vec::with_capacity(raster.pixels.len() / 2);
    // Pixels that are not set keep their colour (P2 = 1); then the aspect and the size.
    write!(out, "\x1bP0;1;0q\"1;1;{};{}", raster.width, raster.height).ok()?;
    for shade in 0..SHADES {
        let percent = shade * 100 / (SHADES - 1);
        write!(out, "#{shade};2;{percent};{percent};{percent}").ok()?;
    }
    let [red, green, blue] = OUTLINE_RGB.map(|part| u32::from(part) * 100 / 255);
    write!(out, "#{OUTLINE_REGISTER};2;{red};{green};{blue}").ok()?;
    let mut passes: Vec<Vec<u8>> = vec![Vec::new(); SHADES + 1];
    for band in raster.pixels.chunks(width * BAND) {
        for pass in &mut passes {
            pass.clear();
        }
        for (row, pixels) in band.chunks(width).enumerate() {
            for (x, &pixel) in pixels.iter().enumerate() {
                let Some(pass) = passes.get_mut(register(pixel)) else { continue };
                pass.resize(pass.len().max(x + 1), 0);
                if let Some(column) = pass.get_mut(x) {
                    *column |= 1 << row;
                }
            }
        }
        for (register, pass) in passes.iter().enumerate().filter(|(_, pass)| !pass.is_empty()) {
            write!(out, "#{register}").ok()?;
            write_runs(pass, &mut out);
            out.push(b'$');
        }
        out.push(b'-');
    }
    out.extend_from_slice(b"\x1b\\");
    Some(out)
}

const fn register(pixel: u8) -> usize {
    match pixel {
        OUTLINE => OUTLINE_REGISTER,
        grey => grey as usize * SHADES / OUTLINE as usize,
    }
}

/// Writes columns of six pixels; runs of four or more are shorter with a count.
fn write_runs(columns: &[u8], out: &mut Vec<u8>) {
    for run in columns.chunk_by(|a, b| a == b) {
        let letter = b'?' + run.first().copied().unwrap_or(0);
        if run.len() < 4 {
            out.extend(std::iter::repeat_n(letter, run.len()));
        } else {
            out.extend_from_slice(format!("!{}", run.len()).as_bytes());
            out.push(letter);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_emulator_puts_the_shades_together_again() {
        let pixels = (0..20u32).flat_map(|y| (0..50u32).map(move |x| (x * 5 + y) as u8 % 255)).collect();
        let mut raster = Raster { width: 50, height: 20, pixels };
        raster.pixels[123] = OUTLINE;

        let (width, height, registers) = decoded(&picture(&raster).unwrap());

        assert_eq!((width, height), (50, 20));
        assert_eq!(registers, raster.pixels.iter().map(|&pixel| register(pixel)).collect::<Vec<_>>());
    }

    #[test]
    fn black_and_white_are_the_ends_of_the_shades() {
        assert_eq!((register(0), register(254), register(255)), (0, SHADES - 1, OUTLINE_REGISTER));
    }

    /// Size and each pixel's register, as an emulator would draw them.
    fn decoded(sequence: &[u8]) -> (usize, usize, Vec<usize>) {
        let text = std::str::from_utf8(sequence).unwrap();
        let body = text.strip_prefix("\x1bP0;1;0q\"1;1;").and_then(|text| text.strip_suffix("\x1b\\")).unwrap();
        let (size, rest) = body.split_once('#').unwrap();
        let (width, height) = size.split_once(';').unwrap();
        let (width, height): (usize, usize) = (width.parse().unwrap(), height.parse().unwrap());
        let mut registers = vec![usize::MAX; width * height];
        let (mut x, mut y, mut register) = (0, 0, 0);
        let mut letters = format!("#{rest}").into_bytes().into_iter().peekable();
        while let Some(letter) = letters.next() {
            let mut numbers = || {
                let mut text = String::new();
                while let Some(digit) = letters.next_if(|c| c.is_ascii_digit() || *c == b';') {
                    text.push(char::from(digit));
                }
                text.split(';').map(|number| number.parse().unwrap()).collect::<Vec<usize>>()
            };
            let run = match letter {
                b'#' => {
                    let numbers = numbers();
                    register = numbers[0];
                    continue;
                }
                b'$' => {
                    x = 0;
                    continue;
                }
                b'-' => {
                    (x, y) = (0, y + BAND);
                    continue;
                }
                b'!' => {
                    let count = numbers()[0];
                    (count, letters.next().unwrap())
                }
                column => (1, column),
            };
            for _ in 0..run.0 {
                for row in (0..BAND).filter(|row| (run.1 - b'?') & (1 << row) != 0) {
                    assert_eq!(registers[(y + row) * width + x], usize::MAX, "painted twice");
                    registers[(y + row) * width + x] = register;
                }
                x += 1;
            }
        }
        (width, height, registers)
    }
}
