//! What the door screen knows, and what follows from each event. No I/O, no clock: the shell in
//! `tui.rs` brings events and carries out effects, the view draws the state.

mod field;
pub mod first_start;
mod hearing;
pub mod lock;
pub mod look;
pub mod question;
#[cfg(test)]
pub(crate) mod samples;
pub mod scanner;
pub mod screen;
mod scroll;
mod sight;
mod state;
pub mod typing;

use std::sync::Arc;

use sync_protocol::id::TicketId;
use sync_protocol::journal::walk_in::Payment;
use sync_protocol::time::Uptime;
use sync_protocol::verdict::Direction;

use crate::door::{Answer, CameraOrder, Decided, Decision, Grounds, Notice, Purpose, Request};
use crate::feedback::{Means, Tone};
use crate::settings::Memo;

pub use field::Field;
pub use look::Look;
pub use question::Question;
pub use screen::Screen;
pub use scroll::Scroll;
pub use sight::Sight;
pub use state::{Overlay, Shown, Stage, State};
pub use typing::{Key, Line, Typing};

use screen::{Outcome, decide::Decide};
use typing::Typed;

/// How long ADMIT and EXIT stay unless something newer comes, in ms.
pub const VERDICT_SHOWN_MS: u64 = 8_000;
/// How long DENY and CHECK stay unless something newer comes, in ms: staff read them to the guest.
pub const REFUSAL_SHOWN_MS: u64 = 20_000;
/// How long a code that was no ticket, or was just read, stays, in ms.
pub const NEUTRAL_SHOWN_MS: u64 = 3_000;
/// How long it is told what came of something that a screen asked for, in ms.
pub const ANSWER_SHOWN_MS: u64 = 5_000;
/// How long it is told that an admission was one too many, in ms: whoever stands here may be busy.
pub const DOUBLE_SHOWN_MS: u64 = 60_000;
/// How many such admissions the screen remembers.
pub const DOUBLES_MAX: usize = 200;
/// How long a question stays unless it is answered or something newer comes, in ms: money is counted meanwhile.
pub const QUESTION_SHOWN_MS: u64 = 5 * 60_000;
/// A key answers no question that is newer than this, in ms: it was meant for the one before.
pub const UNSEEN_MS: u64 = 400;
/// How long codes are only looked at before they count again, in ms.
pub const LOOKING_MS: u64 = 60_000;
/// How long a new verdict flashes, so that it is seen to be new, in ms.
pub const FLASH_MS: u64 = 200;
/// Escape puts no verdict away that is newer than this, in ms: it was meant for what the verdict closed.
pub const UNREAD_MS: u64 = 1_000;
/// A status comes every second; without one for this long, the screen says so, in ms.
pub const SILENCE_MS: u64 = 10_000;
/// How many decisions the screen remembers.
pub const RECENT_MAX: usize = 200;

/// Something the screen learns.
#[derive(Clone, Debug)]
pub enum Event {
    /// From gate, camera or sync.
    Notice(Notice),
    /// A key was pressed.
    Key(Key),
    /// Time went by. Every other event is preceded by one of these.
    Tick(Uptime),
    /// A picture was drawn, and so many rows of what lies over the screen found no room.
    Drawn(u16),
    /// What plays tones has changed.
    Sounds(Means),
    /// Nothing will be decided any more: the threads behind the screen are gone.
    Stopped,
}

/// What the shell must do.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Effect {
    /// Play a tone.
    Sound(Tone),
    /// Present a typed code or a hand scanner's line.
    Present(Line),
    /// Decide for this direction from now on.
    SetDirection(Direction),
    /// Present codes for this purpose from now on.
    SetPurpose(Purpose),
    /// Ask the gate something for a screen.
    Ask(Request),
    /// Ask something of the camera.
    Camera(CameraOrder),
    /// Choose this again at the next start.
    Remember(Memo),
    /// Tell everything once more, where what is on the screen is told rather than drawn.
    Tell,
    /// End the session: the keys leave memory, and the passphrase is asked for.
    Seal,
    /// End the program.
    Quit,
}

/// Folds one event into the state and names what the shell must do.
pub fn update(state: &mut State, event: Event) -> Option<Effect> {
    match event {
        Event::Tick(now) => pass_time(state, now),
        Event::Notice(notice) => learn(state, notice),
        Event::Key(key) => hearing::take_key(state, key),
        Event::Drawn(hidden) => {
            state.scroll.fit(hidden);
            None
        }
        Event::Sounds(means) => {
            state.means = means;
            let outcome = state.screen.as_mut().map_or(Outcome::Stay, |screen| screen.see_means(means));
            follow(state, outcome)
        }
        Event::Stopped => {
            state.is_stopped = true;
            state.sound(Some(Tone::Fault))
        }
    }
}

fn pass_time(state: &mut State, now: Uptime) -> Option<Effect> {
    state.now = state.now.max(now);
    for slot in [&mut state.verdict, &mut state.aside] {
        if slot.as_ref().is_some_and(|shown| now.0.saturating_sub(shown.since.0) >= shown.shown_ms) {
            *slot = None;
        }
    }
    if state.looking_until.is_some_and(|until| until <= now) {
        return stop_looking(state);
    }
    state.answer.take_if(|(since, _)| now.0.saturating_sub(since.0) >= ANSWER_SHOWN_MS);
    let locking = lock::pass_time(state);
    if locking.is_some() {
        return locking;
    }
    if let Some(screen) = &mut state.screen {
        let outcome = screen.pass_time(now);
        let effect = follow(state, outcome);
        if effect.is_some() {
            return effect;
        }
    }
    hearing::pass_time(state)
}

fn learn(state: &mut State, notice: Notice) -> Option<Effect> {
    match notice {
        Notice::Decided(decided) => decide(state, Arc::from(decided)),
        Notice::Fault(fault) => {
            let is_new = state.fault.as_ref() != Some(&fault);
            if let Some(screen) = &mut state.screen {
                screen.fail();
            }
            state.fault = Some(fault);
            state.sound(Some(Tone::Fault).filter(|_| is_new))
        }
        Notice::Status(status) => {
            let was_suspended = state.status().and_then(|status| status.suspended);
            let is_new = status.suspended.is_some() && status.suspended != was_suspended;
            if is_new && status.suspended.is_some_and(|suspension| suspension.is_erased()) {
                state.forget_guests();
            }
            state.status = Some((state.now, status));
            state.sound(Some(Tone::Fault).filter(|_| is_new))
        }
        Notice::Camera(camera) => {
            state.sight.see_camera(&camera);
            let outcome = state.screen.as_mut().map_or(Outcome::Stay, |screen| screen.see_camera(&camera));
            state.camera = camera;
            follow(state, outcome)
        }
        Notice::Seen => {
            let outcome = state.screen.as_mut().map_or(Outcome::Stay, |screen| screen.see_code());
            follow(state, outcome)
        }
        Notice::View(viewfinder) => {
            state.sight.see(&viewfinder);
            None
        }
        Notice::Aim(aim) => {
            state.sight.take_aim(aim);
            None
        }
        Notice::Rules(rules) => {
            state.rules = Some(rules);
            None
        }
        Notice::Double(double) => {
            state.doubles.truncate(DOUBLES_MAX - 1);
            state.doubles.push_front((state.now, double));
            state.sound(Some(Tone::Check))
        }
        Notice::Answer(answer) => {
            if let Answer::Session(answer) = answer.as_ref()
                && let Some(effect) = lock::learn(state, answer)
            {
                return Some(effect);
            }
            if state.lock.locked().is_some() {
                return None;
            }
            let outcome = state.screen.as_mut().map_or(Outcome::Stay, |screen| screen.learn(&answer));
            match *answer {
                Answer::Party(party) => state.party = Some(party),
                // What is found is no news that stands on the door.
                Answer::Found(_) | Answer::Known(_) | Answer::Sought => {}
                answer => state.answer = Some((state.now, Arc::new(answer))),
            }
            follow(state, outcome)
        }
    }
}

fn decide(state: &mut State, decided: Arc<Decided>) -> Option<Effect> {
    if !state.lock.decides() {
        return None;
    }
    let look = Look::of(&decided);
    let asks = Question::of(&decided, state.rules()).is_some();
    let shown_ms = if asks { QUESTION_SHOWN_MS } else { look.shown_ms() };
    let is_private = state.lock.locked().is_some();
    let seen = if is_private { Arc::new(lock::private(&decided)) } else { Arc::clone(&decided) };
    let shown = Shown { decided: seen, look, since: state.now, shown_ms, is_answered: false };
    state.last = Some(Arc::clone(&decided));
    state.fault = None;
    if look == Look::NotATicket {
        state.aside = Some(shown);
    } else {
        state.aside = None;
        state.verdict = Some(shown);
        // A guest waits: whatever was being read can be opened again.
        state.overlay = state.overlay.filter(|overlay| *overlay == Overlay::Quit);
        state.screen.take_if(|screen| !screen.hear(&decided) && screen.gives_way());
    }
    if decided.purpose == Purpose::Look {
        return None;
    }
    if !matches!(look, Look::NotATicket | Look::Repeat | Look::NotReady) {
        state.recent.truncate(RECENT_MAX - 1);
        state.recent.push_front(decided);
    }
    state.sound(look.tone())
}

/// Takes a key of a person.
fn press(state: &mut State, key: Key) -> Option<Effect> {
    let is_free = state.overlay.is_none() && state.typing.line().is_none();
    if is_free
        && !matches!(key, Key::Interrupt | Key::Function(1))
        && let Some(screen) = &mut state.screen
    {
        let outcome = screen.press(key);
        return follow(state, outcome);
    }
    match key {
        Key::Char(letter) => {
            let is_command = state.is_command(letter);
            let typed = state.typing.handle_char(letter, is_command, state.now);
            if state.typing.line().is_some() {
                state.overlay = None;
            }
            obey(state, typed)
        }
        Key::Enter | Key::Tab | Key::Escape | Key::Backspace => {
            let typed = state.typing.handle_key(key, state.now);
            obey(state, typed)
        }
        Key::Function(number) => {
            let letter = match number {
                1 => '?',
                2 => '/',
                3 => 'w',
                4 => 'e',
                5 => 'u',
                6 => 'd',
                7 => 'c',
                8 => 'l',
                9 => 't',
                10 => 'q',
                _ => return None,
            };
            command(state, letter)
        }
        Key::BackTab
        | Key::Up
        | Key::Down
        | Key::Left
        | Key::Right
        | Key::Home
        | Key::End
        | Key::PageUp
        | Key::PageDown => {
            state.scroll.press(key);
            None
        }
        Key::Interrupt if state.overlay == Some(Overlay::Quit) => Some(Effect::Quit),
        Key::Interrupt => {
            state.overlay = Some(Overlay::Quit);
            None
        }
    }
}

fn obey(state: &mut State, typed: Typed) -> Option<Effect> {
    match typed {
        Typed::Nothing => None,
        Typed::Line(line) => Some(Effect::Present(line)),
        Typed::Command(letter) => command(state, letter),
        Typed::Bare(Key::Enter) => (state.overlay == Some(Overlay::Quit)).then_some(Effect::Quit),
        Typed::Bare(Key::Escape) => go_back(state),
        Typed::Bare(Key::Tab) => Some(Effect::Tell),
        Typed::Bare(_) => None,
    }
}

fn command(state: &mut State, letter: char) -> Option<Effect> {
    let overlay = state.overlay.take();
    state.scroll = Scroll::default();
    match (overlay, letter) {
        (Some(Overlay::Quit), 'y') => return Some(Effect::Quit),
        (Some(Overlay::Quit), 'n') | (Some(Overlay::Help), '?') | (Some(Overlay::Detail), 'i') => {}
        (_, '?') => state.overlay = Some(Overlay::Help),
        (_, 'i') => state.overlay = Some(Overlay::Detail),
        (_, 'q') => state.overlay = Some(Overlay::Quit),
        (_, 't') => state.typing.open(state.now),
        (_, 'k') => return lock::lock_or_ask(state),
        (_, 'm') => {
            state.is_muted = !state.is_muted;
            return Some(Effect::Remember(Memo::Mute(state.is_muted)));
        }
        (_, 'p') => state.sight.toggle(),
        (_, 'e') => {
            state.direction = match state.direction {
                Direction::Entry => Direction::Exit,
                Direction::Exit => Direction::Entry,
            };
            return Some(Effect::SetDirection(state.direction));
        }
        (_, 'l') if state.looking_until.is_some() => return stop_looking(state),
        (_, 'l') => {
            state.looking_until = Some(state.now.plus(LOOKING_MS));
            return Some(Effect::SetPurpose(Purpose::Look));
        }
        (_, 'o') => decide_against(state),
        (_, 'g') => return open_order(state),
        (_, letter) if state.question().is_some_and(|question| question.is_answered_by(letter)) => {
            return answer(state, letter);
        }
        (_, letter) => {
            if let Some((mut screen, outcome)) = Screen::opened_by(letter) {
                screen.see_camera(&state.camera);
                screen.see_means(state.means);
                state.lock.forget_locking();
                state.screen = Some(Box::new(screen));
                return follow(state, outcome);
            }
        }
    }
    None
}

/// Does what a screen says is to follow.
fn follow(state: &mut State, outcome: Outcome) -> Option<Effect> {
    let closes = matches!(
        outcome,
        Outcome::Close | Outcome::CloseAnd(_) | Outcome::CloseAndPresent(_) | Outcome::CloseAndCamera(_)
    );
    if closes {
        state.screen = None;
    }
    match outcome {
        Outcome::Stay | Outcome::Close => None,
        Outcome::Sound(tone) => Some(Effect::Sound(tone)),
        Outcome::Ask(request) | Outcome::CloseAnd(request) => Some(Effect::Ask(request)),
        Outcome::Present(ticket) | Outcome::CloseAndPresent(ticket) => {
            Some(Effect::Present(Line { text: ticket.typed_code(), is_typed: true }))
        }
        Outcome::OpenGroup(ticket) => open_order_of(state, ticket),
        Outcome::Camera(order) | Outcome::CloseAndCamera(order) => Some(Effect::Camera(order)),
    }
}

/// Opens the order of the ticket that was decided about last.
fn open_order(state: &mut State) -> Option<Effect> {
    let shown = state.verdict.as_ref().map(|shown| &shown.decided);
    let ticket = shown.or(state.last.as_ref())?.ticket?;
    open_order_of(state, ticket)
}

fn open_order_of(state: &mut State, ticket: TicketId) -> Option<Effect> {
    let (screen, outcome) = Screen::about_order_of(ticket, state.direction);
    state.lock.forget_locking();
    state.screen = Some(Box::new(screen));
    follow(state, outcome)
}

/// Opens the screen on which somebody decides against the verdict that is shown, or says why nobody
/// may.
fn decide_against(state: &mut State) {
    let Some(shown) = &state.verdict else { return };
    let is_trusted = state.status().is_some_and(|status| status.is_supervisor);
    match Decide::about(&shown.decided, state.rules(), is_trusted) {
        Ok(screen) => state.screen = Some(Box::new(Screen::Decide(screen))),
        Err(refused) => state.answer = Some((state.now, Arc::new(Answer::NotDecided(refused)))),
    }
}

/// Answers the question that the verdict on the screen asks.
fn answer(state: &mut State, letter: char) -> Option<Effect> {
    let question = state.question().filter(|question| question.is_answered_by(letter))?;
    let now = state.now;
    let shown = state.verdict.as_mut().filter(|shown| now.0.saturating_sub(shown.since.0) >= UNSEEN_MS)?;
    let entry = shown.decided.entry?;
    let collected =
        |payment| Request::Decide(Decision { entry, grounds: Grounds::Collected(payment), supervisor: None });
    match (question, letter) {
        (Question::Collect(_), 'y') => Some(Effect::Ask(collected(Payment::Cash))),
        (Question::Collect(_), 'b') => Some(Effect::Ask(collected(Payment::Card))),
        (Question::Identity, 'y') => {
            // It is written down since it was shown; now it is green.
            (shown.look, shown.since, shown.shown_ms) = (Look::Admit, now, VERDICT_SHOWN_MS);
            shown.is_answered = true;
            state.sound(Look::Admit.tone())
        }
        (Question::Identity, _) => {
            state.verdict = None;
            Some(Effect::Ask(Request::Undo { entry, reason: question::IDENTITY_NOT_SHOWN.into() }))
        }
        (Question::LetIn, 'y') => {
            decide_against(state);
            None
        }
        _ => {
            state.verdict = None;
            None
        }
    }
}

/// Lets codes count again.
fn stop_looking(state: &mut State) -> Option<Effect> {
    state.looking_until = None;
    state.verdict.take_if(|shown| shown.decided.purpose == Purpose::Look);
    Some(Effect::SetPurpose(Purpose::Decide))
}

/// Puts away the uppermost thing.
fn go_back(state: &mut State) -> Option<Effect> {
    if state.overlay.take().is_some() || state.aside.take().is_some() || state.fault.take().is_some() {
        return None;
    }
    if state.looking_until.is_some() {
        return stop_looking(state);
    }
    let now = state.now;
    state.verdict.take_if(|shown| now.0.saturating_sub(shown.since.0) >= UNREAD_MS);
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::door::{Fault, Suspension};
    use sync_protocol::journal::Flags;
    use sync_protocol::verdict::{Code, OverrideBy};

    #[test]
    fn an_admission_is_shown_sounds_and_fades() {
        let mut state = ready();

        let effect = decided(&mut state, samples::admit(Flags::default()));

        assert_eq!(effect, Some(Effect::Sound(Tone::Admit)));
        assert_eq!(shown(&state), Some(Look::Admit));
        wait(&mut state, VERDICT_SHOWN_MS - 1);
        assert_eq!(shown(&state), Some(Look::Admit));
        wait(&mut state, 1);
        assert!(matches!(state.stage(), Stage::Ready));
        assert_eq!(state.recent().len(), 1);
    }

    #[test]
    fn the_same_verdict_again_flashes_anew() {
        let mut state = ready();
        decided(&mut state, samples::admit(Flags::default()));
        wait(&mut state, FLASH_MS);
        assert!(!is_flashing(&state));

        decided(&mut state, samples::admit(Flags::default()));

        assert!(is_flashing(&state));
        assert_eq!(state.deadline(), Some(state.now().plus(FLASH_MS)));
    }

    #[test]
    fn what_is_no_ticket_is_silent_and_leaves_the_verdict_standing() {
        let mut state = ready();
        decided(&mut state, samples::admit(Flags::default()));

        let effect = decided(&mut state, samples::deny(Code::NotATicket, OverrideBy::Nobody));

        assert_eq!(effect, None);
        assert_eq!(shown(&state), Some(Look::Admit));
        assert!(state.aside().is_some());
        wait(&mut state, NEUTRAL_SHOWN_MS);
        assert!(state.aside().is_none());
        assert_eq!(shown(&state), Some(Look::Admit));
        assert_eq!(state.recent().len(), 1);
    }

    #[test]
    fn the_same_ticket_at_once_is_neutral_and_takes_the_green_away() {
        let mut state = ready();
        decided(&mut state, samples::admit(Flags::default()));

        let effect = decided(&mut state, samples::deny(Code::JustScanned, OverrideBy::Nobody));

        assert_eq!(effect, None);
        assert_eq!(shown(&state), Some(Look::Repeat));
        wait(&mut state, NEUTRAL_SHOWN_MS);
        assert!(matches!(state.stage(), Stage::Ready));
    }

    #[test]
    fn a_fault_stays_until_something_is_decided_and_sounds_once() {
        let mut state = ready();
        let fault = Event::Notice(Notice::Fault(Fault::ClockWentBack));
        assert_eq!(update(&mut state, fault.clone()), Some(Effect::Sound(Tone::Fault)));
        assert_eq!(update(&mut state, fault), None);
        wait(&mut state, 3_600_000);
        assert!(matches!(state.stage(), Stage::Fault(Fault::ClockWentBack)));

        decided(&mut state, samples::admit(Flags::default()));

        assert_eq!(shown(&state), Some(Look::Admit));
    }

    #[test]
    fn a_suspension_covers_every_verdict() {
        let mut state = ready();
        decided(&mut state, samples::admit(Flags::default()));
        let mut status = samples::status();
        status.suspended = Some(Suspension::Revoked);

        let effect = update(&mut state, Event::Notice(Notice::Status(Box::new(status.clone()))));

        assert_eq!(effect, Some(Effect::Sound(Tone::Fault)));
        assert!(matches!(state.stage(), Stage::Suspended(Suspension::Revoked)));
        assert_eq!(update(&mut state, Event::Notice(Notice::Status(Box::new(status)))), None);
    }

    #[test]
    fn before_the_first_list_the_download_is_shown() {
        let mut state = State::new(false);
        assert!(matches!(state.stage(), Stage::Starting));
        let mut status = samples::status();
        status.list_at = None;
        status.download = Some((10, 100));

        update(&mut state, Event::Notice(Notice::Status(Box::new(status))));

        assert!(matches!(state.stage(), Stage::Downloading(10, 100)));
    }

    #[test]
    fn the_clock_goes_on_between_two_statuses() {
        let mut state = ready();

        wait(&mut state, 700);

        assert_eq!(state.clock(), Some(samples::NOW.plus(700)));
    }

    #[test]
    fn a_status_that_stays_away_is_noticed() {
        let mut state = ready();
        wait(&mut state, SILENCE_MS - 1);
        assert_eq!(state.silence_ms(), None);

        wait(&mut state, 1);

        assert_eq!(state.silence_ms(), Some(SILENCE_MS));
    }

    #[test]
    fn e_and_f4_change_the_direction() {
        let mut state = ready();

        assert_eq!(command_key(&mut state, 'e'), Some(Effect::SetDirection(Direction::Exit)));
        assert_eq!(update(&mut state, Event::Key(Key::Function(4))), Some(Effect::SetDirection(Direction::Entry)));
    }

    #[test]
    fn a_muted_door_is_silent() {
        let mut state = ready();
        assert_eq!(command_key(&mut state, 'm'), Some(Effect::Remember(Memo::Mute(true))));

        assert_eq!(decided(&mut state, samples::admit(Flags::default())), None);

        command_key(&mut state, 'm');
        assert_eq!(decided(&mut state, samples::admit(Flags::default())), Some(Effect::Sound(Tone::Admit)));
    }

    #[test]
    fn quitting_asks_first() {
        let mut state = ready();
        assert_eq!(command_key(&mut state, 'q'), None);
        assert_eq!(state.overlay(), Some(Overlay::Quit));
        assert_eq!(command_key(&mut state, 'n'), None);
        assert_eq!(state.overlay(), None);

        command_key(&mut state, 'q');
        assert_eq!(command_key(&mut state, 'y'), Some(Effect::Quit));
    }

    #[test]
    fn ctrl_c_twice_quits() {
        let mut state = ready();

        assert_eq!(update(&mut state, Event::Key(Key::Interrupt)), None);
        assert_eq!(update(&mut state, Event::Key(Key::Interrupt)), Some(Effect::Quit));
    }

    #[test]
    fn a_hand_scanner_works_through_every_overlay() {
        for key in ['?', 'i', 'q'] {
            let mut state = ready();
            command_key(&mut state, key);

            let effect = scan(&mut state, "yes/US5EQ$*8E:UI1/ZZ99");

            let line = Line { text: "yes/US5EQ$*8E:UI1/ZZ99".into(), is_typed: false };
            assert_eq!(effect, Some(Effect::Present(line)), "{key}");
            assert_eq!(state.overlay(), None);
        }
    }

    #[test]
    fn a_scanned_address_presses_no_command() {
        let mut state = ready();

        let effect = scan(&mut state, "mqeic?https://example.org");

        assert!(matches!(effect, Some(Effect::Present(_))));
        assert_eq!((state.direction(), state.is_muted(), state.overlay()), (Direction::Entry, false, None));
    }

    #[test]
    fn a_verdict_closes_help_but_not_the_question_whether_to_quit() {
        let mut state = ready();
        command_key(&mut state, '?');
        decided(&mut state, samples::admit(Flags::default()));
        assert_eq!(state.overlay(), None);

        command_key(&mut state, 'q');
        decided(&mut state, samples::admit(Flags::default()));
        assert_eq!(state.overlay(), Some(Overlay::Quit));
    }

    #[test]
    fn escape_puts_away_the_uppermost_thing() {
        let mut state = ready();
        decided(&mut state, samples::admit(Flags::default()));
        command_key(&mut state, '?');

        update(&mut state, Event::Key(Key::Escape));
        assert_eq!((state.overlay(), shown(&state)), (None, Some(Look::Admit)));
        wait(&mut state, UNREAD_MS);

        update(&mut state, Event::Key(Key::Escape));
        assert!(matches!(state.stage(), Stage::Ready));
    }

    #[test]
    fn escape_puts_no_verdict_away_that_nobody_has_read() {
        let mut state = ready();
        command_key(&mut state, 'i');
        decided(&mut state, samples::admit(Flags::default()));

        update(&mut state, Event::Key(Key::Escape));
        assert_eq!(shown(&state), Some(Look::Admit));

        wait(&mut state, UNREAD_MS);
        update(&mut state, Event::Key(Key::Escape));
        assert!(matches!(state.stage(), Stage::Ready));
    }

    #[test]
    fn only_so_many_decisions_are_remembered() {
        let mut state = ready();
        for _ in 0..RECENT_MAX + 5 {
            decided(&mut state, samples::admit(Flags::default()));
        }

        assert_eq!(state.recent().len(), RECENT_MAX);
    }

    #[test]
    fn when_nothing_is_decided_any_more_the_screen_says_so() {
        let mut state = ready();

        assert_eq!(update(&mut state, Event::Stopped), Some(Effect::Sound(Tone::Fault)));
        assert!(matches!(state.stage(), Stage::Stopped));
    }

    fn ready() -> State {
        let mut state = State::new(false);
        update(&mut state, Event::Tick(Uptime(10_000)));
        update(&mut state, Event::Notice(Notice::Status(Box::new(samples::status()))));
        state
    }

    fn decided(state: &mut State, decided: Decided) -> Option<Effect> {
        update(state, Event::Notice(Notice::Decided(Box::new(decided))))
    }

    fn wait(state: &mut State, ms: u64) -> Option<Effect> {
        let later = state.now().plus(ms);
        update(state, Event::Tick(later))
    }

    fn command_key(state: &mut State, letter: char) -> Option<Effect> {
        wait(state, 500);
        assert_eq!(update(state, Event::Key(Key::Char(letter))), None);
        wait(state, typing::BURST_GAP_MS)
    }

    fn scan(state: &mut State, text: &str) -> Option<Effect> {
        wait(state, 500);
        for letter in text.chars() {
            assert_eq!(update(state, Event::Key(Key::Char(letter))), None);
            assert_eq!(wait(state, 4), None);
        }
        update(state, Event::Key(Key::Enter))
    }

    fn shown(state: &State) -> Option<Look> {
        if let Stage::Verdict(shown) = state.stage() { Some(shown.look) } else { None }
    }

    fn is_flashing(state: &State) -> bool {
        if let Stage::Verdict(shown) = state.stage() { state.is_flashing(shown) } else { false }
    }
}
