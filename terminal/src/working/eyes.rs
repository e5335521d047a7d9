//! The thread between the decoder and the gate: what is seen is presented once, and shown to staff.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use sync_protocol::sync::health::CameraHealth;
use sync_protocol::time::Uptime;

use crate::camera::device::Switch;
use crate::camera::viewfinder::{Corners, Shown, Viewfinder};
use crate::camera::{CameraState, Frame, FrameSource, Trouble};
use crate::decoder::aim::{Aim, SteadyAim, aim};
use crate::decoder::presentation::Presentation;
use crate::decoder::thread::{DecodingThread, Event};
use crate::decoder::{Budget, Decoder, Reading};
use crate::door::{CameraStatus, Notice};
use crate::gate::Source;
use crate::gate::desk::Desk;

/// How often at most it is told that a code is read.
const SEEN_EVERY: Duration = Duration::from_secs(1);
/// How often the pictures a second are told.
const FPS_EVERY: Duration = Duration::from_secs(1);
/// The least time between two pictures for staff: 12 a second look fluent enough to aim by.
const PICTURE_EVERY: Duration = Duration::from_millis(80);
/// The least time between two pictures without a code that are looked at for how the ticket is held: advice is given
/// once it has lasted for longer.
const AIM_EVERY: Duration = Duration::from_millis(100);
/// How long a code stays outlined after it was last read.
const OUTLINED_FOR: Duration = Duration::from_millis(500);

/// What to look at.
pub struct Seeing {
    /// Where pictures come from.
    pub source: Box<dyn FrameSource>,
    /// What changes the camera, if it is one.
    pub switch: Option<Switch>,
    /// What people call it.
    pub name: String,
    /// How much may be spent on one picture.
    pub budget: Budget,
    /// Where pictures for staff are left, where somebody looks at them.
    pub viewfinder: Option<Arc<Viewfinder>>,
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
        let show = seeing.viewfinder.map(Show::new);
        let mut teller = Teller {
            notices,
            desk: desk.clone(),
            camera: CameraHealth::Unused,
            name: seeing.name,
            is_streaming: false,
            frames: 0,
            since: Instant::now(),
            seen: None,
            show,
        };
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

/// What staff are shown: pictures, and advice on how to hold the ticket.
struct Show {
    viewfinder: Arc<Viewfinder>,
    pictured: Option<Instant>,
    outlined: Option<(Instant, Vec<Corners>)>,
    aim: SteadyAim,
    aimed: Option<Instant>,
    began: Instant,
}

impl Show {
    fn new(viewfinder: Arc<Viewfinder>) -> Self {
        Self {
            viewfinder,
            pictured: None,
            outlined: None,
            aim: SteadyAim::default(),
            aimed: None,
            began: Instant::now(),
        }
    }

    /// Says whether there is a picture of which nobody has been told.
    fn picture(&mut self, frame: &Frame, reading: &Reading) -> bool {
        let now = Instant::now();
        if !reading.codes.is_empty() {
            self.outlined = Some((now, reading.codes.iter().map(|code| code.corners).collect()));
        }
        if self.pictured.is_some_and(|last| now.duration_since(last) < PICTURE_EVERY) {
            return false;
        }
        self.outlined.take_if(|(since, _)| now.duration_since(*since) >= OUTLINED_FOR);
        let outlines = self.outlined.as_ref().map_or(&[][..], |(_, outlines)| outlines);
        let shown = self.viewfinder.show(frame, outlines);
        if shown != Shown::Unwanted {
            self.pictured = Some(now);
        }
        shown == Shown::First
    }

    /// Returns the advice, if it has changed.
    fn advice(&mut self, frame: &Frame, reading: &Reading) -> Option<Aim> {
        let now = Instant::now();
        if reading.codes.is_empty() && self.aimed.is_some_and(|last| now.duration_since(last) < AIM_EVERY) {
            return None;
        }
        self.aimed = Some(now);
        self.aim.see(aim(frame, reading), u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX))
    }
}

struct Teller {
    notices: Sender<Notice>,
    desk: Desk,
    /// What the gate was told of the camera.
    camera: CameraHealth,
    name: String,
    is_streaming: bool,
    frames: u32,
    since: Instant,
    seen: Option<Instant>,
    show: Option<Show>,
}

impl Teller {
    fn tell(&mut self, status: CameraStatus) {
        let camera = match status {
            CameraStatus::Off => CameraHealth::Unused,
            CameraStatus::Streaming { .. } => CameraHealth::Pictures,
            CameraStatus::Absent { .. } | CameraStatus::Lost { .. } => CameraHealth::Dark,
            // Nothing is known of it yet.
            CameraStatus::Opening { .. } => self.camera,
        };
        if camera != self.camera {
            self.camera = camera;
            // Whoever looks after the doors learns of it with the next question for the list.
            let _ = self.desk.call(move |gate| gate.set_camera_health(camera));
        }
        // Whoever listened may have gone; then the gate ends as well.
        let _ = self.notices.send(Notice::Camera(status));
    }

    fn see(&mut self) {
        if self.seen.is_none_or(|last| last.elapsed() >= SEEN_EVERY) {
            self.seen = Some(Instant::now());
            let _ = self.notices.send(Notice::Seen);
        }
    }

    fn show(&mut self, frame: &Frame, reading: &Reading) {
        let Some(show) = &mut self.show else { return };
        if show.picture(frame, reading) {
            let _ = self.notices.send(Notice::View(Arc::clone(&show.viewfinder)));
        }
        if let Some(aim) = show.advice(frame, reading) {
            let _ = self.notices.send(Notice::Aim(aim));
        }
    }

    fn count_frame(&mut self) {
        if self.frames == 0 && !self.is_streaming {
            self.is_streaming = true;
            self.tell(CameraStatus::Streaming { name: self.name.clone(), fps: 0 });
        }
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
            Event::Read { reading, frame, .. } => {
                let now = Uptime(u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX));
                if !reading.codes.is_empty() {
                    teller.see();
                }
                for code in &reading.codes {
                    if presentation.see(&code.text, now) {
                        desk.present(code.text.clone(), Source::Scanned);
                    }
                }
                teller.show(&frame, &reading);
                teller.count_frame();
            }
            Event::Unreadable { path, error } => tracing::warn!(path = %path.display(), %error, "not a picture"),
            Event::Camera(state) => {
                if let CameraState::Lost { trouble, reason, .. } = &state {
                    tracing::warn!(camera = %teller.name, ?trouble, reason, "the camera gives no pictures");
                }
                teller.is_streaming = matches!(state, CameraState::Streaming { .. });
                if let CameraState::Streaming { name, .. } | CameraState::Opening { name } = &state {
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
    let lost = |trouble, reason: String| CameraStatus::Lost { name: name.to_owned(), trouble, reason };
    match state {
        CameraState::Absent { found } => CameraStatus::Absent { found: found.clone() },
        CameraState::Opening { name } => CameraStatus::Opening { name: name.clone() },
        CameraState::Streaming { name, .. } => CameraStatus::Streaming { name: name.clone(), fps: 0 },
        CameraState::Stalled => lost(Trouble::Silent, state.to_string()),
        CameraState::Lost { trouble, reason, .. } => lost(*trouble, reason.clone()),
    }
}
