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

#[cfg(test)]
mod tests {
    use super::super::tests::{TICKET, policy, question, row};
    use super::super::{OverrideBy, Readiness, decide};
    use super::*;
    use crate::id::{DeviceNo, EventId, Kid};
    use crate::journal::Flags;
    use crate::key::public_key;
    use crate::ticket::KeyState;
    use crate::ticket::credential::Signer;
    use alloc::string::String;
    use alloc::vec::Vec;
    use ed25519_dalek::SigningKey;

    const EVENT: EventId = EventId([1; 16]);
    const SOURCES: Sources = Sources { policy: FeedSeq(2), row: FeedSeq(7) };

    fn keyring() -> Keyring {
        let mut keyring = Keyring::new(EVENT);
        keyring.add_key(EVENT, Kid(1), public_key(&SigningKey::from_bytes(&[3; 32])), KeyState::Active);
        keyring
    }

    fn credential(issue: u32, class: u16) -> Credential {
        let (signer, issue, class) = (Signer::Server(Kid(1)), Issue(issue), ClassId(class));
        Claims { is_test: false, signer, ticket: TICKET, issue, class }.sign(EVENT, &SigningKey::from_bytes(&[3; 32]))
    }

    fn text(issue: u32, class: u16) -> String {
        credential(issue, class).to_text()
    }

    fn refusal(primary: Code) -> Verdict {
        let (all, facts) = (alloc::vec![primary], Vec::new());
        Verdict::Deny { primary, all, by: OverrideBy::Nobody, flags: Flags::STALE, facts }
    }

    #[test]
    fn what_is_typed_is_a_tickets_number_or_a_credential() {
        let typed = Presentation::of_typed(&TICKET.typed_code(), &keyring());
        assert!(matches!(typed.scan, Scan::Manual(TICKET)));
        assert_eq!((typed.ticket, typed.credential, typed.claims), (Some(TICKET), None, None));

        let scanned = Presentation::of_typed(&text(5, 3), &keyring());
        assert!(matches!(scanned.scan, Scan::Credential(Ok(_))));
        assert_eq!(scanned.ticket, Some(TICKET));
        assert_eq!(scanned.credential, Some(sha256(&[&credential(5, 3).to_bytes()])));

        let nothing = Presentation::of_typed("https://example.org", &keyring());
        assert!(matches!(nothing.scan, Scan::Credential(Err(ReadFailure::NotATicket))));
    }

    #[test]
    fn a_ticket_is_named_unless_nobody_vouches_for_it() {
        let presentation = Presentation::of_ticket(TICKET);
        let admit = Verdict::Admit { flags: Flags::default(), facts: Vec::new() };

        assert_eq!(presentation.vouched_ticket(&admit), Some(TICKET));
        assert_eq!(presentation.vouched_ticket(&refusal(Code::Cancelled)), Some(TICKET));
        assert_eq!(presentation.vouched_ticket(&refusal(Code::KeyRejected)), None);
    }

    #[test]
    fn issue_and_type_are_the_credentials_where_it_is_newer_than_the_list() {
        let row = row();
        let read = |issue| Presentation::of_credential(&text(issue, 4), &keyring());
        let of = |presentation: &Presentation, row| (presentation.issue(row), presentation.class(row));

        assert_eq!(of(&read(6), Some(&row)), (Issue(6), Some(ClassId(4))));
        assert_eq!(of(&read(5), Some(&row)), (Issue(5), Some(ClassId(3))));
        assert_eq!(of(&read(6), None), (Issue(6), Some(ClassId(4))));
        assert_eq!(of(&Presentation::of_ticket(TICKET), Some(&row)), (Issue(5), Some(ClassId(3))));
        assert_eq!(of(&Presentation::of_ticket(TICKET), None), (Issue(0), None));
    }

    #[test]
    fn an_entry_says_what_was_decided_where_and_on_what_grounds() {
        let (policy, row) = (policy(), row());
        let mut question = question(&policy, Some(&row), &[]);
        let presentation = Presentation::of_credential(&text(5, 3), &keyring());
        question.scan = presentation.scan;

        let said = entry(&presentation, &question, &decide(&question), SOURCES).unwrap();

        assert_eq!((said.kind, said.reason, said.gate), (EntryKind::Admit, 0, question.scope.gate));
        assert_eq!((said.ticket, said.issue, said.class), (TICKET, Issue(5), ClassId(3)));
        assert_eq!(said.credential, presentation.credential);
        let (history_count, history_hash) = evidence_of(&[]);
        let grounds = Evidence { policy: FeedSeq(2), row: FeedSeq(7), history_count, history_hash };
        assert_eq!(said.evidence, Some(grounds));

        question.direction = Direction::Exit;
        let out = entry(&presentation, &question, &decide(&question), SOURCES).unwrap();
        assert_eq!(out.kind, EntryKind::Exit);
    }

    #[test]
    fn a_denial_says_why_and_names_no_ticket_that_nobody_vouches_for() {
        let (policy, row) = (policy(), row());
        let question = question(&policy, Some(&row), &[]);
        let presentation = Presentation::of_ticket(TICKET);
        let said = |primary| entry(&presentation, &question, &refusal(primary), SOURCES);

        let denied = said(Code::Cancelled).unwrap();
        assert_eq!((denied.kind, denied.reason), (EntryKind::Deny, Code::Cancelled as u16));
        assert_eq!((denied.flags, denied.ticket), (Flags::STALE, TICKET));
        let forged = said(Code::BadSignature).unwrap();
        assert_eq!((forged.ticket, forged.evidence, forged.reason), (TicketId(0), None, Code::BadSignature as u16));
    }

    #[test]
    fn what_is_no_ticket_and_who_may_not_decide_leave_nothing_in_the_journal() {
        let (policy, row) = (policy(), row());
        let mut question = question(&policy, Some(&row), &[]);
        let no_ticket = Presentation::of_credential("https://example.org", &keyring());
        question.scan = no_ticket.scan;
        assert_eq!(entry(&no_ticket, &question, &decide(&question), SOURCES), None);

        question.scope.readiness = Readiness::NotReady(super::super::NotReady::Locked);
        question.scope.device = DeviceNo(9);
        let presentation = Presentation::of_ticket(TICKET);
        assert_eq!(entry(&presentation, &question, &decide(&question), SOURCES), None);
    }
}
