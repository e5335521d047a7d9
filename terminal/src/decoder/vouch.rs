//! Modules to a text that the code's own error correction vouches for.

use super::{soft::Soft, text};

/// Returns what the code says, if it can be corrected.
pub(super) fn read(soft: &Soft) -> Option<String> {
    let side = soft.side();
    let dark: Vec<bool> = soft.modules().map(|shade| shade < 0.0).collect();
    let grid = rqrr::SimpleGrid::from_func(side, |x, y| dark.get(y * side + x).copied().unwrap_or(false));
    let mut bytes = Vec::new();
    rqrr::Grid::new(grid).decode_to(&mut bytes).ok()?;
    text::of(bytes)
}
