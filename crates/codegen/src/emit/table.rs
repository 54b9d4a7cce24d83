//! Emits the operation table as static data.

use hss_spec::{
    Body, Field, Items, Location, Operation, Origin, Pagination, Parameter, ParameterType, RateLimit, Source, Success,
    names,
};
use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};

/// Returns the name of the static for an operation.
pub(super) fn constant(operation: &Operation) -> syn::Ident {
    format_ident!("{}", operation.name.to_uppercase())
}

/// Returns the module `operations`.
pub(super) fn emit(operations: &[Operation]) -> TokenStream {
    let names: Vec<_> = operations.iter().map(constant).collect();
    let docs = operations.iter().map(|operation| format!(" `{}`: {}.", operation.id, operation.summary));
    let values = operations.iter().map(row);
    quote! {
        /// The operation table: every operation of the document, with its parameters and bounds.
        #[allow(clippy::wildcard_imports, reason = "which parts of a table the rows use depends on the document")]
        #[allow(clippy::unreadable_literal, reason = "numbers are the document's")]
        pub mod operations {
            use huaweicloud_core::operation::*;

            /// All operations, in the order of the document.
            pub static ALL: &[&Operation] = &[#(&#names),*];

            #(#[doc = #docs] pub static #names: Operation = #values;)*
        }
    }
}

/// Returns the macro over all responses.
pub(super) fn response_types(operations: &[Operation]) -> TokenStream {
    let response_types = operations.iter().filter_map(|operation| {
        let (name, response_type) =
            (constant(operation), format_ident!("{}", names::pascal_case(operation.success.schema.as_ref()?)));
        Some(quote!($each!(#name, #response_type);))
    });
    quote! {
        /// Calls the macro `$each` for every operation whose response has a body: `$each!(CONSTANT, Model);`, with the name
        /// of its row in `operations` and of its response in `models`.
        ///
        /// Used by tests that cover all operations, including those added to the document later.
        #[doc(hidden)]
        #[macro_export]
        macro_rules! for_each_response {
            ($each:ident) => { #(#response_types)* };
        }
    }
}

fn row(operation: &Operation) -> TokenStream {
    let Operation { id, name, method, path, summary, description, idempotent, .. } = operation;
    let source = operation.source.as_ref().map(|Source { origin, language }| {
        let language = (language != "en").then(|| quote!(.language(#language)));
        match origin {
            Origin::Page { page, updated } => quote!(Source::new(#page, #updated)#language),
            Origin::Sdk(sdk) => quote!(Source::of_sdk(#sdk)#language),
        }
    });
    let parameters = operation.parameters.iter().map(parameter);
    let body = operation.body.as_ref().map(|Body { schema, sample, fields }| {
        let (sample, fields) = (sample.to_string(), fields.iter().map(field));
        quote!(Body::new(#schema, #sample, &[#(#fields),*]))
    });
    let Success { status, schema, sample, binary, deprecated, .. } = &operation.success;
    let sample = sample.as_ref().map(ToString::to_string);
    let deprecated = deprecated.iter().map(|(path, note)| quote!((#path, #note)));
    let (of_body, sample) = (set("schema", schema.as_ref()), set("sample", sample));
    let binary = binary.then(|| quote!(.binary(true)));
    let success = quote!(Success::new(#status)#of_body #sample #binary.deprecated(&[#(#deprecated),*]));
    let pagination = operation.pagination.as_ref().map(|Pagination { offset, limit, items, total, key, .. }| {
        let key = set("key", key.as_ref());
        quote!(Pagination::new(#offset, #limit, #items, #total)#key)
    });
    let rate_limit =
        operation.rate_limit.map(|RateLimit { requests, seconds }| quote!(RateLimit::new(#requests, #seconds)));
    let (source, body) = (set("source", source), set("body", body));
    let (pagination, rate_limit) = (set("pagination", pagination), set("rate_limit", rate_limit));
    let deprecated = set("deprecated", operation.deprecated.as_ref());
    quote! {
        Operation::new(&super::SERVICE, #id, #name, #method, #path, #success)
            .summary(#summary)
            .description(#description)
            .parameters(&[#(#parameters),*])
            .idempotent(#idempotent)
            #source #body #pagination #rate_limit #deprecated
    }
}

fn parameter(parameter: &Parameter) -> TokenStream {
    let Parameter { name, required, description, repeated, .. } = parameter;
    let location = match parameter.location {
        Location::Path => quote!(Path),
        Location::Query => quote!(Query),
        Location::Header => quote!(Header),
    };
    let kind = kind(&parameter.kind);
    let default = set("default", parameter.default.as_ref());
    let example = set("example", parameter.example.as_ref());
    let setting = set("setting", parameter.setting.as_ref());
    let deprecated = set("deprecated", parameter.deprecated.as_ref());
    quote! {
        Parameter::new(#name, Location::#location, #kind)
            .required(#required)
            .description(#description)
            .repeated(#repeated)
            #default #example #setting #deprecated
    }
}

fn field(field: &Field) -> TokenStream {
    let Field { name, required, description, kind: of, list, deprecated } = field;
    let of = set("kind", of.as_ref().map(kind));
    let list = list.map(|Items { min, max }| {
        let max = set("max", max);
        quote!(Items::new(#min)#max)
    });
    let (list, deprecated) = (set("list", list), set("deprecated", deprecated.as_ref()));
    quote!(Field::new(#name).required(#required).description(#description)#of #list #deprecated)
}

fn kind(kind: &ParameterType) -> TokenStream {
    let kind = match kind {
        ParameterType::String { min_length, max_length, allowed } => {
            let (min_length, max_length) = (option(*min_length), option(*max_length));
            quote!(String { min_length: #min_length, max_length: #max_length, allowed: &[#(#allowed),*] })
        }
        ParameterType::Integer { minimum, maximum, int32 } => {
            // Values that exceed the type are out of bounds, even if the document defines no bounds.
            let (min, max) = if *int32 { (i64::from(i32::MIN), i64::from(i32::MAX)) } else { (i64::MIN, i64::MAX) };
            let (minimum, maximum) = (minimum.unwrap_or(min).max(min), maximum.unwrap_or(max).min(max));
            quote!(Integer { minimum: #minimum, maximum: #maximum })
        }
        ParameterType::Boolean => quote!(Boolean),
    };
    quote!(ParameterType::#kind)
}

fn option(value: Option<impl ToTokens>) -> TokenStream {
    value.map_or(quote!(None), |value| quote!(Some(#value)))
}

/// Returns the call of the method that sets an optional field, if there is a value.
fn set(name: &str, value: Option<impl ToTokens>) -> TokenStream {
    let name = format_ident!("{name}");
    value.map(|value| quote!(.#name(Some(#value)))).unwrap_or_default()
}
