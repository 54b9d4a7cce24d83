//! The client and what it is set up with.

use bytes::Bytes;
use huaweicloud_core::call::Call;
use huaweicloud_core::{Arguments, Endpoint, Identity, Operation, Response, Result, Transport, TransportBuilder};
use reqwest::header::{CONTENT_TYPE, HeaderValue};

use crate::generated::wire;

/// A client of HSS for one project.
///
/// Clones are cheap and share connections. The methods that call operations are generated from the API's document.
#[derive(Debug, Clone)]
pub struct Client {
    transport: Transport,
    settings: Settings,
    concurrency: usize,
}

/// Values that the client fills in where a call gives none; a parameter says so by `x-client-setting`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// The project whose servers are meant.
    pub project_id: Option<String>,
    /// The enterprise project, or `all_granted_eps` for all that the user may see.
    pub enterprise_project_id: Option<String>,
}

impl Settings {
    /// The setting of that name, as `x-client-setting` names it.
    fn get(&self, name: &str) -> Option<&str> {
        match name {
            "project_id" => self.project_id.as_deref(),
            "enterprise_project_id" => self.enterprise_project_id.as_deref(),
            _ => None,
        }
    }
}

/// Sets up a [`Client`].
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until it builds"]
pub struct ClientBuilder {
    transport: TransportBuilder,
    settings: Settings,
    concurrency: usize,
}

impl ClientBuilder {
    /// The project whose servers are meant.
    pub fn project_id(mut self, id: impl Into<String>) -> Self {
        let id = id.into();
        self.transport = self.transport.project_id(&id);
        self.settings.project_id = Some(id);
        self
    }

    /// The enterprise project, or `all_granted_eps` for all that the user may see.
    ///
    /// Without one, the service looks at the default enterprise project alone. A listing is then empty, without an
    /// error, if all servers belong to others.
    pub fn enterprise_project_id(mut self, id: impl Into<String>) -> Self {
        self.settings.enterprise_project_id = Some(id.into());
        self
    }

    /// How many pages of a listing to ask for at once, as far as the quota has room; 4 unless set, at least 1.
    pub fn concurrency(mut self, pages: usize) -> Self {
        self.concurrency = pages.max(1);
        self
    }

    /// Changes how requests are sent: quota, attempts, timeouts, limits.
    ///
    /// ```no_run
    /// # fn example(client: hss_client::ClientBuilder) -> hss_client::Result<hss_client::Client> {
    /// client.transport(|transport| transport.rate(hss_client::Rate::Off)).build()
    /// # }
    /// ```
    pub fn transport(mut self, change: impl FnOnce(TransportBuilder) -> TransportBuilder) -> Self {
        self.transport = change(self.transport);
        self
    }

    /// Builds the client. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) if TLS cannot be set up.
    pub fn build(self) -> Result<Client> {
        let Self { transport, settings, concurrency } = self;
        Ok(Client { transport: transport.build()?, settings, concurrency })
    }
}

impl Client {
    /// Starts to set up a client of the service at `endpoint`, for the user that `identity` stands for: an
    /// [`Identity`], or [`Credentials`](crate::Credentials) that never change.
    pub fn builder(endpoint: Endpoint, identity: impl Into<Identity>) -> ClientBuilder {
        ClientBuilder {
            transport: Transport::builder(endpoint, identity),
            settings: Settings::default(),
            concurrency: 4,
        }
    }

    /// What it fills in where a call gives nothing.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Where it sends to.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        self.transport.endpoint()
    }

    /// Sends one request of any operation, with parameters by their names on the wire, and returns the body as it
    /// came. Settings of the client stand in for parameters that are not given.
    ///
    /// # Errors
    ///
    /// As for the typed calls; the body is checked for being a success, not for its fields.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cancels the call. If the request was sent by then, the service may carry it out.
    ///
    /// ```no_run
    /// # async fn example(client: &hss_client::Client) -> hss_client::Result<()> {
    /// let mut arguments = hss_client::Arguments::new();
    /// arguments.push("task_id", "2b31ed520xxxxxxebedb6e57xxxxxxxx");
    /// let answer = client.execute(&hss_client::operations::LIST_VUL_SCAN_TASK_HOST, arguments, None).await?;
    /// println!("{}", String::from_utf8_lossy(&answer));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn execute(
        &self,
        operation: &'static Operation,
        mut arguments: Arguments,
        body: Option<Bytes>,
    ) -> Result<Response<Bytes>> {
        for parameter in operation.parameters {
            if arguments.get(parameter.name).is_none() {
                arguments.push_some(parameter.name, parameter.setting.and_then(|name| self.settings.get(name)));
            }
        }
        let mut request = arguments.to_request(operation, self.endpoint())?;
        if let Some(body) = body {
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            *request.body_mut() = Some(body.into());
        }
        self.transport.execute(request, operation).await
    }

    /// How many requests of `operation` could be sent now without going over the quota that is known of it, or that
    /// the document states; `usize::MAX` where no quota is kept.
    #[must_use]
    pub fn remaining(&self, operation: &'static Operation) -> usize {
        self.transport.remaining(operation)
    }

    /// Returns how many more pages of a listing may be fetched now, while `pending` pages are.
    pub(crate) fn more_pages(&self, operation: &'static Operation, pending: usize) -> usize {
        self.concurrency.saturating_sub(pending).min(self.remaining(operation))
    }

    /// Makes the generated client that sends a typed call.
    pub(crate) fn begin(&self, operation: &'static Operation) -> wire::Client {
        let call = Call::new(self.transport.clone(), operation);
        wire::Client::new_with_client(&self.endpoint().to_string(), self.transport.http().clone(), call)
    }
}
