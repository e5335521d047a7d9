//! The thread that plays tones on a sound device.
//!
//! The device is opened when a tone is due and let go of when none came for a while: an open one
//! keeps the processor awake. A device may hang, refuse or vanish, so nobody waits for this thread;
//! it says of each tone whether it is heard.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::device::Device;
use super::{Tone, synth};
use crate::contained;

/// For how long a device stays open after a tone.
const HOLD: Duration = Duration::from_secs(10);
/// For how long a device that could not be opened is not tried again.
const RETRY: Duration = Duration::from_secs(3);
/// How often it is looked whether a device plays still.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Something that samples can be played on.
pub(super) trait Output {
    /// Returns the samples that it takes in a second.
    fn rate(&self) -> u32;
    /// Plays these from now on, in place of whatever was still to play. Returns whether it does.
    fn begin(&mut self, samples: Vec<f32>) -> bool;
    /// Whether there is something left to play.
    fn is_playing(&self) -> bool;
    /// Whether it plays nothing any more.
    fn is_broken(&self) -> bool;
}

/// What became of a tone.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Report {
    /// Which tone; 0 for the look at the device before the first.
    pub number: u64,
    /// Whether it plays. Told again as false if the device vanishes while it does.
    pub is_playing: bool,
}

/// What tells the thread to play. Dropping it ends the thread.
#[derive(Debug)]
pub(super) struct Speaker(Sender<(u64, Tone)>);

impl Speaker {
    /// Starts the thread, which looks at the device at once and tells what it finds.
    pub(super) fn start(tell: impl FnMut(Report) + Send + 'static) -> io::Result<Self> {
        let (speaker, orders) = channel();
        thread::Builder::new().name("sound".into()).spawn(move || run(&orders, open, tell))?;
        Ok(Self(speaker))
    }

    /// Plays a tone. What becomes of it is told under this number.
    pub(super) fn play(&self, number: u64, tone: Tone) -> bool {
        self.0.send((number, tone)).is_ok()
    }
}

/// Plays a tone to its end. Returns whether it was.
pub(crate) fn play_once(tone: Tone) -> bool {
    let Some(mut output) = open() else { return false };
    let mut is_heard = output.begin(synth::samples(tone, output.rate()));
    while is_heard && output.is_playing() {
        thread::sleep(LOOK_EVERY);
        is_heard = !output.is_broken();
    }
    // What was taken last sounds a moment longer.
    thread::sleep(LOOK_EVERY * 2);
    is_heard
}

fn open() -> Option<Box<dyn Output>> {
    match contained::run(Device::open) {
        Ok(Ok(device)) => Some(Box::new(device)),
        Ok(Err(error)) => {
            tracing::info!(%error, "no tones from a sound device");
            None
        }
        Err(panicked) => {
            tracing::warn!(error = %panicked, "no tones from a sound device");
            None
        }
    }
}

fn run(orders: &Receiver<(u64, Tone)>, open: impl Fn() -> Option<Box<dyn Output>>, mut tell: impl FnMut(Report)) {
    let mut output = open();
    let mut failed = output.is_none().then(Instant::now);
    tell(Report { number: 0, is_playing: output.is_some() });
    let (mut playing, mut idle_since) = (None, Instant::now());
    loop {
        let patience = match &output {
            Some(_) if playing.is_some() => LOOK_EVERY,
            Some(_) => HOLD.saturating_sub(idle_since.elapsed()),
            None => Duration::MAX,
        };
        match next(orders, patience) {
            Ok((number, tone)) => {
                let is_held = output.is_some();
                let mut is_playing = begin(&mut output, tone);
                // One that was held open may be another by now.
                if !is_playing && (is_held || failed.is_none_or(|failed| failed.elapsed() >= RETRY)) {
                    output = open();
                    is_playing = begin(&mut output, tone);
                    failed = (!is_playing).then(Instant::now);
                }
                playing = is_playing.then_some(number);
                tell(Report { number, is_playing });
            }
            Err(RecvTimeoutError::Timeout) => {
                let is_broken = output.as_ref().is_some_and(|output| output.is_broken());
                let is_playing = output.as_ref().is_some_and(|output| output.is_playing());
                if is_broken {
                    if let Some(number) = playing.filter(|_| is_playing) {
                        tell(Report { number, is_playing: false });
                    }
                    (output, playing) = (None, None);
                } else if playing.is_some() && !is_playing {
                    (playing, idle_since) = (None, Instant::now());
                } else if playing.is_none() && idle_since.elapsed() >= HOLD {
                    output = None;
                }
            }
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

fn next(orders: &Receiver<(u64, Tone)>, patience: Duration) -> Result<(u64, Tone), RecvTimeoutError> {
    if patience == Duration::MAX {
        return orders.recv().map_err(|_| RecvTimeoutError::Disconnected);
    }
    orders.recv_timeout(patience)
}

/// Plays on `output`, and lets go of one that doesn't.
fn begin(output: &mut Option<Box<dyn Output>>, tone: Tone) -> bool {
    let is_playing = output.as_mut().is_some_and(|output| output.begin(synth::samples(tone, output.rate())));
    if !is_playing {
        *output = None;
    }
    is_playing
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    use super::*;

    /// A speaker of which nothing is heard.
    pub(in crate::feedback) fn deaf() -> Speaker {
        let (speaker, orders) = channel();
        thread::spawn(move || orders.iter().for_each(drop));
        Speaker(speaker)
    }

    /// A device of which the test decides whether it is there.
    #[derive(Clone, Default)]
    struct Plug {
        is_out: Arc<AtomicBool>,
        opened: Arc<AtomicUsize>,
    }

    struct Plugged(Plug);

    impl Output for Plugged {
        fn rate(&self) -> u32 {
            8_000
        }

        fn begin(&mut self, samples: Vec<f32>) -> bool {
            !samples.is_empty() && !self.is_broken()
        }

        fn is_playing(&self) -> bool {
            true
        }

        fn is_broken(&self) -> bool {
            self.0.is_out.load(Ordering::Relaxed)
        }
    }

    impl Plug {
        fn speaker(&self) -> (Speaker, Receiver<Report>) {
            let (speaker, orders) = channel();
            let (told, reports) = channel();
            let plug = self.clone();
            let open = move || {
                plug.opened.fetch_add(1, Ordering::Relaxed);
                let is_out = plug.is_out.load(Ordering::Relaxed);
                (!is_out).then(|| Box::new(Plugged(plug.clone())) as Box<dyn Output>)
            };
            thread::spawn(move || run(&orders, open, |report| _ = told.send(report)));
            (Speaker(speaker), reports)
        }
    }

    #[test]
    fn each_tone_is_told_to_play() {
        let (speaker, reports) = Plug::default().speaker();
        assert_eq!(reports.recv(), Ok(Report { number: 0, is_playing: true }));

        speaker.play(1, Tone::Admit);
        speaker.play(2, Tone::Deny);

        assert_eq!(reports.recv(), Ok(Report { number: 1, is_playing: true }));
        assert_eq!(reports.recv(), Ok(Report { number: 2, is_playing: true }));
    }

    #[test]
    fn without_a_device_each_tone_is_told_not_to_and_it_is_not_looked_for_each_time() {
        let plug = Plug::default();
        plug.is_out.store(true, Ordering::Relaxed);
        let (speaker, reports) = plug.speaker();
        assert_eq!(reports.recv(), Ok(Report { number: 0, is_playing: false }));

        for number in 1..=3 {
            speaker.play(number, Tone::Admit);
            assert_eq!(reports.recv(), Ok(Report { number, is_playing: false }));
        }

        assert_eq!(plug.opened.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn a_device_that_vanishes_amid_a_tone_is_told() {
        let plug = Plug::default();
        let (speaker, reports) = plug.speaker();
        speaker.play(1, Tone::Fault);
        assert_eq!(reports.iter().nth(1), Some(Report { number: 1, is_playing: true }));

        plug.is_out.store(true, Ordering::Relaxed);

        assert_eq!(reports.recv(), Ok(Report { number: 1, is_playing: false }));
        speaker.play(2, Tone::Admit);
        assert_eq!(reports.recv(), Ok(Report { number: 2, is_playing: false }));
    }

    #[test]
    fn the_thread_ends_with_its_speaker() {
        let (speaker, reports) = Plug::default().speaker();
        drop(speaker);

        assert_eq!(reports.iter().count(), 1);
    }
}
