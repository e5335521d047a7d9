//! Which means play a tone: the sound device, or the terminal's bell in its place.

use sync_protocol::time::Uptime;

use super::speaker::{Report, Speaker};
use super::{Bell, Choice, Means, Tone};

/// A device that has not said by then that a tone plays is not waited for, in ms.
const ANSWER_WITHIN_MS: u64 = 350;

/// Plays tones as they are wanted here.
#[derive(Debug)]
pub struct Player {
    choice: Choice,
    speaker: Option<Speaker>,
    has_device: bool,
    bell: Bell,
    /// How many tones were given to the device.
    count: u64,
    /// A tone of which the device has not said whether it plays, and until when that is waited for.
    waits: Option<(Tone, Uptime)>,
    /// The tone that the device plays.
    plays: Option<Tone>,
}

impl Player {
    /// Starts what `choice` needs. What becomes of tones on the device is told to `tell`, and belongs
    /// into [`Player::hear`].
    pub fn start(choice: Choice, tell: impl FnMut(Report) + Send + 'static) -> Self {
        let speaker = match choice {
            Choice::Auto | Choice::Device => {
                Speaker::start(tell).inspect_err(|error| tracing::warn!(%error, "no tones from a sound device")).ok()
            }
            Choice::Bell | Choice::Off => None,
        };
        Self::with(choice, speaker)
    }

    fn with(choice: Choice, speaker: Option<Speaker>) -> Self {
        Self { choice, speaker, has_device: false, bell: Bell::default(), count: 0, waits: None, plays: None }
    }

    /// Returns what tones are played by, as far as that is known.
    pub const fn means(&self) -> Means {
        match self.choice {
            Choice::Off => Means::Off,
            Choice::Bell => Means::Bell,
            Choice::Auto | Choice::Device if self.has_device => Means::Device,
            Choice::Auto => Means::Bell,
            Choice::Device => Means::Nothing,
        }
    }

    /// Plays a tone, in place of whatever still sounds.
    pub fn play(&mut self, tone: Tone, now: Uptime) {
        self.bell = Bell::default();
        (self.waits, self.plays) = (None, None);
        if self.choice == Choice::Off {
            return;
        }
        self.count += 1;
        if self.speaker.as_ref().is_some_and(|speaker| speaker.play(self.count, tone)) {
            self.waits = Some((tone, now.plus(ANSWER_WITHIN_MS)));
        } else {
            self.ring(tone, now);
        }
    }

    /// Takes what became of a tone.
    pub fn hear(&mut self, report: Report, now: Uptime) {
        let is_newest = report.number == self.count;
        if is_newest || report.number == 0 {
            self.has_device = report.is_playing;
        }
        if is_newest && let Some(tone) = self.waits.take().map(|(tone, _)| tone).or(self.plays.take()) {
            if report.is_playing {
                self.plays = Some(tone);
            } else {
                self.ring(tone, now);
            }
        }
    }

    /// Returns when there is something to ring or to give up.
    pub fn next_due(&self) -> Option<Uptime> {
        self.bell.next_due().into_iter().chain(self.waits.map(|(_, until)| until)).min()
    }

    /// Whether the bell rings now.
    pub fn take_ring(&mut self, now: Uptime) -> bool {
        if let Some((tone, _)) = self.waits.take_if(|(_, until)| *until <= now) {
            self.has_device = false;
            self.ring(tone, now);
        }
        self.bell.take_ring(now)
    }

    fn ring(&mut self, tone: Tone, now: Uptime) {
        if self.choice != Choice::Device {
            self.bell.play(tone, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::speaker::tests::deaf;
    use super::*;

    fn report(number: u64, is_playing: bool) -> Report {
        Report { number, is_playing }
    }

    #[test]
    fn while_the_device_plays_no_bell_rings() {
        let mut player = Player::with(Choice::Auto, Some(deaf()));
        player.hear(report(0, true), Uptime(0));
        assert_eq!(player.means(), Means::Device);

        player.play(Tone::Deny, Uptime(1_000));
        player.hear(report(1, true), Uptime(1_010));

        assert_eq!(player.next_due(), None);
        assert!(!player.take_ring(Uptime(5_000)));
    }

    #[test]
    fn without_a_device_the_bell_rings_at_once() {
        let mut player = Player::with(Choice::Auto, Some(deaf()));
        player.hear(report(0, false), Uptime(0));

        player.play(Tone::Deny, Uptime(1_000));
        player.hear(report(1, false), Uptime(1_003));

        assert!(player.take_ring(Uptime(1_003)));
        assert_eq!(player.next_due(), Some(Uptime(1_423)), "a denial rings twice");
        assert_eq!(player.means(), Means::Bell);
    }

    #[test]
    fn a_device_that_hangs_is_not_waited_for() {
        let mut player = Player::with(Choice::Auto, Some(deaf()));
        player.hear(report(0, true), Uptime(0));

        player.play(Tone::Admit, Uptime(1_000));
        assert!(!player.take_ring(Uptime(1_000)));
        assert_eq!(player.next_due(), Some(Uptime(1_000 + ANSWER_WITHIN_MS)));

        assert!(player.take_ring(Uptime(1_000 + ANSWER_WITHIN_MS)));
        assert_eq!(player.means(), Means::Bell);
    }

    #[test]
    fn a_device_that_vanishes_amid_a_tone_leaves_it_to_the_bell() {
        let mut player = Player::with(Choice::Auto, Some(deaf()));
        player.hear(report(0, true), Uptime(0));
        player.play(Tone::Fault, Uptime(1_000));
        player.hear(report(1, true), Uptime(1_010));

        player.hear(report(1, false), Uptime(1_200));

        assert!(player.take_ring(Uptime(1_200)));
        assert_eq!(player.means(), Means::Bell);
    }

    #[test]
    fn what_is_told_of_an_earlier_tone_means_nothing() {
        let mut player = Player::with(Choice::Auto, Some(deaf()));
        player.play(Tone::Deny, Uptime(1_000));
        player.play(Tone::Admit, Uptime(1_100));

        player.hear(report(1, false), Uptime(1_110));

        assert!(!player.take_ring(Uptime(1_120)));
    }

    #[test]
    fn where_no_bell_is_wanted_none_rings() {
        let mut device = Player::with(Choice::Device, Some(deaf()));
        device.play(Tone::Admit, Uptime(0));
        device.hear(report(1, false), Uptime(1));
        assert_eq!((device.means(), device.take_ring(Uptime(9_000))), (Means::Nothing, false));

        let mut off = Player::with(Choice::Off, None);
        off.play(Tone::Admit, Uptime(0));
        assert_eq!((off.means(), off.take_ring(Uptime(9_000))), (Means::Off, false));
    }

    #[test]
    fn the_bell_alone_needs_no_device() {
        let mut player = Player::start(Choice::Bell, |_| {});
        player.play(Tone::Admit, Uptime(0));
        assert_eq!((player.means(), player.take_ring(Uptime(0))), (Means::Bell, true));
    }
}
