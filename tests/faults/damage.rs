//! Files that are not what was written: a program that opens them works, or says that they are damaged and what to do.

pub(crate) mod of_server;
pub(crate) mod of_terminal;

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use rand::RngExt as _;
use rand::rngs::StdRng;

/// SQLite's, in bytes.
const PAGE: usize = 4_096;

/// What was done to a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Damage {
    /// Some of its bytes are others.
    Flipped,
    /// One of its pages is empty.
    Emptied,
    /// Its end is missing.
    Cut,
}

impl Damage {
    fn draw(chance: &mut StdRng) -> Self {
        match chance.random_range(0..4) {
            0 | 1 => Self::Flipped,
            2 => Self::Emptied,
            _ => Self::Cut,
        }
    }

    const fn counted(self) -> &'static str {
        match self {
            Self::Flipped => "files with flipped bytes",
            Self::Emptied => "files with an empty page",
            Self::Cut => "files cut short",
        }
    }

    /// Does it to a file.
    fn cause(self, file: &Path, chance: &mut StdRng) -> anyhow::Result<()> {
        const FLIPPED_MAX: usize = 8;
        let mut bytes = fs::read(file).with_context(|| format!("could not read {}", file.display()))?;
        if bytes.is_empty() {
            return Ok(());
        }
        match self {
            Self::Flipped => {
                for _ in 0..chance.random_range(1..=FLIPPED_MAX) {
                    let at = chance.random_range(0..bytes.len());
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte ^= chance.random_range(1..=u8::MAX);
                    }
                }
            }
            Self::Emptied => {
                let page = chance.random_range(0..bytes.len().div_ceil(PAGE));
                bytes.iter_mut().skip(page * PAGE).take(PAGE).for_each(|byte| *byte = 0);
            }
            Self::Cut => bytes.truncate(chance.random_range(0..bytes.len())),
        }
        Ok(fs::write(file, bytes)?)
    }
}

/// Copies a folder and what is in it.
fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
