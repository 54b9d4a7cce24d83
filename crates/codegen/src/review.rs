//! Extracts the parts of a generated client for review: the types of all models, and all code of one operation.
//!
//! The code around them is the same for every model and operation.

use hss_spec::Operation;
use quote::ToTokens as _;
use syn::{ImplItem, Item};

/// Returns the structs and enumerations of the models, without their implementations.
///
/// # Errors
///
/// Returns the same errors as [`surface`](crate::surface).
pub(crate) fn models(client: &str) -> Result<String, String> {
    let is_model = |path: &[String]| path == ["wire", "types"] || path == ["models"];
    printed(client, |path, item| (is_model(path) && matches!(item, Item::Struct(_) | Item::Enum(_))).then_some(item))
}

/// Returns all code for `operation`: progenitor's method, the method of the public client, and its request builder.
///
/// # Errors
///
/// Returns the same errors as [`surface`](crate::surface).
pub(crate) fn operation(client: &str, operation: &Operation) -> Result<String, String> {
    printed(client, |_, item| match item {
        Item::Struct(request) => (request.ident == operation.id).then_some(Item::Struct(request)),
        Item::Impl(mut implementation) => {
            if implementation.self_ty.to_token_stream().to_string() == operation.id {
                return Some(Item::Impl(implementation));
            }
            implementation
                .items
                .retain(|member| matches!(member, ImplItem::Fn(method) if method.sig.ident == operation.name));
            (!implementation.items.is_empty()).then_some(Item::Impl(implementation))
        }
        _ => None,
    })
}

/// Formats the items of a client that `select` returns. It receives the path of modules of an item, outermost first.
fn printed(client: &str, select: impl Fn(&[String], Item) -> Option<Item>) -> Result<String, String> {
    fn walk(
        path: &mut Vec<String>,
        items: Vec<Item>,
        select: &impl Fn(&[String], Item) -> Option<Item>,
        kept: &mut Vec<Item>,
    ) {
        for item in items {
            match item {
                Item::Mod(module) => {
                    path.push(module.ident.to_string());
                    walk(path, module.content.map(|(_, items)| items).unwrap_or_default(), select, kept);
                    path.pop();
                }
                item => kept.extend(select(path, item)),
            }
        }
    }
    let mut file =
        syn::parse_file(client).map_err(|error| format!("the generated client is not valid Rust: {error}"))?;
    let mut kept = Vec::new();
    walk(&mut Vec::new(), std::mem::take(&mut file.items), &select, &mut kept);
    file.items = kept;
    Ok(prettyplease::unparse(&file))
}
