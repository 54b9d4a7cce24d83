//! Tests of the emulator over HTTP, on loopback.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "clippy sees that a function is a test's only where it bears the attribute itself"
)]

mod access;
mod examples;
mod exports;
mod faults;
mod iam;
mod reference;
mod requests;
mod scans;
mod state;
mod support;
mod vulnerabilities;
