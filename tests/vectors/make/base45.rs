//! `base45.json`: texts and the bytes they stand for, or what is wrong with them.

use serde_json::{Value, json};
use sync_protocol::ticket::base45::encode;

use super::Draw;

pub(crate) fn file() -> Value {
    let mut cases: Vec<Value> = vec![
        json!({"name": "nothing", "text": "", "bytes": ""}),
        json!({"name": "RFC 9285, AB", "text": "BB8", "bytes": hex::encode("AB")}),
        json!({"name": "RFC 9285, Hello!!", "text": "%69 VD92EX0", "bytes": hex::encode("Hello!!")}),
        json!({"name": "RFC 9285, base-45", "text": "UJCLQE7W581", "bytes": hex::encode("base-45")}),
        json!({"name": "RFC 9285, ietf!", "text": "QED8WEX0", "bytes": hex::encode("ietf!")}),
        json!({"name": "the highest triple", "text": "FGW", "bytes": "ffff"}),
        json!({"name": "the highest pair", "text": "U5", "bytes": "ff"}),
        json!({"name": "a zero byte", "text": "00", "bytes": "00"}),
        json!({"name": "two zero bytes", "text": "000", "bytes": "0000"}),
        json!({"name": "spaces inside are digits", "text": "0 0", "bytes": "0654"}),
    ];
    let mut draw = Draw(45);
    for length in 1..=32_usize {
        let bytes: Vec<u8> = (0..length).map(|_| draw.u64() as u8).collect();
        cases.push(json!({"name": format!("{length} bytes"), "text": encode(&bytes), "bytes": hex::encode(&bytes)}));
    }
    for (name, text, error) in [
        ("a triple of 65 536", "GGW", "RANGE"),
        ("the highest three characters", ":::", "RANGE"),
        ("a triple of 65 536 after a good one", "BB8GGW", "RANGE"),
        ("a pair of 256", "V5", "RANGE"),
        ("the highest two characters", "::", "RANGE"),
        ("a pair of 256 after a triple", "BB8V5", "RANGE"),
        ("one character", "A", "LENGTH"),
        ("one character too many", "BB8A", "LENGTH"),
        ("lower case", "bb8", "SYMBOL"),
        ("one lower-case letter", "Bb8", "SYMBOL"),
        ("a line feed inside", "B\n8", "SYMBOL"),
        ("a carriage return at the end", "BB8A\r", "SYMBOL"),
        ("a tab at the front", "\tBB", "SYMBOL"),
        ("a comma", "BB,", "SYMBOL"),
        ("a letter outside ASCII", "B\u{e9}", "SYMBOL"),
        ("a digit that is not ASCII's", "\u{ff11}", "SYMBOL"),
        ("a zero byte inside", "B\u{0}8", "SYMBOL"),
    ] {
        cases.push(json!({"name": name, "text": text, "error": error}));
    }
    json!({"cases": cases})
}
