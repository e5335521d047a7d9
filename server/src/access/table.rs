//! The table itself, by feature.

use super::Area::{Account, Attendees, CheckIns, Devices, Events, Organisation};
use super::{Area, Need, Role, Route};

const PROMOTER: Need = Need::Role(Role::Promoter);
const STAFF: Need = Need::Role(Role::Staff);
const MANAGER: Need = Need::Role(Role::Manager);
const OWNER: Need = Need::Role(Role::Owner);

const fn row(method: &'static str, path: &'static str, need: Need, area: Area) -> Route {
    Route { method, path, need, area }
}

/// Every route of the interface.
#[rustfmt::skip]
pub const ROUTES: &[Route] = &[
    row("GET", "/api/v1/organisations", Need::Member, Organisation),
    // A token belongs to one organisation, and makes no other.
    row("POST", "/api/v1/organisations", Need::Member, Account),
    row("GET", "/api/v1/organisations/{organisation}", PROMOTER, Organisation),
    row("PATCH", "/api/v1/organisations/{organisation}", OWNER, Organisation),
    row("GET", "/api/v1/organisations/{organisation}/invitations", MANAGER, Organisation),
    row("POST", "/api/v1/organisations/{organisation}/invitations", MANAGER, Organisation),
    row("DELETE", "/api/v1/organisations/{organisation}/invitations/{invitation}", MANAGER, Organisation),
    row("POST", "/api/v1/organisations/{organisation}/invitations/{invitation}/resend", MANAGER, Organisation),
    row("POST", "/api/v1/organisations/{organisation}/leave", PROMOTER, Account),
    row("GET", "/api/v1/organisations/{organisation}/members", STAFF, Organisation),
    row("DELETE", "/api/v1/organisations/{organisation}/members/{account}", MANAGER, Organisation),
    row("GET", "/api/v1/organisations/{organisation}/members/{account}", STAFF, Organisation),
    row("PATCH", "/api/v1/organisations/{organisation}/members/{account}", MANAGER, Organisation),
    row("GET", "/api/v1/organisations/{organisation}/task-template", STAFF, Organisation),
    row("PUT", "/api/v1/organisations/{organisation}/task-template", MANAGER, Organisation),
    row("GET", "/api/v1/organisations/{organisation}/venues", PROMOTER, Organisation),
    row("POST", "/api/v1/organisations/{organisation}/venues", MANAGER, Organisation),
    row("DELETE", "/api/v1/organisations/{organisation}/venues/{venue}", MANAGER, Organisation),
    row("GET", "/api/v1/organisations/{organisation}/venues/{venue}", PROMOTER, Organisation),
    row("PATCH", "/api/v1/organisations/{organisation}/venues/{venue}", MANAGER, Organisation),
    row("GET", "/api/v1/organisations/{organisation}/audit", OWNER, Organisation),
    row("GET", "/api/v1/organisations/{organisation}/audit/export", OWNER, Organisation),
    row("GET", "/api/v1/admin/organisations", Need::Admin, Account),
    row("GET", "/api/v1/admin/accounts", Need::Admin, Account),
    row("POST", "/api/v1/admin/accounts/{account}/lock", Need::Admin, Account),
    row("POST", "/api/v1/admin/accounts/{account}/unlock", Need::Admin, Account),
    row("POST", "/api/v1/admin/accounts/{account}/make-admin", Need::Admin, Account),
    row("POST", "/api/v1/admin/accounts/{account}/unmake-admin", Need::Admin, Account),
    row("POST", "/api/v1/invitations/accept", Need::Member, Account),
    row("POST", "/api/v1/invitations/decline", Need::Member, Account),
    row("GET", "/api/v1/events", PROMOTER, Events),
    row("POST", "/api/v1/events", MANAGER, Events),
    row("GET", "/api/v1/events/{event}", PROMOTER, Events),
    row("PUT", "/api/v1/events/{event}/supervisors", MANAGER, Events),
    row("GET", "/api/v1/events/{event}/registrations", STAFF, Attendees),
    row("POST", "/api/v1/events/{event}/registrations", STAFF, Attendees),
    row("POST", "/api/v1/events/{event}/registrations/import", MANAGER, Attendees),
    row("GET", "/api/v1/events/{event}/registrations/{registration}", STAFF, Attendees),
    row("GET", "/api/v1/events/{event}/tickets/{ticket}", STAFF, Attendees),
    row("POST", "/api/v1/events/{event}/tickets/{ticket}/block", STAFF, Attendees),
    row("POST", "/api/v1/events/{event}/tickets/{ticket}/cancel", MANAGER, Attendees),
    row("GET", "/api/v1/events/{event}/tickets/{ticket}/credential", STAFF, Attendees),
    row("GET", "/api/v1/events/{event}/tickets/{ticket}/qr.png", STAFF, Attendees),
    row("GET", "/api/v1/events/{event}/tickets/{ticket}/qr.svg", STAFF, Attendees),
    row("POST", "/api/v1/events/{event}/tickets/{ticket}/reissue", STAFF, Attendees),
    row("POST", "/api/v1/events/{event}/tickets/{ticket}/unblock", STAFF, Attendees),
    row("GET", "/api/v1/events/{event}/sales", MANAGER, Attendees),
    row("GET", "/api/v1/events/{event}/devices", STAFF, Devices),
    row("GET", "/api/v1/events/{event}/devices/{device}", STAFF, Devices),
    row("PATCH", "/api/v1/events/{event}/devices/{device}", MANAGER, Devices),
    row("POST", "/api/v1/events/{event}/devices/{device}/confirm", MANAGER, Devices),
    row("GET", "/api/v1/events/{event}/devices/{device}/exposure", MANAGER, Devices),
    row("PUT", "/api/v1/events/{event}/devices/{device}/leases", MANAGER, Devices),
    row("POST", "/api/v1/events/{event}/devices/{device}/revoke", MANAGER, Devices),
    row("POST", "/api/v1/events/{event}/enrolment-codes", MANAGER, Devices),
    row("GET", "/api/v1/events/{event}/enrolment-codes/{code}/qr.png", MANAGER, Devices),
    row("GET", "/api/v1/events/{event}/enrolment-codes/{code}/qr.svg", MANAGER, Devices),
    row("GET", "/api/v1/events/{event}/check-ins", STAFF, CheckIns),
    row("GET", "/api/v1/events/{event}/check-ins/stream", STAFF, CheckIns),
    row("GET", "/api/v1/events/{event}/conflicts", STAFF, CheckIns),
    row("GET", "/api/v1/events/{event}/counts", STAFF, CheckIns),
    row("POST", "/api/v1/events/{event}/journals", MANAGER, CheckIns),
    row("GET", "/api/v1/events/{event}/quarantine", MANAGER, CheckIns),
    row("POST", "/api/v1/events/{event}/quarantine/{number}/adopt", MANAGER, CheckIns),
    row("GET", "/api/v1/me", Need::Member, Account),
    row("POST", "/api/v1/sessions", Need::Nobody, Account),
    row("DELETE", "/api/v1/sessions/current", Need::Member, Account),
    row("POST", "/sync/v1/enrol", Need::Nobody, Devices),
    row("GET", "/sync/v1/enrol/{device}", Need::Device, Devices),
    row("GET", "/sync/v1/events/{event}/chunks/{hash}", Need::Device, Devices),
    row("POST", "/sync/v1/events/{event}/claims", Need::Device, Devices),
    row("GET", "/sync/v1/events/{event}/doors", Need::Device, Devices),
    row("GET", "/sync/v1/events/{event}/feed", Need::Device, Devices),
    row("GET", "/sync/v1/events/{event}/head", Need::Device, Devices),
    row("GET", "/sync/v1/events/{event}/journals/{device}", Need::Device, Devices),
    row("POST", "/sync/v1/events/{event}/journals/{device}", Need::Device, Devices),
    row("POST", "/sync/v1/events/{event}/leases", Need::Device, Devices),
    row("GET", "/sync/v1/events/{event}/snapshot", Need::Device, Devices),
    row("GET", "/sync/v1/server", Need::Nobody, Devices),
    row("GET", "/sync/v1/time", Need::Nobody, Devices),
];
