//! Claims: where there is a link, the server is asked before anybody is admitted, so that two doors don't let in one
//! ticket at once.
//!
//! An answer that does not come in time is no answer: the door goes on by the offline rule, and the admission says so.

use std::time::Duration;

use sync_protocol::id::{Seq, TicketId, ZoneId};
use sync_protocol::journal::{Flags, Movement, MovementKind};
use sync_protocol::sync::message::{ClaimRequest, HeldBy};
use sync_protocol::time::{Hlc, UnixMillis};
use sync_protocol::verdict::{Direction, Verdict, refused};

use super::{Gate, Weighed};
use crate::door::Link;

/// The longest that a guest is kept waiting for the server's word, whatever the event's rules say.
const PATIENCE_MAX: Duration = Duration::from_secs(2);

/// The server's word on an admission that is about to be written down.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Word {
    /// Nobody else may admit the ticket now.
    Granted,
    /// This stands against it.
    Held(HeldBy),
    /// It did not say, or not in time.
    None,
}

/// Who asks the server.
pub trait Claims: Send {
    /// Asks whether this terminal may admit, at the server's time `now`, and waits for at most `patience`.
    fn ask(&mut self, claim: &ClaimRequest, now: UnixMillis, patience: Duration) -> Word;
}

impl Gate {
    /// Says who asks the server before anybody is admitted.
    pub fn set_claims(&mut self, claims: Box<dyn Claims>) {
        self.claims = Some(claims);
    }

    /// Asks the server about an admission, and returns what its word makes of it.
    pub(super) fn claimed(&mut self, mut weighed: Weighed) -> Weighed {
        let Some((ticket, zone)) = self.to_claim(&weighed) else { return weighed };
        let claim = ClaimRequest {
            ticket_id: ticket,
            zone,
            device_no: self.store.identity().number(),
            jseq: self.store.journal_end().seq.next(),
        };
        let patience = Duration::from_millis(weighed.rules.limits.claim_ms).min(PATIENCE_MAX);
        let Some(claims) = &mut self.claims else { return weighed };
        match claims.ask(&claim, weighed.moment.now, patience) {
            Word::Granted => weighed,
            Word::Held(by) if by.device_no != claim.device_no => {
                let standing = self.movement(ticket, &by);
                self.refused(weighed, standing)
            }
            // What this terminal did itself was weighed already, with what it did since and has not sent yet: a way out,
            // or an admission taken back.
            Word::Held(_) | Word::None => {
                if let Verdict::Admit { flags, .. } = &mut weighed.verdict {
                    *flags = flags.and(Flags::NO_CLAIM);
                }
                weighed
            }
        }
    }

    /// Decides again, knowing what stands against the admission.
    pub(super) fn refused(&self, mut weighed: Weighed, standing: Movement) -> Weighed {
        let question = self.question(&weighed.presentation, weighed.direction, &weighed.rules, &weighed.moment);
        weighed.verdict = refused(&question, &standing);
        weighed.standing = Some(standing);
        weighed
    }

    /// Returns what to claim, if anybody is to be asked: who is denied or goes out takes nothing from anybody.
    fn to_claim(&self, weighed: &Weighed) -> Option<(TicketId, ZoneId)> {
        let asks = self.link == Link::Online
            && weighed.direction == Direction::Entry
            && weighed.verdict.is_admit()
            && weighed.rules.limits.claim_ms > 0;
        let zone = weighed.rules.gate(self.gate)?.zone;
        weighed.presentation.vouched_ticket(&weighed.verdict).filter(|_| asks).map(|ticket| (ticket, zone))
    }

    /// A claim that another terminal was granted just now stands as if it had been admitted here.
    fn movement(&self, ticket: TicketId, by: &HeldBy) -> Movement {
        Movement {
            hlc: Hlc::at(by.at),
            device: by.device_no,
            seq: by.jseq.max(Seq(1)),
            kind: MovementKind::Admit,
            is_override: false,
            ticket,
            gate: by.gate.unwrap_or(self.gate),
            entry_hash: [0; 32],
        }
    }
}
