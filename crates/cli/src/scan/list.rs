//! The `hss scan list` command.

use hss_client::{Arguments, operations};

use super::task::TASKS;
use crate::args::{Globals, ListArgs};
use crate::exit::CommandError;
use crate::listing::{self, Listing, Span};
use crate::output::Output;
use crate::session::Session;

/// Lists scan tasks.
pub(crate) async fn run(args: &ListArgs, globals: &Globals, output: &Output) -> Result<(), CommandError> {
    let span = Span::new(args.pagination, &operations::LIST_VUL_SCAN_TASK)?;
    TASKS.check(output)?;
    let session = Session::open(globals, &operations::LIST_VUL_SCAN_TASK, Arguments::new(), output).await?;
    let mut request = session.client.list_vul_scan_task().offset(span.offset).limit(span.limit);
    if let Some(scan_type) = args.scan_type {
        request = request.scan_type(scan_type);
    }
    if let Some(rows) = span.max {
        request = request.max_rows(rows);
    }
    let listing = Listing { view: &TASKS, session: &session, output, checkpoint: None };
    listing::show(&listing, request, |_| {}).await
}
