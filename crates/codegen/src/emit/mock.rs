//! Mock helpers: progenitor's, with path values matched as what they are.

use proc_macro2::{Literal, TokenStream, TokenTree};
use quote::quote;
use syn::visit_mut::{self, VisitMut};

/// Completes and formats progenitor's mock helpers.
pub(super) fn emit(mut mock: syn::File) -> Result<String, String> {
    let mut patterns = PathPatterns { failed: None };
    patterns.visit_file_mut(&mut mock);
    match patterns.failed {
        Some(message) => Err(message),
        None => Ok(prettyplease::unparse(&mock)),
    }
}

/// Mends the patterns by which progenitor matches one path parameter: `.*` would also match other segments, and the
/// value would be read as a pattern, so that a mock for one id answers for another.
struct PathPatterns {
    failed: Option<String>,
}

impl VisitMut for PathPatterns {
    fn visit_macro_mut(&mut self, mac: &mut syn::Macro) {
        if mac.path.is_ident("format") {
            match mend(mac.tokens.clone()) {
                Some(tokens) => mac.tokens = tokens,
                None => self.failed = Some(format!("progenitor's mock helpers match a path by `{}`", mac.tokens)),
            }
        }
        visit_mut::visit_macro_mut(self, mac);
    }
}

/// `"^/v5/.*/x/{}$", value` becomes `"^/v5/[^/]*/x/{}$", regex::escape(&value)`.
fn mend(tokens: TokenStream) -> Option<TokenStream> {
    let mut tokens = tokens.into_iter();
    let TokenTree::Literal(pattern) = tokens.next()? else {
        return None;
    };
    let pattern: syn::LitStr = syn::parse_str(&pattern.to_string()).ok()?;
    let pattern = Literal::string(&pattern.value().replace(".*", "[^/]*"));
    let TokenTree::Punct(_) = tokens.next()? else {
        return None;
    };
    let value: syn::Expr = syn::parse2(tokens.collect()).ok()?;
    Some(quote!(#pattern, regex::escape(&#value)))
}
