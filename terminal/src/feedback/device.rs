//! A sound device through cpal (ALSA on Linux): samples go in, and it is told whether they are taken.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use cpal::traits::{DeviceTrait as _, HostTrait as _, StreamTrait as _};
use cpal::{BufferSize, FromSample, SampleFormat, SizedSample, Stream, StreamConfig, SupportedBufferSize};

use super::speaker::Output;

/// How long a device may take to ask for the first samples.
const BEGIN_WITHIN: Duration = Duration::from_millis(200);
/// Buffers a second that are asked for: a tone begins within two of them.
const BUFFERS_A_SECOND: u32 = 50;

/// The system's sound device, open.
pub(super) struct Device {
    rate: u32,
    sink: Arc<Sink>,
    /// Plays until it is dropped.
    _stream: Stream,
}

/// What the device's own thread takes from.
#[derive(Default)]
struct Sink {
    content: Mutex<Content>,
    taken: Condvar,
}

#[derive(Default)]
struct Content {
    samples: VecDeque<f32>,
    /// Whether the device asked for samples since some were put in.
    is_taking: bool,
    is_broken: bool,
}

/// Why there is no sound.
#[derive(Debug, thiserror::Error)]
pub(super) enum DeviceError {
    #[error("there is no sound device")]
    None,
    #[error("it wants samples of a kind that is not made here: {0}")]
    Format(SampleFormat),
    #[error(transparent)]
    Driver(#[from] cpal::Error),
}

impl Device {
    /// Opens the device that the system calls its own.
    pub(super) fn open() -> Result<Self, DeviceError> {
        let device = cpal::default_host().default_output_device().ok_or(DeviceError::None)?;
        let supported = device.default_output_config()?;
        let rate = supported.sample_rate();
        let mut config = supported.config();
        if let SupportedBufferSize::Range { min, max } = *supported.buffer_size() {
            config.buffer_size = BufferSize::Fixed((rate / BUFFERS_A_SECOND).clamp(min, max.max(min)));
        }
        let sink = Arc::new(Sink::default());
        let open = |config| match supported.sample_format() {
            SampleFormat::F32 => stream::<f32>(&device, config, &sink),
            SampleFormat::I32 => stream::<i32>(&device, config, &sink),
            SampleFormat::I16 => stream::<i16>(&device, config, &sink),
            SampleFormat::U8 => stream::<u8>(&device, config, &sink),
            other => Err(DeviceError::Format(other)),
        };
        // Some devices name sizes that they refuse.
        let stream = open(config).or_else(|_| open(StreamConfig { buffer_size: BufferSize::Default, ..config }))?;
        stream.play()?;
        Ok(Self { rate, sink, _stream: stream })
    }
}

fn stream<T: SizedSample + FromSample<f32>>(
    device: &cpal::Device,
    config: StreamConfig,
    sink: &Arc<Sink>,
) -> Result<Stream, DeviceError> {
    let channels = usize::from(config.channels).max(1);
    let (takes, breaks) = (Arc::clone(sink), Arc::clone(sink));
    let take = move |out: &mut [T], _: &cpal::OutputCallbackInfo| takes.fill(out, channels);
    let fail = move |error: cpal::Error| {
        // A gap is heard and over; everything else ends the stream.
        if !matches!(error.kind(), cpal::ErrorKind::Xrun | cpal::ErrorKind::RealtimeDenied) {
            tracing::warn!(%error, "the sound device failed");
            breaks.lock().is_broken = true;
            breaks.taken.notify_all();
        }
    };
    Ok(device.build_output_stream(config, take, fail, Some(BEGIN_WITHIN))?)
}

impl Sink {
    fn fill<T: SizedSample + FromSample<f32>>(&self, out: &mut [T], channels: usize) {
        let mut content = self.lock();
        for frame in out.chunks_mut(channels) {
            frame.fill(T::from_sample(content.samples.pop_front().unwrap_or(0.0)));
        }
        content.is_taking = true;
        drop(content);
        self.taken.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Output for Device {
    fn rate(&self) -> u32 {
        self.rate
    }

    fn begin(&mut self, samples: Vec<f32>) -> bool {
        let until = Instant::now() + BEGIN_WITHIN;
        let mut content = self.sink.lock();
        (content.samples, content.is_taking) = (samples.into(), false);
        while !content.is_taking && !content.is_broken {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                content.samples.clear();
                return false;
            }
            content = self.sink.taken.wait_timeout(content, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        !content.is_broken
    }

    fn is_playing(&self) -> bool {
        !self.sink.lock().samples.is_empty()
    }

    fn is_broken(&self) -> bool {
        self.sink.lock().is_broken
    }
}
