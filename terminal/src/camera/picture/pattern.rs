//! File names with `*`, `?` and `[...]`, for shells that leave them as they are and for quoted ones.

use std::path::{Path, PathBuf};

/// The most paths that one pattern stands for.
const MATCHES_MAX: usize = 1_000_000;

/// Says whether `path` is meant as a pattern.
pub(super) fn is_pattern(path: &Path) -> bool {
    path.to_str().is_some_and(|text| text.contains(['*', '?', '[']))
}

/// Returns what the pattern `path` stands for, sorted; nothing if it is none, or malformed.
pub(super) fn matches(path: &Path) -> Vec<PathBuf> {
    if !is_pattern(path) {
        return Vec::new();
    }
    let matched = path.to_str().and_then(|text| glob::glob(text).ok());
    matched.into_iter().flatten().filter_map(Result::ok).take(MATCHES_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_pattern_stands_for_other_paths() {
        assert!(is_pattern(Path::new("photos/*.jpg")) && is_pattern(Path::new("photo-[0-9].jpg")));
        assert!(!is_pattern(Path::new("photo.jpg")));
        assert!(matches(Path::new("Cargo.toml")).is_empty());
        assert!(matches(Path::new("photos/***.jpg")).is_empty(), "no pattern has three stars");
    }
}
