//! Events, who comes to them, and what becomes of both.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::{Value, json};
use sync_protocol::id::{ClassId, EventId, RegistrationId};
use sync_protocol::time::UnixMillis;
use sync_protocol::verdict::{Direction, TicketStatus};

use super::crew::Crew;
use super::dice::Dice;
use super::people::Person;
use super::plan::{EventPlan, Fate, GATES, MEALS, Plan};
use super::{SeedError, Tally};
use crate::accounts::Organiser;
use crate::app::App;
use crate::audit;
use crate::clock::uuids_v7;
use crate::db::{StoreError, Tx};
use crate::door::{self, Ask, Shown};
use crate::events::life::Step;
use crate::events::{self, Event, decide};
use crate::registrations::{self, Answers, NewRegistration, PerPerson, Registration, State};
use crate::tickets::{self, Ticket};

/// Attendees who are registered at once.
const REGISTERED_AT_ONCE: u64 = 1_000;
/// Registrations in one transaction: others wait for no more than that.
const PER_TRANSACTION: u64 = 2_000;
/// Tickets that are shown at the door at once.
const SHOWN_AT_ONCE: usize = 400;
/// Times at which a small event's attendees register or come.
const TIMES_MIN: u64 = 3;
/// One of so many is cancelled.
const CANCELLED_PART: usize = 30;
const HOUR_MS: u64 = 3_600_000;

// As the plan's events name their ticket types.
const REGULAR: ClassId = ClassId(0);
const PATRON: ClassId = ClassId(1);
const SEAT: ClassId = ClassId(2);
const PRESS: ClassId = ClassId(3);

/// Makes events, one portion after the other. Its application's clock goes from each thing to the next.
pub(super) struct Maker {
    app: App,
    plan: Arc<Plan>,
    crew: Arc<Crew>,
    tally: Arc<Tally>,
}

/// An event that is being made.
struct Making {
    planned: EventPlan,
    event: Event,
    organiser: Organiser,
    /// The number of its next attendee among all people.
    person: u64,
    /// Its attendees so far.
    attendees: u64,
    /// Tickets that would be let in.
    valid: Vec<Ticket>,
}

impl Maker {
    pub(super) fn new(app: App, plan: Arc<Plan>, crew: Arc<Crew>, tally: Arc<Tally>) -> Self {
        Self { app, plan, crew, tally }
    }

    /// Makes the events of these numbers, and returns the first.
    pub(super) async fn make(&mut self, numbers: Range<u32>) -> Result<Option<EventId>, SeedError> {
        let mut made = Vec::with_capacity(numbers.len());
        let mut tx = self.app.database().begin_write().await?;
        let mut held = 0;
        for number in numbers {
            let mut making = self.begin(&mut tx, self.plan.event(number)).await?;
            let times = times(&making.planned.sale, making.planned.crowd.open, REGISTERED_AT_ONCE);
            for (part, at) in times {
                self.app.clock().set(at);
                self.register(&mut tx, &mut making, part).await?;
                held += part;
                if held >= PER_TRANSACTION {
                    tx.commit().await?;
                    held = 0;
                    tx = self.app.database().begin_write().await?;
                }
            }
            self.app.clock().set(UnixMillis(making.planned.sale.end + 1));
            self.register_specially(&mut tx, &mut making).await?;
            made.push(making);
        }
        tx.commit().await?;
        for making in &mut made {
            self.check_in(making).await?;
        }
        let mut tx = self.app.database().begin_write().await?;
        for making in &made {
            self.end(&mut tx, making).await?;
        }
        tx.commit().await?;
        self.tally.events.fetch_add(made.len() as u64, Ordering::Relaxed);
        Ok(made.first().map(|making| making.event.id))
    }

    /// Makes an event and takes it as far as it comes before anybody registers.
    async fn begin(&self, tx: &mut Tx, planned: EventPlan) -> Result<Making, SeedError> {
        let app = &self.app;
        let (organiser, needs_approval) =
            *self.crew.organisations.get(planned.organisation).ok_or(StoreError::Corrupt("organisations"))?;
        app.clock().set(UnixMillis(planned.sale.start));
        let (policy, offer, about) =
            events::checked(planned.body.clone()).map_err(|_| StoreError::Corrupt("events"))?;
        let event = events::begin(tx, app, organiser, policy, offer, about).await?;
        events::note_made(tx, organiser, &event).await?;
        let steps: &[Step] = match planned.fate {
            Fate::Draft => &[],
            Fate::Submitted => &[Step::Submit],
            Fate::Approved => &[Step::Submit, Step::Approve],
            Fate::Rejected => &[Step::Submit, Step::Reject],
            Fate::Today | Fate::Upcoming | Fate::Over | Fate::Cancelled if needs_approval => {
                &[Step::Submit, Step::Approve, Step::Publish]
            }
            Fate::Today | Fate::Upcoming | Fate::Over | Fate::Cancelled => &[Step::Publish],
        };
        let mut event = event;
        for step in steps {
            let reason = if step.needs_reason() { "It is too close to another one." } else { "" };
            event = decide::take_within(tx, app, organiser, event.id, *step, reason).await?;
        }
        let mut dice = planned.dice.clone();
        let guests = self.crew.guests;
        let person = guests + dice.below(self.plan.population().saturating_sub(guests).max(1));
        Ok(Making { planned, event, organiser, person, attendees: 0, valid: Vec::new() })
    }

    /// Registers attendees with tickets that there may be any number of; some give theirs back.
    async fn register(&self, tx: &mut Tx, making: &mut Making, count: u64) -> Result<(), SeedError> {
        let first = making.attendees;
        let new: Vec<NewRegistration> = (0..count)
            .map(|_| {
                let class = if making.planned.dice.happens(20) { PATRON } else { REGULAR };
                let is_unpaid = costs(&making.event, class) && making.planned.dice.happens(10);
                let status = if is_unpaid { TicketStatus::Unpaid } else { TicketStatus::Valid };
                self.newcomer(making, class, status)
            })
            .collect();
        let registered = registrations::register_within(tx, &self.app, &making.event, new).await?;
        self.note(tx, making, registered.len()).await?;
        let Some((newest, _)) = registered.first() else { return Ok(()) };
        let mut gone: BTreeSet<[u8; 16]> = BTreeSet::new();
        let cancelled = match registered.len() / CANCELLED_PART {
            0 if first == 0 && registered.len() > 2 => 1,
            some => some,
        };
        if cancelled > 0 {
            let (after, limit) = (before(newest.id), u32::try_from(cancelled).unwrap_or_default());
            let (app, organiser, event) = (&self.app, making.organiser, &making.event);
            let those =
                tickets::many::cancel_some(tx, app, organiser, event, "Asked for by mail.", after, limit).await?;
            gone.extend(those.into_iter().map(|registration| registration.id.0));
        }
        if first == 0
            && let Some((blocked, ticket)) = registered.last().filter(|_| registered.len() > 4)
        {
            let (event, account) = (making.event.id, making.organiser.account);
            let change = tickets::Change::Block;
            tickets::change_in(tx, &self.app, event, ticket.id, change, Some(account), "Paid with a stolen card.")
                .await?;
            gone.insert(blocked.id.0);
        }
        let is_valid = |(registration, ticket): &&(Registration, Ticket)| {
            ticket.row.status == TicketStatus::Valid && !gone.contains(&registration.id.0)
        };
        making.valid.extend(registered.iter().filter(is_valid).map(|(_, ticket)| *ticket));
        Ok(())
    }

    /// Registers those for whom there is only so much room, or who need an organiser's word.
    async fn register_specially(&self, tx: &mut Tx, making: &mut Making) -> Result<(), SeedError> {
        let crowd = making.planned.crowd;
        let seated: Vec<NewRegistration> =
            (0..crowd.seated).map(|_| self.newcomer(making, SEAT, TicketStatus::Valid)).collect();
        if !seated.is_empty() {
            let seated = registrations::register_within(tx, &self.app, &making.event, seated).await?;
            self.note(tx, making, seated.len()).await?;
            making.valid.extend(seated.into_iter().map(|(_, ticket)| ticket));
        }
        let hopes = [
            (State::Waiting, SEAT, crowd.waiting),
            (State::Pending, PRESS, crowd.pending),
            (State::Rejected, PRESS, crowd.rejected),
        ];
        let now = UnixMillis(self.app.clock().now().0 + 1);
        let mut ids = uuids_v7(now, (crowd.waiting + crowd.pending + crowd.rejected) as usize);
        let mut hopeful = Vec::new();
        for (state, class, count) in hopes {
            for (number, id) in (1..=count).zip(&mut ids) {
                let new = self.newcomer(making, class, TicketStatus::Valid);
                let mut registration = Registration::new(RegistrationId(id), new.attendee, class, now);
                registration.state = state;
                registration.answers = new.answers;
                registration.queue_no = (state == State::Waiting).then_some(number);
                if state == State::Rejected {
                    "All seats of the press are taken.".clone_into(&mut registration.reason);
                }
                hopeful.push(registration);
            }
        }
        if !hopeful.is_empty() {
            registrations::add(tx, making.event.id, &hopeful).await?;
            self.note(tx, making, hopeful.len()).await?;
        }
        Ok(())
    }

    /// Returns the next attendee.
    fn newcomer(&self, making: &mut Making, class: ClassId, status: TicketStatus) -> NewRegistration {
        let number = making.attendees;
        making.attendees += 1;
        // The first to come is one of those who have an account.
        let person = match number {
            0 => u64::from(making.planned.number) % self.crew.guests,
            _ => making.person + number,
        };
        let dice = &mut making.planned.dice;
        let is_noted = dice.happens(4);
        let note = if is_noted { dice.one_of(&NOTES) } else { "" };
        // Some come with whoever registered just before them.
        let order = (number % 10 < 3).then(|| format!("ORD-{}", number / 10 + 1));
        let answers = if dice.happens(50) { answer(dice) } else { Answers::new() };
        let attendee = Person::new(self.plan.seed, person).attendee(order, note);
        let id_check = dice.happens(2);
        let per_person = PerPerson::NotAsked;
        NewRegistration { attendee, class, status, attention: is_noted, id_check, answers, per_person }
    }

    /// Records that attendees were registered.
    async fn note(&self, tx: &mut Tx, making: &Making, count: usize) -> Result<(), SeedError> {
        let change = audit::Change {
            action: "registration.create",
            event: Some(making.event.id),
            subject: "",
            before: Value::Null,
            after: json!({ "attendees": count }),
        };
        audit::note(tx, making.organiser, &change, self.app.clock().now()).await?;
        self.tally.registrations.fetch_add(count as u64, Ordering::Relaxed);
        Ok(())
    }

    /// Shows the tickets of those who came at the server's door; some show theirs twice.
    async fn check_in(&self, making: &mut Making) -> Result<(), SeedError> {
        let turnout = making.planned.fate.turnout();
        let mut dice = making.planned.dice.clone();
        let came: Vec<Ticket> = making.valid.drain(..).filter(|_| dice.happens(turnout)).collect();
        let Some(first) = came.first() else { return Ok(()) };
        let (app, event) = (&self.app, making.event.id);
        let mut tx = app.database().begin_read().await?;
        let key = events::ticket_key(&mut tx, app.sealer(), event, first.kid).await?;
        drop(tx);
        let starts = making.planned.starts.0;
        let doors = starts - HOUR_MS..(starts + 3 * HOUR_MS).min(self.plan.now.0);
        let mut again: Vec<Ticket> = Vec::new();
        let mut left = came.as_slice();
        for (part, at) in times(&doors, came.len() as u64, SHOWN_AT_ONCE as u64) {
            let (these, others) = left.split_at(usize::try_from(part).unwrap_or_default().min(left.len()));
            left = others;
            let asks: Vec<Ask> = these
                .iter()
                .chain(&again)
                .map(|ticket| Ask {
                    shown: Shown::Credential(tickets::sign(&key, event, ticket).to_text()),
                    gate: dice.one_of(&GATES).to_owned(),
                    direction: Direction::Entry,
                    operator: Some(dice.one_of(&OPERATORS).to_owned()),
                })
                .collect();
            again = these.iter().copied().filter(|_| dice.happens(2)).collect();
            app.clock().set(at);
            let decided = door::verify_all(app, event, asks).await?;
            for decided in &decided {
                let recorded = decided.as_ref().is_ok_and(|decided| decided.recorded.is_some());
                self.tally.check_ins.fetch_add(u64::from(recorded), Ordering::Relaxed);
            }
        }
        Ok(())
    }

    /// Ends what is over or does not take place.
    async fn end(&self, tx: &mut Tx, making: &Making) -> Result<(), SeedError> {
        let (app, organiser, event) = (&self.app, making.organiser, &making.event);
        match making.planned.fate {
            Fate::Over => {
                app.clock().set(event.policy.ends.plus(HOUR_MS));
                decide::take_within(tx, app, organiser, event.id, Step::Close, "").await?;
            }
            Fate::Cancelled => {
                const REASON: &str = "The hall is under water.";
                app.clock().set(UnixMillis(making.planned.sale.end + HOUR_MS / 2));
                let event = decide::take_within(tx, app, organiser, event.id, Step::Cancel, REASON).await?;
                decide::cancel_everybody(tx, app, organiser, &event, REASON).await?;
            }
            _ => {}
        }
        Ok(())
    }
}

const NOTES: [&str; 5] = [
    "Comes in a wheelchair: side door.",
    "Speaks at 11.",
    "Allergic to nuts.",
    "Brings a guide dog.",
    "Has lost the badge before.",
];
const OPERATORS: [&str; 4] = ["Eve", "Frank", "Gina", "Hugo"];

fn answer(dice: &mut Dice) -> Answers {
    Answers::from([("meal".to_owned(), dice.one_of(&MEALS).to_owned())])
}

fn costs(event: &Event, class: ClassId) -> bool {
    event.offered(class).is_some_and(|offered| offered.price.is_some())
}

/// Returns the id just before another.
fn before(RegistrationId(id): RegistrationId) -> RegistrationId {
    RegistrationId(u128::from_be_bytes(id).saturating_sub(1).to_be_bytes())
}

/// Spreads `count` things over a span of time: at most `at_once` at a time, in order.
fn times(span: &Range<u64>, count: u64, at_once: u64) -> impl Iterator<Item = (u64, UnixMillis)> + use<> {
    let parts = count.div_ceil(at_once).max(TIMES_MIN).min(count);
    let (from, length) = (span.start, span.end - span.start);
    (0..parts).map(move |part| {
        let those = count * (part + 1) / parts - count * part / parts;
        (those, UnixMillis(from + length * (part + 1) / (parts + 1)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_a_crowd_come_within_the_time_and_few_at_once() {
        for count in [0, 1, 2, 10, 999, 12_345] {
            let times: Vec<_> = times(&(1_000..2_000_000), count, 400).collect();
            assert_eq!(times.iter().map(|(those, _)| those).sum::<u64>(), count);
            assert!(times.iter().all(|(those, at)| (1..=401).contains(those) && (1_000..2_000_000).contains(&at.0)));
            assert!(times.is_sorted_by_key(|(_, at)| *at));
        }
    }
}
