//! `hss emulator`.

use hss_client::{Error, printable};
use hss_emulator::{Emulator, Received};

use crate::args::{EmulatorArgs, Globals};
use crate::exit::Ending;
use crate::output::Output;
use crate::session::Deadline;

/// Serves until the process is ended, or for as long as `--timeout` says.
pub(crate) async fn run(args: &EmulatorArgs, globals: &Globals, output: &Output) -> Result<(), Ending> {
    let deadline = Deadline::after(globals.timeout);
    let log = output.clone();
    let mut emulator =
        Emulator::builder().listen(args.listen).on_request(move |received| log.note(&access_line(received)));
    if let Some(hosts) = args.hosts {
        emulator = emulator.hosts(hosts);
    }
    if let Some(seed) = args.seed {
        emulator = emulator.seed(seed);
    }
    let emulator =
        emulator.start().await.map_err(|error| Error::usage("the emulator does not start").caused_by(error))?;
    output.data(format!("listening on {}\n", emulator.url()).as_bytes())?;
    deadline
        .within(async {
            emulator.stopped().await;
            Ok(())
        })
        .await?;
    Ok(())
}

/// One line of the access log: method, target, status, operation.
pub(crate) fn access_line(received: &Received) -> String {
    let Received { method, target, operation, status, .. } = received;
    format!("{} {} {status} {}", printable(method), printable(target), operation.unwrap_or("-"))
}
