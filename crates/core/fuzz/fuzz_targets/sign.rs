//! Fuzzes the canonical form and the signature of requests.
#![no_main]

use huaweicloud_core::fuzzing::sign_any;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| sign_any(data));
