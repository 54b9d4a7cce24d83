//! `cargo xtask regen`: updates all generated files after an edit of the document, and reports its effects on users.

use std::env;
use std::path::Path;
use std::process::Command;

use hss_spec::{Document, Severity};

use crate::clients::{self, Maker};
use crate::diff::{self, Comparison, Revision};
use crate::report::Format;
use crate::{changelog, check, place, report, snapshots};

/// Checks the documents and reports the changes since the last commit. Then updates the snapshots and the section of
/// the changelog, and compiles clients in other languages.
pub(crate) fn run() -> Result<bool, String> {
    let root = place::root();
    let Some(document) = is_ok(&root)? else {
        report::line(&"The document has errors, so that nothing was regenerated. Fix them first.");
        return Ok(false);
    };
    match Revision::commit(&root, "HEAD").and_then(|head| Comparison::new(&head, &Revision::working_tree(&root)?)) {
        Ok(comparison) => diff::human(&comparison),
        // For example, a copy without history, or a commit whose document broke a rule.
        Err(why) => report::line(&format_args!("Not compared with the last commit: {why}")),
    }
    snapshots::remove_unused(&document, &root)?;
    if !snapshot_tests(&root, Snapshots::Renew)? {
        report::line(&"The client or the command line does not pass its own snapshot tests; see above.");
        return Ok(false);
    }
    if let Some(section) = changelog::section(&root)? {
        changelog::write(&root, &section)?;
    }
    if !clients::run(&[], Some(Maker::Generated))? {
        report::line(&"A generated client in another language failed; see above.");
        return Ok(false);
    }
    Ok(true)
}

/// Reports all stale files without changing anything.
pub(crate) fn check() -> Result<bool, String> {
    let root = place::root();
    // Errors in a document are reported before its consequences.
    if !check::all(None, Format::Human)? {
        return Ok(false);
    }
    let mut is_current = true;
    if !snapshot_tests(&root, Snapshots::Hold)? {
        is_current = false;
        report::line(
            &"snapshots of the compiled client or the command line are stale → run `cargo xtask regen`, review the change, and commit it",
        );
    }
    if let Some(section) = changelog::section(&root)?
        && !changelog::has(&root, &section)?
    {
        is_current = false;
        report::line(&"CHANGELOG.md is stale: its section on the API → run `cargo xtask regen`, and commit it");
    }
    Ok(is_current)
}

/// Returns the document from which everything is generated. If any document has errors, reports those and returns
/// `None`.
fn is_ok(root: &Path) -> Result<Option<Document>, String> {
    let mut documents = Vec::new();
    let mut is_ok = true;
    for name in place::DOCUMENTS {
        let (document, findings) = check::check(&root.join(name))?;
        report::findings(&findings, Format::Human);
        is_ok &= findings.iter().all(|finding| finding.severity == Severity::Warning);
        documents.extend(document);
    }
    Ok(documents.into_iter().next().filter(|_| is_ok))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Snapshots {
    /// The tests write the new snapshots. Other failures are still reported.
    Renew,
    Hold,
}

/// The snapshots of the client, and of the command line, which has a command for each operation.
const SNAPSHOT_TESTS: [&[&str]; 2] =
    [&["--package", "hss-tests", "--test", "snapshots"], &["--package", "hss-cli", "--bin", "hss", "help::"]];

fn snapshot_tests(root: &Path, snapshots: Snapshots) -> Result<bool, String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut have_passed = true;
    for tests in SNAPSHOT_TESTS {
        let mut command = Command::new(&cargo);
        command.args(["test", "--quiet"]).args(tests).current_dir(root);
        match snapshots {
            Snapshots::Renew => command.env("INSTA_UPDATE", "always").env("INSTA_FORCE_PASS", "1"),
            Snapshots::Hold => command.env("INSTA_UPDATE", "no").env_remove("INSTA_FORCE_PASS"),
        };
        let status = command.status().map_err(|error| format!("cannot start cargo: {error}"))?;
        have_passed &= status.success();
    }
    Ok(have_passed)
}
