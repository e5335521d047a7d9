//! From a text to a question, and from a verdict to a journal entry: the same at every terminal and on the
//! server.

use super::{Code, Direction, Question, Scan, Verdict};
use crate::hash::{Hash, sha256};
use crate::id::{ClassId, DeviceId, FeedSeq, Issue, Seq, TicketId};
use crate::journal::ledger::evidence_of;
use crate::journal::{Entry, EntryKind, Evidence};
use crate::ticket::{Claims, Credential, Keyring, ReadFailure};
use crate::verdict::Row;

/// What was presented, as far as anybody vouches for it.
#[derive(Clone, Copy, Debug)]
pub struct Presentation {
    /// What the rules are asked about.
    pub scan: Scan,
    /// SHA-256 of the credential's bytes, if there was one.
    pub credential: Option<Hash>,
    /// What the credential says, if it is a good one.
    pub claims: Option<Claims>,
    /// The ticket, if one was named.
    pub ticket: Option<TicketId>,
}

impl Presentation {
    /// Reads a credential's text and verifies it.
    pub fn of_credential(text: &str, keyring: &Keyring) -> Self {
        let credential = match Credential::from_text(text) {
            Ok(credential) => credential,
            Err(error) => {
                let scan = Scan::Credential(Err(ReadFailure::from(error)));
                return Self { scan, credential: None, claims: None, ticket: None };
            }
        };
        let verified = keyring.verify(&credential);
        let claims = verified.as_ref().ok().map(|verified| *verified.claims());
        Self {
            scan: Scan::Credential(verified),
            credential: Some(sha256(&[&credential.to_bytes()])),
            claims,
            ticket: claims.map(|claims| claims.ticket),
        }
    }

    /// Reads what somebody typed: a ticket's number, or a credential's text as a hand scanner types it.
    pub fn of_typed(text: &str, keyring: &Keyring) -> Self {
        match (Credential::from_text(text), TicketId::from_typed_code(text)) {
            (Err(_), Ok(ticket)) => Self::of_ticket(ticket),
            _ => Self::of_credential(text, keyring),
        }
    }

    /// A ticket that a person named.
    pub const fn of_ticket(ticket: TicketId) -> Self {
        Self { scan: Scan::Manual(ticket), credential: None, claims: None, ticket: Some(ticket) }
    }

    /// Returns the ticket, unless the verdict is one of those that tell nothing about any ticket.
    pub const fn vouched_ticket(&self, verdict: &Verdict) -> Option<TicketId> {
        match verdict {
            Verdict::Deny { primary, .. } if primary.is_stage_a() => None,
            _ => self.ticket,
        }
    }

    /// Returns the credential's issue; that of the list's row where there was no credential.
    pub fn issue(&self, row: Option<&Row>) -> Issue {
        self.claims.map(|claims| claims.issue).or(row.map(|row| row.issue)).unwrap_or_default()
    }

    /// Returns the ticket type that was decided by: the list's, unless the credential is newer.
    pub fn class(&self, row: Option<&Row>) -> Option<ClassId> {
        match (row, self.claims) {
            (Some(row), Some(claims)) if claims.issue > row.issue => Some(claims.class),
            (Some(row), _) => Some(row.class),
            (None, claims) => claims.map(|claims| claims.class),
        }
    }
}

/// Which entries of the feed brought what a decision rested on.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Sources {
    /// The rules.
    pub policy: FeedSeq,
    /// The ticket's row; 0 where there is none.
    pub row: FeedSeq,
}

/// Returns what the journal is to say of a decision, without its place in the journal and its times; nothing
/// where there is nothing to say: a web address held before the camera is nobody's business, and whoever may not
/// decide has decided nothing.
pub fn entry(
    presentation: &Presentation,
    question: &Question<'_>,
    verdict: &Verdict,
    sources: Sources,
) -> Option<Entry> {
    let (kind, flags, reason) = match verdict {
        Verdict::Admit { flags, .. } => match question.direction {
            Direction::Entry => (EntryKind::Admit, *flags, 0),
            Direction::Exit => (EntryKind::Exit, *flags, 0),
        },
        Verdict::Deny { primary: Code::NotATicket | Code::TerminalNotReady, .. } => return None,
        Verdict::Deny { primary, flags, .. } => (EntryKind::Deny, *flags, *primary as u16),
    };
    let mut entry = Entry::new(kind, DeviceId([0; 16]), Seq(0), [0; 32]);
    entry.flags = flags;
    entry.reason = reason;
    entry.gate = question.scope.gate;
    entry.credential = presentation.credential;
    let Some(ticket) = presentation.vouched_ticket(verdict) else { return Some(entry) };
    let (history_count, history_hash) = evidence_of(question.history);
    entry.ticket = ticket;
    entry.issue = presentation.issue(question.row);
    entry.class = presentation.class(question.row).unwrap_or_default();
    entry.evidence = Some(Evidence { policy: sources.policy, row: sources.row, history_count, history_hash });
    Some(entry)
}
