//! Shortens the code of progenitor, which is compiled again after each edit of the document.

use quote::{ToTokens as _, quote};
use syn::{Attribute, Expr, File, ImplItem, ImplItemFn, Item, Pat, Stmt};

/// Removes the documentation of progenitor's client, which is private, and moves the end of each method, which sends the
/// request and reads the response, into functions that all methods share. A method of another form stays as it is.
pub(super) fn shorten(client: &mut File) {
    let is_doc = |attribute: &Attribute| attribute.path().is_ident("doc");
    for item in &mut client.items {
        match item {
            Item::Impl(item) => {
                item.attrs.retain(|attribute| !is_doc(attribute));
                for member in &mut item.items {
                    if let ImplItem::Fn(method) = member {
                        method.attrs.retain(|attribute| !is_doc(attribute));
                        share_end(method);
                    }
                }
            }
            Item::Struct(item) => item.attrs.retain(|attribute| !is_doc(attribute)),
            _ => {}
        }
    }
    let shared: File = syn::parse_quote! {
        async fn exec(client: &Client, request: ::reqwest::Request, status: u16) -> Result<::reqwest::Response, Error<()>> {
            let response = client.exec(request, &OperationInfo { operation_id: "" }).await?;
            if response.status().as_u16() == status { Ok(response) } else { Err(Error::UnexpectedResponse(response)) }
        }

        async fn decoded<T: ::serde::de::DeserializeOwned>(
            client: &Client,
            request: ::reqwest::Request,
            status: u16,
        ) -> Result<ResponseValue<T>, Error<()>> {
            ResponseValue::from_response(exec(client, request, status).await?).await
        }

        async fn empty(client: &Client, request: ::reqwest::Request, status: u16) -> Result<ResponseValue<()>, Error<()>> {
            Ok(ResponseValue::empty(exec(client, request, status).await?))
        }
    };
    client.items.extend(shared.items);
}

fn share_end(method: &mut ImplItemFn) {
    let statements = &mut method.block.stmts;
    let info = |statement: &Stmt| matches!(statement, Stmt::Local(local) if matches!(&local.pat, Pat::Ident(name) if name.ident == "info"));
    let (Some(begin), Some(end)) = (statements.iter().position(info), statements.last().and_then(end)) else { return };
    statements.truncate(begin);
    statements.push(Stmt::Expr(end, None));
}

/// Returns what replaces the end of a method: a `match` on the status, with an arm for the documented one.
fn end(last: &Stmt) -> Option<Expr> {
    let Stmt::Expr(Expr::Match(last), None) = last else { return None };
    let [success, other] = last.arms.as_slice() else { return None };
    if !matches!(other.pat, Pat::Wild(_)) {
        return None;
    }
    let (status, body) = (&success.pat, success.body.to_token_stream().to_string());
    if body == quote!(ResponseValue::from_response(response).await).to_string() {
        Some(syn::parse_quote!(decoded(self, request, #status).await))
    } else if body == quote!(Ok(ResponseValue::empty(response))).to_string() {
        Some(syn::parse_quote!(empty(self, request, #status).await))
    } else {
        None
    }
}
