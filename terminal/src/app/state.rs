//! What the door screen knows.

use std::collections::VecDeque;
use std::sync::Arc;

use sync_protocol::policy::Policy;
use sync_protocol::time::{UnixMillis, Uptime};
use sync_protocol::verdict::Direction;

use super::lock::Lock;
use super::scanner::Layout;
use super::sight::Sight;
use super::typing::pace::Pace;
use super::{DOUBLE_SHOWN_MS, Effect, FLASH_MS, Look, Question, SILENCE_MS, Screen, Scroll, Typing};
use crate::door::{Answer, CameraStatus, Decided, Double, Fault, Party, Purpose, Status, Suspension};
use crate::feedback::{Means, Tone};

/// What lies over the screen.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Overlay {
    /// Every key and what it does.
    Help,
    /// The technical detail of the last decision.
    Detail,
    /// Whether to quit.
    Quit,
}

/// A decision on the screen.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The decision.
    pub decided: Arc<Decided>,
    /// How it looks.
    pub look: Look,
    /// Since when it is shown.
    pub since: Uptime,
    /// For how long, unless something newer comes, in ms.
    pub shown_ms: u64,
    /// Whether what it asked is answered.
    pub is_answered: bool,
}

/// What the large panel is about.
#[derive(Clone, Copy, Debug)]
pub enum Stage<'a> {
    /// The threads behind the screen are gone.
    Stopped,
    /// The screen is locked, and nothing is decided.
    Locked,
    /// Nothing is known yet.
    Starting,
    /// The terminal may not admit.
    Suspended(Suspension),
    /// The machine could not decide.
    Fault(&'a Fault),
    /// A decision.
    Verdict(&'a Shown),
    /// The first list is being downloaded: done and total, in tickets.
    Downloading(u64, u64),
    /// There is no list yet, and no download.
    NoList,
    /// Ready for the next guest.
    Ready,
}

/// What the door screen knows.
#[derive(Clone, Debug)]
pub struct State {
    pub(super) now: Uptime,
    pub(super) status: Option<(Uptime, Box<Status>)>,
    pub(super) rules: Option<Arc<Policy>>,
    pub(super) camera: CameraStatus,
    pub(super) sight: Sight,
    pub(super) direction: Direction,
    pub(super) verdict: Option<Shown>,
    pub(super) aside: Option<Shown>,
    pub(super) fault: Option<Fault>,
    pub(super) recent: VecDeque<Arc<Decided>>,
    pub(super) last: Option<Arc<Decided>>,
    pub(super) overlay: Option<Overlay>,
    pub(super) scroll: Scroll,
    pub(super) screen: Option<Box<Screen>>,
    pub(super) answer: Option<(Uptime, Arc<Answer>)>,
    /// The order that somebody belongs to who was decided about.
    pub(super) party: Option<Party>,
    pub(super) pace: Pace,
    pub(super) typing: Typing,
    pub(super) scanner: Layout,
    pub(super) doubles: VecDeque<(Uptime, Box<Double>)>,
    /// Until when codes are only looked at.
    pub(super) looking_until: Option<Uptime>,
    pub(super) lock: Lock,
    pub(super) operator: Option<String>,
    /// What plays tones.
    pub(super) means: Means,
    pub(super) is_muted: bool,
    pub(super) is_stopped: bool,
}

impl State {
    /// Returns the state before anything is known.
    pub fn new(is_muted: bool) -> Self {
        Self {
            now: Uptime(0),
            status: None,
            rules: None,
            camera: CameraStatus::Off,
            sight: Sight::default(),
            direction: Direction::Entry,
            verdict: None,
            aside: None,
            fault: None,
            recent: VecDeque::new(),
            last: None,
            overlay: None,
            scroll: Scroll::default(),
            screen: None,
            answer: None,
            party: None,
            pace: Pace::default(),
            typing: Typing::default(),
            scanner: Layout::default(),
            doubles: VecDeque::new(),
            looking_until: None,
            lock: Lock::default(),
            operator: None,
            means: Means::Bell,
            is_muted,
            is_stopped: false,
        }
    }

    /// Returns the same with people going that way.
    #[must_use]
    pub const fn facing(mut self, direction: Direction) -> Self {
        self.direction = direction;
        self
    }

    /// Returns the state with the camera's picture turned off.
    #[must_use]
    pub fn without_picture(mut self) -> Self {
        self.sight = Sight::off();
        self
    }

    /// Forgets every guest: what the terminal held of them was erased.
    pub(super) fn forget_guests(&mut self) {
        (self.verdict, self.aside, self.last) = (None, None, None);
        (self.screen, self.overlay, self.answer, self.party) = (None, None, None, None);
        self.recent.clear();
        self.doubles.clear();
    }

    /// Returns the time of the last tick.
    pub const fn now(&self) -> Uptime {
        self.now
    }

    /// Returns the server's time by the last status and what has gone by since; `None` before the
    /// first status.
    pub fn clock(&self) -> Option<UnixMillis> {
        self.status.as_ref().map(|(seen, status)| status.now.plus(self.now.0.saturating_sub(seen.0)))
    }

    /// Returns the last status.
    pub fn status(&self) -> Option<&Status> {
        self.status.as_ref().map(|(_, status)| status.as_ref())
    }

    /// Returns for how long no status came, in ms, once that is too long. Where everything was erased, none is to come.
    pub fn silence_ms(&self) -> Option<u64> {
        let (seen, status) = self.status.as_ref()?;
        let is_over = status.suspended.is_some_and(Suspension::is_erased);
        Some(self.now.0.saturating_sub(seen.0)).filter(|ms| *ms >= SILENCE_MS && !is_over)
    }

    /// Returns the event's rules.
    pub fn rules(&self) -> Option<&Policy> {
        self.rules.as_deref()
    }

    /// Returns the camera's state.
    pub const fn camera(&self) -> &CameraStatus {
        &self.camera
    }

    /// Returns what the camera shows staff.
    pub const fn sight(&self) -> &Sight {
        &self.sight
    }

    /// Returns which way the door goes.
    pub const fn direction(&self) -> Direction {
        self.direction
    }

    /// Returns the code that was no ticket, while it is shown.
    pub const fn aside(&self) -> Option<&Shown> {
        self.aside.as_ref()
    }

    /// Returns the last decisions about tickets, newest first.
    pub const fn recent(&self) -> &VecDeque<Arc<Decided>> {
        &self.recent
    }

    /// Returns the last decision, whatever it was about.
    pub fn last(&self) -> Option<&Decided> {
        self.last.as_deref()
    }

    /// Returns what lies over the screen.
    pub const fn overlay(&self) -> Option<Overlay> {
        self.overlay
    }

    /// Returns how far what lies over the screen is scrolled.
    pub const fn scroll(&self) -> Scroll {
        self.scroll
    }

    /// Returns the screen that is open over the door.
    pub fn screen(&self) -> Option<&Screen> {
        self.screen.as_deref()
    }

    /// Returns what last came of something that a screen asked for, while that is news.
    pub fn answer(&self) -> Option<&Answer> {
        self.answer.as_ref().map(|(_, answer)| answer.as_ref())
    }

    /// Returns how many others of the order that `decided` belongs to may still come in.
    pub fn others_expected(&self, decided: &Decided) -> usize {
        let (Some(ticket), Some(party)) = (decided.ticket, &self.party) else { return 0 };
        let is_asked = decided.direction == Direction::Entry && decided.purpose == Purpose::Decide;
        if is_asked && party.has(ticket) { party.expected_but(ticket) } else { 0 }
    }

    /// Returns since when that is news.
    pub fn answer_since(&self) -> Option<Uptime> {
        self.answer.as_ref().map(|(since, _)| *since)
    }

    /// Returns the admission of this door that last turned out to be one too many, while that is news.
    pub fn double(&self) -> Option<&Double> {
        let (since, double) = self.doubles.front()?;
        Some(double.as_ref()).filter(|_| self.now.0.saturating_sub(since.0) < DOUBLE_SHOWN_MS)
    }

    /// Whether the admission that `decided` tells of turned out to be one too many.
    pub fn is_double(&self, decided: &Decided) -> bool {
        decided.entry.is_some() && self.doubles.iter().any(|(_, double)| Some(double.entry) == decided.entry)
    }

    /// Returns the decision that stands on the door.
    pub const fn verdict(&self) -> Option<&Shown> {
        self.verdict.as_ref()
    }

    /// Returns the line being written.
    pub const fn typing(&self) -> &Typing {
        &self.typing
    }

    /// Returns for how long codes are still only looked at, in ms.
    pub fn looking_ms(&self) -> Option<u64> {
        self.looking_until.map(|until| until.0.saturating_sub(self.now.0))
    }

    /// Returns what the verdict on the screen asks, if one key answers it.
    pub fn question(&self) -> Option<Question> {
        let shown = self.verdict.as_ref().filter(|shown| !shown.is_answered)?;
        Question::of(&shown.decided, self.rules())
    }

    /// Whether tones are off.
    pub const fn is_muted(&self) -> bool {
        self.is_muted
    }

    /// Whether `shown` is so new that it flashes.
    pub const fn is_flashing(&self, shown: &Shown) -> bool {
        self.now.0.saturating_sub(shown.since.0) < FLASH_MS
    }

    /// Returns what the large panel is about.
    pub fn stage(&self) -> Stage<'_> {
        let suspended = self.status().and_then(|status| status.suspended);
        if let Some(erased) = suspended.filter(|suspension| suspension.is_erased()) {
            return Stage::Suspended(erased);
        }
        if self.is_stopped {
            return Stage::Stopped;
        }
        if !self.lock.decides() {
            return Stage::Locked;
        }
        if let Some(suspension) = suspended {
            return Stage::Suspended(suspension);
        }
        if let Some(fault) = &self.fault {
            return Stage::Fault(fault);
        }
        if let Some(shown) = &self.verdict {
            return Stage::Verdict(shown);
        }
        match self.status() {
            None => Stage::Starting,
            Some(Status { list_at: None, download: Some((done, total)), .. }) => Stage::Downloading(*done, *total),
            Some(Status { list_at: None, .. }) => Stage::NoList,
            Some(_) => Stage::Ready,
        }
    }

    /// Returns when the next tick is needed at the latest.
    pub fn deadline(&self) -> Option<Uptime> {
        let shown = self.verdict.iter().chain(&self.aside);
        let flashes = shown.filter(|shown| self.is_flashing(shown)).map(|shown| shown.since.plus(FLASH_MS));
        flashes.chain(self.pace.deadline()).min()
    }

    /// Says what the hand scanner's keys mean on this keyboard.
    pub fn set_scanner(&mut self, scanner: Layout) {
        self.scanner = scanner;
    }

    /// Says how the screen locks, and who is at the door.
    pub fn set_session(&mut self, lock: Lock, operator: Option<String>) {
        self.lock = lock;
        self.operator = operator;
    }

    /// Returns whether and how the screen is locked.
    pub const fn lock(&self) -> &Lock {
        &self.lock
    }

    /// Returns who is at the door.
    pub fn operator(&self) -> Option<&str> {
        self.operator.as_deref()
    }

    /// Whether the hand scanner's test waits for its code.
    pub(super) fn is_learning_scanner(&self) -> bool {
        self.overlay.is_none() && matches!(self.screen(), Some(Screen::Scanner(_)))
    }

    /// Whether characters go to a field rather than being commands.
    pub(super) fn is_writing(&self) -> bool {
        if self.lock.locked().is_some() {
            return self.lock.is_writing();
        }
        self.typing.line().is_some() || self.overlay.is_none() && self.screen.is_some()
    }

    /// Whether `letter`, alone, is a command now.
    pub(super) fn is_command(&self, letter: char) -> bool {
        match self.overlay {
            Some(Overlay::Quit) => matches!(letter, 'y' | 'n' | 'q'),
            _ => {
                "cdeghiklmnopqrstuw/?".contains(letter)
                    || self.question().is_some_and(|question| question.is_answered_by(letter))
            }
        }
    }

    /// Returns the effect of a tone, unless the door is muted.
    pub(super) fn sound(&self, tone: Option<Tone>) -> Option<Effect> {
        tone.filter(|_| !self.is_muted).map(Effect::Sound)
    }
}
