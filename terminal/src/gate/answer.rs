//! Answers what screens ask, on the gate's thread.

use super::Gate;
use crate::door::{Answer, Notice, Request};

impl Gate {
    /// Does what a screen asks for and returns what it, or the door, is to be told.
    pub fn answer(&mut self, request: Request) -> Notice {
        let answer = match request {
            Request::Undoable => self.undoable().map(Answer::Undoable),
            Request::Undo { entry, reason } => self.undo(entry, &reason),
        };
        match answer {
            Ok(answer) => Notice::Answer(Box::new(answer)),
            Err(fault) => Notice::Fault(fault),
        }
    }
}
