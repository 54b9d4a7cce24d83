//! The emulated IAM service: tokens for users, and the ids of accounts and projects.

mod catalog;
mod operations;
mod projects;
mod request;
mod tokens;

use std::time::SystemTime;

use hss_client::{Arguments, Operation};
use hyper::header::{HOST, HeaderName};
use hyper::http::request::Parts;
use serde_json::json;

use crate::gateway::access::{Access, Caller};
use crate::gateway::users::User;
use crate::response::Response;
use crate::state::random::Random;

pub(crate) use operations::{all as operations, is_flag, is_iam, is_open};

use projects::Projects;

/// The header in which IAM sends the id of a request.
pub(crate) const X_IAM_TRACE_ID: HeaderName = HeaderName::from_static("x-iam-trace-id");

/// The emulated IAM.
#[derive(Debug)]
pub(crate) struct Iam {
    projects: Projects,
}

/// A call of one of IAM's operations.
pub(crate) struct Call<'a> {
    pub(crate) operation: &'static Operation,
    pub(crate) arguments: &'a Arguments,
    pub(crate) head: &'a Parts,
    pub(crate) body: &'a [u8],
    pub(crate) caller: &'a Caller,
    pub(crate) now: SystemTime,
}

impl Call<'_> {
    /// Returns the user who makes the call.
    fn user(&self) -> &User {
        &self.caller.user
    }

    /// Returns the URL with which the caller addressed the emulator: `http://127.0.0.1:8080`.
    fn origin(&self) -> String {
        let host = self.head.headers.get(HOST).and_then(|host| host.to_str().ok());
        format!("http://{}", host.unwrap_or_default())
    }
}

impl Iam {
    /// Creates an IAM whose project ids are derived from `random`.
    pub(crate) fn new(random: Random) -> Self {
        Self { projects: Projects::new(random) }
    }

    /// Returns the response to a call.
    pub(crate) fn respond(&self, call: &Call<'_>, access: &Access) -> Response {
        match call.operation.id {
            operations::CREATE_TOKEN => tokens::create(call, access, &self.projects),
            operations::VALIDATE_TOKEN => tokens::validate(call, access),
            operations::LIST_AUTH_DOMAINS => projects::list_accounts(call),
            operations::LIST_AUTH_PROJECTS => projects::list(call, &self.projects, None),
            operations::LIST_VERSIONS => catalog::list_versions(call),
            operations::SHOW_VERSION => catalog::show_version(call),
            _ => projects::list(call, &self.projects, call.arguments.get("name")),
        }
    }
}

/// Returns whether requests with this path go to IAM, including those that it refuses.
pub(crate) fn serves(path: &str) -> bool {
    path == "/" || path == "/v3" || path.starts_with("/v3/")
}

/// Builds an error response of IAM.
pub(crate) fn refused(status: u16, title: &str, message: &str) -> Response {
    Response::json(status, &json!({"error": {"code": status, "message": message, "title": title}}))
}
