//! The order of a ready check, in steps so short that nobody at the door waits for one.

use std::collections::VecDeque;

use sync_protocol::journal::drill::Drill;

use super::{Found, Rehearsal, Spread, result};

/// How many entries are written on trial in one step, and in how many steps.
const APPENDS: (u32, usize) = (10, 5);
/// How many tickets are decided on trial in one step, and in how many steps.
const TICKETS: (u32, usize) = (25, 4);

/// One step on the gate's thread.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Probe {
    /// Look at what is known.
    Look,
    /// Write so many entries on trial, beside the store.
    Append(u32),
    /// Tell a good ticket from a forged one.
    Sample,
    /// Decide about so many listed tickets, without network; nothing is counted.
    Rehearse(u32),
    /// Read a picture made for the purpose, because there is no camera.
    Picture {
        /// Whether a camera is wanted.
        is_wanted: bool,
    },
}

/// What came of a step.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Probed {
    /// Findings.
    Found(Vec<Found>),
    /// How long each entry took to be on the disk, in µs; `None` if it could not be written.
    Appended(Option<Vec<u32>>),
    /// What became of the tickets.
    Rehearsed(Rehearsal),
}

/// A ready check under way.
#[derive(Clone, Debug)]
pub struct Course {
    left: VecDeque<Probe>,
    found: Vec<Found>,
    appended_us: Vec<u32>,
    rehearsal: Rehearsal,
}

impl Default for Course {
    fn default() -> Self {
        let mut left = VecDeque::from([Probe::Look]);
        left.extend(std::iter::repeat_n(Probe::Append(APPENDS.0), APPENDS.1));
        left.push_back(Probe::Sample);
        left.extend(std::iter::repeat_n(Probe::Rehearse(TICKETS.0), TICKETS.1));
        Self { left, found: Vec::new(), appended_us: Vec::new(), rehearsal: Rehearsal::default() }
    }
}

impl Course {
    /// Returns the next step.
    pub fn next(&self) -> Option<Probe> {
        self.left.front().copied()
    }

    /// Takes what came of the step.
    pub fn take(&mut self, probed: Probed) {
        let step = self.left.pop_front();
        let goes_on = |left: &VecDeque<Probe>| left.front() == step.as_ref();
        match probed {
            Probed::Found(found) => self.found.extend(found),
            Probed::Appended(None) => {
                self.left.retain(|probe| !matches!(probe, Probe::Append(_)));
                self.found.push(Found::Durable(None));
            }
            Probed::Appended(Some(times)) => {
                self.appended_us.extend(times);
                if !goes_on(&self.left) {
                    self.found.push(Found::Durable(Spread::of(std::mem::take(&mut self.appended_us))));
                }
            }
            Probed::Rehearsed(more) => {
                self.rehearsal.add(more);
                if !goes_on(&self.left) {
                    self.found.push(Found::Rehearsal(std::mem::take(&mut self.rehearsal)));
                }
            }
        }
    }

    /// Adds what was found otherwise.
    pub fn add(&mut self, found: Found) {
        self.found.push(found);
    }

    /// Returns what was found so far.
    pub fn found(&self) -> &[Found] {
        &self.found
    }

    /// Returns it as an entry of the journal tells it.
    pub fn result(&self) -> Drill {
        result(&self.found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_is_taken_once_and_their_times_are_added_up() {
        let mut course = Course::default();
        let mut steps = 0;
        while let Some(probe) = course.next() {
            steps += 1;
            course.take(match probe {
                Probe::Append(count) => Probed::Appended(Some((0..count).collect())),
                Probe::Rehearse(count) => Probed::Rehearsed(Rehearsal { admitted: count, ..Rehearsal::default() }),
                _ => Probed::Found(vec![Found::Keys(1)]),
            });
        }

        assert_eq!(steps, 1 + APPENDS.1 + 1 + TICKETS.1);
        let rehearsal = Rehearsal { admitted: 100, ..Rehearsal::default() };
        let durable = Found::Durable(Some(Spread { p50_us: 4, p99_us: 9 }));
        assert_eq!(course.found(), [Found::Keys(1), durable, Found::Keys(1), Found::Rehearsal(rehearsal)]);
    }

    #[test]
    fn a_disk_that_refuses_is_asked_once() {
        let mut course = Course::default();
        course.take(Probed::Found(Vec::new()));

        course.take(Probed::Appended(None));

        assert_eq!(course.next(), Some(Probe::Sample));
        assert_eq!(course.found(), [Found::Durable(None)]);
    }
}
