//! The machine: what it is, and what the program takes of its disk.

use std::fs;
use std::path::Path;

use serde::Serialize;
use serde_json::{Map, Value, json};

/// What the machine is.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Machine {
    usher: &'static str,
    system: Option<String>,
    kernel: Option<String>,
    architecture: &'static str,
    processors: usize,
    memory_kib: Option<u64>,
    up_s: Option<u64>,
}

impl Machine {
    /// Looks at this machine.
    pub(crate) fn look() -> Self {
        let read = |path: &str| fs::read_to_string(path).ok();
        let release = read("/etc/os-release").unwrap_or_default();
        let system = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
        let memory = read("/proc/meminfo").unwrap_or_default();
        let memory = memory.lines().find_map(|line| line.strip_prefix("MemTotal:"));
        let up = read("/proc/uptime").unwrap_or_default();
        Self {
            usher: env!("CARGO_PKG_VERSION"),
            system: system.map(|name| name.trim_matches('"').to_owned()),
            kernel: read("/proc/sys/kernel/osrelease").map(|text| text.trim().to_owned()),
            architecture: std::env::consts::ARCH,
            processors: std::thread::available_parallelism().map_or(0, usize::from),
            memory_kib: memory.and_then(|text| text.split_whitespace().next()?.parse().ok()),
            up_s: up.split('.').next().and_then(|seconds| seconds.parse().ok()),
        }
    }
}

/// Returns the lengths of the files in `folder` and the folders in it, in bytes. Folders are numbered: their names are
/// events.
pub(crate) fn sizes(folder: &Path) -> Value {
    let mut files = Map::new();
    let mut events = Vec::new();
    let mut entries: Vec<_> = fs::read_dir(folder).into_iter().flatten().flatten().collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if path.is_dir() {
            events.push(sizes(&path));
        } else if let Some(name) = entry.file_name().to_str().filter(|name| is_ours(name)) {
            files.insert(name.to_owned(), json!(entry.metadata().map_or(0, |file| file.len())));
        }
    }
    if events.is_empty() { json!(files) } else { json!({ "files": files, "events": events }) }
}

/// Whether the program itself gives files such names. Whoever lays others here may name them as they like.
fn is_ours(name: &str) -> bool {
    const OURS: &[&str] = &[
        "store.db",
        "store.db-wal",
        "store.db-shm",
        "journal.copy",
        "reserve",
        "lock",
        "trial",
        "config.toml",
        "door.toml",
    ];
    OURS.contains(&name) || name.starts_with("usher.log")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_the_programs_own_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let event = folder.path().join("0192a3b4-c5d6-7e8f-9a0b-1c2d3e4f5a6b");
        fs::create_dir(&event).unwrap();
        fs::write(event.join("store.db"), [0; 300]).unwrap();
        fs::write(folder.path().join("door.toml"), [0; 20]).unwrap();
        fs::write(folder.path().join("Ada Lovelace.pdf"), [0; 20]).unwrap();

        let told = sizes(folder.path());

        assert_eq!(told, json!({ "files": { "door.toml": 20 }, "events": [{ "store.db": 300 }] }));
    }
}
