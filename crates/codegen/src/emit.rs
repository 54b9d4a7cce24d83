//! Emits the code that progenitor does not generate, and combines it with the output of progenitor.

mod docs;
mod mock;
mod models;
mod open_enum;
mod requests;
mod signature;
mod table;
mod wire;

use hss_spec::Document;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::token::Brace;
use syn::{Item, ItemMod};

use crate::Generated;
use crate::generator::{Wire, open_enumerations};

/// Completes and formats the code from progenitor.
///
/// # Errors
///
/// Returns an error if the code from progenitor has an unexpected form, most likely after an upgrade.
pub fn emit(document: &Document, mut wire: Wire, public: Option<&str>) -> Result<Generated, String> {
    let operations = hss_spec::operations(document);
    models::complete(document, &mut wire.client)?;
    let enumerations = open_enumerations(document)
        .map(|(name, schema)| open_enum::emit(&name, schema))
        .collect::<Result<Vec<_>, _>>()?;
    let models = models::names(&wire.client)?;
    let open = open_enumerations(document).map(|(name, _)| format_ident!("{name}"));
    let table = table::emit(&operations);
    let response_types = table::response_types(&operations);
    let requests::Requests { face: requests, lists } = requests::emit(&operations, &wire.client, public)?;
    let face = quote! {
        impl progenitor_client::ClientHooks<huaweicloud_core::generated::Call> for wire::Client {
            async fn exec(
                &self,
                request: reqwest::Request,
                _: &progenitor_client::OperationInfo,
            ) -> reqwest::Result<reqwest::Response> {
                self.inner.exec(request).await
            }
        }

        /// Request and response models, as documented in the manual of the service.
        ///
        /// Every field of a response is optional, since each can be absent. An open enumeration stores unknown values.
        #[allow(rustdoc::all, reason = "descriptions are the document's, written for every language")]
        #[allow(deprecated, reason = "deprecated parts of the API are still sent and read")]
        pub mod models {
            pub use super::wire::types::{#(#models),*};
            #(#enumerations)*
            #lists
        }

        #requests

        #table
    };
    let each = quote! {
        /// Calls the macro `$each` for every model: `$each!(Model);`. Used by tests that cover all models.
        #[doc(hidden)]
        #[macro_export]
        macro_rules! for_each_model {
            ($each:ident) => { #($each!(#models);)* #($each!(#open);)* };
        }

        #response_types
    };
    wire::shorten(&mut wire.client);
    let mut client = parse(face)?;
    client.items.insert(0, module(wire.client));
    let format = prettyplease::unparse;
    Ok(Generated { client: format(&client), each: format(&parse(each)?), mock: mock::emit(wire.mock)? })
}

/// Wraps the code from progenitor in a module. It remains a syntax tree; as tokens, it would be parsed again.
fn module(client: syn::File) -> Item {
    let mut module: ItemMod = syn::parse_quote! {
        /// The output of progenitor for the lowered document.
        #[allow(missing_docs, unreachable_pub, dead_code, deprecated, unused_qualifications, clippy::pedantic, clippy::restriction,
            reason = "written by progenitor, used through the public face alone")]
        pub(crate) mod wire {}
    };
    module.attrs.extend(client.attrs);
    module.content = Some((Brace::default(), client.items));
    Item::Mod(module)
}

fn parse(tokens: TokenStream) -> Result<syn::File, String> {
    syn::parse2(tokens).map_err(|error| format!("the generated code is not valid Rust: {error}"))
}
