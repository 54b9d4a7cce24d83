//! Bounds on what the loader takes, so that no file can exhaust memory or stack.

/// Size of one file, in bytes.
pub(crate) const FILE_BYTES: usize = 16 * 1024 * 1024;

/// Maps and lists within each other. Everything that walks a tree by recursion relies on this.
pub(crate) const DEPTH: usize = 64;

/// Nodes of one file: keys and values, those that aliases repeat included.
pub(crate) const NODES: usize = 500_000;

/// What YAML anchors and aliases may copy, in bytes; see `yaml::cost`.
pub(crate) const ALIAS_BYTES: usize = 4 * 1024 * 1024;

/// Nodes of one sample value. References fan out, so a small schema can describe an enormous value.
pub(crate) const SAMPLE_NODES: usize = 10_000;
