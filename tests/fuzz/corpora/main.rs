//! The fuzzers' corpora: from the committed files to folders of inputs, and back.
//!
//! `usher-fuzz-corpora lay-out FOLDER` writes seeds, committed inputs and findings of each target as files into a folder
//! of its name. `usher-fuzz-corpora keep FOLDER` commits what lies in such folders, as much of it as is to be kept.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a wrong vector must stop the writing")]

mod protocol;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Parser;
use sync_protocol::hash::sha256;
use usher_fuzz_targets::{TARGETS, Target, corpus};

/// As many inputs of a target are kept.
const INPUTS_MAX: usize = 240;
/// As long as they are together, in bytes; a file has twice as many characters.
const BYTES_MAX: usize = 40 * 1024;

/// Inputs by target.
type Seeds = Vec<(&'static str, Vec<u8>)>;

#[derive(Parser)]
enum Arguments {
    /// Writes a folder of inputs for each target: seeds, what is committed, and findings
    LayOut { folder: PathBuf },
    /// Commits what lies in such folders
    Keep { folder: PathBuf },
}

fn main() -> Result<()> {
    match Arguments::parse() {
        Arguments::LayOut { folder } => lay_out(&folder),
        Arguments::Keep { folder } => TARGETS.iter().try_for_each(|target| keep(target, &folder.join(target.name))),
    }
}

fn lay_out(folder: &Path) -> Result<()> {
    let mut inputs = protocol::seeds();
    for target in TARGETS {
        for place in ["corpus", "found"] {
            inputs.extend(committed(target, place)?.into_iter().map(|input| (target.name, input)));
        }
        let folder = folder.join(target.name);
        std::fs::create_dir_all(&folder)?;
        let of_target = inputs.iter().filter(|(name, input)| *name == target.name && input.len() <= target.bytes_max);
        for (_, input) in of_target {
            let name = hex::encode(&sha256(&[input])[..16]);
            std::fs::write(folder.join(name), input)?;
        }
    }
    Ok(())
}

/// Writes the corpus of a target: inputs from short to long, every so manieth if there are too many.
fn keep(target: &Target, folder: &Path) -> Result<()> {
    let mut inputs = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("there is nothing of {}", target.name))? {
        inputs.push(std::fs::read(entry?.path())?);
    }
    inputs.sort_unstable_by_key(Vec::len);
    let bytes: usize = inputs.iter().map(Vec::len).sum();
    let every = inputs.len().div_ceil(INPUTS_MAX).max(bytes.div_ceil(BYTES_MAX)).max(1);
    let kept: Vec<_> = inputs.into_iter().step_by(every).collect();
    println!("{}: {} inputs of {} bytes", target.name, kept.len(), kept.iter().map(Vec::len).sum::<usize>());
    Ok(std::fs::write(file(target, "corpus"), corpus::write(kept))?)
}

fn committed(target: &Target, place: &str) -> Result<Vec<Vec<u8>>> {
    let file = file(target, place);
    if !file.exists() {
        return Ok(Vec::new());
    }
    let text = std::fs::read_to_string(&file)?;
    corpus::parse(&text).map_err(|line| anyhow::anyhow!("{}, line {line}: no bytes in hexadecimal", file.display()))
}

fn file(target: &Target, place: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../{place}/{}.hex", target.name))
}
