//! The OpenAPI documents of the project, from which everything else is generated.
//!
//! Build scripts and tests load a document by its [`path`](Document::path), so that findings have positions. Programs use
//! its bundle and hash, with the feature `bundle`.

use std::path::{Path, PathBuf};

/// The folder of the documents, of their `examples` and of the released documents. It is a folder of the machine that
/// builds this crate: only build scripts and tests may use it.
pub const DIRECTORY: &str = env!("CARGO_MANIFEST_DIR");

/// A document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Document {
    /// Name, without the ending of a file.
    pub name: &'static str,
    /// A file or a folder of chapters in [`DIRECTORY`].
    pub file_name: &'static str,
    /// The document with its examples and extensions, as JSON. `cargo xtask bundle --extensions` prints the same text.
    #[cfg(feature = "bundle")]
    pub bundle: &'static str,
    /// The version of all packages. If no such bundle was released with this version, `+unreleased` follows.
    #[cfg(feature = "bundle")]
    pub version: &'static str,
    /// SHA-256 of the bundle, in hexadecimal digits.
    #[cfg(feature = "bundle")]
    pub sha256: &'static str,
}

impl Document {
    /// Returns the path of the document, which `hss_spec::load` reads.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        Path::new(DIRECTORY).join(self.file_name)
    }
}

/// HSS, version 5.
pub const HSS: Document = Document {
    name: "hss-v5",
    file_name: "hss-v5",
    #[cfg(feature = "bundle")]
    bundle: include_str!(concat!(env!("OUT_DIR"), "/hss-v5.json")),
    #[cfg(feature = "bundle")]
    version: include_str!(concat!(env!("OUT_DIR"), "/hss-v5.version")),
    #[cfg(feature = "bundle")]
    sha256: include_str!(concat!(env!("OUT_DIR"), "/hss-v5.sha256")),
};

/// The part of IAM, version 3, that clients of HSS need.
pub const IAM: Document = Document {
    name: "iam-v3",
    file_name: "iam-v3.yaml",
    #[cfg(feature = "bundle")]
    bundle: include_str!(concat!(env!("OUT_DIR"), "/iam-v3.json")),
    #[cfg(feature = "bundle")]
    version: include_str!(concat!(env!("OUT_DIR"), "/iam-v3.version")),
    #[cfg(feature = "bundle")]
    sha256: include_str!(concat!(env!("OUT_DIR"), "/iam-v3.sha256")),
};

/// All documents.
pub const DOCUMENTS: [Document; 2] = [HSS, IAM];

/// Returns the path of a documented body, such as `ListVulScanTaskHost`. Like [`DIRECTORY`], it is for tests.
#[must_use]
pub fn example(name: &str) -> PathBuf {
    Path::new(DIRECTORY).join("examples").join(format!("{name}.json"))
}
