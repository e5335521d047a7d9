//! Which events a list shows, and in which order.

use serde::Deserialize;
use sync_protocol::id::EventId;
use sync_protocol::time::UnixMillis;
use utoipa::ToSchema;

use super::{Event, State};
use crate::accounts::OrganisationId;

/// Which of an organisation's events.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only those in this state.
    pub state: Option<State>,
    /// A part of the name or place, whatever its accents and case.
    pub text: Option<String>,
    /// Only those that end after this.
    pub from: Option<UnixMillis>,
    /// Only those that begin before this.
    pub until: Option<UnixMillis>,
}

/// In which order an organisation's events are listed.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Those made last come first.
    #[default]
    Newest,
    /// Those that begin first come first.
    Begin,
}

/// Which of the published events.
#[derive(Clone, Debug)]
pub struct PublicFilter {
    /// Only those of this organisation.
    pub organisation: Option<OrganisationId>,
    /// A part of the name or place, whatever its accents and case.
    pub text: Option<String>,
    /// Only those that end after this.
    pub from: UnixMillis,
    /// Only those that begin before this.
    pub until: Option<UnixMillis>,
}

/// Where an event stands in a list.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Place {
    /// When it begins.
    pub starts: UnixMillis,
    /// Its id.
    pub id: EventId,
}

impl Place {
    /// Returns the place of an event.
    pub const fn of(event: &Event) -> Self {
        Self { starts: event.policy.starts, id: event.id }
    }

    /// Returns the bytes of a page's cursor.
    pub fn to_bytes(self) -> [u8; 24] {
        let mut bytes = [0; 24];
        let (starts, id) = bytes.split_at_mut(8);
        starts.copy_from_slice(&self.starts.0.to_be_bytes());
        id.copy_from_slice(&self.id.0);
        bytes
    }

    /// Reads a page's cursor.
    pub fn from_bytes(bytes: [u8; 24]) -> Self {
        let (mut starts, mut id) = ([0; 8], [0; 16]);
        let (left, right) = bytes.split_at(8);
        starts.copy_from_slice(left);
        id.copy_from_slice(right);
        Self { starts: UnixMillis(u64::from_be_bytes(starts)), id: EventId(id) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_back_from_its_cursor() {
        let place = Place { starts: UnixMillis(0x0102_0304), id: EventId([7; 16]) };
        assert_eq!(Place::from_bytes(place.to_bytes()), place);
    }
}
