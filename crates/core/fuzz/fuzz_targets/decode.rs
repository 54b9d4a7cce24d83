//! Pages of rows, as the client of HSS reads them.
#![no_main]

use hss_client::models::{ListVulScanTaskHostResponse, ListVulScanTaskResponse};
use huaweicloud_core::fuzzing::decode;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    decode::<ListVulScanTaskResponse>(body);
    decode::<ListVulScanTaskHostResponse>(body);
});
