//! Lists the servers of a scan task. After each page it saves the position in a file. If it is stopped, the next run
//! continues with the next page.
//!
//! ```text
//! HUAWEICLOUD_SDK_REGION_ID=cn-north-4 HW_AUTH_TOKEN=… \
//!     cargo run -p hss-client --example resume_listing -- TASK_ID position.json >> servers.txt
//! ```

#![expect(clippy::print_stdout, reason = "an example")]

use std::env::args;
use std::error::Error;
use std::fs;
use std::io::ErrorKind;

use hss_client::Client;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (Some(task_id), Some(file)) = (args().nth(1), args().nth(2)) else {
        return Err("give the id of a scan task and the file of the position".into());
    };
    let request = Client::from_env().await?.list_vul_scan_task_host(task_id);
    let mut pager = match fs::read(&file) {
        Ok(saved) => request.resume(serde_json::from_slice(&saved)?)?,
        Err(error) if error.kind() == ErrorKind::NotFound => request.pager(),
        Err(error) => return Err(error.into()),
    };
    while let Some(page) = pager.next().await? {
        for host in page.into_inner().data_list.unwrap_or_default() {
            println!("{}", host.host_name.unwrap_or_default());
        }
        // Saved after the page was printed: a page can be printed twice, but none is lost.
        // A new file is renamed, so that a program that is killed leaves a complete one.
        let new = format!("{file}.new");
        fs::write(&new, serde_json::to_vec(&pager.position())?)?;
        fs::rename(&new, &file)?;
    }
    fs::remove_file(&file)?;
    Ok(())
}
