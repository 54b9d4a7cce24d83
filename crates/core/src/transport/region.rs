//! Checks whether the region of an endpoint exists.

use crate::proxy::Proxy;
use crate::{Endpoint, Error, Result, Runtime};

/// Checks that the region of an endpoint exists, before a request is sent to it.
///
/// A region that is in no table may be new or misspelt. It exists if its host name resolves. The name is not resolved
/// for known regions, for explicit endpoints, and if a proxy resolves names.
///
/// # Errors
///
/// Returns [`ErrorKind::Usage`](crate::ErrorKind::Usage) with the nearest known regions if the name does not resolve.
///
/// # Cancel safety
///
/// Dropping the future cancels the lookup.
pub async fn check_region(endpoint: &Endpoint, runtime: &dyn Runtime) -> Result<()> {
    if endpoint.unknown_region().is_none() {
        return Ok(());
    }
    let proxy = Proxy::to(endpoint, runtime)?;
    check_region_with(endpoint, proxy.as_ref(), runtime).await
}

/// Does the same as [`check_region`] with the proxy of a transport.
pub(super) async fn check_region_with(endpoint: &Endpoint, proxy: Option<&Proxy>, runtime: &dyn Runtime) -> Result<()> {
    let (Some(region), Some(host), None) = (endpoint.unknown_region(), endpoint.url().host_str(), proxy) else {
        return Ok(());
    };
    let failure = || {
        Error::usage(format!("unknown region {:?}: {host} does not resolve", region.name()))
            .with_hint(region.suggestion())
    };
    match runtime.resolve(host).await {
        Ok(addresses) if addresses.is_empty() => Err(failure()),
        Ok(_) => Ok(()),
        Err(error) => Err(failure().with_cause(error)),
    }
}
