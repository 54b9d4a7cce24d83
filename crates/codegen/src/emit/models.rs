//! Emits the models: the types of progenitor, with fields in the order of the document, lenient decoding and
//! descriptions.

use std::collections::HashMap;

use hss_spec::{Document, Node};
use quote::ToTokens as _;
use syn::{Attribute, Field, Fields, Ident, Item, ItemStruct};

use super::docs::{attributes, doc};
use crate::generator;

/// Reorders, relaxes and documents every type in progenitor's `types` module, and adds constructors.
pub(super) fn complete(document: &Document, client: &mut syn::File) -> Result<(), String> {
    let items = types(client)?;
    let schemas = &schemas(document);
    let mut constructors = Vec::new();
    for item in &mut *items {
        match item {
            Item::Struct(item) => {
                complete_struct(document, schemas, item)?;
                constructors.extend(constructor(schemas, item));
            }
            Item::Enum(item) => {
                describe(
                    &mut item.attrs,
                    schemas.get(&item.ident.to_string()).copied().map(attributes).unwrap_or_default(),
                );
                for variant in &mut item.variants {
                    let value = rename(&variant.attrs).unwrap_or_else(|| variant.ident.to_string());
                    describe(&mut variant.attrs, doc(&format!("`{value}`")));
                }
                item.attrs.push(with_schema());
                // The service may accept more values over time. New ones must not break programs that match on this
                // type.
                item.attrs.push(syn::parse_quote!(#[non_exhaustive]));
            }
            Item::Impl(item) => item.attrs.retain(|attribute| !attribute.path().is_ident("doc")),
            _ => {}
        }
    }
    items.extend(constructors);
    Ok(())
}

/// Returns the constructor `new` for a model with required fields, which callers send. Such a model has no `Default`.
/// Without a constructor, other crates could not create it, because it is non-exhaustive.
fn constructor(schemas: &Schemas<'_>, item: &ItemStruct) -> Option<Item> {
    let derives = item.attrs.iter().filter(|attribute| attribute.path().is_ident("derive"));
    let Fields::Named(fields) = &item.fields else { return None };
    if derives.map(|derive| derive.to_token_stream().to_string()).any(|derive| derive.contains("Default")) {
        return None;
    }
    let required = schemas.get(&item.ident.to_string())?.get("required")?.items();
    let is_required = |field: &&Field| required.iter().any(|name| name.as_str() == Some(&wire_name(field)));
    let (required, optional): (Vec<_>, Vec<_>) = fields.named.iter().partition(is_required);
    let name = &item.ident;
    let (names, types): (Vec<_>, Vec<_>) = required.into_iter().map(|field| (&field.ident, &field.ty)).unzip();
    let others = optional.into_iter().map(|field| &field.ident);
    Some(syn::parse_quote! {
        impl #name {
            /// Creates a value with the required fields. The other fields are unset.
            #[must_use]
            pub fn new(#(#names: #types),*) -> Self {
                Self { #(#names,)* #(#others: ::std::default::Default::default()),* }
            }
        }
    })
}

const NO_TYPES: &str = "progenitor did not generate a module `types`";

/// Returns the names of all types that progenitor generated for schemas of the document.
pub(super) fn names(client: &syn::File) -> Result<Vec<Ident>, String> {
    let module = client.items.iter().find_map(|item| match item {
        Item::Mod(module) if module.ident == "types" => module.content.as_ref().map(|(_, items)| items),
        _ => None,
    });
    let names = module.ok_or(NO_TYPES)?.iter().filter_map(|item| match item {
        Item::Struct(item) => Some(item.ident.clone()),
        Item::Enum(item) => Some(item.ident.clone()),
        Item::Type(item) => Some(item.ident.clone()),
        _ => None,
    });
    Ok(names.collect())
}

fn types(client: &mut syn::File) -> Result<&mut Vec<Item>, String> {
    client
        .items
        .iter_mut()
        .find_map(|item| match item {
            Item::Mod(module) if module.ident == "types" => module.content.as_mut().map(|(_, items)| items),
            _ => None,
        })
        .ok_or_else(|| NO_TYPES.to_owned())
}

/// The schemas by the names of their types.
type Schemas<'d> = HashMap<String, &'d Node>;

fn schemas(document: &Document) -> Schemas<'_> {
    generator::types(document).collect()
}

fn complete_struct(document: &Document, schemas: &Schemas<'_>, item: &mut ItemStruct) -> Result<(), String> {
    let name = &item.ident;
    let Some(schema) = schemas.get(&name.to_string()) else {
        return Err(format!("progenitor generated a type {name} without a schema of that name in the document"));
    };
    describe(&mut item.attrs, attributes(schema));
    item.attrs.push(with_schema());
    let Fields::Named(fields) = &mut item.fields else {
        return Ok(());
    };
    // The service adds fields every month. With this attribute, programs that name all current fields still compile
    // afterwards.
    item.attrs.push(syn::parse_quote!(#[non_exhaustive]));
    let properties = schema.get("properties").map(Node::entries).unwrap_or_default();
    let mut found: Vec<Field> = std::mem::take(&mut fields.named).into_iter().collect();
    for (key, property) in properties {
        let index = found
            .iter()
            .position(|field| wire_name(field) == key.name)
            .ok_or_else(|| format!("progenitor did not generate a field for {name}.{}", key.name))?;
        let mut field = found.remove(index);
        describe(&mut field.attrs, document.resolve(property).map(attributes).unwrap_or_default());
        if is_optional_list(&field) {
            // `default` keeps an absent list absent if our own function deserializes it.
            field
                .attrs
                .push(syn::parse_quote!(#[serde(default, deserialize_with = "huaweicloud_core::lenient::list")]));
        }
        fields.named.push(field);
    }
    // Fields without a property, such as the map of additional properties, remain at the end.
    fields.named.extend(found);
    Ok(())
}

/// Returns the serialized name of a field.
fn wire_name(field: &Field) -> String {
    rename(&field.attrs).unwrap_or_else(|| field.ident.as_ref().map(ToString::to_string).unwrap_or_default())
}

fn rename(attributes: &[Attribute]) -> Option<String> {
    let mut renamed = None;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        // Other keys of `serde` are skipped, with their values.
        let _ = attribute.parse_nested_meta(|meta| {
            if meta.input.peek(syn::Token![=]) {
                let value: syn::Lit = meta.value()?.parse()?;
                if let (true, syn::Lit::Str(text)) = (meta.path.is_ident("rename"), value) {
                    renamed = Some(text.value());
                }
            }
            Ok(())
        });
    }
    renamed
}

fn is_optional_list(field: &Field) -> bool {
    let spelled = field.ty.to_token_stream().to_string().replace(' ', "");
    spelled.starts_with("::std::option::Option<::std::vec::Vec<")
}

/// Replaces progenitor's documentation, which contains the schema as JSON, by that of the document.
fn describe(attributes: &mut Vec<Attribute>, documentation: Vec<Attribute>) {
    attributes.retain(|attribute| !attribute.path().is_ident("doc"));
    attributes.splice(0..0, documentation);
}

fn with_schema() -> Attribute {
    syn::parse_quote!(#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))])
}
