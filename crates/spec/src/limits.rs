//! Limits of the loader, so that no file can exhaust memory or stack.

/// Size of a file, in bytes.
pub(crate) const FILE_BYTES: usize = 16 * 1024 * 1024;

/// Nesting depth of maps and lists. All recursive traversals rely on it.
pub(crate) const DEPTH: usize = 64;

/// Number of nodes in a file: keys and values, including those repeated by aliases.
pub(crate) const NODES: usize = 500_000;

/// Size of all copies of YAML aliases, in bytes; see `yaml::size`.
pub(crate) const ALIAS_BYTES: usize = 4 * 1024 * 1024;

/// Number of nodes of a sample value. Since references fan out, a small schema can describe an enormous value.
pub(crate) const SAMPLE_NODES: usize = 10_000;

/// Number of steps of a comparison of two documents. Each part is compared once, but combinations of parts of `allOf`,
/// and large parts that many others share, can require many more steps than the document has nodes.
pub(crate) const DIFF_STEPS: usize = 6_000_000;

/// Number of steps to find the operations that each change affects.
pub(crate) const DIFF_OPERATIONS: usize = 2_000_000;
