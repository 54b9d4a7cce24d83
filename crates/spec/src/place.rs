//! Positions in a file.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// A position in a file. Lines and columns are counted from 1. Columns count Unicode scalar values.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The file, as named by the caller (the document) or by the document (an example file).
    pub file: Arc<Path>,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file.display(), self.line, self.column)
    }
}

/// Returns the position of the first character of a file.
pub(crate) fn start_of(file: &Arc<Path>) -> Place {
    Place { file: Arc::clone(file), line: 1, column: 1 }
}

/// Iterates over a text and counts lines and columns, so that any number of positions takes one pass.
pub(crate) struct Cursor<'t> {
    file: Arc<Path>,
    text: &'t str,
    offset: usize,
    line: u32,
    column: u32,
}

impl<'t> Cursor<'t> {
    /// Creates a cursor at the start of `text`.
    pub(crate) fn new(file: &Arc<Path>, text: &'t str) -> Self {
        Self { file: Arc::clone(file), text, offset: 0, line: 1, column: 1 }
    }

    /// Returns the position of the byte at `offset`, which must not be less than the previous offset.
    pub(crate) fn place(&mut self, offset: usize) -> Place {
        for character in self.text.get(self.offset..offset).unwrap_or_default().chars() {
            if character == '\n' {
                self.line = self.line.saturating_add(1);
                self.column = 1;
            } else {
                self.column = self.column.saturating_add(1);
            }
        }
        self.offset = self.offset.max(offset);
        Place { file: Arc::clone(&self.file), line: self.line, column: self.column }
    }
}

/// Returns the position after the last character of a text.
pub(crate) fn end_of(file: &Arc<Path>, text: &str) -> Place {
    Cursor::new(file, text).place(text.len())
}
