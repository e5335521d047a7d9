//! Selling a ticket: who, what, paid how; then the ticket itself.

use sync_protocol::id::ClassId;
use sync_protocol::journal::walk_in::Payment;
use sync_protocol::text::{EMAIL_BYTES_MAX, LABEL_BYTES_MAX};

use super::decide::PIN_DIGITS_MAX;
use super::ticket::Ticket;
use super::{Choice, Outcome};
use crate::app::{Field, Key};
use crate::door::{Answer, Pin, Request, Supervisor};
use crate::walk_in::form::{Mistakes, guest};
use crate::walk_in::{Order, Refusal, Ware};

/// A place in the form.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum At {
    /// The name.
    Name,
    /// The e-mail address.
    Email,
    /// The ticket type.
    Class,
    /// How it is paid.
    Payment,
    /// Whether the guest goes in at once.
    Admit,
}

impl At {
    /// Every place, from the top.
    pub const ALL: [Self; 5] = [Self::Name, Self::Email, Self::Class, Self::Payment, Self::Admit];

    fn step(self, steps: usize) -> Self {
        let at = Self::ALL.iter().position(|place| *place == self).unwrap_or(0);
        Self::ALL.get((at + steps) % Self::ALL.len()).copied().unwrap_or(Self::Name)
    }
}

/// What stands in the way of a sale.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Problem {
    /// The gate says no.
    Refused(Refusal),
    /// The machine failed.
    Fault,
}

/// What the screen does.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Stage {
    /// Somebody fills the form in.
    Form,
    /// It is asked whether what was written is to be dropped.
    AskToDrop,
    /// A supervisor is asked, as no place is left.
    Supervisor,
    /// The gate sells.
    Selling,
    /// The ticket is shown.
    Ticket(Box<Ticket>),
}

/// The form and, after a sale, the ticket.
#[derive(Clone, Debug)]
pub struct WalkIn {
    stage: Stage,
    wares: Option<Vec<Ware>>,
    at: At,
    name: Field,
    email: Field,
    choice: Choice,
    payment: Payment,
    admits: bool,
    mistakes: Mistakes,
    problem: Option<Problem>,
    supervisors: Vec<String>,
    who: Choice,
    pin: Field,
}

impl WalkIn {
    /// Opens the form and asks what may be sold.
    pub(super) const fn open() -> (Self, Outcome) {
        let screen = Self {
            stage: Stage::Form,
            wares: None,
            at: At::Name,
            name: Field::new(LABEL_BYTES_MAX),
            email: Field::new(EMAIL_BYTES_MAX),
            choice: Choice::new(),
            payment: Payment::Cash,
            admits: true,
            mistakes: Mistakes { name: None, email: None },
            problem: None,
            supervisors: Vec::new(),
            who: Choice::new(),
            pin: Field::new(PIN_DIGITS_MAX),
        };
        (screen, Outcome::Ask(Request::Wares))
    }

    /// Returns what the screen does.
    pub const fn stage(&self) -> &Stage {
        &self.stage
    }

    /// Returns what may be sold here; nothing before the gate has said.
    pub fn wares(&self) -> Option<&[Ware]> {
        self.wares.as_deref()
    }

    /// Returns the ticket type that is chosen.
    pub fn ware(&self) -> Option<&Ware> {
        let wares = self.wares.as_deref()?;
        wares.get(self.choice.of(wares.len())?)
    }

    /// Returns where in the form somebody is.
    pub const fn at(&self) -> At {
        self.at
    }

    /// Returns the name.
    pub const fn name(&self) -> &Field {
        &self.name
    }

    /// Returns the e-mail address.
    pub const fn email(&self) -> &Field {
        &self.email
    }

    /// Returns how it is paid: what costs nothing is free.
    pub fn payment(&self) -> Payment {
        if self.costs() { self.payment } else { Payment::Free }
    }

    /// Whether the ticket type that is chosen costs anything.
    pub fn costs(&self) -> bool {
        self.ware().and_then(|ware| ware.price.as_ref()).is_some_and(|price| price.amount > 0)
    }

    /// Whether the guest goes in at once.
    pub const fn admits(&self) -> bool {
        self.admits
    }

    /// Returns what is wrong with what was written.
    pub const fn mistakes(&self) -> Mistakes {
        self.mistakes
    }

    /// Returns what stands in the way.
    pub const fn problem(&self) -> Option<Problem> {
        self.problem
    }

    /// Returns the supervisors who may sell one more.
    pub fn supervisors(&self) -> &[String] {
        &self.supervisors
    }

    /// Returns the supervisor who is chosen.
    pub fn supervisor(&self) -> Option<(usize, &str)> {
        let at = self.who.of(self.supervisors.len())?;
        self.supervisors.get(at).map(|name| (at, name.as_str()))
    }

    /// Returns how many digits of the PIN are typed.
    pub fn pin_digits(&self) -> usize {
        self.pin.text().chars().count()
    }

    fn is_written_in(&self) -> bool {
        !self.name.is_empty() || !self.email.is_empty()
    }

    pub(super) fn gives_way(&self) -> bool {
        self.stage == Stage::Form && !self.is_written_in()
    }

    pub(super) fn press(&mut self, key: Key) -> Outcome {
        match &mut self.stage {
            Stage::Form => self.press_form(key),
            Stage::AskToDrop => {
                match key {
                    Key::Char('y') | Key::Enter => return Outcome::Close,
                    Key::Char('n') | Key::Escape => self.stage = Stage::Form,
                    _ => {}
                }
                Outcome::Stay
            }
            Stage::Supervisor => self.press_supervisor(key),
            // Whoever presses Enter twice buys one ticket.
            Stage::Selling => Outcome::Stay,
            Stage::Ticket(_) if key == Key::Enter => {
                let (next, outcome) = Self::open();
                *self = Self { payment: self.payment, admits: self.admits, choice: self.choice, ..next };
                outcome
            }
            Stage::Ticket(ticket) => ticket.press(key),
        }
    }

    fn press_form(&mut self, key: Key) -> Outcome {
        match (key, self.at) {
            (Key::Escape, _) if self.is_written_in() => self.stage = Stage::AskToDrop,
            (Key::Escape, _) => return Outcome::Close,
            (Key::Tab | Key::Down, _) | (Key::Enter, At::Name) => self.go(1),
            (Key::BackTab | Key::Up, _) => self.go(At::ALL.len() - 1),
            (Key::Enter, At::Email) => self.go(1),
            (Key::Enter, _) => return self.sell(None),
            (key, At::Name) if self.name.press(key) => self.mistakes.name = None,
            (key, At::Email) if self.email.press(key) => self.mistakes.email = None,
            (key, At::Class) => self.choose_class(key),
            (key, At::Payment) => self.choose_payment(key),
            (Key::Char(' ') | Key::Left | Key::Right, At::Admit) => self.admits = !self.admits,
            _ => {}
        }
        Outcome::Stay
    }

    fn press_supervisor(&mut self, key: Key) -> Outcome {
        match key {
            Key::Escape => {
                self.pin.set("");
                self.stage = Stage::Form;
            }
            Key::Enter if self.pin.is_empty() => {}
            Key::Enter => {
                let pin = Pin::new(self.pin.text());
                self.pin.set("");
                let name = self.supervisor().map(|(_, name)| name.to_owned());
                return self.sell(name.map(|name| Supervisor { name, pin }));
            }
            key if self.who.press(key, self.supervisors.len()) => self.pin.set(""),
            key => _ = self.pin.press(key),
        }
        Outcome::Stay
    }

    fn go(&mut self, steps: usize) {
        self.at = self.at.step(steps);
        if self.at == At::Payment && !self.costs() {
            self.at = self.at.step(if steps == 1 { 1 } else { steps });
        }
    }

    fn choose_class(&mut self, key: Key) {
        let count = self.wares.as_ref().map_or(0, Vec::len);
        let way = match key {
            Key::Left => Key::Up,
            Key::Right | Key::Char(' ') => Key::Down,
            _ => return,
        };
        self.problem = None;
        let at = self.choice.of(count);
        self.choice.press(way, count);
        // At the end, on to the other end.
        if self.choice.of(count) == at {
            self.choice.press(if way == Key::Up { Key::End } else { Key::Home }, count);
        }
    }

    fn choose_payment(&mut self, key: Key) {
        let at = Payment::ALL.iter().position(|payment| *payment == self.payment).unwrap_or(0);
        let steps = match key {
            Key::Left => Payment::ALL.len() - 1,
            Key::Right | Key::Char(' ') => 1,
            _ => return,
        };
        self.payment = Payment::ALL.get((at + steps) % Payment::ALL.len()).copied().unwrap_or(Payment::Cash);
    }

    fn sell(&mut self, supervisor: Option<Supervisor>) -> Outcome {
        self.problem = None;
        let guest = match guest(&self.name.text(), &self.email.text()) {
            Ok(guest) => guest,
            Err(mistakes) => {
                self.mistakes = mistakes;
                self.at = if mistakes.name.is_some() { At::Name } else { At::Email };
                return Outcome::Stay;
            }
        };
        let Some(class) = self.ware().map(|ware| ware.class) else { return Outcome::Stay };
        self.stage = Stage::Selling;
        let (payment, operator) = (self.payment(), None);
        Outcome::Ask(Request::Sell(Box::new(Order { guest, class, payment, operator, supervisor })))
    }

    pub(super) fn learn(&mut self, answer: &Answer) -> Outcome {
        match (answer, &mut self.stage) {
            (Answer::Wares(wares), _) => self.stock(wares),
            (Answer::Sold(receipt), Stage::Selling) => {
                self.stage = Stage::Ticket(Box::new(Ticket::new((**receipt).clone())));
                if self.admits {
                    return Outcome::Ask(Request::AdmitSold(receipt.sold.entry));
                }
            }
            (Answer::NotSold { refusal, wares, supervisors }, Stage::Selling) => {
                let is_up_to_somebody = matches!(refusal, Refusal::AskSupervisor | Refusal::Pin(_));
                self.stage = if is_up_to_somebody && !supervisors.is_empty() { Stage::Supervisor } else { Stage::Form };
                self.problem = Some(Problem::Refused(*refusal));
                self.supervisors.clone_from(supervisors);
                self.stock(wares);
            }
            (answer, Stage::Ticket(ticket)) => return ticket.learn(answer),
            _ => {}
        }
        Outcome::Stay
    }

    /// Takes in that the machine failed: what was asked of it was not done.
    pub(super) fn fail(&mut self) {
        if self.stage == Stage::Selling {
            self.stage = Stage::Form;
            self.problem = Some(Problem::Fault);
        }
    }

    /// Takes in what may be sold, and stays with the type that was chosen.
    fn stock(&mut self, wares: &[Ware]) {
        let chosen: Option<ClassId> = self.ware().map(|ware| ware.class);
        self.wares = Some(wares.to_vec());
        if let Some(at) = chosen.and_then(|class| wares.iter().position(|ware| ware.class == class)) {
            self.choice.set(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::samples;
    use crate::walk_in::form::{EmailMistake, NameMistake};

    #[test]
    fn three_times_enter_sell_to_a_name() {
        let mut screen = opened();
        write(&mut screen, "Ada Lovelace");
        screen.press(Key::Enter);
        screen.press(Key::Enter);
        assert_eq!(screen.at(), At::Class);

        let Outcome::Ask(Request::Sell(order)) = screen.press(Key::Enter) else { panic!("nothing sold") };

        assert_eq!((order.guest.name.as_str(), order.guest.email.as_str()), ("Ada Lovelace", ""));
        assert_eq!((order.class, order.payment), (samples::wares()[0].class, Payment::Cash));
        assert_eq!(screen.press(Key::Enter), Outcome::Stay, "an eager Enter sells no second one");
    }

    #[test]
    fn a_mistake_is_told_at_its_field_and_goes_with_the_next_letter() {
        let mut screen = opened();
        screen.press(Key::Tab);
        write(&mut screen, "ada");
        screen.press(Key::Tab);

        assert_eq!(screen.press(Key::Enter), Outcome::Stay);

        assert_eq!(screen.mistakes().name, Some(NameMistake::Missing));
        assert_eq!(screen.mistakes().email, Some(EmailMistake::NoAddress));
        assert_eq!(screen.at(), At::Name);
        write(&mut screen, "A");
        assert_eq!((screen.mistakes().name, screen.mistakes().email), (None, Some(EmailMistake::NoAddress)));
    }

    #[test]
    fn nothing_written_is_lost_without_a_question() {
        let mut screen = opened();
        assert_eq!(screen.press(Key::Escape), Outcome::Close);
        write(&mut screen, "Ada");

        assert_eq!(screen.press(Key::Escape), Outcome::Stay);
        assert_eq!(*screen.stage(), Stage::AskToDrop);
        assert!(!screen.gives_way());
        screen.press(Key::Char('n'));
        assert_eq!(screen.name().text(), "Ada");
        screen.press(Key::Escape);
        assert_eq!(screen.press(Key::Char('y')), Outcome::Close);
    }

    #[test]
    fn what_is_free_skips_how_it_is_paid() {
        let mut screen = opened();
        go_to(&mut screen, At::Class);
        screen.press(Key::Left);
        assert!(!screen.costs(), "the last of the wares is free");
        assert_eq!(screen.payment(), Payment::Free);

        screen.press(Key::Tab);
        assert_eq!(screen.at(), At::Admit);
        screen.press(Key::BackTab);
        assert_eq!(screen.at(), At::Class);
    }

    #[test]
    fn payment_and_going_in_are_chosen_with_arrows_and_space() {
        let mut screen = opened();
        go_to(&mut screen, At::Payment);
        screen.press(Key::Right);
        assert_eq!(screen.payment(), Payment::Card);
        screen.press(Key::Left);
        screen.press(Key::Left);
        assert_eq!(screen.payment(), Payment::Free);
        screen.press(Key::Tab);
        screen.press(Key::Char(' '));
        assert!(!screen.admits());
    }

    #[test]
    fn after_a_sale_the_ticket_stands_and_the_guest_goes_in() {
        let mut screen = selling();
        let receipt = samples::receipt();

        let outcome = screen.learn(&Answer::Sold(Box::new(receipt.clone())));

        assert_eq!(outcome, Outcome::Ask(Request::AdmitSold(receipt.sold.entry)));
        assert!(matches!(screen.stage(), Stage::Ticket(_)));
        assert!(!screen.gives_way(), "somebody takes a picture of it");
        assert_eq!(screen.press(Key::Enter), Outcome::Ask(Request::Wares));
        assert!(screen.name().is_empty() && *screen.stage() == Stage::Form);
    }

    #[test]
    fn what_is_not_sold_keeps_the_form_and_says_why() {
        let mut screen = selling();
        let wares = vec![Ware { left: 0, ..samples::wares().remove(0) }];

        screen.learn(&Answer::NotSold { refusal: Refusal::NoneLeft, wares, supervisors: vec!["Joan".into()] });

        assert_eq!(screen.problem(), Some(Problem::Refused(Refusal::NoneLeft)));
        assert_eq!((screen.name().text().as_str(), screen.ware().unwrap().left), ("Ada", 0));
        assert_eq!(*screen.stage(), Stage::Form);
    }

    #[test]
    fn a_supervisor_sells_one_more_with_a_pin() {
        let mut screen = selling();
        let refused = |refusal| Answer::NotSold {
            refusal,
            wares: samples::wares(),
            supervisors: vec!["Joan".into(), "Grace".into()],
        };
        screen.learn(&refused(Refusal::AskSupervisor));
        assert_eq!(*screen.stage(), Stage::Supervisor);
        screen.press(Key::Down);
        write(&mut screen, "4711");
        assert_eq!((screen.supervisor(), screen.pin_digits()), (Some((1, "Grace")), 4));

        let Outcome::Ask(Request::Sell(order)) = screen.press(Key::Enter) else { panic!("nothing asked") };

        let supervisor = Supervisor { name: "Grace".into(), pin: Pin::new("4711".into()) };
        assert_eq!((order.guest.name.as_str(), order.supervisor), ("Ada", Some(supervisor)));
        screen.learn(&refused(Refusal::Pin(crate::door::PinRefused::Wrong { left: 4 })));
        assert_eq!((screen.stage(), screen.pin_digits()), (&Stage::Supervisor, 0), "the PIN is typed anew");
        screen.press(Key::Escape);
        assert_eq!(screen.name().text(), "Ada");
    }

    #[test]
    fn a_fault_keeps_the_form_too() {
        let mut screen = selling();

        screen.fail();

        assert_eq!((screen.problem(), screen.stage()), (Some(Problem::Fault), &Stage::Form));
    }

    #[test]
    fn the_chosen_type_stays_chosen_when_the_wares_change() {
        let mut screen = opened();
        go_to(&mut screen, At::Class);
        screen.press(Key::Right);
        let chosen = screen.ware().unwrap().class;
        let mut wares = samples::wares();
        wares.remove(0);

        screen.learn(&Answer::Wares(wares));

        assert_eq!(screen.ware().unwrap().class, chosen);
    }

    fn opened() -> WalkIn {
        let (mut screen, _) = WalkIn::open();
        screen.learn(&Answer::Wares(samples::wares()));
        screen
    }

    fn selling() -> WalkIn {
        let mut screen = opened();
        write(&mut screen, "Ada");
        go_to(&mut screen, At::Class);
        screen.press(Key::Enter);
        assert_eq!(*screen.stage(), Stage::Selling);
        screen
    }

    fn write(screen: &mut WalkIn, text: &str) {
        text.chars().for_each(|letter| _ = screen.press(Key::Char(letter)));
    }

    fn go_to(screen: &mut WalkIn, at: At) {
        while screen.at() != at {
            screen.press(Key::Tab);
        }
    }
}
