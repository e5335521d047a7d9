//! Modules to a text that the code's own error correction vouches for.

use rqrr::{Grid, SimpleGrid};

use super::{
    soft::Soft,
    symbol::{self, Modules},
};
use crate::contained;

/// Returns what the modules say just as they look, which most codes before a camera do: `rqrr` reads
/// first.
///
/// It knows neither doubts nor encodings, so only plain ASCII counts, which tickets are.
pub(super) fn at_a_glance(soft: &Soft) -> Option<String> {
    let (side, dark) = (soft.side(), dark(soft));
    let grid = SimpleGrid::from_func(side, |x, y| dark.get(y * side + x).copied().unwrap_or(false));
    let mut bytes = Vec::new();
    contained::run(|| Grid::new(grid).decode_to(&mut bytes)).ok()?.ok()?;
    let text = String::from_utf8(bytes).ok()?;
    (text.is_ascii() && !text.is_empty()).then_some(text)
}

/// Returns what the code says, if it can be corrected once what is in doubt counts as unknown.
pub(super) fn read(soft: &Soft) -> Option<String> {
    let modules = Modules { side: soft.side(), dark: dark(soft), doubt: soft.doubts() };
    symbol::read(&modules).ok()?.text
}

fn dark(soft: &Soft) -> Vec<bool> {
    soft.modules().map(|shade| shade < 0.0).collect()
}
