//! Adds drafts to the document in memory, and tests that they fit.

use std::collections::BTreeSet;
use std::path::Path;

use hss_spec::{Document, Severity};
use serde_json::{Map, Value};

use super::accepted::Accepted;
use super::aspect::Aspect;
use super::compare::{self, Comparison};
use super::draft::{Draft, draft};
use super::vendor::{Operation, Vendor};
use super::yaml;
use crate::report;

/// The document to which drafts are added, and the SDKs with which they are compared.
pub(super) struct DraftCheck<'v> {
    pub(super) vendor: &'v Vendor,
    pub(super) accepted: &'v Accepted,
    pub(super) base: Document,
}

impl DraftCheck<'_> {
    /// Returns the operations as one chapter. Each uses the components of those before it.
    pub(super) fn chapter(&self, operations: &[&Operation]) -> Result<Value, String> {
        let mut chapter = Value::Object(Map::new());
        let mut whole = self.base.to_json();
        for operation in operations {
            let draft = self.draft(&self.parse(&whole)?, operation).to_json();
            merge(&mut whole, &draft);
            merge(&mut chapter, &draft);
        }
        Ok(chapter)
    }

    /// Adds each operation to the document, checks it, generates the client, and compares it with the SDKs. Then does
    /// the same with all of them together.
    pub(super) fn check(&self, operations: &[&Operation]) -> Result<bool, String> {
        let mut good = 0;
        for operation in operations {
            let draft = self.draft(&self.base, operation).to_json();
            let problems = self.problems(&draft)?;
            for problem in &problems {
                report::line(&format_args!("{}: {problem}", operation.id));
            }
            good += usize::from(problems.is_empty());
        }
        let problems = self.problems(&self.chapter(operations)?)?;
        for problem in &problems {
            report::line(&format_args!("all together: {problem}"));
        }
        let together = if problems.is_empty() { "fit" } else { "do not fit" };
        report::line(&format_args!(
            "drafts: {}, of which {good} load, pass the check, generate and agree with the SDKs; all together {together}",
            operations.len()
        ));
        Ok(good == operations.len() && problems.is_empty())
    }

    fn draft(&self, document: &Document, operation: &Operation) -> Draft {
        let is_accepted = |comparison: &Comparison| comparison.differences.iter().all(|found| self.accepted.has(found));
        draft(document, self.vendor, operation, &is_accepted)
    }

    /// Returns the problems of a chapter.
    fn problems(&self, chapter: &Value) -> Result<Vec<String>, String> {
        let text = yaml::print(chapter);
        let read = match hss_spec::parse(Path::new("draft.yaml"), &text) {
            Ok(read) => read.to_json(),
            Err(findings) => return Ok(findings.iter().map(ToString::to_string).collect()),
        };
        let mut whole = self.base.to_json();
        merge(&mut whole, &read);
        let document = self.parse(&whole)?;
        let errors: Vec<_> = hss_spec::check(&document)
            .into_iter()
            .filter(|finding| finding.severity == Severity::Error)
            .map(|finding| format!("{}: {}", finding.rule, finding.message))
            .collect();
        if !errors.is_empty() {
            return Ok(errors);
        }
        if let Err(error) = hss_codegen::generate(&document, Some(crate::place::CLIENT)) {
            return Ok(vec![error.to_string()]);
        }
        let texts = |comparison: Comparison| -> BTreeSet<String> {
            // The draft has a comment at each text that is not understood.
            let left = comparison.differences.into_iter();
            let left = left.filter(|found| found.kind != Aspect::NotUnderstood && !self.accepted.has(found));
            left.map(|found| format!("{} {}: {} instead of {}", found.kind.name(), found.at, found.ours, found.theirs))
                .collect()
        };
        let known = texts(compare::compare(&self.base, self.vendor)?);
        Ok(texts(compare::compare(&document, self.vendor)?).difference(&known).cloned().collect())
    }

    /// Parses a document whose example files are those of the base.
    fn parse(&self, whole: &Value) -> Result<Document, String> {
        let path = self.base.path();
        let name = if path.is_dir() { path.join("draft.json") } else { path.with_file_name("draft.json") };
        hss_spec::parse(&name, &whole.to_string())
            .map_err(|findings| findings.iter().map(|finding| format!("{finding}\n")).collect())
    }
}

/// Adds the paths and components of a chapter.
fn merge(whole: &mut Value, chapter: &Value) {
    let (Value::Object(whole), Value::Object(chapter)) = (whole, chapter) else { return };
    for (key, value) in chapter {
        match whole.get_mut(key) {
            Some(known) if known.is_object() => merge(known, value),
            _ => drop(whole.insert(key.clone(), value.clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::accepted;
    use super::super::fixture::{DOCUMENT, document, vendor};
    use super::*;

    /// Returns the chapter with the operation that the document of the fixture lacks.
    fn chapter(base: &str) -> String {
        let (vendor, accepted) = (vendor(), accepted::read("").unwrap());
        let check = DraftCheck { vendor: &vendor, accepted: &accepted, base: document(base) };
        let operation = &vendor.operations["AddCat"];
        assert_eq!(check.problems(&check.chapter(&[operation]).unwrap()).unwrap(), [] as [&str; 0]);
        yaml::print(&check.chapter(&[operation]).unwrap())
    }

    #[test]
    fn a_draft_has_all_facts_and_fits_the_document() {
        let expected = "\
paths:
  /v5/{project_id}/cats:
    post:
      # Facts of Python 3.1.9, Go v0.1.9
      operationId: AddCat
      tags: [TODO]
      summary: TODO
      description: TODO
      x-source:
        page: https://support.huaweicloud.com/intl/en-us/api-hss2.0/AddCat.html
        updated: TODO
      # TODO: whether a call may be repeated
      x-idempotent: false
      x-rate-limit:
        requests: 5
        seconds: 60
      parameters:
        - $ref: '#/components/parameters/ProjectId'
      requestBody:
        required: true
        description: TODO
        content:
          application/json:
            schema:
              $ref: '#/components/schemas/NewCat'
      responses:
        '200':
          description: TODO
        '4XX':
          $ref: '#/components/responses/Error'
        '5XX':
          $ref: '#/components/responses/Error'

components:
  schemas:
    NewCat:
      type: object
      description: TODO
      required: [name]
      properties:
        name:
          type: string
          description: TODO
          minLength: 1
          maxLength: 10
        toys:
          type: array
          description: TODO
          maxItems: 3
          items:
            type: string
";
        assert_eq!(chapter(DOCUMENT), expected);
    }

    #[test]
    fn a_draft_refers_to_components_with_the_same_facts() {
        let pet = "    Pet:\n      type: object\n      required: [name]\n      properties:\n\
                   \x20       name: {type: string, minLength: 1, maxLength: 10}\n\
                   \x20       toys: {type: array, maxItems: 3, items: {type: string}}\n";
        let base = format!("{DOCUMENT}{pet}");
        let drafted = chapter(&base);
        assert!(
            drafted.contains("$ref: '#/components/schemas/Pet'") && !drafted.contains("\ncomponents:"),
            "{drafted}"
        );
        // Another one needs a name of its own.
        let drafted = chapter(&base.replace("Pet:", "NewCat:").replace("maxItems: 3", "maxItems: 4"));
        assert!(drafted.contains("    AddCatNewCat:\n      type: object\n"), "{drafted}");
    }
}
