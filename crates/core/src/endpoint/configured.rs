//! Addresses that the user's environment gives in place of the built-in ones, as the official SDKs read them.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::regions_file;
use crate::{Endpoint, Error, Result, Runtime, Service};

/// Gives the address of IAM for all regions.
const IAM_ENDPOINT: &str = "HUAWEICLOUD_SDK_IAM_ENDPOINT";

/// Gives the file of addresses, in place of `~/.huaweicloud/regions.yaml`.
const REGIONS_FILE: &str = "HUAWEICLOUD_SDK_REGIONS_FILE";

/// Many times the largest sensible file of addresses.
const FILE_LIMIT: u64 = 64 * 1024;

/// The address of `service` in `region`: the first that is given by
///
/// 1. the variable `HUAWEICLOUD_SDK_REGION_<SERVICE>_<REGION>`, in upper case with `_` for `-`, such as
///    `HUAWEICLOUD_SDK_REGION_ECS_CN_NORTH_4`;
/// 2. for `iam`, the variable `HUAWEICLOUD_SDK_IAM_ENDPOINT`;
/// 3. the file `~/.huaweicloud/regions.yaml`, or the one that `HUAWEICLOUD_SDK_REGIONS_FILE` names;
/// 4. the built-in rule, [`Endpoint::of_region`].
///
/// A variable that is set to nothing counts as unset. The file maps services, in any letter case, to addresses:
///
/// ```yaml
/// ECS:
///   - id: cn-north-4
///     endpoint: https://ecs.cn-north-4.myhuaweicloud.com
///   - id: private-1
///     endpoints: [https://ecs.private-1.example.com, https://ecs2.private-1.example.com]
/// ```
///
/// Where several addresses are given (in a variable, separated by commas), all are checked and the first is used:
/// unlike the official SDKs, nothing turns to the others when the first cannot be reached.
///
/// # Errors
///
/// [`ErrorKind::Usage`](crate::ErrorKind::Usage) if `region` is not the name of a region, or if the first of these that gives
/// an address gives one that [`Endpoint::parse`] refuses, or a file that cannot be read, is larger than 64 KiB or is
/// of another form. The message names the variable, or file, line and column.
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

/// The address of `service` in `region` that variables or the file give, as [`endpoint`] reads them; `None` where
/// only the built-in rule has one.
///
/// # Errors
///
/// As [`endpoint`].
pub fn configured_endpoint(runtime: &dyn Runtime, service: &'static Service, region: &str) -> Result<Option<Endpoint>> {
    // It checks the region, which becomes part of the name of a variable.
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
    let value = value
        .into_string()
        .map_err(|_| Error::usage(format!("{name} is not Unicode")).hint("Set it to an address, or unset it."))?;
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
        .map_err(|_| Error::usage(format!("{path} is not UTF-8 text")).hint("Save the file as UTF-8."))?;
    let entries = regions_file::read(&path, &text)?;
    let Some(entry) = entries.iter().find(|entry| entry.is_of(service.name, region)) else {
        return Ok(None);
    };
    first(entry.endpoints.iter().map(|address| (address.place.as_str(), address.text.as_str())))
}

fn unreadable(path: &Path, is_named: bool, error: std::io::Error) -> Error {
    let path = path.display();
    let (what, hint) = if is_named {
        (format!("{path}, which {REGIONS_FILE} names, cannot be read"), format!("Correct or unset {REGIONS_FILE}."))
    } else {
        (format!("{path} cannot be read"), "Correct or remove the file.".to_owned())
    };
    // How the system says this is not for people.
    if error.kind() == ErrorKind::FileTooLarge {
        return Error::usage(format!("{path} is larger than {FILE_LIMIT} bytes")).hint(hint);
    }
    Error::usage(what).hint(hint).caused_by(error)
}

/// The first of these addresses, each with its place, after a check of all.
fn first<'a>(addresses: impl Iterator<Item = (&'a str, &'a str)>) -> Result<Option<Endpoint>> {
    let mut first = None;
    for (place, address) in addresses {
        let endpoint = Endpoint::parse_at(place, address)?;
        first.get_or_insert(endpoint);
    }
    Ok(first)
}
