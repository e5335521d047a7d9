//! Files in one file: a tar archive, packed with zstd.

use std::io::{self, Write};

use serde_json::Value;

/// How much effort packing is worth.
const LEVEL: i32 = 9;
/// The folder that the files lie in once they are unpacked.
const FOLDER: &str = "usher-support";

/// Files to be packed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bundle {
    files: Vec<(String, Vec<u8>)>,
}

impl Bundle {
    /// Adds a file of text.
    pub(crate) fn add_text(&mut self, name: &str, text: String) {
        self.files.push((name.to_owned(), text.into_bytes()));
    }

    /// Adds a file of JSON.
    pub(crate) fn add_json(&mut self, name: &str, value: &Value) {
        self.add_text(name, format!("{value:#}\n"));
    }

    /// Returns the files' names and lengths in bytes.
    pub(crate) fn contents(&self) -> impl Iterator<Item = (&str, usize)> {
        self.files.iter().map(|(name, bytes)| (name.as_str(), bytes.len()))
    }

    /// Packs the files, as of the second `made_s` after 1970.
    ///
    /// # Errors
    ///
    /// If `out` cannot be written to.
    pub(crate) fn write(&self, out: impl Write, made_s: u64) -> io::Result<()> {
        let mut archive = tar::Builder::new(zstd::Encoder::new(out, LEVEL)?);
        for (name, bytes) in &self.files {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o600);
            header.set_mtime(made_s);
            archive.append_data(&mut header, format!("{FOLDER}/{name}"), bytes.as_slice())?;
        }
        archive.into_inner()?.finish()?.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;

    #[test]
    fn what_is_packed_can_be_unpacked() {
        let mut bundle = Bundle::default();
        bundle.add_text("usher.log", "a line\n".into());
        bundle.add_json("store.json", &serde_json::json!({ "tickets": 7 }));

        let mut packed = Vec::new();
        bundle.write(&mut packed, 1_800_000_000).unwrap();

        let mut archive = tar::Archive::new(zstd::Decoder::new(packed.as_slice()).unwrap());
        let unpacked: Vec<(String, String)> = archive
            .entries()
            .unwrap()
            .map(|entry| {
                let mut entry = entry.unwrap();
                let name = entry.path().unwrap().display().to_string();
                let mut text = String::new();
                entry.read_to_string(&mut text).unwrap();
                (name, text)
            })
            .collect();
        assert_eq!(unpacked[0], ("usher-support/usher.log".into(), "a line\n".into()));
        assert_eq!(unpacked[1], ("usher-support/store.json".into(), "{\n  \"tickets\": 7\n}\n".into()));
    }
}
