//! Lists the servers on which a scan task failed. It authenticates with a user token, which the API manual documents
//! and no official SDK accepts.
//!
//! ```text
//! HW_AUTH_TOKEN=… cargo run -p hss-client --example failed_hosts_token -- cn-north-4 TASK_ID
//! ```

use std::env::{args, var};
use std::error::Error;

use futures::TryStreamExt as _;
use hss_client::models::{ScanStatusFilter, VulType};
use hss_client::{Client, Credentials, Secret};

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "an example")]
async fn main() -> Result<(), Box<dyn Error>> {
    let (Some(region), Some(task_id)) = (args().nth(1), args().nth(2)) else {
        return Err("give a region and the id of a scan task".into());
    };
    let token = Credentials::Token(Secret::new("HW_AUTH_TOKEN", var("HW_AUTH_TOKEN")?)?);
    let client = Client::builder().region(region).credentials(token).build().await?;

    let mut hosts = client.list_vul_scan_task_host(task_id).scan_status(ScanStatusFilter::Failed).stream();
    while let Some(host) = hosts.try_next().await? {
        println!("{}", host.host_name.unwrap_or_default());
        let details = host.vul_scan_details.into_iter().flatten().map(|detail| (detail.vul_type, detail.failed_reason));
        let mut causes: Vec<_> = details.filter(|(_, cause)| cause.is_some()).collect();
        if causes.is_empty() {
            #[expect(deprecated, reason = "older versions of the service have only this list")]
            let reasons = host.failed_reasons.into_iter().flatten();
            causes.extend(reasons.map(|reason| (reason.vul_type, reason.failed_reason)));
        }
        for (vul_type, cause) in causes {
            println!("  {}: {}", vul_type.as_ref().map_or("", VulType::as_str), cause.unwrap_or_default());
        }
    }
    Ok(())
}
