//! The `hss version` command.

use serde::Serialize;

use crate::exit::CommandError;
use crate::output::column::{Cell, Column, View};
use crate::output::{Output, rows};

/// The version of the program, and the document from which it was generated.
#[derive(Debug, Serialize)]
struct Version {
    version: &'static str,
    document: Document,
}

#[derive(Debug, Serialize)]
struct Document {
    name: &'static str,
    version: &'static str,
    sha256: &'static str,
}

const COLUMNS: &[(Column, Cell<Version>)] = &[
    (Column::of_ids("version", "VERSION", 0), |row| row.version.into()),
    (Column::of_ids("document", "DOCUMENT", 0), |row| row.document.name.into()),
    (Column::of_ids("document_version", "DOCUMENT VERSION", 0), |row| row.document.version.into()),
    (Column::of_ids("sha256", "SHA-256", 0), |row| row.document.sha256.into()),
];

static VERSION: View<Version> = View { nouns: ("version", "versions"), columns: COLUMNS, note_unknown: |_, _| {} };

/// Returns the names of all columns.
pub(crate) fn columns() -> Vec<&'static str> {
    rows::names(&VERSION)
}

/// Shows the version of the program, and version and hash of the document.
pub(crate) fn run(output: &Output) -> Result<(), CommandError> {
    let document = hss_openapi::HSS;
    let document = Document { name: document.name, version: document.version, sha256: document.sha256 };
    rows::one(&VERSION, &Version { version: env!("CARGO_PKG_VERSION"), document }, output)
}
