//! Reads a text line by line and names the position of a line that has an unexpected form.

use super::packages::Text;

pub(super) struct Lines<'t> {
    text: &'t Text,
    rest: std::str::Lines<'t>,
    /// Number of the last line that was returned.
    number: usize,
}

impl<'t> Lines<'t> {
    pub(super) fn new(text: &'t Text) -> Self {
        Self { text, rest: text.text.lines(), number: 0 }
    }

    pub(super) fn next(&mut self) -> Option<&'t str> {
        self.number += 1;
        self.rest.next()
    }

    /// Returns the position of the last line: `huaweicloudsdkhss 3.1.219: huaweicloudsdkhss/v5/model/host.py:7`.
    pub(super) fn place(&self) -> String {
        format!("{}:{}", self.text.name, self.number)
    }

    /// Returns an error about the last line.
    pub(super) fn error(&self, problem: &str) -> String {
        format!("{}: {problem}", self.place())
    }
}

/// Returns the text between `before` and `after`, if the line consists of exactly these three.
pub(super) fn between<'t>(line: &'t str, before: &str, after: &str) -> Option<&'t str> {
    line.strip_prefix(before)?.strip_suffix(after)
}
