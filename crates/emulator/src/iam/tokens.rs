//! Issues and describes tokens.

use std::sync::Arc;
use std::time::SystemTime;

use hyper::header::{HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::projects::Projects;
use super::request::{self, AuthenticationMethod, Named, Request};
use super::{Call, catalog, refused};
use crate::gateway::access::{Access, Scope, Token, VALIDITY};
use crate::gateway::users::User;
use crate::response::Response;
use crate::timestamp::timestamp;

const X_SUBJECT_TOKEN: HeaderName = HeaderName::from_static("x-subject-token");

/// Maximum size of a request for a token, in bytes. This is several times the size of a token, which the request may
/// contain.
const BODY_LIMIT: usize = 128 * 1024;

/// Issues a token and returns the response.
pub(super) fn create(call: &Call<'_>, access: &Access, projects: &Projects) -> Response {
    if call.body.len() > BODY_LIMIT {
        return refused(413, "Request Entity Too Large", "the request for a token has more than 128 KiB");
    }
    let Request { auth: request::Auth { identity, scope } } = match serde_json::from_slice(call.body) {
        Ok(request) => request,
        // The error message of the parser may quote a password.
        Err(error) => {
            let place = format!("line {}, column {}", error.line(), error.column());
            return refused(400, "Bad Request", &format!("the request body is not as documented, at {place}"));
        }
    };
    let (user, method, expires) = match identity.authentication_method() {
        Some(AuthenticationMethod::Password(given)) => {
            let is_user = |user: &&Arc<User>| given.names(user) && user.has_password(&given.password);
            match access.users().iter().find(is_user) {
                Some(user) => (Arc::clone(user), "password", call.now + VALIDITY),
                None => return unauthorized("The username or password is wrong."),
            }
        }
        Some(AuthenticationMethod::Token(text)) => match access.token(&text, call.now) {
            // A token that was issued for another token expires together with it. A configured token never expires.
            Ok(token) => (token.user, "token", token.expires.unwrap_or(call.now + VALIDITY)),
            Err(_) => return unauthorized("The token does not exist or has expired."),
        },
        None => {
            let message = "the emulator knows the methods password and token, one at a time, each with its own field";
            return refused(400, "Bad Request", message);
        }
    };
    let scope = match scope_of(scope, &user, projects) {
        Ok(scope) => scope,
        Err(response) => return response,
    };
    let token = Token { caller: user.name.clone(), user, scope, method, issued: call.now, expires: Some(expires) };
    match access.issue_token(token.clone(), call.now) {
        Some(text) => respond(call, &text, &token),
        None => refused(500, "Internal Server Error", "the system has no randomness"),
    }
}

/// Returns whether the token in `X-Subject-Token` is valid, with its description.
pub(super) fn validate(call: &Call<'_>, access: &Access) -> Response {
    let text = call.head.headers.get(X_SUBJECT_TOKEN).and_then(|text| text.to_str().ok());
    let Some(text) = text else {
        return refused(400, "Bad Request", "X-Subject-Token is missing");
    };
    match access.token(text, call.now) {
        Ok(token) => respond(call, text, &token),
        Err(_) => refused(404, "Not Found", "the token in X-Subject-Token does not exist or has expired"),
    }
}

fn unauthorized(message: &str) -> Response {
    refused(401, "Unauthorized", message)
}

/// Returns the scope of a token for the scope in the request.
fn scope_of(scope: Option<request::Scope>, user: &User, projects: &Projects) -> Result<Scope, Response> {
    let bad = |message: &str| Err(refused(400, "Bad Request", message));
    match scope {
        Some(request::Scope { project: Some(named), .. }) if !named.is_short() => {
            bad("the id or name of the project in the scope is too long")
        }
        Some(request::Scope { project: Some(Named { id: Some(id), name }), .. }) => {
            // Any id is accepted, as in the paths of HSS.
            let name = projects.name(&id).map(str::to_owned).or(name).unwrap_or_else(|| id.clone());
            Ok(Scope::Project { id, name })
        }
        Some(request::Scope { project: Some(Named { id: None, name: Some(name) }), .. }) => match projects.id(&name) {
            Some(id) => Ok(Scope::Project { id, name }),
            None => Err(unauthorized("the account has no project of that name")),
        },
        Some(request::Scope { project: Some(Named { id: None, name: None }), .. }) => {
            bad("the project in the scope has neither id nor name")
        }
        Some(request::Scope { domain: Some(domain), .. }) if !domain.names(&user.account) => {
            Err(unauthorized("the account in the scope is not that of the user"))
        }
        _ => Ok(Scope::Account),
    }
}

/// Builds a response with a token in `X-Subject-Token` and its description.
fn respond(call: &Call<'_>, text: &str, token: &Token) -> Response {
    let catalog = if call.arguments.get("nocatalog").is_some() { json!([]) } else { catalog::of(call, &token.scope) };
    let body = json!({ "token": describe(token, &catalog, call.now) });
    let mut response = Response::json(call.operation.success.status, &body);
    response.headers.extend(HeaderValue::from_str(text).ok().map(|text| (X_SUBJECT_TOKEN, text)));
    response
}

/// Describes a token in the format of Keystone.
fn describe(token: &Token, catalog: &Value, now: SystemTime) -> Value {
    let Token { user, scope, method, issued, expires, .. } = token;
    let account = json!({"id": user.account.id, "name": user.account.name});
    let (kind, scope) = match scope {
        Scope::Account => ("domain", account.clone()),
        Scope::Project { id, name } => ("project", json!({"id": id, "name": name, "domain": account})),
    };
    json!({
        "expires_at": timestamp(expires.unwrap_or(now + VALIDITY)),
        "issued_at": timestamp(*issued),
        "methods": [method],
        "user": {"id": user.id, "name": user.name, "password_expires_at": "", "domain": account},
        kind: scope,
        "roles": [{"id": "0", "name": "te_admin"}],
        "catalog": catalog,
    })
}
