//! Emits the mock helpers of progenitor, with fixes for path values and lists.

use proc_macro2::{Literal, TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, ImplItemFn, Macro};

/// Fixes and formats the mock helpers of progenitor.
pub(super) fn emit(mut mock: syn::File) -> Result<String, String> {
    let mut fixer = MockFixer { in_list: false, failed: None };
    fixer.visit_file_mut(&mut mock);
    match fixer.failed {
        Some(message) => Err(message),
        None => Ok(prettyplease::unparse(&mock)),
    }
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

/// Replaces `"^/v5/.*/x/{}$", value` by `"^/v5/[^/]*/x/{}$", regex::escape(&encode_path(&value))`.
fn fix_pattern(tokens: TokenStream) -> Option<TokenStream> {
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
