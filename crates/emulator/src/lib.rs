//! A local Host Security Service: what a client of HSS can be tested and tried out against, without an account.
//!
//! An [`Emulator`] listens on a port of its own choosing, answers the operations of the API's document, and checks
//! parameters against the same operation table as the client does. What it knows comes from a seed and a number of
//! servers: the same two give the same answers, byte for byte. The task [`DOCUMENTED_TASK`], filtered by `failed`,
//! answers with the example of the API manual.
//!
//! ```
//! use futures::TryStreamExt as _;
//! use hss_client::{Client, Credentials, Endpoint, Secret};
//! use hss_emulator::{DOCUMENTED_TASK, Emulator};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let emulator = Emulator::builder().hosts(450).start().await?;
//!
//! let token = Credentials::Token(Secret::new("token", "any will do")?);
//! let client = Client::builder(Endpoint::parse(&emulator.url())?, token)
//!     .project_id("0123456789abcdef0123456789abcdef")
//!     .build()?;
//! let hosts: Vec<_> = client.list_vul_scan_task_host(DOCUMENTED_TASK).stream().try_collect().await?;
//!
//! assert_eq!(hosts.len(), 3);
//! assert_eq!(emulator.requests().len(), 1);
//! # Ok(())
//! # }
//! ```
//!
//! # The way of a request
//!
//! `server` reads it whole within limits. `dispatch` has `gateway` find its operation and check who calls, checks its
//! parameters by the operation table and logs it. `operations` answers it from `state`. An operation whose behaviour is not
//! written answers with the example of the document.

mod answer;
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
mod server;
mod state;
mod timeout;
mod timestamp;
#[cfg(feature = "validate")]
mod validate;

#[doc(hidden)]
pub use changes::Change;
pub use emulator::{Emulator, EmulatorBuilder};
pub use faults::{Attempts, Cut, Fault, Json, Place, Time};
pub use gateway::access::{Auth, DEMO_ACCESS_KEY, DEMO_TOKEN, DEMO_USER};
pub use gateway::log::Received;
pub use state::DOCUMENTED_TASK;

/// The examples of the project's README are compiled and run with those of this crate, which can see all they use.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
