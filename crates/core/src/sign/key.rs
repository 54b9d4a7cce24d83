//! Defines access keys.

use crate::{Error, Result, Secret};

/// An access key (AK and SK): permanent, or temporary if it has a security token.
///
/// `{:?}` shows only the id.
#[derive(Debug, Clone)]
pub struct AccessKey {
    id: String,
    secret: Secret,
    security_token: Option<Secret>,
}

impl AccessKey {
    /// Creates a key from its id and its secret. White space around the id, which files and pipes often add, is
    /// removed.
    ///
    /// `setting` names the place the id comes from, such as `HUAWEICLOUD_SDK_AK`. Errors show it instead of the id.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Usage`](crate::ErrorKind::Usage) if the id is empty, or contains a character that would end
    /// it in the `Authorization` header. The message contains `setting`, and never the id: it may be a
    /// misplaced secret.
    ///
    /// # Examples
    ///
    /// ```
    /// use huaweicloud_core::{AccessKey, Secret};
    ///
    /// let secret = Secret::new("HUAWEICLOUD_SDK_SK", "sk-example")?;
    /// let key = AccessKey::new("HUAWEICLOUD_SDK_AK", "AKEXAMPLE", secret)?;
    /// assert_eq!(key.id(), "AKEXAMPLE");
    /// # Ok::<(), huaweicloud_core::Error>(())
    /// ```
    pub fn new(setting: &str, id: &str, secret: Secret) -> Result<Self> {
        let id = id.trim();
        if id.is_empty() {
            return Err(Error::usage(format!("{setting} is empty")));
        }
        if !id.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b',' | b'/' | b'=')) {
            return Err(Error::usage(format!("{setting} contains a character that access key ids cannot contain"))
                .with_hint("Check that it is the id (AK) and not the secret (SK), and that it was copied completely and from one line."));
        }
        Ok(Self { id: id.to_owned(), secret, security_token: None })
    }

    /// Adds the security token of a temporary key, which is not valid without it.
    #[must_use]
    pub fn with_security_token(mut self, token: Secret) -> Self {
        self.security_token = Some(token);
        self
    }

    /// Returns the id (AK), which is not secret.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Reports whether the key has a security token and therefore expires.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        self.security_token.is_some()
    }

    pub(crate) fn secret(&self) -> &str {
        self.secret.expose()
    }

    pub(crate) fn security_token(&self) -> Option<&str> {
        self.security_token.as_ref().map(Secret::expose)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> Secret {
        Secret::new("SK", "SENTINEL-SK").unwrap()
    }

    #[test]
    fn debug_shows_only_the_id() {
        let key = AccessKey::new("AK", " AKID\n", secret()).unwrap();
        assert_eq!(format!("{key:?}"), r#"AccessKey { id: "AKID", secret: [redacted], security_token: None }"#);
        let key = key.with_security_token(Secret::new("T", "SENTINEL-T").unwrap());
        assert_eq!(
            format!("{key:?}"),
            r#"AccessKey { id: "AKID", secret: [redacted], security_token: Some([redacted]) }"#
        );
    }

    #[test]
    fn refuses_an_invalid_id_without_showing_it() {
        for given in ["", " \n", "SENTINEL\nX", "SENTINEL X", "SENTINEL,X", "SENTINEL/X", "SENTINEL=", "SENTINELé"] {
            let error = AccessKey::new("HUAWEICLOUD_SDK_AK", given, secret()).unwrap_err();
            assert_eq!(error.kind(), crate::ErrorKind::Usage);
            let text = format!("{error:#}");
            assert!(text.contains("HUAWEICLOUD_SDK_AK") && !text.contains("SENTINEL"), "{text}");
        }
    }
}
