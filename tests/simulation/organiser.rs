//! What organisers do to the event, and the tickets that guests then hold.

use ed25519_dalek::SigningKey;
use sync_protocol::{
    certificate::{Capabilities, Certificate},
    feed::{
        Body,
        entry::{DeviceStatus, KeyPurpose, TicketRow},
    },
    id::{ClassId, DeviceNo, EventId, GateId, Issue, Kid, TicketId, ZoneId},
    key::public_key,
    policy::{Class, Gate, Limits, Policy, Price, ReEntry, Switches, Unlisted, Uses, WalkIn, Zone},
    ticket::{Claims, KeyState, credential::Signer},
    time::{UnixMillis, Window},
    verdict::{Row, TicketStatus},
};

use crate::{
    env::{Crashed, Env},
    rng::Rng,
    server::{DOOR_CLASS, Database, EVENT, Server, server_key},
    terminal::Terminal,
};

const OTHER_EVENT: EventId = EventId([9; 16]);
const KID: Kid = Kid(1);
/// How many tickets are sold before the doors open.
const FIRST_TICKETS: usize = 40;

/// A ticket as the organiser knows it.
#[derive(Clone, Copy)]
struct Sold {
    ticket: TicketId,
    row: Row,
}

/// The organiser's office: what was sold, and every code that guests hold.
pub(crate) struct Office {
    pub(crate) policy: Policy,
    sold: Vec<Sold>,
    /// Texts of credentials, the genuine ones oldest first.
    pub(crate) codes: Vec<String>,
    /// Texts that nobody may be admitted with.
    pub(crate) bad_codes: Vec<String>,
}

fn ticket_key() -> SigningKey {
    SigningKey::from_bytes(&[5; 32])
}

fn policy(start: u64) -> Policy {
    let slots = (0..6).map(|n| Window::new(UnixMillis(start + n * 300_000), UnixMillis(start + (n + 1) * 300_000)));
    let class = |id: u16, limit, re_entry| Class {
        id: ClassId(id),
        name: format!("class {id}"),
        zones: Vec::new(),
        gates: Vec::new(),
        windows: Vec::new(),
        uses: Uses { limit, periods: Vec::new() },
        re_entry,
        strict_clock: false,
        home_gate: None,
        price: None,
    };
    let mut by_slot = class(3, Some(1), ReEntry::Forbidden);
    by_slot.uses.periods = slots.map(|slot| slot.expect("a slot has a length")).collect();
    Policy {
        event: "Simulation".into(),
        time_zone: "Etc/UTC".into(),
        starts: UnixMillis(start),
        ends: UnixMillis(start + 86_400_000),
        zones: (0..2).map(|id| Zone { id: ZoneId(id), name: format!("zone {id}"), capacity: None }).collect(),
        gates: (0..3).map(|id| Gate { id: GateId(id), name: format!("gate {id}"), zone: ZoneId(id / 2) }).collect(),
        classes: vec![
            class(0, Some(1), ReEntry::Forbidden),
            class(1, Some(3), ReEntry::AfterExit),
            class(2, Some(2), ReEntry::Free),
            by_slot,
        ],
        limits: Limits::default(),
        switches: Switches::default(),
        supervisors: vec![],
    }
}

/// Adds the type that the doors sell, and what they do where no place is left.
fn sell_at_the_doors(policy: &mut Policy, rng: &mut Rng) {
    let Some(first) = policy.classes.first() else { return };
    let price = Some(Price { amount: 1_200, currency: "EUR".into() });
    policy.classes.push(Class { id: DOOR_CLASS, name: "at the door".into(), price, ..first.clone() });
    if rng.chance(300) {
        policy.switches.walk_in = WalkIn::Overflow;
        policy.limits.walk_in_overflow_cap = 3;
    }
}

impl Office {
    /// Opens an event with its first tickets.
    pub(crate) fn open(env: &mut Env, server: &mut Server) -> Self {
        let mut policy = policy(env.now);
        if env.sells {
            sell_at_the_doors(&mut policy, &mut env.rng);
        }
        let mut office = Self { policy, sold: Vec::new(), codes: Vec::new(), bad_codes: Vec::new() };
        let key = public_key(&ticket_key()).to_bytes();
        let database = &mut server.database;
        database.append(&Body::Policy(office.policy.clone()));
        database.append(&Body::Key { kid: KID, purpose: KeyPurpose::Ticket, state: KeyState::Active, key });
        for _ in 0..FIRST_TICKETS {
            office.sell_in(database, env);
        }
        office
    }

    /// Enrols a terminal and returns its certificate.
    pub(crate) fn enrol(env: &Env, server: &mut Server, terminal: &Terminal) -> Certificate {
        let key = public_key(&terminal.key);
        let certificate = Certificate {
            event: EVENT,
            device: terminal.device,
            number: terminal.no,
            sign_key: key,
            tls_key: [terminal.no.0 as u8; 32],
            capabilities: if env.sells { Capabilities::SCAN.and(Capabilities::WALK_IN) } else { Capabilities::SCAN },
            validity: Window::new(UnixMillis(0), UnixMillis(env.now + 86_400_000)).expect("it ends after 1970"),
            gates: Vec::new(),
            walk_in_classes: if env.sells { vec![DOOR_CLASS] } else { Vec::new() },
        };
        server.enrol(terminal.device, terminal.no, key, certificate.sign(&server_key()));
        certificate
    }

    /// Sells a ticket of the type that the doors sell too, if there is a place.
    pub(crate) fn sell_place(&mut self, env: &mut Env, server: &mut Server) -> Result<(), Crashed> {
        server.change(env, |database, env| {
            if database.take_place(env) {
                env.count("sold in advance");
                self.sell(database, env, DOOR_CLASS);
            }
        })
    }

    /// Does something, and may find the server gone in the middle of it.
    pub(crate) fn act(&mut self, env: &mut Env, server: &mut Server) -> Result<(), Crashed> {
        if !server.is_running() {
            return Ok(());
        }
        match env.rng.below(14) {
            0..=5 => server.change(env, |database, env| self.sell_in(database, env)),
            6 => self.change_status(env, server, TicketStatus::Cancelled),
            7 => self.change_status(env, server, TicketStatus::Blocked),
            8 => self.change_status(env, server, TicketStatus::Valid),
            9 | 10 => self.reissue(env, server),
            11 => self.change_policy(env, server),
            12 => server.change(env, |database, _| database.take_snapshot()),
            _ => {
                env.note(format_args!("server raises the floor to {}", server.head_seq()));
                server.change(env, |database, _| database.raise_floor())
            }
        }
    }

    /// Revokes a device.
    pub(crate) fn revoke(env: &mut Env, server: &mut Server, terminal: &Terminal) -> Result<(), Crashed> {
        let is_active = server.database.devices.get(&terminal.device).is_some_and(|d| d.status == DeviceStatus::Active);
        if !server.is_running() || !is_active {
            return Ok(());
        }
        server.change(env, |database, env| {
            let held = database.devices.get(&terminal.device).map_or(0, |device| device.journal.len() as u64);
            env.note(format_args!("organiser revokes {} at {held}", terminal.no));
            env.count("revoke");
            env.reference.revoked.insert(terminal.no.0, held);
            let is_lost = env.sells && env.rng.chance(300);
            let status = if is_lost { DeviceStatus::Wiped } else { DeviceStatus::Revoked };
            database.set_status(terminal.device, status);
        })
    }

    fn sell_in(&mut self, database: &mut Database, env: &mut Env) {
        let class = ClassId(env.rng.below(4) as u16);
        self.sell(database, env, class);
    }

    fn sell(&mut self, database: &mut Database, env: &mut Env, class: ClassId) {
        let serial = 1_000 + self.sold.len() as u64;
        let ticket = TicketId::new(DeviceNo(0), serial).expect("the serial is small");
        let row = Row { issue: Issue(0), class, status: TicketStatus::Valid, attention: false, id_check: false };
        let sold = Sold { ticket, row };
        self.sold.push(sold);
        self.issue(database, env, self.sold.len() - 1);
    }

    fn issue(&mut self, database: &mut Database, env: &mut Env, at: usize) {
        let Some(sold) = self.sold.get_mut(at) else { return };
        sold.row.issue = Issue(database.next_seq().0 as u32);
        let claims = Claims {
            is_test: false,
            signer: Signer::Server(KID),
            ticket: sold.ticket,
            issue: sold.row.issue,
            class: sold.row.class,
        };
        let forger = SigningKey::from_bytes(&[66; 32]);
        self.codes.push(claims.sign(EVENT, &ticket_key()).to_text());
        if env.rng.chance(200) {
            self.bad_codes.push(claims.sign(EVENT, &forger).to_text());
            self.bad_codes.push(claims.sign(OTHER_EVENT, &ticket_key()).to_text());
        }
        Self::publish(*sold, database, env);
    }

    fn publish(sold: Sold, database: &mut Database, env: &mut Env) {
        let Sold { ticket, row } = sold;
        let name = format!("Guest {}", ticket.serial());
        let (note, email, group) = Default::default();
        let ticket_row = TicketRow { row, name, note, email, group };
        let seq = database.append(&Body::Ticket { ticket, ticket_row });
        let counts = !matches!(row.status, TicketStatus::Cancelled | TicketStatus::Blocked);
        env.reference.change_ticket(seq.0, ticket.0, row.issue.0, row.class.0, counts);
    }

    fn any_sold(&self, rng: &mut Rng) -> usize {
        rng.below(self.sold.len() as u64) as usize
    }

    fn change_status(&mut self, env: &mut Env, server: &mut Server, status: TicketStatus) -> Result<(), Crashed> {
        let at = self.any_sold(&mut env.rng);
        server.change(env, |database, env| {
            if let Some(sold) = self.sold.get_mut(at) {
                sold.row.status = status;
                env.note(format_args!("organiser sets {} to {status:?}", sold.ticket));
                Self::publish(*sold, database, env);
            }
        })
    }

    fn reissue(&mut self, env: &mut Env, server: &mut Server) -> Result<(), Crashed> {
        let at = self.any_sold(&mut env.rng);
        server.change(env, |database, env| self.issue(database, env, at))
    }

    fn change_policy(&mut self, env: &mut Env, server: &mut Server) -> Result<(), Crashed> {
        let (class, choice) = (env.rng.below(3) as usize, env.rng.below(5));
        server.change(env, |database, _| {
            let Some(class) = self.policy.classes.get_mut(class) else { return };
            match choice {
                0 => class.uses.limit = Some(1),
                1 => class.uses.limit = None,
                2 => class.re_entry = ReEntry::AfterExit,
                3 => class.re_entry = ReEntry::Forbidden,
                _ => {
                    let switches = &mut self.policy.switches;
                    let is_admitted = switches.unlisted == Unlisted::Admit;
                    switches.unlisted = if is_admitted { Unlisted::Deny } else { Unlisted::Admit };
                }
            }
            database.append(&Body::Policy(self.policy.clone()));
        })
    }
}
