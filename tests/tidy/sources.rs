//! The project's files, and Rust sources taken apart.

use std::fs;
use std::path::{Path, PathBuf};

use crate::lexer;

/// A text file.
#[derive(Clone)]
pub(crate) struct File {
    /// Path from the workspace's folder.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// A Rust file without its unit tests.
pub(crate) struct Source {
    /// Path from the workspace's folder.
    pub(crate) path: String,
    /// The number of lines before the unit tests.
    pub(crate) lines: usize,
    /// The whole file's text.
    pub(crate) text: String,
    /// The code, without comments, tests and the insides of string literals.
    pub(crate) code: String,
    /// The insides of string literals, without those in tests.
    pub(crate) strings: Vec<String>,
}

impl Source {
    pub(crate) fn of(path: &str, text: &str) -> Self {
        let shipped = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        let (code, strings) = lexer::split(shipped);
        Self { path: path.into(), lines: shipped.lines().count(), text: text.into(), code, strings }
    }
}

/// Returns the workspace's folder.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the workspace").to_owned()
}

/// Reads every Rust file of the project.
pub(crate) fn rust() -> Vec<Source> {
    let files = texts().into_iter().filter(|file| file.path.ends_with(".rs"));
    files.map(|file| Source::of(&file.path, &file.text)).collect()
}

/// Reads every text file of the project but the lock file, sorted by path.
pub(crate) fn texts() -> Vec<File> {
    let mut files = Vec::new();
    walk(&root(), &root(), &mut files);
    files.sort_by(|one, other| one.path.cmp(&other.path));
    assert!(files.len() > 50, "the project's files are not where they are looked for");
    files
}

fn walk(root: &Path, folder: &Path, files: &mut Vec<File>) {
    for entry in fs::read_dir(folder).expect("a folder of the project can be read").flatten() {
        let path = entry.path();
        let name = entry.file_name();
        if entry.file_type().expect("a file has a type").is_dir() {
            let is_built = name == ".git" || path.join("CACHEDIR.TAG").exists();
            if !is_built {
                walk(root, &path, files);
            }
        } else if name != "Cargo.lock"
            && name != ".git"
            && let Ok(text) = fs::read_to_string(&path)
        {
            let path = path.strip_prefix(root).expect("the walk began there").to_string_lossy().into_owned();
            files.push(File { path, text });
        }
    }
}
