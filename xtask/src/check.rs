//! `cargo xtask check`: checks the documents, and whether the files that are generated from them are current.

use std::path::{Path, PathBuf};

use hss_spec::{Document, Finding, Severity};

use crate::report::Format;
use crate::{place, policy, report, snapshots};

/// Checks every document of the project, and the snapshots.
pub(crate) fn all(format: Format) -> Result<bool, String> {
    let root = place::root();
    let mut documents = Vec::new();
    let mut findings = Vec::new();
    for name in place::DOCUMENTS {
        let (document, found) = check(&root.join(name))?;
        documents.extend(document);
        findings.extend(found);
    }
    let findings = policy::apply(&root, findings)?;
    let mut stale = 0;
    if let (true, Some(document)) = (clean(&findings), documents.first()) {
        for message in snapshots::stale(document, &root)? {
            stale += 1;
            report::note(
                &format_args!("{message} → run `cargo xtask regen`, review the change, and commit it"),
                format,
            );
        }
    }
    Ok(conclude(&findings, place::DOCUMENTS.len(), stale, format))
}

/// Checks only these documents.
pub(crate) fn selected(files: &[PathBuf], format: Format) -> Result<bool, String> {
    let mut findings = Vec::new();
    for file in files {
        findings.extend(check(file)?.1);
    }
    Ok(conclude(&findings, files.len(), 0, format))
}

/// Returns the document, if it can be parsed, and all findings.
pub(crate) fn check(path: &Path) -> Result<(Option<Document>, Vec<Finding>), String> {
    if !path.exists() {
        return Err(format!("cannot find {}", path.display()));
    }
    Ok(match hss_spec::load(path) {
        Err(findings) => (None, findings),
        Ok(document) => {
            let mut findings = hss_spec::check(&document);
            // Schemas that break a rule would be reported again for each example.
            if clean(&findings) {
                findings.extend(hss_spec::check_examples(&document));
            }
            findings.extend(hss_spec::check_documentation(&document));
            findings.sort_by(|a, b| a.place.cmp(&b.place));
            (Some(document), findings)
        }
    })
}

fn clean(findings: &[Finding]) -> bool {
    findings.iter().all(|finding| finding.severity == Severity::Warning)
}

fn conclude(findings: &[Finding], documents: usize, stale: usize, format: Format) -> bool {
    report::findings(findings, format);
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    let warnings = findings.len() - errors;
    report::note(
        &format_args!("documents: {documents}, errors: {errors}, warnings: {warnings}, stale snapshots: {stale}"),
        format,
    );
    findings.is_empty() && stale == 0
}
