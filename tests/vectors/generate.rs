//! Writes the test vectors: `cargo run --bin vectors-generate` from anywhere in the workspace.
//!
//! Frozen files are not to be overwritten lightly: a changed vector is a changed protocol.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "fixed inputs: a wrong one must stop the program")]

mod make;

use std::path::Path;

use anyhow::Context as _;

fn main() -> anyhow::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
    for (name, text) in make::files() {
        let path = folder.join(name);
        std::fs::write(&path, text).with_context(|| format!("could not write {}", path.display()))?;
    }
    Ok(())
}
