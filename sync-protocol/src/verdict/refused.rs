//! What the server's refusal of a claim makes of an admission.

use alloc::vec;

use super::{Code, Question, Verdict, decide};
use crate::journal::Movement;

/// Decides `question` again, knowing of the movement that the server says stands against an admission.
///
/// The rules alone may still let in, since the server knows of more than one movement; its word counts then, and is
/// shown as ALREADY_IN.
pub fn refused(question: &Question<'_>, standing: &Movement) -> Verdict {
    let mut history = question.history.to_vec();
    history.push(standing.clone());
    match decide(&Question { history: &history, ..*question }) {
        Verdict::Admit { flags, facts } => Verdict::Deny {
            primary: Code::AlreadyIn,
            all: vec![Code::AlreadyIn],
            by: Code::AlreadyIn.overridden_by(question.policy),
            flags,
            facts,
        },
        denied @ Verdict::Deny { .. } => denied,
    }
}
