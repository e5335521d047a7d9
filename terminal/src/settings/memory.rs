//! What this laptop remembers of what staff chose on the screen: never anything about a person.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use sync_protocol::id::{EventId, GateId};
use toml::{Table, Value};

/// The file's name in the data folder.
const MEMORY_FILE: &str = "door.toml";
/// A longer file is not one that this program wrote.
const MEMORY_BYTES_MAX: u64 = 64 * 1024;
/// The key under which a hand scanner's keyboard is kept.
const SCANNER: &str = "scanner";
const HEADING: &str =
    "# What was last chosen on the door screen. Usher writes this file; settings belong into config.toml.\n";

/// Something that staff chose, to be chosen again at the next start.
///
/// But for the scanner, each takes the place of the default of the setting with its name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Memo {
    /// Which camera, as `--camera` takes it.
    Camera(String),
    /// The camera's frames, in pixels.
    Resolution {
        /// How wide.
        width: u32,
        /// How high.
        height: u32,
    },
    /// How the camera's picture is drawn, as `--picture` takes it.
    Picture(String),
    /// What makes tones, as `--sound` takes it.
    Sound(String),
    /// Whether tones are off.
    Mute(bool),
    /// The screen's language, as `--language` takes it.
    Language(String),
    /// The screen's colours, as `--theme` takes it.
    Theme(String),
    /// At which gate of which event this laptop stands; it counts for that event alone.
    Gate(EventId, GateId),
    /// What the hand scanner's keyboard types, each with what it means by it; see [`Memory::scanner`].
    Scanner(BTreeMap<String, String>),
}

impl Memo {
    fn key(&self) -> &'static str {
        match self {
            Self::Camera(_) => "camera",
            Self::Resolution { .. } => "resolution",
            Self::Picture(_) => "picture",
            Self::Sound(_) => "sound",
            Self::Mute(_) => "mute",
            Self::Language(_) => "language",
            Self::Theme(_) => "theme",
            Self::Gate(..) => "gate",
            Self::Scanner(_) => SCANNER,
        }
    }

    fn into_value(self) -> Value {
        match self {
            Self::Camera(text) | Self::Picture(text) | Self::Sound(text) | Self::Language(text) | Self::Theme(text) => {
                Value::String(text)
            }
            Self::Resolution { width, height } => Value::String(format!("{width}x{height}")),
            Self::Gate(event, gate) => Value::String(format!("{event}/{gate}")),
            Self::Mute(is_muted) => Value::Boolean(is_muted),
            Self::Scanner(map) => {
                Value::Table(map.into_iter().map(|(typed, meant)| (typed, Value::String(meant))).collect())
            }
        }
    }
}

/// The file with what staff chose, in the data folder, for all events.
///
/// It is read and written whole each time, so any number of these may be about.
#[derive(Clone, Debug)]
pub struct Memory {
    folder: PathBuf,
}

impl Memory {
    /// Returns the memory of this data folder.
    pub fn in_folder(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Keeps a choice, in place of an earlier one.
    ///
    /// Whatever happens in the meantime, the file is the old or the new one.
    ///
    /// # Errors
    ///
    /// If the file cannot be written. The choice then holds until the program ends.
    pub fn keep(&self, memo: Memo) -> io::Result<()> {
        let mut table = self.recall();
        let key = memo.key();
        let value = memo.into_value();
        if table.get(key) == Some(&value) {
            return Ok(());
        }
        table.insert(key.to_owned(), value);
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        replace(&self.file(), format!("{HEADING}{table}").as_bytes())
    }

    /// Returns what the hand scanner's keyboard types, each with what it means by it; nothing if no
    /// scanner was learned.
    pub fn scanner(&self) -> BTreeMap<String, String> {
        let table = self.recall();
        let pairs = table.get(SCANNER).and_then(Value::as_table).into_iter().flatten();
        pairs.filter_map(|(typed, meant)| Some((typed.clone(), meant.as_str()?.to_owned()))).collect()
    }

    /// Returns everything remembered. Nothing is no error: without a memory the defaults hold.
    pub(super) fn recall(&self) -> Table {
        let file = self.file();
        let is_ours = fs::metadata(&file).is_ok_and(|file| file.len() <= MEMORY_BYTES_MAX);
        let text = if is_ours { fs::read_to_string(&file).unwrap_or_default() } else { String::new() };
        text.parse().unwrap_or_default()
    }

    /// Returns the file.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.join(MEMORY_FILE)
    }
}

/// Puts a new file in the place of an old one, which stays until the new one is on the disk.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = path.with_extension(uuid::Uuid::new_v4().simple().to_string());
    let write = || {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    write().inspect_err(|_| drop(fs::remove_file(&beside)))?;
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn what_was_chosen_is_known_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("not made yet");
        let scanner: BTreeMap<_, _> = [("ö", ";"), ("\"", "@"), (".", "."), ("=", "\\")]
            .map(|(typed, meant)| (typed.to_owned(), meant.to_owned()))
            .into();

        let memory = Memory::in_folder(&folder);
        memory.keep(Memo::Camera("Logi \"C920\"".into())).unwrap();
        memory.keep(Memo::Mute(true)).unwrap();
        memory.keep(Memo::Scanner(scanner.clone())).unwrap();
        memory.keep(Memo::Mute(false)).unwrap();
        memory.keep(Memo::Resolution { width: 640, height: 480 }).unwrap();

        let memory = Memory::in_folder(&folder);
        assert_eq!(memory.scanner(), scanner);
        let table = memory.recall();
        assert_eq!(table.get("camera").and_then(Value::as_str), Some("Logi \"C920\""));
        assert_eq!(table.get("mute").and_then(Value::as_bool), Some(false));
        assert_eq!(table.get("resolution").and_then(Value::as_str), Some("640x480"));
    }

    #[test]
    fn the_file_is_private_and_nothing_else_is_left_behind() {
        let folder = tempfile::tempdir().unwrap();
        let memory = Memory::in_folder(folder.path());

        memory.keep(Memo::Theme("light".into())).unwrap();
        memory.keep(Memo::Theme("dark".into())).unwrap();

        let files: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
        assert_eq!(files, [MEMORY_FILE]);
        assert_eq!(fs::metadata(memory.file()).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_damaged_memory_is_forgotten_and_a_newer_one_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let memory = Memory::in_folder(folder.path());

        fs::write(memory.file(), "camera = \u{0}").unwrap();
        memory.keep(Memo::Mute(true)).unwrap();
        assert_eq!(memory.recall().len(), 1);

        fs::write(memory.file(), "of-a-newer-version = 7").unwrap();
        memory.keep(Memo::Mute(true)).unwrap();
        assert_eq!(memory.recall().len(), 2);
    }
}
