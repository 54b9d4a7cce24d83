//! Waits and dates that a service asks for.
#![no_main]

use huaweicloud_core::fuzzing::retry_after_value;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| retry_after_value(data));
