//! Another camera while the door is open: which there are, and which is to be read from now on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::thread;

use crate::camera::device::{Settings, Switch};
use crate::door::{Answer, Notice};

/// What chooses the camera.
#[derive(Clone, Debug)]
pub struct Cameras {
    switch: Option<Switch>,
    notices: Sender<Notice>,
    is_looking: Arc<AtomicBool>,
}

impl Cameras {
    pub(super) fn new(switch: Option<Switch>, notices: Sender<Notice>) -> Self {
        Self { switch, notices, is_looking: Arc::default() }
    }

    /// Has it answered which cameras there are. A driver may take its time, and nobody waits for it.
    pub fn look(&self) {
        let Some(switch) = self.switch.clone() else { return self.answer(Answer::NoCamera) };
        if self.is_looking.swap(true, Ordering::AcqRel) {
            return;
        }
        let cameras = self.clone();
        let looking = thread::Builder::new().name("cameras".into()).spawn(move || {
            let offers = switch.look();
            cameras.is_looking.store(false, Ordering::Release);
            cameras.answer(Answer::Cameras(offers));
        });
        if let Err(error) = looking {
            tracing::warn!(%error, "nobody can look for cameras");
            self.is_looking.store(false, Ordering::Release);
        }
    }

    /// Reads this camera from now on.
    pub fn take(&self, settings: Settings) {
        if let Some(switch) = &self.switch {
            switch.to(settings);
        }
    }

    fn answer(&self, answer: Answer) {
        // Whoever asked may have gone.
        let _ = self.notices.send(Notice::Answer(Box::new(answer)));
    }
}
