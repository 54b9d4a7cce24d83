//! The table of all rules: their ids, classes, meanings and examples.

mod generator;
mod house;
mod openapi;

use std::fmt;

use crate::Severity;

/// The kind of problem that a rule finds. A later class concerns fewer documents than an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// The document is not valid OpenAPI 3.0. No tool can rely on it.
    OpenApi,
    /// The document may be valid, but the loader or the code generator of this project cannot handle it.
    Generator,
    /// The document does not follow this project's own rules for names, reuse, documentation and sources.
    House,
}

impl Class {
    /// All classes, in their order.
    pub const ALL: [Self; 3] = [Self::OpenApi, Self::Generator, Self::House];

    /// Returns the name of the class: `openapi`, `generator` or `house`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::OpenApi => "openapi",
            Self::Generator => "generator",
            Self::House => "house",
        }
    }

    /// Returns the severity of the findings of this class. Code can be generated despite findings of [`Class::House`].
    #[must_use]
    pub fn severity(self) -> Severity {
        match self {
            Self::OpenApi | Self::Generator => Severity::Error,
            Self::House => Severity::Warning,
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A rule for documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Stable id, in kebab case.
    pub id: &'static str,
    /// Class of its findings.
    pub class: Class,
    /// The problem that the rule finds, in one line.
    pub meaning: &'static str,
    /// A document with this problem.
    pub example: Example,
}

/// A document for which a rule reports findings. `^` is not part of it, but marks the position of a finding of the rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Example {
    /// The document of the tests, `tests/support/good.yaml`, with the first occurrence of each text replaced by another.
    Edits(&'static [(&'static str, &'static str)]),
    /// A complete file.
    File(&'static str),
    /// Files that cannot be written down here, because they are large, are not text, or are several. The tests of the
    /// loader create them.
    Loader,
}

impl Example {
    /// Returns the text of the file with its marks. `good` is the document of the tests.
    #[must_use]
    pub fn marked(&self, good: &str) -> Option<String> {
        match self {
            Self::Edits(edits) => {
                Some(edits.iter().fold(good.to_owned(), |text, (from, to)| text.replacen(from, to, 1)))
            }
            Self::File(text) => Some((*text).to_owned()),
            Self::Loader => None,
        }
    }
}

/// Returns all rules: those of a class are in alphabetical order.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    [openapi::RULES, generator::RULES, house::RULES].into_iter().flatten()
}

/// Returns the rule with this id.
#[must_use]
pub fn rule(id: &str) -> Option<&'static Rule> {
    rules().find(|rule| rule.id == id)
}
