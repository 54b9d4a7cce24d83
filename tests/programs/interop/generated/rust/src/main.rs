//! Lists all servers of a scan task with the client that openapi-generator makes, one JSON object a line.
//!
//! usage: hosts ENDPOINT TASK_ID [STATUS]

use std::env;
use std::error::Error;

use hss_openapi::apis::configuration::{ApiKey, Configuration};
use hss_openapi::apis::vulnerability_management_api::list_vul_scan_task_host;
use hss_openapi::models::ScanStatusFilter;

const PAGE: i32 = 200;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [endpoint, task, status @ ..] = &arguments[..] else {
        return Err("usage: hosts ENDPOINT TASK_ID [STATUS]".into());
    };
    let status: Option<ScanStatusFilter> = match status.first() {
        Some(status) => Some(serde_json::from_value(status.as_str().into())?),
        None => None,
    };
    let mut configuration = Configuration::new();
    configuration.base_path.clone_from(endpoint);
    configuration.api_key = Some(ApiKey { prefix: None, key: env::var("HW_AUTH_TOKEN")? });
    let project = env::var("HUAWEICLOUD_SDK_PROJECT_ID")?;
    let mut offset = 0;
    loop {
        let page =
            list_vul_scan_task_host(&configuration, &project, task, None, Some(PAGE), Some(offset), status)?;
        let rows = page.data_list.unwrap_or_default();
        for row in &rows {
            println!("{}", serde_json::to_string(row)?);
        }
        offset += i32::try_from(rows.len())?;
        if rows.is_empty() || i64::from(offset) >= page.total_num.unwrap_or_default() {
            return Ok(());
        }
    }
}
