//! Defines credentials and their sources.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use futures::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue};

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

/// The credentials of one attempt.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Credentials {
    /// A user token of IAM, sent as `X-Auth-Token`. It is the only authentication method that the API manual documents.
    Token(Secret),
    /// An access key, which signs the request.
    AccessKey(AccessKey),
    /// No credentials: the request is anonymous, such as the one that requests a token.
    Anonymous,
}

impl Credentials {
    /// Reports whether both are the same credentials.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Token(one), Self::Token(other)) => one.expose() == other.expose(),
            // A refreshed temporary key also has a new id.
            (Self::AccessKey(one), Self::AccessKey(other)) => one.id() == other.id(),
            (Self::Anonymous, Self::Anonymous) => true,
            _ => false,
        }
    }

    /// Returns the values that must not be shown.
    pub(crate) fn secrets(&self) -> Vec<&str> {
        match self {
            Self::Token(token) => vec![token.expose()],
            Self::AccessKey(key) => std::iter::once(key.secret()).chain(key.security_token()).collect(),
            Self::Anonymous => Vec::new(),
        }
    }

    /// Adds the credentials to the headers of one attempt.
    pub(crate) fn apply(&self, headers: &mut HeaderMap) -> Result<()> {
        match self {
            Self::Token(token) => {
                let mut value = HeaderValue::from_str(token.expose())
                    .map_err(|_| Error::usage("the token contains a character that HTTP headers cannot contain"))?;
                value.set_sensitive(true);
                headers.insert(X_AUTH_TOKEN, value);
            }
            // A signature covers the whole request, so the transport creates it.
            Self::AccessKey(_) | Self::Anonymous => {}
        }
        Ok(())
    }
}

/// Credentials with the information that their source provides.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ResolvedCredentials {
    /// The token, access key or nothing to send.
    pub credentials: Credentials,
    /// The expiration time; `None` if it is not known.
    pub expires: Option<SystemTime>,
    /// The project to which the source assigns them.
    pub project_id: Option<String>,
    /// The name of the source, for messages.
    pub source: String,
}

impl ResolvedCredentials {
    /// Returns credentials without expiration time and project.
    pub fn new(credentials: Credentials, source: impl Into<String>) -> Self {
        Self { credentials, expires: None, project_id: None, source: source.into() }
    }

    /// Sets the expiration time.
    #[must_use]
    pub fn expires(mut self, at: SystemTime) -> Self {
        self.expires = Some(at);
        self
    }

    /// Reports whether they have not expired, as far as the expiration time is known.
    pub(crate) fn is_valid(&self, now: SystemTime) -> bool {
        self.expires.is_none_or(|expires| now < expires)
    }

    /// Sets the project.
    #[must_use]
    pub fn project_id(mut self, id: Option<String>) -> Self {
        self.project_id = id;
        self
    }
}

/// A source of credentials.
pub trait Source: fmt::Debug + Send + Sync + 'static {
    /// Returns the name of the source, for messages.
    fn name(&self) -> String;

    /// Describes the settings that an unconfigured source lacks, for the error that lists all sources:
    /// `HW_USER_NAME is not set`.
    fn missing(&self, _runtime: &dyn Runtime) -> String {
        "not configured".to_owned()
    }

    /// Loads credentials. Returns `Ok(None)` if this source is not configured; the next source is then tried.
    ///
    /// # Errors
    ///
    /// Returns an error if the configuration of this source is invalid. No other source is tried then, because the user
    /// has chosen this one.
    fn load<'a>(&'a self, runtime: &'a Arc<dyn Runtime>) -> BoxFuture<'a, Result<Option<ResolvedCredentials>>>;

    /// Returns a summary of the configured credentials, without network access. Returns `None` if the source is not
    /// configured or cannot tell.
    ///
    /// # Errors
    ///
    /// Returns an error if the configuration of this source is invalid.
    fn summarize(&self, _runtime: &dyn Runtime) -> Result<Option<CredentialSummary>> {
        Ok(None)
    }

    /// Reports whether loading again can give newer credentials. A token that the caller provided cannot be refreshed.
    fn refreshable(&self) -> bool {
        false
    }
}

/// A setting and its value.
struct Setting {
    /// The name of the setting, for messages.
    setting: String,
    value: Option<String>,
}

/// Returns the access key of these settings, or `None` if none of them is set.
fn key(id: Setting, secret: Setting, security_token: Option<Setting>) -> Result<Option<AccessKey>> {
    let incomplete = |set: &Setting, unset: &Setting| {
        Err(Error::usage(format!("{} is set without {}", set.setting, unset.setting))
            .with_hint(format!("Set {}, too, or unset both.", unset.setting)))
    };
    let token = security_token.as_ref().filter(|token| token.value.is_some());
    match (&id.value, &secret.value, token) {
        (Some(_), None, _) => return incomplete(&id, &secret),
        (None, Some(_), _) => return incomplete(&secret, &id),
        (None, None, Some(token)) => return incomplete(token, &id),
        _ => {}
    }
    let (Some(id_value), Some(secret_value)) = (id.value, secret.value) else { return Ok(None) };
    let key = AccessKey::new(&id.setting, &id_value, Secret::new(&secret.setting, secret_value)?)?;
    Ok(Some(match security_token {
        Some(Setting { setting, value: Some(token) }) => key.with_security_token(Secret::new(&setting, token)?),
        _ => key,
    }))
}
