//! Lists the scan tasks, and writes the spans of the listing, its calls and attempts to standard error when they end.
//!
//! ```text
//! HUAWEICLOUD_SDK_REGION_ID=cn-north-4 HW_AUTH_TOKEN=… cargo run -p hss-client --example tracing
//! ```

#![expect(clippy::print_stdout, reason = "an example")]

use std::error::Error;
use std::io::stderr;

use futures::TryStreamExt as _;
use hss_client::Client;
use tracing_subscriber::fmt::format::FmtSpan;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_span_events(FmtSpan::CLOSE).with_writer(stderr).init();
    let mut tasks = Client::from_env().await?.list_vul_scan_task().stream();
    while let Some(task) = tasks.try_next().await? {
        println!("{}", task.id.unwrap_or_default());
    }
    Ok(())
}
