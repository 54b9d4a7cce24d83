//! Drafts the part of the document that describes an operation: every fact of the SDKs, and `TODO` for the rest.

use std::collections::{BTreeMap, BTreeSet};

use hss_spec::names::pascal_case;
use hss_spec::{Document, Node};
use serde_json::{Map, Value, json};

use super::compare::{self, Comparison, Side};
use super::coverage::family;
use super::field::Field;
use super::kind::Kind;
use super::prose::Facts;
use super::schema::{TODO, comment, description, insert_bounds, is_enumeration, json_map, plain, text};
use super::vendor::{Operation, Parameter, Response, Vendor};

/// Parts of a document: an operation with its path, and the components that the document lacks.
pub(super) struct Draft {
    /// By path and method.
    pub(super) paths: Value,
    pub(super) components: Value,
}

impl Draft {
    /// Returns the draft as a chapter.
    pub(super) fn to_json(&self) -> Value {
        let mut chapter = Map::new();
        chapter.insert("paths".to_owned(), self.paths.clone());
        if self.components.as_object().is_some_and(|components| !components.is_empty()) {
            chapter.insert("components".to_owned(), self.components.clone());
        }
        chapter.into()
    }
}

/// Drafts an operation. `is_accepted` decides whether the components that the document has can be used as they are.
pub(super) fn draft(
    document: &Document,
    vendor: &Vendor,
    operation: &Operation,
    is_accepted: &dyn Fn(&Comparison) -> bool,
) -> Draft {
    let mut writer = Writer {
        document,
        vendor,
        is_accepted,
        id: &operation.id,
        parameters: Map::new(),
        schemas: BTreeMap::new(),
        order: Vec::new(),
        models: BTreeMap::new(),
        open: Vec::new(),
    };
    let written = writer.operation(operation);
    // No recursion, since an SDK decides how deep models are nested.
    while let Some((name, model, side)) = writer.open.pop() {
        writer.fields(&name, &model, side);
    }
    let mut components = Map::new();
    if !writer.parameters.is_empty() {
        components.insert("parameters".to_owned(), writer.parameters.into());
    }
    let mut schemas = writer.schemas;
    let ordered: Map<String, Value> =
        writer.order.into_iter().filter_map(|name| schemas.remove(&name).map(|schema| (name, schema))).collect();
    if !ordered.is_empty() {
        components.insert("schemas".to_owned(), ordered.into());
    }
    let mut paths = Map::new();
    // Two chapters cannot have the same path.
    let known = document.root().get("paths").and_then(|paths| paths.entry(&operation.path));
    if let Some((key, _)) = known {
        let file = key.place.file.file_name().unwrap_or_default().to_string_lossy();
        let comment = format!("TODO: add the method to this path in {file}, line {}", key.place.line);
        paths.insert("#1".to_owned(), comment.into());
    }
    paths.insert(operation.path.clone(), json!({ operation.method.to_ascii_lowercase(): written }));
    Draft { paths: paths.into(), components: components.into() }
}

struct Writer<'d> {
    document: &'d Document,
    vendor: &'d Vendor,
    is_accepted: &'d dyn Fn(&Comparison) -> bool,
    id: &'d str,
    parameters: Map<String, Value>,
    schemas: BTreeMap<String, Value>,
    /// Names of the schemas, each before those that it refers to.
    order: Vec<String>,
    /// Names of the schemas for models.
    models: BTreeMap<(String, Side), String>,
    /// New schemas without fields: name, model and side.
    open: Vec<(String, String, Side)>,
}

impl Writer<'_> {
    fn operation(&mut self, operation: &Operation) -> Value {
        let Operation { id, method, parameters, body, response, is_deprecated, media, path, .. } = operation;
        let mut map = Map::new();
        let mut set = |key: &str, value: Value| drop(map.insert(key.to_owned(), value));
        set("#1", format!("Facts of {}", self.vendor.release()).into());
        set("operationId", id.as_str().into());
        set("tags", json!([self.tag(path)]));
        set("summary", TODO.into());
        set("description", description(*is_deprecated));
        if *is_deprecated {
            set("deprecated", true.into());
        }
        let page = format!("https://support.huaweicloud.com/intl/en-us/api-hss2.0/{id}.html");
        set("x-source", json!({"page": page, "updated": TODO}));
        if method != "GET" {
            set("#2", "TODO: whether a call may be repeated".into());
        }
        set("x-idempotent", (method == "GET").into());
        if self.document.operation_default("x-rate-limit").is_none() {
            set("x-rate-limit", json!({"requests": 5, "seconds": 60}));
        }
        if self.is_paged(parameters, response) {
            set(
                "x-pagination",
                json!({
                    "offset": "offset", "limit": "limit", "items": "data_list", "total": "total_num",
                    "#1": "TODO: the field that identifies a row",
                    "#2": "key: id",
                }),
            );
        }
        let references = parameters.iter().map(|parameter| self.parameter(parameter)).collect::<Vec<_>>();
        set("parameters", references.into());
        if let Some(kind) = body {
            let schema = self.body(kind, Side::Request);
            let content = json!({ media.as_str(): {"schema": schema} });
            set("requestBody", json!({"required": true, "description": TODO, "content": content}));
        }
        let mut success = Map::new();
        success.insert("description".to_owned(), TODO.into());
        let (kind, media) = match response {
            Response::Model(model) if self.vendor.fields(model).is_empty() => (None, ""),
            Response::Model(model) => (Some(Kind::Model(model.clone())), "application/json"),
            Response::Value(kind) => (Some(kind.clone()), "application/json"),
            Response::File => (Some(Kind::File), "application/octet-stream"),
        };
        if let Some(kind) = kind {
            let schema = self.body(&kind, Side::Response);
            success.insert("content".to_owned(), json!({ media: {"schema": schema} }));
        }
        let error = json!({"$ref": "#/components/responses/Error"});
        let mut responses = Map::from_iter([("200".to_owned(), success.into())]);
        for status in ["4XX", "5XX"] {
            if self.document.operation_default("responses").and_then(|defaults| defaults.get(status)).is_none() {
                responses.insert(status.to_owned(), error.clone());
            }
        }
        set("responses", responses.into());
        map.into()
    }

    /// Returns the tag of the operations of the same family, if the document has any.
    fn tag(&self, path: &str) -> String {
        let paths = self.document.root().get("paths").map(Node::entries).unwrap_or_default();
        let same = paths.iter().filter(|(known, _)| family(&known.name) == family(path));
        let mut tags = same.flat_map(|(_, item)| item.entries()).filter_map(|(_, operation)| {
            operation.get("tags").map(Node::items).unwrap_or_default().first().and_then(Node::as_str)
        });
        tags.next().unwrap_or(TODO).to_owned()
    }

    fn is_paged(&self, parameters: &[Parameter], response: &Response) -> bool {
        let has = |name: &str| {
            parameters.iter().any(|parameter| parameter.location == "query" && parameter.field.name == name)
        };
        let Response::Model(model) = response else { return false };
        let field = |name: &str| self.vendor.fields(model).iter().find(|field| field.name == name);
        let is_list_of_objects =
            |field: &Field| matches!(&field.kind, Kind::List(items) if matches!(**items, Kind::Model(_)));
        has("offset")
            && has("limit")
            && field("total_num").is_some()
            && field("data_list").is_some_and(is_list_of_objects)
    }

    /// Returns a reference to a parameter of the document, or to a new one.
    fn parameter(&mut self, parameter: &Parameter) -> Value {
        let Parameter { location, field } = parameter;
        let known = section(self.document, "parameters").iter().find(|(_, node)| {
            let is_same = node.text("in") == Some(*location) && node.text("name") == Some(&field.name);
            is_same
                && compare::parameter(self.document, self.vendor, parameter, node).is_ok_and(|comparison| {
                    let is_setting = node.get("x-client-setting").is_some();
                    comparison.differences.is_empty() && (comparison.unstated.is_empty() || is_setting)
                })
        });
        let name = match known {
            Some((key, _)) => key.name.clone(),
            None => self.new_parameter(location, field),
        };
        json!({"$ref": format!("#/components/parameters/{name}")})
    }

    fn new_parameter(&mut self, location: &str, field: &Field) -> String {
        let base = pascal_case(&field.name);
        let is_free = |name: &String| {
            !self.parameters.contains_key(name)
                && section(self.document, "parameters").iter().all(|(key, _)| key.name != **name)
        };
        let names = [base.clone(), format!("{}{base}", self.id), format!("{}{base}{}", self.id, pascal_case(location))];
        let name = names.into_iter().skip(first_candidate(&field.name)).find(is_free).unwrap_or(base);
        let facts = self.vendor.facts(field).clone();
        let mut map = Map::new();
        map.insert("name".to_owned(), field.name.as_str().into());
        map.insert("in".to_owned(), location.into());
        if field.is_mandatory {
            map.insert("required".to_owned(), true.into());
        }
        map.insert("description".to_owned(), description(facts.is_deprecated));
        if facts.is_deprecated {
            map.insert("deprecated".to_owned(), true.into());
        }
        if let Some(comment) = comment(field, &facts) {
            map.insert("#1".to_owned(), comment.into());
        }
        let owner = if location == "path" { String::new() } else { "Filter".to_owned() };
        let schema = self.parameter_schema(field, &field.kind, &facts, &owner);
        map.insert("schema".to_owned(), schema);
        self.parameters.insert(name.clone(), map.into());
        name
    }

    /// Returns the schema of a parameter: a component, if it is a restricted text.
    fn parameter_schema(&mut self, field: &Field, kind: &Kind, facts: &Facts, suffix: &str) -> Value {
        match kind {
            Kind::List(items) => {
                let items = self.parameter_schema(field, items, &Facts { default: None, ..facts.clone() }, suffix);
                let mut map = json_map(json!({"type": "array"}));
                insert_bounds(&mut map, ["minItems", "maxItems"], facts.items);
                map.insert("items".to_owned(), items);
                map.into()
            }
            Kind::Text if !facts.values.is_empty() || !facts.length.is_empty() || facts.default.is_some() => {
                let schema = text(facts, Side::Request);
                let name = self.named(&field.name, suffix, schema, None);
                json!({"$ref": format!("#/components/schemas/{name}")})
            }
            _ => plain(kind, facts, Side::Request).into(),
        }
    }

    /// Returns the name of a component for a text with these facts: an existing one that fields or parameters of this
    /// name use, or a new one.
    fn named(&mut self, field: &str, suffix: &str, schema: Map<String, Value>, model: Option<&str>) -> String {
        let base = format!("{}{suffix}", pascal_case(field));
        let facts = |schema: &Map<String, Value>| -> BTreeSet<(String, String)> {
            let entries = schema.iter().filter(|(key, _)| *key != "description" && !key.starts_with('#'));
            entries.map(|(key, value)| (key.clone(), value.to_string())).collect()
        };
        let wanted = facts(&schema);
        let is_listed = schema.contains_key("enum") || schema.contains_key("x-extensible-enum");
        let users = users(self.document, field);
        for (key, node) in section(self.document, "schemas") {
            // Bounds have no meaning of their own: other filters with the same ones share a type.
            let is_related = key.name == base
                || users.contains(&key.name)
                || !is_listed && !suffix.is_empty() && key.name.ends_with(suffix);
            let is_same = node.to_json().as_object().is_some_and(|known| facts(known) == wanted);
            if is_related && is_same {
                return key.name.clone();
            }
        }
        let owner = model.unwrap_or(self.id).to_owned();
        let names = [base.clone(), format!("{owner}{base}"), format!("{}{owner}{base}", self.id)];
        for name in names.into_iter().skip(first_candidate(field)) {
            match self.schemas.get(&name).map(|known| known.as_object().is_some_and(|known| facts(known) == wanted)) {
                Some(true) => return name,
                Some(false) => {}
                None if self.is_free(&name) => {
                    self.order.push(name.clone());
                    self.schemas.insert(name.clone(), schema.into());
                    return name;
                }
                None => {}
            }
        }
        base
    }

    /// Returns whether no schema of the document has a name that becomes the same type.
    fn is_free(&self, name: &str) -> bool {
        const RESERVED: [&str; 8] = ["Box", "Client", "Default", "Error", "Option", "Result", "String", "Vec"];
        let wanted = pascal_case(name);
        let is_other = |known: &str| pascal_case(known) != wanted;
        !RESERVED.contains(&name)
            && section(self.document, "schemas").iter().all(|(key, _)| is_other(&key.name))
            && self.order.iter().all(|known| is_other(known))
    }

    /// Returns the schema of a body.
    fn body(&mut self, kind: &Kind, side: Side) -> Value {
        match kind {
            Kind::Model(model) => self.model(model, side),
            Kind::List(items) => json!({"type": "array", "items": self.body(items, side)}),
            _ => plain(kind, &Facts::default(), side).into(),
        }
    }

    /// Returns a reference to the schema of a model.
    fn model(&mut self, model: &str, side: Side) -> Value {
        let key = (model.to_owned(), side);
        let name = match self.models.get(&key) {
            Some(name) => name.clone(),
            None => match self.known_model(model, side) {
                Some(name) => name,
                None => self.new_model(model, side),
            },
        };
        self.models.insert(key, name.clone());
        json!({"$ref": format!("#/components/schemas/{name}")})
    }

    /// Returns the name of a schema of the document with the same facts. A schema of the same name is preferred.
    fn known_model(&self, model: &str, side: Side) -> Option<String> {
        let fields: BTreeSet<&str> = self.vendor.fields(model).iter().map(|field| field.name.as_str()).collect();
        let mut known: Vec<_> = section(self.document, "schemas")
            .iter()
            .filter(|(_, node)| {
                let properties = node.get("properties").map(Node::entries).unwrap_or_default();
                let names: BTreeSet<&str> = properties.iter().map(|(key, _)| key.name.as_str()).collect();
                !names.is_empty() && names == fields
            })
            .collect();
        known.sort_by_key(|(key, _)| key.name != model);
        let fits = |key: &hss_spec::Key, node: &Node| {
            is_open(self.document, node, side, 0)
                && compare::model(self.document, self.vendor, &key.name, node, model, side)
                    .is_ok_and(|comparison| (self.is_accepted)(&comparison))
        };
        known.into_iter().find(|(key, node)| fits(key, node)).map(|(key, _)| key.name.clone())
    }

    fn new_model(&mut self, model: &str, side: Side) -> String {
        let side_name = if side == Side::Request { "Request" } else { "Response" };
        let base = pascal_case(model);
        let names = [base.clone(), format!("{}{base}", self.id), format!("{}{base}{side_name}", self.id)];
        let name = names.into_iter().find(|name| self.is_free(name)).unwrap_or(base);
        self.order.push(name.clone());
        self.open.push((name.clone(), model.to_owned(), side));
        name
    }

    /// Writes the fields of a new schema.
    fn fields(&mut self, name: &str, model: &str, side: Side) {
        let vendor = self.vendor;
        let mut properties = Map::new();
        let mut required = Vec::new();
        for field in vendor.fields(model) {
            let property = self.property(name, field, side);
            if let Some(comment) = comment(field, vendor.facts(field)) {
                properties.insert(format!("#{}", field.name), comment.into());
            }
            properties.insert(field.name.clone(), property);
            if side == Side::Request && field.is_mandatory {
                required.push(Value::from(field.name.as_str()));
            }
        }
        let mut schema = json_map(json!({"type": "object", "description": TODO}));
        if !required.is_empty() {
            schema.insert("required".to_owned(), required.into());
        }
        schema.insert("properties".to_owned(), properties.into());
        self.schemas.insert(name.to_owned(), schema.into());
    }

    fn property(&mut self, owner: &str, field: &Field, side: Side) -> Value {
        let facts = self.vendor.facts(field).clone();
        let schema = self.value(owner, &field.name, &field.kind, &facts, side);
        // A reference cannot have anything beside it.
        if schema.contains_key("$ref") {
            return schema.into();
        }
        let (mut map, rest): (Map<_, _>, Map<_, _>) =
            schema.into_iter().partition(|(key, _)| matches!(key.as_str(), "#width" | "type" | "format"));
        map.insert("description".to_owned(), description(facts.is_deprecated));
        if facts.is_deprecated {
            map.insert("deprecated".to_owned(), true.into());
        }
        map.extend(rest);
        map.into()
    }

    fn value(&mut self, owner: &str, name: &str, kind: &Kind, facts: &Facts, side: Side) -> Map<String, Value> {
        match kind {
            Kind::Model(model) => json_map(self.model(model, side)),
            Kind::List(items) => {
                let mut map = json_map(json!({"type": "array"}));
                let mut bounds = facts.items;
                bounds.max = bounds.max.filter(|max| *max != i64::from(i32::MAX) && *max != i64::MAX);
                insert_bounds(&mut map, ["minItems", "maxItems"], bounds);
                let of_item = Facts { default: None, ..facts.clone() };
                map.insert("items".to_owned(), self.value(owner, name, items, &of_item, side).into());
                map
            }
            Kind::Map(values) => {
                let of_value = Facts { default: None, ..facts.clone() };
                let values = self.value(owner, name, values, &of_value, side);
                json_map(json!({"type": "object", "additionalProperties": values}))
            }
            // A reference cannot be marked as deprecated.
            Kind::Text if is_enumeration(&facts.values) => {
                let schema = text(facts, side);
                let name = self.named(name, "", schema, Some(owner));
                json_map(json!({"$ref": format!("#/components/schemas/{name}")}))
            }
            Kind::Text => {
                let mut map = json_map(json!({"type": "string"}));
                insert_bounds(&mut map, ["minLength", "maxLength"], facts.length);
                if side == Side::Request
                    && let Some(default) = &facts.default
                {
                    map.insert("default".to_owned(), default.as_str().into());
                }
                map
            }
            _ => plain(kind, facts, side),
        }
    }
}

/// Returns the components of a section of the document.
fn section<'d>(document: &'d Document, name: &str) -> &'d [(hss_spec::Key, Node)] {
    let components = document.root().get("components").and_then(|components| components.get(name));
    components.map(Node::entries).unwrap_or_default()
}

/// Returns the schemas to which parameters and properties with this name refer.
fn users(document: &Document, name: &str) -> BTreeSet<String> {
    let parameters = section(document, "parameters").iter().filter(|(_, node)| node.text("name") == Some(name));
    let parameters = parameters.filter_map(|(_, node)| node.get("schema"));
    let properties = section(document, "schemas").iter().filter_map(|(_, node)| node.get("properties")?.get(name));
    let both = parameters.chain(properties);
    both.flat_map(|node| [Some(node), node.get("items")])
        .flatten()
        .filter_map(|node| document.schema_name(node))
        .collect()
}

/// Returns whether a schema fits the side: lists of values are closed in requests and open in responses.
fn is_open(document: &Document, schema: &Node, side: Side, depth: usize) -> bool {
    let Ok(schema) = document.resolve(schema) else { return false };
    let other = if side == Side::Request { "x-extensible-enum" } else { "enum" };
    if depth > 16 || schema.get(other).is_some() {
        return false;
    }
    let properties = schema.get("properties").map(Node::entries).unwrap_or_default().iter().map(|(_, node)| node);
    properties.chain(schema.get("items")).all(|node| is_open(document, node, side, depth + 1))
}

/// Returns the position of the first of the names that a component for this field may have. The field's name alone is not
/// enough if it has another meaning in each operation.
fn first_candidate(field: &str) -> usize {
    const GENERAL: [&str; 12] =
        ["action", "category", "id", "level", "mode", "name", "result", "source", "state", "status", "type", "value"];
    usize::from(GENERAL.contains(&field))
}
