//! Configures TLS for `https` endpoints, with rustls and ring.
//!
//! The crypto provider is set only in these configurations. Installing one for the whole process is up to the program,
//! not to a library.

use std::env;
use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::client::WantsClientCert;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};
use rustls_native_certs::{CertificateResult, load_certs_from_paths};
use rustls_platform_verifier::{BuilderVerifierExt as _, Verifier};

use crate::{Error, Result, Runtime};

/// The variable with the file of trusted certificates, which replaces those of the system.
const CERTIFICATE_FILE: &str = "SSL_CERT_FILE";
/// The variable with directories of such files, separated as in `PATH`.
const CERTIFICATE_DIRECTORIES: &str = "SSL_CERT_DIR";

/// A text with certificates in PEM format, from the caller.
#[derive(Clone)]
pub(crate) struct Authority(Vec<u8>);

impl Authority {
    pub(crate) fn of_pem(text: &[u8]) -> Self {
        Self(text.to_vec())
    }

    fn certificates(&self) -> Result<Vec<CertificateDer<'static>>> {
        let refuse = |why: &str| {
            Error::usage(format!("invalid root certificate: {why}"))
                .with_hint("Use the text of a certificate in PEM format.")
        };
        let found: Vec<_> = CertificateDer::pem_slice_iter(&self.0)
            .collect::<Result<_, _>>()
            .map_err(|error| refuse("it is not in PEM format").with_cause(error))?;
        if found.is_empty() {
            return Err(refuse("no certificate found"));
        }
        let mut readable = RootCertStore::empty();
        for certificate in &found {
            readable.add(certificate.clone()).map_err(|error| refuse("it cannot be read").with_cause(error))?;
        }
        Ok(found)
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A file of certificates may also contain a private key.
        write!(f, "{} bytes", self.0.len())
    }
}

/// Checks the certificates of the caller.
///
/// # Errors
///
/// Returns [`ErrorKind::Usage`](crate::ErrorKind::Usage) if a text contains no certificate, or one that cannot be read.
pub(crate) fn check(additional: &[Authority]) -> Result<()> {
    additional.iter().try_for_each(|authority| authority.certificates().map(drop))
}

/// Trusts the certificate authorities from the environment, or else those of the operating system, and `additional`
/// ones. Offers HTTP/2.
///
/// # Errors
///
/// Returns [`ErrorKind::Usage`](crate::ErrorKind::Usage) if a file or directory from the environment contains no
/// certificate, the system has none, or an additional one is malformed.
pub(crate) fn of_system(runtime: &dyn Runtime, additional: &[Authority]) -> Result<ClientConfig> {
    let mut certificates = Vec::new();
    for authority in additional {
        certificates.append(&mut authority.certificates()?);
    }
    let mut config = match named_authorities(runtime)? {
        Some(mut authorities) => {
            authorities.add_parsable_certificates(certificates);
            config(|builder| Ok(builder.with_root_certificates(authorities)))?
        }
        None if certificates.is_empty() => config(ConfigBuilder::with_platform_verifier)?,
        None => config(|builder| {
            let verifier = Verifier::new_with_extra_roots(certificates, Arc::clone(builder.crypto_provider()))?;
            Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)))
        })?,
    };
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// Trusts no certificate authority. It is for clients that use plain HTTP to this machine: a configuration is required,
/// and loading the certificates of the system would take most of the start-up time of a short command.
pub(crate) fn without_authorities() -> Result<ClientConfig> {
    config(|builder| Ok(builder.with_root_certificates(RootCertStore::empty())))
}

/// Returns the certificate authorities from the environment, or `None` if no variable is set.
///
/// The platform verifier reads the same variables on Linux, but ignores missing and empty files.
fn named_authorities(runtime: &dyn Runtime) -> Result<Option<RootCertStore>> {
    let file = runtime.variable(CERTIFICATE_FILE).filter(|file| !file.is_empty());
    let directories = runtime.variable(CERTIFICATE_DIRECTORIES).unwrap_or_default();
    let listed: Vec<_> = env::split_paths(&directories).filter(|path| !path.as_os_str().is_empty()).collect();
    if file.is_none() && listed.is_empty() {
        return Ok(None);
    }
    let mut authorities = RootCertStore::empty();
    if let Some(file) = file.as_deref().map(Path::new) {
        let found = load_certs_from_paths(Some(file), None);
        require(&mut authorities, CERTIFICATE_FILE, &file.to_string_lossy(), found)?;
    }
    if !listed.is_empty() {
        let found = listed.iter().map(|directory| load_certs_from_paths(None, Some(directory)));
        let found = found.fold(CertificateResult::default(), |mut all, mut more| {
            all.certs.append(&mut more.certs);
            all.errors.append(&mut more.errors);
            all
        });
        // The directories may be empty if the file has certificates.
        if authorities.is_empty() || !found.certs.is_empty() {
            require(&mut authorities, CERTIFICATE_DIRECTORIES, &directories.to_string_lossy(), found)?;
        }
    }
    Ok(Some(authorities))
}

/// Adds the certificates found through `variable`. Returns an error if none was found.
fn require(authorities: &mut RootCertStore, variable: &str, value: &str, found: CertificateResult) -> Result<()> {
    let (added, _) = authorities.add_parsable_certificates(found.certs);
    if added > 0 {
        return Ok(());
    }
    let error = Error::usage(format!("invalid {variable} \"{value}\": no certificate found"))
        .with_hint(format!("Use certificates in PEM format, or unset {variable} to trust those of the system."));
    Err(match found.errors.into_iter().next() {
        Some(cause) => error.with_cause(cause),
        None => error,
    })
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
        .map_err(|error| Error::usage("cannot set up TLS").with_cause(error))
}

/// Returns the TLS error that broke a connection, such as an invalid certificate, if it was one.
pub(crate) fn tls_error<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a rustls::Error> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        // I/O errors contain the TLS error, but `source` does not return it.
        cause = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::fs;

    use super::*;
    use crate::{ErrorKind, TestRuntime};

    /// A certificate of an authority that exists only for tests.
    const CERTIFICATE: &str = include_str!("../tests/authority.pem");

    fn authorities(variables: &[(&str, &Path)]) -> Result<Option<RootCertStore>> {
        let runtime = variables
            .iter()
            .fold(TestRuntime::default(), |runtime, (name, path)| runtime.with_variable(name, OsString::from(path)));
        named_authorities(&runtime)
    }

    #[test]
    fn reads_certificates_from_the_environment() {
        let folder = tempfile::tempdir().unwrap();
        let [file, directory, empty] = ["authority.pem", "directory", "empty"].map(|name| folder.path().join(name));
        fs::write(&file, CERTIFICATE).unwrap();
        for path in [&directory, &empty] {
            fs::create_dir(path).unwrap();
        }
        fs::write(directory.join("copy.pem"), CERTIFICATE).unwrap();
        let missing = folder.path().join("missing");
        let [both, reversed] = [[&directory, &empty], [&empty, &directory]].map(|list| env::join_paths(list).unwrap());
        let with_missing = env::join_paths([&missing, &directory, &missing]).unwrap();
        assert!(authorities(&[]).unwrap().is_none());
        for variables in [
            &[(CERTIFICATE_FILE, file.as_path())][..],
            &[(CERTIFICATE_DIRECTORIES, directory.as_path())],
            &[(CERTIFICATE_DIRECTORIES, Path::new(&both))],
            &[(CERTIFICATE_DIRECTORIES, Path::new(&reversed))],
            &[(CERTIFICATE_DIRECTORIES, Path::new(&with_missing))],
            &[(CERTIFICATE_FILE, file.as_path()), (CERTIFICATE_DIRECTORIES, empty.as_path())],
            &[(CERTIFICATE_FILE, file.as_path()), (CERTIFICATE_DIRECTORIES, Path::new(""))],
        ] {
            assert_eq!(authorities(variables).unwrap().unwrap().len(), 1, "{variables:?}");
        }
    }

    #[test]
    fn refuses_files_and_directories_without_certificates() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("empty.pem"), "").unwrap();
        fs::write(path("other.pem"), "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n").unwrap();
        fs::write(path("broken.pem"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
        fs::write(path("good.pem"), CERTIFICATE).unwrap();
        fs::create_dir(path("empty")).unwrap();
        let refused = |variables: &[(&str, &Path)]| {
            let error = authorities(variables).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Usage);
            format!("{error:#}")
        };
        for name in ["missing.pem", "empty.pem", "other.pem", "broken.pem", "empty"] {
            let path = path(name);
            let message = refused(&[(CERTIFICATE_FILE, &path)]);
            assert!(
                message.starts_with(&format!("invalid SSL_CERT_FILE \"{}\": no certificate found", path.display())),
                "{message}"
            );
        }
        for name in ["missing", "empty", "empty.pem"] {
            let path = path(name);
            let message = refused(&[(CERTIFICATE_DIRECTORIES, &path)]);
            assert!(
                message.starts_with(&format!("invalid SSL_CERT_DIR \"{}\": no certificate found", path.display())),
                "{message}"
            );
        }
        assert!(authorities(&[(CERTIFICATE_FILE, Path::new(""))]).unwrap().is_none(), "empty counts as unset");
    }
}
