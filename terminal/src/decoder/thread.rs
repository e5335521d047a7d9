//! The thread that takes frames from a source, reads them, and tells what it saw.

use std::{
    io,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver, SyncSender, TrySendError},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use super::{Decoder, Reading};
use crate::camera::{CameraState, Frame, FrameSource, Sight, picture::PictureError};

/// The most events that wait for the listener. After that the thread waits, and a camera drops frames.
const EVENTS_MAX: usize = 4;

/// How long the thread waits for a frame before it looks whether it should end.
const WAIT: Duration = Duration::from_millis(100);

/// How long it waits for a listener that is behind.
const BEHIND: Duration = Duration::from_millis(5);

/// What the thread tells.
#[derive(Debug)]
pub enum Event {
    /// A frame was read, whether or not anything was in it.
    Read {
        /// What it says.
        reading: Reading,
        /// The frame itself, to be shown.
        frame: Arc<Frame>,
        /// The file it came from, if any.
        name: Option<PathBuf>,
    },
    /// A file is no picture.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: PictureError,
    },
    /// The camera's state changed.
    Camera(CameraState),
    /// There will be no more frames. The last event.
    Ended,
}

/// A decoding thread. Dropping it ends it and closes its source.
#[derive(Debug)]
pub struct DecodingThread {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl DecodingThread {
    /// Starts to read `source`, and returns what is told.
    ///
    /// # Errors
    ///
    /// If no thread can be started.
    pub fn start(mut source: Box<dyn FrameSource>, mut decoder: Decoder) -> io::Result<(Self, Receiver<Event>)> {
        let (events, heard) = mpsc::sync_channel(EVENTS_MAX);
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = thread::Builder::new().name("decoder".into()).spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                let event = match source.next(WAIT) {
                    Sight::Nothing => continue,
                    Sight::Frame { frame, name } => {
                        Event::Read { reading: decoder.decode(&frame), frame: Arc::new(frame), name }
                    }
                    Sight::Unreadable { path, error } => Event::Unreadable { path, error },
                    Sight::Camera(state) => Event::Camera(state),
                    Sight::End => Event::Ended,
                };
                let is_last = matches!(event, Event::Ended);
                if !tell(&events, event, &stopped) || is_last {
                    break;
                }
            }
        })?;
        Ok((Self { stop, thread: Some(thread) }, heard))
    }
}

/// Tells `event`, waiting while the listener is behind; says whether anybody listens still.
fn tell(events: &SyncSender<Event>, mut event: Event, stopped: &AtomicBool) -> bool {
    while !stopped.load(Ordering::Relaxed) {
        match events.try_send(event) {
            Ok(()) => return true,
            Err(TrySendError::Disconnected(_)) => return false,
            Err(TrySendError::Full(same)) => event = same,
        }
        thread::sleep(BEHIND);
    }
    false
}

impl Drop for DecodingThread {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Budget, *};

    /// Shows a blank frame `left` times, then ends or, if it is endless, never ends.
    struct Blank {
        left: usize,
    }

    impl FrameSource for Blank {
        fn next(&mut self, _wait: Duration) -> Sight {
            if self.left == 0 {
                return Sight::End;
            }
            self.left -= 1;
            Sight::Frame { frame: Frame::new(32, 32, vec![255; 1024]).unwrap(), name: None }
        }
    }

    #[test]
    fn every_frame_is_told_and_then_the_end() {
        let (_thread, heard) =
            DecodingThread::start(Box::new(Blank { left: 10 }), Decoder::new(Budget::live())).unwrap();

        let told: Vec<Event> = heard.iter().collect();

        assert_eq!(told.len(), 11);
        assert!(matches!(told[10], Event::Ended));
    }

    #[test]
    fn it_ends_though_nobody_listens() {
        let (thread, heard) =
            DecodingThread::start(Box::new(Blank { left: usize::MAX }), Decoder::new(Budget::live())).unwrap();
        heard.recv().unwrap();

        drop(thread);
        drop(heard);
    }
}
