//! Fuzzes the parser of the regions file.
#![no_main]

use huaweicloud_core::fuzzing::regions_file;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| regions_file(data));
