//! The documents that this crate exports are those in its folder.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use hss_openapi::{DOCUMENTS, HSS, IAM};

#[test]
fn documents_are_in_the_folder_of_the_crate() {
    for document in DOCUMENTS {
        assert!(document.file_name.starts_with(document.name));
        hss_spec::load(&document.path()).unwrap();
    }
    assert!(HSS.path().is_dir() && IAM.path().is_file());
    assert!(hss_openapi::example("ListVulScanTaskHost").is_file());
}

#[cfg(feature = "bundle")]
#[test]
fn bundles_are_those_of_the_documents() {
    use sha2::{Digest as _, Sha256};

    for document in DOCUMENTS {
        let loaded = hss_spec::load(&document.path()).unwrap();
        assert_eq!(document.bundle, hss_spec::bundle(&loaded, hss_spec::Extensions::Keep));
        let hash: String = Sha256::digest(document.bundle).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(document.sha256, hash);
        assert!(!document.bundle.contains(hss_openapi::DIRECTORY));
    }
    assert!(HSS.bundle.contains("\"operationId\": \"ListVulScanTaskHost\""));
    assert!(IAM.bundle.contains("\"operationId\": \"KeystoneListProjects\""));
}

#[cfg(feature = "bundle")]
#[test]
fn only_the_released_bundle_has_the_version_of_a_release() {
    let list = std::fs::read_to_string(std::path::Path::new(hss_openapi::DIRECTORY).join("released/SHA256SUMS"));
    let list = list.unwrap_or_default();
    let packages = env!("CARGO_PKG_VERSION");
    for document in DOCUMENTS {
        let file = format!("{}  {}-{packages}.json", document.sha256, document.name);
        let expected = if list.lines().any(|line| line == file) { "" } else { "+unreleased" };
        assert_eq!(document.version, format!("{packages}{expected}"));
    }
}
