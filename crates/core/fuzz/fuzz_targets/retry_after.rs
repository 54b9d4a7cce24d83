//! Fuzzes the parsers of `Retry-After` and of dates.
#![no_main]

use huaweicloud_core::fuzzing::retry_after_value;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| retry_after_value(data));
