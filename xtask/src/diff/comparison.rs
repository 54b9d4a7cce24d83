//! Compares two documents, on the wire and in Rust.

use hss_codegen::SurfaceChange;
use hss_spec::{Change, Document, Effect};
use serde_json::{Value, json};

use super::Revision;
use super::verdict::{Bump, verdict};
use crate::place;
use crate::place::shown;

pub(crate) struct Comparison {
    pub(crate) old: String,
    pub(crate) new: String,
    /// Changes for users of the service.
    pub(crate) wire: Vec<Change>,
    /// Changes for users of the client.
    pub(crate) rust: Vec<SurfaceChange>,
}

impl Comparison {
    pub(crate) fn new(old: &Revision, new: &Revision) -> Result<Self, String> {
        let mut wire = hss_spec::diff(&old.document, &new.document);
        wire.sort_by_key(|change| std::cmp::Reverse(change.effect));
        for change in &mut wire {
            old.place(change);
            new.place(change);
        }
        let rust = hss_codegen::compare_surfaces(&surface(&old.document)?, &surface(&new.document)?);
        Ok(Self { old: old.name.clone(), new: new.name.clone(), wire, rust })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.wire.is_empty() && self.rust.is_empty()
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
    /// it also affects programs that keep the old version.
    pub(crate) fn bump(&self) -> Bump {
        match self.rust.iter().map(|change| change.effect).max() {
            Some(Effect::Breaking) => Bump::Major,
            Some(_) => Bump::Minor,
            None if self.worst() > Some(Effect::Docs) => Bump::Minor,
            None if self.is_empty() => Bump::None,
            None => Bump::Patch,
        }
    }

    pub(crate) fn verdict(&self) -> String {
        let count = |effect| self.wire.iter().filter(|change| change.effect == effect).count();
        let (new, gone): (Vec<_>, Vec<_>) = self.rust.iter().partition(|change| change.is_new);
        let wire = [Effect::Breaking, Effect::Risky, Effect::Additive, Effect::Docs];
        let wire = wire.map(|effect| format!("{} {effect}", count(effect))).join(", ");
        let rust = format!("{} gone, {} new", gone.len(), new.len());
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
        let rust = self.rust.iter().map(|change| {
            let SurfaceChange { effect, is_new, line } = change;
            json!({"change": if *is_new { "new" } else { "gone" }, "effect": effect, "line": line})
        });
        json!({
            "old": self.old,
            "new": self.new,
            "wire": wire.collect::<Vec<_>>(),
            "rust": rust.collect::<Vec<_>>(),
            "bump": self.bump().to_string(),
            "breaking": self.breaks(),
        })
    }
}

fn surface(document: &Document) -> Result<Vec<String>, String> {
    let generated = hss_codegen::generate(document, Some(place::CLIENT)).map_err(|error| error.to_string())?;
    hss_codegen::surface(&generated.client)
}
