//! Lists the servers on which a scan task failed, without `async`. Region, credentials and project come
//! from the environment, as for `hss`.
//!
//! ```text
//! cargo run -p hss-client --features blocking --example failed_hosts_blocking -- TASK_ID
//! ```

use std::env::args;
use std::error::Error;

use hss_client::blocking::Blocking;
use hss_client::models::ScanStatusFilter;

#[expect(clippy::print_stdout, reason = "an example")]
fn main() -> Result<(), Box<dyn Error>> {
    let Some(task_id) = args().nth(1) else { return Err("give the id of a scan task".into()) };
    let (blocking, client) = Blocking::from_env()?;
    for host in blocking.rows(client.list_vul_scan_task_host(task_id).scan_status(ScanStatusFilter::Failed).stream()) {
        println!("{}", host?.host_name.unwrap_or_default());
    }
    Ok(())
}
