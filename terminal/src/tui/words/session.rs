//! What is said about operators, the lock and hand scanners.

use super::keys::Keys;
use super::{Message, Names, clean};
use crate::app::scanner::{Layout, NotLearned};
use crate::app::screen::operator::{Aim, Operator, PinProblem, Step};
use crate::app::screen::scanner::ScannerTest;
use crate::catalogue::{Catalogue, text};
use crate::door::SessionAnswer;
use crate::passphrase::TooWeak;

/// The keys of a locked screen.
pub const LOCK_KEYS: Keys = &[("k", "session-unlock")];
/// The keys while a locked screen asks for its PIN.
pub const UNLOCK_KEYS: Keys = &[("Enter", "session-unlock"), ("Esc", "keys-back")];

/// Returns the id of what the operator's screen is called.
pub(super) const fn operator_title(screen: &Operator) -> &'static str {
    match screen.step() {
        Step::Name => "session-operator-title",
        Step::Pin(_) => "session-pin-title",
    }
}

/// Returns the keys of the operator's screen.
pub(super) const fn operator_keys(screen: &Operator) -> Keys {
    match (screen.step(), screen.aim()) {
        (Step::Name, _) => &[("↑ ↓", "keys-choose"), ("Enter", "session-next"), ("Esc", "keys-back")],
        (Step::Pin(_), Aim::Name) => &[("Enter", "session-set"), ("Esc", "keys-back")],
        (Step::Pin(_), Aim::Lock) => &[("Enter", "session-lock"), ("Esc", "keys-back")],
    }
}

/// Returns the id of why a PIN is not taken.
pub const fn pin_problem(problem: PinProblem) -> &'static str {
    match problem {
        PinProblem::Length => "session-pin-length",
        PinProblem::Differ => "session-pin-differ",
    }
}

/// Returns what came of something asked about the session, if that is to be told.
pub(super) fn session_answer(answer: &SessionAnswer, names: &Names<'_>) -> Option<String> {
    match answer {
        SessionAnswer::Operator(Some(name)) => {
            Some(names.say_with("session-is-operator", &[("name", text(clean(name)))]))
        }
        SessionAnswer::Operator(None) => Some(names.say("session-is-nobody")),
        SessionAnswer::PinSet => Some(names.say("session-pin-set")),
        SessionAnswer::Recent(_)
        | SessionAnswer::Locked
        | SessionAnswer::Unlocked
        | SessionAnswer::WrongPin { .. }
        | SessionAnswer::Sealed => None,
    }
}

/// Returns what the panel says while a locked terminal decides nothing.
pub fn locked(names: &Names<'_>) -> Message {
    Message { headline: names.say("session-locked-rest"), ..Message::default() }
}

/// Returns the id of what is weak in a passphrase.
pub const fn weakness(weak: TooWeak) -> &'static str {
    match weak {
        TooWeak::Short => "first-start-weak-short",
        TooWeak::Common => "first-start-weak-common",
        TooWeak::Repeats => "first-start-weak-repeats",
        TooWeak::Sequence => "first-start-weak-sequence",
        TooWeak::Date => "first-start-weak-date",
        TooWeak::Guessable => "first-start-weak-guessable",
    }
}

/// Returns what a locked screen says of a wrong PIN.
pub fn wrong_pin(left: u8, names: &Names<'_>) -> String {
    names.say_with("session-wrong-pin", &[("left", u32::from(left).into())])
}

/// Returns what the hand scanner's test says.
pub fn scanner_test(screen: &ScannerTest, names: &Names<'_>) -> Vec<String> {
    screen
        .learned()
        .map_or_else(|| vec![names.say("session-scanner-scan")], |learned| learning(learned, names.catalogue()))
}

/// Returns what was learned of a hand scanner, and what to do about what was not.
pub fn learning(learned: Result<&Layout, NotLearned>, catalogue: &Catalogue) -> Vec<String> {
    let layout = match learned {
        Err(NotLearned::OtherCode) => return vec![catalogue.say("session-scanner-other")],
        Err(NotLearned::Incomplete) => return vec![catalogue.say("session-scanner-incomplete")],
        Ok(layout) => layout,
    };
    let mut said =
        vec![catalogue.say(if layout.is_plain() { "session-scanner-plain" } else { "session-scanner-learned" })];
    let signs = |signs: &[char]| {
        let signs: Vec<String> = signs.iter().map(char::to_string).collect();
        [("signs", text(signs.join(" ")))]
    };
    let (dead, missing, confused) = layout.unsure();
    if !dead.is_empty() {
        said.push(catalogue.say_with("session-scanner-dead", &signs(dead)));
    }
    if !missing.is_empty() {
        said.push(catalogue.say_with("session-scanner-missing", &signs(missing)));
    }
    if !confused.is_empty() {
        said.push(catalogue.say_with("session-scanner-confused", &signs(confused)));
    }
    if !layout.is_sure() {
        said.push(catalogue.say("session-scanner-country"));
    }
    said
}
