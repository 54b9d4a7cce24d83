//! Aligned columns that are safe to look at.

use hss_client::printable;
use unicode_width::UnicodeWidthStr as _;

/// What stands where there is no value.
pub(crate) const NOTHING: &str = "-";

/// A header and rows, every cell one line of printable text.
#[derive(Debug)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with no rows yet.
    pub(crate) fn new(header: &[&str]) -> Self {
        Self { rows: vec![header.iter().map(|&name| name.to_owned()).collect()] }
    }

    /// Adds a row; a cell with nothing to see gets a dash.
    pub(crate) fn push(&mut self, cells: impl IntoIterator<Item = String>) {
        let cell = |text: String| match text.trim() {
            "" => NOTHING.to_owned(),
            _ => printable(&text).into_owned(),
        };
        self.rows.push(cells.into_iter().map(cell).collect());
    }

    /// The table as text, columns aligned by the width that characters have on a terminal.
    pub(crate) fn render(&self) -> String {
        let mut widths = Vec::new();
        for row in &self.rows {
            widths.resize(widths.len().max(row.len()), 0);
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.width().max(*width);
            }
        }
        let mut text = String::new();
        for row in &self.rows {
            let mut gap = 0;
            for (cell, width) in row.iter().zip(&widths) {
                text.extend(std::iter::repeat_n(' ', gap));
                text.push_str(cell);
                // Nothing follows the last cell, so that no line ends in spaces.
                gap = width.saturating_sub(cell.width()) + 2;
            }
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &[[&str; 2]]) -> String {
        let mut table = Table::new(&["HOST NAME", "STATUS"]);
        for row in rows {
            table.push(row.map(str::to_owned));
        }
        table.render()
    }

    #[test]
    fn bc_56_columns_line_up_by_display_width() {
        assert_eq!(
            table(&[["生产-数据库-01", "failed"], ["ecs-\u{1f600}", "扫描"], ["e\u{301}", "success"], ["web", ""]]),
            "HOST NAME       STATUS\n\
             生产-数据库-01  failed\n\
             ecs-\u{1f600}          扫描\n\
             e\u{301}               success\n\
             web             -\n"
        );
    }

    #[test]
    fn bc_52_one_row_is_one_line_of_printable_text() {
        assert_eq!(
            table(&[["a\r\nb\u{1b}[2J", "\u{202e}x"], [" ", "\u{7f}"]]),
            "HOST NAME              STATUS\n\
             a\\u{d}\\u{a}b\\u{1b}[2J  \\u{202e}x\n\
             -                      \\u{7f}\n"
        );
    }
}
