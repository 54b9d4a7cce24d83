//! How calls are limited, retried and observed.
//!
//! # Rate
//!
//! The manual of HSS allows five requests per minute, operation and user, and as many per source address. With
//! [`Rate::Adaptive`](crate::Rate::Adaptive), the default, the client sends at full speed until the service refuses a
//! request because of its quota, and then keeps to the quota. [`Rate::Strict`](crate::Rate::Strict) keeps to a quota from
//! the start. All clients of one endpoint in a process count together, whichever project they are for.
//!
//! # Retries
//!
//! Transient failures of idempotent operations are retried with a fresh date and signature, with exponential backoff and
//! jitter. Other operations are retried only if the request certainly did not reach the service.
//! [`Retries`](crate::Retries) limits the number of attempts (5) and the time for them (90 seconds). Waits for the quota do
//! not count.
//!
//! # For one call
//!
//! A request can replace the settings of the client:
//!
//! ```
//! use std::time::Duration;
//!
//! use hss_client::Retries;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let emulator = hss_emulator::Emulator::builder().start().await?;
//! # let client = hss_client::Client::builder()
//! #     .no_environment()
//! #     .endpoint(&emulator.url())
//! #     .credentials(hss_client::Credentials::Token(hss_client::Secret::new("token", "any")?))
//! #     .project_id("0123456789abcdef0123456789abcdef").build().await?;
//! let tasks = client
//!     .list_vul_scan_task()
//!     .timeout(Duration::from_secs(30))
//!     .retries(Retries::default().attempts(3))
//!     .rate("5/min".parse()?)
//!     .header("x-language", "en-us")
//!     .send()
//!     .await?;
//! # drop(tasks);
//! # Ok(())
//! # }
//! ```
//!
//! `timeout` limits the whole call: waits for the quota, all attempts, and the waits between them. A call that would have to
//! wait longer ends at once. Each page of a listing is a call, so a short timeout ends a long listing at the first wait for
//! the quota.
//!
//! # Observing
//!
//! The client creates `tracing` spans of level INFO: one for a listing, one for each call, and one for each attempt. Fields
//! have the names of OpenTelemetry's conventions for HTTP clients. Those without such a name are `operation`, `attempts`,
//! `request_id` and `duration_ms`. Spans contain no secrets and no bodies. The example `tracing` prints them.
//!
//! An [`Interceptor`](crate::Interceptor) sees the request of each attempt before it is signed, and may add headers. It sees
//! the status, headers and duration of each response:
//!
//! ```
//! use hss_client::{AttemptOutcome, AttemptRequest, Client, Interceptor};
//!
//! struct Trace;
//!
//! impl Interceptor for Trace {
//!     fn on_request(&self, request: &mut AttemptRequest<'_>) {
//!         request.headers_mut().insert("x-trace-id", "7".parse().unwrap());
//!     }
//!
//!     fn on_outcome(&self, outcome: &AttemptOutcome<'_>) {
//!         println!("{}: {:?} after {:?}", outcome.operation().id, outcome.status(), outcome.duration());
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let emulator = hss_emulator::Emulator::builder().start().await?;
//! # let token = hss_client::Credentials::Token(hss_client::Secret::new("token", "any")?);
//! # let builder = Client::builder().no_environment().endpoint(&emulator.url()).credentials(token);
//! # let builder = builder.project_id("0123456789abcdef0123456789abcdef");
//! let client = builder.interceptor(Trace).build().await?;
//! client.list_vul_scan_task().send().await?;
//! # let requests = emulator.requests();
//! # assert!(requests[0].headers.iter().any(|(name, value)| name == "x-trace-id" && value == "7"));
//! # Ok(())
//! # }
//! ```
