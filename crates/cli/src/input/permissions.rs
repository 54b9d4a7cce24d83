//! Warns about files with secrets that other users can access.

use std::path::Path;

use hss_client::Runtime;
use hss_client::credentials::Profile;

use super::is_standard_input;
use crate::args::Globals;
use crate::output::Output;
use crate::shell;

/// Warns if other users can access the file of `--token-file` or, without one, the credentials file.
pub(crate) fn warn_if_accessible(globals: &Globals, runtime: &dyn Runtime, output: &Output) {
    let file = match &globals.token_file {
        _ if globals.demo => None,
        Some(file) => Some(file.clone()).filter(|file| !is_standard_input(file)),
        None => Profile::path(runtime),
    };
    if let Some((file, mode)) = file.and_then(|file| Some((file.clone(), accessible_mode(&file)?))) {
        output.note(&format!(
            "warning: other users can access {} (mode {mode:o}); to prevent that, run: {}",
            file.display(),
            shell::command("chmod 600", &file.to_string_lossy())
        ));
    }
}

/// Returns the permissions of a file if other users can access it. Returns `None` for a pipe or a device.
#[cfg(unix)]
fn accessible_mode(file: &Path) -> Option<u32> {
    use std::os::unix::fs::MetadataExt as _;
    const OTHERS: u32 = 0o077;
    let metadata = std::fs::metadata(file).ok().filter(std::fs::Metadata::is_file)?;
    Some(metadata.mode() & 0o777).filter(|mode| mode & OTHERS != 0)
}

/// Other systems have no such permissions.
#[cfg(not(unix))]
fn accessible_mode(_: &Path) -> Option<u32> {
    None
}
