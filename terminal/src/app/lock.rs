//! The locked screen: what it takes, and when it locks by itself.
//!
//! Scanning goes on behind it. Keys reach nothing but the PIN.

use sync_protocol::time::Uptime;

use super::screen::operator::Operator;
use super::{Effect, Field, Key, Screen, State};
use crate::door::{Attendee, Decided, Request, SessionAnswer, SessionRequest};
use crate::session::{Digits, PIN_DIGITS_MAX, WhileLocked};

/// A PIN that is half written is dropped after this time without a key, in ms.
const PIN_IDLE_MS: u64 = 20_000;

/// Whether and when the screen is locked.
#[derive(Clone, Debug, Default)]
pub struct Lock {
    locked: Option<Locked>,
    /// Whether a PIN unlocks it; without one it does not lock.
    has_pin: bool,
    while_locked: WhileLocked,
    /// After so long without a key it locks by itself, in ms.
    idle_ms: Option<u64>,
    last_key: Uptime,
    /// Whether it locks as soon as there is a PIN.
    is_awaited: bool,
}

/// A locked screen.
#[derive(Clone, Debug, Default)]
pub struct Locked {
    /// The PIN being typed, while it is asked for.
    digits: Option<Field>,
    /// How many tries are left, after a wrong PIN.
    left: Option<u8>,
    is_checking: bool,
}

impl Locked {
    /// Returns the PIN being typed, while it is asked for.
    pub const fn digits(&self) -> Option<&Field> {
        self.digits.as_ref()
    }

    /// Returns how many tries are left, after a wrong PIN.
    pub const fn left(&self) -> Option<u8> {
        self.left
    }
}

impl Lock {
    /// Returns an open screen that locks by itself after `idle_ms` without a key.
    pub fn new(idle_ms: Option<u64>, while_locked: WhileLocked, has_pin: bool) -> Self {
        Self { locked: None, has_pin, while_locked, idle_ms, last_key: Uptime(0), is_awaited: false }
    }

    /// Returns the locked screen, if it is.
    pub const fn locked(&self) -> Option<&Locked> {
        self.locked.as_ref()
    }

    /// Whether a PIN is set.
    pub const fn has_pin(&self) -> bool {
        self.has_pin
    }

    /// Whether what is scanned is decided about.
    pub fn decides(&self) -> bool {
        self.locked.is_none() || self.while_locked == WhileLocked::Scan
    }

    /// Whoever was asked for a PIN does something else.
    pub(super) const fn forget_locking(&mut self) {
        self.is_awaited = false;
    }

    /// Whether a PIN is being typed.
    pub(super) fn is_writing(&self) -> bool {
        self.locked.as_ref().is_some_and(|locked| locked.digits.is_some())
    }
}

/// Locks the screen, or asks for a PIN to lock it with.
pub(super) fn lock_or_ask(state: &mut State) -> Option<Effect> {
    if state.lock.has_pin {
        return lock(state);
    }
    state.lock.is_awaited = true;
    state.screen = Some(Box::new(Screen::Operator(Operator::open_for_pin())));
    None
}

/// Locks the screen: whatever lies over the door is put away.
pub(super) fn lock(state: &mut State) -> Option<Effect> {
    state.lock.locked = Some(Locked::default());
    state.overlay = None;
    state.screen = None;
    state.answer = None;
    state.party = None;
    state.typing.take();
    if let Some(shown) = &mut state.verdict {
        shown.decided = std::sync::Arc::new(private(&shown.decided));
    }
    Some(Effect::Ask(Request::Session(SessionRequest::Lock)))
}

/// Notes that a person pressed a key.
pub(super) fn touch(state: &mut State) {
    state.lock.last_key = state.now;
}

/// Lets time pass: an idle screen locks, a forgotten PIN goes.
pub(super) fn pass_time(state: &mut State) -> Option<Effect> {
    let idle_ms = state.now.0.saturating_sub(state.lock.last_key.0);
    if let Some(locked) = &mut state.lock.locked {
        locked.digits.take_if(|_| idle_ms >= PIN_IDLE_MS);
        return None;
    }
    let is_due = state.lock.has_pin && state.lock.idle_ms.is_some_and(|limit| idle_ms >= limit);
    if is_due { lock(state) } else { None }
}

/// Takes a key of a person while the screen is locked.
pub(super) fn press(state: &mut State, key: Key) -> Option<Effect> {
    let locked = state.lock.locked.as_mut()?;
    let Some(digits) = &mut locked.digits else {
        match key {
            Key::Char('k' | 'K') | Key::Enter => locked.digits = Some(Field::new(PIN_DIGITS_MAX)),
            Key::Char(digit @ '0'..='9') => {
                let mut digits = Field::new(PIN_DIGITS_MAX);
                digits.write(digit);
                locked.digits = Some(digits);
            }
            _ => {}
        }
        return None;
    };
    match key {
        Key::Escape => locked.digits = None,
        Key::Enter if !locked.is_checking => {
            if let Ok(pin) = Digits::new(&digits.text()) {
                locked.is_checking = true;
                digits.set("");
                return Some(Effect::Ask(Request::Session(SessionRequest::Unlock(pin))));
            }
        }
        Key::Char('0'..='9') | Key::Backspace => _ = digits.press(key),
        _ => {}
    }
    None
}

/// Takes what the gate says about the session.
pub(super) fn learn(state: &mut State, answer: &SessionAnswer) -> Option<Effect> {
    match answer {
        SessionAnswer::PinSet => {
            state.lock.has_pin = true;
            if std::mem::take(&mut state.lock.is_awaited) {
                return lock(state);
            }
        }
        SessionAnswer::Operator(name) => state.operator.clone_from(name),
        SessionAnswer::Unlocked => {
            state.lock.locked = None;
            touch(state);
        }
        SessionAnswer::WrongPin { left } => {
            if let Some(locked) = &mut state.lock.locked {
                *locked = Locked { digits: Some(Field::new(PIN_DIGITS_MAX)), left: Some(*left), is_checking: false };
            }
        }
        SessionAnswer::Sealed => return Some(Effect::Seal),
        SessionAnswer::Recent(_) | SessionAnswer::Locked => {}
    }
    None
}

/// Returns a decision as a locked screen may show it: whoever stands before the screen is not to
/// read others' names.
pub(super) fn private(decided: &Decided) -> Decided {
    let attendee =
        decided.attendee.as_ref().map(|attendee| Attendee { name: initials(&attendee.name), ..attendee.clone() });
    Decided { attendee, ..decided.clone() }
}

/// Returns the first letters of the words of a name.
fn initials(name: &str) -> String {
    let firsts = name
        .split(|c: char| c.is_whitespace() || c == '-')
        .filter_map(|word| word.chars().find(|c| c.is_alphanumeric()));
    firsts.flat_map(|letter| letter.to_uppercase().chain(['.'])).take(8).collect()
}
