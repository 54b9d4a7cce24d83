//! Defines the builder of the client, and how a client is built from the environment.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use huaweicloud_core::{
    Configuration, Identity, Interceptor, IntoEndpoint, Rate, Resolved, Result, Retries, Runtime, SettingNames, Setup,
    TransportBuilder, Wait,
};

use crate::SERVICE;
use crate::client::{Client, Settings};

/// Builds a [`Client`]. Each setting that is not set explicitly comes from the environment.
///
/// | setting | sources, in this order |
/// |---|---|
/// | region | [`region`](Self::region), `HUAWEICLOUD_SDK_REGION_ID`, `HW_REGION_NAME` |
/// | endpoint | [`endpoint`](Self::endpoint); of the region: `HUAWEICLOUD_SDK_REGION_HSS_<REGION>`, the regions file, a built-in rule ([`endpoint()`](crate::endpoint())) |
/// | credentials | [`credentials`](Self::credentials), the default chain: environment, profile file, metadata service ([`Identity::default_chain`]) |
/// | project | [`project_id`](Self::project_id), `HUAWEICLOUD_SDK_PROJECT_ID`, `HW_PROJECT_ID`, that of the credentials, that of the region (requested from IAM) |
/// | enterprise project | [`enterprise_project_id`](Self::enterprise_project_id), `HW_ENTERPRISE_PROJECT_ID` |
/// | endpoint of IAM | [`iam_endpoint`](Self::iam_endpoint); of the region: `HUAWEICLOUD_SDK_REGION_IAM_<REGION>`, `HUAWEICLOUD_SDK_IAM_ENDPOINT`, the regions file, a built-in rule |
/// | proxy, certificates | `HTTPS_PROXY` and similar variables; `SSL_CERT_FILE`, `SSL_CERT_DIR`, the system |
///
/// An empty variable, region or id counts as unset. With an explicit endpoint, the built-in address of IAM for the region
/// is not used: credentials for an endpoint elsewhere must not be sent to the public cloud.
///
/// ```no_run
/// use hss_client::{AccessKey, Client, Credentials, Secret};
///
/// # async fn example(secret: String) -> hss_client::Result<()> {
/// let key = AccessKey::new("the access key", "HPUAABCDEFGHIJKLMNOP", Secret::new("the secret key", secret)?)?;
/// let client = Client::builder()
///     .region("cn-north-4")
///     .credentials(Credentials::AccessKey(key))
///     .project_id("0123456789abcdef0123456789abcdef")
///     .build()
///     .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until it builds"]
pub struct ClientBuilder {
    // Boxed, since futures of callers contain it.
    setup: Box<Setup>,
    concurrency: usize,
}

impl Client {
    /// Returns a builder of a client. Settings that are not set in code come from the environment.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::new()
    }

    /// Builds a client with the settings of the environment: region, endpoint, credentials, project, enterprise project,
    /// and proxy. The command `hss` uses the same.
    ///
    /// The same as `Client::builder().build()`. [`ClientBuilder`] documents the sources of each setting.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`ClientBuilder::build`]. `{:#}` of the error for a missing setting shows all sources.
    ///
    /// ```no_run
    /// # async fn example() -> hss_client::Result<()> {
    /// let client = hss_client::Client::from_env().await?;
    /// let tasks = client.list_vul_scan_task().limit(10).send().await?.into_inner();
    /// println!("{:?}", tasks.total_num);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn from_env() -> Result<Self> {
        Self::builder().build().await
    }
}

impl ClientBuilder {
    /// Returns a builder without explicit settings.
    pub fn new() -> Self {
        Self { setup: Box::new(Setup::new(&SERVICE)), concurrency: 4 }
    }

    /// Sets the region, such as `cn-north-4`. It determines the endpoints of HSS and IAM, and is sent where an operation has a
    /// parameter for it.
    pub fn region(self, region: impl Into<String>) -> Self {
        self.setup(|setup| setup.region(region))
    }

    /// Sets the endpoint of HSS: an [`Endpoint`](crate::Endpoint), or text such as `https://hss.cn-north-4.myhuaweicloud.com` or
    /// `http://127.0.0.1:8080`. [`build`](Self::build) returns the error for malformed text.
    pub fn endpoint(self, endpoint: impl IntoEndpoint) -> Self {
        self.setup(|setup| setup.endpoint(endpoint))
    }

    /// Sets the endpoint of IAM, which issues tokens for users with a password and knows the projects of the regions.
    pub fn iam_endpoint(self, endpoint: impl IntoEndpoint) -> Self {
        self.setup(|setup| setup.iam_endpoint(endpoint))
    }

    /// Sets the credentials: an [`Identity`], or [`Credentials`](crate::Credentials) that never change.
    pub fn credentials(self, credentials: impl Into<Identity>) -> Self {
        self.setup(|setup| setup.credentials(credentials))
    }

    /// Sets the project to which the servers belong: its id of 32 hexadecimal digits.
    pub fn project_id(self, id: impl Into<String>) -> Self {
        self.setup(|setup| setup.project_id(id))
    }

    /// Sets the enterprise project, or `all_granted_eps` for all enterprise projects that the user may see.
    ///
    /// Without it, the service searches only the default enterprise project. If all servers belong to other enterprise
    /// projects, a listing is empty and no error is reported.
    pub fn enterprise_project_id(self, id: impl Into<String>) -> Self {
        self.setup(|setup| setup.enterprise_project_id(id))
    }

    /// Does not look for a project beyond the explicit setting and the variables. Calls then need it as an argument.
    pub fn no_project(self) -> Self {
        self.setup(Setup::no_project)
    }

    /// Reads no settings from environment variables and files, so that the program alone decides. Variables for proxies
    /// and certificates still apply.
    ///
    /// ```no_run
    /// # async fn example(token: hss_client::Secret) -> hss_client::Result<()> {
    /// let client = hss_client::Client::builder()
    ///     .no_environment()
    ///     .endpoint("http://127.0.0.1:8080")
    ///     .credentials(hss_client::Credentials::Token(token))
    ///     .project_id("0123456789abcdef0123456789abcdef")
    ///     .build()
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn no_environment(self) -> Self {
        self.setup(Setup::no_environment)
    }

    /// Sets the names of explicit settings in messages, for programs with options of their own. The default is the names
    /// of the methods of this builder.
    pub fn setting_names(self, names: SettingNames) -> Self {
        self.setup(|setup| setup.setting_names(names))
    }

    /// Sets the maximum number of pages of a listing that are requested at once, as far as the remaining quota allows.
    /// The default is 4, the minimum 1.
    pub fn concurrency(mut self, pages: usize) -> Self {
        self.concurrency = pages.max(1);
        self
    }

    /// Sets how the quota of each operation is applied. The default is [`Rate::Adaptive`].
    pub fn rate(self, rate: Rate) -> Self {
        self.transport(|transport| transport.rate(rate))
    }

    /// Sets the limits for retries. The default is [`Retries::default`].
    pub fn retries(self, retries: Retries) -> Self {
        self.transport(|transport| transport.retries(retries))
    }

    /// Sets the maximum duration of a call, with all waits and retries. The default is no limit. Each page of a listing is
    /// a call. It does not limit [`build`](Self::build).
    pub fn timeout(self, limit: Duration) -> Self {
        self.transport(|transport| transport.timeout(limit))
    }

    /// Sets a header that is sent and signed with every request. See [`CallOptions::set_header`](crate::CallOptions::set_header)
    /// for the allowed ones.
    pub fn header(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.transport(|transport| transport.header(name, value))
    }

    /// Adds an interceptor, which observes every attempt and can change its headers. Interceptors are called in the order
    /// in which they were added.
    pub fn interceptor(self, interceptor: impl Interceptor) -> Self {
        self.transport(|transport| transport.interceptor(interceptor))
    }

    /// Appends the name of the program, such as `my-program/1.0`, to the header `User-Agent`.
    pub fn user_agent_suffix(self, suffix: impl Into<String>) -> Self {
        self.transport(|transport| transport.user_agent_suffix(suffix))
    }

    /// Trusts the certificates in a text in PEM format, in addition to those of the system or the environment. A
    /// [`User`](crate::User) that the program creates has its own [`transport`](crate::User::transport) for logins.
    pub fn root_certificate(self, pem: impl AsRef<[u8]>) -> Self {
        self.transport(|transport| transport.root_certificate(pem))
    }

    /// Sets the URL of an HTTP proxy, such as `http://proxy.example.com:3128`. It replaces the proxy of the environment
    /// and its exceptions. An endpoint on this machine is still reached directly.
    pub fn proxy(self, url: impl Into<String>) -> Self {
        self.transport(|transport| transport.proxy(url))
    }

    /// Sets the maximum size of a response body in bytes, after decompression. The default is 16 MiB. A
    /// [`Download`](crate::Download) has no limit.
    pub fn body_limit(self, bytes: usize) -> Self {
        self.transport(|transport| transport.body_limit(bytes))
    }

    /// Sets the connect timeout. The default is 10 seconds.
    pub fn connect_timeout(self, limit: Duration) -> Self {
        self.transport(|transport| transport.connect_timeout(limit))
    }

    /// Sets the timeout of one attempt, from sending the request to the end of the response. The default is 60 seconds.
    /// The response of a [`Download`](crate::Download) must begin in this time; afterwards, each wait for bytes is limited to it.
    pub fn attempt_timeout(self, limit: Duration) -> Self {
        self.transport(|transport| transport.attempt_timeout(limit))
    }

    /// Sets a callback that is called when a wait begins: for the quota, or before a retry.
    pub fn on_wait(self, callback: impl Fn(&Wait) + Send + Sync + 'static) -> Self {
        self.transport(|transport| transport.on_wait(callback))
    }

    /// Enables a dry run: `show` is called with each request, complete except for the credentials, and no request is
    /// sent. The call returns [`ErrorKind::DryRun`](crate::ErrorKind::DryRun). Credentials are not loaded, the project is
    /// not requested from IAM, and interceptors are not called.
    pub fn dry_run(self, show: impl Fn(&http::Request<Bytes>) + Send + Sync + 'static) -> Self {
        self.transport(|transport| transport.dry_run(show))
    }

    /// Replaces the runtime of the system, which provides clock, random numbers, environment and files. For tests.
    pub fn runtime(self, runtime: Arc<dyn Runtime>) -> Self {
        self.transport(|transport| transport.runtime(runtime))
    }

    /// Returns the settings that are explicit or in the environment, with their sources. Sends no request.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Usage`](crate::ErrorKind::Usage) if a variable is not valid Unicode.
    ///
    /// ```no_run
    /// # fn example() -> hss_client::Result<()> {
    /// let configuration = hss_client::Client::builder().configuration()?;
    /// if let Some(region) = configuration.region {
    ///     println!("region {} from {}", region.value, region.source);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn configuration(&self) -> Result<Configuration> {
        self.setup.configuration()
    }

    /// Finds all settings that are not explicit, and builds the client.
    ///
    /// Requests are sent only if no setting contains the project: then credentials are loaded, which may need a login,
    /// and IAM is asked for the project of the region. The region is checked before.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Usage`](crate::ErrorKind::Usage) if a setting is missing or malformed, with all sources that were
    ///   tried; if the region does not exist; if a rate permits no requests; or if TLS cannot be set up.
    /// - [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if the account has no project in the region, or several.
    /// - Otherwise the error of a login or of the request to IAM.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cancels its requests.
    pub async fn build(self) -> Result<Client> {
        let Resolved { transport, project_id, enterprise_project_id, region, .. } =
            Box::pin(self.setup.build()).await?;
        Ok(Client::new(transport, Settings { project_id, enterprise_project_id, region }, self.concurrency))
    }

    fn setup(self, change: impl FnOnce(Setup) -> Setup) -> Self {
        Self { setup: Box::new(change(*self.setup)), ..self }
    }

    fn transport(self, change: impl FnOnce(TransportBuilder) -> TransportBuilder) -> Self {
        self.setup(|setup| setup.transport(change))
    }
}

impl Default for ClientBuilder {
    fn default() -> Self {
        Self::new()
    }
}
