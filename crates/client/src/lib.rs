//! Provides a typed client of Huawei Cloud Host Security Service (HSS), API version 5.
//!
//! All code for single operations is generated at build time from `openapi/hss-v5`: the [`models`], a builder for
//! each operation in [`requests`], the table of [`operations`], and the methods of [`Client`].
//!
//! ```no_run
//! use futures::TryStreamExt as _;
//! use hss_client::Client;
//! use hss_client::models::ScanStatusFilter;
//!
//! # async fn example() -> hss_client::Result<()> {
//! let client = Client::from_env().await?;
//! let task_id = "2b31ed520xxxxxxebedb6e57xxxxxxxx";
//! let mut failed = client.list_vul_scan_task_host(task_id).scan_status(ScanStatusFilter::Failed).stream();
//! while let Some(host) = failed.try_next().await? {
//!     println!("{:?}: {:?}", host.host_name, host.vul_scan_details);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! [`Client::from_env`] finds region, credentials and project in the environment. [`Client::builder`] sets some or all
//! settings in code; the others come from the environment, unless
//! [`no_environment`](ClientBuilder::no_environment) is called.
//!
//! Calls need a Tokio 1 runtime. Outside of one they return [`ErrorKind::Usage`]; see the feature `blocking`. Types that do
//! not depend on HSS are those of `huaweicloud_core`: in their examples, read `hss_client` for `huaweicloud_core`.
//!
//! The field `failed_reasons` is deprecated in favor of `vul_scan_details`. The example `failed_hosts_token` reads both.
//!
//! The [`guide`] explains set-up, listings, waiting, errors, quotas and tests.
//!
//! # Features
//!
//! - `blocking`: the module `blocking`, for programs that do not use `async`.
//! - `mock`: the module `mock`, helpers to define responses of an `httpmock::MockServer` for each operation.
//! - `schemars`: the models implement `schemars::JsonSchema`.
//! - `test-util`: `TestRuntime`, a virtual clock for tests.

#[cfg(feature = "blocking")]
pub mod blocking;
mod builder;
mod client;
pub mod guide;
mod service;
mod waiting;

mod generated {
    use crate::SERVICE;

    include!(concat!(env!("OUT_DIR"), "/client.rs"));
    include!(concat!(env!("OUT_DIR"), "/each.rs"));
}

#[doc = include_str!("mock.md")]
#[cfg(feature = "mock")]
#[allow(
    unused_qualifications,
    clippy::all,
    clippy::pedantic,
    clippy::restriction,
    reason = "written by progenitor; each helper is named for the operation or parameter that it stands for"
)]
pub mod mock {
    include!(concat!(env!("OUT_DIR"), "/mock.rs"));
}

pub use builder::ClientBuilder;
pub use client::{Client, Settings};
pub use generated::{models, operations, requests};
#[cfg(feature = "test-util")]
pub use huaweicloud_core::TestRuntime;
pub use huaweicloud_core::{
    AccessKey, Arguments, AttemptOutcome, AttemptRequest, CallOptions, Configuration, Credentials, Download, Endpoint,
    EnvironmentUser, Error, ErrorCode, ErrorKind, IAM, Identity, Interceptor, IntoEndpoint, Operation, Overrides,
    Project, Quota, REGIONS, Rate, Reason, ResolvedCredentials, Response, Result, Retries, Runtime, Secret, Service,
    Setting, SettingNames, System, TransportBuilder, User, Wait, Waiter, check_region, configured_endpoint,
    count_elements, credentials, endpoint, excerpt, lenient, operation, paging, printable,
};
pub use service::SERVICE;
