//! Defines a type for secret text.

use std::fmt;

use zeroize::Zeroizing;

use crate::{Error, Result};

/// A token or key. `{:?}` shows it as `[redacted]`, and its memory is wiped when it is dropped.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Creates a secret from the content of a file, a pipe or a variable. Surrounding white space, which these often
    /// add, is removed.
    ///
    /// `setting` names the place the value comes from, such as `HW_AUTH_TOKEN`. Errors show it instead of the value.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Usage`](crate::ErrorKind::Usage) if the value is empty or contains a character that no
    /// header can carry. The message contains `setting`, never the value.
    ///
    /// # Examples
    ///
    /// ```
    /// use huaweicloud_core::Secret;
    ///
    /// let token = Secret::new("HW_AUTH_TOKEN", "MIIDkgYJKoZIhvcN\n")?;
    /// assert_eq!(format!("{token:?}"), "[redacted]");
    ///
    /// let error = Secret::new("HW_AUTH_TOKEN", "").unwrap_err();
    /// assert_eq!(error.message(), "HW_AUTH_TOKEN is empty");
    /// # Ok::<(), huaweicloud_core::Error>(())
    /// ```
    pub fn new(setting: &str, value: impl Into<String>) -> Result<Self> {
        let value = Zeroizing::new(value.into());
        let trimmed = value.trim();
        if trimmed.is_empty() {
            return Err(Error::usage(format!("{setting} is empty")));
        }
        if !trimmed.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') {
            return Err(Error::usage(format!(
                "{setting} contains a control or non-ASCII character, which HTTP headers cannot contain"
            ))
            .with_hint("Check that it was copied completely and from one line."));
        }
        Ok(Self(Zeroizing::new(trimmed.to_owned())))
    }

    /// Returns the text, for the code that sends it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removes_surrounding_white_space() {
        for given in ["tok\n", "tok\r\n", " tok ", "tok"] {
            assert_eq!(Secret::new("HW_AUTH_TOKEN", given).unwrap().expose(), "tok");
        }
    }

    #[test]
    fn refuses_a_control_character_without_showing_the_value() {
        for given in ["SENTINEL\nk", "SENTINEL\u{7f}", "SENTINEL\tk", "SENTINELé"] {
            let error = format!("{:#}", Secret::new("HW_AUTH_TOKEN", given).unwrap_err());
            assert!(error.contains("HW_AUTH_TOKEN"), "{error}");
            assert!(!error.contains("SENTINEL"), "{error}");
        }
    }

    #[test]
    fn debug_is_redacted() {
        assert_eq!(format!("{:?}", Secret::new("t", "SENTINEL").unwrap()), "[redacted]");
    }
}
