//! What every Huawei Cloud client needs, whichever service it talks to.
//!
//! A generated client hands each call to a [`Transport`] with the [`Operation`] it belongs to. Everything that
//! does not depend on one service lives here: checking [`Arguments`] against the operation table, finding and
//! checking the [`Endpoint`], adding [`Credentials`], reading the answer within a size limit, turning every shape
//! of error body into one [`Error`], and reading all pages of a listing ([`paging`]).
//!
//! Where credentials come from is in [`credentials`]; an [`Identity`] shares and renews them for all calls.
//!
//! Nothing in this crate knows an operation by name, but for the two of IAM that credentials and project ids come from.

// What is generated from an OpenAPI document names this crate from outside, here as elsewhere.
extern crate self as huaweicloud_core;

mod arguments;
mod body;
pub mod call;
pub mod credentials;
mod default_chain;
mod endpoint;
mod error;
mod error_body;
mod error_code;
mod error_kind;
#[cfg(any(fuzzing, test))]
#[doc(hidden)]
#[expect(clippy::expect_used, reason = "what is found is found by a panic")]
pub mod fuzzing;
mod gateway;
mod hints;
mod iam;
mod identity;
pub mod lenient;
mod limiter;
pub mod operation;
pub mod paging;
mod printable;
mod proxy;
mod quota;
mod rate;
mod redact;
mod regions;
mod response;
mod retry;
mod runtime;
mod secret;
mod service;
pub mod sign;
mod task;
mod timestamp;
mod tls;
mod transport;

pub use arguments::Arguments;
pub use credentials::{Credentials, ResolvedCredentials};
pub use default_chain::Overrides;
pub use endpoint::{Endpoint, configured_endpoint, endpoint};
pub use error::Error;
pub use error_code::ErrorCode;
pub use error_kind::ErrorKind;
pub use iam::{EnvironmentUser, IAM, IAM_OPERATIONS, Project, Projects, User};
pub use identity::Identity;
pub use operation::Operation;
pub use printable::{excerpt, printable};
pub use quota::Quota;
pub use rate::Rate;
pub use regions::REGIONS;
pub use response::Response;
pub use retry::Retries;
pub use runtime::{Runtime, System, TestRuntime};
pub use secret::Secret;
pub use service::Service;
pub use sign::{AccessKey, Signable, Signed, parse_sdk_date, sdk_date, sign};
pub use transport::{Reason, Transport, TransportBuilder, Wait, check_region, count_elements};

/// The result of everything that can fail in a call.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The name under which the HTTP client introduces itself.
pub(crate) const USER_AGENT: &str = concat!("huaweicloud-core-rust/", env!("CARGO_PKG_VERSION"));
