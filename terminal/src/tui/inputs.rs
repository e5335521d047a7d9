//! One queue for everything that the screen waits for.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use ratatui::crossterm::event::{self, Event, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;
use sync_protocol::time::Uptime;
use tokio::signal::unix::{SignalKind, signal};

use super::keymap;
use crate::app::Key;
use crate::app::first_start::News;
use crate::door::Notice;
use crate::feedback::Report;

/// How many inputs may wait. Whoever brings more waits too.
const INPUTS_MAX: usize = 1_024;
/// The most keys that come together.
const KEYS_MAX: usize = 1_024;
/// How often the thread that waits for keys looks whether the screen is gone, in ms.
const KEY_POLL_MS: u64 = 100;
/// How long the end waits for that thread, in ms. Once the window is gone, the library that reads keys reads
/// the window's end for ever, and that must not keep the program.
const KEYS_END_MS: u64 = 2_000;

/// Something for the screen.
pub(super) enum Input {
    /// Keys that came together, and when: pictures take time, and a scanner is known by its pace.
    Keys(Vec<Key>, Uptime),
    /// A click, and when.
    Click(Position, Uptime),
    /// From gate, camera or sync.
    Notice(Notice),
    /// From what plays tones.
    Sound(Report),
    /// From the first start's helper.
    News(News),
    /// No notice will come any more.
    Stopped,
    /// The window has another size.
    Redraw,
    /// The program is asked to end.
    End,
}

/// The queue; dropping it ends the thread that waits for keys, and waits for that if there is a window still:
/// two at once would take each other's keys.
pub(super) struct Inputs {
    pub(super) queue: Receiver<Input>,
    /// For others that bring something.
    pub(super) sender: SyncSender<Input>,
    pub(super) began: Instant,
    is_done: Arc<AtomicBool>,
    keys: Option<JoinHandle<()>>,
}

impl Drop for Inputs {
    fn drop(&mut self) {
        self.is_done.store(true, Ordering::Relaxed);
        let began = Instant::now();
        let is_patient = || began.elapsed() < Duration::from_millis(KEYS_END_MS);
        while self.keys.as_ref().is_some_and(|keys| !keys.is_finished()) && is_patient() {
            // It may be waiting for room in the queue.
            let _ = self.queue.recv_timeout(Duration::from_millis(KEY_POLL_MS / 10));
        }
    }
}

/// Returns the time since `began`.
pub(super) fn uptime(began: Instant) -> Uptime {
    Uptime(u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX))
}

/// Starts the three threads that wait: for keys, for what `told` brings, and for signals.
pub(super) fn start<T: Send + 'static>(told: Receiver<T>, input: fn(T) -> Input) -> io::Result<Inputs> {
    let (sender, queue) = sync_channel(INPUTS_MAX);
    let mut inputs =
        Inputs { queue, sender: sender.clone(), began: Instant::now(), is_done: Arc::default(), keys: None };
    let (began, is_done) = (inputs.began, Arc::clone(&inputs.is_done));
    let to_screen = sender.clone();
    inputs.keys = Some(spawn("keys", move || wait_for_keys(&to_screen, began, &is_done))?);
    let to_screen = sender.clone();
    spawn("notices", move || {
        for told in told {
            if to_screen.send(input(told)).is_err() {
                return;
            }
        }
        let _ = to_screen.send(Input::Stopped);
    })?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    spawn("signals", move || {
        if let Err(error) = runtime.block_on(asked_to_end()) {
            tracing::warn!(%error, "can't wait for signals");
            return;
        }
        let _ = sender.send(Input::End);
    })?;
    Ok(inputs)
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    thread::Builder::new().name(name.into()).spawn(work)
}

/// Ends when the screen is gone, or when there is nothing to read keys from.
///
/// What waits already when this thread comes to look goes to the screen together, as pressed at once: a busy machine
/// must not tear a scanner's code apart.
fn wait_for_keys(to_screen: &SyncSender<Input>, began: Instant, is_done: &AtomicBool) {
    let mut together = Vec::new();
    let mut at = uptime(began);
    while !is_done.load(Ordering::Relaxed) {
        let mut event = next(Duration::ZERO);
        if matches!(event, Ok(None)) && together.is_empty() {
            event = next(Duration::from_millis(KEY_POLL_MS));
            at = uptime(began);
        }
        if let Ok(Some(Event::Key(event))) = event
            && together.len() < KEYS_MAX
        {
            together.extend(keymap::key(event));
            continue;
        }
        let keys = (!together.is_empty()).then(|| Input::Keys(std::mem::take(&mut together), at));
        let other = match event {
            Ok(Some(Event::Key(event))) => keymap::key(event).map(|key| Input::Keys(vec![key], at)),
            Ok(Some(Event::Mouse(event))) => pointed(event, at),
            Ok(Some(Event::Resize(..) | Event::FocusGained)) => Some(Input::Redraw),
            Ok(_) => None,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => None,
            Err(error) => {
                tracing::error!(%error, "can't read keys any more");
                Some(Input::End)
            }
        };
        let is_last = matches!(other, Some(Input::End));
        if keys.into_iter().chain(other).any(|input| to_screen.send(input).is_err()) || is_last {
            return;
        }
    }
}

/// Waits so long for something to happen.
fn next(patience: Duration) -> io::Result<Option<Event>> {
    event::poll(patience)?.then(event::read).transpose()
}

/// The wheel goes through lists as the arrows do.
fn pointed(event: MouseEvent, at: Uptime) -> Option<Input> {
    match event.kind {
        MouseEventKind::Down(MouseButton::Left) => Some(Input::Click(Position::new(event.column, event.row), at)),
        MouseEventKind::ScrollUp => Some(Input::Keys(vec![Key::Up], at)),
        MouseEventKind::ScrollDown => Some(Input::Keys(vec![Key::Down], at)),
        _ => None,
    }
}

async fn asked_to_end() -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        _ = hang_up.recv() => {}
    }
    Ok(())
}
