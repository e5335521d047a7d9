//! What paths and headers take. It is described once, and routes refer to it.

use serde_json::{Value, json};
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{Components, ObjectBuilder, Ref, RefOr, Required, Type};

use crate::access::{Area, Need, Route};

const ID: &str = "^[0-9a-f]{32}$";
const AN_ID: &str = "0193f1c2a0b07c3e9d5e1f2a3b4c5d6e";
const A_LINK: &str = "4f0c6c2a8a1d4e5f90b1c2d3e4f5061728394a5b6c7d8e9fa0b1c2d3e4f50617";

/// What paths call their parts: name, what it is, pattern, and an example.
const PARTS: [(&str, &str, &str, &str); 19] = [
    ("account", "The account's id", ID, AN_ID),
    ("code", "The enrolment code's id", ID, AN_ID),
    ("delivery", "The call's id", ID, AN_ID),
    ("device", "The device's id", ID, AN_ID),
    ("event", "The event's id", ID, AN_ID),
    (
        "hash",
        "The chunk's SHA-256",
        "^[0-9a-f]{64}$",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    ),
    ("invitation", "The invitation's id", ID, AN_ID),
    ("key", "The key's number", "^[0-9]{1,5}$", "23114"),
    ("mail", "The letter's id", ID, AN_ID),
    ("number", "Its number, as the list says it", "^[0-9]{1,18}$", "42"),
    ("organisation", "The organisation's id", ID, AN_ID),
    ("proposal", "The proposal's id", ID, AN_ID),
    ("registration", "The registration's id", ID, AN_ID),
    ("session", "The session's id", ID, AN_ID),
    ("task", "The task's id", ID, AN_ID),
    ("ticket", "The ticket's number, as it is typed", "^[0-9A-Za-z*~$= -]{1,40}$", "7J2V90QK4NX"),
    ("token", "The token's id", ID, AN_ID),
    ("venue", "The venue's id", ID, AN_ID),
    ("webhook", "The webhook's id", ID, AN_ID),
];

/// What links in letters carry stands where programs send a token's id.
const LINK: &str = "link";
const ORGANISATION: &str = "Usher-Organisation";
const KEY: &str = "Idempotency-Key";
const SEEN: &str = "If-Match";

/// Adds what routes refer to.
pub(super) fn define(components: &mut Components) {
    for (name, about, pattern, example) in PARTS {
        let part = parameter(name, ParameterIn::Path, about, pattern, json!(example));
        components.parameters.insert(name.to_owned(), RefOr::T(part));
    }
    let link =
        parameter("token", ParameterIn::Path, "What the link carries", "^[0-9A-Za-z._~-]{1,200}$", json!(A_LINK));
    components.parameters.insert(LINK.to_owned(), RefOr::T(link));
    let headers = [
        (
            ORGANISATION,
            Required::False,
            "The organisation that is meant, by its id. Needed by whoever belongs to several.",
            ID,
            AN_ID,
        ),
        (
            KEY,
            Required::False,
            "Sent again with the same key within 24 hours, the request is answered as the first time, and carried out \
             once.",
            "^[!-~]{1,255}$",
            "order-2026-000481",
        ),
        (
            SEEN,
            Required::True,
            "The `ETag` of what the caller has seen and means to change; `*` for whatever there is.",
            "^(\\*|\"[0-9]{1,19}\")$",
            "*",
        ),
    ];
    for (name, required, about, pattern, example) in headers {
        let mut header = parameter(name, ParameterIn::Header, about, pattern, json!(example));
        header.required = required;
        components.parameters.insert(name.to_owned(), RefOr::T(header));
    }
}

fn parameter(name: &str, place: ParameterIn, about: &str, pattern: &str, example: Value) -> Parameter {
    let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern)).build();
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .description(Some(about))
        .required(Required::True)
        .schema(Some(text))
        .example(Some(example))
        .build()
}

/// Says what the route's path and headers take, before what it says itself.
pub(super) fn complete(operation: &mut Operation, route: &Route) {
    let own = operation.parameters.take().unwrap_or_default();
    let own = own.into_iter().filter(|held| !matches!(held, RefOr::T(held) if held.parameter_in == ParameterIn::Path));
    let parts = route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let parts = parts.map(|part| if route.path.starts_with("/letters/") { LINK } else { part });
    let shared = parts.chain(headers(operation, route)).map(|name| RefOr::Ref(reference(name)));
    let all: Vec<_> = shared.chain(own).collect();
    operation.parameters = if all.is_empty() { None } else { Some(all) };
}

/// Returns the headers that a route takes beside its own parameters.
fn headers(operation: &Operation, route: &Route) -> impl Iterator<Item = &'static str> {
    let is_named = route.path.contains("{event}") || route.path.contains("{organisation}");
    let headers = [
        (ORGANISATION, matches!(route.need, Need::Role(_)) && !is_named),
        (KEY, takes_key(route)),
        (SEEN, operation.responses.responses.contains_key("412")),
    ];
    headers.into_iter().filter_map(|(name, is_taken)| is_taken.then_some(name))
}

/// Whether a request to the route may bring an idempotency key.
pub(super) fn takes_key(route: &Route) -> bool {
    route.method == "POST" && route.path.starts_with("/api/") && !matches!(route.area, Area::Account)
}

fn reference(name: &str) -> Ref {
    Ref::new(format!("#/components/parameters/{name}"))
}
