//! Text that must not be seen.

use std::fmt;

use zeroize::Zeroizing;

use crate::{Error, Result};

/// A token or key: shown as `[redacted]` by `{:?}`, and wiped from memory when dropped.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a secret as it comes from a file, a pipe or a variable: surrounding white space, which these often
    /// add, is no part of it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) if nothing is left, or if there is a character inside that no header
    /// can carry. The message names `setting`, never the value.
    pub fn new(setting: &str, value: impl Into<String>) -> Result<Self> {
        let value = Zeroizing::new(value.into());
        let trimmed = value.trim();
        if trimmed.is_empty() {
            return Err(Error::usage(format!("{setting} is empty")));
        }
        if !trimmed.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') {
            return Err(Error::usage(format!(
                "{setting} has a control or non-ASCII character inside, which no HTTP header can carry"
            ))
            .hint("Check that it was copied whole and from one line."));
        }
        Ok(Self(Zeroizing::new(trimmed.to_owned())))
    }

    /// The text itself, for the one place that sends it.
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
    fn surrounding_white_space_is_no_part_of_a_secret() {
        for given in ["tok\n", "tok\r\n", " tok ", "tok"] {
            assert_eq!(Secret::new("HW_AUTH_TOKEN", given).unwrap().expose(), "tok");
        }
    }

    #[test]
    fn an_inner_control_character_is_refused_without_showing_the_value() {
        for given in ["SENTINEL\nk", "SENTINEL\u{7f}", "SENTINEL\tk", "SENTINELé"] {
            let error = Secret::new("HW_AUTH_TOKEN", given).unwrap_err().to_string();
            assert!(error.contains("HW_AUTH_TOKEN"), "{error}");
            assert!(!error.contains("SENTINEL"), "{error}");
        }
    }

    #[test]
    fn debug_is_redacted() {
        assert_eq!(format!("{:?}", Secret::new("t", "SENTINEL").unwrap()), "[redacted]");
    }
}
