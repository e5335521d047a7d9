//! Where the programs under test are.

use std::path::PathBuf;

/// Returns the path of the `usher` program that belongs to the running test.
///
/// # Panics
///
/// If it is not built: tests are run for the whole workspace, which builds it.
pub fn usher() -> PathBuf {
    program("usher")
}

fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a running program has a path");
    // Tests run from `target/PROFILE/deps`, programs lie in `target/PROFILE`.
    let folder = test.parent().and_then(|deps| deps.parent()).expect("a test lies two folders deep");
    let path = folder.join(name);
    assert!(path.is_file(), "{} is missing: run `cargo build --workspace` first", path.display());
    path
}
