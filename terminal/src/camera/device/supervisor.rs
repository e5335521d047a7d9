//! The supervising thread: finds the camera, starts the capturing thread, watches it, starts again.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use super::{
    Connected, Settings,
    capture::{Progress, capture},
    list, signals,
    switch::Shared,
};
use crate::{
    camera::{CameraState, Trouble, inbox::Inbox},
    contained,
};

/// How often the supervisor looks.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// How long an open camera may send nothing.
const STALL_AFTER: Duration = Duration::from_secs(2);

/// How long a camera may take to open and send its first frame: some warm up for seconds.
const FIRST_FRAME_WITHIN: Duration = Duration::from_secs(5);

/// How often it is looked for while it is absent.
const LOOK_FOR_EVERY: Duration = Duration::from_millis(500);

/// The first pause before a lost camera is opened again; it doubles each time.
const RETRY_FIRST: Duration = Duration::from_millis(500);

/// The longest such pause.
const RETRY_LAST: Duration = Duration::from_secs(4);

/// How long a capturing thread is waited for when the source is dropped. After that it is left
/// behind, blocked in the driver: no camera is worth a program that doesn't end.
const LEAVE_AFTER: Duration = Duration::from_secs(2);

/// Keeps one camera going.
pub(super) struct Supervisor {
    shared: Arc<Shared>,
    /// What is wanted, and which change of it that is.
    wanted: (u64, Settings),
    inbox: Arc<Inbox>,
    stop: Arc<AtomicBool>,
    retry: Duration,
    /// Counts failed attempts, to try another camera when any will do.
    failures: usize,
}

/// How a capturing thread ended.
enum Ended {
    Stopped,
    Changed,
    Stalled,
    Lost(Loss),
}

/// Why a camera gives no pictures any more.
struct Loss {
    trouble: Trouble,
    reason: String,
}

impl Loss {
    fn unknown(reason: impl Into<String>) -> Self {
        Self { trouble: Trouble::Unknown, reason: reason.into() }
    }
}

impl Supervisor {
    pub(super) fn new(shared: Arc<Shared>, inbox: Arc<Inbox>, stop: Arc<AtomicBool>) -> Self {
        let wanted = shared.wanted();
        Self { shared, wanted, inbox, stop, retry: RETRY_FIRST, failures: 0 }
    }

    /// Runs until told to stop.
    pub(super) fn run(&mut self) {
        while !self.is_stopped() {
            if self.is_changed() {
                (self.wanted, self.retry, self.failures) = (self.shared.wanted(), RETRY_FIRST, 0);
            }
            let found = list();
            let meant = self.wanted.1.choice.among(&found);
            let Some(camera) = meant.get(self.failures % meant.len().max(1)) else {
                self.inbox.report(CameraState::Absent { found: found.into_iter().map(|camera| camera.name).collect() });
                self.retry = RETRY_FIRST;
                self.pause(LOOK_FOR_EVERY);
                continue;
            };
            self.inbox.report(CameraState::Opening { name: camera.name.clone() });
            self.shared.take(Some(camera));
            let ended = self.watch(camera);
            self.shared.take(None);
            match ended {
                Ended::Stopped => break,
                Ended::Changed => {}
                // It was reported when it was seen, and it is opened again at once.
                Ended::Stalled => self.pause(RETRY_FIRST),
                Ended::Lost(Loss { trouble, reason }) => {
                    self.failures += 1;
                    self.inbox.report(CameraState::Lost { trouble, reason, retry: self.retry });
                    self.pause_while(self.retry, &found);
                    self.retry = (self.retry * 2).min(RETRY_LAST);
                }
            }
        }
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Whether something else is wanted by now.
    fn is_changed(&self) -> bool {
        self.shared.turn() != self.wanted.0
    }

    fn is_done(&self) -> bool {
        self.is_stopped() || self.is_changed()
    }

    fn pause(&self, span: Duration) {
        let until = Instant::now() + span;
        while !self.is_done() && Instant::now() < until {
            thread::sleep(LOOK_EVERY);
        }
    }

    /// Pauses, but no longer than these cameras are there: what was plugged in or out needs no patience.
    fn pause_while(&self, span: Duration, found: &[Connected]) {
        let until = Instant::now() + span;
        while !self.is_done() && Instant::now() < until && list() == found {
            self.pause(LOOK_FOR_EVERY.min(until.saturating_duration_since(Instant::now())));
        }
    }

    /// Runs one capturing thread to its end.
    fn watch(&mut self, camera: &Connected) -> Ended {
        let progress = Arc::new(Progress::default());
        let (thread, ended) = match self.start(camera, &progress) {
            Ok(started) => started,
            Err(error) => return Ended::Lost(Loss::unknown(error.to_string())),
        };
        let mut seen = 0;
        let mut since = Instant::now();
        let mut stalled = false;
        let mut is_left = false;
        let mut stopping: Option<Instant> = None;
        loop {
            match ended.recv_timeout(LOOK_EVERY) {
                Ok(_) if stopping.is_some() => return Ended::Stopped,
                Ok(_) if is_left => return Ended::Changed,
                Ok(_) if stalled => return Ended::Stalled,
                Ok(loss) => return Ended::Lost(loss),
                Err(RecvTimeoutError::Disconnected) => return Ended::Lost(Loss::unknown("its driver failed")),
                Err(RecvTimeoutError::Timeout) => {}
            }
            let buffers = progress.buffers.load(Ordering::Relaxed);
            if buffers != seen {
                seen = buffers;
                since = Instant::now();
                self.retry = RETRY_FIRST;
            }
            let patience = if seen == 0 { FIRST_FRAME_WITHIN } else { STALL_AFTER };
            if since.elapsed() >= patience && !stalled && !is_left {
                stalled = true;
                progress.stop.store(true, Ordering::Relaxed);
                self.inbox.report(CameraState::Stalled);
            }
            if self.is_changed() {
                is_left = true;
                progress.stop.store(true, Ordering::Relaxed);
            }
            if self.is_stopped() {
                progress.stop.store(true, Ordering::Relaxed);
                if stopping.get_or_insert_with(Instant::now).elapsed() >= LEAVE_AFTER {
                    return Ended::Stopped;
                }
            }
            // Again and again: a signal that comes just before the driver is entered is lost. A second
            // thread is never started beside one that is still blocked: it would share its handle.
            if progress.stop.load(Ordering::Relaxed) {
                signals::wake(&thread);
            }
        }
    }

    fn start(
        &self,
        camera: &Connected,
        progress: &Arc<Progress>,
    ) -> std::io::Result<(JoinHandle<()>, mpsc::Receiver<Loss>)> {
        let (ends, ended) = mpsc::sync_channel(1);
        let (camera, settings) = (camera.clone(), self.wanted.1.clone());
        let (shared, inbox, progress) = (self.shared.clone(), self.inbox.clone(), progress.clone());
        let thread = thread::Builder::new().name("camera frames".into()).spawn(move || {
            signals::block();
            // The driver's wrapper panics when it can't stop a stream.
            let result = contained::run(|| capture(&camera, &settings, &shared, &inbox, &progress));
            let loss = match result {
                Ok(Ok(())) => Loss::unknown("stopped"),
                Ok(Err(error)) => Loss { trouble: error.trouble(), reason: error.to_string() },
                Err(panicked) => Loss::unknown(panicked.to_string()),
            };
            // Nobody listens any more if the supervisor has left.
            let _ = ends.send(loss);
        })?;
        Ok((thread, ended))
    }
}
