//! Which camera, and how large its pictures are. Both are changed while the door stays open.

use sync_protocol::time::Uptime;

use super::{Choice, Outcome};
use crate::app::Key;
use crate::camera::offer::{Mode, Offer, called};
use crate::door::{Answer, CameraOrder};

/// How often it is looked which cameras there are, in ms.
pub const REFRESH_MS: u64 = 2_000;
/// The size that is chosen first where a camera is not in use, in pixels: enough for every code.
const USUAL_SIZE: (u32, u32) = (1280, 720);

/// The cameras, and the sizes of one.
#[derive(Clone, Debug)]
pub struct Camera {
    seen: Seen,
    row: Choice,
    /// The camera whose size is being chosen, by its number, and the size.
    sizes: Option<(u32, Choice)>,
    /// Since when the list is as it is; nothing before time first passed.
    asked: Option<Uptime>,
}

#[derive(Clone, Debug)]
enum Seen {
    Nothing,
    Unused,
    Offers(Vec<Offer>),
}

impl Camera {
    /// Opens the screen and asks which cameras there are.
    pub(super) const fn open() -> (Self, Outcome) {
        let screen = Self { seen: Seen::Nothing, row: Choice::new(), sizes: None, asked: None };
        (screen, Outcome::Camera(CameraOrder::Look))
    }

    /// Returns the cameras; nothing before they are known.
    pub fn offers(&self) -> Option<&[Offer]> {
        match &self.seen {
            Seen::Offers(offers) => Some(offers),
            Seen::Nothing | Seen::Unused => None,
        }
    }

    /// Whether no camera is used at all.
    pub const fn is_unused(&self) -> bool {
        matches!(self.seen, Seen::Unused)
    }

    /// Returns which camera is chosen.
    pub fn row(&self) -> Option<usize> {
        self.row.of(self.offers()?.len())
    }

    /// Returns the camera whose size is being chosen, its sizes, and which of them is chosen.
    pub fn sizes(&self) -> Option<(&Offer, &[Mode], usize)> {
        let (index, choice) = self.sizes?;
        let offer = self.offers()?.iter().find(|offer| offer.index == index)?;
        let modes = offer.modes.as_deref().ok()?;
        Some((offer, modes, choice.of(modes.len())?))
    }

    pub(super) fn press(&mut self, key: Key) -> Outcome {
        if let Some((offer, modes, chosen)) = self.sizes() {
            match key {
                Key::Escape => self.sizes = None,
                Key::Enter => {
                    let size = modes.get(chosen).map(Mode::size);
                    return self.take(offer.index, size);
                }
                key => {
                    let count = modes.len();
                    if let Some((_, choice)) = &mut self.sizes {
                        choice.press(key, count);
                    }
                }
            }
            return Outcome::Stay;
        }
        match key {
            Key::Escape => Outcome::Close,
            Key::Enter => self.choose(),
            key => {
                self.row.press(key, self.offers().map_or(0, <[Offer]>::len));
                Outcome::Stay
            }
        }
    }

    /// Goes on to the sizes of the chosen camera, or takes it as it is where none are known.
    fn choose(&mut self) -> Outcome {
        let Some(offer) = self.row().and_then(|at| self.offers()?.get(at)) else { return Outcome::Stay };
        let index = offer.index;
        match offer.modes.as_deref() {
            Ok(modes) if !modes.is_empty() => {
                let is_size = |size| modes.iter().position(|mode| mode.size() == size);
                let at = offer.in_use.and_then(|mode| is_size(mode.size())).or_else(|| is_size(USUAL_SIZE));
                let mut choice = Choice::new();
                choice.set(at.unwrap_or_default());
                self.sizes = Some((index, choice));
                Outcome::Stay
            }
            _ => self.take(index, None),
        }
    }

    fn take(&self, index: u32, size: Option<(u32, u32)>) -> Outcome {
        let offers = self.offers().unwrap_or_default();
        let at = offers.iter().position(|offer| offer.index == index);
        match at.and_then(|at| called(offers, at)) {
            Some(camera) => Outcome::CloseAndCamera(CameraOrder::Take { camera, size }),
            None => Outcome::Stay,
        }
    }

    pub(super) fn learn(&mut self, answer: &Answer) -> Outcome {
        match answer {
            Answer::Cameras(offers) => {
                // The chosen one stays chosen when others come or go.
                let chosen = self.row().and_then(|at| self.offers()?.get(at)).map(|offer| offer.index);
                let is_chosen = |offer: &Offer| match chosen {
                    Some(index) => offer.index == index,
                    None => offer.in_use.is_some(),
                };
                if let Some(at) = offers.iter().position(is_chosen) {
                    self.row.set(at);
                }
                self.seen = Seen::Offers(offers.clone());
                if self.sizes().is_none() {
                    self.sizes = None;
                }
            }
            Answer::NoCamera => self.seen = Seen::Unused,
            _ => {}
        }
        Outcome::Stay
    }

    pub(super) fn pass_time(&mut self, now: Uptime) -> Outcome {
        let asked = *self.asked.get_or_insert(now);
        if now.0.saturating_sub(asked.0) < REFRESH_MS {
            return Outcome::Stay;
        }
        self.asked = Some(now);
        Outcome::Camera(CameraOrder::Look)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::samples;

    #[test]
    fn a_camera_and_its_size_are_chosen_in_two_steps() {
        let mut screen = opened();
        assert_eq!(screen.row(), Some(0), "the one in use");
        screen.press(Key::Enter);
        let (offer, modes, chosen) = screen.sizes().unwrap();
        assert_eq!((offer.name.as_str(), modes[chosen].size()), ("C920", (1280, 720)), "the size in use");

        screen.press(Key::Down);

        let order = CameraOrder::Take { camera: "C920".into(), size: Some((640, 480)) };
        assert_eq!(screen.press(Key::Enter), Outcome::CloseAndCamera(order));
    }

    #[test]
    fn a_camera_that_tells_no_sizes_is_taken_as_it_is() {
        let mut screen = opened();
        screen.press(Key::End);

        let order = CameraOrder::Take { camera: "Capture box".into(), size: None };
        assert_eq!(screen.press(Key::Enter), Outcome::CloseAndCamera(order));
    }

    #[test]
    fn the_chosen_one_stays_chosen_when_another_is_unplugged() {
        let mut screen = opened();
        screen.press(Key::Down);
        assert_eq!(screen.row(), Some(1));

        screen.learn(&Answer::Cameras(samples::cameras().into_iter().skip(1).collect()));

        assert_eq!(screen.row(), Some(0));
        screen.press(Key::Enter);
        assert_eq!(screen.sizes().unwrap().0.name, "Integrated Camera");
        screen.learn(&Answer::Cameras(Vec::new()));
        assert!(screen.sizes().is_none() && screen.row().is_none());
        assert_eq!(screen.press(Key::Enter), Outcome::Stay);
    }

    #[test]
    fn escape_leaves_the_sizes_and_then_the_screen() {
        let mut screen = opened();
        screen.press(Key::Enter);

        assert_eq!(screen.press(Key::Escape), Outcome::Stay);
        assert_eq!(screen.press(Key::Escape), Outcome::Close);
    }

    #[test]
    fn what_is_plugged_in_meanwhile_appears() {
        let mut screen = opened();

        assert_eq!(screen.pass_time(Uptime(50)), Outcome::Stay);
        assert_eq!(screen.pass_time(Uptime(50 + REFRESH_MS)), Outcome::Camera(CameraOrder::Look));
    }

    fn opened() -> Camera {
        let (mut screen, _) = Camera::open();
        screen.learn(&Answer::Cameras(samples::cameras()));
        screen
    }
}
