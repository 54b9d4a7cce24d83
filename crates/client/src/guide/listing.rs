//! How to read listings.
//!
//! HSS returns a list in pages of at most 200 rows, and allows five requests a minute. `stream()`, `pages()` and `pager()`
//! request the largest pages that the service allows, unless the request sets `limit`. `send()` returns one page: 10 rows
//! unless `limit` is set.
//!
//! # Rows
//!
//! `stream()` returns the rows of all pages:
//!
//! ```
//! use futures::TryStreamExt as _;
//! use hss_client::models::ScanStatusFilter;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let emulator = hss_emulator::Emulator::builder().hosts(450).start().await?;
//! # let client = hss_client::Client::builder()
//! #     .no_environment()
//! #     .endpoint(&emulator.url())
//! #     .credentials(hss_client::Credentials::Token(hss_client::Secret::new("token", "any")?))
//! #     .project_id("0123456789abcdef0123456789abcdef").build().await?;
//! # let tasks = client.list_vul_scan_task().limit(10).send().await?.into_inner().data_list.unwrap_or_default();
//! # let task_id = tasks[0].id.clone().unwrap_or_default();
//! let mut failed = client.list_vul_scan_task_host(task_id).scan_status(ScanStatusFilter::Failed).stream();
//! while let Some(host) = failed.try_next().await? {
//!     println!("{}", host.host_name.unwrap_or_default());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A stream that ends without an error has returned every row once. If the list changes while it is read, so that rows may
//! be missing, the stream ends with an error of [`ErrorKind::Incomplete`](crate::ErrorKind::Incomplete). An error under
//! status 200, or a response without a list, is an error, never an empty list.
//!
//! # Pages
//!
//! `pages()` returns all pages, each with its request id. The first page is requested alone.
//! Later pages are requested ahead of the reader, as far as
//! [`concurrency`](crate::ClientBuilder::concurrency) and the remaining quota allow, and returned in order. A reader may
//! pause for any time.
//!
//! `max_rows` limits the number of rows. Pages after the last of these rows are not requested.
//!
//! # Resuming
//!
//! A listing of 10,000 servers takes ten minutes within the quota. `pager()` returns the pages, too, and the position after
//! each of them. A position can be stored, and the listing continued from there, also by another process:
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let emulator = hss_emulator::Emulator::builder().hosts(450).start().await?;
//! # let client = hss_client::Client::builder()
//! #     .no_environment()
//! #     .endpoint(&emulator.url())
//! #     .credentials(hss_client::Credentials::Token(hss_client::Secret::new("token", "any")?))
//! #     .project_id("0123456789abcdef0123456789abcdef").build().await?;
//! # let tasks = client.list_vul_scan_task().limit(10).send().await?.into_inner().data_list.unwrap_or_default();
//! # let task_id = tasks[0].id.clone().unwrap_or_default();
//! let request = client.list_vul_scan_task_host(task_id);
//! let mut pager = request.clone().pager();
//! let first = pager.next().await?.ok_or("no page")?;
//! let stored = serde_json::to_string(&pager.position())?;
//! # drop(pager);
//!
//! let mut pager = request.resume(serde_json::from_str(&stored)?)?;
//! let mut rows = first.into_inner().data_list.unwrap_or_default();
//! while let Some(page) = pager.next().await? {
//!     rows.extend(page.into_inner().data_list.unwrap_or_default());
//! }
//! assert_eq!(rows.len(), 450);
//! # Ok(())
//! # }
//! ```
//!
//! The example `resume_listing` does this for a program that prints the rows.
