//! The public surface of a generated client: every name and signature on which a program can depend, one per line.
//!
//! As a snapshot, it shows the effect of an edit of the document on users of the client, without function bodies.

mod arguments;

use std::collections::BTreeSet;

use hss_spec::Effect;
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{Attribute, Fields, ImplItem, Item, ItemMod, Path, Token, UseTree, Visibility};

/// Marks types without `#[non_exhaustive]`: programs can construct them or match on them exhaustively.
const EXHAUSTIVE: &str = " (exhaustive)";

/// A removed or added line of the surface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SurfaceChange {
    /// Effect on programs that use the client: [`Effect::Additive`] or [`Effect::Breaking`].
    pub effect: Effect,
    /// Whether the line was added.
    pub is_new: bool,
    /// The line.
    pub line: String,
}

/// Returns the differences between two [surfaces](surface), removed lines first.
///
/// Removed lines break programs that use them. Added lines break programs only if they extend a type that is marked as
/// exhaustive. Another name of an argument is no difference, unless arguments changed places: then a call still compiles,
/// but passes each value to the wrong argument.
#[must_use]
pub fn compare_surfaces(old: &[String], new: &[String]) -> Vec<SurfaceChange> {
    let (before, after): (BTreeSet<_>, BTreeSet<_>) = (old.iter().collect(), new.iter().collect());
    let renamed = arguments::renamed(before.difference(&after).copied(), after.difference(&before).copied());
    let gone = before.difference(&after).map(|line| (false, *line));
    let come = after.difference(&before).map(|line| (true, *line));
    let is_exhaustive = |part: &str| {
        let (kind, member) = part.split_once(' ').unwrap_or_default();
        let member = member.trim_start();
        let owner = match kind {
            "field" => member.split_once('.').map(|(owner, _)| format!("struct {owner}{EXHAUSTIVE}")),
            "value" => member.rsplit_once("::").map(|(owner, _)| format!("enum   {owner}{EXHAUSTIVE}")),
            _ => None,
        };
        owner.is_some_and(|owner| before.contains(&owner))
    };
    gone.chain(come)
        .filter(|(_, line)| !renamed.contains(line))
        .map(|(is_new, line)| {
            let effect = if is_new && !is_exhaustive(line) { Effect::Additive } else { Effect::Breaking };
            SurfaceChange { effect, is_new, line: line.clone() }
        })
        .collect()
}

/// Returns the public items of a generated client, sorted.
///
/// # Errors
///
/// Returns an error if `client` is not valid Rust, which only a bug in this crate can cause.
pub fn surface(client: &str) -> Result<Vec<String>, String> {
    let file = syn::parse_file(client).map_err(|error| format!("the generated client is not valid Rust: {error}"))?;
    let modules: Vec<_> =
        file.items.iter().filter_map(|item| if let Item::Mod(module) = item { Some(module) } else { None }).collect();
    let mut lines = BTreeSet::new();
    for module in &modules {
        if matches!(module.vis, Visibility::Public(_)) {
            items(&module.ident.to_string(), contents(module), &mut lines);
        }
    }
    // The models are the types of progenitor under another name.
    let exported =
        exported(modules.iter().filter(|module| module.ident == "models").flat_map(|module| contents(module)));
    let wire = modules.iter().filter(|module| module.ident == "wire").flat_map(|module| contents(module));
    let types: Vec<_> = wire
        .filter_map(|item| if let Item::Mod(module) = item { Some(module) } else { None })
        .filter(|module| module.ident == "types")
        .flat_map(contents)
        .filter(|item| name(item).or_else(|| implementor(item)).is_some_and(|name| exported.contains(&name)))
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

/// Returns the names that a module re-exports.
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

/// Returns the type of an inherent implementation.
fn implementor(item: &Item) -> Option<String> {
    let Item::Impl(item) = item else { return None };
    if item.trait_.is_some() { None } else { Some(spelled(&item.self_ty)) }
}

fn items(module: &str, items: &[Item], lines: &mut BTreeSet<String>) {
    for item in items {
        match item {
            Item::Struct(item) if is_public(&item.vis) => {
                // A struct with a private field cannot be constructed outside of its module.
                let is_closed = !item.fields.is_empty() && item.fields.iter().all(|field| is_public(&field.vis));
                let mark = if is_closed { exhaustive(&item.attrs) } else { "" };
                lines.insert(format!("struct {module}::{}{mark}", item.ident));
                lines.extend(derived(&item.attrs).map(|derived| format!("impl   {module}::{}: {derived}", item.ident)));
                if let Fields::Named(fields) = &item.fields {
                    for field in fields.named.iter().filter(|field| is_public(&field.vis)) {
                        let name = field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
                        lines.insert(format!("field  {module}::{}.{name}: {}", item.ident, spelled(&field.ty)));
                    }
                }
            }
            Item::Enum(item) if is_public(&item.vis) => {
                lines.insert(format!("enum   {module}::{}{}", item.ident, exhaustive(&item.attrs)));
                lines.extend(derived(&item.attrs).map(|derived| format!("impl   {module}::{}: {derived}", item.ident)));
                for variant in &item.variants {
                    lines.insert(format!("value  {module}::{}::{}", item.ident, spelled_variant(variant)));
                }
            }
            Item::Static(item) if is_public(&item.vis) => {
                lines.insert(format!("static {module}::{}: {}", item.ident, spelled(&item.ty)));
            }
            Item::Type(item) if is_public(&item.vis) => {
                lines.insert(format!("type   {module}::{} = {}", item.ident, spelled(&item.ty)));
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

fn exhaustive(attributes: &[Attribute]) -> &'static str {
    if attributes.iter().any(|attribute| attribute.path().is_ident("non_exhaustive")) { "" } else { EXHAUSTIVE }
}

/// Returns the traits that a type derives.
fn derived(attributes: &[Attribute]) -> impl Iterator<Item = String> {
    let derives = attributes.iter().filter(|attribute| attribute.path().is_ident("derive"));
    let lists =
        derives.filter_map(|derive| derive.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated).ok());
    lists.flatten().filter_map(|path| path.segments.last().map(|last| last.ident.to_string()))
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn spelled_variant(variant: &syn::Variant) -> String {
    let mut variant = variant.clone();
    variant.attrs.clear();
    spelled(&variant)
}

/// Formats tokens in conventional notation, and without the paths that are specific to generated code.
fn spelled(tokens: &impl ToTokens) -> String {
    const UNSPACED: [(&str, &str); 19] = [
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
    UNSPACED.iter().fold(tokens.to_token_stream().to_string(), |text, (from, to)| text.replace(from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn effects(old: &[&str], new: &[&str]) -> Vec<(bool, Effect)> {
        let lines = |lines: &[&str]| lines.iter().map(ToString::to_string).collect::<Vec<_>>();
        compare_surfaces(&lines(old), &lines(new)).into_iter().map(|change| (change.is_new, change.effect)).collect()
    }

    #[test]
    fn names_of_arguments_do_not_count_but_their_places_do() {
        let show = "fn     Client::show(&self, task: impl Into<String>, host: impl Into<String>) -> requests::Show";
        let renamed = show.replace("task", "task_id").replace("host", "host_id");
        assert_eq!(effects(&[show], &[&renamed]), []);
        let swapped = show.replace("task:", "host_:").replace("host:", "task:").replace("host_:", "host:");
        assert_eq!(effects(&[show], &[&swapped]), [(false, Effect::Breaking), (true, Effect::Additive)]);
        let typed = show.replace("task: impl Into<String>", "task_id: u32");
        assert_eq!(effects(&[show], &[&typed]), [(false, Effect::Breaking), (true, Effect::Additive)]);
        let moved = show.replace("task:", "host_id:").replace("host:", "task:");
        assert_eq!(effects(&[show], &[&moved]).len(), 2);
        // The name of a method is not the name of an argument.
        let other = show.replace("::show", "::display");
        assert_eq!(effects(&[show], &[&other]).len(), 2);
        let waits = "fn     requests::Show::send(self) -> Result<Show> (async)";
        assert_eq!(effects(&[waits], &[&waits.replace(" (async)", "")]).len(), 2);
    }
}
