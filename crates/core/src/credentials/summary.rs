//! Summarizes configured credentials without network access.

use super::{Credentials, ResolvedCredentials};

/// A summary of the credentials of a [`Source`](super::Source), as known locally. The service is not asked whether they
/// are still valid. It contains no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CredentialSummary {
    /// The location of the credentials, for messages: `the environment (HW_AUTH_TOKEN)`.
    pub place: String,
    /// The authentication method.
    pub auth_method: AuthMethod,
    /// The project to which the source assigns them.
    pub project_id: Option<String>,
}

/// An authentication method.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuthMethod {
    /// A user token, which is sent unchanged.
    Token,
    /// An access key, which signs requests.
    AccessKey {
        /// The id of the key, which is not secret.
        id: String,
        /// Whether the key expires and has a security token.
        is_temporary: bool,
    },
    /// A user with a password, with which a token is requested from IAM.
    User {
        /// The name of the user.
        name: String,
        /// The account to which the user belongs.
        domain: String,
    },
    /// The agency of the cloud server on which the program runs, as known to the metadata service.
    Agency,
    /// No credentials: requests are anonymous.
    Anonymous,
}

impl CredentialSummary {
    pub(crate) fn new(place: impl Into<String>, auth_method: AuthMethod, project_id: Option<String>) -> Self {
        Self { place: place.into(), auth_method, project_id }
    }
}

impl From<ResolvedCredentials> for CredentialSummary {
    fn from(resolved: ResolvedCredentials) -> Self {
        let auth_method = match &resolved.credentials {
            Credentials::Token(_) => AuthMethod::Token,
            Credentials::AccessKey(key) => {
                AuthMethod::AccessKey { id: key.id().to_owned(), is_temporary: key.is_temporary() }
            }
            Credentials::Anonymous => AuthMethod::Anonymous,
        };
        Self::new(resolved.source, auth_method, resolved.project_id)
    }
}
