//! Compiles the fake camera: a library that, preloaded into a program, shows it a V4L2 device.

use std::{
    io,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, bail};

/// Its source, which lies beside its tests and says what can be set.
const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fake_camera/fake_v4l2.c");

/// Compiles the library into `folder` and returns its path, for `LD_PRELOAD`.
///
/// # Errors
///
/// If there is no C compiler, with what to install, or if it fails.
pub fn build(folder: &Path) -> anyhow::Result<PathBuf> {
    let library = folder.join("libfake_v4l2.so");
    let compiled =
        Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(SOURCE).arg("-ldl").output();
    match compiled {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            bail!("the fake camera needs a C compiler: apt-get install gcc libc6-dev")
        }
        Err(error) => Err(error).context("cc can't be run"),
        Ok(output) if !output.status.success() => {
            bail!("the fake camera doesn't compile:\n{}", String::from_utf8_lossy(&output.stderr))
        }
        Ok(_) => Ok(library),
    }
}
