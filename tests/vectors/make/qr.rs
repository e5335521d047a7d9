//! `qr.json`: how large the picture of a text becomes, in alphanumeric mode.

use fast_qr::{ECL, Mode, QRBuilder};
use serde_json::{Value, json};

use super::credential::genuine_texts;

pub(crate) fn file() -> Value {
    let lengths = [1, 16, 17, 20, 21, 87, 88, 90, 91, 108, 109, 121, 122, 123, 125, 126, 154, 155, 221];
    let plain =
        lengths.map(|length| "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:".chars().cycle().take(length).collect());
    let texts: Vec<String> = plain.into_iter().chain(genuine_texts()).collect();
    let cases: Vec<Value> =
        texts.iter().map(|text| json!({"text": text, "m": size(text, ECL::M), "q": size(text, ECL::Q)})).collect();
    json!({"cases": cases})
}

/// Returns the version and the number of modules at each side.
pub(crate) fn size(text: &str, level: ECL) -> Value {
    let code = QRBuilder::new(text).mode(Mode::Alphanumeric).ecl(level).build().unwrap();
    json!({"version": (code.size - 17) / 4, "size": code.size})
}
