//! An event's rules, as the POLICY entry of the feed carries them: JSON, at most 256 KiB.
//!
//! Everything is an instant in UTC: nobody at the door computes with time zones. The zone's name is
//! here only so that screens can show the event's own time.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::bytes::DecodeError;
use crate::id::{ClassId, GateId, TicketId, ZoneId};
use crate::journal::entry::OPERATOR_BYTES_MAX;
use crate::time::{UnixMillis, Window};

/// The longest POLICY body.
pub const POLICY_BYTES_MAX: usize = 256 * 1024;
/// The most gates an event has.
pub const GATES_MAX: usize = 1_024;
/// The most zones an event has.
pub const ZONES_MAX: usize = 1_024;
/// The most ticket types an event has.
pub const CLASSES_MAX: usize = 65_535;
/// The longest name of an event, gate, zone or ticket type.
pub const NAME_BYTES_MAX: usize = 800;
/// The most supervisors an event has.
pub const SUPERVISORS_MAX: usize = 100;
/// The longest hash of a supervisor's PIN.
pub const PIN_BYTES_MAX: usize = 200;

/// The rules of one event.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The event's name, for screens.
    pub event: String,
    /// The IANA name of the event's time zone, for screens.
    pub time_zone: String,
    /// When the event begins.
    pub starts: UnixMillis,
    /// When the event ends.
    pub ends: UnixMillis,
    /// What gates lead into.
    pub zones: Vec<Zone>,
    /// Entrances.
    pub gates: Vec<Gate>,
    /// Ticket types.
    pub classes: Vec<Class>,
    /// Times and numbers.
    #[serde(default)]
    pub limits: Limits,
    /// Choices.
    #[serde(default)]
    pub switches: Switches,
    /// Who may decide against a finding where the rules ask for a supervisor. Without any, a device
    /// with the capability decides by itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub supervisors: Vec<Supervisor>,
}

/// What a gate leads into.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Zone {
    /// Its number.
    pub id: ZoneId,
    /// Its name.
    pub name: String,
    /// How many people may be inside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<u32>,
}

/// An entrance.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    /// Its number.
    pub id: GateId,
    /// Its name.
    pub name: String,
    /// What it leads into.
    pub zone: ZoneId,
}

/// A ticket type as the door sees it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Class {
    /// Its number.
    pub id: ClassId,
    /// Its name.
    pub name: String,
    /// The zones it opens; none means every zone.
    #[serde(default)]
    pub zones: Vec<ZoneId>,
    /// The gates it may use; none means every gate of its zones.
    #[serde(default)]
    pub gates: Vec<GateId>,
    /// When it may enter; none means at any time.
    #[serde(default)]
    pub windows: Vec<Window>,
    /// How often it may enter.
    #[serde(default)]
    pub uses: Uses,
    /// Whether it may come back.
    #[serde(default)]
    pub re_entry: ReEntry,
    /// Whether an unsure clock keeps its holder out until staff decide.
    #[serde(default)]
    pub strict_clock: bool,
    /// The one gate that admits it while the terminal has no link, where the policy says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home_gate: Option<GateId>,
    /// What it costs at the door; nothing is free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
}

/// An amount of money.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// In the currency's minor unit.
    pub amount: u32,
    /// ISO 4217: three capital letters.
    pub currency: String,
}

/// A person who may decide against a finding.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Supervisor {
    /// What they are called at the door, unlike every other supervisor; at most 128 bytes.
    pub name: String,
    /// Their PIN as an Argon2id hash in PHC form; at most [`PIN_BYTES_MAX`] bytes.
    pub pin: String,
}

/// How often a ticket may enter.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Uses {
    /// The most admissions in one period; none means any number.
    pub limit: Option<u32>,
    /// The spans that are counted apart (days, slots); none means the whole event is one.
    #[serde(default)]
    pub periods: Vec<Window>,
}

impl Default for Uses {
    fn default() -> Self {
        Self { limit: Some(1), periods: Vec::new() }
    }
}

/// Whether a ticket may come back.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReEntry {
    /// Once in, a ticket does not come in again, even after it was seen going out.
    #[default]
    Forbidden,
    /// It comes in again after it was seen going out, as often as its uses last.
    AfterExit,
    /// It comes in again whether or not anybody saw it going out, as often as its uses last.
    Free,
}

/// Times and numbers of a policy.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// The same ticket at the same device within this time is one presentation, in ms.
    pub repeat_ms: u64,
    /// How long a terminal waits for a claim, in ms.
    pub claim_ms: u64,
    /// How long past its head's validity a list may still admit, in ms.
    pub max_offline_ms: u64,
    /// The clock error above which the clock is unsure, in ms.
    pub max_uncertainty_ms: u64,
    /// What windows are widened by at both ends, in ms.
    pub grace_ms: u64,
    /// How many tickets that are not in its list one device may admit.
    pub unlisted_cap: u32,
    /// How many tickets one device may sell without a right, where the policy says `overflow`.
    #[serde(skip_serializing_if = "is_usual_overflow_cap")]
    pub walk_in_overflow_cap: u32,
}

/// Sales without a right that one device may make, where nothing else is said.
const WALK_IN_OVERFLOW_CAP: u32 = 20;

impl Default for Limits {
    fn default() -> Self {
        Self {
            repeat_ms: 5_000,
            claim_ms: 400,
            max_offline_ms: 12 * 3_600_000,
            max_uncertainty_ms: 120_000,
            grace_ms: 0,
            unlisted_cap: 200,
            walk_in_overflow_cap: WALK_IN_OVERFLOW_CAP,
        }
    }
}

/// Choices of a policy.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Switches {
    /// Unpaid tickets are admitted.
    pub admit_unpaid: bool,
    /// What happens to signed tickets that the list does not hold yet.
    pub unlisted: Unlisted,
    /// Who may check in without a code.
    pub manual: Manual,
    /// While a terminal has no link, each ticket enters only at its home gate: these gates share
    /// the tickets by their number where the class names none. Empty switches it off, unless a
    /// class names one.
    pub home_gates: Vec<GateId>,
    /// What happens to a walk-in when the terminal has no right left.
    #[serde(skip_serializing_if = "WalkIn::is_deny")]
    pub walk_in: WalkIn,
}

/// What happens to signed tickets that the list does not hold yet.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unlisted {
    /// Admitted, flagged, up to the device's cap.
    #[default]
    Admit,
    /// Denied.
    Deny,
}

/// Who may check in a ticket by its typed code or by its holder's name.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Manual {
    /// Anybody at the door.
    #[default]
    Door,
    /// A supervisor.
    Supervisor,
    /// Nobody.
    Never,
}

/// What happens to a walk-in when the terminal has no right left.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WalkIn {
    /// Nothing is sold.
    #[default]
    Deny,
    /// A supervisor may sell.
    Supervisor,
    /// Sold and flagged, up to the device's cap.
    Overflow,
}

impl WalkIn {
    // Serde hands a reference.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    fn is_deny(&self) -> bool {
        *self == Self::Deny
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
const fn is_usual_overflow_cap(cap: &u32) -> bool {
    *cap == WALK_IN_OVERFLOW_CAP
}

impl Policy {
    /// Reads a POLICY body and checks that everything it names exists.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] if it is too long, not this JSON, or names what is not there.
    pub fn decode(body: &[u8]) -> Result<Self, DecodeError> {
        if body.len() > POLICY_BYTES_MAX {
            return Err(DecodeError::TooLong("policy"));
        }
        let policy: Self = serde_json::from_slice(body).map_err(|_| DecodeError::Invalid("policy"))?;
        policy.check()?;
        Ok(policy)
    }

    /// Returns the POLICY body.
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a policy holds nothing that JSON lacks")
    }

    /// Checks that ids are unique, counts within their limits, and that everything named exists.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] naming the part.
    pub fn check(&self) -> Result<(), DecodeError> {
        unique(self.zones.iter().map(|zone| zone.id), ZONES_MAX, "zones")?;
        unique(self.gates.iter().map(|gate| gate.id), GATES_MAX, "gates")?;
        unique(self.classes.iter().map(|class| class.id), CLASSES_MAX, "classes")?;
        let names = self.zones.iter().map(|z| &z.name).chain(self.gates.iter().map(|g| &g.name));
        let mut names = names.chain(self.classes.iter().map(|c| &c.name)).chain([&self.event, &self.time_zone]);
        if names.any(|name| name.len() > NAME_BYTES_MAX || !crate::text::is_plain(name)) {
            return Err(DecodeError::Invalid("name"));
        }
        if self.ends <= self.starts {
            return Err(DecodeError::Invalid("ends"));
        }
        let gates = |ids: &[GateId]| ids.iter().all(|id| self.gate(*id).is_some());
        let zones = |ids: &[ZoneId]| ids.iter().all(|id| self.zone(*id).is_some());
        if !self.gates.iter().all(|gate| self.zone(gate.zone).is_some()) || !gates(&self.switches.home_gates) {
            return Err(DecodeError::Invalid("gates"));
        }
        let holds =
            |class: &Class| zones(&class.zones) && gates(&class.gates) && class.home_gate.is_none_or(|g| gates(&[g]));
        if !self.classes.iter().all(holds) {
            return Err(DecodeError::Invalid("classes"));
        }
        if !self.classes.iter().filter_map(|class| class.price.as_ref()).all(Price::is_valid) {
            return Err(DecodeError::Invalid("price"));
        }
        unique(self.supervisors.iter().map(|supervisor| &supervisor.name), SUPERVISORS_MAX, "supervisors")?;
        if self.supervisors.iter().all(Supervisor::is_valid) {
            Ok(())
        } else {
            Err(DecodeError::Invalid("supervisors"))
        }
    }

    /// Returns the gate of that number.
    pub fn gate(&self, id: GateId) -> Option<&Gate> {
        self.gates.iter().find(|gate| gate.id == id)
    }

    /// Returns the zone of that number.
    pub fn zone(&self, id: ZoneId) -> Option<&Zone> {
        self.zones.iter().find(|zone| zone.id == id)
    }

    /// Returns the ticket type of that number.
    pub fn class(&self, id: ClassId) -> Option<&Class> {
        self.classes.iter().find(|class| class.id == id)
    }

    /// Returns the gate that alone admits `ticket` while a terminal has no link, if the policy has
    /// such a rule for it.
    pub fn home_gate(&self, ticket: TicketId, class: ClassId) -> Option<GateId> {
        let of_class = self.class(class).and_then(|class| class.home_gate);
        of_class.or_else(|| {
            let count = u64::try_from(self.switches.home_gates.len()).ok().filter(|count| *count > 0)?;
            let [a, b, c, d, e, f, g, h, ..] = crate::hash::sha256(&[&ticket.0.to_be_bytes()]);
            let at = u64::from_be_bytes([a, b, c, d, e, f, g, h]) % count;
            self.switches.home_gates.get(usize::try_from(at).ok()?).copied()
        })
    }
}

impl Price {
    fn is_valid(&self) -> bool {
        self.currency.len() == 3 && self.currency.bytes().all(|letter| letter.is_ascii_uppercase())
    }
}

impl Supervisor {
    fn is_valid(&self) -> bool {
        let (name, pin) = (&self.name, &self.pin);
        !name.is_empty()
            && name.len() <= OPERATOR_BYTES_MAX
            && crate::text::is_plain(name)
            && pin.starts_with("$argon2id$")
            && pin.len() <= PIN_BYTES_MAX
            && pin.bytes().all(|byte| byte.is_ascii_graphic())
    }
}

impl Class {
    /// Returns which of the counted periods `at` lies in: its window, or `None` for the time
    /// outside all of them, which is counted as one.
    pub fn period(&self, at: UnixMillis) -> Option<&Window> {
        self.uses.periods.iter().find(|period| period.contains(at))
    }

    /// Whether both instants are counted together.
    pub fn same_period(&self, a: UnixMillis, b: UnixMillis) -> bool {
        self.period(a) == self.period(b)
    }
}

fn unique<T: Ord>(ids: impl Iterator<Item = T>, max: usize, what: &'static str) -> Result<(), DecodeError> {
    let mut ids: Vec<T> = ids.collect();
    if ids.len() > max {
        return Err(DecodeError::TooLong(what));
    }
    ids.sort_unstable();
    if ids.windows(2).any(|pair| matches!(pair, [a, b] if a == b)) { Err(DecodeError::Invalid(what)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use alloc::vec;

    fn policy() -> Policy {
        Policy {
            event: "RustConf".to_string(),
            time_zone: "Europe/Berlin".to_string(),
            starts: UnixMillis(0),
            ends: UnixMillis(1_000),
            zones: vec![Zone { id: ZoneId(0), name: "Hall".to_string(), capacity: None }],
            gates: vec![Gate { id: GateId(0), name: "Main".to_string(), zone: ZoneId(0) }],
            classes: vec![Class {
                id: ClassId(0),
                name: "Day pass".to_string(),
                zones: vec![ZoneId(0)],
                gates: vec![],
                windows: vec![],
                uses: Uses::default(),
                re_entry: ReEntry::Forbidden,
                strict_clock: false,
                home_gate: None,
                price: None,
            }],
            limits: Limits::default(),
            switches: Switches::default(),
            supervisors: vec![],
        }
    }

    #[test]
    fn a_policy_reads_back() {
        assert_eq!(Policy::decode(&policy().encode()), Ok(policy()));
    }

    #[test]
    fn a_policy_with_a_word_that_the_rules_do_not_have_is_refused() {
        let mut dated = policy();
        dated.classes[0].windows = vec![Window::new(UnixMillis(1), UnixMillis(2)).unwrap()];
        let text = alloc::string::String::from_utf8(dated.encode()).unwrap();
        assert_eq!(Policy::decode(text.as_bytes()), Ok(dated));
        for (word, with_more) in
            [(r#""name":"Hall""#, r#""name":"Hall","colour":1"#), (r#""from":1"#, r#""from":1,"zone":"UTC""#)]
        {
            assert!(text.contains(word));
            assert!(Policy::decode(text.replace(word, with_more).as_bytes()).is_err(), "{word}");
        }
        assert!(Policy::decode(&[text.as_bytes(), b"1"].concat()).is_err());
    }

    #[test]
    fn a_policy_without_sales_at_the_door_keeps_its_bytes() {
        let text = alloc::string::String::from_utf8(policy().encode()).unwrap();
        for word in ["walk_in", "walk_in_overflow_cap", "price", "supervisors"] {
            assert!(!text.contains(word), "{word}");
        }
    }

    #[test]
    fn a_policy_with_sales_at_the_door_reads_back_and_is_refused_where_it_is_unclear() {
        let mut selling = policy();
        selling.classes[0].price = Some(Price { amount: 1_200, currency: "EUR".to_string() });
        selling.switches.walk_in = WalkIn::Overflow;
        selling.limits.walk_in_overflow_cap = 5;
        let pin = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA".to_string();
        selling.supervisors = vec![Supervisor { name: "Ada".to_string(), pin }];
        assert_eq!(Policy::decode(&selling.encode()), Ok(selling.clone()));

        for currency in ["", "eur", "EURO"] {
            let mut broken = selling.clone();
            broken.classes[0].price = Some(Price { amount: 1, currency: currency.to_string() });
            assert_eq!(broken.check(), Err(DecodeError::Invalid("price")));
        }
        let mut twice = selling.clone();
        twice.supervisors.push(twice.supervisors[0].clone());
        assert_eq!(twice.check(), Err(DecodeError::Invalid("supervisors")));
        let mut nameless = selling.clone();
        nameless.supervisors[0].name.clear();
        assert_eq!(nameless.check(), Err(DecodeError::Invalid("supervisors")));
        selling.supervisors[0].pin = "1234".to_string();
        assert_eq!(selling.check(), Err(DecodeError::Invalid("supervisors")));
    }

    #[test]
    fn a_policy_that_names_what_is_not_there_is_refused() {
        let mut broken = policy();
        broken.gates[0].zone = ZoneId(9);
        assert_eq!(broken.check(), Err(DecodeError::Invalid("gates")));
        let mut broken = policy();
        broken.classes[0].gates = vec![GateId(4)];
        assert_eq!(broken.check(), Err(DecodeError::Invalid("classes")));
        let mut broken = policy();
        broken.zones.push(broken.zones[0].clone());
        assert_eq!(broken.check(), Err(DecodeError::Invalid("zones")));
    }

    #[test]
    fn every_ticket_has_one_home_gate_and_the_class_comes_first() {
        let mut policy = policy();
        assert_eq!(policy.home_gate(TicketId(1), ClassId(0)), None);
        policy.gates.push(Gate { id: GateId(1), name: "West".to_string(), zone: ZoneId(0) });
        policy.switches.home_gates = vec![GateId(0), GateId(1)];
        let homes: Vec<_> = (0..64).filter_map(|n| policy.home_gate(TicketId(n), ClassId(0))).collect();
        assert_eq!(homes.len(), 64);
        assert!(homes.contains(&GateId(0)) && homes.contains(&GateId(1)));
        policy.classes[0].home_gate = Some(GateId(1));
        assert_eq!(policy.home_gate(TicketId(1), ClassId(0)), Some(GateId(1)));
    }
}
