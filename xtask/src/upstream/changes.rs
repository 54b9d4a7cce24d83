//! Compares two releases of the SDKs.

use std::collections::{BTreeSet, HashSet};

use super::field::Field;
use super::kind::Kind;
use super::prose::{Bounds, Facts};
use super::vendor::{Operation, Response, Vendor};

const NONE: &str = "none";

/// A change from one release of the SDKs to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) kind: &'static str,
    /// `ListHostStatus query vpc_id` for a parameter, `Host.os_name` for a field.
    pub(super) at: String,
    pub(super) old: String,
    pub(super) new: String,
}

/// Returns the changes of these operations and of what they send and receive, or of all operations. Changes of regions
/// come last.
pub(super) fn changes(old: &Vendor, new: &Vendor, only: Option<&BTreeSet<&str>>) -> Vec<Change> {
    let mut comparer = Comparer { old, new, changes: Vec::new(), compared: HashSet::new(), open: Vec::new() };
    let ids: BTreeSet<&String> = old.operations.keys().chain(new.operations.keys()).collect();
    for id in ids.into_iter().filter(|id| only.is_none_or(|only| only.contains(id.as_str()))) {
        comparer.operation(id, old.operations.get(id), new.operations.get(id));
        // No recursion, since an SDK decides how deep models are nested.
        while let Some((old, new)) = comparer.open.pop() {
            comparer.models(&old, &new);
        }
    }
    let regions: BTreeSet<&String> = old.regions.keys().chain(new.regions.keys()).collect();
    for region in regions {
        let url = |vendor: &Vendor| vendor.regions.get(region).cloned().unwrap_or_else(|| NONE.to_owned());
        comparer.change("region", region, url(old), url(new));
    }
    comparer.changes
}

struct Comparer<'v> {
    old: &'v Vendor,
    new: &'v Vendor,
    changes: Vec<Change>,
    /// Pairs of models.
    compared: HashSet<(String, String)>,
    /// Pairs of models that are not compared yet.
    open: Vec<(String, String)>,
}

impl Comparer<'_> {
    /// Adds a change unless both are the same.
    fn change(&mut self, kind: &'static str, at: &str, old: impl Into<String>, new: impl Into<String>) {
        let (old, new) = (old.into(), new.into());
        if old != new {
            self.changes.push(Change { kind, at: at.to_owned(), old, new });
        }
    }

    /// Adds a change of a fact. A fact that the old release does not state may be as old as the service.
    fn fact(&mut self, kind: &'static str, at: &str, old: String, new: String) {
        if old == NONE && new != NONE {
            self.change("stated", at, "", format!("{kind} {new}"));
        } else {
            self.change(kind, at, old, new);
        }
    }

    fn operation(&mut self, id: &str, old: Option<&Operation>, new: Option<&Operation>) {
        let request = |operation: &Operation| format!("{} {}", operation.method, operation.path);
        let (old, new) = match (old, new) {
            (Some(old), Some(new)) => (old, new),
            (None, Some(new)) => return self.change("operation-new", id, "", request(new)),
            (Some(old), None) => return self.change("operation-gone", id, request(old), ""),
            (None, None) => return,
        };
        self.change("path", id, request(old), request(new));
        self.change("deprecated", id, deprecated(old.is_deprecated), deprecated(new.is_deprecated));
        let keys = |operation: &Operation| -> BTreeSet<(&'static str, String)> {
            operation.parameters.iter().map(|parameter| (parameter.location, parameter.field.name.clone())).collect()
        };
        let (old_keys, new_keys) = (keys(old), keys(new));
        for key in old_keys.iter().chain(new_keys.difference(&old_keys)) {
            let at = format!("{id} {} {}", key.0, key.1);
            self.field(["parameter-new", "parameter-gone"], &at, parameter(old, key), parameter(new, key));
        }
        self.kinds(&format!("{id} body"), old.body.as_ref(), new.body.as_ref());
        let response = |operation: &Operation| match &operation.response {
            Response::Model(model) => Kind::Model(model.clone()),
            Response::Value(kind) => kind.clone(),
            Response::File => Kind::File,
        };
        self.kinds(&format!("{id} response"), Some(&response(old)), Some(&response(new)));
    }

    fn field(&mut self, [added, removed]: [&'static str; 2], at: &str, old: Option<&Field>, new: Option<&Field>) {
        let (old, new) = match (old, new) {
            (Some(old), Some(new)) => (old, new),
            (None, Some(new)) => return self.change(added, at, "", shown(self.new, new)),
            (Some(old), None) => return self.change(removed, at, shown(self.old, old), ""),
            (None, None) => return,
        };
        self.kinds(at, Some(&old.kind), Some(&new.kind));
        let mandatory = |field: &Field| if field.is_mandatory { "mandatory" } else { "optional" };
        self.change("required", at, mandatory(old), mandatory(new));
        if (&old.text, &old.values) == (&new.text, &new.values) {
            return;
        }
        let (old, new) = (self.old.facts(old), self.new.facts(new));
        self.change("deprecated", at, deprecated(old.is_deprecated), deprecated(new.is_deprecated));
        self.values(at, old, new);
        for (kind, old, new) in
            [("length", old.length, new.length), ("range", old.range, new.range), ("items", old.items, new.items)]
        {
            self.fact(kind, at, bounds(old), bounds(new));
        }
        let default = |facts: &Facts| facts.default.clone().unwrap_or_else(|| NONE.to_owned());
        self.fact("default", at, default(old), default(new));
        let range = |facts: &Facts| facts.unread.clone().unwrap_or_default();
        self.change("not-understood", at, range(old), range(new));
    }

    /// Compares lists of values without regard to their order.
    fn values(&mut self, at: &str, old: &Facts, new: &Facts) {
        let sorted = |facts: &Facts| facts.values.iter().cloned().collect::<BTreeSet<_>>();
        if sorted(old) != sorted(new) {
            let list = |facts: &Facts| if facts.values.is_empty() { NONE.to_owned() } else { facts.values.join(", ") };
            self.fact("values", at, list(old), list(new));
        }
    }

    /// Compares types, and the fields of objects.
    fn kinds(&mut self, at: &str, old: Option<&Kind>, new: Option<&Kind>) {
        let name = |kind: Option<&Kind>| kind.map_or(NONE, Kind::name);
        self.change("type", at, name(old), name(new));
        match (old, new) {
            (
                Some(Kind::Integer(Some(old)) | Kind::Number(Some(old))),
                Some(Kind::Integer(Some(new)) | Kind::Number(Some(new))),
            ) => {
                self.change("format", at, *old, *new);
            }
            (Some(Kind::List(old)), Some(Kind::List(new))) | (Some(Kind::Map(old)), Some(Kind::Map(new))) => {
                self.kinds(&format!("{at}[]"), Some(old), Some(new));
            }
            (Some(Kind::Model(old)), Some(Kind::Model(new))) => self.open.push((old.clone(), new.clone())),
            _ => {}
        }
    }

    fn models(&mut self, old: &str, new: &str) {
        if !self.compared.insert((old.to_owned(), new.to_owned())) {
            return;
        }
        let (old_fields, new_fields) = (self.old.fields(old), self.new.fields(new));
        for field in new_fields {
            let old = old_fields.iter().find(|old| old.name == field.name);
            self.field(["field-new", "field-gone"], &format!("{new}.{}", field.name), old, Some(field));
        }
        for field in old_fields.iter().filter(|old| new_fields.iter().all(|new| new.name != old.name)) {
            self.field(["field-new", "field-gone"], &format!("{new}.{}", field.name), Some(field), None);
        }
    }
}

/// Returns the parameter with this location and name.
fn parameter<'o>(operation: &'o Operation, (location, name): &(&str, String)) -> Option<&'o Field> {
    let mut parameters = operation.parameters.iter();
    Some(&parameters.find(|parameter| parameter.location == *location && parameter.field.name == *name)?.field)
}

fn deprecated(is_deprecated: bool) -> &'static str {
    if is_deprecated { "deprecated" } else { "not deprecated" }
}

fn bounds(Bounds { min, max }: Bounds) -> String {
    let text = |bound: Option<i64>| bound.map(|bound| bound.to_string()).unwrap_or_default();
    if min.is_none() && max.is_none() { NONE.to_owned() } else { format!("{}..{}", text(min), text(max)) }
}

/// Returns the type of a new field, and the number of fields in it.
fn shown(vendor: &Vendor, field: &Field) -> String {
    let fields = |model: &str| {
        let mut seen = HashSet::new();
        let mut open = vec![model];
        let mut count = 0;
        while let Some(model) = open.pop() {
            if seen.insert(model) {
                count += vendor.fields(model).len();
                open.extend(vendor.fields(model).iter().filter_map(|field| field.kind.model()));
            }
        }
        count
    };
    let mandatory = if field.is_mandatory { "mandatory " } else { "" };
    match field.kind.model() {
        Some(model) => format!("{mandatory}{} of {model}, with {} fields in it", field.kind.name(), fields(model)),
        None => format!("{mandatory}{}", field.kind.name()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{go, python, vendor};
    use super::*;

    /// Returns the changes from the fixture to a copy in which `from` is `to`.
    fn changes_of(from: &str, to: &str) -> Vec<String> {
        let mut new = python();
        for file in &mut new.files {
            file.text = file.text.replace(from, to);
        }
        let new = Vendor::new(&new, &go()).unwrap();
        let text = |change: Change| format!("{} {}: {} / {}", change.kind, change.at, change.old, change.new);
        changes(&vendor(), &new, None).into_iter().map(text).collect()
    }

    #[test]
    fn lists_each_kind_of_change() {
        assert_eq!(changes_of("x", "x"), [] as [&str; 0]);
        for (from, to, expected) in [
            ("取值1-50", "取值1-90", "range ListCats query limit: 1..50 / 1..90"),
            ("字符长度0-10位", "不涉及", "length Cat.name: 0..10 / none"),
            ("- red：红", "- red：红 - white：白", "values Cat.colour: red, black / red, white, black"),
            ("**默认取值**: 10", "**默认取值**: 20", "default ListCats query limit: 10 / 20"),
            ("（已废弃）", "", "deprecated Cat.age: deprecated / not deprecated"),
            ("'list[str]'", "'str'", "type NewCat.toys: array / string"),
            (
                "xx-1.example.com",
                "xx-1.example.org",
                "region xx-1: https://hss.xx-1.example.com / https://hss.xx-1.example.org",
            ),
            (
                "/homes/",
                "/houses/",
                "path ListCats: GET /v5/{project_id}/homes/{home}/cats / GET /v5/{project_id}/houses/{home}/cats",
            ),
            ("家 **取值范围**: 字符长度1-8位", "家", "length ListCats path home: 1..8 / none"),
        ] {
            assert_eq!(changes_of(from, to), [expected], "{to}");
        }
    }

    #[test]
    fn a_renamed_field_or_operation_is_new_and_gone() {
        assert_eq!(
            changes_of("colour", "color"),
            ["field-new Cat.color:  / string", "field-gone Cat.colour: string / "]
        );
        assert_eq!(
            changes_of("AddCat", "AddDog"),
            [
                "operation-gone AddCat: POST /v5/{project_id}/cats / ",
                "operation-new AddDog:  / POST /v5/{project_id}/cats",
            ]
        );
    }

    #[test]
    fn other_operations_are_ignored() {
        let mut new = python();
        new.files.iter_mut().for_each(|file| file.text = file.text.replace("取值1-50", "取值1-90"));
        let new = Vendor::new(&new, &go()).unwrap();
        assert_eq!(changes(&vendor(), &new, Some(&BTreeSet::from(["AddCat"]))), []);
        assert_eq!(changes(&vendor(), &new, Some(&BTreeSet::from(["ListCats"]))).len(), 1);
    }

    #[test]
    fn a_fact_that_was_not_stated_before_is_no_change_of_the_service() {
        let mut old = python();
        old.files.iter_mut().for_each(|file| file.text = file.text.replace("取值1-50", "不涉及"));
        let old = Vendor::new(&old, &go()).unwrap();
        let found = changes(&old, &vendor(), None);
        assert_eq!((found[0].kind, found[0].new.as_str(), found.len()), ("stated", "range 1..50", 1));
    }
}
