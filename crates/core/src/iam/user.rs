//! Requests tokens from IAM for a user with a password.

use std::sync::Arc;

use futures::future::BoxFuture;

use super::Client;
use crate::credentials::{AuthMethod, CredentialSummary, ResolvedCredentials, Source};
use crate::rate::Rate;
use crate::{Endpoint, Identity, Result, Runtime, Secret, TransportBuilder};

/// The maximum size of a login response in bytes. Responses of IAM have some hundred bytes, or more if a user has many
/// roles.
const RESPONSE_LIMIT: usize = 1024 * 1024;

/// A user of IAM who authenticates with a password and gets a token that is valid for 24 hours.
///
/// As a [`Source`] of credentials, it logs in before the first call and again before the token expires:
///
/// ```
/// use huaweicloud_core::{Endpoint, IAM, Identity, Project, Secret, User};
///
/// let iam = Endpoint::of_region(&IAM, "cn-north-4")?;
/// let password = Secret::new("HW_USER_PASSWORD", "password-example")?;
/// let project = Project::Region("cn-north-4".to_owned());
/// let identity = Identity::from_source(User::new(iam, "example-account", "reader", password, project));
/// # Ok::<(), huaweicloud_core::Error>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct User {
    /// The endpoint of IAM.
    pub endpoint: Endpoint,
    /// The name of the account to which the user belongs.
    pub domain: String,
    /// The name of the user.
    pub name: String,
    /// The password of the user.
    pub password: Secret,
    /// The project for which the token is valid.
    pub project: Project,
    /// How a login is sent: proxy, trusted certificates, timeouts and retries. Each attempt sends the password. Its other
    /// settings are not used.
    pub transport: TransportBuilder,
}

impl User {
    /// Creates a user whose logins are sent with the default options. `domain` is the name of the account, and `name`
    /// that of the user.
    pub fn new(
        endpoint: Endpoint,
        domain: impl Into<String>,
        name: impl Into<String>,
        password: Secret,
        project: Project,
    ) -> Self {
        let (domain, name, transport) = (domain.into(), name.into(), TransportBuilder::default());
        Self { endpoint, domain, name, password, project, transport }
    }
}

/// The project for which a token is valid.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Project {
    /// The project that every account has in a region. It has the name of the region.
    Region(String),
    /// The project with this id.
    Id(String),
}

impl Source for User {
    fn name(&self) -> String {
        format!("user {} of {}, at {}", self.name, self.domain, self.endpoint)
    }

    fn load<'a>(&'a self, runtime: &'a Arc<dyn Runtime>) -> BoxFuture<'a, Result<Option<ResolvedCredentials>>> {
        Box::pin(async {
            // A login is anonymous: IAM would refuse it with an expired token, even if the password is correct.
            let transport = self
                .transport
                .for_iam(self.endpoint.clone())
                .identity(Identity::anonymous())
                .rate(Rate::Off)
                .secret(self.password.clone())
                .body_limit(RESPONSE_LIMIT)
                .runtime(Arc::clone(runtime))
                .build()?;
            let resolved = Client::new(transport).token(self).await;
            resolved
                .map(Some)
                .map_err(|error| error.during(&format!("cannot get a token for user {} of {}", self.name, self.domain)))
        })
    }

    fn summarize(&self, _: &dyn Runtime) -> Result<Option<CredentialSummary>> {
        let auth_method = AuthMethod::User { name: self.name.clone(), domain: self.domain.clone() };
        let project_id = match &self.project {
            Project::Id(id) => Some(id.clone()),
            Project::Region(_) => None,
        };
        Ok(Some(CredentialSummary::new(self.name(), auth_method, project_id)))
    }

    fn refreshable(&self) -> bool {
        true
    }
}
