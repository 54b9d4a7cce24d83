//! The public surface of a generated client: every name and signature that a program can depend on, a line each.
//!
//! Reviewed as a snapshot, it shows what an edit of the document means for those who build on the client, without
//! the bodies around it.

use std::collections::BTreeSet;

use quote::ToTokens;
use syn::{Fields, ImplItem, Item, ItemMod, UseTree, Visibility};

/// The public items of a generated client, sorted.
///
/// # Errors
///
/// If `client` is not Rust, which only a fault of this crate can make it.
pub fn surface(client: &str) -> Result<Vec<String>, String> {
    let file = syn::parse_file(client).map_err(|error| format!("the generated client is not Rust: {error}"))?;
    let modules: Vec<_> =
        file.items.iter().filter_map(|item| if let Item::Mod(module) = item { Some(module) } else { None }).collect();
    let mut lines = BTreeSet::new();
    for module in &modules {
        if matches!(module.vis, Visibility::Public(_)) {
            items(&module.ident.to_string(), contents(module), &mut lines);
        }
    }
    // The models are progenitor's types under another name.
    let exported =
        exported(modules.iter().filter(|module| module.ident == "models").flat_map(|module| contents(module)));
    let wire = modules.iter().filter(|module| module.ident == "wire").flat_map(|module| contents(module));
    let types: Vec<_> = wire
        .filter_map(|item| if let Item::Mod(module) = item { Some(module) } else { None })
        .filter(|module| module.ident == "types")
        .flat_map(contents)
        .filter(|item| name(item).is_some_and(|name| exported.contains(&name)))
        .collect();
    for item in types {
        items("models", std::slice::from_ref(item), &mut lines);
    }
    for item in &file.items {
        items("", std::slice::from_ref(item), &mut lines);
    }
    Ok(lines.into_iter().collect())
}

fn contents(module: &ItemMod) -> &[Item] {
    module.content.as_ref().map(|(_, items)| items.as_slice()).unwrap_or_default()
}

/// Names that a module re-exports.
fn exported<'a>(items: impl Iterator<Item = &'a Item>) -> BTreeSet<String> {
    fn leaves(tree: &UseTree, names: &mut BTreeSet<String>) {
        match tree {
            UseTree::Path(path) => leaves(&path.tree, names),
            UseTree::Group(group) => group.items.iter().for_each(|tree| leaves(tree, names)),
            UseTree::Name(name) => {
                names.insert(name.ident.to_string());
            }
            _ => {}
        }
    }
    let mut names = BTreeSet::new();
    for item in items {
        if let Item::Use(item) = item {
            leaves(&item.tree, &mut names);
        }
    }
    names
}

fn name(item: &Item) -> Option<String> {
    match item {
        Item::Struct(item) => Some(item.ident.to_string()),
        Item::Enum(item) => Some(item.ident.to_string()),
        _ => None,
    }
}

fn items(module: &str, items: &[Item], lines: &mut BTreeSet<String>) {
    for item in items {
        match item {
            Item::Struct(item) if is_public(&item.vis) => {
                lines.insert(format!("struct {module}::{}", item.ident));
                if let Fields::Named(fields) = &item.fields {
                    for field in fields.named.iter().filter(|field| is_public(&field.vis)) {
                        let name = field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
                        lines.insert(format!("field  {module}::{}.{name}: {}", item.ident, spelled(&field.ty)));
                    }
                }
            }
            Item::Enum(item) if is_public(&item.vis) => {
                lines.insert(format!("enum   {module}::{}", item.ident));
                for variant in &item.variants {
                    lines.insert(format!("value  {module}::{}::{}", item.ident, spelled_variant(variant)));
                }
            }
            Item::Static(item) if is_public(&item.vis) => {
                lines.insert(format!("static {module}::{}: {}", item.ident, spelled(&item.ty)));
            }
            Item::Impl(item) if item.trait_.is_none() => {
                let of = spelled(&item.self_ty);
                let place = if module.is_empty() { of } else { format!("{module}::{of}") };
                for member in &item.items {
                    match member {
                        ImplItem::Fn(method) if is_public(&method.vis) => {
                            let mut signature = method.sig.clone();
                            let waits = if signature.asyncness.take().is_some() { " (async)" } else { "" };
                            let spelled = spelled(&signature).replace("(mut self", "(self");
                            lines.insert(format!("fn     {place}::{}{waits}", spelled.trim_start_matches("fn ")));
                        }
                        ImplItem::Const(constant) if is_public(&constant.vis) => {
                            lines.insert(format!("const  {place}::{}: {}", constant.ident, spelled(&constant.ty)));
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn spelled_variant(variant: &syn::Variant) -> String {
    let mut variant = variant.clone();
    variant.attrs.clear();
    spelled(&variant)
}

/// Tokens as a person would write them, and without the paths that only generated code spells out.
fn spelled(tokens: &impl ToTokens) -> String {
    const TIGHT: [(&str, &str); 19] = [
        ("super :: ", ""),
        ("huaweicloud_core :: ", ""),
        (":: std :: option :: ", ""),
        (":: std :: vec :: ", ""),
        (":: std :: string :: ", ""),
        (" :: ", "::"),
        ("< ", "<"),
        (" <", "<"),
        (" >", ">"),
        (" ,", ","),
        (",>", ">"),
        (" (", "("),
        ("( ", "("),
        (" )", ")"),
        (",)", ")"),
        ("& ", "&"),
        (" :", ":"),
        ("->", " -> "),
        ("  ", " "),
    ];
    TIGHT.iter().fold(tokens.to_token_stream().to_string(), |text, (from, to)| text.replace(from, to))
}
