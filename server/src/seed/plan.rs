//! What is to be made: which events there are, when, how large and how far they come. The same for the same seed, but
//! that all times are told from the present.

use std::ops::Range;

use serde_json::json;
use sync_protocol::time::UnixMillis;

use super::Sizes;
use super::dice::Dice;
use crate::events::body::NewEvent;
use crate::http::time::rfc3339;

const MINUTE_MS: u64 = 60_000;
const HOUR_MS: u64 = 60 * MINUTE_MS;
const DAY_MS: u64 = 24 * HOUR_MS;
/// Registrations that one worker makes before it takes up other events.
const BATCH_REGISTRATIONS: u64 = 2_000;
/// Events that one worker makes before it takes up others.
const BATCH_EVENTS: usize = 40;

/// How far an event comes.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Fate {
    /// It has begun, and goes on.
    #[default]
    Today,
    Upcoming,
    /// It took place, and is closed.
    Over,
    Draft,
    Submitted,
    Approved,
    Rejected,
    Cancelled,
}

/// The fates of the first events, so that there is one of each as soon as there are twenty, and how often each comes
/// among the others.
const FATES: [Fate; 20] = {
    use Fate::{Approved, Cancelled, Draft, Over, Rejected, Submitted, Today, Upcoming};
    [
        Today, Upcoming, Over, Upcoming, Draft, Upcoming, Over, Upcoming, Cancelled, Upcoming, Over, Submitted,
        Upcoming, Over, Approved, Upcoming, Over, Rejected, Upcoming, Over,
    ]
};

impl Fate {
    /// Whether the public could ever register.
    pub(super) const fn was_published(self) -> bool {
        matches!(self, Self::Today | Self::Upcoming | Self::Over | Self::Cancelled)
    }

    /// Whether anybody is registered.
    const fn has_attendees(self) -> bool {
        self.was_published() || matches!(self, Self::Approved)
    }

    /// Returns how many of a hundred attendees have come.
    pub(super) const fn turnout(self) -> u64 {
        match self {
            Self::Today => 50,
            Self::Over => 85,
            _ => 0,
        }
    }
}

const TOPICS: &[&str] = &[
    "Astronomy",
    "Baking",
    "Board games",
    "Ceramics",
    "Chamber music",
    "Chess",
    "Climate",
    "Comics",
    "Compilers",
    "Cycling",
    "Databases",
    "Design",
    "Fermentation",
    "Film",
    "Gardening",
    "Jazz",
    "Machine learning",
    "Mathematics",
    "Open hardware",
    "Photography",
    "Poetry",
    "Robotics",
    "Rust",
    "Security",
    "Swing",
    "Theatre",
    "Typography",
];
const FORMS: &[&str] =
    &["Conference", "Days", "Evening", "Fair", "Festival", "Meetup", "Summit", "Symposium", "Workshop"];
const PLACES: &[(&str, &str)] = &[
    ("Kongresshalle, Berlin", "Europe/Berlin"),
    ("Kulturhaus, Vienna", "Europe/Vienna"),
    ("Beursgebouw, Amsterdam", "Europe/Amsterdam"),
    ("Town Hall, Dublin", "Europe/Dublin"),
    ("Palais de la Musique, Lyon", "Europe/Paris"),
    ("Teatro Grande, Bologna", "Europe/Rome"),
    ("Exhibition Centre, Porto", "Europe/Lisbon"),
    ("Harbour Hall, Boston", "America/New_York"),
];

/// An event to make.
#[derive(Clone, Debug)]
pub(super) struct EventPlan {
    pub(super) number: u32,
    /// Whose it is, by the organisation's place.
    pub(super) organisation: usize,
    pub(super) fate: Fate,
    pub(super) starts: UnixMillis,
    /// When it was made, and when the last attendee registered.
    pub(super) sale: Range<u64>,
    pub(super) crowd: Crowd,
    /// The event as an organiser would send it.
    pub(super) body: NewEvent,
    /// What else is decided about it.
    pub(super) dice: Dice,
}

/// How many attendees are registered, and how.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Crowd {
    /// With a ticket that there may be any number of. Some of these are cancelled.
    pub(super) open: u64,
    /// With a seat: all that there are.
    pub(super) seated: u64,
    /// Who wait for a seat.
    pub(super) waiting: u64,
    /// Who wait for an organiser's word.
    pub(super) pending: u64,
    /// To whom an organiser said no.
    pub(super) rejected: u64,
}

impl Crowd {
    fn of(size: u64, fate: Fate) -> Self {
        let part = |of: u64, least: u64| if size < least { 0 } else { (size / of).max(1) };
        if !fate.was_published() {
            return Self { open: size, ..Self::default() };
        }
        let (seated, waiting, pending, rejected) = (part(10, 10), part(40, 20), part(50, 10), part(100, 20));
        Self { open: size - seated - waiting - pending - rejected, seated, waiting, pending, rejected }
    }
}

/// All that is to be made.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) seed: u64,
    pub(super) sizes: Sizes,
    pub(super) now: UnixMillis,
    /// Of each event, how many are registered.
    crowds: Vec<u64>,
}

impl Plan {
    pub(super) fn new(seed: u64, sizes: Sizes, now: UnixMillis) -> Self {
        let mut plan = Self { seed, sizes, now, crowds: Vec::new() };
        // A few events are large and most are small: each has its share by its place (Zipf).
        let places: Vec<u64> = (0..sizes.events)
            .scan(1, |place, number| {
                let has_attendees = plan.fate(number).has_attendees();
                *place += u64::from(has_attendees);
                Some(if has_attendees { *place } else { 0 })
            })
            .collect();
        let share = |place: u64| 1_000_000_000_u64.checked_div(place).unwrap_or_default();
        let whole: u64 = places.iter().copied().map(share).sum();
        let wanted = u64::from(sizes.registrations);
        let part = |place: &u64| (wanted * share(*place)).checked_div(whole).unwrap_or_default();
        plan.crowds = places.iter().map(part).collect();
        let rest = wanted - plan.crowds.iter().sum::<u64>();
        if let Some(first) = plan.crowds.first_mut() {
            *first += rest;
        }
        plan
    }

    fn fate(&self, number: u32) -> Fate {
        FATES.get(number as usize).copied().unwrap_or_else(|| self.dice(number).one_of(&FATES))
    }

    fn dice(&self, number: u32) -> Dice {
        Dice::new(self.seed, u64::from(number))
    }

    /// Returns the events in portions that are made one at a time, each by its worker.
    pub(super) fn batches(&self) -> Vec<Range<u32>> {
        let mut batches: Vec<Range<u32>> = Vec::new();
        let mut held = 0;
        for (number, crowd) in (0..).zip(&self.crowds) {
            match batches.last_mut() {
                Some(last) if held + crowd <= BATCH_REGISTRATIONS && last.len() < BATCH_EVENTS => {
                    last.end = number + 1;
                    held += crowd;
                }
                _ => {
                    batches.push(number..number + 1);
                    held = *crowd;
                }
            }
        }
        batches
    }

    /// Returns an event.
    pub(super) fn event(&self, number: u32) -> EventPlan {
        let mut dice = self.dice(number);
        // As it decided about the fate.
        dice.below(1);
        let fate = self.fate(number);
        let size = self.crowds.get(number as usize).copied().unwrap_or_default();
        let crowd = Crowd::of(size, fate);
        let midnight = self.now.0 - self.now.0 % DAY_MS;
        let hour = HOUR_MS * (9 + dice.below(11));
        let starts = match fate {
            Fate::Today => self.now.0 - 2 * HOUR_MS,
            Fate::Over => midnight - DAY_MS * (2 + dice.below(360)) + hour,
            _ => midnight + DAY_MS * (1 + dice.below(120)) + hour,
        };
        let ends = starts + HOUR_MS * (if fate == Fate::Today { 12 } else { 3 + dice.below(30) });
        let last = starts.min(self.now.0) - HOUR_MS;
        let sale = last - DAY_MS * (20 + dice.below(60))..last;
        let (place, time_zone) = dice.one_of(PLACES);
        let name = format!("{} {} {}", dice.one_of(TOPICS), dice.one_of(FORMS), number + 1);
        let price = dice.happens(40).then(|| json!({ "amount": 900 + 100 * dice.below(60), "currency": "EUR" }));
        let body = json!({
            "name": name,
            "description": "Made up, with everybody who comes to it.",
            "location": place,
            "time_zone": time_zone,
            "starts": rfc3339(UnixMillis(starts)),
            "ends": rfc3339(UnixMillis(ends)),
            "questions": [{ "key": "meal", "label": "What would you like to eat?", "choices": MEALS }],
            "zones": [{ "name": "Hall" }],
            "gates": GATES.map(|name| json!({ "name": name })),
            "ticket_types": [
                { "name": "Regular", "price": price, "per_person": 4, "re_entry": "after_exit", "uses": { "limit": null } },
                { "name": "Patron", "price": { "amount": 12_000, "currency": "EUR" }, "per_person": 4 },
                { "name": "Seat", "quota": crowd.seated.max(1), "per_person": 4, "has_waitlist": true },
                { "name": "Press", "per_person": 1, "needs_approval": true },
            ],
        });
        let body = serde_json::from_value(body).expect("an event as organisers send it");
        // The first organisation has so many that its lists are long.
        let organisations = self.sizes.organisations.max(1);
        let organisation = if number.is_multiple_of(4) { 0 } else { (number % organisations) as usize };
        let starts = UnixMillis(starts);
        EventPlan { number, organisation, fate, starts, sale, crowd, body, dice }
    }

    /// Returns how many different people there are.
    pub(super) fn population(&self) -> u64 {
        u64::from(self.sizes.registrations).max(1)
    }
}

/// What is asked when somebody registers, and answered.
pub(super) const MEALS: [&str; 3] = ["meat", "vegetarian", "vegan"];
/// The gates of every event.
pub(super) const GATES: [&str; 2] = ["Main entrance", "Side door"];

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis(1_800_000_000_000);

    #[test]
    fn every_registration_is_planned_once_and_the_same_each_time() {
        for (events, registrations) in [(1, 1), (20, 500), (300, 10_000), (10_000, 1_000_000)] {
            let sizes = Sizes { organisations: 7, events, registrations };
            let plan = Plan::new(5, sizes, NOW);
            let numbers: Vec<u32> = plan.batches().into_iter().flatten().collect();
            assert_eq!(numbers, (0..events).collect::<Vec<_>>());

            let crowd = |number| {
                let Crowd { open, seated, waiting, pending, rejected } = plan.event(number).crowd;
                open + seated + waiting + pending + rejected
            };
            assert_eq!((0..events).map(crowd).sum::<u64>(), u64::from(registrations));
            let again = Plan::new(5, sizes, NOW).event(events - 1);
            assert_eq!(format!("{:?}", again), format!("{:?}", plan.event(events - 1)));
        }
    }

    #[test]
    fn the_first_event_is_the_largest_and_twenty_have_every_fate() {
        let plan = Plan::new(1, Sizes { organisations: 3, events: 20, registrations: 2_000 }, NOW);
        assert!(plan.crowds.iter().all(|crowd| *crowd <= plan.crowds[0]));
        assert_eq!(plan.event(0).fate, Fate::Today);
        for fate in FATES {
            assert!((0..20).any(|number| plan.event(number).fate == fate));
        }
    }

    #[test]
    fn an_event_is_planned_as_an_organiser_would_send_it() {
        let plan = Plan::new(1, Sizes { organisations: 3, events: 200, registrations: 2_000 }, NOW);
        for number in 0..200 {
            let planned = plan.event(number);
            assert!(crate::events::checked(planned.body.clone()).is_ok(), "{planned:?}");
            assert!(planned.sale.start < planned.sale.end && planned.sale.end < planned.starts.0.min(NOW.0));
        }
    }
}
