//! Guests on the list, as a search finds them.

use sync_protocol::id::{ClassId, DeviceNo, GateId, Seq, TicketId};
use sync_protocol::journal::ledger::Admission;
use sync_protocol::verdict::TicketStatus;

use super::{MINUTE_MS, NOW};
use crate::door::{Candidate, Known, Party, Presence, Search};
use crate::search::Found;

fn candidate(serial: u64, name: &str, email: &str, group: &str, class: u16) -> Candidate {
    let found = Found {
        ticket: TicketId::new(DeviceNo(0), serial * 7_919_000_003 + 0x1234_5678_9abc).expect("below 2^48"),
        name: name.into(),
        email: email.into(),
        group: group.into(),
        class: ClassId(class),
        status: TicketStatus::Valid,
        is_similar_only: false,
    };
    Candidate { found, presence: Presence::Away }
}

/// Two of one name, and others who are in, were in, or may not come in.
pub(crate) fn candidates() -> Vec<Candidate> {
    let since = |minutes: u64| NOW.minus(minutes * MINUTE_MS);
    let mut all = vec![
        candidate(1, "Maria Müller", "maria@example.org", "ORDER-77", 1),
        candidate(2, "Maria Müller", "m.mueller@example.net", "ORDER-93", 1),
        candidate(3, "Mary Shelley", "mary@example.com", "", 2),
        candidate(4, "Margaret Hamilton", "hamilton@example.org", "ORDER-77", 1),
        candidate(5, "Mario Rossi", "", "ORDER-4711", 3),
        candidate(6, "Mark 山田太郎 of the very long and winding name", "mark@example.org", "ORDER-1", 1),
    ];
    all[1].presence = Presence::Inside { since: since(22) };
    all[2].presence = Presence::Out { last: since(75) };
    all[3].presence = Presence::Used { last: since(40) };
    all[4].found.status = TicketStatus::Unpaid;
    all[5].found.status = TicketStatus::Cancelled;
    all
}

/// What a text finds.
pub(crate) fn search(typed: &str) -> Search {
    Search { typed: typed.into(), candidates: Some(candidates()), matching: 6, similar: 2, known: 1_500 }
}

/// An order of four: two are to come, one is in, one was cancelled.
pub(crate) fn party() -> Party {
    let mut members = vec![
        candidate(1, "Maria Müller", "maria@example.org", "ORDER-77", 1),
        candidate(7, "Luca Müller", "maria@example.org", "ORDER-77", 2),
        candidate(4, "Margaret Hamilton", "hamilton@example.org", "ORDER-77", 1),
        candidate(8, "", "", "ORDER-77", 1),
    ];
    members[2].presence = Presence::Inside { since: NOW.minus(22 * MINUTE_MS) };
    members[3].found.status = TicketStatus::Cancelled;
    Party { of: members[0].found.ticket, members }
}

/// What is known of the first who is found.
pub(crate) fn known() -> Known {
    let Found { ticket, name, email, group, class, status, .. } = candidates().remove(0).found;
    let at = |minutes: u64, gate, seq| Admission {
        at: NOW.minus(minutes * MINUTE_MS),
        gate: GateId(gate),
        device: DeviceNo(3),
        seq: Seq(seq),
    };
    Known {
        ticket,
        name,
        email,
        group,
        note: "has a delivery at the desk".into(),
        class,
        status,
        presence: Presence::Inside { since: NOW.minus(22 * MINUTE_MS) },
        admissions: vec![at(200, 2, 17), at(22, 1, 41)],
    }
}
