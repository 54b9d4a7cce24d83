//! A third-party client that is ready to run.

use std::path::PathBuf;
use std::process::{Command, Output};

use super::PROJECT;
use super::service_error::ServiceError;
use crate::emulator::{KEY, TOKEN, USER};
use crate::program;

/// A program: `hosts ENDPOINT [TASK_ID [STATUS]]` prints one JSON object for each server of the task, or for each task.
/// With exit status 3, it prints the error of the service as a JSON object, except for programs with a generated
/// client.
pub(crate) struct Client {
    /// Language, maker and version.
    pub(crate) name: String,
    pub(crate) command: Vec<String>,
    /// Its home directory, to which some SDKs write.
    pub(crate) home: PathBuf,
    /// The error of the SDK for a throttled request, if it does not report the message of the gateway.
    pub(crate) throttled: Option<ServiceError>,
}

impl Client {
    /// Runs the program, with a different secret if given.
    pub(crate) fn list(&self, url: &str, listing: &[String], secret: Option<&str>) -> Result<Output, String> {
        let Some((name, arguments)) = self.command.split_first() else { return Err("missing program".to_owned()) };
        let mut command = Command::new(name);
        command.args(arguments).arg(url).args(listing);
        command.envs(KEY).envs([TOKEN]).envs(USER).env("HUAWEICLOUD_SDK_PROJECT_ID", PROJECT);
        // The Python SDK would otherwise use a proxy of the environment even for this machine.
        command.envs(["NO_PROXY", "no_proxy"].map(|name| (name, "127.0.0.1")));
        command.env("HOME", &self.home).envs(secret.map(|secret| ("HUAWEICLOUD_SDK_SK", secret)));
        program::output(&mut command)
    }
}
