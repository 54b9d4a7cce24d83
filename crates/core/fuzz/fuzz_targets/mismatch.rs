//! Fuzzes the parser of messages about refused signatures.
#![no_main]

use huaweicloud_core::fuzzing::mismatch;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| mismatch(data));
