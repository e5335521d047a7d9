//! Sample data: organisations, events, and people who come to them, for whoever develops, tries out or measures.
//!
//! Everything goes through the features' own functions, many rows at a time, so that it is what the interface would
//! have made: tickets are signed, doors find a whole feed, the server's journal is chained, nobody is registered
//! beyond a quota, and changes are recorded. Only letters are not written: nobody is there to read them.

mod attendees;
mod crew;
mod dice;
mod people;
mod plan;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use sync_protocol::id::EventId;
use tokio::task::JoinSet;

use self::attendees::Maker;
pub use self::crew::Login;
use self::plan::Plan;
use crate::accounts::password::{Password, PasswordError};
use crate::app::{App, Settings};
use crate::clock::{Clock, random_bytes};
use crate::db::{Database, Dialect, StoreError};
use crate::door::DoorError;
use crate::events::decide::DecideError;
use crate::organisations;
use crate::registrations::RegisterError;
use crate::seal::MasterKey;
use crate::tickets::ChangeError;

/// Who makes events beside each other where the database lets several write.
const WORKERS: usize = 4;

/// How much is to be made.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Sizes {
    /// Organisations.
    pub organisations: u32,
    /// Events of all of them.
    pub events: u32,
    /// Registrations at all of those.
    pub registrations: u32,
}

/// What is to be made.
#[derive(Clone, Debug)]
pub struct Wish {
    /// How much.
    pub sizes: Sizes,
    /// Decides about everything but ids, keys and the present.
    pub seed: u64,
    /// Whether it is added to what there is.
    pub more: bool,
    /// What everybody logs in with; a random one without.
    pub password: Option<Password>,
}

/// Why nothing was made, or not all.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// Nobody wants made-up people among their own.
    #[error("there are organisations already: add --more to have sample data beside them")]
    InUse,
    /// The same people would come twice.
    #[error("the people of seed {0} are here already: choose another --seed")]
    Known(u64),
    /// The password will not do.
    #[error("the password will not do")]
    Password(#[from] PasswordError),
    /// An event was not made.
    #[error("could not make an event")]
    Event(#[from] DecideError),
    /// An attendee was not registered.
    #[error("could not register attendees")]
    Register(#[from] RegisterError),
    /// A ticket was not changed.
    #[error("could not change a ticket")]
    Ticket(#[from] ChangeError),
    /// Nobody was let in.
    #[error("could not check attendees in")]
    Door(#[from] DoorError),
    /// The database failed.
    #[error("could not store sample data")]
    Store(#[from] StoreError),
    /// A worker ended before its work.
    #[error("a worker failed")]
    Worker(#[from] tokio::task::JoinError),
}

/// How much has been made so far.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Made {
    /// Organisations.
    pub organisations: u64,
    /// Accounts.
    pub accounts: u64,
    /// Events.
    pub events: u64,
    /// Registrations.
    pub registrations: u64,
    /// Admissions, exits and denials in the journals.
    pub check_ins: u64,
}

/// How much has been made so far, as several count it.
#[derive(Debug, Default)]
struct Tally {
    events: AtomicU64,
    registrations: AtomicU64,
    check_ins: AtomicU64,
}

/// What was made.
#[derive(Clone, Debug)]
pub struct Seeded {
    /// How much.
    pub made: Made,
    /// Some of those who may log in, one of each kind.
    pub logins: Vec<Login>,
    /// The largest event: it has begun, half of its attendees have come, and the public may register.
    pub largest: EventId,
    /// What everybody logs in with.
    pub password: String,
}

/// Makes sample data, and says after each portion how much there is.
///
/// # Errors
///
/// [`SeedError`]; what was made before stays.
pub async fn run(
    database: &Database,
    master_key: &MasterKey,
    wish: Wish,
    tell: impl Fn(Made),
) -> Result<Seeded, SeedError> {
    let present = Clock::System.now();
    // Each worker lives through the events of others, too, at a time of its own.
    let open = || App::open(database.clone(), master_key, at(Clock::fixed(present)));
    let app = open().await?;
    refuse_strangers(&app, &wish).await?;
    let plan = Arc::new(Plan::new(wish.seed, wish.sizes, present));
    let text = wish.password.as_ref().map_or_else(random_password, Password::text);
    let crew = Arc::new(crew::gather(&app, &plan, &text, wish.more).await?);
    let made = Made { organisations: crew.organisations.len() as u64, accounts: crew.accounts, ..Made::default() };
    tell(made);

    let tally = Arc::new(Tally::default());
    let batches = Arc::new(plan.batches());
    let (next, mut largest) = (Arc::new(AtomicU32::new(0)), None);
    let mut workers: JoinSet<Result<Option<EventId>, SeedError>> = JoinSet::new();
    let count = match database.dialect() {
        // There is one writer: a second prepares while the first waits for the disk.
        Dialect::Sqlite => 2,
        Dialect::Postgres => WORKERS,
    };
    for _ in 0..count {
        let mut maker = Maker::new(open().await?, Arc::clone(&plan), Arc::clone(&crew), Arc::clone(&tally));
        let (next, batches) = (Arc::clone(&next), Arc::clone(&batches));
        workers.spawn(async move {
            let mut first = None;
            while let Some(batch) = batches.get(next.fetch_add(1, Ordering::Relaxed) as usize) {
                let made = maker.make(batch.clone()).await?;
                if batch.start == 0 {
                    first = made;
                }
            }
            Ok(first)
        });
    }
    let mut ticking = tokio::time::interval(std::time::Duration::from_secs(1));
    loop {
        tokio::select! {
            worker = workers.join_next() => match worker {
                None => break,
                // Those that still work end with this.
                Some(worker) => largest = worker??.or(largest),
            },
            _ = ticking.tick() => tell(tally.so_far(made)),
        }
    }
    database.look_again().await?;
    let largest = largest.ok_or(StoreError::Corrupt("events"))?;
    Ok(Seeded { made: tally.so_far(made), logins: crew.logins.clone(), largest, password: text })
}

impl Tally {
    fn so_far(&self, made: Made) -> Made {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let (events, registrations) = (read(&self.events), read(&self.registrations));
        Made { events, registrations, check_ins: read(&self.check_ins), ..made }
    }
}

fn at(clock: Clock) -> Settings {
    Settings { clock, ..Settings::default() }
}

async fn refuse_strangers(app: &App, wish: &Wish) -> Result<(), SeedError> {
    let mut tx = app.database().begin_read().await?;
    if !wish.more && organisations::is_any(&mut tx).await? {
        return Err(SeedError::InUse);
    }
    Ok(())
}

/// Returns a password that nobody knows yet: what is made up may stand where others can reach it.
fn random_password() -> String {
    format!("sample-{}", hex::encode(random_bytes::<6>()))
}
