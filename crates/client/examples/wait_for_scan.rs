//! Starts a scan of all servers for vulnerabilities of Linux, waits until it has ended, and prints its counts. All
//! settings come from environment variables.
//!
//! ```text
//! HUAWEICLOUD_SDK_REGION_ID=cn-north-4 HW_AUTH_TOKEN=… cargo run -p hss-client --example wait_for_scan
//! ```

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example")]

use std::error::Error;
use std::time::Duration;

use hss_client::Client;
use hss_client::models::{ManualScanType, ManualVulScanRequestInfo, ScanRangeType};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let client = Client::from_env().await?;
    let scan = ManualVulScanRequestInfo::new(vec![ManualScanType::LinuxVul], true, ScanRangeType::AllHost);
    // This call is not idempotent, so the client does not retry it if the scan may have started.
    let task_id = client.create_vulnerability_scan_task(scan).send().await?.into_inner().task_id.ok_or("no task id")?;

    let task = client
        .wait_for_scan_task(task_id)
        .timeout(Duration::from_secs(2 * 60 * 60))
        .on_progress(|task| eprintln!("{} servers left", task.scanning_host_num.unwrap_or(0)))
        .await?
        .into_inner();
    println!("{} succeeded, {} failed", task.success_host_num.unwrap_or(0), task.failed_host_num.unwrap_or(0));
    Ok(())
}
