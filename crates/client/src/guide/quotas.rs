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
//! Transient failures are retried with a fresh date and signature, with exponential backoff and jitter. Only idempotent
//! operations are retried, and requests that certainly did not reach the service. [`Retries`](crate::Retries) limits the
//! attempts and the time for them. A wait for the quota is no failure, and does not count.
//!
//! # For one call
//!
//! A request can replace the settings of the client:
//!
//! ```
//! use std::time::Duration;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let emulator = hss_emulator::Emulator::builder().start().await?;
//! # let client = hss_client::Client::builder()
//! #     .endpoint(&emulator.url())
//! #     .credentials(hss_client::Credentials::Token(hss_client::Secret::new("token", "any")?))
//! #     .project_id("0123456789abcdef0123456789abcdef").build().await?;
//! let tasks = client
//!     .list_vul_scan_task()
//!     .timeout(Duration::from_secs(30))
//!     .header("x-language", "en-us")
//!     .send()
//!     .await?;
//! # drop(tasks);
//! # Ok(())
//! # }
//! ```
//!
//! `timeout` limits the whole call: waits for the quota, all attempts, and the waits between them.
//!
//! # Observing
//!
//! The client creates `tracing` spans: one for a listing, one for each call, and one for each attempt. Their fields have the
//! names of OpenTelemetry's conventions for HTTP clients. Spans contain no secrets and no bodies. The example `tracing` prints them.
//!
//! An [`Interceptor`](crate::Interceptor) sees the request of each attempt before it is signed, and may add headers. It sees
//! the status, headers and duration of each response.
