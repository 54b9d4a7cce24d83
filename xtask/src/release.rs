//! `cargo xtask release`: releases the document, with the version of all packages.

mod files;
mod packages;

use std::path::Path;

use hss_spec::Extensions;
use semver::Version;
use time::Date;

use self::files::Files;
use crate::diff::{self, Comparison, Revision};
use crate::released::{self, FOLDER, SUMS};
use crate::report::{self, Format};
use crate::{changelog, check};

/// Writes the released document and its hash, sets the version of the packages, and dates the changelog. Writes nothing
/// if any of it is impossible. Returns whether the document and the version are in order.
pub(crate) fn run(root: &Path, version: &str, date: Date) -> Result<bool, String> {
    let version = parse(version)?;
    let current = packages::version(root)?;
    let newest = released::newest(root)?;
    follows(&version, &current, newest.as_ref().map(|(version, _)| version))?;
    // A release has no warnings either.
    if !check::project(root, Some(check::Profile::House), Format::Human)? {
        report::line(&"Nothing was released: fix the findings first.");
        return Ok(false);
    }
    let document = Revision::working_tree(root)?;
    let section = match &newest {
        None => None,
        Some((newest, path)) => {
            let old = Revision::load(path, &newest.to_string())?;
            let comparison = Comparison::new(&old, &document)?.released_as(&version);
            diff::human(&comparison);
            let bump = comparison.bump();
            if let Some(required) = bump.after(newest).filter(|required| version < *required) {
                report::line(&format_args!(
                    "Nothing was released: {version} is too small for a {bump} change since {newest} → release {required} or a \
                     greater version."
                ));
                return Ok(false);
            }
            Some(changelog::draft(&comparison))
        }
    };

    let bundle = hss_spec::bundle(&document.document, Extensions::Keep);
    let name = released::file_name(&version);
    let mut files = Files::new(root);
    files.create(&format!("{FOLDER}/{name}"), &bundle);
    files.append(SUMS, &released::line(&name, &bundle))?;
    files.edit(changelog::FILE, |text| changelog::released(text, &section.unwrap_or_default(), &version, date))?;
    packages::set_version(&mut files, &current, &version)?;
    files.write()?;
    report::line(&format_args!(
        "Released {version}: {FOLDER}/{name}. Review the changes, commit them, and tag the commit."
    ));
    Ok(true)
}

fn parse(text: &str) -> Result<Version, String> {
    let version = Version::parse(text)
        .map_err(|error| format!("invalid version {text:?}: {error}: expected three numbers, as in 0.2.0"))?;
    if version.pre.is_empty() && version.build.is_empty() {
        return Ok(version);
    }
    // The changes that a pre-release allows would depend on two releases: the one before it and the one after it.
    Err(format!(
        "invalid version {text:?}: a document has no pre-releases and no builds: expected three numbers, as in 0.2.0"
    ))
}

/// Checks that the version is greater than the newest release. The first release can have the current version.
fn follows(version: &Version, current: &Version, newest: Option<&Version>) -> Result<(), String> {
    let after = |newest: &Version| Version::new(newest.major, newest.minor, newest.patch + 1);
    let least = newest.map(after).map_or_else(|| current.clone(), |after| after.max(current.clone()));
    if *version >= least {
        return Ok(());
    }
    let reason = match newest {
        Some(newest) if version == newest => {
            format!("{version} is already released, and released documents never change")
        }
        Some(newest) if version < newest => format!("{version} is not greater than {newest}, the newest release"),
        _ => format!("{version} is less than {current}, the version of the packages"),
    };
    Err(format!("{reason} → release {least} or a greater version"))
}

#[cfg(test)]
mod tests;
