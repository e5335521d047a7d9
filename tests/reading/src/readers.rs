//! The readers, each at its best setting that was found.

use image::GrayImage;
use rxing::{
    BarcodeFormat, BinaryBitmap, DecodeHints, FilteredImageReader, Luma8LuminanceSource, Reader as _,
    common::HybridBinarizer,
};

/// Returns the texts of the codes in a picture.
pub(crate) type Reader = fn(&GrayImage) -> Vec<String>;

/// Returns the reader of this name.
pub(crate) fn named(name: &str) -> Option<Reader> {
    match name {
        "rqrr" => Some(rqrr),
        "quircs" => Some(quircs),
        "rxing" => Some(rxing),
        _ => None,
    }
}

/// rqrr as it is given, without preparing the picture.
fn rqrr(picture: &GrayImage) -> Vec<String> {
    let mut prepared = rqrr::PreparedImage::prepare(picture.clone());
    prepared.detect_grids().into_iter().filter_map(|grid| grid.decode().ok()).map(|(_, text)| text).collect()
}

/// quirc, in the crate that says it all again in Rust.
fn quircs(picture: &GrayImage) -> Vec<String> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let mut reader = quircs::Quirc::default();
    let codes = reader.identify(width, height, picture.as_raw());
    let read = codes.filter_map(|code| code.ok()?.decode().ok());
    read.map(|data| String::from_utf8_lossy(&data.payload).into_owned()).collect()
}

/// rxing's port of zxing-cpp, behind its pyramid of smaller pictures.
fn rxing(picture: &GrayImage) -> Vec<String> {
    let source = Luma8LuminanceSource::new(picture.as_raw().clone(), picture.width(), picture.height());
    let Ok(source) = source else { return Vec::new() };
    let mut bitmap = BinaryBitmap::new(HybridBinarizer::new(source));
    let hints = DecodeHints {
        PossibleFormats: Some([BarcodeFormat::QR_CODE].into()),
        TryHarder: Some(true),
        ..DecodeHints::default()
    };
    let mut reader = FilteredImageReader::new(rxing::qrcode::cpp_port::QrReader);
    let read = reader.decode_with_hints(&mut bitmap, &hints);
    read.into_iter().map(|result| result.getText().to_owned()).collect()
}
