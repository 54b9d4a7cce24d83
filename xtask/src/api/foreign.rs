//! Finds types and traits of other crates in rustdoc's JSON of a crate.

use std::collections::{BTreeSet, HashSet};

use serde_json::{Map, Value};

/// Returns a line for each type or trait of another crate in the public API: `own::Client::send: other::Response`.
///
/// # Errors
///
/// Returns an error if the document does not have the form that this toolchain's rustdoc should write.
pub(crate) fn find(document: &Value, allowed: &[&str]) -> Result<Vec<String>, String> {
    let part = |name: &str| {
        document.get(name).and_then(Value::as_object).ok_or_else(|| format!("rustdoc's JSON has no `{name}`"))
    };
    let root = document.get("root").ok_or("rustdoc's JSON has no `root`")?;
    let mut walk = Walk {
        index: part("index")?,
        paths: part("paths")?,
        crates: part("external_crates")?,
        allowed,
        visited: HashSet::new(),
        found: BTreeSet::new(),
    };
    walk.item(root, "");
    Ok(walk.found.into_iter().collect())
}

struct Walk<'d> {
    /// The public items of the crate, by id.
    index: &'d Map<String, Value>,
    /// Crate and path of each item that is mentioned, by id.
    paths: &'d Map<String, Value>,
    /// The other crates, by number.
    crates: &'d Map<String, Value>,
    allowed: &'d [&'d str],
    visited: HashSet<String>,
    found: BTreeSet<String>,
}

impl<'d> Walk<'d> {
    /// Walks an item of the crate and everything that is public because of it. `parent` is the path of the item around it.
    fn item(&mut self, id: &Value, parent: &str) {
        let id = id.to_string();
        let Some(item) = self.index.get(&id) else { return };
        if !self.visited.insert(id.clone()) {
            return;
        }
        let Some((kind, inner)) = item.get("inner").and_then(Value::as_object).and_then(|inner| inner.iter().next())
        else {
            return;
        };
        // Implementations that the compiler adds, such as `Send` and `From<T> for T`.
        if inner.get("is_synthetic") == Some(&Value::Bool(true))
            || inner.get("blanket_impl").is_some_and(|of| !of.is_null())
        {
            return;
        }
        let path = match (self.paths.get(&id), item.get("name").and_then(Value::as_str)) {
            (Some(known), _) => joined(known),
            (None, Some(name)) => format!("{parent}::{name}"),
            (None, None) => parent.to_owned(),
        };
        self.mentions(inner, &path);
        if kind == "use" {
            let target = inner.get("id").unwrap_or(&Value::Null);
            self.mention(target, parent);
            self.item(target, parent);
        }
        for key in ["items", "variants", "impls", "implementations", "fields"] {
            self.members(inner.get(key), &path);
        }
        let shape = inner.get("kind");
        self.members(shape.and_then(|shape| shape.get("tuple")), &path);
        for shape in ["plain", "struct"].iter().filter_map(|name| shape?.get(name)) {
            self.members(shape.get("fields"), &path);
        }
    }

    fn members(&mut self, ids: Option<&'d Value>, path: &str) {
        for id in ids.and_then(Value::as_array).into_iter().flatten() {
            self.item(id, path);
        }
    }

    /// Visits every type and trait that a part of an item mentions. rustdoc writes each as an object with path and id.
    fn mentions(&mut self, value: &'d Value, path: &str) {
        match value {
            Value::Object(object) => {
                if let (Some(Value::String(_)), Some(id @ Value::Number(_))) = (object.get("path"), object.get("id")) {
                    self.mention(id, path);
                }
                object.values().for_each(|value| self.mentions(value, path));
            }
            Value::Array(values) => values.iter().for_each(|value| self.mentions(value, path)),
            _ => {}
        }
    }

    fn mention(&mut self, id: &Value, path: &str) {
        let known = self.paths.get(&id.to_string());
        let number = known.and_then(|known| known.get("crate_id")).map(Value::to_string).unwrap_or_default();
        let name = self.crates.get(&number).and_then(|known| known.get("name")).and_then(Value::as_str);
        match (known, name) {
            (Some(known), Some(name)) if !self.allowed.contains(&name) => {
                self.found.insert(format!("{path}: {}", joined(known)));
            }
            (Some(_), Some(_)) => {}
            // A type of this crate is public if a public item mentions it, even if no path leads to it.
            _ => self.item(id, path),
        }
    }
}

fn joined(known: &Value) -> String {
    let segments = known.get("path").and_then(Value::as_array).into_iter().flatten();
    segments.filter_map(Value::as_str).collect::<Vec<_>>().join("::")
}
