//! From the document as people want it to the document as the generator handles it.
//!
//! Each transform has a name and does one thing. Each must leave nothing for a
//! second run of itself to do, and the number of places it changed is part of a snapshot, so that an edit of the
//! document or of a transform that silently stops matching shows.

mod transforms;

use hss_spec::Document;
use serde_json::Value;

/// One step of lowering.
#[derive(Debug, Clone, Copy)]
pub struct Transform {
    /// Its name, in kebab case.
    pub name: &'static str,
    /// Changes the document and counts the places changed.
    apply: fn(&mut Value) -> usize,
}

/// A document ready for the generator, and what was changed to get there.
#[derive(Debug, Clone)]
pub struct Lowered {
    /// The document, as JSON.
    pub document: Value,
    /// Every transform, in order, with the number of places it changed.
    pub changes: Vec<(Transform, usize)>,
}

/// Lowers a document that passed every rule.
///
/// # Errors
///
/// The name of a transform that left something undone.
pub fn lower(document: &Document) -> Result<Lowered, String> {
    let mut lowered = document.to_json();
    let mut changes = Vec::new();
    for transform in transforms::ALL {
        let count = (transform.apply)(&mut lowered);
        changes.push((transform, count));
    }
    for transform in transforms::ALL {
        match (transform.apply)(&mut lowered) {
            0 => {}
            left => return Err(format!("lowering left {left} places for {} undone", transform.name)),
        }
    }
    Ok(Lowered { document: lowered, changes })
}
