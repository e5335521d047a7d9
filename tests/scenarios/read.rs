//! From a file's text to stories, or to everything that is wrong with it, each with its place.

mod event;
mod scans;

use std::collections::BTreeSet;
use std::fmt;

use crate::format::{File, Scenario};
use crate::story::Story;

/// The longest file, in bytes.
pub(crate) const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// The most scenarios of a file.
const SCENARIOS_MAX: usize = 1_000;
/// The most scans of a scenario, and the most changes before one of them.
const SCANS_MAX: usize = 1_000;
/// The most attendees of a scenario.
const ATTENDEES_MAX: usize = 1_000;
/// The most doors of a scenario.
const DOORS_MAX: usize = 8;

/// Something that is wrong with a file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Wrong {
    /// Where, such as `scenarios[3].scans[1].at`.
    pub(crate) path: String,
    pub(crate) what: String,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.what)
    }
}

/// Gathers what is wrong.
#[derive(Debug, Default)]
struct Wrongs(Vec<Wrong>);

impl Wrongs {
    fn add(&mut self, path: impl Into<String>, what: impl Into<String>) {
        self.0.push(Wrong { path: path.into(), what: what.into() });
    }

    fn at_most(&mut self, path: &str, count: usize, max: usize) {
        if count > max {
            self.add(path, format!("has {count} where at most {max} may be"));
        }
    }

    fn unlike(&mut self, path: &str, names: impl IntoIterator<Item = impl AsRef<str>>) {
        let mut seen = BTreeSet::new();
        for (at, name) in names.into_iter().enumerate() {
            let name = name.as_ref();
            if name.trim().is_empty() || name != name.trim() {
                self.add(format!("{path}[{at}].name"), "must not be empty, nor begin or end with a space");
            } else if !seen.insert(name.to_lowercase()) {
                self.add(format!("{path}[{at}].name"), format!("{name:?} is there already"));
            }
        }
    }
}

/// Reads a file.
///
/// # Errors
///
/// All that is wrong, or the first thing where the text has not the form.
pub(crate) fn read(text: &str) -> Result<Vec<Story>, Vec<Wrong>> {
    let mut json = serde_json::Deserializer::from_str(text);
    let file: File = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        vec![Wrong { path, what: error.into_inner().to_string() }]
    })?;
    if let Err(error) = json.end() {
        return Err(vec![Wrong { path: ".".to_owned(), what: error.to_string() }]);
    }
    let mut wrongs = Wrongs::default();
    if file.about.trim().is_empty() {
        wrongs.add("about", "must say what the scenarios are about");
    }
    wrongs.at_most("scenarios", file.scenarios.len(), SCENARIOS_MAX);
    wrongs.unlike("scenarios", file.scenarios.iter().map(|scenario| &scenario.name));
    let stories: Vec<Option<Story>> = file
        .scenarios
        .iter()
        .take(SCENARIOS_MAX)
        .enumerate()
        .map(|(at, scenario)| story(&mut wrongs, &format!("scenarios[{at}]"), scenario))
        .collect();
    if wrongs.0.is_empty() { Ok(stories.into_iter().flatten().collect()) } else { Err(wrongs.0) }
}

fn story(wrongs: &mut Wrongs, path: &str, scenario: &Scenario) -> Option<Story> {
    let given = &scenario.given;
    wrongs.at_most(&format!("{path}.scans"), scenario.scans.len(), SCANS_MAX);
    wrongs.at_most(&format!("{path}.given.attendees"), given.attendees.len(), ATTENDEES_MAX);
    wrongs.at_most(&format!("{path}.given.doors"), given.doors.len(), DOORS_MAX);
    if scenario.scans.is_empty() {
        wrongs.add(format!("{path}.scans"), "must not be empty");
    }
    if given.doors.is_empty() {
        wrongs.add(format!("{path}.given.doors"), "must not be empty");
    }
    wrongs.unlike(&format!("{path}.given.doors"), &given.doors);
    wrongs.unlike(&format!("{path}.given.attendees"), given.attendees.iter().map(|attendee| &attendee.name));
    let Ok(zone) = given.time_zone.parse::<chrono_tz::Tz>() else {
        wrongs.add(format!("{path}.given.time_zone"), "is not an IANA time zone such as Europe/Berlin");
        return None;
    };
    let policy = event::policy(wrongs, &format!("{path}.given"), &scenario.name, zone, given)?;
    let attendees = given.attendees.clone();
    let mut story = Story {
        name: scenario.name.clone(),
        policy,
        attendees,
        doors: given.doors.clone(),
        steps: Vec::new(),
        conflicts: Vec::new(),
    };
    story.steps = scans::steps(wrongs, path, zone, &story, &scenario.scans);
    story.conflicts.clone_from(&scenario.conflicts);
    story.conflicts.sort();
    let known = scans::everybody(&story);
    for (at, conflict) in scenario.conflicts.iter().enumerate() {
        if !known.contains(conflict.attendee.as_str()) {
            wrongs.add(format!("{path}.conflicts[{at}].attendee"), format!("{:?} is nobody", conflict.attendee));
        }
    }
    Some(story)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> Vec<String> {
        read(text).unwrap_err().iter().map(Wrong::to_string).collect()
    }

    fn scenario(rest: &str) -> String {
        format!(r#"{{ "about": "a test", "scenarios": [{{ "name": "one", {rest} }}] }}"#)
    }

    const ADA: &str = r#""given": { "attendees": [{ "name": "Ada" }] }"#;

    #[test]
    fn a_good_file_is_read() {
        let scans = r#""scans": [{ "at": "2027-06-12T10:00", "show": "Ada", "expected": { "verdict": "admit" } }]"#;
        let stories = read(&scenario(&format!("{ADA}, {scans}"))).unwrap();
        assert_eq!(stories[0].steps[0].at.0, 1_812_787_200_000);
    }

    #[test]
    fn what_has_not_the_form_is_told_with_its_place() {
        let scans = r#""scans": [{ "at": "2027-06-12T10:00", "show": "Ada", "expect": { "verdict": "admit" } }]"#;
        let said = wrong(&scenario(&format!("{ADA}, {scans}")));
        assert!(said[0].starts_with("scenarios[0].scans[0].expect: unknown field `expect`"), "{said:?}");

        let scans = r#""scans": [{ "at": 5, "show": "Ada", "expected": { "verdict": "admit" } }]"#;
        let said = wrong(&scenario(&format!("{ADA}, {scans}")));
        assert!(said[0].starts_with("scenarios[0].scans[0].at: invalid type: integer `5`"), "{said:?}");

        let scans = r#""scans": [{ "at": "", "show": { "altered": { "of": "Ada", "how": "torn" } }, "expected": {} }]"#;
        let said = wrong(&scenario(&format!("{ADA}, {scans}")));
        assert!(said[0].starts_with("scenarios[0].scans[0].show.altered.how: unknown variant `torn`"), "{said:?}");

        assert!(wrong("5")[0].contains("invalid type"));
        assert!(wrong(&format!("{} 5", scenario("\"scans\": []")))[0].contains("trailing"));
    }

    #[test]
    fn everything_that_leads_nowhere_is_told_at_once() {
        let scans = r#""scans": [
            { "at": "2027-06-12T10:00", "show": "Bob", "gate": "Back", "door": "roof", "expected": { "verdict": "deny" } },
            { "at": "2027-06-12T09:59", "show": "Ada", "before": [{ "undo": 1 }, { "block": "Cy" }],
              "expected": { "verdict": "admit", "reason": "NO_SUCH", "overridden": true } },
            { "at": "noon", "show": { "number": "Dot" }, "expected": { "verdict": "admit" } }
        ], "conflicts": [{ "attendee": "Eve", "excess": 1 }]"#;
        let paths: Vec<String> =
            read(&scenario(&format!("{ADA}, {scans}"))).unwrap_err().into_iter().map(|w| w.path).collect();
        for path in [
            "scenarios[0].scans[0].show",
            "scenarios[0].scans[0].gate",
            "scenarios[0].scans[0].door",
            "scenarios[0].scans[0].expected.reason",
            "scenarios[0].scans[1].at",
            "scenarios[0].scans[1].before[0].undo",
            "scenarios[0].scans[1].before[1].block",
            "scenarios[0].scans[1].expected.reason",
            "scenarios[0].scans[1].expected.overridden",
            "scenarios[0].scans[2].at",
            "scenarios[0].scans[2].show",
            "scenarios[0].conflicts[0].attendee",
        ] {
            assert!(paths.iter().any(|found| found == path), "{path} is not among {paths:#?}");
        }
    }

    #[test]
    fn what_a_terminal_says_differently_must_be_in_the_table() {
        let expected = r#"{ "verdict": "deny", "reason": "BLOCKED",
            "terminal": { "because": ["clock"], "verdict": "admit" } }"#;
        let scans = format!(r#""scans": [{{ "at": "2027-06-12T10:00", "show": "Ada", "expected": {expected} }}]"#);
        let said = wrong(&scenario(&format!("{ADA}, {scans}")));
        assert_eq!(said.len(), 1);
        assert!(said[0].starts_with("scenarios[0].scans[0].expected.terminal: "), "{said:?}");
    }

    #[test]
    fn an_hour_that_a_clock_skips_or_shows_twice_is_no_time() {
        for at in ["2027-03-28T02:30", "2027-10-31T02:30"] {
            let given = r#""given": { "starts": "2027-01-01T00:00", "ends": "2027-12-31T00:00", "attendees": [{ "name": "Ada" }] }"#;
            let scans =
                format!(r#""scans": [{{ "at": "{at}", "show": "Ada", "expected": {{ "verdict": "admit" }} }}]"#);
            assert_eq!(wrong(&scenario(&format!("{given}, {scans}"))).len(), 1);
        }
    }

    #[test]
    fn too_much_is_refused() {
        let doors: Vec<String> = (0..9).map(|number| format!("\"{number}\"")).collect();
        let text = scenario(&format!(r#""given": {{ "doors": [{}] }}, "scans": []"#, doors.join(",")));
        let said = wrong(&text);
        assert!(said.contains(&"scenarios[0].given.doors: has 9 where at most 8 may be".to_owned()), "{said:?}");
        assert!(said.contains(&"scenarios[0].scans: must not be empty".to_owned()), "{said:?}");
    }
}
