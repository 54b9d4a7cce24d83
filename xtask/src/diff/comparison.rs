//! Compares two documents, on the wire and in Rust.

use hss_codegen::{Error, SurfaceChange};
use hss_spec::{Change, Document, Effect, Severity};
use semver::Version;
use serde_json::{Value, json};

use super::verdict::{Bump, verdict};
use super::{Revision, affected};
use crate::place;
use crate::place::shown;

pub(crate) struct Comparison {
    pub(crate) old: String,
    pub(crate) new: String,
    /// Changes for users of the service.
    pub(crate) wire: Vec<Change>,
    /// Changes for users of the client, or the reason why they are unknown.
    pub(crate) rust: Result<Vec<SurfaceChange>, String>,
}

/// The change after which a call still compiles, but has another meaning.
const SWAPPED: &str = "parameters-swapped";

impl Comparison {
    pub(crate) fn new(old: &Revision, new: &Revision) -> Result<Self, String> {
        let mut wire = hss_spec::diff(&old.document, &new.document);
        wire.sort_by_key(|change| std::cmp::Reverse(change.effect));
        for change in &mut wire {
            old.place(change);
            new.place(change);
        }
        let rust = rust(old, new)?;
        Ok(Self { old: old.name.clone(), new: new.name.clone(), wire, rust })
    }

    /// Names the new document after its version.
    pub(crate) fn released_as(self, version: &Version) -> Self {
        Self { new: version.to_string(), ..self }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.wire.is_empty() && self.surface_changes().is_empty()
    }

    /// Returns the known changes for users of the client.
    pub(crate) fn surface_changes(&self) -> &[SurfaceChange] {
        self.rust.as_deref().unwrap_or_default()
    }

    /// Returns whether there is a breaking change.
    pub(crate) fn breaks(&self) -> bool {
        self.worst() == Some(Effect::Breaking) || self.bump() == Bump::Major
    }

    /// Returns the most severe effect on the wire.
    fn worst(&self) -> Option<Effect> {
        self.wire.iter().map(|change| change.effect).max()
    }

    /// Returns the required version change of the client. A change on the wire alone does not require a major version:
    /// it also affects programs that keep the old version. If the clients cannot be compared, the wire decides.
    pub(crate) fn bump(&self) -> Bump {
        let Ok(rust) = &self.rust else {
            return match self.worst() {
                Some(Effect::Breaking) => Bump::Major,
                Some(Effect::Risky | Effect::Additive) => Bump::Minor,
                Some(Effect::Docs) => Bump::Patch,
                None => Bump::None,
            };
        };
        if self.wire.iter().any(|change| change.id == SWAPPED) {
            return Bump::Major;
        }
        match rust.iter().map(|change| change.effect).max() {
            Some(Effect::Breaking) => Bump::Major,
            Some(_) => Bump::Minor,
            None if self.worst() > Some(Effect::Docs) => Bump::Minor,
            None if self.is_empty() => Bump::None,
            None => Bump::Patch,
        }
    }

    pub(crate) fn verdict(&self) -> String {
        let count = |effect| self.wire.iter().filter(|change| change.effect == effect).count();
        let wire = [Effect::Breaking, Effect::Risky, Effect::Additive, Effect::Docs];
        let wire = wire.map(|effect| format!("{} {effect}", count(effect))).join(", ");
        let rust = match &self.rust {
            Ok(rust) => {
                let (new, gone): (Vec<_>, Vec<_>) = rust.iter().partition(|change| change.is_new);
                format!("{} gone, {} new", gone.len(), new.len())
            }
            Err(reason) => format!("not compared, so that the version follows the wire alone ({reason})"),
        };
        verdict(&self.old, &self.new, &wire, &rust, self.bump())
    }

    pub(crate) fn to_json(&self) -> Value {
        let wire = self.wire.iter().map(|change| {
            let Change { id, effect, operations, message, place } = change;
            json!({
                "id": id, "effect": effect, "operations": operations, "message": message,
                "file": shown(&place.file).to_string_lossy(), "line": place.line, "column": place.column,
            })
        });
        let rust = self.rust.as_ref().ok().map(|rust| {
            let shown = |change: &SurfaceChange| {
                let SurfaceChange { effect, is_new, line } = change;
                json!({"change": if *is_new { "new" } else { "gone" }, "effect": effect, "line": line})
            };
            rust.iter().map(shown).collect::<Vec<_>>()
        });
        let mut json = json!({
            "old": self.old,
            "new": self.new,
            "wire": wire.collect::<Vec<_>>(),
            "rust": rust,
            "bump": self.bump().to_string(),
            "breaking": self.breaks(),
        });
        if let (Some(json), Err(reason)) = (json.as_object_mut(), &self.rust) {
            json.insert("rust_not_compared".to_owned(), reason.as_str().into());
        }
        json
    }
}

/// Compares the clients of both documents. Returns the reason if the generator refuses one of the documents.
fn rust(old: &Revision, new: &Revision) -> Result<Result<Vec<SurfaceChange>, String>, String> {
    for Revision { document, name, .. } in [old, new] {
        let mut findings = hss_spec::check(document);
        findings.retain(|finding| finding.severity == Severity::Error);
        if !findings.is_empty() {
            return Ok(Err(reason(name, &Error::Document(findings))));
        }
    }
    let (before, after) = affected::reduced(&old.document, &new.document)?;
    if let (Ok(before), Ok(after)) = (client(&before), client(&after)) {
        return compared(&before, &after).map(Ok);
    }
    // For example, the documents have no operation any more.
    match (client(&old.document), client(&new.document)) {
        (Ok(before), Ok(after)) => compared(&before, &after).map(Ok),
        (Err(error), _) => Ok(Err(reason(&old.name, &error))),
        (_, Err(error)) => Ok(Err(reason(&new.name, &error))),
    }
}

fn client(document: &Document) -> Result<String, Error> {
    hss_codegen::generate(document, Some(place::CLIENT)).map(|generated| generated.client)
}

fn compared(before: &str, after: &str) -> Result<Vec<SurfaceChange>, String> {
    Ok(hss_codegen::compare_surfaces(&hss_codegen::surface(before)?, &hss_codegen::surface(after)?))
}

/// Returns one line: the generator may have hundreds of findings.
fn reason(name: &str, error: &Error) -> String {
    match error {
        Error::Document(findings) => {
            let first = findings.first().map(|finding| format!("{}: {}", finding.rule, finding.message));
            let more = match findings.len().saturating_sub(1) {
                0 => String::new(),
                more => format!(", and {more} more"),
            };
            format!("the generator cannot handle {name}: {}{more}", first.unwrap_or_default())
        }
        Error::Generator(message) => {
            format!("the generator cannot handle {name}: {}", message.lines().next().unwrap_or_default())
        }
    }
}
