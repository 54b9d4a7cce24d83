//! Requests one page of the servers of a scan task, with an access key from the environment. The samples of the API
//! manual do the same in Java, Python and Go.
//!
//! ```text
//! CLOUD_SDK_AK=… CLOUD_SDK_SK=… cargo run -p hss-client --example scan_task_page -- cn-north-4 PROJECT_ID TASK_ID
//! ```

use std::env::{args, var};
use std::error::Error;

use hss_client::{AccessKey, Client, Credentials, Secret};

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "an example")]
async fn main() -> Result<(), Box<dyn Error>> {
    let (Some(region), Some(project_id), Some(task_id)) = (args().nth(1), args().nth(2), args().nth(3)) else {
        return Err("give a region, the id of a project and that of a scan task".into());
    };
    let secret = Secret::new("CLOUD_SDK_SK", var("CLOUD_SDK_SK")?)?;
    let key = AccessKey::new("CLOUD_SDK_AK", &var("CLOUD_SDK_AK")?, secret)?;
    let client = Client::builder()
        .region(region)
        .credentials(Credentials::AccessKey(key))
        .project_id(project_id)
        .build()
        .await?;

    let page = client.list_vul_scan_task_host(task_id).limit(10).send().await.inspect_err(|error| {
        eprintln!("kind {:?}, status {:?}, code {:?}", error.kind(), error.status(), error.code());
        eprintln!("request id {:?}", error.request_id());
    })?;
    println!("request {}: {:#?}", page.request_id().unwrap_or("without id"), page.get_ref());
    Ok(())
}
