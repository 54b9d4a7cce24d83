//! Lowers the document from its form for readers to the form that the generator supports.
//!
//! Each transform has a name and one purpose. A second run must not change anything. A snapshot contains the number of
//! changed places. It shows when a transform no longer matches after an edit of the document or of the transform.

mod transforms;

use hss_spec::Document;
use serde_json::Value;

/// A step of lowering.
#[derive(Debug, Clone, Copy)]
pub struct Transform {
    /// Name in kebab case.
    pub name: &'static str,
    /// Changes the lowered document and returns the number of changed places. The other document is the original.
    apply: fn(&Document, &mut Value) -> usize,
}

/// A document for the generator, and the changes that were made.
#[derive(Debug, Clone)]
pub struct Lowered {
    /// The document as JSON.
    pub document: Value,
    /// Every transform, in order, with the number of changed places.
    pub changes: Vec<(Transform, usize)>,
}

/// Lowers a document that passed every rule.
///
/// # Errors
///
/// Returns the name of a transform that is incomplete.
pub fn lower(document: &Document) -> Result<Lowered, String> {
    let mut lowered = document.to_json();
    let mut changes = Vec::new();
    for transform in transforms::ALL {
        let count = (transform.apply)(document, &mut lowered);
        changes.push((transform, count));
    }
    for transform in transforms::ALL {
        match (transform.apply)(document, &mut lowered) {
            0 => {}
            left => return Err(format!("lowering did not change {left} places for {}", transform.name)),
        }
    }
    Ok(Lowered { document: lowered, changes })
}
