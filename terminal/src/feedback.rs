//! What a verdict sounds like, and what plays it.
//!
//! A tone is a few notes; a sound device plays them as they are, the terminal bell rings once for
//! each. Nothing here writes on the screen: its loop rings between two pictures, so that a bell never
//! lands in the middle of a control sequence.

mod device;
mod player;
mod speaker;
pub mod synth;

pub use player::Player;
pub use speaker::Report;
pub(crate) use speaker::play_once;

use std::collections::VecDeque;

use sync_protocol::time::Uptime;

/// The most rings that may be waiting. A new tone replaces the one before.
const RINGS_MAX: usize = 8;

/// The sound of a verdict, told apart by count and rhythm as well as by pitch.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Tone {
    /// One high note.
    Admit,
    /// Two low notes, slowly.
    Deny,
    /// One middle note, twice, fast.
    Check,
    /// One falling note.
    Exit,
    /// Three low notes: the machine needs somebody.
    Fault,
}

/// What is to play tones.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
pub enum Choice {
    /// The sound device; where there is none, the terminal's bell.
    #[default]
    Auto,
    /// The sound device alone.
    Device,
    /// The terminal's bell alone.
    Bell,
    /// Nothing.
    Off,
}

/// What plays tones.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Means {
    /// The sound device.
    Device,
    /// The terminal's bell.
    Bell,
    /// Nothing: a sound device is wanted, and there is none.
    Nothing,
    /// Nothing, and nothing is wanted.
    Off,
}

/// One note of a tone.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Note {
    /// When it begins, in ms after the tone's beginning.
    pub at_ms: u64,
    /// How long it sounds, in ms.
    pub length_ms: u64,
    /// The pitch at its beginning, in Hz.
    pub from_hz: u32,
    /// The pitch at its end, in Hz.
    pub to_hz: u32,
}

const fn note(at_ms: u64, length_ms: u64, from_hz: u32, to_hz: u32) -> Note {
    Note { at_ms, length_ms, from_hz, to_hz }
}

impl Tone {
    /// Returns the notes, in order.
    pub const fn notes(self) -> &'static [Note] {
        const ADMIT: &[Note] = &[note(0, 180, 1_320, 1_320)];
        const DENY: &[Note] = &[note(0, 280, 220, 220), note(420, 280, 220, 220)];
        const CHECK: &[Note] = &[note(0, 110, 660, 660), note(180, 110, 660, 660)];
        const EXIT: &[Note] = &[note(0, 260, 880, 440)];
        const FAULT: &[Note] = &[note(0, 280, 180, 180), note(420, 280, 180, 180), note(840, 280, 180, 180)];
        match self {
            Self::Admit => ADMIT,
            Self::Deny => DENY,
            Self::Check => CHECK,
            Self::Exit => EXIT,
            Self::Fault => FAULT,
        }
    }
}

/// The terminal's bell: one ring for each note, at its time.
#[derive(Clone, Debug, Default)]
pub struct Bell {
    due: VecDeque<Uptime>,
}

impl Bell {
    /// Begins `tone` at `now`, in place of whatever was still to ring.
    pub fn play(&mut self, tone: Tone, now: Uptime) {
        self.due = tone.notes().iter().take(RINGS_MAX).map(|note| now.plus(note.at_ms)).collect();
    }

    /// Returns when the next ring is due.
    pub fn next_due(&self) -> Option<Uptime> {
        self.due.front().copied()
    }

    /// Whether the bell rings now. Rings that were missed together are one.
    pub fn take_ring(&mut self, now: Uptime) -> bool {
        let waiting = self.due.len();
        self.due.retain(|due| *due > now);
        self.due.len() < waiting
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_denial_rings_twice_with_a_pause_between() {
        let mut bell = Bell::default();

        bell.play(Tone::Deny, Uptime(1_000));

        assert!(bell.take_ring(Uptime(1_000)));
        assert!(!bell.take_ring(Uptime(1_100)));
        assert_eq!(bell.next_due(), Some(Uptime(1_420)));
        assert!(bell.take_ring(Uptime(1_500)));
        assert_eq!(bell.next_due(), None);
    }

    #[test]
    fn a_new_verdict_silences_the_rest_of_the_one_before() {
        let mut bell = Bell::default();
        bell.play(Tone::Fault, Uptime(0));
        assert!(bell.take_ring(Uptime(0)));

        bell.play(Tone::Admit, Uptime(100));

        assert!(bell.take_ring(Uptime(100)));
        assert_eq!(bell.next_due(), None);
    }

    #[test]
    fn no_two_tones_have_the_same_rhythm_and_pitch() {
        let tones = [Tone::Admit, Tone::Deny, Tone::Check, Tone::Exit, Tone::Fault];
        for (at, tone) in tones.iter().enumerate() {
            assert!(tones.iter().skip(at + 1).all(|other| other.notes() != tone.notes()), "{tone:?}");
        }
    }
}
