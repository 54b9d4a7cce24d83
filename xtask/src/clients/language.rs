//! The languages of the official SDKs: how a program that uses one is set up and run.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use clap::ValueEnum;

use super::PROJECT;
use super::refusal::Refusal;
use crate::emulator::KEY;
use crate::program;

/// A language that has an official SDK of HSS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    Python,
    Go,
    Java,
}

/// A program that is ready to run: `hosts ENDPOINT [TASK_ID [STATUS]]` prints one JSON object for each server of the
/// task, or for each task, or, with exit status 3, the error of the SDK as one.
pub(crate) struct Program {
    command: Vec<String>,
    /// Its home: some SDKs write there.
    home: PathBuf,
    /// That of the SDK.
    pub(crate) version: String,
    /// What the SDK makes of being throttled, if it does not tell what the gateway says.
    pub(crate) throttled: Option<Refusal>,
}

impl Language {
    pub(crate) const ALL: &[Self] = &[Self::Python, Self::Go, Self::Java];

    /// The first of its tools that is not here.
    pub(crate) fn missing(self) -> Option<&'static str> {
        let tools: &[_] = match self {
            Self::Python => &[("python3", "--version")],
            Self::Go => &[("go", "version")],
            Self::Java => &[("java", "-version"), ("mvn", "--version")],
        };
        tools.iter().find(|(name, version)| !program::is_there(name, version)).map(|(name, _)| *name)
    }

    /// Fetches the SDK and builds the program, both in `target/interop`.
    pub(crate) fn set_up(self, root: &Path) -> Result<Program, String> {
        let sources = root.join("tests/interop").join(self.to_string());
        let target = root.join("target/interop").join(self.to_string());
        let home = target.join("home");
        fs::create_dir_all(&home).map_err(|error| format!("{}: {error}", home.display()))?;
        let shown = |path: &Path| path.display().to_string();
        let (command, version) = match self {
            Self::Python => {
                let requirements = sources.join("requirements.txt");
                let python = program::python(&target.join("environment"), &requirements)?;
                (
                    vec![shown(&python), shown(&sources.join("hosts.py"))],
                    pinned(&requirements, "huaweicloudsdkhss==", "\n")?,
                )
            }
            Self::Go => {
                let hosts = target.join("hosts");
                program::step(Command::new("go").args(["build", "-o"]).arg(&hosts).arg(".").current_dir(&sources))?;
                (vec![shown(&hosts)], pinned(&sources.join("go.mod"), "huaweicloud-sdk-go-v3 v", "\n")?)
            }
            Self::Java => {
                let pom = sources.join("pom.xml");
                let lib = target.join("lib");
                // All that lies there is on the class path, and Maven would leave the version before a new one.
                if lib.exists() {
                    fs::remove_dir_all(&lib).map_err(|error| format!("{}: {error}", lib.display()))?;
                }
                let copied = format!("-DoutputDirectory={}", lib.display());
                let goals = ["compile", "dependency:copy-dependencies", &copied];
                program::step(Command::new("mvn").args(["-q", "-B", "-f"]).arg(&pom).args(goals))?;
                let classes = format!("{}:{}/*", target.join("classes").display(), lib.display());
                let command = ["java", "-cp", &classes, "Hosts"].map(str::to_owned).to_vec();
                (command, pinned(&pom, "huaweicloud-sdk-hss</artifactId>\n      <version>", "<")?)
            }
        };
        let throttled = (self == Self::Python).then_some(Refusal::LOST);
        Ok(Program { command, home, version, throttled })
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Python => "python",
            Self::Go => "go",
            Self::Java => "java",
        })
    }
}

impl Program {
    /// Runs it, with another secret than the right one if that is given.
    pub(crate) fn list(&self, url: &str, listing: &[String], secret: Option<&str>) -> Result<Output, String> {
        let Some((name, arguments)) = self.command.split_first() else { return Err("no program".to_owned()) };
        let mut command = Command::new(name);
        command.args(arguments).arg(url).args(listing).envs(KEY).env("HUAWEICLOUD_SDK_PROJECT_ID", PROJECT);
        // The Python SDK would ask a proxy of the environment even for this machine.
        command.envs(["NO_PROXY", "no_proxy"].map(|name| (name, "127.0.0.1")));
        command.env("HOME", &self.home).envs(secret.map(|secret| ("HUAWEICLOUD_SDK_SK", secret)));
        program::output(&mut command)
    }
}

/// What stands in a file between these two: a version.
fn pinned(file: &Path, before: &str, after: &str) -> Result<String, String> {
    let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let version = text.split_once(before).and_then(|(_, rest)| rest.split(after).next());
    version.map(str::to_owned).ok_or_else(|| format!("{} pins no {before}", file.display()))
}
