//! How to wait for a scan.
//!
//! A scan of thousands of servers takes minutes to hours. [`Client::wait_for_scan_task`](crate::Client::wait_for_scan_task)
//! polls the task until it has ended. The interval follows from the rate of the client. With the default rate it is 15
//! seconds, which leaves requests for other calls. The default timeout is 24 hours.
//!
//! ```
//! use std::time::Duration;
//!
//! use hss_client::models::{ManualScanType, ManualVulScanRequestInfo, ScanRangeType};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # use hss_client::Runtime as _;
//! # let runtime = hss_client::TestRuntime::default();
//! # let emulator = hss_emulator::Emulator::builder().hosts(450).runtime(runtime.share()).start().await?;
//! # let client = hss_client::Client::builder()
//! #     .no_environment()
//! #     .endpoint(&emulator.url())
//! #     .runtime(runtime.share())
//! #     .credentials(hss_client::Credentials::Token(hss_client::Secret::new("token", "any")?))
//! #     .project_id("0123456789abcdef0123456789abcdef").build().await?;
//! let scan = ManualVulScanRequestInfo::new(vec![ManualScanType::LinuxVul], true, ScanRangeType::AllHost);
//! let task_id = client.create_vulnerability_scan_task(scan).send().await?.into_inner().task_id.ok_or("no task id")?;
//! let task = client
//!     .wait_for_scan_task(task_id)
//!     .timeout(Duration::from_secs(2 * 60 * 60))
//!     .on_progress(|task| println!("{} servers are being scanned", task.scanning_host_num.unwrap_or(0)))
//!     .await?
//!     .into_inner();
//! println!("{} servers failed", task.failed_host_num.unwrap_or(0));
//! # assert!(runtime.elapsed() > Duration::from_secs(15));
//! # Ok(())
//! # }
//! ```
//!
//! A wait that reaches its timeout ends with [`ErrorKind::Timeout`](crate::ErrorKind::Timeout). The scan itself continues.
//!
//! A scan that repeats failed servers runs in the same task.
//! [`Client::wait_for_rescan`](crate::Client::wait_for_rescan) does not mistake the end of the first scan for that of the
//! second. [`Client::wait_for_export`](crate::Client::wait_for_export) waits for a file of the service.
