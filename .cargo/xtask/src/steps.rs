//! Steps with a heading, run one after another until one fails.

use std::env;
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// Says what comes.
pub(crate) fn heading(what: &str) {
    println!("\n== {what}");
}

/// Runs cargo in the workspace under a heading and says how long it took.
pub(crate) fn cargo(what: &str, arguments: &[&str]) -> Result<()> {
    cargo_with(what, arguments, &[])
}

/// Runs cargo as [`cargo`] does, with further environment variables.
pub(crate) fn cargo_with(what: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Result<()> {
    let mut command = Command::new(cargo_program());
    command.envs(environment.iter().copied());
    // What `cargo run` told this program about itself would look like a change to build scripts that watch it, and
    // their crates would be compiled again.
    for (name, _) in env::vars_os() {
        let is_about_us = name.to_str().is_some_and(|name| {
            ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"].iter().any(|start| name.starts_with(start))
        });
        if is_about_us {
            command.env_remove(name);
        }
    }
    command.args(arguments);
    run(what, command.current_dir(root()))
}

/// Runs a command under a heading and says how long it took.
pub(crate) fn run(what: &str, command: &mut Command) -> Result<()> {
    heading(what);
    let started = Instant::now();
    let status =
        command.status().with_context(|| format!("could not run {}", command.get_program().to_string_lossy()))?;
    if !status.success() {
        bail!("{what}: {status}");
    }
    println!("   {}", duration(started.elapsed()));
    Ok(())
}

/// Replaces this process by a program that lies beside it, so that Ctrl-C reaches that program alone.
pub(crate) fn become_program(name: &str, arguments: &[&str]) -> Result<()> {
    let program = env::current_exe().context("could not ask where this program lies")?.with_file_name(name);
    let error = Command::new(&program).args(arguments).exec();
    Err(error).with_context(|| format!("could not run {}", program.display()))
}

/// Returns whether a command runs and succeeds; says nothing.
pub(crate) fn succeeds(program: impl Into<OsString>, arguments: &[&str]) -> bool {
    Command::new(program.into()).args(arguments).current_dir(root()).output().is_ok_and(|out| out.status.success())
}

/// Returns the cargo that runs this program.
pub(crate) fn cargo_program() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// Returns the workspace's folder.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// Says a span of time as people do.
pub(crate) fn duration(span: Duration) -> String {
    match span.as_secs() {
        0..60 => format!("{:.1} s", span.as_secs_f64()),
        seconds => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}
