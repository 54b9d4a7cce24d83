//! The remote address of a request.

use std::net::IpAddr;

/// The remote address of a request. It is stored as an extension of the head.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) IpAddr);

impl Peer {
    /// Returns whether the address belongs to this machine.
    pub(crate) fn is_loopback(self) -> bool {
        self.0.to_canonical().is_loopback()
    }
}
