//! `hss api`: any operation of the table, named by no line of this program.

mod command;

use std::path::PathBuf;

use bytes::Bytes;
use hss_client::{Arguments, Error, Operation, operations, printable};
use serde::Serialize;

use crate::args::{ApiArgs, Format, Globals};
use crate::config;
use crate::exit::Ending;
use crate::output::table::Table;
use crate::output::{Output, json};
use crate::session::Session;

/// The largest request body read, in bytes; no documented one comes near.
const BODY_LIMIT: u64 = 16 * 1024 * 1024;

/// One operation and the values to call it with, unchecked.
#[derive(Debug)]
pub(crate) struct Call {
    operation: &'static Operation,
    arguments: Arguments,
    body: Option<PathBuf>,
}

/// Sends one request and writes the body as it came, or lists the operations.
pub(crate) async fn run(args: ApiArgs, globals: &Globals, output: &Output) -> Result<(), Ending> {
    match args {
        ApiArgs { list: true, call: None } => list(output),
        ApiArgs { list: false, call: Some(call) } => send(call, globals, output).await,
        ApiArgs { .. } => Err(Error::usage("hss api takes either the id of an operation or --list")
            .remedy("See hss api --help.")
            .into()),
    }
}

async fn send(call: Call, globals: &Globals, output: &Output) -> Result<(), Ending> {
    let Call { operation, arguments, body } = call;
    let takes_stdin = |file: &Option<PathBuf>| file.as_deref().is_some_and(config::is_standard_input);
    if takes_stdin(&body) && takes_stdin(&globals.token_file) {
        return Err(Error::usage("--body and --token-file cannot both read standard input").into());
    }
    let needs_project = operation
        .parameters
        .iter()
        .any(|parameter| parameter.setting == Some("project_id") && arguments.get(parameter.name).is_none());
    let session = Session::open(globals, needs_project, output).await?;
    let body = body.map(|file| config::read("--body", &file, BODY_LIMIT)).transpose()?.map(Bytes::from);
    let answer = session.deadline.within(session.client.execute(operation, arguments, body)).await?;
    output.detail(&format!(
        "{}: HTTP {}, request id {}",
        operation.id,
        answer.status(),
        printable(answer.request_id().unwrap_or("none"))
    ));
    let mut body = answer.into_inner().to_vec();
    if body.last().is_some_and(|last| *last != b'\n') {
        body.push(b'\n');
    }
    output.data(&body)
}

/// A row of `hss api --list`.
#[derive(Serialize)]
struct Listed {
    id: &'static str,
    method: &'static str,
    path: &'static str,
    summary: &'static str,
}

fn list(output: &Output) -> Result<(), Ending> {
    let listed =
        operations::ALL.iter().map(|Operation { id, method, path, summary, .. }| Listed { id, method, path, summary });
    let text = match output.format {
        Format::Json => json::document(&listed.collect::<Vec<_>>())?,
        Format::Table => {
            let mut table = Table::new(&["OPERATION ID", "METHOD", "PATH", "SUMMARY"]);
            listed.for_each(|row| table.push([row.id, row.method, row.path, row.summary].map(str::to_owned)));
            table.render()
        }
    };
    output.data(text.as_bytes())
}
