//! Conflicts over HTTP.

use axum::extract::{Path, State};
use sync_protocol::id::{DeviceNo, Seq};
use sync_protocol::journal::Conflict;

use super::body::{CheckInBody, ConflictBody, SignedCheckInBody, Surroundings, zone};
use super::surroundings;
use crate::accounts::Organiser;
use crate::admissions::conflicts::{self, Conflicts};
use crate::app::App;
use crate::db::{StoreError, Tx};
use crate::events::Event;
use crate::events::routes::event_of;
use crate::http::extract::{Json, Query};
use crate::http::page::{self, Page, PageQuery};
use crate::http::problem::Problem;

/// Where a conflict stands in the list: its first excess admission, which no other conflict has.
const CURSOR_BYTES: usize = 10;

/// Lists tickets that came in more often than they may, with every entry as its device signed it.
///
/// The list is derived from all that counts, so it is the same whatever order the entries arrived in.
#[utoipa::path(
    get, path = "/api/v1/events/{event}/conflicts", tag = "admissions",
    params(PageQuery),
    responses((status = 200, body = Page<ConflictBody>))
)]
pub(super) async fn list_conflicts(
    State(app): State<App>,
    organiser: Organiser,
    Path(event): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<ConflictBody>>, Problem> {
    let limit = page::limit(query.limit)?;
    let after = page::cursor::<CURSOR_BYTES>(query.cursor.as_deref())?;
    let mut tx = app.database().begin_read().await?;
    let event = event_of(&mut tx, organiser, &event).await?;
    let Conflicts { conflicts, check_ins } = conflicts::of_event(&mut tx, event.id, &event.policy).await?;
    // A conflict that is gone since the page before leaves no place to go on from: the list starts again.
    let start = after.and_then(|after| conflicts.iter().position(|conflict| key(conflict) == after));
    let items: Vec<Conflict> =
        conflicts.into_iter().skip(start.map_or(0, |at| at + 1)).take(limit as usize + 1).collect();
    let page = Page::new(items, limit, |conflict| key(conflict).to_vec());

    let shown = page.items.iter().flat_map(|conflict| conflict.excess.iter().chain([&conflict.first]));
    let shown: Vec<_> = shown.filter_map(|name| check_ins.get(name)).cloned().collect();
    let around = surroundings(&mut tx, &event, &shown).await?;
    let found = Found { event: &event, check_ins: &check_ins, around: &around };
    let mut items = Vec::with_capacity(page.items.len());
    for conflict in &page.items {
        items.push(found.describe(&mut tx, conflict).await?);
    }
    Ok(Json(Page { items, next: page.next }))
}

fn key(conflict: &Conflict) -> [u8; CURSOR_BYTES] {
    let (device, seq) = conflict.excess.first().copied().unwrap_or_default();
    let mut key = [0; CURSOR_BYTES];
    for (to, from) in key.iter_mut().zip(device.0.to_be_bytes().into_iter().chain(seq.0.to_be_bytes())) {
        *to = from;
    }
    key
}

struct Found<'a> {
    event: &'a Event,
    check_ins: &'a std::collections::BTreeMap<(DeviceNo, Seq), crate::admissions::CheckIn>,
    around: &'a Surroundings,
}

impl Found<'_> {
    async fn describe(&self, tx: &mut Tx, conflict: &Conflict) -> Result<ConflictBody, StoreError> {
        let mut excess = Vec::with_capacity(conflict.excess.len());
        for name in &conflict.excess {
            excess.push(self.entry(tx, *name).await?);
        }
        Ok(ConflictBody {
            ticket: conflict.ticket.typed_code(),
            attendee: self.around.tickets.get(&conflict.ticket).map(|row| row.name.clone()),
            zone: zone(self.event, conflict.zone),
            first: self.entry(tx, conflict.first).await?,
            excess,
        })
    }

    async fn entry(&self, tx: &mut Tx, name: (DeviceNo, Seq)) -> Result<SignedCheckInBody, StoreError> {
        let check_in = self.check_ins.get(&name).ok_or(StoreError::Corrupt("check_ins"))?;
        let signed = conflicts::signed_bytes(tx, check_in).await?;
        Ok(SignedCheckInBody::of(check_in, CheckInBody::of(check_in, self.event, self.around), &signed))
    }
}
