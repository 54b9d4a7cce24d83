//! Where a request comes from.

use std::net::IpAddr;

/// Where a request comes from; an extension of its head.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) IpAddr);

impl Peer {
    /// Returns whether it is this machine.
    pub(crate) fn is_loopback(self) -> bool {
        self.0.to_canonical().is_loopback()
    }
}
