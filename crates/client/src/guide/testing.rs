//! How to test programs that use the client.
//!
//! # Against the emulator
//!
//! `hss-emulator` is a local HSS and IAM, with servers, scan tasks and vulnerabilities that follow from a seed. It verifies
//! signatures and parameters, counts quotas, and fails on request. The feature `test-util` provides
//! `TestRuntime`, a clock that jumps over every wait. If client and emulator share it, a test of
//! retries takes no time:
//!
//! ```
//! use hss_client::{Client, Credentials, Runtime as _, Secret, TestRuntime};
//! use hss_emulator::{Emulator, Fault};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let runtime = TestRuntime::default().share();
//! let faults = Fault::from_toml("[[fault]]\nstatus = 503\ntimes = 2")?;
//! let emulator = Emulator::builder().hosts(450).faults(faults).runtime(runtime.clone()).start().await?;
//! let client = Client::builder()
//!     .no_environment()
//!     .endpoint(&emulator.url())
//!     .credentials(Credentials::Token(Secret::new("token", "any")?))
//!     .project_id("0123456789abcdef0123456789abcdef")
//!     .runtime(runtime)
//!     .build()
//!     .await?;
//!
//! let tasks = client.list_vul_scan_task().limit(10).send().await?;
//! assert!(tasks.get_ref().data_list.is_some());
//! assert_eq!(emulator.requests().len(), 3);
//! # Ok(())
//! # }
//! ```
//!
//! # With mocks
//!
//! With the feature `mock`, the trait `mock::MockServerExt` adds a method for each operation to the server of
//! [`httpmock`](https://docs.rs/httpmock), which defines its responses. The module `mock` has an example.
