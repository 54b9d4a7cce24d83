//! Validates the documented examples against their schemas.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use jsonschema::{Draft, Validator};
use serde_json::json;

use crate::excerpt::shorten;
use crate::finding::Report;
use crate::grammar::Kind;
use crate::json_schema;
use crate::outline::{Outline, Site, subschemas};
use crate::suggestion::nearest;
use crate::{Class, Document, Finding, Key, Node, Place};

/// Validates every `example` and `examples` of parameters, bodies, headers and schemas, including those in example
/// files and behind references. The findings are sorted by position.
///
/// A value must match its schema, and a map must not have undocumented keys. Open enumerations are treated as closed,
/// because examples should show documented values.
///
/// `found` are the findings of [`check`](crate::check). A schema with findings of the classes openapi and generator, or
/// with a part that has such findings, is not compared with examples: they would report the same problem again.
#[must_use]
pub fn check_examples(document: &Document, found: &[Finding]) -> Vec<Finding> {
    let outline = Outline::new(document);
    let problems = found.iter().filter(|finding| finding.class != Class::House).map(|finding| &finding.place).collect();
    let mut checker = Checker {
        document,
        seen: HashSet::new(),
        broken: broken_parts(&outline, &problems),
        validators: HashMap::new(),
        properties: HashMap::new(),
        patterns: true,
        report: Report::default(),
    };
    for schema in outline.of_kind(Kind::Schema) {
        checker.pattern(schema.node);
    }
    for site in outline.sites.iter().filter(|site| !site.is_reference()) {
        checker.site(site);
    }
    checker.report.into_findings()
}

struct Checker<'d> {
    document: &'d Document,
    /// Schemas and examples that were compared. Several bodies may share an example.
    seen: HashSet<(*const Node, *const Node)>,
    /// Schemas with problems, and all that reach one.
    broken: HashSet<*const Node>,
    /// Validators by schema. `None` if the schema is broken or no validator can be created.
    validators: HashMap<*const Node, Option<Validator>>,
    /// The properties of every map schema visited so far.
    properties: HashMap<*const Node, Rc<HashMap<&'d str, &'d Node>>>,
    /// Whether every pattern compiles. An invalid pattern is reported once, instead of every schema that contains it.
    patterns: bool,
    report: Report,
}

impl<'d> Checker<'d> {
    fn pattern(&mut self, schema: &Node) {
        let Some(node) = schema.get("pattern") else { return };
        if let Err(error) = build(&json!({"pattern": node.to_json()})) {
            self.patterns = false;
            let message = format!("the pattern is not a valid regular expression: {}", brief(&error));
            self.report.add("example-schema", &node.place, message, "correct the regular expression");
        }
    }

    fn site(&mut self, site: &Site<'d>) {
        let schema = match site.kind {
            Kind::Schema => Some(site.node),
            Kind::MediaType | Kind::Parameter | Kind::Header => site.node.get("schema"),
            _ => None,
        };
        let Some(schema) = schema.and_then(|schema| self.document.resolve(schema).ok()) else {
            return;
        };
        if let Some(example) = site.node.get("example") {
            self.example(schema, example);
        }
        if site.kind != Kind::Schema {
            for (_, example) in site.node.get("examples").map(Node::entries).unwrap_or_default() {
                // The rules report missing values.
                if let Some(value) = self.document.example_value(example) {
                    self.example(schema, value);
                }
            }
        }
    }

    fn example(&mut self, schema: &'d Node, example: &'d Node) {
        if !self.seen.insert((schema, example)) {
            return;
        }
        if !self.validators.contains_key(&std::ptr::from_ref(schema)) {
            let validator =
                if self.broken.contains(&std::ptr::from_ref(schema)) { None } else { self.validator(schema) };
            self.validators.insert(schema, validator);
        }
        let Some(Some(validator)) = self.validators.get(&std::ptr::from_ref(schema)) else { return };
        for error in validator.iter_errors(&example.to_json()) {
            let pointer = error.instance_path().to_string();
            let place = example.pointer(&pointer).map_or(&example.place, |node| &node.place);
            let message = format!("the example does not match its schema: {}", brief(&error.to_string()));
            let hint = "correct the example, or the schema if it is wrong";
            self.report.add("example-mismatch", place, message, hint);
        }
        self.undocumented_keys(schema, example);
    }

    fn validator(&mut self, schema: &Node) -> Option<Validator> {
        match build(&json_schema::convert(self.document, schema)) {
            Ok(validator) => Some(validator),
            Err(error) => {
                if self.patterns {
                    let message = format!("the schema cannot be used to check examples: {}", brief(&error));
                    self.report.add("example-schema", &schema.place, message, "correct the schema");
                }
                None
            }
        }
    }

    /// The recursion follows the example, whose depth the loader limits.
    fn undocumented_keys(&mut self, schema: &'d Node, example: &Node) {
        let Ok(schema) = self.document.resolve_schema(schema) else {
            return;
        };
        if let Some(items) = schema.get("items") {
            for item in example.items() {
                self.undocumented_keys(items, item);
            }
        }
        if example.entries().is_empty() {
            return;
        }
        let known = Rc::clone(self.properties.entry(schema).or_insert_with(|| Rc::new(properties(schema))));
        let others = schema.get("additionalProperties");
        let refuses = others.is_some_and(|node| node.as_bool() == Some(false));
        for (key, value) in example.entries() {
            match known.get(key.name.as_str()) {
                Some(property) => self.undocumented_keys(property, value),
                None if refuses || (others.is_none() && !known.is_empty()) => self.undocumented_key(schema, key),
                None => {}
            }
        }
    }

    fn undocumented_key(&mut self, schema: &Node, key: &Key) {
        let known = schema.get("properties").map(Node::entries).unwrap_or_default();
        let hint = match nearest(&key.name, known.iter().map(|(key, _)| key.name.as_str())) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "document the property, or remove it from the example".to_owned(),
        };
        let message = format!("the example has the key `{}`, which is not in its schema", shorten(&key.name));
        self.report.add("example-undocumented-key", &key.place, message, hint);
    }
}

/// Returns all parts of the document that contain one of these positions, and all schemas that reach such a part.
fn broken_parts<'d>(outline: &Outline<'d>, problems: &HashSet<&Place>) -> HashSet<*const Node> {
    let mut broken = HashSet::new();
    if problems.is_empty() {
        return broken;
    }
    contains_problem(outline.document.root(), problems, &mut broken);
    // The schemas that have a schema as a part, directly or by reference.
    let mut owners: HashMap<*const Node, Vec<&'d Node>> = HashMap::new();
    for site in outline.of_kind(Kind::Schema) {
        for part in subschemas(site.node) {
            if let Ok(part) = outline.document.resolve(part) {
                owners.entry(part).or_default().push(site.node);
            }
        }
    }
    let mut open: Vec<*const Node> = broken.iter().copied().collect();
    while let Some(part) = open.pop() {
        for owner in owners.remove(&part).unwrap_or_default() {
            if broken.insert(owner) {
                open.push(owner);
            }
        }
    }
    broken
}

/// Returns whether `node` contains a problem. Collects all parts that do. The recursion follows the tree, whose depth
/// the loader limits.
fn contains_problem(node: &Node, problems: &HashSet<&Place>, broken: &mut HashSet<*const Node>) -> bool {
    let mut contains = problems.contains(&node.place);
    for item in node.items() {
        contains |= contains_problem(item, problems, broken);
    }
    for (key, value) in node.entries() {
        contains |= contains_problem(value, problems, broken) | problems.contains(&key.place);
    }
    if contains {
        broken.insert(node);
    }
    contains
}

fn properties(schema: &Node) -> HashMap<&str, &Node> {
    let properties = schema.get("properties").map(Node::entries).unwrap_or_default();
    properties.iter().map(|(key, node)| (key.name.as_str(), node)).collect()
}

fn build(schema: &serde_json::Value) -> Result<Validator, String> {
    let options = jsonschema::options().with_draft(Draft::Draft7).should_validate_formats(true);
    options.build(schema).map_err(|error| error.to_string())
}

/// Truncates a message, which may quote a whole example.
fn brief(message: &str) -> String {
    match message.char_indices().nth(200) {
        Some((end, _)) => format!("{}…", message.get(..end).unwrap_or_default()),
        None => message.to_owned(),
    }
}
