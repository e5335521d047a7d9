//! What a key stroke of the search takes while names are typed, and what the index takes of memory.

use std::time::{Duration, Instant};

use harness::crowd;
use sync_protocol::id::{ClassId, DeviceNo, TicketId};
use sync_protocol::verdict::TicketStatus;
use usher_terminal::search::{Guest, Index};

use crate::Figure;
use crate::door::percentile;

/// Guests whose names are typed.
const TYPED: u64 = 100;
/// A step through the list.
const STEP: u64 = 977;
/// What a screen shows at most.
const SHOWN: usize = 200;

/// Typing names, letter by letter, into the search of a list of `guests`.
pub(crate) fn key_strokes(guests: u64) -> anyhow::Result<Vec<Figure>> {
    let people: Vec<_> = (0..guests).map(crowd::person).collect();
    let started = Instant::now();
    let mut index = Index::default();
    for (serial, person) in (1..).zip(&people) {
        index.insert(&Guest {
            ticket: TicketId::new(DeviceNo(0), serial).unwrap_or(TicketId(serial)),
            name: &person.name,
            email: &person.email,
            group: &person.group,
            class: ClassId(0),
            status: TicketStatus::Valid,
        });
    }
    let built = started.elapsed();
    let mut times = Vec::new();
    for number in 0..TYPED {
        let person = crowd::person(number * STEP % guests);
        let mut letters: Vec<char> = person.name.chars().collect();
        // Every third is typed with a slip, in the family name: that is never short.
        if let (0, Some(at)) = (number % 3, letters.len().checked_sub(3)) {
            letters.swap(at, at + 1);
        }
        let mut typed = String::new();
        for letter in letters {
            typed.push(letter);
            let started = Instant::now();
            let results = index.search(&typed, SHOWN);
            times.push(started.elapsed());
            anyhow::ensure!(results.found.len() <= SHOWN, "more is found than is shown");
        }
        anyhow::ensure!(!index.search(&typed, SHOWN).is_empty(), "a guest's own name does not find them");
    }
    times.sort_unstable();
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    let worst = times.last().copied().unwrap_or_default();
    Ok(vec![
        Figure::new(
            format!("a key stroke of the search over {guests} guests, p50 / p99 / worst"),
            format!("{:.1} / {:.1} / {:.1} ms", ms(percentile(&times, 50)), ms(percentile(&times, 99)), ms(worst)),
            if guests == 100_000 { "≤ 20 ms" } else { "" },
        ),
        Figure::new(
            format!("the search's index of {guests} guests"),
            format!("{:.1} MiB, built in {:.2} s", index.bytes() as f64 / 1_048_576.0, built.as_secs_f64()),
            "",
        ),
    ])
}
