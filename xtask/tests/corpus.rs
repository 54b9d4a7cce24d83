//! Tests of `cargo xtask corpus` on the command line, with a corpus of two documents.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::process::Command;

use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

fn document(minimum: u8) -> String {
    format!(
        "openapi: 3.0.3
info: {{title: t, version: v, description: d}}
tags: [{{name: t, description: d}}]
paths:
  /hosts:
    get:
      operationId: ListHosts
      tags: [t]
      summary: List hosts
      description: d
      x-idempotent: true
      parameters:
        - {{name: limit, in: query, description: d, schema: {{type: integer, format: int32, minimum: {minimum}}}}}
      responses:
        '204': {{description: d}}
"
    )
}

fn sha256(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Two documents and their list: the minimum of a parameter becomes larger.
struct Corpus {
    folder: TempDir,
    list: String,
}

impl Corpus {
    /// `there` and `back` are the recorded results. `differences` is the part of the list that people write.
    fn new(there: &str, back: &str, differences: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let recorded = include_str!("../../tests/corpus.toml");
        let by = recorded.lines().find(|line| line.starts_with("by = ")).unwrap();
        let documents = [("a.yaml", document(1)), ("b.yaml", document(10))];
        let mut list = format!(
            "{differences}\n[recorded]\n{by}\npairs = [\n  {{ old = \"a.yaml\", new = \"b.yaml\", there = \"{there}\", \
             back = \"{back}\" }},\n]\n\n[recorded.files]\n"
        );
        fs::create_dir(folder.path().join("data")).unwrap();
        for (name, text) in documents {
            fs::write(folder.path().join("data").join(name), &text).unwrap();
            list.push_str(&format!("\"{name}\" = \"{}\"\n", sha256(&text)));
        }
        Self { folder, list }
    }

    /// Returns exit status, standard output and standard error.
    fn run(&self) -> (i32, String, String) {
        let list = self.folder.path().join("list.toml");
        fs::write(&list, &self.list).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.arg("corpus").arg(self.folder.path().join("data")).arg("--list").arg(list);
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    /// Asserts that the task fails with this line, and without an error.
    fn reports(&self, line: &str) {
        let (status, stdout, stderr) = self.run();
        assert_eq!((status, stderr.as_str()), (1, ""), "{stdout}");
        assert!(stdout.contains(line), "{stdout}");
    }
}

fn reason(ours: &str, of: &str) -> String {
    format!("[[difference]]\nbecause = \"it is a test\"\nours = \"{ours}\"\nof = [\"{of}\"]\n")
}

#[test]
fn counts_equal_results() {
    let (status, stdout, stderr) = Corpus::new("breaking", "harmless", "").run();
    let expected = "\
pairs: 1; comparisons of OpenAPI 3.0, in both directions: 2; compared: 2 (100.0 %, at least 90 %)
as oasdiff: 2; different with a reason: 0; wrong: 0; right: 100.0 % (at least 95 %); problems: 0
";
    assert_eq!((status, stdout.as_str(), stderr.as_str()), (0, expected, ""));
}

#[test]
fn a_difference_needs_a_reason() {
    let wrong = "a.yaml > b.yaml: breaking (request-bound-narrowed), but risky to oasdiff";
    Corpus::new("risky", "harmless", "").reports(wrong);
    Corpus::new("risky", "harmless", &reason("risky", "a.yaml > b.yaml")).reports(wrong);

    let (status, stdout, _) = Corpus::new("risky", "harmless", &reason("breaking", "a.yaml > b.yaml")).run();
    assert_eq!(status, 0, "{stdout}");
    assert!(stdout.contains("as oasdiff: 1; different with a reason: 1; wrong: 0; right: 100.0 %"), "{stdout}");
}

#[test]
fn an_unused_reason_is_reported() {
    let unused = "unused reason: b.yaml > a.yaml is not harmless, or is the same to oasdiff";
    Corpus::new("breaking", "harmless", &reason("harmless", "b.yaml > a.yaml")).reports(unused);
    let unknown = "unused reason: c.yaml > a.yaml is not risky, or is the same to oasdiff";
    Corpus::new("breaking", "harmless", &reason("risky", "c.yaml > a.yaml")).reports(unknown);
    let twice = format!("{0}{0}", reason("breaking", "a.yaml > b.yaml"));
    Corpus::new("risky", "harmless", &twice).reports("a.yaml > b.yaml has two reasons");
}

#[test]
fn changed_missing_and_foreign_files_are_reported() {
    let corpus = Corpus::new("breaking", "harmless", "");
    let file = corpus.folder.path().join("data/b.yaml");
    fs::write(&file, document(11)).unwrap();
    corpus.reports("b.yaml has changed: its hash is not the recorded one");
    fs::remove_file(&file).unwrap();
    corpus.reports("b.yaml cannot be read: ");
    #[cfg(unix)]
    {
        let outside = corpus.folder.path().join("outside.yaml");
        fs::write(&outside, document(10)).unwrap();
        std::os::unix::fs::symlink(outside, &file).unwrap();
        corpus.reports("b.yaml is a link to a file outside of the folder");
    }

    let mut corpus = Corpus::new("breaking", "harmless", "");
    corpus.list = corpus.list.replace("b.yaml", "../b.yaml");
    let (status, stdout, stderr) = corpus.run();
    assert_eq!((status, stdout.as_str()), (2, ""));
    assert!(stderr.contains("invalid file name \"../b.yaml\""), "{stderr}");
}

#[test]
fn results_of_another_version_are_reported() {
    let mut corpus = Corpus::new("breaking", "harmless", "");
    corpus.list = corpus.list.replace("oasdiff@v", "oasdiff@v0.");
    corpus.reports("the results are not those of github.com/oasdiff/oasdiff@v");
}

#[test]
fn documents_that_are_not_compared_count() {
    let mut corpus = Corpus::new("breaking", "harmless", "");
    let broken = document(10).replace("paths:", "routes:");
    fs::write(corpus.folder.path().join("data/b.yaml"), &broken).unwrap();
    corpus.list = corpus.list.replace(&sha256(&document(10)), &sha256(&broken));
    corpus.reports("comparisons of OpenAPI 3.0, in both directions: 2; compared: 0 (0.0 %, at least 90 %)");
    corpus.reports("not compared, 2 times: ");

    // A missing key counts as absent.
    let incomplete = document(10).replace("'204': {description: d}", "'204': {}");
    fs::write(corpus.folder.path().join("data/b.yaml"), &incomplete).unwrap();
    corpus.list = corpus.list.replace(&sha256(&broken), &sha256(&incomplete));
    let (status, stdout, _) = corpus.run();
    assert_eq!(status, 0, "{stdout}");
    assert!(stdout.contains("in both directions: 2; compared: 2 (100.0 %"), "{stdout}");

    let other = document(10).replace("3.0.3", "3.1.0");
    fs::write(corpus.folder.path().join("data/b.yaml"), &other).unwrap();
    corpus.list = corpus.list.replace(&sha256(&incomplete), &sha256(&other));
    let (_, stdout, _) = corpus.run();
    assert!(stdout.contains("comparisons of OpenAPI 3.0, in both directions: 0; compared: 0"), "{stdout}");
}
