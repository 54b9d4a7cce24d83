//! Compares our results for all pairs with those of oasdiff.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use hss_spec::{Change, Document, Effect, Finding};

use super::files;
use super::record::Record;
use crate::oasdiff::tool::{Level, OASDIFF};
use crate::report;

/// Parts of the comparisons that must run, and must have the right result, in percent.
const RUN: usize = 90;
const RIGHT: usize = 95;

/// Numbers of comparisons of OpenAPI 3.0 documents. Each pair is compared in both directions.
#[derive(Debug, Default)]
struct Count {
    all: usize,
    run: usize,
    same: usize,
    explained: usize,
}

/// A file of the corpus.
enum Loaded {
    Document(Box<Document>),
    /// Not OpenAPI 3.0.
    Other,
    /// OpenAPI 3.0 that cannot be compared.
    Refused(Finding),
}

/// Compares all pairs and prints what differs. Returns whether enough comparisons run and are right.
pub(super) fn compare(folder: &Path, record: &Record) -> bool {
    let mut problems = Vec::new();
    if record.recorded.by != OASDIFF {
        problems.push(format!("the results are not those of {OASDIFF}: run the task with --write"));
    }
    let mut documents = HashMap::new();
    for name in record.recorded.names() {
        match files::verified(folder, name, &record.recorded.files) {
            Ok(text) => drop(documents.insert(name, load(&folder.join(name), &text))),
            Err(problem) => problems.push(problem),
        }
    }
    let mut reasons = Reasons::new(record, &mut problems);
    let mut count = Count::default();
    let mut refused: BTreeMap<&str, (usize, &Finding)> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (old_name, new_name, theirs) in record.recorded.pairs.iter().flat_map(super::record::Pair::ways) {
        let (Some(old), Some(new)) = (documents.get(old_name), documents.get(new_name)) else { continue };
        let (old, new) = match (old, new) {
            (Loaded::Other, _) | (_, Loaded::Other) => continue,
            (Loaded::Refused(finding), _) | (_, Loaded::Refused(finding)) => {
                count.all += 1;
                refused.entry(finding.rule).or_insert((0, finding)).0 += 1;
                continue;
            }
            (Loaded::Document(old), Loaded::Document(new)) => (old, new),
        };
        let changes = hss_spec::diff(old, new);
        let ours = Level::of(&changes);
        let comparison = format!("{old_name} > {new_name}");
        count.all += 1;
        count.run += 1;
        if theirs == Some(ours) {
            count.same += 1;
        } else if reasons.take(&comparison, ours) {
            count.explained += 1;
        } else {
            let theirs = theirs.map_or("a refusal".to_owned(), |level| level.to_string());
            wrong.push(format!("{comparison}: {ours} ({}), but {theirs} to oasdiff", ids(&changes)));
        }
    }
    problems.extend(reasons.unused());
    for (rule, (times, Finding { place, message, .. })) in &refused {
        report::line(&format_args!("not compared, {times} times: {rule}, for example {place}: {message}"));
    }
    for line in wrong.iter().chain(&problems) {
        report::line(line);
    }
    count.print(record.recorded.pairs.len(), wrong.len(), problems.len());
    problems.is_empty() && count.is_enough()
}

impl Count {
    fn right(&self) -> usize {
        self.same + self.explained
    }

    fn is_enough(&self) -> bool {
        self.run * 100 >= self.all * RUN && self.right() * 100 >= self.run * RIGHT
    }

    fn print(&self, pairs: usize, wrong: usize, problems: usize) {
        let Self { all, run, same, explained } = self;
        let percent = |part: usize, of: usize| format!("{}.{} %", part * 100 / of.max(1), part * 1000 / of.max(1) % 10);
        report::line(&format_args!(
            "pairs: {pairs}; comparisons of OpenAPI 3.0, in both directions: {all}; compared: {run} ({}, at least {RUN} %)",
            percent(*run, *all)
        ));
        report::line(&format_args!(
            "as oasdiff: {same}; different with a reason: {explained}; wrong: {wrong}; right: {} (at least {RIGHT} %); \
             problems: {problems}",
            percent(self.right(), *run)
        ));
    }
}

/// The reasons for differences, by comparison.
struct Reasons<'r> {
    given: HashMap<&'r str, Level>,
    used: HashSet<&'r str>,
}

impl<'r> Reasons<'r> {
    fn new(record: &'r Record, problems: &mut Vec<String>) -> Self {
        let mut given = HashMap::new();
        for difference in &record.difference {
            if difference.because.trim().is_empty() {
                problems.push(format!("a difference has no reason: {}", difference.of.join(", ")));
            }
            for comparison in &difference.of {
                if given.insert(comparison.as_str(), difference.ours).is_some() {
                    problems.push(format!("{comparison} has two reasons"));
                }
            }
        }
        Self { given, used: HashSet::new() }
    }

    /// Returns whether there is a reason for this result, and marks it as used.
    fn take(&mut self, comparison: &str, ours: Level) -> bool {
        match self.given.get_key_value(comparison) {
            Some((name, given)) if *given == ours => {
                self.used.insert(name);
                true
            }
            _ => false,
        }
    }

    fn unused(self) -> Vec<String> {
        let unused = self.given.into_iter().filter(|(comparison, _)| !self.used.contains(comparison));
        let mut unused: Vec<_> = unused
            .map(|(comparison, ours)| format!("unused reason: {comparison} is not {ours}, or is the same to oasdiff"))
            .collect();
        unused.sort();
        unused
    }
}

fn load(path: &Path, text: &str) -> Loaded {
    let (document, findings) = match hss_spec::parse(path, text) {
        Err(findings) => (None, findings),
        Ok(document) if !document.root().text("openapi").is_some_and(|version| version.starts_with("3.0.")) => {
            return Loaded::Other;
        }
        Ok(document) => {
            let findings = hss_spec::check_comparable(&document);
            (Some(document), findings)
        }
    };
    match (document, findings.into_iter().next()) {
        (_, Some(finding)) => Loaded::Refused(finding),
        (Some(document), None) => Loaded::Document(Box::new(document)),
        // A document that cannot be parsed has a finding.
        (None, None) => Loaded::Other,
    }
}

/// Returns the kinds of the most severe changes.
fn ids(changes: &[Change]) -> String {
    let worst = changes.iter().map(|change| change.effect).max().filter(|effect| *effect > Effect::Docs);
    let mut ids: Vec<_> =
        changes.iter().filter(|change| Some(change.effect) == worst).map(|change| change.id).collect();
    ids.sort_unstable();
    ids.dedup();
    ids.join(", ")
}
