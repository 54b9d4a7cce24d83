//! `hss scan report`.

use crate::args::{Globals, ReportArgs};
use crate::exit::Ending;
use crate::output::Output;

pub(crate) async fn run(_args: &ReportArgs, _globals: &Globals, _output: &Output) -> Result<(), Ending> {
    Ok(())
}
