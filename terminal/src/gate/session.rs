//! The session at the gate: who is there, locking and unlocking, each written down.

use sync_protocol::journal::{EntryKind, IncidentKind, SessionEvent};

use super::Gate;
use crate::cache::{Store, StoreError};
use crate::door::{SessionAnswer, SessionRequest};
use crate::session::{Session, TRIES, Unlocking};

impl Gate {
    /// Begins a session: whatever is written from now on names its operator. What a disk that is
    /// full does not take is not written: nobody is kept from the door by it.
    pub fn begin_session(&mut self, session: Session) {
        self.store.set_operator(session.operator());
        self.session = session;
        self.has_begun = true;
        self.note_session(SessionEvent::Unlocked);
    }

    /// Ends the session, if one has begun: the keys leave memory with the store.
    pub fn end_session(&mut self) {
        if std::mem::take(&mut self.has_begun) {
            self.note_session(SessionEvent::Locked);
        }
    }

    /// Returns the session.
    pub const fn session(&self) -> &Session {
        &self.session
    }

    /// Does what a screen asks about the session.
    pub(super) fn session_answer(&mut self, request: SessionRequest) -> SessionAnswer {
        match request {
            request if self.session.is_locked() && !matches!(request, SessionRequest::Unlock(_)) => {
                SessionAnswer::Locked
            }
            SessionRequest::Recent => SessionAnswer::Recent(self.store.recent_operators()),
            SessionRequest::Operator(name) => {
                if self.session.set_operator(&name) {
                    self.store.set_operator(self.session.operator());
                    self.note_session(SessionEvent::OperatorChanged);
                }
                SessionAnswer::Operator(self.session.operator().map(str::to_owned))
            }
            SessionRequest::Pin(digits) => {
                self.session.set_pin(&digits);
                SessionAnswer::PinSet
            }
            SessionRequest::Lock => {
                if self.session.lock() {
                    self.lock_search();
                    self.note_session(SessionEvent::ScreenLocked);
                }
                SessionAnswer::Locked
            }
            SessionRequest::Unlock(digits) => match self.session.unlock(&digits) {
                Unlocking::Open => {
                    self.lock_search();
                    self.note_session(SessionEvent::ScreenUnlocked);
                    SessionAnswer::Unlocked
                }
                Unlocking::Wrong { left } => SessionAnswer::WrongPin { left },
                Unlocking::Sealed => {
                    self.note_wrong_pins();
                    self.end_session();
                    SessionAnswer::Sealed
                }
            },
        }
    }

    fn note_session(&mut self, event: SessionEvent) {
        let mut draft = Store::draft(EntryKind::Session);
        draft.reason = event.reason();
        draft.gate = self.gate;
        let moment = self.moment();
        let written = self.store.append(draft, &moment).map(drop);
        told(written, event.name());
    }

    fn note_wrong_pins(&mut self) {
        let mut draft = Store::draft(EntryKind::Incident);
        draft.reason = IncidentKind::WrongPins.reason();
        draft.gate = self.gate;
        draft.note = Some(format!("{TRIES} wrong PINs locked the terminal"));
        let moment = self.moment();
        let written = self.store.append(draft, &moment).map(drop);
        told(written, IncidentKind::WrongPins.name());
    }
}

/// What cannot be written down must not keep a screen from locking.
fn told(written: Result<(), StoreError>, what: &str) {
    if let Err(error) = written {
        tracing::error!(error = &error as &dyn std::error::Error, what, "the session could not be written down");
    }
}
