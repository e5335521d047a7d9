//! Who may do what: one table of all routes, which every request is held to.

mod table;
mod who;

use sync_protocol::time::UnixMillis;

pub use self::table::ROUTES;
pub use self::who::who_may_do_what;
use crate::accounts::OrganisationId;

/// What somebody is in an organisation. Each may do what those before may.
#[derive(
    Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, serde::Deserialize, serde::Serialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Proposes events.
    Promoter = 1,
    /// Registers attendees and checks them in.
    Staff = 2,
    /// Runs events: approves, publishes, sells, enrols devices, asks people to help.
    Manager = 3,
    /// Says how the organisation works, and who manages it.
    Owner = 4,
}

impl Role {
    /// All of them, from the least.
    pub const ALL: [Self; 4] = [Self::Promoter, Self::Staff, Self::Manager, Self::Owner];

    /// Returns the role of a number.
    pub fn from_u8(value: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|role| *role as u8 == value)
    }

    /// Returns its name, as it is written in the interface.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Promoter => "promoter",
            Self::Staff => "staff",
            Self::Manager => "manager",
            Self::Owner => "owner",
        }
    }
}

/// Who may call a route.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Need {
    /// Anybody.
    Nobody,
    /// An enrolled device, by its signature.
    Device,
    /// Whoever is logged in.
    Member,
    /// Members of the organisation that the request is about, of this role or above. For everybody else its
    /// things do not exist.
    Role(Role),
    /// Who runs the installation.
    Admin,
}

/// What a route is about. API tokens are made for some of these, to read or to write.
#[derive(
    Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, serde::Deserialize, serde::Serialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Area {
    /// One's own account. No API token opens it.
    Account,
    /// An organisation and who belongs to it.
    Organisation,
    /// Events and their ticket types.
    Events,
    /// Attendees and their tickets.
    Attendees,
    /// Terminals at the doors.
    Devices,
    /// Who came in, when and where.
    CheckIns,
}

/// A route and who may call it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Route {
    /// The HTTP method.
    pub method: &'static str,
    /// The path, with the names of its parts.
    pub path: &'static str,
    /// Who may call it.
    pub need: Need,
    /// What it is about.
    pub area: Area,
}

impl Route {
    /// Whether it changes nothing.
    pub fn is_reading(&self) -> bool {
        self.method == "GET"
    }
}

/// Returns the route of a request: nothing if the table lacks it, in which case nobody may call it.
pub fn route(method: &str, path: &str) -> Option<&'static Route> {
    let method = if method == "HEAD" { "GET" } else { method };
    ROUTES.iter().find(|route| route.method == method && route.path == path)
}

/// What an API token opens.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Limits {
    /// The one organisation.
    pub organisation: OrganisationId,
    /// What it may read.
    pub reads: Vec<Area>,
    /// What it may change, and read.
    pub writes: Vec<Area>,
    /// Until when.
    pub expires_at: UnixMillis,
}

impl Limits {
    /// Whether they allow `route`.
    pub fn allow(&self, route: &Route) -> bool {
        self.writes.contains(&route.area) || (route.is_reading() && self.reads.contains(&route.area))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_route_is_in_the_table_once_and_the_table_holds_no_other() {
        let document = serde_json::to_value(crate::app::openapi()).unwrap();
        let documented: BTreeSet<(String, String)> = document["paths"]
            .as_object()
            .unwrap()
            .iter()
            .flat_map(|(path, item)| {
                item.as_object().unwrap().keys().map(|method| (method.to_uppercase(), path.clone()))
            })
            .collect();
        let listed: BTreeSet<(String, String)> =
            ROUTES.iter().map(|route| (route.method.to_owned(), route.path.to_owned())).collect();

        assert_eq!(listed.len(), ROUTES.len(), "a route stands in the table twice");
        assert_eq!(documented, listed);
    }

    #[test]
    fn a_token_reads_what_it_may_write_and_writes_nothing_that_it_may_only_read() {
        let limits = Limits {
            organisation: OrganisationId([1; 16]),
            reads: vec![Area::Events],
            writes: vec![Area::Attendees],
            expires_at: UnixMillis(0),
        };
        let allows = |method, area| limits.allow(&Route { method, path: "/", need: Need::Member, area });

        assert!(allows("GET", Area::Events) && !allows("POST", Area::Events));
        assert!(allows("GET", Area::Attendees) && allows("POST", Area::Attendees));
        assert!(!allows("GET", Area::Devices));
    }
}
