//! How terminals are.

use serde_json::{Value, json};
use sync_protocol::sync::health::{CameraHealth, Health, Percent, Power};

use crate::{bytes, file, list};

#[test]
fn what_a_terminal_tells_of_itself_is_read_or_refused() {
    for case in list(&file("health.json"), "cases") {
        let report = bytes(&case["bytes"]);
        match (Health::decode(&report), case.get("says")) {
            (Ok(health), Some(expected)) => {
                assert_eq!(says(&health), *expected, "{case}");
                assert_eq!(health.encode(), report, "{case}");
            }
            (Err(_), None) => assert_eq!(case["refused"], true, "{case}"),
            (read, _) => panic!("{case}: {read:?}"),
        }
    }
}

fn says(health: &Health) -> Value {
    json!({
        "list_at": health.list_at,
        "unsent": health.unsent,
        "offset_ms": health.offset_ms,
        "uncertainty_ms": health.uncertainty_ms,
        "power": match health.power {
            Power::Mains => "mains",
            Power::Charging(_) => "charging",
            Power::Draining(_) => "draining",
        },
        "battery": health.power.battery().map(Percent::value),
        "camera": match health.camera {
            CameraHealth::Unused => "unused",
            CameraHealth::Pictures => "pictures",
            CameraHealth::Dark => "dark",
        },
        "version": health.version.as_str(),
    })
}
