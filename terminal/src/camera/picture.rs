//! Image files to frames, with the bounds checked before anything is allocated.
//!
//! The content decides the format, not the file's name. Transparency is laid over white, as a
//! screen shows it.

mod pattern;

use std::{
    fs::File,
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
};

use image::{ColorType, DynamicImage, ImageDecoder, ImageReader, Limits, error::ImageError};

use super::{FRAME_PIXELS_MAX, Frame, FrameError, check_size};
use crate::contained;

/// The longest image file that is read, in bytes.
pub const FILE_BYTES_MAX: u64 = 256 << 20;

/// The most memory for what stands before a picture's size, in bytes.
const HEADER_BYTES_MAX: u64 = 64 << 20;

/// The endings of files taken from a folder, in lower case.
pub const ENDINGS: &[&str] = &["png", "jpg", "jpeg", "pgm", "ppm", "pbm", "pnm", "gif", "webp"];

/// How deep folders may lie within folders.
const DEPTH_MAX: usize = 16;

/// Why a file yields no frame.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// The file can't be read.
    #[error("the file can't be read")]
    Unreadable(#[source] io::Error),
    /// No file has a name of this pattern.
    #[error("no file has such a name")]
    NothingMatches,
    /// It is longer than any picture should be.
    #[error("the file has more than {FILE_BYTES_MAX} bytes")]
    TooLong,
    /// It is no picture of a known format.
    #[error("not a PNG, JPEG, PNM, GIF or WebP picture")]
    UnknownFormat,
    /// It begins like a picture and is damaged, cut short, or of an unknown kind.
    #[error("the picture is damaged or of a kind that can't be read")]
    Damaged(#[source] ImageError),
    /// Its size is outside the bounds.
    #[error("the picture's size is out of bounds")]
    Size(#[from] FrameError),
    /// The image library gave up in an unforeseen way.
    #[error("the picture can't be read")]
    Unforeseen,
}

/// Reads the picture in the file at `path`.
///
/// # Errors
///
/// Every [`PictureError`].
pub fn read(path: &Path) -> Result<Frame, PictureError> {
    let file = File::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound if pattern::is_pattern(path) => PictureError::NothingMatches,
        _ => PictureError::Unreadable(error),
    })?;
    let mut bytes = Vec::new();
    BufReader::new(file).take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(PictureError::Unreadable)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(PictureError::TooLong);
    }
    decode(&bytes)
}

/// Reads the picture in `bytes`.
///
/// # Errors
///
/// Every [`PictureError`] but those of files: [`PictureError::Unreadable`], [`PictureError::NothingMatches`] and
/// [`PictureError::TooLong`].
pub fn decode(bytes: &[u8]) -> Result<Frame, PictureError> {
    // Image libraries meet hostile files for a living and still panic now and then.
    contained::run(|| decode_unguarded(bytes)).unwrap_or(Err(PictureError::Unforeseen))
}

fn decode_unguarded(bytes: &[u8]) -> Result<Frame, PictureError> {
    let mut reader =
        ImageReader::new(io::Cursor::new(bytes)).with_guessed_format().map_err(PictureError::Unreadable)?;
    if reader.format().is_none() {
        return Err(PictureError::UnknownFormat);
    }
    // What stands before the size, such as compressed comments and colour profiles, is bounded too.
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(HEADER_BYTES_MAX);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(PictureError::Damaged)?;
    let (width, height) = decoder.dimensions();
    check_size(width, height)?;
    let mut limits = Limits::no_limits();
    // Eight bytes a pixel is the widest kind: 16 bits in four channels.
    limits.max_alloc = Some(FRAME_PIXELS_MAX * 8 + (1 << 20));
    decoder.set_limits(limits).map_err(PictureError::Damaged)?;
    let picture = DynamicImage::from_decoder(decoder).map_err(PictureError::Damaged)?;
    let grey = if picture.color().has_alpha() { over_white(&picture) } else { picture.into_luma8() };
    Ok(Frame::new(width, height, grey.into_raw())?)
}

fn over_white(picture: &DynamicImage) -> image::GrayImage {
    debug_assert!(matches!(
        picture.color(),
        ColorType::La8 | ColorType::La16 | ColorType::Rgba8 | ColorType::Rgba16 | ColorType::Rgba32F
    ));
    let grey = picture.to_luma_alpha8();
    image::GrayImage::from_fn(grey.width(), grey.height(), |x, y| {
        let [luma, alpha] = grey.get_pixel(x, y).0.map(u32::from);
        image::Luma([((luma * alpha + 255 * (255 - alpha)) / 255) as u8])
    })
}

/// Returns the files that `paths` name: a file as it is, a folder as the pictures within it and its
/// folders, sorted by path, and what is neither as a pattern (`*`, `?`, `[a-z]`, `**` for any folders)
/// of such names. Paths that can't be read are returned as they are, to be reported when read.
pub fn expand(paths: &[PathBuf]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for path in paths {
        let matches = if path.exists() { Vec::new() } else { pattern::matches(path) };
        if matches.is_empty() {
            open_folder(path, &mut files);
        }
        matches.iter().for_each(|path| open_folder(path, &mut files));
    }
    files
}

fn open_folder(path: &Path, files: &mut Vec<PathBuf>) {
    if !path.is_dir() {
        files.push(path.to_owned());
        return;
    }
    let first = files.len();
    walk(path, 0, files);
    if let Some(new) = files.get_mut(first..) {
        new.sort();
    }
}

fn walk(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    let Ok(entries) = folder.read_dir() else {
        files.push(folder.to_owned());
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        // The entry's own type doesn't follow links, so a link to a parent can't lead in circles.
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder {
            if depth < DEPTH_MAX {
                walk(&path, depth + 1, files);
            }
        } else if is_picture(&path) {
            files.push(path);
        }
    }
}

fn is_picture(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
    ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::ImageFormat;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_kind_of_png_becomes_grey() {
        let kinds = [
            DynamicImage::new_luma8(3, 2),
            DynamicImage::new_luma16(3, 2),
            DynamicImage::new_luma_a8(3, 2),
            DynamicImage::new_rgb16(3, 2),
            DynamicImage::new_rgba8(3, 2),
            DynamicImage::new_rgba16(3, 2),
            DynamicImage::new_luma8(1, 1),
        ];
        for kind in kinds {
            let frame = decode(&written(&kind, ImageFormat::Png)).unwrap();

            assert_eq!((frame.width(), frame.height()), (kind.width(), kind.height()));
        }
    }

    #[test]
    fn what_is_transparent_is_white() {
        let frame = decode(&written(&DynamicImage::new_rgba8(1, 1), ImageFormat::Png)).unwrap();

        assert_eq!(frame.luma(), [255]);
    }

    #[test]
    fn a_pgm_is_read_as_it_is() {
        let frame = decode(b"P5\n3 2\n255\n\x00\x10\x20\x30\x40\x50").unwrap();

        assert_eq!(frame.luma(), [0, 16, 32, 48, 64, 80]);
    }

    #[test]
    fn every_cut_of_a_picture_is_an_error_or_a_frame_of_its_size() {
        let picture = DynamicImage::ImageLuma8(image::GrayImage::from_fn(40, 30, |x, y| image::Luma([(x * y) as u8])));
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Pnm, ImageFormat::Gif, ImageFormat::WebP] {
            let picture = if format == ImageFormat::WebP { picture.to_rgb8().into() } else { picture.clone() };
            let picture: DynamicImage = if format == ImageFormat::Gif { picture.to_rgba8().into() } else { picture };
            let whole = written(&picture, format);
            assert_eq!(decode(&whole).unwrap().width(), 40);
            for cut in 0..whole.len() {
                if let Ok(frame) = decode(&whole[..cut]) {
                    assert_eq!((frame.width(), frame.height()), (40, 30));
                }
            }
        }
    }

    #[test]
    fn a_picture_that_claims_to_be_huge_is_refused_before_it_is_read() {
        let error = decode(b"P5\n60000 60000\n255\n").unwrap_err();

        assert!(matches!(error, PictureError::Size(FrameError::TooLarge { width: 60_000, height: 60_000 })));
    }

    #[test]
    fn a_small_file_of_a_large_picture_is_read() {
        let bomb = written(&DynamicImage::new_luma8(8_192, 8_192), ImageFormat::Png);

        assert!(bomb.len() < 1 << 20);
        assert_eq!(decode(&bomb).unwrap().luma().len(), 1 << 26);
    }

    #[test]
    fn a_png_that_claims_to_be_huge_is_refused_before_it_is_read() {
        let mut png = written(&DynamicImage::new_luma8(1, 1), ImageFormat::Png);
        // Width and height stand behind the signature and the header's own eight bytes, a checksum behind both.
        png[16..24].copy_from_slice(&[0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff]);
        let checksum = crc32(&png[12..29]);
        png[29..33].copy_from_slice(&checksum.to_be_bytes());

        assert!(matches!(decode(&png), Err(PictureError::Size(FrameError::TooLarge { .. }))));
    }

    #[test]
    fn a_folder_and_a_pattern_give_the_same_pictures() {
        let folder = std::env::temp_dir().join(format!("usher-pattern-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("inner")).unwrap();
        for name in ["b.pgm", "a.pgm", "[1].pgm", "inner/c.pgm"] {
            std::fs::write(folder.join(name), "P5 1 1 255\n1").unwrap();
        }
        let names = |path: &str| {
            let files = expand(&[folder.join(path)]).into_iter();
            files.map(|file| file.strip_prefix(&folder).unwrap().display().to_string()).collect::<Vec<_>>()
        };

        assert_eq!(names(""), ["[1].pgm", "a.pgm", "b.pgm", "inner/c.pgm"]);
        assert_eq!(names("[ab].pgm"), ["a.pgm", "b.pgm"]);
        assert_eq!(names("**/*.pgm"), ["[1].pgm", "a.pgm", "b.pgm", "inner/c.pgm"]);
        assert_eq!(names("inn*"), ["inner/c.pgm"]);
        assert_eq!(names("[1].pgm"), ["[1].pgm"], "a name that exists is no pattern");
        assert_eq!(names("x*.pgm"), ["x*.pgm"]);
        assert!(matches!(read(&folder.join("x*.pgm")), Err(PictureError::NothingMatches)));

        std::fs::remove_dir_all(&folder).unwrap();
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn any_bytes_are_a_frame_or_an_error(
            magic in prop::sample::select(vec![
                &b""[..], b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"\xff\xd8\xff\xe0", b"GIF89a", b"RIFF\x30\0\0\0WEBPVP8 ",
                b"RIFF\x30\0\0\0WEBPVP8L", b"P5\n", b"P2 3 3 ", b"P7\nWIDTH 2\n",
            ]),
            tail in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            if let Ok(frame) = decode(&[magic, &tail].concat()) {
                prop_assert_eq!(frame.luma().len(), frame.width() as usize * frame.height() as usize);
            }
        }

        #[test]
        fn a_picture_with_changed_bytes_is_a_frame_or_an_error(
            format in prop::sample::select(vec![
                ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Pnm, ImageFormat::Gif, ImageFormat::WebP,
            ]),
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        ) {
            let picture = DynamicImage::ImageLuma8(image::GrayImage::from_fn(24, 17, |x, y| image::Luma([(x * y) as u8])));
            let picture = if format == ImageFormat::Jpeg { picture } else { picture.to_rgba8().into() };
            let picture = if format == ImageFormat::Pnm { picture.to_rgb8().into() } else { picture };
            let mut bytes = written(&picture, format);
            for (index, byte) in changes {
                let index = index.index(bytes.len());
                bytes[index] = byte;
            }
            if let Ok(frame) = decode(&bytes) {
                prop_assert_eq!(frame.luma().len(), frame.width() as usize * frame.height() as usize);
            }
        }
    }

    #[test]
    fn text_is_no_picture() {
        assert!(matches!(decode(b"Dear guest,"), Err(PictureError::UnknownFormat)));
        assert!(matches!(decode(b""), Err(PictureError::UnknownFormat)));
    }

    fn written(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    /// Returns the checksum of a PNG's chunk (ISO/IEC 15948, annex D).
    fn crc32(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(u32::MAX, |crc, &byte| {
            (0..8).fold(crc ^ u32::from(byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
        })
    }
}
