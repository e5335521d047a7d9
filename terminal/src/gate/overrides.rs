//! Letting in against a verdict: a person decides, the gate checks that they may, and writes down
//! who and why (section 4, invariant 7).

use std::collections::VecDeque;
use std::time::Instant;

use sync_protocol::id::Seq;
use sync_protocol::journal::entry::{Amount, NOTE_BYTES_MAX};
use sync_protocol::journal::{Flags, Movement};
use sync_protocol::policy::Policy;
use sync_protocol::text;
use sync_protocol::verdict::{Code, Direction, OverrideBy, Verdict};

use super::supervisors::Approval;
use super::{Gate, Source, Weighed};
use crate::clock::Moment;
use crate::door::{Decided, Decision, Fault, Grounds, NotDecided, Supervisor};

/// How many verdicts can still be decided against.
const ASKED_MAX: usize = 16;
/// What is written down where money was taken and nothing else was said.
const PAID: &str = "paid at the door";

/// The last verdicts that somebody may decide against.
#[derive(Debug, Default)]
pub(super) struct Asked(VecDeque<Question>);

/// A verdict that was shown, with what was presented.
#[derive(Clone, Debug)]
struct Question {
    entry: Seq,
    text: String,
    source: Source,
    /// What the server said stands against admitting; the list may not know of it yet.
    standing: Option<Movement>,
    findings: Vec<Code>,
}

impl Asked {
    /// Keeps a denial that may be decided against.
    pub(super) fn remember(&mut self, text: &str, source: Source, standing: Option<Movement>, decided: &Decided) {
        let Verdict::Deny { all, by, .. } = &decided.verdict else { return };
        if let (Some(entry), OverrideBy::Door | OverrideBy::Supervisor) = (decided.entry, by) {
            self.0.truncate(ASKED_MAX - 1);
            self.0.push_front(Question { entry, text: text.to_owned(), source, standing, findings: all.clone() });
        }
    }

    fn take(&mut self, entry: Seq) -> Option<Question> {
        let at = self.0.iter().position(|question| question.entry == entry)?;
        self.0.remove(at)
    }

    fn find(&self, entry: Seq) -> Option<Question> {
        self.0.iter().find(|question| question.entry == entry).cloned()
    }
}

/// Who vouches for an admission against the rules, and with which words.
struct Warrant {
    note: String,
    amount: Option<Amount>,
}

impl Gate {
    /// Decides again about what was presented when `decision.entry` was written, and lets in against
    /// the findings if whoever decides may. When this returns, an admission is on the disk.
    ///
    /// Facts may have changed since: a ticket that nothing stands against any more is let in as any
    /// other, and one that something new stands against is denied anew and shown, since nobody has
    /// decided about that.
    ///
    /// # Errors
    ///
    /// [`Fault`] as [`Gate::present`].
    pub fn decide_against(&mut self, decision: &Decision) -> Result<Result<Decided, NotDecided>, Fault> {
        let started = Instant::now();
        let moment = self.moment_to_write()?;
        let Some(question) = self.asked.find(decision.entry) else { return Ok(Err(NotDecided::Gone)) };
        let weighed = self.weigh(&question.text, question.source, Direction::Entry, &moment, started)?;
        let weighed = match question.standing {
            Some(standing) => self.refused(weighed, standing),
            None => weighed,
        };
        let (findings, by) = match &weighed.verdict {
            Verdict::Admit { .. } => (Vec::new(), OverrideBy::Door),
            Verdict::Deny { all, by, .. } => (all.clone(), *by),
        };
        if findings.iter().any(|code| !question.findings.contains(code)) {
            self.asked.take(decision.entry);
            return self.settle(&question.text, question.source, weighed).map(Ok);
        }
        let warrant = match self.warrant(decision, &question.findings, by, &weighed, &moment)? {
            Ok(warrant) => warrant,
            Err(refused) => return Ok(Err(refused)),
        };
        let decided = self.let_in(weighed, warrant)?;
        self.asked.take(decision.entry);
        Ok(Ok(decided))
    }

    /// Checks that whoever decides may, on these grounds.
    fn warrant(
        &mut self,
        decision: &Decision,
        shown: &[Code],
        by: OverrideBy,
        weighed: &Weighed,
        moment: &Moment,
    ) -> Result<Result<Warrant, NotDecided>, Fault> {
        let amount = match &decision.grounds {
            Grounds::Reason(reason) if reason.trim().is_empty() => return Ok(Err(NotDecided::NoReason)),
            Grounds::Reason(_) => None,
            Grounds::Collected(payment) => match price(shown, weighed) {
                Some((minor, currency)) => Some(Amount { minor, currency, method: *payment as u8 }),
                None => return Ok(Err(NotDecided::NothingToCollect)),
            },
        };
        let reason = match &decision.grounds {
            Grounds::Reason(reason) => reason.as_str(),
            Grounds::Collected(_) => PAID,
        };
        let note = match self.approval(by, decision.supervisor.as_ref(), &weighed.rules, moment)? {
            Ok(Some(approval)) => approval.note(reason),
            Ok(None) => reason.to_owned(),
            Err(refused) => return Ok(Err(refused)),
        };
        Ok(Ok(Warrant { note: text::tidy(&note, NOTE_BYTES_MAX), amount }))
    }

    fn approval(
        &mut self,
        by: OverrideBy,
        supervisor: Option<&Supervisor>,
        rules: &Policy,
        moment: &Moment,
    ) -> Result<Result<Option<Approval>, NotDecided>, Fault> {
        Ok(match by {
            OverrideBy::Nobody => Err(NotDecided::Nobody),
            OverrideBy::Door if supervisor.is_none() => Ok(None),
            OverrideBy::Door | OverrideBy::Supervisor => match self.supervised(supervisor, rules, moment)? {
                Ok(approval) => Ok(Some(approval)),
                Err(Some(refused)) => Err(NotDecided::Pin(refused)),
                Err(None) => Err(NotDecided::NeedsSupervisor),
            },
        })
    }

    /// Writes the admission down and tells it.
    fn let_in(&mut self, mut weighed: Weighed, warrant: Warrant) -> Result<Decided, Fault> {
        let overridden = match &weighed.verdict {
            Verdict::Deny { primary, .. } => Some(*primary),
            Verdict::Admit { .. } => None,
        };
        if let Verdict::Deny { flags, facts, .. } = weighed.verdict {
            weighed.verdict = Verdict::Admit { flags: flags.and(Flags::OVERRIDE), facts };
        }
        let mut draft = self.draft(&weighed).ok_or_else(|| Fault::Other("an admission has no entry".into()))?;
        draft.overridden = overridden.map(|code| code as u16);
        draft.note = Some(warrant.note);
        draft.amount = warrant.amount;
        self.write(weighed, Some(draft))
    }
}

/// Returns what is to be paid, where that it is unpaid is all that stands against a ticket.
fn price(shown: &[Code], weighed: &Weighed) -> Option<(u32, [u8; 3])> {
    let is_unpaid_alone = shown == [Code::Unpaid];
    let class = weighed.presentation.class().filter(|_| is_unpaid_alone)?;
    let price = weighed.rules.class(class)?.price.as_ref()?;
    let currency = price.currency.as_bytes().try_into().ok()?;
    Some((price.amount, currency))
}
