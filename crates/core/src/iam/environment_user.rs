//! Loads a user from environment variables.

use std::sync::Arc;

use futures::future::BoxFuture;

use super::{IAM, Project, User};
use crate::credentials::variables::{PROJECT_ID, REGION, first, setting};
use crate::credentials::{CredentialSummary, ResolvedCredentials, Source};
use crate::{Endpoint, Error, Result, Runtime, Secret, TransportBuilder, configured_endpoint};

const USER_NAME: &str = "HW_USER_NAME";
const USER_PASSWORD: &str = "HW_USER_PASSWORD";
const DOMAIN_NAME: &str = "HW_DOMAIN_NAME";

/// A user with a password, for whom tokens are requested from IAM: `HW_USER_NAME`, `HW_USER_PASSWORD` and
/// `HW_DOMAIN_NAME`.
///
/// The token is for the project of the field `project_id`, or else of `HUAWEICLOUD_SDK_PROJECT_ID` or `HW_PROJECT_ID`.
/// Without a project id, it is for the project of the region. The region also determines the address of IAM. It is the
/// field `region`, or else `HUAWEICLOUD_SDK_REGION_ID` or `HW_REGION_NAME`.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct EnvironmentUser {
    /// The region, which replaces the variables.
    pub region: Option<String>,
    /// The project, which replaces the variables.
    pub project_id: Option<String>,
    /// The endpoint of IAM, which replaces the address for the region.
    pub iam_endpoint: Option<Endpoint>,
    /// If set, the built-in address of IAM for the region is not used. A login without another address returns an error
    /// with this hint. It is for programs with an explicit endpoint of the service: the password must not be sent to
    /// the public cloud only because a variable contains a region.
    pub built_in_iam_refused: Option<String>,
    /// See [`User::transport`].
    pub transport: TransportBuilder,
}

impl EnvironmentUser {
    fn user(&self, runtime: &dyn Runtime) -> Result<Option<User>> {
        let values = [USER_NAME, USER_PASSWORD, DOMAIN_NAME].map(|name| setting(runtime, name));
        let (name, password, domain) = match values {
            // A domain alone does not configure a user: Terraform also uses it beside an access key.
            [Ok(None), Ok(None), Ok(_)] => return Ok(None),
            [name, password, domain] => (name?, password?, domain?),
        };
        let set = if name.is_some() { USER_NAME } else { USER_PASSWORD };
        let required = |name: &str, value: Option<String>| {
            value.ok_or_else(|| {
                Error::usage(format!("{set} is set without {name}")).with_hint(format!("Set {name}, too."))
            })
        };
        let (name, domain) = (required(USER_NAME, name)?, required(DOMAIN_NAME, domain)?);
        let password = Secret::new(USER_PASSWORD, required(USER_PASSWORD, password)?)?;
        let or = |given: &Option<String>, names| {
            given.clone().map_or_else(|| first(runtime, names), |given| Ok(Some(given)))
        };
        let (region, project_id) = (or(&self.region, REGION)?, or(&self.project_id, PROJECT_ID)?);
        let no_region = || {
            Error::usage(format!("missing region for {USER_NAME}"))
                .with_hint(format!("Set {}, too, or specify the region.", REGION.join(" or ")))
        };
        let configured = match (&self.iam_endpoint, &region) {
            (Some(endpoint), _) => Some(endpoint.clone()),
            (None, Some(region)) => configured_endpoint(runtime, &IAM, region)?,
            (None, None) => None,
        };
        let endpoint = match (configured, &self.built_in_iam_refused, &region) {
            (Some(endpoint), _, _) => endpoint,
            (None, Some(hint), _) => {
                return Err(Error::usage(format!("missing endpoint of IAM for {USER_NAME}")).with_hint(hint));
            }
            (None, None, Some(region)) => Endpoint::of_region(&IAM, region)?,
            (None, None, None) => return Err(no_region()),
        };
        let project = match (project_id, region) {
            (Some(id), _) => Project::Id(id),
            (None, Some(region)) => Project::Region(region),
            (None, None) => return Err(no_region()),
        };
        let [domain, name] = [domain, name].map(|value| value.trim().to_owned());
        Ok(Some(User { endpoint, domain, name, password, project, transport: self.transport.clone() }))
    }
}

impl Source for EnvironmentUser {
    fn name(&self) -> String {
        "an IAM user in the environment".to_owned()
    }

    fn missing(&self, _: &dyn Runtime) -> String {
        format!("{USER_NAME} and {USER_PASSWORD} are not set")
    }

    fn load<'a>(&'a self, runtime: &'a Arc<dyn Runtime>) -> BoxFuture<'a, Result<Option<ResolvedCredentials>>> {
        Box::pin(async {
            match self.user(&**runtime)? {
                Some(user) => user.load(runtime).await,
                None => Ok(None),
            }
        })
    }

    fn summarize(&self, runtime: &dyn Runtime) -> Result<Option<CredentialSummary>> {
        let Some(user) = self.user(runtime)? else { return Ok(None) };
        let place = format!("the environment ({USER_NAME})");
        Ok(user.summarize(runtime)?.map(|summary| CredentialSummary { place, ..summary }))
    }

    fn refreshable(&self) -> bool {
        true
    }
}
