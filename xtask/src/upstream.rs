//! `cargo xtask upstream`: compares the document with the official SDKs of the vendor, whose packages it reads as text.

mod accepted;
mod aspect;
mod changes;
mod compare;
mod coverage;
mod draft;
mod draft_check;
mod field;
#[cfg(test)]
mod fixture;
mod go;
mod kind;
mod lines;
mod mutants;
mod output;
mod packages;
mod prose;
mod python;
mod schema;
mod vendor;
mod yaml;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use hss_spec::Document;

use self::accepted::Accepted;
use self::changes::Change;
use self::compare::Comparison;
use self::draft_check::DraftCheck;
use self::packages::Version;
use self::vendor::Vendor;
use crate::place::shown;
use crate::report::Format;
use crate::{place, report};

/// The folder of downloaded packages, relative to the root of the workspace.
const PACKAGES: &str = "target/upstream";

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Options {
    #[command(subcommand)]
    task: Option<Task>,
    /// Compare with the newest SDKs instead of the pinned ones
    #[arg(long)]
    latest: bool,
    /// Compare with this version of the Python SDK, and the Go SDK of the same day
    #[arg(long, value_name = "VERSION", conflicts_with = "latest")]
    version: Option<String>,
    /// Also test that the comparison reports every deleted or altered part of the document
    #[arg(long)]
    self_test: bool,
    /// Format of differences
    #[arg(long, default_value = "human")]
    format: Format,
}

#[derive(Subcommand)]
enum Task {
    /// List the changes between two versions of the SDKs
    Changes {
        /// Version of the Python SDK, `pinned` or `latest`
        old: String,
        /// Version of the Python SDK, `pinned` or `latest`
        new: String,
        /// Also list changes of operations that the document lacks
        #[arg(long)]
        all: bool,
    },
    /// Print operations that the document lacks as a chapter, with all facts of the SDKs and TODO for each description
    Draft {
        /// Ids of the operations
        #[arg(required_unless_present = "family")]
        operations: Vec<String>,
        /// All operations of a family that the document lacks
        #[arg(long, conflicts_with = "operations")]
        family: Option<String>,
        /// New file to write [default: standard output]
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
        /// Print no chapter, but test that each operation can be added to the document and generated
        #[arg(long, conflicts_with = "output")]
        check: bool,
    },
}

/// Runs a task with the SDKs.
pub(crate) fn run(root: &Path, options: &Options) -> Result<bool, String> {
    match &options.task {
        None => comparison(root, options),
        Some(Task::Changes { old, new, all }) => changes(root, old, new, *all),
        Some(Task::Draft { operations, family, output, check }) => {
            draft(root, operations, family.as_deref(), output.as_deref(), *check)
        }
    }
}

/// Compares the document with the SDKs, and reports differences that are not accepted.
fn comparison(root: &Path, options: &Options) -> Result<bool, String> {
    let release = match &options.version {
        _ if options.latest => Release::Newest,
        Some(number) => Release::Number(number.clone()),
        None => Release::Pinned,
    };
    let vendor = vendor(root, &release)?;
    let document = document(root)?;
    let mut comparison = compare::compare(&document, &vendor)?;
    let (path, text) = accepted_text(root)?;
    let accepted = accepted::read(&text)?;
    let (count, mut problems) = accepted::apply(&accepted, &path, &text, &mut comparison.differences);
    // The list is about the pinned release and newer ones.
    if options.version.is_some() {
        problems.clear();
    }
    output::print(&comparison.differences, &problems, options.format);
    for (_, contradiction) in vendor.contradictions.iter().filter(|(class, _)| comparison.classes.contains(class)) {
        report::note(&format_args!("the SDKs contradict each other: {contradiction}"), options.format);
    }
    summary(&document, &vendor, &comparison, options.format);
    report::note(&format_args!("differences: {}, accepted: {count}", comparison.differences.len()), options.format);
    let is_tested = !options.self_test || self_test(&document, &vendor, &accepted, options.format)?;
    Ok(comparison.differences.is_empty() && problems.is_empty() && is_tested)
}

fn self_test(document: &Document, vendor: &Vendor, accepted: &Accepted, format: Format) -> Result<bool, String> {
    let mutants::Outcome { mutants, reported, unstated, inexpressible, missed } =
        mutants::test(document, vendor, accepted)?;
    for missed in &missed {
        report::note(&format_args!("not reported: {missed}"), format);
    }
    let sum: usize = unstated.values().sum();
    let unstated: Vec<_> = unstated.iter().map(|(aspect, count)| format!("{aspect} {count}")).collect();
    report::note(
        &format_args!(
            "self-test: {mutants} mutations, reported: {reported}, without a counterpart in the SDKs: {sum} ({}), of bounds \
             that the document cannot state: {inexpressible}, not reported: {}",
            unstated.join(", "),
            missed.len()
        ),
        format,
    );
    Ok(missed.is_empty())
}

/// Prints the changes between two releases of the SDKs.
fn changes(root: &Path, old: &str, new: &str, all: bool) -> Result<bool, String> {
    let named = |name: &str| match name {
        "pinned" => Release::Pinned,
        "latest" => Release::Newest,
        number => Release::Number(number.to_owned()),
    };
    let old = vendor(root, &named(old))?;
    let new = vendor(root, &named(new))?;
    let operations = hss_spec::operations(&document(root)?);
    let ours = operations.iter().map(|operation| operation.id.as_str()).collect();
    let changes = changes::changes(&old, &new, (!all).then_some(&ours));
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for Change { kind, at, old, new } in &changes {
        report::line(&match (old.as_str(), new.as_str()) {
            ("", text) | (text, "") => format!("{kind} {at}: {text}"),
            (old, new) => format!("{kind} {at}: {old} -> {new}"),
        });
        *counts.entry(kind).or_default() += 1;
    }
    let counts: Vec<_> = counts.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
    let counts = if counts.is_empty() { "no changes".to_owned() } else { counts.join(", ") };
    report::line(&format_args!("from {} to {}: {counts}", old.release(), new.release()));
    if old.python != new.python && old.go == new.go {
        let go = &old.go;
        report::warning(&format_args!("Go {go} is used for both: widths and lists of values as code are not compared"));
    }
    Ok(true)
}

/// Prints, writes or tests drafts of operations.
fn draft(root: &Path, ids: &[String], family: Option<&str>, file: Option<&Path>, check: bool) -> Result<bool, String> {
    let vendor = vendor(root, &Release::Pinned)?;
    let document = document(root)?;
    let covered = hss_spec::operations(&document);
    let is_covered = |id: &str| covered.iter().any(|operation| operation.id == id);
    let mut operations = Vec::new();
    for id in ids {
        let operation =
            vendor.operations.get(id).ok_or_else(|| format!("{} has no operation {id}", vendor.release()))?;
        if is_covered(id) {
            return Err(format!("the document has {id} already: `cargo xtask upstream` compares it"));
        }
        operations.push(operation);
    }
    operations.extend(vendor.operations.values().filter(|operation| {
        family.is_some_and(|family| coverage::family(&operation.path) == family) && !is_covered(&operation.id)
    }));
    if operations.is_empty() {
        let families: BTreeSet<_> =
            vendor.operations.values().map(|operation| coverage::family(&operation.path)).collect();
        return Err(match family {
            Some(family) if families.contains(family) => format!("the document has all operations of {family} already"),
            family => {
                let (families, family) =
                    (families.into_iter().collect::<Vec<_>>().join(", "), family.unwrap_or_default());
                format!("the SDKs have no family `{family}`: specify one of {families}")
            }
        });
    }
    let accepted = accepted::read(&accepted_text(root)?.1)?;
    let drafts = DraftCheck { vendor: &vendor, accepted: &accepted, base: document };
    if check {
        return drafts.check(&operations);
    }
    let chapter = yaml::print(&drafts.chapter(&operations)?);
    match file {
        None => report::line(&chapter.trim_end()),
        Some(file) => {
            let mut new =
                fs::File::create_new(file).map_err(|error| format!("cannot create {}: {error}", file.display()))?;
            new.write_all(chapter.as_bytes()).map_err(|error| format!("cannot write {}: {error}", file.display()))?;
            let todos = chapter.matches("TODO").count();
            report::line(&format_args!(
                "{}: {} operations, {todos} times TODO",
                shown(file).display(),
                operations.len()
            ));
        }
    }
    Ok(true)
}

/// Returns path and contents of the list of accepted differences.
fn accepted_text(root: &Path) -> Result<(PathBuf, String), String> {
    let path = root.join(accepted::FILE);
    let text = fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", accepted::FILE))?;
    Ok((path, text))
}

/// A release of the SDKs.
enum Release {
    Pinned,
    Newest,
    /// The version of the Python SDK.
    Number(String),
}

/// Reads the SDKs.
fn vendor(root: &Path, release: &Release) -> Result<Vendor, String> {
    let pinned = packages::pinned(root)?;
    let folder = root.join(PACKAGES);
    let (python, go) = match release {
        Release::Pinned => (packages::python(&folder, &pinned.0)?, packages::go(&folder, &pinned.1)?),
        Release::Newest => (packages::python(&folder, &Version::newest())?, packages::go(&folder, &Version::newest())?),
        Release::Number(number) => {
            // First, since pip would interpret any other text.
            let go = go_version(number, &pinned.1)?;
            let python = packages::python(&folder, &Version::number(number))?;
            let go = packages::go(&folder, &Version::number(&go)).or_else(|error| {
                // Some versions are not in Go's proxy. Widths of integers hardly ever change.
                report::warning(&format_args!("{error}; the pinned version of the Go SDK is used instead"));
                packages::go(&folder, &pinned.1)
            })?;
            (python, go)
        }
    };
    Vendor::new(&python, &go)
}

/// Returns the version of the Go SDK for one of the Python SDK: 3.1.130 and v0.1.130 are of the same day. There is no
/// newer one than the pinned one for certain.
fn go_version(python: &str, pinned: &Version) -> Result<String, String> {
    let patch = python.strip_prefix("3.1.").and_then(|patch| patch.parse::<u32>().ok());
    let patch = patch.filter(|patch| python == format!("3.1.{patch}"));
    let patch = patch.ok_or_else(|| format!("unknown version {python} of the Python SDK: expected 3.1.N"))?;
    let newest = pinned.number.as_deref().and_then(|number| number.strip_prefix("v0.1.")?.parse::<u32>().ok());
    Ok(format!("v0.1.{}", newest.map_or(patch, |newest| newest.min(patch))))
}

fn document(root: &Path) -> Result<Document, String> {
    hss_spec::load(&root.join(place::HSS))
        .map_err(|_| "the document cannot be read: run `cargo xtask check` first".to_owned())
}

/// Prints the numbers of compared parts and the coverage.
fn summary(document: &Document, vendor: &Vendor, comparison: &Comparison, format: Format) {
    let Comparison { unstated, inexpressible, operations, parameters, fields, value_lists, bounds, regions, .. } =
        comparison;
    report::note(&format_args!("SDKs: {}", vendor.release()), format);
    report::note(
        &format_args!(
            "compared: {operations} operations, {parameters} parameters, {fields} fields, {value_lists} lists of values, \
             {bounds} bounds, {regions} regions; {} facts of the document are in no SDK, and it cannot state {} of the SDKs",
            unstated.len(),
            inexpressible.len()
        ),
        format,
    );
    let ours = hss_spec::operations(document);
    let ours: BTreeSet<&str> = ours.iter().map(|operation| operation.id.as_str()).collect();
    let families = coverage::families(&ours, vendor);
    let sum: usize = families.iter().map(|(_, covered, _)| covered).sum();
    let (covered, others): (Vec<_>, Vec<_>) = families.into_iter().partition(|(_, covered, _)| *covered > 0);
    for (family, covered, all) in covered {
        report::note(&format_args!("coverage: {covered:3} of {all:3} operations of {family}"), format);
    }
    let others: Vec<_> = others.iter().map(|(family, _, all)| format!("{family} {all}")).collect();
    if !others.is_empty() {
        report::note(&format_args!("not covered: {}", others.join(", ")), format);
    }
    report::note(&format_args!("coverage: {sum:3} of {:3} operations", vendor.operations.len()), format);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_versions_of_both_sdks_correspond() {
        let pinned = Version::number("v0.1.207");
        assert_eq!(go_version("3.1.130", &pinned).unwrap(), "v0.1.130");
        assert_eq!(go_version("3.1.219", &pinned).unwrap(), "v0.1.207");
        for unknown in ["4.0.1", "3.1.", "3.1.+5", "3.1.05", "3.1.5\n--index-url x", "3.1.5 x"] {
            assert!(go_version(unknown, &pinned).is_err(), "{unknown}");
        }
    }
}
