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
//! `server` reads it whole within limits, `gateway` finds its operation by `route`, checks its parameters by the
//! operation table and logs it, and `operations` answers it from `state`. An operation whose behaviour is not
//! written answers with the example of the document.

mod access;
mod answer;
mod body;
mod changes;
mod control;
mod emulator;
mod enterprise_projects;
mod faults;
mod gateway;
mod hosts;
mod iam;
mod issuer;
mod log;
mod metadata;
mod operations;
mod origin;
mod percent;
mod quota;
mod random;
mod reference;
mod route;
mod scan;
mod scans;
mod server;
mod servers;
mod signature;
mod state;
mod timestamp;
mod users;
#[cfg(feature = "validate")]
mod validate;
mod vulnerabilities;

pub use access::{Auth, DEMO_ACCESS_KEY, DEMO_TOKEN, DEMO_USER};
pub use changes::Change;
pub use emulator::{Emulator, EmulatorBuilder};
pub use faults::{Attempts, Cut, Fault, Json, Place, Time};
pub use log::Received;
pub use state::DOCUMENTED_TASK;

/// The examples of the project's README are compiled and run with those of this crate, which can see all they use.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
