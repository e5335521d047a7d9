//! What the description says of every route alike: who may call it, what its path and its headers take, and the
//! problems that any may answer. Routes say no more than what is their own.

use utoipa::openapi::path::{HttpMethod, Operation};
use utoipa::openapi::{OpenApi, PathItem};

use super::{examples, parameters, problems};
use crate::access::{self, Need, Route};

/// Completes the description of every route.
pub(super) fn complete(openapi: &mut OpenApi) {
    let components = openapi.components.get_or_insert_default();
    parameters::define(components);
    problems::define(components);
    let schemas = examples::Schemas::of(components);
    for (path, item) in &mut openapi.paths.paths {
        for (method, operation) in operations(item) {
            if let Some(route) = access::route(name(&method), path) {
                describe(operation, route);
            }
            examples::complete(operation, &schemas);
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
    parameters::complete(operation, route);
    problems::complete(operation, route);
}
