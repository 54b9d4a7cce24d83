//! A client that is ready to run.

use std::path::PathBuf;
use std::process::{Command, Output};

use super::PROJECT;
use super::refusal::Refusal;
use crate::emulator::{KEY, TOKEN, USER};
use crate::program;

/// A program: `hosts ENDPOINT [TASK_ID [STATUS]]` prints one JSON object for each server of the task, or for each task.
/// With exit status 3 it prints the error of the service as one; those with a generated client do not.
pub(crate) struct Client {
    /// Language, maker and version.
    pub(crate) name: String,
    pub(crate) command: Vec<String>,
    /// Its home: some SDKs write there.
    pub(crate) home: PathBuf,
    /// What the SDK makes of being throttled, if it does not tell what the gateway says.
    pub(crate) throttled: Option<Refusal>,
}

impl Client {
    /// Runs it, with another secret than the right one if that is given.
    pub(crate) fn list(&self, url: &str, listing: &[String], secret: Option<&str>) -> Result<Output, String> {
        let Some((name, arguments)) = self.command.split_first() else { return Err("no program".to_owned()) };
        let mut command = Command::new(name);
        command.args(arguments).arg(url).args(listing);
        command.envs(KEY).envs([TOKEN]).envs(USER).env("HUAWEICLOUD_SDK_PROJECT_ID", PROJECT);
        // The Python SDK would ask a proxy of the environment even for this machine.
        command.envs(["NO_PROXY", "no_proxy"].map(|name| (name, "127.0.0.1")));
        command.env("HOME", &self.home).envs(secret.map(|secret| ("HUAWEICLOUD_SDK_SK", secret)));
        program::output(&mut command)
    }
}
