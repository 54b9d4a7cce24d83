//! Compares the document with the vendor's API, place by place.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use hss_spec::{Document, Node, Place};

use super::aspect::Aspect;
use super::field::Field;
use super::kind::Kind;
use super::model::{Operation, Parameter, Response, Vendor};
use super::prose::{Bounds, Facts};

/// A place at which the document and the SDKs differ.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Difference {
    /// Position in the document. Something that is missing has the position of its parent.
    pub(super) place: Place,
    /// `ListHostStatus query host_name_list` for a parameter, `Host.expire_time` for a field.
    pub(super) at: String,
    pub(super) kind: Aspect,
    /// What the document states.
    pub(super) ours: String,
    /// What the SDKs state.
    pub(super) theirs: String,
}

/// The result of a comparison.
#[derive(Default)]
pub(super) struct Comparison {
    /// Sorted by position.
    pub(super) differences: Vec<Difference>,
    /// Places and aspects about which the document says something, and the SDKs nothing.
    pub(super) unstated: BTreeSet<(String, Aspect)>,
    /// Classes of the SDKs that were compared.
    pub(super) classes: BTreeSet<String>,
    pub(super) operations: usize,
    pub(super) parameters: usize,
    pub(super) fields: usize,
    pub(super) value_lists: usize,
    pub(super) bounds: usize,
    pub(super) regions: usize,
}

const METHODS: [&str; 5] = ["get", "put", "post", "delete", "patch"];

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

/// Compares one schema of the document, with its name, with a shape.
pub(super) fn shape(
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
    /// Schemas that were compared with a shape.
    compared: HashSet<(*const Node, String, Side)>,
}

/// Where a value is.
struct Spot<'s> {
    at: &'s str,
    place: &'s Place,
    side: Side,
}

impl<'d> Comparer<'d> {
    fn add(&mut self, kind: Aspect, at: &str, place: &Place, ours: impl Into<String>, theirs: impl Into<String>) {
        let (at, place) = (at.to_owned(), place.clone());
        self.result.differences.push(Difference { place, at, kind, ours: ours.into(), theirs: theirs.into() });
    }

    fn unstated(&mut self, at: &str, kind: Aspect) {
        self.result.unstated.insert((at.to_owned(), kind));
    }

    fn resolve(&self, node: &'d Node) -> Result<&'d Node, String> {
        self.document.resolve(node).map_err(|error| format!("{}: {error}", node.place))
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
        self.deprecated(id, &node.place, node.flag("deprecated"), theirs.is_retired);
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
        self.deprecated(at, place, ours.flag("deprecated"), facts.is_retired);
        match ours.get("schema") {
            Some(schema) => self.value(&Spot { at, place, side: Side::Request }, schema, &theirs.kind, facts),
            None => {
                self.add(Aspect::Type, at, place, "nothing", theirs.kind.name());
                Ok(())
            }
        }
    }

    fn body(&mut self, id: &str, node: &'d Node, theirs: &'d Operation) -> Result<(), String> {
        let body = node.get("requestBody").map(|body| self.resolve(body)).transpose()?;
        let schema = body.and_then(|body| body.get("content")?.entries().first()?.1.get("schema"));
        let at = format!("{id} body");
        match (schema, &theirs.body) {
            (None, None) => {}
            (Some(schema), Some(kind)) => {
                let spot = Spot { at: &at, place: &schema.place, side: Side::Request };
                self.value(&spot, schema, kind, &Facts::default())?;
            }
            (Some(schema), None) => self.add(Aspect::Body, &at, &schema.place, "a body", "nothing"),
            (None, Some(kind)) => {
                self.add(Aspect::Body, &at, &node.place, "nothing", kind.shape().unwrap_or("a body"));
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
            Response::Shape(shape) => (self.vendor.fields(shape).is_empty(), Kind::Shape(shape.clone())),
            Response::Value(kind) => (false, kind.clone()),
            Response::File => (false, Kind::File),
        };
        match schema {
            None if is_empty => {}
            None => self.add(Aspect::Response, &at, place, "nothing", kind.shape().unwrap_or(kind.name())),
            Some(schema) if is_empty => self.add(Aspect::Response, &at, &schema.place, "a body", "nothing"),
            Some(schema) => {
                let spot = Spot { at: &at, place: &schema.place, side: Side::Response };
                self.value(&spot, schema, &kind, &Facts::default())?;
            }
        }
        Ok(())
    }

    /// Compares a value, and the values in it.
    fn value(&mut self, spot: &Spot<'_>, written: &'d Node, kind: &Kind, facts: &Facts) -> Result<(), String> {
        let Spot { at, place, side } = *spot;
        let schema = self.resolve(written)?;
        if let Some((key, _)) = ["allOf", "oneOf", "anyOf"].into_iter().find_map(|key| schema.entry(key)) {
            return Err(format!("{}: `{}` cannot be compared with the SDKs", key.place, key.name));
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
        self.format(spot, schema, kind);
        if facts.unread.is_some() {
            self.add(Aspect::NotUnderstood, at, place, "?", "?");
        }
        if side == Side::Request && !matches!(kind, Kind::List(_)) {
            self.default(spot, schema, facts);
        }
        match kind {
            Kind::Text => {
                self.values(spot, schema, &facts.values);
                self.bounds(spot, schema, ["minLength", "maxLength"], Aspect::Length, facts.length);
            }
            Kind::Integer(_) | Kind::Number(_) => {
                self.bounds(spot, schema, ["minimum", "maximum"], Aspect::Range, facts.range);
            }
            Kind::List(inner) => {
                self.bounds(spot, schema, ["minItems", "maxItems"], Aspect::Items, facts.items);
                if let Some(items) = schema.get("items") {
                    let facts = &Facts { default: None, ..facts.clone() };
                    self.value(&Spot { at: &format!("{at}[]"), place, side }, items, inner, facts)?;
                }
            }
            Kind::Map(inner) => match schema.get("additionalProperties").filter(|node| node.as_object().is_some()) {
                Some(values) => self.value(&Spot { at: &format!("{at}{{}}"), place, side }, values, inner, facts)?,
                None => self.add(Aspect::Type, at, place, "an object", "a map"),
            },
            Kind::Shape(shape) => {
                self.result.classes.insert(shape.clone());
                let scope = self.document.schema_name(written).unwrap_or_else(|| at.to_owned());
                if self.compared.insert((schema, shape.clone(), side)) {
                    self.object(&scope, schema, shape, side)?;
                }
            }
            Kind::Boolean | Kind::File | Kind::Any => {}
        }
        Ok(())
    }

    /// Compares the fields of an object.
    fn object(&mut self, scope: &str, schema: &'d Node, shape: &str, side: Side) -> Result<(), String> {
        let properties = schema.get("properties").map(Node::entries).unwrap_or_default();
        let required: Vec<&str> =
            schema.get("required").map(Node::items).unwrap_or_default().iter().filter_map(Node::as_str).collect();
        let theirs = self.vendor.fields(shape);
        let parent = schema.entry("properties").map_or(&schema.place, |(key, _)| &key.place);
        for field in theirs {
            let at = format!("{scope}.{}", field.name);
            let Some((key, property)) = properties.iter().find(|(key, _)| key.name == field.name) else {
                self.add(Aspect::FieldMissing, &at, parent, "nothing", described(field));
                continue;
            };
            self.result.fields += 1;
            let is_required = required.contains(&field.name.as_str());
            // The document requires nothing of the service, whatever the SDKs say.
            if side == Side::Request || is_required {
                self.required(&at, &key.place, is_required, field.is_mandatory);
            }
            let facts = self.vendor.facts(field);
            let flag = property.flag("deprecated") || self.resolve(property)?.flag("deprecated");
            self.deprecated(&at, &key.place, flag, facts.is_retired);
            self.value(&Spot { at: &at, place: &key.place, side }, property, &field.kind, facts)?;
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
        let word = |is_retired| if is_retired { "deprecated" } else { "not deprecated" };
        if ours != theirs {
            self.add(Aspect::Deprecated, at, place, word(ours), word(theirs));
        }
    }

    fn format(&mut self, spot: &Spot<'_>, schema: &Node, kind: &Kind) {
        let ours = schema.text("format");
        let theirs = match kind {
            Kind::Integer(width) | Kind::Number(width) => *width,
            Kind::File => Some("binary"),
            _ => None,
        };
        match (ours, theirs, kind) {
            (Some(_), None, Kind::Integer(_) | Kind::Number(_)) => self.unstated(spot.at, Aspect::Format),
            _ if ours == theirs => {}
            _ => {
                let text = |format: Option<&str>| format.unwrap_or("no format").to_owned();
                self.add(Aspect::Format, spot.at, spot.place, text(ours), text(theirs));
            }
        }
    }

    fn default(&mut self, spot: &Spot<'_>, schema: &Node, facts: &Facts) {
        let ours = schema.get("default").map(|node| match node.as_str() {
            Some(text) => text.to_owned(),
            None => node.to_json().to_string(),
        });
        match (ours, &facts.default) {
            (Some(_), None) => self.unstated(spot.at, Aspect::Default),
            (ours, theirs) if ours == *theirs => {}
            (ours, theirs) => {
                let text = |default: Option<String>| default.unwrap_or_else(|| "no default".to_owned());
                self.add(Aspect::Default, spot.at, spot.place, text(ours), text(theirs.clone()));
            }
        }
    }

    fn values(&mut self, spot: &Spot<'_>, schema: &Node, theirs: &[String]) {
        let listed = schema.get("enum").or_else(|| schema.get("x-extensible-enum"));
        let ours: Vec<&str> = listed.map(Node::items).unwrap_or_default().iter().filter_map(Node::as_str).collect();
        if theirs.is_empty() {
            if !ours.is_empty() {
                self.unstated(spot.at, Aspect::Values);
            }
            return;
        }
        self.result.value_lists += 1;
        let is_same = ours.len() == theirs.len() && ours.iter().all(|value| theirs.iter().any(|their| their == value));
        if !is_same {
            let ours = if ours.is_empty() { "any value".to_owned() } else { ours.join(", ") };
            self.add(Aspect::Values, spot.at, spot.place, ours, theirs.join(", "));
        }
    }

    fn bounds(&mut self, spot: &Spot<'_>, schema: &Node, keys: [&str; 2], kind: Aspect, theirs: Bounds) {
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
            let is_beyond = kind == Aspect::Range && position == 0 && spot.side == Side::Response;
            let is_beyond = is_beyond && stated.is_some_and(|bound| bound > 0);
            if stated.is_none() && ours.is_some() || is_beyond && ours.as_deref().is_none_or(|bound| bound == "0") {
                self.unstated(spot.at, kind);
            } else {
                differs |= ours != normal;
            }
        }
        if !theirs.is_empty() {
            self.result.bounds += 1;
        }
        if differs {
            let theirs = [theirs.min, theirs.max].map(|bound| bound.map(|bound| bound.to_string()));
            self.add(kind, spot.at, spot.place, shown([ours_min, ours_max]), shown(theirs));
        }
    }

    fn regions(&mut self) {
        let Some(servers) = self.document.root().get("servers") else { return };
        let mut ours = BTreeMap::new();
        for server in servers.items() {
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
                None => self.add(Aspect::Region, name, &servers.place, "nothing", url),
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

fn shown([min, max]: [Option<String>; 2]) -> String {
    match (min, max) {
        (None, None) => "no bounds".to_owned(),
        (min, max) => format!("{}..{}", min.unwrap_or_default(), max.unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{DOCUMENT, document, vendor};
    use super::*;

    /// Returns the differences after an edit of the document that agrees with the SDKs.
    fn differences(from: &str, to: &str) -> Vec<String> {
        assert!(DOCUMENT.contains(from), "{from}");
        let comparison = compare(&document(&DOCUMENT.replace(from, to)), &vendor()).unwrap();
        let text = |found: Difference| {
            let Difference { place, at, kind, ours, theirs } = found;
            format!("{}:{} {} {at}: {ours} / {theirs}", place.line, place.column, kind.name())
        };
        comparison.differences.into_iter().map(text).collect()
    }

    #[test]
    fn reports_each_kind_of_difference_with_its_position() {
        assert_eq!(differences("x-1", "x-1"), [] as [&str; 0]);
        for (from, to, expected) in [
            (
                "operationId: ListCats",
                "operationId: ListDogs",
                "11:7 operation ListDogs: GET /v5/{project_id}/homes/{home}/cats / nothing",
            ),
            (
                "/cats:",
                "/dogs:",
                "11:7 path ListCats: GET /v5/{project_id}/homes/{home}/dogs / GET /v5/{project_id}/homes/{home}/cats",
            ),
            (
                "        - $ref: '#/components/parameters/Limit'\n",
                "",
                "15:7 parameter-missing ListCats query limit: nothing / integer",
            ),
            (
                "home, in: path, required: true, ",
                "home, in: path, ",
                "29:11 required ListCats path home: optional / mandatory",
            ),
            ("maxLength: 8", "maxLength: 9", "29:11 length ListCats path home: 1..9 / 1..8"),
            ("maxLength: 54", "maxLength: 50", "34:12 length ListCats query names: 1..50 / 1..54"),
            ("default: 10", "default: 20", "31:7 default ListCats query limit: 20 / 10"),
            ("minimum: 1, maximum: 50", "maximum: 50", "31:7 range ListCats query limit: ..50 / 1..50"),
            ("        name: {type: string, maxLength: 10}\n", "", "41:7 field-missing Cat.name: nothing / string"),
            ("age: {type", "size: {type: boolean}\n        age: {type", "43:9 field-extra Cat.size: boolean / nothing"),
            ("int32, minimum: 0", "int64, minimum: 0", "43:9 format Cat.age: int64 / int32"),
            (", deprecated: true", "", "43:9 deprecated Cat.age: not deprecated / deprecated"),
            ("[red, black]", "[red, white]", "44:9 values Cat.colour: red, white / red, black"),
            (
                "Colour: {type: string, x-extensible-enum: [red, black]}",
                "Colour: {type: boolean}",
                "44:9 type Cat.colour: boolean / string",
            ),
            (
                "      type: object\n      properties:",
                "      type: object\n      required: [name]\n      properties:",
                "43:9 required Cat.name: mandatory / optional",
            ),
            (
                "{type: array, items: {$ref: '#/components/schemas/Cat'}}",
                "{type: array, maxItems: 7, items: {$ref: '#/components/schemas/Cat'}}",
                "",
            ),
            ("enum: [xx-1]", "enum: [xx-1, xx-2]", "6:54 region xx-2: https://hss.xx-2.example.com / nothing"),
            (
                "{region}.example.com",
                "{region}.example.org",
                "6:48 region xx-1: https://hss.xx-1.example.org / https://hss.xx-1.example.com",
            ),
        ] {
            let expected: Vec<&str> = Some(expected).filter(|text| !text.is_empty()).into_iter().collect();
            assert_eq!(differences(from, to), expected, "{to}");
        }
    }

    #[test]
    fn both_a_missing_and_an_extra_parameter_are_reported() {
        assert_eq!(
            differences("name: limit", "name: size"),
            [
                "15:7 parameter-missing ListCats query limit: nothing / integer",
                "31:7 parameter-extra ListCats query size: integer / nothing",
            ]
        );
    }

    #[test]
    fn facts_of_the_document_alone_are_counted() {
        let text = DOCUMENT.replace(
            "required: true, x-client-setting: project_id, schema: {type: string}",
            "required: true, schema: {$ref: '#/components/schemas/Home'}",
        );
        let comparison = compare(&document(&text), &vendor()).unwrap();
        assert_eq!(comparison.differences, []);
        let unstated: Vec<_> = comparison.unstated.into_iter().collect();
        assert_eq!(unstated, [("ListCats path project_id".to_owned(), Aspect::Length)]);
    }

    #[test]
    fn a_schema_that_cannot_be_compared_is_an_error() {
        let text = DOCUMENT
            .replace("Colour: {type: string, x-extensible-enum: [red, black]}", "Colour: {oneOf: [{type: string}]}");
        let error = compare(&document(&text), &vendor()).err().unwrap();
        assert_eq!(error, "openapi/d.yaml:45:14: `oneOf` cannot be compared with the SDKs");
    }
}
