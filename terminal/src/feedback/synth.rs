//! Notes as a sound device takes them.

use std::f64::consts::TAU;

use super::{Note, Tone};

/// How loud, of what a device can do: clear in a hall, and no crackle on small loudspeakers.
const LEVEL: f64 = 0.6;
/// For so long a note swells and fades, in ms: a sine that begins at once clicks.
const EDGE_MS: u64 = 6;

/// Returns the samples of `tone`, between −1 and 1, at so many a second.
pub fn samples(tone: Tone, rate: u32) -> Vec<f32> {
    let mut samples = Vec::new();
    for note in tone.notes() {
        samples.resize(count(note.at_ms, rate).max(samples.len()), 0.0);
        samples.extend(sounded(*note, rate));
    }
    samples
}

fn sounded(note: Note, rate: u32) -> impl Iterator<Item = f32> {
    let length = count(note.length_ms, rate);
    let edge = count(EDGE_MS, rate).max(1);
    let (from, to) = (f64::from(note.from_hz), f64::from(note.to_hz));
    let mut phase = 0.0_f64;
    (0..length).map(move |at| {
        let sample = phase.sin() * LEVEL * (at.min(length - at) as f64 / edge as f64).min(1.0);
        // The pitch glides; its sum is the phase, so nothing jumps.
        let pitch = from + (to - from) * at as f64 / length as f64;
        phase = (phase + TAU * pitch / f64::from(rate)) % TAU;
        sample as f32
    })
}

fn count(ms: u64, rate: u32) -> usize {
    usize::try_from(ms.saturating_mul(u64::from(rate)) / 1_000).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u32 = 48_000;

    #[test]
    fn a_tone_is_as_long_as_its_notes() {
        for (tone, ms) in
            [(Tone::Admit, 180), (Tone::Deny, 700), (Tone::Check, 290), (Tone::Exit, 260), (Tone::Fault, 1_120)]
        {
            for rate in [8_000, 44_100, RATE] {
                let wanted = count(ms, rate);
                let length = samples(tone, rate).len();
                assert!(length.abs_diff(wanted) <= 2, "{tone:?} at {rate}: {length} of {wanted}");
            }
        }
    }

    #[test]
    fn each_note_has_its_pitch() {
        for tone in [Tone::Admit, Tone::Deny, Tone::Check, Tone::Fault] {
            let samples = samples(tone, RATE);
            for note in tone.notes() {
                let sounded = part(&samples, note.at_ms, note.length_ms);
                let pitch = pitch(sounded);
                assert!((pitch - f64::from(note.from_hz)).abs() < 8.0, "{tone:?}: {pitch} Hz");
            }
        }
    }

    #[test]
    fn the_exits_note_falls() {
        let samples = samples(Tone::Exit, RATE);

        let (first, last) = (pitch(part(&samples, 0, 60)), pitch(part(&samples, 200, 60)));

        assert!((800.0..=890.0).contains(&first) && (430.0..=540.0).contains(&last), "{first} Hz to {last} Hz");
    }

    #[test]
    fn between_notes_it_is_quiet_and_no_edge_clicks() {
        let deny = samples(Tone::Deny, RATE);
        assert!(part(&deny, 281, 138).iter().all(|sample| *sample == 0.0));

        for tone in [Tone::Admit, Tone::Deny, Tone::Check, Tone::Exit, Tone::Fault] {
            let samples = samples(tone, RATE);
            let loudest = samples.iter().fold(0.0_f32, |most, sample| most.max(sample.abs()));
            assert!((0.55..=0.6).contains(&loudest), "{tone:?}: {loudest}");
            let last = samples.last().copied().unwrap();
            let steps = samples.windows(2).map(|pair| (pair[1] - pair[0]).abs());
            let steepest = steps.fold(last.abs(), f32::max);
            assert!(steepest < 0.12, "{tone:?}: a step of {steepest}");
        }
    }

    fn part(samples: &[f32], at_ms: u64, length_ms: u64) -> &[f32] {
        &samples[count(at_ms, RATE)..count(at_ms + length_ms, RATE)]
    }

    /// Counts how often the wave rises through zero in a second.
    fn pitch(samples: &[f32]) -> f64 {
        let rises: Vec<usize> = (1..samples.len()).filter(|&at| samples[at - 1] < 0.0 && samples[at] >= 0.0).collect();
        let (first, last) = (rises[0], rises[rises.len() - 1]);
        (rises.len() - 1) as f64 * f64::from(RATE) / (last - first) as f64
    }
}
