//! Reads settings from environment variables.

use crate::{Error, Result, Runtime};

/// The variables for the project id.
pub(crate) const PROJECT_ID: [&str; 2] = ["HUAWEICLOUD_SDK_PROJECT_ID", "HW_PROJECT_ID"];

/// The variables for the region.
pub(crate) const REGION: [&str; 2] = ["HUAWEICLOUD_SDK_REGION_ID", "HW_REGION_NAME"];

/// Returns the value of the first variable that is set.
pub(crate) fn first(runtime: &dyn Runtime, names: [&'static str; 2]) -> Result<Option<String>> {
    Ok(first_with_name(runtime, &names)?.map(|(_, value)| value))
}

/// Returns the name and the value of the first variable that is set.
pub(crate) fn first_with_name(runtime: &dyn Runtime, names: &[&'static str]) -> Result<Option<(&'static str, String)>> {
    for name in names {
        if let Some(value) = setting(runtime, name)? {
            return Ok(Some((name, value.trim().to_owned())));
        }
    }
    Ok(None)
}

/// Returns the value of a variable, or `None` if it is unset or blank.
pub(crate) fn setting(runtime: &dyn Runtime, name: &str) -> Result<Option<String>> {
    // The value may be a secret, so the message does not contain it.
    let value = runtime.variable(name).map(|value| value.into_string().map_err(|_| name)).transpose();
    let value = value.map_err(|name| {
        Error::usage(format!("invalid {name}: not valid Unicode")).with_hint("Set it again, or unset it.")
    })?;
    Ok(value.filter(|value| !value.trim().is_empty()))
}
