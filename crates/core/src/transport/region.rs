//! Whether the region of an address exists.

use crate::proxy::Proxy;
use crate::{Endpoint, Error, Result, Runtime};

/// Checks that the region of an address exists before anything is sent to it.
///
/// A region that is in no table may be new or misspelt: it exists if its host name resolves. Nothing is looked up
/// for known regions, for addresses that were given, and where a proxy looks up names.
///
/// # Errors
///
/// [`ErrorKind::Usage`](crate::ErrorKind::Usage), with the nearest known regions, if the name does not resolve.
///
/// # Cancel safety
///
/// Dropping the future ends the look-up.
pub async fn check_region(endpoint: &Endpoint, runtime: &dyn Runtime) -> Result<()> {
    let (Some(region), Some(host)) = (endpoint.unknown_region(), endpoint.url().host_str()) else { return Ok(()) };
    if Proxy::to(endpoint, runtime)?.is_some() {
        return Ok(());
    }
    let failure = || {
        Error::usage(format!("region {:?} is not known, and {host} does not resolve", region.name()))
            .hint(region.suggestion())
    };
    match runtime.resolve(host).await {
        Ok(addresses) if addresses.is_empty() => Err(failure()),
        Ok(_) => Ok(()),
        Err(error) => Err(failure().caused_by(error)),
    }
}
