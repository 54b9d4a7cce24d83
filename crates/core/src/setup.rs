//! Finds the settings of a client: explicit ones, then those of the environment, then the project by a request to IAM.

use crate::credentials::variables::{PROJECT_ID, REGION, first_with_name};
use crate::endpoint::{IntoEndpoint, configured_endpoint, endpoint};
use crate::transport::{Transport, TransportBuilder};
use crate::{Endpoint, Error, IAM, Identity, Overrides, Projects, Result, Service};

const ENTERPRISE_PROJECT_ID: [&str; 1] = ["HW_ENTERPRISE_PROJECT_ID"];
const IAM_ENDPOINT: &str = "HUAWEICLOUD_SDK_IAM_ENDPOINT";

/// The size limit of the response of IAM about the projects of a region, in bytes. A response with one project is many
/// times smaller.
const PROJECTS_LIMIT: usize = 1024 * 1024;

/// The explicit settings of a client of one service. [`build`](Self::build) finds the others.
///
/// Each setting has these sources, in this order:
///
/// | setting | sources |
/// |---|---|
/// | region | [`region`](Self::region), `HUAWEICLOUD_SDK_REGION_ID`, `HW_REGION_NAME` |
/// | endpoint | [`endpoint`](Self::endpoint), that of the region (see [`endpoint()`](crate::endpoint())) |
/// | credentials | [`credentials`](Self::credentials), the [default chain](Identity::default_chain) |
/// | project | [`project_id`](Self::project_id), `HUAWEICLOUD_SDK_PROJECT_ID`, `HW_PROJECT_ID`, that of the credentials, that of the region in IAM |
/// | enterprise project | [`enterprise_project_id`](Self::enterprise_project_id), `HW_ENTERPRISE_PROJECT_ID` |
/// | endpoint of IAM | [`iam_endpoint`](Self::iam_endpoint), that of the region |
///
/// An empty variable, region or id counts as unset. With an explicit endpoint of the service, the built-in address of IAM
/// for the region is not used: credentials for an endpoint elsewhere must not be sent to the public cloud.
///
/// ```no_run
/// use huaweicloud_core::{Quota, Service, Setup};
///
/// const QUOTA: Quota = Quota { requests: 100, window: std::time::Duration::from_secs(60) };
/// static ECS: Service = Service::new("ecs", &["cn-north-4"], QUOTA);
///
/// # async fn example() -> huaweicloud_core::Result<()> {
/// let resolved = Setup::new(&ECS).region("cn-north-4").build().await?;
/// println!("{} in project {:?}", resolved.transport.endpoint(), resolved.project_id);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a setup does nothing until it builds"]
pub struct Setup {
    service: &'static Service,
    region: Option<String>,
    endpoint: Option<Address>,
    iam_endpoint: Option<Address>,
    credentials: Option<Identity>,
    project_id: Option<String>,
    enterprise_project_id: Option<String>,
    no_project: bool,
    no_environment: bool,
    names: SettingNames,
    transport: TransportBuilder,
}

/// An explicit address, or the error of its parsing. It is reported when the address is used.
type Address = Result<Endpoint>;

/// The names of explicit settings in messages. The defaults are the methods of a client's builder. A program replaces
/// them with its own options.
///
/// ```
/// let mut names = huaweicloud_core::SettingNames::default();
/// names.region = "--region";
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct SettingNames {
    /// The region.
    pub region: &'static str,
    /// The endpoint of the service.
    pub endpoint: &'static str,
    /// The endpoint of IAM.
    pub iam_endpoint: &'static str,
    /// The credentials.
    pub credentials: &'static str,
    /// The project.
    pub project_id: &'static str,
    /// The enterprise project.
    pub enterprise_project_id: &'static str,
}

impl Default for SettingNames {
    fn default() -> Self {
        Self {
            region: "ClientBuilder::region",
            endpoint: "ClientBuilder::endpoint",
            iam_endpoint: "ClientBuilder::iam_endpoint",
            credentials: "ClientBuilder::credentials",
            project_id: "ClientBuilder::project_id",
            enterprise_project_id: "ClientBuilder::enterprise_project_id",
        }
    }
}

/// A setting and its source.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Setting {
    /// The value of the setting.
    pub value: String,
    /// The variable that contains it, or the name of the explicit setting from [`SettingNames`].
    pub source: &'static str,
}

/// The result of [`Setup::build`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Resolved {
    /// Sends requests to the endpoint with the credentials.
    pub transport: Transport,
    /// The project. It is `None` only with [`Setup::no_project`].
    pub project_id: Option<String>,
    /// The enterprise project, if one is set.
    pub enterprise_project_id: Option<String>,
    /// The region, if one is set. It may be unknown with an explicit endpoint.
    pub region: Option<String>,
}

impl Setup {
    /// Returns the setup of a client of `service` without explicit settings.
    pub fn new(service: &'static Service) -> Self {
        Self {
            service,
            region: None,
            endpoint: None,
            iam_endpoint: None,
            credentials: None,
            project_id: None,
            enterprise_project_id: None,
            no_project: false,
            no_environment: false,
            names: SettingNames::default(),
            transport: TransportBuilder::default(),
        }
    }

    /// Sets the region, such as `cn-north-4`.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = non_empty(region);
        self
    }

    /// Sets the endpoint of the service: an [`Endpoint`], or text that [`Endpoint::parse`] accepts.
    pub fn endpoint(mut self, endpoint: impl IntoEndpoint) -> Self {
        self.endpoint = Some(endpoint.into_endpoint());
        self
    }

    /// Sets the endpoint of IAM, which issues tokens and knows the projects of the regions.
    pub fn iam_endpoint(mut self, endpoint: impl IntoEndpoint) -> Self {
        self.iam_endpoint = Some(endpoint.into_endpoint());
        self
    }

    /// Sets the credentials.
    pub fn credentials(mut self, credentials: impl Into<Identity>) -> Self {
        self.credentials = Some(credentials.into());
        self
    }

    /// Sets the project.
    pub fn project_id(mut self, id: impl Into<String>) -> Self {
        self.project_id = non_empty(id);
        self
    }

    /// Sets the enterprise project.
    pub fn enterprise_project_id(mut self, id: impl Into<String>) -> Self {
        self.enterprise_project_id = non_empty(id);
        self
    }

    /// Does not look for a project beyond the explicit setting and the variables. Calls then need it as an argument.
    pub fn no_project(mut self) -> Self {
        self.no_project = true;
        self
    }

    /// Reads no settings from environment variables and files, so that the program alone decides. Variables for proxies
    /// and certificates still apply.
    pub fn no_environment(mut self) -> Self {
        self.no_environment = true;
        self
    }

    /// Sets the names of explicit settings in messages.
    pub fn setting_names(mut self, names: SettingNames) -> Self {
        self.names = names;
        self
    }

    /// Changes how requests are sent.
    pub fn transport(mut self, change: impl FnOnce(TransportBuilder) -> TransportBuilder) -> Self {
        self.transport = change(self.transport);
        self
    }

    /// Reads the settings from the environment. Sends no request.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Usage`](crate::ErrorKind::Usage) if a variable is not valid Unicode.
    pub fn configuration(&self) -> Result<Configuration> {
        let read = |explicit: &Option<String>, source: &'static str, names: &[&'static str]| match explicit {
            Some(value) => Ok(Some(Setting { value: value.clone(), source })),
            None if self.no_environment => Ok(None),
            None => {
                let found = first_with_name(&*self.transport.runtime, names)?;
                Ok(found.map(|(source, value)| Setting { value, source }))
            }
        };
        let names = &self.names;
        Ok(Configuration {
            region: read(&self.region, names.region, &REGION)?,
            project_id: read(&self.project_id, names.project_id, &PROJECT_ID)?,
            enterprise_project_id: read(
                &self.enterprise_project_id,
                names.enterprise_project_id,
                &ENTERPRISE_PROJECT_ID,
            )?,
            setup: Box::new(self.clone()),
        })
    }

    /// Finds all settings that are not explicit, and builds the transport.
    ///
    /// Requests are sent only if no setting contains the project: then credentials are loaded, which may need a login,
    /// and IAM is asked for the project of the region.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Usage`](crate::ErrorKind::Usage) if a setting is missing or malformed, with all places where it
    ///   was looked for; if the region does not exist; and in the cases of [`TransportBuilder::build`].
    /// - [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if the account has no project in the region, or several.
    /// - Otherwise the error of a login or of the request to IAM.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cancels its requests.
    pub async fn build(self) -> Result<Resolved> {
        let configuration = self.configuration()?;
        let (endpoint, identity) = (configuration.endpoint()?, configuration.identity()?);
        let transport = self.transport.clone().endpoint(endpoint.clone()).identity(identity.clone());
        let project_id = match &configuration.project_id {
            None if !self.no_project => Some(configuration.find_project(&identity, &transport).await?),
            given => {
                if self.credentials.is_none() && !transport.is_dry_run() {
                    let summary = identity.summary(&transport.runtime).await?;
                    summary.ok_or_else(|| identity.missing(&*transport.runtime))?;
                }
                given.as_ref().map(|setting| setting.value.clone())
            }
        };
        let transport = match &project_id {
            Some(id) => transport.project_id(id),
            None => transport,
        };
        Ok(Resolved {
            transport: transport.build()?,
            project_id,
            enterprise_project_id: configuration.enterprise_project_id.map(|setting| setting.value),
            region: configuration.region.map(|setting| setting.value),
        })
    }
}

/// The settings of a client that are explicit or in the environment, with their sources. No request is sent to find
/// them.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Configuration {
    /// The region.
    pub region: Option<Setting>,
    /// The project, if a setting contains it.
    pub project_id: Option<Setting>,
    /// The enterprise project.
    pub enterprise_project_id: Option<Setting>,
    // Boxed, since futures of callers contain it.
    setup: Box<Setup>,
}

impl Configuration {
    /// Returns the endpoint of the service.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Usage`](crate::ErrorKind::Usage) if there is neither an endpoint nor a region, or if one is
    /// malformed; also in the cases of [`endpoint()`](crate::endpoint()).
    pub fn endpoint(&self) -> Result<Endpoint> {
        let Setup { service, ref endpoint, names, .. } = *self.setup;
        match (endpoint, &self.region) {
            (Some(address), _) => address.clone(),
            (None, Some(region)) => self.of_region(service, &region.value),
            (None, None) => {
                let variables = self.or_variables(&REGION);
                Err(Error::usage(format!("missing endpoint: use {} or {}{variables}", names.endpoint, names.region)))
            }
        }
    }

    /// Returns the endpoint of IAM at which the project of the region is looked up. Returns `None` without a region, or
    /// if the endpoint of the service is explicit and that of IAM is not configured.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Usage`](crate::ErrorKind::Usage) if an endpoint is malformed; also in the cases of
    /// [`endpoint()`](crate::endpoint()).
    pub fn iam_endpoint(&self) -> Result<Option<Endpoint>> {
        let setup = &*self.setup;
        let Some(Setting { value: region, .. }) = &self.region else { return Ok(None) };
        match &setup.iam_endpoint {
            Some(address) => address.clone().map(Some),
            None if setup.endpoint.is_none() => self.of_region(&IAM, region).map(Some),
            None if setup.no_environment => Ok(None),
            None => configured_endpoint(&*setup.transport.runtime, &IAM, region),
        }
    }

    /// Returns the credentials. No source is read yet.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Usage`](crate::ErrorKind::Usage) if the endpoint of IAM is malformed, or if there are no
    /// credentials with [`Setup::no_environment`].
    pub fn identity(&self) -> Result<Identity> {
        let Setup { ref credentials, ref iam_endpoint, ref endpoint, names, no_environment, .. } = *self.setup;
        if let Some(identity) = credentials {
            return Ok(identity.clone());
        }
        if no_environment {
            return Err(Error::usage("missing credentials").with_hint(format!("Use {}.", names.credentials)));
        }
        let value = |setting: &Option<Setting>| setting.as_ref().map(|setting| setting.value.clone());
        let built_in_iam_refused = endpoint.is_some().then(|| {
            format!(
                "Add {}, or set {IAM_ENDPOINT}: with {}, the IAM of the region is not used.",
                names.iam_endpoint, names.endpoint
            )
        });
        Ok(Identity::default_chain(Overrides {
            region: value(&self.region),
            project_id: value(&self.project_id),
            iam_endpoint: iam_endpoint.clone().transpose()?,
            built_in_iam_refused,
            transport: self.setup.transport.clone(),
            ..Overrides::default()
        }))
    }

    fn of_region(&self, service: &'static Service, region: &str) -> Result<Endpoint> {
        if self.setup.no_environment {
            Endpoint::of_region(service, region)
        } else {
            endpoint(&*self.setup.transport.runtime, service, region)
        }
    }

    /// Returns the project of the credentials. Without one, looks up the project that is named after the region.
    async fn find_project(&self, identity: &Identity, transport: &TransportBuilder) -> Result<String> {
        let runtime = &transport.runtime;
        // Reports invalid certificates and proxies before credentials are used.
        let checked = transport.clone().build()?;
        if transport.is_dry_run() {
            let summary = identity.summary(runtime).await?;
            let tried = "IAM: not asked in a dry run".to_owned();
            return summary
                .and_then(|summary| summary.project_id)
                .ok_or_else(|| self.missing_project(vec![tried], None));
        }
        // Precedes the credentials, which may need a login.
        checked.check_region().await?;
        let resolved = identity.current(runtime).await?;
        if let Some(id) = &resolved.project_id {
            return Ok(id.clone());
        }
        let (Some(iam), Some(region)) = (self.iam_endpoint()?, &self.region) else {
            let SettingNames { region, endpoint, iam_endpoint, .. } = self.setup.names;
            let variable = if self.setup.no_environment { String::new() } else { format!(" or {IAM_ENDPOINT}") };
            let (reason, hint) = match self.region {
                None => ("no region is set", None),
                Some(_) => {
                    let hint = format!(
                        "With {endpoint}, the project of {region} is looked up only if {iam_endpoint}{variable} is set, too."
                    );
                    ("its endpoint is not set", Some(hint))
                }
            };
            let credentials = format!("the credentials from {}: they have no project", resolved.source);
            return Err(self.missing_project(vec![credentials, format!("IAM: not asked, because {reason}")], hint));
        };
        let transport = transport.for_iam(iam).body_limit(PROJECTS_LIMIT).build()?;
        Projects::new(transport).id(&region.value).await
    }

    /// Returns the error for a missing project. `tried` has one line for each source after the settings.
    fn missing_project(&self, tried: Vec<String>, hint: Option<String>) -> Error {
        let variables = self.or_variables(&PROJECT_ID);
        let message = format!("missing project: use {}{variables}", self.setup.names.project_id);
        let error = Error::usage(message).with_details(tried);
        match hint {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    }

    /// Returns `, or set A or B` for messages, unless variables are not read.
    fn or_variables(&self, names: &[&str]) -> String {
        if self.setup.no_environment { String::new() } else { format!(", or set {}", names.join(" or ")) }
    }
}

fn non_empty(text: impl Into<String>) -> Option<String> {
    Some(text.into()).filter(|text| !text.is_empty())
}
