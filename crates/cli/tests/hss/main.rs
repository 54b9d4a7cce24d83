//! Tests of the `hss` program from the user's view: its output, its requests, and its exit status.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets what it does not expect has failed"
)]

mod abuse;
mod api;
mod auth;
mod canned;
mod cases;
mod checkpoint;
mod credentials;
mod download;
mod emulator;
mod formats;
mod hostile;
mod listing;
mod pipes;
mod program;
mod report;
mod shells;
#[cfg(unix)]
mod signals;
mod suggestions;
#[cfg(unix)]
mod terminal;
mod tls;
mod transcript;
mod unsent;
mod version;
mod workflow;
