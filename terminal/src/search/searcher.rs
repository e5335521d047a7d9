//! The search's thread: reads the list over its own connection, keeps the index in step with it, and
//! answers what was asked last.

use std::io;
use std::mem::take;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use sync_protocol::feed::entry::TicketRow;
use sync_protocol::id::TicketId;

use super::{Found, Guest, Index, Party, Reply, Told};
use crate::cache::{ListChange, ListReader, StoreError};
use crate::causes::chain;

/// How many are found at most; whoever wants to see more types more.
pub const FOUND_MAX: usize = 200;
/// How many of one order are told of at most.
pub const PARTY_MAX: usize = 500;
/// So many changed tickets are read one by one; with more, the whole list is.
const CHANGED_MAX: usize = 2_000;

/// Talks to a search's thread. Clones talk to the same one.
///
/// It holds nobody's name until [`Searcher::unlock`], and none after [`Searcher::lock`].
#[derive(Clone)]
pub struct Searcher(Arc<Shared>);

#[derive(Default)]
struct Shared {
    orders: Mutex<Orders>,
    bell: Condvar,
}

/// What the thread is to do.
#[derive(Default)]
struct Orders {
    is_unlocked: bool,
    is_closed: bool,
    must_read_all: bool,
    must_read_rules: bool,
    changed: Vec<TicketId>,
    /// What was typed last and not answered yet.
    asked: Option<String>,
    /// The ticket whose order was asked for last and not answered yet.
    party_of: Option<TicketId>,
}

impl Searcher {
    /// Starts the thread over `reader`. What is found goes to `tell`, which says whether anybody still
    /// listens; it may take its time.
    ///
    /// # Errors
    ///
    /// If the system gives no thread.
    pub fn start(
        reader: ListReader,
        tell: impl FnMut(Told) -> bool + Send + 'static,
    ) -> io::Result<(Self, JoinHandle<()>)> {
        let searcher = Self(Arc::default());
        let inner = searcher.clone();
        let thread = std::thread::Builder::new().name(String::from("search")).spawn(move || inner.run(reader, tell))?;
        Ok((searcher, thread))
    }

    /// Lets the list be read and searched.
    pub fn unlock(&self) {
        self.order(|orders| {
            if !orders.is_unlocked {
                (orders.is_unlocked, orders.must_read_all, orders.must_read_rules) = (true, true, true);
            }
        });
    }

    /// Wipes what is known of the list from memory. What is asked until the next unlocking is not
    /// answered.
    pub fn lock(&self) {
        self.order(|orders| *orders = Orders { is_closed: orders.is_closed, ..Orders::default() });
    }

    /// Looks for what was typed, in place of what was asked before.
    pub fn ask(&self, typed: String) {
        self.order(|orders| orders.asked = Some(typed).filter(|_| orders.is_unlocked));
    }

    /// Looks for the others of a ticket's order, in place of what was asked of another one before.
    pub fn ask_party(&self, of: TicketId) {
        self.order(|orders| orders.party_of = Some(of).filter(|_| orders.is_unlocked));
    }

    /// Says what changed in the list. Takes no time.
    pub fn note(&self, change: ListChange) {
        self.order(|orders| {
            if !orders.is_unlocked {
                return;
            }
            match change {
                ListChange::Tickets(tickets) => orders.changed.extend(tickets),
                ListChange::Rules => orders.must_read_rules = true,
                ListChange::All => (orders.must_read_all, orders.must_read_rules) = (true, true),
            }
            if orders.changed.len() > CHANGED_MAX {
                orders.must_read_all = true;
            }
            if orders.must_read_all {
                orders.changed = Vec::new();
            }
        });
    }

    /// Ends the thread.
    pub fn close(&self) {
        self.order(|orders| orders.is_closed = true);
    }

    fn order(&self, change: impl FnOnce(&mut Orders)) {
        change(&mut self.orders());
        self.0.bell.notify_one();
    }

    fn orders(&self) -> MutexGuard<'_, Orders> {
        self.0.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until there is something to do, and takes it, but for what is asked: that is taken when
    /// it can be answered, because something newer may have come by then.
    fn next(&self, is_filled: bool) -> Orders {
        let mut orders = self.orders();
        loop {
            let is_to_wipe = is_filled && !orders.is_unlocked;
            let has_work = orders.must_read_all
                || orders.must_read_rules
                || !orders.changed.is_empty()
                || orders.asked.is_some()
                || orders.party_of.is_some()
                || orders.is_closed
                || is_to_wipe;
            if has_work {
                return Orders {
                    is_unlocked: orders.is_unlocked,
                    is_closed: orders.is_closed,
                    must_read_all: take(&mut orders.must_read_all),
                    must_read_rules: take(&mut orders.must_read_rules),
                    changed: take(&mut orders.changed),
                    asked: None,
                    party_of: None,
                };
            }
            orders = self.0.bell.wait(orders).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn run(self, mut reader: ListReader, mut tell: impl FnMut(Told) -> bool) {
        let mut index = Index::default();
        // Nothing once it could not be read.
        let mut is_whole = true;
        loop {
            let orders = self.next(!index.is_empty());
            if orders.is_closed {
                return;
            }
            if !orders.is_unlocked {
                index.clear();
                continue;
            }
            if orders.must_read_rules {
                read_rules(&mut reader, &mut index);
            }
            let read = if orders.must_read_all || !is_whole || index.is_worn() {
                read_all(&mut reader, &mut index)
            } else {
                orders.changed.iter().try_for_each(|ticket| read_ticket(&mut reader, &mut index, *ticket))
            };
            is_whole = match read {
                Ok(()) => true,
                Err(error) => {
                    tracing::error!(error = chain(&error), "the list cannot be read for the search");
                    index.clear();
                    false
                }
            };
            let party_of = self.orders().party_of.take();
            if party_of.is_some_and(|of| !tell(Told::Party(party(&index, of)))) {
                return;
            }
            let Some(typed) = self.orders().asked.take() else { continue };
            let results = is_whole.then(|| index.search(&typed, FOUND_MAX));
            if !tell(Told::Reply(Reply { typed, results, known: index.len() })) {
                return;
            }
        }
    }
}

fn party(index: &Index, of: TicketId) -> Party {
    let group = index.guest(of).map_or_else(String::new, |guest| guest.group);
    let tickets = index.group(&group);
    let mut members: Vec<Found> =
        tickets.into_iter().take(PARTY_MAX).filter_map(|ticket| index.guest(ticket)).collect();
    members.sort_by_cached_key(|member| member.name.to_lowercase());
    Party { of, members }
}

fn read_all(reader: &mut ListReader, index: &mut Index) -> Result<(), StoreError> {
    // Both would not fit where memory is short.
    index.clear();
    reader.each(|ticket, row| index.insert(&guest(ticket, &row)))
}

fn read_ticket(reader: &mut ListReader, index: &mut Index, ticket: TicketId) -> Result<(), StoreError> {
    match reader.ticket(ticket)? {
        Some(row) => index.insert(&guest(ticket, &row)),
        None => index.remove(ticket),
    }
    Ok(())
}

/// Takes in what the ticket types are called. Without that, all but those is found.
fn read_rules(reader: &mut ListReader, index: &mut Index) {
    match reader.policy() {
        Ok(policy) => {
            let classes = policy.map_or_else(Vec::new, |policy| policy.classes);
            index.set_types(classes.iter().map(|class| (class.id, class.name.as_str())));
        }
        Err(error) => tracing::error!(error = chain(&error), "the rules cannot be read for the search"),
    }
}

fn guest(ticket: TicketId, row: &TicketRow) -> Guest<'_> {
    Guest {
        ticket,
        name: &row.name,
        email: &row.email,
        group: &row.group,
        class: row.row.class,
        status: row.row.status,
    }
}
