//! The `hss api` command, which calls any operation of the operation table.

use std::io::Write as _;
use std::sync::Arc;

use bytes::Bytes;
use hss_client::lenient::repaired;
use hss_client::{Arguments, Download, ErrorKind, Operation, Response, System, count_elements, excerpt, operations};
use serde::Serialize;
use serde::de::IgnoredAny;

use crate::args::{ApiArgs, Call, Globals};
use crate::error::{Error, Result};
use crate::exit::CommandError;
use crate::file::{Document, Draft};
use crate::format::Format;
use crate::input;
use crate::interrupt::interruptible;
use crate::listing;
use crate::output::column::{Cell, Column, View};
use crate::output::rows::{self, document};
use crate::output::{MAX_ELEMENTS, Output, spool, spool_error};
use crate::scan::change::send_once;
use crate::session::{Session, request_id};

/// The size limit of a request body in bytes. Documented bodies are much smaller.
const BODY_LIMIT: u64 = 16 * 1024 * 1024;

/// The hint for a body that is given in place of a file.
const BODY_HINT: &str = "Give the name of a file with the request body, or - for standard input.";

/// The size limit of a response body in bytes.
const RESPONSE_LIMIT: usize = 16 * 1024 * 1024;

/// The size limit of a response that is converted to another format, in bytes: more than twice a page of 200 rows.
const CONVERSION_LIMIT: usize = 1024 * 1024;

/// The maximum number of characters of a media type in a message.
const MAX_TYPE_LENGTH: usize = 100;

/// Sends one request and writes the response body unchanged, or lists the operations.
pub(crate) async fn run(args: ApiArgs, globals: &Globals, output: &Output) -> Result<(), CommandError> {
    match args {
        ApiArgs { list: true, call: None } => list(output),
        ApiArgs { list: false, call: Some(call) } => send(call, globals, output).await,
        ApiArgs { .. } => {
            Err(Error::usage("expected either an operation ID or --list").hint("See hss api --help.").into())
        }
    }
}

async fn send(call: Call, globals: &Globals, output: &Output) -> Result<(), CommandError> {
    let Call { operation, arguments, body, output_file, force } = call;
    let path = output_file.as_deref().filter(|path| !input::is_standard_input(path));
    let file = path.map(|path| Document { option: "--output-file", path, force });
    check_target(operation, file.as_ref(), globals, output)?;
    input::one_reads_standard_input("--body", body.as_deref(), globals)?;
    let body = match body {
        Some(file) => {
            let bytes = input::read("--body", &file, BODY_LIMIT, globals.deadline()).await;
            let is_json = file.to_string_lossy().trim_start().starts_with(['{', '[']);
            Some(Bytes::from(bytes.map_err(|error| if is_json { error.hint(BODY_HINT) } else { error })?))
        }
        None => None,
    };
    if let Some(body) = &body {
        operation.check_body_text(body)?;
    }
    let runtime = Arc::new(System::default());
    let session = Session::open_in(runtime, RESPONSE_LIMIT, globals, operation, arguments.clone(), output).await?;
    if operation.success.binary {
        return download((operation, arguments, body), file.as_ref(), &session, output).await;
    }
    let call = session.client.execute(operation, arguments, body);
    let response = if operation.idempotent {
        session.response(call).await?
    } else {
        send_once(call, &session, "The request may have been executed.").await?
    };
    output.detail(&format!("{}: HTTP {}, request id {}", operation.id, response.status(), request_id(&response)));
    write(&response, operation, output)
}

/// Checks, before anything is sent, that the file of a response can be written.
fn check_target(operation: &Operation, file: Option<&Document<'_>>, globals: &Globals, output: &Output) -> Result<()> {
    match file {
        Some(file) => file.check().map(drop),
        None if operation.success.binary && output.is_terminal && !globals.dry_run => {
            Err(Error::usage("cannot write the response to a terminal: it is a file")
                .in_operation(operation.id)
                .hint("Use --output-file FILE, or redirect standard output."))
        }
        None => Ok(()),
    }
}

/// Sends one request, and writes the file of its response after all bytes have arrived.
async fn download(
    (operation, arguments, body): (&'static Operation, Arguments, Option<Bytes>),
    file: Option<&Document<'_>>,
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    let call = session.client.download(operation, arguments, body);
    let response = if operation.idempotent {
        session.response(call).await?
    } else {
        send_once(call, session, "The request may have been executed.").await?
    };
    let kind = response.get_ref().content_type().unwrap_or("unknown type");
    let size = response.get_ref().size().map_or_else(|| "unknown size".to_owned(), |size| format!("{size} bytes"));
    output.detail(&format!(
        "{}: HTTP {}, request id {}, {}, {size}",
        operation.id,
        response.status(),
        request_id(&response),
        excerpt(kind, MAX_TYPE_LENGTH)
    ));
    let receiving = receive(response.into_inner(), file, session, output);
    interruptible(receiving, || "The file was not written.".to_owned()).await?
}

async fn receive(
    mut download: Download,
    file: Option<&Document<'_>>,
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    let Some(file) = file else {
        let mut content = spool();
        while let Some(chunk) = session.response(download.chunk()).await? {
            content.write_all(&chunk).map_err(|error| spool_error(&error))?;
        }
        return output.write_spool(content);
    };
    let mut draft = Draft::new(file)?;
    while let Some(chunk) = session.response(download.chunk()).await? {
        draft.write(&chunk)?;
    }
    session.deadline.within(draft.finish()).await?;
    output.note(&format!("written to {}", file.path.display()));
    Ok(())
}

/// Writes a response, unchanged or in the selected format.
fn write(response: &Response<Bytes>, operation: &Operation, output: &Output) -> Result<(), CommandError> {
    let body: &[u8] = response.get_ref();
    let not_json = |error| {
        let (status, request_id) = (response.status(), request_id(response));
        Error::new(ErrorKind::Protocol, format!("the response is not JSON (HTTP {status}, request id {request_id})"))
            .caused_by(error)
            .in_operation(operation.id)
    };
    let has_document = operation.success.schema.is_some();
    if !has_document && body.trim_ascii().is_empty() {
        return Ok(());
    }
    let is_replaced = if output.is_format_given() && (output.options.query.is_some() || output.format != Format::Json) {
        check_size(body).map_err(|error| error.in_operation(operation.id))?;
        let repaired = repaired(body);
        let value = serde_json::from_slice(repaired.as_deref().map_or(body, str::as_bytes)).map_err(not_json)?;
        document::write(&value, output)?;
        repaired.is_some()
    } else {
        if has_document {
            serde_json::from_slice::<IgnoredAny>(body).map_err(not_json)?;
        }
        output.write_unchanged(body)?;
        // Only a terminal gets replaced text; a pipe gets the original bytes.
        output.is_terminal && str::from_utf8(body).is_err()
    };
    if is_replaced {
        output.note(listing::INVALID_TEXT_NOTE);
    }
    Ok(())
}

/// Checks that a response can be converted with little memory.
fn check_size(body: &[u8]) -> Result<()> {
    let message = if body.len() > CONVERSION_LIMIT {
        format!("cannot convert the response: it has {} bytes, and the limit is {CONVERSION_LIMIT}", body.len())
    } else if count_elements(body) > MAX_ELEMENTS {
        format!("cannot convert the response: it has more than {MAX_ELEMENTS} list members and fields")
    } else {
        return Ok(());
    };
    let hint = "Request fewer rows with --limit, or use -o json, which needs no conversion.";
    Err(Error::new(ErrorKind::Protocol, message).hint(hint))
}

/// A row of `hss api --list`.
#[derive(Debug, Serialize)]
struct OperationRow {
    id: &'static str,
    method: &'static str,
    path: &'static str,
    summary: &'static str,
}

const COLUMNS: &[(Column, Cell<OperationRow>)] = &[
    (Column::of_ids("id", "OPERATION ID", 0), |row| row.id.into()),
    (Column::new("method", "METHOD", 1), |row| row.method.into()),
    (Column::new("path", "PATH", 3), |row| row.path.into()),
    (Column::new("summary", "SUMMARY", 2), |row| row.summary.into()),
];

static OPERATIONS: View<OperationRow> =
    View { nouns: ("operation", "operations"), columns: COLUMNS, note_unknown: |_, _| {} };

/// Returns the names of all columns.
pub(crate) fn columns() -> Vec<&'static str> {
    rows::names(&OPERATIONS)
}

fn list(output: &Output) -> Result<(), CommandError> {
    let operations = operations::ALL.iter().map(|Operation { id, method, path, summary, .. }| OperationRow {
        id,
        method,
        path,
        summary,
    });
    rows::all(&OPERATIONS, &operations.collect::<Vec<_>>(), output)
}
