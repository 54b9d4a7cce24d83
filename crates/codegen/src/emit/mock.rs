//! Mock helpers: progenitor's, with path values matched as what they are, and lists value by value.

use proc_macro2::{Literal, TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, ImplItemFn, Macro};

/// Completes and formats progenitor's mock helpers.
pub(super) fn emit(mut mock: syn::File) -> Result<String, String> {
    let mut mender = Mender { in_list: false, failed: None };
    mender.visit_file_mut(&mut mock);
    match mender.failed {
        Some(message) => Err(message),
        None => Ok(prettyplease::unparse(&mock)),
    }
}

/// Mends what progenitor's helpers get wrong.
struct Mender {
    /// Whether the function at hand takes a list.
    in_list: bool,
    failed: Option<String>,
}

impl VisitMut for Mender {
    fn visit_impl_item_fn_mut(&mut self, function: &mut ImplItemFn) {
        self.in_list = function.sig.to_token_stream().to_string().contains("Vec <");
        visit_mut::visit_impl_item_fn_mut(self, function);
        self.in_list = false;
    }

    /// A list travels as its key repeated; progenitor writes it as one value, of a type that has no text.
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

    /// The pattern by which progenitor matches one path parameter: `.*` would also match other segments, and the value
    /// would be read as a pattern, so that a mock for one id answers for another. On the wire it is percent-encoded.
    fn visit_macro_mut(&mut self, mac: &mut Macro) {
        if mac.path.is_ident("format") {
            match mend_pattern(mac.tokens.clone()) {
                Some(tokens) => mac.tokens = tokens,
                None => self.failed = Some(format!("progenitor's mock helpers match a path by `{}`", mac.tokens)),
            }
        }
        visit_mut::visit_macro_mut(self, mac);
    }
}

/// `"^/v5/.*/x/{}$", value` becomes `"^/v5/[^/]*/x/{}$", regex::escape(&encode_path(&value))`.
fn mend_pattern(tokens: TokenStream) -> Option<TokenStream> {
    let mut tokens = tokens.into_iter();
    let TokenTree::Literal(pattern) = tokens.next()? else {
        return None;
    };
    let pattern: syn::LitStr = syn::parse_str(&pattern.to_string()).ok()?;
    let pattern = Literal::string(&pattern.value().replace(".*", "[^/]*"));
    let TokenTree::Punct(_) = tokens.next()? else {
        return None;
    };
    let value: Expr = syn::parse2(tokens.collect()).ok()?;
    Some(quote!(#pattern, regex::escape(&progenitor_client::encode_path(&#value))))
}
