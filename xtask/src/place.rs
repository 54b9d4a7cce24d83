//! Locations in the workspace.
//!
//! They do not come from hss-openapi, although it knows the documents, too: its build script bundles them, and this program
//! must start when a document has errors, to report these.

use std::path::{Path, PathBuf};

/// The folder of documents, and of their examples.
pub(crate) const OPENAPI: &str = "openapi";

/// The document from which everything is generated: a folder of chapters.
pub(crate) const HSS: &str = "openapi/hss-v5";

/// The document in revisions before it had chapters.
pub(crate) const HSS_IN_ONE_FILE: &str = "openapi/hss-v5.yaml";

/// All documents.
pub(crate) const DOCUMENTS: [&str; 2] = [HSS, "openapi/iam-v3.yaml"];

/// The generated crate.
pub(crate) const CLIENT: &str = "hss_client";

/// The folder of snapshots.
pub(crate) const SNAPSHOTS: &str = "tests/snapshots";

/// Returns the root of the workspace: the parent folder of this package.
pub(crate) fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).to_owned()
}

/// Returns `path` relative to the current directory, if it is inside.
pub(crate) fn shown(path: &Path) -> PathBuf {
    let below = std::env::current_dir().ok().and_then(|current| path.strip_prefix(current).ok().map(Path::to_owned));
    below.unwrap_or_else(|| path.to_owned())
}
