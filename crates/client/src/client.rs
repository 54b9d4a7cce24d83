//! The client and what it is set up with.

use std::time::Duration;

use bytes::Bytes;
use huaweicloud_core::call::Call;
use huaweicloud_core::{Arguments, Credentials, Endpoint, Error, Operation, Response, Result, Transport};
use reqwest::header::{CONTENT_TYPE, HeaderValue};

use crate::generated::{operations, wire};

/// A client of HSS for one project.
///
/// Clones are cheap and share connections. The methods that call operations are generated from the API's document.
#[derive(Debug, Clone)]
pub struct Client {
    transport: Transport,
    settings: Settings,
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
#[derive(Debug, Clone, Default)]
#[must_use = "a builder does nothing until it builds"]
pub struct ClientBuilder {
    endpoint: Option<Endpoint>,
    credentials: Option<Credentials>,
    settings: Settings,
    attempt_timeout: Option<Duration>,
    body_limit: Option<usize>,
}

impl ClientBuilder {
    /// Where the service is. Required.
    pub fn endpoint(mut self, endpoint: Endpoint) -> Self {
        self.endpoint = Some(endpoint);
        self
    }

    /// Who calls. Required.
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// The project whose servers are meant.
    pub fn project_id(mut self, id: impl Into<String>) -> Self {
        self.settings.project_id = Some(id.into());
        self
    }

    /// The enterprise project, or `all_granted_eps` for all that the user may see. The service assumes the default
    /// project where none is given.
    pub fn enterprise_project_id(mut self, id: impl Into<String>) -> Self {
        self.settings.enterprise_project_id = Some(id.into());
        self
    }

    /// Bounds the time of one attempt, from sending to having the answer whole; 60 seconds unless set.
    pub fn attempt_timeout(mut self, limit: Duration) -> Self {
        self.attempt_timeout = Some(limit);
        self
    }

    /// Bounds the size of an answer in bytes; 64 MiB unless set.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = Some(bytes);
        self
    }

    /// Builds the client. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`Kind::Usage`](crate::Kind::Usage) if endpoint or credentials are missing, or TLS cannot be set up.
    pub fn build(self) -> Result<Client> {
        let endpoint = self.endpoint.ok_or_else(|| Error::usage("the client has no endpoint"))?;
        let credentials = self.credentials.ok_or_else(|| Error::usage("the client has no credentials"))?;
        let mut transport = Transport::builder(endpoint, credentials);
        if let Some(limit) = self.attempt_timeout {
            transport = transport.attempt_timeout(limit);
        }
        if let Some(bytes) = self.body_limit {
            transport = transport.body_limit(bytes);
        }
        Ok(Client { transport: transport.build()?, settings: self.settings })
    }
}

impl Client {
    /// Starts to set up a client.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
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

    /// The operation of that official name, in any spelling of its case: `ListVulScanTaskHost`.
    #[must_use]
    pub fn operation(name: &str) -> Option<&'static Operation> {
        operations::ALL
            .iter()
            .copied()
            .find(|operation| operation.id.eq_ignore_ascii_case(name) || operation.name == name)
    }

    /// Sends one request of any operation, with parameters by their names on the wire, and returns the body as it
    /// came. Settings of the client stand in for parameters that are not given.
    ///
    /// # Errors
    ///
    /// As for the typed calls; the body is checked for being a success, not for its fields.
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
        arguments.check(operation)?;
        let mut request = arguments.to_request(operation, self.endpoint())?;
        match (body, operation.body) {
            (Some(body), Some(_)) => {
                request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                *request.body_mut() = Some(body.into());
            }
            (None, None) => {}
            (Some(_), None) => return Err(Error::usage("it takes no request body").in_operation(operation.id)),
            (None, Some(body)) => {
                return Err(Error::usage(format!("its request body is missing: JSON of the shape {}", body.schema))
                    .in_operation(operation.id));
            }
        }
        self.transport.execute(request, operation).await
    }

    /// Checks the arguments of a typed call, and makes the generated client that sends it.
    pub(crate) fn begin(&self, operation: &'static Operation, arguments: &Arguments) -> Result<wire::Client> {
        arguments.check(operation)?;
        let call = Call::new(self.transport.clone(), operation);
        Ok(wire::Client::new_with_client(&self.endpoint().to_string(), self.transport.http().clone(), call))
    }
}
