//! The result of a terminal's check of itself, as the note of an INCIDENT entry carries it.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::entry::NOTE_BYTES_MAX;
use crate::bytes::DecodeError;
use crate::text;

/// The most checks of one drill.
pub const CHECKS_MAX: usize = 20;
/// The longest name of a check.
pub const CHECK_BYTES_MAX: usize = 20;
/// The longest remark on a check.
pub const REMARK_BYTES_MAX: usize = 64;

/// How a check came out.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Light {
    /// Ready.
    Green,
    /// Works, and somebody should look at it.
    Amber,
    /// Does not work.
    Red,
}

/// One check.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Checked {
    /// What was checked: 1 to 20 of `a`–`z` and `_`; each once in a drill.
    pub check: String,
    /// How it came out.
    pub light: Light,
    /// A figure or a few words, at most 64 bytes; never a name. May be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub remark: String,
}

/// The result of a drill. When and by whom is in the entry that carries it.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Drill {
    /// What was checked, in the order in which it was.
    pub checks: Vec<Checked>,
}

impl Drill {
    /// Returns the worst of the lights; nothing if nothing was checked.
    pub fn light(&self) -> Option<Light> {
        self.checks.iter().map(|checked| checked.light).max()
    }

    /// Returns the entry's note.
    ///
    /// Remarks are cut to their limit, and all left out where they would not fit beside the lights.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] if there are too many checks, or one has a name that is not allowed or another's.
    pub fn encode(&self) -> Result<String, DecodeError> {
        let mut drill = self.clone();
        for checked in &mut drill.checks {
            checked.remark = text::tidy(&checked.remark, REMARK_BYTES_MAX);
        }
        drill.check()?;
        let note = drill.to_json();
        if note.len() <= NOTE_BYTES_MAX {
            return Ok(note);
        }
        drill.checks.iter_mut().for_each(|checked| checked.remark.clear());
        Ok(drill.to_json())
    }

    /// Reads an entry's note.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] if it is not the note of a drill.
    pub fn decode(note: &str) -> Result<Self, DecodeError> {
        if note.len() > NOTE_BYTES_MAX {
            return Err(DecodeError::TooLong("drill"));
        }
        // Serde would read an array as well.
        if !note.starts_with('{') {
            return Err(DecodeError::Invalid("drill"));
        }
        let drill: Self = serde_json::from_str(note).map_err(|_| DecodeError::Invalid("drill"))?;
        drill.check()?;
        Ok(drill)
    }

    fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a drill holds nothing that JSON lacks")
    }

    fn check(&self) -> Result<(), DecodeError> {
        if self.checks.len() > CHECKS_MAX {
            return Err(DecodeError::TooLong("drill"));
        }
        for (at, Checked { check, remark, .. }) in self.checks.iter().enumerate() {
            let is_name = (1..=CHECK_BYTES_MAX).contains(&check.len())
                && check.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            let is_new = self.checks.iter().take(at).all(|before| before.check != *check);
            if !is_name || !is_new || remark.len() > REMARK_BYTES_MAX || !text::is_plain(remark) {
                return Err(DecodeError::Invalid("drill"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::ToString as _;
    use alloc::vec;

    fn checked(check: &str, light: Light, remark: &str) -> Checked {
        Checked { check: check.to_string(), light, remark: remark.to_string() }
    }

    #[test]
    fn a_drill_reads_back_and_is_as_good_as_its_worst_light() {
        let checks = vec![checked("list", Light::Green, ""), checked("clock", Light::Amber, "\u{b1} 900 ms")];
        let drill = Drill { checks };
        assert_eq!(Drill::decode(&drill.encode().unwrap()), Ok(drill.clone()));
        assert_eq!(drill.light(), Some(Light::Amber));
        assert_eq!(Drill::default().light(), None);
    }

    #[test]
    fn as_many_checks_as_there_may_be_fit_into_a_note_without_their_remarks() {
        let name = |n: u8| format!("{}{}", "x".repeat(CHECK_BYTES_MAX - 1), char::from(b'a' + n));
        let check = |n: u8| checked(&name(n), Light::Green, &"r".repeat(80));
        let short = Drill { checks: (0..4).map(check).collect() };
        assert_eq!(Drill::decode(&short.encode().unwrap()).unwrap().checks[0].remark.len(), REMARK_BYTES_MAX);
        let many = Drill { checks: (0..20).map(check).collect() };
        assert_eq!(many.checks.len(), CHECKS_MAX);
        let told = Drill::decode(&many.encode().unwrap()).unwrap();
        assert_eq!((told.checks.len(), told.checks[0].remark.as_str()), (CHECKS_MAX, ""));
    }

    #[test]
    fn what_is_no_drill_is_refused() {
        for name in ["", "List", "two words", "a-b"] {
            let drill = Drill { checks: vec![checked(name, Light::Red, "")] };
            assert!(drill.encode().is_err(), "{name}");
        }
        let twice = Drill { checks: vec![checked("list", Light::Red, ""), checked("list", Light::Green, "")] };
        assert!(twice.encode().is_err());
        for note in [
            "",
            "camera unplugged",
            "[[]]",
            r#"{"checks":[],"more":1}"#,
            r#"{"checks":[{"check":"a","light":"blue"}]}"#,
        ] {
            assert!(Drill::decode(note).is_err(), "{note}");
        }
        let long = format!(r#"{{"checks":[]{}}}"#, " ".repeat(NOTE_BYTES_MAX));
        assert!(Drill::decode(&long).is_err());
    }
}
