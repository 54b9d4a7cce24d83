//! Runs progenitor.

use hss_spec::{Document, Node, names};
use openapiv3::OpenAPI;
use proc_macro2::TokenStream;
use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle, TypeImpl};
use quote::quote;
use serde_json::Value;

/// The output of progenitor.
pub struct Wire {
    /// The client: types, `Client`, and one method for each operation.
    pub client: syn::File,
    /// The mock helpers for httpmock.
    pub mock: syn::File,
}

/// Generates code from a lowered document. `document` is the original one.
///
/// # Errors
///
/// Returns the error of progenitor. A panic of progenitor is returned as an error with its message.
pub fn run(document: &Document, lowered: Value) -> Result<Wire, String> {
    let spec: OpenAPI = serde_json::from_value(lowered)
        .map_err(|error| format!("openapiv3 cannot read the lowered document: {error}"))?;
    let settings = settings(document);
    // The rules prevent all known panics of progenitor. An unknown one must not show a backtrace of the build script to
    // the editor of the document.
    let outcome = std::panic::catch_unwind(|| -> Result<_, String> {
        let mut generator = Generator::new(&settings);
        let client = generator.generate_tokens(&spec).map_err(|error| error.to_string())?;
        let mock = generator.httpmock(&spec, "crate::generated::wire").map_err(|error| error.to_string())?;
        Ok((client, mock))
    });
    let (client, mock) = outcome.map_err(|panic| {
        let message = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
        format!("progenitor panicked: {}", message.unwrap_or("without a message"))
    })??;
    Ok(Wire { client: parse(client)?, mock: parse(mock)? })
}

fn parse(tokens: TokenStream) -> Result<syn::File, String> {
    syn::parse2(tokens).map_err(|error| format!("progenitor generated invalid Rust: {error}"))
}

fn settings(document: &Document) -> GenerationSettings {
    let mut settings = GenerationSettings::new();
    settings
        .with_interface(InterfaceStyle::Positional)
        // Without our own implementation, the generated calls would silently bypass the transport.
        .with_hooks(HooksMode::Expected)
        .with_inner_type(quote!(huaweicloud_core::generated::Call))
        .with_map_type("::std::collections::BTreeMap")
        .with_derive("PartialEq");
    for (name, _) in open_enumerations(document) {
        let path = format!("super::super::models::{name}");
        settings.with_replacement(name, path, [TypeImpl::Display, TypeImpl::FromStr].into_iter());
    }
    settings
}

/// Returns type name and schema of every open enumeration of the document.
pub(crate) fn open_enumerations(document: &Document) -> impl Iterator<Item = (String, &Node)> {
    types(document).filter(|(_, schema)| schema.get("x-extensible-enum").is_some())
}

/// Returns type name and schema of everything that can become a type: components, then inline schemas.
pub(crate) fn types(document: &Document) -> impl Iterator<Item = (String, &Node)> {
    let components = document.root().pointer("/components/schemas").map(Node::entries).unwrap_or_default();
    let components = components.iter().map(|(key, schema)| (names::pascal_case(&key.name), schema));
    components.chain(hss_spec::inline_schemas(document).into_iter().map(|inline| (inline.name, inline.schema)))
}
