//! The problems that routes answer. Those that any may answer are described once, and routes refer to them; what a
//! route says of a status itself stands.

use axum::http::StatusCode;
use serde_json::Value;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{
    Components, ContentBuilder, HeaderBuilder, ObjectBuilder, Ref, RefOr, Response, ResponseBuilder, Type,
};

use super::parameters::takes_key;
use crate::access::{Need, Route};
use crate::http::problem::{FieldError, PROBLEM_JSON, Problem, ProblemBody};

/// A problem that many routes may answer.
struct Shared {
    status: StatusCode,
    /// What the description calls it.
    name: &'static str,
    about: &'static str,
    /// The kind of its example, and what that says to people.
    example: (&'static str, &'static str),
}

const SHARED: [Shared; 13] = [
    Shared {
        status: StatusCode::BAD_REQUEST,
        name: "Unreadable",
        about: "The request cannot be read",
        example: ("not-json", "The body is not JSON"),
    },
    Shared {
        status: StatusCode::UNAUTHORIZED,
        name: "Unknown",
        about: "Nobody is logged in",
        example: ("unauthorized", "Log in first"),
    },
    Shared {
        status: StatusCode::FORBIDDEN,
        name: "Forbidden",
        about: "The role, or what the API token was made for, is not enough",
        example: ("forbidden", "Not allowed"),
    },
    Shared {
        status: StatusCode::NOT_FOUND,
        name: "Missing",
        about: "There is no such thing, or it is another organisation's",
        example: ("not-found", "Not found"),
    },
    Shared {
        status: StatusCode::REQUEST_TIMEOUT,
        name: "Slow",
        about: "The request took too long",
        example: ("timeout", "The request took too long"),
    },
    Shared {
        status: StatusCode::CONFLICT,
        name: "Conflict",
        about: "The state of things forbids it, or the same request is being carried out",
        example: ("in-progress", "Being carried out"),
    },
    Shared {
        status: StatusCode::PRECONDITION_FAILED,
        name: "Changed",
        about: "Somebody else has changed it since `If-Match`",
        example: ("changed-meanwhile", "Changed meanwhile"),
    },
    Shared {
        status: StatusCode::PAYLOAD_TOO_LARGE,
        name: "Large",
        about: "The body is too large",
        example: ("too-large", "The request is too large"),
    },
    Shared {
        status: StatusCode::UNSUPPORTED_MEDIA_TYPE,
        name: "Media",
        about: "The body's media type is not taken",
        example: ("unsupported-media-type", "The request's media type is not taken"),
    },
    Shared {
        status: StatusCode::UNPROCESSABLE_ENTITY,
        name: "Invalid",
        about: "Something that was sent is wrong; `errors` says what, and where",
        example: ("invalid", "The request has errors"),
    },
    Shared {
        status: StatusCode::PRECONDITION_REQUIRED,
        name: "Unseen",
        about: "`If-Match` is missing",
        example: ("if-match-required", "Say what you have seen"),
    },
    Shared {
        status: StatusCode::TOO_MANY_REQUESTS,
        name: "Often",
        about: "Too many requests; `Retry-After` says when to come back",
        example: ("too-many-requests", "Too many requests"),
    },
    Shared {
        status: StatusCode::SERVICE_UNAVAILABLE,
        name: "Busy",
        about: "Busy; `Retry-After` says when to come back",
        example: ("retry", "Busy, try again"),
    },
];

/// Adds what routes refer to.
pub(super) fn define(components: &mut Components) {
    for Shared { status, name, about, example: (kind, title) } in SHARED {
        let mut response = problem(about, example(status, kind, title));
        if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            let seconds = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).build();
            let after = HeaderBuilder::new().schema(Some(seconds)).description(Some("Seconds to wait")).build();
            response.headers.insert("Retry-After".to_owned(), RefOr::T(after));
        }
        components.responses.insert(name.to_owned(), RefOr::T(response));
    }
}

/// Completes the problems that a route names, and adds those that may come because of what is in front of it.
pub(super) fn complete(operation: &mut Operation, route: &Route) {
    for status in statuses(operation, route) {
        let held = operation.responses.responses.entry(status.as_str().to_owned());
        held.or_insert_with(|| RefOr::T(Response::default()));
    }
    for (status, response) in &mut operation.responses.responses {
        let Some(status) = StatusCode::from_bytes(status.as_bytes()).ok().filter(|status| is_problem(*status)) else {
            continue;
        };
        let RefOr::T(own) = &*response else { continue };
        // A page says itself what it answers.
        if !own.content.is_empty() {
            continue;
        }
        let shared = SHARED.iter().find(|shared| shared.status == status);
        *response = match shared {
            Some(shared) if own.description.is_empty() => RefOr::Ref(Ref::from_response_name(shared.name)),
            _ => {
                let kind = named(&own.description);
                let title = own.description.as_str();
                RefOr::T(problem(title, example(status, &kind, title)))
            }
        };
    }
}

fn is_problem(status: StatusCode) -> bool {
    status.is_client_error() || status.is_server_error()
}

/// Returns the kind that a route's own words name first, between backticks or in capitals as devices' codes are.
fn named(about: &str) -> String {
    let is_code = |word: &&str| word.len() > 2 && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    let quoted = about.split('`').nth(1).filter(|word| word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'));
    let code = || about.split([' ', ':', ',']).find(is_code);
    quoted.or_else(code).map_or_else(|| "conflict".to_owned(), |word| word.to_ascii_lowercase().replace('_', "-"))
}

/// Returns the statuses that the route may answer because of what is in front of it.
fn statuses(operation: &Operation, route: &Route) -> Vec<StatusCode> {
    let mut statuses = vec![
        StatusCode::BAD_REQUEST,
        StatusCode::REQUEST_TIMEOUT,
        StatusCode::TOO_MANY_REQUESTS,
        StatusCode::SERVICE_UNAVAILABLE,
    ];
    if !matches!(route.need, Need::Nobody) {
        statuses.push(StatusCode::UNAUTHORIZED);
    }
    if !matches!(route.need, Need::Nobody | Need::Device) {
        statuses.push(StatusCode::FORBIDDEN);
    }
    if route.path.contains('{') || matches!(route.need, Need::Admin | Need::Role(_)) {
        statuses.push(StatusCode::NOT_FOUND);
    }
    if operation.request_body.is_some() {
        statuses.extend([StatusCode::PAYLOAD_TOO_LARGE, StatusCode::UNSUPPORTED_MEDIA_TYPE]);
    }
    if takes_key(route) {
        statuses.push(StatusCode::CONFLICT);
    }
    if operation.responses.responses.contains_key("412") {
        statuses.push(StatusCode::PRECONDITION_REQUIRED);
    }
    if operation.request_body.is_some() || operation.parameters.is_some() {
        statuses.push(StatusCode::UNPROCESSABLE_ENTITY);
    }
    statuses
}

fn example(status: StatusCode, kind: &str, title: &str) -> Value {
    let mut problem = Problem::new(status, kind, title);
    if status == StatusCode::UNPROCESSABLE_ENTITY {
        problem = problem.errors(vec![FieldError::new("body.gates.0.name", "too_short", "must not be empty")]);
    }
    problem.to_json("01jd7q2v8n4k4m6x")
}

fn problem(about: &str, example: Value) -> Response {
    let schema = Ref::from_schema_name(<ProblemBody as utoipa::ToSchema>::name());
    let content = ContentBuilder::new().schema(Some(schema)).example(Some(example)).build();
    ResponseBuilder::new().description(about).content(PROBLEM_JSON, content).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_a_problem_is_of_the_kind_that_the_route_names() {
        assert_eq!(named("`sold-out` or `event-over`"), "sold-out");
        assert_eq!(named("DEVICE_REVOKED or DEVICE_FORKED"), "device-revoked");
        assert_eq!(named("The event is over"), "conflict");
        assert_eq!(example(StatusCode::CONFLICT, "sold-out", "None left")["type"], "urn:usher:problem:sold-out");
    }
}
