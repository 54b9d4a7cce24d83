//! What there is to call with, told without asking anybody.

use super::{Credentials, Grant};

/// What a [`Source`](super::Source) has at hand, as far as this machine can tell: nobody was asked whether it is still
/// good. It holds no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sighting {
    /// Where it is, for people: `the environment (HW_AUTH_TOKEN)`.
    pub place: String,
    /// How it proves who calls.
    pub way: Way,
    /// The project that came with it.
    pub project_id: Option<String>,
}

/// How a caller proves who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Way {
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
    Nobody,
}

impl Sighting {
    pub(crate) fn new(place: impl Into<String>, way: Way, project_id: Option<String>) -> Self {
        Self { place: place.into(), way, project_id }
    }
}

impl From<Grant> for Sighting {
    fn from(grant: Grant) -> Self {
        let way = match &grant.credentials {
            Credentials::Token(_) => Way::Token,
            Credentials::AccessKey(key) => Way::AccessKey { id: key.id().to_owned(), is_temporary: key.is_temporary() },
            Credentials::Nobody => Way::Nobody,
        };
        Self::new(grant.source, way, grant.project_id)
    }
}
