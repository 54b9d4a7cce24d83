//! Compares the document with the vendor's API, place by place.
//!
//! Not compared: 2xx responses after the first, media types of responses, headers of responses, lists as defaults, and
//! lists of numbers.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use hss_spec::{Document, METHODS, Node, Place};

use super::aspect::Aspect;
use super::field::Field;
use super::kind::Kind;
use super::prose::{Bounds, Facts};
use super::vendor::{Operation, Parameter, Response, Vendor};

/// A place at which the document and the SDKs differ.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Difference {
    /// Position in the document. Something that is missing has the position of its parent.
    pub(super) place: Place,
    /// `ListHostStatus query host_name_list` for a parameter, `Host.expire_time` for a field.
    pub(super) at: String,
    pub(super) kind: Aspect,
    /// The fact in the document.
    pub(super) ours: String,
    /// The fact in the SDKs.
    pub(super) theirs: String,
    /// Position of a description that is not understood; empty for other differences.
    pub(super) source: String,
}

/// The result of a comparison.
#[derive(Default)]
pub(super) struct Comparison {
    /// Sorted by position.
    pub(super) differences: Vec<Difference>,
    /// Places and aspects that the document states and the SDKs do not.
    pub(super) unstated: BTreeSet<(String, Aspect)>,
    /// Places and aspects that the SDKs state and the document cannot express.
    pub(super) inexpressible: BTreeSet<(String, Aspect)>,
    /// Classes of the SDKs that were compared.
    pub(super) classes: BTreeSet<String>,
    pub(super) operations: usize,
    pub(super) parameters: usize,
    pub(super) fields: usize,
    pub(super) value_lists: usize,
    pub(super) bounds: usize,
    pub(super) regions: usize,
}

/// The key with the name of a schema whose references were replaced by it. Only the self-test writes it.
pub(super) const NAME: &str = "x-name";

/// Compares every operation of the document, and the regions.
pub(super) fn compare(document: &Document, vendor: &Vendor) -> Result<Comparison, String> {
    let mut comparer = Comparer { document, vendor, result: Comparison::default(), compared: HashSet::new() };
    for (path, item) in document.root().get("paths").map(Node::entries).unwrap_or_default() {
        for (method, operation) in item.entries().iter().filter(|(key, _)| METHODS.contains(&key.name.as_str())) {
            comparer.operation(&path.name, &method.name.to_ascii_uppercase(), item, operation)?;
        }
    }
    comparer.regions();
    let mut result = comparer.result;
    result.differences.sort();
    // Operations may share a schema.
    result.differences.dedup();
    Ok(result)
}

/// Compares one parameter of the document with one of an operation.
pub(super) fn parameter(
    document: &Document,
    vendor: &Vendor,
    theirs: &Parameter,
    ours: &Node,
) -> Result<Comparison, String> {
    let mut comparer = Comparer { document, vendor, result: Comparison::default(), compared: HashSet::new() };
    comparer.parameter(&theirs.field.name, ours, &theirs.field)?;
    Ok(comparer.result)
}

/// Compares one schema of the document, with its name, with a model.
pub(super) fn model(
    document: &Document,
    vendor: &Vendor,
    name: &str,
    ours: &Node,
    theirs: &str,
    side: Side,
) -> Result<Comparison, String> {
    let mut comparer = Comparer { document, vendor, result: Comparison::default(), compared: HashSet::new() };
    comparer.compared.insert((ours, theirs.to_owned(), side));
    comparer.object(name, ours, theirs, side)?;
    Ok(comparer.result)
}

/// The direction in which a value is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Side {
    Request,
    Response,
}

struct Comparer<'d> {
    document: &'d Document,
    vendor: &'d Vendor,
    result: Comparison,
    /// Schemas that were compared with a model.
    compared: HashSet<(*const Node, String, Side)>,
}

/// The location of a value.
struct Location<'s> {
    at: &'s str,
    place: &'s Place,
    side: Side,
    /// Position of its description in the SDKs.
    source: &'s str,
}

impl<'d> Comparer<'d> {
    fn add(&mut self, kind: Aspect, at: &str, place: &Place, ours: impl Into<String>, theirs: impl Into<String>) {
        let (at, place) = (at.to_owned(), place.clone());
        let (ours, theirs) = (ours.into(), theirs.into());
        self.result.differences.push(Difference { place, at, kind, ours, theirs, source: String::new() });
    }

    fn unstated(&mut self, at: &str, kind: Aspect) {
        self.result.unstated.insert((at.to_owned(), kind));
    }

    fn resolve(&self, node: &'d Node) -> Result<&'d Node, String> {
        self.document.resolve_schema(node).map_err(|error| format!("{}: {error}", node.place))
    }

    fn operation(&mut self, path: &str, method: &str, item: &'d Node, node: &'d Node) -> Result<(), String> {
        let id = node.text("operationId").unwrap_or_default();
        let Some(theirs) = self.vendor.operations.get(id) else {
            self.add(Aspect::Operation, id, &node.place, format!("{method} {path}"), "nothing");
            return Ok(());
        };
        self.result.operations += 1;
        self.result.classes.insert(format!("{id}Request"));
        if (method, path) != (&theirs.method, &theirs.path) {
            let theirs = format!("{} {}", theirs.method, theirs.path);
            self.add(Aspect::Path, id, &node.place, format!("{method} {path}"), theirs);
        }
        self.deprecated(id, &node.place, node.flag("deprecated"), theirs.is_deprecated);
        self.parameters(id, item, node, theirs)?;
        self.body(id, node, theirs)?;
        self.response(id, node, theirs)
    }

    fn parameters(&mut self, id: &str, item: &'d Node, node: &'d Node, theirs: &'d Operation) -> Result<(), String> {
        let listed = [item, node].into_iter().filter_map(|owner| owner.get("parameters"));
        let mut ours = BTreeMap::new();
        for written in listed.flat_map(Node::items) {
            let parameter = self.resolve(written)?;
            let text = |key| parameter.text(key).unwrap_or_default();
            ours.insert((text("in"), text("name")), parameter);
        }
        let parent = node.entry("parameters").map_or(&node.place, |(key, _)| &key.place);
        for their in &theirs.parameters {
            let field = &their.field;
            let at = format!("{id} {} {}", their.location, field.name);
            let Some(parameter) = ours.remove(&(their.location, field.name.as_str())) else {
                self.add(Aspect::ParameterMissing, &at, parent, "nothing", described(field));
                continue;
            };
            self.result.parameters += 1;
            self.parameter(&at, parameter, field)?;
        }
        for ((location, name), parameter) in ours {
            let at = format!("{id} {location} {name}");
            let schema = parameter.get("schema").map(|schema| self.resolve(schema)).transpose()?;
            let kind = schema.and_then(|schema| schema.text("type")).unwrap_or("any").to_owned();
            self.add(Aspect::ParameterExtra, &at, &parameter.place, kind, "nothing");
        }
        Ok(())
    }

    fn parameter(&mut self, at: &str, ours: &'d Node, theirs: &'d Field) -> Result<(), String> {
        let place = &ours.place;
        self.required(at, place, ours.flag("required"), theirs.is_mandatory);
        let facts = self.vendor.facts(theirs);
        self.deprecated(at, place, ours.flag("deprecated"), facts.is_deprecated);
        match ours.get("schema") {
            Some(schema) => {
                let location = Location { at, place, side: Side::Request, source: &theirs.place };
                self.value(&location, schema, &theirs.kind, facts)
            }
            None => {
                self.add(Aspect::Type, at, place, "nothing", theirs.kind.name());
                Ok(())
            }
        }
    }

    fn body(&mut self, id: &str, node: &'d Node, theirs: &'d Operation) -> Result<(), String> {
        let body = node.get("requestBody").map(|body| self.resolve(body)).transpose()?;
        let content = body.and_then(|body| body.get("content")).map(Node::entries).unwrap_or_default();
        let schema = content.first().and_then(|(_, media)| media.get("schema"));
        let at = format!("{id} body");
        if let (Some(body), Some(kind)) = (body, &theirs.body) {
            // Every class of a request has an optional body. It cannot be empty if it has mandatory fields.
            let fields = kind.model().map(|model| self.vendor.fields(model)).unwrap_or_default();
            if !matches!(kind, Kind::List(_)) && fields.iter().any(|field| field.is_mandatory) {
                self.required(&at, &body.place, body.flag("required"), true);
            } else {
                self.unstated(&at, Aspect::Required);
            }
            let types: Vec<&str> = content.iter().map(|(key, _)| key.name.as_str()).collect();
            if !content.is_empty() && types != [theirs.media.as_str()] {
                self.add(Aspect::MediaType, &at, &body.place, types.join(", "), theirs.media.as_str());
            }
        }
        match (schema, &theirs.body) {
            (None, None) => {}
            (Some(schema), Some(kind)) => {
                let location = Location { at: &at, place: &schema.place, side: Side::Request, source: "" };
                self.value(&location, schema, kind, &Facts::default())?;
            }
            (Some(schema), None) => self.add(Aspect::Body, &at, &schema.place, "a body", "nothing"),
            (None, Some(kind)) => {
                self.add(Aspect::Body, &at, &node.place, "nothing", kind.model().unwrap_or("a body"));
            }
        }
        Ok(())
    }

    fn response(&mut self, id: &str, node: &'d Node, theirs: &'d Operation) -> Result<(), String> {
        let responses = node.get("responses").map(Node::entries).unwrap_or_default();
        let found = responses.iter().find(|(status, _)| status.name.starts_with('2'));
        let response = found.map(|(_, response)| self.resolve(response)).transpose()?;
        let content = response.and_then(|response| response.get("content")?.entries().first());
        let schema = content.and_then(|(_, media)| media.get("schema"));
        let place = found.map_or(&node.place, |(status, _)| &status.place);
        let at = format!("{id} response");
        let (is_empty, kind) = match &theirs.response {
            Response::Model(model) => (self.vendor.fields(model).is_empty(), Kind::Model(model.clone())),
            Response::Value(kind) => (false, kind.clone()),
            Response::File => (false, Kind::File),
        };
        match schema {
            None if is_empty => {}
            None => self.add(Aspect::Response, &at, place, "nothing", kind.model().unwrap_or(kind.name())),
            Some(schema) if is_empty => self.add(Aspect::Response, &at, &schema.place, "a body", "nothing"),
            Some(schema) => {
                let location = Location { at: &at, place: &schema.place, side: Side::Response, source: "" };
                self.value(&location, schema, &kind, &Facts::default())?;
            }
        }
        Ok(())
    }

    /// Compares a value, and the values in it.
    fn value(&mut self, location: &Location<'_>, written: &'d Node, kind: &Kind, facts: &Facts) -> Result<(), String> {
        let Location { at, place, side, source } = *location;
        let schema = self.resolve(written)?;
        if let Some((key, _)) = ["allOf", "oneOf", "anyOf"].into_iter().find_map(|key| schema.entry(key)) {
            self.add(Aspect::NotUnderstood, at, &key.place, format!("`{}`", key.name), kind.name());
            return Ok(());
        }
        let ours = schema.text("type").unwrap_or("any");
        if *kind == Kind::Any {
            self.unstated(at, Aspect::Type);
            return Ok(());
        }
        if ours != kind.name() {
            self.add(Aspect::Type, at, place, ours, kind.name());
            return Ok(());
        }
        self.format(location, schema, kind);
        if let Some(unread) = &facts.unread {
            let (at, place, ours, theirs) = (at.to_owned(), place.clone(), stated(schema), unread.clone());
            let (kind, source) = (Aspect::NotUnderstood, source.to_owned());
            self.result.differences.push(Difference { place, at, kind, ours, theirs, source });
        }
        if side == Side::Request && !matches!(kind, Kind::List(_)) {
            self.default(location, schema, facts);
        }
        match kind {
            Kind::Text => {
                self.values(location, schema, &facts.values);
                self.bounds(location, schema, ["minLength", "maxLength"], Aspect::Length, facts.length);
            }
            Kind::Integer(_) | Kind::Number(_) => {
                self.bounds(location, schema, ["minimum", "maximum"], Aspect::Range, facts.range);
            }
            Kind::List(inner) => {
                self.bounds(location, schema, ["minItems", "maxItems"], Aspect::Items, facts.items);
                if let Some(items) = schema.get("items") {
                    let facts = &Facts { default: None, ..facts.clone() };
                    self.value(&Location { at: &format!("{at}[]"), ..*location }, items, inner, facts)?;
                }
            }
            Kind::Map(inner) => match schema.get("additionalProperties").filter(|node| node.as_object().is_some()) {
                Some(values) => {
                    self.value(&Location { at: &format!("{at}{{}}"), ..*location }, values, inner, facts)?;
                }
                None => self.add(Aspect::Type, at, place, "an object", "a map"),
            },
            Kind::Model(model) => {
                self.result.classes.insert(model.clone());
                let name = self.document.schema_name(written);
                let name = name.or_else(|| schema.text(NAME).map(str::to_owned));
                let scope = name.unwrap_or_else(|| at.to_owned());
                if self.compared.insert((schema, model.clone(), side)) {
                    self.object(&scope, schema, model, side)?;
                }
            }
            Kind::Boolean | Kind::File | Kind::Any => {}
        }
        Ok(())
    }

    /// Compares the fields of an object.
    fn object(&mut self, scope: &str, schema: &'d Node, model: &str, side: Side) -> Result<(), String> {
        let properties = schema.get("properties").map(Node::entries).unwrap_or_default();
        let required: Vec<&str> =
            schema.get("required").map(Node::items).unwrap_or_default().iter().filter_map(Node::as_str).collect();
        let theirs = self.vendor.fields(model);
        let parent = schema.entry("properties").map_or(&schema.place, |(key, _)| &key.place);
        for field in theirs {
            let at = format!("{scope}.{}", field.name);
            let Some((key, property)) = properties.iter().find(|(key, _)| key.name == field.name) else {
                self.add(Aspect::FieldMissing, &at, parent, "nothing", described(field));
                continue;
            };
            self.result.fields += 1;
            let is_required = required.contains(&field.name.as_str());
            // The document requires nothing of the service, even if the SDKs do.
            if side == Side::Request || is_required {
                self.required(&at, &key.place, is_required, field.is_mandatory);
            }
            let facts = self.vendor.facts(field);
            let flag = property.flag("deprecated") || self.resolve(property)?.flag("deprecated");
            self.deprecated(&at, &key.place, flag, facts.is_deprecated);
            let location = Location { at: &at, place: &key.place, side, source: &field.place };
            self.value(&location, property, &field.kind, facts)?;
        }
        for (key, property) in properties {
            if !theirs.iter().any(|field| field.name == key.name) {
                let kind = self.resolve(property)?.text("type").unwrap_or("any").to_owned();
                self.add(Aspect::FieldExtra, &format!("{scope}.{}", key.name), &key.place, kind, "nothing");
            }
        }
        Ok(())
    }

    fn required(&mut self, at: &str, place: &Place, ours: bool, theirs: bool) {
        let word = |is_mandatory| if is_mandatory { "mandatory" } else { "optional" };
        if ours != theirs {
            self.add(Aspect::Required, at, place, word(ours), word(theirs));
        }
    }

    fn deprecated(&mut self, at: &str, place: &Place, ours: bool, theirs: bool) {
        let word = |is_deprecated| if is_deprecated { "deprecated" } else { "not deprecated" };
        if ours != theirs {
            self.add(Aspect::Deprecated, at, place, word(ours), word(theirs));
        }
    }

    fn format(&mut self, location: &Location<'_>, schema: &Node, kind: &Kind) {
        let ours = schema.text("format");
        let theirs = match kind {
            Kind::Integer(width) | Kind::Number(width) => *width,
            Kind::File => Some("binary"),
            _ => None,
        };
        match (ours, theirs, kind) {
            (Some(_), None, Kind::Integer(_) | Kind::Number(_)) => self.unstated(location.at, Aspect::Format),
            _ if ours == theirs => {}
            _ => {
                let text = |format: Option<&str>| format.unwrap_or("no format").to_owned();
                self.add(Aspect::Format, location.at, location.place, text(ours), text(theirs));
            }
        }
    }

    fn default(&mut self, location: &Location<'_>, schema: &Node, facts: &Facts) {
        let ours = schema.get("default").map(|node| match node.as_str() {
            Some(text) => text.to_owned(),
            None => node.to_json().to_string(),
        });
        match (ours, &facts.default) {
            (Some(_), None) => self.unstated(location.at, Aspect::Default),
            (ours, theirs) if ours == *theirs => {}
            (ours, theirs) => {
                let text = |default: Option<String>| default.unwrap_or_else(|| "no default".to_owned());
                self.add(Aspect::Default, location.at, location.place, text(ours), text(theirs.clone()));
            }
        }
    }

    fn values(&mut self, location: &Location<'_>, schema: &Node, theirs: &[String]) {
        let listed = schema.get("enum").or_else(|| schema.get("x-extensible-enum"));
        let ours: Vec<&str> = listed.map(Node::items).unwrap_or_default().iter().filter_map(Node::as_str).collect();
        if theirs.is_empty() {
            if !ours.is_empty() {
                self.unstated(location.at, Aspect::Values);
            }
            return;
        }
        self.result.value_lists += 1;
        // The order means nothing.
        let theirs: BTreeSet<&str> = theirs.iter().map(String::as_str).collect();
        if ours.len() != theirs.len() || ours.iter().any(|value| !theirs.contains(value)) {
            self.add(Aspect::Values, location.at, location.place, listed_values(ours), listed_values(theirs));
        }
    }

    fn bounds(&mut self, location: &Location<'_>, schema: &Node, keys: [&str; 2], kind: Aspect, theirs: Bounds) {
        let is_count = kind != Aspect::Range;
        let [ours_min, ours_max] = keys.map(|key| schema.get(key).map(|node| node.to_json().to_string()));
        // No count is below 0. No text or list reaches these maximums, nor does a number exceed its type.
        let min = |bound: Option<String>| bound.filter(|bound| !is_count || bound != "0");
        let limits: &[i64] = if is_count { &[i64::from(i32::MAX), i64::MAX] } else { &[i64::MAX] };
        let max = |bound: Option<String>| bound.filter(|bound| limits.iter().all(|limit| *bound != limit.to_string()));
        let mut differs = false;
        let pairs = [
            (min(ours_min.clone()), min(theirs.min.map(|bound| bound.to_string())), theirs.min),
            (max(ours_max.clone()), max(theirs.max.map(|bound| bound.to_string())), theirs.max),
        ];
        for (position, (ours, normal, stated)) in pairs.into_iter().enumerate() {
            // The generator has no type for a response whose numbers begin above 0.
            let is_beyond = kind == Aspect::Range && position == 0 && location.side == Side::Response;
            let is_beyond = is_beyond && stated.is_some_and(|bound| bound > 0);
            if is_beyond && ours.as_deref().is_none_or(|bound| bound == "0") {
                self.result.inexpressible.insert((location.at.to_owned(), kind));
            } else if stated.is_none() && ours.is_some() {
                self.unstated(location.at, kind);
            } else {
                differs |= ours != normal;
            }
        }
        if !theirs.is_empty() {
            self.result.bounds += 1;
        }
        if differs {
            let theirs = [theirs.min, theirs.max].map(|bound| bound.map(|bound| bound.to_string()));
            self.add(kind, location.at, location.place, shown([ours_min, ours_max]), shown(theirs));
        }
    }

    fn regions(&mut self) {
        let servers = self.document.root().get("servers");
        let parent = servers.map_or(&self.document.root().place, |servers| &servers.place);
        let mut ours = BTreeMap::new();
        for server in servers.map(Node::items).unwrap_or_default() {
            let url = server.text("url").unwrap_or_default();
            let region = server.pointer("/variables/region/enum").map(Node::items).unwrap_or_default();
            for node in region {
                let name = node.as_str().unwrap_or_default();
                ours.insert(name.to_owned(), (url.replace("{region}", name), node.place.clone()));
            }
            if region.is_empty() {
                let name = url.split('.').nth(1).unwrap_or_default();
                ours.insert(name.to_owned(), (url.to_owned(), server.place.clone()));
            }
        }
        for (name, url) in &self.vendor.regions {
            match ours.remove(name) {
                Some((ours, _)) if ours == *url => self.result.regions += 1,
                Some((ours, place)) => self.add(Aspect::Region, name, &place, ours, url),
                None => self.add(Aspect::Region, name, parent, "nothing", url),
            }
        }
        for (name, (url, place)) in ours {
            self.add(Aspect::Region, &name, &place, url, "nothing");
        }
    }
}

/// Returns a description of something that is missing.
fn described(field: &Field) -> String {
    format!("{}{}", if field.is_mandatory { "mandatory " } else { "" }, field.kind.name())
}

/// Returns a list of values in the order of the alphabet, in which it is compared and accepted.
fn listed_values<'v>(values: impl IntoIterator<Item = &'v str>) -> String {
    let mut values: Vec<_> = values.into_iter().collect();
    values.sort_unstable();
    if values.is_empty() { "any value".to_owned() } else { values.join(", ") }
}

/// Returns the bounds and values of a schema.
fn stated(schema: &Node) -> String {
    let keys = match schema.text("type") {
        Some("string") => ["minLength", "maxLength"],
        Some("array") => ["minItems", "maxItems"],
        _ => ["minimum", "maximum"],
    };
    let bounds = shown(keys.map(|key| schema.get(key).map(|node| node.to_json().to_string())));
    match schema.get("enum").or_else(|| schema.get("x-extensible-enum")) {
        Some(values) => format!("{bounds}, {}", listed_values(values.items().iter().filter_map(Node::as_str))),
        None => bounds,
    }
}

fn shown([min, max]: [Option<String>; 2]) -> String {
    match (min, max) {
        (None, None) => "no bounds".to_owned(),
        (min, max) => format!("{}..{}", min.unwrap_or_default(), max.unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests;
