//! Who is at the door, and the PIN that locks its screen.

use super::{Choice, Outcome};
use crate::app::{Field, Key};
use crate::door::{Answer, Request, SessionAnswer, SessionRequest};
use crate::session::{Digits, PIN_DIGITS_MAX};

/// The longest name, in characters.
pub const NAME_CHARS_MAX: usize = 60;

/// Choosing or typing a name, then a PIN.
#[derive(Clone, Debug)]
pub struct Operator {
    recent: Vec<String>,
    choice: Choice,
    name: Field,
    step: Step,
    /// Why the screen was opened.
    aim: Aim,
}

/// Why somebody is asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Aim {
    /// Somebody else is at the door.
    Name,
    /// The screen is to be locked, and has no PIN yet.
    Lock,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub enum Step {
    /// The name.
    Name,
    /// A PIN.
    Pin(Pin),
}

/// A PIN being typed, twice.
#[derive(Clone, Debug)]
pub struct Pin {
    digits: Field,
    /// The first time, once it was right.
    first: Option<Digits>,
    problem: Option<PinProblem>,
}

/// Why a PIN is not taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PinProblem {
    /// Not 4 to 12 digits.
    Length,
    /// The two differ.
    Differ,
}

impl Default for Pin {
    fn default() -> Self {
        Self { digits: Field::new(PIN_DIGITS_MAX), first: None, problem: None }
    }
}

/// What came of a key on a PIN.
enum Typed {
    Nothing,
    Empty,
    Chosen(Digits),
}

impl Pin {
    /// Returns how many digits are typed: they themselves are not shown.
    pub fn count(&self) -> usize {
        self.digits.text().len()
    }

    /// Whether it is typed for the second time.
    pub const fn is_repeat(&self) -> bool {
        self.first.is_some()
    }

    /// Returns why the last one was not taken.
    pub const fn problem(&self) -> Option<PinProblem> {
        self.problem
    }

    fn press(&mut self, key: Key) -> Typed {
        match key {
            Key::Char('0'..='9') | Key::Backspace => {
                self.digits.press(key);
                self.problem = None;
            }
            Key::Enter | Key::Tab => {
                let text = self.digits.text();
                self.digits.set("");
                if text.is_empty() && self.first.is_none() {
                    return Typed::Empty;
                }
                match (Digits::new(&text), self.first.take()) {
                    (Ok(digits), None) => self.first = Some(digits),
                    (Ok(digits), Some(first)) if digits == first => return Typed::Chosen(digits),
                    (_, Some(_)) => self.problem = Some(PinProblem::Differ),
                    (Err(_), None) => self.problem = Some(PinProblem::Length),
                }
            }
            _ => {}
        }
        Typed::Nothing
    }
}

impl Operator {
    /// Opens the screen that asks for a name.
    pub(in crate::app) fn open() -> (Self, Outcome) {
        let screen = Self {
            recent: Vec::new(),
            choice: Choice::new(),
            name: Field::new(NAME_CHARS_MAX),
            step: Step::Name,
            aim: Aim::Name,
        };
        (screen, Outcome::Ask(Request::Session(SessionRequest::Recent)))
    }

    /// Opens the screen that asks for a PIN to lock with.
    pub(in crate::app) fn open_for_pin() -> Self {
        Self { step: Step::Pin(Pin::default()), aim: Aim::Lock, ..Self::open().0 }
    }

    /// Returns who was at this terminal before.
    pub fn recent(&self) -> &[String] {
        &self.recent
    }

    /// Returns the chosen one of them, unless a name is being typed.
    pub fn chosen(&self) -> Option<usize> {
        self.choice.of(self.recent.len()).filter(|_| self.name.is_empty())
    }

    /// Returns the name being typed.
    pub const fn name(&self) -> &Field {
        &self.name
    }

    /// Returns what is asked for.
    pub const fn step(&self) -> &Step {
        &self.step
    }

    /// Returns why the screen was opened.
    pub const fn aim(&self) -> Aim {
        self.aim
    }

    pub(in crate::app) fn gives_way(&self) -> bool {
        matches!(self.step, Step::Name) && self.name.is_empty()
    }

    pub(in crate::app) fn press(&mut self, key: Key) -> Outcome {
        if key == Key::Escape {
            return Outcome::Close;
        }
        match &mut self.step {
            Step::Name if matches!(key, Key::Enter | Key::Tab) => {
                let chosen = self.chosen().and_then(|at| self.recent.get(at)).cloned();
                let name = chosen.unwrap_or_else(|| self.name.text());
                self.step = Step::Pin(Pin::default());
                Outcome::Ask(Request::Session(SessionRequest::Operator(name)))
            }
            Step::Name => {
                let is_moved = matches!(key, Key::Up | Key::Down | Key::PageUp | Key::PageDown)
                    && self.choice.press(key, self.recent.len());
                if !is_moved {
                    self.name.press(key);
                }
                Outcome::Stay
            }
            Step::Pin(pin) => match pin.press(key) {
                Typed::Nothing => Outcome::Stay,
                Typed::Empty => Outcome::Close,
                Typed::Chosen(digits) => Outcome::CloseAnd(Request::Session(SessionRequest::Pin(digits))),
            },
        }
    }

    pub(in crate::app) fn learn(&mut self, answer: &Answer) -> Outcome {
        if let Answer::Session(SessionAnswer::Recent(names)) = answer {
            self.recent.clone_from(names);
        }
        Outcome::Stay
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recent_name_is_chosen_with_the_arrows() {
        let mut screen = opened();
        screen.press(Key::Down);

        assert_eq!(screen.press(Key::Enter), named("Grace Hopper"));
        assert!(matches!(screen.step(), Step::Pin(_)));
    }

    #[test]
    fn a_typed_name_goes_before_the_list() {
        let mut screen = opened();
        "Alan".chars().for_each(|letter| _ = screen.press(Key::Char(letter)));

        assert_eq!(screen.chosen(), None);
        assert!(!screen.gives_way());
        assert_eq!(screen.press(Key::Enter), named("Alan"));
    }

    #[test]
    fn a_pin_is_typed_twice() {
        let mut screen = opened();
        screen.press(Key::Enter);
        pin(&mut screen, "123");
        assert_eq!(problem(&screen), Some(PinProblem::Length));
        pin(&mut screen, "1234");
        pin(&mut screen, "1235");
        assert_eq!(problem(&screen), Some(PinProblem::Differ));
        pin(&mut screen, "1234");

        let outcome = pin(&mut screen, "1234");

        let digits = Digits::new("1234").unwrap();
        assert_eq!(outcome, Outcome::CloseAnd(Request::Session(SessionRequest::Pin(digits))));
    }

    #[test]
    fn without_a_pin_it_closes_and_letters_are_none() {
        let mut screen = opened();
        screen.press(Key::Enter);
        screen.press(Key::Char('k'));

        assert_eq!(screen.press(Key::Enter), Outcome::Close);
    }

    fn opened() -> Operator {
        let (mut screen, asked) = Operator::open();
        assert_eq!(asked, Outcome::Ask(Request::Session(SessionRequest::Recent)));
        let names = vec!["Ada Lovelace".into(), "Grace Hopper".into()];
        screen.learn(&Answer::Session(SessionAnswer::Recent(names)));
        screen
    }

    fn named(name: &str) -> Outcome {
        Outcome::Ask(Request::Session(SessionRequest::Operator(name.into())))
    }

    fn pin(screen: &mut Operator, digits: &str) -> Outcome {
        digits.chars().for_each(|digit| _ = screen.press(Key::Char(digit)));
        screen.press(Key::Enter)
    }

    fn problem(screen: &Operator) -> Option<PinProblem> {
        let Step::Pin(pin) = screen.step() else { panic!("no PIN is asked for") };
        pin.problem()
    }
}
