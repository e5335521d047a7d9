//! Who is at the terminal, and the PIN that locks its screen.
//!
//! A session begins when the passphrase has opened the store, and ends when the keys leave memory.
//! The PIN belongs to the session alone: it is kept as a hash in memory, unlocks a screen and opens
//! no store, and after [`TRIES`] wrong ones the session is over (section 9).

use std::fmt;

use argon2::{Algorithm, Argon2, Params, Version};
use subtle::ConstantTimeEq as _;
use sync_protocol::journal::entry::OPERATOR_BYTES_MAX;
use sync_protocol::text;
use zeroize::Zeroizing;

/// The fewest digits of a PIN.
pub const PIN_DIGITS_MIN: usize = 4;
/// The most digits of a PIN.
pub const PIN_DIGITS_MAX: usize = 12;
/// How many wrong PINs end the session.
pub const TRIES: u8 = 5;
/// What checking one PIN costs: memory in KiB and passes. Its only guesser stands before the
/// terminal and has [`TRIES`]; this is for memory that somebody else got to read.
const PIN_COST: (u32, u32) = (19 * 1024, 2);

/// What somebody typed as a PIN. Wiped when it goes, and never printed.
#[derive(Clone, Eq, PartialEq)]
pub struct Digits(Zeroizing<String>);

/// Not 4 to 12 digits.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a PIN has {PIN_DIGITS_MIN} to {PIN_DIGITS_MAX} digits")]
pub struct NoPin;

impl Digits {
    /// Checks that `text` is a PIN.
    ///
    /// # Errors
    ///
    /// [`NoPin`] if it is not 4 to 12 digits.
    pub fn new(text: &str) -> Result<Self, NoPin> {
        let is_pin =
            (PIN_DIGITS_MIN..=PIN_DIGITS_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        if is_pin { Ok(Self(Zeroizing::new(text.to_owned()))) } else { Err(NoPin) }
    }
}

impl fmt::Debug for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digits(..)")
    }
}

/// A PIN as it is kept.
struct Pin {
    salt: [u8; 16],
    hash: Zeroizing<[u8; 32]>,
}

impl Pin {
    fn new(digits: &Digits) -> Self {
        let salt = rand::random();
        Self { salt, hash: derive(digits, &salt) }
    }

    fn is(&self, digits: &Digits) -> bool {
        self.hash.ct_eq(&*derive(digits, &self.salt)).into()
    }
}

fn derive(digits: &Digits, salt: &[u8; 16]) -> Zeroizing<[u8; 32]> {
    let (memory, passes) = PIN_COST;
    let params = Params::new(memory, passes, 1, Some(32)).expect("the cost is within Argon2's limits");
    let mut hash = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(digits.0.as_bytes(), salt, hash.as_mut_slice())
        .expect("salt and length are within Argon2's limits");
    hash
}

/// What a locked terminal still does.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum WhileLocked {
    /// It decides about what is scanned, and shows nothing else.
    #[default]
    Scan,
    /// It decides nothing.
    Rest,
}

/// What came of a PIN.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unlocking {
    /// The screen is open.
    Open,
    /// Wrong; so many tries are left.
    Wrong {
        /// At least 1.
        left: u8,
    },
    /// Wrong for the last time: the keys must leave memory.
    Sealed,
}

/// One session.
#[derive(Default)]
pub struct Session {
    operator: Option<String>,
    pin: Option<Pin>,
    while_locked: WhileLocked,
    state: State,
    wrong: u8,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum State {
    #[default]
    Open,
    Locked,
    Sealed,
}

/// Says nothing of the PIN.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("has_pin", &self.has_pin()).field("state", &self.state).finish_non_exhaustive()
    }
}

impl Session {
    /// Returns an open session of nobody in particular.
    pub fn new(while_locked: WhileLocked) -> Self {
        Self { while_locked, ..Self::default() }
    }

    /// Returns who is at the terminal.
    pub fn operator(&self) -> Option<&str> {
        self.operator.as_deref()
    }

    /// Says who is at the terminal; a name without letters is nobody. Returns whether that is news.
    pub fn set_operator(&mut self, name: &str) -> bool {
        let name = Some(text::tidy(name, OPERATOR_BYTES_MAX)).filter(|name| !name.is_empty());
        let is_new = self.operator != name;
        self.operator = name;
        is_new
    }

    /// Whether the screen can be locked.
    pub const fn has_pin(&self) -> bool {
        self.pin.is_some()
    }

    /// Sets the PIN that unlocks the screen.
    pub fn set_pin(&mut self, digits: &Digits) {
        self.pin = Some(Pin::new(digits));
        self.wrong = 0;
    }

    /// Locks the screen. Returns whether it is news; without a PIN it stays open.
    pub fn lock(&mut self) -> bool {
        let is_news = self.state == State::Open && self.pin.is_some();
        if is_news {
            self.state = State::Locked;
        }
        is_news
    }

    /// Tries a PIN on a locked screen.
    pub fn unlock(&mut self, digits: &Digits) -> Unlocking {
        match (self.state, &self.pin) {
            (State::Sealed, _) => Unlocking::Sealed,
            (State::Open, _) | (State::Locked, None) => Unlocking::Open,
            (State::Locked, Some(pin)) if pin.is(digits) => {
                (self.state, self.wrong) = (State::Open, 0);
                Unlocking::Open
            }
            (State::Locked, Some(_)) => {
                self.wrong += 1;
                match TRIES.saturating_sub(self.wrong) {
                    0 => {
                        self.state = State::Sealed;
                        Unlocking::Sealed
                    }
                    left => Unlocking::Wrong { left },
                }
            }
        }
    }

    /// Whether the screen is locked, or the session over.
    pub const fn is_locked(&self) -> bool {
        !matches!(self.state, State::Open)
    }

    /// Whether the session is over: nothing may be done before the passphrase was given again.
    pub const fn is_sealed(&self) -> bool {
        matches!(self.state, State::Sealed)
    }

    /// Whether what is scanned is decided about.
    pub const fn decides(&self) -> bool {
        match self.state {
            State::Open => true,
            State::Locked => matches!(self.while_locked, WhileLocked::Scan),
            State::Sealed => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_digits_are_a_pin() {
        for text in ["123", "1234567890123", "12a4", "12 34", "", "１２３４"] {
            assert_eq!(Digits::new(text), Err(NoPin), "{text}");
        }
        assert!(Digits::new("1234").is_ok() && Digits::new("123456789012").is_ok());
        assert_eq!(format!("{:?}", digits("1234")), "Digits(..)");
    }

    #[test]
    fn the_pin_unlocks_and_forgives_mistakes_before_it() {
        let mut session = locked();
        assert_eq!(session.unlock(&digits("9999")), Unlocking::Wrong { left: 4 });
        assert_eq!(session.unlock(&digits("1234")), Unlocking::Open);
        assert!(!session.is_locked());

        session.lock();

        assert_eq!(session.unlock(&digits("9999")), Unlocking::Wrong { left: 4 });
    }

    #[test]
    fn the_fifth_wrong_pin_ends_the_session_for_good() {
        let mut session = locked();
        for left in (1..TRIES).rev() {
            assert_eq!(session.unlock(&digits("9999")), Unlocking::Wrong { left });
        }

        assert_eq!(session.unlock(&digits("9999")), Unlocking::Sealed);
        assert_eq!(session.unlock(&digits("1234")), Unlocking::Sealed);
        assert!(session.is_locked() && session.is_sealed() && !session.decides());
    }

    #[test]
    fn without_a_pin_nothing_locks() {
        let mut session = Session::default();

        assert!(!session.lock() && !session.is_locked());
    }

    #[test]
    fn a_locked_terminal_goes_on_scanning_unless_told_to_rest() {
        assert!(locked().decides());

        let mut resting = Session::new(WhileLocked::Rest);
        resting.set_pin(&digits("1234"));
        assert!(resting.decides());
        resting.lock();
        assert!(!resting.decides());
    }

    #[test]
    fn an_operators_name_is_tidied_and_no_name_is_nobody() {
        let mut session = Session::default();

        assert!(session.set_operator(" \u{1b} Ada Lovelace "));
        assert_eq!(session.operator(), Some("Ada Lovelace"));
        assert!(!session.set_operator("Ada Lovelace"));
        assert!(session.set_operator("   "));
        assert_eq!(session.operator(), None);
    }

    fn digits(text: &str) -> Digits {
        Digits::new(text).unwrap()
    }

    fn locked() -> Session {
        let mut session = Session::default();
        session.set_pin(&digits("1234"));
        assert!(session.lock());
        session
    }
}
