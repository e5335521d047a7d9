//! The thread between the decoder and the gate: what is seen is presented once.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use sync_protocol::time::Uptime;

use crate::camera::{CameraState, FrameSource};
use crate::decoder::presentation::Presentation;
use crate::decoder::thread::{DecodingThread, Event};
use crate::decoder::{Budget, Decoder};
use crate::door::{CameraStatus, Notice};
use crate::gate::Source;
use crate::gate::desk::Desk;

/// How often at most it is told that a code is read.
const SEEN_EVERY: Duration = Duration::from_secs(1);
/// How often the pictures a second are told.
const FPS_EVERY: Duration = Duration::from_secs(1);

/// What to look at.
pub struct Seeing {
    /// Where pictures come from.
    pub source: Box<dyn FrameSource>,
    /// What people call it.
    pub name: String,
    /// How much may be spent on one picture.
    pub budget: Budget,
}

/// The thread, with the decoding thread behind it.
pub struct Eyes {
    decoding: Option<DecodingThread>,
    thread: Option<JoinHandle<()>>,
    seen_all: Arc<AtomicBool>,
}

impl Eyes {
    /// Starts the threads.
    pub(super) fn open(seeing: Seeing, desk: Desk, notices: Sender<Notice>) -> io::Result<Self> {
        let (decoding, events) = DecodingThread::start(seeing.source, Decoder::new(seeing.budget))?;
        let seen_all = Arc::new(AtomicBool::new(false));
        let done = Arc::clone(&seen_all);
        let mut teller = Teller { notices, name: seeing.name, frames: 0, since: Instant::now(), seen: None };
        let thread = thread::Builder::new().name("eyes".into()).spawn(move || {
            look(&events, &desk, &mut teller);
            done.store(true, Ordering::Release);
        })?;
        Ok(Self { decoding: Some(decoding), thread: Some(thread), seen_all })
    }

    /// Whether there will be nothing more to see.
    pub(super) fn have_seen_all(&self) -> bool {
        self.seen_all.load(Ordering::Acquire)
    }
}

impl Drop for Eyes {
    fn drop(&mut self) {
        // The decoding thread ends first, which ends the other's events.
        drop(self.decoding.take());
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that presents codes panicked");
        }
    }
}

struct Teller {
    notices: Sender<Notice>,
    name: String,
    frames: u32,
    since: Instant,
    seen: Option<Instant>,
}

impl Teller {
    fn tell(&self, status: CameraStatus) {
        // Whoever listened may have gone; then the gate ends as well.
        let _ = self.notices.send(Notice::Camera(status));
    }

    fn see(&mut self) {
        if self.seen.is_none_or(|last| last.elapsed() >= SEEN_EVERY) {
            self.seen = Some(Instant::now());
            let _ = self.notices.send(Notice::Seen);
        }
    }

    fn count_frame(&mut self) {
        self.frames += 1;
        let elapsed = self.since.elapsed();
        if elapsed >= FPS_EVERY {
            let fps = (f64::from(self.frames) / elapsed.as_secs_f64()).round() as u32;
            self.tell(CameraStatus::Streaming { name: self.name.clone(), fps });
            (self.frames, self.since) = (0, Instant::now());
        }
    }
}

fn look(events: &Receiver<Event>, desk: &Desk, teller: &mut Teller) {
    let began = Instant::now();
    let mut presentation = Presentation::default();
    teller.tell(CameraStatus::Opening { name: teller.name.clone() });
    for event in events {
        match event {
            Event::Read { reading, .. } => {
                let now = Uptime(u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX));
                if !reading.codes.is_empty() {
                    teller.see();
                }
                for code in reading.codes {
                    if presentation.see(&code.text, now) {
                        desk.present(code.text, Source::Scanned);
                    }
                }
                teller.count_frame();
            }
            Event::Unreadable { path, error } => tracing::warn!(path = %path.display(), %error, "not a picture"),
            Event::Camera(state) => {
                if let CameraState::Streaming { name, .. } = &state {
                    teller.name.clone_from(name);
                }
                teller.tell(status(&state, &teller.name));
            }
            Event::Ended => {
                teller.tell(CameraStatus::Off);
                return;
            }
        }
    }
}

fn status(state: &CameraState, name: &str) -> CameraStatus {
    let name = name.to_owned();
    match state {
        CameraState::Absent { .. } => CameraStatus::Absent { detail: state.to_string() },
        CameraState::Opening => CameraStatus::Opening { name },
        CameraState::Streaming { name, .. } => CameraStatus::Streaming { name: name.clone(), fps: 0 },
        CameraState::Stalled | CameraState::Lost { .. } => CameraStatus::Lost { name, reason: state.to_string() },
    }
}
