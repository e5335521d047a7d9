//! How many places an event has left, of each ticket type and in all.

use std::collections::BTreeMap;

use sync_protocol::id::ClassId;

use super::{IssueError, store};
use crate::db::{StoreError, Tx};
use crate::events::{Event, Offer};
use crate::walk_ins;

/// What is left, as it was counted. It stays true while the event's feed is locked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Places {
    by_class: BTreeMap<ClassId, Left>,
    in_all: Left,
}

/// What is left of something that may be limited.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Left {
    /// Nothing is any number.
    places: Option<u64>,
    /// How many more are kept for sale at the doors.
    held: u64,
}

impl Left {
    fn of(limit: Option<u32>, taken: u64, held: u64) -> Self {
        Self { places: limit.map(|limit| u64::from(limit).saturating_sub(taken.saturating_add(held))), held }
    }
}

impl Places {
    /// Counts. Places that are kept for sale at the doors are taken.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn count(tx: &mut Tx, event: &Event) -> Result<Self, StoreError> {
        let offer = &event.offer;
        if offer.capacity.is_none() && offer.ticket_types.iter().all(|offered| offered.quota.is_none()) {
            return Ok(Self { by_class: BTreeMap::new(), in_all: Left::default() });
        }
        let counts = store::counts(tx, event.id).await?;
        let taken = counts.into_iter().map(|(class, counted)| (class, counted.living)).collect();
        let held = walk_ins::leases::held_by_class(tx, event.id).await?;
        Ok(Self::of(offer, &taken, &held))
    }

    fn of(offer: &Offer, taken: &BTreeMap<ClassId, u64>, held: &BTreeMap<ClassId, u64>) -> Self {
        let number = |of: &BTreeMap<ClassId, u64>, class| of.get(&class).copied().unwrap_or_default();
        let left = |class, quota| Left::of(quota, number(taken, class), number(held, class));
        let by_class = offer.ticket_types.iter().map(|offered| (offered.class, left(offered.class, offered.quota)));
        Self {
            by_class: by_class.collect(),
            in_all: Left::of(offer.capacity, taken.values().sum(), held.values().sum()),
        }
    }

    /// Returns how many more of a type there may be; nothing where there may be any number.
    pub fn left(&self, class: ClassId) -> Option<u64> {
        let of_class = self.by_class.get(&class).and_then(|left| left.places);
        match (of_class, self.in_all.places) {
            (Some(of_class), Some(in_all)) => Some(of_class.min(in_all)),
            (one, other) => one.or(other),
        }
    }

    /// Takes places, all of them or none.
    ///
    /// # Errors
    ///
    /// [`IssueError::SoldOut`] if fewer are left.
    pub fn take(&mut self, class: ClassId, wanted: u64) -> Result<(), IssueError> {
        let of_class = self.by_class.get(&class).copied().unwrap_or_default();
        if let Some(left) = self.left(class).filter(|left| *left < wanted) {
            let is_by_class = of_class.places == Some(left);
            let held = if is_by_class { of_class.held } else { self.in_all.held };
            return Err(IssueError::SoldOut { class, left: u32::try_from(left).unwrap_or(u32::MAX), held });
        }
        for left in [self.by_class.get_mut(&class), Some(&mut self.in_all)].into_iter().flatten() {
            left.places = left.places.map(|places| places.saturating_sub(wanted));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::OfferedType;

    const SEATED: ClassId = ClassId(0);
    const STANDING: ClassId = ClassId(1);

    #[test]
    fn the_smaller_of_quota_and_capacity_is_left_and_what_doors_hold_is_taken() {
        let mut places = places(Some(10), Some(4), &[(SEATED, 1), (STANDING, 5)], &[(STANDING, 2)]);

        assert_eq!((places.left(SEATED), places.left(STANDING)), (Some(2), Some(2)));
        assert!(matches!(places.take(STANDING, 3), Err(IssueError::SoldOut { left: 2, held: 2, .. })));
        places.take(SEATED, 2).unwrap();
        assert_eq!((places.left(SEATED), places.left(STANDING)), (Some(0), Some(0)));
    }

    #[test]
    fn without_limits_there_is_always_a_place() {
        let mut places = places(None, None, &[(SEATED, 1_000_000)], &[]);

        assert_eq!(places.left(SEATED), None);
        places.take(SEATED, u64::from(u32::MAX)).unwrap();
        assert_eq!(places.left(STANDING), None);
    }

    fn places(capacity: Option<u32>, seats: Option<u32>, taken: &[(ClassId, u64)], held: &[(ClassId, u64)]) -> Places {
        let seated = OfferedType { quota: seats, ..OfferedType::plain(SEATED) };
        let ticket_types = vec![seated, OfferedType::plain(STANDING)];
        let offer = Offer { ticket_types, capacity, ..Offer::default() };
        Places::of(&offer, &taken.iter().copied().collect(), &held.iter().copied().collect())
    }
}
