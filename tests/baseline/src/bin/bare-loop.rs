//! Lists the servers of a task as lines of JSON with only reqwest and serde: no validation, quota, retries or limits.
//!
//! usage: bare-loop URL `TASK_ID`

use std::error::Error;
use std::io::Write as _;

use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Page {
    total_num: i64,
    data_list: Vec<Server>,
}

#[derive(Serialize, Deserialize)]
struct Server {
    #[serde(skip_serializing_if = "Option::is_none")]
    host_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    host_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    public_ip: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    private_ip: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    asset_value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scan_status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failed_reasons: Option<Vec<Reason>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vul_scan_details: Option<Vec<Detail>>,
}

#[derive(Serialize, Deserialize)]
struct Reason {
    #[serde(skip_serializing_if = "Option::is_none")]
    vul_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failed_reason: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Detail {
    #[serde(skip_serializing_if = "Option::is_none")]
    vul_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failed_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scan_vul_list: Option<Vec<Finding>>,
}

#[derive(Serialize, Deserialize)]
struct Finding {
    #[serde(skip_serializing_if = "Option::is_none")]
    vul_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vul_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failed_reason: Option<String>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(url), Some(task)) = (arguments.next(), arguments.next()) else {
        return Err("usage: bare-loop URL TASK_ID".into());
    };
    // Fails if a provider is already installed, which is then used.
    let _ = rustls::crypto::ring::default_provider().install_default();
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(list(&url, &task))
}

async fn list(url: &str, task: &str) -> Result<(), Box<dyn Error>> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let mut stdout = std::io::stdout().lock();
    let mut offset = 0;
    loop {
        let page = format!("{url}/v5/p/vulnerability/scan-task/{task}/hosts?limit=200&offset={offset}");
        let page: Page = client.get(page).header("X-Auth-Token", "t").send().await?.json().await?;
        let mut lines = Vec::with_capacity(page.data_list.len() * 512);
        for server in &page.data_list {
            serde_json::to_writer(&mut lines, server)?;
            lines.push(b'\n');
        }
        stdout.write_all(&lines)?;
        offset += i64::try_from(page.data_list.len())?;
        if offset >= page.total_num || page.data_list.is_empty() {
            return Ok(());
        }
    }
}
