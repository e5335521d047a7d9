//! `cargo xtask camera`: the terminal's camera path on the kernel's own drivers.
//!
//! A Debian kernel is booted in QEMU with vivid, which injects faults, and v4l2loopback, which shows pictures that are
//! written to it. In it runs `usher`, as this workspace builds it, before both. What is checked there lies in
//! `tests/camera`; here is what brings it to run: [`kernel`] fetches and builds, [`initramfs`] packs, [`machine`] boots
//! and listens.

mod initramfs;
mod kernel;
mod machine;

use std::fs;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::{packages, steps};

#[derive(Args)]
pub(crate) struct Camera {
    /// Install missing packages without asking
    #[arg(long)]
    yes: bool,
    /// Only the checks whose names contain this
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,
    /// Emulate the processor even where KVM would work
    #[arg(long)]
    emulate: bool,
    /// Fetch and build the kernel's parts again
    #[arg(long)]
    fresh: bool,
}

impl Camera {
    pub(crate) fn run(self) -> Result<()> {
        if std::env::consts::ARCH != "x86_64" {
            bail!("the machine that is booted is an x86_64 one; on this processor it isn't tried");
        }
        if self.only.contains(|c: char| !c.is_ascii_alphanumeric() && !" -".contains(c)) {
            bail!("--only takes letters, digits, spaces and dashes");
        }
        packages::require(&[packages::BUILD, packages::CAMERA].concat(), self.yes)?;
        steps::cargo("Building the programs", &["build", "--workspace", "--bins"])?;
        let cache = steps::root().join("target").join("camera");
        if self.fresh && cache.exists() {
            fs::remove_dir_all(&cache).with_context(|| format!("could not remove {}", cache.display()))?;
        }
        fs::create_dir_all(&cache).with_context(|| format!("could not make {}", cache.display()))?;
        let kernel = kernel::Kernel::have(&cache)?;
        let prepared = initramfs::prepare(&cache)?;
        let image = initramfs::pack(&cache, &kernel, &prepared, &self.only)?;
        machine::boot(&cache, &kernel, &image, self.emulate)
    }
}
