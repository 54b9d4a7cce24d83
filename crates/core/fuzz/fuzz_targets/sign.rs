//! The canonical form of a request, and its signature.
#![no_main]

use huaweicloud_core::fuzzing::sign_any;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| sign_any(data));
