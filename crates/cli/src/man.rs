//! The `hss man` command.

mod page;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Command;

use crate::error::{Error, Result};
use crate::exit::CommandError;
use crate::global;
use crate::output::Output;
use crate::shell;

/// Writes one page per command. Pages of an earlier run are replaced.
pub(crate) fn run(directory: &Path, output: &Output) -> Result<(), CommandError> {
    let write_error =
        |error| Error::usage(format!("cannot write the man pages to {}", directory.display())).caused_by(error);
    fs::create_dir_all(directory).map_err(write_error)?;
    // Pages are created in a separate directory. A rename then replaces each page as a whole, and follows no symbolic
    // link.
    let temporary = tempfile::Builder::new().prefix(".hss-").tempdir_in(directory).map_err(write_error)?;
    let mut command = global::documented().disable_help_subcommand(true);
    command.build();
    write(&command, temporary.path()).map_err(write_error)?;
    let pages: Vec<(PathBuf, PathBuf)> = fs::read_dir(temporary.path())
        .and_then(|pages| pages.map(|page| page.map(|page| (page.path(), directory.join(page.file_name())))).collect())
        .map_err(write_error)?;
    for (_, target) in &pages {
        check(target)?;
    }
    for (page, target) in &pages {
        fs::rename(page, target).map_err(write_error)?;
    }
    let first = directory.join("hss.1");
    output.note(&format!(
        "written to {}; to read it, run: {}",
        directory.display(),
        shell::command("man -l", &first.to_string_lossy())
    ));
    Ok(())
}

/// Writes the pages of a command and of all commands below it.
fn write(command: &Command, directory: &Path) -> io::Result<()> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name());
    fs::write(directory.join(format!("{name}.1")), page::page(command)?)?;
    command.get_subcommands().try_for_each(|subcommand| write(subcommand, directory))
}

/// Checks that only a regular file would be replaced.
///
/// # Errors
///
/// [`ErrorKind::Usage`](hss_client::ErrorKind::Usage) for any other type of file, including symbolic links.
fn check(target: &Path) -> Result<()> {
    match fs::symlink_metadata(target) {
        Ok(metadata) if !metadata.is_file() => {
            let what = if metadata.is_symlink() { "a symbolic link" } else { "not a regular file" };
            Err(Error::usage(format!("cannot replace {}: it is {what}", target.display()))
                .hint("Remove it, or use another directory."))
        }
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Error::usage(format!("cannot replace {}", target.display())).caused_by(error))
        }
        _ => Ok(()),
    }
}
