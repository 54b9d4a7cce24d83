//! Extracts the operation table from a document.

use std::collections::HashMap;

use serde_json::Value;

use crate::deprecation::{deprecated_fields, described};
use crate::outline::{Endpoint, endpoints};
use crate::{
    Body, Document, Field, Items, Key, Location, Node, Operation, Origin, Pagination, Parameter, ParameterType,
    RateLimit, Source, Success, names, sample,
};

/// Returns the operations of a document, in its order.
///
/// Use it for a document whose [`check`](crate::check) has no errors. In other documents, invalid parts are omitted.
#[must_use]
pub fn operations(document: &Document) -> Vec<Operation> {
    endpoints(document).iter().filter_map(|endpoint| operation(document, endpoint)).collect()
}

fn operation(document: &Document, endpoint: &Endpoint<'_>) -> Option<Operation> {
    let node = endpoint.node;
    let id = node.text("operationId")?;
    let success = success(document, node)?;
    let pagination = pagination(document, node, success.schema.as_deref());
    let (description, deprecated) = described(node);
    Some(Operation {
        id: id.to_owned(),
        name: names::snake_case(id),
        method: endpoint.method.name.to_ascii_uppercase(),
        path: endpoint.path.name.clone(),
        summary: text(node, "summary"),
        description,
        source: node.get("x-source").and_then(source),
        parameters: parameters(document, endpoint),
        body: body(document, node),
        success,
        pagination,
        rate_limit: rate_limit(node),
        idempotent: node.flag("x-idempotent"),
        deprecated,
    })
}

fn source(node: &Node) -> Option<Source> {
    let origin = match (node.text("page"), node.text("sdk")) {
        (Some(page), _) => Origin::Page { page: page.to_owned(), updated: node.text("updated")?.to_owned() },
        (None, Some(sdk)) => Origin::Sdk(sdk.to_owned()),
        (None, None) => return None,
    };
    Some(Source { origin, language: node.text("language").unwrap_or("en").to_owned() })
}

fn text(node: &Node, key: &str) -> String {
    node.text(key).unwrap_or_default().to_owned()
}

/// Returns path-level parameters first. A parameter that the operation redeclares replaces the path-level one.
fn parameters(document: &Document, endpoint: &Endpoint<'_>) -> Vec<Parameter> {
    let mut parameters: Vec<Parameter> = Vec::new();
    let mut position = HashMap::new();
    for declared in &endpoint.parameters {
        let Some(parameter) = declared.node.and_then(|node| parameter(document, node)) else {
            continue;
        };
        let place = (parameter.name.clone(), declared.location());
        let index = *position.entry(place).or_insert(parameters.len());
        if let Some(slot) = parameters.get_mut(index) {
            *slot = parameter;
        } else {
            parameters.push(parameter);
        }
    }
    parameters
}

fn parameter(document: &Document, node: &Node) -> Option<Parameter> {
    let location = match node.text("in")? {
        "path" => Location::Path,
        "query" => Location::Query,
        "header" => Location::Header,
        _ => return None,
    };
    let declared = node.get("schema")?;
    let schema = document.resolve(declared).ok()?;
    let repeated = schema.text("type") == Some("array");
    let one = if repeated { document.resolve(schema.get("items")?).ok()? } else { schema };
    let (description, deprecated) = described(node);
    Some(Parameter {
        name: node.text("name")?.to_owned(),
        location,
        required: node.flag("required"),
        description: if description.is_empty() { text(schema, "description") } else { description },
        kind: kind(one)?,
        repeated,
        default: schema.get("default").and_then(on_the_wire),
        example: node.get("example").and_then(|example| on_the_wire(example.items().first().unwrap_or(example))),
        setting: node.text("x-client-setting").map(str::to_owned),
        deprecated,
        schema: document.schema_name(declared),
    })
}

fn kind(schema: &Node) -> Option<ParameterType> {
    match schema.text("type")? {
        "string" => Some(ParameterType::String {
            min_length: schema.get("minLength").and_then(Node::as_u64),
            max_length: schema.get("maxLength").and_then(Node::as_u64),
            allowed: schema.get("enum").map(Node::items).unwrap_or_default().iter().filter_map(on_the_wire).collect(),
        }),
        "integer" => Some(ParameterType::Integer {
            minimum: schema
                .get("minimum")
                .and_then(Node::as_i64)
                .map(|min| min.saturating_add(schema.flag("exclusiveMinimum").into())),
            maximum: schema
                .get("maximum")
                .and_then(Node::as_i64)
                .map(|max| max.saturating_sub(schema.flag("exclusiveMaximum").into())),
            int32: schema.text("format") == Some("int32"),
        }),
        "boolean" => Some(ParameterType::Boolean),
        _ => None,
    }
}

/// Converts a scalar to its form in a query string.
fn on_the_wire(node: &Node) -> Option<String> {
    match node.to_json() {
        Value::String(text) => Some(text),
        value @ (Value::Bool(_) | Value::Number(_)) => Some(value.to_string()),
        _ => None,
    }
}

fn body(document: &Document, operation: &Node) -> Option<Body> {
    let body = document.resolve(operation.get("requestBody")?).ok()?;
    let media = json_content(body)?;
    let schema = media.get("schema")?;
    let fields = fields(document, document.resolve(schema).ok()?);
    Some(Body { schema: document.schema_name(schema)?, sample: documented(document, media, schema), fields })
}

fn fields(document: &Document, schema: &Node) -> Vec<Field> {
    let required = schema.get("required").map(Node::items).unwrap_or_default();
    let field = |(key, property): &(Key, Node)| {
        let (description, deprecated) = described(document.resolve(property).ok()?);
        let property = document.resolve_schema(property).ok()?;
        let of_list = property.get("items").and_then(|items| document.resolve_schema(items).ok());
        let bound = |key: &str| property.get(key).and_then(Node::as_u64);
        Some(Field {
            name: key.name.clone(),
            required: required.iter().any(|name| name.as_str() == Some(&key.name)),
            description,
            kind: kind(of_list.unwrap_or(property)),
            list: of_list.map(|_| Items { min: bound("minItems").unwrap_or(0), max: bound("maxItems") }),
            deprecated,
        })
    };
    schema.get("properties").map(Node::entries).unwrap_or_default().iter().filter_map(field).collect()
}

fn success(document: &Document, operation: &Node) -> Option<Success> {
    let (status, response) = operation.get("responses")?.entries().iter().find_map(|(key, response)| {
        let status = key.name.parse::<u16>().ok().filter(|status| (200..300).contains(status))?;
        Some((status, document.resolve(response).ok()?))
    })?;
    let media = json_content(response);
    let binary = media.is_none() && octet_stream_content(response).is_some();
    let schema = media.and_then(|media| media.get("schema"));
    Some(Success {
        status,
        description: text(response, "description"),
        schema: schema.and_then(|schema| document.schema_name(schema)),
        sample: media.zip(schema).map(|(media, schema)| documented(document, media, schema)),
        binary,
        deprecated: schema.map(|schema| deprecated_fields(document, schema)).unwrap_or_default(),
    })
}

/// Returns the media type object of `application/json`.
fn json_content(node: &Node) -> Option<&Node> {
    node.get("content")?.entries().iter().find(|(key, _)| is_json(&key.name)).map(|(_, media)| media)
}

/// Returns whether a media type is `application/json`, regardless of its parameters.
pub(crate) fn is_json(media_type: &str) -> bool {
    media_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}

/// The media type of a body that is bytes, such as a file.
pub(crate) const OCTET_STREAM: &str = "application/octet-stream";

/// Returns the media type object of `application/octet-stream`.
fn octet_stream_content(node: &Node) -> Option<&Node> {
    node.get("content")?.entries().iter().find(|(key, _)| is_octet_stream(&key.name)).map(|(_, media)| media)
}

/// Returns whether a media type is `application/octet-stream`, without parameters.
pub(crate) fn is_octet_stream(media_type: &str) -> bool {
    media_type.eq_ignore_ascii_case(OCTET_STREAM)
}

/// Returns whether a schema is a binary string without restrictions, and not a reference.
pub(crate) fn is_binary(schema: &Node) -> bool {
    schema.text("type") == Some("string")
        && schema.text("format") == Some("binary")
        && schema.entries().iter().all(|(key, _)| matches!(key.name.as_str(), "type" | "format" | "description"))
}

/// Returns the documented example of a body: `example`, the first of `examples`, the example of the schema, or a value
/// generated from the schema.
fn documented(document: &Document, media: &Node, schema: &Node) -> Value {
    let first = || document.example_value(&media.get("examples")?.entries().first()?.1);
    media.get("example").or_else(first).map_or_else(|| sample(document, schema), Node::to_json)
}

fn pagination(document: &Document, operation: &Node, schema: Option<&str>) -> Option<Pagination> {
    let node = operation.get("x-pagination")?;
    let name = |key: &str| node.text(key).map(str::to_owned);
    let page = document.resolve(document.component("schemas", schema?)?).ok()?;
    let items = name("items")?;
    let rows = document.resolve_schema(page.get("properties")?.get(&items)?).ok()?;
    Some(Pagination {
        offset: name("offset")?,
        limit: name("limit")?,
        item_schema: document.schema_name(rows.get("items")?)?,
        items,
        total: name("total")?,
        key: name("key"),
    })
}

fn rate_limit(operation: &Node) -> Option<RateLimit> {
    let node = operation.get("x-rate-limit")?;
    let number = |key: &str| node.get(key)?.as_u64().and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0);
    Some(RateLimit { requests: number("requests")?, seconds: number("seconds")? })
}
