//! Sales at the door over a real store: what is sold stays sold, and never more than may be.

use harness::feed_world::{Enrolled, FeedWorld, MORNING};
use proptest::prelude::*;
use sync_protocol::certificate::Capabilities;
use sync_protocol::feed::Body;
use sync_protocol::feed::entry::{DeviceStatus, TicketRow};
use sync_protocol::id::{ClassId, DeviceId, DeviceNo, GateId, Seq};
use sync_protocol::journal::walk_in::{Guest, NO_CURRENCY, Payment, Right};
use sync_protocol::journal::{Entry, EntryKind, Flags};
use sync_protocol::policy::{Policy, Price, Supervisor as Named, Unlisted, WalkIn};
use sync_protocol::ticket::Credential;
use sync_protocol::time::UnixMillis;
use sync_protocol::verdict::{Code, Direction, Row, TicketStatus, Verdict};
use tempfile::TempDir;
use usher_terminal::door::{Answer, Decided, Notice, Pin, PinRefused, Request, Supervisor};
use usher_terminal::gate::{Gate, Source};
use usher_terminal::walk_in::{Order, Receipt, Refusal};

const HOUR_MS: u64 = 3_600_000;
/// The hash of 4711, made to be quick.
const PIN: &str = "$argon2id$v=19$m=64,t=1,p=1$L0eiG9oMQ0NBhfiif2h87w$cpEY3+Cn9e4m7hV4/Rj08wnfDYJCDI4olpsUSN6KcvQ";
const DAY_PASS: ClassId = ClassId(0);

/// A terminal that sells day passes at 12.00 €, five of them, until eleven.
struct Shop {
    world: FeedWorld,
    gate: Gate,
    data: TempDir,
}

impl Shop {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut Policy)) -> Self {
        let mut world = FeedWorld::new();
        world.terminal.capabilities = Capabilities::SCAN.and(Capabilities::WALK_IN);
        world.terminal.walk_in_classes = vec![DAY_PASS];
        world.push_device(DeviceStatus::Active);
        let mut policy = harness::feed_world::policy();
        policy.classes[0].price = Some(Price { amount: 1_200, currency: "EUR".into() });
        change(&mut policy);
        world.push(&Body::Policy(policy));
        world.push_lease(5, MORNING.plus(3 * HOUR_MS));
        Self::of(world)
    }

    fn of(world: FeedWorld) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut store = world.create_store(data.path());
        world.load_snapshot(&mut store).unwrap();
        let gate = Gate::new(store, world.clock.clone(), GateId(0));
        Self { world, gate, data }
    }

    fn restart(self) -> Self {
        let Self { world, gate, data } = self;
        drop(gate);
        let store = world.open_store(data.path()).unwrap();
        assert_eq!(store.finding(), None);
        let gate = Gate::new(store, world.clock.clone(), GateId(0));
        Self { world, gate, data }
    }

    fn sync(&mut self) {
        self.world.sync(self.gate.store()).unwrap();
    }

    fn sell(&mut self, name: &str) -> Result<Receipt, Refusal> {
        self.gate.sell(&order(name)).unwrap()
    }

    fn enter(&mut self, receipt: &Receipt) -> Decided {
        self.gate.present(&receipt.credential, Source::Scanned, Direction::Entry).unwrap()
    }

    fn left(&self) -> u32 {
        self.gate.wares()[0].left
    }

    fn entries(&mut self) -> Vec<Entry> {
        let run = self.gate.store().entries_after(Seq(0), 1_000).unwrap();
        run.entries.iter().map(|signed| signed.entry().clone()).collect()
    }
}

fn order(name: &str) -> Order {
    let guest = Guest { name: name.into(), email: "ada@example.org".into() };
    Order { guest, class: DAY_PASS, payment: Payment::Cash, operator: Some("Grace".into()), supervisor: None }
}

fn flags(decided: &Decided) -> Flags {
    match decided.verdict {
        Verdict::Admit { flags, .. } => flags,
        ref verdict => panic!("{verdict:?}"),
    }
}

fn code(decided: &Decided) -> Option<Code> {
    match decided.verdict {
        Verdict::Deny { primary, .. } => Some(primary),
        Verdict::Admit { .. } => None,
    }
}

#[test]
fn a_ticket_is_sold_without_a_network_and_comes_in_at_once() {
    let mut shop = Shop::new();

    let receipt = shop.sell("Ada Lovelace").unwrap();

    assert_eq!((receipt.event.as_str(), receipt.class.as_str()), ("RustConf", "Day pass"));
    assert_eq!(receipt.credential.len(), 122);
    let entry = shop.entries().pop().unwrap();
    assert_eq!((entry.kind, entry.seq, entry.reason), (EntryKind::WalkIn, Seq(1), Right::Lease.reason()));
    assert_eq!((entry.ticket.issuer(), entry.ticket.serial(), entry.issue.0), (DeviceNo(3), 1, 1));
    assert_eq!((entry.operator.as_deref(), entry.flags), (Some("Grace"), Flags::WALK_IN));
    let amount = entry.amount.unwrap();
    assert_eq!((amount.minor, &amount.currency, amount.method), (1_200, b"EUR", 1));
    assert_eq!(shop.left(), 4);

    let decided = shop.gate.admit_sold(receipt.sold.entry).unwrap().unwrap();

    assert_eq!(flags(&decided), Flags::WALK_IN, "its own terminal knows the ticket");
    assert_eq!(decided.attendee.as_ref().map(|attendee| attendee.name.as_str()), Some("Ada Lovelace"));
    assert_eq!(shop.entries()[1].kind, EntryKind::Admit);
    shop.world.clock.advance(6_000);
    assert_eq!(code(&shop.enter(&receipt)), Some(Code::AlreadyIn));
}

#[test]
fn what_was_sold_is_there_after_a_restart_with_the_very_same_code() {
    let mut shop = Shop::new();
    let before = shop.sell("Ada Lovelace").unwrap();

    let mut shop = shop.restart();

    assert_eq!(shop.gate.sold(before.sold.entry), Some(before.clone()));
    assert_eq!(shop.gate.sales().len(), 1);
    assert_eq!(shop.left(), 4);
    assert!(shop.enter(&before).verdict.is_admit());
    let typed = before.sold.ticket.typed_code();
    shop.world.clock.advance(6_000);
    let decided = shop.gate.present(&typed, Source::Typed, Direction::Exit).unwrap();
    assert_eq!(decided.attendee.map(|attendee| attendee.name).as_deref(), Some("Ada Lovelace"));
}

#[test]
fn the_personal_data_travel_beside_the_entry_that_commits_to_them() {
    let mut shop = Shop::new();
    let sold = shop.sell("Ada Lovelace").unwrap().sold;

    let run = shop.gate.store().entries_after(Seq(0), 10).unwrap();

    let [personal] = run.personal_data.as_slice() else { panic!("one guest") };
    assert_eq!(Guest::decode(&personal.data).ok(), sold.guest);
    assert_eq!(run.entries[0].entry().personal_data, Some(personal.commitment()));
}

#[test]
fn no_more_is_sold_than_the_right_holds_whatever_happens_to_the_machine() {
    let mut shop = Shop::new();
    for number in 0..5 {
        shop.sell(&format!("Guest {number}")).unwrap();
        shop = shop.restart();
    }

    assert_eq!(shop.sell("One too many").unwrap_err(), Refusal::NoneLeft);

    assert_eq!((shop.left(), shop.entries().len()), (0, 5));
    shop.world.push_lease(6, MORNING.plus(3 * HOUR_MS));
    shop.sync();
    assert_eq!(shop.left(), 1);
    assert!(shop.sell("Guest 6").is_ok());
}

#[test]
fn a_right_that_ended_sells_nothing_and_is_given_back_once() {
    let mut shop = Shop::new();
    shop.sell("Ada").unwrap();
    shop.gate.tend().unwrap();
    assert_eq!(shop.entries().len(), 1, "nothing ended yet");
    shop.world.clock.advance(3 * HOUR_MS);

    assert_eq!(shop.sell("Grace").unwrap_err(), Refusal::Expired(MORNING.plus(3 * HOUR_MS)));
    shop.gate.tend().unwrap();
    shop.gate.tend().unwrap();
    let mut shop = shop.restart();
    shop.gate.tend().unwrap();

    let entries = shop.entries();
    assert_eq!(entries.len(), 2, "one entry tells the server");
    assert_eq!(entries[1].kind, EntryKind::Sync);
    assert!(entries[1].hlc.millis() >= MORNING.plus(3 * HOUR_MS));
}

#[test]
fn a_right_that_is_spent_has_nothing_to_give_back() {
    let mut shop = Shop::new();
    (0..5).for_each(|_| drop(shop.sell("Ada").unwrap()));
    shop.world.clock.advance(4 * HOUR_MS);

    shop.gate.tend().unwrap();

    assert_eq!(shop.entries().len(), 5);
}

#[test]
fn without_a_right_a_supervisor_may_sell_where_the_rules_say_so() {
    let mut shop = Shop::with(|policy| {
        policy.switches.walk_in = WalkIn::Supervisor;
        policy.supervisors = vec![Named { name: "Joan".into(), pin: PIN.into() }];
    });
    (0..5).for_each(|_| drop(shop.sell("Ada").unwrap()));
    assert_eq!(shop.sell("Grace").unwrap_err(), Refusal::AskSupervisor);

    let by = |pin: &str| Order {
        supervisor: Some(Supervisor { name: "Joan".into(), pin: Pin::new(pin.into()) }),
        ..order("Grace")
    };
    let wrong = shop.gate.sell(&by("1234")).unwrap().unwrap_err();
    assert_eq!(wrong, Refusal::Pin(PinRefused::Wrong { left: 4 }));

    let sold = shop.gate.sell(&by("4711")).unwrap().unwrap().sold;

    assert_eq!(sold.right, Right::Supervisor);
    let entry = shop.entries().pop().unwrap();
    assert!(entry.flags.has(Flags::OVERRIDE.and(Flags::WALK_IN)));
    assert!(entry.note.unwrap().starts_with("Supervisor Joan: "));
}

#[test]
fn overflow_is_marked_and_ends_at_its_cap_across_restarts() {
    let mut shop = Shop::with(|policy| {
        policy.switches.walk_in = WalkIn::Overflow;
        policy.limits.walk_in_overflow_cap = 2;
    });
    (0..5).for_each(|_| drop(shop.sell("Ada").unwrap()));
    assert_eq!(shop.sell("Grace").unwrap().sold.right, Right::Overflow);
    let mut shop = shop.restart();
    assert_eq!(shop.sell("Joan").unwrap().sold.right, Right::Overflow);

    let mut shop = shop.restart();

    assert_eq!(shop.sell("Mary").unwrap_err(), Refusal::OverflowSpent(2));
    assert_eq!(shop.entries().pop().unwrap().reason, Right::Overflow.reason());
}

#[test]
fn a_terminal_sells_only_what_it_is_certified_for_and_only_while_it_may_decide() {
    let mut shop = Shop::new();
    let speaker = Order { class: ClassId(1), ..order("Ada") };
    assert_eq!(shop.gate.sell(&speaker).unwrap().unwrap_err(), Refusal::NotSoldHere);
    assert_eq!(shop.gate.wares().len(), 1);
    shop.world.terminal.walk_in_classes.clear();
    shop.world.push_device(DeviceStatus::Active);
    shop.sync();
    assert_eq!(shop.sell("Ada").unwrap_err(), Refusal::NotSoldHere, "a newer certificate counts");
    shop.world.push_device(DeviceStatus::Revoked);
    shop.sync();
    assert_eq!(shop.sell("Ada").unwrap_err(), Refusal::NotReady);
    assert!(shop.entries().is_empty());
}

#[test]
fn what_is_free_takes_nothing_and_a_guest_may_be_let_off() {
    let mut shop = Shop::new();
    let invited = Order { payment: Payment::Free, ..order("Ada") };
    let sold = shop.gate.sell(&invited).unwrap().unwrap().sold;
    assert_eq!((sold.minor, sold.currency, sold.payment), (0, *b"EUR", Payment::Free));

    let mut shop = Shop::with(|policy| policy.classes[0].price = None);
    let sold = shop.sell("Ada").unwrap().sold;
    assert_eq!((sold.minor, sold.currency, sold.payment), (0, NO_CURRENCY, Payment::Free));

    let mut shop = Shop::with(|policy| policy.classes[0].price = Some(Price { amount: 0, currency: "JPY".into() }));
    let sold = shop.sell("Ada").unwrap().sold;
    assert_eq!((sold.minor, sold.currency, sold.payment), (0, *b"JPY", Payment::Free));
}

#[test]
fn another_terminal_lets_a_sold_ticket_in_before_any_server_knows_of_it() {
    let mut shop = Shop::new();
    let receipt = shop.sell("Ada Lovelace").unwrap();
    let other = Enrolled {
        number: DeviceNo(4),
        device: DeviceId([0xd4; 16]),
        sign: ed25519_dalek::SigningKey::from_bytes(&[8; 32]),
        ..Enrolled::default()
    };
    let Shop { mut world, gate, data } = shop;
    world.terminal = other;
    world.push_device(DeviceStatus::Active);
    let mut door = Shop::of(world);

    let decided = door.enter(&receipt);

    assert_eq!(flags(&decided), Flags::UNLISTED.and(Flags::WALK_IN));
    assert_eq!((decided.ticket, decided.attendee.is_none()), (Some(receipt.sold.ticket), true));
    door.world.clock.advance(6_000);
    assert_eq!(code(&door.enter(&receipt)), Some(Code::AlreadyIn));
    let row = Row {
        issue: receipt.sold.issue,
        class: DAY_PASS,
        status: TicketStatus::Valid,
        attention: false,
        id_check: false,
    };
    let ticket_row =
        TicketRow { row, name: "Ada Lovelace".into(), note: String::new(), email: String::new(), group: String::new() };
    door.world.push(&Body::Ticket { ticket: receipt.sold.ticket, ticket_row });
    door.sync();
    let decided = door.enter(&receipt);
    assert_eq!(decided.attendee.map(|attendee| attendee.name).as_deref(), Some("Ada Lovelace"));
    drop((gate, data));
}

#[test]
fn a_forged_sale_comes_in_nowhere() {
    let mut shop = Shop::new();
    let receipt = shop.sell("Ada").unwrap();
    let mut claims = *Credential::from_text(&receipt.credential).unwrap().unverified();
    claims.class = ClassId(1);
    let key = shop.world.terminal.sign.clone();
    let upgraded = claims.sign(harness::feed_world::EVENT, &key).to_text();
    let decided = shop.gate.present(&upgraded, Source::Scanned, Direction::Entry).unwrap();
    assert_eq!(code(&decided), Some(Code::DelegationInvalid), "speakers' tickets are not sold here");
}

#[test]
fn the_rule_for_unlisted_tickets_does_not_bind_the_terminal_that_sold_them() {
    let mut shop = Shop::with(|policy| policy.switches.unlisted = Unlisted::Deny);
    let receipt = shop.sell("Ada").unwrap();

    assert!(shop.enter(&receipt).verdict.is_admit());
}

#[test]
fn a_sale_that_is_taken_back_is_cancelled_here_and_frees_its_place() {
    let mut shop = Shop::new();
    let receipt = shop.sell("Ada").unwrap();
    shop.gate.admit_sold(receipt.sold.entry).unwrap();
    assert_eq!(shop.gate.status().inside, 1);
    let Notice::Answer(answer) = shop.gate.answer(Request::Undoable) else { panic!("no answer") };
    let Answer::Undoable(rows) = *answer else { panic!("{answer:?}") };
    assert_eq!(rows.iter().map(|row| (row.entry, row.is_sale)).collect::<Vec<_>>(), [(Seq(2), false), (Seq(1), true)]);

    let asked = Request::Undo { entry: Seq(1), reason: "wrong type".into() };
    let Notice::Answer(answer) = shop.gate.answer(asked.clone()) else { panic!("no answer") };

    assert!(matches!(*answer, Answer::Undone(_)), "{answer:?}");
    let mut shop = shop.restart();
    assert_eq!((shop.gate.status().inside, shop.left()), (0, 5));
    assert_eq!(code(&shop.enter(&receipt)), Some(Code::Cancelled));
    let Notice::Answer(answer) = shop.gate.answer(asked) else { panic!("no answer") };
    assert!(matches!(*answer, Answer::NotUndone(_)), "once is enough");
}

#[derive(Clone, Debug)]
enum Act {
    Sell,
    Undo(u8),
    Renew { count: u32, hours: u64 },
    Wait { minutes: u64 },
    Restart,
    Tend,
}

fn any_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => Just(Act::Sell),
        1 => any::<u8>().prop_map(Act::Undo),
        2 => (0..12_u32, 0..4_u64).prop_map(|(count, hours)| Act::Renew { count, hours }),
        2 => (0..90_u64).prop_map(|minutes| Act::Wait { minutes }),
        1 => Just(Act::Restart),
        1 => Just(Act::Tend),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn whatever_comes_between_no_sale_is_beyond_its_right(acts in proptest::collection::vec(any_act(), 1..40)) {
        let mut shop = Shop::new();
        let (mut count, mut expires) = (5, MORNING.plus(3 * HOUR_MS));
        for act in acts {
            match act {
                Act::Sell => {
                    let before: Vec<Entry> = standing(&shop.entries());
                    let now = shop.gate.moment().now;
                    match shop.sell("Ada") {
                        Ok(_) => {
                            prop_assert!((before.len() as u32) < count, "{} sold of {count}", before.len());
                            let last = shop.entries().pop().unwrap();
                            prop_assert!(last.hlc.millis() < expires);
                        }
                        Err(Refusal::Expired(at)) => prop_assert!(at == expires && now.plus(1) >= expires),
                        Err(refusal) => {
                            prop_assert_eq!(refusal, Refusal::NoneLeft);
                            prop_assert!(before.len() as u32 >= count);
                        }
                    }
                }
                Act::Undo(which) => {
                    let sales = standing(&shop.entries());
                    if let Some(sale) = sales.get(usize::from(which) % sales.len().max(1)) {
                        shop.gate.answer(Request::Undo { entry: sale.seq, reason: "typing".into() });
                    }
                }
                Act::Renew { count: more, hours } => {
                    // The server never takes back what is spent, and never ends a right early.
                    count = more.max(standing(&shop.entries()).len() as u32);
                    expires = expires.max(shop.gate.moment().now.plus(hours * HOUR_MS));
                    shop.world.push_lease(count, expires);
                    shop.sync();
                }
                Act::Wait { minutes } => shop.world.clock.advance(minutes * 60_000),
                Act::Restart => shop = shop.restart(),
                Act::Tend => drop(shop.gate.tend()),
            }
        }
    }
}

/// The sales that were not taken back.
fn standing(entries: &[Entry]) -> Vec<Entry> {
    let undone: Vec<Seq> = entries.iter().filter_map(|entry| entry.undo_target).collect();
    let is_sale = |entry: &&Entry| entry.kind == EntryKind::WalkIn && !undone.contains(&entry.seq);
    entries.iter().filter(is_sale).cloned().collect()
}

#[test]
fn a_clock_that_went_back_sells_nothing() {
    let mut shop = Shop::new();
    shop.sell("Ada").unwrap();
    shop.world.clock.reboot();
    shop.world.clock.set_wall(UnixMillis(MORNING.0 - 4 * HOUR_MS));

    assert!(shop.gate.sell(&order("Grace")).is_err());
}
