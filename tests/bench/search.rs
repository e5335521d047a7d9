//! How long a key stroke of the search takes, finding those of one order, and building what is searched.

use divan::{Bencher, black_box};
use harness::crowd::{self, Person};
use sync_protocol::id::{ClassId, DeviceNo, TicketId};
use sync_protocol::verdict::TicketStatus;
use usher_terminal::search::{Guest, Index};

/// The list's length.
const GUESTS: u64 = 100_000;
/// What a screen shows at most.
const SHOWN: usize = 200;

fn main() {
    divan::main();
}

/// What staff type, from one letter to words that nobody has.
#[divan::bench(args = [
    "m", "mar", "maria", "müller", "maria berg", "mraia bremgan", "berman maria speaker", "maria.ber",
    "maria@gmail.com", "day pass", "mariaberman", "qwrtzpxk xkcdq", "9W3N7",
])]
fn key_stroke(bencher: Bencher<'_, '_>, typed: &str) {
    let index = index(&people());
    bencher.bench_local(|| index.search(black_box(typed), SHOWN));
}

/// Everybody who came in one order, as for each scanned ticket that belongs to one.
#[divan::bench]
fn order(bencher: Bencher<'_, '_>) {
    let people = people();
    let index = index(&people);
    let order = people.iter().map(|person| person.group.as_str()).find(|group| !group.is_empty()).unwrap_or_default();
    bencher.bench_local(|| index.group(black_box(order)));
}

/// The whole list, its rows opened already.
#[divan::bench(sample_count = 10)]
fn build(bencher: Bencher<'_, '_>) {
    let people = people();
    bencher.bench_local(|| index(black_box(&people)));
}

fn people() -> Vec<Person> {
    (0..GUESTS).map(crowd::person).collect()
}

fn index(people: &[Person]) -> Index {
    let mut index = Index::default();
    index.set_types([(ClassId(0), "Day pass"), (ClassId(1), "Speaker")].into_iter());
    for (serial, person) in (1..).zip(people) {
        index.insert(&Guest {
            ticket: TicketId::new(DeviceNo(0), serial * 7_919_000_003 % TicketId::SERIAL_MAX).expect("48 bits"),
            name: &person.name,
            email: &person.email,
            group: &person.group,
            class: ClassId(u16::from(serial % 50 == 0)),
            status: TicketStatus::Valid,
        });
    }
    index
}
