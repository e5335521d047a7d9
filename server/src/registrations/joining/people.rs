//! How many registrations one person may have.

use std::collections::BTreeMap;

use sync_protocol::id::{ClassId, EventId};

use crate::db::{StoreError, Tx};
use crate::events::{Event, OfferedType};
use crate::registrations::{fold, store};

/// How many registrations that are not over each of some people has at an event, by ticket type. Who they are is
/// known by their e-mail addresses. It stays true while the event's feed is locked.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(in crate::registrations) struct Held(BTreeMap<String, BTreeMap<ClassId, u64>>);

impl Held {
    /// Counts what these people have.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub(in crate::registrations) async fn read(
        tx: &mut Tx,
        event: EventId,
        addresses: impl Iterator<Item = &str>,
    ) -> Result<Self, StoreError> {
        let mut people: Vec<String> = addresses.map(fold).collect();
        people.sort_unstable();
        people.dedup();
        store::held_by(tx, event, &people).await.map(Self)
    }

    /// Gives each of these people one more, unless one of them had more than they may have then.
    ///
    /// # Errors
    ///
    /// How many they may have; nobody has more.
    pub(in crate::registrations) fn add<'a>(
        &mut self,
        event: &Event,
        people: impl Iterator<Item = (&'a str, ClassId)>,
    ) -> Result<(), u32> {
        let mut wanted: BTreeMap<String, BTreeMap<ClassId, u64>> = BTreeMap::new();
        for (address, class) in people {
            *wanted.entry(fold(address)).or_default().entry(class).or_default() += 1;
        }
        let nothing = BTreeMap::new();
        for (person, wanted) in &wanted {
            let held = self.0.get(person).unwrap_or(&nothing);
            for offered in wanted.keys().filter_map(|class| event.offered(*class)) {
                may_have(offered, held, wanted)?;
            }
        }
        for (person, wanted) in wanted {
            let held = self.0.entry(person).or_default();
            for (class, number) in wanted {
                *held.entry(class).or_default() += number;
            }
        }
        Ok(())
    }
}

/// Whether one person may have all of `wanted` beside what they have, as far as one ticket type says.
///
/// # Errors
///
/// How many they may have.
fn may_have(offered: &OfferedType, held: &BTreeMap<ClassId, u64>, wanted: &BTreeMap<ClassId, u64>) -> Result<(), u32> {
    match offered.per_person {
        // Whatever their types: the same person comes once.
        None if held.values().sum::<u64>() + wanted.values().sum::<u64>() > 1 => Err(1),
        None => Ok(()),
        Some(limit) => {
            let number = |of: &BTreeMap<ClassId, u64>| of.get(&offered.class).copied().unwrap_or_default();
            if number(held) + number(wanted) > u64::from(limit) { Err(limit) } else { Ok(()) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REGULAR: ClassId = ClassId(0);
    const CHILD: ClassId = ClassId(1);

    #[test]
    fn the_same_person_comes_once_unless_the_type_allows_more() {
        let once = OfferedType::plain(REGULAR);
        let thrice = OfferedType { per_person: Some(3), ..OfferedType::plain(CHILD) };
        let some = |class, number| BTreeMap::from([(class, number)]);

        assert_eq!(may_have(&once, &some(REGULAR, 0), &some(REGULAR, 1)), Ok(()));
        assert_eq!(may_have(&once, &some(REGULAR, 1), &some(REGULAR, 1)), Err(1));
        assert_eq!(may_have(&once, &some(CHILD, 1), &some(REGULAR, 1)), Err(1));
        assert_eq!(may_have(&once, &BTreeMap::new(), &some(REGULAR, 2)), Err(1));
        assert_eq!(may_have(&thrice, &some(REGULAR, 1), &some(CHILD, 3)), Ok(()));
        assert_eq!(may_have(&thrice, &some(CHILD, 2), &some(CHILD, 2)), Err(3));
    }
}
