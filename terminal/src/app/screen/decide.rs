//! Letting in against a verdict: what stands against the guest, why they are let in, and who
//! decides.

use std::sync::Arc;

use sync_protocol::policy::Policy;
use sync_protocol::verdict::{OverrideBy, Verdict};

use super::{Choice, Outcome};
use crate::app::{Field, Key};
use crate::door::{Answer, Decided, Decision, Grounds, NotDecided, Pin, Request, Supervisor};

/// The longest reason, in characters.
pub const REASON_CHARS_MAX: usize = 120;
/// The longest PIN, in digits.
pub const PIN_DIGITS_MAX: usize = 12;

/// A reason that is given often.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Usual {
    /// Staff know the guest.
    Known,
    /// An organiser said so.
    Organiser,
    /// The first admission was a mistake.
    Mistake,
    /// The guest was here before and went out unseen.
    CameBack,
    /// The guest was sent here by the help desk.
    HelpDesk,
    /// The guest showed a confirmation or a receipt.
    Receipt,
}

impl Usual {
    /// Every one, in the order of their keys: `1` is the first.
    pub const ALL: [Self; 6] =
        [Self::Known, Self::Organiser, Self::Mistake, Self::CameBack, Self::HelpDesk, Self::Receipt];

    /// Returns what the journal says.
    pub const fn note(self) -> &'static str {
        match self {
            Self::Known => "known to staff",
            Self::Organiser => "organiser agreed",
            Self::Mistake => "first check-in was a mistake",
            Self::CameBack => "had gone out unseen",
            Self::HelpDesk => "sent by the help desk",
            Self::Receipt => "showed a receipt",
        }
    }
}

/// What is being asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Step {
    /// Why.
    Reason,
    /// Which supervisor decides.
    Supervisor,
    /// Their PIN.
    Pin,
    /// Nothing: the gate was asked.
    Asked,
}

/// A decision against a verdict, as far as it is made.
#[derive(Clone, Debug)]
pub struct Decide {
    decided: Arc<Decided>,
    by: OverrideBy,
    step: Step,
    reason: Field,
    usual: Option<Usual>,
    supervisors: Vec<String>,
    choice: Choice,
    pin: Field,
    refused: Option<NotDecided>,
}

impl Decide {
    /// Opens the screen about a verdict, if it is one that somebody may decide against here: by
    /// the door, by a supervisor whom `rules` name, or by this terminal if it `is_trusted`.
    ///
    /// # Errors
    ///
    /// [`NotDecided`] says why not.
    pub fn about(decided: &Arc<Decided>, rules: Option<&Policy>, is_trusted: bool) -> Result<Self, NotDecided> {
        let Verdict::Deny { by, .. } = &decided.verdict else { return Err(NotDecided::Gone) };
        let supervisors: Vec<String> =
            rules.iter().flat_map(|rules| &rules.supervisors).map(|named| named.name.clone()).collect();
        match by {
            OverrideBy::Nobody => return Err(NotDecided::Nobody),
            OverrideBy::Supervisor if supervisors.is_empty() && !is_trusted => return Err(NotDecided::NeedsSupervisor),
            OverrideBy::Door | OverrideBy::Supervisor => {}
        }
        if decided.entry.is_none() {
            return Err(NotDecided::Gone);
        }
        Ok(Self {
            decided: Arc::clone(decided),
            by: *by,
            step: Step::Reason,
            reason: Field::new(REASON_CHARS_MAX),
            usual: None,
            supervisors,
            choice: Choice::new(),
            pin: Field::new(PIN_DIGITS_MAX),
            refused: None,
        })
    }

    /// Returns the verdict that is decided against.
    pub fn decided(&self) -> &Decided {
        &self.decided
    }

    /// Returns what is being asked.
    pub const fn step(&self) -> Step {
        self.step
    }

    /// Returns the reason in a person's own words.
    pub const fn reason(&self) -> &Field {
        &self.reason
    }

    /// Returns the usual reason that was chosen.
    pub const fn usual(&self) -> Option<Usual> {
        self.usual
    }

    /// Returns the supervisors who may decide; none where the door, or this terminal, does.
    pub fn supervisors(&self) -> &[String] {
        if self.by == OverrideBy::Supervisor { &self.supervisors } else { &[] }
    }

    /// Returns the supervisor who is to decide.
    pub fn supervisor(&self) -> Option<(usize, &str)> {
        let at = self.choice.of(self.supervisors().len())?;
        self.supervisors().get(at).map(|name| (at, name.as_str()))
    }

    /// Returns how many digits of the PIN are written.
    pub fn pin_digits(&self) -> usize {
        self.pin.text().chars().count()
    }

    /// Returns why the last try came to nothing.
    pub const fn refused(&self) -> Option<NotDecided> {
        self.refused
    }

    /// Whether a verdict closes it: nothing is written yet, or it is decided.
    pub(super) fn gives_way(&self) -> bool {
        match self.step {
            Step::Reason => self.reason.is_empty(),
            Step::Supervisor | Step::Pin => false,
            Step::Asked => true,
        }
    }

    pub(super) fn press(&mut self, key: Key) -> Outcome {
        if self.step != Step::Asked {
            self.refused = None;
        }
        match self.step {
            Step::Reason => self.press_reason(key),
            Step::Supervisor => self.press_supervisor(key),
            Step::Pin => self.press_pin(key),
            Step::Asked if key == Key::Escape => Outcome::Close,
            Step::Asked => Outcome::Stay,
        }
    }

    pub(super) fn learn(&mut self, answer: &Answer) -> Outcome {
        let (Answer::NotDecided(refused), Step::Asked) = (answer, self.step) else { return Outcome::Stay };
        self.refused = Some(*refused);
        self.pin.set("");
        match refused {
            NotDecided::Pin(_) => self.step = Step::Pin,
            NotDecided::NoReason => self.step = Step::Reason,
            // Told at the door's foot.
            _ => return Outcome::Close,
        }
        Outcome::Stay
    }

    fn press_reason(&mut self, key: Key) -> Outcome {
        match key {
            Key::Escape if self.reason.is_empty() => return Outcome::Close,
            Key::Escape => self.reason.set(""),
            Key::Char(digit @ '1'..='9') if self.reason.is_empty() => {
                let at = digit.to_digit(10).and_then(|digit| usize::try_from(digit).ok()).unwrap_or_default();
                if let Some(usual) = at.checked_sub(1).and_then(|at| Usual::ALL.get(at)) {
                    self.usual = Some(*usual);
                    return self.go_on();
                }
            }
            Key::Enter | Key::Tab if self.reason.text().trim().is_empty() => {
                self.refused = Some(NotDecided::NoReason);
            }
            Key::Enter | Key::Tab => {
                self.usual = None;
                return self.go_on();
            }
            key => _ = self.reason.press(key),
        }
        Outcome::Stay
    }

    fn press_supervisor(&mut self, key: Key) -> Outcome {
        match key {
            Key::Escape => self.step = Step::Reason,
            Key::Enter | Key::Tab => self.step = Step::Pin,
            Key::Char(digit @ '1'..='9') => {
                let at = digit.to_digit(10).and_then(|digit| usize::try_from(digit).ok()).unwrap_or_default();
                if (1..=self.supervisors().len()).contains(&at) {
                    self.choice.set(at - 1);
                    self.step = Step::Pin;
                }
            }
            key => _ = self.choice.press(key, self.supervisors().len()),
        }
        Outcome::Stay
    }

    fn press_pin(&mut self, key: Key) -> Outcome {
        match key {
            Key::Escape => {
                self.pin.set("");
                self.step = if self.supervisors().len() > 1 { Step::Supervisor } else { Step::Reason };
            }
            Key::Enter | Key::Tab if self.pin.is_empty() => {}
            Key::Enter | Key::Tab => return self.ask(),
            Key::Char(letter) if !letter.is_ascii_digit() => {}
            key => _ = self.pin.press(key),
        }
        Outcome::Stay
    }

    /// Goes to what is still to be asked, or asks the gate.
    fn go_on(&mut self) -> Outcome {
        match self.supervisors().len() {
            0 => return self.ask(),
            1 => self.step = Step::Pin,
            _ => self.step = Step::Supervisor,
        }
        Outcome::Stay
    }

    fn ask(&mut self) -> Outcome {
        let Some(entry) = self.decided.entry else { return Outcome::Close };
        let reason = self.usual.map_or_else(|| self.reason.text().trim().to_owned(), |usual| usual.note().to_owned());
        let supervisor = self.supervisor().map(|(_, name)| name.to_owned());
        let pin = Pin::new(self.pin.text());
        self.step = Step::Asked;
        Outcome::Ask(Request::Decide(Decision {
            entry,
            grounds: Grounds::Reason(reason),
            supervisor: supervisor.map(|name| Supervisor { name, pin }),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::samples;
    use crate::door::PinRefused;
    use sync_protocol::policy::Supervisor as Named;
    use sync_protocol::verdict::Code;

    #[test]
    fn a_usual_reason_is_one_key_where_the_door_decides() {
        let mut screen = about(OverrideBy::Door, &[]).unwrap();

        assert_eq!(screen.press(Key::Char('1')), asked("known to staff", None));
        assert!(screen.gives_way());
    }

    #[test]
    fn a_reason_in_own_words_may_begin_with_any_letter_but_is_needed() {
        let mut screen = about(OverrideBy::Door, &[]).unwrap();
        assert_eq!(screen.press(Key::Enter), Outcome::Stay);
        assert_eq!(screen.refused(), Some(NotDecided::NoReason));

        write(&mut screen, "mother of 2");
        assert!(!screen.gives_way());
        assert_eq!(screen.press(Key::Enter), asked("mother of 2", None));
    }

    #[test]
    fn the_only_supervisor_gives_a_pin_and_a_wrong_one_is_asked_for_again() {
        let mut screen = about(OverrideBy::Supervisor, &["Ada"]).unwrap();
        assert_eq!(screen.press(Key::Char('2')), Outcome::Stay);
        assert_eq!(screen.step(), Step::Pin);
        write(&mut screen, "47x11");
        assert_eq!(screen.pin_digits(), 4);
        assert_eq!(screen.press(Key::Enter), asked("organiser agreed", Some(("Ada", "4711"))));

        let wrong = NotDecided::Pin(PinRefused::Wrong { left: 4 });
        assert_eq!(screen.learn(&Answer::NotDecided(wrong)), Outcome::Stay);

        assert_eq!((screen.step(), screen.pin_digits(), screen.refused()), (Step::Pin, 0, Some(wrong)));
    }

    #[test]
    fn among_several_supervisors_one_is_chosen() {
        let mut screen = about(OverrideBy::Supervisor, &["Ada", "Grace"]).unwrap();
        screen.press(Key::Char('1'));
        assert_eq!(screen.step(), Step::Supervisor);
        screen.press(Key::Down);
        screen.press(Key::Enter);
        write(&mut screen, "1");

        assert_eq!(screen.press(Key::Enter), asked("known to staff", Some(("Grace", "1"))));
    }

    #[test]
    fn escape_goes_back_one_step_at_a_time() {
        let mut screen = about(OverrideBy::Supervisor, &["Ada", "Grace"]).unwrap();
        write(&mut screen, "x");
        screen.press(Key::Enter);
        screen.press(Key::Char('2'));
        assert_eq!((screen.step(), screen.supervisor()), (Step::Pin, Some((1, "Grace"))));

        for step in [Step::Supervisor, Step::Reason] {
            screen.press(Key::Escape);
            assert_eq!(screen.step(), step);
        }
        screen.press(Key::Escape);
        assert!(screen.reason().is_empty());
        assert_eq!(screen.press(Key::Escape), Outcome::Close);
    }

    #[test]
    fn it_opens_only_where_somebody_may_decide() {
        assert_eq!(about(OverrideBy::Nobody, &["Ada"]).unwrap_err(), NotDecided::Nobody);
        assert_eq!(about(OverrideBy::Supervisor, &[]).unwrap_err(), NotDecided::NeedsSupervisor);
        let decided = Arc::new(samples::deny(Code::AlreadyIn, OverrideBy::Supervisor));
        assert!(Decide::about(&decided, None, true).is_ok());
        let admitted = Arc::new(samples::admit(sync_protocol::journal::Flags::default()));
        assert_eq!(Decide::about(&admitted, None, true).unwrap_err(), NotDecided::Gone);
    }

    fn about(by: OverrideBy, supervisors: &[&str]) -> Result<Decide, NotDecided> {
        let mut rules = (*samples::rules()).clone();
        rules.supervisors = supervisors.iter().map(|name| Named { name: (*name).into(), pin: String::new() }).collect();
        Decide::about(&Arc::new(samples::deny(Code::AlreadyIn, by)), Some(&rules), false)
    }

    fn write(screen: &mut Decide, text: &str) {
        for letter in text.chars() {
            assert_eq!(screen.press(Key::Char(letter)), Outcome::Stay);
        }
    }

    fn asked(reason: &str, supervisor: Option<(&str, &str)>) -> Outcome {
        let entry = samples::deny(Code::AlreadyIn, OverrideBy::Door).entry.unwrap();
        let supervisor = supervisor.map(|(name, pin)| Supervisor { name: name.into(), pin: Pin::new(pin.into()) });
        Outcome::Ask(Request::Decide(Decision { entry, grounds: Grounds::Reason(reason.into()), supervisor }))
    }
}
