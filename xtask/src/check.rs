//! `cargo xtask check`: checks the documents, and whether the files that are generated from them are current.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use hss_spec::{Class, Document, Finding, Severity};

use crate::report::Format;
use crate::{place, policy, released, report, snapshots};

/// The findings that are shown, and that fail the check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Profile {
    /// Findings of the class openapi: the document is not valid OpenAPI 3.0
    Openapi,
    /// Also findings of the class generator: no client can be generated from the document
    Generator,
    /// All findings, also those of the class house: the document does not follow the rules of this project
    House,
}

impl Profile {
    fn last_class(self) -> Class {
        match self {
            Self::Openapi => Class::OpenApi,
            Self::Generator => Class::Generator,
            Self::House => Class::House,
        }
    }

    /// Keeps the findings of this profile. All of them are errors.
    fn apply(self, findings: &mut Vec<Finding>) {
        findings.retain(|finding| finding.class <= self.last_class());
        for finding in findings {
            finding.severity = Severity::Error;
        }
    }
}

/// Checks every document of the project, the snapshots and the released documents.
pub(crate) fn all(profile: Option<Profile>, format: Format) -> Result<bool, String> {
    project(&place::root(), profile, format)
}

/// Like [`all`], for the project in this folder.
pub(crate) fn project(root: &Path, profile: Option<Profile>, format: Format) -> Result<bool, String> {
    let mut documents = Vec::new();
    let mut checked = Vec::new();
    for name in place::DOCUMENTS {
        let (document, findings) = check(&root.join(name))?;
        documents.extend(document);
        checked.push(findings);
    }
    let can_generate = checked.iter().flatten().all(|finding| finding.class == Class::House);
    let mut findings = policy::apply(root, checked.concat())?;
    if let Some(profile) = profile.filter(|_| documents.len() == place::DOCUMENTS.len()) {
        profile.apply(&mut findings);
    }
    let mut stale = 0;
    if let (true, Some(document)) = (can_generate, documents.first()) {
        for message in snapshots::stale(document, root)? {
            stale += 1;
            report::note(
                &format_args!("{message} → run `cargo xtask regen`, review the change, and commit it"),
                format,
            );
        }
    }
    let changed = released::problems(root)?;
    for message in &changed {
        report::note(message, format);
    }
    Ok(conclude(&findings, place::DOCUMENTS.len(), stale, format) && changed.is_empty())
}

/// Checks only these documents, without the decisions of this project.
pub(crate) fn selected(files: &[PathBuf], profile: Option<Profile>, format: Format) -> Result<bool, String> {
    let mut findings = Vec::new();
    for file in files {
        let (document, mut found) = check(file)?;
        // If the file cannot be loaded, no rule was applied: it passes no profile.
        if let (Some(profile), Some(_)) = (profile, document) {
            profile.apply(&mut found);
        }
        findings.extend(found);
    }
    Ok(conclude(&findings, files.len(), 0, format))
}

/// Prints the table of rules.
pub(crate) fn rules() {
    for hss_spec::Rule { id, class, meaning, .. } in hss_spec::rules() {
        report::line(&format_args!("{class:<9} {id:<30} {meaning}"));
    }
}

/// Returns the document, if it can be loaded, and all findings.
pub(crate) fn check(path: &Path) -> Result<(Option<Document>, Vec<Finding>), String> {
    Ok(match load(path)? {
        Err(findings) => (None, findings),
        Ok(document) => {
            let mut findings = hss_spec::check(&document);
            findings.extend(hss_spec::check_examples(&document, &findings));
            findings.extend(hss_spec::check_documentation(&document));
            findings.sort_by(|a, b| a.place.cmp(&b.place));
            (Some(document), findings)
        }
    })
}

/// Returns a document of which `diff` can compare every part, or the findings that prevent this.
pub(crate) fn comparable(path: &Path) -> Result<Result<Document, Vec<Finding>>, String> {
    Ok(load(path)?.and_then(|document| {
        let findings = hss_spec::check_comparable(&document);
        if findings.is_empty() { Ok(document) } else { Err(findings) }
    }))
}

/// Returns a valid OpenAPI document, or the findings because of which it is none.
pub(crate) fn valid(path: &Path) -> Result<Result<Document, Vec<Finding>>, String> {
    Ok(load(path)?.and_then(|document| {
        let mut findings = hss_spec::check(&document);
        findings.retain(|finding| finding.class == Class::OpenApi);
        if findings.is_empty() { Ok(document) } else { Err(findings) }
    }))
}

fn load(path: &Path) -> Result<Result<Document, Vec<Finding>>, String> {
    if !path.exists() {
        return Err(format!("cannot find {}", path.display()));
    }
    Ok(hss_spec::load(path))
}

fn conclude(findings: &[Finding], documents: usize, stale: usize, format: Format) -> bool {
    report::findings(findings, format);
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    let warnings = findings.len() - errors;
    report::note(
        &format_args!("documents: {documents}, errors: {errors}, warnings: {warnings}, stale snapshots: {stale}"),
        format,
    );
    errors == 0 && stale == 0
}
