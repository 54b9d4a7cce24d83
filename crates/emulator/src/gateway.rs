//! Who may ask: what is checked of a request, and noted of it, before an operation answers it.

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
