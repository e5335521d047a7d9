//! Places where an organisation holds its events, with the zones and gates that events there begin with.

pub mod routes;
mod store;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sync_protocol::policy::{GATES_MAX, ZONES_MAX};
use sync_protocol::time::UnixMillis;
use utoipa::ToSchema;

use super::check::Errors;
use crate::accounts::Organiser;
use crate::audit::{self, Change};
use crate::clock::uuid_v7;
use crate::db::{StoreError, Tx};
use crate::events::CAPACITY_MAX;
use crate::http::problem::FieldError;

/// The longest address.
const ADDRESS_CHARS_MAX: usize = 500;
/// The most venues of an organisation.
pub const VENUES_MAX: u64 = 1_000;

/// A venue.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Venue {
    /// Its id. UUIDv7.
    pub id: [u8; 16],
    /// What is said of it.
    pub about: About,
    /// Counts the changes that people make.
    pub version: u64,
    /// When it was made.
    pub created_at: UnixMillis,
}

/// What is said of a venue.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct About {
    /// Its name.
    pub name: String,
    /// Where it is; may be empty.
    pub address: String,
    /// The IANA name of its time zone.
    pub time_zone: String,
    /// What is in it.
    pub layout: Layout,
}

/// What events at a venue begin with.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Layout {
    /// What gates lead into.
    pub zones: Vec<VenueZone>,
    /// Entrances.
    pub gates: Vec<VenueGate>,
}

/// What gates lead into.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VenueZone {
    /// Its name, unlike every other zone's: 1 to 200 characters.
    #[schema(example = "Hall", min_length = 1, max_length = 200)]
    pub name: String,
    /// How many people may be inside, at most 1 000 000.
    #[serde(default)]
    #[schema(example = 800, maximum = 1_000_000)]
    pub capacity: Option<u32>,
}

/// An entrance.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VenueGate {
    /// Its name, unlike every other gate's: 1 to 200 characters.
    #[schema(example = "Main entrance", min_length = 1, max_length = 200)]
    pub name: String,
    /// The zone it leads into; may be left out where there is only one.
    #[serde(default)]
    #[schema(example = "Hall", max_length = 200)]
    pub zone: Option<String>,
}

impl About {
    /// Checks what is said of a venue, and returns it tidied, or all that is wrong with it.
    pub(super) fn checked(self) -> Result<Self, Vec<FieldError>> {
        let mut errors = Errors::default();
        let name = errors.name("body.name", &self.name);
        let address = errors.text("body.address", &self.address, ADDRESS_CHARS_MAX);
        let time_zone = errors.time_zone("body.time_zone", &self.time_zone);
        let Layout { mut zones, mut gates } = self.layout;
        let names = errors.names("body.zones", zones.iter().map(|zone| zone.name.as_str()), ZONES_MAX);
        for (at, (zone, name)) in zones.iter_mut().zip(names).enumerate() {
            zone.name = name;
            if zone.capacity.is_some_and(|capacity| capacity > CAPACITY_MAX) {
                errors.add(
                    &format!("body.zones.{at}.capacity"),
                    "out_of_range",
                    format!("must be at most {CAPACITY_MAX}"),
                );
            }
        }
        let names = errors.names("body.gates", gates.iter().map(|gate| gate.name.as_str()), GATES_MAX);
        gates.iter_mut().zip(names).for_each(|(gate, name)| gate.name = name);
        for (at, gate) in gates.iter().enumerate() {
            let is_known =
                |name: &String| zones.iter().any(|zone| zone.name.to_lowercase() == name.trim().to_lowercase());
            let path = format!("body.gates.{at}.zone");
            match &gate.zone {
                Some(zone) if !is_known(zone) => errors.add(&path, "unknown", "there is no zone of this name"),
                None if zones.len() > 1 => {
                    errors.add(&path, "missing", "must be said where there is more than one zone")
                }
                _ => {}
            }
        }
        errors.or(Self { name, address, time_zone, layout: Layout { zones, gates } })
    }

    fn record(&self) -> Value {
        json!({ "name": self.name, "address": self.address, "time_zone": self.time_zone,
                "zones": self.layout.zones.len(), "gates": self.layout.gates.len() })
    }
}

/// Why a venue was not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum VenueError {
    /// There is none.
    #[error("there is no such venue")]
    Unknown,
    /// There are too many.
    #[error("an organisation has at most {VENUES_MAX} venues")]
    TooMany,
    /// The database failed.
    #[error("could not store the venue")]
    Store(#[from] StoreError),
}

/// Makes a venue of the caller's organisation.
///
/// # Errors
///
/// [`VenueError`].
pub async fn create(tx: &mut Tx, by: Organiser, about: About, now: UnixMillis) -> Result<Venue, VenueError> {
    super::store::lock(tx, by.organisation).await?;
    if store::count(tx, by.organisation).await? >= VENUES_MAX {
        return Err(VenueError::TooMany);
    }
    let venue = Venue { id: uuid_v7(now), about, version: 1, created_at: now };
    store::insert(tx, by.organisation, &venue).await?;
    note(tx, by, "venue.create", venue.id, Value::Null, venue.about.record(), now).await?;
    Ok(venue)
}

/// Returns a venue of the caller's organisation, locked.
///
/// # Errors
///
/// [`VenueError::Unknown`] or [`VenueError::Store`].
pub async fn lock(tx: &mut Tx, by: Organiser, id: [u8; 16]) -> Result<Venue, VenueError> {
    store::lock(tx, by.organisation, id).await?.ok_or(VenueError::Unknown)
}

/// Says something else of a locked venue. Events that were made from it stay as they are.
///
/// # Errors
///
/// [`VenueError::Store`].
pub async fn change(
    tx: &mut Tx,
    by: Organiser,
    venue: Venue,
    about: About,
    now: UnixMillis,
) -> Result<Venue, VenueError> {
    if venue.about == about {
        return Ok(venue);
    }
    let changed = Venue { about, version: venue.version + 1, ..venue.clone() };
    store::update(tx, &changed).await?;
    note(tx, by, "venue.change", venue.id, venue.about.record(), changed.about.record(), now).await?;
    Ok(changed)
}

/// Deletes a locked venue. Events that were made from it stay as they are.
///
/// # Errors
///
/// [`VenueError::Store`].
pub async fn delete(tx: &mut Tx, by: Organiser, venue: &Venue, now: UnixMillis) -> Result<(), VenueError> {
    store::delete(tx, venue.id).await?;
    note(tx, by, "venue.delete", venue.id, venue.about.record(), Value::Null, now).await?;
    Ok(())
}

async fn note(
    tx: &mut Tx,
    by: Organiser,
    action: &'static str,
    id: [u8; 16],
    before: Value,
    after: Value,
    now: UnixMillis,
) -> Result<(), StoreError> {
    audit::note(tx, by, &Change { action, event: None, subject: &hex::encode(id), before, after }, now).await
}
