//! A local emulator of the Host Security Service (HSS), for testing and trying out HSS clients without an account.
//!
//! An [`Emulator`] listens on a local port and implements the operations of the API's OpenAPI document. It validates
//! parameters against the same operation table as the client. All of its data is derived from a seed and a number of
//! servers: the same seed and number give the same responses, byte for byte. The task [`DOCUMENTED_TASK`], filtered by
//! `failed`, returns the example of the API manual.
//!
//! ```
//! use futures::TryStreamExt as _;
//! use hss_client::{Client, Credentials, Secret};
//! use hss_emulator::{DOCUMENTED_TASK, Emulator};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let emulator = Emulator::builder().hosts(450).start().await?;
//!
//! let token = Credentials::Token(Secret::new("token", "any will do")?);
//! let client = Client::builder()
//!     .endpoint(emulator.url())
//!     .credentials(token)
//!     .project_id("0123456789abcdef0123456789abcdef")
//!     .build()
//!     .await?;
//! let hosts: Vec<_> = client.list_vul_scan_task_host(DOCUMENTED_TASK).stream().try_collect().await?;
//!
//! assert_eq!(hosts.len(), 3);
//! assert_eq!(emulator.requests().len(), 1);
//! # Ok(())
//! # }
//! ```
//!
//! # Request processing
//!
//! `server` reads the whole request, within limits. `dispatch` uses `gateway` to find the operation and to authenticate
//! the caller. It then validates the parameters against the operation table and logs the request. `operations` builds
//! the response from `state`. An operation without an implementation returns the example of the document.

mod archive;
mod changes;
mod clock;
mod control;
mod dispatch;
mod emulator;
mod faults;
mod gateway;
mod iam;
mod metadata;
mod operations;
mod reference;
mod response;
mod server;
mod state;
mod timeout;
mod timestamp;
#[cfg(feature = "validate")]
mod validate;

#[doc(hidden)]
pub use changes::Change;
pub use emulator::{Emulator, EmulatorBuilder, MAX_HOSTS};
pub use faults::{Attempts, Cut, Fault, Json, Place, Time};
pub use gateway::access::{Auth, DEMO_ACCESS_KEY, DEMO_TOKEN, DEMO_USER};
pub use gateway::log::Received;
pub use state::DOCUMENTED_TASK;

/// Compiles and runs the examples of the project's README as doc tests. This crate has access to all crates that they
/// use.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
