//! Builds a client that is ready to send requests.

use std::path::Path;
use std::sync::Arc;

use hss_client::credentials::{AuthMethod, CredentialSummary, ResolvedCredentials};
use hss_client::{
    Arguments, Client, ClientBuilder, Configuration, Credentials, ErrorKind, Identity, Operation, Response, Runtime,
    System, check_region, excerpt,
};

use crate::args::Globals;
use crate::config;
use crate::deadline::Deadline;
use crate::demo::Demo;
use crate::dry_run;
use crate::error::Result;
use crate::exit::note_sent;
use crate::input;
use crate::output::Output;
use crate::output::progress::{describe_wait, format_duration};
use crate::shell;

/// The size limit of a response body, in bytes: ten times a page of 200 rows with long causes. Displaying it can take
/// 24 times as much memory.
const RESPONSE_LIMIT: usize = 4 * 1024 * 1024;

/// The maximum number of characters of a request id in a message.
const MAX_REQUEST_ID_LENGTH: usize = 128;

/// The placeholder for a project id that is not known without a request to IAM.
const PROJECT_PLACEHOLDER: &str = "PROJECT_ID";

/// The client of a command, and the settings that outlive its construction.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) deadline: Deadline,
    /// The configured region.
    pub(crate) region: Option<String>,
    pub(crate) runtime: Arc<dyn Runtime>,
    /// The first words of the follow-up commands that messages suggest.
    program: String,
    /// The emulator of `--demo`. It runs as long as the session exists.
    _demo: Option<Demo>,
}

impl Session {
    /// Determines the endpoint, the credentials and the project.
    ///
    /// `first` and `arguments` are the first call of the command. They are checked before any request is sent. They
    /// also determine whether a project is needed, which may require a request to IAM.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`] if a setting is missing or malformed; the errors of the project look-up.
    pub(crate) async fn open(
        globals: &Globals,
        first: &'static Operation,
        arguments: Arguments,
        output: &Output,
    ) -> Result<Self> {
        Self::open_in(Arc::new(System::default()), RESPONSE_LIMIT, globals, first, arguments, output).await
    }

    /// Does the same as [`open`](Self::open) in any runtime. `limit` is the size limit of a response body in bytes.
    ///
    /// # Errors
    ///
    /// The same as [`open`](Self::open).
    pub(crate) async fn open_in(
        runtime: Arc<dyn Runtime>,
        limit: usize,
        globals: &Globals,
        first: &'static Operation,
        arguments: Arguments,
        output: &Output,
    ) -> Result<Self> {
        let deadline = globals.deadline();
        let demo = if globals.demo { Some(Demo::start(output).await?) } else { None };
        let mut client = match &demo {
            Some(demo) => config::demo(globals, &demo.url())?,
            None => config::builder(globals),
        };
        client = client.runtime(Arc::clone(&runtime));
        let configuration = client.configuration()?;
        let endpoint = config::endpoint(globals, &configuration)?;
        // Reports a malformed endpoint of IAM, even if it is not used.
        configuration.iam_endpoint()?;
        let mut identity = configuration.identity()?;
        let needs_project = check(first, arguments, &configuration)?;
        if let Some(token) = input::token(globals, output).await? {
            identity = Identity::fixed(Credentials::Token(token));
        }
        input::warn_if_accessible(globals, &*runtime, output);
        client = with_options(client, globals, limit, output).credentials(identity.clone());
        if !needs_project {
            client = client.no_project();
        }
        let must_find_project = needs_project && configuration.project_id.is_none();
        let mut is_looked_up = false;
        if globals.dry_run {
            let summary = identity.summary(&runtime).await?;
            // Without credentials, a token is assumed, as the documentation of the API does.
            let auth_method = summary.as_ref().map_or(AuthMethod::Token, |summary| summary.auth_method.clone());
            client = with_dry_run(client, auth_method, output);
            if must_find_project {
                client = client.project_id(project_or_placeholder(summary, output));
            }
        } else {
            let loads_credentials = must_find_project || output.options.is_verbose;
            if loads_credentials {
                // Reports invalid certificates and proxies before credentials are used.
                client.clone().no_project().build().await?;
            }
            // Precedes the requests for a token or a project of the region.
            deadline.within(check_region(&endpoint, &*runtime)).await?;
            if loads_credentials {
                let resolved = deadline.within(resolve_credentials(&identity, &runtime)).await?;
                is_looked_up = must_find_project && resolved.project_id.is_none();
                let source = match &globals.token_file {
                    _ if globals.demo => "the demo".to_owned(),
                    Some(file) => format!("--token-file {}", file.display()),
                    None => resolved.source.clone(),
                };
                output.detail(&format!("calling {endpoint} with credentials from {source}"));
            }
        }
        let client = deadline.within(client.build()).await;
        let client = if is_looked_up { note_if_sent(client) } else { client }?;
        let (region, program) = (configuration.region.map(|setting| setting.value), program(globals));
        Ok(Self { client, deadline, region, runtime, program, _demo: demo })
    }

    /// Returns a follow-up command that users can paste.
    pub(crate) fn command(&self, words: &str) -> String {
        format!("{} {words}", self.program)
    }

    /// Returns a follow-up command about one task that users can paste.
    pub(crate) fn command_about(&self, words: &str, task_id: &str) -> String {
        shell::command(&self.command(words), task_id)
    }

    /// Waits for the response to a call until the deadline.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Timeout`] if the deadline passes; the errors of the call.
    pub(crate) async fn response<T>(&self, call: impl Future<Output = hss_client::Result<T>>) -> Result<T> {
        note_if_sent(self.deadline.within(call).await)
    }
}

/// Returns `hss` with those options of the command line that select the account and the service.
fn program(globals: &Globals) -> String {
    let token_file = globals.token_file.as_deref().filter(|file| !input::is_standard_input(file));
    let options = [
        ("--region", globals.region.as_deref()),
        ("--endpoint", globals.endpoint.as_deref()),
        ("--iam-endpoint", globals.iam_endpoint.as_deref()),
        ("--project-id", globals.project_id.as_deref()),
        ("--enterprise-project-id", globals.enterprise_project_id.as_deref()),
        ("--token-file", token_file.and_then(Path::to_str)),
    ];
    let mut program = if globals.demo { "hss --demo" } else { "hss" }.to_owned();
    for (option, value) in options {
        let Some(value) = value else { continue };
        // A value that begins with a hyphen must not be parsed as an option.
        let separator = if value.starts_with('-') { '=' } else { ' ' };
        program.push_str(&format!(" {option}{separator}{}", shell::quoted(value)));
    }
    program
}

/// Checks the first call of a command with the settings that are known. Returns whether the call takes its project from
/// the settings.
fn check(operation: &'static Operation, mut arguments: Arguments, configuration: &Configuration) -> Result<bool> {
    let mut needs_project = false;
    for parameter in operation.parameters {
        match parameter.setting {
            _ if arguments.get(parameter.name).is_some() => {}
            Some("project_id") => {
                needs_project = true;
                let id = configuration.project_id.as_ref();
                arguments.push(parameter.name, id.map_or(PROJECT_PLACEHOLDER, |setting| &setting.value));
            }
            Some("enterprise_project_id") => {
                let id = configuration.enterprise_project_id.as_ref();
                arguments.push_some(parameter.name, id.map(|setting| &setting.value));
            }
            Some("region") => {
                let region = configuration.region.as_ref();
                arguments.push_some(parameter.name, region.map(|setting| &setting.value));
            }
            _ if parameter.required => arguments.push_some(parameter.name, operation.page_default(parameter.name)),
            _ => {}
        }
    }
    arguments.check(operation)?;
    Ok(needs_project)
}

/// Resolves the credentials that calls use. This may request a token or a temporary key.
async fn resolve_credentials(identity: &Identity, runtime: &Arc<dyn Runtime>) -> Result<Arc<ResolvedCredentials>> {
    let resolved = identity.current(runtime).await?;
    if let Some(AuthMethod::User { .. } | AuthMethod::Agency) =
        identity.summary(runtime).await?.map(|summary| summary.auth_method)
    {
        note_sent();
    }
    Ok(resolved)
}

/// Sets the options about requests. `limit` is the size limit of a response body in bytes.
fn with_options(client: ClientBuilder, globals: &Globals, limit: usize, output: &Output) -> ClientBuilder {
    let output = output.clone();
    let client = client.rate(globals.rate).body_limit(limit).on_wait(move |wait| {
        output.progress.note_wait(wait);
        let text = format!("{}: {}", wait.operation, describe_wait(wait.reason, &format_duration(wait.time)));
        if output.options.is_verbose {
            run_blocking(|| output.detail(&text));
        } else if output.progress.is_report_due(wait.time) {
            run_blocking(|| output.note(&text));
        }
    });
    match globals.concurrency {
        Some(pages) => client.concurrency(pages),
        None => client,
    }
}

/// Configures the client to write its requests instead of sending them.
fn with_dry_run(client: ClientBuilder, auth_method: AuthMethod, output: &Output) -> ClientBuilder {
    let output = output.clone();
    client.dry_run(move |request| {
        let url = request.uri().to_string();
        let line = (request.method().as_str(), url.as_str());
        let headers = request.headers().iter();
        let headers = headers.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
        let body = Some(request.body()).filter(|body| !body.is_empty()).map(|body| &**body);
        let command = dry_run::curl(line, headers, body, &auth_method);
        // Errors are ignored: without a reader or free space, a dry run has nothing left to do.
        let _ = run_blocking(|| output.data(command.as_bytes()));
    })
}

/// Runs a blocking write on a runtime thread. The runtime moves its other tasks to another thread.
fn run_blocking<T>(write: impl FnOnce() -> T) -> T {
    match tokio::runtime::Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(tokio::runtime::RuntimeFlavor::MultiThread) => tokio::task::block_in_place(write),
        _ => write(),
    }
}

/// Returns the project of the configured credentials, or a placeholder.
fn project_or_placeholder(summary: Option<CredentialSummary>, output: &Output) -> String {
    summary.and_then(|summary| summary.project_id).unwrap_or_else(|| {
        output.note(&format!("{PROJECT_PLACEHOLDER} is a placeholder: the project would be looked up first"));
        PROJECT_PLACEHOLDER.to_owned()
    })
}

/// Returns the id of a request as shown in messages, or `none`.
pub(crate) fn request_id<T>(response: &Response<T>) -> String {
    response.request_id().map_or_else(|| "none".to_owned(), |id| excerpt(id, MAX_REQUEST_ID_LENGTH))
}

/// Records that a call was sent, unless its outcome shows that it was not.
fn note_if_sent<T>(outcome: Result<T>) -> Result<T> {
    if !matches!(&outcome, Err(error) if matches!(error.kind(), ErrorKind::Usage | ErrorKind::DryRun)) {
        note_sent();
    }
    outcome
}

#[cfg(test)]
mod tests {
    use hss_client::TestRuntime;
    use hss_client::operations::LIST_VUL_SCAN_TASK;

    use super::*;
    use crate::output::Options;

    #[test]
    fn suggested_commands_keep_the_options_that_select_the_target() {
        let text = |text: &str| Some(text.to_owned());
        let mut globals = Globals {
            region: text("r-1"),
            endpoint: text("http://127.0.0.1:9/a b"),
            iam_endpoint: text("http://127.0.0.1:8"),
            project_id: text("p"),
            enterprise_project_id: text("-e"),
            token_file: Some("my token".into()),
            ..Globals::default()
        };
        assert_eq!(
            program(&globals),
            "hss --region r-1 --endpoint 'http://127.0.0.1:9/a b' --iam-endpoint http://127.0.0.1:8 --project-id p \
             --enterprise-project-id=-e --token-file 'my token'"
        );
        globals = Globals { token_file: Some("-".into()), demo: true, ..Globals::default() };
        assert_eq!(program(&globals), "hss --demo");
    }

    #[tokio::test]
    async fn refuses_an_unknown_region_before_asking_iam() {
        let user = [("HW_USER_NAME", "u"), ("HW_USER_PASSWORD", "SENTINEL"), ("HW_DOMAIN_NAME", "d")];
        for variables in [&[("HW_AUTH_TOKEN", "t")][..], &user] {
            // Nothing listens on this port: a request to IAM would fail with a different error.
            let iam = ("HUAWEICLOUD_SDK_IAM_ENDPOINT", "http://127.0.0.1:9");
            let variables = variables.iter().chain([&iam]);
            let runtime =
                variables.fold(TestRuntime::default(), |runtime, (name, value)| runtime.with_variable(name, *value));
            for is_verbose in [false, true] {
                let globals = Globals { region: Some("cn-nort-4".into()), ..Globals::default() };
                let output = Output::new(Options { is_verbose, ..Options::default() });
                let (runtime, arguments) = (runtime.share(), Arguments::new());
                let error =
                    Session::open_in(runtime, RESPONSE_LIMIT, &globals, &LIST_VUL_SCAN_TASK, arguments, &output)
                        .await
                        .unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Usage);
                let expected = "unknown region \"cn-nort-4\": hss.cn-nort-4.myhuaweicloud.com does not resolve: \
                                no such host. Did you mean cn-north-4?";
                assert_eq!(error.to_string(), expected);
            }
        }
    }
}
