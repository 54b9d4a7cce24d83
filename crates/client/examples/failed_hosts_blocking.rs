//! Lists the servers on which a scan task failed, without `async`, with credentials from the default chain.
//!
//! ```text
//! cargo run -p hss-client --features blocking --example failed_hosts_blocking -- cn-north-4 PROJECT_ID TASK_ID
//! ```

use std::env::args;
use std::error::Error;

use hss_client::blocking::Blocking;
use hss_client::models::ScanStatusFilter;
use hss_client::{Client, Endpoint, Identity, Overrides, SERVICE};

#[expect(clippy::print_stdout, reason = "an example")]
fn main() -> Result<(), Box<dyn Error>> {
    let (Some(region), Some(project_id), Some(task_id)) = (args().nth(1), args().nth(2), args().nth(3)) else {
        return Err("give a region, the id of a project and that of a scan task".into());
    };
    let client =
        Client::builder(Endpoint::of_region(&SERVICE, &region)?, Identity::default_chain(Overrides::default()))
            .project_id(project_id)
            .build()?;
    let blocking = Blocking::new()?;
    for host in blocking.rows(client.list_vul_scan_task_host(task_id).scan_status(ScanStatusFilter::Failed).stream()) {
        println!("{}", host?.host_name.unwrap_or_default());
    }
    Ok(())
}
