//! TLS for `https` endpoints: rustls over ring.
//!
//! The provider belongs to these configurations alone: installing one for the whole process is the program's
//! choice, not a library's.

use std::error::Error as StdError;
use std::io;
use std::sync::Arc;

use rustls::client::WantsClientCert;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};
use rustls_platform_verifier::BuilderVerifierExt as _;

use crate::{Error, Result};

/// Trusts whom the operating system trusts, and speaks HTTP/2 where that is offered.
pub(crate) fn of_system() -> Result<ClientConfig> {
    let mut config = config(ConfigBuilder::with_platform_verifier)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// Trusts nobody, for a client that speaks plain http to this machine: it has to have a configuration, and reading
/// the system's certificates for it would be most of a short command's start-up time.
pub(crate) fn of_nobody() -> Result<ClientConfig> {
    config(|builder| Ok(builder.with_root_certificates(RootCertStore::empty())))
}

fn config(
    verify: impl FnOnce(
        ConfigBuilder<ClientConfig, WantsVerifier>,
    ) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, rustls::Error>,
) -> Result<ClientConfig> {
    ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(verify)
        .map(ConfigBuilder::<ClientConfig, WantsClientCert>::with_no_client_auth)
        .map_err(|error| Error::usage("TLS cannot be set up on this system").caused_by(error))
}

/// What TLS itself had against a connection, such as a certificate that nobody vouches for, if that is what broke it.
pub(crate) fn refusal<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a rustls::Error> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        // It travels inside I/O errors, which do not count what they hold among their sources.
        cause = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}
