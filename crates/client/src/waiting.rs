//! Waits for scan tasks and exports to end.

use huaweicloud_core::{Operation, Response, Result, Waiter, not_found};

use crate::models::{ExportTaskStatus, ListQueryExportTaskResponse, ScanTaskStatus, VulScanTaskInfo};
use crate::{Client, operations};

/// The number of polls after which a task that does not change counts as scanned again.
const MAX_UNCHANGED: u32 = 4;

impl Client {
    /// Requests one scan task.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if no task has this id; otherwise the error of the
    /// call.
    pub async fn find_scan_task(&self, task_id: &str) -> Result<Response<VulScanTaskInfo>> {
        let response = self.list_vul_scan_task().task_id(task_id).send().await?;
        let mut found = None;
        let response = response.map(|page| {
            // The response is filtered, since it is not known which tasks the service returns for an unknown id.
            found = page.data_list.into_iter().flatten().find(|task| task.id.as_deref() == Some(task_id));
        });
        match found {
            Some(task) => Ok(response.map(|()| task)),
            None => {
                let hint = "To include other enterprise projects, set the enterprise project all_granted_eps.";
                Err(not_found(&operations::LIST_VUL_SCAN_TASK, "scan task", task_id, &response, hint))
            }
        }
    }

    /// Waits until a scan task has ended, and returns it. The task may have been started just before. The default timeout
    /// is 24 hours.
    ///
    /// ```no_run
    /// # async fn example(client: &hss_client::Client) -> hss_client::Result<()> {
    /// use std::time::Duration;
    ///
    /// let task = client
    ///     .wait_for_scan_task("2b31ed520xxxxxxebedb6e57xxxxxxxx")
    ///     .timeout(Duration::from_secs(3600))
    ///     .on_progress(|task| println!("{:?} servers left", task.scanning_host_num))
    ///     .await?
    ///     .into_inner();
    /// println!("the scan failed on {:?} servers", task.failed_host_num);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The waiter returns [`ErrorKind::Timeout`](crate::ErrorKind::Timeout) if the task has not ended in time;
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if it is not found, see
    /// [`not_found_limit`](Waiter::not_found_limit); otherwise the error of a poll.
    pub fn wait_for_scan_task(&self, task_id: impl Into<String>) -> Waiter<'static, VulScanTaskInfo> {
        self.scan_waiter(task_id.into(), |task| is_running(task).then(|| progress(task)))
    }

    /// Waits until a scan task that was scanned again has ended, and returns it. Call it after
    /// [`recreate_vul_scan_task`](Self::recreate_vul_scan_task).
    ///
    /// The service may still return the state before the rescan at first. A task that has ended counts only after it was
    /// running or has changed, or at the fifth poll.
    ///
    /// # Errors
    ///
    /// The same as for [`wait_for_scan_task`](Self::wait_for_scan_task).
    pub fn wait_for_rescan(&self, task_id: impl Into<String>) -> Waiter<'static, VulScanTaskInfo> {
        let mut has_begun = false;
        let mut before: Option<VulScanTaskInfo> = None;
        let mut unchanged = 0;
        self.scan_waiter(task_id.into(), move |task| {
            if is_running(task) {
                has_begun = true;
                return Some(progress(task));
            }
            has_begun |= before.get_or_insert_with(|| task.clone()) != task;
            unchanged += 1;
            (!has_begun && unchanged <= MAX_UNCHANGED).then(|| "the rescan has not begun".to_owned())
        })
    }

    /// Waits until an export to a file has ended, and returns it. If it succeeded, `file_id` identifies the file. A failed
    /// export is returned like a successful one: see `task_status`.
    ///
    /// `task_id` is the id that the operation that started the export returned. The operations of HSS that start exports
    /// are not part of this client yet.
    ///
    /// # Errors
    ///
    /// The same as for [`wait_for_scan_task`](Self::wait_for_scan_task).
    pub fn wait_for_export(&self, task_id: impl Into<String>) -> Waiter<'static, ListQueryExportTaskResponse> {
        let task_id = task_id.into();
        let what = format!("export {task_id:?}");
        let request = self.list_query_export_task(task_id);
        let poll = move || {
            let request = request.clone();
            async move { request.send().await }
        };
        let remaining = |task: &ListQueryExportTaskResponse| {
            (task.task_status == Some(ExportTaskStatus::Running)).then(|| "it is running".to_owned())
        };
        self.waiter(&operations::LIST_QUERY_EXPORT_TASK, what, poll, remaining)
    }

    /// Returns a waiter for anything else that takes time. `what` describes it in errors: `the fix of HCVD-1`.
    ///
    /// `poll` requests the state with `operation`. `remaining` returns `None` for the state in which the wait ends. For
    /// other states it describes how far it is.
    ///
    /// ```no_run
    /// # async fn example(client: hss_client::Client) -> hss_client::Result<()> {
    /// let polled = client.clone();
    /// let poll = move || {
    ///     let request = polled.list_vulnerabilities().vul_id("HCVD-1");
    ///     async move { request.send().await }
    /// };
    /// let operation = &hss_client::operations::LIST_VULNERABILITIES;
    /// let is_listed = |page: &hss_client::models::ListVulnerabilitiesResponse| {
    ///     page.total_num.filter(|total| *total > 0).map(|_| "it is still listed".to_owned())
    /// };
    /// client.waiter(operation, "the fix of HCVD-1", poll, is_listed).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn waiter<T: 'static, F>(
        &self,
        operation: &'static Operation,
        what: impl Into<String>,
        poll: impl FnMut() -> F + Send + 'static,
        remaining: impl FnMut(&T) -> Option<String> + Send + 'static,
    ) -> Waiter<'static, T>
    where
        F: Future<Output = Result<Response<T>>> + Send + 'static,
    {
        Waiter::new(self.transport(), operation, what, poll, remaining)
    }

    fn scan_waiter(
        &self,
        task_id: String,
        remaining: impl FnMut(&VulScanTaskInfo) -> Option<String> + Send + 'static,
    ) -> Waiter<'static, VulScanTaskInfo> {
        let what = format!("scan task {task_id:?}");
        let client = self.clone();
        let poll = move || {
            let (client, task_id) = (client.clone(), task_id.clone());
            async move { client.find_scan_task(&task_id).await }
        };
        self.waiter(&operations::LIST_VUL_SCAN_TASK, what, poll, remaining)
    }
}

/// Returns whether the task is still running. An unknown state counts as ended, since it is not known how long to wait
/// for it.
fn is_running(task: &VulScanTaskInfo) -> bool {
    match &task.status {
        Some(status) => *status == ScanTaskStatus::Running,
        None => task.scanning_host_num.is_some_and(|scanning| scanning > 0),
    }
}

/// Describes how far a task is: `120 of 200 servers, 12 failed`. A missing number counts as 0.
fn progress(task: &VulScanTaskInfo) -> String {
    let number = |count: Option<i32>| i64::from(count.unwrap_or(0).max(0));
    let failed = number(task.failed_host_num);
    let done = number(task.success_host_num) + failed;
    format!("{done} of {} servers, {failed} failed", done + number(task.scanning_host_num))
}
