//! `cargo xtask oasdiff`: compares the results of `diff` for small edits with those of oasdiff. Each difference must
//! have a reason.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use hss_spec::{Effect, diff, parse};
use serde::Deserialize;

use crate::{place, program, report};

/// The version of oasdiff for the table of edits, as a Go module.
const OASDIFF: &str = "github.com/oasdiff/oasdiff@v1.36.0";
/// The folder of the table and of the documents that it edits.
const FOLDER: &str = "tests/fixtures/diff";

/// An edit, and the most severe result of oasdiff. The tests of hss-spec check our own results.
#[derive(Debug, Deserialize)]
struct Edit {
    name: String,
    /// The document; `base.yaml` by default.
    document: Option<String>,
    replace: String,
    by: String,
    oasdiff_there: Level,
    oasdiff_back: Level,
    /// The reason for a difference.
    because: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Edits {
    edit: Vec<Edit>,
}

/// A level that both tools have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Harmless,
    Risky,
    Breaking,
}

/// One line of oasdiff's changelog.
#[derive(Debug, Deserialize)]
struct Line {
    level: u8,
}

/// Compares both tools on every edit of the table, in both directions.
pub(crate) fn run() -> Result<bool, String> {
    program::need(&[("go", "version")])?;
    let root = place::root();
    let folder = root.join(FOLDER);
    let work = root.join("target/oasdiff");
    let oasdiff = install(&work)?;
    let read = |name: &str| {
        let path = folder.join(name);
        fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
    };
    let Edits { edit: edits } = toml::from_str(&read("edits.toml")?).map_err(|error| format!("edits.toml: {error}"))?;
    let (mut problems, mut reasons) = (Vec::new(), 0);
    for edit in &edits {
        let base = read(edit.document.as_deref().unwrap_or("base.yaml"))?;
        let edited = base.replacen(&edit.replace, &edit.by, 1);
        let mut differs = false;
        for (way, old, new, recorded) in
            [("there", &base, &edited, edit.oasdiff_there), ("back", &edited, &base, edit.oasdiff_back)]
        {
            let reported = reported(&oasdiff, &work, old, new)?;
            if reported != recorded {
                problems.push(format!(
                    "{}, {way}: oasdiff reports {reported:?}, but the table has {recorded:?}",
                    edit.name
                ));
            }
            differs |= classified(old, new)? != reported;
        }
        match (&edit.because, differs) {
            (None, true) => problems.push(format!("{}: missing reason for the difference", edit.name)),
            (Some(_), false) => problems.push(format!("{}: a reason is given, but there is no difference", edit.name)),
            _ => reasons += usize::from(differs),
        }
    }
    for complaint in &problems {
        report::line(complaint);
    }
    report::line(&format_args!(
        "edits: {}, each in both directions; {reasons} rated differently by {OASDIFF}, with a reason; problems: {}",
        edits.len(),
        problems.len()
    ));
    Ok(problems.is_empty())
}

fn install(work: &Path) -> Result<PathBuf, String> {
    let folder = work.join(OASDIFF.rsplit('@').next().unwrap_or_default());
    let oasdiff = folder.join("oasdiff");
    if !oasdiff.is_file() {
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        program::step(Command::new("go").args(["install", OASDIFF]).env("GOBIN", &folder))?;
    }
    Ok(oasdiff)
}

fn classified(old: &str, new: &str) -> Result<Level, String> {
    let document = |text: &str| parse(Path::new("base.yaml"), text).map_err(|findings| format!("{findings:?}"));
    let worst = diff(&document(old)?, &document(new)?).iter().map(|change| change.effect).max();
    Ok(match worst {
        Some(Effect::Breaking) => Level::Breaking,
        Some(Effect::Risky) => Level::Risky,
        _ => Level::Harmless,
    })
}

fn reported(oasdiff: &Path, work: &Path, old: &str, new: &str) -> Result<Level, String> {
    let files = [("old.yaml", old), ("new.yaml", new)].map(|(name, text)| (work.join(name), text));
    for (file, text) in &files {
        fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    let [(old, _), (new, _)] = &files;
    let output = program::step(Command::new(oasdiff).arg("changelog").args([old, new]).args(["--format", "json"]))?;
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
