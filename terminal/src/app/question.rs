//! A verdict that asks something which one key answers: is it paid, is it they, may they in?

use sync_protocol::journal::Flags;
use sync_protocol::policy::{Policy, Price};
use sync_protocol::verdict::{Code, Direction, Fact, OverrideBy, Verdict};

use crate::door::{Decided, Purpose};

/// What the journal says where a guest could not show who they are.
pub const IDENTITY_NOT_SHOWN: &str = "identity not shown";

/// What a verdict asks of whoever stands at the door.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Question {
    /// Whether this is collected now, and how; nothing else stands against the guest.
    Collect(Price),
    /// Whether the guest has shown who they are. They are let in already.
    Identity,
    /// Whether the guest is let in all the same; a reason is asked for then.
    LetIn,
}

impl Question {
    /// Returns what `decided` asks under `rules`, if it asks something.
    pub fn of(decided: &Decided, rules: Option<&Policy>) -> Option<Self> {
        if decided.purpose == Purpose::Look || decided.entry.is_none() || decided.ticket.is_none() {
            return None;
        }
        match &decided.verdict {
            Verdict::Admit { flags, .. } => {
                let asks = decided.direction == Direction::Entry && flags.has(Flags::ID_CHECK);
                asks.then_some(Self::Identity)
            }
            Verdict::Deny { by: OverrideBy::Door, all, facts, .. } => {
                let price = price(facts, rules?).filter(|_| all.as_slice() == [Code::Unpaid]);
                Some(price.map_or(Self::LetIn, Self::Collect))
            }
            Verdict::Deny { .. } => None,
        }
    }

    /// Whether `letter` answers it.
    pub const fn is_answered_by(&self, letter: char) -> bool {
        match self {
            Self::Collect(_) => matches!(letter, 'y' | 'b' | 'n'),
            Self::Identity | Self::LetIn => matches!(letter, 'y' | 'n'),
        }
    }
}

/// Returns what the listed ticket's type costs at the door.
fn price(facts: &[Fact], rules: &Policy) -> Option<Price> {
    let class = facts.iter().find_map(|fact| if let Fact::Listed(row) = fact { Some(row.class) } else { None })?;
    rules.class(class)?.price.clone()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::typing::BURST_GAP_MS;
    use crate::app::{Effect, Event, Key, LOOKING_MS, Look, Screen, Stage, State, UNREAD_MS, samples, update};
    use crate::door::{Answer, Decision, Grounds, NotDecided, Notice, Request};
    use crate::feedback::Tone;
    use sync_protocol::id::Seq;
    use sync_protocol::journal::walk_in::Payment;
    use sync_protocol::time::Uptime;

    #[test]
    fn y_and_b_collect_and_n_refuses() {
        for (letter, payment) in [('y', Payment::Cash), ('b', Payment::Card)] {
            let mut state = asked(samples::deny(Code::Unpaid, OverrideBy::Door));
            let decision = Decision { entry: Seq(98), grounds: Grounds::Collected(payment), supervisor: None };
            assert_eq!(press(&mut state, letter), Some(Effect::Ask(Request::Decide(decision))));
        }
        let mut state = asked(samples::deny(Code::Unpaid, OverrideBy::Door));
        assert_eq!(press(&mut state, 'n'), None);
        assert!(matches!(state.stage(), Stage::Ready));
    }

    #[test]
    fn an_identity_that_is_seen_is_green_and_one_that_is_not_is_taken_back() {
        let mut state = asked(samples::admit(Flags::ID_CHECK));
        assert_eq!(press(&mut state, 'y'), Some(Effect::Sound(Tone::Admit)));
        assert!(matches!(state.stage(), Stage::Verdict(shown) if shown.look == Look::Admit));
        press(&mut state, 'n');
        assert!(matches!(state.screen(), Some(Screen::Operator(_))), "it is answered, and n means something else");

        let mut state = asked(samples::admit(Flags::ID_CHECK));
        let undo = Request::Undo { entry: Seq(97), reason: IDENTITY_NOT_SHOWN.into() };
        assert_eq!(press(&mut state, 'n'), Some(Effect::Ask(undo)));
    }

    #[test]
    fn where_nothing_is_asked_n_says_who_is_at_the_door() {
        let mut state = asked(samples::admit(Flags::default()));

        press(&mut state, 'n');

        assert!(matches!(state.screen(), Some(Screen::Operator(_))));
    }

    #[test]
    fn a_key_answers_no_question_that_came_just_before_it() {
        let mut state = asked(samples::deny(Code::Unpaid, OverrideBy::Door));
        decide(&mut state, samples::admit(Flags::ID_CHECK));

        assert_eq!(update(&mut state, Event::Key(Key::Char('n'))), None);
        assert_eq!(wait(&mut state, BURST_GAP_MS), None);

        assert!(state.question().is_some());
        assert!(matches!(press(&mut state, 'n'), Some(Effect::Ask(Request::Undo { entry: Seq(97), .. }))));
    }

    #[test]
    fn a_question_waits_while_money_is_counted_and_an_ordinary_denial_fades() {
        let mut state = asked(samples::deny(Code::Unpaid, OverrideBy::Door));
        wait(&mut state, 60_000);
        assert!(state.question().is_some());

        let mut state = asked(samples::deny(Code::Cancelled, OverrideBy::Supervisor));
        wait(&mut state, 60_000);
        assert!(matches!(state.stage(), Stage::Ready));
    }

    #[test]
    fn what_the_door_may_decide_opens_the_reasons() {
        for letter in ['y', 'o'] {
            let mut state = asked(samples::deny(Code::ClockUnsure, OverrideBy::Door));
            assert_eq!(press(&mut state, letter), None);
            assert!(matches!(state.screen(), Some(Screen::Decide(_))), "{letter}");
        }
        let mut state = asked(samples::deny(Code::BadSignature, OverrideBy::Nobody));
        press(&mut state, 'o');
        assert!(state.screen().is_none());
        assert_eq!(state.answer(), Some(&Answer::NotDecided(NotDecided::Nobody)));
    }

    #[test]
    fn looking_ends_by_itself_by_the_same_key_and_by_escape() {
        let mut state = asked(samples::admit(Flags::default()));
        assert_eq!(press(&mut state, 'l'), Some(Effect::SetPurpose(Purpose::Look)));
        let mut looked = samples::admit(Flags::default());
        (looked.purpose, looked.entry) = (Purpose::Look, None);
        assert_eq!(decide(&mut state, looked.clone()), None, "nobody is let in, so no tone says so");
        assert_eq!(state.recent().len(), 1);
        assert!(matches!(state.stage(), Stage::Verdict(shown) if shown.decided.purpose == Purpose::Look));
        assert_eq!(wait(&mut state, LOOKING_MS), Some(Effect::SetPurpose(Purpose::Decide)));
        assert!(matches!(state.stage(), Stage::Ready));

        press(&mut state, 'l');
        assert_eq!(press(&mut state, 'l'), Some(Effect::SetPurpose(Purpose::Decide)));
        press(&mut state, 'l');
        assert_eq!(update(&mut state, Event::Key(Key::Escape)), Some(Effect::SetPurpose(Purpose::Decide)));
    }

    /// A door that shows `decided`, long enough for it to be read.
    fn asked(decided: Decided) -> State {
        let mut state = State::new(false);
        update(&mut state, Event::Tick(Uptime(10_000)));
        update(&mut state, Event::Notice(Notice::Rules(samples::rules())));
        update(&mut state, Event::Notice(Notice::Status(Box::new(samples::status()))));
        decide(&mut state, decided);
        wait(&mut state, UNREAD_MS);
        state
    }

    fn decide(state: &mut State, decided: Decided) -> Option<Effect> {
        update(state, Event::Notice(Notice::Decided(Box::new(decided))))
    }

    fn wait(state: &mut State, ms: u64) -> Option<Effect> {
        let later = state.now().plus(ms);
        update(state, Event::Tick(later))
    }

    fn press(state: &mut State, letter: char) -> Option<Effect> {
        wait(state, UNREAD_MS);
        assert_eq!(update(state, Event::Key(Key::Char(letter))), None);
        wait(state, BURST_GAP_MS)
    }

    fn question(decided: &Decided) -> Option<Question> {
        Question::of(decided, Some(&samples::rules()))
    }

    #[test]
    fn what_is_unpaid_alone_can_be_collected_where_there_is_a_price() {
        let mut decided = samples::deny(Code::Unpaid, OverrideBy::Door);
        assert!(matches!(question(&decided), Some(Question::Collect(Price { amount: 1_200, .. }))));

        let mut rules = (*samples::rules()).clone();
        rules.classes.iter_mut().for_each(|class| class.price = None);
        assert_eq!(Question::of(&decided, Some(&rules)), Some(Question::LetIn));

        if let Verdict::Deny { all, .. } = &mut decided.verdict {
            all.push(Code::ClockUnsure);
        }
        assert_eq!(question(&decided), Some(Question::LetIn));
    }

    #[test]
    fn an_identity_is_asked_for_at_the_entry_alone() {
        let mut decided = samples::admit(Flags::ID_CHECK);
        assert_eq!(question(&decided), Some(Question::Identity));

        decided.direction = Direction::Exit;
        assert_eq!(question(&decided), None);
    }

    #[test]
    fn what_is_only_looked_at_or_needs_a_supervisor_asks_nothing() {
        let mut decided = samples::deny(Code::Unpaid, OverrideBy::Door);
        decided.purpose = Purpose::Look;
        assert_eq!(question(&decided), None);
        assert_eq!(question(&samples::deny(Code::Cancelled, OverrideBy::Supervisor)), None);
        assert_eq!(question(&samples::admit(Flags::default())), None);
    }
}
