//! Who decides where the rules want a supervisor: somebody with a PIN, or a device that is
//! trusted with it.

use argon2::password_hash::PasswordVerifier as _;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, Version};
use sync_protocol::certificate::Capabilities;
use sync_protocol::journal::event::IncidentKind;
use sync_protocol::journal::{Entry, EntryKind};
use sync_protocol::policy::Policy;
use sync_protocol::time::Uptime;

use super::Gate;
use crate::cache::Store;
use crate::clock::Moment;
use crate::door::{Fault, PinRefused, Supervisor};

/// How many wrong PINs make a pause.
pub const WRONG_PINS_MAX: u32 = 5;
/// How long the pause is, in ms.
pub const PAUSE_MS: u64 = 60_000;
/// The most memory that checking a PIN may take, in KiB, and the most passes: whoever waits at the
/// door waits for it.
const COST_MAX: (u32, u32) = (64 * 1024, 4);

/// Who decided. Made by [`Gate::supervised`] alone, so that nobody is taken for a supervisor who
/// was not checked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Approval {
    /// The supervisor; none where the device itself is trusted with it.
    name: Option<String>,
}

impl Approval {
    /// Returns what an entry's note says: the supervisor, then the reason.
    pub fn note(&self, reason: &str) -> String {
        self.name.as_ref().map_or_else(|| reason.to_owned(), |name| format!("Supervisor {name}: {reason}"))
    }
}

/// Counts wrong PINs. All supervisors of a terminal share one count.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct WrongPins {
    count: u32,
    paused_until: Option<Uptime>,
}

/// What a try at a PIN comes to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Tried {
    Right,
    Refused(PinRefused),
    /// The last wrong one before the pause.
    PauseBegins,
}

impl WrongPins {
    fn left_ms(&self, now: Uptime) -> Option<u64> {
        self.paused_until.map(|until| until.0.saturating_sub(now.0)).filter(|left| *left > 0)
    }

    fn note(&mut self, is_right: bool, now: Uptime) -> Tried {
        if is_right {
            *self = Self::default();
            return Tried::Right;
        }
        self.count += 1;
        if self.count < WRONG_PINS_MAX {
            return Tried::Refused(PinRefused::Wrong { left: WRONG_PINS_MAX - self.count });
        }
        *self = Self { count: 0, paused_until: Some(now.plus(PAUSE_MS)) };
        Tried::PauseBegins
    }
}

impl Gate {
    /// Checks that somebody is here who may decide what the rules leave to supervisors: one whom
    /// the rules name, by the PIN, or, where they name none, this device with its capability.
    ///
    /// Takes some ten milliseconds for a PIN. Too many wrong ones are written down and make a
    /// pause. `None` means that a supervisor has to be named.
    ///
    /// # Errors
    ///
    /// [`Fault`] if too many wrong PINs can't be written down.
    pub fn supervised(
        &mut self,
        supervisor: Option<&Supervisor>,
        policy: &Policy,
        moment: &Moment,
    ) -> Result<Result<Approval, Option<PinRefused>>, Fault> {
        let Some(supervisor) = supervisor else {
            let is_trusted = policy.supervisors.is_empty() && self.is_supervisor();
            return Ok(if is_trusted { Ok(Approval { name: None }) } else { Err(None) });
        };
        let now = moment.here.up;
        if let Some(left_ms) = self.wrong_pins.left_ms(now) {
            return Ok(Err(Some(PinRefused::Paused { left_ms })));
        }
        let Some(known) = policy.supervisors.iter().find(|known| known.name == supervisor.name) else {
            return Ok(Err(Some(PinRefused::Unknown)));
        };
        match self.wrong_pins.note(is_right(&known.pin, supervisor.pin.digits()), now) {
            Tried::Right => Ok(Ok(Approval { name: Some(known.name.clone()) })),
            Tried::Refused(refused) => Ok(Err(Some(refused))),
            Tried::PauseBegins => {
                self.append(wrong_pins(&known.name), moment)?;
                Ok(Err(Some(PinRefused::Paused { left_ms: PAUSE_MS })))
            }
        }
    }

    /// Whether this device is trusted with what supervisors decide.
    pub fn is_supervisor(&self) -> bool {
        self.store.certificate().capabilities.has(Capabilities::SUPERVISOR)
    }
}

fn wrong_pins(name: &str) -> Entry {
    let mut entry = Store::draft(EntryKind::Incident);
    entry.reason = IncidentKind::WrongPins.reason();
    entry.note = Some(format!("{WRONG_PINS_MAX} wrong PINs in a row, the last for {name}"));
    entry
}

/// Whether `digits` are the PIN that was hashed to `hash`. A hash that is none, or that would take
/// too long, is nobody's.
fn is_right(hash: &str, digits: &str) -> bool {
    let Ok(hash) = PasswordHash::new(hash) else { return false };
    let Ok(params) = Params::try_from(&hash) else { return false };
    let (memory_kib_max, passes_max) = COST_MAX;
    if params.m_cost() > memory_kib_max || params.t_cost() > passes_max {
        return false;
    }
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params).verify_password(digits.as_bytes(), &hash).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use argon2::password_hash::PasswordHasher as _;

    fn hashed(digits: &str, memory_kib: u32) -> String {
        let params = Params::new(memory_kib, 1, 1, None).unwrap();
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        argon2.hash_password(digits.as_bytes()).unwrap().to_string()
    }

    #[test]
    fn the_right_pin_opens_and_any_other_does_not() {
        let hash = hashed("4711", 8);

        assert!(is_right(&hash, "4711"));
        assert!(!is_right(&hash, "4712") && !is_right(&hash, "") && !is_right("4711", "4711"));
    }

    #[test]
    fn a_hash_that_would_keep_the_door_waiting_is_nobodys() {
        assert!(!is_right(&hashed("4711", 65 * 1024), "4711"));
    }

    #[test]
    fn the_fifth_wrong_pin_makes_a_pause_and_a_right_one_begins_anew() {
        let mut pins = WrongPins::default();
        for left in [4, 3, 2, 1] {
            assert_eq!(pins.note(false, Uptime(1_000)), Tried::Refused(PinRefused::Wrong { left }));
        }
        let mut forgiven = pins;
        assert_eq!(forgiven.note(true, Uptime(1_000)), Tried::Right);
        assert_eq!(forgiven.note(false, Uptime(1_000)), Tried::Refused(PinRefused::Wrong { left: 4 }));

        assert_eq!(pins.note(false, Uptime(1_000)), Tried::PauseBegins);
        assert_eq!(pins.left_ms(Uptime(1_001)), Some(PAUSE_MS - 1));
        assert_eq!(pins.left_ms(Uptime(1_000 + PAUSE_MS)), None);
    }
}
