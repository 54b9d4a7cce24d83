//! Emits the mock helpers of progenitor, with documentation and with fixes for path values and lists.

use proc_macro2::{Literal, TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Expr, ExprMethodCall, FnArg, Ident, ImplItemFn, ItemStruct, LitStr, Macro, TraitItemFn, Type};

use super::docs::doc;

/// Documents, fixes and formats the mock helpers of progenitor.
pub(super) fn emit(mut mock: syn::File) -> Result<String, String> {
    Documenter.visit_file_mut(&mut mock);
    let mut fixer = MockFixer { in_list: false, failed: None };
    fixer.visit_file_mut(&mut mock);
    match fixer.failed {
        Some(message) => Err(message),
        None => Ok(prettyplease::unparse(&mock)),
    }
}

/// Adds documentation, which progenitor writes for the trait alone.
struct Documenter;

impl VisitMut for Documenter {
    fn visit_item_struct_mut(&mut self, item: &mut ItemStruct) {
        let name = item.ident.to_string();
        if let Some(id) = name.strip_suffix("When") {
            item.attrs.extend(doc(&format!("The requests of `{id}` that a mock matches.")));
        } else if let Some(id) = name.strip_suffix("Then") {
            item.attrs.extend(doc(&format!("The response of a mock for `{id}`.")));
        }
    }

    fn visit_impl_item_fn_mut(&mut self, function: &mut ImplItemFn) {
        // Methods of the implementation of the trait have no visibility. They inherit the documentation.
        if matches!(function.vis, syn::Visibility::Public(_)) {
            function.attrs.extend(describe(function));
        }
    }

    fn visit_trait_item_fn_mut(&mut self, function: &mut TraitItemFn) {
        function.attrs.extend(doc(&format!("Adds a mock for the requests of `{}`.", function.sig.ident)));
    }
}

/// The type of the argument that progenitor writes for a response of bytes, and for no other.
const OF_BYTES: &str = ":: serde_json :: Value";

/// Returns the documentation of a method of `…When` or `…Then`.
fn describe(function: &ImplItemFn) -> Vec<Attribute> {
    let signature = &function.sig;
    let name = signature.ident.to_string();
    let is_response = function.block.to_token_stream().to_string().contains(". status (");
    let has_value = signature.inputs.iter().any(|input| matches!(input, FnArg::Typed(_)));
    let is_file = signature.to_token_stream().to_string().contains(OF_BYTES);
    let text = match (name.as_str(), is_response, has_value) {
        ("new", ..) => "Wraps the type of httpmock, for this operation.".to_owned(),
        ("into_inner", ..) => {
            "Returns the type of httpmock, for everything that the document does not describe.".to_owned()
        }
        (_, true, true) if is_file => "Responds with the documented status and these bytes.".to_owned(),
        (_, true, true) => "Responds with the documented status and this JSON body.".to_owned(),
        (_, true, false) => "Responds with the documented status and no body.".to_owned(),
        ("body", ..) => "Matches requests with this JSON body.".to_owned(),
        (name, ..) => {
            let name = name.trim_end_matches('_');
            let absent = if signature.generics.params.is_empty() { "" } else { " `None` matches requests without it." };
            format!("Matches requests with this value of `{name}`.{absent}")
        }
    };
    doc(&text)
}

/// Fixes the errors in the helpers of progenitor.
struct MockFixer {
    /// Whether the current function has a list parameter.
    in_list: bool,
    failed: Option<String>,
}

impl VisitMut for MockFixer {
    fn visit_impl_item_fn_mut(&mut self, function: &mut ImplItemFn) {
        self.in_list = function.sig.to_token_stream().to_string().contains("Vec <");
        visit_mut::visit_impl_item_fn_mut(self, function);
        self.in_list = false;
        if function.sig.to_token_stream().to_string().contains(OF_BYTES) {
            respond_with_bytes(function);
        }
    }

    /// A list is sent as a repeated key. progenitor matches it as one value, of a type that cannot be converted to
    /// text.
    fn visit_expr_mut(&mut self, expression: &mut Expr) {
        visit_mut::visit_expr_mut(self, expression);
        let Expr::MethodCall(call) = expression else { return };
        if self.in_list && call.method == "query_param" {
            let (when, name) = (&call.receiver, call.args.first());
            *expression = syn::parse_quote!(
                value.iter().fold(#when, |when, value| when.query_param(#name, value.to_string()))
            );
        }
    }

    /// Fixes the pattern with which progenitor matches a path parameter.
    ///
    /// `.*` would also match other segments. The value would be interpreted as a pattern, so that a mock for one id
    /// would respond to requests for another. The value in a request is percent-encoded.
    fn visit_macro_mut(&mut self, mac: &mut Macro) {
        if mac.path.is_ident("format") {
            match fix_pattern(mac.tokens.clone()) {
                Some(tokens) => mac.tokens = tokens,
                None => self.failed = Some(format!("progenitor's mock helpers match a path by `{}`", mac.tokens)),
            }
        }
        visit_mut::visit_macro_mut(self, mac);
    }
}

/// progenitor responds to a request for bytes with JSON.
fn respond_with_bytes(function: &mut ImplItemFn) {
    struct Bytes;
    impl VisitMut for Bytes {
        fn visit_type_mut(&mut self, of: &mut Type) {
            if of.to_token_stream().to_string().contains(OF_BYTES) {
                *of = syn::parse_quote!(impl AsRef<[u8]>);
            }
        }

        fn visit_expr_method_call_mut(&mut self, call: &mut ExprMethodCall) {
            visit_mut::visit_expr_method_call_mut(self, call);
            if call.method == "json_body" {
                call.method = Ident::new("body", call.method.span());
            }
        }

        fn visit_lit_str_mut(&mut self, text: &mut LitStr) {
            if text.value() == "application/json" {
                *text = LitStr::new("application/octet-stream", text.span());
            }
        }
    }
    Bytes.visit_impl_item_fn_mut(function);
}

/// Replaces `"^/v5/.*/x/{}$", value` by `"^/v5/[^/]*/x/{}$", regex::escape(&encode_path(&value))`.
fn fix_pattern(tokens: TokenStream) -> Option<TokenStream> {
    let mut tokens = tokens.into_iter();
    let TokenTree::Literal(pattern) = tokens.next()? else {
        return None;
    };
    let pattern: LitStr = syn::parse_str(&pattern.to_string()).ok()?;
    let pattern = Literal::string(&pattern.value().replace(".*", "[^/]*"));
    let TokenTree::Punct(_) = tokens.next()? else {
        return None;
    };
    let value: Expr = syn::parse2(tokens.collect()).ok()?;
    Some(quote!(#pattern, regex::escape(&progenitor_client::encode_path(&#value))))
}
