//! `health.json`: how terminals are, as they tell it beside a question for the feed.

use serde_json::{Value, json};
use sync_protocol::sync::health::{CameraHealth, Health, Percent, Power, ProgramVersion};
use sync_protocol::time::UnixMillis;

use super::scene::NOON;
use super::{Change, with};

fn ordinary() -> Health {
    Health {
        list_at: Some(UnixMillis(NOON)),
        unsent: 3,
        offset_ms: -180,
        uncertainty_ms: 40,
        power: Power::Draining(Percent::new(41)),
        camera: CameraHealth::Pictures,
        version: ProgramVersion::new("0.1.0").unwrap(),
    }
}

/// What a terminal tells before anything is known: no list, no battery, no camera, no time.
fn fresh() -> Health {
    Health {
        list_at: None,
        unsent: 0,
        offset_ms: 0,
        uncertainty_ms: u32::MAX,
        power: Power::Mains,
        camera: CameraHealth::Unused,
        version: ProgramVersion::new("1").unwrap(),
    }
}

/// Everything at its other end.
fn extreme() -> Health {
    Health {
        list_at: Some(UnixMillis(u64::MAX)),
        unsent: u32::MAX,
        offset_ms: i32::MIN,
        uncertainty_ms: 0,
        power: Power::Charging(Percent::new(100)),
        camera: CameraHealth::Dark,
        version: ProgramVersion::new(&"~".repeat(32)).unwrap(),
    }
}

fn case(name: &str, bytes: &[u8], expect: Value) -> Value {
    with(json!({"name": name, "bytes": hex::encode(bytes)}), expect)
}

pub(crate) fn file() -> Value {
    let says = |list_at: Value, numbers: [i64; 3], power: &str, battery: Value, camera: &str, version: &str| {
        let [unsent, offset_ms, uncertainty_ms] = numbers;
        json!({"says": {
            "list_at": list_at, "unsent": unsent, "offset_ms": offset_ms, "uncertainty_ms": uncertainty_ms,
            "power": power, "battery": battery, "camera": camera, "version": version,
        }})
    };
    let most = i64::from(u32::MAX);
    let mut cases = vec![
        case(
            "ordinary",
            &ordinary().encode(),
            says(json!(NOON), [3, -180, 40], "draining", json!(41), "pictures", "0.1.0"),
        ),
        case("nothing known", &fresh().encode(), says(json!(null), [0, 0, most], "mains", json!(null), "unused", "1")),
        case(
            "everything at its other end",
            &extreme().encode(),
            says(json!(u64::MAX), [most, i64::from(i32::MIN), 0], "charging", json!(100), "dark", &"~".repeat(32)),
        ),
    ];
    let spoilt: [(&str, Change); 14] = [
        ("of another version", |b| b[0] = 2),
        ("an unknown power", |b| b[21] = 3),
        ("more than a full battery", |b| b[22] = 101),
        ("a battery without one", |b| b[21] = 0),
        ("an unknown camera", |b| b[23] = 3),
        ("a program without a name", |b| {
            b[24] = 0;
            b.truncate(25);
        }),
        ("a name that is shorter than it says", |b| b[24] = 6),
        ("a name that is longer than it says", |b| b[24] = 4),
        ("a name over its limit", |b| {
            b[24] = 33;
            b.extend([b'0'; 28]);
        }),
        ("a space in the name", |b| b[25] = b' '),
        ("a control character in the name", |b| b[25] = 0x7f),
        ("a letter outside ASCII in the name", |b| b[25] = 0xe4),
        ("one byte missing", |b| b.truncate(24)),
        ("one byte too many", |b| b.push(0)),
    ];
    for (name, change) in spoilt {
        let mut bytes = ordinary().encode();
        change(&mut bytes);
        cases.push(case(name, &bytes, json!({"refused": true})));
    }
    json!({"cases": cases})
}
