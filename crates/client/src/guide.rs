//! Explains how to use the client, one subject on a page.
//!
//! - [`set_up`]: where region, credentials and project come from; several projects; programs without `async`.
//! - [`listing`]: one page, all pages, all rows; resuming a listing.
//! - [`waiting`]: until a scan has ended.
//! - [`downloads`]: files of the service.
//! - [`errors`]: how to react to a failure, and what to log.
//! - [`quotas`]: rate limits, retries and timeouts, for the client and for one call; interceptors and tracing.
//! - [`testing`]: against the emulator, with a clock that does not make tests wait, and with mocks.
//!
//! The code on each page is compiled and run against the emulator of this project.

pub mod downloads;
pub mod errors;
pub mod listing;
pub mod quotas;
pub mod set_up;
pub mod testing;
pub mod waiting;
