//! What a camera's threads leave for the reader: the newest frame, and the states it went through.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::{CameraState, Frame, Sight};

/// The most states kept; a reader that is this far behind misses the oldest.
const STATES_MAX: usize = 32;

/// One frame and a few states, handed from thread to thread.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    content: Mutex<Content>,
    arrived: Condvar,
}

#[derive(Debug, Default)]
struct Content {
    frame: Option<Frame>,
    states: VecDeque<CameraState>,
    /// The last state reported, so that it is reported once.
    last: Option<CameraState>,
}

impl Inbox {
    /// Puts the newest frame in, and returns the buffer of the one it replaces, if nobody took that.
    pub(super) fn put(&self, frame: Frame) -> Option<Vec<u8>> {
        let old = self.lock().frame.replace(frame);
        self.arrived.notify_one();
        old.map(Frame::into_luma)
    }

    /// Reports a state, unless it is the last one reported.
    pub(super) fn report(&self, state: CameraState) {
        let mut content = self.lock();
        if content.last.as_ref() == Some(&state) {
            return;
        }
        if !matches!(state, CameraState::Streaming { .. }) {
            // What was seen before the camera went away is no longer in front of it.
            content.frame = None;
        }
        if content.states.len() >= STATES_MAX {
            content.states.pop_front();
        }
        content.last = Some(state.clone());
        content.states.push_back(state);
        drop(content);
        self.arrived.notify_one();
    }

    /// Takes the oldest state, else the newest frame, waiting up to `wait` for either.
    pub(super) fn take(&self, wait: Duration) -> Sight {
        let until = Instant::now() + wait;
        let mut content = self.lock();
        loop {
            if let Some(state) = content.states.pop_front() {
                return Sight::Camera(state);
            }
            if let Some(frame) = content.frame.take() {
                return Sight::Frame { frame, name: None };
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Sight::Nothing;
            }
            content = self.arrived.wait_timeout(content, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn frame(pixel: u8) -> Frame {
        Frame::new(1, 1, vec![pixel]).unwrap()
    }

    fn streaming() -> CameraState {
        CameraState::Streaming { name: "Cam".into(), width: 1, height: 1 }
    }

    #[test]
    fn the_newest_frame_wins_and_the_older_buffer_comes_back() {
        let inbox = Inbox::default();

        assert_eq!(inbox.put(frame(1)), None);
        assert_eq!(inbox.put(frame(2)), Some(vec![1]));

        assert!(matches!(inbox.take(Duration::ZERO), Sight::Frame { frame, .. } if frame.luma() == [2]));
        assert!(matches!(inbox.take(Duration::ZERO), Sight::Nothing));
    }

    #[test]
    fn states_come_once_and_before_frames() {
        let inbox = Inbox::default();
        inbox.report(streaming());
        inbox.put(frame(1));
        inbox.report(streaming());

        assert!(matches!(inbox.take(Duration::ZERO), Sight::Camera(CameraState::Streaming { .. })));
        assert!(matches!(inbox.take(Duration::ZERO), Sight::Frame { .. }));
        assert!(matches!(inbox.take(Duration::ZERO), Sight::Nothing));
    }

    #[test]
    fn a_frame_from_before_the_camera_stalled_is_not_shown_after() {
        let inbox = Inbox::default();
        inbox.put(frame(1));
        inbox.report(CameraState::Stalled);

        assert!(matches!(inbox.take(Duration::ZERO), Sight::Camera(CameraState::Stalled)));
        assert!(matches!(inbox.take(Duration::ZERO), Sight::Nothing));
    }

    #[test]
    fn a_waiting_reader_gets_what_arrives() {
        let inbox = Arc::new(Inbox::default());
        let giver = inbox.clone();
        let thread = std::thread::spawn(move || giver.put(frame(7)));

        assert!(matches!(inbox.take(Duration::from_secs(60)), Sight::Frame { .. }));
        thread.join().unwrap();
    }
}
