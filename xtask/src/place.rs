//! Where things are in the workspace.

use std::path::{Path, PathBuf};

/// The folder of documents, and of their examples.
pub(crate) const OPENAPI: &str = "openapi";

/// The document that everything is generated from.
pub(crate) const HSS: &str = "openapi/hss-v5.yaml";

/// All documents.
pub(crate) const DOCUMENTS: [&str; 2] = [HSS, "openapi/iam-v3.yaml"];

/// The crate that is generated.
pub(crate) const CLIENT: &str = "hss_client";

/// The folder of snapshots.
pub(crate) const SNAPSHOTS: &str = "tests/snapshots";

/// The root of the workspace: the folder above this package.
pub(crate) fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).to_owned()
}

/// `path` as seen from the current directory, where it lies below.
pub(crate) fn shown(path: &Path) -> PathBuf {
    let below = std::env::current_dir().ok().and_then(|current| path.strip_prefix(current).ok().map(Path::to_owned));
    below.unwrap_or_else(|| path.to_owned())
}
