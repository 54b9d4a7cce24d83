//! Defines the client and its settings.

use bytes::Bytes;
use huaweicloud_core::generated::{self as hooks, Call};
use huaweicloud_core::{Arguments, CallOptions, Download, Endpoint, Operation, Response, Result, Transport};

use crate::generated::wire;

/// A client of HSS for one project.
///
/// Clones are cheap and share connections. The methods that call operations are generated from the OpenAPI document.
#[derive(Debug, Clone)]
pub struct Client {
    transport: Transport,
    settings: Settings,
    concurrency: usize,
}

/// Default values for parameters that a call does not set. The OpenAPI document marks such a parameter with
/// `x-client-setting`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// The project to which the servers belong.
    pub project_id: Option<String>,
    /// The enterprise project, or `all_granted_eps` for all enterprise projects that the user may see.
    pub enterprise_project_id: Option<String>,
    /// The region. Without it, as with an endpoint alone, the parameter is not sent.
    pub region: Option<String>,
}

impl Settings {
    /// Returns the setting with the name that `x-client-setting` gives.
    fn get(&self, name: &str) -> Option<&str> {
        match name {
            "project_id" => self.project_id.as_deref(),
            "enterprise_project_id" => self.enterprise_project_id.as_deref(),
            "region" => self.region.as_deref(),
            _ => None,
        }
    }
}

impl Client {
    /// Returns a client with the result of its [builder](Client::builder).
    pub(crate) fn new(transport: Transport, settings: Settings, concurrency: usize) -> Self {
        Self { transport, settings, concurrency }
    }

    /// Returns a client for another project. It shares connections, credentials and quotas with this one. The enterprise
    /// project and the options of calls stay the same.
    ///
    /// A token is valid for one project only, so the credentials should be an access key of a user with permissions in
    /// both projects.
    #[must_use]
    pub fn for_project(&self, id: impl Into<String>) -> Self {
        let id = id.into();
        let settings = Settings { project_id: Some(id.clone()), ..self.settings.clone() };
        Self { transport: self.transport.for_project(&id), settings, ..*self }
    }

    /// Returns the options of calls.
    #[must_use]
    pub fn options(&self) -> &CallOptions {
        self.transport.options()
    }

    /// Returns the options of calls, to change them for this client. Other clones keep theirs.
    ///
    /// ```no_run
    /// # fn example(client: &hss_client::Client) {
    /// let mut quick = client.clone();
    /// quick.options_mut().timeout = Some(std::time::Duration::from_secs(5));
    /// # }
    /// ```
    pub fn options_mut(&mut self) -> &mut CallOptions {
        self.transport.options_mut()
    }

    /// Returns the default values for parameters that a call does not set.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Returns the endpoint to which requests are sent.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        self.transport.endpoint()
    }

    /// Sends one request of any operation and returns the body unchanged. Arguments are given by the names of their
    /// parameters in the API. Settings of the client replace parameters that are not given. Where the service requires a page
    /// that is not given, the call asks for the largest one from the first row.
    ///
    /// # Errors
    ///
    /// Returns the same errors as the typed calls. It checks that the response is a success, but not the fields of the
    /// body.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cancels the call. If the request was already sent, the service may still carry it out.
    ///
    /// ```no_run
    /// # async fn example(client: &hss_client::Client) -> hss_client::Result<()> {
    /// let mut arguments = hss_client::Arguments::new();
    /// arguments.push("task_id", "2b31ed520xxxxxxebedb6e57xxxxxxxx");
    /// let response = client.execute(&hss_client::operations::LIST_VUL_SCAN_TASK_HOST, arguments, None).await?;
    /// println!("{}", String::from_utf8_lossy(response.get_ref()));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn execute(
        &self,
        operation: &'static Operation,
        arguments: Arguments,
        body: Option<Bytes>,
    ) -> Result<Response<Bytes>> {
        self.transport.execute(operation, &self.completed(operation, arguments), body).await
    }

    /// Sends one request of any operation that returns bytes, such as a file. Otherwise, it does the same as
    /// [`execute`](Self::execute). `success.binary` of the operation states whether it returns bytes.
    ///
    /// # Errors
    ///
    /// Returns the same errors as the typed calls, and [`ErrorKind::Usage`](crate::ErrorKind::Usage) if the operation does
    /// not return bytes.
    ///
    /// # Cancel safety
    ///
    /// The same as for [`execute`](Self::execute).
    ///
    /// ```no_run
    /// # async fn example(client: &hss_client::Client) -> hss_client::Result<()> {
    /// let mut arguments = hss_client::Arguments::new();
    /// arguments.push("file_id", "f1e9a3c0");
    /// let operation = &hss_client::operations::LIST_DOWNLOAD_EXPORTED_FILE;
    /// let mut download = client.download(operation, arguments, None).await?.into_inner();
    /// while let Some(bytes) = download.chunk().await? {
    ///     println!("{} bytes", bytes.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn download(
        &self,
        operation: &'static Operation,
        arguments: Arguments,
        body: Option<Bytes>,
    ) -> Result<Response<Download>> {
        self.transport.download(operation, &self.completed(operation, arguments), body).await
    }

    /// Adds the settings of the client for parameters that are not given.
    fn completed(&self, operation: &'static Operation, mut arguments: Arguments) -> Arguments {
        for parameter in operation.parameters {
            if arguments.get(parameter.name).is_none() {
                arguments.push_some(parameter.name, parameter.setting.and_then(|name| self.settings.get(name)));
                let page = if parameter.required { operation.page_default(parameter.name) } else { None };
                arguments.push_some(parameter.name, page);
            }
        }
        arguments
    }

    /// Returns how many requests of `operation` can be sent now without exceeding its quota. That is the quota in
    /// force, or else the documented one. Returns `usize::MAX` with [`Rate::Off`](crate::Rate::Off).
    #[must_use]
    pub fn remaining(&self, operation: &'static Operation) -> usize {
        self.transport.remaining(operation)
    }

    /// Returns how many more pages of a listing may be requested now, while `pending` requests for pages are in
    /// progress.
    pub(crate) fn more_pages(&self, operation: &'static Operation, pending: usize) -> usize {
        self.concurrency.saturating_sub(pending).min(self.remaining(operation))
    }

    pub(crate) fn transport(&self) -> &Transport {
        &self.transport
    }

    /// Returns the generated client that sends a typed call.
    pub(crate) fn begin(&self, operation: &'static Operation) -> wire::Client {
        let call = Call::new(self.transport.clone(), operation);
        wire::Client::new_with_client(&self.endpoint().to_string(), hooks::http(&self.transport), call)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::sync::{Arc, Mutex};

    use huaweicloud_core::{Credentials, ErrorKind, Secret};

    use super::*;
    use crate::{ClientBuilder, operations};

    /// Returns the header `region` of the request that a client would send.
    async fn sent<T>(builder: ClientBuilder, call: impl AsyncFnOnce(Client) -> Result<T>) -> Option<String> {
        let region = Arc::new(Mutex::new(None));
        let seen = Arc::clone(&region);
        let token = Credentials::Token(Secret::new("token", "t").unwrap());
        let client = builder.no_environment().credentials(token).project_id("p").dry_run(move |request| {
            *seen.lock().unwrap() = request.headers().get("region").map(|value| value.to_str().unwrap().to_owned());
        });
        let outcome = call(client.build().await.unwrap()).await;
        assert_eq!(outcome.err().unwrap().kind(), ErrorKind::DryRun);
        region.lock().unwrap().clone()
    }

    #[tokio::test]
    async fn the_region_of_the_client_is_sent_where_an_operation_takes_it() {
        let region = || Client::builder().region("cn-north-4");
        let elsewhere = || Client::builder().endpoint("http://127.0.0.1:1");
        let servers = async |client: Client| client.list_host_status().send().await;
        assert_eq!(sent(region(), servers).await.as_deref(), Some("cn-north-4"));
        assert_eq!(sent(elsewhere(), servers).await, None);
        assert_eq!(sent(elsewhere().region("eu-west-0"), servers).await.as_deref(), Some("eu-west-0"));
        let chosen = async |client: Client| client.list_host_status().region("cn-east-3").send().await;
        assert_eq!(sent(region(), chosen).await.as_deref(), Some("cn-east-3"));
        let by_name = async |client: Client| {
            client.for_project("q").execute(&operations::LIST_HOST_STATUS, Arguments::new(), None).await
        };
        assert_eq!(sent(region(), by_name).await.as_deref(), Some("cn-north-4"));
        let without = async |client: Client| client.list_vul_scan_task().send().await;
        assert_eq!(sent(region(), without).await, None);
    }
}
