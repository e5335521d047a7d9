//! `usher-frames`: door frames as files, for measuring readers.

use std::{
    fs,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use clap::Parser;
use frames::{KINDS, Level, SEVERITIES, Scene};
use image::GrayImage;
use serde_json::json;

/// Draws door frames from a seed: PGM files, and `manifest.jsonl`, which says what each of them holds.
#[derive(Debug, Parser)]
struct Arguments {
    /// The folder they are written to; it is made where it is missing.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// Another seed gives other tickets, places, angles and noise.
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// Frames with a little of everything.
    #[arg(long, default_value_t = 100, value_name = "N")]
    mixed: u64,

    /// Frames of each kind of trouble at each of its four severities.
    #[arg(long, default_value_t = 2, value_name = "N")]
    each: u64,

    /// Frames without a code.
    #[arg(long, default_value_t = 50, value_name = "N")]
    empty: u64,

    /// The error correction level of the tickets' codes: L, M, Q or H.
    #[arg(long, default_value = "Q", value_parser = level)]
    level: Level,

    /// The length of the tickets' texts, in characters of the alphanumeric set: the longest credential has 122.
    #[arg(long, default_value_t = 122, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    characters: u16,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let Arguments { seed, level, .. } = arguments;
    fs::create_dir_all(&arguments.out).with_context(|| format!("could not make {}", arguments.out.display()))?;
    let mut folder = Folder::begin(&arguments.out)?;
    for number in 0..arguments.mixed {
        let seed = mix(seed, number);
        let text = text(seed, arguments.characters);
        folder.add(&format!("mixed-{number:04}"), "mixed", "", &text, &frames::mixed(&text, level, seed))?;
    }
    for kind in KINDS {
        for (degree, severity) in SEVERITIES.into_iter().enumerate() {
            for number in 0..arguments.each {
                // The same scenes for each kind, so that kinds differ by their trouble alone.
                let scene = Scene { seed: mix(seed, number * 4 + degree as u64 + (1 << 32)), kind, severity };
                let text = text(scene.seed, arguments.characters);
                let kind = format!("{kind:?}").to_lowercase();
                let name = format!("{kind}-{degree}-{number:04}");
                folder.add(&name, "kinds", &kind, &text, &frames::render_at(&text, level, &scene))?;
            }
        }
    }
    for number in 0..arguments.empty {
        let picture = frames::without_code(mix(seed, number + (1 << 33)));
        folder.add(&format!("empty-{number:04}"), "no code", "", "", &picture)?;
    }
    println!("{} frames in {}", folder.count, arguments.out.display());
    folder.manifest.flush().context("could not write the manifest")
}

fn level(name: &str) -> Result<Level, String> {
    match name {
        "L" => Ok(Level::L),
        "M" => Ok(Level::M),
        "Q" => Ok(Level::Q),
        "H" => Ok(Level::H),
        _ => Err("a level is L, M, Q or H".to_owned()),
    }
}

/// A folder of frames in the making.
struct Folder<'a> {
    path: &'a Path,
    manifest: BufWriter<fs::File>,
    count: u32,
}

impl<'a> Folder<'a> {
    fn begin(path: &'a Path) -> Result<Self> {
        let manifest = path.join("manifest.jsonl");
        let file = fs::File::create(&manifest).with_context(|| format!("could not write {}", manifest.display()))?;
        Ok(Self { path, manifest: BufWriter::new(file), count: 0 })
    }

    fn add(&mut self, name: &str, set: &str, kind: &str, text: &str, picture: &GrayImage) -> Result<()> {
        let path = self.path.join(format!("{name}.pgm"));
        let head = format!("P5\n{} {}\n255\n", picture.width(), picture.height());
        fs::write(&path, [head.as_bytes(), picture.as_raw()].concat())
            .with_context(|| format!("could not write {}", path.display()))?;
        let expected: Vec<&str> = Some(text).filter(|text| !text.is_empty()).into_iter().collect();
        let line = json!({ "file": path, "set": set, "kind": kind, "expected": expected, "variants": [] });
        self.count += 1;
        writeln!(self.manifest, "{line}").context("could not write the manifest")
    }
}

/// Returns a seed of its own for each number.
const fn mix(seed: u64, number: u64) -> u64 {
    let mixed = (seed ^ number.rotate_left(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 29)).wrapping_add(number)
}

/// Returns a text as a ticket has it: characters of the QR alphanumeric set without any order.
fn text(seed: u64, characters: u16) -> String {
    const ALPHABET: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    let mut state = seed | 1;
    (0..characters)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            ALPHABET.get((state >> 16) as usize % ALPHABET.len()).copied().map_or(' ', char::from)
        })
        .collect()
}
