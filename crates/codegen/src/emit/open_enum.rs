//! Emits open enumerations: types that preserve unknown values.

use hss_spec::{Node, names};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::docs::attributes;

/// Returns the type `name` for a schema with `x-extensible-enum`.
pub(super) fn emit(name: &str, schema: &Node) -> Result<TokenStream, String> {
    let values: Vec<&str> =
        schema.get("x-extensible-enum").map(Node::items).unwrap_or_default().iter().filter_map(Node::as_str).collect();
    let variants: Vec<_> = values.iter().map(|value| variant(value)).collect::<Result<_, _>>()?;
    let docs = values.iter().map(|value| format!(" `{value}`"));
    let name = format_ident!("{name}");
    let documentation = attributes(schema);
    Ok(quote! {
        #(#documentation)*
        ///
        /// The service may add values. A value that is not listed here is stored in `Unknown`.
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum #name {
            #(#[doc = #docs] #variants,)*
            /// A value that this version does not know, unchanged.
            Unknown(String),
        }

        impl #name {
            /// The known values, in the order of the document.
            pub const KNOWN: &'static [&'static str] = &[#(#values),*];

            /// Returns the value as it is sent.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    #(Self::#variants => #values,)*
                    Self::Unknown(value) => value,
                }
            }

            /// Returns whether this version knows the value.
            #[must_use]
            pub fn is_known(&self) -> bool {
                !matches!(self, Self::Unknown(_))
            }
        }

        impl From<String> for #name {
            fn from(value: String) -> Self {
                match value.as_str() {
                    #(#values => Self::#variants,)*
                    _ => Self::Unknown(value),
                }
            }
        }

        impl From<&str> for #name {
            fn from(value: &str) -> Self {
                match value {
                    #(#values => Self::#variants,)*
                    _ => Self::Unknown(value.to_owned()),
                }
            }
        }

        impl std::str::FromStr for #name {
            type Err = std::convert::Infallible;

            fn from_str(value: &str) -> Result<Self, Self::Err> {
                Ok(value.into())
            }
        }

        impl std::fmt::Display for #name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl AsRef<str> for #name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl serde::Serialize for #name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for #name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                huaweicloud_core::lenient::text_as(deserializer)
            }
        }

        #[cfg(feature = "schemars")]
        impl schemars::JsonSchema for #name {
            fn schema_name() -> String {
                stringify!(#name).to_owned()
            }

            fn json_schema(_: &mut schemars::r#gen::SchemaGenerator) -> schemars::schema::Schema {
                let mut schema = schemars::schema::SchemaObject {
                    instance_type: Some(schemars::schema::InstanceType::String.into()),
                    ..Default::default()
                };
                schema.extensions.insert("x-extensible-enum".to_owned(), Self::KNOWN.into());
                schema.into()
            }
        }
    })
}

/// Returns the variant for a value. The rules ensure that variant names are valid and unique.
fn variant(value: &str) -> Result<syn::Ident, String> {
    let name = names::pascal_case(value);
    // Reserved for the variant of unknown values.
    let name = if name == "Unknown" { format!("{name}_") } else { name };
    syn::parse_str(&name).map_err(|_| format!("the value {value:?} of an open enumeration has no valid Rust name"))
}
