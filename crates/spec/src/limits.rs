//! Limits of the loader, so that no file can exhaust memory or stack.

use crate::Node;

/// Size of a document, in bytes: of one file, or of all chapters together. An example file has the same limit.
pub(crate) const FILE_BYTES: usize = 16 * 1024 * 1024;

/// Nesting depth of maps and lists. All recursive traversals rely on it.
pub(crate) const DEPTH: usize = 64;

/// Number of nodes of a document: keys and values, including those repeated by aliases.
pub(crate) const NODES: usize = 500_000;

/// Size of all copies of YAML aliases, in bytes; see `yaml::size`.
pub(crate) const ALIAS_BYTES: usize = 4 * 1024 * 1024;

/// Number of chapters of a document.
pub(crate) const CHAPTERS: usize = 100;

/// Number of nodes of a sample value. Since references fan out, a small schema can describe an enormous value.
pub(crate) const SAMPLE_NODES: usize = 10_000;

/// Number of steps of a comparison of two documents. Each part is compared once, but combinations of parts of `allOf`,
/// and large parts that many others share, can require many more steps than the document has nodes.
pub(crate) const DIFF_STEPS: usize = 6_000_000;

/// Number of steps to find the operations that each change affects.
pub(crate) const DIFF_OPERATIONS: usize = 2_000_000;

/// The part of the limits that the files of a document have used. The chapters of a document share one.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Used {
    /// Bytes of files.
    pub(crate) bytes: usize,
    /// Keys and values.
    pub(crate) nodes: usize,
    /// Bytes of copies of YAML aliases.
    pub(crate) copied: usize,
}

impl Used {
    /// Returns whether no further file can be read.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.bytes > FILE_BYTES || self.nodes > NODES
    }

    /// Counts a copy of a key with this value. Returns whether the limit permits it.
    pub(crate) fn can_copy(&mut self, node: &Node) -> bool {
        self.nodes = self.nodes.saturating_add(1 + count(node));
        self.nodes <= NODES
    }
}

/// Returns the number of keys and values. The recursion follows the tree, whose depth the loader limits.
fn count(node: &Node) -> usize {
    let items = node.items().iter().map(count).sum::<usize>();
    1 + items + node.entries().iter().map(|(_, value)| 1 + count(value)).sum::<usize>()
}
