//! How a call proves who makes it.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use futures::future::BoxFuture;
use reqwest::Request;
use reqwest::header::{HeaderName, HeaderValue};

use crate::sign::AccessKey;
use crate::{Error, Result, Runtime, Secret};

mod environment;
mod ini;
mod metadata;
mod profile;
mod summary;
pub(crate) mod variables;

pub use environment::{Environment, KEY_VARIABLES, KeyVariables};
pub use metadata::Metadata;
pub use profile::Profile;
pub use summary::{AuthMethod, CredentialSummary};

const X_AUTH_TOKEN: HeaderName = HeaderName::from_static("x-auth-token");

/// What proves who calls, for one attempt.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Credentials {
    /// A user token of IAM, sent as `X-Auth-Token`: the one way in that the API manual documents.
    Token(Secret),
    /// An access key, with which the request is signed.
    AccessKey(AccessKey),
    /// Nothing: the call is sent without proof, as the one that asks for a token is.
    Anonymous,
}

impl Credentials {
    /// Whether they are the same.
    pub(crate) fn are(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Token(one), Self::Token(other)) => one.expose() == other.expose(),
            // A temporary key that is renewed has another id, too.
            (Self::AccessKey(one), Self::AccessKey(other)) => one.id() == other.id(),
            (Self::Anonymous, Self::Anonymous) => true,
            _ => false,
        }
    }

    /// Returns the values that nobody else may see.
    pub(crate) fn secrets(&self) -> Vec<&str> {
        match self {
            Self::Token(token) => vec![token.expose()],
            Self::AccessKey(key) => std::iter::once(key.secret()).chain(key.security_token()).collect(),
            Self::Anonymous => Vec::new(),
        }
    }

    /// Adds what proves the caller's identity to one attempt.
    pub(crate) fn apply(&self, request: &mut Request) -> Result<()> {
        match self {
            Self::Token(token) => {
                let mut value = HeaderValue::from_str(token.expose())
                    .map_err(|_| Error::usage("the token has a character that no HTTP header can carry"))?;
                value.set_sensitive(true);
                request.headers_mut().insert(X_AUTH_TOKEN, value);
            }
            // A signature covers the whole request, so the transport makes it.
            Self::AccessKey(_) | Self::Anonymous => {}
        }
        Ok(())
    }
}

/// Credentials, and what their source knows of them.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ResolvedCredentials {
    /// What to send or sign with.
    pub credentials: Credentials,
    /// When they end; `None` if that is not known.
    pub expires: Option<SystemTime>,
    /// The project that they came with.
    pub project_id: Option<String>,
    /// Name of the source, for people.
    pub source: String,
}

impl ResolvedCredentials {
    /// Credentials without known end or project.
    pub fn new(credentials: Credentials, source: impl Into<String>) -> Self {
        Self { credentials, expires: None, project_id: None, source: source.into() }
    }

    /// Says when they end.
    #[must_use]
    pub fn expires(mut self, at: SystemTime) -> Self {
        self.expires = Some(at);
        self
    }

    /// Reports whether they have not expired, as far as that is known.
    pub(crate) fn is_valid(&self, now: SystemTime) -> bool {
        self.expires.is_none_or(|expires| now < expires)
    }

    /// Says which project they came with.
    #[must_use]
    pub fn project_id(mut self, id: Option<String>) -> Self {
        self.project_id = id;
        self
    }
}

/// A place that credentials come from.
pub trait Source: fmt::Debug + Send + Sync + 'static {
    /// What people call it, and where it looks: `environment (HUAWEICLOUD_SDK_AK, …)`.
    fn name(&self) -> String;

    /// Asks for credentials. `Ok(None)` if nothing is configured here: the next source is asked.
    ///
    /// # Errors
    ///
    /// What is wrong with what is configured here. No other source is asked then: whoever set this one up means it.
    fn load<'a>(&'a self, runtime: &'a Arc<dyn Runtime>) -> BoxFuture<'a, Result<Option<ResolvedCredentials>>>;

    /// What it has at hand, without asking anybody; `None` where it has nothing, or cannot tell.
    ///
    /// # Errors
    ///
    /// What is wrong with what it has.
    fn summarize(&self, _world: &dyn Runtime) -> Result<Option<CredentialSummary>> {
        Ok(None)
    }

    /// Whether asking again can give something newer; a token that was handed over cannot.
    fn refreshable(&self) -> bool {
        false
    }
}

/// A setting, and what it is set to.
struct Given {
    /// Where it is set, for people.
    setting: String,
    value: Option<String>,
}

/// The access key that settings give; `None` if none of them is set.
fn key(id: Given, secret: Given, security_token: Option<Given>) -> Result<Option<AccessKey>> {
    let lacks = |set: &Given, unset: &Given| {
        Err(Error::usage(format!("{} is set without {}", set.setting, unset.setting))
            .hint(format!("Set {}, too, or neither.", unset.setting)))
    };
    let token = security_token.as_ref().filter(|token| token.value.is_some());
    match (&id.value, &secret.value, token) {
        (Some(_), None, _) => return lacks(&id, &secret),
        (None, Some(_), _) => return lacks(&secret, &id),
        (None, None, Some(token)) => return lacks(token, &id),
        _ => {}
    }
    let (Some(id_value), Some(secret_value)) = (id.value, secret.value) else { return Ok(None) };
    let key = AccessKey::new(&id.setting, &id_value, Secret::new(&secret.setting, secret_value)?)?;
    Ok(Some(match security_token {
        Some(Given { setting, value: Some(token) }) => key.with_security_token(Secret::new(&setting, token)?),
        _ => key,
    }))
}
