//! The `hss auth status` command.

use std::sync::Arc;

use hss_client::credentials::{AuthMethod, CredentialSummary};
use hss_client::{Arguments, Configuration, Runtime, Setting, System, operations};
use serde::Serialize;

use crate::args::Globals;
use crate::config;
use crate::error::{Error, Result};
use crate::exit::CommandError;
use crate::input::{self, is_read_once};
use crate::output::column::{Cell, Column, View, text};
use crate::output::{Output, rows};
use crate::session::Session;

/// A setting of calls, and its source.
#[derive(Debug, Serialize)]
struct Row {
    what: &'static str,
    value: Option<String>,
    source: String,
    /// Whether calls use it.
    used: bool,
}

// Values may be ids of projects, and a part of a source is useless. The first credentials are those that are used.
const COLUMNS: &[(Column, Cell<Row>)] = &[
    (Column::of_ids("what", "WHAT", 0), |row| row.what.into()),
    (Column::of_ids("value", "VALUE", 0), |row| text(row.value.as_ref())),
    (Column::of_ids("source", "SOURCE", 0), |row| (&row.source).into()),
    (Column::of_values("used", "USED", 1), |row| if row.used { "yes" } else { "no" }.into()),
];

static SETTINGS: View<Row> = View { nouns: ("setting", "settings"), columns: COLUMNS, note_unknown: |_, _| {} };

/// Returns the names of all columns.
pub(crate) fn columns() -> Vec<&'static str> {
    rows::names(&SETTINGS)
}

/// Shows the settings of calls. Secrets are masked. Requests are sent only with `check`.
///
/// # Errors
///
/// [`ErrorKind::Usage`](hss_client::ErrorKind::Usage) if no credentials are found; with `check`, the errors of the
/// call.
pub(crate) async fn status(check: bool, globals: &Globals, output: &Output) -> Result<(), CommandError> {
    let runtime: Arc<dyn Runtime> = Arc::new(System::default());
    let (rows, error) =
        if globals.demo { (demo_rows(globals), None) } else { collect_rows(globals, &runtime, output).await? };
    rows::all(&SETTINGS, &rows, output)?;
    if let Some(error) = error {
        return Err(error.into());
    }
    if check {
        // The cheapest operation of the API.
        let operation = &operations::SHOW_VUL_TASK_STATISTICS;
        let session = Session::open(globals, operation, Arguments::new(), output).await?;
        session.response(session.client.show_vul_task_statistics().send()).await?;
        output.note(&format!("the service accepted the credentials ({})", operation.id));
    } else {
        input::warn_if_accessible(globals, &*runtime, output);
    }
    Ok(())
}

fn demo_rows(globals: &Globals) -> Vec<Row> {
    let row = |what, value: &str, source: &str| Row {
        what,
        value: Some(value.to_owned()),
        source: source.to_owned(),
        used: true,
    };
    let project = globals.project_id.as_deref();
    vec![
        row("credentials", "a token of the demo", "--demo"),
        row("endpoint", "the built-in emulator", "--demo"),
        row("project", project.unwrap_or(config::DEMO_PROJECT), project.map_or("--demo", |_| "--project-id")),
    ]
}

/// Returns all settings, and the error of the credentials that would be used.
async fn collect_rows(
    globals: &Globals,
    runtime: &Arc<dyn Runtime>,
    output: &Output,
) -> Result<(Vec<Row>, Option<Error>)> {
    let configuration = config::builder(globals).runtime(Arc::clone(runtime)).configuration()?;
    let mut candidates = candidates(globals, &configuration, runtime, output).await?.into_iter();
    let first = candidates.next().unwrap_or_else(|| Candidate {
        value: Err(Error::usage("no credentials found").hint("See hss --help for their sources.")),
        source: "--token-file, the environment, ~/.huaweicloud/credentials, the metadata service".to_owned(),
        project_id: None,
    });
    let from_credentials = first.project_id.map(|id| (id, "the credentials"));
    let (first, error) = row_and_error("credentials", first.value, first.source);
    let mut rows = vec![first];
    rows.extend(
        candidates
            .map(|candidate| Row { used: false, ..row_and_error("credentials", candidate.value, candidate.source).0 }),
    );

    let endpoint = config::endpoint(globals, &configuration);
    let source = if globals.endpoint.is_some() { "--endpoint" } else { "the region" };
    // A missing endpoint is not an error here: the credentials can still be shown.
    rows.push(row_and_error("endpoint", endpoint.map(|endpoint| endpoint.to_string()), source.to_owned()).0);

    rows.push(setting_row("region", configuration.region, None));
    rows.push(setting_row("project", configuration.project_id, from_credentials));
    rows.push(setting_row("enterprise project", configuration.enterprise_project_id, None));
    Ok((rows, error))
}

/// Credentials that are configured, or the error for missing ones.
struct Candidate {
    value: Result<String>,
    source: String,
    project_id: Option<String>,
}

/// Returns a row for a setting, and its error. A setting with an error is not used.
fn row_and_error(what: &'static str, value: Result<String>, source: String) -> (Row, Option<Error>) {
    match value {
        Ok(value) => (Row { what, value: Some(value), source, used: true }, None),
        Err(error) => {
            let value = format!("unusable: {}", error.message());
            (Row { what, value: Some(value), source, used: false }, Some(error))
        }
    }
}

/// Returns the configured credentials in order of precedence.
async fn candidates(
    globals: &Globals,
    configuration: &Configuration,
    runtime: &Arc<dyn Runtime>,
    output: &Output,
) -> Result<Vec<Candidate>> {
    let file = match globals.token_file.as_deref() {
        Some(file) => {
            // A file that can be read only once is left to the request that needs it.
            let token = if is_read_once(file) { Ok(()) } else { input::token(globals, output).await.map(|_| ()) };
            Some(Candidate {
                value: token.map(|()| "token ***".to_owned()),
                source: format!("--token-file {}", file.display()),
                project_id: None,
            })
        }
        None => None,
    };
    let summarized = configuration.identity()?.summaries(&**runtime).into_iter().filter_map(|(name, summary)| {
        Some(match summary.transpose()? {
            Ok(summary) => {
                Candidate { value: Ok(describe(&summary)), source: summary.place, project_id: summary.project_id }
            }
            Err(error) => Candidate { value: Err(error.into()), source: name, project_id: None },
        })
    });
    Ok(file.into_iter().chain(summarized).collect())
}

fn setting_row(what: &'static str, setting: Option<Setting>, other: Option<(String, &str)>) -> Row {
    let value_and_source = setting.map(|setting| (setting.value, setting.source)).or(other);
    match value_and_source {
        Some((value, source)) => Row { what, value: Some(value), source: source.to_owned(), used: true },
        None => Row { what, value: None, source: "not set".to_owned(), used: false },
    }
}

/// Describes credentials without their secrets.
fn describe(summary: &CredentialSummary) -> String {
    match &summary.auth_method {
        AuthMethod::Token => "token ***".to_owned(),
        AuthMethod::AccessKey { id, is_temporary: false } => format!("access key {}", mask(id)),
        AuthMethod::AccessKey { id, is_temporary: true } => format!("temporary access key {}", mask(id)),
        AuthMethod::User { name, domain } => format!("user {name} of {domain}"),
        AuthMethod::Agency => "the agency of this server".to_owned(),
        _ => "anonymous".to_owned(),
    }
}

/// Masks an id. The beginning is kept to distinguish it from others.
fn mask(id: &str) -> String {
    match id.char_indices().nth(4) {
        Some((end, _)) if id.len() > 8 => format!("{}***", id.get(..end).unwrap_or_default()),
        _ => "***".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_ids() {
        assert_eq!(mask("HPUAABCDEFGHIJKLMNOP"), "HPUA***");
        for id in ["", "HPUA", "HPUAABCD", "日本語日本語"] {
            assert!(mask(id).ends_with("***") && mask(id).len() <= 15, "{id}");
        }
        assert_eq!(mask("HPUAABCD"), "***");
    }
}
