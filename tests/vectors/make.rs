//! The content of every vector file, from fixed seeds.
//!
//! Expected values are written from the specification's rules, beside the inputs; the one exception
//! (the drawn scenes of `verdict.json`) says so where it stands.

pub(crate) mod base45;
pub(crate) mod certificate;
pub(crate) mod credential;
pub(crate) mod disturbance;
pub(crate) mod door;
pub(crate) mod edges;
pub(crate) mod enrol;
pub(crate) mod feed;
pub(crate) mod fold;
pub(crate) mod health;
pub(crate) mod http;
pub(crate) mod journal;
pub(crate) mod qr;
pub(crate) mod scene;
pub(crate) mod snapshot;
pub(crate) mod verdict;

use ed25519_dalek::SigningKey;
use serde_json::{Map, Value, json};
use sync_protocol::hash::sha256;

/// Returns every file's name and text.
pub(crate) fn files() -> Vec<(&'static str, String)> {
    [
        ("base45.json", base45::file()),
        ("certificate.json", certificate::file()),
        ("credential.json", credential::file()),
        ("door.json", door::file()),
        ("enrol.json", enrol::file()),
        ("feed.json", feed::file()),
        ("fold.json", fold::file()),
        ("health.json", health::file()),
        ("http.json", http::file()),
        ("journal.json", journal::file()),
        ("qr.json", qr::file()),
        ("snapshot.json", snapshot::file()),
        ("verdict.json", verdict::file()),
    ]
    .map(|(name, value)| (name, text(&value)))
    .into()
}

/// Returns 32 bytes that belong to `word`.
pub(crate) fn seed(word: &str) -> [u8; 32] {
    sha256(&[b"usher test vectors 1: ", word.as_bytes()])
}

/// Returns 16 bytes that belong to `word`.
pub(crate) fn id(word: &str) -> [u8; 16] {
    *seed(word).first_chunk().unwrap()
}

/// Returns the signing key that belongs to `word`.
pub(crate) fn key(word: &str) -> SigningKey {
    SigningKey::from_bytes(&seed(word))
}

/// Returns the public half of `key`, in hexadecimal.
pub(crate) fn public_hex(key: &SigningKey) -> String {
    hex::encode(key.verifying_key().to_bytes())
}

/// Numbers without a pattern, always the same (SplitMix64).
pub(crate) struct Draw(pub(crate) u64);

impl Draw {
    /// Returns the next number.
    pub(crate) fn u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Returns a number below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.u64() % bound
    }
}

/// A way to spoil bytes.
pub(crate) type Change = fn(&mut Vec<u8>);

/// Returns `case` with more members.
pub(crate) fn with(mut case: Value, more: Value) -> Value {
    if let (Value::Object(case), Value::Object(more)) = (&mut case, more) {
        case.extend(more);
    }
    case
}

/// Returns the file's text: sorted names, one array element per line.
fn text(value: &Value) -> String {
    let mut text = String::from("{\n");
    let members = value.as_object().unwrap();
    let mut names: Vec<_> = members.keys().collect();
    names.sort();
    for (at, name) in names.iter().enumerate() {
        let comma = if at + 1 < names.len() { "," } else { "" };
        text += &match &members[name.as_str()] {
            Value::Array(elements) => {
                let lines: Vec<_> = elements.iter().map(|element| format!("    {}", sorted(element))).collect();
                format!("  {}: [\n{}\n  ]{comma}\n", json!(name), lines.join(",\n"))
            }
            other => format!("  {}: {}{comma}\n", json!(name), sorted(other)),
        };
    }
    text + "}\n"
}

/// Sorts every object's names, whatever order the JSON library keeps.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut pairs: Vec<_> = members.iter().collect();
            pairs.sort_by_key(|(name, _)| name.as_str());
            Value::Object(pairs.into_iter().map(|(name, value)| (name.clone(), sorted(value))).collect::<Map<_, _>>())
        }
        Value::Array(elements) => Value::Array(elements.iter().map(sorted).collect()),
        other => other.clone(),
    }
}
