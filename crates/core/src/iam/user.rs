//! A user with a password, who gets tokens from IAM.

use std::sync::Arc;

use futures::future::BoxFuture;

use super::Client;
use crate::credentials::{AuthMethod, CredentialSummary, ResolvedCredentials, Source};
use crate::rate::Rate;
use crate::{Endpoint, Identity, Result, Retries, Runtime, Secret, Transport};

/// The largest answer to a login that is read, in bytes. IAM's has some hundred, and more where a user has many roles.
const ANSWER_LIMIT: usize = 1024 * 1024;

/// A user of IAM, who proves who they are with a password, and gets a token that is valid for 24 hours.
#[derive(Debug, Clone)]
pub struct User {
    /// Where IAM is.
    pub endpoint: Endpoint,
    /// Name of the account that the user belongs to.
    pub domain: String,
    /// Name of the user.
    pub name: String,
    /// The user's password.
    pub password: Secret,
    /// What the token is for.
    pub project: Project,
    /// How often and how long a login is tried. Each attempt sends the password.
    pub retries: Retries,
}

/// The project that a token is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Project {
    /// The one that every account has in a region, which is named as the region is.
    Region(String),
    /// The one of that id.
    Id(String),
}

impl Source for User {
    fn name(&self) -> String {
        format!("user {} of {}, at {}", self.name, self.domain, self.endpoint)
    }

    fn load<'a>(&'a self, runtime: &'a Arc<dyn Runtime>) -> BoxFuture<'a, Result<Option<ResolvedCredentials>>> {
        Box::pin(async {
            // The login proves itself: a dead token beside it would be refused, whatever the password.
            let transport = Transport::builder(self.endpoint.clone(), Identity::anonymous())
                .rate(Rate::Off)
                .retries(self.retries)
                .secret(self.password.clone())
                .body_limit(ANSWER_LIMIT)
                .runtime(Arc::clone(runtime))
                .build()?;
            let resolved = Client::new(transport).token(self).await;
            resolved
                .map(Some)
                .map_err(|error| error.during(&format!("no token for user {} of {}", self.name, self.domain)))
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
