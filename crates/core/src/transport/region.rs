//! Whether the region of an address exists.

use crate::proxy::Proxy;
use crate::{Endpoint, Error, Result, World};

/// Checks that the region of an address exists before anything is sent to it.
///
/// A region that is in no table may be new or misspelt: it exists if its host name resolves. Nothing is looked up
/// for known regions, for addresses that were given, and where a proxy looks up names.
///
/// # Errors
///
/// [`Kind::Usage`](crate::Kind::Usage), with the nearest known regions, if the name does not resolve.
///
/// # Cancel safety
///
/// Dropping the future ends the look-up.
pub async fn check_region(endpoint: &Endpoint, world: &dyn World) -> Result<()> {
    let (Some(region), Some(host)) = (endpoint.unknown_region(), endpoint.url().host_str()) else { return Ok(()) };
    if Proxy::to(endpoint, world)?.is_some() {
        return Ok(());
    }
    let failure = || {
        Error::usage(format!("region {:?} is not known, and {host} does not resolve", region.name()))
            .remedy(region.suggestion())
    };
    match world.resolve(host).await {
        Ok(addresses) if addresses.is_empty() => Err(failure()),
        Ok(_) => Ok(()),
        Err(error) => Err(failure().caused_by(error)),
    }
}
