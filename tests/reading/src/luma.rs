//! Photos as grey pictures, the same bytes for every reader, with what they should say.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufWriter, Write as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use image::{DynamicImage, imageops::FilterType};
use serde::Deserialize;
use serde_json::json;

const ENDINGS: [&str; 8] = ["png", "jpg", "jpeg", "pgm", "ppm", "bmp", "gif", "webp"];

/// What separates the texts of several codes in a text file beside its picture.
const SEPARATOR: char = '\u{1e}';

/// What a picture should say, in a folder's `expected.json`.
#[derive(Debug, Deserialize)]
struct Expected {
    expected: Vec<String>,
    /// The same codes, read in another encoding: neither right nor wrong.
    #[serde(default)]
    charset_variants: Vec<String>,
}

/// Writes the pictures below `folders` to `out`.
pub(crate) fn convert(out: &Path, side_max: u32, folders: &[&str]) -> Result<()> {
    fs::create_dir_all(out).with_context(|| format!("could not make {}", out.display()))?;
    let mut manifest = BufWriter::new(fs::File::create(out.join("manifest.jsonl"))?);
    let mut count = 0;
    for folder in folders {
        for (set, path) in pictures(folder.as_ref())? {
            let Some(Expected { expected, charset_variants }) = expected(&path)? else { continue };
            let name = path.file_name().map(|name| name.to_string_lossy().replace('.', "-")).unwrap_or_default();
            let file = out.join(format!("{count:05}-{name}.pgm"));
            let Ok(picture) = image::ImageReader::open(&path)?.with_guessed_format()?.decode() else {
                eprintln!("{} is left out: it can't be opened", path.display());
                continue;
            };
            let picture = grey(picture, side_max);
            let head = format!("P5\n{} {}\n255\n", picture.width(), picture.height());
            fs::write(&file, [head.as_bytes(), picture.as_raw()].concat())
                .with_context(|| format!("could not write {}", file.display()))?;
            let line =
                json!({ "file": file, "set": set, "kind": "", "expected": expected, "variants": charset_variants });
            writeln!(manifest, "{line}")?;
            count += 1;
        }
    }
    manifest.flush()?;
    if count == 0 {
        bail!("no picture there says what it should say, in expected.json or in a .txt file beside it");
    }
    println!("{count} pictures in {}", out.display());
    Ok(())
}

/// Returns the pictures of a folder and those of its folders, each with its folder's name.
fn pictures(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let set = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        for entry in fs::read_dir(&folder).with_context(|| format!("could not open {}", folder.display()))? {
            let path = entry?.path();
            let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
            if path.is_dir() {
                folders.push(path);
            } else if ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str())) {
                found.push((set.clone(), path));
            }
        }
    }
    found.sort();
    Ok(found)
}

fn expected(picture: &Path) -> Result<Option<Expected>> {
    let table = picture.with_file_name("expected.json");
    if let Ok(text) = fs::read_to_string(&table) {
        let mut all: BTreeMap<String, Expected> =
            serde_json::from_str(&text).with_context(|| format!("{} is not understood", table.display()))?;
        let name = picture.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        return Ok(all.remove(&name));
    }
    let Ok(text) = fs::read_to_string(picture.with_extension("txt")) else { return Ok(None) };
    let expected = text.split(SEPARATOR).filter(|text| !text.is_empty()).map(str::to_owned).collect();
    Ok(Some(Expected { expected, charset_variants: Vec::new() }))
}

/// Returns the picture in grey, what is transparent over white, reduced by averaging.
fn grey(picture: DynamicImage, side_max: u32) -> image::GrayImage {
    let long = picture.width().max(picture.height());
    let picture = if picture.color().has_alpha() { over_white(&picture) } else { picture.into_luma8() };
    if long <= side_max {
        return picture;
    }
    let scale = |side: u32| (u64::from(side) * u64::from(side_max) / u64::from(long)).max(1) as u32;
    image::imageops::resize(&picture, scale(picture.width()), scale(picture.height()), FilterType::Triangle)
}

fn over_white(picture: &DynamicImage) -> image::GrayImage {
    let grey = picture.to_luma_alpha8();
    image::GrayImage::from_fn(grey.width(), grey.height(), |x, y| {
        let [luma, alpha] = grey.get_pixel(x, y).0.map(u32::from);
        image::Luma([((luma * alpha + 255 * (255 - alpha)) / 255) as u8])
    })
}
