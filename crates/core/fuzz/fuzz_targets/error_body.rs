//! Fuzzes the parser of error bodies.
#![no_main]

use huaweicloud_core::fuzzing::error_body;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| error_body(data));
