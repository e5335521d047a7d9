//! Examples of bodies and answers: each is put together from those of its fields, so that none is written twice.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use utoipa::openapi::path::Operation;
use utoipa::openapi::{Components, Content, RefOr};

/// Schemas refer to schemas no deeper than this.
const DEPTH_MAX: usize = 16;

/// The description's schemas as JSON, by name.
pub(super) struct Schemas(BTreeMap<String, Value>);

impl Schemas {
    pub(super) fn of(components: &Components) -> Self {
        let json = |schema| serde_json::to_value(schema).unwrap_or_default();
        Self(components.schemas.iter().map(|(name, schema)| (name.clone(), json(schema))).collect())
    }

    /// Returns an example of a schema; nothing where it has a field that must be there and has no example.
    fn example(&self, schema: &Value, depth: usize) -> Option<Value> {
        if depth == DEPTH_MAX {
            return None;
        }
        let first = |key: &str| schema.get(key)?.as_array()?.first().cloned();
        let inner = |schema: &Value| self.example(schema, depth + 1);
        let given = schema.get("example").or_else(|| schema.get("default")).or_else(|| schema.get("const")).cloned();
        if let Some(given) = given.or_else(|| first("examples")).or_else(|| first("enum")) {
            return Some(given);
        }
        if let Some(place) = schema.get("$ref").and_then(Value::as_str) {
            return inner(self.0.get(place.rsplit('/').next()?)?);
        }
        if let Some(choices) = ["oneOf", "anyOf"].iter().find_map(|key| schema.get(*key)?.as_array()) {
            return choices
                .iter()
                .filter(|choice| choice.get("type").is_none_or(|kind| kind != "null"))
                .find_map(inner);
        }
        if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
            let mut whole = Map::new();
            for part in parts {
                if let Value::Object(fields) = inner(part)? {
                    whole.extend(fields);
                }
            }
            return Some(Value::Object(whole));
        }
        match kind(schema)? {
            "object" => self.object(schema, depth),
            "array" => schema.get("items").and_then(inner).map(|item| Value::Array(vec![item])),
            "boolean" => Some(Value::Bool(false)),
            _ => None,
        }
    }

    fn object(&self, schema: &Value, depth: usize) -> Option<Value> {
        let must = schema.get("required").and_then(Value::as_array);
        let is_needed = |name: &str| must.is_some_and(|must| must.iter().any(|must| must == name));
        let mut object = Map::new();
        for (name, field) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            match self.example(field, depth + 1) {
                Some(value) => _ = object.insert(name.clone(), value),
                None if is_needed(name) => return None,
                None => {}
            }
        }
        Some(Value::Object(object))
    }
}

/// The type of a schema, of whose several types one is `null`.
fn kind(schema: &Value) -> Option<&str> {
    match schema.get("type")? {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null"),
        kind => kind.as_str(),
    }
}

/// Gives the body and the answers of an operation their examples, where it has none itself.
pub(super) fn complete(operation: &mut Operation, schemas: &Schemas) {
    let body = operation.request_body.as_mut().into_iter().filter_map(|body| match body {
        RefOr::T(body) => Some(body.content.iter_mut()),
        RefOr::Ref(_) => None,
    });
    let answers = operation.responses.responses.values_mut().filter_map(|response| match response {
        RefOr::T(response) => Some(response.content.iter_mut()),
        RefOr::Ref(_) => None,
    });
    for (media_type, content) in body.flatten().chain(answers.flatten()) {
        if let RefOr::T(content) = content {
            fill(media_type, content, schemas);
        }
    }
}

fn fill(media_type: &str, content: &mut Content, schemas: &Schemas) {
    if !has_fields(media_type) {
        content.schema = None;
        return;
    }
    if content.example.is_none() && content.examples.is_empty() {
        let schema = content.schema.as_ref().and_then(|schema| serde_json::to_value(schema).ok());
        content.example = schema.and_then(|schema| schemas.example(&schema, 0));
    }
}

/// Whether a schema says something of this media type: of pictures, documents and tables it does not.
fn has_fields(media_type: &str) -> bool {
    let kinds =
        ["application/json", "application/problem+json", "application/x-www-form-urlencoded", "text/event-stream"];
    kinds.contains(&media_type)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_example_is_put_together_from_those_of_the_fields() {
        let name = json!({ "type": "string", "example": "Hall" });
        let schemas = Schemas(BTreeMap::from([("Name".to_owned(), name)]));
        let zone = json!({
            "type": "object",
            "required": ["name"],
            "properties": {
                "name": { "$ref": "#/components/schemas/Name" },
                "gates": { "type": ["array", "null"], "items": { "type": "integer", "examples": [1, 2] } },
                "parent": { "oneOf": [{ "type": "null" }, { "$ref": "#/components/schemas/Name" }] },
                "capacity": { "type": "integer" },
            },
        });

        let example = schemas.example(&zone, 0);

        assert_eq!(example, Some(json!({ "name": "Hall", "gates": [1], "parent": "Hall" })));
    }

    #[test]
    fn what_must_be_there_and_has_no_example_makes_none() {
        let schemas = Schemas(BTreeMap::new());
        let zone = json!({ "type": "object", "required": ["name"], "properties": { "name": { "type": "string" } } });

        assert_eq!(schemas.example(&zone, 0), None);
    }
}
