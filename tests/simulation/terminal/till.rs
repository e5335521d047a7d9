//! Sales at a terminal, with or without a network. What may be sold is the product's own decision.

use sync_protocol::{
    id::{FeedSeq, Seq, TicketId},
    journal::{
        Entry, EntryKind, Flags, PersonalData,
        entry::Amount,
        walk_in::{Guest, Lease, Payment},
    },
    sync::intake::UNDO_AGE_MAX_MS,
    ticket::{Claims, credential::Signer},
    time::UnixMillis,
    verdict::{Row, TicketStatus},
};
use usher_terminal::walk_in::{
    Book,
    right::{Question, decide},
};

use super::{Disk, Terminal};
use crate::{
    env::{Crashed, Env},
    mistake::Mistake,
    server::{DOOR_CLASS, EVENT},
};

/// A ticket as a guest carries it away.
#[derive(Clone, Debug)]
pub(crate) struct Carried {
    /// The entry that sold it.
    pub(crate) seq: Seq,
    /// Its code.
    pub(crate) text: String,
}

impl Disk {
    /// Returns what was sold here, as the journal says.
    pub(super) fn book(&self) -> Book {
        let mut book = Book::default();
        self.journal.iter().for_each(|entry| book.note(entry.entry(), None));
        book
    }
}

impl Terminal {
    /// Sells a ticket if the rules allow it, and returns it once it is durable.
    pub(crate) fn sell(&mut self, env: &mut Env) -> Result<Option<Carried>, Crashed> {
        // As the entry will say.
        let at = self.disk.hlc.tick(self.time(env)).millis();
        let is_ready = self.disk.suspended.is_none() && self.disk.valid_until != UnixMillis(0);
        let (Some(process), Some(certificate)) = (&self.process, &self.certificate) else { return Ok(None) };
        let Some(policy) = process.list.policy.as_ref().filter(|_| is_ready) else { return Ok(None) };
        if process.client.suspended().is_some() {
            return Ok(None);
        }
        let lease: Option<Lease> = process.list.lease(self.no, DOOR_CLASS);
        let question = Question { certificate, policy, book: &process.book, lease, class: DOOR_CLASS, at };
        let right = match decide(&question) {
            Ok(right) => right,
            Err(refusal) => {
                env.note(format_args!("{} sells nothing: {refusal:?}", self.no));
                env.count("no place left");
                return Ok(None);
            }
        };
        let name = format!("Guest {} of {}", self.disk.journal.len(), self.no);
        let data = Guest { name, email: String::new() }.encode().expect("the name is plain");
        let salt = u128::from(env.rng.next()).to_be_bytes();
        let guest = PersonalData { seq: Seq(0), salt, data };
        let mut entry = Entry::new(EntryKind::WalkIn, self.device, Seq(0), [0; 32]);
        (entry.flags, entry.class, entry.gate) = (Flags::WALK_IN, DOOR_CLASS, self.gate);
        entry.cursor = self.disk.position.map_or(FeedSeq(0), |position| position.point.seq);
        entry.reason = right.reason();
        entry.amount = Some(Amount { minor: 1_200, currency: *b"EUR", method: Payment::Cash as u8 });
        entry.personal_data = Some(guest.commitment());
        let (seq, hash) = self.write_sale(env, entry, guest)?;
        env.survives("terminal between journal and ticket")?;
        self.show(env, "sale", seq, hash);
        env.count(if right.reason() == 0 { "sold" } else { "sold beyond the rights" });
        Ok(self.carried(seq))
    }

    fn carried(&self, seq: Seq) -> Option<Carried> {
        let entry = self.disk.entry(seq)?.entry();
        let signer = Signer::Device(self.no);
        let claims = Claims { is_test: false, signer, ticket: entry.ticket, issue: entry.issue, class: entry.class };
        Some(Carried { seq, text: claims.sign(EVENT, &self.key).to_text() })
    }

    /// Takes back one of the last sales that is young enough for it.
    pub(crate) fn undo_sale(&mut self, env: &mut Env) -> Result<(), Crashed> {
        let at = self.disk.hlc.tick(self.time(env)).millis();
        let Some(process) = self.process.as_ref().filter(|_| self.disk.suspended.is_none()) else { return Ok(()) };
        let is_young = |sold: &&usher_terminal::walk_in::Sold| at.since(sold.at) <= UNDO_AGE_MAX_MS;
        let sold: Vec<_> = process.book.sales().rev().filter(|sold| !sold.is_undone).take(3).filter(is_young).collect();
        let Some((target, ticket)) = env.rng.pick(&sold).map(|sold| (sold.entry, sold.ticket)) else { return Ok(()) };
        let mut entry = Entry::new(EntryKind::Undo, self.device, Seq(0), [0; 32]);
        (entry.ticket, entry.gate, entry.undo_target) = (ticket, self.gate, Some(target));
        env.count("sale undone");
        self.write(env, entry)
    }

    /// Returns what is known of a ticket: what the list says, or what was sold here and is not listed yet.
    pub(crate) fn row_of(&self, ticket: TicketId) -> Option<Row> {
        let process = self.process.as_ref()?;
        let sold = process.book.ticket(ticket);
        let listed = process.list.row(ticket).copied();
        let own = sold.map(|sold| {
            let (issue, class) = (sold.issue, sold.class);
            Row { issue, class, status: TicketStatus::Valid, attention: false, id_check: false }
        });
        let row = listed.or(own)?;
        let is_undone = sold.is_some_and(|sold| sold.is_undone);
        Some(if is_undone { Row { status: TicketStatus::Cancelled, ..row } } else { row })
    }

    /// Returns what was sold here before the process began.
    pub(super) fn book(&self, env: &Env) -> Book {
        if env.makes(Mistake::SalesForgotten) { Book::default() } else { self.disk.book() }
    }
}
