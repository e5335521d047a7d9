//! Modules to a text that the code's own error correction vouches for.

use super::{
    soft::Soft,
    symbol::{self, Modules},
};

/// Returns what the code says, if it can be corrected.
pub(super) fn read(soft: &Soft) -> Option<String> {
    let dark = soft.modules().map(|shade| shade < 0.0).collect();
    let modules = Modules { side: soft.side(), dark, doubt: soft.doubts().collect() };
    symbol::read(&modules).ok()?.text
}
