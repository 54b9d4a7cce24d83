//! `cargo xtask bundle`: bundles the document for other tools.

use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use hss_spec::{Document, Extensions, bundle};

use crate::{check, place, report};

/// Prints the bundle or writes it to a file. If the document is not valid OpenAPI, prints the reasons to
/// standard error.
pub(crate) fn run(extensions: bool, file: Option<PathBuf>, output: Option<&Path>) -> Result<bool, String> {
    let path = file.unwrap_or_else(|| place::root().join(place::HSS));
    let document = match check::valid(&path)? {
        Ok(document) => document,
        Err(findings) => {
            report::refused(&findings);
            return Ok(false);
        }
    };
    let text = bundle(&document, if extensions { Extensions::Keep } else { Extensions::Drop });
    match output {
        Some(output) => write(&document, output, &text),
        None => print(&text),
    }?;
    Ok(true)
}

/// Returns the bundle of a valid document, for another tool.
pub(crate) fn for_other_tools(path: &Path) -> Result<String, String> {
    let invalid = |_| format!("{} has errors: run `cargo xtask check`", path.display());
    Ok(bundle(&check::valid(path)?.map_err(invalid)?, Extensions::Drop))
}

fn write(document: &Document, output: &Path, text: &str) -> Result<(), String> {
    if is_source(document, output) {
        return Err(format!("{} is a source file or its folder: write the bundle to another path", output.display()));
    }
    fs::write(output, text).map_err(|error| format!("cannot write {}: {error}", output.display()))
}

/// Returns whether the output file is a file of the document, or is in its folder or that of the project's documents.
fn is_source(document: &Document, output: &Path) -> bool {
    // The file may not exist yet, but its folder must.
    let folder = output.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let real = output
        .canonicalize()
        .or_else(|_| Ok::<_, io::Error>(folder.canonicalize()?.join(output.file_name().unwrap_or_default())));
    // If there is no folder, writing fails and reports the reason.
    let Ok(real) = real else { return false };
    let is = |source: &Path| source.canonicalize().is_ok_and(|source| real.starts_with(source));
    let documents = place::root().join(place::OPENAPI);
    document.files().any(is) || documents.canonicalize().is_ok_and(|folder| real.starts_with(folder))
}

fn print(text: &str) -> Result<(), String> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        // A reader that closes the pipe does not need the rest.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(format!("cannot write the bundle to standard output: {error}"))
        }
        _ => Ok(()),
    }
}
