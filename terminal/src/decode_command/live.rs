//! Reading with a camera until told to stop.

use std::{
    sync::mpsc::RecvTimeoutError,
    time::{Duration, Instant},
};

use sync_protocol::time::Uptime;

use super::report::Report;
use crate::{
    camera::{
        CameraState,
        device::{Choice, Device, Settings},
    },
    decoder::{
        Budget, Decoder,
        presentation::Presentation,
        thread::{DecodingThread, Event},
    },
    interrupt,
};

/// How often it is looked whether it is time to stop.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// When to stop, if not before by Ctrl-C.
#[derive(Clone, Copy, Debug)]
pub(super) struct Until {
    pub(super) frames: Option<u64>,
    pub(super) time: Option<Duration>,
}

/// Reads with the chosen camera and reports; says whether it showed anything.
pub(super) fn read(choice: Choice, until: Until, budget: Budget, report: &mut Report) -> anyhow::Result<bool> {
    interrupt::listen();
    let camera = Device::open(Settings { choice, ..Settings::default() })?;
    let (_thread, heard) = DecodingThread::start(Box::new(camera), Decoder::new(budget))?;
    let began = Instant::now();
    let mut presentation = Presentation::default();
    let mut frames = 0;
    let is_over = |frames| {
        interrupt::happened()
            || until.frames.is_some_and(|most| frames >= most)
            || until.time.is_some_and(|most| began.elapsed() >= most)
    };
    while !is_over(frames) {
        match heard.recv_timeout(LOOK_EVERY) {
            Ok(Event::Read { reading, .. }) => {
                frames += 1;
                let now = Uptime(u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX));
                let new: Vec<&str> = reading
                    .codes
                    .iter()
                    .map(|code| code.text.as_str())
                    .filter(|text| presentation.see(text, now))
                    .collect();
                report.frame(frames, &reading, &new)?;
            }
            Ok(Event::Camera(state)) => {
                report.camera(&state)?;
                // Later it may come back; to begin with, it is more helpful to say so and end.
                if frames == 0 && matches!(state, CameraState::Absent { .. }) {
                    break;
                }
            }
            Ok(Event::Unreadable { .. }) | Err(RecvTimeoutError::Timeout) => {}
            Ok(Event::Ended) | Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    Ok(frames > 0)
}
