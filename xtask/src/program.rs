//! Runs external programs.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// Returns whether a program with this name can be started.
pub(crate) fn is_installed(name: &str, version: &str) -> bool {
    let status =
        Command::new(name).arg(version).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// Returns an error with the names of the programs that cannot be started. Each program is given with an option that
/// has no effect.
pub(crate) fn need(programs: &[(&str, &str)]) -> Result<(), String> {
    let missing = programs.iter().filter(|(name, option)| !is_installed(name, option)).map(|(name, _)| *name);
    match missing.collect::<Vec<_>>()[..] {
        [] => Ok(()),
        ref missing => Err(format!("cannot start {}, which this task needs: install it", missing.join(", "))),
    }
}

/// Runs a step that must succeed. If it fails, the error contains its output.
pub(crate) fn step(command: &mut Command) -> Result<Output, String> {
    let output = output(command)?;
    if output.status.success() {
        return Ok(output);
    }
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Err(format!("{} failed ({}):\n{}{}", shown(command), output.status, said(&output.stdout), said(&output.stderr)))
}

/// Runs a program until it exits.
pub(crate) fn output(command: &mut Command) -> Result<Output, String> {
    command.stdin(Stdio::null()).output().map_err(|error| not_started(command, &error))
}

/// Returns a command for the cargo that runs this task.
pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Builds packages with cargo and returns the paths of the programs.
pub(crate) fn build(root: &Path, arguments: &[&str]) -> Result<Vec<PathBuf>, String> {
    build_with(cargo().arg("build").args(arguments).current_dir(root))
}

/// Runs this `cargo build` command and returns the paths of the programs.
pub(crate) fn build_with(command: &mut Command) -> Result<Vec<PathBuf>, String> {
    let output = output(command.args(["--message-format", "json-render-diagnostics"]))?;
    // Standard output is for this task. Failures are reported on standard error.
    if !output.status.success() {
        return Err(format!("cargo build failed:\n{}", String::from_utf8_lossy(&output.stderr)));
    }
    let executable = |line: &str| {
        let message: Value = serde_json::from_str(line).ok()?;
        message.get("executable")?.as_str().map(PathBuf::from)
    };
    Ok(String::from_utf8_lossy(&output.stdout).lines().filter_map(executable).collect())
}

pub(crate) fn not_started(command: &Command, error: &io::Error) -> String {
    format!("cannot start {}: {error}", shown(command))
}

fn shown(command: &Command) -> String {
    Path::new(command.get_program()).display().to_string()
}

/// Creates a Python environment in `folder` with the packages of `requirements`: prebuilt packages, each with a hash.
pub(crate) fn python(folder: &Path, requirements: &Path) -> Result<PathBuf, String> {
    let python = folder.join("bin/python");
    let wanted =
        std::fs::read_to_string(requirements).map_err(|error| format!("{}: {error}", requirements.display()))?;
    // Written last, so that an incomplete environment is created again.
    let stamp = folder.join("installed.txt");
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    step(Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder))?;
    step(
        Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
            // Other packages would be built with tools that have no hash.
            .args(["--require-hashes", "--only-binary", ":all:", "-r"])
            .arg(requirements),
    )?;
    std::fs::write(&stamp, wanted).map_err(|error| format!("{}: {error}", stamp.display()))?;
    Ok(python)
}
