//! How to create a client.
//!
//! # From the environment
//!
//! [`Client::from_env`](crate::Client::from_env) finds the settings as the `hss` command does:
//!
//! ```
//! # use hss_client::{Client, TestRuntime};
//! # async fn from_env() -> hss_client::Result<()> {
//! let client = Client::from_env().await?;
//! # Ok(())
//! # }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # // The same with variables of the test, which cannot change those of its process.
//! # let emulator = hss_emulator::Emulator::builder().start().await?;
//! # let runtime = TestRuntime::default()
//! #     .with_variable("HUAWEICLOUD_SDK_REGION_ID", "cn-north-4")
//! #     .with_variable("HUAWEICLOUD_SDK_REGION_HSS_CN_NORTH_4", emulator.url())
//! #     .with_variable("HUAWEICLOUD_SDK_IAM_ENDPOINT", emulator.url())
//! #     .with_variable("HW_AUTH_TOKEN", "any");
//! # let client = Client::builder().runtime(runtime.share()).build().await?;
//! # assert!(client.list_vul_scan_task().send().await?.get_ref().total_num.is_some());
//! # Ok(())
//! # }
//! ```
//!
//! | setting | the first of these that is set |
//! |---|---|
//! | region | `HUAWEICLOUD_SDK_REGION_ID`, `HW_REGION_NAME` |
//! | endpoint | `HUAWEICLOUD_SDK_REGION_HSS_<REGION>`, the regions file, `https://hss.<region>.myhuaweicloud.com` |
//! | credentials | `HUAWEICLOUD_SDK_AK` and `_SK` (or `CLOUD_SDK_AK` and `_SK`, `HW_ACCESS_KEY` and `HW_SECRET_KEY`); `HW_AUTH_TOKEN`; `HW_USER_NAME`, `HW_USER_PASSWORD` and `HW_DOMAIN_NAME`; the file `~/.huaweicloud/credentials`; the agency of the cloud server |
//! | project | `HUAWEICLOUD_SDK_PROJECT_ID`, `HW_PROJECT_ID`, the project of the credentials, the project of the region |
//! | enterprise project | `HW_ENTERPRISE_PROJECT_ID` |
//! | proxy | `HTTPS_PROXY` or `ALL_PROXY`, except for hosts in `NO_PROXY` and endpoints on this machine; also in lower case |
//!
//! An empty variable counts as unset. [`Identity::default_chain`](crate::Identity::default_chain) lists the sources of
//! credentials in detail. The project of the region is requested from IAM, which is one request. If a setting is missing,
//! the error lists what was tried.
//!
//! # In code
//!
//! [`Client::builder`](crate::Client::builder) sets some of the settings. The others are taken from the environment.
//!
//! ```
//! use hss_client::{Client, Credentials, Secret};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let emulator = hss_emulator::Emulator::builder().start().await?;
//! # let read_token = || "any".to_owned();
//! # let endpoint = emulator.url();
//! let token = Secret::new("the token of the vault", read_token())?;
//! let client = Client::builder()
//!     .endpoint(&endpoint)
//!     .credentials(Credentials::Token(token))
//!     .project_id("0123456789abcdef0123456789abcdef")
//!     .build()
//!     .await?;
//! assert!(client.list_vul_scan_task().limit(10).send().await?.get_ref().total_num.is_some());
//! # Ok(())
//! # }
//! ```
//!
//! [`no_environment`](crate::ClientBuilder::no_environment) switches the environment off, for tests and for programs that
//! read settings from elsewhere. A secret is never shown by `{:?}`, and never part of an error. Instead of a fixed token or key, a program can pass any
//! [`Identity`](crate::Identity), which caches credentials and refreshes them before they expire.
//!
//! # Several projects
//!
//! [`Client::for_project`](crate::Client::for_project) returns a client of another project. Both share connections,
//! credentials and quotas. An access key works for all projects of its user. A token is valid for one project only.
//!
//! ```
//! # use hss_client::{AccessKey, Client, Credentials, Secret};
//! #
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let emulator = hss_emulator::Emulator::builder().start().await?;
//! # let key = AccessKey::new("access key", "AKEXAMPLE", Secret::new("secret key", "any")?)?;
//! # let client = Client::builder()
//! #     .no_environment().endpoint(&emulator.url()).credentials(Credentials::AccessKey(key)).project_id("0123456789abcdef0123456789abcdef").build().await?;
//! for project in ["0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"] {
//!     let tasks = client.for_project(project).list_vul_scan_task().send().await?;
//!     println!("{project}: {} scan tasks", tasks.get_ref().total_num.unwrap_or(0));
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Without `async`
//!
//! The module `blocking` (feature `blocking`) runs the same client from ordinary functions.
