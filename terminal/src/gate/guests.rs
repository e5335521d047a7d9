//! Whom the list names: the search finds them on a thread of its own, and the gate says whether they
//! are in.

use sync_protocol::id::{ClassId, TicketId};
use sync_protocol::journal::ledger::{Admission, Standing, effective, zone_of};
use sync_protocol::journal::{Movement, MovementKind};
use sync_protocol::policy::Policy;
use sync_protocol::time::UnixMillis;

use super::{Gate, Weighed};
use crate::cache::StoreError;
use crate::door::{Answer, Candidate, Known, Party, Presence, Search, Seek};
use crate::search::{Found, Searcher, Told};

impl Gate {
    /// Says who looks for guests. It is told of every change of the list from now on, and knows
    /// nobody while the screen is locked.
    pub fn set_searcher(&mut self, searcher: Searcher) {
        if !self.session.is_locked() {
            searcher.unlock();
        }
        let told = searcher.clone();
        self.store.watch(Box::new(move |change| told.note(change)));
        self.searcher = Some(searcher);
    }

    /// Has somebody looked for. What is found goes through [`Gate::take_found`]; nothing is found
    /// while the screen is locked.
    pub fn seek(&mut self, seek: Seek) {
        if self.session.is_locked() {
            return;
        }
        match (&self.searcher, seek) {
            (Some(searcher), Seek::Text(typed)) => searcher.ask(typed),
            (Some(searcher), Seek::Party(of)) => searcher.ask_party(of),
            (None, Seek::Text(typed)) => {
                self.found.push(Answer::Found(Search { typed, candidates: None, matching: 0, similar: 0, known: 0 }));
            }
            (None, Seek::Party(of)) => self.found.push(Answer::Party(Party { of, members: Vec::new() })),
        }
    }

    /// Takes what the search found, and notes who of them is in.
    pub fn take_found(&mut self, told: Told) {
        if self.session.is_locked() {
            return;
        }
        let answer = match told {
            Told::Reply(reply) => {
                let (matching, similar) =
                    reply.results.as_ref().map_or((0, 0), |results| (results.matching, results.similar));
                let candidates = reply.results.map(|results| self.candidates(results.found));
                Answer::Found(Search { typed: reply.typed, candidates, matching, similar, known: reply.known })
            }
            Told::Party(party) => Answer::Party(Party { of: party.of, members: self.candidates(party.members) }),
        };
        self.found.push(answer);
    }

    /// Returns what was found since the last call.
    pub fn found(&mut self) -> Vec<Answer> {
        std::mem::take(&mut self.found)
    }

    /// Lets the search forget everybody, or know them again.
    pub(super) fn lock_search(&mut self) {
        self.found.clear();
        if let Some(searcher) = &self.searcher {
            if self.session.is_locked() {
                searcher.lock();
            } else {
                searcher.unlock();
            }
        }
    }

    /// Ends the search: nobody is found any more.
    pub(super) fn end_search(&mut self) {
        self.found.clear();
        if let Some(searcher) = self.searcher.take() {
            searcher.close();
        }
    }

    /// Has the others of an order looked for, of which somebody stands at the door.
    pub(super) fn seek_party_of(&self, weighed: &Weighed) {
        let has_order = weighed.presentation.row.as_ref().is_some_and(|(_, row)| !row.group.is_empty());
        let ticket = weighed.presentation.vouched_ticket(&weighed.verdict).filter(|_| has_order);
        if let (Some(ticket), Some(searcher), false) = (ticket, &self.searcher, self.session.is_locked()) {
            searcher.ask_party(ticket);
        }
    }

    /// Returns everything that is known of a ticket; nothing if no list has it.
    pub(super) fn known(&self, ticket: TicketId) -> Result<Option<Known>, StoreError> {
        let Some((_, row)) = self.store.ticket(ticket)? else { return Ok(None) };
        let policy = self.store.policy().map(|(_, policy)| policy);
        let admissions = effective(self.store.history(ticket)).into_iter();
        Ok(Some(Known {
            ticket,
            presence: self.presence(ticket, row.row.class, policy.as_deref(), self.moment().now),
            admissions: admissions.filter(|it| it.kind == MovementKind::Admit).map(admission).collect(),
            name: row.name,
            email: row.email,
            group: row.group,
            note: row.note,
            class: row.row.class,
            status: row.row.status,
        }))
    }

    fn candidates(&self, found: Vec<Found>) -> Vec<Candidate> {
        let policy = self.store.policy().map(|(_, policy)| policy);
        let now = self.moment().now;
        let candidate = |found: Found| Candidate {
            presence: self.presence(found.ticket, found.class, policy.as_deref(), now),
            found,
        };
        found.into_iter().map(candidate).collect()
    }

    fn presence(&self, ticket: TicketId, class: ClassId, policy: Option<&Policy>, now: UnixMillis) -> Presence {
        let history = self.store.history(ticket);
        let Some((policy, zone)) = policy.and_then(|policy| Some((policy, zone_of(policy, self.gate)?))) else {
            return Presence::Away;
        };
        if history.is_empty() {
            return Presence::Away;
        }
        let standing = Standing::fold(history, policy, zone);
        let Some(last) = standing.admissions.last().map(|admission| admission.at) else { return Presence::Away };
        let class = policy.class(class);
        // Who was not seen leaving yesterday is not inside today, where days are counted apart.
        if standing.is_inside && class.is_none_or(|class| class.same_period(last, now)) {
            Presence::Inside { since: last }
        } else if class.is_some_and(|class| !standing.allows(class, now)) {
            Presence::Used { last }
        } else {
            Presence::Out { last }
        }
    }
}

const fn admission(movement: &Movement) -> Admission {
    Admission { at: movement.hlc.millis(), gate: movement.gate, device: movement.device, seq: movement.seq }
}
