//! Fuzzes the parser of the profile file of the official SDKs.
#![no_main]

use huaweicloud_core::fuzzing::credentials_file;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| credentials_file(data));
