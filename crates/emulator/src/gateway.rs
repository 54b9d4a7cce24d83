//! The emulated API gateway: authenticates, routes, throttles and logs requests before an operation processes them.

pub(crate) mod access;
pub(crate) mod body;
pub(crate) mod issuer;
pub(crate) mod log;
pub(crate) mod origin;
pub(crate) mod peer;
pub(crate) mod percent;
pub(crate) mod quota;
pub(crate) mod route;
mod signature;
pub(crate) mod users;
