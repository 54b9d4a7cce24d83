//! Sets up the programs that use the official SDKs.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::client::Client;
use super::language::Language;
use super::service_error::ServiceError;
use crate::program;

/// Fetches the SDK of a language and builds the program, both in `target/interop`. Returns `None` for a language
/// without an SDK.
pub(crate) fn set_up(language: Language, root: &Path) -> Result<Option<Client>, String> {
    let sources = root.join("tests/programs/interop").join(language.to_string());
    let target = root.join("target/interop").join(language.to_string());
    let home = target.join("home");
    fs::create_dir_all(&home).map_err(|error| format!("{}: {error}", home.display()))?;
    let shown = |path: &Path| path.display().to_string();
    let (command, version) = match language {
        Language::Python => {
            let requirements = sources.join("requirements.txt");
            let python = program::python(&target.join("environment"), &requirements)?;
            (vec![shown(&python), shown(&sources.join("hosts.py"))], pinned(&requirements, "huaweicloudsdkhss==", " ")?)
        }
        Language::Go => {
            let hosts = target.join("hosts");
            program::step(Command::new("go").args(["build", "-o"]).arg(&hosts).arg(".").current_dir(&sources))?;
            (vec![shown(&hosts)], pinned(&sources.join("go.mod"), "huaweicloud-sdk-go-v3 v", "\n")?)
        }
        Language::Java => {
            let pom = sources.join("pom.xml");
            let lib = target.join("lib");
            // All files there are on the class path, and Maven would keep the previous version next to a new one.
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
        Language::Typescript | Language::Rust => return Ok(None),
    };
    let throttled = (language == Language::Python).then_some(ServiceError::DISCARDED);
    Ok(Some(Client { name: format!("{language} SDK {version}"), command, home, throttled }))
}

/// Returns the text between `before` and `after` in a file: a version.
pub(super) fn pinned(file: &Path, before: &str, after: &str) -> Result<String, String> {
    let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let version = text.split_once(before).and_then(|(_, rest)| rest.split(after).next());
    version.map(str::to_owned).ok_or_else(|| format!("{} does not pin {before}", file.display()))
}
