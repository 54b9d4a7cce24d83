//! How a call proves who makes it.

use reqwest::Request;
use reqwest::header::{HeaderName, HeaderValue};

use crate::{Error, Result, Secret};

const X_AUTH_TOKEN: HeaderName = HeaderName::from_static("x-auth-token");

/// What identifies the caller to the gateway.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Credentials {
    /// A user token of IAM, sent as `X-Auth-Token`: the one way in that the API manual documents.
    Token(Secret),
}

impl Credentials {
    /// Adds what proves the caller's identity to one attempt.
    pub(crate) fn apply(&self, request: &mut Request) -> Result<()> {
        match self {
            Self::Token(token) => {
                let mut value = HeaderValue::from_str(token.expose())
                    .map_err(|_| Error::usage("the token has a character that no HTTP header can carry"))?;
                value.set_sensitive(true);
                request.headers_mut().insert(X_AUTH_TOKEN, value);
            }
        }
        Ok(())
    }
}
