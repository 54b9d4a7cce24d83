//! Clients with other ways to log in, to look up projects, or to find keys: those of Keystone, the IAM client and the
//! providers of the official Python SDK, and the official Node SDK, which has no client for HSS.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::client::Client;
use super::language::Language;
use super::official::pinned;
use super::{Auth, Case, tasks};
use crate::program;

/// The test cases of programs that use a key, and of those that obtain a token.
pub(super) const WITH_KEY: [Case; 1] = [tasks(Auth::Key)];
pub(super) const WITH_TOKEN: [Case; 1] = [tasks(Auth::Token)];

/// Fetches the dependencies of a language's programs into `target/interop/foreign`. Returns the programs with their
/// cases.
pub(super) fn set_up(language: Language, root: &Path) -> Result<Vec<(Client, &'static [Case])>, String> {
    let target = root.join("target/interop/foreign");
    let home = target.join("home");
    fs::create_dir_all(&home).map_err(|error| format!("{}: {error}", home.display()))?;
    let client = |name: String, command: Vec<String>| Client { name, command, home: home.clone(), throttled: None };
    let shown = |path: &Path| path.display().to_string();
    match language {
        Language::Python => {
            let sources = root.join("tests/programs/interop/foreign/python");
            let requirements = sources.join("requirements.txt");
            let python = program::python(&target.join("python"), &requirements)?;
            let version = |package: &str| pinned(&requirements, &format!("\n{package}=="), " ");
            let program = |file: &str, more: &[&str]| {
                let mut command = vec![shown(&python), "-B".to_owned(), shown(&sources.join(file))];
                command.extend(more.iter().map(|&word| word.to_owned()));
                command
            };
            let (keystone, openstack) = (version("keystoneauth1")?, version("openstacksdk")?);
            let (iam, core) = (version("huaweicloudsdkiam")?, version("huaweicloudsdkcore")?);
            let keystone = format!("keystoneauth1 {keystone} and openstacksdk {openstack}");
            let mut clients = vec![
                (client(keystone, program("keystone.py", &[])), &WITH_TOKEN[..]),
                (client(format!("python IAM SDK {iam}"), program("iam.py", &[])), &WITH_KEY[..]),
            ];
            for provider in ["env", "profile", "metadata"] {
                let name = format!("python SDK {core}, credentials of {provider}");
                clients.push((client(name, program("provider.py", &[provider])), &WITH_KEY[..]));
            }
            Ok(clients)
        }
        Language::Typescript => {
            let sources = root.join("tests/programs/interop/foreign/node");
            let folder = target.join("node");
            fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
            // Copied to the folder of their dependencies, which must not be among the sources.
            for name in ["package.json", "package-lock.json", "tasks.mjs"] {
                let from = sources.join(name);
                fs::copy(&from, folder.join(name)).map_err(|error| format!("{}: {error}", from.display()))?;
            }
            program::step(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(&folder))?;
            let version = pinned(&sources.join("package.json"), "huaweicloud-sdk-core\": \"", "\"")?;
            let command = vec!["node".to_owned(), shown(&folder.join("tasks.mjs"))];
            Ok(vec![(client(format!("node SDK {version}"), command), &WITH_KEY[..])])
        }
        Language::Go | Language::Java | Language::Rust => Ok(Vec::new()),
    }
}
