//! Reads endpoints from the environment of the user, which replace the built-in ones, like the official SDKs.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::regions_file;
use crate::{Endpoint, Error, Result, Runtime, Service};

/// The variable with the address of IAM for all regions.
const IAM_ENDPOINT: &str = "HUAWEICLOUD_SDK_IAM_ENDPOINT";

/// The variable with the path of the regions file, which replaces `~/.huaweicloud/regions.yaml`.
const REGIONS_FILE: &str = "HUAWEICLOUD_SDK_REGIONS_FILE";

/// Many times the size of the largest sensible regions file.
const FILE_LIMIT: u64 = 64 * 1024;

/// Returns the address of `service` in `region`. The first of these sources that contains it is used:
///
/// 1. the variable `HUAWEICLOUD_SDK_REGION_<SERVICE>_<REGION>`, in upper case with `_` for `-`, such as
///    `HUAWEICLOUD_SDK_REGION_ECS_CN_NORTH_4`;
/// 2. for `iam`, the variable `HUAWEICLOUD_SDK_IAM_ENDPOINT`;
/// 3. the file `~/.huaweicloud/regions.yaml`, or the one that `HUAWEICLOUD_SDK_REGIONS_FILE` names;
/// 4. the built-in rule, [`Endpoint::of_region`].
///
/// An empty variable counts as unset. The file maps services, in any letter case, to addresses:
///
/// ```yaml
/// ECS:
///   - id: cn-north-4
///     endpoint: https://ecs.cn-north-4.myhuaweicloud.com
///   - id: private-1
///     endpoints: [https://ecs.private-1.example.com, https://ecs2.private-1.example.com]
/// ```
///
/// If several addresses are given (in a variable, separated by commas), all are checked and the first is used. Unlike
/// the official SDKs, the client does not try the others if the first cannot be reached.
///
/// # Errors
///
/// Returns [`ErrorKind::Usage`](crate::ErrorKind::Usage) if `region` is not the name of a region, or if
/// [`Endpoint::parse`] refuses the address. Also returns it if the file cannot be read, is larger than 64 KiB or has
/// another form. The message contains the variable, or the file, line and column.
///
/// ```
/// use huaweicloud_core::{Endpoint, IAM, Result, Runtime, endpoint};
///
/// fn address_of_iam(runtime: &dyn Runtime, region: &str) -> Result<Endpoint> {
///     endpoint(runtime, &IAM, region)
/// }
/// ```
pub fn endpoint(runtime: &dyn Runtime, service: &'static Service, region: &str) -> Result<Endpoint> {
    match configured_endpoint(runtime, service, region)? {
        Some(endpoint) => Ok(endpoint),
        None => Endpoint::of_region(service, region),
    }
}

/// Returns the address of `service` in `region` from variables or the file, like [`endpoint`]. Returns `None` if only
/// the built-in rule gives an address.
///
/// # Errors
///
/// The same as for [`endpoint`].
pub fn configured_endpoint(runtime: &dyn Runtime, service: &'static Service, region: &str) -> Result<Option<Endpoint>> {
    // This checks the region, which becomes part of the name of a variable.
    Endpoint::of_region(service, region)?;
    let mut names = vec![format!("HUAWEICLOUD_SDK_REGION_{}_{region}", service.name).replace('-', "_").to_uppercase()];
    if service.name == "iam" {
        names.push(IAM_ENDPOINT.to_owned());
    }
    for name in names {
        if let Some(endpoint) = from_variable(runtime, &name)? {
            return Ok(Some(endpoint));
        }
    }
    from_file(runtime, service, region)
}

fn from_variable(runtime: &dyn Runtime, name: &str) -> Result<Option<Endpoint>> {
    let Some(value) = runtime.variable(name).filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    let value = value.into_string().map_err(|_| {
        Error::usage(format!("invalid {name}: not valid Unicode")).with_hint("Set it to an address, or unset it.")
    })?;
    first(value.split(',').map(|address| (name, address.trim())))
}

fn from_file(runtime: &dyn Runtime, service: &'static Service, region: &str) -> Result<Option<Endpoint>> {
    let named = runtime.variable(REGIONS_FILE).filter(|value| !value.is_empty()).map(PathBuf::from);
    let is_named = named.is_some();
    let Some(path) = named.or_else(|| Some(runtime.home()?.join(".huaweicloud").join("regions.yaml"))) else {
        return Ok(None);
    };
    let bytes = match runtime.read(&path, FILE_LIMIT) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound && !is_named => return Ok(None),
        Err(error) => return Err(unreadable(&path, is_named, error)),
    };
    let path = path.display().to_string();
    let text = String::from_utf8(bytes)
        .map_err(|_| Error::usage(format!("invalid {path}: not valid UTF-8")).with_hint("Save the file as UTF-8."))?;
    let entries = regions_file::read(&path, &text)?;
    let Some(entry) = entries.iter().find(|entry| entry.is_of(service.name, region)) else {
        return Ok(None);
    };
    first(entry.endpoints.iter().map(|address| (address.place.as_str(), address.text.as_str())))
}

fn unreadable(path: &Path, is_named: bool, error: std::io::Error) -> Error {
    let path = path.display();
    let (what, hint) = if is_named {
        (format!("cannot read {path} ({REGIONS_FILE})"), format!("Correct or unset {REGIONS_FILE}."))
    } else {
        (format!("cannot read {path}"), "Correct or remove the file.".to_owned())
    };
    // The system's message for this error does not contain the limit.
    if error.kind() == ErrorKind::FileTooLarge {
        return Error::usage(format!("cannot read {path}: larger than {FILE_LIMIT} bytes")).with_hint(hint);
    }
    Error::usage(what).with_hint(hint).with_cause(error)
}

/// Checks all addresses and returns the first. Each address comes with its source.
fn first<'a>(addresses: impl Iterator<Item = (&'a str, &'a str)>) -> Result<Option<Endpoint>> {
    let mut first = None;
    for (place, address) in addresses {
        let endpoint = Endpoint::parse_at(place, address)?;
        first.get_or_insert(endpoint);
    }
    Ok(first)
}
