//! The journal's shape: how many entries of which kind, and no entry itself.

use std::collections::BTreeMap;

use serde::Serialize;
use sync_protocol::id::Seq;
use sync_protocol::journal::drill::Drill;
use sync_protocol::journal::{EntryKind, IncidentKind};
use sync_protocol::time::UnixMillis;
use sync_protocol::verdict::Code;

use crate::cache::{READ_MAX, Store, StoreError};

/// How many results of ready checks are told, the newest.
const DRILLS_MAX: usize = 5;

/// The journal without its entries.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Shape {
    /// How many entries there are of each kind, and of denials of each code.
    entries: BTreeMap<String, u64>,
    /// How many carry a note, an operator, or personal data.
    with_note: u64,
    with_operator: u64,
    with_personal_data: u64,
    first_at: Option<UnixMillis>,
    last_at: Option<UnixMillis>,
    /// The largest step back in time between two entries, by the wall clock, in ms.
    wall_back_ms: u64,
    /// Results of the last ready checks, the newest at the end.
    drills: Vec<(UnixMillis, Drill)>,
}

/// Reads the journal for its shape.
///
/// # Errors
///
/// If an entry does not open.
pub(crate) fn shape(store: &Store) -> Result<Shape, StoreError> {
    let mut shape = Shape::default();
    let mut after = Seq(0);
    let mut wall = UnixMillis(0);
    loop {
        let run = store.entries_after(after, READ_MAX)?;
        let Some(last) = run.entries.last() else { return Ok(shape) };
        after = last.entry().seq;
        for signed in &run.entries {
            let entry = signed.entry();
            let mut kind = format!("{:?}", entry.kind).to_lowercase();
            if let Some(code) =
                Code::ALL.iter().find(|code| entry.kind == EntryKind::Deny && **code as u16 == entry.reason)
            {
                kind = format!("{kind} {}", code.name());
            }
            *shape.entries.entry(kind).or_default() += 1;
            shape.with_note += u64::from(entry.note.is_some());
            shape.with_operator += u64::from(entry.operator.is_some());
            shape.with_personal_data += u64::from(entry.personal_data.is_some());
            shape.first_at.get_or_insert(entry.wall);
            shape.last_at = Some(entry.wall);
            shape.wall_back_ms = shape.wall_back_ms.max(wall.since(entry.wall));
            wall = entry.wall;
            if entry.kind == EntryKind::Incident
                && IncidentKind::from_reason(entry.reason) == Some(IncidentKind::Drill)
                && let Some(Ok(drill)) = entry.note.as_deref().map(Drill::decode)
            {
                shape.drills.push((entry.wall, drill));
            }
        }
        let old = shape.drills.len().saturating_sub(DRILLS_MAX);
        shape.drills.drain(..old);
    }
}
