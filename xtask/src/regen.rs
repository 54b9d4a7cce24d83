//! `cargo xtask regen`: everything that follows from an edit of the document, and what it means for users.

use std::collections::BTreeSet;
use std::env;
use std::path::Path;
use std::process::Command;

use hss_spec::Severity;

use crate::{check, place, report, snapshots};

/// Renews the snapshots and prints what changed in the public surface.
pub(crate) fn run() -> Result<bool, String> {
    let root = place::root();
    let mut documents = Vec::new();
    for name in place::DOCUMENTS {
        let (document, findings) = check::check(&root.join(name))?;
        findings.iter().for_each(report::finding);
        if findings.iter().any(|finding| finding.severity == Severity::Error) {
            report::line(&"Nothing was renewed: mend the document first.");
            return Ok(false);
        }
        documents.extend(document);
    }
    let Some(document) = documents.first() else {
        return Err("there is no document".to_owned());
    };
    let before = surface(&root);
    snapshots::remove_unwanted(document, &root)?;
    if !renew(&root)? {
        report::line(&"The client does not pass its own snapshot tests; see above.");
        return Ok(false);
    }
    print_change(&before, &surface(&root));
    Ok(true)
}

fn surface(root: &Path) -> BTreeSet<String> {
    let text = snapshots::read(&root.join(place::SNAPSHOTS), "surface").unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// Runs the snapshot tests in the mode in which they write what they find. What is no snapshot still fails.
fn renew(root: &Path) -> Result<bool, String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["test", "--quiet", "--package", "hss-tests", "--test", "snapshots"])
        .current_dir(root)
        .env("INSTA_UPDATE", "always")
        .env("INSTA_FORCE_PASS", "1")
        .status();
    status.map(|status| status.success()).map_err(|error| format!("cargo cannot be started: {error}"))
}

fn print_change(before: &BTreeSet<String>, after: &BTreeSet<String>) {
    let gone = before.difference(after).map(|line| format!("- {line}"));
    let new = after.difference(before).map(|line| format!("+ {line}"));
    let changes: Vec<_> = gone.chain(new).collect();
    if changes.is_empty() {
        report::line(&"The public surface is unchanged.");
        return;
    }
    report::line(&"The public surface changed; a line that is gone breaks programs that use it:");
    for change in &changes {
        report::line(change);
    }
}
