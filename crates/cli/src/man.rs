//! `hss man`.

use std::fs;
use std::path::Path;

use clap::CommandFactory as _;
use hss_client::Error;

use crate::args::Cli;
use crate::exit::Ending;
use crate::output::Output;

/// Writes one page for each command.
pub(crate) fn run(directory: &Path, output: &Output) -> Result<(), Ending> {
    let cannot =
        |error| Error::usage(format!("the man pages cannot be written to {}", directory.display())).caused_by(error);
    fs::create_dir_all(directory).map_err(cannot)?;
    clap_mangen::generate_to(Cli::command(), directory).map_err(cannot)?;
    output.note(&format!("written to {}: see man -l {}", directory.display(), directory.join("hss.1").display()));
    Ok(())
}
