//! Writes aligned columns that are safe to display on a terminal.

use std::borrow::Cow;
use std::io::{self, BufRead as _, Write as _};

use anstyle::{AnsiColor, Effects, Style};
use hss_client::printable;
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use super::column::Column;
use super::{Output, Spool, not_kept, reread, spool};
use crate::exit::CommandError;

/// The text of a cell without a value.
pub(crate) const NOTHING: &str = "-";
/// The number of spaces between two columns.
const GAP: usize = 2;
/// The minimum width to which a column is narrowed before another column is hidden.
const LEAST: usize = 12;
/// Columns are aligned up to this width. A longer cell is shown in full, and moves the rest of its row: otherwise one
/// long cell would make every row as long.
const ALIGNED: usize = 256;
/// The size in bytes up to which a table is always aligned.
const ALWAYS_ALIGNED: usize = 1024 * 1024;
/// A larger table is at most this many times as large as its cells: otherwise one row with many long cells would make
/// every row as long.
const LARGER: usize = 4;
/// The last character of a truncated cell.
const CUT: &str = "…";

/// A header and rows. Each cell is one line of printable text.
///
/// Column widths are known only after the last row. Until then, rows are kept as lines with tabs, which no cell
/// contains.
#[derive(Debug)]
pub(crate) struct Table {
    columns: Vec<Column>,
    widths: Vec<usize>,
    /// The number of cells in each column.
    cells: Vec<usize>,
    /// The total size of all rows in bytes.
    bytes: usize,
    rows: Spool,
}

impl Table {
    /// Creates a table without rows.
    pub(crate) fn new(columns: Vec<Column>) -> Self {
        let widths: Vec<_> = columns.iter().map(|column| column.title.width()).collect();
        Self { cells: vec![0; widths.len()], widths, columns, bytes: 0, rows: spool() }
    }

    /// Adds a row. A cell without visible text is shown as a dash.
    pub(crate) fn push<'a>(&mut self, cells: impl Iterator<Item = Cow<'a, str>>) -> io::Result<()> {
        let mut line = String::new();
        for (index, (cell, (width, count))) in cells.zip(self.widths.iter_mut().zip(&mut self.cells)).enumerate() {
            *count += 1;
            if index > 0 {
                line.push('\t');
            }
            let shown = if cell.trim().is_empty() { Cow::Borrowed(NOTHING) } else { printable(&cell) };
            *width = shown.width().max(*width);
            line.push_str(&shown);
        }
        line.push('\n');
        self.bytes += line.len();
        self.rows.write_all(line.as_bytes())
    }

    /// Writes the table. Columns are aligned by the display width of characters. The table is no wider than the
    /// terminal.
    pub(crate) fn finish(self, output: &Output) -> Result<(), CommandError> {
        let room = output.width.filter(|_| !output.options.is_wide);
        let fitted = room.map_or_else(|| unlimited(&self), |room| fit(&self, room));
        let layout =
            Layout { columns: &self.columns, widths: &fitted, is_cut: room.is_some(), has_colour: output.has_colour };
        let mut text = layout.header();
        let mut rows = reread(self.rows)?;
        let mut line = String::new();
        while rows.read_line(&mut line).map_err(|error| not_kept(&error))? > 0 {
            layout.row(line.trim_end_matches('\n'), &mut text);
            line.clear();
            if text.len() > 64 * 1024 {
                output.data(text.as_bytes())?;
                text.clear();
            }
        }
        output.data(text.as_bytes())?;
        let hidden: Vec<_> = self
            .columns
            .iter()
            .zip(&fitted)
            .filter(|(_, width)| width.is_none())
            .map(|(column, _)| &*column.name)
            .collect();
        if !hidden.is_empty() {
            output.note(&format!("no room for {}; --wide shows all, --columns chooses", hidden.join(", ")));
        }
        Ok(())
    }
}

/// Returns the width of each column if the total width is not limited.
fn unlimited(table: &Table) -> Vec<Option<usize>> {
    let max = table.bytes.saturating_mul(LARGER).max(ALWAYS_ALIGNED);
    let padded = |aligned: usize| {
        let columns = table.widths.iter().zip(&table.cells);
        columns.fold(0_usize, |sum, (width, cells)| sum.saturating_add(width.min(&aligned).saturating_mul(*cells)))
    };
    // The limit is halved until the table is small enough. A width of 0 aligns nothing.
    let halves = std::iter::successors(Some(ALIGNED), |aligned| (*aligned > 0).then_some(aligned / 2));
    let aligned = halves.into_iter().find(|aligned| padded(*aligned) <= max).unwrap_or(0);
    table.widths.iter().map(|width| Some((*width).min(aligned))).collect()
}

/// Returns the width of each column if the terminal has `room` columns. `None` means that the column is hidden.
fn fit(table: &Table, room: usize) -> Vec<Option<usize>> {
    let mut widths: Vec<_> = table.widths.iter().copied().map(Some).collect();
    let total = |widths: &[Option<usize>], max: usize| {
        let shown = widths.iter().flatten();
        shown.clone().map(|width| (*width).min(max)).sum::<usize>() + GAP * shown.count().saturating_sub(1)
    };
    // Hide the columns with the greatest rank until the others fit at their minimum width.
    while total(&widths, LEAST) > room {
        let candidates = table.columns.iter().zip(&widths).enumerate();
        let min = candidates
            .filter(|(_, (column, width))| width.is_some() && column.rank > 0)
            .max_by_key(|(index, (column, _))| (column.rank, *index))
            .map(|(index, _)| index);
        match min.and_then(|index| widths.get_mut(index)) {
            Some(width) => *width = None,
            None => break,
        }
    }
    // The widest columns are narrowed first.
    let max = (LEAST..).take_while(|max| *max == LEAST || total(&widths, *max) <= room).take(room.max(1)).last();
    let max = max.unwrap_or(LEAST);
    let mut left = room.saturating_sub(total(&widths, max));
    for (width, full) in widths.iter_mut().zip(&table.widths) {
        if let Some(width) = width {
            *width = (*full).min(max);
            let more = (full - *width).min(left);
            // The rest is less than one character per column.
            let more = more.min(1);
            *width += more;
            left -= more;
        }
    }
    widths
}

/// Formats rows as lines.
struct Layout<'a> {
    columns: &'a [Column],
    widths: &'a [Option<usize>],
    /// Whether cells are truncated to the width of their column.
    is_cut: bool,
    has_colour: bool,
}

impl Layout<'_> {
    fn header(&self) -> String {
        let mut text = String::new();
        let bold = if self.has_colour { Style::new().effects(Effects::BOLD) } else { Style::new() };
        if self.columns.iter().any(|column| !column.title.is_empty()) {
            self.line(self.columns.iter().map(|column| (&*column.title, bold)), &mut text);
        }
        text
    }

    fn row(&self, line: &str, text: &mut String) {
        let cells = line
            .split('\t')
            .zip(self.columns)
            .map(|(cell, column)| (cell, if self.has_colour && column.is_state { style(cell) } else { Style::new() }));
        self.line(cells, text);
    }

    fn line<'a>(&self, cells: impl Iterator<Item = (&'a str, Style)>, text: &mut String) {
        let mut gap = 0;
        for ((cell, style), width) in cells.zip(self.widths) {
            let Some(width) = *width else { continue };
            text.extend(std::iter::repeat_n(' ', gap));
            let shown = if self.is_cut { cut(cell, width) } else { Cow::Borrowed(cell) };
            text.push_str(&format!("{style}{shown}{style:#}"));
            // The gap is written before the next cell, so that no line ends in spaces.
            gap = width.saturating_sub(shown.width()) + GAP;
        }
        text.push('\n');
    }
}

/// Returns the colour of a state. A state that is neither good nor bad has none.
fn style(state: &str) -> Style {
    match state {
        "failed" => AnsiColor::Red.on_default(),
        "success" | "finished" => AnsiColor::Green.on_default(),
        "scanning" | "running" => AnsiColor::Cyan.on_default(),
        _ => Style::new(),
    }
}

/// Truncates a cell to a display width without splitting a grapheme.
fn cut(cell: &str, width: usize) -> Cow<'_, str> {
    if cell.width() <= width {
        return Cow::Borrowed(cell);
    }
    let room = width.saturating_sub(CUT.width());
    let mut used = 0;
    let mut shown: String = cell
        .graphemes(true)
        .take_while(|character| {
            used += character.width();
            used <= room
        })
        .collect();
    shown.push_str(CUT);
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 3] = [
        Column::new("host_name", "HOST NAME", 0),
        Column::new("ip", "IP", 2),
        Column::of_states("status", "STATUS", 1),
    ];

    fn table(room: Option<usize>, has_colour: bool, rows: &[[&str; 3]]) -> String {
        let mut table = Table::new(COLUMNS.to_vec());
        for row in rows {
            table.push(row.iter().map(|cell| Cow::Borrowed(*cell))).unwrap();
        }
        let widths = room.map_or_else(|| unlimited(&table), |room| fit(&table, room));
        let layout = Layout { columns: &COLUMNS, widths: &widths, is_cut: room.is_some(), has_colour };
        let mut text = layout.header();
        for line in reread(table.rows).unwrap().lines() {
            layout.row(&line.unwrap(), &mut text);
        }
        text
    }

    #[test]
    fn aligns_columns_by_display_width() {
        assert_eq!(
            table(
                None,
                false,
                &[["生产-数据库-01", "1", "failed"], ["ecs-\u{1f600}", "", "扫描"], ["e\u{301}", "22", "success"]]
            ),
            "HOST NAME       IP  STATUS\n\
             生产-数据库-01  1   failed\n\
             ecs-\u{1f600}          -   扫描\n\
             e\u{301}               22  success\n"
        );
    }

    #[test]
    fn writes_each_row_as_one_line_of_printable_text() {
        assert_eq!(
            table(None, false, &[["a\r\nb\u{1b}[2J\t", "1", "\u{202e}x"], [" ", "2", "\u{7f}"]]),
            "HOST NAME                   IP  STATUS\n\
             a\\u{d}\\u{a}b\\u{1b}[2J\\u{9}  1   \\u{202e}x\n\
             -                           2   \\u{7f}\n"
        );
    }

    #[test]
    fn truncates_at_grapheme_boundaries() {
        for (cell, width, shown) in [
            ("生产-数据库-01", 14, "生产-数据库-01"),
            ("生产-数据库-01", 13, "生产-数据库-…"),
            ("生产-数据库-01", 8, "生产-数…"),
            ("生产", 2, "…"),
            ("aae\u{301}\u{301}bc", 4, "aae\u{301}\u{301}…"),
            ("👩‍👩‍👧‍👧xyz", 4, "👩‍👩‍👧‍👧x…"),
            ("abc", 0, "…"),
        ] {
            assert_eq!(cut(cell, width), shown, "{cell} {width}");
        }
    }

    #[test]
    fn one_long_cell_does_not_widen_every_row() {
        let long = "x".repeat(1_000_000);
        let mut rows = vec![[long.as_str(), "1", "failed"]];
        rows.extend([["b", "2", "failed"]; 100]);
        let text = table(None, false, &rows);
        assert!(text.len() < 1_100_000, "{}", text.len());
        assert!(text.contains(&format!("{long}  1   failed\nb{}2   failed\n", " ".repeat(ALIGNED + 1))));
    }

    #[test]
    fn one_row_of_many_long_cells_does_not_widen_every_row() {
        let columns = vec![Column::of_field("x"); 1000];
        let mut table = Table::new(columns.clone());
        let long = "x".repeat(ALIGNED);
        table.push(columns.iter().map(|_| Cow::Borrowed(&*long))).unwrap();
        for _ in 0..999 {
            table.push(columns.iter().map(|_| Cow::Borrowed(""))).unwrap();
        }
        let widths = unlimited(&table);
        let layout = Layout { columns: &columns, widths: &widths, is_cut: false, has_colour: false };
        let mut text = layout.header();
        let cells = table.bytes;
        for line in reread(table.rows).unwrap().lines() {
            layout.row(&line.unwrap(), &mut text);
        }
        // Cells are always separated by two spaces, regardless of their width.
        assert!(text.len() < (LARGER + GAP) * cells, "{} of {cells}", text.len());
    }

    #[test]
    fn a_narrow_terminal_hides_the_least_important_columns() {
        let long = "ecs-web-server-of-the-shop-in-the-north-01";
        let rows = [[long, "192.168.100.100", "failed"], ["b", "10.0.0.1", "scanning"]];
        let widest = |text: &str| text.lines().map(str::width).max().unwrap();
        for room in [10, 20, 22, 36, 40, 60, 69, 70, 200] {
            let text = table(Some(room), false, &rows);
            assert!(widest(&text) <= room.max(LEAST), "{room}\n{text}");
            assert_eq!(text.contains("IP"), room >= 36, "{room}\n{text}");
            assert_eq!(text.contains("STATUS"), room >= 22, "{room}\n{text}");
        }
        assert!(table(Some(69), false, &rows).contains(long), "there is room for all");
        assert_eq!(
            table(Some(40), false, &rows),
            "HOST NAME       IP              STATUS\n\
             ecs-web-serve…  192.168.100.1…  failed\n\
             b               10.0.0.1        scanning\n"
        );
    }

    #[test]
    fn colours_of_states_do_not_change_the_layout() {
        assert_eq!(
            table(None, true, &[["failed", "1", "failed"], ["b", "2", "?"]]),
            "\u{1b}[1mHOST NAME\u{1b}[0m  \u{1b}[1mIP\u{1b}[0m  \u{1b}[1mSTATUS\u{1b}[0m\n\
             failed     1   \u{1b}[31mfailed\u{1b}[0m\n\
             b          2   ?\n"
        );
    }
}
