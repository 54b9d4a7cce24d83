//! Runs oasdiff, and expresses its results and ours on one scale.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use hss_spec::{Change, Effect};
use serde::Deserialize;

use crate::program;

/// The compared version of oasdiff, as a Go module.
pub(crate) const OASDIFF: &str = "github.com/oasdiff/oasdiff@v1.36.0";

/// The most severe effect of all differences between two documents, on a scale that both tools have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    Harmless,
    Risky,
    Breaking,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Harmless => "harmless",
            Self::Risky => "risky",
            Self::Breaking => "breaking",
        })
    }
}

impl Level {
    /// Returns the level of these changes.
    pub(crate) fn of(changes: &[Change]) -> Self {
        match changes.iter().map(|change| change.effect).max() {
            Some(Effect::Breaking) => Self::Breaking,
            Some(Effect::Risky) => Self::Risky,
            _ => Self::Harmless,
        }
    }
}

/// One line of oasdiff's changelog.
#[derive(Debug, Deserialize)]
struct Line {
    level: u8,
}

/// Returns the path of the program, which is downloaded and compiled if `work` does not have it.
pub(crate) fn install(work: &Path) -> Result<PathBuf, String> {
    let folder = work.join(OASDIFF.rsplit('@').next().unwrap_or_default());
    let oasdiff = folder.join("oasdiff");
    if !oasdiff.is_file() {
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        program::step(Command::new("go").args(["install", OASDIFF]).env("GOBIN", &folder))?;
    }
    Ok(oasdiff)
}

/// Compares two files in `folder` with oasdiff.
///
/// # Errors
///
/// Returns the output of oasdiff if it refuses a file.
pub(crate) fn compare(oasdiff: &Path, folder: &Path, old: &str, new: &str) -> Result<Level, String> {
    let mut command = Command::new(oasdiff);
    command.args(["changelog", old, new, "--format", "json"]).current_dir(folder);
    let output = program::step(&mut command)?;
    let text = String::from_utf8_lossy(&output.stdout);
    // oasdiff prints nothing if nothing differs.
    let lines: Vec<Line> = match text.trim() {
        "" => Vec::new(),
        text => serde_json::from_str(text).map_err(|error| format!("oasdiff printed {text}: {error}"))?,
    };
    Ok(match lines.iter().map(|line| line.level).max() {
        Some(3) => Level::Breaking,
        Some(2) => Level::Risky,
        _ => Level::Harmless,
    })
}
