//! Fuzzes the decoding of pages by the client of HSS.
#![no_main]

use hss_client::models::{ListVulScanTaskHostResponse, ListVulScanTaskResponse};
use huaweicloud_core::fuzzing::decode;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    decode::<ListVulScanTaskResponse>(body);
    decode::<ListVulScanTaskHostResponse>(body);
});
