//! What the description says of every route alike: who may call it, headers, and the problems that any may answer.

use serde_json::json;
use utoipa::openapi::path::{HttpMethod, Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{
    ContentBuilder, ObjectBuilder, OpenApi, PathItem, Ref, RefOr, Required, Response, ResponseBuilder, Type,
};

use crate::access::{self, Area, Need, Route};
use crate::http::problem::PROBLEM_JSON;

/// Completes the description of every route.
pub(super) fn complete(openapi: &mut OpenApi) {
    for (path, item) in &mut openapi.paths.paths {
        for (method, operation) in operations(item) {
            let method = name(&method);
            if let Some(route) = access::route(method, path) {
                describe(operation, route);
            }
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (HttpMethod, &mut Operation)> {
    [
        (HttpMethod::Get, &mut item.get),
        (HttpMethod::Post, &mut item.post),
        (HttpMethod::Put, &mut item.put),
        (HttpMethod::Patch, &mut item.patch),
        (HttpMethod::Delete, &mut item.delete),
    ]
    .into_iter()
    .filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

const fn name(method: &HttpMethod) -> &'static str {
    match method {
        HttpMethod::Post => "POST",
        HttpMethod::Put => "PUT",
        HttpMethod::Patch => "PATCH",
        HttpMethod::Delete => "DELETE",
        _ => "GET",
    }
}

fn describe(operation: &mut Operation, route: &Route) {
    let who = match route.need {
        Need::Nobody => "Open to everybody.".to_owned(),
        Need::Device => "For enrolled devices.".to_owned(),
        Need::Member => "For everybody who is logged in.".to_owned(),
        Need::Role(role) => format!("Needs the role `{}` or above.", role.name()),
        Need::Admin => "For those who run the installation.".to_owned(),
    };
    let before = operation.description.take().unwrap_or_default();
    operation.description = Some(format!("{before}\n\n{who}").trim().to_owned());

    for parameter in headers(operation, route) {
        operation.parameters.get_or_insert_default().push(RefOr::T(parameter));
    }
    for (status, about) in problems(operation, route) {
        let held = operation.responses.responses.entry(status.to_owned());
        held.or_insert_with(|| RefOr::T(problem(status, about)));
    }
}

/// Returns the headers that a route takes beside its own parameters.
fn headers(operation: &Operation, route: &Route) -> Vec<Parameter> {
    let mut headers = Vec::new();
    let is_named = route.path.contains("{event}") || route.path.contains("{organisation}");
    if matches!(route.need, Need::Role(_)) && !is_named {
        let about = "The organisation that is meant, by its id. Needed by whoever belongs to several.";
        headers.push(header("Usher-Organisation", about, Required::False, "^[0-9a-f]{32}$"));
    }
    if takes_key(route) {
        let about = "Sent again with the same key within 24 hours, the request is answered as the first time, and \
                     carried out once.";
        headers.push(header("Idempotency-Key", about, Required::False, "^[!-~]{1,255}$"));
    }
    if operation.responses.responses.contains_key("412") {
        let about = "The `ETag` of what the caller has seen and means to change; `*` for whatever there is.";
        headers.push(header("If-Match", about, Required::True, "^(\\*|\"[0-9]{1,19}\")$"));
    }
    headers
}

fn takes_key(route: &Route) -> bool {
    route.method == "POST" && route.path.starts_with("/api/") && !matches!(route.area, Area::Account)
}

fn header(name: &str, about: &str, required: Required, pattern: &str) -> Parameter {
    let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern)).build();
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .description(Some(about))
        .required(required)
        .schema(Some(text))
        .build()
}

/// Returns the problems that the route may answer because of what is in front of it.
fn problems(operation: &Operation, route: &Route) -> Vec<(&'static str, &'static str)> {
    let mut problems = vec![
        ("400", "The request cannot be read"),
        ("408", "The request took too long"),
        ("429", "Too many requests; `Retry-After` says when to come back"),
        ("503", "Busy; `Retry-After` says when to come back"),
    ];
    if !matches!(route.need, Need::Nobody) {
        problems.push(("401", "Nobody is logged in"));
    }
    if !matches!(route.need, Need::Nobody | Need::Device) {
        problems.push(("403", "The role, or what the API token was made for, is not enough"));
    }
    if route.path.contains('{') || matches!(route.need, Need::Admin | Need::Role(_)) {
        problems.push(("404", "There is no such thing, or it is another organisation's"));
    }
    if operation.request_body.is_some() {
        problems.push(("413", "The body is too large"));
        problems.push(("415", "The body's media type is not taken"));
    }
    if takes_key(route) {
        problems.push(("409", "The state of things forbids it, or the same request is being carried out"));
    }
    if operation.responses.responses.contains_key("412") {
        problems.push(("428", "`If-Match` is missing"));
    }
    if operation.request_body.is_some() || operation.parameters.as_ref().is_some_and(|held| !held.is_empty()) {
        problems.push(("422", "Something that was sent is wrong; `errors` says what, and where"));
    }
    problems
}

fn problem(status: &str, about: &str) -> Response {
    let example = json!({
        "type": "urn:usher:problem:…",
        "title": about,
        "status": status.parse::<u16>().unwrap_or_default(),
        "request_id": "01jd7q2v8n4k4m6x",
    });
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).example(Some(example)).build();
    ResponseBuilder::new().description(about).content(PROBLEM_JSON, content).build()
}
