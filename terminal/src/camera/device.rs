//! A camera through nokhwa (V4L2): a source that survives stalls, faults and unplugging.
//!
//! Two threads serve one camera. The capturing thread opens it and copies frames; it may block in the
//! driver for ever, for nokhwa sets no time limit. The supervising thread watches it, wakes it with a
//! signal when nothing came for too long, and opens the camera again. Neither keeps a reader waiting.

mod capture;
mod format;
mod negotiate;
mod signals;
mod supervisor;
mod switch;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use nokhwa::utils::{ApiBackend, CameraIndex};

pub use switch::Switch;

use super::{FrameSource, Sight, inbox::Inbox, offer::Offer};
use crate::contained;

/// A camera that is connected.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Connected {
    /// The number in its device file's name.
    pub index: u32,
    /// What the driver calls it.
    pub name: String,
}

/// Which camera to use.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Choice {
    /// The first that can be opened.
    Any,
    /// The one with this number in its device file's name.
    Index(u32),
    /// The first whose name contains this, in any case of letters.
    Name(String),
}

/// How to use it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Settings {
    /// Which camera.
    pub choice: Choice,
    /// The width of frames to ask for, in pixels; the nearest size it offers is taken.
    pub width: u32,
    /// The height of frames to ask for, in pixels.
    pub height: u32,
}

/// A camera that is being watched and read. Dropping it closes the camera.
#[derive(Debug)]
pub struct Device {
    inbox: Arc<Inbox>,
    switch: Switch,
    stop: Arc<AtomicBool>,
    supervisor: Option<JoinHandle<()>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { choice: Choice::Any, width: 1280, height: 720 }
    }
}

impl std::str::FromStr for Choice {
    type Err = std::convert::Infallible;

    /// Takes a number as an index, `any` as any, and everything else as a name.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text.parse() {
            Ok(index) => Self::Index(index),
            Err(_) if text.eq_ignore_ascii_case("any") => Self::Any,
            Err(_) => Self::Name(text.to_owned()),
        })
    }
}

impl Choice {
    /// Returns the cameras among `found` that are meant, the one to try first in front: one of just
    /// this name before those whose names are longer.
    fn among<'a>(&self, found: &'a [Connected]) -> Vec<&'a Connected> {
        let is_meant = |camera: &Connected| match self {
            Self::Any => true,
            Self::Index(index) => camera.index == *index,
            Self::Name(name) => camera.name.to_lowercase().contains(&name.to_lowercase()),
        };
        let is_longer = |camera: &Connected| match self {
            Self::Name(name) => camera.name.to_lowercase() != name.to_lowercase(),
            Self::Any | Self::Index(_) => false,
        };
        let mut meant: Vec<&Connected> = found.iter().filter(|camera| is_meant(camera)).collect();
        meant.sort_by_key(|camera| is_longer(camera));
        meant
    }
}

/// Returns the cameras that are connected, in the order of their numbers.
pub fn list() -> Vec<Connected> {
    let cameras = contained::run(|| nokhwa::query(ApiBackend::Video4Linux));
    let mut found: Vec<Connected> = cameras
        .ok()
        .and_then(Result::ok)
        .unwrap_or_default()
        .into_iter()
        .filter_map(|camera| match camera.index() {
            CameraIndex::Index(index) => Some(Connected { index: *index, name: camera.human_name() }),
            CameraIndex::String(_) => None,
        })
        .collect();
    found.sort_by_key(|camera| camera.index);
    found
}

/// Returns the cameras that are connected, with what each can be asked for. Opens them, which takes as long as
/// their drivers do; one that this program reads already is for [`Switch::look`].
pub fn offers() -> Vec<Offer> {
    Switch(Arc::new(switch::Shared::new(Settings::default()))).look()
}

impl Device {
    /// Starts to look for the camera, and to read it once it is there.
    ///
    /// # Errors
    ///
    /// If no thread can be started.
    pub fn open(settings: Settings) -> std::io::Result<Self> {
        signals::prepare();
        let inbox = Arc::new(Inbox::default());
        let stop = Arc::new(AtomicBool::new(false));
        let switch = Switch(Arc::new(switch::Shared::new(settings)));
        let mut supervisor = supervisor::Supervisor::new(switch.0.clone(), inbox.clone(), stop.clone());
        let supervisor = thread::Builder::new().name("camera".into()).spawn(move || {
            signals::block();
            supervisor.run();
        })?;
        Ok(Self { inbox, switch, stop, supervisor: Some(supervisor) })
    }

    /// Returns what changes the camera while it is read.
    pub fn switch(&self) -> Switch {
        self.switch.clone()
    }
}

impl FrameSource for Device {
    fn next(&mut self, wait: Duration) -> Sight {
        self.inbox.take(wait)
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(supervisor) = self.supervisor.take() {
            // It ends within seconds even if the driver never answers, and its panics are contained.
            let _ = supervisor.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_camera_is_meant_by_number_or_by_a_part_of_its_name() {
        let found =
            [(0, "Integrated Camera"), (2, "Door Cam HD")].map(|(index, name)| Connected { index, name: name.into() });
        let meant = |choice: &str| -> Vec<u32> {
            choice.parse::<Choice>().unwrap().among(&found).iter().map(|camera| camera.index).collect()
        };

        assert_eq!(meant("any"), [0, 2]);
        assert_eq!(meant("2"), [2]);
        assert_eq!(meant("1"), [0u32; 0]);
        assert_eq!(meant("door"), [2]);
        assert_eq!(meant("cam"), [0, 2]);
    }

    #[test]
    fn a_whole_name_comes_before_a_longer_one() {
        let found = [(0, "Door Cam HD"), (1, "Door Cam")].map(|(index, name)| Connected { index, name: name.into() });

        let meant = Choice::Name("door cam".into());

        assert_eq!(meant.among(&found).first().map(|camera| camera.index), Some(1));
    }
}
