//! Programs in Python that come as wheels, each set in a folder of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::steps;

/// Installs what `requirements` names into `folder`, and returns the interpreter there.
pub(crate) fn install(what: &str, requirements: &Path, folder: &Path) -> Result<PathBuf> {
    let python = folder.join("bin/python");
    if !python.exists() {
        let mut venv = Command::new("python3");
        steps::run(&format!("A place for {what}"), venv.args(["-m", "venv"]).arg(folder))?;
    }
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--no-deps", "--disable-pip-version-check", "--requirement"]);
    steps::run(&format!("Installing {what}"), pip.arg(requirements))?;
    Ok(python)
}
