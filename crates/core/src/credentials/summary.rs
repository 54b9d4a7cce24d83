//! What there is to call with, told without asking anybody.

use super::{Credentials, ResolvedCredentials};

/// What a [`Source`](super::Source) has at hand, as far as this machine can tell: nobody was asked whether it is still
/// good. It holds no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CredentialSummary {
    /// Where it is, for people: `the environment (HW_AUTH_TOKEN)`.
    pub place: String,
    /// How it proves who calls.
    pub auth_method: AuthMethod,
    /// The project that came with it.
    pub project_id: Option<String>,
}

/// How a caller proves who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuthMethod {
    /// A user token, sent as it is.
    Token,
    /// An access key, which signs.
    AccessKey {
        /// Its id, which is no secret.
        id: String,
        /// Whether it ends by itself, and has a security token.
        is_temporary: bool,
    },
    /// A user with a password, who gets a token from IAM.
    User {
        /// The name of the user.
        name: String,
        /// The account that the user belongs to.
        domain: String,
    },
    /// The agency of the cloud server that this runs on, which the metadata service knows.
    Agency,
    /// Nothing at all: calls go out as nobody's.
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
