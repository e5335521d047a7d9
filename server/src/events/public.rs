//! What the public is told of events: those that are published, and how many places there still are.

pub mod body;
pub mod routes;

use std::collections::{BTreeMap, BTreeSet};

use subtle::ConstantTimeEq as _;
use sync_protocol::id::{ClassId, EventId};
use sync_protocol::time::UnixMillis;

use super::{Event, OfferedType, change};
use crate::accounts::OrganisationId;
use crate::db::{StoreError, Tx};
use crate::organisations;

/// At most one place in so many is called few.
const FEW_IN: u64 = 10;
/// So many places are few wherever there are no more.
const FEW_MAX: u64 = 5;

/// Whether a ticket type can be had.
#[derive(Clone, Copy, Debug, Eq, PartialEq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    /// It can.
    Available,
    /// Hardly any are left.
    Few,
    /// None is left.
    SoldOut,
    /// It is not sold yet.
    NotYet,
    /// It is sold no more.
    Over,
}

/// A published event as somebody finds it who looks at it.
#[derive(Clone, Debug)]
pub struct Found {
    /// The event.
    pub event: Event,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// What the organisation is called.
    pub organisation_name: String,
    /// How many places of each ticket type are taken.
    pub taken: BTreeMap<ClassId, u64>,
}

/// Returns a published event.
///
/// # Errors
///
/// [`StoreError`].
pub async fn find(tx: &mut Tx, id: EventId) -> Result<Option<Found>, StoreError> {
    let Some((organisation, event)) = super::published(tx, id).await? else { return Ok(None) };
    let taken = change::places_taken(tx, id).await?;
    let mut names = organisations::names(tx, &BTreeSet::from([organisation])).await?;
    let organisation_name = names.remove(&organisation).unwrap_or_default();
    Ok(Some(Found { event, organisation, organisation_name, taken }))
}

/// Whether a ticket type is shown to somebody who knows `code`, if they know any.
pub fn is_shown(offered: &OfferedType, code: Option<&str>) -> bool {
    let Some(asked) = &offered.access_code else { return true };
    code.is_some_and(|code| bool::from(asked.as_bytes().ct_eq(code.trim().as_bytes())))
}

/// Returns whether a ticket type can be had `now`.
pub fn availability(
    event: &Event,
    offered: &OfferedType,
    taken: &BTreeMap<ClassId, u64>,
    now: UnixMillis,
) -> Availability {
    if now >= event.policy.ends || offered.sale.is_some_and(|sale| now >= sale.until()) {
        return Availability::Over;
    }
    if offered.sale.is_some_and(|sale| now < sale.from()) {
        return Availability::NotYet;
    }
    let of_type = taken.get(&offered.class).copied().unwrap_or_default();
    let limits = [(offered.quota, of_type), (event.offer.capacity, taken.values().sum())];
    let scarcest = limits.into_iter().filter_map(|(limit, taken)| {
        let limit = u64::from(limit?);
        let left = limit.saturating_sub(taken);
        Some(match left {
            0 => Availability::SoldOut,
            left if left <= FEW_MAX.max(limit / FEW_IN) && left < limit => Availability::Few,
            _ => Availability::Available,
        })
    });
    scarcest.max_by_key(|availability| *availability as u8).unwrap_or(Availability::Available)
}

#[cfg(test)]
mod tests {
    use sync_protocol::policy::Policy;
    use sync_protocol::time::Window;

    use super::*;
    use crate::events::State;
    use crate::events::{About, Offer};

    fn event(capacity: Option<u32>, offered: OfferedType) -> Event {
        let policy = serde_json::json!({
            "event": "Party", "time_zone": "UTC", "starts": 500, "ends": 1000, "zones": [], "gates": [], "classes": [],
        });
        let policy: Policy = serde_json::from_value(policy).unwrap();
        Event {
            id: EventId([1; 16]),
            policy,
            offer: Offer { ticket_types: vec![offered], capacity, ..Offer::default() },
            about: About::default(),
            state: State::Published,
            version: 1,
            made_by: None,
            created_at: UnixMillis(0),
        }
    }

    #[test]
    fn the_scarcer_of_quota_and_capacity_says_what_is_left() {
        let class = ClassId(0);
        let at = |capacity, quota, taken, now| {
            let offered = OfferedType {
                quota,
                sale: Window::new(UnixMillis(100), UnixMillis(900)).ok(),
                ..OfferedType::plain(class)
            };
            availability(
                &event(capacity, offered.clone()),
                &offered,
                &BTreeMap::from([(class, taken)]),
                UnixMillis(now),
            )
        };
        assert_eq!(at(None, None, 1_000_000, 100), Availability::Available);
        assert_eq!(at(None, Some(100), 89, 100), Availability::Available);
        assert_eq!(at(None, Some(100), 90, 100), Availability::Few);
        assert_eq!(at(None, Some(100), 100, 100), Availability::SoldOut);
        assert_eq!(at(Some(90), Some(100), 90, 100), Availability::SoldOut);
        assert_eq!(at(None, Some(3), 0, 100), Availability::Available);
        assert_eq!(at(None, Some(3), 1, 100), Availability::Few);
        assert_eq!(at(None, Some(100), 100, 99), Availability::NotYet);
        assert_eq!(at(None, None, 0, 900), Availability::Over);
    }

    #[test]
    fn a_hidden_type_is_shown_to_whoever_knows_its_code() {
        let plain = OfferedType::plain(ClassId(0));
        let hidden = OfferedType { access_code: Some("friends".to_owned()), ..plain.clone() };
        assert!(is_shown(&plain, None) && is_shown(&plain, Some("x")));
        assert!(is_shown(&hidden, Some(" friends ")));
        assert!(!is_shown(&hidden, None) && !is_shown(&hidden, Some("friend")));
    }
}
