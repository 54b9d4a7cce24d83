//! Sibling modules must not use each other in a cycle, at any level of any crate. Dependencies have one direction, so
//! that a reader of a module needs to know only the modules that it uses.
//!
//! Paths in `use` declarations and in code are resolved through re-exports to the module of the item. Tests in the
//! sources and the use of items of the parent module are ignored.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemMod, ItemUse, UseTree, Visibility};

/// The path of a module within its crate. That of the root is empty.
type Module = Vec<String>;

/// The modules of a crate.
#[derive(Default)]
struct Crate {
    /// Paths that each module uses, as written.
    uses: BTreeMap<Module, Vec<Vec<String>>>,
    /// Re-exports of a module, by their name in it; `*` for a glob.
    exports: BTreeMap<Module, Vec<(String, Vec<String>)>>,
}

impl Crate {
    fn read(source: &Path) -> Self {
        let mut read = Self::default();
        let root = ["lib.rs", "main.rs"].map(|name| source.join(name)).into_iter().find(|root| root.is_file());
        read.file(&root.unwrap(), source, Module::new());
        read
    }

    /// Parses the file of a module. The files of its children are in `folder`.
    fn file(&mut self, file: &Path, folder: &Path, module: Module) {
        let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        self.items(&parsed.items, folder, module);
    }

    fn items(&mut self, items: &[Item], folder: &Path, module: Module) {
        let mut paths = Paths::default();
        for item in items {
            match item {
                Item::Mod(child) if !is_test(&child.attrs) => {
                    let name = child.ident.to_string();
                    let inner: Module = module.iter().chain([&name]).cloned().collect();
                    match &child.content {
                        Some((_, items)) => self.items(items, &folder.join(&name), inner),
                        None => self.file(&folder.join(format!("{name}.rs")), &folder.join(&name), inner),
                    }
                }
                Item::Use(item) if !matches!(item.vis, Visibility::Inherited) => {
                    let exports = self.exports.entry(module.clone()).or_default();
                    leaves(&item.tree, &mut Vec::new(), exports);
                    paths.visit_item_use(item);
                }
                other => paths.visit_item(other),
            }
        }
        self.uses.insert(module, paths.0);
    }

    /// Returns the module of the item at a path. Returns `None` if it is in another crate.
    fn resolve(&self, from: &Module, path: &[String], depth: usize) -> Option<Module> {
        let mut rest = path.iter();
        let first = rest.next()?;
        let mut at = match first.as_str() {
            "crate" => Module::new(),
            "self" => from.clone(),
            "super" => from.split_last()?.1.to_vec(),
            name if self.has(from, name) => from.iter().chain([first]).cloned().collect(),
            _ => return None,
        };
        for name in rest {
            if name == "super" {
                at.pop()?;
            } else if self.has(&at, name) {
                at.push(name.clone());
            } else {
                let exported = self.exports.get(&at).into_iter().flatten();
                let mut onward = exported.filter(|(known, target)| known == name || known == "*" && !target.is_empty());
                // A cycle of re-exports is not followed further.
                return match onward.find(|(known, _)| known == name) {
                    Some((_, target)) if depth < 8 => self.resolve(&at, target, depth + 1),
                    _ => Some(at),
                };
            }
        }
        Some(at)
    }

    fn has(&self, module: &Module, child: &str) -> bool {
        let child: Module = module.iter().map(String::as_str).chain([child]).map(str::to_owned).collect();
        self.uses.contains_key(&child)
    }

    /// Returns the siblings that each module or one of its submodules uses.
    fn siblings(&self) -> BTreeMap<Module, BTreeSet<Module>> {
        let mut used = BTreeMap::<_, BTreeSet<_>>::new();
        for (from, paths) in &self.uses {
            for to in paths.iter().filter_map(|path| self.resolve(from, path, 0)) {
                let shared = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
                if let (Some(from), Some(to)) = (from.get(..=shared), to.get(..=shared)) {
                    used.entry(from.to_vec()).or_default().insert(to.to_vec());
                }
            }
        }
        used
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    let is_cfg = |attribute: &&Attribute| attribute.path().is_ident("cfg");
    let text = |attribute: &Attribute| attribute.meta.require_list().map(|list| list.tokens.to_string());
    attributes.iter().filter(is_cfg).any(|attribute| text(attribute).is_ok_and(|text| text == "test"))
}

/// Collects each name that a `use` imports, with its path.
fn leaves(tree: &UseTree, before: &mut Vec<String>, found: &mut Vec<(String, Vec<String>)>) {
    let with = |name: &syn::Ident| before.iter().cloned().chain([name.to_string()]).collect::<Vec<_>>();
    match tree {
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            leaves(&path.tree, before, found);
            before.pop();
        }
        UseTree::Name(name) if name.ident == "self" => found.push((before.last().cloned().unwrap(), before.clone())),
        UseTree::Name(name) => found.push((name.ident.to_string(), with(&name.ident))),
        UseTree::Rename(rename) => found.push((rename.rename.to_string(), with(&rename.ident))),
        UseTree::Glob(_) => found.push(("*".to_owned(), before.clone())),
        UseTree::Group(group) => group.items.iter().for_each(|tree| leaves(tree, before, found)),
    }
}

/// The paths in code.
#[derive(Default)]
struct Paths(Vec<Vec<String>>);

impl Visit<'_> for Paths {
    fn visit_path(&mut self, path: &syn::Path) {
        self.0.push(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        visit::visit_path(self, path);
    }

    fn visit_item_use(&mut self, item: &ItemUse) {
        let mut found = Vec::new();
        leaves(&item.tree, &mut Vec::new(), &mut found);
        self.0.extend(found.into_iter().map(|(_, path)| path));
    }

    // It is a separate module.
    fn visit_item_mod(&mut self, _: &ItemMod) {}
}

/// Returns the modules of a cycle that contains `start`, if there is one.
fn circle(used: &BTreeMap<Module, BTreeSet<Module>>, start: &Module) -> Option<Vec<Module>> {
    let mut ways = vec![vec![start.clone()]];
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop() {
        for next in used.get(way.last()?).into_iter().flatten() {
            if next == start && way.len() > 1 {
                return Some(way);
            }
            if next != start && seen.insert(next.clone()) {
                ways.push(way.iter().chain([next]).cloned().collect());
            }
        }
    }
    None
}

/// The core serves any service of the cloud.
#[test]
fn the_core_and_its_unit_tests_mention_no_service() {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/core/src")];
    let (mut found, mut count) = (Vec::new(), 0);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            count += 1;
            let text = fs::read_to_string(&path).unwrap().to_lowercase();
            let lines =
                (1..).zip(text.lines()).filter(|(_, line)| line.contains("hss") || line.contains("vulnerabilit"));
            found.extend(lines.map(|(number, line)| format!("{}:{number}: {line}", path.display())));
        }
    }
    assert!(count > 40 && found.is_empty(), "{count} files, {}", found.join("\n"));
}

#[test]
fn sibling_modules_have_no_cycles() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let (mut circles, mut count) = (Vec::new(), 0);
    for name in ["spec", "codegen", "core", "client", "emulator", "cli"] {
        let read = Crate::read(&root.join("crates").join(name).join("src"));
        let used = read.siblings();
        count += used.len();
        circles.extend(used.keys().filter_map(|module| circle(&used, module)).map(|way| {
            let way: Vec<_> = way.iter().map(|module| module.join("::")).collect();
            format!("{name}: {}", way.join(" → "))
        }));
    }
    assert!(circles.is_empty(), "{}", circles.join("\n"));
    assert!(count > 100, "only {count} modules use a sibling");
}
