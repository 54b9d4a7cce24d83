//! Lists the servers on which the newest scan task failed. All settings come from environment variables.
//!
//! ```text
//! HUAWEICLOUD_SDK_REGION_ID=cn-north-4 HW_AUTH_TOKEN=… cargo run -p hss-client --example failed_servers
//! ```

#![expect(clippy::print_stdout, reason = "an example")]

use futures::TryStreamExt as _;
use hss_client::{Client, models::ScanStatusFilter};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = Client::from_env().await?;
    let newest = client.list_vul_scan_task().stream().try_next().await?.and_then(|task| task.id).ok_or("no scan")?;
    let mut failed = client.list_vul_scan_task_host(newest).scan_status(ScanStatusFilter::Failed).stream();
    while let Some(host) = failed.try_next().await? {
        println!("{}", host.host_name.unwrap_or_default());
    }
    Ok(())
}
