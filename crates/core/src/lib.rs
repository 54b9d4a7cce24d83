//! Provides the common parts of Huawei Cloud clients that do not depend on one service.
//!
//! A generated client passes each call to a [`Transport`], together with its [`Operation`]. This crate checks the
//! [`Arguments`] against the operation table, resolves the [`Endpoint`], and adds the [`Credentials`]. It reads the
//! response within a size limit and converts every format of error body to one [`Error`]. It reads all pages of a
//! listing ([`paging`]), and waits for a task of the service to end ([`Waiter`]).
//!
//! [`credentials`] contains the sources of credentials. An [`Identity`] caches and refreshes them for all calls.
//!
//! The crate does not depend on single operations, except the two IAM operations that provide tokens and project ids.

// Generated code refers to this crate by its name, both here and in other crates.
extern crate self as huaweicloud_core;

mod arguments;
mod body;
mod constructors;
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
#[doc(hidden)]
pub mod generated;
mod headers;
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
mod setup;
pub mod sign;
mod task;
mod timestamp;
mod tls;
mod transport;
mod waiter;

pub use arguments::Arguments;
pub use credentials::{Credentials, ResolvedCredentials};
pub use default_chain::Overrides;
pub use endpoint::{Endpoint, IntoEndpoint, configured_endpoint, endpoint};
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
#[cfg(any(test, fuzzing, feature = "test-util"))]
pub use runtime::TestRuntime;
pub use runtime::{Runtime, System};
pub use secret::Secret;
pub use service::Service;
pub use setup::{Configuration, Resolved, Setting, SettingNames, Setup};
pub use sign::{AccessKey, Signable, Signed, parse_sdk_date, sdk_date, sign};
pub use transport::{
    AttemptOutcome, AttemptRequest, CallOptions, Download, Interceptor, Reason, Transport, TransportBuilder, Wait,
    check_region, count_elements,
};
pub use waiter::{Waiter, not_found};

/// The result of an operation that can fail with [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The value of the header `User-Agent`.
pub(crate) const USER_AGENT: &str = concat!("huaweicloud-core-rust/", env!("CARGO_PKG_VERSION"));
