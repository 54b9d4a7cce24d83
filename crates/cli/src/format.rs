//! The formats of `--output`.

use clap::ValueEnum;

/// How data is written to standard output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Aligned columns
    #[default]
    Table,
    /// One document in the shape of the API
    Json,
    /// One row a line as JSON, written page by page
    Ndjson,
    /// Comma-separated values by RFC 4180, safe to open in a spreadsheet
    Csv,
    /// Tab-separated values, one row a line
    Tsv,
}
