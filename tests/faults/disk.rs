//! A disk that fills up, turns read-only or fails while programs write to it: nothing is shown or acknowledged that
//! was not written, what to do is said, and it goes on once the disk is well.

pub(crate) mod of_server;
pub(crate) mod of_terminal;

use std::fs;
use std::path::{Path, PathBuf};

use harness::fake_camera::compile;
use rand::RngExt as _;
use rand::rngs::StdRng;

/// What its source says can be ordered.
const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/faults/failing_disk.c");

/// What ails a disk.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Order {
    Full,
    Torn,
    ReadOnly,
    Unsynced,
}

impl Order {
    fn draw(chance: &mut StdRng) -> Self {
        match chance.random_range(0..4) {
            0 => Self::Full,
            1 => Self::Torn,
            2 => Self::ReadOnly,
            _ => Self::Unsynced,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Torn => "torn",
            Self::ReadOnly => "read-only",
            Self::Unsynced => "unsynced",
        }
    }

    const fn counted(self) -> &'static str {
        match self {
            Self::Full => "disks without room",
            Self::Torn => "disks without room half-way",
            Self::ReadOnly => "read-only disks",
            Self::Unsynced => "disks that fail to sync",
        }
    }
}

/// A disk that fails when it is told to.
struct Disk {
    library: PathBuf,
    order: PathBuf,
    /// Below which it fails.
    folder: PathBuf,
}

impl Disk {
    /// A disk whose part below `folder` fails; what makes it fail lies in `beside`.
    fn of(folder: &Path, beside: &Path) -> anyhow::Result<Self> {
        Ok(Self { library: compile(SOURCE, beside)?, order: beside.join("order"), folder: folder.to_owned() })
    }

    /// What a program that is to use it needs in its environment.
    fn environment(&self) -> [(&'static str, &Path); 3] {
        [("LD_PRELOAD", &self.library), ("FAILING_DISK_ORDER", &self.order), ("FAILING_DISK_FOLDER", &self.folder)]
    }

    fn fail(&self, order: Order) -> anyhow::Result<()> {
        Ok(fs::write(&self.order, order.word())?)
    }

    fn mend(&self) -> anyhow::Result<()> {
        Ok(fs::write(&self.order, "")?)
    }
}
