//! A ticket as bytes for a receipt printer that speaks ESC/POS, which nearly all do.
//!
//! The code goes as dots (`GS v 0`): far more printers know that than the command that draws a QR
//! code themselves, and what is printed is what was tested. 58 mm of paper are enough.

use super::Sheet;
use super::code::{DoesNotFit, Level, Modules, QUIET_ZONE};
use super::latin;

/// Dots to a module: 0.75 mm at 203 dots to the inch.
const MODULE_DOTS: usize = 6;
/// Letters in a line on 58 mm of paper, in the printer's usual letters.
const COLUMNS: usize = 32;

const INITIALISE: &[u8] = b"\x1b@";
/// The letters of Windows-1252.
const CODE_PAGE: &[u8] = b"\x1bt\x10";
const CENTRED: &[u8] = b"\x1ba\x01";
const USUAL: &[u8] = b"\x1d!\x00";
const DOUBLE: &[u8] = b"\x1d!\x11";
/// Feeds to the knife and cuts; a printer without one tears.
const CUT: &[u8] = b"\x1dVB\x03";

/// Returns what makes a receipt printer print the ticket.
///
/// # Errors
///
/// [`DoesNotFit`] if the credential is too long for a code.
pub fn receipt(sheet: &Sheet) -> Result<Vec<u8>, DoesNotFit> {
    let modules = Modules::of(&sheet.credential, Level::Q)?;
    let mut bytes = [INITIALISE, CODE_PAGE, CENTRED].concat();
    write(&mut bytes, USUAL, &sheet.event, COLUMNS, 2);
    bytes.push(b'\n');
    draw(&mut bytes, &modules);
    bytes.push(b'\n');
    write(&mut bytes, DOUBLE, &sheet.name, COLUMNS / 2, 3);
    write(&mut bytes, USUAL, &sheet.class, COLUMNS, 2);
    write(&mut bytes, USUAL, &sheet.price, COLUMNS, 1);
    write(&mut bytes, USUAL, &sheet.number, COLUMNS, 1);
    bytes.extend_from_slice(CUT);
    Ok(bytes)
}

fn write(bytes: &mut Vec<u8>, size: &[u8], text: &str, columns: usize, lines_max: usize) {
    bytes.extend_from_slice(size);
    for line in latin::wrap(&latin::encode(text), columns, lines_max) {
        bytes.extend_from_slice(&line);
        bytes.push(b'\n');
    }
}

fn draw(bytes: &mut Vec<u8>, modules: &Modules) {
    let side = modules.size() + 2 * QUIET_ZONE;
    let dots = side * MODULE_DOTS;
    let across = dots.div_ceil(8);
    bytes.extend_from_slice(b"\x1dv0\x00");
    for number in [across, dots] {
        // At most 177 modules to a side: far below 65 536.
        bytes.extend_from_slice(&u16::try_from(number).unwrap_or(u16::MAX).to_le_bytes());
    }
    for y in 0..side {
        let mut row = vec![0_u8; across];
        for dot in 0..dots {
            let module = (dot / MODULE_DOTS).checked_sub(QUIET_ZONE).zip(y.checked_sub(QUIET_ZONE));
            if let Some(byte) = row.get_mut(dot / 8)
                && module.is_some_and(|(x, y)| modules.is_dark(x, y))
            {
                *byte |= 0x80 >> (dot % 8);
            }
        }
        (0..MODULE_DOTS).for_each(|_| bytes.extend_from_slice(&row));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::print::samples;
    use proptest::prelude::*;

    /// Returns the dots that a printer would print, a byte each, and the bytes around them.
    fn dots(bytes: &[u8]) -> (usize, Vec<u8>, Vec<u8>) {
        let at = bytes.windows(4).position(|window| window == b"\x1dv0\x00").unwrap();
        let across = usize::from(u16::from_le_bytes([bytes[at + 4], bytes[at + 5]]));
        let rows = usize::from(u16::from_le_bytes([bytes[at + 6], bytes[at + 7]]));
        let (raster, rest) = bytes[at + 8..].split_at(across * rows);
        let is_dark = |dot: usize| raster[dot / 8] & (0x80 >> (dot % 8)) != 0;
        let pixels = (0..raster.len() * 8).map(|dot| if is_dark(dot) { 0 } else { 255 }).collect();
        (across * 8, pixels, rest.to_vec())
    }

    #[test]
    fn the_code_on_the_receipt_is_read_by_the_door() {
        let sheet = samples::sheet("Ada Lovelace");

        let (width, pixels, rest) = dots(&receipt(&sheet).unwrap());

        assert!(width <= 384, "58 mm of paper are 384 dots wide");
        assert_eq!(samples::read(width, pixels), Some(sheet.credential));
        assert!(rest.windows(12).any(|window| window == b"Ada Lovelace"));
        assert!(rest.ends_with(CUT));
    }

    proptest! {
        #[test]
        fn no_name_changes_what_the_printer_is_told(name in any::<String>()) {
            let sheet = Sheet { event: name.clone(), class: name.clone(), ..samples::sheet(&name) };
            let bytes = receipt(&sheet).unwrap();
            let (_, _, rest) = dots(&bytes);
            let commands = rest.iter().filter(|byte| **byte < 0x20 && **byte != b'\n').count();
            // Four sizes of two control bytes at most, and the cut.
            let (_, _, plain) = dots(&receipt(&samples::sheet("Ada")).unwrap());
            prop_assert_eq!(commands, plain.iter().filter(|byte| **byte < 0x20 && **byte != b'\n').count());
        }
    }
}
