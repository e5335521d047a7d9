//! The ready check: steps on the gate's thread, then a code before the camera and a tone, then the
//! result. Guests are served all the while.

use sync_protocol::time::Uptime;

use super::{Choice, Outcome};
use crate::app::Key;
use crate::door::{Answer, CameraStatus, Request};
use crate::drill::{CAMERA_MS, Camera, Course, Found, Probe, Sound};
use crate::feedback::{Means, Tone};

/// How far a ready check is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stage {
    /// The gate takes its steps.
    Probing,
    /// A code is to be held before the camera until then.
    Camera(Uptime),
    /// A tone was played: was it heard?
    Sound,
    /// The result is being written down.
    Keeping,
    /// Everything was looked at; whether the result is written down.
    Done(bool),
}

/// A ready check under way, or its result.
#[derive(Clone, Debug)]
pub struct Drill {
    course: Course,
    stage: Stage,
    row: Choice,
    camera: CameraStatus,
    means: Means,
    now: Uptime,
}

impl Drill {
    /// Opens the screen and takes the first step.
    pub(super) fn open() -> (Self, Outcome) {
        let screen = Self {
            course: Course::default(),
            stage: Stage::Probing,
            row: Choice::new(),
            camera: CameraStatus::Off,
            means: Means::Bell,
            now: Uptime(0),
        };
        let first = screen.course.next().map_or(Outcome::Stay, ask);
        (screen, first)
    }

    /// Returns how far it is.
    pub const fn stage(&self) -> Stage {
        self.stage
    }

    /// Returns what was found so far.
    pub fn found(&self) -> &[Found] {
        self.course.found()
    }

    /// Returns the row that is read, once there is something to read.
    pub fn row(&self) -> Option<usize> {
        matches!(self.stage, Stage::Done(_)).then(|| self.row.of(self.found().len())).flatten()
    }

    /// Returns what plays the tone.
    pub const fn means(&self) -> Means {
        self.means
    }

    /// Returns for how long a code may still be held before the camera, in ms.
    pub const fn camera_ms(&self) -> Option<u64> {
        match self.stage {
            Stage::Camera(until) => Some(until.0.saturating_sub(self.now.0)),
            _ => None,
        }
    }

    pub(super) const fn gives_way(&self) -> bool {
        matches!(self.stage, Stage::Done(_))
    }

    pub(super) fn press(&mut self, key: Key) -> Outcome {
        match (self.stage, key) {
            (_, Key::Escape) => Outcome::Close,
            (Stage::Camera(_), Key::Enter) => self.find_camera(Camera::Unread),
            (Stage::Sound, Key::Char('y')) => self.find_sound(Sound::Heard(self.means)),
            (Stage::Sound, Key::Char('n')) => self.find_sound(Sound::NotHeard(self.means)),
            (Stage::Sound, Key::Enter) => Outcome::Sound(Tone::Admit),
            (Stage::Done(_), key) => {
                self.row.press(key, self.course.found().len());
                Outcome::Stay
            }
            _ => Outcome::Stay,
        }
    }

    pub(super) fn learn(&mut self, answer: &Answer) -> Outcome {
        match (self.stage, answer) {
            (Stage::Probing, Answer::Probed(probed)) => {
                self.course.take(probed.clone());
                if let Some(probe) = self.course.next() {
                    return ask(probe);
                }
                if self.course.found().iter().any(|found| matches!(found, Found::Camera(_))) {
                    return self.play();
                }
                self.look()
            }
            (Stage::Keeping, Answer::DrillKept(is_kept)) => {
                self.stage = Stage::Done(*is_kept);
                Outcome::Stay
            }
            _ => Outcome::Stay,
        }
    }

    pub(super) fn see_camera(&mut self, camera: &CameraStatus) -> Outcome {
        self.camera = camera.clone();
        if matches!(self.stage, Stage::Camera(_)) && !has_pictures(camera) { self.look() } else { Outcome::Stay }
    }

    pub(super) fn see_means(&mut self, means: Means) -> Outcome {
        self.means = means;
        match (self.stage, silence(means)) {
            // A tone was wanted, and now it is known that there is nothing to play it.
            (Stage::Sound, Some(silence)) => self.find_sound(silence),
            _ => Outcome::Stay,
        }
    }

    pub(super) fn see_code(&mut self) -> Outcome {
        if matches!(self.stage, Stage::Camera(_)) { self.find_camera(Camera::Read) } else { Outcome::Stay }
    }

    pub(super) fn pass_time(&mut self, now: Uptime) -> Outcome {
        self.now = now;
        match self.stage {
            Stage::Camera(until) if until <= now => self.find_camera(Camera::Unread),
            _ => Outcome::Stay,
        }
    }

    /// Waits for a code, or has a made picture read where there is no camera.
    fn look(&mut self) -> Outcome {
        if has_pictures(&self.camera) {
            self.stage = Stage::Camera(self.now.plus(CAMERA_MS));
            return Outcome::Stay;
        }
        self.stage = Stage::Probing;
        ask(Probe::Picture { is_wanted: self.camera != CameraStatus::Off })
    }

    fn find_camera(&mut self, camera: Camera) -> Outcome {
        self.course.add(Found::Camera(camera));
        self.play()
    }

    fn play(&mut self) -> Outcome {
        if self.means == Means::Off {
            return self.find_sound(Sound::Off);
        }
        self.stage = Stage::Sound;
        Outcome::Sound(Tone::Admit)
    }

    fn find_sound(&mut self, sound: Sound) -> Outcome {
        self.course.add(Found::Sound(sound));
        self.stage = Stage::Keeping;
        Outcome::Ask(Request::KeepDrill(Box::new(self.course.result())))
    }
}

const fn ask(probe: Probe) -> Outcome {
    Outcome::Ask(Request::Probe(probe))
}

/// Returns what is found where nothing can play a tone.
const fn silence(means: Means) -> Option<Sound> {
    match means {
        Means::Device | Means::Bell => None,
        Means::Nothing => Some(Sound::NoDevice),
        Means::Off => Some(Sound::Off),
    }
}

/// Whether the camera gives pictures, or is about to.
const fn has_pictures(camera: &CameraStatus) -> bool {
    matches!(camera, CameraStatus::Streaming { .. } | CameraStatus::Opening { .. })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::samples;
    use crate::drill::Probed;
    use sync_protocol::journal::drill::Light;

    #[test]
    fn a_code_before_the_camera_and_a_tone_that_was_heard_end_it() {
        let mut screen = probed(Some(samples::camera_streaming()));
        assert_eq!(screen.camera_ms(), Some(CAMERA_MS));

        assert_eq!(screen.see_code(), Outcome::Sound(Tone::Admit));
        assert_eq!(screen.press(Key::Enter), Outcome::Sound(Tone::Admit), "once more");
        let Outcome::Ask(Request::KeepDrill(drill)) = screen.press(Key::Char('y')) else { panic!("nothing is kept") };
        assert_eq!(screen.learn(&Answer::DrillKept(true)), Outcome::Stay);

        assert_eq!(screen.stage(), Stage::Done(true));
        let lights: Vec<_> = drill.checks.iter().map(|checked| (checked.check.as_str(), checked.light)).collect();
        assert_eq!(lights[lights.len() - 2..], [("camera", Light::Green), ("sound", Light::Green)]);
    }

    #[test]
    fn a_camera_that_reads_nothing_is_not_waited_for_for_ever() {
        let mut screen = probed(Some(samples::camera_streaming()));

        assert_eq!(screen.pass_time(Uptime(1_000 + CAMERA_MS - 1)), Outcome::Stay);
        assert_eq!(screen.pass_time(Uptime(1_000 + CAMERA_MS)), Outcome::Sound(Tone::Admit));

        assert_eq!(screen.found().last(), Some(&Found::Camera(Camera::Unread)));
    }

    #[test]
    fn without_a_camera_a_made_picture_is_read() {
        let mut screen = probed(None);
        assert_eq!(screen.stage(), Stage::Probing);

        let outcome = screen.learn(&Answer::Probed(Probed::Found(vec![Found::Camera(Camera::Unwanted)])));

        assert_eq!((outcome, screen.stage()), (Outcome::Sound(Tone::Admit), Stage::Sound));
    }

    #[test]
    fn a_camera_that_is_lost_meanwhile_is_not_waited_for() {
        let mut screen = probed(Some(samples::camera_streaming()));
        let outcome = screen.see_camera(&samples::camera_lost());

        assert_eq!(outcome, ask(Probe::Picture { is_wanted: true }));
    }

    #[test]
    fn where_nothing_plays_a_tone_nobody_is_asked() {
        let mut off = probed(Some(samples::camera_streaming()));
        off.see_means(Means::Off);
        assert!(matches!(off.see_code(), Outcome::Ask(Request::KeepDrill(_))));
        assert_eq!(off.found().last(), Some(&Found::Sound(Sound::Off)));

        let mut none = probed(Some(samples::camera_streaming()));
        none.see_means(Means::Nothing);
        assert_eq!(none.see_code(), Outcome::Sound(Tone::Admit), "one may have been plugged in since");
        assert!(matches!(none.see_means(Means::Nothing), Outcome::Ask(Request::KeepDrill(_))));
        assert_eq!(none.found().last(), Some(&Found::Sound(Sound::NoDevice)));
    }

    #[test]
    fn it_stays_open_beside_the_guests_until_it_is_done() {
        let mut screen = probed(Some(samples::camera_streaming()));
        assert!(!screen.gives_way());
        screen.see_code();
        screen.press(Key::Char('n'));
        screen.learn(&Answer::DrillKept(true));
        assert!(screen.gives_way());
    }

    /// A check of which the gate has taken its steps at second 1.
    fn probed(camera: Option<CameraStatus>) -> Drill {
        let (mut screen, mut outcome) = Drill::open();
        screen.pass_time(Uptime(1_000));
        camera.iter().for_each(|camera| _ = screen.see_camera(camera));
        while let Outcome::Ask(Request::Probe(probe)) = outcome {
            if matches!(probe, Probe::Picture { .. }) {
                break;
            }
            outcome = screen.learn(&Answer::Probed(samples::probed(probe)));
        }
        screen
    }
}
