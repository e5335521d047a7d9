//! `cargo xtask bench reading`: our reader and those of others, on the same pictures, in one run.
//!
//! Each picture is made a grey file once, so that all see the same bytes. A reader answers one picture at a time; what
//! counts is the processor's work on its thread. One that takes too long is stopped and begun again after the picture.
//! Nothing of this is part of the product or of its tests: the other readers live in `tests/reading`.

mod drivers;
mod table;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde::Deserialize;

use self::drivers::{Installed, READERS};
use self::table::{Answer, Outcome};
use crate::{packages, python, steps};

#[derive(Args)]
#[command(after_help = "Examples:
  cargo xtask bench reading                        door frames of seed 1
  cargo xtask bench reading --seed 7 --frames 200  others, and more of them
  cargo xtask bench reading --images photos/       real photos: a folder with expected.json, or
                                                   NAME.txt beside NAME.jpg, and folders of such
  cargo xtask bench reading --only usher,zxing-cpp-cascade --json")]
pub(crate) struct Reading {
    /// Install missing packages without asking
    #[arg(long)]
    yes: bool,
    /// Read the photos in this folder and in its folders; may be given several times
    #[arg(long, value_name = "DIR")]
    images: Vec<PathBuf>,
    /// Draw door frames from this seed [default: 1, unless there are photos]
    #[arg(long)]
    seed: Option<u64>,
    /// Draw so many mixed door frames, a fiftieth of it of each kind and severity, and half of it without a code
    /// [default: 100, unless there are photos]
    #[arg(long, value_name = "N")]
    frames: Option<u64>,
    /// The error correction level of the drawn codes
    #[arg(long, default_value = "Q", value_parser = ["L", "M", "Q", "H"])]
    level: String,
    /// Only these readers
    #[arg(long, value_delimiter = ',', value_name = "READER", value_parser = READERS.map(|reader| reader.name))]
    only: Vec<String>,
    /// Photos whose longer side has more pixels are reduced to so many, for all readers alike
    #[arg(long, default_value_t = 1920, value_name = "PIXELS")]
    side_max: u32,
    /// The `usher` to measure, instead of building it
    #[arg(long, value_name = "PROGRAM")]
    usher: Option<PathBuf>,
    /// Print a line of JSON for each set, kind and reader instead of tables
    #[arg(long)]
    json: bool,
}

/// A picture to be read.
#[derive(Clone, Debug, Deserialize)]
struct Picture {
    file: PathBuf,
    /// What it is one of: a folder of photos, or a set of frames.
    set: String,
    /// Its kind of trouble, if it has one of its own.
    kind: String,
    /// What it says; nothing where there is no code.
    expected: Vec<String>,
    /// The same codes in another encoding: neither right nor wrong.
    variants: Vec<String>,
}

impl Reading {
    pub(crate) fn run(&self) -> Result<()> {
        packages::require(&[packages::BUILD, packages::READING].concat(), self.yes)?;
        let folder = steps::root().join("target/reading");
        fs::create_dir_all(&folder).with_context(|| format!("could not make {}", folder.display()))?;
        let installed = self.install(&folder)?;

        let mut pictures = Vec::new();
        if !self.images.is_empty() {
            pictures.extend(self.photos(&folder, &installed)?);
        }
        if self.images.is_empty() || self.seed.is_some() || self.frames.is_some() {
            pictures.extend(self.frames(&folder)?);
        }
        let mut answers = Vec::new();
        for reader in READERS.iter().filter(|reader| self.only.is_empty() || self.only.iter().any(|o| o == reader.name))
        {
            steps::heading(&format!("{}: {}", reader.name, reader.what));
            for (picture, read) in pictures.iter().zip(installed.read(reader, &pictures)?) {
                let outcome = Outcome::of(&read.texts, &picture.expected, &picture.variants);
                let (set, kind) = (picture.set.clone(), picture.kind.clone());
                answers.push(Answer { reader: reader.name, set, kind, outcome, ms: read.ms });
            }
            println!("   {} pictures", pictures.len());
        }
        println!();
        if self.json { table::lines(&answers) } else { table::tables(&answers) }
            .iter()
            .for_each(|line| println!("{line}"));
        Ok(())
    }

    /// Builds our programs and the readers in Rust, and installs those in Python.
    fn install(&self, folder: &Path) -> Result<Installed> {
        let usher = match &self.usher {
            Some(usher) => usher.clone(),
            None => {
                steps::cargo("Building usher, optimised", &["build", "--release", "--bin", "usher"])?;
                steps::root().join("target/release/usher")
            }
        };
        steps::cargo("Building the frames' drawer", &["build", "--workspace", "--bin", "usher-frames"])?;
        let own = steps::root().join("tests/reading");
        let build = folder.join("build");
        let manifest = own.join("Cargo.toml");
        let arguments = ["build", "--release", "--locked", "--manifest-path"].map(Path::new);
        let arguments = [&arguments[..], &[&manifest, "--target-dir".as_ref(), &build]].concat();
        let arguments: Vec<&str> = arguments.into_iter().filter_map(Path::to_str).collect();
        steps::cargo("Building the readers in Rust", &arguments)?;

        let python = python::install("the readers in Python", &own.join("requirements.txt"), &folder.join("python"))?;
        Ok(Installed { usher, rust: build.join("release/usher-reading"), python, script: own.join("readers.py") })
    }

    fn photos(&self, folder: &Path, installed: &Installed) -> Result<Vec<Picture>> {
        let out = fresh(&folder.join("photos"))?;
        let mut convert = Command::new(&installed.rust);
        convert.arg("luma").arg(&out).arg(self.side_max.to_string()).args(&self.images);
        steps::run("Photos in grey", &mut convert)?;
        manifest(&out)
    }

    fn frames(&self, folder: &Path) -> Result<Vec<Picture>> {
        let out = fresh(&folder.join("frames"))?;
        let count = self.frames.unwrap_or(100);
        let mut draw = Command::new(steps::root().join("target/debug/usher-frames"));
        draw.arg("--out").arg(&out).args(["--level", &self.level]);
        let numbers = [("--seed", self.seed.unwrap_or(1)), ("--mixed", count), ("--empty", count.div_ceil(2))];
        for (flag, number) in numbers.into_iter().chain([("--each", count.div_ceil(50))]) {
            draw.args([flag, &number.to_string()]);
        }
        steps::run("Drawing door frames", &mut draw)?;
        manifest(&out)
    }
}

/// Returns an empty folder.
fn fresh(folder: &Path) -> Result<PathBuf> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("could not empty {}", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("could not make {}", folder.display()))?;
    Ok(folder.to_owned())
}

fn manifest(folder: &Path) -> Result<Vec<Picture>> {
    let path = folder.join("manifest.jsonl");
    let text = fs::read_to_string(&path).with_context(|| format!("could not read {}", path.display()))?;
    let pictures: serde_json::Result<Vec<Picture>> = text.lines().map(serde_json::from_str).collect();
    let pictures = pictures.with_context(|| format!("{} is not understood", path.display()))?;
    if pictures.is_empty() {
        bail!("there are no pictures in {}", folder.display());
    }
    Ok(pictures)
}
