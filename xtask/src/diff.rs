//! `cargo xtask diff`: compares two documents, for users of the service and for users of the client.

mod affected;
mod comparison;
pub(crate) mod markdown;
mod revision;
mod verdict;

use std::path::Path;

use clap::ValueEnum;
use hss_spec::{Change, Effect};

pub(crate) use comparison::Comparison;
pub(crate) use revision::Revision;

use crate::place::shown;
use crate::report::{self, Diagnostic, Level};

/// The output format of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Format {
    /// Text for people
    #[default]
    Human,
    /// One JSON object
    Json,
    /// SARIF 2.1.0, with changes on the wire only: others have no position
    Sarif,
    /// Workflow commands of GitHub Actions, with changes on the wire only
    Github,
    /// Section for the changelog
    Markdown,
}

/// Compares two documents, each a file or a revision. The default of the old one is the newest release, that of the new
/// one is the working tree. Returns whether nothing breaks, or breaking changes are allowed.
pub(crate) fn run(
    root: &Path,
    old: Option<&str>,
    new: Option<&str>,
    format: Format,
    allow: bool,
) -> Result<bool, String> {
    let old = match old {
        Some(name) => Revision::named(root, name)?,
        None => Revision::released(root)?
            .ok_or("no release exists → specify a file or a revision, or make one with `cargo xtask release`")?,
    };
    let new = match new {
        Some(name) => Revision::named(root, name)?,
        None => Revision::working_tree(root)?,
    };
    let comparison = Comparison::new(&old, &new)?;
    match format {
        Format::Human => human(&comparison),
        Format::Json => report::line(&format_args!("{:#}", comparison.to_json())),
        Format::Sarif => report::sarif("cargo xtask diff", &diagnostics(&comparison)),
        Format::Github => report::github(&diagnostics(&comparison)),
        Format::Markdown => report::line(&markdown::section(&comparison)),
    }
    Ok(allow || !comparison.breaks())
}

pub(crate) fn human(comparison: &Comparison) {
    for change in &comparison.wire {
        let Change { id, effect, place, message, operations } = change;
        let of = if operations.is_empty() { String::new() } else { format!(" ({})", operations.join(", ")) };
        let (file, line, column) = (shown(&place.file), place.line, place.column);
        report::line(&format_args!("{}:{line}:{column} {effect} {id} {message}{of}", file.display()));
    }
    for change in comparison.surface_changes() {
        let sign = if change.is_new { '+' } else { '-' };
        report::line(&format_args!("{sign} {} {}", change.effect, change.line));
    }
    report::line(&comparison.verdict());
}

fn diagnostic(change: &Change) -> Diagnostic<'_> {
    let level = match change.effect {
        Effect::Breaking => Level::Error,
        Effect::Risky => Level::Warning,
        Effect::Additive | Effect::Docs => Level::Note,
    };
    let text = format!("{}{}", subject(&change.operations), change.message);
    Diagnostic { id: change.id, class: None, level, place: &change.place, text }
}

/// Returns the start of a message that names the operations: some messages are only about "it". A change of a shared
/// schema can affect all operations, so that only the first are named.
fn subject(operations: &[String]) -> String {
    const NAMED: usize = 3;
    let first = operations.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    match operations.len() {
        0 => String::new(),
        count if count > NAMED => format!("{first} and {} more: ", count - NAMED),
        _ => format!("{first}: "),
    }
}

fn diagnostics(comparison: &Comparison) -> Vec<Diagnostic<'_>> {
    comparison.wire.iter().map(diagnostic).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;
    use std::process::Command;

    use semver::Version;

    use super::*;
    use crate::released;

    fn document(min: u8, more: &str) -> String {
        format!(
            "openapi: 3.0.3
info: {{title: t, version: v, description: d}}
security: [{{token: []}}]
tags: [{{name: t, description: d}}]
paths:
  /hosts:
    get:
      operationId: ListHosts
      tags: [t]
      summary: List *hosts*
      description: d
      x-idempotent: true
      parameters:
        - {{name: limit, in: query, description: d, schema: {{type: integer, format: int32, minimum: {min}}}}}
{more}      responses:
        '200': {{description: d, content: {{application/json: {{schema: {{$ref: '#/components/schemas/Hosts'}}}}}}}}
components:
  securitySchemes: {{token: {{type: apiKey, in: header, name: X-Auth-Token}}}}
  schemas:
    Hosts: {{type: object, description: d, properties: {{total: {{type: integer, format: int32, description: d}}}}}}
"
        )
    }

    fn git(folder: &tempfile::TempDir, arguments: &[&str]) {
        let mut git = Command::new("git");
        git.arg("-C").arg(folder.path()).args(["-c", "user.name=n", "-c", "user.email=e@example.com"]);
        assert!(git.args(arguments).output().unwrap().status.success(), "git {arguments:?}");
    }

    /// Creates a repository. The document of its first commit, and of its release, has a minimum of 1. In the commit, it is
    /// one file. The document of the working tree has chapters and a minimum of 10.
    fn repository() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("openapi/hss-v5.yaml");
        fs::create_dir(folder.path().join("openapi")).unwrap();
        fs::write(&file, document(1, "")).unwrap();
        git(&folder, &["init", "-q"]);
        git(&folder, &["add", "."]);
        git(&folder, &["commit", "-q", "-m", "first"]);
        let name = "hss-v5-1.2.3.json";
        let released = hss_spec::parse(Path::new("document.yaml"), &document(1, "")).unwrap();
        let released = hss_spec::bundle(&released, hss_spec::Extensions::Keep);
        fs::create_dir(folder.path().join(released::FOLDER)).unwrap();
        fs::write(folder.path().join(released::SUMS), released::line(name, &released)).unwrap();
        fs::write(folder.path().join(released::FOLDER).join(name), released).unwrap();
        let more = "        - {name: kind, in: query, description: d, schema: {type: string}}\n";
        fs::remove_file(&file).unwrap();
        fs::create_dir(folder.path().join("openapi/hss-v5")).unwrap();
        fs::write(chapter(&folder), document(10, more)).unwrap();
        folder
    }

    /// Returns the only chapter in the working tree.
    fn chapter(folder: &tempfile::TempDir) -> PathBuf {
        folder.path().join("openapi/hss-v5/document.yaml")
    }

    #[test]
    fn the_newest_release_is_compared_with_the_working_tree() {
        let folder = repository();
        let root = folder.path();
        let (old, new) = (Revision::released(root).unwrap().unwrap(), Revision::working_tree(root).unwrap());
        let comparison = Comparison::new(&old, &new).unwrap();
        let wire: Vec<_> = comparison.wire.iter().map(|change| (change.id, change.place.line)).collect();
        assert_eq!(wire, [("request-bound-narrowed", 14), ("parameter-added", 15)]);
        let rust: Vec<_> = comparison.surface_changes().iter().map(|change| change.line.as_str()).collect();
        assert_eq!(rust, ["fn     requests::ListHosts::kind(self, value: impl Into<String>) -> Self"]);
        assert!(comparison.breaks());
        let verdict = "from 1.2.3 to the working tree: on the wire 1 breaking, 0 risky, 1 additive, 0 docs; in Rust 0 gone, \
                       1 new; minor change: 1.2.3 becomes 1.3.0";
        assert_eq!(comparison.verdict(), verdict);

        // Removed parts have a position in the old document.
        let back = Comparison::new(&new, &old).unwrap();
        let gone = back.wire.iter().find(|change| change.id == "parameter-removed").unwrap();
        assert!(gone.place.file.ends_with("openapi/hss-v5/document.yaml"), "{gone:?}");
        let widened = back.wire.iter().find(|change| change.id == "request-bound-widened").unwrap();
        assert!(widened.place.file.ends_with("openapi/released/hss-v5-1.2.3.json"), "{widened:?}");
        assert_eq!(back.bump(), verdict::Bump::Major, "a method is gone");
        assert_eq!(Revision::named(root, "v1.2.3").unwrap().document.to_json(), old.document.to_json());
    }

    #[test]
    fn a_revision_in_one_file_is_compared_with_chapters() {
        let folder = repository();
        let root = folder.path();
        let (old, new) = (Revision::named(root, "HEAD").unwrap(), Revision::working_tree(root).unwrap());
        let comparison = Comparison::new(&new, &old).unwrap();
        let widened = comparison.wire.iter().find(|change| change.id == "request-bound-widened").unwrap();
        assert_eq!(widened.place.file.to_str(), Some("HEAD:openapi/hss-v5.yaml"));
        fs::write(chapter(&folder), document(1, "")).unwrap();
        let same = Comparison::new(&old, &Revision::working_tree(root).unwrap()).unwrap();
        assert!(same.is_empty(), "{}", same.verdict());
    }

    #[test]
    fn messages_beside_a_line_name_their_operation() {
        let renamed = document(1, "").replace("ListHosts", "ListServers");
        let comparison = Comparison::new(&revision("a", &document(1, "")), &revision("b", &renamed)).unwrap();
        let texts: Vec<_> = diagnostics(&comparison).into_iter().map(|diagnostic| diagnostic.text).collect();
        assert_eq!(texts, ["ListServers: it was renamed from ListHosts"]);
        let operations: Vec<_> = (1..=5).map(|number| format!("List{number}")).collect();
        assert_eq!(subject(&operations), "List1, List2, List3 and 2 more: ");
        assert_eq!(subject(&[]), "");
    }

    /// Returns a revision whose document may be one that the generator refuses.
    fn revision(name: &str, text: &str) -> Revision {
        Revision::of(hss_spec::parse(Path::new("openapi.yaml"), text).unwrap(), name)
    }

    #[test]
    fn the_wire_decides_if_the_generator_cannot_handle_a_document() {
        let cookie = "        - {name: kind, in: cookie, schema: {type: string}}\n";
        let comparison =
            Comparison::new(&revision("a", &document(1, cookie)), &revision("b", &document(10, ""))).unwrap();
        let reason = comparison.rust.as_ref().unwrap_err();
        assert!(reason.starts_with("the generator cannot handle a: "), "{reason}");
        assert!(!reason.contains('\n'), "{reason}");
        assert_eq!(comparison.bump(), verdict::Bump::Major);
        let verdict = comparison.verdict();
        assert!(
            verdict.contains("in Rust not compared, so that the version follows the wire alone (the generator"),
            "{verdict}"
        );
        let json = comparison.to_json();
        assert_eq!((&json["rust"], &json["rust_not_compared"]), (&serde_json::Value::Null, &reason.as_str().into()));
        assert!(markdown::section(&comparison).contains("not compared"));
    }

    #[test]
    fn arguments_that_change_places_need_a_major_version_and_other_names_do_not() {
        let shown = |path: &str, first: &str, second: &str| {
            let parameter = |name: &str| {
                format!(
                    "        - {{name: {name}, in: path, required: true, description: d, schema: {{type: string}}}}\n"
                )
            };
            document(1, &(parameter(first) + &parameter(second))).replace("/hosts:", path)
        };
        let old = revision("old", &shown("/x/{a}/y/{b}:", "a", "b"));
        for (path, first, second) in [("/x/{b}/y/{a}:", "b", "a"), ("/x/{b}/y/{a}:", "a", "b")] {
            let comparison = Comparison::new(&old, &revision("new", &shown(path, first, second))).unwrap();
            let wire: Vec<_> = comparison.wire.iter().map(|change| change.id).collect();
            assert_eq!((wire, comparison.bump()), (vec!["parameters-swapped"], verdict::Bump::Major));
        }
        let renamed = Comparison::new(&old, &revision("new", &shown("/x/{c}/y/{d}:", "c", "d"))).unwrap();
        assert_eq!(renamed.surface_changes(), []);
        assert_eq!((renamed.breaks(), renamed.bump()), (false, verdict::Bump::Patch));
    }

    #[test]
    fn reports_documents_that_cannot_be_compared() {
        let folder = repository();
        let root = folder.path();
        let said = |name: &str| Revision::named(root, name).err().unwrap();
        assert_eq!(said("nothing"), "nothing is neither a file, a release nor a revision");
        assert_eq!(said("--all"), "--all is neither a file, a release nor a revision");
        let broken = root.join("broken.yaml");
        fs::write(&broken, document(1, "        - {name: 7}\n")).unwrap();
        assert!(said(broken.to_str().unwrap()).contains("fix it first"));
        assert!(Revision::released(tempfile::tempdir().unwrap().path()).unwrap().is_none());
        git(&folder, &["rm", "-q", "--cached", "openapi/hss-v5.yaml"]);
        git(&folder, &["add", "openapi/released"]);
        git(&folder, &["commit", "-q", "-m", "without a document"]);
        let expected = "HEAD has neither openapi/hss-v5 nor openapi/hss-v5.yaml → name another revision";
        assert_eq!(said("HEAD"), expected);
    }

    #[test]
    fn the_changelog_section_escapes_markup() {
        let folder = repository();
        fs::write(chapter(&folder), document(1, "").replace("List *hosts*", "List `<b>` [hosts](x)")).unwrap();
        let comparison = Comparison::new(
            &Revision::named(folder.path(), "HEAD").unwrap(),
            &Revision::working_tree(folder.path()).unwrap(),
        )
        .unwrap();
        assert!(!comparison.breaks());
        let section = markdown::section(&comparison);
        let said = "- `ListHosts`: summary of the operation was \"List \\*hosts\\*\" and is \"List \\`\\<b\\>\\` \\[hosts\\](x)\" \
                    (`words-changed`)\n";
        assert!(section.starts_with("### The API since HEAD\n\n#### Words\n\n"), "{section}");
        assert!(section.contains(said), "{section}");
        let current = Version::parse(env!("CARGO_PKG_VERSION")).unwrap();
        let next = verdict::Bump::Patch.after(&current).unwrap();
        assert!(section.ends_with(&format!("patch change: {current} becomes {next}.")), "{section}");
    }
}
