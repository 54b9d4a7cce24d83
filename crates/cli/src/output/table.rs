//! Writes aligned columns that are safe to display on a terminal.

use std::borrow::Cow;
use std::io::{self, BufRead as _, Write as _};

use anstyle::{AnsiColor, Effects, Style};
use hss_client::printable;
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use super::column::{Column, Overflow};
use super::{Output, Spool, rewind, spool, spool_error};
use crate::exit::CommandError;

/// The text of a cell without a value.
pub(crate) const EMPTY_CELL: &str = "-";
/// The number of spaces between two columns.
const GAP: usize = 2;
/// The minimum width to which a column is narrowed.
const MIN_WIDTH: usize = 12;
/// The width of a column of states, with the gaps beside it.
const STATE_WIDTH: usize = 12;
/// Columns are aligned up to this width. A longer cell is shown in full, and moves the rest of its row: otherwise one
/// long cell would make every row as long.
const MAX_ALIGNED_WIDTH: usize = 256;
/// The size in bytes up to which a table is always aligned.
const ALWAYS_ALIGNED_SIZE: usize = 1024 * 1024;
/// A larger table is at most this many times as large as its cells: otherwise one row with many long cells would make
/// every row as long.
const MAX_GROWTH: usize = 4;
/// The last character of a truncated cell.
const ELLIPSIS: &str = "…";

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
            let shown = if cell.trim().is_empty() { Cow::Borrowed(EMPTY_CELL) } else { printable(&cell) };
            *width = shown.width().max(*width);
            line.push_str(&shown);
        }
        line.push('\n');
        self.bytes += line.len();
        self.rows.write_all(line.as_bytes())
    }

    /// Writes the table. Columns are aligned by the display width of characters. The table is no wider than the
    /// terminal, unless an id is.
    pub(crate) fn finish(self, output: &Output) -> Result<(), CommandError> {
        let max_width = output.width.filter(|_| !output.options.is_wide);
        let fitted = max_width.map_or_else(|| unlimited(&self), |max_width| fit(&self, max_width));
        let layout = Layout {
            columns: &self.columns,
            widths: &fitted,
            is_truncated: max_width.is_some(),
            has_colour: output.has_colour,
        };
        let mut text = layout.header();
        let mut rows = rewind(self.rows)?;
        let mut line = String::new();
        while rows.read_line(&mut line).map_err(|error| spool_error(&error))? > 0 {
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
            output.note(&format!("hidden columns: {}; use --wide or --columns to show them", hidden.join(", ")));
        }
        Ok(())
    }
}

/// Returns the width of each column if the total width is not limited.
fn unlimited(table: &Table) -> Vec<Option<usize>> {
    let max = table.bytes.saturating_mul(MAX_GROWTH).max(ALWAYS_ALIGNED_SIZE);
    let padded = |aligned: usize| {
        let columns = table.widths.iter().zip(&table.cells);
        columns.fold(0_usize, |sum, (width, cells)| sum.saturating_add(width.min(&aligned).saturating_mul(*cells)))
    };
    // The limit is halved until the table is small enough. A width of 0 aligns nothing.
    let halves = std::iter::successors(Some(MAX_ALIGNED_WIDTH), |aligned| (*aligned > 0).then_some(aligned / 2));
    let aligned = halves.into_iter().find(|aligned| padded(*aligned) <= max).unwrap_or(0);
    table.widths.iter().map(|width| Some((*width).min(aligned))).collect()
}

/// Returns the width of each column if the terminal has `max_width` columns. `None` means that the column is hidden.
fn fit(table: &Table, max_width: usize) -> Vec<Option<usize>> {
    let full = || table.columns.iter().zip(&table.widths);
    let narrowed = |column: &Column, width: usize, max: usize| match column.overflow {
        Overflow::Truncate => width.min(max),
        Overflow::Hide | Overflow::Keep => width,
    };
    // Two texts and a state remain readable, instead of more columns.
    let readable = MIN_WIDTH.max(max_width.saturating_sub(STATE_WIDTH) / 2);
    let has_ids = table.columns.iter().any(|column| column.overflow == Overflow::Keep);
    let is_kept = |column: &Column| column.overflow == Overflow::Keep || (column.rank == 0 && !has_ids);
    let mut by_rank: Vec<_> = full().enumerate().collect();
    by_rank.sort_by_key(|(_, (column, _))| (!is_kept(column), column.rank));
    let mut shown: Vec<_> = full().map(|_| None).collect();
    // The end of the last column that is shown, and a gap.
    let mut end = 0;
    for (index, (column, width)) in by_rank {
        let available = max_width.saturating_sub(end);
        let mut width = *width;
        // The beginning of a state remains readable, instead of a less important column.
        if column.is_state && column.overflow == Overflow::Truncate && column.title.width() <= available {
            width = width.min(available);
        }
        let next = end + narrowed(column, width, readable);
        if is_kept(column) || next <= max_width {
            end = next + GAP;
            if let Some(slot) = shown.get_mut(index) {
                *slot = Some((column, width));
            }
        }
    }
    let total = |max| {
        let widths = shown.iter().flatten().map(|(column, width)| narrowed(column, *width, max) + GAP);
        widths.sum::<usize>().saturating_sub(GAP)
    };
    // The widest columns are narrowed first.
    let max = (MIN_WIDTH..=max_width).take_while(|max| total(*max) <= max_width).last().unwrap_or(MIN_WIDTH);
    let mut extra = max_width.saturating_sub(total(max));
    let widths = shown.iter().map(|column| {
        column.map(|(column, full)| {
            // The rest is less than one character per column.
            let more = full.saturating_sub(narrowed(column, full, max)).min(extra).min(1);
            extra -= more;
            // A longer id moves the rest of its row.
            (narrowed(column, full, max) + more).min(max_width)
        })
    });
    widths.collect()
}

/// Formats rows as lines.
struct Layout<'a> {
    columns: &'a [Column],
    widths: &'a [Option<usize>],
    /// Whether cells are truncated to the width of their column, if it allows that.
    is_truncated: bool,
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
        for ((cell, style), (column, width)) in cells.zip(self.columns.iter().zip(self.widths)) {
            let Some(width) = *width else { continue };
            text.extend(std::iter::repeat_n(' ', gap));
            let is_truncated = self.is_truncated && column.overflow == Overflow::Truncate;
            let shown = if is_truncated { truncate(cell, width) } else { Cow::Borrowed(cell) };
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
fn truncate(cell: &str, width: usize) -> Cow<'_, str> {
    if cell.width() <= width {
        return Cow::Borrowed(cell);
    }
    let available = width.saturating_sub(ELLIPSIS.width());
    let mut used = 0;
    let mut shown: String = cell
        .graphemes(true)
        .take_while(|character| {
            used += character.width();
            used <= available
        })
        .collect();
    shown.push_str(ELLIPSIS);
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::super::column::WIDE;
    use super::*;

    const COLUMNS: [Column; 3] = [
        Column::new("host_name", "HOST NAME", 0),
        Column::new("ip", "IP", 2),
        Column::of_states("status", "STATUS", 1),
    ];

    fn table(max_width: Option<usize>, has_colour: bool, rows: &[[&str; 3]]) -> String {
        table_of(&COLUMNS, max_width, has_colour, rows)
    }

    fn table_of<const N: usize>(
        columns: &[Column; N],
        max_width: Option<usize>,
        has_colour: bool,
        rows: &[[&str; N]],
    ) -> String {
        let mut table = Table::new(columns.to_vec());
        for row in rows {
            table.push(row.iter().map(|cell| Cow::Borrowed(*cell))).unwrap();
        }
        let widths = max_width.map_or_else(|| unlimited(&table), |max_width| fit(&table, max_width));
        let layout = Layout { columns, widths: &widths, is_truncated: max_width.is_some(), has_colour };
        let mut text = layout.header();
        for line in rewind(table.rows).unwrap().lines() {
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
            assert_eq!(truncate(cell, width), shown, "{cell} {width}");
        }
    }

    #[test]
    fn one_long_cell_does_not_widen_every_row() {
        let long = "x".repeat(1_000_000);
        let mut rows = vec![[long.as_str(), "1", "failed"]];
        rows.extend([["b", "2", "failed"]; 100]);
        let text = table(None, false, &rows);
        assert!(text.len() < 1_100_000, "{}", text.len());
        assert!(text.contains(&format!("{long}  1   failed\nb{}2   failed\n", " ".repeat(MAX_ALIGNED_WIDTH + 1))));
    }

    #[test]
    fn one_row_of_many_long_cells_does_not_widen_every_row() {
        let columns = vec![Column::of_field("x"); 1000];
        let mut table = Table::new(columns.clone());
        let long = "x".repeat(MAX_ALIGNED_WIDTH);
        table.push(columns.iter().map(|_| Cow::Borrowed(&*long))).unwrap();
        for _ in 0..999 {
            table.push(columns.iter().map(|_| Cow::Borrowed(""))).unwrap();
        }
        let widths = unlimited(&table);
        let layout = Layout { columns: &columns, widths: &widths, is_truncated: false, has_colour: false };
        let mut text = layout.header();
        let cells = table.bytes;
        for line in rewind(table.rows).unwrap().lines() {
            layout.row(&line.unwrap(), &mut text);
        }
        // Cells are always separated by two spaces, regardless of their width.
        assert!(text.len() < (MAX_GROWTH + GAP) * cells, "{} of {cells}", text.len());
    }

    #[test]
    fn a_narrow_terminal_hides_the_least_important_columns() {
        let long = "ecs-web-server-of-the-shop-in-the-north-01";
        let rows = [[long, "192.168.100.100", "failed"], ["b", "10.0.0.1", "scanning"]];
        let widest = |text: &str| text.lines().map(str::width).max().unwrap();
        for max_width in [10, 20, 22, 36, 40, 60, 69, 70, 200] {
            let text = table(Some(max_width), false, &rows);
            assert!(widest(&text) <= max_width.max(MIN_WIDTH), "{max_width}\n{text}");
            assert_eq!(text.contains("IP"), max_width >= 36, "{max_width}\n{text}");
            assert_eq!(text.contains("STATUS"), max_width >= 20, "{max_width}\n{text}");
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
    fn ids_are_never_truncated() {
        let columns = [
            Column::new("name", "NAME", 0),
            Column::of_ids("id", "ID", WIDE),
            Column::of_values("start_time", "STARTED", 1),
            Column::new("causes", "CAUSES", 2),
        ];
        let (id, time) = ("1f5e073a-2f88-4d66-9852-a1df8e4c0d7f", "2024-11-25T08:00:00Z");
        let causes = "linux_vul: the agent of the server is offline";
        let of = |id: &str, max_width| table_of(&columns, Some(max_width), false, &[["web-server", id, time, causes]]);
        for max_width in 1..200 {
            let text = of(id, max_width);
            assert!(text.contains(id), "{max_width}\n{text}");
            // A part of a time would be misleading.
            assert_eq!(text.contains("2024"), text.contains(time), "{max_width}\n{text}");
            let widest = text.lines().map(str::width).max().unwrap();
            assert!(widest <= max_width.max(id.len()), "{max_width}\n{text}");
        }
        assert!(of(id, 35).starts_with("ID\n"), "nothing fits beside the id");
        assert!(of(id, 48).starts_with("NAME        ID"), "{}", of(id, 48));
        let long = of(&"x".repeat(1000), 80);
        assert_eq!(long.lines().last().unwrap().len(), 1000, "a long id does not widen other rows: {long}");
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
