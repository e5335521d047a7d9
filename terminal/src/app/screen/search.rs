//! Finding somebody who has no code to show: what is typed, whom it may mean, and what is known of
//! one of them.

use sync_protocol::id::TicketId;
use sync_protocol::time::Uptime;

use super::{Choice, Outcome};
use crate::app::{Field, Key, UNSEEN_MS};
use crate::door::{self, Answer, Candidate, Known, Request, Seek};

/// The longest text that is looked for, in characters.
const TYPED_CHARS_MAX: usize = 80;
/// What is found is looked for again after this long, in ms: other doors let people in meanwhile.
pub const REFRESH_MS: u64 = 3_000;

/// A search, as far as it is.
#[derive(Clone, Debug)]
pub struct Search {
    typed: Field,
    found: Option<door::Search>,
    choice: Choice,
    known: Option<Box<Known>>,
    now: Uptime,
    asked_at: Uptime,
    /// Who is chosen, and since when.
    chosen_since: Option<(TicketId, Uptime)>,
}

impl Search {
    /// Opens the screen and asks how many there are to be found.
    pub(super) fn open() -> (Self, Outcome) {
        let screen = Self {
            typed: Field::new(TYPED_CHARS_MAX),
            found: None,
            choice: Choice::new(),
            known: None,
            now: Uptime(0),
            asked_at: Uptime(0),
            chosen_since: None,
        };
        let outcome = screen.look();
        (screen, outcome)
    }

    /// Returns what is typed.
    pub const fn typed(&self) -> &Field {
        &self.typed
    }

    /// Returns what was found last; nothing before the first answer.
    pub const fn found(&self) -> Option<&door::Search> {
        self.found.as_ref()
    }

    /// Whether what was found is what is typed now.
    pub fn is_current(&self) -> bool {
        self.found.as_ref().is_some_and(|found| found.typed == self.typed.text())
    }

    /// Returns those who may be meant, the likeliest first.
    pub fn candidates(&self) -> &[Candidate] {
        self.found.as_ref().and_then(|found| found.candidates.as_deref()).unwrap_or_default()
    }

    /// Returns the chosen row.
    pub fn chosen(&self) -> Option<(usize, &Candidate)> {
        let candidates = self.candidates();
        let at = self.choice.of(candidates.len())?;
        candidates.get(at).map(|candidate| (at, candidate))
    }

    /// Returns what is known of the chosen one, while that is shown.
    pub fn details(&self) -> Option<&Known> {
        self.known.as_deref()
    }

    /// Whether a verdict closes it: nothing is typed that would be lost.
    pub(super) const fn gives_way(&self) -> bool {
        self.typed.is_empty()
    }

    pub(super) fn pass_time(&mut self, now: Uptime) -> Outcome {
        self.now = now;
        if self.typed.is_empty() || now.0.saturating_sub(self.asked_at.0) < REFRESH_MS {
            return Outcome::Stay;
        }
        self.asked_at = now;
        self.look()
    }

    pub(super) fn press(&mut self, key: Key) -> Outcome {
        if let Some(known) = &self.known {
            return match key {
                Key::Enter => Outcome::CloseAndPresent(known.ticket),
                Key::Char('g') if !known.group.is_empty() => Outcome::OpenGroup(known.ticket),
                Key::Escape | Key::Tab | Key::BackTab | Key::Backspace => {
                    self.known = None;
                    Outcome::Stay
                }
                _ => Outcome::Stay,
            };
        }
        match key {
            Key::Escape => return Outcome::Close,
            Key::Enter => {
                return self.seen().map_or(Outcome::Stay, Outcome::CloseAndPresent);
            }
            Key::Tab => {
                let chosen = self.chosen().map(|(_, candidate)| candidate.found.ticket);
                return chosen.map_or(Outcome::Stay, |ticket| Outcome::Ask(Request::Known(ticket)));
            }
            Key::Up | Key::Down | Key::PageUp | Key::PageDown => {
                self.choice.press(key, self.candidates().len());
                self.note_choice();
            }
            key => {
                let before = self.typed.text();
                self.typed.press(key);
                if self.typed.text() != before {
                    self.choice.set(0);
                    self.note_choice();
                    self.asked_at = self.now;
                    return self.look();
                }
            }
        }
        Outcome::Stay
    }

    pub(super) fn learn(&mut self, answer: &Answer) -> Outcome {
        match answer {
            // An older text's answer is followed by a newer one's.
            Answer::Found(found) if found.typed == self.typed.text() => {
                let is_same_text = self.is_current();
                let chosen = self.chosen().map(|(_, candidate)| candidate.found.ticket).filter(|_| is_same_text);
                self.found = Some(found.clone());
                let is_chosen = |candidate: &Candidate| Some(candidate.found.ticket) == chosen;
                if let Some(at) = self.candidates().iter().position(is_chosen) {
                    self.choice.set(at);
                }
                self.note_choice();
            }
            Answer::Known(Some(known)) => {
                // Whoever typed on meanwhile wants somebody else.
                let is_chosen = self.chosen().is_some_and(|(_, candidate)| candidate.found.ticket == known.ticket);
                self.known = Some(known.clone()).filter(|_| is_chosen);
            }
            _ => {}
        }
        Outcome::Stay
    }

    fn look(&self) -> Outcome {
        Outcome::Ask(Request::Seek(Seek::Text(self.typed.text())))
    }

    fn note_choice(&mut self) {
        let chosen = self.chosen().map(|(_, candidate)| candidate.found.ticket);
        if chosen != self.chosen_since.map(|(ticket, _)| ticket) {
            self.chosen_since = chosen.map(|ticket| (ticket, self.now));
        }
    }

    /// Returns the chosen ticket, unless it is so new on the screen that a key was not meant for it.
    fn seen(&self) -> Option<TicketId> {
        let (ticket, since) = self.chosen_since?;
        let is_seen = self.now.0.saturating_sub(since.0) >= UNSEEN_MS;
        (is_seen && self.is_current()).then_some(ticket)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::samples;

    #[test]
    fn every_letter_looks_again_and_enter_lets_the_chosen_one_in() {
        let (mut screen, outcome) = Search::open();
        assert_eq!(outcome, looks_for(""));
        assert!(screen.gives_way());

        assert_eq!(screen.press(Key::Char('m')), looks_for("m"));
        assert_eq!(screen.press(Key::Char('a')), looks_for("ma"));
        assert!(!screen.gives_way());
        answer(&mut screen, "ma");
        screen.press(Key::Down);
        wait(&mut screen, UNSEEN_MS);

        assert_eq!(screen.press(Key::Enter), Outcome::CloseAndPresent(samples::candidates()[1].found.ticket));
    }

    #[test]
    fn enter_lets_nobody_in_whom_nobody_can_have_read() {
        let mut screen = typed("ma");
        assert_eq!(screen.press(Key::Enter), Outcome::Stay, "nobody is found yet");
        answer(&mut screen, "ma");
        assert_eq!(screen.press(Key::Enter), Outcome::Stay, "they have only just appeared");
        wait(&mut screen, UNSEEN_MS);

        screen.press(Key::Char('r'));

        assert_eq!(screen.press(Key::Enter), Outcome::Stay, "more is typed than was looked for");
        answer(&mut screen, "mar");
        assert!(matches!(screen.press(Key::Enter), Outcome::CloseAndPresent(_)), "the same one stands there");
    }

    #[test]
    fn an_answer_to_an_older_text_counts_for_nothing() {
        let mut screen = typed("ma");

        answer(&mut screen, "m");

        assert!(screen.candidates().is_empty());
    }

    #[test]
    fn what_is_found_is_looked_for_again_and_the_choice_stays_with_its_guest() {
        let mut screen = typed("ma");
        answer(&mut screen, "ma");
        screen.press(Key::Down);
        let chosen = screen.chosen().unwrap().1.found.ticket;

        assert_eq!(wait(&mut screen, REFRESH_MS), looks_for("ma"));
        assert_eq!(wait(&mut screen, 1), Outcome::Stay);
        let mut later = samples::search("ma");
        later.candidates.as_mut().unwrap().swap(0, 1);
        screen.learn(&Answer::Found(later));

        assert_eq!(screen.chosen().unwrap(), (0, &samples::candidates()[1]));
        assert_eq!(screen.chosen().unwrap().1.found.ticket, chosen);
    }

    #[test]
    fn details_open_with_tab_and_lead_to_the_order() {
        let mut screen = typed("ma");
        assert_eq!(screen.press(Key::Tab), Outcome::Stay);
        answer(&mut screen, "ma");
        let known = samples::known();
        assert_eq!(screen.press(Key::Tab), Outcome::Ask(Request::Known(samples::candidates()[0].found.ticket)));

        screen.learn(&Answer::Known(Some(Box::new(known.clone()))));

        assert_eq!(screen.details(), Some(&known));
        assert_eq!(screen.press(Key::Char('x')), Outcome::Stay);
        assert_eq!(screen.press(Key::Char('g')), Outcome::OpenGroup(known.ticket));
        assert_eq!(screen.press(Key::Enter), Outcome::CloseAndPresent(known.ticket));
        assert_eq!(screen.press(Key::Escape), Outcome::Stay);
        assert!(screen.details().is_none());
        assert_eq!(screen.press(Key::Escape), Outcome::Close);
    }

    #[test]
    fn details_of_somebody_who_is_not_chosen_any_more_stay_closed() {
        let mut screen = typed("ma");
        answer(&mut screen, "ma");
        screen.press(Key::Tab);
        screen.press(Key::Down);

        screen.learn(&Answer::Known(Some(Box::new(samples::known()))));

        assert!(screen.details().is_none());
    }

    fn typed(text: &str) -> Search {
        let (mut screen, _) = Search::open();
        wait(&mut screen, 1_000);
        for letter in text.chars() {
            assert!(matches!(screen.press(Key::Char(letter)), Outcome::Ask(_)));
        }
        screen
    }

    fn answer(screen: &mut Search, typed: &str) {
        assert_eq!(screen.learn(&Answer::Found(samples::search(typed))), Outcome::Stay);
    }

    fn wait(screen: &mut Search, ms: u64) -> Outcome {
        let later = screen.now.plus(ms);
        screen.pass_time(later)
    }

    fn looks_for(text: &str) -> Outcome {
        Outcome::Ask(Request::Seek(Seek::Text(text.into())))
    }
}
