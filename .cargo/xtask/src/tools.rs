//! Cargo's further tools, installed when missing.

use std::process::Command;

use anyhow::{Context, Result};

use crate::{python, steps};

/// Installs cargo-nextest, which runs each test in a process of its own.
pub(crate) fn require_nextest() -> Result<()> {
    require("nextest", "cargo-nextest")
}

/// Installs cargo-deny, which judges dependencies.
pub(crate) fn require_deny() -> Result<()> {
    require("deny", "cargo-deny")
}

/// Installs cargo-fuzz, which links programs with libFuzzer.
pub(crate) fn require_cargo_fuzz() -> Result<()> {
    require("fuzz", "cargo-fuzz")
}

/// Returns the compiler's name for the kind of machine that this is.
pub(crate) fn host() -> Result<String> {
    let output = Command::new("rustc").arg("-vV").output().context("could not run rustc")?;
    let told = String::from_utf8_lossy(&output.stdout);
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("rustc does not say what kind of machine this is")
}

fn require(command: &str, package: &str) -> Result<()> {
    if steps::succeeds(steps::cargo_program(), &[command, "--version"]) {
        return Ok(());
    }
    // Unoptimised, because that is there in a third of the time and runs the same tests.
    steps::cargo(&format!("Installing {package}, once, from its source"), &["install", "--locked", "--debug", package])
}

/// Installs the fuzzer of the HTTP interface where its test looks for it.
pub(crate) fn require_fuzzer() -> Result<()> {
    let root = steps::root();
    let requirements = root.join("tests/api/fuzz/requirements.txt");
    python::install("the fuzzer of the interface", &requirements, &root.join("target/fuzzer")).map(|_| ())
}

/// Has rustup add a component that a minimal installation lacks.
pub(crate) fn require_component(command: &str, component: &str) -> Result<()> {
    if steps::succeeds(steps::cargo_program(), &[command, "--version"]) {
        return Ok(());
    }
    steps::run(
        &format!("Installing {component}"),
        Command::new("rustup").args(["component", "add", component]).current_dir(steps::root()),
    )
    .with_context(|| format!("cargo {command} is missing; install Rust's component {component}"))
}

/// Checks dependencies for known faults, where the database of them can be had.
pub(crate) fn check_advisories() -> Result<()> {
    if !steps::succeeds(steps::cargo_program(), &["deny", "fetch", "db"]) {
        steps::heading("Known faults of dependencies");
        println!("   not checked: the advisory database can't be reached");
        return Ok(());
    }
    steps::cargo("Known faults of dependencies", &["deny", "check", "advisories"])
}
