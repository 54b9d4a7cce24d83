//! `cargo xtask bundle`: the document for other tools.

use std::io::{self, Write as _};
use std::path::PathBuf;

use hss_spec::{Extensions, bundle};

use crate::{check, place, report};

/// Prints it, unless it has errors: then those.
pub(crate) fn run(extensions: bool, file: Option<PathBuf>) -> Result<bool, String> {
    let path = file.unwrap_or_else(|| place::root().join(place::HSS));
    let (document, findings) = check::check(&path)?;
    let is_sound = !findings.iter().any(|finding| finding.severity == hss_spec::Severity::Error);
    let Some(document) = document.filter(|_| is_sound) else {
        findings.iter().for_each(report::finding);
        return Ok(false);
    };
    let extensions = if extensions { Extensions::Keep } else { Extensions::Drop };
    // A reader that has gone away has what it wanted.
    let _ = io::stdout().lock().write_all(bundle(&document, extensions).as_bytes());
    Ok(true)
}
