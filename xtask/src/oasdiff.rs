//! `cargo xtask oasdiff`: compares the results of `diff` for small edits with those of oasdiff. Each difference must
//! have a reason.

pub(crate) mod tool;

use std::fs;
use std::path::Path;

use hss_spec::{diff, parse};
use serde::Deserialize;
use tool::{Level, OASDIFF};

use crate::{place, program, report};

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

/// Compares both tools on every edit of the table, in both directions.
pub(crate) fn run() -> Result<bool, String> {
    program::need(&[("go", "version")])?;
    let root = place::root();
    let folder = root.join(FOLDER);
    let work = root.join("target/oasdiff");
    let oasdiff = tool::install(&work)?;
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
                problems
                    .push(format!("{}, {way}: oasdiff reports {reported}, but the table has {recorded}", edit.name));
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

fn classified(old: &str, new: &str) -> Result<Level, String> {
    let document = |text: &str| parse(Path::new("base.yaml"), text).map_err(|findings| format!("{findings:?}"));
    Ok(Level::of(&diff(&document(old)?, &document(new)?)))
}

fn reported(oasdiff: &Path, work: &Path, old: &str, new: &str) -> Result<Level, String> {
    for (name, text) in [("old.yaml", old), ("new.yaml", new)] {
        let file = work.join(name);
        fs::write(&file, text).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    tool::compare(oasdiff, work, "old.yaml", "new.yaml")
}
