//! Counts the scan tasks of several projects. The clients share connections, credentials and the quota of the user. An
//! access key is needed, since a token is valid for one project only.
//!
//! ```text
//! HUAWEICLOUD_SDK_REGION_ID=cn-north-4 HUAWEICLOUD_SDK_AK=… HUAWEICLOUD_SDK_SK=… \
//!     cargo run -p hss-client --example several_projects -- PROJECT_ID PROJECT_ID
//! ```

#![expect(clippy::print_stdout, reason = "an example")]

use std::env::args;
use std::error::Error;

use hss_client::Client;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut projects = args().skip(1).peekable();
    let first = projects.peek().ok_or("give the ids of projects")?;
    let client = Client::builder().project_id(first).build().await?;
    for project in projects {
        let page = client.for_project(&project).list_vul_scan_task().limit(10).send().await?;
        println!("{project}: {} scan tasks", page.get_ref().total_num.unwrap_or(0));
    }
    Ok(())
}
