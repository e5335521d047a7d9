//! The gate's thread, and how the other threads talk to it.
//!
//! One thread owns the gate and with it the store, so nothing needs a lock while it decides. What
//! is presented goes before everything else; jobs of the sync thread are short and wait their turn
//! between two attendees.

use std::collections::VecDeque;
use std::sync::mpsc::{Sender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use sync_protocol::policy::Policy;
use sync_protocol::verdict::Direction;

use super::{Gate, Source};
use crate::door::{Notice, Purpose, Request, Status};

/// How many texts wait at most; more than that nobody holds before a camera.
const PRESENTED_MAX: usize = 16;
/// How many questions of screens wait at most.
const ASKED_MAX: usize = 64;
/// How long the thread waits for work before it does what can wait.
const QUIET: Duration = Duration::from_millis(250);
/// How often the status is told even if nothing happens.
const STATUS_EVERY: Duration = Duration::from_secs(1);

type Job = Box<dyn FnOnce(&mut Gate) + Send>;

/// A gate whose thread has ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the gate's thread has ended")]
pub struct Closed;

/// Talks to a gate's thread. Clones talk to the same one.
#[derive(Clone)]
pub struct Desk(Arc<Shared>);

struct Shared {
    queue: Mutex<Queue>,
    bell: Condvar,
    /// Rings when what was presented is taken up.
    room: Condvar,
}

#[derive(Default)]
struct Queue {
    presented: VecDeque<(String, Source)>,
    asked: VecDeque<Request>,
    jobs: VecDeque<Job>,
    direction: Option<Direction>,
    purpose: Purpose,
    is_closed: bool,
}

enum Work {
    Present(String, Source, Direction, Purpose),
    Ask(Request),
    Job(Job),
    Nothing,
    Close,
}

/// Starts the thread of `gate`. Verdicts, faults and the status go to `notices`; when nobody takes
/// them any more, or after [`Desk::close`], the thread ends and gives the gate back.
///
/// # Errors
///
/// If the system gives no thread.
pub fn open(gate: Gate, notices: Sender<Notice>) -> std::io::Result<(Desk, JoinHandle<Gate>)> {
    let desk = Desk(Arc::new(Shared { queue: Mutex::default(), bell: Condvar::new(), room: Condvar::new() }));
    let inner = desk.clone();
    let thread = std::thread::Builder::new().name(String::from("gate")).spawn(move || inner.run(gate, &notices))?;
    Ok((desk, thread))
}

impl Desk {
    /// Presents a text. If far too many wait already, it is dropped: its holder is still there.
    pub fn present(&self, text: String, source: Source) {
        let mut queue = self.queue();
        if queue.presented.len() < PRESENTED_MAX && !queue.is_closed {
            queue.presented.push_back((text, source));
            self.0.bell.notify_one();
        }
    }

    /// Presents a text as soon as not too many wait. After [`Desk::close`] it is dropped.
    pub fn present_in_turn(&self, text: String, source: Source) {
        let mut queue = self.queue();
        while queue.presented.len() >= PRESENTED_MAX && !queue.is_closed {
            queue = self.0.room.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        if !queue.is_closed {
            queue.presented.push_back((text, source));
            self.0.bell.notify_one();
        }
    }

    /// Asks something for a screen; what comes of it is a notice. If far too much is asked already,
    /// it is dropped: nobody presses keys that fast.
    pub fn ask(&self, request: Request) {
        let mut queue = self.queue();
        if queue.asked.len() < ASKED_MAX && !queue.is_closed {
            queue.asked.push_back(request);
            self.0.bell.notify_one();
        }
    }

    /// Says which way people go from now on.
    pub fn set_direction(&self, direction: Direction) {
        self.queue().direction = Some(direction);
    }

    /// Says what codes are presented for from now on.
    pub fn set_purpose(&self, purpose: Purpose) {
        self.queue().purpose = purpose;
    }

    /// Runs `job` on the gate's thread, between two attendees, and returns what it returns. Keep it
    /// short: somebody may be waiting.
    ///
    /// # Errors
    ///
    /// [`Closed`] if the thread has ended.
    pub fn call<R: Send + 'static>(&self, job: impl FnOnce(&mut Gate) -> R + Send + 'static) -> Result<R, Closed> {
        let (send, receive) = sync_channel(1);
        {
            let mut queue = self.queue();
            if queue.is_closed {
                return Err(Closed);
            }
            queue.jobs.push_back(Box::new(move |gate| {
                // Whoever asked may have gone.
                let _ = send.send(job(gate));
            }));
            self.0.bell.notify_one();
        }
        receive.recv().map_err(|_| Closed)
    }

    /// Ends the thread once what was presented is decided and what was asked is answered. Jobs that wait are dropped.
    pub fn close(&self) {
        self.queue().is_closed = true;
        self.0.bell.notify_one();
        self.0.room.notify_all();
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self, wait: Duration) -> Work {
        let mut queue = self.queue();
        let is_idle = queue.presented.is_empty() && queue.asked.is_empty() && queue.jobs.is_empty();
        if is_idle && !queue.is_closed {
            queue = self.0.bell.wait_timeout(queue, wait).unwrap_or_else(PoisonError::into_inner).0;
        }
        let direction = queue.direction.unwrap_or(Direction::Entry);
        if let Some((text, source)) = queue.presented.pop_front() {
            self.0.room.notify_one();
            Work::Present(text, source, direction, queue.purpose)
        } else if let Some(request) = queue.asked.pop_front() {
            Work::Ask(request)
        } else if queue.is_closed {
            queue.jobs.clear();
            Work::Close
        } else {
            queue.jobs.pop_front().map_or(Work::Nothing, Work::Job)
        }
    }

    fn run(self, mut gate: Gate, notices: &Sender<Notice>) -> Gate {
        // However this thread ends, nobody may go on waiting for it.
        let _closing = Closing(&self);
        let mut told: Option<(Instant, Status)> = None;
        let mut rules: Option<Arc<Policy>> = None;
        let mut tended = Instant::now();
        let mut has_more = false;
        loop {
            let notice = match self.next(if has_more { Duration::ZERO } else { QUIET }) {
                Work::Close => return gate,
                Work::Present(text, source, direction, purpose) => {
                    let decided = match purpose {
                        Purpose::Decide => gate.present(&text, source, direction),
                        Purpose::Look => gate.look(&text, source, direction),
                    };
                    Some(decided.map_or_else(Notice::Fault, |decided| Notice::Decided(Box::new(decided))))
                }
                Work::Ask(Request::Seek(seek)) => {
                    gate.seek(seek);
                    None
                }
                Work::Ask(request) => Some(gate.answer(request)),
                Work::Job(job) => {
                    job(&mut gate);
                    None
                }
                Work::Nothing => None,
            };
            if gate.is_erased() {
                let _ = notices.send(Notice::Status(Box::new(gate.status())));
                return gate;
            }
            let is_quiet = notice.is_none();
            if notice.is_some_and(|notice| notices.send(notice).is_err()) || gate.session().is_sealed() {
                return gate;
            }
            if is_quiet && (has_more || tended.elapsed() >= QUIET) {
                let tending = gate.tend();
                has_more = matches!(tending, Ok(true));
                if tending.is_err_and(|fault| notices.send(Notice::Fault(fault)).is_err()) {
                    return gate;
                }
                tended = Instant::now();
            }
            for answer in gate.found() {
                if notices.send(Notice::Answer(Box::new(answer))).is_err() {
                    return gate;
                }
            }
            for double in gate.learned_doubles() {
                if notices.send(Notice::Double(Box::new(double))).is_err() {
                    return gate;
                }
            }
            let policy = gate.store().policy().map(|(_, policy)| policy);
            if let Some(policy) = policy.filter(|policy| rules.as_ref().is_none_or(|told| !Arc::ptr_eq(told, policy))) {
                rules = Some(Arc::clone(&policy));
                if notices.send(Notice::Rules(policy)).is_err() {
                    return gate;
                }
            }
            let status = gate.status();
            let is_news = told.as_ref().is_none_or(|(at, last)| {
                at.elapsed() >= STATUS_EVERY || *last != Status { now: last.now, ..status.clone() }
            });
            if is_news {
                if notices.send(Notice::Status(Box::new(status.clone()))).is_err() {
                    return gate;
                }
                told = Some((Instant::now(), status));
            }
        }
    }
}

struct Closing<'a>(&'a Desk);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        let mut queue = self.0.queue();
        queue.is_closed = true;
        queue.jobs.clear();
        self.0.0.room.notify_all();
    }
}
