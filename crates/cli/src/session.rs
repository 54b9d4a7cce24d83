//! A client that is ready to call.

use std::sync::Arc;

use hss_client::credentials::{AuthMethod, CredentialSummary};
use hss_client::{
    Arguments, Client, ClientBuilder, Credentials, ErrorKind, Identity, Operation, Response, Result, Runtime, System,
    check_region, excerpt,
};
use huaweicloud_core::{Projects, ResolvedCredentials, Transport};

use crate::args::Globals;
use crate::config::{self, Config};
use crate::deadline::Deadline;
use crate::demo::Demo;
use crate::dry_run;
use crate::exit::note_sent;
use crate::input;
use crate::output::Output;
use crate::output::progress::{describe, spoken};
use crate::shell;

/// The largest answer read, in bytes: ten times a page of 200 rows with long causes. What is shown of it can take 24 times
/// as much memory.
const ANSWER_LIMIT: usize = 4 * 1024 * 1024;

/// The largest answer of IAM read about the projects of a region, in bytes: many times that with one.
const PROJECTS_LIMIT: usize = 1024 * 1024;

/// The most characters that a message shows of the id of a request.
const REQUEST_ID: usize = 128;

/// What stands for a project that would have to be asked for.
const SOME_PROJECT: &str = "PROJECT_ID";

/// What a command calls with.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) deadline: Deadline,
    /// How commands that go on from here begin.
    program: &'static str,
    /// Serves as long as the session lives, with `--demo`.
    _demo: Option<Demo>,
}

impl Session {
    /// Finds out where to call and as whom. `first` and its arguments are the first call of the command. They are checked
    /// before anything is sent, and say whether a project is needed, which IAM may have to be asked for.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`] if something is missing or malformed; what keeps the id of the project away.
    pub(crate) async fn open(
        globals: &Globals,
        first: &'static Operation,
        arguments: Arguments,
        output: &Output,
    ) -> Result<Self> {
        Self::open_in(Arc::new(System::default()), ANSWER_LIMIT, globals, first, arguments, output).await
    }

    /// Does the same in any world, for calls whose answers may have another number of bytes.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
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
        let mut config = match &demo {
            Some(demo) => config::demo(globals, &demo.url())?,
            None => config::resolve(globals, &*runtime)?,
        };
        let needs_project = check(first, arguments, &config)?;
        if let Some(token) = input::token(globals, output).await? {
            config.identity = Identity::fixed(Credentials::Token(token));
        }
        input::warn_if_open(globals, &*runtime, output);
        let mut client = Client::builder(config.endpoint.clone(), config.identity.clone()).transport(|transport| {
            let output = output.clone();
            let transport = transport.runtime(Arc::clone(&runtime));
            transport.rate(globals.rate).retries(globals.retries()).body_limit(limit).on_wait(move |wait| {
                output.progress.note_wait(wait);
                let (reason, time) = (describe(wait.reason), spoken(wait.time));
                aside(|| output.detail(&format!("{}: {reason} in {time}", wait.operation)));
            })
        });
        let summary = if globals.dry_run { summary(&config, &*runtime)? } else { None };
        if globals.dry_run {
            // Where there are no credentials, a token is what the manual asks for.
            let auth_method = summary.as_ref().map_or(AuthMethod::Token, |summary| summary.auth_method.clone());
            client = with_dry_run(client, auth_method, output);
        }
        if let Some(pages) = globals.concurrency {
            client = client.concurrency(pages);
        }
        let asks_for_project = needs_project && config.project_id.is_none();
        if !globals.dry_run && (asks_for_project || output.options.is_verbose) {
            // IAM may be asked before the client is built. What is wrong with its certificates or proxy is found before that.
            client.clone().build()?;
        }
        if !globals.dry_run {
            // Before IAM is asked for a token or a project of the region.
            deadline.within(check_region(&config.endpoint, &*runtime)).await?;
        }
        if output.options.is_verbose && !globals.dry_run {
            // Whoever wants to know which credentials are used would rather wait for them than guess.
            let resolved = deadline.within(current(&config, &runtime)).await?;
            output.detail(&format!("calling {} with credentials from {}", config.endpoint, resolved.source));
        }
        let project_id = match config.project_id {
            None if needs_project && globals.dry_run => Some(some_project(summary, output)),
            None if needs_project => Some(deadline.within(find_project(&config, globals, &runtime)).await?),
            given => given,
        };
        if let Some(id) = project_id {
            client = client.project_id(id);
        }
        if let Some(id) = config.enterprise_project_id {
            client = client.enterprise_project_id(id);
        }
        let program = if globals.demo { "hss --demo" } else { "hss" };
        Ok(Self { client: client.build()?, deadline, program, _demo: demo })
    }

    /// Returns a command to go on with, for people to paste.
    pub(crate) fn command(&self, words: &str) -> String {
        format!("{} {words}", self.program)
    }

    /// Returns a command about one task, for people to paste.
    pub(crate) fn command_about(&self, words: &str, task_id: &str) -> String {
        shell::command(&self.command(words), task_id)
    }

    /// Waits for the answer to a call, but not for longer than there is time.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Timeout`] when the time is over, and those of the call.
    pub(crate) async fn answer<T>(&self, call: impl Future<Output = Result<T>>) -> Result<T> {
        sent(self.deadline.within(call).await)
    }
}

/// Checks the first call of a command with the settings that are known. Returns whether it needs a project from them.
fn check(operation: &'static Operation, mut arguments: Arguments, config: &Config) -> Result<bool> {
    let mut needs_project = false;
    for parameter in operation.parameters {
        match parameter.setting {
            _ if arguments.get(parameter.name).is_some() => {}
            Some("project_id") => {
                needs_project = true;
                arguments.push(parameter.name, config.project_id.as_deref().unwrap_or(SOME_PROJECT));
            }
            Some("enterprise_project_id") => {
                arguments.push_some(parameter.name, config.enterprise_project_id.as_deref());
            }
            _ => {}
        }
    }
    arguments.check(operation)?;
    Ok(needs_project)
}

/// The credentials that calls use. A token or a temporary key may have to be asked for.
async fn current(config: &Config, runtime: &Arc<dyn Runtime>) -> Result<Arc<ResolvedCredentials>> {
    let resolved = config.identity.current(runtime).await?;
    if summary(config, &**runtime)?
        .is_some_and(|summary| matches!(summary.auth_method, AuthMethod::User { .. } | AuthMethod::Agency))
    {
        note_sent();
    }
    Ok(resolved)
}

/// The credentials that calls would use, told without asking anybody.
fn summary(config: &Config, runtime: &dyn Runtime) -> Result<Option<CredentialSummary>> {
    config.identity.summaries(runtime).into_iter().find_map(|(_, summary)| summary.transpose()).transpose()
}

/// Lets a client write its requests in place of sending them.
fn with_dry_run(client: ClientBuilder, auth_method: AuthMethod, output: &Output) -> ClientBuilder {
    let output = output.clone();
    client.transport(|transport| {
        transport.dry_run(move |request| {
            let line = (request.method().as_str(), request.url().as_str());
            let headers = request.headers().iter();
            let headers = headers.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
            let body = request.body().and_then(|body| body.as_bytes());
            let command = dry_run::curl(line, headers, body, &auth_method);
            // Nobody reads it, or there is no room: then there is nothing more to do.
            let _ = aside(|| output.data(command.as_bytes()));
        })
    })
}

/// Writes something from a thread of the runtime, which goes on elsewhere if the writing blocks.
fn aside<T>(write: impl FnOnce() -> T) -> T {
    match tokio::runtime::Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(tokio::runtime::RuntimeFlavor::MultiThread) => tokio::task::block_in_place(write),
        _ => write(),
    }
}

/// The project that came with credentials at hand, or something that stands for it.
fn some_project(summary: Option<CredentialSummary>, output: &Output) -> String {
    summary.and_then(|summary| summary.project_id).unwrap_or_else(|| {
        output.note(&format!("{SOME_PROJECT} stands for the project, which would be asked for first"));
        SOME_PROJECT.to_owned()
    })
}

/// The project that came with the credentials, or else the one that is named for the region.
async fn find_project(config: &Config, globals: &Globals, runtime: &Arc<dyn Runtime>) -> Result<String> {
    let resolved = current(config, runtime).await?;
    if let Some(id) = &resolved.project_id {
        return Ok(id.clone());
    }
    let Some((endpoint, region)) = &config.iam else { return Err(config::no_project()) };
    let transport = Transport::builder(endpoint.clone(), config.identity.clone())
        .retries(globals.retries())
        .body_limit(PROJECTS_LIMIT)
        .runtime(Arc::clone(runtime));
    let projects = Projects::new(transport.build()?);
    sent(projects.id(region).await)
}

/// The id of a request for a message, or `none`.
pub(crate) fn request_id<T>(answer: &Response<T>) -> String {
    answer.request_id().map_or_else(|| "none".to_owned(), |id| excerpt(id, REQUEST_ID))
}

/// Notes that a call was sent, unless its outcome says that it was not.
fn sent<T>(outcome: Result<T>) -> Result<T> {
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

    #[tokio::test]
    async fn a_region_that_does_not_exist_is_refused_before_iam_is_asked() {
        let user = [("HW_USER_NAME", "u"), ("HW_USER_PASSWORD", "SENTINEL"), ("HW_DOMAIN_NAME", "d")];
        for variables in [&[("HW_AUTH_TOKEN", "t")][..], &user] {
            // Nothing listens there: a request to IAM would end with another error.
            let iam = ("HUAWEICLOUD_SDK_IAM_ENDPOINT", "http://127.0.0.1:9");
            let variables = variables.iter().chain([&iam]);
            let runtime =
                variables.fold(TestRuntime::default(), |runtime, (name, value)| runtime.with_variable(name, *value));
            for is_verbose in [false, true] {
                let globals = Globals { region: Some("cn-nort-4".into()), ..Globals::default() };
                let output = Output::new(Options { is_verbose, ..Options::default() });
                let (runtime, arguments) = (runtime.share(), Arguments::new());
                let error = Session::open_in(runtime, ANSWER_LIMIT, &globals, &LIST_VUL_SCAN_TASK, arguments, &output)
                    .await
                    .unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Usage);
                let expected = "region \"cn-nort-4\" is not known, and hss.cn-nort-4.myhuaweicloud.com does not resolve: \
                                no such host. Did you mean cn-north-4?";
                assert_eq!(error.to_string(), expected);
            }
        }
    }
}
