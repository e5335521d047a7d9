//! A server's side of one event, in memory: keys, tickets, a feed with its heads and snapshots. For
//! tests and benchmarks of a terminal that need no server.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Arc;

use ed25519_dalek::SigningKey;
use sync_protocol::certificate::{Capabilities, Certificate, SignedCertificate};
use sync_protocol::feed::chain::ChainPoint;
use sync_protocol::feed::entry::{DeviceStatus, KeyPurpose, NewEntry, TicketRow};
use sync_protocol::feed::pull::{Position, Progress, Pull, Pulled};
use sync_protocol::feed::snapshot::{ChunkName, Manifest, SignedManifest};
use sync_protocol::feed::{Body, Entity, Form, Head, Kind, Record, SignedHead};
use sync_protocol::hash::sha256;
use sync_protocol::id::{
    ClassId, DeviceId, DeviceNo, EventId, FeedId, FeedSeq, GateId, Issue, Kid, Seq, TicketId, ZoneId,
};
use sync_protocol::key::public_key;
use sync_protocol::policy::{Class, Gate, Limits, Policy, ReEntry, Switches, Uses, Zone};
use sync_protocol::ticket::credential::Signer;
use sync_protocol::ticket::{Claims, KeyState};
use sync_protocol::time::{UnixMillis, Window};
use sync_protocol::verdict::{Row, TicketStatus};
use usher_terminal::cache::{DeviceKeys, Identity, KdfCost, NewStore, Store, StoreError};
use usher_terminal::clock::{Clock as _, SetClock, TimeAnchor};

/// When everything happens: 2027-01-15, 08:00 UTC.
pub const MORNING: UnixMillis = UnixMillis(1_800_000_000_000);
/// The passphrase of every store made here.
pub const PASSPHRASE: &str = "abacus abdomen abide abruptly";
/// The terminal's number.
pub const DEVICE_NO: DeviceNo = DeviceNo(3);
/// The event.
pub const EVENT: EventId = EventId([0xe1; 16]);

const KID: Kid = Kid(1);
const DEVICE: DeviceId = DeviceId([0xd3; 16]);
const QUICK: KdfCost = KdfCost::Fixed { memory_kib: 8, passes: 1 };

/// A terminal as the server knows it.
#[derive(Clone, Debug)]
pub struct Enrolled {
    /// Its number.
    pub number: DeviceNo,
    /// Its id.
    pub device: DeviceId,
    /// D.sign.
    pub sign: SigningKey,
    /// What it may do.
    pub capabilities: Capabilities,
    /// The gates it may stand at; none means any.
    pub gates: Vec<GateId>,
    /// What it may sell.
    pub walk_in_classes: Vec<ClassId>,
    /// From when until when that holds: a day before [`MORNING`] and a day after it.
    pub validity: Window,
}

impl Default for Enrolled {
    fn default() -> Self {
        Self {
            number: DEVICE_NO,
            device: DEVICE,
            sign: SigningKey::from_bytes(&[3; 32]),
            capabilities: Capabilities::SCAN,
            gates: Vec::new(),
            walk_in_classes: Vec::new(),
            validity: Window::new(MORNING.minus(86_400_000), MORNING.plus(86_400_000)).expect("not empty"),
        }
    }
}

/// One event as its server has it.
pub struct FeedWorld {
    /// S.
    pub server: SigningKey,
    /// The event's ticket key.
    pub ticket_key: SigningKey,
    /// Which life of the feed this is.
    pub feed: FeedId,
    /// The terminal's clocks.
    pub clock: Arc<SetClock>,
    /// The terminal that stores are made for.
    pub terminal: Enrolled,
    /// How long a head promises that the list is fresh, in ms.
    pub head_valid_ms: u64,
    k_body: [u8; 32],
    records: Vec<Record>,
    points: Vec<ChainPoint>,
}

impl Default for FeedWorld {
    fn default() -> Self {
        Self::new()
    }
}

impl FeedWorld {
    /// Returns an event with rules, a ticket key and one terminal.
    pub fn new() -> Self {
        Self::with_feed(FeedId([0xfe; 16]))
    }

    /// The same in another life of its feed.
    pub fn with_feed(feed: FeedId) -> Self {
        let mut world = Self {
            server: SigningKey::from_bytes(&[1; 32]),
            ticket_key: SigningKey::from_bytes(&[2; 32]),
            feed,
            clock: Arc::new(SetClock::new(MORNING)),
            terminal: Enrolled::default(),
            head_valid_ms: 3_600_000,
            k_body: [4; 32],
            records: Vec::new(),
            points: vec![ChainPoint::start(EVENT, feed)],
        };
        world.push(&Body::Policy(policy()));
        let key = public_key(&world.ticket_key).to_bytes();
        world.push(&Body::Key { kid: KID, purpose: KeyPurpose::Ticket, state: KeyState::Active, key });
        world.push_device(DeviceStatus::Active);
        world
    }

    /// Appends an entry and returns its number.
    pub fn push(&mut self, body: &Body) -> FeedSeq {
        let seq = self.seq().next();
        let NewEntry { kind, entity, body } = body.encode(Entity([9; 16]));
        let record = Record { seq, kind, entity, form: Form::Body(body) };
        let point = self.point().after(&record.header(&self.k_body));
        self.points.push(point);
        self.records.push(record);
        seq
    }

    /// Says whether the terminal counts.
    pub fn push_device(&mut self, status: DeviceStatus) -> FeedSeq {
        self.push_certificate(status, self.certificate().sign(&self.server))
    }

    /// The same with any certificate.
    pub fn push_certificate(&mut self, status: DeviceStatus, certificate: SignedCertificate) -> FeedSeq {
        self.push(&Body::Device { device: self.terminal.device, status, last_seq: Seq(0), certificate })
    }

    /// Lets the terminal sell `count` tickets of the first type in all, until `expires`.
    pub fn push_lease(&mut self, count: u32, expires: UnixMillis) -> FeedSeq {
        self.push(&Body::Lease { device: self.terminal.number, class: ClassId(0), count, expires })
    }

    /// Issues ticket number `serial` to `name`, or issues it again.
    pub fn push_ticket(&mut self, serial: u64, name: &str) -> Issue {
        let issue = Issue(u32::try_from(self.seq().next().0).expect("a test's feed is short"));
        self.push_row(serial, name, issue, TicketStatus::Valid);
        issue
    }

    /// Issues many tickets to people of one name.
    pub fn push_tickets(&mut self, serials: RangeInclusive<u64>, name: &str) {
        for serial in serials {
            self.push_ticket(serial, name);
        }
    }

    /// Says what the list holds about ticket number `serial`.
    pub fn push_row(&mut self, serial: u64, name: &str, issue: Issue, status: TicketStatus) -> FeedSeq {
        let row = Row { issue, class: ClassId(0), status, attention: false, id_check: false };
        let note = format!("seat {serial}");
        let ticket_row = TicketRow { row, name: name.to_owned(), note, email: String::new(), group: String::new() };
        self.push(&Body::Ticket { ticket: ticket(serial), ticket_row })
    }

    /// Issues ticket number `serial` to a guest who came in the order of this reference.
    pub fn push_of_order(&mut self, serial: u64, name: &str, group: &str) -> Issue {
        let issue = Issue(u32::try_from(self.seq().next().0).expect("a test's feed is short"));
        let row = Row { issue, class: ClassId(0), status: TicketStatus::Valid, attention: false, id_check: false };
        let (name, group, email) = (name.to_owned(), group.to_owned(), format!("{serial}@example.org"));
        let ticket_row = TicketRow { row, name, note: String::new(), email, group };
        self.push(&Body::Ticket { ticket: ticket(serial), ticket_row });
        issue
    }

    /// Returns the text of a credential.
    pub fn credential(&self, serial: u64, issue: Issue) -> String {
        self.credential_by(&self.ticket_key, serial, issue)
    }

    /// Returns the text of a credential that `key` signed.
    pub fn credential_by(&self, key: &SigningKey, serial: u64, issue: Issue) -> String {
        let claims =
            Claims { is_test: false, signer: Signer::Server(KID), ticket: ticket(serial), issue, class: ClassId(0) };
        claims.sign(EVENT, key).to_text()
    }

    /// Returns the last number of the feed.
    pub fn seq(&self) -> FeedSeq {
        self.point().seq
    }

    fn point(&self) -> ChainPoint {
        self.points.last().copied().expect("a feed has a beginning")
    }

    /// Returns the head that the server signs now.
    pub fn head(&self) -> SignedHead {
        let now = self.clock.read().wall;
        Head {
            event: EVENT,
            feed: self.feed,
            seq: self.seq(),
            chain: self.point().value,
            floor: FeedSeq(0),
            time: now,
            valid_until: now.plus(self.head_valid_ms),
        }
        .sign(&self.server)
    }

    /// Returns everything that `store` lacks, checked as it would be off the wire.
    pub fn pull(&self, store: &Store) -> Pulled {
        let start = ChainPoint::start(EVENT, self.feed);
        let position = store.position().unwrap_or(Position { event: EVENT, feed: self.feed, point: start });
        let after = usize::try_from(position.point.seq.0).expect("a test's feed is short");
        let head = self.head().open(&public_key(&self.server)).expect("signed just now");
        match Pull::new(position, self.k_body).take(self.records.iter().skip(after).cloned().collect(), &head) {
            Ok(Progress::Done(pulled)) => pulled,
            other => panic!("the feed does not hold together: {other:?}"),
        }
    }

    /// Brings `store` up to date by the feed.
    pub fn sync(&self, store: &mut Store) -> Result<(), StoreError> {
        let pulled = self.pull(store);
        let moment = store.moment(self.clock.as_ref());
        store.apply(pulled, &self.head(), &moment)
    }

    /// Returns the feed as a snapshot of chunks of at most `rows_max` rows.
    pub fn snapshot(&self, rows_max: usize) -> (SignedManifest, Vec<(ChunkName, Vec<u8>)>) {
        let newest: BTreeMap<(Kind, Entity), &Record> =
            self.records.iter().map(|record| ((record.kind, record.entity), record)).collect();
        let rows: Vec<&Record> = newest.into_values().collect();
        let chunks: Vec<(ChunkName, Vec<u8>)> = rows
            .chunks(rows_max)
            .map(|records| {
                let mut bytes = Vec::new();
                records.iter().for_each(|record| record.encode_into(&mut bytes));
                let packed = usher_terminal::sync::packing::pack(&bytes);
                let name = ChunkName {
                    packed_bytes: u32::try_from(packed.len()).expect("a chunk is short"),
                    rows: u32::try_from(records.len()).expect("a chunk is short"),
                    hash: sha256(&[&packed]),
                };
                (name, packed)
            })
            .collect();
        let manifest = Manifest {
            event: EVENT,
            feed: self.feed,
            seq: self.seq(),
            chain: self.point().value,
            rows: rows.len() as u64,
            chunks: chunks.iter().map(|(name, _)| *name).collect(),
        };
        (manifest.sign(&self.server), chunks)
    }

    /// Brings `store` up to date by a snapshot.
    pub fn load_snapshot(&self, store: &mut Store) -> Result<(), StoreError> {
        let (manifest, chunks) = self.snapshot(5_000);
        for (name, packed) in &chunks {
            store.stage_chunk(name, packed)?;
        }
        let moment = store.moment(self.clock.as_ref());
        store.apply_snapshot(&manifest, &self.head(), &moment, &mut |_, _| {})
    }

    /// Makes the terminal's store under `data`, empty, with keys that cost nothing to derive.
    pub fn create_store(&self, data: &Path) -> Store {
        let certificate = self.certificate();
        let identity = Identity {
            server: String::from("https://usher.example"),
            server_key: public_key(&self.server),
            tls_fingerprint: None,
            event_name: String::from("RustConf"),
            gate: None,
            signed: certificate.sign(&self.server),
            certificate,
        };
        let keys = DeviceKeys { sign: self.terminal.sign.clone(), tls: SigningKey::from_bytes(&[5; 32]) };
        let anchor = Some(TimeAnchor { server: MORNING, here: self.clock.read(), uncertainty_ms: 10 });
        let new = NewStore { identity, keys, k_body: self.k_body, anchor };
        Store::create(data, PASSPHRASE, QUICK, new).expect("the folder is empty")
    }

    /// Opens the store that [`FeedWorld::create_store`] made.
    pub fn open_store(&self, data: &Path) -> Result<Store, StoreError> {
        Store::open(data, EVENT, PASSPHRASE, &mut |_, _| {})
    }

    /// Returns what the server certifies about the terminal now.
    pub fn certificate(&self) -> Certificate {
        Certificate {
            event: EVENT,
            device: self.terminal.device,
            number: self.terminal.number,
            sign_key: public_key(&self.terminal.sign),
            tls_key: public_key(&SigningKey::from_bytes(&[5; 32])).to_bytes(),
            capabilities: self.terminal.capabilities,
            validity: self.terminal.validity,
            gates: self.terminal.gates.clone(),
            walk_in_classes: self.terminal.walk_in_classes.clone(),
        }
    }
}

/// Returns the server's ticket number `serial`.
pub fn ticket(serial: u64) -> TicketId {
    TicketId::new(DeviceNo(0), serial).expect("a serial has 48 bits")
}

/// Two gates into one hall, one into another; day passes that enter once, and guests who come and
/// go.
pub fn policy() -> Policy {
    let class = |id, name: &str, re_entry, limit| Class {
        id: ClassId(id),
        name: name.to_owned(),
        zones: Vec::new(),
        gates: Vec::new(),
        windows: Vec::new(),
        uses: Uses { limit, periods: Vec::new() },
        re_entry,
        strict_clock: false,
        home_gate: None,
        price: None,
    };
    let gate = |id, name: &str, zone| Gate { id: GateId(id), name: name.to_owned(), zone: ZoneId(zone) };
    Policy {
        event: String::from("RustConf"),
        time_zone: String::from("Europe/Berlin"),
        starts: MORNING,
        ends: MORNING.plus(36_000_000),
        zones: vec![
            Zone { id: ZoneId(0), name: String::from("Hall"), capacity: Some(1_000_000) },
            Zone { id: ZoneId(1), name: String::from("Annex"), capacity: None },
        ],
        gates: vec![gate(0, "Main", 0), gate(1, "West", 0), gate(2, "Annex", 1)],
        classes: vec![class(0, "Day pass", ReEntry::Forbidden, Some(1)), class(1, "Speaker", ReEntry::AfterExit, None)],
        limits: Limits::default(),
        switches: Switches::default(),
        supervisors: vec![],
    }
}
