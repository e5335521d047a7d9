//! What the camera shows staff: the picture, and how the ticket is held.

use std::sync::Arc;

use crate::camera::viewfinder::{View, Viewfinder};
use crate::decoder::aim::Aim;
use crate::door::CameraStatus;

/// What the camera shows staff.
#[derive(Clone, Debug)]
pub struct Sight {
    is_on: bool,
    view: Option<Arc<View>>,
    aim: Aim,
}

impl Default for Sight {
    fn default() -> Self {
        Self { is_on: true, view: None, aim: Aim::Open }
    }
}

impl Sight {
    /// Returns the sight of a camera whose picture is off.
    pub(super) const fn off() -> Self {
        Self { is_on: false, view: None, aim: Aim::Open }
    }

    /// Whether a picture is wanted.
    pub const fn is_on(&self) -> bool {
        self.is_on
    }

    /// Returns the newest picture, if one is wanted and there is one.
    pub const fn view(&self) -> Option<&Arc<View>> {
        self.view.as_ref()
    }

    /// Returns how the ticket is held.
    pub const fn aim(&self) -> Aim {
        self.aim
    }

    pub(super) const fn take_aim(&mut self, aim: Aim) {
        self.aim = aim;
    }

    pub(super) fn toggle(&mut self) {
        self.is_on = !self.is_on;
        self.view = None;
    }

    /// Takes the newest picture.
    pub(super) fn see(&mut self, viewfinder: &Viewfinder) {
        if let Some(view) = viewfinder.take().filter(|_| self.is_on) {
            self.view = Some(view);
        }
    }

    /// Forgets the picture of a camera that sends no more.
    pub(super) fn see_camera(&mut self, camera: &CameraStatus) {
        if !matches!(camera, CameraStatus::Streaming { .. }) {
            self.view = None;
            self.aim = Aim::Open;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{Event, Key, State, update};
    use crate::camera::{Frame, Trouble};
    use crate::door::Notice;

    fn camera(state: &mut State, fps: u32) {
        let streaming = CameraStatus::Streaming { name: "C920".into(), fps };
        update(state, Event::Notice(Notice::Camera(streaming)));
    }

    fn see(state: &mut State, pixel: u8) {
        let viewfinder = Arc::new(Viewfinder::default());
        viewfinder.want(Some((4, 4)));
        viewfinder.show(&Frame::new(1, 1, vec![pixel]).unwrap(), &[]);
        update(state, Event::Notice(Notice::View(viewfinder)));
    }

    #[test]
    fn the_picture_stays_until_the_camera_sends_no_more() {
        let mut state = State::new(false);
        camera(&mut state, 0);
        see(&mut state, 7);
        camera(&mut state, 28);
        assert_eq!(state.sight().view().unwrap().frame.luma(), [7]);

        let lost = CameraStatus::Lost { name: "C920".into(), trouble: Trouble::Unplugged, reason: String::new() };
        update(&mut state, Event::Notice(Notice::Camera(lost)));

        assert!(state.sight().view().is_none());
    }

    #[test]
    fn p_takes_the_picture_away_and_brings_it_back() {
        let mut state = State::new(false);
        camera(&mut state, 0);
        see(&mut state, 7);

        press(&mut state, 'p');
        assert!(!state.sight().is_on() && state.sight().view().is_none());
        see(&mut state, 8);
        assert!(state.sight().view().is_none());

        press(&mut state, 'p');
        see(&mut state, 9);
        assert!(state.sight().view().is_some());
    }

    /// Presses a key and waits until it is known to be no scanner's.
    fn press(state: &mut State, letter: char) {
        for ms in [200, 400] {
            update(state, Event::Tick(state.now().plus(ms)));
            if ms == 200 {
                update(state, Event::Key(Key::Char(letter)));
            }
        }
    }
}
