//! Those who came in one order: some or all of them are let in, one after another, each decided and
//! written down alone.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use sync_protocol::id::TicketId;
use sync_protocol::time::Uptime;
use sync_protocol::verdict::{Code, Direction, OverrideBy, Verdict};

use super::{Choice, Outcome};
use crate::app::Key;
use crate::door::{Answer, Candidate, Decided, Party, Purpose, Request, Seek};

/// A decision that did not come within this time does not come any more, in ms.
pub const DECISION_MS_MAX: u64 = 15_000;

/// What became of one of them.
#[derive(Clone, Copy, Debug)]
pub enum Outlook<'a> {
    /// Nothing yet.
    None,
    /// Chosen, and their turn comes.
    Waiting,
    /// It is their turn.
    Asked,
    /// This was decided.
    Decided(&'a Decided),
    /// Nothing was decided: the machine failed.
    Failed,
}

/// The order, and how far it is let in.
#[derive(Clone, Debug)]
pub struct Group {
    of: TicketId,
    direction: Direction,
    party: Option<Party>,
    choice: Choice,
    ticked: BTreeSet<TicketId>,
    waiting: VecDeque<TicketId>,
    asked: Option<(TicketId, Uptime)>,
    decided: BTreeMap<TicketId, Arc<Decided>>,
    failed: BTreeSet<TicketId>,
    is_untouched: bool,
    now: Uptime,
}

impl Group {
    /// Opens the screen about the order of a ticket, with people going `direction`.
    pub(super) const fn open(of: TicketId, direction: Direction) -> (Self, Outcome) {
        let screen = Self {
            of,
            direction,
            party: None,
            choice: Choice::new(),
            ticked: BTreeSet::new(),
            waiting: VecDeque::new(),
            asked: None,
            decided: BTreeMap::new(),
            failed: BTreeSet::new(),
            is_untouched: false,
            now: Uptime(0),
        };
        (screen, Outcome::Ask(Request::Seek(Seek::Party(of))))
    }

    /// Returns the order's tickets; nothing before the search has said.
    pub fn members(&self) -> Option<&[Candidate]> {
        self.party.as_ref().map(|party| party.members.as_slice())
    }

    /// Returns the chosen row.
    pub fn chosen(&self) -> Option<(usize, &Candidate)> {
        let members = self.members()?;
        let at = self.choice.of(members.len())?;
        members.get(at).map(|member| (at, member))
    }

    /// Which way people go.
    pub const fn direction(&self) -> Direction {
        self.direction
    }

    /// Whether a ticket is ticked.
    pub fn is_ticked(&self, ticket: TicketId) -> bool {
        self.ticked.contains(&ticket)
    }

    /// Whether somebody's turn is still to come.
    pub fn is_running(&self) -> bool {
        self.asked.is_some() || !self.waiting.is_empty()
    }

    /// Whether Enter was pressed with nobody ticked.
    pub const fn is_untouched(&self) -> bool {
        self.is_untouched
    }

    /// Whether the machine failed on the way.
    pub fn has_failed(&self) -> bool {
        !self.failed.is_empty()
    }

    /// Returns what became of a ticket on this screen.
    pub fn outlook(&self, ticket: TicketId) -> Outlook<'_> {
        if self.asked.is_some_and(|(asked, _)| asked == ticket) {
            Outlook::Asked
        } else if self.waiting.contains(&ticket) {
            Outlook::Waiting
        } else if self.failed.contains(&ticket) {
            Outlook::Failed
        } else {
            self.decided.get(&ticket).map_or(Outlook::None, |decided| Outlook::Decided(decided))
        }
    }

    /// Returns how many were let through here, and how many were not.
    pub fn tally(&self) -> (usize, usize) {
        let through = self.decided.values().filter(|decided| decided.verdict.is_admit()).count();
        (through, self.decided.len() - through + self.failed.len())
    }

    /// Whether the row that is chosen can be decided on the door's panel.
    pub fn asks(&self) -> bool {
        self.asking().is_some()
    }

    /// Whether a decision is about one of them.
    pub fn is_about(&self, decided: &Decided) -> bool {
        decided.ticket.is_some_and(|ticket| self.party.as_ref().is_some_and(|party| party.has(ticket)))
    }

    /// Whether a verdict about somebody else closes it: nobody is ticked, and nobody's turn is to come.
    pub(super) fn gives_way(&self) -> bool {
        self.ticked.is_empty() && !self.is_running()
    }

    /// Takes a decision. Returns whether it is about one of them, or was meant to be.
    pub(super) fn hear(&mut self, decided: &Arc<Decided>) -> bool {
        if self.asked.is_some() && matches!(decided.verdict, Verdict::Deny { primary: Code::TerminalNotReady, .. }) {
            self.fail();
            return true;
        }
        let Some(ticket) = decided.ticket.filter(|_| self.is_about(decided)) else { return false };
        self.asked.take_if(|(asked, _)| *asked == ticket);
        self.failed.remove(&ticket);
        self.ticked.remove(&ticket);
        self.waiting.retain(|waiting| *waiting != ticket);
        self.decided.insert(ticket, Arc::clone(decided));
        true
    }

    /// Takes in that the machine failed: who was asked about was perhaps not decided about, and
    /// nobody after them is.
    pub(super) fn fail(&mut self) {
        let undone = self.asked.take().map(|(asked, _)| asked).into_iter().chain(self.waiting.drain(..));
        self.failed.extend(undone);
    }

    pub(super) fn learn(&mut self, answer: &Answer) -> Outcome {
        if let Answer::Party(party) = answer
            && (party.of == self.of || party.has(self.of))
        {
            self.party = Some(party.clone());
        }
        Outcome::Stay
    }

    pub(super) fn pass_time(&mut self, now: Uptime) -> Outcome {
        self.now = now;
        match self.asked {
            Some((_, since)) if now.0.saturating_sub(since.0) >= DECISION_MS_MAX => self.fail(),
            Some(_) => {}
            None => {
                if let Some(next) = self.waiting.pop_front() {
                    self.asked = Some((next, now));
                    return Outcome::Present(next);
                }
            }
        }
        Outcome::Stay
    }

    pub(super) fn press(&mut self, key: Key) -> Outcome {
        self.is_untouched = false;
        match key {
            Key::Escape if self.waiting.is_empty() => return Outcome::Close,
            // Who is being decided about is; the others keep their ticks.
            Key::Escape => self.ticked.extend(self.waiting.drain(..)),
            _ if self.is_running() => {}
            Key::Enter => {
                let members = self.party.iter().flat_map(|party| &party.members).map(|member| member.found.ticket);
                self.waiting = members.filter(|ticket| self.ticked.contains(ticket)).collect();
                self.ticked.clear();
                self.is_untouched = self.waiting.is_empty();
                for ticket in &self.waiting {
                    self.decided.remove(ticket);
                    self.failed.remove(ticket);
                }
                return self.pass_time(self.now);
            }
            Key::Char(' ') => {
                if let Some(ticket) = self.chosen().map(|(_, member)| member.found.ticket)
                    && !self.ticked.remove(&ticket)
                {
                    self.ticked.insert(ticket);
                }
            }
            Key::Char('a' | 'A') => self.tick_all(),
            Key::Char('o' | 'O') => {
                return self.asking().map_or(Outcome::Stay, Outcome::CloseAndPresent);
            }
            key => _ = self.choice.press(key, self.members().map_or(0, <[_]>::len)),
        }
        Outcome::Stay
    }

    /// Ticks everybody who may go that way; if they all are, nobody.
    fn tick_all(&mut self) {
        let may_go = |member: &&Candidate| match self.direction {
            Direction::Entry => member.is_expected(),
            Direction::Exit => member.is_inside(),
        };
        let is_through = |ticket: &TicketId| self.decided.get(ticket).is_some_and(|decided| decided.verdict.is_admit());
        let members = self.members().unwrap_or_default().iter().filter(may_go).map(|member| member.found.ticket);
        let all: BTreeSet<TicketId> = members.filter(|ticket| !is_through(ticket)).collect();
        self.ticked = if all == self.ticked { BTreeSet::new() } else { all };
    }

    /// Returns the chosen ticket, if somebody may decide against what was decided about it.
    fn asking(&self) -> Option<TicketId> {
        let ticket = self.chosen()?.1.found.ticket;
        let decided = self.decided.get(&ticket).filter(|decided| decided.purpose == Purpose::Decide)?;
        let may_be = matches!(&decided.verdict, Verdict::Deny { by, .. } if *by != OverrideBy::Nobody);
        (may_be && !self.is_running()).then_some(ticket)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::samples;
    use sync_protocol::journal::Flags;

    #[test]
    fn whoever_is_ticked_goes_in_one_after_another() {
        let mut screen = opened();
        screen.press(Key::Char(' '));
        screen.press(Key::Down);
        screen.press(Key::Char(' '));
        assert!(!screen.gives_way());

        assert_eq!(screen.press(Key::Enter), Outcome::Present(ticket(0)));
        assert_eq!(wait(&mut screen, 250), Outcome::Stay, "one at a time");
        assert!(matches!(screen.outlook(ticket(1)), Outlook::Waiting));
        assert!(screen.hear(&admitted(0)));
        assert_eq!(wait(&mut screen, 1), Outcome::Present(ticket(1)));
        assert!(screen.hear(&denied(1)));
        assert_eq!(wait(&mut screen, 1), Outcome::Stay);

        assert_eq!((screen.tally(), screen.is_running()), ((1, 1), false));
        assert!(screen.gives_way(), "for whoever comes next");
    }

    #[test]
    fn all_are_those_who_may_still_come_in() {
        let mut screen = opened();
        screen.press(Key::Char('a'));
        let ticked: Vec<bool> = (0..4).map(|at| screen.is_ticked(ticket(at))).collect();
        assert_eq!(ticked, [true, true, false, false], "one is in, one is cancelled");

        screen.press(Key::Char('a'));

        assert!((0..4).all(|at| !screen.is_ticked(ticket(at))));
    }

    #[test]
    fn the_rest_comes_later() {
        let mut screen = opened();
        screen.press(Key::Char(' '));
        screen.press(Key::Enter);
        screen.hear(&admitted(0));

        screen.press(Key::Char('a'));

        assert!(!screen.is_ticked(ticket(0)) && screen.is_ticked(ticket(1)));
        assert_eq!(screen.press(Key::Enter), Outcome::Present(ticket(1)));
    }

    #[test]
    fn a_fault_stops_the_row_and_says_who_was_not_decided_about() {
        let mut screen = opened();
        screen.press(Key::Char('a'));
        screen.press(Key::Enter);

        screen.fail();

        assert_eq!(wait(&mut screen, 1), Outcome::Stay);
        assert!(screen.has_failed() && matches!(screen.outlook(ticket(1)), Outlook::Failed));
        assert_eq!(screen.tally(), (0, 2));
    }

    #[test]
    fn a_decision_that_never_comes_is_not_waited_for_for_ever() {
        let mut screen = opened();
        screen.press(Key::Char(' '));
        screen.press(Key::Enter);

        wait(&mut screen, DECISION_MS_MAX);

        assert!(matches!(screen.outlook(ticket(0)), Outlook::Failed) && !screen.is_running());
        assert!(screen.hear(&admitted(0)), "and counts when it comes all the same");
        assert!(matches!(screen.outlook(ticket(0)), Outlook::Decided(_)));
    }

    #[test]
    fn a_stranger_is_none_of_its_business() {
        let mut screen = opened();
        screen.press(Key::Char('a'));
        screen.press(Key::Enter);

        assert!(!screen.hear(&Arc::new(samples::admit(Flags::default()))));

        assert!(matches!(screen.outlook(ticket(0)), Outlook::Asked));
        assert!(!screen.gives_way());
    }

    #[test]
    fn escape_stops_first_and_closes_then() {
        let mut screen = opened();
        screen.press(Key::Char('a'));
        screen.press(Key::Enter);

        assert_eq!(screen.press(Key::Escape), Outcome::Stay);
        screen.hear(&admitted(0));
        assert_eq!(wait(&mut screen, 1), Outcome::Stay);
        assert!(screen.is_ticked(ticket(1)));
        assert_eq!(screen.press(Key::Escape), Outcome::Close);
    }

    #[test]
    fn enter_with_nobody_ticked_lets_nobody_in() {
        let mut screen = opened();
        assert_eq!(screen.press(Key::Enter), Outcome::Stay);
        assert!(screen.is_untouched());
    }

    #[test]
    fn who_was_not_let_in_can_be_decided_about_at_the_door() {
        let mut screen = opened();
        assert_eq!(screen.press(Key::Char('o')), Outcome::Stay);
        screen.press(Key::Char(' '));
        screen.press(Key::Enter);
        screen.hear(&denied(0));

        assert!(screen.asks());
        assert_eq!(screen.press(Key::Char('o')), Outcome::CloseAndPresent(ticket(0)));
    }

    #[test]
    fn whoever_goes_out_is_ticked_by_being_in() {
        let (mut screen, _) = Group::open(ticket(0), Direction::Exit);
        screen.learn(&Answer::Party(samples::party()));

        screen.press(Key::Char('a'));

        assert_eq!((0..4).filter(|at| screen.is_ticked(ticket(*at))).collect::<Vec<_>>(), [2]);
    }

    fn opened() -> Group {
        let (mut screen, outcome) = Group::open(ticket(0), Direction::Entry);
        assert_eq!(outcome, Outcome::Ask(Request::Seek(Seek::Party(ticket(0)))));
        wait(&mut screen, 1_000);
        screen.learn(&Answer::Party(samples::party()));
        screen
    }

    fn ticket(at: usize) -> TicketId {
        samples::party().members[at].found.ticket
    }

    fn admitted(at: usize) -> Arc<Decided> {
        Arc::new(Decided { ticket: Some(ticket(at)), ..samples::admit(Flags::default()) })
    }

    fn denied(at: usize) -> Arc<Decided> {
        Arc::new(Decided { ticket: Some(ticket(at)), ..samples::deny(Code::Unpaid, OverrideBy::Door) })
    }

    fn wait(screen: &mut Group, ms: u64) -> Outcome {
        let later = screen.now.plus(ms);
        screen.pass_time(later)
    }
}
