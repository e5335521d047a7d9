//! The search's thread over a real store: it knows what the list says, as soon as it says it.

use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use harness::feed_world::{DEVICE_NO, EVENT, FeedWorld, ticket};
use sync_protocol::feed::Body;
use sync_protocol::feed::entry::TicketRow;
use sync_protocol::id::{ClassId, FeedId, Issue, Seq, TicketId};
use sync_protocol::journal::EntryKind;
use sync_protocol::journal::walk_in::{self, Guest};
use sync_protocol::verdict::{Row, TicketStatus};
use tempfile::TempDir;
use usher_terminal::cache::Store;
use usher_terminal::door::Suspension;
use usher_terminal::search::{Party, Reply, Searcher, Told};

/// Longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(20);

struct Search {
    searcher: Searcher,
    thread: Option<JoinHandle<()>>,
    told: Receiver<Told>,
}

impl Search {
    fn over(store: &mut Store) -> Self {
        let (sender, told) = channel();
        let tell = move |told| sender.send(told).is_ok();
        let (searcher, thread) = Searcher::start(store.list_reader().unwrap(), tell).unwrap();
        let listener = searcher.clone();
        store.watch(Box::new(move |change| listener.note(change)));
        Self { searcher, thread: Some(thread), told }
    }

    fn found(&self, typed: &str) -> Reply {
        self.searcher.ask(typed.to_owned());
        loop {
            if let Told::Reply(found) = self.told.recv_timeout(PATIENCE).unwrap()
                && found.typed == typed
            {
                return found;
            }
        }
    }

    fn party(&self, of: TicketId) -> Party {
        self.searcher.ask_party(of);
        loop {
            if let Told::Party(party) = self.told.recv_timeout(PATIENCE).unwrap()
                && party.of == of
            {
                return party;
            }
        }
    }

    fn names(&self, typed: &str) -> Vec<String> {
        self.found(typed).results.unwrap().found.into_iter().map(|found| found.name).collect()
    }
}

impl Drop for Search {
    fn drop(&mut self) {
        self.searcher.close();
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

fn door(world: &mut FeedWorld) -> (TempDir, Store) {
    world.push_ticket(1, "Ada Lovelace");
    world.push_ticket(2, "Grace Hopper");
    let data = tempfile::tempdir().unwrap();
    let mut store = world.create_store(data.path());
    world.load_snapshot(&mut store).unwrap();
    (data, store)
}

#[test]
fn what_the_list_says_is_found_and_what_it_says_next_too() {
    let mut world = FeedWorld::new();
    let (_data, mut store) = door(&mut world);
    let search = Search::over(&mut store);
    search.searcher.unlock();
    assert_eq!(search.names("lovelace"), ["Ada Lovelace"]);
    assert_eq!(search.found("day pass").results.unwrap().matching, 2);

    world.push_ticket(3, "Alan Turing");
    world.push_ticket(2, "Grace Murray");
    world.push_row(1, "Ada Lovelace", Issue(1), TicketStatus::Cancelled);
    world.sync(&mut store).unwrap();

    assert_eq!(search.names("turing"), ["Alan Turing"]);
    assert_eq!(search.names("grace"), ["Grace Murray"]);
    assert_eq!(search.found("ada").results.unwrap().found[0].status, TicketStatus::Cancelled);
    assert_eq!(search.found("hopper").known, 3);
}

#[test]
fn emails_and_orders_of_the_list_are_found() {
    let mut world = FeedWorld::new();
    let row =
        Row { issue: Issue(9), class: ClassId(1), status: TicketStatus::Valid, attention: false, id_check: false };
    let ticket_row = TicketRow {
        row,
        name: String::from("Emmy Noether"),
        note: String::new(),
        email: String::from("algebra@example.org"),
        group: String::from("ORDER-77"),
    };
    world.push(&Body::Ticket { ticket: ticket(7), ticket_row });
    let (_data, mut store) = door(&mut world);
    let search = Search::over(&mut store);
    search.searcher.unlock();
    for typed in ["algebra@", "order-77", "speaker", &ticket(7).typed_code()] {
        assert_eq!(search.names(typed), ["Emmy Noether"], "{typed}");
    }
}

#[test]
fn those_of_one_order_are_found_together() {
    let mut world = FeedWorld::new();
    for (serial, group) in [(5, "ORDER-77"), (6, ""), (7, "ORDER-77"), (8, "ORDER-7"), (9, "ORDER-77")] {
        world.push_of_order(serial, &format!("Guest {serial}"), group);
    }
    world.push_row(9, "Guest 9", Issue(9), TicketStatus::Cancelled);
    let (_data, mut store) = door(&mut world);
    let search = Search::over(&mut store);
    search.searcher.unlock();

    let party = search.party(ticket(7));

    let members: Vec<TicketId> = party.members.iter().map(|member| member.ticket).collect();
    assert_eq!(members, [ticket(5), ticket(7)], "the third left the order when it was cancelled");
    assert!(search.party(ticket(6)).members.is_empty());
    assert!(search.party(ticket(99)).members.is_empty());
}

#[test]
fn whoever_buys_at_this_door_is_found_at_once_and_after_opening_again() {
    let mut world = FeedWorld::new();
    let (data, mut store) = door(&mut world);
    let search = Search::over(&mut store);
    search.searcher.unlock();
    assert!(search.names("noether").is_empty());

    let sold = sell(&world, &mut store, "Emmy Noether");
    assert_eq!(search.found("noether").results.unwrap().found[0].ticket, sold);

    drop(search);
    drop(store);
    let mut store = world.open_store(data.path()).unwrap();
    let search = Search::over(&mut store);
    search.searcher.unlock();
    assert_eq!(search.names("noether"), ["Emmy Noether"]);
    assert_eq!(search.found("noether").known, 3);

    let mut draft = Store::draft(EntryKind::Undo);
    (draft.ticket, draft.undo_target) = (sold, Some(Seq(sold.serial())));
    draft.note = Some(String::from("changed their mind"));
    let moment = store.moment(world.clock.as_ref());
    store.append(draft, &moment).unwrap();
    assert_eq!(search.found("noether").results.unwrap().found[0].status, TicketStatus::Cancelled);
}

#[test]
fn a_new_list_replaces_the_old_one() {
    let mut world = FeedWorld::new();
    let (_data, mut store) = door(&mut world);
    let search = Search::over(&mut store);
    search.searcher.unlock();
    assert_eq!(search.found("ada").known, 2);

    let mut restored = FeedWorld::with_feed(FeedId([0xaa; 16]));
    restored.push_ticket(5, "Mary Shelley");
    store.suspend(Suspension::OtherFeed).unwrap();
    assert!(store.leave_feed().unwrap());
    assert_eq!(search.found("ada").known, 0);
    restored.load_snapshot(&mut store).unwrap();
    assert_eq!(search.names("shelley"), ["Mary Shelley"]);
    assert!(search.names("ada").is_empty());
}

#[test]
fn a_locked_search_knows_nobody_and_answers_nothing() {
    let mut world = FeedWorld::new();
    let (_data, mut store) = door(&mut world);
    let search = Search::over(&mut store);
    search.searcher.ask(String::from("ada"));
    search.searcher.unlock();
    assert_eq!(search.names("grace"), ["Grace Hopper"]);
    search.searcher.lock();
    search.searcher.ask(String::from("ada"));
    search.searcher.unlock();
    // What was asked while it was locked is never answered.
    assert_eq!(search.names("grace"), ["Grace Hopper"]);
}

#[test]
fn the_newest_question_wins_and_none_makes_the_gate_wait() {
    let mut world = FeedWorld::new();
    world.push_tickets(10..=3_000, "Guest of Honour");
    let (_data, mut store) = door(&mut world);
    let search = Search::over(&mut store);
    search.searcher.unlock();
    let started = Instant::now();
    for _ in 0..10_000 {
        search.searcher.ask(String::from("guest"));
    }
    // A hundredth of what ten thousand searches of this list would take.
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    assert_eq!(search.names("lovelace"), ["Ada Lovelace"]);
    let answered = search.told.try_iter().count();
    assert_eq!(answered, 0, "nothing older comes after the newest");
    assert!(store.counts().tickets > 2_990 && store.identity().event() == EVENT);
}

fn sell(world: &FeedWorld, store: &mut Store, name: &str) -> TicketId {
    let seq: Seq = store.journal_end().seq.next();
    let (sold, issue) = walk_in::ticket(DEVICE_NO, seq).unwrap();
    let mut draft = Store::draft(EntryKind::WalkIn);
    (draft.ticket, draft.issue, draft.class) = (sold, issue, ClassId(0));
    let guest = Guest { name: name.to_owned(), email: String::new() };
    let moment = store.moment(world.clock.as_ref());
    store.append_with_personal_data(draft, guest.encode().unwrap(), &moment).unwrap();
    sold
}
