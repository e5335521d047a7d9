//! Checks what is shown and what is expected: every name leads somewhere, and every code is one.

use std::collections::BTreeSet;

use chrono_tz::Tz;
use sync_protocol::id::GateId;
use sync_protocol::journal::Flags;
use sync_protocol::time::UnixMillis;
use sync_protocol::verdict::Code;

use super::event::time;
use super::{SCANS_MAX, Wrongs};
use crate::format::{Answer, Change, Expected, Scan, Show, Shown, Then};
use crate::story::{Step, Story};

/// Returns everybody of a story who is ever registered.
pub(super) fn everybody(story: &Story) -> BTreeSet<&str> {
    let later = story.steps.iter().flat_map(|step| &step.before).filter_map(|change| match change {
        Change::Register(attendee) => Some(attendee.name.as_str()),
        _ => None,
    });
    story.attendees.iter().map(|attendee| attendee.name.as_str()).chain(later).collect()
}

/// Returns what happens, in order.
pub(super) fn steps(wrongs: &mut Wrongs, path: &str, tz: Tz, story: &Story, scans: &[Scan]) -> Vec<Step> {
    let mut reader = Reader { wrongs, story, known: BTreeSet::new() };
    for (at, attendee) in story.attendees.iter().enumerate() {
        reader.register(&format!("{path}.given.attendees[{at}]"), &attendee.name, attendee.ticket_type.as_deref());
    }
    let mut last = UnixMillis(0);
    let mut steps = Vec::with_capacity(scans.len());
    for (number, scan) in scans.iter().take(SCANS_MAX).enumerate() {
        let path = format!("{path}.scans[{number}]");
        let at = time(reader.wrongs, &format!("{path}.at"), tz, &scan.at).unwrap_or(last);
        if at < last {
            reader.wrongs.add(format!("{path}.at"), "must not be before the scan that comes before");
        }
        last = at;
        steps.extend(reader.step(&path, number, at, scan));
    }
    steps
}

struct Reader<'a> {
    wrongs: &'a mut Wrongs,
    story: &'a Story,
    /// Who is registered by now.
    known: BTreeSet<String>,
}

impl Reader<'_> {
    fn step(&mut self, path: &str, number: usize, at: UnixMillis, scan: &Scan) -> Option<Step> {
        self.wrongs.at_most(&format!("{path}.before"), scan.before.len(), SCANS_MAX);
        for (place, change) in scan.before.iter().enumerate() {
            self.change(&format!("{path}.before[{place}]"), number, change);
        }
        self.shown(&format!("{path}.show"), &scan.show);
        let gate = match &scan.gate {
            None => self.story.policy.gates.first().map(|gate| gate.id),
            Some(name) => self.story.policy.gates.iter().find(|gate| gate.name == *name).map(|gate| gate.id),
        };
        let door = scan.door.as_ref().map_or(Some(0), |name| self.story.door(name));
        if gate.is_none() {
            self.wrongs.add(format!("{path}.gate"), "is no gate");
        }
        if door.is_none() {
            self.wrongs.add(format!("{path}.door"), "is no door");
        }
        self.expected(&format!("{path}.expected"), &scan.expected, scan.then);
        Some(Step {
            at,
            before: scan.before.clone(),
            show: scan.show.clone(),
            gate: gate.unwrap_or(GateId(0)),
            door: door?,
            direction: scan.direction,
            then: scan.then,
            expected: scan.expected.clone(),
        })
    }

    fn register(&mut self, path: &str, name: &str, ticket_type: Option<&str>) {
        if let Some(class) = ticket_type
            && !self.story.policy.classes.iter().any(|known| known.name == class)
        {
            self.wrongs.add(format!("{path}.type"), "is no ticket type");
        }
        self.known.insert(name.to_owned());
    }

    fn attendee(&mut self, path: &str, name: &str) {
        if !self.known.contains(name) {
            self.wrongs.add(path, format!("{name:?} is nobody who is registered by then"));
        }
    }

    fn change(&mut self, path: &str, number: usize, change: &Change) {
        let door = |name: &str| self.story.door(name).is_some();
        match change {
            Change::Register(new) => {
                if self.known.contains(&new.name) || new.name.trim().is_empty() {
                    self.wrongs.add(format!("{path}.register.name"), "must be somebody new");
                }
                self.register(&format!("{path}.register"), &new.name, new.ticket_type.as_deref());
            }
            Change::Block(name) => self.attendee(&format!("{path}.block"), name),
            Change::Unblock(name) => self.attendee(&format!("{path}.unblock"), name),
            Change::Pay(name) => self.attendee(&format!("{path}.pay"), name),
            Change::Cancel(name) => self.attendee(&format!("{path}.cancel"), name),
            Change::Reissue(name) => self.attendee(&format!("{path}.reissue"), name),
            Change::Undo(target) if *target >= number => {
                self.wrongs.add(format!("{path}.undo"), "must be the number of an earlier scan");
            }
            Change::Cut(name)
            | Change::Reconnect(name)
            | Change::Restart(name)
            | Change::Reboot(name)
            | Change::Revoke(name)
                if !door(name) =>
            {
                self.wrongs.add(path, format!("{name:?} is no door"));
            }
            _ => {}
        }
    }

    fn shown(&mut self, path: &str, show: &Show) {
        match show {
            Show::Newest(name)
            | Show::Other(Shown::Number(name) | Shown::Credential { of: name, .. } | Shown::Altered { of: name, .. }) => {
                self.attendee(path, name)
            }
            Show::Other(Shown::Minted(minted)) => {
                if let Some(name) = &minted.of {
                    self.attendee(path, name);
                }
                if let Some(name) = &minted.sold_by
                    && self.story.door(name).is_none()
                {
                    self.wrongs.add(path, format!("{name:?} is no door"));
                }
                if let Some(class) = &minted.ticket_type
                    && !self.story.policy.classes.iter().any(|known| known.name == *class)
                {
                    self.wrongs.add(path, "is of no ticket type");
                }
            }
            Show::Other(Shown::Text(text) | Shown::Typed(text)) if text.chars().count() > 500 => {
                self.wrongs.add(path, "must have at most 500 characters");
            }
            Show::Other(Shown::Text(_) | Shown::Typed(_) | Shown::OtherEvent(_)) => {}
        }
    }

    fn expected(&mut self, path: &str, expected: &Expected, then: Option<Then>) {
        self.said(path, &Said::of(expected), then);
        let Some(terminal) = &expected.terminal else { return };
        let path = format!("{path}.terminal");
        let at = expected.on(crate::story::Way::Terminal, false);
        self.said(&path, &Said::of(&at), then);
        let codes = |expected: &Expected| -> BTreeSet<String> {
            expected.reason.iter().chain(expected.reasons.iter().flatten()).cloned().collect()
        };
        let differing: Vec<String> = codes(expected).symmetric_difference(&codes(&at)).cloned().collect();
        let has_same_words = differing.is_empty() && expected.verdict == at.verdict;
        if has_same_words && expected.flags == at.flags && expected.overridden == at.overridden {
            self.wrongs.add(path, "says the same as the server: leave it out");
        } else if let Some(code) =
            differing.iter().find(|code| !terminal.because.iter().any(|because| because.explains(code)))
        {
            let because = &terminal.because;
            self.wrongs.add(path, format!("{because:?} does not explain that one says {code} and the other not"));
        }
    }

    fn said(&mut self, path: &str, said: &Said<'_>, then: Option<Then>) {
        let is_code = |name: &str| Code::ALL.iter().any(|code| code.name() == name);
        match (said.verdict, said.reason) {
            (Answer::Admit, None) => {}
            (Answer::Admit, Some(_)) => self.wrongs.add(format!("{path}.reason"), "must not be there: they are let in"),
            (_, None) => self.wrongs.add(format!("{path}.reason"), "must say why they are not let in"),
            (_, Some(code)) if !is_code(code) => self.wrongs.add(format!("{path}.reason"), "is no verdict's code"),
            (_, Some(_)) => {}
        }
        let reasons = said.reasons.iter().copied().flatten();
        if reasons.into_iter().any(|code| !is_code(code)) {
            self.wrongs.add(format!("{path}.reasons"), "has what is no verdict's code");
        }
        let names = Flags(u16::MAX).names();
        if said.flags.iter().copied().flatten().any(|flag| !names.contains(&flag.as_str())) {
            self.wrongs.add(format!("{path}.flags"), "has what is no flag");
        }
        if said.overridden.is_some() && then != Some(Then::Override) {
            self.wrongs.add(format!("{path}.overridden"), "must not be there: nobody decides against the verdict");
        }
        if said.overridden.is_none() && then == Some(Then::Override) {
            self.wrongs.add(format!("{path}.overridden"), "must say whether the supervisor's word let them in");
        }
    }
}

/// One side of what is expected.
struct Said<'a> {
    verdict: Answer,
    reason: Option<&'a str>,
    reasons: Option<&'a [String]>,
    flags: Option<&'a [String]>,
    overridden: Option<bool>,
}

impl<'a> Said<'a> {
    fn of(expected: &'a Expected) -> Self {
        Self {
            verdict: expected.verdict,
            reason: expected.reason.as_deref(),
            reasons: expected.reasons.as_deref(),
            flags: expected.flags.as_deref(),
            overridden: expected.overridden,
        }
    }
}
