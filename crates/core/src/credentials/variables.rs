//! Environment variables with settings.

use crate::{Error, Result, Runtime};

/// The variables with the id of the project.
pub(crate) const PROJECT_ID: [&str; 2] = ["HUAWEICLOUD_SDK_PROJECT_ID", "HW_PROJECT_ID"];

/// The first variable that is set.
pub(crate) fn first(runtime: &dyn Runtime, names: [&str; 2]) -> Result<Option<String>> {
    for name in names {
        if let Some(value) = setting(runtime, name)? {
            return Ok(Some(value.trim().to_owned()));
        }
    }
    Ok(None)
}

/// A variable that is set to something.
pub(crate) fn setting(runtime: &dyn Runtime, name: &str) -> Result<Option<String>> {
    // The value stays out of the message: it may be a secret.
    let value = runtime.variable(name).map(|value| value.into_string().map_err(|_| name)).transpose();
    let value =
        value.map_err(|name| Error::usage(format!("{name} is not Unicode")).hint("Set it anew, or unset it."))?;
    Ok(value.filter(|value| !value.trim().is_empty()))
}
