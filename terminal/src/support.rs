//! What whoever helps from afar is given: figures about this terminal, and its log, without anybody
//! in it.
//!
//! Nothing is copied that could hold a person: figures are counted, settings are told by an allowed
//! list, and the log, which names nobody anyway, loses whatever looks like a person all the same.

mod bundle;
mod machine;
mod scrub;
mod shape;

pub(crate) use bundle::Bundle;
pub(crate) use machine::{Machine, sizes};
pub(crate) use scrub::Scrubber;
pub(crate) use shape::shape;

use serde_json::{Value, json};

use crate::settings::{Origin, Setting};

/// Settings whose values say nothing about a person or a place. Of others it is told that they are set.
const PLAIN_SETTINGS: &[&str] = &[
    "camera",
    "resolution",
    "no-camera",
    "picture",
    "sound",
    "mute",
    "language",
    "theme",
    "plain",
    "exit",
    "offline",
    "lock-after",
];

/// Returns the settings as they may be told.
pub(crate) fn settings(all: &[Setting]) -> Value {
    let told = |setting: &Setting| {
        let is_set = !matches!(setting.origin, Origin::Default) && setting.value.is_some();
        let value = match &setting.value {
            Some(value) if PLAIN_SETTINGS.contains(&setting.name.as_str()) => json!(value),
            Some(_) if is_set => json!("(set)"),
            _ => Value::Null,
        };
        (setting.name.clone(), json!({ "value": value, "from": setting.origin.to_string() }))
    };
    Value::Object(all.iter().map(told).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_settings_that_say_nothing_about_anybody_are_told() {
        let setting =
            |name: &str, value: &str| Setting { name: name.into(), value: Some(value.into()), origin: Origin::File };

        let told = settings(&[setting("camera", "2"), setting("operator", "Ada"), setting("data-dir", "/srv/ada")]);

        assert_eq!(told["camera"]["value"], "2");
        assert_eq!(told["operator"], json!({ "value": "(set)", "from": "config.toml" }));
        assert!(!told.to_string().contains("ada"), "{told}");
    }
}
